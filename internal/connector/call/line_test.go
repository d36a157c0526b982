package call

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	otel "go.opentelemetry.io/otel/trace"

	"okno/internal/trace"
)

var errBroken = errors.New("broken")

// script answers one error after another, and counts.
type script struct {
	mu     sync.Mutex
	says   []error
	called int
}

func (s *script) try(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.called++
	if len(s.says) == 0 {
		return nil
	}
	err := s.says[0]
	s.says = s.says[1:]
	return err
}

func TestDo(t *testing.T) {
	no := &Refusal{System: "x", Outcome: NotFound, Code: "ABC-101"}
	for _, c := range []struct {
		name  string
		says  []error
		tries int
		want  []error // the error matches all; none: no error
		calls int
	}{
		{"an answer", []error{nil}, 3, nil, 1},
		{"an answer at the last try", []error{errBroken, Garbage("x"), nil}, 3, nil, 3},
		{"no answer", []error{errBroken, errBroken, errBroken, nil}, 3, []error{ErrUnavailable, errBroken}, 3},
		{"garbage to the end", []error{errBroken, Garbage("x")}, 2, []error{ErrGarbage}, 2},
		{"a refusal is not tried again", []error{no, nil}, 3, []error{ErrNotFound, no}, 1},
		{"one try when nothing is set", []error{errBroken, nil}, 0, []error{ErrUnavailable}, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{says: c.says}
			var seen []string
			l := NewLine("x", Limits{Tries: c.tries}, func(system string, _ time.Duration, err error) { seen = append(seen, system) }, nil)
			err := l.Do(t.Context(), s.try)
			if (err == nil) != (c.want == nil) || s.called != c.calls {
				t.Errorf("%s: %v after %d calls", c.name, err, s.called)
			}
			for _, want := range c.want {
				if !errors.Is(err, want) {
					t.Errorf("%s: %v is not %v", c.name, err, want)
				}
			}
			if len(seen) != 1 || seen[0] != "x" {
				t.Errorf("%s: the observer saw %v, want one call whatever the tries", c.name, seen)
			}
		})
	}
}

func TestTheCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLine("x", Limits{Failures: 3, Rest: time.Minute}, nil, nil)
		fail := func() error { return l.Do(t.Context(), func(context.Context) error { return errBroken }) }
		state := func(want State) {
			t.Helper()
			if got := l.State(); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		fail()
		fail()
		if err := l.Do(t.Context(), (&script{}).try); err != nil { // in a row means in a row
			t.Fatal(err)
		}
		fail()
		fail()
		state(Closed)
		fail()
		state(Open)
		s := &script{}
		if err := l.Do(t.Context(), s.try); !errors.Is(err, ErrOpen) || !errors.Is(err, ErrUnavailable) || s.called != 0 {
			t.Errorf("open: %v after %d calls", err, s.called)
		}
		time.Sleep(time.Minute)
		state(Trial)

		// One is let through, the others are refused meanwhile.
		busy, done := make(chan struct{}), make(chan error)
		go func() {
			done <- l.Do(context.Background(), func(context.Context) error { <-busy; return errBroken })
		}()
		synctest.Wait()
		if err := l.Do(t.Context(), s.try); !errors.Is(err, ErrOpen) {
			t.Errorf("beside the trial: %v", err)
		}
		close(busy)
		if err := <-done; !errors.Is(err, errBroken) {
			t.Errorf("the trial: %v", err)
		}
		state(Open) // for another minute
		time.Sleep(time.Minute)
		if err := l.Do(t.Context(), s.try); err != nil {
			t.Errorf("the second trial: %v", err)
		}
		state(Closed)
	})
}

func TestARefusalIsNoFailureOfTheSystem(t *testing.T) {
	l := NewLine("x", Limits{Failures: 1}, nil, nil)
	for range 5 {
		if err := l.Do(t.Context(), func(context.Context) error { return &Refusal{System: "x", Outcome: Differs} }); !errors.Is(err, ErrDiffers) || errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
	}
	if l.State() != Closed {
		t.Errorf("%s", l.State())
	}
}

func TestWhoGivesUpTeachesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLine("x", Limits{Failures: 1, Rest: time.Minute}, nil, nil)
		for range 2 { // also as the trial, which then is free again
			ctx, cancel := context.WithCancel(t.Context())
			err := l.Do(ctx, func(ctx context.Context) error { cancel(); <-ctx.Done(); return ctx.Err() })
			if !errors.Is(err, context.Canceled) || l.State() == Open {
				t.Errorf("%v, %s", err, l.State())
			}
			if err := l.Do(t.Context(), (&script{}).try); err != nil {
				t.Errorf("the next: %v", err)
			}
			l.Do(t.Context(), (&script{says: []error{errBroken}}).try)
			time.Sleep(time.Minute)
		}
	})
}

func TestTimeLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		l := NewLine("x", Limits{Timeout: time.Second, Tries: 3, Pause: 100 * time.Millisecond, Failures: 100}, nil, nil)
		began := time.Now()
		err := l.Do(t.Context(), hang)
		if took := time.Since(began); !errors.Is(err, ErrUnavailable) || took < 3*time.Second+150*time.Millisecond || took > 3*time.Second+300*time.Millisecond {
			t.Errorf("%v after %s", err, took)
		}

		ctx, cancel := context.WithTimeout(t.Context(), 1050*time.Millisecond)
		defer cancel()
		began = time.Now()
		err = l.Do(ctx, hang)
		if took := time.Since(began); !errors.Is(err, ErrUnavailable) || took > 1050*time.Millisecond {
			t.Errorf("with a deadline: %v after %s", err, took)
		}
	})
}

func TestErrorsNameTheSystem(t *testing.T) {
	l := NewLine("passport", Limits{}, nil, nil)
	err := l.Do(t.Context(), func(context.Context) error { return errBroken })
	if !strings.HasPrefix(err.Error(), "passport: unavailable") {
		t.Errorf("%v", err)
	}
	var no *Refusal
	if !errors.As(error(&Refusal{System: "income", Outcome: NotFound, Code: "FNS-401"}), &no) || no.Error() != "income: not_found (FNS-401)" {
		t.Errorf("%v", no)
	}
	if outcome, code := no.Fate(); outcome != "not_found" || code != "FNS-401" {
		t.Errorf("%s %s", outcome, code)
	}
}

func TestManyAtOnce(t *testing.T) {
	l := NewLine("x", Limits{Failures: 5, Rest: time.Millisecond, Tries: 2, Pause: time.Millisecond}, nil, nil)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			for j := range 20 {
				l.Do(t.Context(), func(context.Context) error {
					if (i+j)%3 == 0 {
						return errBroken
					}
					return nil
				})
				l.State()
			}
		})
	}
	wg.Wait()
}

func TestATraceTellsWhatCameOfACallInOneWord(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	tracer := trace.New(sdk.NewTracerProvider(sdk.WithSyncer(spans)).Tracer("test"))
	ctx, _ := tracer.Request(t.Context(), "")
	for _, c := range []struct {
		says  []error
		want  string
		tries string
		fails bool
	}{
		{nil, "answered", "1", false},
		{[]error{errBroken, nil}, "answered", "2", false},
		{[]error{&Refusal{System: "register", Outcome: Differs, Code: secret, Reference: secret}}, "differs", "1", false},
		{[]error{errBroken, errors.New(secret)}, "unavailable", "2", true},
		{[]error{errBroken, Garbage("%s", secret)}, "garbage", "2", true},
		{nil, "open", "0", true},
	} {
		spans.Reset()
		l := NewLine("register", Limits{Tries: 2, Pause: time.Millisecond, Failures: 3, Rest: time.Minute}, nil, nil)
		if c.want == "open" {
			l.breaker.until = time.Now().Add(time.Minute)
		}
		l.Do(ctx, (&script{says: c.says}).try) //nolint:errcheck // the span tells
		got := spans.GetSpans()
		if len(got) != 1 || got[0].Name != "call register" || got[0].SpanKind != otel.SpanKindClient {
			t.Fatalf("%s: %+v", c.want, got)
		}
		facts := map[string]string{}
		for _, a := range got[0].Attributes {
			facts[string(a.Key)] = a.Value.String()
		}
		if facts["okno.outcome"] != c.want || facts["okno.tries"] != c.tries || (got[0].Status.Code == codes.Error) != c.fails || len(facts) != 2 || len(got[0].Events) > 0 {
			t.Errorf("%v %v, want %s after %s", facts, got[0].Status, c.want, c.tries)
		}
		if got[0].Status.Description != "" {
			t.Errorf("the span says why: %s", got[0].Status.Description)
		}
	}
}
