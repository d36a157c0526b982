package bench

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"okno/internal/access"
	"okno/internal/store"
)

// flood sends the aimed requests at a rate, whether the earlier ones are answered or not, and keeps how long each waited.
func (w *worker) flood(o order) done {
	var mu sync.Mutex
	var d done
	idle := make(chan *line, 4096)
	answered := func(a answer, took time.Duration, err error) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil && a.status == w.aim.Want:
			d.N++
			d.Waits = append(d.Waits, took)
		case err == nil && a.status == 503 && a.later:
			d.N++
			d.Shed = append(d.Shed, took)
		default:
			if d.Wrong++; d.First == "" {
				d.First = fmt.Sprintf("%d to %q, %v", a.status, a.location, err)
			}
		}
	}
	ask := func(began time.Time) {
		var l *line
		var err error
		select {
		case l = <-idle:
		default:
			if l, err = dial(w.aim.Addr); err != nil {
				answered(answer{}, 0, err)
				return
			}
		}
		a, err := l.do(w.aim.Requests[int(w.next.Add(1)-1)%len(w.aim.Requests)], false)
		answered(a, time.Since(began), err)
		select {
		case idle <- l:
		default:
			l.close()
		}
	}
	var g sync.WaitGroup
	began, every := time.Now(), time.Duration(float64(time.Second)/o.Rate)
	for at := began; at.Before(began.Add(o.For)); at = at.Add(every) {
		time.Sleep(time.Until(at))
		g.Go(func() { ask(at) })
	}
	g.Wait()
	close(idle)
	for l := range idle {
		l.close()
	}
	return d
}

// floods measures what becomes of sign-ins, of the memory and of the speed afterwards when ten times as many come as can be hashed.
func (b *bench) floods(ctx context.Context, e store.Engine) error {
	p, err := b.install(ctx, e, done{})
	if err != nil {
		return err
	}
	defer p.drop()                                                          //nolint:errcheck // as above
	if err := os.WriteFile(p.Policy, []byte(fromHere), 0o600); err != nil { // with the wait that the policy has by itself
		return err
	}
	all, err := b.populate(ctx, p, b.People, access.Simplified, false)
	if err != nil {
		return err
	}
	s, err := b.serve(ctx, p, "")
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // as above
	c, stop, err := b.children(1)
	if err != nil {
		return err
	}
	defer stop()
	if _, err := c[0].do(order{Do: "aim", Addr: p.Addr, Want: 303, Requests: each(all, func(x person) []byte { return x.signIn(p.Addr) })}); err != nil {
		return err
	}
	full := &side{child: c[0], order: order{Do: "load", Conns: 4}}
	for range 3 {
		if err := full.turn(b.Slice); err != nil {
			return err
		}
	}
	capacity := full.perSecond()
	calm, err := memory(s.cmd.Process.Pid)
	if err != nil {
		return err
	}
	watch := make(chan int64)
	over := make(chan struct{})
	go func() {
		var most int64
		for tick := time.NewTicker(250 * time.Millisecond); ; {
			select {
			case <-over:
				tick.Stop()
				watch <- most
				return
			case <-tick.C:
				if now, err := memory(s.cmd.Process.Pid); err == nil {
					most = max(most, now)
				}
			}
		}
	}()
	d, err := c[0].do(order{Do: "flood", For: 15 * b.Slice, Rate: 10 * capacity})
	close(over)
	most := <-watch
	if err != nil {
		return err
	}
	again, after := time.Duration(0), &side{child: c[0], order: order{Do: "load", Conns: 4}}
	for began := time.Now(); time.Since(began) < 20*time.Second; {
		if err := after.turn(b.Slice / 2); err != nil {
			return err
		}
		if again = time.Since(began); after.rate[len(after.rate)-1] >= 0.9*capacity {
			break
		}
	}
	slow := percentile(d.Waits, 0.99)
	goal, met := atMost(slow.Seconds(), 2)
	b.add("flood of 10 × capacity: p99 of those signed in", e, fmt.Sprintf("%.2f s", slow.Seconds()), goal+" s", met, "%.0f/s came for %.0f s where %.0f/s can be hashed; %d signed in, %d asked to come again after %s (p99)",
		10*capacity, (15 * b.Slice).Seconds(), capacity, len(d.Waits), len(d.Shed), ms(percentile(d.Shed, 0.99)))
	goal, met = atMost(float64(most)/float64(calm), 1.5)
	b.add("flood of 10 × capacity: memory ÷ that of full load", e, fmt.Sprintf("%.2f", float64(most)/float64(calm)), goal, met, "%.0f MB of server and hash worker at the most, beside %.0f MB", float64(most)/1e6, float64(calm)/1e6)
	goal, met = atMost(again.Seconds(), 5)
	b.add("flood of 10 × capacity: until full speed", e, fmt.Sprintf("%.1f s", again.Seconds()), goal+" s", met, "until 0.9 of the rate before, seen in steps of %v", b.Slice/2)
	return nil
}
