package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"okno/internal/catalogue"
	"okno/internal/catalogue/golden"
	"okno/internal/store"
)

// crowd is how many services stand beside the built-in ones when the search is measured.
const crowd = 10_000

// search measures how long a query takes among ten thousand services, and how well the half of the golden set is answered that nobody
// looked at. Every query is asked whole and as it is typed, each beginning of it.
func (b *bench) search(ctx context.Context, e store.Engine) error {
	c, err := b.crowded(crowd)
	if err != nil {
		return err
	}
	_, unseen, err := golden.Halves()
	if err != nil {
		return err
	}
	var typed []string
	for _, q := range unseen {
		rs := []rune(q.Text)
		for i := range rs {
			typed = append(typed, string(rs[:i+1]))
		}
	}
	took := make([]time.Duration, 0, 3*len(typed))
	for range 3 {
		for _, q := range typed {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			began := time.Now()
			c.Search(q, 10)
			c.Named(q) // the suggestions have both
			took = append(took, time.Since(began))
		}
	}
	slices.Sort(took)
	p99 := took[len(took)*99/100]
	goal, met := atMost(float64(p99)/1e6, 15)
	b.add(fmt.Sprintf("search among %d services, p99", len(c.All())), e, ms(p99), goal+" ms", met, "p50 %s, the slowest %s of %d, each letter of each query", ms(took[len(took)/2]), ms(took[len(took)-1]), len(took))

	s := golden.Of(unseen, func(query string) []string {
		var out []string
		for _, h := range c.Search(query, 10) {
			out = append(out, h.Service.Slug)
		}
		return out
	})
	goal, met = atLeast(s.Recall, 0.95)
	b.add("recall@3 of the unseen half", e, fmt.Sprintf("%.3f", s.Recall), goal, met, "%d queries, among %d services", len(unseen), len(c.All()))
	goal, met = atLeast(s.MRR, 0.9)
	b.add("MRR of the unseen half", e, fmt.Sprintf("%.3f", s.MRR), goal, met, "the same")
	return b.lists(ctx, e)
}

// crowded is the catalogue with n services beside the built-in ones.
func (b *bench) crowded(n int) (*catalogue.Catalogue, error) {
	dir := filepath.Join(b.Dir, "crowd")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	files, err := golden.Crowd(n)
	if err != nil {
		return nil, err
	}
	for name, src := range files {
		if err := os.WriteFile(filepath.Join(dir, name), src, 0o600); err != nil {
			return nil, err
		}
	}
	return catalogue.Load(os.DirFS(dir))
}
