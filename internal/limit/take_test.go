package limit_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"okno/internal/limit"
	"okno/internal/policy"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

var (
	ctx   = context.Background()
	three = policy.Limit{Max: 3, Window: time.Hour}.Rule("three")
	five  = policy.Limit{Max: 5, Window: 24 * time.Hour}.Rule("five")
	wrong = policy.Limit{Max: 3, Window: time.Hour, Block: 10 * time.Minute, Factor: 2, Ceiling: time.Hour}.Rule("wrong")
)

func take(t *testing.T, db *store.DB, fn func(tx *store.Tx) ([]limit.Verdict, error)) []limit.Verdict {
	t.Helper()
	var out []limit.Verdict
	err := db.Write(ctx, func(tx *store.Tx) (err error) {
		out, err = fn(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func one(t *testing.T, db *store.DB, r limit.Rule, key string) limit.Verdict {
	t.Helper()
	return take(t, db, func(tx *store.Tx) ([]limit.Verdict, error) {
		v, err := limit.Take(ctx, tx, r, key)
		return []limit.Verdict{v}, err
	})[0]
}

func look(t *testing.T, db *store.DB, r limit.Rule, key string) limit.Verdict {
	t.Helper()
	v, err := limit.Look(ctx, db, r, key)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTriesAreCountedAndComeBackWithTime(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		for i, left := range []int{2, 1, 0} {
			if v := one(t, db, three, "three:a"); !v.Allowed || v.Left != left || v.Rule != "three" {
				t.Errorf("try %d: %+v, want %d left", i+1, v, left)
			}
			clock.Advance(10 * time.Minute)
		}
		v := one(t, db, three, "three:a")
		if want := db.Now().Add(30 * time.Minute); v.Allowed || !v.Until.Equal(want) {
			t.Errorf("the fourth: %+v, want a wait until %v", v, want)
		}
		if v := look(t, db, three, "three:b"); !v.Allowed || v.Left != 3 {
			t.Errorf("another key: %+v", v)
		}
		clock.Advance(30 * time.Minute)
		if v := one(t, db, three, "three:a"); !v.Allowed || v.Left != 0 {
			t.Errorf("an hour after the first: %+v", v)
		}
	})
}

func TestAllOrNone(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		send := func(contact string) []limit.Verdict {
			return take(t, db, func(tx *store.Tx) ([]limit.Verdict, error) {
				return limit.TakeAll(ctx, tx, limit.Taken{Rule: five, Key: "five:" + contact}, limit.Taken{Rule: three, Key: "three:net"})
			})
		}
		for range 3 {
			if v, refused := limit.Refused(send("a")...); refused {
				t.Fatalf("%+v", v)
			}
		}
		vs := send("b")
		if v, refused := limit.Refused(vs...); !refused || v.Rule != "three" {
			t.Errorf("the fourth from one net: %+v", vs)
		}
		if vs[0].Left != 5 {
			t.Errorf("what was refused by the net used up a try of the contact: %+v", vs[0])
		}
		if v := look(t, db, five, "five:b"); v.Left != 5 {
			t.Errorf("stored: %+v", v)
		}
		if v := look(t, db, five, "five:a"); v.Left != 2 {
			t.Errorf("stored: %+v", v)
		}
	})
}

func TestEachByItself(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		var vs []limit.Verdict
		for range 4 {
			vs = take(t, db, func(tx *store.Tx) ([]limit.Verdict, error) {
				return limit.TakeEach(ctx, tx, limit.Taken{Rule: wrong, Key: "wrong:a"}, limit.Taken{Rule: five, Key: "five:a"})
			})
		}
		if vs[0].Allowed || !vs[1].Allowed || vs[1].Left != 1 {
			t.Errorf("%+v, want the first blocked and the second counted four times", vs)
		}
	})
}

