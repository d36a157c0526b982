package smpp

import (
	"encoding/binary"
	"hash/fnv"
	"unicode/utf16"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"

	"okno/internal/notification"
)

// split cuts a text into the octets of its parts.
func split(body string) (parts [][]byte, enc data.Encoding) {
	cut, wide := notification.Cut(body)
	for _, part := range cut {
		if wide {
			parts = append(parts, octets(utf16.Encode([]rune(part))))
		} else {
			parts = append(parts, []byte(part))
		}
	}
	if wide {
		return parts, data.UCS2
	}
	return parts, data.GSM7BIT
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
