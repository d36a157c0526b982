package appointment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/fault"
	"okno/internal/id"
	"okno/internal/policy"
	"okno/internal/store"
)

// State is how far an appointment is. Its text is stored.
type State string

// The states.
const (
	Held      State = "held"
	Booked    State = "booked"
	Cancelled State = "cancelled"
	Moved     State = "moved"   // another one took its place
	Expired   State = "expired" // held, and not confirmed in time
)

// The refusals.
var (
	ErrTaken  = fault.New(fault.Conflict, "appointment.taken")  // somebody was faster
	ErrClosed = fault.New(fault.Conflict, "appointment.closed") // no such time, or past, or beyond the horizon
	ErrMost   = fault.New(fault.Conflict, "appointment.most")   // the person has as many as one may have
	ErrOver   = fault.New(fault.Conflict, "appointment.over")   // the hold ran out, or the appointment is not one any more
	ErrLate   = fault.New(fault.Conflict, "appointment.late")   // too near to be cancelled or moved
	ErrGone   = fault.New(fault.Missing, "appointment.missing") // none of this person
)

// Appointment is a time that a person has.
type Appointment struct {
	ID        string
	Account   string
	Kind      string
	Resource  string
	Start     time.Time
	End       time.Time
	State     State
	HeldUntil time.Time // zero once confirmed
	Moves     string    // the appointment whose place it takes when confirmed
	Sequence  int       // how often it was moved
}

// Service keeps appointments.
type Service struct {
	DB     *store.DB
	Policy policy.Appointments
}

// Free lists the slots of a day that somebody may still hold, with the seats left of each.
func (s *Service) Free(ctx context.Context, r Resource, day time.Time) ([]Slot, error) {
	slots := r.Calendar.day(day)
	if len(slots) == 0 {
		return nil, nil
	}
	now := s.DB.Now()
	rows, err := s.DB.Query(ctx, `SELECT starts_at, COUNT(*) FROM appointment WHERE resource = $1 AND starts_at >= $2 AND starts_at <= $3 AND seat IS NOT NULL
		AND (held_until IS NULL OR held_until > $4) GROUP BY starts_at`, r.ID, slots[0].Start, slots[len(slots)-1].Start, now)
	if err != nil {
		return nil, fmt.Errorf("slots of %s: %w", r.ID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	taken := map[int64]int{}
	for rows.Next() {
		var start time.Time
		var n int
		if err := rows.Scan(store.Time(&start), &n); err != nil {
			return nil, err
		}
		taken[start.Unix()] = n
	}
	var free []Slot
	for _, slot := range slots {
		slot.Free -= taken[slot.Start.Unix()]
		if slot.Free > 0 && s.open(slot.Start, now) {
			free = append(free, slot)
		}
	}
	return free, rows.Err()
}

func (s *Service) open(start, now time.Time) bool {
	return start.After(now) && !start.After(now.Add(s.Policy.Horizon))
}

// Hold keeps a seat for the person while they confirm. moves is the appointment that the new one replaces, empty for none.
func (s *Service) Hold(ctx context.Context, accountID string, r Resource, start time.Time, moves string) (a Appointment, err error) {
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		slot, ok := r.Calendar.slot(start)
		if !ok || !s.open(start, tx.Now()) {
			return ErrClosed
		}
		a = Appointment{ID: id.At(tx.Now()), Account: accountID, Kind: r.Kind, Resource: r.ID, Start: slot.Start, End: slot.End, State: Held,
			HeldUntil: store.Moment(tx.Now().Add(s.Policy.Hold)), Moves: moves}
		if moves != "" {
			old, err := s.movable(ctx, tx, accountID, moves)
			if err != nil {
				return err
			}
			if old.Kind != r.Kind {
				return ErrClosed
			}
			a.Sequence = old.Sequence + 1
		}
		if err := s.room(ctx, tx, a); err != nil {
			return err
		}
		seat, err := seat(ctx, tx, a, r.Calendar.Capacity)
		if err != nil {
			return err
		}
		err = tx.Do(ctx, `INSERT INTO appointment (id, account_id, kind, resource, starts_at, ends_at, seat, state, held_until, moves, sequence, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			a.ID, accountID, a.Kind, a.Resource, a.Start, a.End, seat, string(Held), a.HeldUntil, orNull(moves), a.Sequence, tx.Now())
		if errors.Is(err, store.ErrExists) {
			return ErrTaken
		}
		return err
	})
	return a, err
}

// room lets go of the person's earlier hold of the kind, which they gave up for this one, and refuses whoever has the most one may have.
func (s *Service) room(ctx context.Context, tx *store.Tx, a Appointment) error {
	if _, err := tx.Exec(ctx, `UPDATE appointment SET state = $1, seat = NULL WHERE account_id = $2 AND kind = $3 AND state = $4`, string(Expired), a.Account, a.Kind, string(Held)); err != nil {
		return fmt.Errorf("let go of holds of %s: %w", a.Account, err)
	}
	var n int
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM appointment WHERE account_id = $1 AND kind = $2 AND state = $3 AND starts_at > $4 AND id <> $5`,
		a.Account, a.Kind, string(Booked), tx.Now(), a.Moves).Scan(&n); err != nil {
		return err
	}
	if n >= s.Policy.Most {
		return ErrMost
	}
	return nil
}

// seat is the lowest that is free. Holds that ran out give theirs back first.
func seat(ctx context.Context, tx *store.Tx, a Appointment, capacity int) (int, error) {
	if _, err := tx.Exec(ctx, `UPDATE appointment SET state = $1, seat = NULL WHERE resource = $2 AND starts_at = $3 AND state = $4 AND held_until <= $5`,
		string(Expired), a.Resource, a.Start, string(Held), tx.Now()); err != nil {
		return 0, fmt.Errorf("free seats of %s: %w", a.Resource, err)
	}
	rows, err := tx.Query(ctx, `SELECT seat FROM appointment WHERE resource = $1 AND starts_at = $2 AND seat IS NOT NULL`, a.Resource, a.Start)
	if err != nil {
		return 0, err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	taken := map[int]bool{}
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return 0, err
		}
		taken[n] = true
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	for n := range capacity {
		if !taken[n] {
			return n, nil
		}
	}
	return 0, ErrTaken
}

// Confirm books what the person holds. Of a move the old time is given back in the same transaction. Confirming twice is confirming once.
func (s *Service) Confirm(ctx context.Context, accountID, appointmentID string) (a Appointment, err error) {
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if a, err = one(ctx, tx, accountID, appointmentID); err != nil || a.State == Booked {
			return err
		}
		if a.State != Held || !a.HeldUntil.After(tx.Now()) {
			return ErrOver
		}
		if a.Moves != "" {
			if _, err := s.movable(ctx, tx, accountID, a.Moves); err != nil {
				return err
			}
			if err := release(ctx, tx, a.Moves, Moved); err != nil {
				return err
			}
		}
		a.State, a.HeldUntil = Booked, time.Time{}
		return store.Touched(tx.Exec(ctx, `UPDATE appointment SET state = $1, held_until = NULL WHERE id = $2`, string(Booked), a.ID))
	})
	return a, err
}

