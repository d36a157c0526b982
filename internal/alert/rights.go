package alert

import (
	"context"
	"fmt"
	"time"

	"okno/internal/store"
)

type heldAlert struct {
	What      What      `json:"kind"`
	At        time.Time `json:"at"`
	ExpiresAt time.Time `json:"expires_at"`
	Disavowed time.Time `json:"disavowed_at,omitzero"`
	Until     time.Time `json:"pause_ends_at,omitzero"`
}

// Held gives away and takes out what is kept of a person.
type Held struct{}

// Export gives what the person was told, and what they said of it. The hashes of links and browsers tell nobody anything.
func (Held) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT what, at, expires_at, disavowed_at, paused_until FROM alert WHERE account_id = $1 ORDER BY at, id`, accountID)
	if err != nil {
		return fmt.Errorf("alerts of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var a heldAlert
		var what string
		if err := rows.Scan(&what, store.Time(&a.At), store.Time(&a.ExpiresAt), store.NullTime(&a.Disavowed), store.NullTime(&a.Until)); err != nil {
			return err
		}
		a.What = What(what)
		if err := give("alert", a); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Erase takes it out.
func (Held) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM alert WHERE account_id = $1`, accountID); err != nil {
		return fmt.Errorf("erase alerts of %s: %w", accountID, err)
	}
	return nil
}
