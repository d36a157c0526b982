package contact

import (
	"context"
	"fmt"
	"time"

	"okno/internal/store"
)

type heldContact struct {
	Kind       Kind      `json:"kind"`
	Value      string    `json:"value"`
	VerifiedAt time.Time `json:"verified_at"`
	Reserve    bool      `json:"reserve,omitempty"`
}

type heldChallenge struct {
	Purpose   string    `json:"purpose"`
	Kind      Kind      `json:"kind"`
	Value     string    `json:"value"`
	SentAt    time.Time `json:"sent_at"`
	ProvedAt  time.Time `json:"proved_at,omitzero"`
	BlockedAt time.Time `json:"blocked_at,omitzero"`
	Wrong     int64     `json:"wrong"`
	Reference string    `json:"reference,omitempty"`
}

// Export gives the account's contacts and the attempts to prove one that belong to it.
func (s *Service) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	all, err := s.Of(ctx, q, accountID)
	if err != nil {
		return err
	}
	for _, c := range all {
		if err := give("contact", heldContact{c.Target.Kind, c.Target.Value, c.VerifiedAt, c.Reserve}); err != nil {
			return err
		}
	}
	rows, err := q.Query(ctx, `SELECT id, purpose, kind, value, sent_at, proved_at, blocked_at, wrong, COALESCE(reference, '') FROM challenge
		WHERE account_id = $1 OR subject = $1 ORDER BY sent_at`, accountID)
	if err != nil {
		return fmt.Errorf("attempts of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var c heldChallenge
		var cid string
		var sealed []byte
		if err := rows.Scan(&cid, &c.Purpose, &c.Kind, &sealed, store.Time(&c.SentAt), store.NullTime(&c.ProvedAt), store.NullTime(&c.BlockedAt), &c.Wrong, &c.Reference); err != nil {
			return err
		}
		plain, err := s.Ring.System().Open("challenge", "value", cid, sealed)
		if err != nil {
			return err
		}
		c.Value = string(plain)
		if err := give("challenge", c); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return exportUntyings(ctx, q, accountID, give)
}

type heldUntying struct {
	Kind    Kind      `json:"kind"`
	State   string    `json:"state"`
	Mine    bool      `json:"asked_by_me"`
	AskedAt time.Time `json:"asked_at"`
	DueAt   time.Time `json:"due_at"`
	EndedAt time.Time `json:"ended_at,omitzero"`
}

// exportUntyings gives what was asked for about the account's contacts, and what the account asked for. The contact itself is among
// those of whoever held it.
func exportUntyings(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT kind, state, asker = $1, asked_at, due_at, ended_at FROM untying WHERE account_id = $1 OR asker = $1 ORDER BY asked_at`, accountID)
	if err != nil {
		return fmt.Errorf("untyings of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var u heldUntying
		if err := rows.Scan(&u.Kind, &u.State, &u.Mine, store.Time(&u.AskedAt), store.Time(&u.DueAt), store.NullTime(&u.EndedAt)); err != nil {
			return err
		}
		if err := give("untying", u); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Erase frees the account's contacts. Attempts to prove them go too, whoever began them: they hold the contact under the
// master keyset, which no forgetting of a person's key reaches.
func (s *Service) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	for _, statement := range []string{
		`DELETE FROM challenge WHERE account_id = $1 OR subject = $1 OR value_index IN (SELECT value_index FROM contact WHERE account_id = $1)
			OR value_index IN (SELECT value_ahead FROM contact WHERE account_id = $1)`,
		`DELETE FROM contact WHERE account_id = $1`,
		`DELETE FROM untying WHERE account_id = $1 OR asker = $1`,
	} {
		if _, err := tx.Exec(ctx, statement, accountID); err != nil {
			return fmt.Errorf("erase contacts of %s: %w", accountID, err)
		}
	}
	return nil
}
