package bench

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/keyring"
	"okno/internal/store"
	"okno/internal/system"
)

// settled is how long nodes must have held new keys, in a bench: it has no requests that take a minute.
const settled = 500 * time.Millisecond

// reseal measures how fast people come under a new master key and a new index root while others sign in and look, and what
// these notice of it. The moving is killed in the middle and goes on.
func (b *bench) reseal(ctx context.Context, e store.Engine) error {
	p, err := b.install(ctx, e, done{})
	if err != nil {
		return err
	}
	defer p.drop() //nolint:errcheck // as above
	all, err := b.populate(ctx, p, b.Keys, access.Confirmed, false)
	if err != nil {
		return err
	}
	s, err := b.serve(ctx, p, "")
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // as above
	x, err := p.verbs(ctx)
	if err != nil {
		return err
	}
	defer x.Close() //nolint:errcheck // as above
	c, stop, err := b.children(2)
	if err != nil {
		return err
	}
	defer stop()
	crowd := all[:min(len(all), b.People)]
	looks, enters := each(crowd, func(x person) []byte { return x.get(p.Addr, "/api/session") }), each(crowd, func(x person) []byte { return x.signIn(p.Addr) })
	if _, err := c[0].do(order{Do: "aim", Addr: p.Addr, Want: 200, Requests: looks}); err != nil {
		return err
	}
	if _, err := c[1].do(order{Do: "aim", Addr: p.Addr, Want: 303, Requests: enters}); err != nil {
		return err
	}
	before, err := b.watch(c, func() error { time.Sleep(time.Duration(b.Slices+1) * b.Slice); return nil })
	if err != nil {
		return err
	}
	var m moving
	during, err := b.watch(c, func() error {
		var err error
		m, err = b.rotate(ctx, p, x)
		return err
	})
	if err != nil {
		return err
	}
	if err := b.moved(ctx, x, all); err != nil {
		return err
	}
	killed := "ended before it could be killed"
	if m.killed > 0 {
		killed = fmt.Sprintf("killed with %d of %d rows left of a step, and resumed", m.killed, len(all))
	}
	b.add(fmt.Sprintf("%d people under a new master key and a new index root", len(all)), e, fmt.Sprintf("%.0f people/s", float64(len(all))/m.wall.Seconds()), "", false,
		"%v in all, half of it rest, 7 rows written a person; %s; then everybody is found, nobody's phone is free, the old keys are gone", m.wall.Round(100*time.Millisecond), killed)
	for i, what := range []string{"a session check", "a sign-in"} {
		was, is := percentile(before[i], 0.99), percentile(during[i], 0.99)
		ratio := float64(is) / float64(was)
		goal, met := atMost(ratio, 2)
		b.add("p99 of "+what+" while keys move ÷ before", e, fmt.Sprintf("%.2f", ratio), goal, met, "%s beside %s, median %s beside %s, of %d and %d; none failed",
			ms(is), ms(was), ms(percentile(during[i], 0.5)), ms(percentile(before[i], 0.5)), len(during[i]), len(before[i]))
	}
	return nil
}

// watch lets people look and sign in, at the pace of a quiet hour, while something is done, and returns how long each had to wait.
func (b *bench) watch(c []*child, meanwhile func() error) (waits [2][]time.Duration, err error) {
	var over atomic.Bool
	var g sync.WaitGroup
	var failed [2]error
	for i, o := range []order{{Do: "pace", Conns: 4, Every: 20 * time.Millisecond}, {Do: "pace", Conns: 1, Every: 250 * time.Millisecond}} {
		o.For = min(b.Slice, 2*time.Second)
		g.Go(func() {
			for !over.Load() && failed[i] == nil {
				d, err := c[i].do(o)
				waits[i], failed[i] = append(waits[i], d.Waits...), err
			}
		})
	}
	err = meanwhile()
	over.Store(true)
	g.Wait()
	return waits, errors.Join(err, failed[0], failed[1])
}

// pace sends the aimed requests, each connection one at most so often, and keeps how long each took.
func (w *worker) pace(o order) done {
	o.Addr = w.aim.Addr
	var mu sync.Mutex
	var waits []time.Duration
	d := together(o, func(l *line) (bool, error) {
		began := time.Now()
		a, err := l.do(w.aim.Requests[int(w.next.Add(1)-1)%len(w.aim.Requests)], false)
		took := time.Since(began)
		if err == nil && a.status != w.aim.Want {
			err = fmt.Errorf("%d instead of %d, to %q", a.status, w.aim.Want, a.location)
		}
		mu.Lock()
		waits = append(waits, took)
		mu.Unlock()
		time.Sleep(o.Every - took)
		return true, err
	})
	d.Waits = waits
	return d
}

