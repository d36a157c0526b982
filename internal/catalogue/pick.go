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
	worth := make([]int, len(texts))
	var out []int
	for i, t := range texts {
		if worth[i] = picked(words, t); worth[i] > 0 {
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

// picked is 0 where a word of the query is missing.
func picked(words [][]sought, t Text) int {
	title, body := readWords(t.Title), readWords(t.Body)
	sum := 0
	for _, meant := range words {
		best := max(pickTitled*found(meant, title), found(meant, body))
		if best == 0 {
			return 0
		}
		sum += best
	}
	return sum
}

func readWords(text string) []sought {
	var out []sought
	for _, w := range split(text) {
		out = append(out, sought{w, stemOf(w), []rune(w)})
	}
	return out
}

func found(meant, in []sought) int {
	best := 0
	for _, there := range in {
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
	}
	return best
}
