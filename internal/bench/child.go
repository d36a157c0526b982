package bench

import (
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"

	"okno/internal/sandbox"
	"okno/internal/store"
)

// ChildArg is the argument with which the program is to call Child and exit.
const ChildArg = "bench-child"

// order is what the parent wants of a child.
type order struct {
	Do    string        // hash, rest, aim, load, pace, flood, rush, second, passkey, world, register, standard, before, after, write, watch, move
	Conns int           // how many at once
	For   time.Duration // how long; what was begun is ended

	Addr     string // of the portal
	Requests [][]byte
	Want     int           // status
	Every    time.Duration // at most so often, on each connection
	Pages    bool          // a registration fetches its pages, beside sending its forms
	Once     bool          // each request is sent once; the load ends with them
	Logins   []login       // who sign in by more than one request
	Rate     float64       // of a flood, requests a second
	Comers   []comer       // of a rush
	DSN, Dir string
	Whole    bool // rows of a table are written in one statement
	From     int  // whose windows the first of the requests is about
}

// done is what came of it.
type done struct {
	N, Wrong  int
	First     string        // what the first wrong one answered
	Wall, CPU time.Duration // CPU of the child
	Err       string

	SMPP, SMTP, Kannel, Registers string // of a world
	Says                          []string
	Waits                         []time.Duration // for each answer
	Shed                          []time.Duration // for each answer that asks to come again
	Won, Double, Unfair           int             // of a rush
}

// worker is the life of a child.
type worker struct {
	aim   order
	next  atomic.Int64
	world *sandbox.World
	phone atomic.Int64
	db    *store.DB
	rows  *rowsOf

	windows []*window // in the order of their requests
}

// Child does what the parent orders until its input ends.
func Child() error {
	w := &worker{}
	in, out := gob.NewDecoder(os.Stdin), gob.NewEncoder(os.Stdout)
	for {
		var o order
		if err := in.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		began, cpu := time.Now(), myCPU()
		d, err := w.do(o)
		d.Wall, d.CPU = time.Since(began), myCPU()-cpu
		if err != nil {
			d.Err = err.Error()
		}
		if err := out.Encode(d); err != nil {
			return err
		}
	}
}

func (w *worker) do(o order) (done, error) {
	ctx := context.Background()
	switch o.Do {
	case "hash":
		return hash(o), nil
	case "rest":
		time.Sleep(o.For)
		return done{}, nil
	case "aim":
		w.aim = o
		w.next.Store(0)
		return done{}, nil
	case "load":
		return w.load(o), nil
	case "pace":
		return w.pace(o), nil
	case "flood":
		return w.flood(o), nil
	case "rush":
		return w.rush(o), nil
	case "second":
		return w.second(o), nil
	case "passkey":
		return w.passkey(o), nil
	case "world":
		return w.start(ctx, o)
	case "register":
		return w.register(o), nil
	case "standard":
		return w.standard(o), nil
	case "before":
		return w.before(ctx, o)
	case "after":
		return w.after(ctx)
	case "write":
		return w.write(ctx, o)
	case "watch":
		return w.watch(o), nil
	case "move":
		return w.move(o), nil
	}
	return done{}, fmt.Errorf("bench: a child knows no %q", o.Do)
}

// hash computes Argon2id with the parameters of the portal on every core, and nothing else.
func hash(o order) done {
	end := time.Now().Add(o.For)
	var n atomic.Int64
	var g sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() {
			secret, salt := make([]byte, 32), make([]byte, 16)
			for time.Now().Before(end) {
				argon2.IDKey(secret, salt, 2, 19*1024, 1, 32)
				n.Add(1)
			}
		})
	}
	g.Wait()
	return done{N: int(n.Load())}
}

// together lets so many do one thing until the time is over. one reports false when there is nothing left to do.
func together(o order, one func(l *line) (bool, error)) done {
	end := time.Now().Add(o.For)
	var n, wrong atomic.Int64
	var g sync.WaitGroup
	var mu sync.Mutex
	var first string
	for range o.Conns {
		g.Go(func() {
			l, err := dial(o.Addr)
			for more := true; err == nil && more && time.Now().Before(end); {
				if more, err = one(l); err == nil && more {
					n.Add(1)
				}
			}
			if l != nil {
				l.close()
			}
			if err != nil { // it goes on no more: a wrong answer spoils what is measured
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

// load sends the requests that were aimed, in turn.
func (w *worker) load(o order) done {
	o.Addr = w.aim.Addr
	return together(o, func(l *line) (bool, error) {
		i := int(w.next.Add(1) - 1)
		if w.aim.Once && i >= len(w.aim.Requests) {
			return false, nil
		}
		a, err := l.do(w.aim.Requests[i%len(w.aim.Requests)], false)
		if err == nil && a.status != w.aim.Want {
			err = fmt.Errorf("%d instead of %d, to %q", a.status, w.aim.Want, a.location)
		}
		return true, err
	})
}

// child is a running child as the parent sees it.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *gob.Decoder
	enc *gob.Encoder
}

func startChild(exe string) (*child, error) {
	c := &child{cmd: exec.Command(exe, ChildArg)}
	c.cmd.Stderr = os.Stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out, c.enc = gob.NewDecoder(out), gob.NewEncoder(c.in)
	return c, c.cmd.Start()
}

// do gives an order and waits for its end.
func (c *child) do(o order) (done, error) {
	if err := c.enc.Encode(o); err != nil {
		return done{}, err
	}
	var d done
	if err := c.out.Decode(&d); err != nil {
		return d, fmt.Errorf("a child of the bench: %w", err)
	}
	if d.Err != "" {
		return d, fmt.Errorf("%s: %s", o.Do, d.Err)
	}
	if d.Wrong > 0 {
		return d, fmt.Errorf("%s: %d of %d were answered otherwise than they should: %s", o.Do, d.Wrong, d.Wrong+d.N, d.First)
	}
	return d, nil
}

func (c *child) close() {
	c.in.Close() //nolint:errcheck // it ends by this
	c.cmd.Wait() //nolint:errcheck // how does not matter
}
