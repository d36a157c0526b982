package credential

import (
	"context"
	"fmt"

	"okno/internal/access"
	"okno/internal/keyring"
	"okno/internal/store"
)

// Renew gives the session in which somebody acts another token, after a credential was shown in it again: whoever has copied the one
// of before must not have what the proof opened. The session stays what it is, in the list too. A session that has ended meanwhile is
// ErrNoSession.
func (s *Service) Renew(ctx context.Context, who access.Actor) (string, error) {
	token := keyring.NewToken()
	err := s.DB.WriteRows(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE session SET token_hash = $1 WHERE id = $2 AND owner_id = $3`, keyring.HashToken(token), who.SessionID, who.ID)
		if err != nil {
			return fmt.Errorf("renew session %s: %w", who.SessionID, err)
		}
		if n == 0 {
			return ErrNoSession
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return token, nil
}
