package id

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

func TestPlainTextCannotBePersonal(t *testing.T) {
	for _, s := range []string{"case.submitted", "01arz3ndektsv4rrffq69g5fav", "case/01arz3ndektsv4rrffq69g5fav", "income-2025", "v2", "desk:msk-07", "01111111111111111111111111", "nobody-00f1234567890abcdef1234567890abc"} {
		if !Plain(s) {
			t.Errorf("Plain(%q) = false", s)
		}
	}
	for _, s := range []string{"", "Иванов", "ivanov@example.ru", "+79123456789", "79123456789", "112-233-445.95", "4509.123456", "482913", "a b", "Code", "-x", "case/79123456789", "p79123456789"} {
		if Plain(s) {
			t.Errorf("Plain(%q) = true", s)
		}
	}
}

// What is plain is told without expressions, for every event of the audit asks it; with them it would be this.
func FuzzPlain(f *testing.F) {
	word := regexp.MustCompile(`^[a-z0-9][a-z0-9_.:/-]{0,127}$`)
	number := regexp.MustCompile(`[0-9]([_.:/-]?[0-9]){5,}`)
	token := regexp.MustCompile(`[0-9a-z]+`)
	plain := func(s string) bool {
		return word.MatchString(s) && !number.MatchString(token.ReplaceAllStringFunc(s, func(t string) string {
			if Valid(t) || len(t) >= 16 && strings.ContainsAny(t, letters) && strings.ContainsAny(t, digits) {
				return "x"
			}
			return t
		}))
	}
	for _, s := range []string{"", "case/01arz3ndektsv4rrffq69g5fav", "4509.123456", "1.2.3.4.5.6", "1.2.3..4.5.6", "12345x6", "nobody-00f1234567890abcdef1234567890abc123456", strings.Repeat("a", 129), "a\n"} {
		f.Add(s)
	}
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // chance, not secrecy
	for range 20_000 {
		s := make([]byte, r.IntN(40))
		for i := range s {
			s[i] = "0123456789012345678901234567890123456789abcxyz_.:/-./A"[r.IntN(54)]
		}
		if Plain(string(s)) != plain(string(s)) {
			f.Fatalf("Plain(%q) = %v", s, Plain(string(s)))
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		if Plain(s) != plain(s) {
			t.Fatalf("Plain(%q) = %v", s, Plain(s))
		}
	})
}
