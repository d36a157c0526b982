package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"okno/internal/access"
	"okno/internal/trace"
)

// Handle names the handler of the jobs whose arguments are of type A; call it before Start. A kind has one handler.
// The handler acts as access.SystemActor and may run several times for one job.
func Handle[A Args](c *Client, fn func(ctx context.Context, a A) error) {
	var a A
	if err := checkType(a); err != nil {
		c.bad = append(c.bad, err)
		return
	}
	if c.kinds[a.Kind()] {
		c.bad = append(c.bad, fmt.Errorf("%s: two handlers", a.Kind()))
		return
	}
	c.kinds[a.Kind()] = true
	if err := river.AddWorkerSafely(c.workers, &work[A]{log: c.log, policy: policyOf(a), tracer: c.conf.Tracer, do: fn}); err != nil {
		c.bad = append(c.bad, err)
	}
}

// Retry is returned by a handler that cannot do its work now and has not failed: the register is down, the answer is not
// ready. The job runs again after the pause, as often as needed; the try does not count. Wrap it to say why.
func Retry(after time.Duration) error { return river.JobSnooze(max(after, 0)) }

// Cancel is returned by a handler whose job can never succeed: it is dead at once.
func Cancel(err error) error { return river.JobCancel(err) }

// Try says which try of how many runs in ctx: a handler may choose another way the second time, or give up gracefully the
// last. It is 1 of 1 outside a job.
func Try(ctx context.Context) (n, of int) {
	if t, ok := ctx.Value(tryKey{}).([2]int); ok {
		return t[0], t[1]
	}
	return 1, 1
}

type tryKey struct{}

// work is the handler of one kind in River's clothes.
type work[A Args] struct {
	river.WorkerDefaults[A]
	log    *slog.Logger
	policy Policy
	tracer *trace.Tracer
	do     func(ctx context.Context, a A) error
}

func (w *work[A]) Timeout(*river.Job[A]) time.Duration { return w.policy.Timeout }

func (w *work[A]) NextRetry(j *river.Job[A]) time.Time {
	return time.Now().Add(w.policy.pause(j.Attempt))
}

// pause after the n-th failure: it doubles up to the longest, with a quarter of jitter, so that what failed together does
// not come back together.
func (p Policy) pause(n int) time.Duration {
	d := p.First << min(max(n-1, 0), 30)
	if d <= 0 || d > p.Longest {
		d = p.Longest
	}
	return d - d/8 + rand.N(d/4+1) //nolint:gosec // jitter, not a secret
}

// Work runs the handler, contains its panics and tells the log how it ended.
func (w *work[A]) Work(ctx context.Context, j *river.Job[A]) error {
	ctx = context.WithValue(access.With(ctx, access.SystemActor()), tryKey{}, [2]int{j.Attempt, j.MaxAttempts})
	ctx, span := w.begin(ctx, j)
	defer span.End()
	began := time.Now()
	err := w.safely(ctx, j)
	log := w.log.With("job", j.Kind, "id", j.ID, "try", j.Attempt, "took", time.Since(began).Round(time.Microsecond))
	if id := span.ID(); id != "" {
		log = log.With("trace", id)
	}
	var later *rivertype.JobSnoozeError
	var never *rivertype.JobCancelError
	switch {
	case err == nil:
		span.Word(trace.Outcome, "done")
		log.DebugContext(ctx, "job done")
		return nil
	case errors.Is(ctx.Err(), context.Canceled): // the node stops and waits no longer: that is no failure of the job
		span.Word(trace.Outcome, "interrupted")
		log.InfoContext(ctx, "job was interrupted and will run again")
		return river.JobSnooze(0)
	case errors.As(err, &later):
		span.Word(trace.Outcome, "later")
		log.InfoContext(ctx, "job asked to be run later", "after", later.Duration, "reason", scrub(err.Error()))
		return later
	case errors.As(err, &never):
		span.Word(trace.Outcome, "dead")
		span.Fail()
		log.ErrorContext(ctx, "job is dead: it can never succeed", "err", scrub(err.Error()))
		return river.JobCancel(scrubbed{never.Unwrap()})
	case j.Attempt >= j.MaxAttempts:
		span.Word(trace.Outcome, "dead")
		log.ErrorContext(ctx, "job is dead: its tries are used up", "err", scrub(err.Error()))
	default:
		span.Word(trace.Outcome, "failed")
		log.WarnContext(ctx, "job failed and will be tried again", "err", scrub(err.Error()))
	}
	span.Fail()
	return scrubbed{err}
}

func (w *work[A]) safely(ctx context.Context, j *river.Job[A]) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
			w.log.ErrorContext(ctx, "job panicked", "job", j.Kind, "id", j.ID, "err", scrub(err.Error()), "stack", string(debug.Stack()))
		}
	}()
	return w.do(ctx, j.Args)
}

// tickArgs is the job of a periodic function.
type tickArgs struct {
	Name string `json:"name"`
}

func (tickArgs) Kind() string { return "jobs.tick" }
func (tickArgs) JobPolicy() Policy {
	return Policy{Tries: 1, Timeout: 10 * time.Minute, Once: true, Later: true}
}

// Every runs fn soon after the start and then once in the interval, on one node of all. It is for sweeps: fn looks at the
// state, does what is due and may be interrupted. The interval is at least a second; a failure waits for the next turn.
func (c *Client) Every(interval time.Duration, name string, fn func(ctx context.Context) error) {
	if interval < time.Second || c.every[name] != nil {
		c.bad = append(c.bad, fmt.Errorf("every %s %q: shorter than a second, or named twice", interval, name))
		return
	}
	if err := checkValues(tickArgs{name}); err != nil {
		c.bad = append(c.bad, err)
		return
	}
	c.every[name] = fn
	c.ticks = append(c.ticks, river.NewPeriodicJob(river.PeriodicInterval(interval), func() (river.JobArgs, *river.InsertOpts) {
		return tickArgs{name}, insertOpts(tickArgs{}.JobPolicy().withDefaults(), time.Time{})
	}, &river.PeriodicJobOpts{ID: name, RunOnStart: true}))
}

func (c *Client) tick(ctx context.Context, a tickArgs) error {
	fn := c.every[a.Name]
	if fn == nil {
		return nil // of yesterday's program
	}
	ctx, span := trace.Within(ctx, a.Name)
	defer span.End()
	if err := fn(ctx); err != nil {
		span.Fail()
		c.log.ErrorContext(ctx, "periodic work failed; the next turn tries again", "name", a.Name, "err", scrub(err.Error()))
	}
	return nil
}
