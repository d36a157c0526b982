package appointment_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/appointment"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/keyring/keyringtest"
	"okno/internal/policy"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

var ctx = context.Background()

func people(t *testing.T, db *store.DB, n int) (all []string) {
	t.Helper()
	ring := keyringtest.Ring(t)
	for range n {
		person := id.At(db.Now())
		if err := db.Write(ctx, func(tx *store.Tx) error {
			key, err := ring.NewPerson(ctx, tx, person)
			if err != nil {
				return err
			}
			return (&account.Service{DB: db, Ring: ring}).Create(ctx, tx, key, account.New{ID: person, Lang: i18n.RU, AgreedAt: tx.Now()})
		}); err != nil {
			t.Fatal(err)
		}
		all = append(all, person)
	}
	return all
}

func doctor(capacity int) appointment.Resource {
	week := map[time.Weekday][]appointment.Span{}
	for d := range time.Weekday(7) {
		week[d] = []appointment.Span{{From: 9 * time.Hour, To: 14 * time.Hour}}
	}
	return appointment.Resource{ID: "d", Kind: "doctor", Calendar: appointment.Calendar{Zone: time.UTC, Week: week, Slot: 30 * time.Minute, Capacity: capacity, Holidays: true}}
}

// on are the times that people may choose on the day of the moment.
func on(t *testing.T, s *appointment.Service, r appointment.Resource, day time.Time) []appointment.Slot {
	t.Helper()
	all, err := s.Open(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(slices.Clone(all), func(x appointment.Slot) bool {
		return x.Start.In(r.Calendar.Zone).Format(time.DateOnly) != day.In(r.Calendar.Zone).Format(time.DateOnly)
	})
}

func TestOfManyWhoComeAtOnceEachSeatHasOne(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := &appointment.Service{DB: db, Policy: policy.Default().Appointments}
		r, day := doctor(2), clock.Now().AddDate(0, 0, 1)
		slots := on(t, s, r, day)
		if len(slots) != 10 {
			t.Fatalf("%d slots", len(slots))
		}
		var wg sync.WaitGroup
		for i, person := range people(t, db, 200) {
			wg.Go(func() {
				for {
					a, err := s.Hold(ctx, as(person), r, appointment.Ask{Start: slots[i%10].Start})
					if err == nil {
						_, err = s.Confirm(ctx, as(person), a.ID)
					}
					if errors.Is(err, store.ErrBusy) {
						continue
					}
					if err != nil && !errors.Is(err, appointment.ErrTaken) {
						t.Error(err)
					}
					return
				}
			})
		}
		wg.Wait()
		booked, err := s.Day(ctx, r, day)
		if err != nil || len(booked) != 20 {
			t.Fatalf("%d booked, %v", len(booked), err)
		}
		at := map[time.Time]int{}
		for _, a := range booked {
			if at[a.Start]++; at[a.Start] > 2 {
				t.Errorf("a third at %v", a.Start)
			}
		}
	})
}

func TestAMoveKeepsTheOldTimeUntilTheNewOneIsBooked(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := &appointment.Service{DB: db, Policy: policy.Default().Appointments}
		r, day, p := doctor(1), clock.Now().AddDate(0, 0, 1), people(t, db, 2)
		slots := on(t, s, r, day)
		hold := func(person string, n int, moves string) (appointment.Appointment, error) {
			return s.Hold(ctx, as(person), r, appointment.Ask{Start: slots[n].Start, Moves: moves})
		}
		a, _ := hold(p[0], 0, "")
		if _, err := s.Confirm(ctx, as(p[0]), a.ID); err != nil {
			t.Fatal(err)
		}
		b, err := hold(p[0], 1, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := hold(p[1], 0, ""); !errors.Is(err, appointment.ErrTaken) {
			t.Errorf("the old time during a move: %v", err)
		}
		if _, err := s.Confirm(ctx, as(p[1]), b.ID); !errors.Is(err, appointment.ErrGone) {
			t.Errorf("another's hold: %v", err)
		}
		clock.Advance(s.Policy.Hold)
		if _, err := s.Confirm(ctx, as(p[0]), b.ID); !errors.Is(err, appointment.ErrOver) {
			t.Errorf("a hold that ran out: %v", err)
		}
		if b, err = hold(p[0], 1, a.ID); err != nil {
			t.Fatal(err)
		}
		if b, err = s.Confirm(ctx, as(p[0]), b.ID); err != nil || b.Sequence != 1 {
			t.Fatalf("%+v, %v", b, err)
		}
		if _, err := hold(p[1], 0, ""); err != nil {
			t.Errorf("the old time after a move: %v", err)
		}
		if mine, err := s.Of(ctx, as(p[0])); err != nil || len(mine) != 1 || mine[0].ID != b.ID {
			t.Errorf("%+v, %v", mine, err)
		}
	})
}

