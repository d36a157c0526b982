package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"okno/internal/store"
)

// Config is what is measured and how long.
type Config struct {
	Program  string        // okno itself, as this system starts it
	Parts    []string      // of Parts; all when empty
	Postgres string        // DSN of a PostgreSQL on this machine; without one only SQLite is measured
	Engine   store.Engine  // alone; when empty, all there are
	Dir      string        // for databases; on a disk that keeps what it promises
	Slice    time.Duration // of one side before the other has its turn
	Slices   int           // of each side
	People   int           // who sign in, look and apply
	Many     int           // accounts of the large database of "scale"
	Cases    int           // that the agency of "officers" holds
	Pages    int           // that "scan" reads of the best sort; a third of it of every other sort
	Seed     uint64        // of the first picture; below a million lie those, in other typefaces, that the reader was tuned on
	Fonts    string        // folder of npm's packages, for typefaces
	Auditor  string        // folder in which Lighthouse is installed
	Keys     int           // people who come under new keys in "reseal"
	Timers   int           // deadlines of "timers"
	Hour     time.Duration // in which they fall due
	Watch    time.Duration // of the hour, from its beginning
	Out      io.Writer
}

// part is one thing that can be measured alone.
type part struct {
	name, what string
	run        func(*bench, context.Context, store.Engine) error
	once       bool // not for each engine
}

var parts = []part{ //nolint:gochecknoglobals // a table
	{"pages", "bytes of the home page at a first visit", (*bench).pages, true},
	{"lighthouse", "what Lighthouse says of pages on a phone", (*bench).lighthouse, true},
	{"start", "from exec to ready, memory of an idle server", (*bench).idle, true},
	{"signin", "sign-ins by password beside the bare hash", (*bench).passwords, false},
	{"doors", "what the time of an answer tells of whether there is an account", (*bench).doors, false},
	{"second", "sign-ins by password and authenticator app beside the bare hash", (*bench).seconds, false},
	{"passkey", "sign-ins by passkey beside those by password", (*bench).passkeys, false},
	{"flood", "ten times as many sign-ins as can be hashed", (*bench).floods, false},
	{"register", "registrations beside the bare hash", (*bench).registrations, false},
	{"standard", "registrations as far as Standard, with the registers' checks", (*bench).toStandard, false},
	{"session", "session checks and cabinet pages beside /healthz", (*bench).sessions, false},
	{"cases", "submitted cases beside bare transactions", (*bench).cases, false},
	{"notices", "people told by the hundred beside bare transactions", (*bench).notices, false},
	{"appointments", "ten thousand people in thirty seconds for a thousand times of doctors", (*bench).appointments, false},
	{"officers", "lists, counts and load of a desk whose agency holds very many cases", (*bench).officers, false},
	{"streams", "ten thousand live pages: what each holds, and how soon it hears", (*bench).watched, false},
	{"timers", "deadlines of very many cases, and how late each is acted on", (*bench).timers, false},
	{"form", "what is typed into a very large form: its first page, and the check of each keystroke", (*bench).largeForm, false},
	{"export", "a copy of everything that is held of one person", (*bench).exports, false},
	{"scan", "pictures of pages read, and taken for what they are", (*bench).scans, true},
	{"definitions", "check of as many services as a country has", (*bench).definitions, true},
	{"search", "queries among ten thousand services, and how well they are answered", (*bench).search, true},
	{"reseal", "people under a new master key and a new index root while the portal serves", (*bench).reseal, false},
	{"scale", "database time with many accounts beside that with a thousand", (*bench).scale, false},
}

// Parts names what can be measured.
func Parts() []string {
	var out []string
	for _, p := range parts {
		out = append(out, p.name)
	}
	return out
}

type bench struct {
	Config
	rows []row
}

