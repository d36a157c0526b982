package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
	"net/url"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/store"
)

// A stranger who asks at a door whether a contact has an account reads nothing off the page; here is what a clock tells. Contacts
// that somebody has and that nobody has are asked for in turns that chance decides, each once, over one connection, by whoever stands
// as near as can be. Two distributions come of it, which are compared as dudect does (Reparaz, Balasch, Verbauwhede: "Dude, is my code
// constant time?", 2017) by Welch's t, with the slowest twentieth left out, and by the rank sum of Mann and Whitney, which asks nothing
// of their form. Beyond 4.5 a difference is there; what takes the time is held equal by a test of system.

// door is where a contact is typed.
type door struct {
	name, path string
	want       int
	form       func(phone string) url.Values
}

var doors = []door{ //nolint:gochecknoglobals // a table
	{"sign-in, a wrong password", "/signin", 422, func(p string) url.Values { return url.Values{"login": {p}, "password": {"Wrong-River-9"}} }},
	{"recovery", "/recover", 303, func(p string) url.Values { return url.Values{"login": {p}} }},
	{"registration", "/register", 303, func(p string) url.Values {
		return url.Values{"surname": {"Proverkina"}, "given_name": {"Anna"}, "phone": {p}, "terms": {"on"}, "data": {"on"}}
	}},
}

// apart is how surely two distributions differ: beyond it dudect calls them different.
const apart = 4.5

// enough is how many of each there must be before anything can be said.
const enough = 100

// doors measures what the time of an answer tells of whether there is an account.
func (b *bench) doors(ctx context.Context, e store.Engine) error {
	p, err := b.install(ctx, e, done{})
	if err != nil {
		return err
	}
	defer p.drop() //nolint:errcheck // it is in a PostgreSQL for tests
	all, err := b.populate(ctx, p, b.People, access.Simplified, false)
	if err != nil {
		return err
	}
	s, err := b.serve(ctx, p, "web") // codes wait: no carrier is measured
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // what it did is measured
	l, err := dial(p.Addr)
	if err != nil {
		return err
	}
	defer l.close()
	for _, d := range doors {
		known, nobody, err := b.knock(l, p.Addr, d, all)
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		t, z := welch(cropped(known), cropped(nobody)), rankSum(known, nobody)
		goal, met := atMost(max(math.Abs(t), math.Abs(z)), apart)
		met = met && min(len(known), len(nobody)) >= enough
		b.add("time of an answer at "+d.name+", of an account and of none: t, z", e, fmt.Sprintf("%+.1f, %+.1f", t, z), goal, met, "%s and %s ms of %d and %d", quartiles(known), quartiles(nobody), len(known), len(nobody))
	}
	return nil
}

// knock asks for contacts until the time is over or all were asked for, and returns milliseconds.
func (b *bench) knock(l *line, host string, d door, all []person) (known, nobody []float64, err error) {
	heads, tails, coin := 0, 0, make([]byte, 1)
	end := time.Now().Add(b.Slice * time.Duration(b.Slices))
	for n := 0; heads < len(all) && tails < len(all) && time.Now().Before(end); n++ {
		rand.Read(coin) //nolint:errcheck // it never fails
		there := coin[0]&1 == 0
		phone := fmt.Sprintf("+7%d", 9125000000+tails) // of the same range as theirs
		if there {
			phone = all[heads].phone
			heads++
		} else {
			tails++
		}
		req := request(host, d.path, "okno_browser="+fmt.Sprintf("stranger-at-the-door-%09d", n), d.form(phone))
		began := time.Now()
		a, err := l.do(req, false)
		took := float64(time.Since(began)) / float64(time.Millisecond)
		if err != nil || a.status != d.want {
			return nil, nil, fmt.Errorf("%d instead of %d: %w", a.status, d.want, err)
		}
		switch {
		case n < 20: // the first find everything cold
		case there:
			known = append(known, took)
		default:
			nobody = append(nobody, took)
		}
	}
	return known, nobody, nil
}

// cropped leaves the slowest twentieth out: there the machine is measured.
func cropped(all []float64) []float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[:len(sorted)-len(sorted)/20]
}

// quartiles writes the quarters of a distribution.
func quartiles(all []float64) string {
	if len(all) == 0 {
		return "no"
	}
	sorted := slices.Sorted(slices.Values(all))
	at := func(part float64) float64 { return sorted[int(part*float64(len(sorted)-1))] }
	return fmt.Sprintf("%.2f/%.2f/%.2f", at(0.25), at(0.5), at(0.75))
}

// welch is the t of two samples whose variances may differ; 0 when there is too little to say.
func welch(a, b []float64) float64 {
	if len(a) < 2 || len(b) < 2 {
		return 0
	}
	ma, va := moments(a)
	mb, vb := moments(b)
	spread := math.Sqrt(va/float64(len(a)) + vb/float64(len(b)))
	if spread == 0 {
		return 0
	}
	return (ma - mb) / spread
}

// moments are the mean and the variance.
func moments(all []float64) (mean, variance float64) {
	for _, x := range all {
		mean += x / float64(len(all))
	}
	for _, x := range all {
		variance += (x - mean) * (x - mean) / float64(len(all)-1)
	}
	return mean, variance
}

// rankSum is the z of Mann and Whitney: above nought when a has the longer times. Equal ones share their rank.
func rankSum(a, b []float64) float64 {
	type one struct {
		x   float64
		ofA bool
	}
	var all []one
	for _, x := range a {
		all = append(all, one{x, true})
	}
	for _, x := range b {
		all = append(all, one{x, false})
	}
	slices.SortFunc(all, func(x, y one) int {
		switch {
		case x.x < y.x:
			return -1
		case x.x > y.x:
			return 1
		}
		return 0
	})
	na, nb, n := float64(len(a)), float64(len(b)), float64(len(all))
	if na == 0 || nb == 0 || n < 2 {
		return 0
	}
	ranks, ties := 0.0, 0.0
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].x == all[i].x {
			j++
		}
		same := float64(j - i)
		ties += same*same*same - same
		for ; i < j; i++ {
			if all[i].ofA {
				ranks += float64(j) - (same-1)/2
			}
		}
	}
	variance := na * nb / 12 * ((n + 1) - ties/(n*(n-1)))
	if variance <= 0 {
		return 0
	}
	return (ranks - na*(na+1)/2 - na*nb/2) / math.Sqrt(variance)
}
