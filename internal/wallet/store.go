package wallet

import (
	"context"
	"errors"
	"fmt"

	"okno/internal/keyring"
	"okno/internal/store"
	"okno/internal/wallet/kind"
)

// content is what of a version is sealed.
type content struct {
	Holder string            `json:"holder,omitempty"`
	Values map[string]string `json:"values"`
}

const columns = `d.id, d.account_id, d.kind, d.register_state, d.known_at, d.ends_at, d.created_at, v.id, v.version, v.source, v.content, v.file_id, v.made_at`

const current = ` FROM wallet_document d JOIN wallet_version v ON v.document_id = d.id AND v.version = d.version `

type scanner interface{ Scan(...any) error }

// scanned reads a row, and what stands in it beside columns; the content is sealed still. A kind that was taken off the list has no fields.
func scanned(row scanner, more ...any) (d Document, sealed []byte, err error) {
	var id kind.ID
	err = row.Scan(append([]any{&d.ID, &d.Account, &id, &d.Register, store.NullTime(&d.KnownAt), store.NullTime(&d.EndsAt), store.Time(&d.AddedAt),
		&d.id, &d.Number, &d.Source, &sealed, &d.file, store.Time(&d.MadeAt)}, more...)...)
	var known bool
	if d.Kind, known = kind.Of(id); !known {
		d.Kind = kind.Kind{ID: id}
	}
	d.Scan = d.file != ""
	return d, sealed, err
}

func (v *Version) unseal(key *keyring.Key, sealed []byte) error {
	var c content
	if err := key.OpenJSON("wallet_version", "content", v.id, sealed, &c); err != nil {
		return fmt.Errorf("open version %s of a document: %w", v.id, err)
	}
	if v.Holder, v.Values = c.Holder, c.Values; v.Values == nil {
		v.Values = map[string]string{}
	}
	return nil
}

func (v Version) seal(key *keyring.Key) ([]byte, error) {
	return key.SealJSON("wallet_version", "content", v.id, content{v.Holder, v.Values})
}

// list reads documents in one statement; where is over d and v, and its first argument is the account.
func (s *Service) list(ctx context.Context, q store.Querier, accountID, where string, args ...any) ([]Document, error) {
	return s.every(ctx, q, accountID, ` AND d.register_state <> 'removed'`+where, args...)
}

// every is list with what is remembered of those that were removed.
func (s *Service) every(ctx context.Context, q store.Querier, accountID, where string, args ...any) ([]Document, error) {
	key, err := s.Ring.Person(ctx, q, accountID) // first: while rows are open a transaction asks nothing else
	if err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, `SELECT `+columns+current+`WHERE d.account_id = $1 AND v.account_id = $1`+where, append([]any{accountID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("documents of %s: %w", accountID, err)
	}
	return unsealed(rows, key)
}

func unsealed(rows *store.Rows, key *keyring.Key) ([]Document, error) {
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Document
	for rows.Next() {
		d, sealed, err := scanned(rows)
		if err != nil {
			return nil, err
		}
		if err := d.unseal(key, sealed); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// byID reads a document of the account, whole.
func (s *Service) byID(ctx context.Context, q store.Querier, accountID, documentID string) (Document, error) {
	all, err := s.list(ctx, q, accountID, ` AND d.id = $2`, documentID)
	if errors.Is(err, keyring.ErrNoKey) || err == nil && len(all) == 0 {
		return Document{}, ErrMissing
	}
	if err != nil {
		return Document{}, err
	}
	return all[0], nil
}

func (d Document) insert(ctx context.Context, tx *store.Tx) error {
	_, err := tx.Exec(ctx, `INSERT INTO wallet_document (id, account_id, kind, version, register_state, known_at, ends_at, reminded, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $8)`,
		d.ID, d.Account, string(d.Kind.ID), d.Number, string(d.Register), store.OrNull(d.KnownAt), store.OrNull(d.EndsAt), tx.Now())
	if err != nil {
		return fmt.Errorf("keep a document: %w", err)
	}
	return nil
}

func (d Document) insertVersion(ctx context.Context, tx *store.Tx, key *keyring.Key) error {
	sealed, err := d.seal(key)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO wallet_version (id, document_id, account_id, version, source, content, file_id, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		d.id, d.ID, d.Account, d.Number, d.Source, sealed, d.file, tx.Now())
	if err != nil {
		return fmt.Errorf("keep a version of a document: %w", err)
	}
	return nil
}
