package bench

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"okno/internal/access"
	"okno/internal/store"
)

// What watches the live pages of cases: each person's case in so many windows, which is what the policy lets a person have.
const (
	watchers = 1000
	windows  = 10
	alone    = 100 // cases that move one at a time; then all others move at once
)

// watched measures ten thousand open streams: what they hold of the server's memory and of the kernel's, and how long it takes from the
// request that moves a case until every window that shows the case has heard of it.
func (b *bench) watched(ctx context.Context, e store.Engine) error {
	p, err := b.install(ctx, e, done{})
	if err != nil {
		return err
	}
	defer p.drop() //nolint:errcheck // as above
	all, err := b.populate(ctx, p, watchers, access.Confirmed, true)
	if err != nil {
		return err
	}
	if err := submitAll(ctx, p, all); err != nil {
		return err
	}
	s, err := b.serve(ctx, p, "web") // no register answers meanwhile: a case moves when it is told to
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // as above
	kids, stop, err := b.children(1)
	if err != nil {
		return err
	}
	defer stop()
	host := strings.TrimPrefix(p.URL, "http://")
	// The first requests load what the server keeps for all.
	if _, err := kids[0].do(order{Do: "watch", Addr: p.Addr, Conns: 1, Requests: watching(all[:10], host)}); err != nil {
		return err
	}
	before, err := s.memory()
	if err != nil {
		return err
	}
	opened, err := kids[0].do(order{Do: "watch", Addr: p.Addr, Conns: 32, Requests: watching(all, host)})
	if err != nil {
		return err
	}
	after, err := s.memory()
	if err != nil {
		return err
	}
	n := watchers * windows
	each := func(now, then int64) float64 { return float64(now-then) / float64(n) / 1024 }
	goal, met := atMost(each(after.resident, before.resident), 30)
	b.add(fmt.Sprintf("%d open streams: memory of the server, each", n), e, fmt.Sprintf("%.1f KB", each(after.resident, before.resident)), goal+" KB", met,
		"stacks %.1f, heap %.1f; of the kernel, both ends: slab %.1f, buffers of TCP %.1f; opened in %v", each(after.stacks, before.stacks), each(after.heap, before.heap),
		each(after.slab, before.slab), each(after.tcp, before.tcp), opened.Wall.Round(time.Millisecond))
	for _, x := range []struct {
		what     string
		from, to int
		conns    int
	}{
		{"one person's case moves", 0, alone, 1},
		{"the cases of all others move at once", alone, watchers, 16},
	} {
		var moves [][]byte
		for _, one := range all[x.from:x.to] {
			moves = append(moves, request(host, "/applications/"+one.draft+"/do/withdraw", "okno_browser="+one.browser+"; okno_session="+one.token, url.Values{}))
		}
		d, err := kids[0].do(order{Do: "move", Addr: p.Addr, Conns: x.conns, Requests: moves, From: x.from})
		if err != nil {
			return fmt.Errorf("%s: %w", x.what, err)
		}
		p99 := percentile(d.Waits, 0.99)
		goal, met := atMost(float64(p99)/1e6, 1000)
		b.add(fmt.Sprintf("%d open streams: %s, from the request to the browser, p99", n, x.what), e, ms(p99), goal+" ms", met,
			"median %s of %d; the request's own work is in it", ms(median(d.Waits)), len(d.Waits))
	}
	return nil
}

// submitAll files everybody's application. It bears the id of its draft.
func submitAll(ctx context.Context, p *place, all []person) error {
	x, err := p.verbs(ctx)
	if err != nil {
		return err
	}
	defer x.Close() //nolint:errcheck // what it wrote is committed
	var g errgroup.Group
	g.SetLimit(2)
	for _, one := range all {
		g.Go(func() error {
			_, err := x.Applications.Submit(ctx, access.Actor{Kind: access.Person, ID: one.account, Level: access.Confirmed}, service, one.draft)
			return err
		})
	}
	return g.Wait()
}

// watching are the requests of everybody's windows, those of a person side by side.
func watching(all []person, host string) [][]byte {
	var out [][]byte
	for _, one := range all {
		get := one.get(host, "/applications/"+one.draft+"/events")
		get = bytes.Replace(get, []byte("\r\nUser-Agent:"), []byte("\r\nAccept: text/event-stream\r\nUser-Agent:"), 1)
		for range windows {
			out = append(out, get)
		}
	}
	return out
}

// window is an open stream in the child.
type window struct {
	line *line
	told atomic.Int64  // when the last event came
	news chan struct{} // it did
	err  atomic.Pointer[error]
}

// openWindow asks for a stream and reads it from then on.
func openWindow(addr string, req []byte) (*window, error) {
	l, err := dial(addr)
	if err != nil {
		return nil, err
	}
	l.r = bufio.NewReaderSize(l.c, 512) // ten thousand of them stand in this process
	w := &window{line: l, news: make(chan struct{}, 1)}
	if _, err := l.c.Write(req); err != nil {
		return nil, err
	}
	a, _, err := l.head()
	if err == nil && a.status != 200 {
		err = fmt.Errorf("%d instead of a stream, to %q", a.status, a.location)
	}
	if err != nil {
		l.close()
		return nil, err
	}
	go w.read()
	return w, nil
}

func (w *window) read() {
	for { // the body ends with the connection
		text, err := w.line.r.ReadString('\n')
		if err != nil {
			w.err.Store(&err)
			close(w.news)
			return
		}
		if text != "event: changed\n" {
			continue
		}
		w.told.Store(time.Now().UnixNano())
		select {
		case w.news <- struct{}{}:
		default: // the last one is not looked at yet
		}
	}
}

