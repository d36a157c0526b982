package catalogue

import (
	"cmp"
	_ "embed"
	"math"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kljensen/snowball/english"
	"github.com/kljensen/snowball/russian"
	"golang.org/x/text/unicode/norm"

	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/procedure"
)

// Hit is a service that answers a query, and how well.
type Hit struct {
	Service *procedure.Definition
	Score   float64
}

// How much a word counts by where it stands.
const (
	inTitle    = 10
	inSynonym  = 7
	inOwner    = 5
	inSummary  = 2
	inOutcome  = 2
	inLifePart = 1
)

// How much a match counts by how it was made.
const (
	asWord   = 1.0
	asPrefix = 0.8
	asSlip   = 0.5
	asLayout = 0.9 // on top of the others
)

const (
	queryWords = 12 // more than a question has
	wordRunes  = 40
	typoFrom   = 5 // letters of a word in which a slip is looked for
	prefixFrom = 2 // letters of the beginning of a word
)

// posting says that a word stands in a service and how much that counts.
type posting struct {
	service int
	weight  float64
}

// index finds services by words.
type index struct {
	services []*procedure.Definition
	stems    map[string][]posting
	words    []string            // folded words in order, for beginnings
	ofWord   map[string][]string // word -> its stems
	deleted  map[string][]string // word without one letter -> words, for slips
}

func newIndex(services []*procedure.Definition) *index {
	x := &index{services: services, stems: map[string][]posting{}, ofWord: map[string][]string{}, deleted: map[string][]string{}}
	for i, d := range services {
		x.add(i, inTitle, d.Title)
		x.add(i, inSummary, d.Summary)
		x.add(i, inOwner, d.Owner.Name)
		x.add(i, inOwner, d.Owner.Short)
		x.add(i, inOutcome, d.Catalog.Outcome)
		for _, p := range d.Catalog.Papers {
			x.add(i, inLifePart, p)
		}
		for _, lang := range i18n.Langs() {
			for _, s := range d.Catalog.Synonyms[lang] {
				x.addText(i, inSynonym, s)
			}
		}
	}
	for w := range x.ofWord {
		x.words = append(x.words, w)
		if utf8.RuneCountInString(w) >= typoFrom-1 { // a stem is shorter than the word that was typed
			for _, d := range deletions(w) {
				x.deleted[d] = append(x.deleted[d], w)
			}
		}
	}
	slices.Sort(x.words)
	return x
}

func (x *index) add(service int, weight float64, t i18n.Text) {
	x.addText(service, weight, t.RU)
	x.addText(service, weight, t.EN)
}

// addText enters the words of a text; a word that stands there twice counts once, at its best place.
func (x *index) addText(service int, weight float64, text string) {
	for _, w := range split(text) {
		stem := stemOf(w)
		for _, spelling := range []string{w, stem} {
			if !slices.Contains(x.ofWord[spelling], stem) {
				x.ofWord[spelling] = append(x.ofWord[spelling], stem)
			}
		}
		ps := x.stems[stem]
		if k := slices.IndexFunc(ps, func(p posting) bool { return p.service == service }); k >= 0 {
			ps[k].weight = max(ps[k].weight, weight)
			continue
		}
		x.stems[stem] = append(ps, posting{service, weight})
	}
}

// Search finds at most limit services for the query, the best first. The last word may be unfinished.
func (c *Catalogue) Search(query string, limit int) []Hit {
	now := c.shelf()
	words := tokens(query)
	words = words[:min(len(words), queryWords)]
	meant := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return stopwords[strings.Trim(w, layoutSigns)] })
	if len(meant) == 0 {
		meant = words // a query of small words only is still a query
	}
	scores, matched := map[int]float64{}, map[int]int{}
	for _, w := range meant {
		for service, score := range now.index.match(w) {
			scores[service] += score
			matched[service]++
		}
	}
	var out []Hit
	for service, score := range scores {
		part := float64(matched[service]) / float64(len(meant))
		out = append(out, Hit{Service: now.all[service], Score: score * part * part})
	}
	slices.SortFunc(out, func(a, b Hit) int {
		return cmp.Or(
			cmp.Compare(b.Score, a.Score),
			cmp.Compare(rank(a.Service), rank(b.Service)),
			cmp.Compare(a.Service.Code, b.Service.Code))
	})
	return cut(out, limit)
}

