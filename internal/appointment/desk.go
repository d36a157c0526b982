package appointment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/id"
	"okno/internal/place"
	"okno/internal/store"
)

// Visit is an appointment as the desk sees it.
type Visit struct {
	Appointment
	Name string // of the person; "" of who stands there without an account
}

// Desks are the desks of the places where whoever asks works.
func (s *Service) Desks(who access.Actor) ([]place.Desk, error) {
	if err := who.May(access.ReceiveVisitors); err != nil {
		return nil, err
	}
	var all []place.Desk
	for _, p := range s.Places.At(who.Unit) {
		all = append(all, p.Desks...)
	}
	return all, nil
}

// own is a desk of whoever asks: of another's they hear that there is none.
func (s *Service) own(who access.Actor, code string) (Resource, error) {
	if err := who.May(access.ReceiveVisitors); err != nil {
		return Resource{}, err
	}
	p, _, r, ok := s.Resource(code)
	if !ok || p.Unit != who.Unit {
		return Resource{}, ErrNoDesk
	}
	return r, nil
}

// Sheet is who comes to a desk of one's own on the day, in order of time. That their names were read is recorded of each, and each reads of it.
func (s *Service) Sheet(ctx context.Context, who access.Actor, code string, day time.Time) ([]Visit, error) {
	r, err := s.own(who, code)
	if err != nil {
		return nil, err
	}
	list, err := s.Day(ctx, r, day)
	if err != nil {
		return nil, err
	}
	var people []string
	var firsts []Appointment // of each of them: a look is recorded once
	for _, a := range list {
		if a.Account != "" && !slices.Contains(people, a.Account) {
			people, firsts = append(people, a.Account), append(firsts, a)
		}
	}
	out := make([]Visit, len(list))
	err = s.DB.WriteRows(ctx, func(tx *store.Tx) error {
		names, err := s.Accounts.FullNames(ctx, tx, people)
		if err != nil {
			return err
		}
		for i, a := range list {
			out[i] = Visit{a, names[a.Account]}
		}
		for _, a := range firsts { // they travel together
			if err := audit.Record(ctx, tx, audit.Event{Action: "appointment.viewed", Actor: who, Subject: a.Account, Object: "appointment/" + a.ID}); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// Mark says whether who was expected came. Nobody is missed before their time, and nobody is marked days later.
func (s *Service) Mark(ctx context.Context, who access.Actor, code, appointmentID string, came bool) error {
	r, err := s.own(who, code)
	if err != nil {
		return err
	}
	return s.DB.WriteRows(ctx, func(tx *store.Tx) error {
		a, err := byID(ctx, tx, appointmentID)
		if err != nil || a.Resource != r.ID || a.State != Booked {
			return ErrOver
		}
		today := a.Start.In(r.Calendar.Zone).Format(time.DateOnly) == tx.Now().In(r.Calendar.Zone).Format(time.DateOnly)
		if !today || !came && a.Start.After(tx.Now()) {
			return ErrClosed
		}
		if _, err := tx.Exec(ctx, `UPDATE appointment SET came = $1 WHERE id = $2`, came, a.ID); err != nil {
			return fmt.Errorf("mark %s: %w", a.ID, err)
		}
		if a.Account == "" {
			return nil
		}
		action := "appointment.came"
		if !came {
			action = "appointment.missed"
		}
		return audit.Record(ctx, tx, audit.Event{Action: action, Actor: who, Subject: a.Account, Object: "appointment/" + a.ID})
	})
}

// WalkIn gives a seat of today to who stands there: they get a number, and nothing of them is kept. It takes the seat from the same
// ones as everybody.
func (s *Service) WalkIn(ctx context.Context, who access.Actor, code string, start time.Time) (a Appointment, err error) {
	r, err := s.own(who, code)
	if err != nil {
		return Appointment{}, err
	}
	// Serialisable: two clerks must not give one number.
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		slot, ok := r.Calendar.slot(start)
		now := tx.Now().In(r.Calendar.Zone)
		if !ok || !slot.End.After(tx.Now()) || start.In(r.Calendar.Zone).Format(time.DateOnly) != now.Format(time.DateOnly) {
			return ErrClosed
		}
		if err := s.orQueue(ctx, tx, r, slot); err != nil {
			return err
		}
		a = Appointment{ID: id.At(tx.Now()), Kind: r.Kind, Resource: r.ID, Start: slot.Start, End: slot.End, State: Booked, Party: 1}
		a.Root = a.ID
		midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, r.Calendar.Zone)
		if err := tx.QueryRow(ctx, `SELECT COALESCE(MAX(number), 0) + 1 FROM appointment WHERE resource = $1 AND starts_at >= $2 AND starts_at < $3`, r.ID, midnight.UTC(), midnight.AddDate(0, 0, 1).UTC()).Scan(&a.Number); err != nil {
			return err
		}
		return s.sit(ctx, tx, a, r.Calendar.Capacity)
	})
	return a, err
}

// Now lists the times of today that a desk of one's own can give to who stands there, the running one among them.
func (s *Service) Now(ctx context.Context, who access.Actor, code string) ([]Slot, error) {
	r, err := s.own(who, code)
	if err != nil {
		return nil, err
	}
	now := s.DB.Now()
	free, err := s.left(ctx, s.DB, r, r.Calendar.day(now))
	if err != nil {
		return nil, err
	}
	line, err := line(ctx, s.DB, r.ID)
	if err != nil {
		return nil, err
	}
	var out []Slot
	for _, slot := range free {
		if slot.End.After(now) && !s.awaited(slot, line, now) {
			out = append(out, slot)
		}
	}
	return out, nil
}
