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
	Cloned bool      `json:"cloned,omitempty"`
	MadeAt time.Time `json:"made_at"`
	UsedAt time.Time `json:"used_at,omitzero"`
}

// Export gives the person's passkeys, but not what verifies their signatures: it tells nobody anything.
func (s *Service) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	list, err := s.Keys(ctx, q, accountID)
	if err != nil {
		return err
	}
	for _, k := range list {
		if err := give("passkey", heldKey{k.Name, k.Synced, k.Cloned, k.MadeAt, k.UsedAt}); err != nil {
			return err
		}
	}
	return nil
}

// Erase forgets the person's passkeys.
func (s *Service) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	if err := tx.Do(ctx, `DELETE FROM passkey WHERE account_id = $1`, accountID); err != nil {
		return fmt.Errorf("erase passkeys of %s: %w", accountID, err)
	}
	return nil
}