// cut leaves out what matches so much worse than the best that it only distracts.
func cut(hits []Hit, limit int) []Hit {
	hits = hits[:min(max(limit, 0), len(hits))]
	for i, h := range hits {
		if h.Score < hits[0].Score/5 {
			return hits[:i]
		}
	}
	return hits
}

func rank(d *procedure.Definition) int {
	if d.Catalog.Popular > 0 {
		return d.Catalog.Popular
	}
	return math.MaxInt
}

// match scores the services for one word of a query: the best way in which it is found in each. Slips are looked
// for only when nothing else is found.
func (x *index) match(token string) map[int]float64 {
	found := map[int]float64{}
	w, others := strings.Trim(token, layoutSigns), otherLayouts(token)
	x.find(found, w, 1)
	for _, other := range others {
		x.find(found, other, asLayout)
	}
	if len(found) > 0 {
		return found
	}
	x.findSlips(found, w, asSlip)
	for _, other := range others {
		x.findSlips(found, other, asSlip*asLayout)
	}
	return found
}

// find takes the word as it is, then as a beginning.
func (x *index) find(found map[int]float64, w string, factor float64) {
	x.score(found, stemOf(w), factor*asWord)
	if utf8.RuneCountInString(w) < prefixFrom {
		return
	}
	for i := sort.SearchStrings(x.words, w); i < len(x.words) && strings.HasPrefix(x.words[i], w); i++ {
		for _, stem := range x.ofWord[x.words[i]] {
			x.score(found, stem, factor*asPrefix)
		}
	}
}

// findSlips takes the word, with and without its ending, with one slip: a letter missing, doubled or wrong, or
// two swapped.
func (x *index) findSlips(found map[int]float64, w string, factor float64) {
	if utf8.RuneCountInString(w) < typoFrom {
		return
	}
	x.slipsOf(found, w, factor)
	if stem := stemOf(w); stem != w && utf8.RuneCountInString(stem) >= typoFrom-1 {
		x.slipsOf(found, stem, factor)
	}
}

func (x *index) slipsOf(found map[int]float64, w string, factor float64) {
	tried := map[string]bool{}
	try := func(word string) {
		if tried[word] || !oneSlip(w, word) {
			return
		}
		tried[word] = true
		for _, stem := range x.ofWord[word] {
			x.score(found, stem, factor)
		}
	}
	for _, d := range append(deletions(w), w) {
		if x.ofWord[d] != nil {
			try(d)
		}
		for _, word := range x.deleted[d] {
			try(word)
		}
	}
}

// score adds the postings of a stem; a rare word says more than a common one.
func (x *index) score(found map[int]float64, stem string, factor float64) {
	ps := x.stems[stem]
	if len(ps) == 0 {
		return
	}
	rarity := 1 + math.Log(float64(len(x.services)+1)/float64(len(ps)))
	for _, p := range ps {
		found[p.service] = max(found[p.service], p.weight*factor*rarity)
	}
}

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

// layoutSigns are the signs that are letters on the same keys of the Russian layout.
const layoutSigns = "[];',.`"

// tokens cuts a text at what can be no letter in any layout.
func tokens(text string) []string {
	words := strings.FieldsFunc(fold(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(layoutSigns, r)
	})
	return slices.DeleteFunc(words, func(w string) bool { return utf8.RuneCountInString(w) > wordRunes })
}

// fold makes spellings that mean the same the same: case, ё and е, accents written apart.
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

// otherLayouts is the word as the other keyboard layout would have typed it.
func otherLayouts(w string) []string {
	var out []string
	for _, other := range []string{fold(form.RussianLayout(w)), fold(form.LatinLayout(w))} {
		if other != w {
			out = append(out, other)
		}
	}
	return out
}

// deletions lists the word with each of its letters left out.
func deletions(w string) []string {
	rs := []rune(w)
	out := make([]string, 0, len(rs))
	for i := range rs {
		out = append(out, string(rs[:i])+string(rs[i+1:]))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// oneSlip reports whether a and b are at most one insertion, deletion, change or swap apart.
func oneSlip(a, b string) bool {
	x, y := []rune(a), []rune(b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	switch {
	case len(x) <= 1 && len(y) <= 1:
		return true
	case len(x) == 2 && len(y) == 2:
		return x[0] == y[1] && x[1] == y[0]
	}
	return false
}

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
