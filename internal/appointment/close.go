package appointment

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/store"
)

// closing is what a node remembers of the hours that it looked at last.
type closing struct {
	mu     sync.Mutex
	hours  hours
	since  time.Time // when the node saw them first; zero before the first look
	told   bool      // who changed them was told what lies outside
	looked bool      // nothing that is booked lies outside of them
}

// Receives reports whether a time lies within the hours of its day. A slot that became longer or shorter does not matter: who has booked
// comes at their time all the same.
func (c Calendar) Receives(start, end time.Time) bool {
	day := start.In(c.Zone)
	for _, s := range c.hours(day) {
		// By the clock on the wall, as slots are made.
		from := time.Date(day.Year(), day.Month(), day.Day(), 0, int(s.From/time.Minute), 0, 0, c.Zone)
		to := time.Date(day.Year(), day.Month(), day.Day(), 0, int(s.To/time.Minute), 0, 0, c.Zone)
		if !start.Before(from) && !end.After(to) {
			return true
		}
	}
	return false
}

// Receives reports whether somebody receives at the time of the appointment still. A desk that was taken off the list keeps its people.
func (s *Service) Receives(a Appointment) bool {
	_, _, r, ok := s.Resource(a.Resource)
	return !ok || r.Calendar.Receives(a.Start, a.End)
}

// hours tells the hours of one moment from those of another: the editions of the list of places and of the production calendar.
type hours [2]int64

func (s *Service) hours() hours { return hours{s.Places.Edition(), s.Workdays.Edition()} }

// SweepClosed cancels what is booked or held for a time at which nobody receives any more: a day that became a day off, an hour that was cut from
// it. Each person is told, and who was offered a time goes back into the line. Hours that changed count after appointments.close_after, so
// that a slip in a file can be mended first, and every node goes by the new ones. A desk that was taken off the list keeps its people.
func (s *Service) SweepClosed(ctx context.Context) error {
	hours := s.hours()
	fresh, ripe := s.closing.look(hours, s.DB.Now(), s.Policy.CloseAfter)
	if !fresh && !ripe {
		return nil
	}
	closed, err := s.Outside(ctx)
	if err != nil {
		return err
	}
	if fresh && s.Log != nil { // who changed the hours reads of it before people do
		for _, x := range closed {
			if x.Visits == 0 {
				continue
			}
			s.Log.WarnContext(ctx, "a time that is booked lies outside of the hours: it is cancelled unless they change", "desk", x.Resource, "at", x.Start.In(s.Zone).Format("2006-01-02 15:04"), "visits", x.Visits, "after", s.Policy.CloseAfter.String())
		}
	}
	s.closing.tell(hours)
	if !ripe {
		return nil
	}
	for _, x := range closed {
		err = errors.Join(err, s.closeSlot(ctx, x))
	}
	if len(closed) == 0 { // what was found is looked at again: a node with the hours of before may have given a time meanwhile
		s.closing.done(hours)
	}
	return err
}

// look reports whether nobody was told of the hours yet, and whether they have been the same for long enough and nobody went by them yet.
func (c *closing) look(hours hours, now time.Time, after time.Duration) (fresh, ripe bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.since.IsZero() || c.hours != hours {
		c.hours, c.since, c.told, c.looked = hours, now, false, false
	}
	return !c.told, !c.looked && !now.Before(c.since.Add(after))
}

func (c *closing) tell(hours hours) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = c.hours == hours
}

func (c *closing) done(hours hours) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looked = c.hours == hours
}

// Outside is a time of a desk that somebody has, and at which it does not receive.
type Outside struct {
	Resource   string
	Start, End time.Time
	Visits     int // that are booked; 0 of a time that was only held
}

// Outside are the times before us that somebody has, or held, and that are not in the hours of their desk.
func (s *Service) Outside(ctx context.Context) (out []Outside, err error) {
	rows, err := s.DB.Query(ctx, `SELECT resource, starts_at, ends_at, COUNT(CASE WHEN state = $2 THEN 1 END) FROM appointment WHERE starts_at > $1 AND state IN ($2, $3) AND head IS NULL
		GROUP BY resource, starts_at, ends_at ORDER BY resource, starts_at`, s.DB.Now(), string(Booked), string(Held))
	var desk Resource // of the rows that are read
	listed := false
	err = store.Each(rows, err, func(r *store.Rows) error {
		var x Outside
		if err := r.Scan(&x.Resource, store.Time(&x.Start), store.Time(&x.End), &x.Visits); err != nil {
			return err
		}
		if desk.ID != x.Resource {
			_, _, desk, listed = s.Resource(x.Resource)
			desk.ID = x.Resource
		}
		if listed && !desk.Calendar.Receives(x.Start, x.End) {
			out = append(out, x)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("times that are booked: %w", err)
	}
	return out, nil
}

// closeSlot cancels one time for everybody who has it. A hold that ran out is nobody's any more: it ends, and nobody is told.
func (s *Service) closeSlot(ctx context.Context, x Outside) error {
	return s.DB.WriteRows(ctx, func(tx *store.Tx) error {
		all, err := list(ctx, tx, `resource = $1 AND starts_at = $2 AND ends_at = $3 AND state IN ($4, $5) AND head IS NULL ORDER BY id`, x.Resource, x.Start, x.End, string(Booked), string(Held))
		if err != nil {
			return err
		}
		for _, a := range all {
			to := Closed
			if a.State == Held && !a.HeldUntil.After(tx.Now()) {
				to = Expired
			}
			switch err := s.release(ctx, tx, a, a.State, to); {
			case errors.Is(err, ErrOver): // given back, or confirmed, at this moment: the next look tells
				continue
			case err != nil:
				return fmt.Errorf("close %s: %w", x.Resource, err)
			}
			if to == Expired { // of an offer lapse ends the rest
				continue
			}
			if err := s.requeue(ctx, tx, a); err != nil {
				return err
			}
			if a.Account == "" { // who took a number at the desk stands there
				continue
			}
			if err := audit.Record(ctx, tx, audit.Event{Action: "appointment.closed", Actor: access.Actor{}, Subject: a.Account, Object: "appointment/" + a.ID}); err != nil {
				return err
			}
			key := "message.appointment_closed"
			if a.State == Held { // of which no calendar knows
				key = "message.appointment_unheld"
			}
			a.State = to
			if err := s.tell(ctx, tx, a, key, "appointments/new/"+a.Resource, nil); err != nil {
				return err
			}
		}
		return nil
	})
}
