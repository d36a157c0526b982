package form

import (
	"crypto/rand"
	"strings"
)

// SixDigits reads the code of an SMS, a letter or a call.
func SixDigits(s string) (string, *Problem) {
	d, bad := digitsOf(s, "-.")
	switch {
	case bad != 0:
		return s, problem("form.code.char", "char", printable(bad))
	case d == "":
		return "", problem("form.code.empty")
	case len(d) != 6:
		return s, problem("form.code.length", "typed", len(d))
	}
	return d, nil
}

// ShortCodeLength is the number of characters of a code that a person reads out: at a service centre, or to whom they show a document.
const ShortCodeLength = 8

// crockford is the alphabet of such codes: no I, L, O, U.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewShortCode is such a code: 40 random bits.
func NewShortCode() string {
	b := make([]byte, ShortCodeLength)
	rand.Read(b) //nolint:errcheck // never fails since Go 1.24
	for i := range b {
		b[i] = crockford[b[i]&31]
	}
	return string(b)
}

// ShortCode reads such a code as somebody hears or copies it: small letters, groups, O for 0, I and L for 1, and Cyrillic letters
// that look Latin are all the same.
func ShortCode(s string) (string, *Problem) {
	var b strings.Builder
	for _, r := range strings.ToLower(tidy(s)) {
		if like := letters.Alike[string(r)]; len(like) == 1 {
			r = rune(like[0])
		}
		switch r {
		case ' ', '-', '.', '\n':
			continue
		case 'o':
			r = '0'
		case 'i', 'l':
			r = '1'
		}
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		if !strings.ContainsRune(crockford, r) {
			return s, problem("form.visit.char", "char", printable(r))
		}
		b.WriteRune(r)
	}
	code := b.String()
	switch {
	case code == "":
		return "", problem("form.visit.empty")
	case len(code) != ShortCodeLength:
		return s, problem("form.visit.length", "need", ShortCodeLength, "typed", len(code))
	}
	return code, nil
}

// FormatShortCode shows a code in two groups: «K7QM-2XPA».
func FormatShortCode(code string) string {
	if len(code) != ShortCodeLength {
		return code
	}
	return code[:ShortCodeLength/2] + "-" + code[ShortCodeLength/2:]
}
