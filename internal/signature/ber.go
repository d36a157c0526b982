package signature

import (
	"errors"
	"slices"
)

// Bounds of a message's structure. Real ones nest a dozen deep and hold some hundred elements.
const (
	deepest  = 32
	elements = 20_000
)

var errBER = errors.New("not BER")

// normal is a BER message as DER reads it: definite lengths of the shortest form, octet strings in one piece. Signing programs that
// write while they read leave lengths open; after this nobody who reads the message can read another. Bytes of DER stay as they are.
// What follows the message is an error.
func normal(data []byte) ([]byte, error) {
	n := normaliser{left: elements}
	out, rest, err := n.element(data, 0)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, errBER
	}
	return out, nil
}

type normaliser struct{ left int }

const (
	constructed = 0x20
	octetString = 0x04
)

// element reads one element and returns it, and what follows it.
func (n *normaliser) element(in []byte, depth int) (out, rest []byte, err error) {
	if n.left--; n.left < 0 || depth > deepest || len(in) < 2 {
		return nil, nil, errBER
	}
	tag, in := in[0], in[1:]
	if tag&0x1f == 0x1f || tag == 0 { // tags of several bytes have no place in a message, and 0 ends an open length
		return nil, nil, errBER
	}
	size, open, in, err := length(in)
	if err != nil || open && tag&constructed == 0 || !open && size > len(in) {
		return nil, nil, errBER
	}
	body := in
	if !open {
		body, rest = in[:size], in[size:]
	}
	if tag&constructed == 0 {
		return wrap(tag, body), rest, nil
	}
	var parts []byte
	whole := tag == octetString|constructed // pieces of an octet string
	for {
		if open && len(body) >= 2 && body[0] == 0 && body[1] == 0 {
			rest = body[2:]
			break
		}
		if len(body) == 0 {
			if open {
				return nil, nil, errBER
			}
			break
		}
		if whole && body[0]&^constructed != octetString {
			return nil, nil, errBER
		}
		var part []byte
		if part, body, err = n.element(body, depth+1); err != nil {
			return nil, nil, err
		}
		if whole {
			_, _, part, _ = length(part[1:]) // it was made by wrap
		}
		parts = append(parts, part...)
	}
	if whole {
		tag = octetString
	}
	return wrap(tag, parts), rest, nil
}

// length reads the length of an element; open says that it ends by a mark.
func length(in []byte) (size int, open bool, rest []byte, err error) {
	first := in[0]
	in = in[1:]
	switch {
	case first < 0x80:
		return int(first), false, in, nil
	case first == 0x80:
		return 0, true, in, nil
	case first > 0x84 || len(in) < int(first&0x7f):
		return 0, false, nil, errBER
	}
	for range int(first & 0x7f) {
		size = size<<8 | int(in[0])
		in = in[1:]
	}
	return size, false, in, nil
}

// wrap puts tag and length before a body.
func wrap(tag byte, body []byte) []byte {
	head := []byte{tag}
	if n := len(body); n < 0x80 {
		head = append(head, byte(n)) //nolint:gosec // below 128
	} else {
		var size []byte
		for ; n > 0; n >>= 8 {
			size = append(size, byte(n)) //nolint:gosec // the low byte
		}
		slices.Reverse(size)
		head = append(append(head, 0x80|byte(len(size))), size...) //nolint:gosec // four at most
	}
	return append(head, body...)
}
