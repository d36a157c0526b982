package contact

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/store"
)

// A number that its owner gave up is somebody else's after some months, and an address may be, too. So a contact is as good as the
// last proof that the account's own person holds it: a code or a link that came to it, at registration, at its addition, when it
// was confirmed again in the cabinet, and at a recovery that it was good for. To type it as a login proves nothing, nor does a
// device that is known, nor a code that somebody entered for a purpose of his own. Once the proof is old, the contact is stale.

// StaleAt is from when the contact is stale unless it is confirmed again.
func (s *Service) StaleAt(c Contact) time.Time { return c.ProvedAt.Add(s.Policy.Contacts.Reconfirm) }

// Stale reports whether nobody has confirmed the contact for so long that somebody else may have it now.
func (s *Service) Stale(c Contact) bool { return !s.DB.Now().Before(s.StaleAt(c)) }

// Ages reports whether the contact is stale, or so soon that its owner is asked to confirm it.
func (s *Service) Ages(c Contact) bool {
	return !s.DB.Now().Before(s.StaleAt(c).Add(-s.Policy.Contacts.ReconfirmRemind))
}

// Held is the contact that an account holds under the target, and the account; "" when none does.
func (s *Service) Held(ctx context.Context, q store.Querier, t Target) (Contact, string, error) {
	c := Contact{Target: t}
	var account string
	index := s.Find(t)
	err := store.One(q.QueryRow(ctx, `SELECT id, account_id, verified_at, COALESCE(proved_at, verified_at) FROM contact WHERE value_index IN ($1, $2)`,
		index[0], index[1]).Scan(&c.ID, &account, store.Time(&c.VerifiedAt), store.Time(&c.ProvedAt)))
	if errors.Is(err, store.ErrNotFound) {
		return Contact{}, "", nil
	}
	return c, account, err
}

// KindsSQL lends how many kinds of contacts the account has that expr names.
func KindsSQL(expr string) string {
	return `(SELECT count(DISTINCT contact.kind) FROM contact WHERE contact.account_id = ` + expr + `)`
}

// OldestSQL lends when the contact of the account that expr names was proved that was proved longest ago; NULL when it has none.
func OldestSQL(expr string) string {
	return `(SELECT min(COALESCE(contact.proved_at, contact.verified_at)) FROM contact WHERE contact.account_id = ` + expr + `)`
}

// Remind names the accounts whose owners are to be asked to confirm a contact, at most so many contacts at once, each once until it
// is confirmed again.
func (s *Service) Remind(ctx context.Context, tx *store.Tx, most int) ([]string, error) {
	rows, err := tx.Query(ctx, `UPDATE contact SET reminded_at = $1 WHERE id IN (SELECT id FROM contact
			WHERE reminded_at IS NULL AND NOT retired AND COALESCE(proved_at, verified_at) <= $2 ORDER BY COALESCE(proved_at, verified_at) LIMIT $3)
		RETURNING account_id`, tx.Now(), tx.Now().Add(s.Policy.Contacts.ReconfirmRemind-s.Policy.Contacts.Reconfirm), most)
	if err != nil {
		return nil, fmt.Errorf("contacts to confirm again: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []string
	seen := map[string]bool{}
	for rows.Next() {
		var account string
		if err := rows.Scan(&account); err != nil {
			return nil, err
		}
		if !seen[account] {
			out = append(out, account)
		}
		seen[account] = true
	}
	return out, rows.Err()
}
