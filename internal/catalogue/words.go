package catalogue

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kljensen/snowball/english"
	"github.com/kljensen/snowball/russian"
	"golang.org/x/text/unicode/norm"
	"gopkg.in/yaml.v3"
)

// layoutSigns are the signs that are letters on the same keys of the Russian layout.
const layoutSigns = "[];',.`"

// split cuts a text into folded words of letters and digits.
func split(text string) []string {
	var out []string
	for _, w := range tokens(text) {
		if w = strings.Trim(w, layoutSigns); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// tokens cuts a text at what can be no letter in any layout, and between digits and letters: 2ndfl is 2 and ndfl.
func tokens(text string) []string {
	words := strings.FieldsFunc(fold(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(layoutSigns, r)
	})
	out := make([]string, 0, len(words))
	for _, w := range words {
		from, digit := 0, false
		for i, r := range w {
			if d := unicode.IsDigit(r); i > 0 && d != digit {
				out = append(out, w[from:i])
				from = i
			}
			digit = unicode.IsDigit(r)
		}
		out = append(out, w[from:])
	}
	return slices.DeleteFunc(out, func(w string) bool { return utf8.RuneCountInString(w) > wordRunes })
}

// fold makes spellings that mean the same the same: case, the Russian yo and ye, accents written apart.
func fold(s string) string {
	return strings.ReplaceAll(strings.ToLower(norm.NFC.String(strings.ToValidUTF8(s, ""))), "\u0451", "\u0435")
}

// stemOf cuts the ending of a word off by the language of its letters.
func stemOf(w string) string {
	if strings.ContainsFunc(w, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
		return fold(russian.Stem(w, true))
	}
	return english.Stem(w, true)
}

//go:embed words.yaml
var wordsYAML []byte

// vocabulary is what the search knows of words: words.yaml says what each part is.
var vocabulary = func() (v struct {
	Same  [][]string
	Weak  []string
	Alike []string
}) {
	if err := yaml.Unmarshal(wordsYAML, &v); err != nil {
		panic("catalogue: words.yaml: " + err.Error()) // it is built in, and a test reads it
	}
	return v
}()

//go:embed stopwords.txt
var stopwordsText string

// stopwords are the small words of a question, which say nothing of what is asked for.
var stopwords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(stopwordsText) {
		m[fold(w)] = true
	}
	return m
}()
