package stamp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/store"
)

// Service keeps the keys: the private ones in the operator's file, what is public of them in the database.
type Service struct {
	DB      *store.DB
	Path    string // of the key file; empty: papers are not signed
	Name    string // of the portal, for certificates
	Address string // of the portal
	Life    time.Duration

	mu   sync.Mutex
	keys []*Key
	size int64
	at   time.Time // of the file that the keys are from
}

// ErrOut is of a key that must not sign any more: the file in force is another one.
var ErrOut = errors.New("stamp: the key in the file was replaced or revoked: give this node the key file in force")

// errOff is of a verb that needs a key file.
var errOff = errors.New("stamp: no key file is set: papers-key (OKNO_PAPERS_KEY)")

// Signs reports whether papers are signed.
func (s *Service) Signs() bool { return s.Path != "" }

// file is the keys of the file, which is read again when it has changed: nodes take new ones up by themselves.
func (s *Service) file() ([]*Key, error) {
	if !s.Signs() {
		return nil, errOff
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := os.Stat(s.Path)
	if err == nil && s.keys != nil && info.Size() == s.size && info.ModTime().Equal(s.at) {
		return s.keys, nil
	}
	keys, err := readKeys(s.Path)
	if err != nil {
		return nil, err
	}
	s.keys = keys
	if info != nil {
		s.size, s.at = info.Size(), info.ModTime()
	}
	return keys, nil
}

// Signer is the key in force. What it signs is signed outside of any transaction.
func (s *Service) Signer(ctx context.Context) (*Key, error) {
	keys, err := s.file()
	if err != nil {
		return nil, err
	}
	e, err := s.entry(ctx, s.DB, keys[0].ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && e.Since.IsZero() {
		e, err = s.enter(ctx, keys[0])
	}
	if err != nil {
		return nil, err
	}
	if now := s.DB.Now(); !e.RevokedAt.IsZero() || !e.Until.IsZero() && !now.Before(e.Until) {
		return nil, fmt.Errorf("%w (%s)", ErrOut, e.ID)
	}
	return keys[0], nil
}

// Ready takes what the file holds into the list, so that it is published before it signs. A start asks.
func (s *Service) Ready(ctx context.Context) error {
	if !s.Signs() {
		return nil
	}
	keys, err := s.file()
	if err != nil {
		return err
	}
	if _, err := s.Signer(ctx); err != nil && !errors.Is(err, ErrOut) { // such a node serves everything but new papers, whose job says why
		return err
	}
	return s.list(ctx, keys)
}

// enter puts a key in force.
func (s *Service) enter(ctx context.Context, k *Key) (Entry, error) {
	var e Entry
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.begin(ctx, tx, k); err != nil {
			return err
		}
		var err error
		e, err = s.entry(ctx, tx, k.ID)
		return err
	})
	return e, err
}

func (s *Service) begin(ctx context.Context, tx *store.Tx, k *Key) error {
	n, err := tx.Exec(ctx, `INSERT INTO paper_key (id, chain, made_at, since) VALUES ($1, $2, $3, $3)
		ON CONFLICT (id) DO UPDATE SET since = excluded.since WHERE paper_key.since IS NULL`, k.ID, string(chainText(k.chain)), tx.Now())
	if err != nil || n == 0 {
		return err
	}
	return record(ctx, tx, "stamp.begun", k.ID, "")
}

// list publishes keys that sign nothing yet.
func (s *Service) list(ctx context.Context, keys []*Key) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, k := range keys {
			if err := tx.Do(ctx, `INSERT INTO paper_key (id, chain, made_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`, k.ID, string(chainText(k.chain)), tx.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// Make makes the first key. It overwrites none.
func (s *Service) Make(ctx context.Context) (*Key, error) {
	if !s.Signs() {
		return nil, errOff
	}
	if _, err := os.Lstat(s.Path); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrThere, s.Path)
	}
	k, err := Generate(s.Name, s.Address, s.DB.Now(), s.Life)
	if err != nil {
		return nil, err
	}
	if err := writeKeys(s.Path, []*Key{k}); err != nil {
		return nil, err
	}
	_, err = s.enter(ctx, k)
	return k, err
}

// Stage makes the next key and publishes it, so that whoever keeps a list has it before it signs.
func (s *Service) Stage(ctx context.Context) (*Key, error) {
	keys, err := s.file()
	if err != nil {
		return nil, err
	}
	if len(keys) > 1 {
		return nil, ErrStaged
	}
	k, err := Generate(s.Name, s.Address, s.DB.Now(), s.Life)
	if err != nil {
		return nil, err
	}
	if err := writeKeys(s.Path, []*Key{keys[0], k}); err != nil {
		return nil, err
	}
	return k, s.list(ctx, []*Key{k})
}

