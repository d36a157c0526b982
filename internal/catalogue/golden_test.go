package catalogue

import (
	"crypto/sha256"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The golden set was written before the search was tuned, and half of it was not looked at while it was: see Golden.
func TestTheGoldenSetIsWhole(t *testing.T) {
	c := builtIn(t)
	seen, unseen := golden(t)
	if n := len(seen) + len(unseen); n < 200 {
		t.Errorf("%d queries", n)
	}
	if d := len(seen) - len(unseen); d < -60 || d > 60 {
		t.Errorf("%d seen and %d unseen are no halves", len(seen), len(unseen))
	}
	asked := map[string]bool{}
	for _, j := range slices.Concat(seen, unseen) {
		if asked[j.query] {
			t.Errorf("%q stands there twice", j.query)
		}
		asked[j.query] = true
		for _, slug := range j.services {
			if _, ok := c.BySlug(slug); !ok {
				t.Errorf("%q is answered by %s, which is no service", j.query, slug)
			}
		}
	}
}

//go:embed testdata/golden.tsv
var goldenText string

// judged is a query with the services that answer it, the one that is meant first.
type judged struct {
	query    string
	services []string
}

// golden is the golden set in its halves: the first bit of the query's digest says in which a query is, so nobody chose.
func golden(t testing.TB) (seen, unseen []judged) {
	t.Helper()
	for line := range strings.Lines(goldenText) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		query, services, ok := strings.Cut(line, "\t")
		if !ok {
			t.Fatalf("golden.tsv: %q", line)
		}
		j := judged{query, strings.Split(services, ",")}
		if sha256.Sum256([]byte(query))[0]%2 == 0 {
			seen = append(seen, j)
		} else {
			unseen = append(unseen, j)
		}
	}
	return seen, unseen
}

// measured is how well a half is answered.
type measured struct {
	recall, mrr float64
	missed      []string // only of the seen half are they printed
}

func measure(c *Catalogue, half []judged) measured {
	var m measured
	for _, j := range half {
		hits := c.Search(j.query, 10)
		found := 0
		first := 0
		for i, h := range hits {
			if !slices.Contains(j.services, h.Service.Slug) {
				continue
			}
			if first == 0 {
				first = i + 1
				m.mrr += 1 / float64(first)
			}
			if i < 3 {
				found++
			}
		}
		m.recall += float64(found) / float64(min(len(j.services), 3))
		if first != 1 || found < min(len(j.services), 3) {
			m.missed = append(m.missed, fmt.Sprintf("%q wants %v, finds %s", j.query, j.services, slugs(hits)))
		}
	}
	m.recall /= float64(len(half))
	m.mrr /= float64(len(half))
	return m
}

// The half that was looked at while the search was tuned keeps what was reached.
func TestTheSeenHalfIsAnsweredAsWellAsItWas(t *testing.T) {
	seen, _ := golden(t)
	m := measure(builtIn(t), seen)
	t.Logf("recall@3 %.4f, MRR %.4f", m.recall, m.mrr)
	if m.recall < 0.96 || m.mrr < 0.94 {
		t.Errorf("recall@3 %.4f, MRR %.4f:\n%s", m.recall, m.mrr, strings.Join(m.missed, "\n"))
	}
}
