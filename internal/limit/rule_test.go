package limit

import (
	"math/rand/v2"
	"testing"
	"time"

	"okno/internal/policy"
)

var start = time.Date(2026, 11, 18, 11, 2, 0, 0, time.UTC)

func rule(max int, window, block time.Duration, factor float64, ceiling time.Duration) Rule {
	return policy.Limit{Max: max, Window: window, Block: block, Factor: factor, Ceiling: ceiling}.Rule("test")
}

// anyRule makes a rule of whatever numbers a policy may hold.
func anyRule(r *rand.Rand, blocks bool) Rule {
	l := policy.Limit{Max: 1 + r.IntN(40), Window: time.Duration(1+r.IntN(3600)) * time.Second}
	if blocks {
		l.Block = time.Duration(1+r.IntN(1800)) * time.Second
		l.Factor = []float64{0, 1, 1.5, 2, 10}[r.IntN(5)]
		l.Ceiling = []time.Duration{0, l.Block, 4 * l.Block, 100 * l.Block}[r.IntN(4)]
	}
	return l.Rule("test")
}

// walk tries at random moments, in bursts and after pauses, and returns the moments at which a try was allowed. On the way the
// state goes through its text, as in the database.
func walk(t *testing.T, r *rand.Rand, rule Rule, each func(before, after bucket, v Verdict, now time.Time)) []time.Time {
	t.Helper()
	var allowed []time.Time
	var b bucket
	now := start
	for range 400 {
		switch r.IntN(10) {
		case 0:
			now = now.Add(time.Duration(r.Int64N(int64(3 * rule.Window))))
		case 1:
			now = now.Add(time.Duration(r.Int64N(int64(2*longest(rule) + time.Second))))
		case 2, 3, 4:
			now = now.Add(time.Duration(r.Int64N(int64(rule.Window)/int64(rule.Max) + 1)))
		default:
			now = now.Add(time.Duration(r.IntN(5_000_000)) * time.Nanosecond)
		}
		before := b
		seen := look(rule, before, now)
		var v Verdict
		b, v = count(rule, b, now)
		if v.Allowed != seen.Allowed {
			t.Fatalf("look said %v and take %v at the same moment", seen, v)
		}
		if v.Allowed {
			allowed = append(allowed, now)
		}
		if each != nil {
			each(before, b, v, now)
		}
		again, err := parse(b.text())
		if err != nil || again.text() != b.text() {
			t.Fatalf("%q is read as %q, %v", b.text(), again.text(), err)
		}
		b = again
	}
	return allowed
}

func TestNoMoreThanMaxInAnyWindow(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test that can be repeated
		rule := anyRule(r, false)
		allowed := walk(t, r, rule, nil)
		if len(allowed) < rule.Max {
			t.Fatalf("seed %d: only %d tries were allowed by %+v", seed, len(allowed), rule)
		}
		for i := rule.Max; i < len(allowed); i++ {
			if d := allowed[i].Sub(allowed[i-rule.Max]); d < rule.Window {
				t.Fatalf("seed %d: %+v allowed %d tries in %v", seed, rule, rule.Max+1, d)
			}
		}
	}
}

func TestMaxTriesInAWindowBlockAndNoBlockIsAboveTheCeiling(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // a test that can be repeated
		rule := anyRule(r, true)
		var since []time.Time // allowed tries after the last block
		var until time.Time
		walk(t, r, rule, func(_, after bucket, v Verdict, now time.Time) {
			if now.Before(until) {
				if v.Allowed {
					t.Fatalf("seed %d: %+v allowed a try during a block", seed, rule)
				}
				if !v.Until.Equal(until) {
					t.Fatalf("seed %d: a refused try moved the end of the block from %v to %v", seed, until, v.Until)
				}
				return
			}
			if !v.Allowed {
				t.Fatalf("seed %d: %+v refused without a block: %+v", seed, rule, v)
			}
			if since = append(since, now); len(since) > rule.Max && now.Sub(since[len(since)-rule.Max-1]) < rule.Window {
				t.Fatalf("seed %d: %+v allowed %d tries in a window without a block", seed, rule, rule.Max+1)
			}
			if v.Left > 0 {
				return
			}
			since, until = nil, v.Until
			length := until.Sub(now)
			if length > longest(rule)+time.Millisecond || length < min(rule.Block, longest(rule)) {
				t.Fatalf("seed %d: %+v blocked for %v", seed, rule, length)
			}
			if after.Strikes < 1 {
				t.Fatalf("seed %d: a block without a strike", seed)
			}
		})
	}
}

// Whenever the state was written, by whatever clock, nobody is refused for long.
func TestNothingIsForEver(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // a test that can be repeated
		rule := anyRule(r, r.IntN(2) == 0)
		written := start.Add(time.Duration(r.Int64N(int64(20*rule.Window))) - 10*rule.Window)
		b := bucket{Strikes: r.IntN(1000), Until: written.Add(time.Duration(r.Int64N(int64(longest(rule)) + 1))).UnixMilli()}
		for range r.IntN(60) {
			b.Hits = append(b.Hits, hit{written.Add(-time.Duration(r.Int64N(int64(rule.Window)))).UnixMilli(), r.IntN(50)})
		}
		v := look(rule, b, start)
		if v.Allowed {
			continue
		}
		if wait := v.Until.Sub(start); wait > max(rule.Window+rule.Window/10, longest(rule))+time.Second {
			t.Fatalf("seed %d: %+v: wait for %v", seed, rule, wait)
		}
		later := start.Add(5*rule.Window + 3*longest(rule) + time.Second)
		if v := look(rule, b, later); !v.Allowed {
			t.Fatalf("seed %d: %+v still refuses after %v: %+v", seed, rule, later.Sub(start), v)
		}
	}
}

