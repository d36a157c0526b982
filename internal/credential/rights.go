package credential

import (
	"context"
	"fmt"
	"time"

	"okno/internal/keyring"
	"okno/internal/store"
)

type heldPassword struct {
	SetAt      time.Time `json:"set_at"`
	MustChange bool      `json:"must_change"`
	ExpiresAt  time.Time `json:"expires_at,omitzero"`
}

type heldFormer struct {
	LeftAt time.Time `json:"left_at"`
}

type heldDevice struct {
	Agent   string    `json:"agent"`
	FirstAt time.Time `json:"first_at"`
	LastAt  time.Time `json:"last_at"`
	Trusted time.Time `json:"trusted_until,omitzero"`
	Methods string    `json:"methods,omitempty"`
}

type heldFactor struct {
	Kind   string    `json:"kind"`
	App    string    `json:"app,omitempty"`
	MadeAt time.Time `json:"made_at"`
	UsedAt time.Time `json:"used_at,omitzero"`
}

type heldQuestions struct {
	Questions []Question `json:"questions"`
	MadeAt    time.Time  `json:"made_at"`
}

type heldPending struct {
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

type heldSession struct {
	Agent     string    `json:"agent"`
	Methods   string    `json:"methods"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at"`
	EndsAt    time.Time `json:"ends_at"`
}

// Export gives what is kept for signing in: when the password was set and in which browsers the person was. The hashes of
// password and tokens and the secrets of apps are left out: they tell nobody anything, and whoever has the copy could guess at them.
func (s *Service) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	var p heldPassword
	err := each(ctx, q, `SELECT set_at, must_change, expires_at FROM password WHERE account_id = $1`, accountID,
		[]any{store.Time(&p.SetAt), &p.MustChange, store.NullTime(&p.ExpiresAt)}, func() error { return give("password", p) })
	if err != nil {
		return err
	}
	var was heldFormer
	err = each(ctx, q, `SELECT left_at FROM password_past WHERE account_id = $1 ORDER BY left_at, encoded`, accountID,
		[]any{store.Time(&was.LeftAt)}, func() error { return give("password_past", was) })
	if err != nil {
		return err
	}
	var d heldDevice
	err = each(ctx, q, `SELECT agent, first_at, last_at, trusted_until, methods FROM device WHERE account_id = $1 ORDER BY first_at`, accountID,
		[]any{&d.Agent, store.Time(&d.FirstAt), store.Time(&d.LastAt), store.NullTime(&d.Trusted), &d.Methods}, func() error { return give("device", d) })
	if err != nil {
		return err
	}
	var f heldFactor
	var fid string
	var name, wrapped []byte
	err = each(ctx, q, `SELECT id, kind, name, made_at, used_at, `+keyring.WrappedSQL("factor.account_id")+` FROM factor WHERE account_id = $1 ORDER BY made_at, id`, accountID,
		[]any{&fid, &f.Kind, &name, store.Time(&f.MadeAt), store.NullTime(&f.UsedAt), &wrapped}, func() (err error) {
			if f.App, err = s.openName(accountID, fid, name, wrapped); err != nil {
				return err
			}
			return give("factor", f)
		})
	if err != nil {
		return err
	}
	asked, err := s.QuestionsOf(ctx, q, accountID)
	if err != nil {
		return err
	}
	if len(asked.List) > 0 {
		if err := give("security_question", heldQuestions{asked.List, asked.MadeAt}); err != nil {
			return err
		}
	}
	var half heldPending
	err = each(ctx, q, `SELECT created_at, expires_at FROM pending_signin WHERE account_id = $1 ORDER BY created_at`, accountID,
		[]any{store.Time(&half.CreatedAt), store.Time(&half.ExpiresAt)}, func() error { return give("pending_signin", half) })
	if err != nil {
		return err
	}
	var x heldSession
	return each(ctx, q, `SELECT agent, methods, created_at, seen_at, ends_at FROM session WHERE owner_id = $1 AND kind = 'person' ORDER BY created_at`, accountID,
		[]any{&x.Agent, &x.Methods, store.Time(&x.CreatedAt), store.Time(&x.SeenAt), store.Time(&x.EndsAt)}, func() error { return give("session", x) })
}

func each(ctx context.Context, q store.Querier, query, accountID string, into []any, fn func() error) error {
	rows, err := q.Query(ctx, query, accountID)
	if err != nil {
		return fmt.Errorf("credentials of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := fn(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Erase closes every session and forgets password and browsers.
func (s *Service) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	if err := s.CloseAll(ctx, tx, accountID); err != nil {
		return err
	}
	for _, statement := range []string{`DELETE FROM security_question WHERE account_id = $1`, `DELETE FROM factor WHERE account_id = $1`, `DELETE FROM device WHERE account_id = $1`, `DELETE FROM password WHERE account_id = $1`,
		`DELETE FROM password_past WHERE account_id = $1`} {
		if _, err := tx.Exec(ctx, statement, accountID); err != nil {
			return fmt.Errorf("erase credentials of %s: %w", accountID, err)
		}
	}
	return nil
}
