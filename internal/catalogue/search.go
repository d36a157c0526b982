package catalogue

import (
	"cmp"
	_ "embed"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"okno/internal/form"
	"okno/internal/procedure"
)

// Hit is a service that answers a query, and how well: 1 is a title typed whole.
type Hit struct {
	Service *procedure.Definition
	Score   float64
}

// Found is what a query finds. Meant is the query as it was understood when that is not as it was typed: in the other keyboard
// layout, or without its slips.
type Found struct {
	Hits  []Hit
	Meant string
}

// How much a match counts by how it was made.
const (
	asWord   = 1.0
	asAkin   = 0.7
	asBegun  = 0.8 // the beginning of a word
	asJoined = 0.95
	asSlip   = 0.75 // for the first half of a slip, less for more
	perSlip  = 0.15
)

// What a whole phrase counts beside its words, what a popular service has before others, and what is too little to be shown.
const (
	ofPhrase  = 0.5
	ofPopular = 0.05
	tooLittle = 0.17
	farBehind = 0.3
)

const (
	queryWords = 12 // more than a question has
	wordRunes  = 40
	beginFrom  = 2 // letters of the beginning of a word
	joinedFrom = 6 // letters of a word that may be two written together
)

// sense is one way to understand a word of the query.
type sense struct {
	term   int32
	factor float32
}

// asked is a word of the query as it was understood.
type asked struct {
	typed   string
	meant   string // as it should have been typed
	senses  []sense
	quality float64 // how sure that is, 0 for a word that is not known
	small   bool    // it says nothing
}

// Search finds at most limit services for the query, the best first. The last word may be unfinished.
func (c *Catalogue) Search(query string, limit int) []Hit { return c.Find(query, limit).Hits }

// Find is Search that also says how the query was understood. What was asked is kept nowhere.
func (c *Catalogue) Find(query string, limit int) Found {
	x := c.shelf().index
	words := x.understand(tokens(query))
	hits := cut(x.rank(words), limit)
	if len(hits) == 0 {
		return Found{}
	}
	return Found{Hits: hits, Meant: meant(words)}
}

// understand chooses the layout that makes the most of the words, and what each means.
func (x *index) understand(typed []string) []asked {
	typed = typed[:min(len(typed), queryWords)]
	as, other := make([]asked, len(typed)), make([]asked, len(typed))
	var sure, otherSure float64
	for i, w := range typed {
		last := i == len(typed)-1
		as[i] = x.word(strings.Trim(w, layoutSigns), last)
		other[i] = x.switched(w, last)
		sure += as[i].quality
		otherSure += other[i].quality
	}
	if otherSure > sure {
		as, other = other, as
	}
	for i := range as {
		if as[i].quality == 0 && other[i].quality > 0 || as[i].quality < exactly && other[i].quality == exactly && !other[i].small {
			as[i] = other[i]
		}
	}
	x.join(as)
	all := slices.ContainsFunc(as, func(a asked) bool { return !a.small })
	return slices.DeleteFunc(as, func(a asked) bool {
		return a.typed == "" || all && a.small || a.quality == 0 && utf8.RuneCountInString(a.typed) == 1
	})
}

// How sure a word is: it is known, it begins a known one, it is a known one with slips.
const (
	exactly  = 1.0
	begins   = 0.7
	slipped  = 0.5
	together = 0.6
)

// switched is the word as it stands on the keys of the other layout.
func (x *index) switched(w string, last bool) asked {
	for _, other := range otherLayouts(w) {
		if a := x.word(strings.Trim(other, layoutSigns), last); a.quality > 0 {
			a.typed, a.meant = strings.Trim(w, layoutSigns), cmp.Or(a.meant, a.typed)
			return a
		}
	}
	return asked{typed: strings.Trim(w, layoutSigns)}
}

