package keyring

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"okno/internal/store"
)

// news is the topic on which nodes tell each other that a key was destroyed.
const news = "keyring"

// NewPerson makes the owner's key, in the transaction that makes the owner.
func (r *Ring) NewPerson(ctx context.Context, tx *store.Tx, owner string) (*Key, error) {
	secret := make([]byte, personLen)
	rand.Read(secret) //nolint:errcheck // never fails since Go 1.24: it crashes the program instead
	defer clear(secret)
	wrapped, err := r.held.Load().master.Encrypt(secret, wrapPlace(owner))
	if err != nil {
		return nil, fmt.Errorf("new key of %s: %w", owner, err)
	}
	err = tx.Do(ctx, `INSERT INTO person_key (owner, wrapped, created_at) VALUES ($1, $2, $3)`, owner, wrapped, tx.Now())
	if err != nil {
		return nil, fmt.Errorf("new key of %s: %w", owner, err)
	}
	return newKey(secret)
}

// Person is the owner's key, from memory or from one reading statement; ErrNoKey when there is none.
//
// A key that a writing transaction read is not kept in memory: the transaction may have made it itself and may yet
// fail, and what would then be sealed with the remembered key would never open again.
func (r *Ring) Person(ctx context.Context, q store.Querier, owner string) (*Key, error) {
	k, turn := r.keys.get(owner)
	if k != nil {
		return k, nil
	}
	var wrapped []byte
	err := store.One(q.QueryRow(ctx, `SELECT wrapped FROM person_key WHERE owner = $1`, owner).Scan(&wrapped))
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("key of %s: %w", owner, ErrNoKey)
	}
	if err != nil {
		return nil, fmt.Errorf("key of %s: %w", owner, err)
	}
	if k, err = r.Unwrap(owner, wrapped); err != nil {
		return nil, err
	}
	if lasting(q) {
		r.keys.put(owner, k, turn)
	}
	return k, nil
}

// lasting reports whether what q reads is committed.
func lasting(q store.Querier) bool {
	tx, ok := q.(*store.Tx)
	return !ok || !tx.Writes()
}

// People are the keys of many owners, from memory or from one reading statement. Whoever has none is not among them.
func (r *Ring) People(ctx context.Context, q store.Querier, owners []string) (map[string]*Key, error) {
	out, turns := map[string]*Key{}, map[string]int{}
	var unknown []string
	for _, owner := range owners {
		if _, twice := turns[owner]; twice {
			continue
		}
		k, turn := r.keys.get(owner)
		if turns[owner] = turn; k != nil {
			out[owner] = k
		} else {
			unknown = append(unknown, owner)
		}
	}
	if len(unknown) == 0 {
		return out, nil
	}
	var args []any
	rows, err := q.Query(ctx, `SELECT owner, wrapped FROM person_key WHERE `+store.InSQL("owner", unknown, &args), args...)
	err = store.Each(rows, err, func(row *store.Rows) error {
		var owner string
		var wrapped []byte
		if err := row.Scan(&owner, &wrapped); err != nil {
			return err
		}
		k, err := r.Unwrap(owner, wrapped)
		if err != nil {
			return err
		}
		if out[owner] = k; lasting(q) {
			r.keys.put(owner, k, turns[owner])
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("keys of %d owners: %w", len(unknown), err)
	}
	return out, nil
}

// WrappedSQL lends the owner's wrapped key to another package's statement, as a scalar subquery; hand what it gives to
// Unwrap. The expression is a qualified column, "account.id", or a placeholder.
func WrappedSQL(ownerExpr string) string {
	return `(SELECT person_key.wrapped FROM person_key WHERE person_key.owner = ` + ownerExpr + `)`
}

// Unwrap opens a wrapped key that was read for the owner; ErrNoKey when there was none.
func (r *Ring) Unwrap(owner string, wrapped []byte) (*Key, error) {
	if len(wrapped) == 0 {
		return nil, fmt.Errorf("key of %s: %w", owner, ErrNoKey)
	}
	secret, err := r.held.Load().master.Decrypt(wrapped, wrapPlace(owner))
	if err != nil {
		return nil, fmt.Errorf("key of %s: not sealed with this master keyset: %w", owner, ErrSealed)
	}
	defer clear(secret)
	return newKey(secret)
}

// Forget destroys the owner's key: everything that was sealed with it is noise from then on, in this database, in its
// files and in every copy of them that has no older copy of person_key. Here the key is gone at once, on other nodes
// when they hear of the commit.
func (r *Ring) Forget(ctx context.Context, tx *store.Tx, owner string) error {
	r.keys.bar(owner)
	if _, err := tx.Exec(ctx, `DELETE FROM person_key WHERE owner = $1`, owner); err != nil {
		return fmt.Errorf("forget %s: %w", owner, err)
	}
	if err := tx.Notify(ctx, news); err != nil {
		return fmt.Errorf("forget %s: %w", owner, err)
	}
	return nil
}

// Watch drops the keys in memory whenever any node destroyed one, until ctx ends.
func (r *Ring) Watch(ctx context.Context, db *store.DB) {
	c, stop := db.Listen(news)
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c:
			r.keys.empty()
		}
	}
}