func TestWhoWaitsUntilTheMomentGivenIsLetIn(t *testing.T) {
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 4)) //nolint:gosec // a test that can be repeated
		rule := anyRule(r, seed%2 == 0)
		walk(t, r, rule, func(_, after bucket, v Verdict, now time.Time) {
			if v.Left > 0 {
				if !v.Until.IsZero() {
					t.Fatalf("seed %d: tries are left and yet %v is given", seed, v.Until)
				}
				return
			}
			if !v.Until.After(now) {
				t.Fatalf("seed %d: no try is left and the moment given is %v, now is %v", seed, v.Until, now)
			}
			if next := look(rule, after, v.Until); !next.Allowed {
				t.Fatalf("seed %d: %+v: at the moment given it is refused until %v", seed, rule, next.Until)
			}
			if early := look(rule, after, v.Until.Add(-2*time.Millisecond)); early.Allowed && v.Until.Sub(now) > 2*time.Millisecond {
				t.Fatalf("seed %d: %+v: it was allowed before the moment given", seed, rule)
			}
		})
	}
}

// What the sweeper removes must say no more than nothing.
func TestABucketThatHasExpiredIsAsGoodAsNone(t *testing.T) {
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 5)) //nolint:gosec // a test that can be repeated
		rule := anyRule(r, seed%2 == 0)
		walk(t, r, rule, func(_, after bucket, _ Verdict, now time.Time) {
			at := expires(rule, after, now)
			if b := settle(rule, after, at); len(b.Hits) > 0 || b.Strikes > 0 || b.Until > at.UnixMilli() {
				t.Fatalf("seed %d: %+v: expired at %v with %+v", seed, rule, at, b)
			}
		})
	}
}

func TestBlocksGrowToTheCeilingAndAreForgottenInQuietTimes(t *testing.T) {
	r := rule(10, 24*time.Hour, 10*time.Minute, 2, 2*time.Hour) // a device at sign-in
	var b bucket
	now := start
	fill := func() time.Duration {
		t.Helper()
		var v Verdict
		for range 10 {
			if b, v = count(r, b, now); !v.Allowed {
				t.Fatalf("refused: %+v", v)
			}
			now = now.Add(time.Second)
		}
		length := v.Until.Sub(now.Add(-time.Second))
		now = v.Until
		return length
	}
	for _, want := range []time.Duration{10 * time.Minute, 20 * time.Minute, 40 * time.Minute, 80 * time.Minute, 2 * time.Hour, 2 * time.Hour, 2 * time.Hour} {
		if got := fill(); got != want {
			t.Errorf("blocked for %v, want %v", got, want)
		}
	}
	now = now.Add(4*24*time.Hour + time.Minute) // four quiet days: four of seven strikes are forgotten
	if got := fill(); got != 80*time.Minute {
		t.Errorf("after four quiet days blocked for %v, want 1h20m", got)
	}
	now = now.Add(30 * 24 * time.Hour)
	if got := fill(); got != 10*time.Minute {
		t.Errorf("after a quiet month blocked for %v, want 10m", got)
	}
}

func TestOneCodeAMinute(t *testing.T) {
	r := rule(1, time.Minute, 0, 0, 0)
	b, v := count(r, bucket{}, start)
	if !v.Allowed || v.Left != 0 || !v.Until.Equal(start.Add(time.Minute)) {
		t.Errorf("the first: %+v", v)
	}
	for after, want := range map[time.Duration]bool{0: false, 30 * time.Second: false, time.Minute - time.Millisecond: false, time.Minute: true} {
		if v := look(r, b, start.Add(after)); v.Allowed != want {
			t.Errorf("after %v allowed = %v, want %v", after, v.Allowed, want)
		}
	}
}

func TestANewRuleJudgesAnOldBucket(t *testing.T) {
	b := bucket{Hits: []hit{{start.Add(-50 * time.Minute).UnixMilli(), 3}, {start.Add(-20 * time.Minute).UnixMilli(), 4}, {start.Add(-10 * time.Minute).UnixMilli(), 2}}}
	r := rule(3, time.Hour, 0, 0, 0) // an operator made it stricter: nine tries where three are allowed
	v := look(r, b, start)
	if v.Allowed || v.Left != 0 || !v.Until.Equal(start.Add(40*time.Minute)) {
		t.Errorf("%+v, want a wait until two of nine are left", v)
	}
}

func TestTheStateStaysShort(t *testing.T) {
	r := rule(100_000, 24*time.Hour, 0, 0, 0)
	var b bucket
	for i := range 50_000 {
		b, _ = count(r, b, start.Add(time.Duration(i)*time.Second))
	}
	if n := len(b.text()); n > 400 {
		t.Errorf("%d bytes of state", n)
	}
}

func TestAStateThatCannotBeReadCountsAsNone(t *testing.T) {
	r := rule(2, time.Minute, 0, 0, 0)
	for _, text := range []string{"", "x", `{"h":[[1]]}`, `{"h":"a"}`, `[]`} {
		if v := Parse(r, text, start); !v.Allowed || v.Left != 2 {
			t.Errorf("Parse(%q) = %+v", text, v)
		}
	}
}

func TestTheLongestRefusalIsTold(t *testing.T) {
	ok, soon, late := Verdict{Allowed: true, Until: start.Add(9 * time.Hour)}, Verdict{Rule: "a", Until: start.Add(time.Minute)}, Verdict{Rule: "b", Until: start.Add(time.Hour)}
	if v, refused := Refused(ok, soon, late, soon); !refused || v.Rule != "b" {
		t.Errorf("%+v, %v", v, refused)
	}
	if _, refused := Refused(ok, ok); refused {
		t.Error("refused by those that allow")
	}
}
