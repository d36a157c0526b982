package id

import (
	"regexp"
	"strings"
)

var (
	// word is a code of a thing, a state, the name of an act: lower-case letters, digits and a few marks between them.
	word = regexp.MustCompile(`^[a-z0-9][a-z0-9_.:/-]{0,127}$`)
	// number is what only phones, papers, accounts and one-time codes are.
	number = regexp.MustCompile(`[0-9]([_.:/-]?[0-9]){5,}`)
	token  = regexp.MustCompile(`[0-9a-z]+`)
)

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyz"
)

// Plain reports whether s may stand where personal data may not, in the arguments of jobs and in the audit: it is made of
// identifiers and codes, and cannot be a name, an address, a phone, the number of a paper or a one-time code.
func Plain(s string) bool {
	if !word.MatchString(s) {
		return false
	}
	rest := token.ReplaceAllStringFunc(s, func(t string) string {
		if Valid(t) || len(t) >= 16 && strings.ContainsAny(t, letters) && strings.ContainsAny(t, digits) {
			return "x" // the digits of an identifier or of a hash are no number
		}
		return t
	})
	return !number.MatchString(rest)
}