// heard waits for an event that came after the moment.
func (w *window) heard(after time.Time, timeout <-chan time.Time) (time.Duration, error) {
	for {
		if at := w.told.Load(); at > after.UnixNano() {
			return time.Duration(at - after.UnixNano()), nil
		}
		select {
		case <-timeout:
			return 0, fmt.Errorf("a window heard of nothing in %v", patience)
		case _, more := <-w.news:
			if !more {
				return 0, fmt.Errorf("a stream ended: %w", *w.err.Load())
			}
		}
	}
}

// patience is how long a window waits for an event before it is taken for one that was told nothing.
const patience = time.Minute

// watch closes the windows that are open and opens one for each request. It ends when each was told what there is to see.
func (w *worker) watch(o order) done {
	for _, x := range w.windows {
		x.line.close()
	}
	w.windows = make([]*window, len(o.Requests))
	return w.inTurn(o, func(_ *line, i int) error {
		began := time.Now()
		x, err := openWindow(o.Addr, o.Requests[i])
		if err != nil {
			return err
		}
		w.windows[i] = x
		_, err = x.heard(began, time.After(patience))
		return err
	})
}

// move sends the requests, each of which moves the case of one person, and waits until every window of each has heard of it.
func (w *worker) move(o order) done {
	began := make([]time.Time, len(o.Requests))
	waits := make([]time.Duration, len(o.Requests)*windows)
	listen := func(i int) error {
		late := time.After(patience)
		for k := range windows {
			wait, err := w.windows[(o.From+i)*windows+k].heard(began[i], late)
			if err != nil {
				return err
			}
			waits[i*windows+k] = wait
		}
		return nil
	}
	d := w.inTurn(o, func(l *line, i int) error {
		began[i] = time.Now()
		a, err := l.do(o.Requests[i], false)
		if err == nil && a.status != 303 {
			err = fmt.Errorf("%d instead of a redirect, to %q", a.status, a.location)
		}
		if err == nil && o.Conns == 1 { // one at a time
			err = listen(i)
		}
		return err
	})
	for i := range o.Requests {
		if d.Wrong > 0 || o.Conns == 1 {
			break
		}
		if err := listen(i); err != nil {
			d.Wrong, d.First = d.Wrong+1, err.Error()
		}
	}
	d.Waits = waits
	return d
}

// inTurn does one thing for each request, so many at once, each over a connection that is kept.
func (w *worker) inTurn(o order, one func(l *line, i int) error) done {
	var next, n, wrong atomic.Int64
	var mu sync.Mutex
	var first string
	var g sync.WaitGroup
	for range o.Conns {
		g.Go(func() {
			l, err := dial(o.Addr)
			for err == nil {
				i := int(next.Add(1) - 1)
				if i >= len(o.Requests) {
					break
				}
				if err = one(l, i); err == nil {
					n.Add(1)
				}
			}
			if l != nil {
				l.close()
			}
			if err != nil {
				wrong.Add(1)
				mu.Lock()
				defer mu.Unlock()
				first = cmp.Or(first, err.Error())
			}
		})
	}
	g.Wait()
	return done{N: int(n.Load()), Wrong: int(wrong.Load()), First: first}
}

// holds is what a server holds, in bytes, and what the kernel of this machine holds for everybody.
type holds struct{ resident, stacks, heap, slab, tcp int64 }

// memory lets the server tidy up and reads what it holds then.
func (s *server) memory() (holds, error) {
	var m holds
	for range 2 { // what has a finalizer goes with the second
		if _, err := s.metrics("/debug/pprof/heap?gc=1"); err != nil {
			return m, err
		}
	}
	said, err := s.metrics("/metrics")
	if err != nil {
		return m, err
	}
	for _, x := range []struct {
		path, text, name string
		unit             int64
		into             *int64
	}{
		{filepath.Join("/proc", strconv.Itoa(s.cmd.Process.Pid), "status"), "", "VmRSS:", 1024, &m.resident},
		{"/proc/meminfo", "", "Slab:", 1024, &m.slab},
		{"/proc/net/sockstat", "", "mem", int64(os.Getpagesize()), &m.tcp}, // of TCP, whose line comes first
		{"", said, "go_memstats_stack_inuse_bytes", 1, &m.stacks},
		{"", said, "go_memstats_heap_inuse_bytes", 1, &m.heap},
	} {
		if x.path != "" {
			text, err := os.ReadFile(x.path)
			if err != nil {
				return m, err
			}
			x.text = string(text)
		}
		if *x.into, err = numberAfter(x.text, x.name, x.unit); err != nil {
			return m, fmt.Errorf("%s%s: %w", x.path, x.name, err)
		}
	}
	return m, nil
}

// numberAfter is the number that follows a name in a text, in so large units.
func numberAfter(text, name string, unit int64) (int64, error) {
	for lines := range strings.Lines(text) {
		words := strings.Fields(lines)
		for i, word := range words[:max(0, len(words)-1)] {
			if word != name || words[0] == "#" {
				continue
			}
			n, err := strconv.ParseFloat(words[i+1], 64)
			return int64(n * float64(unit)), err
		}
	}
	return 0, fmt.Errorf("there is no %s", name)
}

// metrics asks the server for what it shows to its operator.
func (s *server) metrics(path string) (string, error) {
	l, err := dial(s.MetricsAddr)
	if err != nil {
		return "", err
	}
	defer l.close()
	a, err := l.do(request(s.MetricsAddr, path, "", nil), true)
	if err != nil {
		return "", err
	}
	if a.status != 200 {
		return "", fmt.Errorf("%s: %d", path, a.status)
	}
	if strings.HasPrefix(path, "/debug") { // a profile is no text
		return "", nil
	}
	return plain(a)
}
