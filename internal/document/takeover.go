package document

import (
	"context"
	"fmt"

	"okno/internal/keyring"
	"okno/internal/store"
)

// moved is how many papers go to another owner at once.
const moved = 100

// Move gives the next papers of one owner to another account of the same person, and names them (REG-12). Their numbers and
// the addresses of their public pages stay.
func (s *Service) Move(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error) {
	rows, err := tx.Query(ctx, `SELECT id, body FROM document WHERE owner = $1 ORDER BY id LIMIT $2`, b.From, moved)
	if err != nil {
		return nil, err
	}
	papers, err := b.Rows(rows, "document", "body")
	if err != nil || len(papers.Keys) == 0 {
		return nil, err
	}
	args := []any{b.To, b.From}
	if _, err := tx.Exec(ctx, `UPDATE document SET owner = $1, body = `+papers.CaseSQL("id", "body", &args)+`
		WHERE owner = $2 AND `+store.InSQL("id", papers.Keys, &args), args...); err != nil {
		return nil, fmt.Errorf("move papers: %w", err)
	}
	return papers.Keys, nil
}
