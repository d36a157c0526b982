package credential

import (
	"context"
	"fmt"

	"okno/internal/access"
	"okno/internal/store"
)

// CloseBut is CloseAll but for the session in which whoever acts has just set another password: it goes on. Of the former password nothing
// else is left, neither what waits for a second factor nor a browser in which none was asked for.
func (s *Service) CloseBut(ctx context.Context, tx *store.Tx, who access.Actor) error {
	if err := tx.Do(ctx, `DELETE FROM pending_signin WHERE account_id = $1`, who.ID); err != nil {
		return err
	}
	if err := s.TrustNone(ctx, tx, who.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM session WHERE owner_id = $1 AND id <> $2`, who.ID, who.SessionID); err != nil {
		return fmt.Errorf("close the other sessions of %s: %w", who.ID, err)
	}
	return nil
}
