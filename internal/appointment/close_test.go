package appointment_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"okno/internal/appointment"
	"okno/internal/id"
	"okno/internal/place"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/workday"
)

// state is how far the appointment is by now.
func state(t *testing.T, s *appointment.Service, a appointment.Appointment) appointment.State {
	t.Helper()
	now, err := s.Get(ctx, as(a.Account), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	return now.State
}

// closedOn is the list of the one doctor with a day off.
func closedOn(t *testing.T, day time.Time) []place.Place {
	t.Helper()
	list, err := place.Parse([]byte(strings.Replace(rare, "slot: 30m", "slot: 30m, off: ["+day.Format(time.DateOnly)+"]", 1)))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestWhoIsBookedForADayThatBecameADayOffIsCancelledAndTheOthersAreNot(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, _, taken := full(t, db, clock)
		sweep := func() {
			t.Helper()
			if err := s.SweepClosed(ctx); err != nil {
				t.Fatal(err)
			}
		}
		sweep()
		slip := closedOn(t, taken[0].Start)
		right := s.Places.All()
		s.Places.Set(slip)
		sweep()
		clock.Advance(s.Policy.CloseAfter - time.Second)
		sweep()
		s.Places.Set(right) // the slip was mended in time
		sweep()
		clock.Advance(s.Policy.CloseAfter)
		sweep()
		for i, a := range taken {
			if got := state(t, s, a); got != appointment.Booked {
				t.Fatalf("the time %d after a slip: %s", i, got)
			}
		}
		s.Places.Set(slip)
		sweep()
		clock.Advance(s.Policy.CloseAfter)
		sweep()
		for i, a := range taken {
			want := appointment.Booked
			if a.Start.Format(time.DateOnly) == taken[0].Start.Format(time.DateOnly) {
				want = appointment.Closed
			}
			if got := state(t, s, a); got != want {
				t.Errorf("the time %d at %s: %s, want %s", i, a.Start, got, want)
			}
		}
	})
}

func TestADecreeClosesADayAndItsEveAnHourEarlier(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, r, taken := full(t, db, clock)
		first, last := taken[0].Start, taken[len(taken)-1].Start
		if first.Format(time.DateOnly) == last.Format(time.DateOnly) {
			t.Fatal("the times are of one day")
		}
		s.Workdays = workday.Of(
			workday.Year{Year: first.Year(), Source: "a decree", Off: []string{first.Format(time.DateOnly)}, Short: []string{last.Format(time.DateOnly)}})
		_, _, r, _ = s.Resource(r.ID)
		for _, x := range taken {
			if r.Calendar.Receives(x.Start, x.End) {
				t.Errorf("%s is received at: one hour is all there is on its day", x.Start)
			}
		}
		if err := s.SweepClosed(ctx); err != nil {
			t.Fatal(err)
		}
		clock.Advance(s.Policy.CloseAfter)
		if err := s.SweepClosed(ctx); err != nil {
			t.Fatal(err)
		}
		for _, a := range taken {
			if got := state(t, s, a); got != appointment.Closed {
				t.Errorf("%s is %s", a.Start, got)
			}
		}
	})
}

func TestWhoWasOfferedATimeOfAClosedDayGoesBackIntoTheLine(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, r, taken := full(t, db, clock)
		who := people(t, db, 1)[0]
		queue := func() error { return s.Queue(ctx, as(who), r, 1) }
		if err := queue(); err != nil {
			t.Fatal(err)
		}
		if err := s.Cancel(ctx, as(taken[3].Account), taken[3].ID); err != nil {
			t.Fatal(err)
		}
		if err := s.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		offer := held(t, db, who)
		if offer == "" {
			t.Fatal("nothing was offered")
		}
		if err := queue(); !errors.Is(err, appointment.ErrWaiting) {
			t.Errorf("who was offered a time stands in the line twice: %v", err)
		}
		s.Places.Set(closedOn(t, taken[3].Start))
		if err := s.SweepClosed(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Confirm(ctx, as(who), offer); !errors.Is(err, appointment.ErrClosed) {
			t.Errorf("a time of a closed day was confirmed: %v", err)
		}
		clock.Advance(s.Policy.CloseAfter)
		if err := s.SweepClosed(ctx); err != nil {
			t.Fatal(err)
		}
		if waits, err := s.Waits(ctx, as(who)); err != nil || len(waits) != 1 {
			t.Errorf("in the line: %v, %v", waits, err)
		}
		if held(t, db, who) != "" {
			t.Error("the time is held still")
		}
	})
}

