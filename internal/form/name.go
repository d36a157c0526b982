package form

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// NameMax is the longest surname, given name or patronymic, in characters.
const NameMax = 100

// Surname reads a surname.
func Surname(s string) (string, *Problem) { return name(s, "form.surname.empty") }

// GivenName reads a given name.
func GivenName(s string) (string, *Problem) { return name(s, "form.given_name.empty") }

// Patronymic reads a patronymic. Not everybody has one: nothing typed is nothing, and no problem; a dash or a word that
// there is none are nothing, too.
func Patronymic(s string) (string, *Problem) {
	if Blank(s) || slices.Contains(letters.None, strings.ToLower(oneLine(s))) {
		return "", nil
	}
	return name(s, "form.text.empty")
}

// name reads a part of a person's name: Russian letters, or Latin ones with their accents for foreigners, never
// both; a hyphen, a space and an apostrophe between them. Letters that a keyboard makes in other widths are brought to
// the usual ones, what nobody can see is dropped. A name typed wholly in small or wholly in capital
// letters gets its capitals, except in the particles of eastern patronymics; any other spelling is kept.
func name(s, empty string) (string, *Problem) {
	s = oneLine(norm.NFKC.String(oneLine(s)))
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

// alphabet refuses what is no letter of a name, and two alphabets in one name. It names the letters that do not belong, and
// when each of them only looks like one that does, the name as it was probably meant.
func alphabet(s string) *Problem {
	var latin, cyrillic strays
	place := 0
	for _, r := range s {
		place++
		switch {
		case r == ' ' || r == '-' || r == '\'':
		case russian(r):
			cyrillic.add(r, place)
		case unicode.Is(unicode.Latin, r) && unicode.IsLetter(r):
			latin.add(r, place)
		case unicode.IsDigit(r):
			return problem("form.name.digit", "char", string(r))
		case r == '.':
			return problem("form.name.dot")
		case unicode.Is(unicode.Cyrillic, r):
			return problem("form.name.alien", "char", printable(r))
		case unicode.Is(unicode.M, r):
			return problem("form.name.char", "char", "\u25cc"+string(r)) // a lone accent needs something to sit on
		default:
			return problem("form.name.char", "char", printable(r))
		}
	}
	if latin.count == 0 || cyrillic.count == 0 {
		return nil
	}
	if latin.count <= cyrillic.count {
		if meant := likeRussian(s); latin.seem(letterOf(letters.Alike)) {
			return problem("form.name.alike_latin", "chars", latin.named(), "name", capitals(meant))
		}
		return problem("form.name.mixed_latin", "chars", latin.named(), "place", latin.first)
	}
	if meant := likeLatin(s); cyrillic.seem(letterOf(alikeRussian)) {
		return problem("form.name.alike_cyrillic", "chars", cyrillic.named(), "name", capitals(meant))
	}
	return problem("form.name.mixed_cyrillic", "chars", cyrillic.named(), "place", cyrillic.first)
}

// strays are the letters of one alphabet in a name, and where the first of them stands, counted from 1.
type strays struct {
	count, first int
	letters      []rune
}

func (x *strays) add(r rune, place int) {
	if x.count++; x.first == 0 {
		x.first = place
	}
	if !slices.Contains(x.letters, r) {
		x.letters = append(x.letters, r)
	}
}

// named are the letters as a sentence names them: each once, in the order of the name.
func (x strays) named() string {
	var b strings.Builder
	for i, r := range x.letters {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteRune(r)
	}
	return b.String()
}

// seem reports whether each of the letters looks like one of the other alphabet.
func (x strays) seem(like func(rune) bool) bool {
	return !slices.ContainsFunc(x.letters, func(r rune) bool { return !like(r) })
}

// onlyCapital are Latin letters that look like Russian ones as capitals and otherwise do not.
const onlyCapital = "bhmt"

// letterOf tells of a letter whether it looks like one among the values of by.
func letterOf(by map[string]string) func(rune) bool {
	return func(r rune) bool {
		low := string(unicode.ToLower(r))
		for ours, theirs := range by {
			if theirs != low {
				continue
			}
			return unicode.IsUpper(r) || !strings.Contains(onlyCapital, low) && !strings.Contains(onlyCapital, ours)
		}
		return false
	}
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
