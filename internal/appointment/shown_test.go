package appointment_test

import (
	"context"
	"errors"
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

func shows(s *appointment.Service, r appointment.Resource, start time.Time) bool {
	return slices.ContainsFunc(must(s.Open(ctx, r)), func(x appointment.Slot) bool { return x.Start.Equal(start) })
}

// What changes the list of a desk by other ways than a hold of it is seen at once, too.
func TestWhateverChangesTheFreeTimesIsSeenAtOnce(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := &appointment.Service{DB: db, Policy: policy.Default().Appointments}
		r, p := doctor(1), people(t, db, 2)
		other := doctor(1)
		other.ID = "e"
		all := slices.Clone(must(s.Open(ctx, r)))
		hold := func(r appointment.Resource, n int) {
			t.Helper()
			must(s.Hold(ctx, as(p[0]), r, appointment.Ask{Start: all[n].Start}))
		}
		gone := func(n int) {
			t.Helper()
			if shows(s, r, all[n].Start) {
				t.Fatal("what is held is shown as free")
			}
		}
		back := func(n int, by string) {
			t.Helper()
			if !shows(s, r, all[n].Start) {
				t.Errorf("a time that is free by %s is not shown", by)
			}
		}
		hold(r, 4)
		gone(4)
		hold(other, 5)
		back(4, "a hold at another desk of the kind")

		hold(r, 4)
		gone(4)
		if err := db.Write(ctx, func(tx *store.Tx) error {
			_, err := appointment.Holder{}.Move(ctx, tx, between(p[0], p[1]))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		back(4, "another account that took over")

		hold(r, 4)
		gone(4)
		if err := db.Write(ctx, func(tx *store.Tx) error { return appointment.Holder{}.Erase(ctx, tx, p[0]) }); err != nil {
			t.Fatal(err)
		}
		back(4, "an account that was erased")
	})
}

func TestWhatIsNobodysAndWhatIsClosedIsSeenAtOnce(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, r, taken := full(t, db, clock)
		waits := as(people(t, db, 1)[0])
		if err := s.Queue(ctx, waits, r, 1); err != nil {
			t.Fatal(err)
		}
		if err := s.Cancel(ctx, as(taken[2].Account), taken[2].ID); err != nil {
			t.Fatal(err)
		}
		if shows(s, r, taken[2].Start) {
			t.Fatal("what is for who waits is shown to everybody")
		}
		if err := s.Leave(ctx, waits, must(s.Waits(ctx, waits))[0].ID); err != nil {
			t.Fatal(err)
		}
		if !shows(s, r, taken[2].Start) {
			t.Error("nobody waits any more, and the time is not shown")
		}
		s.Places.Set(closedOn(t, taken[2].Start)) // its day is a day off now
		_, _, r, _ = s.Resource(r.ID)
		if shows(s, r, taken[2].Start) {
			t.Error("a time is shown at which nobody receives any more")
		}
	})
}

// Whoever holds a time may press again; and a person has so many of a kind and no more, of which one that is moved is one.
func TestATimeMayBeHeldAgainAndNotTooMany(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := &appointment.Service{DB: db, Policy: policy.Default().Appointments}
		s.Policy.Most = 2
		r, who := doctor(1), as(people(t, db, 1)[0])
		all := slices.Clone(must(s.Open(ctx, r)))[4:]
		var last appointment.Appointment
		for n := range s.Policy.Most {
			must(s.Hold(ctx, who, r, appointment.Ask{Start: all[n].Start}))
			last = must(s.Hold(ctx, who, r, appointment.Ask{Start: all[n].Start}))
			last = must(s.Confirm(ctx, who, last.ID))
		}
		if _, err := s.Hold(ctx, who, r, appointment.Ask{Start: all[5].Start}); !errors.Is(err, appointment.ErrMost) {
			t.Errorf("one more than one may have: %v", err)
		}
		moved := must(s.Hold(ctx, who, r, appointment.Ask{Start: all[5].Start, Moves: last.ID}))
		must(s.Confirm(ctx, who, moved.ID))
	})
}

func TestNearest(t *testing.T) {
	at := func(hours ...int) (out []appointment.Slot) {
		for _, h := range hours {
			out = append(out, appointment.Slot{Start: time.Date(2026, 12, 1, h, 0, 0, 0, time.UTC)})
		}
		return out
	}
	for _, c := range []struct {
		free []int
		to   int
		n    int
		want []int
	}{
		{[]int{9, 10, 12, 13, 17}, 12, 3, []int{10, 12, 13}},
		{[]int{9, 10, 13, 17}, 12, 1, []int{13}},
		{[]int{10, 14}, 12, 1, []int{10}}, // as far: the earlier
		{[]int{9, 10, 11}, 20, 2, []int{10, 11}},
		{[]int{9, 10, 11}, 1, 2, []int{9, 10}},
		{[]int{9, 10}, 9, 5, []int{9, 10}},
		{[]int{9}, 9, 0, nil},
		{nil, 9, 3, nil},
	} {
		if got := appointment.Nearest(at(c.free...), at(c.to)[0].Start, c.n); !slices.Equal(got, at(c.want...)) {
			t.Errorf("the %d nearest to %d of %v: %v", c.n, c.to, c.free, got)
		}
	}
}