func TestAHoldThatRanOutEndsWithItsDayAndIsNotCalledAnAppointment(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, r, taken := full(t, db, clock)
		if err := s.Cancel(ctx, as(taken[3].Account), taken[3].ID); err != nil {
			t.Fatal(err)
		}
		a, err := s.Hold(ctx, as(people(t, db, 1)[0]), r, appointment.Ask{Start: taken[3].Start})
		if err != nil {
			t.Fatal(err)
		}
		clock.Advance(s.Policy.Hold)
		var log strings.Builder
		s.Log = slog.New(slog.NewTextHandler(&log, nil))
		s.Places.Set(closedOn(t, a.Start))
		visits := map[int64]int{}
		for _, x := range must(s.Outside(ctx)) {
			visits[x.Start.Unix()] = x.Visits
		}
		if n, ok := visits[a.Start.Unix()]; !ok || n != 0 || visits[taken[2].Start.Unix()] != 1 {
			t.Errorf("visits outside of the hours: %v", visits)
		}
		for range 2 {
			if err := s.SweepClosed(ctx); err != nil {
				t.Fatal(err)
			}
			clock.Advance(s.Policy.CloseAfter)
		}
		if got := state(t, s, a); got != appointment.Expired {
			t.Errorf("a hold that ran out: %s", got)
		}
		if at := func(a appointment.Appointment) string { return a.Start.Format("2006-01-02 15:04") }; strings.Contains(log.String(), at(a)) || !strings.Contains(log.String(), at(taken[2])) {
			t.Errorf("who changed the hours reads %s", &log)
		}
		if got := state(t, s, taken[2]); got != appointment.Closed {
			t.Errorf("who has booked: %s", got)
		}
	})
}

