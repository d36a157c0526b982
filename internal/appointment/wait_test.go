package appointment_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/appointment"
	"okno/internal/place"
	"okno/internal/policy"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// A doctor who receives two people on Thursdays: within the horizon there are four times.
const rare = `
- code: clinic
  kind: clinic
  name: {ru: Поликлиника}
  town: {ru: Город}
  address: {ru: Улица}
  at: {lat: 55, lon: 37}
  hours: {thu: '9:00-10:00'}
  desks:
    - {code: rare, kind: doctor, name: {ru: Врач}, slot: 30m}
`

// offering is a service of the places of that text.
func offering(t *testing.T, db *store.DB, places string) *appointment.Service {
	t.Helper()
	list, err := place.Parse([]byte(places))
	if err != nil {
		t.Fatal(err)
	}
	book := &place.Book{}
	book.Set(list)
	return &appointment.Service{DB: db, Policy: policy.Default().Appointments, Places: book, Zone: time.UTC}
}

// full is a service whose only doctor has no time left, with those who took it.
func full(t *testing.T, db *store.DB, clock *storetest.Clock) (*appointment.Service, appointment.Resource, []appointment.Appointment) {
	t.Helper()
	s := offering(t, db, rare)
	_, _, r, ok := s.Resource("rare")
	if !ok {
		t.Fatal("no desk")
	}
	free, err := s.Open(ctx, r)
	if err != nil || len(free) != 4 {
		t.Fatalf("%d times at %v, %v", len(free), clock.Now(), err)
	}
	var taken []appointment.Appointment
	for i, person := range people(t, db, len(free)) {
		a, err := s.Hold(ctx, as(person), r, appointment.Ask{Start: free[i].Start})
		if err == nil {
			a, err = s.Confirm(ctx, as(person), a.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		taken = append(taken, a)
	}
	return s, r, taken
}

// held is what was offered to the person, nothing when nothing was.
func held(t *testing.T, db *store.DB, person string) (appointmentID string) {
	t.Helper()
	err := store.One(db.QueryRow(ctx, `SELECT id FROM appointment WHERE account_id = $1 AND state = 'held' AND held_until > $2`, person, db.Now()).Scan(&appointmentID))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	return appointmentID
}

// free gives the appointment back, and has what became free offered.
func free(t *testing.T, s *appointment.Service, a appointment.Appointment) {
	t.Helper()
	if err := s.Cancel(ctx, as(a.Account), a.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Offer(ctx, appointment.Offer{Resource: a.Resource}); err != nil {
		t.Fatal(err)
	}
}

func TestAFreedTimeIsOfferedToWhoWaitsByReceiptAndToTheNextWhenNobodyTakesIt(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, r, taken := full(t, db, clock)
		var line []access.Actor
		for _, person := range people(t, db, 3) {
			clock.Advance(time.Second)
			if err := s.Queue(ctx, as(person), r, 1); err != nil {
				t.Fatal(err)
			}
			line = append(line, as(person))
		}
		if err := s.Queue(ctx, line[0], r, 1); !errors.Is(err, appointment.ErrWaiting) {
			t.Errorf("queueing twice: %v", err)
		}
		if w, err := s.Waits(ctx, line[2]); err != nil || len(w) != 1 || w[0].Ahead != 2 {
			t.Errorf("the third waits as %+v, %v", w, err)
		}
		var waits int
		var last time.Time
		if err := db.QueryRow(ctx, `SELECT `+appointment.WaitsOfSQL(`SELECT id FROM account WHERE id <> $1`)+`, `+appointment.LastOfSQL(`SELECT id FROM account WHERE id <> $1`), line[0].ID).Scan(&waits, store.NullTime(&last)); err != nil || waits != 2 || !last.Equal(taken[3].End) {
			t.Errorf("all but the first wait in %d lines and are expected until %v: %v", waits, last, err)
		}
		if err := s.Cancel(ctx, as(taken[2].Account), taken[2].ID); err != nil {
			t.Fatal(err)
		}
		passer := as(people(t, db, 1)[0])
		if _, err := s.Hold(ctx, passer, r, appointment.Ask{Start: taken[2].Start}); !errors.Is(err, appointment.ErrQueue) {
			t.Errorf("who does not wait gets what was freed: %v", err)
		}
		if free, err := s.Open(ctx, r); err != nil || len(free) != 0 {
			t.Errorf("it is shown as free: %v, %v", free, err)
		}
		offer := func() {
			t.Helper()
			if err := s.Offer(ctx, appointment.Offer{Resource: "rare"}); err != nil {
				t.Fatal(err)
			}
		}
		offer()
		offer() // as a sweep beside the job does
		if held(t, db, line[0].ID) == "" || held(t, db, line[1].ID) != "" {
			t.Fatal("it was not offered to the first, or to two")
		}
		clock.Advance(s.Policy.Offer) // the first does not answer
		offer()
		second := held(t, db, line[1].ID)
		if second == "" || held(t, db, line[0].ID) != "" || held(t, db, line[2].ID) != "" {
			t.Fatal("it was not offered to the second alone")
		}
		if a, err := s.Confirm(ctx, line[1], second); err != nil || !a.Start.Equal(taken[2].Start) {
			t.Errorf("the second has %+v, %v", a, err)
		}
		if w, err := s.Waits(ctx, line[2]); err != nil || len(w) != 1 || w[0].Ahead != 0 {
			t.Errorf("the third waits as %+v, %v", w, err)
		}
		if err := s.Leave(ctx, line[2], must(s.Waits(ctx, line[2]))[0].ID); err != nil {
			t.Error(err)
		}
		if err := s.Cancel(ctx, line[1], second); err != nil {
			t.Fatal(err)
		}
		offer()
		if _, err := s.Hold(ctx, passer, r, appointment.Ask{Start: taken[2].Start}); err != nil {
			t.Errorf("nobody waits any more: %v", err)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestWhereThereIsFreeTimeNobodyWaits(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, r, taken := full(t, db, clock)
		if err := s.Cancel(ctx, as(taken[0].Account), taken[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := s.Queue(ctx, as(taken[0].Account), r, 1); !errors.Is(err, appointment.ErrFree) {
			t.Errorf("got %v", err)
		}
	})
}

func TestOffersThatRaceGiveEachTimeToOneAndNobodyTwo(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, r, taken := full(t, db, clock)
		line := people(t, db, 6)
		for _, person := range line {
			clock.Advance(time.Second)
			if err := s.Queue(ctx, as(person), r, 1); err != nil {
				t.Fatal(err)
			}
		}
		for _, a := range taken {
			if err := s.Cancel(ctx, as(a.Account), a.ID); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if err := s.Sweep(ctx); err != nil && !errors.Is(err, appointment.ErrTaken) { // a seat went to another offer: the job runs again
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if err := s.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		for i, person := range line {
			if got, want := held(t, db, person) != "", i < len(taken); got != want {
				t.Errorf("number %d of the line has an offer: %t", i+1, got)
			}
		}
	})
}

func TestATimeGoesToNobodyWhoIsBookedElsewhereThen(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, r, taken := full(t, db, clock)
		other := doctor(1)
		other.ID, other.Kind = "o", "dentist"
		all := people(t, db, 3)
		busy, second, passer := as(all[0]), as(all[1]), as(all[2])
		a, err := s.Hold(ctx, busy, other, appointment.Ask{Start: taken[1].Start})
		if err == nil {
			_, err = s.Confirm(ctx, busy, a.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range []access.Actor{busy, second} {
			clock.Advance(time.Second)
			if err := s.Queue(ctx, who, r, 1); err != nil {
				t.Fatal(err)
			}
		}
		free(t, s, taken[1])
		if held(t, db, busy.ID) != "" {
			t.Error("it was offered to who is booked elsewhere")
		}
		given, err := s.Confirm(ctx, second, held(t, db, second.ID))
		if err != nil || !given.Start.Equal(taken[1].Start) {
			t.Fatalf("the second has %+v, %v", given, err)
		}

		// Now that all who wait are booked elsewhere then it is everybody's, and another time is theirs.
		free(t, s, given)
		if open, err := s.Open(ctx, r); err != nil || len(open) != 1 || !open[0].Start.Equal(given.Start) {
			t.Errorf("of use to nobody in the line, and shown is %+v, %v", open, err)
		}
		if _, err := s.Hold(ctx, passer, r, appointment.Ask{Start: given.Start}); err != nil {
			t.Errorf("somebody takes it: %v", err)
		}
		free(t, s, taken[0])
		if got, err := s.Confirm(ctx, busy, held(t, db, busy.ID)); err != nil || !got.Start.Equal(taken[0].Start) {
			t.Errorf("who was booked elsewhere has %+v, %v", got, err)
		}
	})
}

func TestATakeoverKeepsOnePlaceInTheLine(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, r, _ := full(t, db, clock)
		both := people(t, db, 2)
		for _, person := range both {
			if err := s.Queue(ctx, as(person), r, 1); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Write(ctx, func(tx *store.Tx) error {
			_, err := appointment.Holder{}.MoveWaits(ctx, tx, between(both[0], both[1]))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if w, err := s.Waits(ctx, as(both[1])); err != nil || len(w) != 1 {
			t.Errorf("they wait as %+v, %v", w, err)
		}
		if w, err := s.Waits(ctx, as(both[0])); err != nil || len(w) != 0 {
			t.Errorf("the account taken over waits as %+v, %v", w, err)
		}
	})
}

// A window that receives two people at once, together or apart, on Wednesdays.
const double = `
- code: centre
  kind: clinic
  name: {ru: Поликлиника}
  town: {ru: Город}
  address: {ru: Улица}
  at: {lat: 55, lon: 37}
  hours: {wed: '15:00-15:30'}
  desks:
    - {code: double, kind: window, name: {ru: Окно}, slot: 30m, seats: 2, party: 2}
`

// A pair that waits is of no harm to a single seat that it could not take.
func TestASeatThatIsTooSmallForAllWhoWaitIsEverybodys(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		list, err := place.Parse([]byte(double))
		if err != nil {
			t.Fatal(err)
		}
		book := &place.Book{}
		book.Set(list)
		s := &appointment.Service{DB: db, Policy: policy.Default().Appointments, Places: book, Zone: time.UTC}
		s.Policy.Horizon = 21 * 24 * time.Hour // three Wednesdays
		_, _, r, _ := s.Resource("double")
		clerk := access.Actor{Kind: access.Staff, ID: "clerk", Role: access.Reception, Unit: "centre"}
		all := must(s.Open(ctx, r))
		var taken []appointment.Appointment
		for i, person := range people(t, db, 2*len(all)) {
			a, err := s.Hold(ctx, as(person), r, appointment.Ask{Start: all[i/2].Start})
			if err == nil {
				a, err = s.Confirm(ctx, as(person), a.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
			taken = append(taken, a)
		}
		line := people(t, db, 3)
		if err := s.Queue(ctx, as(line[0]), r, 2); err != nil {
			t.Fatal(err)
		}

		free(t, s, taken[0])
		if open, err := s.Open(ctx, r); err != nil || len(open) != 1 || open[0].Free != 1 {
			t.Errorf("the single seat is shown as %+v, %v", open, err)
		}
		if now, err := s.Now(ctx, clerk, "double"); err != nil || len(now) != 1 {
			t.Errorf("the desk sees %+v, %v", now, err)
		}
		if _, err := s.WalkIn(ctx, clerk, "double", taken[0].Start); err != nil {
			t.Errorf("the desk gives it: %v", err)
		}
		free(t, s, taken[2])
		if err := s.Queue(ctx, as(line[1]), r, 1); !errors.Is(err, appointment.ErrFree) {
			t.Errorf("one who could have it waits: %v", err)
		}
		if a, err := s.Hold(ctx, as(line[1]), r, appointment.Ask{Start: taken[2].Start}); err != nil {
			t.Errorf("somebody takes it: %v", err)
		} else if _, err := s.Confirm(ctx, as(line[1]), a.ID); err != nil {
			t.Error(err)
		}

		// Both seats are the pair's, and one seat is whose who waits alone.
		for _, a := range taken[4:6] {
			if err := s.Cancel(ctx, as(a.Account), a.ID); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Hold(ctx, as(taken[0].Account), r, appointment.Ask{Start: taken[4].Start}); !errors.Is(err, appointment.ErrQueue) {
			t.Errorf("who does not wait gets the pair's seats: %v", err)
		}
		if open, err := s.Open(ctx, r); err != nil || len(open) != 0 {
			t.Errorf("the pair's seats are shown as %+v, %v", open, err)
		}
		if err := s.Offer(ctx, appointment.Offer{Resource: r.ID}); err != nil {
			t.Fatal(err)
		}
		if held(t, db, line[0]) == "" {
			t.Error("the pair was offered nothing")
		}
		if err := s.Queue(ctx, as(line[2]), r, 1); err != nil {
			t.Fatal(err)
		}
		if err := s.Cancel(ctx, as(taken[3].Account), taken[3].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Hold(ctx, as(taken[0].Account), r, appointment.Ask{Start: taken[3].Start}); !errors.Is(err, appointment.ErrQueue) {
			t.Errorf("who does not wait gets the seat of one who does: %v", err)
		}
	})
}