func TestSeveralBucketsAreOneReadingAndOneWritingStatement(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var many []limit.Taken
		for i := range 12 {
			many = append(many, limit.Taken{Rule: five, Key: fmt.Sprintf("five:%d", i)})
		}
		counted, n := store.Counting(ctx)
		err := db.Write(counted, func(tx *store.Tx) error { _, err := limit.TakeAll(counted, tx, many...); return err })
		if err != nil || n.Load() != 2 {
			t.Errorf("%d statements, %v; want 2", n.Load(), err)
		}
		n.Store(0)
		err = db.Write(counted, func(tx *store.Tx) error { return limit.Clear(counted, tx, "five:0", "five:1", "none") })
		if err != nil || n.Load() != 1 {
			t.Errorf("%d statements, %v; want 1", n.Load(), err)
		}
		vs, err := limit.LookAll(ctx, db, many[0], many[1], many[2])
		if err != nil || vs[0].Left != 5 || vs[1].Left != 5 || vs[2].Left != 4 {
			t.Errorf("%+v, %v; want the first two cleared", vs, err)
		}
	})
}

func TestABucketIsReadInsideAnotherStatement(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		for range 3 {
			one(t, db, wrong, "wrong:a:x")
		}
		var full, none string
		err := db.QueryRow(ctx, `SELECT `+limit.StateSQL(`CAST($1 AS TEXT) || x.id || ':x'`)+`, `+limit.StateSQL(`$2`)+` FROM (SELECT 'a' AS id) x`, "wrong:", "wrong:b").Scan(&full, &none)
		if err != nil {
			t.Fatal(err)
		}
		if v, want := limit.Parse(wrong, full, db.Now()), db.Now().Add(10*time.Minute); v.Allowed || !v.Until.Equal(want) {
			t.Errorf("%+v, want blocked until %v", v, want)
		}
		if v := limit.Parse(wrong, none, db.Now()); !v.Allowed || v.Left != 3 {
			t.Errorf("of a key never tried: %+v", v)
		}
	})
}

func TestTriesThatWereRolledBackDoNotCount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		no := errors.New("no")
		err := db.Write(ctx, func(tx *store.Tx) error { _, err := limit.Take(ctx, tx, three, "three:a"); return errors.Join(err, no) })
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
		if v := look(t, db, three, "three:a"); v.Left != 3 {
			t.Errorf("%+v", v)
		}
	})
}

// Many at once on one key, and on two keys in either order: never over Max, and nobody waits for ever.
func TestManyAtOnceNeverPassTheLimit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var alone, both atomic.Int64
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for range 3 {
					var v limit.Verdict
					if err := db.Write(ctx, func(tx *store.Tx) (err error) { v, err = limit.Take(ctx, tx, five, "five:race"); return err }); err != nil {
						t.Error(err)
					}
					if v.Allowed {
						alone.Add(1)
					}
					pair := []limit.Taken{{Rule: five, Key: "five:x"}, {Rule: three, Key: "three:y"}}
					if w%2 == 0 {
						pair[0], pair[1] = pair[1], pair[0]
					}
					var vs []limit.Verdict
					if err := db.Write(ctx, func(tx *store.Tx) (err error) { vs, err = limit.TakeAll(ctx, tx, pair...); return err }); err != nil {
						t.Error(err)
					}
					if _, refused := limit.Refused(vs...); !refused {
						both.Add(1)
					}
				}
			})
		}
		wg.Wait()
		if alone.Load() != 5 || both.Load() != 3 {
			t.Errorf("%d and %d were allowed, want 5 and 3", alone.Load(), both.Load())
		}
	})
}

func TestSweepingRemovesOnlyWhatSaysNothing(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		many := make([]limit.Taken, 700)
		for i := range many {
			many[i] = limit.Taken{Rule: three, Key: fmt.Sprintf("three:%d", i)}
		}
		take(t, db, func(tx *store.Tx) ([]limit.Verdict, error) { return limit.TakeAll(ctx, tx, many...) })
		one(t, db, five, "five:kept")
		clock.Advance(time.Hour)
		if n, err := limit.Sweep(ctx, db); err != nil || n != 700 {
			t.Errorf("swept %d, %v; want 700", n, err)
		}
		if v := look(t, db, five, "five:kept"); v.Left != 4 {
			t.Errorf("what still counts: %+v", v)
		}
	})
}