// Rotate puts the next key in force. The old one signs on for so long on nodes that do not have the new file yet; its private half is
// taken out of the file. Whoever repeats it after a failure ends what was begun.
func (s *Service) Rotate(ctx context.Context, settle time.Duration) (*Key, error) {
	keys, err := s.file()
	if err != nil {
		return nil, err
	}
	if len(keys) < 2 {
		return nil, ErrNoNext
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.begin(ctx, tx, keys[1]); err != nil {
			return err
		}
		return tx.Do(ctx, `UPDATE paper_key SET until = $1 WHERE id = $2 AND until IS NULL`, tx.Now().Add(settle), keys[0].ID)
	})
	if err != nil {
		return nil, err
	}
	return keys[1], writeKeys(s.Path, keys[1:])
}

// Revoke says that nothing the key signed is to be believed off line. The key in force is replaced before: else no paper could be issued.
func (s *Service) Revoke(ctx context.Context, name string, why Reason) error {
	if !why.Valid() {
		return errors.New("stamp: a key is revoked as leaked or withdrawn")
	}
	if s.Signs() {
		keys, err := s.file()
		if err != nil {
			return err
		}
		if slices.ContainsFunc(keys, func(k *Key) bool { return k.ID == name }) {
			return fmt.Errorf("stamp: the key %s is in the key file: put another in force before (okno keys papers stage, rotate)", name)
		}
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE paper_key SET revoked_at = $1, reason = $2, until = COALESCE(until, $1) WHERE id = $3 AND revoked_at IS NULL`, tx.Now(), string(why), name)
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("stamp: there is no key %s, or it was revoked already", name)
		}
		return record(ctx, tx, "stamp.revoked", name, why)
	})
}

// Request is the request for a certificate of the staged key, or of the one in force when none is staged.
func (s *Service) Request() ([]byte, error) {
	keys, err := s.file()
	if err != nil {
		return nil, err
	}
	return keys[len(keys)-1].request()
}

// Certify gives the key that they are of these certificates, its own first. Papers of before keep the ones they have.
func (s *Service) Certify(ctx context.Context, chain []byte) (*Key, error) {
	certs, err := parseChain(chain)
	if err != nil {
		return nil, err
	}
	keys, err := s.file()
	if err != nil {
		return nil, err
	}
	keys = slices.Clone(keys)
	i := slices.IndexFunc(keys, func(k *Key) bool { return k.ID == keyID(certs[0]) })
	if i < 0 {
		return nil, fmt.Errorf("%w: of no key in the file", ErrChain)
	}
	if keys[i], err = newKey(keys[i].private, certs); err != nil {
		return nil, err
	}
	if err := writeKeys(s.Path, keys); err != nil {
		return nil, err
	}
	return keys[i], s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Do(ctx, `UPDATE paper_key SET chain = $1 WHERE id = $2`, string(chainText(certs)), keys[i].ID); err != nil {
			return err
		}
		return record(ctx, tx, "stamp.certified", keys[i].ID, "")
	})
}

// Expires is when the certificate of the key in force ends.
func (s *Service) Expires() (time.Time, error) {
	keys, err := s.file()
	if err != nil {
		return time.Time{}, err
	}
	return keys[0].chain[0].NotAfter, nil
}

const columns = `SELECT id, chain, since, until, revoked_at, reason FROM paper_key `

// List is the keys as of now, the oldest first.
func (s *Service) List(ctx context.Context) (List, error) {
	l := List{Issuer: s.Address, AsOf: s.DB.Now().Truncate(time.Second)}
	rows, err := s.DB.Query(ctx, columns+`ORDER BY made_at, id`)
	if err != nil {
		return List{}, fmt.Errorf("keys of papers: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scan(rows)
		if err != nil {
			return List{}, fmt.Errorf("keys of papers: %w", err)
		}
		l.Keys = append(l.Keys, e)
	}
	return l, rows.Err()
}

func (s *Service) entry(ctx context.Context, q store.Querier, name string) (Entry, error) {
	return scan(q.QueryRow(ctx, columns+`WHERE id = $1`, name))
}

// scan reads a key. Moments are those of seconds, as codes have them: a key counts from the second on in which it came into force.
func scan(row interface{ Scan(...any) error }) (Entry, error) {
	var e Entry
	var chain string
	if err := store.One(row.Scan(&e.ID, &chain, store.NullTime(&e.Since), store.NullTime(&e.Until), store.NullTime(&e.RevokedAt), &e.Reason)); err != nil {
		return Entry{}, err
	}
	e.Since = e.Since.Truncate(time.Second)
	var err error
	e.Chain, err = parseChain([]byte(chain))
	return e, err
}

func record(ctx context.Context, tx *store.Tx, action, key string, why Reason) error {
	e := audit.Event{Action: action, Actor: access.SystemActor(), Object: "paper_key/k" + key} // with a letter it is an identifier, whatever its digits
	if why != "" {
		e.Detail = audit.Detail{"reason": string(why)}
	}
	return audit.Record(ctx, tx, e)
}
