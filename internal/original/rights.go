package original

import (
	"context"
	"fmt"
	"time"

	"okno/internal/keyring"
	"okno/internal/scan"
	"okno/internal/store"
)

// held is an original as its owner takes it away; the bytes are among the files of the copy.
type held struct {
	ID       string                `json:"id"`
	Kind     Kind                  `json:"kind"`
	File     string                `json:"file"`
	State    State                 `json:"state"`
	Reason   scan.Reason           `json:"reason,omitempty"`
	Read     map[scan.Field]string `json:"read,omitempty"`
	SentAt   time.Time             `json:"sent_at"`
	JudgedAt time.Time             `json:"judged_at,omitzero"`
}

// Export gives what was sent, and what was read of it.
func (s *Service) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	all, err := s.list(ctx, q, accountID)
	if err != nil {
		return fmt.Errorf("originals of %s: %w", accountID, err)
	}
	for _, o := range all {
		var read map[scan.Field]string
		for f, v := range o.Fields {
			if read == nil {
				read = map[scan.Field]string{}
			}
			read[f] = v.Text
		}
		if err := give("original", held{o.ID, o.Kind, o.file, o.State, o.Reason, read, o.SentAt, o.JudgedAt}); err != nil {
			return err
		}
	}
	return nil
}

// Erase takes the originals away; their files are the business of package files.
func (s *Service) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM original WHERE account_id = $1`, accountID); err != nil {
		return fmt.Errorf("erase originals of %s: %w", accountID, err)
	}
	return nil
}

// moved is how many originals go to another account at once.
const moved = 100

// Move gives the next originals of one account to another of the same person, and names them (REG-12). Their files go by themselves.
func (s *Service) Move(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error) {
	args := []any{b.From, moved}
	rows, err := tx.Query(ctx, `SELECT id, reading FROM original WHERE account_id = $1 AND `+b.OnlySQL("id", &args)+` ORDER BY id LIMIT $2`, args...)
	if err != nil {
		return nil, err
	}
	all, err := b.Rows(rows, "original", "reading")
	if err != nil || len(all.Keys) == 0 {
		return nil, err
	}
	args = []any{b.To, b.From}
	if _, err := tx.Exec(ctx, `UPDATE original SET account_id = $1, reading = `+all.CaseSQL("id", "reading", &args)+`
		WHERE account_id = $2 AND `+store.InSQL("id", all.Keys, &args), args...); err != nil {
		return nil, fmt.Errorf("move originals: %w", err)
	}
	return all.Keys, nil
}
