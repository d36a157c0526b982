package notification

import (
	"context"
	"fmt"

	"okno/internal/keyring"
	"okno/internal/store"
)

// moved is how many notices go to another inbox at once.
const moved = 100

// Move gives the next notices of one account to another of the same person, and names them (REG-12). What touches the safety of
// the account stays: it speaks of that account's contacts and password, and the notice that it was taken over must go to these.
func (s *Service) Move(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error) {
	args := []any{b.From, string(Security), moved}
	rows, err := tx.Query(ctx, `SELECT id, content FROM notice WHERE account_id = $1 AND topic <> $2 AND `+b.OnlySQL("id", &args)+` ORDER BY id LIMIT $3`, args...)
	if err != nil {
		return nil, err
	}
	notices, err := b.Rows(rows, "notice", "content")
	if err != nil || len(notices.Keys) == 0 {
		return nil, err
	}
	args = []any{b.To, b.From}
	if _, err := tx.Exec(ctx, `UPDATE notice SET account_id = $1, content = `+notices.CaseSQL("id", "content", &args)+`
		WHERE account_id = $2 AND `+store.InSQL("id", notices.Keys, &args), args...); err != nil {
		return nil, fmt.Errorf("move notices: %w", err)
	}
	return notices.Keys, tx.Notify(ctx, InboxTopic(b.To))
}
