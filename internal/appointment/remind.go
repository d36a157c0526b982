package appointment

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/store"
)

// ErrLink is a link of a reminder that is not ours, or not any more.
var ErrLink = fault.New(fault.Missing, "appointment.link")

// Remind is the timer of a reminder: the first or the last of an appointment.
type Remind struct {
	Appointment string `json:"appointment"`
	Nth         int    `json:"nth"`
}

// Kind names the job in the queue.
func (Remind) Kind() string { return "appointment.remind" }

// booked tells the person what they have, and sets the timers. A reminder whose moment is past already is none.
func (s *Service) booked(ctx context.Context, tx *store.Tx, a Appointment) error {
	if s.Jobs != nil {
		var timers []jobs.Args
		for i, before := range []time.Duration{s.Policy.RemindFirst, s.Policy.RemindLast} {
			if at := s.timer(a.Start.Add(-before), tx.Now()); at.After(tx.Now()) {
				timers = append(timers, jobs.At(Remind{a.ID, i + 1}, at))
			}
		}
		if err := s.Jobs.Enqueue(ctx, tx, timers...); err != nil {
			return err
		}
	}
	key := "message.appointment_booked"
	if a.Moves != "" {
		key = "message.appointment_moved"
	}
	return s.tell(ctx, tx, a, key, "appointments/"+a.ID, nil)
}

// cancelled confirms to the person that they have given a booked time back, and leads to the file that takes it out of their calendar.
func (s *Service) cancelled(ctx context.Context, tx *store.Tx, a Appointment) error {
	a.State = Cancelled
	return s.tell(ctx, tx, a, "message.appointment_cancelled", "appointments/new/"+a.Resource, nil)
}

// timer is when a reminder goes that was to go at the moment: by night it would be read when the visit has begun, so it goes on the
// evening before, if that is not past.
func (s *Service) timer(at, now time.Time) time.Time {
	if evening := s.Notices.Evening(at); evening.After(now) {
		return evening
	}
	return at
}

// tell tells the person about an appointment of theirs. out, when it is not nil, are the words that go to the contacts only.
func (s *Service) tell(ctx context.Context, tx *store.Tx, a Appointment, key, path string, out func([]any) (said, brief i18n.Text)) error {
	if s.Notices == nil {
		return nil
	}
	n := s.about(key, path, append(s.words(ctx, a), s.calendarOf(a.ID)...), out)
	switch a.State { // until when it is true
	case Held:
		n.Until = a.HeldUntil
	case Booked:
		n.Until = a.Start
	default:
	}
	err := s.Notices.Tell(ctx, tx, a.Account, n)
	if errors.Is(err, keyring.ErrNoKey) {
		return nil // erased meanwhile
	}
	return err
}

// words are when and where, for a message.
func (s *Service) words(ctx context.Context, a Appointment) []any {
	p, d, _, ok := s.Resource(a.Resource)
	if !ok { // taken off the list meanwhile; who has booked keeps it
		d.Name.RU, d.Name.EN = a.Resource, a.Resource
	}
	return s.where(ctx, a.Start, d.Name, p.Name, p.Address)
}

// Remind asks the person whether they come: once, however often the timer rings, and not of a time that is not theirs any more.
func (s *Service) Remind(ctx context.Context, job Remind) error {
	return s.DB.WriteRows(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE appointment SET reminded = $1 WHERE id = $2 AND state = $3 AND starts_at > $4 AND reminded < $1`, job.Nth, job.Appointment, string(Booked), tx.Now())
		if err != nil || n == 0 {
			return err
		}
		a, err := byID(ctx, tx, job.Appointment)
		if err != nil {
			return err
		}
		return s.tell(ctx, tx, a, "message.appointment_soon", "appointments/"+a.ID, s.withAnswer(s.link(a.ID, job.Nth)))
	})
}

func byID(ctx context.Context, q store.Querier, appointmentID string) (Appointment, error) {
	a, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM appointment WHERE id = $1 AND head IS NULL`, appointmentID))
	if err = store.One(err); err != nil {
		return a, fmt.Errorf("appointment %s: %w", appointmentID, err)
	}
	return a, nil
}

const linkPurpose = "appointment.answer"

// link is the name under which a reminder is answered without signing in. It goes to the contacts and is nowhere else.
func (s *Service) link(appointmentID string, nth int) string {
	said := appointmentID + "." + strconv.Itoa(nth)
	return said + "." + s.Ring.Token(linkPurpose, said)
}

func (s *Service) ofLink(link string) (appointmentID string, nth int, err error) {
	parts := strings.SplitN(link, ".", 3)
	if len(parts) != 3 || !s.Ring.IsToken(linkPurpose, parts[0]+"."+parts[1], parts[2]) {
		return "", 0, ErrLink
	}
	nth, err = strconv.Atoi(parts[1])
	return parts[0], nth, err
}

// Asked is what the link of a reminder asks about: the time, and of the person nothing. answered says that the link was used, or a later one was.
func (s *Service) Asked(ctx context.Context, link string) (a Appointment, answered bool, err error) {
	appointmentID, nth, err := s.ofLink(link)
	if err != nil {
		return Appointment{}, false, err
	}
	if a, err = byID(ctx, s.DB, appointmentID); errors.Is(err, store.ErrNotFound) {
		err = ErrLink // erased meanwhile
	}
	return a, a.Answered >= nth, err
}

// Asks reports whether the person was asked whether they come, and has not said.
func (a Appointment) Asks(now time.Time) bool {
	return a.State == Booked && a.Start.After(now) && a.Answered < a.Reminded
}

// Answer takes what is said behind the link of a reminder, once for each. Who does not come frees the time, up to the last moment.
func (s *Service) Answer(ctx context.Context, link string, coming bool) error {
	appointmentID, nth, err := s.ofLink(link)
	if err != nil {
		return err
	}
	return s.DB.WriteRows(ctx, func(tx *store.Tx) error {
		return s.answer(ctx, tx, access.Actor{}, "appointment.answered", appointmentID, nth, coming)
	})
}

// Say takes what the person says on the page of their appointment to the last reminder that went: the links of all of them are used by that.
func (s *Service) Say(ctx context.Context, who access.Actor, appointmentID string, coming bool) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.WriteRows(ctx, func(tx *store.Tx) error {
		a, err := one(ctx, tx, who.Whose(), appointmentID)
		if err != nil {
			return err
		}
		return s.answer(ctx, tx, who, "appointment.said", a.ID, a.Reminded, coming)
	})
}

func (s *Service) answer(ctx context.Context, tx *store.Tx, who access.Actor, action, appointmentID string, nth int, coming bool) error {
	n, err := tx.Exec(ctx, `UPDATE appointment SET answered = $1, coming = $2 WHERE id = $3 AND state = $4 AND starts_at > $5 AND answered < $1`, nth, coming, appointmentID, string(Booked), tx.Now())
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrOver
	}
	a, err := byID(ctx, tx, appointmentID)
	if err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: action, Actor: who, Subject: a.Account, Object: "appointment/" + a.ID}); err != nil || coming {
		return err
	}
	if err := s.release(ctx, tx, a, Booked, Cancelled); err != nil {
		return err
	}
	return s.cancelled(ctx, tx, a)
}