// Run measures and prints the table. An error is something that could not be measured; a goal that was missed is none.
func Run(ctx context.Context, c Config) error {
	for _, name := range c.Parts {
		if !slices.Contains(Parts(), name) {
			return fmt.Errorf("bench: there is no part %q; there are %v", name, Parts())
		}
	}
	dir, err := os.MkdirTemp(c.Dir, "okno-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what stays is in a folder for what may go
	c.Dir = dir
	b := &bench{Config: c}
	engines := []store.Engine{store.SQLite}
	if c.Postgres != "" {
		engines = append(engines, store.Postgres)
	}
	if c.Engine != "" {
		if !slices.Contains(engines, c.Engine) {
			return fmt.Errorf("bench: %s cannot be measured: no PostgreSQL is named (--postgres, OKNO_TEST_POSTGRES)", c.Engine)
		}
		engines = []store.Engine{c.Engine}
	}
	var failed error
	for _, p := range parts {
		if len(c.Parts) > 0 && !slices.Contains(c.Parts, p.name) {
			continue
		}
		for i, e := range engines {
			if ctx.Err() != nil || p.once && i > 0 {
				break
			}
			b.say("%s: %s", p.name, p.what)
			if err := p.run(b, ctx, e); err != nil {
				failed = errors.Join(failed, fmt.Errorf("%s on %s: %w", p.name, e, err))
			}
		}
	}
	fmt.Fprintf(c.Out, "\n%s, %d cores, slices of %v, %d of each side\n\n", runtime.Version(), cores, c.Slice, c.Slices)
	return errors.Join(failed, print(c.Out, b.rows))
}

var cores = runtime.GOMAXPROCS(0) //nolint:gochecknoglobals // of the machine

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.Out, time.Now().Format("15:04:05 ")+format+"\n", args...)
}

func (b *bench) add(what string, e store.Engine, value string, goal string, met bool, note string, args ...any) {
	b.rows = append(b.rows, row{what, string(e), value, goal, met, fmt.Sprintf(note, args...)})
	b.say("  %s %s: %s", what, e, value)
}

// children starts so many children; stop ends them.
func (b *bench) children(n int) (list []*child, stop func(), err error) {
	stop = func() {
		for _, c := range list {
			c.close()
		}
	}
	for range n {
		c, err := startChild(b.Program)
		if err != nil {
			stop()
			return nil, nil, err
		}
		list = append(list, c)
	}
	return list, stop, nil
}

// side is one of two things that are measured in turns.
type side struct {
	child *child
	order order
	who   *server // whose CPU is counted meanwhile; nil for nobody's

	n    int
	wall time.Duration
	gen  time.Duration // CPU of the generator
	cost cost
	rate []float64 // a second, in each slice
}

// turn lets the side have one slice.
func (s *side) turn(d time.Duration) error {
	s.order.For = d
	var before, after cost
	var err error
	if s.who != nil {
		if before, err = s.who.cost(); err != nil {
			return err
		}
	}
	got, err := s.child.do(s.order)
	if err != nil {
		return err
	}
	if s.who != nil {
		if after, err = s.who.cost(); err != nil {
			return err
		}
	}
	s.n, s.wall, s.gen = s.n+got.N, s.wall+got.Wall, s.gen+got.CPU
	s.cost = s.cost.plus(after.minus(before))
	s.rate = append(s.rate, float64(got.N)/got.Wall.Seconds())
	return nil
}

// perSecond is how many a second.
func (s *side) perSecond() float64 { return float64(s.n) / s.wall.Seconds() }

// perCore is how many a second of a core that the generator left to the portal.
func (s *side) perCore() float64 {
	return float64(s.n) / (float64(cores)*s.wall.Seconds() - s.gen.Seconds())
}

// during is what the side cost in so much time.
func (s *side) during(d time.Duration) cost {
	part := float64(d) / float64(s.wall)
	return cost{time.Duration(part * float64(s.cost.server)), time.Duration(part * float64(s.cost.hashing)), time.Duration(part * float64(s.cost.database))}
}

// each is what one of them cost.
func (s *side) each(d time.Duration) time.Duration { return d / time.Duration(max(1, s.n)) }

// alternate lets the sides have their slices in turns, after one short turn each that does not count.
func (b *bench) alternate(before func() error, sides ...*side) error {
	for i := range b.Slices + 1 {
		for _, s := range sides {
			if before != nil {
				if err := before(); err != nil {
					return err
				}
			}
			if i == 0 {
				warm := *s
				if err := warm.turn(b.Slice / 2); err != nil {
					return err
				}
				continue
			}
			if err := s.turn(b.Slice); err != nil {
				return err
			}
		}
	}
	return nil
}

// ms writes a duration in milliseconds.
func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }
