package bench

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"okno/internal/access"
	"okno/internal/store"
	"okno/internal/system"
)

// The rush of "appointments": so many people come in so much time for so many times.
const (
	comers  = 10_000
	rush    = 30 * time.Second
	doctors = 20     // doctors
	sought  = 50     // times of each that people come for
	early   = sought // people who come for a doctor of their own before: a portal that was started just now is not what is measured
)

// comer is one who wants a time.
type comer struct {
	Cookies string
	Page    string // of the doctor
	Start   string
	Slot    int
}

// tried is one's request for a time.
type tried struct {
	sent, answered time.Time
	won            bool
}

// rush sends the comers one after another at an even rate, whether the earlier ones are answered or not. Each looks at the doctor's free
// times, takes the one they want, and confirms it if they got it. A wait counts from the moment at which the request was to be sent.
func (w *worker) rush(o order) done {
	var mu sync.Mutex
	var d done
	slots := map[int][]tried{}
	idle := make(chan *line, 4096)
	wrong := func(what string, a answer, err error) {
		mu.Lock()
		defer mu.Unlock()
		if d.Wrong++; d.First == "" {
			d.First = fmt.Sprintf("%s: %d to %q, %v", what, a.status, a.location, err)
		}
	}
	come := func(at time.Time, c comer) {
		var l *line
		var err error
		select {
		case l = <-idle:
		default:
			if l, err = dial(o.Addr); err != nil {
				wrong("dial", answer{}, err)
				return
			}
		}
		ask := func(began time.Time, path string, form url.Values) (answer, error) {
			a, err := l.do(request(o.Addr, path, c.Cookies, form), false)
			mu.Lock()
			d.Waits = append(d.Waits, time.Since(began))
			mu.Unlock()
			return a, err
		}
		if a, err := ask(at, c.Page, nil); err != nil || a.status != 200 {
			wrong("the page", a, err)
			return
		}
		sent := time.Now()
		a, err := ask(sent, c.Page, url.Values{"start": {c.Start}})
		if err != nil || a.status != 303 && a.status != 409 {
			wrong("the hold", a, err)
			return
		}
		mu.Lock()
		d.N++
		slots[c.Slot] = append(slots[c.Slot], tried{sent, time.Now(), a.status == 303})
		mu.Unlock()
		if a.status == 303 {
			if a, err := ask(time.Now(), a.location+"/confirm", url.Values{}); err != nil || a.status != 303 {
				wrong("the confirmation", a, err)
				return
			}
		}
		select {
		case idle <- l:
		default:
			l.close()
		}
	}
	var g sync.WaitGroup
	began, every := time.Now(), o.For/time.Duration(len(o.Comers))
	for i, c := range o.Comers {
		at := began.Add(time.Duration(i) * every)
		time.Sleep(time.Until(at))
		g.Go(func() { come(at, c) })
	}
	g.Wait()
	close(idle)
	for l := range idle {
		l.close()
	}
	d.Won, d.Double, d.Unfair = judge(slots)
	return d
}

// judge says how many have a time, how many times have two, and how many were turned away and then saw it go to one who came after that:
// whoever was answered before another began to ask was there first, by every clock.
func judge(slots map[int][]tried) (won, double, unfair int) {
	for _, all := range slots {
		winners := 0
		for _, x := range all {
			if !x.won {
				continue
			}
			winners++
			for _, y := range all {
				if !y.won && y.answered.Before(x.sent) {
					unfair++
				}
			}
		}
		won += winners
		if winners > 1 {
			double++
		}
	}
	return won, double, unfair
}

// clinic writes a list of places: doctors who receive every day.
func clinic(dir string) (string, error) {
	var b strings.Builder
	b.WriteString("- {code: clinic, kind: clinic, name: {ru: Clinic}, town: {ru: Town}, address: {ru: Street}, at: {lat: 55, lon: 37}, hours: {mon-sun: '8:00-20:00'}, desks: [\n")
	for i := range doctors + 1 {
		fmt.Fprintf(&b, "  {code: doctor-%d, kind: doctor, name: {ru: Doctor %d}, slot: 60m, holidays: true},\n", i, i)
	}
	b.WriteString("  ]}\n")
	file := filepath.Join(dir, "places.yaml")
	return file, os.WriteFile(file, []byte(b.String()), 0o600)
}

