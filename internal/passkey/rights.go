package passkey

import (
	"context"
	"fmt"
	"time"

	"okno/internal/store"
)

type heldKey struct {
	Name   string    `json:"key_name"`
	Synced bool      `json:"synced"`
	MadeAt time.Time `json:"made_at"`
	UsedAt time.Time `json:"used_at,omitzero"`
}

type heldChallenge struct {
	Purpose   string    `json:"purpose"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Export gives the person's passkeys, but not what verifies their signatures: it tells nobody anything.
func (s *Service) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	list, err := s.Keys(ctx, q, accountID)
	if err != nil {
		return err
	}
	for _, k := range list {
		if err := give("passkey", heldKey{k.Name, k.Synced, k.MadeAt, k.UsedAt}); err != nil {
			return err
		}
	}
	rows, err := q.Query(ctx, `SELECT purpose, expires_at FROM passkey_challenge WHERE account_id = $1 ORDER BY id`, accountID)
	if err != nil {
		return fmt.Errorf("passkey challenges of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var c heldChallenge
		if err := rows.Scan(&c.Purpose, store.Time(&c.ExpiresAt)); err != nil {
			return err
		}
		if err := give("passkey_challenge", c); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Erase forgets the person's passkeys.
func (s *Service) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	for _, statement := range []string{`DELETE FROM passkey WHERE account_id = $1`, `DELETE FROM passkey_challenge WHERE account_id = $1`} {
		if err := tx.Do(ctx, statement, accountID); err != nil {
			return fmt.Errorf("erase passkeys of %s: %w", accountID, err)
		}
	}
	return nil
}
