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