// Cancel gives the time back.
func (s *Service) Cancel(ctx context.Context, accountID, appointmentID string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := one(ctx, tx, accountID, appointmentID)
		if err != nil {
			return err
		}
		if a.State == Booked {
			if _, err := s.movable(ctx, tx, accountID, appointmentID); err != nil {
				return err
			}
		} else if a.State != Held {
			return ErrOver
		}
		return release(ctx, tx, a.ID, Cancelled)
	})
}

// movable is an appointment that may still be given back.
func (s *Service) movable(ctx context.Context, q store.Querier, accountID, appointmentID string) (Appointment, error) {
	a, err := one(ctx, q, accountID, appointmentID)
	switch {
	case err != nil:
		return a, err
	case a.State != Booked:
		return a, ErrOver
	case !a.Start.After(q.Now().Add(s.Policy.CancelBefore)):
		return a, ErrLate
	}
	return a, nil
}

func release(ctx context.Context, tx *store.Tx, appointmentID string, to State) error {
	return store.Touched(tx.Exec(ctx, `UPDATE appointment SET state = $1, seat = NULL, held_until = NULL WHERE id = $2`, string(to), appointmentID))
}

const columns = `id, account_id, kind, resource, starts_at, ends_at, state, held_until, COALESCE(moves, ''), sequence`

func one(ctx context.Context, q store.Querier, accountID, appointmentID string) (Appointment, error) {
	a, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM appointment WHERE id = $1 AND account_id = $2`, appointmentID, accountID))
	if err = store.One(err); errors.Is(err, store.ErrNotFound) {
		err = ErrGone
	}
	return a, err
}

func scan(row interface{ Scan(...any) error }) (a Appointment, err error) {
	var state string
	err = row.Scan(&a.ID, &a.Account, &a.Kind, &a.Resource, store.Time(&a.Start), store.Time(&a.End), &state, store.NullTime(&a.HeldUntil), &a.Moves, &a.Sequence)
	a.State = State(state)
	return a, err
}

// Day lists who comes to a resource on the day of the moment, in order of time.
func (s *Service) Day(ctx context.Context, r Resource, day time.Time) (all []Appointment, err error) {
	at := day.In(r.Calendar.Zone)
	from := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, r.Calendar.Zone)
	return list(ctx, s.DB, `resource = $1 AND starts_at >= $2 AND starts_at < $3 AND state = $4 ORDER BY starts_at, seat`, r.ID, from.UTC(), from.AddDate(0, 0, 1).UTC(), string(Booked))
}

// Of lists the times that a person has before them.
func (s *Service) Of(ctx context.Context, accountID string) ([]Appointment, error) {
	return list(ctx, s.DB, `account_id = $1 AND ends_at > $2 AND state = $3 ORDER BY starts_at, id`, accountID, s.DB.Now(), string(Booked))
}

func list(ctx context.Context, q store.Querier, where string, args ...any) ([]Appointment, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM appointment WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("appointments: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var all []Appointment
	for rows.Next() {
		a, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, rows.Err()
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
