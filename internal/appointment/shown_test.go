package appointment_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"okno/internal/appointment"
	"okno/internal/policy"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// The list of free times is read once for many, and anew as soon as it is another one.
func TestAListOfFreeTimesIsSharedWhileItIsRight(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := &appointment.Service{DB: db, Policy: policy.Default().Appointments}
		r, p := doctor(1), people(t, db, 3)
		look := func() (free []appointment.Slot, statements int64) {
			t.Helper()
			ctx, n := store.Counting(context.Background())
			free, err := s.Open(ctx, r)
			if err != nil {
				t.Fatal(err)
			}
			return slices.Clone(free), n.Load()
		}
		all, n := look()
		if len(all) == 0 || n == 0 {
			t.Fatalf("%d times are free, after %d statements", len(all), n)
		}
		if again, n := look(); n != 0 || !slices.Equal(again, all) {
			t.Errorf("the same list again takes %d statements", n)
		}

		all = all[4:] // late enough to be cancelled
		must(s.Hold(ctx, as(p[0]), r, appointment.Ask{Start: all[0].Start}))
		if free, n := look(); n == 0 || len(free) != len(all)+4-1 || slices.Contains(free, all[0]) {
			t.Errorf("after a time was taken %d of %d are shown, by %d statements", len(free), len(all), n)
		}
		if _, n := look(); n != 0 {
			t.Errorf("the list after that takes %d statements", n)
		}
		must(s.Hold(ctx, as(p[0]), r, appointment.Ask{Start: all[1].Start})) // lets go of the one before
		if free, _ := look(); !slices.Contains(free, all[0]) || slices.Contains(free, all[1]) {
			t.Error("a hold that was given up for another is not shown as free")
		}
		a := must(s.Hold(ctx, as(p[1]), r, appointment.Ask{Start: all[0].Start}))
		a = must(s.Confirm(ctx, as(p[1]), a.ID))
		look()
		if err := s.Cancel(ctx, as(p[1]), a.ID); err != nil {
			t.Fatal(err)
		}
		if free, _ := look(); !slices.Contains(free, all[0]) {
			t.Error("a cancelled time is not shown as free")
		}

		clock.Advance(s.Policy.Hold + time.Second) // of itself a hold runs out
		if free, _ := look(); !slices.Contains(free, all[1]) {
			t.Error("the time of a hold that ran out is not shown as free")
		}
		look()
		clock.Advance(s.Policy.Fresh)
		if _, n := look(); n == 0 {
			t.Error("a list that is too old is shown")
		}
		s.Policy.Fresh = 0
		look()
		if _, n := look(); n == 0 {
			t.Error("a list is shown again, although none may be")
		}
	})
}

// Whoever takes times and looks at the list in the same moment as others do sees what they have done.
func TestNobodySeesAListFromBeforeTheirOwnDeed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := &appointment.Service{DB: db, Policy: policy.Default().Appointments}
		r := doctor(20)
		first := must(s.Open(ctx, r))[0].Start
		var wg sync.WaitGroup
		for _, person := range people(t, db, 12) {
			wg.Go(func() {
				free := func() int {
					for _, slot := range must(s.Open(ctx, r)) {
						if slot.Start.Equal(first) {
							return slot.Free
						}
					}
					return 0
				}
				before := free()
				must(s.Hold(ctx, as(person), r, appointment.Ask{Start: first}))
				if now := free(); now >= before {
					t.Errorf("%d seats were free before one was taken, and %d after", before, now)
				}
			})
		}
		wg.Wait()
	})
}

// Many desks are looked at, and few lists are kept.
func TestOldListsAreLetGo(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := &appointment.Service{DB: db, Policy: policy.Default().Appointments}
		for i := range 450 {
			r := doctor(1)
			r.ID = string(rune('А' + i))
			must(s.Open(ctx, r))
			clock.Advance(s.Policy.Fresh / 100)
		}
		if n := s.ListsKept(); n > 300 {
			t.Errorf("%d lists are kept", n)
		}
	})
}