// word finds what a word means: as it is, as a beginning, as two written together, with slips in it. Later ways are tried only when
// earlier ones find nothing; the last word may be unfinished as well as whole.
func (x *index) word(w string, last bool) asked {
	a := asked{typed: w, small: stopwords[w]}
	if w == "" {
		return a
	}
	if a.small {
		a.quality = exactly
	}
	x.exact(&a, w, asWord)
	if last && utf8.RuneCountInString(w) >= beginFrom || a.quality == 0 && utf8.RuneCountInString(w) > beginFrom {
		x.beginning(w, func(_ string, terms []int32) {
			for _, t := range terms {
				a.add(t, asBegun)
			}
			a.quality = max(a.quality, begins)
		})
	}
	if a.quality == 0 {
		x.parts(&a)
	}
	if a.quality == 0 {
		x.slips(&a, last)
	}
	return a
}

// exact takes the word as it is, in any form, and what means the same.
func (x *index) exact(a *asked, w string, factor float32) {
	terms := x.spelled[w]
	if t, ok := x.terms[stemOf(w)]; ok && !slices.Contains(terms, t) {
		terms = append(slices.Clone(terms), t)
	}
	for _, t := range terms {
		a.add(t, factor)
		for _, other := range x.akin[t] {
			a.add(other, factor*asAkin)
		}
		a.quality = max(a.quality, exactly*float64(min(factor, 1)))
	}
	if a.quality > 0 {
		a.quality = max(a.quality, exactly)
	}
}

// add takes one more sense; the same term counts once, as well as it can.
func (a *asked) add(t int32, factor float32) {
	for i := range a.senses {
		if a.senses[i].term == t {
			a.senses[i].factor = max(a.senses[i].factor, factor)
			return
		}
	}
	a.senses = append(a.senses, sense{t, factor})
}

// parts takes a word that is two written together.
func (x *index) parts(a *asked) {
	rs := []rune(a.typed)
	if len(rs) < joinedFrom {
		return
	}
	for i := 3; i <= len(rs)-3; i++ {
		left, right := string(rs[:i]), string(rs[i:])
		if x.spelled[left] == nil || x.spelled[right] == nil {
			continue
		}
		x.exact(a, left, asJoined)
		x.exact(a, right, asJoined)
		a.meant, a.quality = left+" "+right, together
		return
	}
}

// join takes two words that are one elsewhere.
func (x *index) join(as []asked) {
	for i := 1; i < len(as); i++ {
		w := cmp.Or(as[i-1].meant, as[i-1].typed) + cmp.Or(as[i].meant, as[i].typed)
		if utf8.RuneCountInString(w) < joinedFrom {
			continue
		}
		terms := x.spelled[w]
		if t, ok := x.terms[stemOf(w)]; ok && len(terms) == 0 {
			terms = []int32{t}
		}
		for _, t := range terms {
			as[i-1].add(t, asJoined)
			as[i].add(t, asJoined)
			as[i-1].quality, as[i].quality = max(as[i-1].quality, together), max(as[i].quality, together)
			as[i-1].small, as[i].small = false, false
		}
	}
}

// slips takes the known words that are nearest to the word, with and without its ending; nearest to their beginning while it is being
// typed.
func (x *index) slips(a *asked, last bool) {
	words, cost := x.near(a.typed, false)
	if stem := stemOf(a.typed); stem != a.typed {
		switch more, c := x.near(stem, false); {
		case len(more) > 0 && (len(words) == 0 || c < cost):
			words, cost = more, c
		case c == cost:
			words = append(words, more...)
		}
	}
	if len(words) == 0 && last {
		words, cost = x.near(a.typed, true)
	}
	best := float32(0)
	for _, w := range words {
		factor := float32(asSlip - perSlip*max(0, 2*cost-1))
		for _, t := range x.spelled[w] {
			a.add(t, factor)
			for _, other := range x.akin[t] {
				a.add(other, factor*asAkin)
			}
			if n := float32(1+len(x.postings[t])) * x.says[t]; n > best { // the word that more services have is the likelier one
				best, a.meant = n, w
				if x.shown[t] != "" && stemOf(x.shown[t]) == w {
					a.meant = x.shown[t]
				}
			}
		}
		a.quality = slipped / (1 + cost/4)
	}
}

