package files

import (
	"context"
	"fmt"
	"path"
	"time"

	"okno/internal/store"
)

// Held is a file as its owner takes it away. Path is where it lies in the copy.
type Held struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Media     Media     `json:"media"`
	Size      int64     `json:"size"`
	CreatedAt time.Time `json:"created_at"`
	Path      string    `json:"path"`

	file File
}

// Of lists what is known of the owner's files, in one statement.
func (s *Store) Of(ctx context.Context, q store.Querier, owner string) ([]Held, error) {
	k, err := s.keyOf(ctx, q, owner)
	if err != nil {
		return nil, fmt.Errorf("files of %s: %w", owner, err)
	}
	rows, err := q.Query(ctx, `SELECT id, name, media, size, bytes, created_at FROM file WHERE owner = $1 ORDER BY id`, owner)
	if err != nil {
		return nil, fmt.Errorf("files of %s: %w", owner, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Held
	for rows.Next() {
		var f Held
		var sealed []byte
		var lies string
		if err := rows.Scan(&f.ID, &sealed, &f.Media, &f.Size, &lies, store.Time(&f.CreatedAt)); err != nil {
			return nil, err
		}
		plain, err := k.Open("file", "name", f.ID, sealed)
		if err != nil {
			return nil, fmt.Errorf("file %s: %w", f.ID, err)
		}
		f.Name = string(plain)
		f.Path = "files/" + f.ID + "-" + path.Base(Name(f.Name, f.Media))
		f.file = File{ID: f.ID, Owner: owner, Name: f.Name, Media: f.Media, Size: f.Size, bytes: lies, key: k}
		out = append(out, f)
	}
	return out, rows.Err()
}

// Read opens the bytes of a file that Of listed, without asking the database again.
func (s *Store) Read(ctx context.Context, f Held) ([]byte, error) {
	sealed, err := s.Bucket.Read(ctx, f.file.at(), maxSealed)
	if err != nil {
		return nil, fmt.Errorf("read file %s: %w", f.ID, err)
	}
	plain, err := f.file.key.Open("file", body(f.Media), f.ID, sealed)
	if err != nil {
		return nil, fmt.Errorf("read file %s: %w", f.ID, err)
	}
	return plain, nil
}

// Export gives what is known of the account's files; rights takes the bytes by Of and Read.
func (s *Store) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	all, err := s.Of(ctx, q, accountID)
	if err != nil {
		return err
	}
	for _, f := range all {
		if err := give("file", f); err != nil {
			return err
		}
	}
	return nil
}

// Erase takes the rows of the account's files away. Their bytes are destroyed by Destroy; those that were kept meanwhile go with
// a sweep, unreadable as they are.
func (s *Store) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	return s.DropAll(ctx, tx, accountID)
}

// Destroy deletes the bytes of every file of the owner at once, and leaves the rows. It may run again after it was interrupted.
func (s *Store) Destroy(ctx context.Context, owner string) error {
	if owner == "" {
		return nil // the platform itself is never forgotten
	}
	rows, err := s.DB.Query(ctx, `SELECT id, bytes FROM file WHERE owner = $1`, owner)
	if err != nil {
		return fmt.Errorf("files of %s: %w", owner, err)
	}
	var all []File
	for rows.Next() {
		var f File
		if err := rows.Scan(&f.ID, &f.bytes); err != nil {
			return err
		}
		all = append(all, f)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := rows.Close(); err != nil {
		return err
	}
	for _, f := range all {
		if err := s.Bucket.Delete(ctx, f.at()); err != nil {
			return fmt.Errorf("delete the bytes of file %s: %w", f.ID, err)
		}
	}
	return nil
}
