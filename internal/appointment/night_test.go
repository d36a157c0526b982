package appointment_test

import (
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/appointment"
	"okno/internal/contact"
	"okno/internal/jobs"
	"okno/internal/jobs/jobstest"
	"okno/internal/notification"
	"okno/internal/place"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// A doctor who receives early: from 07:30, while the night of who wants quiet ends at 08:00.
const early = `
- code: clinic
  kind: clinic
  name: {ru: Поликлиника}
  town: {ru: Город}
  address: {ru: Улица}
  at: {lat: 55, lon: 37}
  hours: {thu: '7:30-9:30'}
  desks:
    - {code: early, kind: doctor, name: {ru: Врач}, slot: 30m}
`

const sleeper = "+79123456789"

// bedroom is where somebody sleeps who wants texts about appointments, and none at night.
type bedroom struct {
	*signintest.World
	s     *appointment.Service
	r     appointment.Resource
	who   access.Actor
	clock *storetest.Clock
}

func bedrooms(t *testing.T, body func(t *testing.T, b *bedroom)) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		list, err := place.Parse([]byte(early))
		if err != nil {
			t.Fatal(err)
		}
		b := &bedroom{World: signintest.New(t, db), clock: clock}
		book := &place.Book{}
		book.Set(list)
		b.s = &appointment.Service{DB: db, Policy: b.Policy.Appointments, Places: book, Zone: time.UTC, Ring: b.Ring, Notices: b.Notices}
		_, _, b.r, _ = b.s.Resource("early")
		b.Register(t, signintest.Visitor("a"), sleeper)
		var person string
		if err := db.QueryRow(ctx, `SELECT id FROM account`).Scan(&person); err != nil {
			t.Fatal(err)
		}
		b.who = as(person)
		if err := b.Notices.Choose(ctx, b.who, notification.Choice{Ways: map[notification.Topic][]notification.Way{notification.Visit: {notification.Way(contact.Phone)}}, Quiet: true}); err != nil {
			t.Fatal(err)
		}
		body(t, b)
	})
}

// at moves the clock on to the time of the day, of tomorrow when it is past.
func (b *bedroom) at(t *testing.T, clock time.Duration) {
	t.Helper()
	now := b.clock.Now()
	next := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC).Add(clock)
	if !next.After(now) {
		next = next.AddDate(0, 0, 1)
	}
	jobstest.Settle(t, b.Jobs) // what is under way would put itself off by the hour that was
	b.clock.Advance(next.Sub(now))
	if err := b.Jobs.Advance(ctx, next.Sub(now)); err != nil {
		t.Fatal(err)
	}
	jobstest.Settle(t, b.Jobs)
}

// texts are how many came with the words.
func (b *bedroom) texts(t *testing.T, words string) (n int) {
	t.Helper()
	jobstest.Settle(t, b.Jobs)
	for _, m := range b.Outbox.To(sleeper) {
		if strings.Contains(m.Body, words) {
			n++
		}
	}
	return n
}

