package id

import "strings"

const (
	digits   = "0123456789"
	letters  = "abcdefghijklmnopqrstuvwxyz"
	marks    = "_.:/-" // between the parts of a code
	plainMax = 128     // bytes
	numeral  = 6       // digits of what only phones, papers, accounts and one-time codes are, with a mark between two of them or none
)

// Plain reports whether s may stand where personal data may not, in the arguments of jobs and in the audit: it is made of
// identifiers and codes, and cannot be a name, an address, a phone, the number of a paper or a one-time code.
func Plain(s string) bool {
	if s == "" || len(s) > plainMax || strings.IndexByte(marks, s[0]) >= 0 {
		return false
	}
	run, gap := 0, 0 // digits that may be of one number, and marks since the last of them
	for s != "" {
		t := s[:wordEnd(s)]
		if t == "" {
			if strings.IndexByte(marks, s[0]) < 0 {
				return false
			}
			if gap++; gap > 1 {
				run = 0
			}
			s = s[1:]
			continue
		}
		s = s[len(t):]
		gap = 0
		if Valid(t) || len(t) >= 16 && strings.ContainsAny(t, letters) && strings.ContainsAny(t, digits) {
			run = 0 // the digits of an identifier or of a hash are no number
			continue
		}
		for i := range len(t) {
			if t[i] > '9' {
				run = 0
			} else if run++; run == numeral {
				return false
			}
		}
	}
	return true
}

// wordEnd is where the lower-case letters and digits end that s begins with.
func wordEnd(s string) int {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return i
		}
	}
	return len(s)
}
