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
	wrapped, err := r.master.Encrypt(secret, wrapPlace(owner))
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
	if tx, ok := q.(*store.Tx); !ok || !tx.Writes() {
		r.keys.put(owner, k, turn)
	}
	return k, nil
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
	secret, err := r.master.Decrypt(wrapped, wrapPlace(owner))
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

// Rewrap seals the keys that older keys of the master keyset have sealed anew with the primary, batch after batch (500
// when 0), while everybody works on. Interrupted, it goes on where it was when it is called again. It tells progress
// after each batch, when that is not nil, how many were sealed anew, and returns their number.
func (r *Ring) Rewrap(ctx context.Context, db *store.DB, batch int, progress func(done int)) (int, error) {
	if batch <= 0 {
		batch = 500
	}
	done, last := 0, ""
	for {
		page, end, err := r.stale(ctx, db, last, batch)
		if err != nil {
			return done, fmt.Errorf("rewrap: %w", err)
		}
		if end == "" {
			return done, nil
		}
		last = end
		if len(page) == 0 {
			continue
		}
		n, err := replace(ctx, db, page)
		if err != nil {
			return done, fmt.Errorf("rewrap after %s: %w", page[0].owner, err)
		}
		done += n
		if progress != nil {
			progress(done)
		}
	}
}

// replace stores the new wrapping of each key of the page, and returns of how many. A key that was destroyed, made
// again or wrapped by somebody else meanwhile stays as it is.
func replace(ctx context.Context, db *store.DB, page []rewrapped) (int, error) {
	n := 0
	err := db.Write(ctx, func(tx *store.Tx) error {
		n = 0
		for _, w := range page {
			one, err := tx.Exec(ctx, `UPDATE person_key SET wrapped = $1 WHERE owner = $2 AND wrapped = $3`, w.next, w.owner, w.was)
			if err != nil {
				return err
			}
			n += int(one)
		}
		return nil
	})
	return n, err
}

type rewrapped struct {
	owner     string
	was, next []byte
}

// stale reads a page of keys after the owner last and seals anew those that need it. end is the last owner of the page,
// "" when there is none.
func (r *Ring) stale(ctx context.Context, q store.Querier, last string, batch int) (page []rewrapped, end string, err error) {
	rows, err := q.Query(ctx, `SELECT owner, wrapped FROM person_key WHERE owner > $1 ORDER BY owner LIMIT $2`, last, batch)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		var w rewrapped
		if err := rows.Scan(&w.owner, &w.was); err != nil {
			return nil, "", err
		}
		end = w.owner
		if len(w.was) > len(r.primary) && string(w.was[:len(r.primary)]) == r.primary {
			continue
		}
		secret, err := r.master.Decrypt(w.was, wrapPlace(w.owner))
		if err != nil {
			return nil, "", fmt.Errorf("key of %s: not sealed with this master keyset: %w", w.owner, ErrSealed)
		}
		w.next, err = r.master.Encrypt(secret, wrapPlace(w.owner))
		clear(secret)
		if err != nil {
			return nil, "", err
		}
		page = append(page, w)
	}
	return page, end, rows.Err()
}