// book takes the first time that is free.
func (b *bedroom) book(t *testing.T) appointment.Appointment {
	t.Helper()
	open, err := b.s.Open(ctx, b.r)
	if err != nil || len(open) == 0 {
		t.Fatalf("%d times, %v", len(open), err)
	}
	a, err := b.s.Hold(ctx, b.who, b.r, appointment.Ask{Start: open[0].Start})
	if err == nil {
		a, err = b.s.Confirm(ctx, b.who, a.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestNothingIsSentInTheMorningThatTheNightMadeUntrue(t *testing.T) {
	bedrooms(t, func(t *testing.T, b *bedroom) {
		b.at(t, 23*time.Hour)
		for range 3 { // at 07:30 and 08:00, when the night is not over before, and at 08:30
			b.book(t)
		}
		if got := b.texts(t, "Врач"); got != 0 {
			t.Errorf("%d texts at night", got)
		}
		b.at(t, 8*time.Hour+time.Second)
		if got := b.texts(t, "Врач"); got != 1 || b.texts(t, "08:30") != 1 {
			t.Errorf("%d texts in the morning: %+v", got, b.Outbox.To(sleeper))
		}
		inbox, err := b.Notices.Inbox(ctx, b.who, 10)
		if err != nil {
			t.Fatal(err)
		}
		said := 0
		for _, n := range inbox {
			if n.Note.Topic == notification.Visit {
				said++
			}
		}
		if said != 3 {
			t.Errorf("the inbox says %d of three times", said)
		}
	})
}

func TestAReminderThatWouldGoAtNightGoesOnTheEveningBefore(t *testing.T) {
	bedrooms(t, func(t *testing.T, b *bedroom) {
		queue, err := jobs.New(b.DB, jobs.Config{})
		if err != nil {
			t.Fatal(err)
		}
		b.s.Jobs = queue
		a := b.book(t) // tomorrow at 07:30
		began := time.Now()
		var rings []time.Duration
		rows, err := b.DB.Query(ctx, `SELECT scheduled_at FROM river_job WHERE kind = 'appointment.remind'`)
		if err := store.Each(rows, err, func(r *store.Rows) error {
			var at time.Time
			err := r.Scan(store.Time(&at))
			rings = append(rings, at.Sub(began))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		evening := 21*time.Hour + 45*time.Minute
		if want := evening - 11*time.Hour - 2*time.Minute; len(rings) != 1 || (rings[0]-want).Abs() > time.Minute {
			t.Fatalf("the timers ring in %v, want %v", rings, want)
		}
		b.s.Jobs = nil
		b.clock.Advance(rings[0])
		if err := b.s.Remind(ctx, appointment.Remind{Appointment: a.ID, Nth: 2}); err != nil {
			t.Fatal(err)
		}
		if got := b.texts(t, "Придёте?"); got != 1 {
			t.Errorf("%d reminders on the evening before", got)
		}
	})
}

// offered is what a night offers the sleeper: the last time of all, while one of tomorrow at 08:00 is free besides, of which it is too late
// to tell.
func (b *bedroom) offered(t *testing.T) (a appointment.Appointment, near time.Time) {
	t.Helper()
	open := must(b.s.Open(ctx, b.r))
	var taken []appointment.Appointment
	b.s.Notices = nil // nobody tells the others, who are of no ring of ours
	for i, person := range people(t, b.DB, len(open)) {
		a, err := b.s.Hold(ctx, as(person), b.r, appointment.Ask{Start: open[i].Start})
		if err == nil {
			a, err = b.s.Confirm(ctx, as(person), a.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		taken = append(taken, a)
	}
	if err := b.s.Queue(ctx, b.who, b.r, 1); err != nil {
		t.Fatal(err)
	}
	b.at(t, 23*time.Hour)
	last := taken[len(taken)-1]
	for _, a := range []appointment.Appointment{taken[1], last} { // tomorrow at 08:00, and in days
		if err := b.s.Cancel(ctx, as(a.Account), a.ID); err != nil {
			t.Fatal(err)
		}
	}
	b.s.Notices = b.Notices
	b.offer(t)
	a, err := b.s.Get(ctx, b.who, held(t, b.DB, b.who.ID))
	if got := a.HeldUntil.Format("15:04"); got != "09:00" {
		t.Errorf("it is kept until %s", got)
	}
	if err != nil || !a.Start.Equal(last.Start) {
		t.Fatalf("the night offered %+v, %v", a, err)
	}
	return a, taken[1].Start
}

func (b *bedroom) offer(t *testing.T) {
	t.Helper()
	if err := b.s.Offer(ctx, appointment.Offer{Resource: b.r.ID}); err != nil {
		t.Fatal(err)
	}
}

func TestAnOfferOfTheNightCanBeTakenInTheMorning(t *testing.T) {
	bedrooms(t, func(t *testing.T, b *bedroom) {
		a, near := b.offered(t)
		if free, err := b.s.Open(ctx, b.r); err != nil || len(free) != 1 || !free[0].Start.Equal(near) {
			t.Errorf("before anybody could take an offer there is %+v, %v", free, err)
		}
		b.at(t, 8*time.Hour+59*time.Minute)
		b.offer(t)
		if got := b.texts(t, "Подтвердите"); got != 1 {
			t.Errorf("%d offers in the morning", got)
		}
		if _, err := b.s.Confirm(ctx, b.who, a.ID); err != nil {
			t.Errorf("an hour of the morning later: %v", err)
		}
	})
}

func TestAnOfferThatRanOutIsNotSent(t *testing.T) {
	bedrooms(t, func(t *testing.T, b *bedroom) {
		b.offered(t)
		b.at(t, 9*time.Hour+time.Minute)
		if got := b.texts(t, "Подтвердите"); got != 0 {
			t.Errorf("%d offers of a time that is not kept any more", got)
		}
	})
}
