package form

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a password must be (REG-7), where no policy says otherwise.
const (
	PasswordMin     = 8
	PasswordAdvised = 12
	PasswordMax     = 256
)

// PasswordLength is how long a password must and may be, in characters; a zero stands for PasswordMin and PasswordMax.
type PasswordLength struct{ Min, Max int }

func (l PasswordLength) bounds() (least, most int) {
	return cmp.Or(l.Min, PasswordMin), cmp.Or(l.Max, PasswordMax)
}

// Password is PasswordLength.Check with the usual length.
func Password(s string, about ...string) *Problem { return PasswordLength{}.Check(s, about...) }

// Check tells what is wrong with a new password, nil when nothing is. about is what others know of the
// person (name, phone, e-mail): a password that holds one of them, also transliterated or typed in the other
// layout, is refused. A password is never changed by reading: no trimming, no folding.
// Whether it is a common one is another question: PasswordCommon.
func (l PasswordLength) Check(s string, about ...string) *Problem {
	least, most := l.bounds()
	n := utf8.RuneCountInString(s)
	switch {
	case n == 0:
		return problem("form.password.empty")
	case n > most:
		return problem("form.password.long", "max", most)
	}
	if p := unsupported(s); p != nil {
		return p
	}
	if n < least {
		return problem("form.password.short", "min", least, "typed", n)
	}
	has := classesOf(s)
	switch {
	case !has.lower:
		return problem("form.password.lower")
	case !has.upper:
		return problem("form.password.upper")
	case !has.digit:
		return problem("form.password.digit")
	case !has.special:
		return problem("form.password.special")
	case personal(s, about):
		return problem("form.password.personal")
	}
	return nil
}

// PasswordAgain tells what is wrong with the second typing of a password.
func PasswordAgain(first, second string) *Problem {
	if second == "" {
		return problem("form.password.again")
	}
	if first != second {
		return problem("form.password.different")
	}
	return nil
}

func unsupported(s string) *Problem {
	for _, r := range s {
		switch {
		case r == ' ' || unicode.IsSpace(r):
			return problem("form.password.space")
		case strings.ContainsRune("\"'\u00ab\u00bb\u2018\u2019\u201c\u201d\u201e", r):
			return problem("form.password.quote", "char", string(r))
		case unicode.Is(unicode.Cyrillic, r):
			return problem("form.password.cyrillic", "char", string(r))
		case r < '!' || r > '~':
			return problem("form.password.char", "char", printable(r))
		}
	}
	return nil
}

// printable is the character, or its number when there is nothing to see.
func printable(r rune) string {
	if unicode.IsPrint(r) {
		return string(r)
	}
	const hex = "0123456789ABCDEF"
	return "U+" + string([]byte{hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15]})
}

type classes struct{ lower, upper, digit, special bool }

func classesOf(s string) (c classes) {
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z':
			c.lower = true
		case r >= 'A' && r <= 'Z':
			c.upper = true
		case r >= '0' && r <= '9':
			c.digit = true
		case r > ' ' && r <= '~' && r != '"' && r != '\'':
			c.special = true
		}
	}
	return c
}

// Rule is one line of the list beside a password field.
type Rule struct {
	Key  string
	Args []any
	Met  bool
}

// PasswordRules lists what a password must be and whether s already is, in the order in which it is shown.
func PasswordRules(s string) []Rule {
	has := classesOf(s)
	return []Rule{
		{Key: "form.password.rule.length", Args: []any{"min", PasswordMin}, Met: utf8.RuneCountInString(s) >= PasswordMin},
		{Key: "form.password.rule.letters", Met: has.lower && has.upper},
		{Key: "form.password.rule.digit", Met: has.digit},
		{Key: "form.password.rule.special", Met: has.special},
		{Key: "form.password.rule.characters", Met: s != "" && unsupported(s) == nil},
	}
}

// shortest is the length below which a piece of somebody's name is part of too many innocent words.
const shortest = 4

// personal reports whether the password holds something of what others know of the person.
func personal(password string, about []string) bool {
	p := strings.ToLower(password)
	for _, fact := range about {
		for _, piece := range pieces(fact) {
			if len(piece) >= shortest && strings.Contains(p, piece) {
				return true
			}
		}
	}
	return false
}

// pieces are the spellings in which a fact may be found in a password.
func pieces(fact string) []string {
	fact = strings.ToLower(oneLine(fact))
	if local, _, ok := strings.Cut(fact, "@"); ok {
		return []string{local}
	}
	if d, bad := digitsOf(fact, "+-()"); bad == 0 {
		if len(d) < 7 {
			return nil
		}
		return []string{d[len(d)-7:]} // the number without country and area
	}
	var out []string
	for _, word := range strings.FieldsFunc(fact, func(r rune) bool { return !unicode.IsLetter(r) }) {
		out = append(out, word, Transliterate(word), LatinLayout(word))
	}
	return out
}
