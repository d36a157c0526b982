package catalogue

import (
	"cmp"
	"slices"
	"strings"
)

// Text is something that is looked for among a few of its kind, which are not worth an index.
type Text struct{ Title, Body string }

// What a word of a query is worth by how it was found, and how much more in a title.
const (
	pickExact  = 4
	pickBegun  = 3
	pickNear   = 1
	pickTitled = 2
)

// Pick finds the texts in which every word of the query stands but the small ones, as people write it: in another form, unfinished, in the
// other keyboard layout, with a slip of the finger. Of a long query it reads the first twelve words. It gives their places in the list, the
// best first, and those that are as good in their order.
func Pick(query string, texts []Text) []int {
	asked := tokens(query)
	if telling := slices.DeleteFunc(slices.Clone(asked), func(w string) bool { return stopwords[w] }); len(telling) > 0 {
		asked = telling
	}
	if len(asked) > mostPicked {
		asked = asked[:mostPicked]
	}
	words := make([][]sought, 0, len(asked))
	for _, w := range asked {
		if s := seek(w); len(s) > 0 {
			words = append(words, s)
		}
	}
	if len(words) == 0 {
		return nil
	}
	p := picker{words: words, known: map[string][]int{}}
	worth := make([]int, len(texts))
	var out []int
	for i, t := range texts {
		if worth[i] = p.worth(t); worth[i] > 0 {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(worth[b], worth[a]) })
	return out
}

// mostPicked is how many words of a query are read.
const mostPicked = 12

// sought is a word, of the query as it may have been meant or of a text.
type sought struct {
	word, stem string
	letters    []rune
}

func seek(typed string) []sought {
	var out []sought
	for _, w := range append([]string{typed}, otherLayouts(typed)...) {
		out = append(out, readWords(w)...)
	}
	return out
}

// picker weighs texts by the words of a query. Texts of one kind share most of their words: each is compared once.
type picker struct {
	words [][]sought
	known map[string][]int // of a word of a text, what it is worth for each of the query
}

// worth is 0 where a word of the query is missing.
func (p picker) worth(t Text) int {
	title, body := p.best(t.Title), p.best(t.Body)
	sum := 0
	for i := range p.words {
		best := max(pickTitled*title[i], body[i])
		if best == 0 {
			return 0
		}
		sum += best
	}
	return sum
}

// best is the most that a word of the text is worth, for each of the query.
func (p picker) best(text string) []int {
	out := make([]int, len(p.words))
	for _, w := range split(text) {
		of, met := p.known[w]
		if !met {
			there := sought{w, stemOf(w), []rune(w)}
			for _, meant := range p.words {
				of = append(of, found(meant, there))
			}
			p.known[w] = of
		}
		for i, n := range of {
			out[i] = max(out[i], n)
		}
	}
	return out
}

func readWords(text string) []sought {
	var out []sought
	for _, w := range split(text) {
		out = append(out, sought{w, stemOf(w), []rune(w)})
	}
	return out
}

// found is what the word of a text is worth for one of the query, as it may have been meant.
func found(meant []sought, there sought) int {
	best := 0
	for _, m := range meant {
		switch {
		case m.stem == there.stem:
			return pickExact
		case strings.HasPrefix(there.word, m.word) || strings.HasPrefix(there.word, m.stem) && len(m.letters) > 2:
			best = max(best, pickBegun)
		case best == 0 && slips(m.letters, there.letters, true, slipsOf(len(m.letters))) <= slipsOf(len(m.letters)):
			best = pickNear
		}
	}
	return best
}
