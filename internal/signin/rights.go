package signin

import (
	"context"
	"fmt"
	"time"

	"okno/internal/store"
)

type heldRecovery struct {
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	ProvedAt  time.Time `json:"proved_at,omitzero"`
}

// Export gives the recoveries of access that are under way.
func (s *Service) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT created_at, expires_at, proved_at FROM recovery WHERE account_id = $1 ORDER BY created_at`, accountID)
	if err != nil {
		return fmt.Errorf("recoveries of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var r heldRecovery
		if err := rows.Scan(store.Time(&r.CreatedAt), store.Time(&r.ExpiresAt), store.NullTime(&r.ProvedAt)); err != nil {
			return err
		}
		if err := give("recovery", r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Erase ends the recoveries of access that are under way.
func (s *Service) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM recovery WHERE account_id = $1`, accountID); err != nil {
		return fmt.Errorf("erase recoveries of %s: %w", accountID, err)
	}
	return nil
}
