package form

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// NameMax is the longest surname, given name or patronymic, in characters.
const NameMax = 100

// Surname reads a surname.
func Surname(s string) (string, *Problem) { return name(s, "form.surname.empty") }

// GivenName reads a given name.
func GivenName(s string) (string, *Problem) { return name(s, "form.given_name.empty") }

// Patronymic reads a patronymic. Not everybody has one: nothing typed is nothing, and no problem.
func Patronymic(s string) (string, *Problem) {
	if Blank(s) {
		return "", nil
	}
	return name(s, "form.text.empty")
}

// name reads a part of a person's name: Russian letters, or Latin ones with their accents for foreigners, never
// both; a hyphen, a space and an apostrophe between them. A name typed wholly in small or wholly in capital
// letters gets its capitals, except in the particles of eastern patronymics; any other spelling is kept.
func name(s, empty string) (string, *Problem) {
	s = oneLine(s)
	for _, sep := range []string{" -", "- "} {
		s = strings.ReplaceAll(s, sep, "-")
	}
	if s == "" {
		return "", problem(empty)
	}
	if n := utf8.RuneCountInString(s); n > NameMax {
		return s, problem("form.name.long", "max", NameMax, "typed", n)
	}
	if p := alphabet(s); p != nil {
		return s, p
	}
	if strings.HasPrefix(s, "-") || strings.HasSuffix(s, "-") || strings.Contains(s, "--") {
		return s, problem("form.name.hyphen")
	}
	if strings.Contains(s, "''") || !strings.ContainsFunc(s, unicode.IsLetter) {
		return s, problem("form.name.letters")
	}
	return capitals(s), nil
}

func alphabet(s string) *Problem {
	var latin, cyrillic, firstLatin, firstCyrillic int // counts, and places counted from 1
	var latinLetter, cyrillicLetter rune
	place := 0
	for _, r := range s {
		place++
		switch {
		case r == ' ' || r == '-' || r == '\'':
		case russian(r):
			if cyrillic++; firstCyrillic == 0 {
				firstCyrillic, cyrillicLetter = place, r
			}
		case unicode.Is(unicode.Latin, r):
			if latin++; firstLatin == 0 {
				firstLatin, latinLetter = place, r
			}
		case unicode.IsDigit(r):
			return problem("form.name.digit", "char", string(r))
		case r == '.':
			return problem("form.name.dot")
		case unicode.Is(unicode.Cyrillic, r):
			return problem("form.name.alien", "char", string(r))
		case unicode.Is(unicode.M, r):
			return problem("form.name.char", "char", "\u25cc"+string(r)) // a lone accent needs something to sit on
		default:
			return problem("form.name.char", "char", string(r))
		}
	}
	if latin == 0 || cyrillic == 0 {
		return nil
	}
	if latin <= cyrillic {
		return problem("form.name.mixed_latin", "char", string(latinLetter), "place", firstLatin)
	}
	return problem("form.name.mixed_cyrillic", "char", string(cyrillicLetter), "place", firstCyrillic)
}

func capitals(s string) string {
	if utf8.RuneCountInString(s) < 2 || (s != strings.ToLower(s) && s != strings.ToUpper(s)) {
		return s
	}
	parts := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == '-' })
	var b strings.Builder
	rest := strings.ToLower(s)
	for _, part := range parts {
		i := strings.Index(rest, part)
		b.WriteString(rest[:i])
		b.WriteString(capital(part))
		rest = rest[i+len(part):]
	}
	return b.String() + rest
}

// capital writes one part of a name with a capital letter, and another one after «O'» and «D'».
func capital(part string) string {
	if slices.Contains(letters.Particles, part) {
		return part
	}
	r := []rune(part)
	r[0] = unicode.ToUpper(r[0])
	if len(r) > 2 && r[1] == '\'' {
		r[2] = unicode.ToUpper(r[2])
	}
	return string(r)
}
