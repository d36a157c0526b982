package catalogue

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"okno/internal/i18n"
)

// Named is what a query calls by its name beside services: agencies, and life situations.
type Named struct {
	Agencies []Agency
	Life     []LifeEvent
}

// nameFrom is how many letters of the beginning of a name are enough, while it is being typed.
const nameFrom = 3

// Named finds what the query names. An agency is named by all words of its name, whatever stands beside them, or by the one of its words
// that is written in capitals: an abbreviation; a life situation by a query that says nothing else. The last word may be unfinished.
func (c *Catalogue) Named(query string) (out Named) {
	typed := slices.DeleteFunc(tokens(query), func(w string) bool { return stopwords[w] })
	if len(typed) == 0 {
		return out
	}
	for _, a := range c.Agencies() {
		if slices.ContainsFunc(inBoth(a.Name, a.Short), func(name string) bool { return calls(typed, name) }) {
			out.Agencies = append(out.Agencies, a)
		}
	}
	for _, l := range c.LifeEvents() {
		if slices.ContainsFunc(inBoth(l.Title), func(name string) bool { return within(typed, tokens(name)) }) {
			out.Life = append(out.Life, l)
		}
	}
	return out
}

func inBoth(all ...i18n.Text) (names []string) {
	for _, t := range all {
		names = append(names, t.RU, t.EN)
	}
	return slices.DeleteFunc(names, func(s string) bool { return s == "" })
}

// calls reports whether what was typed names the agency.
func calls(typed []string, name string) bool {
	all := true
	for w := range strings.FieldsSeq(name) {
		word := tokens(w)
		if len(word) == 0 || stopwords[word[0]] {
			continue
		}
		said := slices.ContainsFunc(typed, func(t string) bool { return stemOf(t) == stemOf(word[0]) }) || begun(typed, word[0])
		if said && utf8.RuneCountInString(w) >= nameFrom && !strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsUpper(r) }) {
			return true
		}
		all = all && said
	}
	return all
}

// within reports whether each of the words is one of the others, in any form; the last may be the beginning of one.
func within(words, of []string) bool {
	for i, w := range words {
		if !slices.ContainsFunc(of, func(o string) bool {
			return stemOf(o) == stemOf(w) || i == len(words)-1 && utf8.RuneCountInString(w) >= nameFrom && strings.HasPrefix(o, w)
		}) {
			return false
		}
	}
	return true
}

// begun reports whether the last word typed begins the word.
func begun(typed []string, word string) bool {
	last := typed[len(typed)-1]
	return utf8.RuneCountInString(last) >= nameFrom && strings.HasPrefix(word, last)
}