// meant is the query as it was understood, empty when that is as it was typed.
func meant(words []asked) string {
	other := false
	out := make([]string, 0, len(words))
	for _, a := range words {
		other = other || a.meant != "" && a.meant != a.typed
		out = append(out, cmp.Or(a.meant, a.typed))
	}
	if !other {
		return ""
	}
	return strings.Join(out, " ")
}

// pad is what one search writes on.
type pad struct {
	services, phrases tally
	best              []float32 // of a service, its best phrase
}

// tally adds up what the words of a query give to each of many, for each word the most that one of its senses gives.
type tally struct {
	sum, word []float32
	touched   []int32 // with a sum
	now       []int32 // with something of this word
}

func newPad(services, phrases int) *pad {
	return &pad{services: newTally(services), phrases: newTally(phrases), best: make([]float32, services)}
}

func newTally(n int) tally { return tally{sum: make([]float32, n), word: make([]float32, n)} }

func (t *tally) give(to int32, v float32) {
	if t.word[to] == 0 {
		t.now = append(t.now, to)
	}
	t.word[to] = max(t.word[to], v)
}

// next ends a word.
func (t *tally) next() {
	for _, i := range t.now {
		if t.sum[i] == 0 {
			t.touched = append(t.touched, i)
		}
		t.sum[i] += t.word[i]
		t.word[i] = 0
	}
	t.now = t.now[:0]
}

func (t *tally) clear() {
	for _, i := range t.touched {
		t.sum[i] = 0
	}
	t.touched = t.touched[:0]
}

// rank scores the services: by their words, each by its place and how much it says, and by the phrase of theirs that is most like
// what was asked.
func (x *index) rank(words []asked) []Hit {
	p, _ := x.scratch.Get().(*pad)
	defer x.scratch.Put(p)
	var total float32
	for _, a := range words {
		says := x.rarity(1) * 0.6 // of a word that nobody has
		if len(a.senses) > 0 {
			says = 0
		}
		for _, s := range a.senses {
			said := x.says[s.term]
			says = max(says, said*s.factor)
			for _, post := range x.postings[s.term] {
				p.services.give(post.service, post.weight*s.factor*said)
			}
			for _, ph := range x.phrasal[s.term] {
				p.phrases.give(ph, s.factor*said)
			}
		}
		total += says
		p.services.next()
		p.phrases.next()
	}
	for _, i := range p.phrases.touched {
		ph := x.phrases[i]
		got := p.phrases.sum[i]
		like := 2 * min(got, ph.total) / (ph.total + total)
		p.best[ph.service] = max(p.best[ph.service], like*like)
	}
	hits := make([]Hit, 0, len(p.services.touched))
	for _, i := range p.services.touched {
		score := float64((1-ofPhrase)*p.services.sum[i]/total + ofPhrase*p.best[i])
		if place := x.services[i].Catalog.Popular; place > 0 {
			score *= 1 + ofPopular/math.Sqrt(float64(place))
		}
		hits = append(hits, Hit{x.services[i], score})
		p.best[i] = 0
	}
	p.services.clear()
	p.phrases.clear()
	return hits
}

// cut puts the best first and leaves out what matches so much worse than the best that it only distracts.
func cut(hits []Hit, limit int) []Hit {
	best := 0.0
	for _, h := range hits {
		best = max(best, h.Score)
	}
	hits = slices.DeleteFunc(hits, func(h Hit) bool { return h.Score < tooLittle || h.Score < farBehind*best })
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(
			cmp.Compare(b.Score, a.Score),
			cmp.Compare(rank(a.Service), rank(b.Service)),
			cmp.Compare(a.Service.Code, b.Service.Code))
	})
	return hits[:min(max(limit, 0), len(hits))]
}

func rank(d *procedure.Definition) int {
	if d.Catalog.Popular > 0 {
		return d.Catalog.Popular
	}
	return math.MaxInt
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
