package smpp

import (
	"encoding/binary"
	"hash/fnv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

// What fits into 140 octets: 160 characters of seven bits or 70 of sixteen; six octets less for the header of a part.
const (
	plainWhole, plainPart = 160, 153
	wideWhole, widePart   = 70, 67
)

// plain is what the default alphabet of GSM has at the same place as ASCII and Latin-1. The rest, like @ or _,
// is elsewhere, and carriers disagree where.
const plain = "\n\r !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// isPlain reports whether body can go in the default alphabet.
func isPlain(body string) bool {
	return strings.Trim(body, plain) == "" // what Trim leaves begins and ends with something that is not plain
}

// split cuts a text into the octets of its parts.
func split(body string) (parts [][]byte, enc data.Encoding) {
	if !utf8.ValidString(body) {
		body = strings.ToValidUTF8(body, "\uFFFD")
	}
	if isPlain(body) {
		whole, part := plainWhole, plainPart
		if len(body) <= whole {
			return [][]byte{[]byte(body)}, data.GSM7BIT
		}
		for body != "" {
			n := min(part, len(body))
			parts, body = append(parts, []byte(body[:n])), body[n:]
		}
		return parts, data.GSM7BIT
	}
	units := utf16.Encode([]rune(body))
	if len(units) <= wideWhole {
		return [][]byte{octets(units)}, data.UCS2
	}
	for len(units) > 0 {
		n := min(widePart, len(units))
		if n < len(units) && utf16.IsSurrogate(rune(units[n])) && utf16.DecodeRune(rune(units[n-1]), rune(units[n])) != utf8.RuneError {
			n-- // the pair goes into the next part together
		}
		parts, units = append(parts, octets(units[:n])), units[n:]
	}
	return parts, data.UCS2
}

func octets(units []uint16) []byte {
	b := make([]byte, 0, 2*len(units))
	for _, u := range units {
		b = binary.BigEndian.AppendUint16(b, u)
	}
	return b
}

// reference is a number by which parts of one text know each other, and a repetition its first try.
func reference(id string) uint16 {
	h := fnv.New32a()
	h.Write([]byte(id)) //nolint:errcheck // never fails
	s := h.Sum32()
	return uint16(s>>16) ^ uint16(s) //nolint:gosec // that is the folding
}

// header is what precedes the octets of part n of total: an 8-bit reference, which every phone knows.
func header(ref uint16, n, total int) pdu.UDH {
	return pdu.UDH{pdu.NewIEConcatMessage(byte(total), byte(n), byte(ref))}
}
