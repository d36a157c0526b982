package mandate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/keyring"
	"okno/internal/store"
)

type heldMandate struct {
	Kind    Kind      `json:"kind"`
	For     string    `json:"for"`
	GivenAt time.Time `json:"given_at"`
	Until   time.Time `json:"until,omitzero"`
	EndedAt time.Time `json:"ended_at,omitzero"`
	Why     Why       `json:"why,omitempty"`
	AskedAt time.Time `json:"asked_at,omitzero"`
	Doubt   *Doubt    `json:"doubt,omitempty"`
}

type heldChild struct {
	Birth
	OpenedAt time.Time `json:"opened_at"`
}

type heldRequest struct {
	ID        string    `json:"id"`
	State     State     `json:"state"`
	Refusal   Refusal   `json:"refusal,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	Papers    *Papers   `json:"papers,omitempty"`
}

type heldCheck struct {
	Request string    `json:"request"`
	Name    string    `json:"register"`
	AskedAt time.Time `json:"asked_at"`
	Answer  *Answer   `json:"answer,omitempty"`
}

// Export gives for whom the account may act, what it asked for, and, of a child's account, the certificate by which it was opened. What
// is held of a child is in the copy of the child's account. The number of the record of the birth is the register's word, which nobody typed:
// only an account whose person is confirmed reads it.
func (s *Service) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	if err := exportMandates(ctx, q, accountID, give); err != nil {
		return err
	}
	key, err := s.Ring.Person(ctx, q, accountID)
	if err != nil {
		return err
	}
	a, err := s.Accounts.Get(ctx, q, accountID)
	if err != nil {
		return err
	}
	hidden := a.Level != access.Confirmed
	if err := exportChild(ctx, q, key, accountID, hidden, give); err != nil {
		return err
	}
	if err := s.exportRequests(ctx, q, accountID, hidden, give); err != nil {
		return err
	}
	h, err := s.handover(ctx, q, accountID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return give("handover", heldHandover{h.Target.Shown(), h.StartedAt, h.ExpiresAt})
}

type heldHandover struct {
	Contact   string    `json:"contact"`
	StartedAt time.Time `json:"started_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

func exportMandates(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT kind, for_id, given_at, until_at, ended_at, why, asked_at, doubt, doubt_at FROM mandate WHERE account_id = $1 ORDER BY id`, accountID)
	if err != nil {
		return fmt.Errorf("mandates of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var m heldMandate
		var kind, why string
		var d Doubt
		if err := rows.Scan(&kind, &m.For, store.Time(&m.GivenAt), store.NullTime(&m.Until), store.NullTime(&m.EndedAt), &why, store.NullTime(&m.AskedAt), &d.Code, store.NullTime(&d.At)); err != nil {
			return err
		}
		if d != (Doubt{}) {
			m.Doubt = &d
		}
		m.Kind, m.Why = Kind(kind), Why(why)
		if err := give("mandate", m); err != nil {
			return err
		}
	}
	return rows.Err()
}

func exportChild(ctx context.Context, q store.Querier, key *keyring.Key, accountID string, hidden bool, give func(table string, row any) error) error {
	var c heldChild
	var sealed []byte
	err := store.One(q.QueryRow(ctx, `SELECT birth, opened_at FROM child WHERE account_id = $1`, accountID).Scan(&sealed, store.Time(&c.OpenedAt)))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("certificate of %s: %w", accountID, err)
	}
	if err := key.OpenJSON("child", "birth", accountID, sealed, &c.Birth); err != nil {
		return err
	}
	if hidden {
		c.Act = ""
	}
	return give("child", c)
}

func (s *Service) exportRequests(ctx context.Context, q store.Querier, accountID string, hidden bool, give func(table string, row any) error) error {
	all, err := store.Names(q.Query(ctx, `SELECT id FROM child_request WHERE account_id = $1 ORDER BY id`, accountID))
	if err != nil {
		return fmt.Errorf("requests of %s: %w", accountID, err)
	}
	for _, rid := range all { // a family
		r, err := s.load(ctx, q, accountID, rid)
		if err != nil {
			return err
		}
		held := heldRequest{ID: rid, State: r.State, Refusal: r.Refusal, CreatedAt: r.CreatedAt, EndedAt: r.EndedAt}
		if !r.Ended() {
			held.Papers = &r.Papers
		}
		if err := give("child_request", held); err != nil {
			return err
		}
		for _, c := range r.Checks {
			x := heldCheck{Request: rid, Name: c.Register, AskedAt: c.AskedAt}
			if c.Answered {
				x.Answer = &c.Answer
				if hidden {
					x.Answer.Act = ""
				}
			}
			if err := give("child_check", x); err != nil {
				return err
			}
		}
	}
	return nil
}

// Erase takes away what the account asked for, its mandates and those for it, and a child's certificate: it may open an account anew.
func (s *Service) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	for _, statement := range []string{
		`DELETE FROM child_check WHERE request_id IN (SELECT id FROM child_request WHERE account_id = $1)`,
		`DELETE FROM child_request WHERE account_id = $1`,
		`DELETE FROM handover WHERE account_id = $1 OR by_id = $1`,
		`DELETE FROM mandate WHERE account_id = $1 OR for_id = $1`,
		`DELETE FROM child WHERE account_id = $1`,
	} {
		if _, err := tx.Exec(ctx, statement, accountID); err != nil {
			return fmt.Errorf("erase mandates of %s: %w", accountID, err)
		}
	}
	return nil
}
