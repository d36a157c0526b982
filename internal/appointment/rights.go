package appointment

import (
	"context"
	"fmt"
	"time"

	"okno/internal/store"
)

type heldAppointment struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`
	Resource  string    `json:"resource"`
	Start     time.Time `json:"starts_at"`
	End       time.Time `json:"ends_at"`
	Seat      *int      `json:"seat,omitempty"`
	State     State     `json:"state"`
	HeldUntil time.Time `json:"held_until,omitzero"`
	Moves     string    `json:"moves,omitempty"`
	Sequence  int       `json:"sequence"`
	Head      string    `json:"head,omitempty"`
	Root      string    `json:"root,omitempty"`
	Party     int       `json:"people"`
	Reminded  int       `json:"reminded"`
	Answered  int       `json:"answered"`
	Coming    *bool     `json:"coming,omitempty"`
	Came      *bool     `json:"came,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// Holder gives away and takes out what is kept of a person.
type Holder struct{}

// Export gives the times that the person has and had.
func (Holder) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT id, kind, resource, starts_at, ends_at, seat, state, held_until, COALESCE(moves, ''), sequence, COALESCE(head, ''), COALESCE(root, ''), party, reminded, answered, coming, came, created_at
		FROM appointment WHERE account_id = $1 ORDER BY starts_at, id`, accountID)
	if err != nil {
		return fmt.Errorf("appointments of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var a heldAppointment
		var state string
		if err := rows.Scan(&a.ID, &a.Kind, &a.Resource, store.Time(&a.Start), store.Time(&a.End), &a.Seat, &state, store.NullTime(&a.HeldUntil), &a.Moves, &a.Sequence, &a.Head, &a.Root, &a.Party, &a.Reminded, &a.Answered, &a.Coming, &a.Came, store.Time(&a.CreatedAt)); err != nil {
			return err
		}
		a.State = State(state)
		if err := give("appointment", a); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return waits(ctx, q, accountID, give)
}

type heldWait struct {
	ID          string    `json:"id"`
	Resource    string    `json:"resource"`
	Party       int       `json:"people"`
	State       string    `json:"state"`
	Appointment string    `json:"appointment,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
}

// waits gives the lines in which the person stands and stood.
func waits(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT id, resource, party, state, COALESCE(appointment, ''), created_at FROM appointment_wait WHERE account_id = $1 ORDER BY id`, accountID)
	if err != nil {
		return fmt.Errorf("for what %s waits: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var w heldWait
		if err := rows.Scan(&w.ID, &w.Resource, &w.Party, &w.State, &w.Appointment, store.Time(&w.CreatedAt)); err != nil {
			return err
		}
		if err := give("appointment_wait", w); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Erase takes them out: the seats are free again.
func (Holder) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM appointment WHERE account_id = $1`, accountID); err != nil {
		return fmt.Errorf("erase appointments of %s: %w", accountID, err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM appointment_wait WHERE account_id = $1`, accountID); err != nil {
		return fmt.Errorf("erase waits of %s: %w", accountID, err)
	}
	return tx.Notify(ctx, anyTimes)
}
