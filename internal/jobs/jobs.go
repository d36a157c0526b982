package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"okno/internal/id"
	"okno/internal/store"
	"okno/internal/trace"
)

// Args are the arguments of a job: a struct of identifiers, tagged for JSON. Kind is stored and never changes; it reads
// like news ("payment.settled") or an order ("notification.send"). A type may also have a method JobPolicy() Policy.
type Args interface{ Kind() string }

// Policy is how jobs of one kind are tried. The zero value means the defaults.
type Policy struct {
	Tries   int           // before the job is dead; 20 when 0. With 1 a job that was killed while it ran is not run again
	First   time.Duration // pause after the first failure; it doubles after each; 2 s when 0
	Longest time.Duration // the longest pause; 15 min when 0
	Timeout time.Duration // of one try; 1 min when 0
	Once    bool          // while such a job with the same arguments waits or runs, another is not added. One that runs counts too: use it for sweeps, not for news
	Later   bool          // runs after everything that is not Later
}

func (p Policy) withDefaults() Policy {
	p.Tries = cmp.Or(p.Tries, 20)
	p.First = cmp.Or(p.First, 2*time.Second)
	p.Longest = cmp.Or(p.Longest, 15*time.Minute)
	p.Timeout = cmp.Or(p.Timeout, time.Minute)
	return p
}

func policyOf(a Args) Policy {
	if p, ok := a.(interface{ JobPolicy() Policy }); ok {
		return p.JobPolicy().withDefaults()
	}
	return Policy{}.withDefaults()
}

// Config of New; the zero value makes a client that enqueues and works nothing.
type Config struct {
	Workers int           // jobs at once; with 0 the client only enqueues. 16 drains well; on PostgreSQL no more than the pool has connections
	Log     *slog.Logger  // slog.Default() when nil
	Rescue  time.Duration // a try of a node that vanished without a trace is given to another after this; 5 min when 0
	Tracer  *trace.Tracer // nil traces nothing
}

// Client enqueues jobs and works them. It is safe for use by many goroutines once the handlers are named.
type Client struct {
	db      *store.DB
	log     *slog.Logger
	conf    Config
	node    string
	insert  inserter
	workers *river.Workers
	every   map[string]func(context.Context) error
	ticks   []*river.PeriodicJob
	kinds   map[string]bool
	bad     []error // what was wrong with the handlers; Start returns it
	working atomic.Bool

	mu    sync.Mutex
	run   runner
	alive func() // gives up the sign of life
}

// runner is the part of River's client that does not depend on the driver.
type runner interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
}

// process tells the jobs of this process from those of one that ran before on the same SQLite file.
var process = id.New()

// New makes a client on a migrated database (see Migrate). Name the handlers, then Start it.
func New(db *store.DB, c Config) (*Client, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	c.Rescue = cmp.Or(c.Rescue, 5*time.Minute)
	insert, err := newInserter(context.Background(), db, quiet(c.Log))
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	cl := &Client{
		db: db, log: c.Log, conf: c, node: process + "." + id.New(), insert: insert,
		workers: river.NewWorkers(), every: map[string]func(context.Context) error{}, kinds: map[string]bool{},
	}
	Handle(cl, cl.tick)
	return cl, nil
}

// At is a job for a moment of the database's clock. It runs within some seconds after it, never before.
func At(args Args, at time.Time) Args { return timed{args, at} }

type timed struct {
	Args
	at time.Time
}

// due takes the moment off a job: by the real clock, zero for at once.
func due(a Args, now time.Time) (Args, time.Time) {
	t, ok := a.(timed)
	if !ok {
		return a, time.Time{}
	}
	if wait := t.at.Sub(now); !t.at.IsZero() && wait > 0 {
		return t.Args, time.Now().Add(wait)
	}
	return t.Args, time.Time{}
}

// Enqueue writes the jobs in the transaction, in one statement; they run once it is committed, or at their moment (see At). On PostgreSQL the
// statement travels with the next one (store.Tx.Do): what is wrong with it is said there, or at the commit.
func (c *Client) Enqueue(ctx context.Context, tx *store.Tx, args ...Args) error {
	if len(args) == 0 {
		return nil
	}
	cause := causeOf(ctx)
	var many []river.InsertManyParams
	for _, a := range args {
		a, when := due(a, tx.Now())
		if err := checkValues(a); err != nil {
			return fmt.Errorf("enqueue %s: %w", a.Kind(), err)
		}
		if err := c.known(a.Kind()); err != nil {
			return err
		}
		p := policyOf(a)
		if p.Once && slices.ContainsFunc(many, func(b river.InsertManyParams) bool { return reflect.DeepEqual(a, b.Args) }) {
			continue // PostgreSQL refuses to meet the same key twice in one statement
		}
		o := insertOpts(p, when)
		o.Metadata = cause
		many = append(many, river.InsertManyParams{Args: a, InsertOpts: o})
	}
	if err := c.insert.insert(ctx, tx, many); err != nil {
		return fmt.Errorf("enqueue %s: %w", args[0].Kind(), err)
	}
	return nil
}

// known refuses jobs that a running client could never work: a handler was forgotten.
func (c *Client) known(kind string) error {
	// Not under mu: whoever enqueues holds a transaction, which on SQLite is the only one, and Start waits for it under mu.
	if c.working.Load() && !c.kinds[kind] {
		return fmt.Errorf("enqueue %s: no handler of this kind was named before Start", kind)
	}
	return nil
}

func insertOpts(p Policy, when time.Time) *river.InsertOpts {
	o := &river.InsertOpts{MaxAttempts: p.Tries, ScheduledAt: when, Priority: 1}
	if p.Later {
		o.Priority = 2
	}
	if p.Once {
		o.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
		}}
	}
	return o
}

// Start begins to work jobs; a client without workers only has its handlers looked over. Cancelling ctx does not stop it: call Stop.
func (c *Client) Start(ctx context.Context) error {
	if err := errors.Join(c.bad...); err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	if c.conf.Workers <= 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run != nil {
		return errors.New("jobs: started already")
	}
	ctx = context.WithoutCancel(ctx)
	alive, err := c.live(ctx)
	if err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	run, err := worker(c)
	if err == nil {
		err = run.Start(ctx)
	}
	if err != nil {
		alive()
		return fmt.Errorf("jobs: %w", err)
	}
	c.run, c.alive = run, alive
	c.working.Store(true)
	return nil
}

// Stop takes no new jobs and waits for those that run. When ctx is done they are told to stop; what was not finished runs
// at the next start.
func (c *Client) Stop(ctx context.Context) error {
	c.mu.Lock()
	run, alive := c.run, c.alive
	c.run, c.alive = nil, nil
	c.working.Store(false)
	c.mu.Unlock()
	if run == nil {
		return nil
	}
	defer alive()
	err := run.Stop(ctx)
	if err == nil {
		return nil
	}
	hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := run.StopAndCancel(hard); err != nil {
		return fmt.Errorf("jobs: stop: %w", err)
	}
	return nil
}

// quiet lets River say warnings and errors only: it tells of every start and stop. How a job ended is said in Work.
func quiet(l *slog.Logger) *slog.Logger { return slog.New(warnings{l.Handler()}) }

type warnings struct{ slog.Handler }

func (h warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}

func (h warnings) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "jobexecutor.JobExecutor: Job errored") {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

func (h warnings) WithAttrs(a []slog.Attr) slog.Handler { return warnings{h.Handler.WithAttrs(a)} }
func (h warnings) WithGroup(name string) slog.Handler   { return warnings{h.Handler.WithGroup(name)} }

var silent = slog.New(slog.DiscardHandler)
