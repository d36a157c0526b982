package catalogue

import (
	"math"
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode/utf8"

	"okno/internal/i18n"
	"okno/internal/procedure"
)

// How much a word counts by where it stands; in the title it counts whole.
const (
	inTitle   = 1.0
	inSynonym = 0.85
	inOwner   = 0.45
	inSummary = 0.4
	inOutcome = 0.35
	inLife    = 0.15
	inPaper   = 0.1
)

// posting says that a term stands in a service and how much that counts.
type posting struct {
	service int32
	weight  float32
}

// phrase is a title or a synonym as the terms that say something in it.
type phrase struct {
	service int32
	total   float32 // what its terms say together
}

// index finds services by words. It is never changed.
type index struct {
	services []*procedure.Definition
	terms    map[string]int32   // stem -> number
	postings [][]posting        // of a term
	phrases  []phrase           //
	phrasal  [][]int32          // phrases of a term
	says     []float32          // how much a term says: a rare one says more than a common one
	spelled  map[string][]int32 // word or stem -> its terms
	words    []string           // spellings in order, for beginnings
	shown    []string           // a word to show for a term, the shortest
	trigrams map[string][]int32 // part of a word -> words, for slips
	akin     map[int32][]int32  // terms that mean the same (words.yaml)
	weak     map[int32]bool     // terms that say what people do with any service
	scratch  sync.Pool          // *pad

	stems map[string]string // of words that were met, while it is made: a word stands in many texts
}

func newIndex(services []*procedure.Definition, lifeEvents []LifeEvent) *index {
	x := &index{services: services, terms: map[string]int32{}, spelled: map[string][]int32{}, trigrams: map[string][]int32{}, akin: map[int32][]int32{}, weak: map[int32]bool{},
		stems: map[string]string{}}
	var inPhrase [][]int32
	life := map[string]i18n.Text{}
	for _, l := range lifeEvents {
		life[l.Code] = l.Title
	}
	for i, d := range services {
		at := int32(i) //nolint:gosec // there are not so many services
		for _, lang := range i18n.Langs() {
			x.addText(at, inTitle, d.Title.Lang(lang))
			inPhrase = x.addPhrase(inPhrase, at, d.Title.Lang(lang))
			for _, s := range d.Catalog.Synonyms[lang] {
				x.addText(at, inSynonym, s)
				inPhrase = x.addPhrase(inPhrase, at, s)
			}
			x.addText(at, inOwner, d.Owner.Name.Lang(lang))
			x.addText(at, inOwner, d.Owner.Short.Lang(lang))
			x.addText(at, inSummary, d.Summary.Lang(lang))
			x.addText(at, inOutcome, d.Catalog.Outcome.Lang(lang))
			for _, p := range d.Catalog.Papers {
				x.addText(at, inPaper, p.Lang(lang))
			}
			for _, code := range d.Catalog.LifeEvents {
				x.addText(at, inLife, life[code].Lang(lang))
			}
		}
	}
	x.relate()
	x.weigh(inPhrase)
	x.spell()
	x.stems = nil
	x.scratch.New = func() any { return newPad(len(x.services), len(x.phrases)) }
	return x
}

// stem is stemOf for the words of the index.
func (x *index) stem(w string) string {
	stem, met := x.stems[w]
	if !met {
		stem = stemOf(w)
		x.stems[w] = stem
	}
	return stem
}

// term is the number of a stem, a new one where it has none.
func (x *index) term(stem string) int32 {
	t, ok := x.terms[stem]
	if !ok {
		t = int32(len(x.postings)) //nolint:gosec // words of a language
		x.terms[stem] = t
		x.postings = append(x.postings, nil)
		x.shown = append(x.shown, "")
	}
	return t
}

