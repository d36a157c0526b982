package credential

import (
	"context"
	"fmt"
	"time"

	"okno/internal/store"
)

// currentSQL is the condition that a password can be shown still: it is the person's own, or a temporary one whose term has not run out.
func currentSQL(table, now string) string {
	return `(NOT ` + table + `.must_change OR ` + table + `.expires_at IS NULL OR ` + table + `.expires_at > ` + now + `)`
}

// SetTemporary is SetPassword of a temporary one that opens nothing after its term (AUTH-6).
func (s *Service) SetTemporary(ctx context.Context, tx *store.Tx, account, encoded string, until time.Time) error {
	if err := s.SetPassword(ctx, tx, account, encoded, true); err != nil {
		return err
	}
	if err := tx.Do(ctx, `UPDATE password SET expires_at = $1 WHERE account_id = $2`, until, account); err != nil {
		return fmt.Errorf("term of the temporary password of %s: %w", account, err)
	}
	return nil
}

// EndTemporary ends a temporary password that was set at the moment or later: its person says that they did not ask for it.
func (s *Service) EndTemporary(ctx context.Context, tx *store.Tx, account string, since time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE password SET expires_at = $1 WHERE account_id = $2 AND must_change AND expires_at > $1 AND set_at >= $3`, tx.Now(), account, since)
	return err
}
