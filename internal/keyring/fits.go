package keyring

import (
	"context"
	"errors"
	"fmt"

	"okno/internal/store"
)

// Fits opens the key of some person in the database, to see that these are the secrets it was sealed with. A database without
// persons fits any.
func (r *Ring) Fits(ctx context.Context, q store.Querier) error {
	var owner string
	var wrapped []byte
	err := store.One(q.QueryRow(ctx, `SELECT owner, wrapped FROM person_key ORDER BY owner DESC LIMIT 1`).Scan(&owner, &wrapped))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	_, err = r.Unwrap(owner, wrapped)
	return err
}
