package document

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"okno/internal/i18n"
	"okno/internal/keyring"
	"okno/internal/store"
)

// body is what of a paper is sealed with its owner's key.
type body struct {
	Token    string    `json:"token"`
	Number   string    `json:"number"`
	Title    i18n.Text `json:"title"`
	Subtitle i18n.Text `json:"subtitle"`
	Agency   i18n.Text `json:"agency"`
	Holder   Holder    `json:"holder"`
	Lang     i18n.Lang `json:"lang"`
	Name     string    `json:"name"`
	Facts    []Fact    `json:"facts"`
}

func (b body) seal(key *keyring.Key, row string) ([]byte, error) {
	plain, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	return key.Seal("document", "body", row, plain), nil
}

// fill puts what was sealed where readers look for it.
func (s *Service) fill(d *Document, b body) {
	d.body = b
	d.Number, d.Title, d.Subtitle, d.Agency, d.Lang, d.Name = b.Number, b.Title, b.Subtitle, b.Agency, b.Lang, b.Name
	d.Link = s.link(b.Token)
}

var columns = `SELECT id, owner, case_id, kind, state, unit, file_id, body, issued_at, revoked_at, reason, superseded_by, checked_at, ` +
	keyring.WrappedSQL("document.owner") + ` FROM document `

func (s *Service) ofOwners(ctx context.Context, q store.Querier, owners []string) ([]Document, error) {
	var args []any
	rows, err := q.Query(ctx, columns+`WHERE `+store.InSQL("owner", owners, &args)+` ORDER BY issued_at DESC, id DESC`, args...)
	if err != nil {
		return nil, fmt.Errorf("papers of %v: %w", owners, err)
	}
	return s.all(rows)
}

func (s *Service) ofCase(ctx context.Context, q store.Querier, owner, caseID string) ([]Document, error) {
	rows, err := q.Query(ctx, columns+`WHERE case_id = $1 AND owner = $2 ORDER BY issued_at DESC, id DESC`, caseID, owner)
	if err != nil {
		return nil, fmt.Errorf("papers of case %s: %w", caseID, err)
	}
	return s.all(rows)
}

// current is the paper of the kind that the case has: a revoked one, too, but none that was replaced.
func (s *Service) current(ctx context.Context, q store.Querier, of Document) (Document, error) {
	d, _, err := s.scan(q.QueryRow(ctx, columns+`WHERE case_id = $1 AND kind = $2 AND state <> 'superseded'`, of.CaseID, string(of.Kind)))
	return d, err
}

func (s *Service) byID(ctx context.Context, q store.Querier, documentID string) (Document, error) {
	d, _, err := s.scan(q.QueryRow(ctx, columns+`WHERE id = $1`, documentID))
	return d, err
}

func (s *Service) byToken(ctx context.Context, q store.Querier, token string) (Document, time.Time, error) {
	return s.scan(q.QueryRow(ctx, columns+`WHERE token_hash = $1`, keyring.HashToken(token)))
}

func (s *Service) all(rows *store.Rows) ([]Document, error) {
	defer rows.Close()
	var out []Document
	for rows.Next() {
		d, _, err := s.scan(rows)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// scan reads a paper and opens it. A paper whose owner was forgotten is not there: store.ErrNotFound. The time is that
// of the last look by a stranger.
func (s *Service) scan(row interface{ Scan(...any) error }) (Document, time.Time, error) {
	var d Document
	var checked time.Time
	var sealed, wrapped []byte
	err := store.One(row.Scan(&d.ID, &d.Owner, &d.CaseID, &d.Kind, &d.State, &d.Unit, &d.file, &sealed, store.Time(&d.IssuedAt),
		store.NullTime(&d.RevokedAt), &d.Reason, &d.SupersededBy, store.NullTime(&checked), &wrapped))
	if err != nil {
		return Document{}, time.Time{}, err
	}
	key, err := s.Ring.Unwrap(d.Owner, wrapped)
	if errors.Is(err, keyring.ErrNoKey) {
		return Document{}, time.Time{}, store.ErrNotFound
	}
	if err != nil {
		return Document{}, time.Time{}, err
	}
	plain, err := key.Open("document", "body", d.ID, sealed)
	if err != nil {
		return Document{}, time.Time{}, err
	}
	var b body
	if err := json.Unmarshal(plain, &b); err != nil {
		return Document{}, time.Time{}, fmt.Errorf("paper %s: %w", d.ID, err)
	}
	s.fill(&d, b)
	return d, checked, nil
}
