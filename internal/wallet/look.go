package wallet

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"okno/internal/access"
	"okno/internal/files"
	"okno/internal/keyring"
	"okno/internal/store"
)

// List is the person's documents, those that end soonest first and those that do not end last; their numbers are masked.
func (s *Service) List(ctx context.Context, who access.Actor) ([]Document, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	all, err := s.list(ctx, s.DB, who.Whose(), ` ORDER BY CASE WHEN d.ends_at IS NULL THEN 1 ELSE 0 END, d.ends_at, d.id`)
	for i := range all {
		all[i].mask(all[i].Kind)
	}
	return all, err
}

// Ending is the documents of the person, and of the wards for whom they may act, that end within wallet.remind_first and have not ended, the
// soonest first; their numbers are masked. What a register holds no more is over already. It is one statement, however many wards there are.
func (s *Service) Ending(ctx context.Context, who access.Actor, wards ...string) ([]Document, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	now := s.DB.Now()
	args := []any{now, now.Add(s.Policy.Wallet.RemindFirst)}
	whose := store.InSQL("d.account_id", append([]string{who.Whose()}, wards...), &args)
	rows, err := s.DB.Query(ctx, `SELECT `+columns+`, `+keyring.WrappedSQL("d.account_id")+current+`WHERE `+whose+`
		AND v.account_id = d.account_id AND d.ends_at > $1 AND d.ends_at <= $2 AND d.register_state NOT IN ('gone', 'removed') ORDER BY d.ends_at, d.id`, args...)
	var out []Document
	err = store.Each(rows, err, func(r *store.Rows) error {
		var wrapped []byte
		d, sealed, err := scanned(r, &wrapped)
		if err != nil {
			return err
		}
		key, err := s.Ring.Unwrap(d.Account, wrapped)
		if err != nil {
			return err
		}
		if err := d.unseal(key, sealed); err != nil {
			return err
		}
		d.mask(d.Kind)
		out = append(out, d)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("documents of %s that end: %w", who.Whose(), err)
	}
	return out, nil
}

// LastEndSQL is when the last document of the account that the expression names ends, NULL for none that ends: without one there is no
// need to read Ending.
func LastEndSQL(account string) string {
	return lastEndSQL(`= ` + account)
}

// LastEndOfSQL is LastEndSQL for the accounts that a query names.
func LastEndOfSQL(accounts string) string { return lastEndSQL(`IN (` + accounts + `)`) }

func lastEndSQL(whose string) string {
	return `(SELECT MAX(wd.ends_at) FROM wallet_document wd WHERE wd.account_id ` + whose + ` AND wd.register_state <> 'gone')`
}

// Get is one of the person's documents; its numbers are masked.
func (s *Service) Get(ctx context.Context, who access.Actor, documentID string) (Document, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Document{}, err
	}
	d, err := s.byID(ctx, s.DB, who.Whose(), documentID)
	if err != nil {
		return Document{}, err
	}
	d.mask(d.Kind)
	return d, nil
}

// WhoseOf is which of these accounts, for which the actor may act, has the document.
func (s *Service) WhoseOf(ctx context.Context, who access.Actor, documentID string, wards []string) (accountID string, _ error) {
	if err := who.May(access.UseCabinet); err != nil {
		return "", err
	}
	if len(wards) == 0 {
		return "", ErrMissing
	}
	args := []any{documentID}
	err := store.One(s.DB.QueryRow(ctx, `SELECT account_id FROM wallet_document WHERE id = $1 AND register_state <> 'removed' AND `+store.InSQL("account_id", wards, &args), args...).Scan(&accountID))
	if errors.Is(err, store.ErrNotFound) {
		return "", ErrMissing
	}
	return accountID, err
}

// Open is Get with everything that stands in the document, for whoever showed a second factor a moment ago, as Config.Opens says.
// That it was opened is recorded.
func (s *Service) Open(ctx context.Context, who access.Actor, documentID string) (Document, error) {
	if err := s.Opens(ctx, who); err != nil {
		return Document{}, err
	}
	var d Document
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if d, err = s.byID(ctx, tx, who.Whose(), documentID); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "wallet.opened", d)
	})
	return d, err
}

// Versions are all that is kept of a document, the newest first. They are masked unless sealed things are open to the actor now.
func (s *Service) Versions(ctx context.Context, who access.Actor, documentID string) ([]Version, error) {
	d, err := s.Get(ctx, who, documentID)
	if err != nil {
		return nil, err
	}
	key, err := s.Ring.Person(ctx, s.DB, who.Whose())
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Query(ctx, `SELECT id, version, source, content, file_id, made_at FROM wallet_version WHERE document_id = $1 AND account_id = $2 ORDER BY version DESC`, d.ID, who.Whose())
	if err != nil {
		return nil, fmt.Errorf("versions of %s: %w", d.ID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	open := s.Opens(ctx, who) == nil
	var out []Version
	for rows.Next() {
		var v Version
		var sealed []byte
		if err := rows.Scan(&v.id, &v.Number, &v.Source, &sealed, &v.file, store.Time(&v.MadeAt)); err != nil {
			return nil, err
		}
		if err := v.unseal(key, sealed); err != nil {
			return nil, err
		}
		if v.Scan = v.file != ""; !open {
			v.mask(d.Kind)
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// OpenScan opens the scan of a version, for whoever showed a second factor a moment ago. That it was opened is recorded.
func (s *Service) OpenScan(ctx context.Context, who access.Actor, documentID string, version int64) (files.File, *bytes.Reader, error) {
	if err := s.Opens(ctx, who); err != nil {
		return files.File{}, nil, err
	}
	var file string
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		d, err := s.byID(ctx, tx, who.Whose(), documentID)
		if err != nil {
			return err
		}
		err = store.One(tx.QueryRow(ctx, `SELECT file_id FROM wallet_version WHERE document_id = $1 AND version = $2`, d.ID, version).Scan(&file))
		if errors.Is(err, store.ErrNotFound) || err == nil && file == "" {
			return ErrMissing
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, who, "wallet.scan_opened", d)
	})
	if err != nil {
		return files.File{}, nil, err
	}
	return s.file(ctx, file)
}

func (s *Service) file(ctx context.Context, fileID string) (files.File, *bytes.Reader, error) {
	f, body, err := s.Files.Open(ctx, s.DB, fileID)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, keyring.ErrNoKey) {
		return files.File{}, nil, ErrMissing // removed this very moment
	}
	return f, body, err
}
