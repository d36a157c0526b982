package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/store"
)

// MaxSize bounds a file: 20 MB. While one is put or opened it is in memory twice.
const MaxSize = 20 << 20

// The refusals.
var (
	// ErrTooBig is of more than MaxSize bytes. Callers have limits of their own and words for them.
	ErrTooBig = errors.New("files: more than a file may hold")
	// ErrLate is of a file that was kept so long after it was put that its bytes may be swept.
	ErrLate = errors.New("files: the bytes were put too long ago")
)

// grace is how long bytes may lie without a row. Keep refuses after half of it, so that it never meets the sweep.
const grace = 24 * time.Hour

// Store puts, opens and drops files.
type Store struct {
	DB     *store.DB
	Ring   *keyring.Ring
	Bucket Bucket
	Now    func() time.Time // the clock by which the bucket dates its bytes; time.Now when nil

	Scanner         Scanner // looks uploads through (Inspect); none when nil
	AcceptUnscanned bool    // while the scanner is away: take uploads and mark them
}

// File is what is known of a file.
type File struct {
	ID        string
	Owner     string // "" is the platform itself
	Name      string // as it is shown to people
	Media     Media
	Size      int64
	SHA256    []byte // of the sealed bytes
	CreatedAt time.Time
	Unscanned bool // taken while the scanner was away

	key   *keyring.Key
	put   time.Time // by the bucket's clock
	bytes string    // under which name they lie, when it is not the id: see Move
}

// at is the name of the file's bytes in the bucket.
func (f File) at() string {
	if f.bytes != "" {
		return where(f.bytes)
	}
	return where(f.ID)
}

// New is a file to be made. The owner has a key already, and it is committed; "" is the platform itself.
type New struct {
	Owner string
	Name  string
	Media Media
	Data  []byte

	Unscanned bool // set by Inspect
}

// Put seals the bytes and writes them durably. They are nobody's until Keep. No transaction is open meanwhile: a bucket
// may be slow.
func (s *Store) Put(ctx context.Context, n New) (File, error) {
	if len(n.Data) > MaxSize {
		return File{}, ErrTooBig
	}
	k, err := s.keyOf(ctx, s.DB, n.Owner)
	if err != nil {
		return File{}, fmt.Errorf("put file: %w", err)
	}
	f := File{ID: id.New(), Owner: n.Owner, Name: n.Name, Media: n.Media, Size: int64(len(n.Data)), Unscanned: n.Unscanned, key: k, put: s.now()}
	sealed := k.Seal("file", body(n.Media), f.ID, n.Data)
	h := sha256.Sum256(sealed)
	f.SHA256 = h[:]
	if err := s.Bucket.Write(ctx, where(f.ID), sealed); err != nil {
		return File{}, fmt.Errorf("put file %s: %w", f.ID, err)
	}
	return f, nil
}

// Keep makes a file of what Put wrote, in the transaction of whoever needs it.
func (s *Store) Keep(ctx context.Context, tx *store.Tx, f File) error {
	if f.key == nil || s.now().Sub(f.put) > grace/2 {
		return fmt.Errorf("keep file %s: %w", f.ID, ErrLate)
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO file (id, owner, name, media, size, sha256, created_at, unscanned) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		f.ID, f.Owner, f.key.Seal("file", "name", f.ID, []byte(f.Name)), string(f.Media), f.Size, f.SHA256, tx.Now(), f.Unscanned)
	if err != nil {
		return fmt.Errorf("keep file %s: %w", f.ID, err)
	}
	return nil
}

// Open reads a file and its bytes. It says store.ErrNotFound of none, keyring.ErrNoKey when its owner was forgotten, and
// keyring.ErrSealed of bytes that are not those that were put.
func (s *Store) Open(ctx context.Context, q store.Querier, fileID string) (File, *bytes.Reader, error) {
	f, err := s.About(ctx, q, fileID)
	if err != nil {
		return File{}, nil, err
	}
	sealed, err := s.Bucket.Read(ctx, f.at(), maxSealed)
	if err != nil {
		return File{}, nil, fmt.Errorf("open file %s: %w", f.ID, err)
	}
	plain, err := f.key.Open("file", body(f.Media), f.ID, sealed)
	if err != nil {
		return File{}, nil, fmt.Errorf("open file %s: %w", f.ID, err)
	}
	return f, bytes.NewReader(plain), nil
}

// About reads what is known of a file without its bytes.
func (s *Store) About(ctx context.Context, q store.Querier, fileID string) (File, error) {
	var f File
	var name []byte
	err := store.One(q.QueryRow(ctx, `SELECT id, owner, name, media, size, sha256, bytes, created_at, unscanned FROM file WHERE id = $1`, fileID).
		Scan(&f.ID, &f.Owner, &name, &f.Media, &f.Size, &f.SHA256, &f.bytes, store.Time(&f.CreatedAt), &f.Unscanned))
	if err != nil {
		return File{}, fmt.Errorf("file %s: %w", fileID, err)
	}
	if f.key, err = s.keyOf(ctx, q, f.Owner); err != nil {
		return File{}, fmt.Errorf("file %s: %w", fileID, err)
	}
	plain, err := f.key.Open("file", "name", f.ID, name)
	if err != nil {
		return File{}, fmt.Errorf("file %s: %w", fileID, err)
	}
	f.Name = string(plain)
	return f, nil
}

// Drop takes the row away; the bytes go with a sweep. Dropping what is not there is no error.
func (s *Store) Drop(ctx context.Context, tx *store.Tx, fileID string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM file WHERE id = $1`, fileID); err != nil {
		return fmt.Errorf("drop file %s: %w", fileID, err)
	}
	return nil
}

// DropAll takes away every row of an owner, when they are forgotten.
func (s *Store) DropAll(ctx context.Context, tx *store.Tx, owner string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM file WHERE owner = $1`, owner); err != nil {
		return fmt.Errorf("drop files of %s: %w", owner, err)
	}
	return nil
}

func (s *Store) keyOf(ctx context.Context, q store.Querier, owner string) (*keyring.Key, error) {
	if owner == "" {
		return s.Ring.System(), nil
	}
	return s.Ring.Person(ctx, q, owner)
}

func (s *Store) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// body is the column the bytes are sealed for. It holds the type, so that nobody who can write to the table can have a
// picture served as a page.
func body(m Media) string { return "body " + string(m) }