// learn enters a word under its term, and the stem as one more spelling of it.
func (x *index) learn(w string) int32 {
	stem := x.stem(w)
	t := x.term(stem)
	if x.shown[t] == "" || len(w) < len(x.shown[t]) {
		x.shown[t] = w
	}
	for _, spelling := range []string{w, stem} {
		if !slices.Contains(x.spelled[spelling], t) {
			x.spelled[spelling] = append(x.spelled[spelling], t)
		}
	}
	return t
}

// addText enters the words of a text; a word that stands in a service twice counts once, at its best place.
func (x *index) addText(service int32, weight float32, text string) {
	for _, w := range split(text) {
		if stopwords[w] {
			continue
		}
		t := x.learn(w)
		ps := x.postings[t]
		if last := len(ps) - 1; last >= 0 && ps[last].service == service { // services are entered one after another
			ps[last].weight = max(ps[last].weight, weight)
			continue
		}
		x.postings[t] = append(ps, posting{service, weight})
	}
}

// addPhrase enters a title or a synonym as a whole.
func (x *index) addPhrase(all [][]int32, service int32, text string) [][]int32 {
	var terms []int32
	for _, w := range split(text) {
		if t, ok := x.terms[x.stem(w)]; ok && !stopwords[w] {
			terms = append(terms, t)
		}
	}
	if len(terms) == 0 {
		return all
	}
	slices.Sort(terms)
	x.phrases = append(x.phrases, phrase{service: service})
	return append(all, slices.Compact(terms))
}

// relate takes the groups of words that mean the same in, of which one at least stands in a service, and the words that say little.
func (x *index) relate() {
	for _, group := range vocabulary.Same {
		known := false
		for _, w := range group {
			_, stands := x.terms[x.stem(fold(w))]
			known = known || stands
		}
		if !known {
			continue
		}
		terms := make([]int32, 0, len(group))
		for _, w := range group {
			terms = append(terms, x.learn(fold(w)))
		}
		slices.Sort(terms)
		terms = slices.Compact(terms)
		for _, t := range terms {
			for _, other := range terms {
				if t != other && !slices.Contains(x.akin[t], other) {
					x.akin[t] = append(x.akin[t], other)
				}
			}
		}
	}
	for _, w := range vocabulary.Weak {
		if t, ok := x.terms[x.stem(fold(w))]; ok {
			x.weak[t] = true
		}
	}
}

// weigh counts how much each term and each phrase says.
func (x *index) weigh(inPhrase [][]int32) {
	x.says = make([]float32, len(x.postings))
	among := make([]int, len(x.postings))
	for t, ps := range x.postings {
		for _, p := range ps {
			if p.weight > inPaper { // a passport is asked for everywhere, and says much where it is what one gets
				among[t]++
			}
		}
	}
	for t := range x.postings {
		most := among[t]
		for _, other := range x.akin[int32(t)] { //nolint:gosec // words of a language
			most = max(most, among[other])
		}
		x.says[t] = x.rarity(most)
		if x.weak[int32(t)] { //nolint:gosec // words of a language
			x.says[t] *= weakly
		}
	}
	x.phrasal = make([][]int32, len(x.postings))
	for p, terms := range inPhrase {
		for _, t := range terms {
			x.phrases[p].total += x.says[t]
			x.phrasal[t] = append(x.phrasal[t], int32(p)) //nolint:gosec // a few for each service
		}
	}
}

// weakly is what a word that goes with any service says of what it would say else.
const weakly = 0.25

// rarity is how much a word says that stands in so many services.
func (x *index) rarity(among int) float32 {
	n, df := float64(len(x.services)), float64(among)
	return float32(math.Log(1 + (n-min(df, n)+0.5)/(df+0.5)))
}

// spell makes what beginnings and slips are looked for in.
func (x *index) spell() {
	for w := range x.spelled {
		x.words = append(x.words, w)
	}
	slices.Sort(x.words)
	for i, w := range x.words {
		for _, g := range trigrams(w) {
			x.trigrams[g] = append(x.trigrams[g], int32(i)) //nolint:gosec // words of a language
		}
	}
}

