package document

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/i18n"
	"okno/internal/keyring"
	"okno/internal/store"
)

type heldDocument struct {
	ID           string    `json:"id"`
	Case         string    `json:"case"`
	Kind         Kind      `json:"kind"`
	Number       string    `json:"number"`
	Title        i18n.Text `json:"title"`
	Subtitle     i18n.Text `json:"subtitle"`
	Agency       i18n.Text `json:"agency"`
	Holder       Holder    `json:"holder"`
	Facts        []Fact    `json:"facts,omitempty"`
	State        State     `json:"state"`
	IssuedAt     time.Time `json:"issued_at"`
	RevokedAt    time.Time `json:"revoked_at,omitzero"`
	Reason       Reason    `json:"reason,omitempty"`
	SupersededBy string    `json:"superseded_by,omitempty"`
	CheckedAt    time.Time `json:"checked_at,omitzero"`
	File         string    `json:"file"`
	Link         string    `json:"link"`
}

// Export gives the account's papers, in one statement; their bytes are among its files.
func (s *Service) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, columns+`WHERE owner = $1 ORDER BY issued_at, id`, accountID)
	if err != nil {
		return fmt.Errorf("papers of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		d, checked, err := s.scan(rows)
		if err != nil {
			return err
		}
		if err := give("document", heldDocument{d.ID, d.CaseID, d.Kind, d.Number, d.Title, d.Subtitle, d.Agency, d.body.Holder, d.body.Facts, d.State, d.IssuedAt, d.RevokedAt, d.Reason,
			d.SupersededBy, checked, d.file, d.Link}); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Erase takes out of the account's papers what they say. That a paper of that number was issued, when and by whom, stays: whoever was
// handed it is told so by its public page (erased).
func (s *Service) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	if _, err := tx.Exec(ctx, `UPDATE document SET body = $1, file_id = '' WHERE owner = $2`, []byte{}, accountID); err != nil {
		return fmt.Errorf("erase papers of %s: %w", accountID, err)
	}
	return nil
}

// erased is what the public page says of a paper whose owner was erased: that it was issued.
func (s *Service) erased(ctx context.Context, q store.Querier, token string) (Public, error) {
	d := Public{Erased: true}
	var year, serial int
	err := store.One(q.QueryRow(ctx, `SELECT kind, state, unit, year, serial, issued_at, revoked_at, reason FROM document WHERE token_hash = $1`, keyring.HashToken(token)).
		Scan(&d.Kind, &d.State, &d.Unit, &year, &serial, store.Time(&d.IssuedAt), store.NullTime(&d.RevokedAt), &d.Reason))
	if errors.Is(err, store.ErrNotFound) {
		return Public{}, ErrMissing
	}
	if err != nil {
		return Public{}, fmt.Errorf("paper by token: %w", err)
	}
	d.Number, d.Title = number(year, serial), both("document.kind."+string(d.Kind))
	return d, nil
}
