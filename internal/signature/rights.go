package signature

import (
	"context"
	"fmt"
	"time"

	"okno/internal/store"
)

type heldChallenge struct {
	Purpose   Purpose   `json:"purpose"`
	Text      string    `json:"text"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	SpentAt   time.Time `json:"spent_at,omitzero"`
}

// Export gives the texts that the person was given to sign.
func (s *Service) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT purpose, content, created_at, expires_at, spent_at FROM signature_challenge WHERE account_id = $1 ORDER BY created_at`, accountID)
	if err != nil {
		return fmt.Errorf("texts to be signed by %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var c heldChallenge
		var purpose string
		var content []byte
		if err := rows.Scan(&purpose, &content, store.Time(&c.CreatedAt), store.Time(&c.ExpiresAt), store.NullTime(&c.SpentAt)); err != nil {
			return err
		}
		c.Purpose, c.Text = Purpose(purpose), string(content)
		if err := give("signature_challenge", c); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Erase takes back the texts that wait for a signature.
func (s *Service) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM signature_challenge WHERE account_id = $1`, accountID); err != nil {
		return fmt.Errorf("erase texts to be signed by %s: %w", accountID, err)
	}
	return nil
}
