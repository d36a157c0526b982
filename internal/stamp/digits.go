package stamp

import (
	"math/big"
	"strings"
)

// The code is written in decimal digits: a QR code holds a digit in three bits and a third, so that digits take one part in a hundred
// more room than the bytes themselves (letters of base64 take a third), and nothing in them has a meaning in an address. Seven bytes
// make seventeen digits; the last group, of fewer bytes, has as many as it needs.
const (
	group       = 7
	groupDigits = 17
)

var digitsOf = [group + 1]int{0, 3, 5, 8, 10, 13, 15, groupDigits}

// toDigits writes bytes as digits.
func toDigits(b []byte) string {
	var out strings.Builder
	for len(b) > 0 {
		n := min(group, len(b))
		s := new(big.Int).SetBytes(b[:n]).String()
		out.WriteString(strings.Repeat("0", digitsOf[n]-len(s)))
		out.WriteString(s)
		b = b[n:]
	}
	return out.String()
}

// fromDigits reads what toDigits wrote, and nothing else.
func fromDigits(s string) ([]byte, bool) {
	var out []byte
	for len(s) > 0 {
		digits := min(groupDigits, len(s))
		n := 0
		for i, d := range digitsOf {
			if d == digits {
				n = i
			}
		}
		if n == 0 {
			return nil, false
		}
		for _, r := range []byte(s[:digits]) {
			if r < '0' || r > '9' {
				return nil, false
			}
		}
		v, ok := new(big.Int).SetString(s[:digits], 10)
		if !ok || v.BitLen() > 8*n {
			return nil, false
		}
		out = append(out, v.FillBytes(make([]byte, n))...)
		s = s[digits:]
	}
	return out, true
}