func TestNobodyIsBookedAtTwoDesksAtOnce(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := &appointment.Service{DB: db, Policy: policy.Default().Appointments}
		r, other, person := doctor(1), doctor(2), people(t, db, 1)[0]
		other.ID, other.Kind, other.Calendar.Slot = "o", "dentist", 20*time.Minute
		day := clock.Now().AddDate(0, 0, 1)
		at := func(clock time.Duration) time.Time {
			return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC).Add(clock)
		}
		hold := func(r appointment.Resource, clock time.Duration, moves string) (appointment.Appointment, error) {
			return s.Hold(ctx, as(person), r, appointment.Ask{Start: at(clock), Moves: moves})
		}
		early, err := hold(other, 9*time.Hour+20*time.Minute, "") // till 09:40
		if err != nil {
			t.Fatal(err)
		}
		a, err := hold(r, 9*time.Hour+30*time.Minute, "") // till 10:00
		if err != nil {
			t.Fatal(err)
		}
		if a, err = s.Confirm(ctx, as(person), a.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Confirm(ctx, as(person), early.ID); !errors.Is(err, appointment.ErrClash) {
			t.Errorf("what was held before the other was booked: %v", err)
		}
		if _, err := hold(other, 9*time.Hour+40*time.Minute, ""); !errors.Is(err, appointment.ErrClash) {
			t.Errorf("within the other: %v", err)
		}
		for _, free := range []time.Duration{9 * time.Hour, 10 * time.Hour} {
			if _, err := hold(other, free, ""); err != nil {
				t.Errorf("just beside the other: %v", err)
			}
		}
		r.Calendar.Week = map[time.Weekday][]appointment.Span{day.Weekday(): {{From: 9*time.Hour + 15*time.Minute, To: 14 * time.Hour}}}
		moved, err := hold(r, 9*time.Hour+45*time.Minute, a.ID)
		if err == nil {
			_, err = s.Confirm(ctx, as(person), moved.ID)
		}
		if err != nil {
			t.Errorf("moved by a quarter of an hour: %v", err)
		}
	})
}

func TestOfTwoTimesConfirmedInOneMomentOneIsBookedWhenTheyClash(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := &appointment.Service{DB: db, Policy: policy.Default().Appointments}
		day := clock.Now().AddDate(0, 0, 1)
		start := time.Date(day.Year(), day.Month(), day.Day(), 9, 30, 0, 0, time.UTC)
		desks := []appointment.Resource{doctor(20), doctor(20)}
		desks[1].ID, desks[1].Kind = "o", "dentist"
		for _, person := range people(t, db, 20) {
			var both []string
			for _, r := range desks {
				a, err := s.Hold(ctx, as(person), r, appointment.Ask{Start: start})
				if err != nil {
					t.Fatal(err)
				}
				both = append(both, a.ID)
			}
			var wg sync.WaitGroup
			for _, a := range both {
				wg.Go(func() {
					if _, err := s.Confirm(ctx, as(person), a); err != nil && !errors.Is(err, appointment.ErrClash) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			var booked int
			if err := db.QueryRow(ctx, `SELECT count(*) FROM appointment WHERE account_id = $1 AND state = 'booked'`, person).Scan(&booked); err != nil || booked != 1 {
				t.Fatalf("%d booked, %v", booked, err)
			}
		}
	})
}

func TestAConfirmationThatIsSentTwiceInOneMomentIsOne(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := &appointment.Service{DB: db, Policy: policy.Default().Appointments}
		day := clock.Now().AddDate(0, 0, 1)
		start := time.Date(day.Year(), day.Month(), day.Day(), 9, 30, 0, 0, time.UTC)
		for _, person := range people(t, db, 20) {
			a, err := s.Hold(ctx, as(person), doctor(20), appointment.Ask{Start: start})
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() {
					if got, err := s.Confirm(ctx, as(person), a.ID); err != nil || got.State != appointment.Booked {
						t.Errorf("%s, %v", got.State, err)
					}
				})
			}
			wg.Wait()
		}
	})
}

// as is the person signed in.
func as(person string) access.Actor { return access.Actor{Kind: access.Person, ID: person} }
