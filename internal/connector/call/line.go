package call

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"okno/internal/trace"
)

// Limits are the numbers of a Line. What is zero gets the default in its comment.
type Limits struct {
	Timeout  time.Duration // one try; 5 s
	Tries    int           // at most, as long as the caller's deadline allows; 1
	Pause    time.Duration // before the second try; doubles each time, and the half of it is chance; 200 ms
	Failures int           // in a row, until the circuit opens; 5
	Rest     time.Duration // of an open circuit; 30 s
}

func (l Limits) orDefault() Limits {
	if l.Timeout <= 0 {
		l.Timeout = 5 * time.Second
	}
	if l.Tries <= 0 {
		l.Tries = 1
	}
	if l.Pause <= 0 {
		l.Pause = 200 * time.Millisecond
	}
	if l.Failures <= 0 {
		l.Failures = 5
	}
	if l.Rest <= 0 {
		l.Rest = 30 * time.Second
	}
	return l
}

// Observe hears of every call after its last try: the system, how long it took and what came of it.
type Observe func(system string, took time.Duration, err error)

// Line is our side of one outside system. Make it with NewLine; it may be used by many at once.
type Line struct {
	name    string
	limits  Limits
	breaker breaker
	observe Observe
	now     func() time.Time
}

// NewLine returns a line to the system called name. observe may be nil; now defaults to time.Now.
func NewLine(name string, l Limits, observe Observe, now func() time.Time) *Line {
	if now == nil {
		now = time.Now
	}
	if observe == nil {
		observe = func(string, time.Duration, error) {}
	}
	l = l.orDefault()
	return &Line{
		name: name, limits: l, observe: observe, now: now,
		breaker: breaker{limit: l.Failures, rest: l.Rest, now: now},
	}
}

// Name returns the name of the system.
func (l *Line) Name() string { return l.name }

// State says what the circuit does with the next call.
func (l *Line) State() State { return l.breaker.look() }

// Do runs try within the limits and the deadline of ctx. try tells failures apart by its error: a Refusal is
// handed back as it is and ends the call, everything else is a failure of the system and may be tried again,
// so try must be harmless to repeat when the limits allow several.
func (l *Line) Do(ctx context.Context, try func(context.Context) error) error {
	ctx, span := trace.Calling(ctx, l.name)
	defer span.End()
	began := time.Now() // a duration for the metrics, whatever clock the rest runs on
	tries, err := l.do(ctx, try)
	span.Count(trace.Tries, int64(tries))
	note(span, err)
	if err != nil {
		var no *Refusal
		if !errors.As(err, &no) {
			err = fmt.Errorf("%s: %w", l.name, err)
		}
	}
	l.observe(l.name, time.Since(began), err)
	return err
}

// note says in a word what came of a call, and nothing of what was asked or answered.
func note(span trace.Span, err error) {
	var no *Refusal
	switch {
	case err == nil:
		span.Word(trace.Outcome, "answered")
		return
	case errors.As(err, &no):
		span.Word(trace.Outcome, string(no.Outcome))
		return
	case errors.Is(err, ErrOpen):
		span.Word(trace.Outcome, "open")
	case errors.Is(err, ErrGarbage):
		span.Word(trace.Outcome, "garbage")
	default:
		span.Word(trace.Outcome, "unavailable")
	}
	span.Fail()
}

// do says besides how often the system was asked.
func (l *Line) do(ctx context.Context, try func(context.Context) error) (int, error) {
	for n, pause := 1, l.limits.Pause; ; n, pause = n+1, 2*pause {
		if !l.breaker.enter() {
			return n - 1, fmt.Errorf("%w: %w", ErrUnavailable, ErrOpen)
		}
		err := l.once(ctx, try)
		if err == nil || errors.As(err, new(*Refusal)) {
			return n, err
		}
		if n == l.limits.Tries || errors.Is(err, ErrSettings) || !sleep(ctx, pause/2+rand.N(pause/2+1)) {
			return n, err
		}
	}
}

// once makes one try and tells the circuit of it.
func (l *Line) once(ctx context.Context, try func(context.Context) error) (err error) {
	told := unknown // also when try panics
	defer func() { l.breaker.leave(told) }()
	tctx, cancel := context.WithTimeout(ctx, l.limits.Timeout)
	defer cancel()
	err = try(tctx)
	switch {
	case err == nil || errors.As(err, new(*Refusal)):
		told = good
		return err
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("%w: %w", ErrUnavailable, context.Canceled)
	}
	told = bad
	if errors.Is(err, ErrGarbage) || errors.Is(err, ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// sleep waits for d. It returns false at once when the deadline of ctx comes sooner, because then nothing
// could be done after waking.
func sleep(ctx context.Context, d time.Duration) bool {
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= d {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