func percentile(all []time.Duration, part float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(part*float64(len(sorted))))]
}

// moving is what a rotation took.
type moving struct {
	wall   time.Duration // of the commands that move rows
	killed int           // rows that were left when it was killed, 0 when it was not
}

// rotate does what an operator does, by the commands an operator has.
func (b *bench) rotate(ctx context.Context, p *place, x *system.System) (moving, error) {
	var m moving
	reseal := func(kill bool) error {
		began := time.Now()
		cmd := p.command(ctx, b.Program, "keys", "reseal")
		if err := cmd.Start(); err != nil {
			return err
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for kill {
			select {
			case err := <-ended:
				m.wall += time.Since(began)
				return err
			case <-time.After(20 * time.Millisecond):
			}
			left, done, err := contacts(ctx, x)
			if err != nil {
				return err
			}
			if done > left && left > 0 {
				if err := cmd.Process.Kill(); err != nil {
					return err
				}
				<-ended //nolint:errcheck // it was killed
				m.wall += time.Since(began)
				m.killed, _, err = contacts(ctx, x)
				return err
			}
		}
		err := <-ended
		m.wall += time.Since(began)
		return err
	}
	again := func(step string) error { // until every node has taken the keys up
		for end := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
			out, err := p.command(ctx, b.Program, "keys", step, "--settle="+settled.String()).CombinedOutput()
			if err == nil {
				return nil
			}
			if text := string(out); time.Now().After(end) || !strings.Contains(text, "yet;") && !strings.Contains(text, "a moment ago") {
				return fmt.Errorf("okno keys %s: %w: %s", step, err, text)
			}
		}
	}
	if err := again("stage"); err != nil {
		return m, err
	}
	// Rows that the portal writes before it has taken the root up are found by the second run.
	if _, err := x.Ring.Reload(); err != nil {
		return m, err
	}
	for _, do := range []func() error{
		func() error { return reseal(true) }, func() error { return reseal(false) }, func() error { return again("rotate") },
		func() error { return reseal(false) }, func() error { return again("retire") },
		func() error { return reseal(false) }, func() error { return p.command(ctx, b.Program, "keys", "status").Run() },
	} {
		if err := do(); err != nil {
			return m, err
		}
		if _, err := x.Ring.Reload(); err != nil {
			return m, err
		}
	}
	return m, nil
}

// contacts are how many rows of contacts are left and done of the step that indexes them beforehand.
func contacts(ctx context.Context, x *system.System) (left, done int, err error) {
	s, err := x.Rotation().Status(ctx)
	if err != nil {
		return 0, 0, err
	}
	i := slices.IndexFunc(s.Steps, func(l keyring.Left) bool { return l.Step == "contact.value_ahead" })
	return s.Steps[i].Left, s.Steps[i].Done, nil
}

// moved looks whether everything is under the new keys, people are found by them, and what they hold is not free.
func (b *bench) moved(ctx context.Context, x *system.System, all []person) error {
	s, err := x.Rotation().Status(ctx)
	if err != nil {
		return err
	}
	for _, l := range s.Steps {
		if l.Left > 0 {
			return fmt.Errorf("%d rows of %s are left under old keys", l.Left, l.Step)
		}
	}
	if len(s.Keys) != 1 {
		return fmt.Errorf("the master keyset holds %v", s.Keys)
	}
	for i := 0; i < len(all); i += max(1, len(all)/100) {
		phone := contact.Target{Kind: contact.Phone, Value: all[i].phone}
		if who, err := x.Contacts.Holder(ctx, x.DB, phone); err != nil || who != all[i].account {
			return fmt.Errorf("person %d is not found: %w", i, err)
		}
		err := x.DB.Write(ctx, func(tx *store.Tx) error {
			key, err := x.Ring.Person(ctx, tx, all[0].account)
			if err != nil {
				return err
			}
			return x.Contacts.Attach(ctx, tx, key, all[0].account, phone)
		})
		if !errors.Is(err, contact.ErrTaken) {
			return fmt.Errorf("the phone of person %d was free: %w", i, err)
		}
	}
	return nil
}

// command is okno with the settings of the place.
func (p *place) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // the program itself
	cmd.Env = p.environ("")
	return cmd
}