// inTheBook counts who is booked, and the times that are.
func inTheBook(ctx context.Context, x *system.System) (booked, times int, err error) {
	seen := map[string]bool{}
	for i := range doctors {
		_, _, r, _ := x.Appointments.Resource(fmt.Sprintf("doctor-%d", i))
		for day := range 17 {
			list, err := x.Appointments.Day(ctx, r, x.DB.Now().AddDate(0, 0, day))
			if err != nil {
				return 0, 0, err
			}
			for _, a := range list {
				booked++
				seen[a.Resource+a.Start.String()] = true
			}
		}
	}
	return booked, len(seen), nil
}

// appointments measures a rush for the times of doctors.
func (b *bench) appointments(ctx context.Context, e store.Engine) error {
	kids, stop, err := b.children(2)
	if err != nil {
		return err
	}
	defer stop()
	outside, err := kids[0].do(order{Do: "world", Dir: b.Dir + "/waiting-" + string(e)}) // its carriers take what people are told
	if err != nil {
		return err
	}
	p, err := b.install(ctx, e, outside)
	if err != nil {
		return err
	}
	defer p.drop() //nolint:errcheck // as above
	if p.Places, err = clinic(filepath.Dir(p.log)); err != nil {
		return err
	}
	all, err := b.populate(ctx, p, comers+early, access.Confirmed, false)
	if err != nil {
		return err
	}
	x, err := p.verbs(ctx)
	if err != nil {
		return err
	}
	defer x.Close() //nolint:errcheck // as above
	var want []comer
	for i := range doctors + 1 {
		code := fmt.Sprintf("doctor-%d", i)
		_, _, r, _ := x.Appointments.Resource(code)
		free, err := x.Appointments.Open(ctx, r)
		if err != nil || len(free) < sought {
			return fmt.Errorf("%s has %d times, %w", code, len(free), err)
		}
		for _, s := range free[len(free)-sought:] { // none of them begins meanwhile
			want = append(want, comer{Page: "/appointments/new/" + code, Start: s.Start.Format(time.RFC3339), Slot: len(want)})
		}
	}
	want, extra := want[:doctors*sought], want[doctors*sought:]
	list := make([]comer, len(all))
	for i, who := range all {
		var c comer
		if i < comers {
			c = want[i*7919%len(want)] // as many for each, one after another in no order
		} else {
			c = extra[i-comers]
		}
		c.Cookies = "okno_browser=" + who.browser + "; okno_session=" + who.token
		list[i] = c
	}
	list, first := list[:comers], list[comers:]
	s, err := b.serve(ctx, p, "")
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // as above
	for range 8 {  // each of them again and again: what one has already is refused, and that is seen too
		if _, err := kids[1].do(order{Do: "rush", Addr: p.Addr, For: time.Second, Comers: first}); err != nil {
			return err
		}
	}
	before, err := s.cost()
	if err != nil {
		return err
	}
	d, err := kids[1].do(order{Do: "rush", Addr: p.Addr, For: rush, Comers: list})
	if err != nil {
		return err
	}
	after, err := s.cost()
	if err != nil {
		return err
	}
	spent := after.minus(before)
	booked, seats, err := inTheBook(ctx, x)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%d people in %v for %d times", comers, rush, len(want))
	goal, met := atMost(float64(d.Double+booked-seats), 0)
	b.add(what+": given twice", e, fmt.Sprint(d.Double+booked-seats), goal, met, "%d of %d times are booked in the database", booked, len(want))
	goal, met = atMost(float64(d.Unfair), 0)
	b.add(what+": turned away before one who came later", e, fmt.Sprint(d.Unfair), goal, met, "%d asked for a time, %d have one; who was answered before another asked was first", d.N, d.Won)
	wait := percentile(d.Waits, 0.99)
	goal, met = "", true
	if e == store.Postgres {
		goal, met = atMost(float64(wait)/1e6, 300)
		goal += " ms"
	}
	b.add(what+": p99 of an answer", e, ms(wait), goal, met, "%d requests: the free times, the hold, the confirmation; median %s; server %.1f, database %.1f, generator %.1f s of CPU", len(d.Waits), ms(percentile(d.Waits, 0.5)),
		spent.server.Seconds(), spent.database.Seconds(), d.CPU.Seconds())
	return nil
}
