package catalogue

import (
	"cmp"
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

// word is a word of a name or of a query. Stems are what comparing them costs, so a shelf has those of its names.
type word struct {
	text, stem string
	short      bool // an abbreviation: written in capitals
	unfinished bool // the last of a query, long enough to begin a name
}

// nameWords are the words of a name or a query that say something. Of what is written with a hyphen the first part counts.
func nameWords(name string) []word {
	var out []word
	for w := range strings.FieldsSeq(name) {
		if t := tokens(w); len(t) > 0 && !stopwords[t[0]] {
			capitals := !strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsUpper(r) })
			out = append(out, word{text: t[0], stem: stemOf(t[0]), short: capitals && utf8.RuneCountInString(w) >= nameFrom})
		}
	}
	return out
}

// typedWords are the words of a query that say something.
func typedWords(query string) []word {
	var out []word
	for _, t := range tokens(query) {
		if !stopwords[t] {
			out = append(out, word{text: t, stem: stemOf(t)})
		}
	}
	if n := len(out); n > 0 {
		out[n-1].unfinished = utf8.RuneCountInString(out[n-1].text) >= nameFrom
	}
	return out
}

// says reports whether the word of a query is that of a name, in any form or as its beginning.
func (w word) says(of word) bool {
	return w.stem == of.stem || w.unfinished && strings.HasPrefix(of.text, w.text)
}

// names are the words of every name of the agencies and life situations of a shelf, in their order.
type names struct{ agencies, life [][][]word }

func namesOf(s *shelf) names {
	var out names
	for _, a := range s.agencies {
		out.agencies = append(out.agencies, inBoth(a.Name, a.Short))
	}
	for _, l := range s.lifeEvents {
		out.life = append(out.life, inBoth(l.Title))
	}
	return out
}

func inBoth(all ...i18n.Text) (out [][]word) {
	for _, t := range all {
		for _, l := range i18n.Langs() {
			if w := nameWords(t.Lang(l)); len(w) > 0 {
				out = append(out, w)
			}
		}
	}
	return out
}

// Named finds what the query names. An agency is named by all words of its name, whatever stands beside them, or by the one of its words
// that is written in capitals: an abbreviation; a life situation by a query that says nothing else. The last word may be unfinished.
func (c *Catalogue) Named(query string) (out Named) {
	typed, s := typedWords(query), c.shelf()
	if len(typed) == 0 {
		return out
	}
	for i, a := range s.agencies {
		if slices.ContainsFunc(s.names.agencies[i], func(name []word) bool { return calls(typed, name) }) {
			out.Agencies = append(out.Agencies, a)
		}
	}
	slices.SortFunc(out.Agencies, byShortName)
	for i, l := range s.lifeEvents {
		if len(l.Services) > 0 && slices.ContainsFunc(s.names.life[i], func(name []word) bool { return within(typed, name) }) {
			out.Life = append(out.Life, l)
		}
	}
	return out
}

func byShortName(a, b Agency) int { return cmp.Compare(fold(a.Short.RU), fold(b.Short.RU)) }

// calls reports whether what was typed has all words of the name, or its abbreviation.
func calls(typed, name []word) bool {
	all := true
	for _, w := range name {
		said := slices.ContainsFunc(typed, func(t word) bool { return t.says(w) })
		if said && w.short {
			return true
		}
		all = all && said
	}
	return all
}

// within reports whether each of the words typed is one of the name.
func within(typed, name []word) bool {
	return !slices.ContainsFunc(typed, func(t word) bool { return !slices.ContainsFunc(name, t.says) })
}
