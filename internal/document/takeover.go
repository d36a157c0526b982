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
	args := []any{b.From, moved}
	rows, err := tx.Query(ctx, `SELECT id, body FROM document WHERE owner = $1 AND `+b.OnlySQL("id", &args)+` ORDER BY id LIMIT $2`, args...)
	if err != nil {
		return nil, err
	}
	papers, err := b.Rows(rows, "document", "body")
	if err != nil || len(papers.Keys) == 0 {
		return nil, err
	}
	args = []any{b.To, b.From}
	if _, err := tx.Exec(ctx, `UPDATE document SET owner = $1, body = `+papers.CaseSQL("id", "body", &args)+`
		WHERE owner = $2 AND `+store.InSQL("id", papers.Keys, &args), args...); err != nil {
		return nil, fmt.Errorf("move papers: %w", err)
	}
	return papers.Keys, nil
}

// OfCases are the papers that came of the cases.
func (s *Service) OfCases(ctx context.Context, q store.Querier, cases []string) ([]string, error) {
	var args []any
	return store.Names(q.Query(ctx, `SELECT id FROM document WHERE `+store.InSQL("case_id", cases, &args), args...))
}

// FilesOf are the files in which the papers lie.
func (s *Service) FilesOf(ctx context.Context, q store.Querier, papers []string) ([]string, error) {
	var args []any
	return store.Names(q.Query(ctx, `SELECT file_id FROM document WHERE file_id <> '' AND `+store.InSQL("id", papers, &args), args...))
}
