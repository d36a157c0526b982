package notification

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/store"
)

// PushKey is a pair by which push services know the portal (VAPID, RFC 8292): a scalar and a point of P-256. A browser is bound to the
// one under which it was switched on, so an old one signs for its browsers until none is left.
type PushKey struct {
	ID             string
	Public, secret []byte
	CreatedAt      time.Time
	Browsers       int // that are bound to it; PushKeys counts them
}

// Secret is the private half, for whoever sends.
func (k PushKey) Secret() []byte { return k.secret }

// NewPushKey is the pair as a key that is nowhere yet.
func NewPushKey(pair *ecdh.PrivateKey) PushKey {
	return PushKey{Public: pair.PublicKey().Bytes(), secret: pair.Bytes()}
}

// SealedKeys are the columns that the master keyset seals, for its rotation.
func SealedKeys() []keyring.Sealed {
	return []keyring.Sealed{{Table: "push_key", Row: "id", Column: "secret"}}
}

// PushKey is the key in force, made when there is none yet.
func (s *Service) PushKey(ctx context.Context) (PushKey, error) {
	k, err := s.inForce(ctx, s.DB)
	if !errors.Is(err, store.ErrNotFound) {
		return k, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if k, err = s.inForce(ctx, tx); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		k, err = s.makeKey(ctx, tx)
		return err
	})
	return k, err
}

// RotatePushKey makes a new key for browsers that are switched on from now on. The others stay bound to theirs, which a push service
// knows them by, and take the new one when their owner comes by; keys without a browser are destroyed.
func (s *Service) RotatePushKey(ctx context.Context) (PushKey, error) {
	var k PushKey
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM push_key WHERE NOT EXISTS (SELECT 1 FROM push_browser WHERE push_browser.key_id = push_key.id)`); err != nil {
			return fmt.Errorf("old keys of push: %w", err)
		}
		var err error
		k, err = s.makeKey(ctx, tx)
		return err
	})
	return k, err
}

func (s *Service) makeKey(ctx context.Context, tx *store.Tx) (PushKey, error) {
	pair, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return PushKey{}, err
	}
	k := NewPushKey(pair)
	k.ID, k.CreatedAt = id.At(tx.Now()), tx.Now()
	if err := tx.Do(ctx, `INSERT INTO push_key (id, public, secret, created_at) VALUES ($1, $2, $3, $4)`,
		k.ID, k.Public, s.Ring.System().Seal("push_key", "secret", k.ID, k.secret), k.CreatedAt); err != nil {
		return PushKey{}, fmt.Errorf("make a key of push: %w", err)
	}
	return k, nil
}

func (s *Service) inForce(ctx context.Context, q store.Querier) (PushKey, error) {
	return s.key(q.QueryRow(ctx, `SELECT id, public, secret, created_at FROM push_key ORDER BY id DESC LIMIT 1`))
}

func (s *Service) key(row *store.Row) (PushKey, error) {
	var k PushKey
	var sealed []byte
	if err := store.One(row.Scan(&k.ID, &k.Public, &sealed, store.Time(&k.CreatedAt))); err != nil {
		return k, fmt.Errorf("key of push: %w", err)
	}
	var err error
	if k.secret, err = s.Ring.System().Open("push_key", "secret", k.ID, sealed); err != nil {
		return k, fmt.Errorf("key of push %s: %w", k.ID, err)
	}
	return k, nil
}

// PushKeys lists the keys, the one in force first, with how many browsers each serves; their private halves stay where they are.
func PushKeys(ctx context.Context, q store.Querier) ([]PushKey, error) {
	rows, err := q.Query(ctx, `SELECT id, public, created_at, (SELECT count(*) FROM push_browser WHERE push_browser.key_id = push_key.id) FROM push_key ORDER BY id DESC`)
	if err != nil {
		return nil, fmt.Errorf("keys of push: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []PushKey
	for rows.Next() {
		var k PushKey
		if err := rows.Scan(&k.ID, &k.Public, store.Time(&k.CreatedAt), &k.Browsers); err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, rows.Err()
}