// beginning calls with each word that begins so.
func (x *index) beginning(w string, each func(word string, terms []int32)) {
	for i := sort.SearchStrings(x.words, w); i < len(x.words) && strings.HasPrefix(x.words[i], w); i++ {
		each(x.words[i], x.spelled[x.words[i]])
	}
}

// near are the words that differ from w by the least slips, at most by those that a word of its length may have; begun: or whose
// beginning does.
func (x *index) near(w string, begun bool) (words []string, cost float64) {
	n := utf8.RuneCountInString(w)
	most := slipsOf(n)
	if most == 0 {
		return nil, 0
	}
	grams := trigrams(w)
	need := len(grams) - int(3*most) - 1 // a slip spoils three parts of a word, a swap four
	if begun {
		need -= 2
	}
	need = max(need, 1)
	shared := map[int32]int{}
	for _, g := range grams {
		for _, i := range x.trigrams[g] {
			shared[i]++
		}
	}
	typed := []rune(w)
	cost = most
	for i, k := range shared {
		if k < need {
			continue
		}
		word := x.words[i]
		m := utf8.RuneCountInString(word)
		if float64(n-m) > most || !begun && float64(m-n) > most || m < 3 {
			continue
		}
		c := slips(typed, []rune(word), begun, cost)
		switch {
		case c > cost:
			continue
		case c < cost:
			words, cost = words[:0], c
		}
		words = append(words, word)
	}
	slices.Sort(words)
	return words, cost
}

// slipsOf is how many slips a word of so many letters may have.
func slipsOf(letters int) float64 {
	switch {
	case letters < 4:
		return 0
	case letters < 8:
		return 1
	}
	return 2
}

// trigrams are the parts of three letters of a word with its edges.
func trigrams(w string) []string {
	rs := []rune("\x02" + w + "\x03")
	out := make([]string, 0, len(rs))
	for i := 0; i+3 <= len(rs); i++ {
		out = append(out, string(rs[i:i+3]))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// slips is how far what was typed is from a word, as Damerau and Levenshtein count (a letter more, missing, other, or two swapped),
// where letters that are heard alike are half a slip; more than most when it is farther. begun: from the nearest beginning of the word.
func slips(typed, word []rune, begun bool, most float64) float64 {
	before, last, row := make([]float64, len(word)+1), make([]float64, len(word)+1), make([]float64, len(word)+1)
	for j := range last {
		last[j] = float64(j)
	}
	for i := 1; i <= len(typed); i++ {
		row[0] = float64(i)
		least := row[0]
		for j := 1; j <= len(word); j++ {
			a, b := typed[i-1], word[j-1]
			more, less := 1.0, 1.0
			if i > 1 && typed[i-2] == a {
				more = 0.5 // a letter doubled
			}
			if j > 1 && word[j-2] == b {
				less = 0.5
			}
			row[j] = min(last[j]+more, row[j-1]+less, last[j-1]+unlike(a, b))
			if i > 1 && j > 1 && a == word[j-2] && typed[i-2] == b {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > most {
			return least
		}
		before, last, row = last, row, before
	}
	if begun {
		return slices.Min(last)
	}
	return last[len(word)]
}

// unlike is how much of a slip it is to write one letter for the other.
func unlike(a, b rune) float64 {
	if a == b {
		return 0
	}
	for _, pair := range alike {
		if pair[0] == a && pair[1] == b || pair[0] == b && pair[1] == a {
			return 0.5
		}
	}
	return 1
}

// alike are letters that are heard alike, from words.yaml.
var alike = func() [][2]rune {
	var out [][2]rune
	for _, p := range vocabulary.Alike {
		rs := []rune(p)
		for i := range rs {
			for _, other := range rs[i+1:] {
				out = append(out, [2]rune{rs[i], other})
			}
		}
	}
	return out
}()
