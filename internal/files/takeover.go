package files

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/store"
)

// few is how many files go to another owner at once: each is read and written whole.
const few = 10

// Moving are files whose bytes lie sealed anew for another owner, and whose rows are still the one's.
type Moving struct {
	between     keyring.Between
	sums, bytes store.Pairs
}

// Copy seals the next files of one owner anew for another account of the same person (REG-12), under names of their own. No
// transaction is open meanwhile: a bucket may be slow. Until Move they are nobody's, as after Put, and are swept after a day.
// A file whose bytes are lost or spoiled goes as it is: it opens no better than before.
func (s *Store) Copy(ctx context.Context, b keyring.Between) (Moving, error) {
	m := Moving{between: b}
	list, err := s.next(ctx, b)
	if err != nil {
		return m, err
	}
	for _, f := range list { // ten at most
		at, sum, err := s.copied(ctx, b, f)
		switch {
		case errors.Is(err, store.ErrNotFound) || errors.Is(err, keyring.ErrSealed):
			m.bytes.Add(f.ID, nil)
			m.sums.Add(f.ID, nil)
		case err != nil:
			return m, fmt.Errorf("copy file %s: %w", f.ID, err)
		default:
			m.bytes.Add(f.ID, at)
			m.sums.Add(f.ID, sum)
		}
	}
	return m, nil
}

// copied writes the bytes of one file anew, and says under which name and with what sum.
func (s *Store) copied(ctx context.Context, b keyring.Between, f File) (string, []byte, error) {
	sealed, err := s.Bucket.Read(ctx, f.at(), maxSealed)
	if err != nil {
		return "", nil, err
	}
	anew, err := b.Reseal("file", body(f.Media), f.ID, sealed)
	if err != nil {
		return "", nil, err
	}
	at, sum := id.New(), sha256.Sum256(anew)
	return at, sum[:], s.Bucket.Write(ctx, where(at), anew)
}

// next are the next files of the one: no more of each than copying needs.
func (s *Store) next(ctx context.Context, b keyring.Between) ([]File, error) {
	args := []any{b.From, few}
	rows, err := s.DB.Query(ctx, `SELECT id, media, bytes FROM file WHERE owner = $1 AND `+b.OnlySQL("id", &args)+` ORDER BY id LIMIT $2`, args...)
	if err != nil {
		return nil, fmt.Errorf("files of %s: %w", b.From, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []File
	for rows.Next() {
		var f File
		if err := rows.Scan(&f.ID, &f.Media, &f.bytes); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, rows.Err()
}

// Move gives the rows of copied files to the other owner, and names them. The bytes that the one's key opens go with a sweep.
func (m Moving) Move(ctx context.Context, tx *store.Tx) ([]string, error) {
	if len(m.sums.Keys) == 0 {
		return nil, nil
	}
	args := []any{m.between.From}
	rows, err := tx.Query(ctx, `SELECT id, name FROM file WHERE owner = $1 AND `+store.InSQL("id", m.sums.Keys, &args), args...)
	if err != nil {
		return nil, err
	}
	names, err := m.between.Rows(rows, "file", "name")
	if err != nil || len(names.Keys) == 0 {
		return nil, err
	}
	args = []any{m.between.To, m.between.From}
	if _, err := tx.Exec(ctx, `UPDATE file SET owner = $1, name = `+names.CaseSQL("id", "name", &args)+`, sha256 = `+m.sums.CaseSQL("id", "sha256", &args)+`,
		bytes = `+m.bytes.CaseSQL("id", "bytes", &args)+` WHERE owner = $2 AND `+store.InSQL("id", names.Keys, &args), args...); err != nil {
		return nil, fmt.Errorf("move files: %w", err)
	}
	return names.Keys, nil
}
