package form

import (
	_ "embed"
	"encoding/json"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

//go:embed letters.json
var lettersJSON []byte

// letters is what the program knows of the Russian alphabet; read once, never changed. It is data because Go
// source holds no Cyrillic.
var letters = func() (l struct {
	Keys      map[string]string   // letter -> what the same key types in the Latin layout
	Latin     map[string]string   // letter -> transliteration of international passports (ICAO 9303)
	Habits    []map[string]string // letter -> how people transliterate it when nobody checks; the rest as in passports
	Alike     map[string]string   // letter -> the Latin letter that looks the same
	Roman     map[string]string   // what is typed for a Roman numeral of a certificate -> the numeral
	Particles []string            // parts of a patronymic that are written small
	None      []string            // what people type who have no patronymic
}) {
	if err := json.Unmarshal(lettersJSON, &l); err != nil {
		panic(err) // embedded and read by every test
	}
	return l
}()

var toCyrillic = func() map[string]string {
	m := map[string]string{}
	for ru, en := range letters.Keys {
		m[en] = ru
	}
	return m
}()

var alikeRussian = func() map[string]string {
	m := map[string]string{}
	for ru, en := range letters.Alike {
		m[en] = ru
	}
	return m
}()

// likeLatin is the text with the Latin letters that its Russian ones look like, likeRussian the other way. Letters that
// look like none stay. Capital letters stay capital.
func likeLatin(s string) string { return alike(s, letters.Alike) }

func likeRussian(s string) string { return alike(s, alikeRussian) }

func alike(s string, by map[string]string) string {
	var b strings.Builder
	for _, r := range s {
		like, ok := by[string(unicode.ToLower(r))]
		switch {
		case !ok:
			b.WriteRune(r)
		case unicode.IsUpper(r):
			b.WriteString(strings.ToUpper(like))
		default:
			b.WriteString(like)
		}
	}
	return b.String()
}

// russian reports whether r is a letter of the Russian alphabet.
func russian(r rune) bool {
	_, ok := letters.Keys[string(unicode.ToLower(r))]
	return ok
}

// Transliterate writes Russian letters in Latin ones as in international passports, in lower case.
func Transliterate(s string) string { return replaceLetters(strings.ToLower(s), letters.Latin) }

// LatinLayout is what the keys that type s in the Russian layout type in the Latin one: «Bdfyjd» for a
// well-known surname. The result is in lower case.
func LatinLayout(s string) string { return replaceLetters(strings.ToLower(s), letters.Keys) }

// RussianLayout is what the keys that type s in the Latin layout type in the Russian one: people forget to
// switch (pfuhfy). The result is in lower case.
func RussianLayout(s string) string { return replaceLetters(strings.ToLower(s), toCyrillic) }

func replaceLetters(s string, by map[string]string) string {
	var b strings.Builder
	for _, r := range s {
		if to, ok := by[string(r)]; ok {
			b.WriteString(to)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// tidy brings typed text to one shape: composed letters, one kind of space, dash and apostrophe, no invisible
// characters. Line breaks stay.
func tidy(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' || r == '`' }) {
		return strings.TrimSpace(s) // nothing to mend, as in nearly every number and date
	}
	s = norm.NFC.String(strings.ToValidUTF8(s, ""))
	s = strings.Map(func(r rune) rune {
		switch r {
		case '\n':
			return r
		case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '\u2212', '\ufe63', '\uff0d':
			return '-'
		case '\u2018', '\u2019', '\u02bb', '\u02bc', '\u02b9', '\u00b4', '`', '\u201b', '\uff07':
			return '\''
		}
		if unicode.IsSpace(r) {
			return ' '
		}
		if unicode.IsControl(r) || invisible(r) {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(norm.NFC.String(s)) // a letter and its accent may have met only now
}

// invisible reports whether r is there and nobody sees it: marks of direction, joiners, fillers, selectors of variants. What
// is copied from a web page or a messenger is full of them.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) || r == '\u2800' // an empty Braille cell
}

// oneLine is tidy text without line breaks and repeated spaces.
func oneLine(s string) string {
	s = tidy(s)
	if !strings.Contains(s, "\n") && !strings.Contains(s, "  ") {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// Blank reports whether nothing was typed but spaces.
func Blank(s string) bool { return tidy(s) == "" }

// digitsOf strips spaces and the separators people put between digits; bad is the first character that is
// neither, 0 when there is none.
func digitsOf(s, separators string) (digits string, bad rune) {
	var b strings.Builder
	for _, r := range tidy(s) {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.IsSpace(r) || strings.ContainsRune(separators, r):
		case bad == 0:
			bad = r
		}
	}
	return b.String(), bad
}

// numbered is the text without the numero sign in front of it.
func numbered(s string) string { return strings.TrimPrefix(tidy(s), "\u2116") }

func allZero(s string) bool { return strings.Trim(s, "0") == "" }
