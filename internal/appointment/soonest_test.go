package appointment_test

import (
	"testing"
	"time"

	"okno/internal/appointment"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// Desks as a list shows them: one that is free, one with two seats, one whose times are held, one that is full and has a line, one where
// what is free will be offered to a party that waits, and one that never receives.
const sorts = `
- code: clinic
  kind: clinic
  name: {ru: Поликлиника}
  town: {ru: Город}
  address: {ru: Улица}
  at: {lat: 55, lon: 37}
  hours: {thu: '9:00-10:00'}
  desks:
    - {code: free, kind: a, name: {ru: Врач}, slot: 30m}
    - {code: two, kind: b, name: {ru: Врач}, slot: 30m, seats: 2}
    - {code: held, kind: c, name: {ru: Врач}, slot: 30m}
    - {code: line, kind: d, name: {ru: Врач}, slot: 30m}
    - {code: party, kind: e, name: {ru: Врач}, slot: 30m, seats: 2, party: 2}
    - {code: never, kind: f, name: {ru: Врач}, slot: 2h}
`

// SRV-7: the list of desks and the page of each tell the same.
func TestTheSoonestTimeOfEachDeskIsTheFirstThatItsOwnPageOffers(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := offering(t, db, sorts)
		var all []appointment.Resource
		for _, d := range s.Places.All()[0].Desks {
			_, _, r, _ := s.Resource(d.Code)
			all = append(all, r)
		}
		same := func(when string) map[string]time.Time {
			t.Helper()
			soonest := must(s.Soonest(ctx, all...))
			got := map[string]time.Time{}
			for _, r := range all {
				open := must(s.Open(ctx, r))
				first, ok := soonest[r.ID]
				if ok != (len(open) > 0) || ok && first != open[0] {
					t.Errorf("%s: the list says of %s %+v, %v, and its page %+v", when, r.ID, first, ok, open)
				}
				if ok {
					got[r.ID] = first.Start
				}
			}
			return got
		}
		start := same("before all")
		if len(start) != 5 || !start["free"].Equal(start["line"]) || len(must(s.Soonest(ctx))) != 0 {
			t.Fatalf("at %v there is free %v", clock.Now(), start)
		}

		take := func(desk int, n, party int, confirm bool) (taken []appointment.Appointment) {
			t.Helper()
			for i, who := range people(t, db, n) {
				a := must(s.Hold(ctx, as(who), all[desk], appointment.Ask{Start: must(s.Open(ctx, all[desk]))[0].Start, Party: party}))
				if confirm {
					a = must(s.Confirm(ctx, as(who), a.ID))
				}
				if taken = append(taken, a); i%2 == 0 {
					same("while " + all[desk].ID + " is taken")
				}
			}
			return taken
		}
		const two, held, line, party = 1, 2, 3, 4
		take(two, 3, 1, true)
		take(held, 1, 1, false)
		full := take(line, 4, 1, true)
		both := take(party, 4, 2, true)
		got := same("when they are taken")
		for _, desk := range []string{"line", "party", "never"} {
			if _, ok := got[desk]; ok {
				t.Errorf("there is a time with %s", desk)
			}
		}
		if !got["free"].Equal(start["free"]) || !got["two"].After(start["two"]) || !got["held"].After(start["held"]) {
			t.Errorf("it was %v and is %v", start, got)
		}

		clock.Advance(s.Policy.Hold)
		if got := same("when the hold ran out"); !got["held"].Equal(start["held"]) {
			t.Errorf("a hold that ran out keeps its time: %v", got["held"])
		}
		waits := people(t, db, 2)
		if err := s.Queue(ctx, as(waits[0]), all[line], 1); err != nil {
			t.Fatal(err)
		}
		if err := s.Queue(ctx, as(waits[1]), all[party], 2); err != nil {
			t.Fatal(err)
		}
		for _, a := range []appointment.Appointment{full[0], both[1]} {
			if err := s.Cancel(ctx, as(a.Account), a.ID); err != nil {
				t.Fatal(err)
			}
		}
		if got := same("when what was given back is for who waits"); !got["line"].IsZero() || !got["party"].IsZero() {
			t.Errorf("what is given back to the line is everybody's: %v", got)
		}
		for _, before := range []time.Duration{s.Policy.Offer + time.Second, s.Policy.Offer, time.Second, 0} {
			clock.Advance(full[0].Start.Add(-before).Sub(clock.Now()))
			got = same("so long before it: " + before.String())
		}
		if !got["free"].After(start["free"]) {
			t.Errorf("a time that has begun is the soonest: %v", got["free"])
		}
	})
}
