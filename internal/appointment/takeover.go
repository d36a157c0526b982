package appointment

import (
	"context"
	"fmt"

	"okno/internal/keyring"
	"okno/internal/store"
)

// moved is how many times go to another account at once.
const moved = 100

// Move gives the next times of one account to another of the same person, and names them (REG-12).
func (Holder) Move(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error) {
	// What is being confirmed at this moment is let go: the other account may be confirming a time of the same kind.
	if _, err := tx.Exec(ctx, `UPDATE appointment SET state = $1, seat = NULL WHERE account_id = $2 AND state = $3`, string(Expired), b.From, string(Held)); err != nil {
		return nil, fmt.Errorf("let go of holds of %s: %w", b.From, err)
	}
	if err := tx.Notify(ctx, anyTimes); err != nil {
		return nil, err
	}
	args := []any{b.From, moved}
	out, err := store.Names(tx.Query(ctx, `SELECT id FROM appointment WHERE account_id = $1 AND `+b.OnlySQL("id", &args)+` ORDER BY id LIMIT $2`, args...))
	if err != nil || len(out) == 0 {
		return nil, err
	}
	args = []any{b.To, b.From}
	if _, err := tx.Exec(ctx, `UPDATE appointment SET account_id = $1 WHERE account_id = $2 AND `+store.InSQL("id", out, &args), args...); err != nil {
		return nil, fmt.Errorf("move appointments: %w", err)
	}
	return out, nil
}

// MoveWaits is Move for the lines in which the person stands. Where both accounts stand in one, the place of the other is kept.
func (Holder) MoveWaits(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error) {
	args := []any{b.From, moved}
	out, err := store.Names(tx.Query(ctx, `SELECT id FROM appointment_wait WHERE account_id = $1 AND `+b.OnlySQL("id", &args)+` ORDER BY id LIMIT $2`, args...))
	if err != nil || len(out) == 0 {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `UPDATE appointment_wait SET state = $1 WHERE account_id = $2 AND state = $3
		AND resource IN (SELECT resource FROM appointment_wait WHERE account_id = $4 AND state = $3)`, left, b.From, waiting, b.To); err != nil {
		return nil, fmt.Errorf("leave lines of %s: %w", b.From, err)
	}
	args = []any{b.To, b.From}
	if _, err := tx.Exec(ctx, `UPDATE appointment_wait SET account_id = $1 WHERE account_id = $2 AND `+store.InSQL("id", out, &args), args...); err != nil {
		return nil, fmt.Errorf("move waits: %w", err)
	}
	return out, tx.Notify(ctx, anyTimes)
}