func TestWhoWaitsTwiceDoesNotHoldUpTheClosingOfADay(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, r, taken := full(t, db, clock)
		who := people(t, db, 1)[0]
		if err := s.Queue(ctx, as(who), r, 1); err != nil {
			t.Fatal(err)
		}
		if err := s.Cancel(ctx, as(taken[3].Account), taken[3].ID); err != nil {
			t.Fatal(err)
		}
		if err := s.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		// A place of before, when who was offered a time could join once more.
		if err := db.WriteRows(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO appointment_wait (id, account_id, resource, party, state, created_at) VALUES ($1, $2, $3, 1, 'waiting', $4)`, id.At(tx.Now()), who, r.ID, tx.Now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		s.Places.Set(closedOn(t, taken[3].Start))
		for range 2 {
			if err := s.SweepClosed(ctx); err != nil {
				t.Fatal(err)
			}
			clock.Advance(s.Policy.CloseAfter)
		}
		if got := state(t, s, taken[2]); got != appointment.Closed {
			t.Errorf("the day was not closed: %s", got)
		}
		if waits, err := s.Waits(ctx, as(who)); err != nil || len(waits) != 1 {
			t.Errorf("in the line: %v, %v", waits, err)
		}
	})
}

// Calendars know a visit by the file of its letter: of one that is off the file takes it out, and of a time that was only held there is none.
func TestTheLettersOfAMoveAndOfAClosedDayLeadToTheFileForCalendars(t *testing.T) {
	bedrooms(t, func(t *testing.T, b *bedroom) {
		letter := func(a appointment.Appointment, subject string) string {
			t.Helper()
			inbox, err := b.Notices.Inbox(ctx, b.who, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range inbox {
				if strings.HasPrefix(n.Note.Subject.RU, subject) && strings.Contains(n.Note.Subject.RU, a.Start.Format("15:04")) {
					return n.Note.Body.RU
				}
			}
			t.Fatalf("no letter %q of %s", subject, a.Start)
			return ""
		}
		leads := func(body string, a appointment.Appointment) bool {
			return strings.Contains(body, "/appointments/"+a.ID+"/visit.ics")
		}
		open := must(b.s.Open(ctx, b.r))
		a := b.book(t)
		moved := must(b.s.Hold(ctx, b.who, b.r, appointment.Ask{Start: open[1].Start, Moves: a.ID}))
		moved = must(b.s.Confirm(ctx, b.who, moved.ID))
		if body := letter(moved, "Запись перенесена"); !leads(body, moved) {
			t.Errorf("the letter of a move: %s", body)
		}
		kept := must(b.s.Hold(ctx, b.who, b.r, appointment.Ask{Start: open[2].Start}))

		list, err := place.Parse([]byte(strings.Replace(early, "slot: 30m", "slot: 30m, off: ["+moved.Start.Format(time.DateOnly)+"]", 1)))
		if err != nil {
			t.Fatal(err)
		}
		b.s.Policy.CloseAfter = 0
		b.s.Places.Set(list)
		if err := b.s.SweepClosed(ctx); err != nil {
			t.Fatal(err)
		}
		if body := letter(moved, "Приёма не будет"); !leads(body, moved) {
			t.Errorf("the letter of a closed day: %s", body)
		}
		off := must(b.s.Get(ctx, b.who, moved.ID))
		if file := off.Calendar(appointment.File{Host: "example.org"}); off.State != appointment.Closed || !off.Called() || !strings.Contains(file, "METHOD:CANCEL") || !strings.Contains(file, a.ID+"@example.org") {
			t.Errorf("%s, whose file is\n%s", off.State, file)
		}
		if body := letter(kept, "Приёма не будет"); strings.Contains(body, "visit.ics") || !strings.Contains(body, "больше не держится") {
			t.Errorf("the letter of a closed day to who only held a time: %s", body)
		}
		if kept = must(b.s.Get(ctx, b.who, kept.ID)); kept.State != appointment.Closed || kept.Called() {
			t.Errorf("a calendar may be told of a time that was only held, %s", kept.State)
		}
		if n, err := b.s.Past(ctx, b.who); err != nil || n != 1 {
			t.Errorf("%d visits are over, %v", n, err)
		}
	})
}

// SRV-7: one day may have hours of its own. What people may choose, the nearest of it and the line go by them, and who changes them is told which
// visits fall outside.
func TestADayWithHoursOfItsOwnIsOfferedAndWhoIsBookedOutsideOfThemIsNamed(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, r, taken := full(t, db, clock) // two times on each of two Thursdays
		var log strings.Builder
		s.Log = slog.New(slog.NewTextHandler(&log, nil))
		wednesday, thursday := taken[0].Start.AddDate(0, 0, -1), taken[0].Start
		waits := people(t, db, 1)[0]
		if err := s.Queue(ctx, as(waits), r, 1); err != nil {
			t.Fatal(err)
		}
		sweep := func() {
			t.Helper()
			if err := s.SweepClosed(ctx); err != nil {
				t.Fatal(err)
			}
		}
		sweep()
		list, err := place.Parse([]byte(strings.Replace(rare, "slot: 30m", "slot: 30m, dates: {"+wednesday.Format(time.DateOnly)+": '15:00-16:30', "+thursday.Format(time.DateOnly)+": '9:30-10:00'}", 1)))
		if err != nil {
			t.Fatal(err)
		}
		s.Places.Set(list)
		_, _, r, _ = s.Resource(r.ID)
		if outside := must(s.Outside(ctx)); len(outside) != 1 || !outside[0].Start.Equal(taken[0].Start) || outside[0].Resource != r.ID || outside[0].Visits != 1 {
			t.Errorf("outside of the new hours lies %+v", outside)
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if err := s.SweepClosed(gone); err == nil {
			t.Fatal("a look that read nothing went well")
		}
		sweep()
		sweep()
		if n := strings.Count(log.String(), "lies outside of the hours"); n != 1 || !strings.Contains(log.String(), taken[0].Start.Format("2006-01-02 15:04")) {
			t.Errorf("who changed the hours was told %d times: %s", n, &log)
		}
		// The day that was added is for who waits first; then for everybody.
		if err := s.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		offer := must(s.Get(ctx, as(waits), held(t, db, waits)))
		if want := wednesday.Format(time.DateOnly) + " 15:00"; offer.Start.Format("2006-01-02 15:04") != want {
			t.Errorf("who waits is offered %s, want %s", offer.Start, want)
		}
		must(s.Confirm(ctx, as(waits), offer.ID))
		open := must(s.Open(ctx, r))
		if soonest := must(s.Soonest(ctx, r)); len(open) != 2 || open[0].Start.Format("2006-01-02 15:04") != wednesday.Format(time.DateOnly)+" 15:30" || soonest[r.ID] != open[0] {
			t.Errorf("there is free %v, the soonest %v", open, soonest)
		}
		if _, err := s.Hold(ctx, as(people(t, db, 1)[0]), r, appointment.Ask{Start: thursday}); !errors.Is(err, appointment.ErrClosed) {
			t.Errorf("a time that was cut from the day: %v", err)
		}
		clock.Advance(s.Policy.CloseAfter)
		sweep()
		for i, want := range []appointment.State{appointment.Closed, appointment.Booked, appointment.Booked, appointment.Booked} {
			if got := state(t, s, taken[i]); got != want {
				t.Errorf("the time %d at %s: %s, want %s", i, taken[i].Start, got, want)
			}
		}
	})
}

// Whoever cancels hears that it is done, as they chose for appointments, and can take the visit out of their calendar.
func TestWhoCancelsIsToldSoAndLedToTheFileThatTakesTheVisitOutOfTheirCalendar(t *testing.T) {
	bedrooms(t, func(t *testing.T, b *bedroom) {
		letters := func() (n int, body string) {
			t.Helper()
			inbox, err := b.Notices.Inbox(ctx, b.who, 20)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range inbox {
				if strings.HasPrefix(x.Note.Subject.RU, "Запись отменена") {
					n, body = n+1, x.Note.Body.RU
				}
			}
			return n, body
		}
		b.at(t, 12*time.Hour) // by day, so that nothing is put off
		a := b.book(t)
		if err := b.s.Cancel(ctx, b.who, a.ID); err != nil {
			t.Fatal(err)
		}
		n, body := letters()
		if n != 1 || !strings.Contains(body, "/appointments/"+a.ID+"/visit.ics") || !strings.Contains(body, "/appointments/new/early") {
			t.Errorf("%d letters: %s", n, body)
		}
		if got := b.texts(t, "Вы отказались от записи"); got != 1 {
			t.Errorf("%d texts went to who wants texts", got)
		}
		if file := must(b.s.Get(ctx, b.who, a.ID)).Calendar(appointment.File{Host: "example.org"}); !strings.Contains(file, "METHOD:CANCEL") {
			t.Errorf("the file is\n%s", file)
		}

		// What was only held was no appointment.
		kept := must(b.s.Hold(ctx, b.who, b.r, appointment.Ask{Start: a.Start}))
		if err := b.s.Cancel(ctx, b.who, kept.ID); err != nil {
			t.Fatal(err)
		}
		if n, _ := letters(); n != 1 {
			t.Errorf("%d letters when a hold was given up", n)
		}

		// "I will not come", said to a reminder, cancels, too.
		a = b.book(t)
		if err := b.s.Remind(ctx, appointment.Remind{Appointment: a.ID, Nth: 1}); err != nil {
			t.Fatal(err)
		}
		if err := b.s.Say(ctx, b.who, a.ID, false); err != nil {
			t.Fatal(err)
		}
		if n, body = letters(); n != 2 || !strings.Contains(body, "visit.ics") {
			t.Errorf("%d letters when who was reminded does not come: %s", n, body)
		}
	})
}
