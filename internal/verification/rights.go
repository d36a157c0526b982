package verification

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/form"
	"okno/internal/keyring"
	"okno/internal/store"
)

type heldVisit struct {
	Code      string    `json:"code"`
	ExpiresAt time.Time `json:"expires_at"`
}

type heldProof struct {
	ID        string    `json:"id"`
	Way       string    `json:"way"`
	Unit      string    `json:"unit"`
	State     State     `json:"state"`
	CreatedAt time.Time `json:"created_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	Papers    *Papers   `json:"papers,omitempty"`
}

type heldCheck struct {
	Proof    string    `json:"proof"`
	Register string    `json:"register"`
	State    string    `json:"state"`
	AskedAt  time.Time `json:"asked_at"`
	Answer   *Answer   `json:"answer,omitempty"`
}

// Export gives the code for a visit, the proofs of the person's identity, and what the registers said of it.
func (s *Service) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	v, err := s.visit(ctx, q, accountID)
	switch {
	case err == nil:
		err = give("visit", heldVisit(v))
	case errors.Is(err, store.ErrNotFound):
		err = nil
	}
	if err != nil {
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
	secret, err := s.SecretSNILS(ctx, q, a)
	if err != nil {
		return err
	}
	if err := exportProofs(ctx, q, key, accountID, secret, give); err != nil {
		return err
	}
	if err := exportChecks(ctx, q, key, accountID, give); err != nil {
		return err
	}
	if err := exportEvidence(ctx, q, accountID, give); err != nil {
		return err
	}
	return s.exportSNILS(ctx, q, key, accountID, secret, give)
}

// SecretSNILS are the numbers that the fund said to the account's applications and that its person is not shown in full: a register's word is
// for Confirmed accounts only (REG-11), and the name and the passport of the application may have been somebody else's. From the profile they
// come into forms and papers, where nobody typed them. Of a we need the ID and the level.
func (s *Service) SecretSNILS(ctx context.Context, q store.Querier, a account.Account) (map[string]bool, error) {
	if a.Level == access.Confirmed {
		return nil, nil
	}
	rows, err := q.Query(ctx, `SELECT id, details, `+keyring.WrappedSQL("snils_request.account_id")+` FROM snils_request WHERE account_id = $1`, a.ID)
	if err != nil {
		return nil, fmt.Errorf("numbers that the fund gave to %s: %w", a.ID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	out := map[string]bool{}
	var key *keyring.Key
	for rows.Next() {
		var rid string
		var sealed, wrapped []byte
		if err := rows.Scan(&rid, &sealed, &wrapped); err != nil {
			return nil, err
		}
		if key == nil { // most have none, and need no key
			if key, err = s.Ring.Unwrap(a.ID, wrapped); err != nil {
				return nil, err
			}
		}
		var d snilsDetails
		if err := key.OpenJSON("snils_request", "details", rid, sealed, &d); err != nil {
			return nil, err
		}
		if d.SNILS != "" {
			out[d.SNILS] = true
		}
	}
	return out, rows.Err()
}

// hiding are the papers with the end alone of a number that is secret.
func (p Papers) hiding(secret map[string]bool) Papers {
	if secret[p.SNILS] {
		p.SNILS = form.MaskSNILS(p.SNILS)
	}
	if typed, problem := form.SNILS(p.Typed["snils"]); problem == nil && secret[typed] {
		p.Typed = maps.Clone(p.Typed)
		p.Typed["snils"] = form.MaskSNILS(typed)
	}
	return p
}

type heldEvidence struct {
	Kind    string    `json:"kind"`
	Way     Way       `json:"way"`
	At      time.Time `json:"given_at"`
	Until   time.Time `json:"until,omitzero"`
	EndedAt time.Time `json:"ended_at,omitzero"`
	Why     Why       `json:"why,omitempty"`
	Code    string    `json:"code,omitempty"` // of the register by whose word it ended, or is in doubt while it stands
	AskedAt time.Time `json:"asked_at,omitzero"`
	Checked time.Time `json:"answered_at,omitzero"` // that all is as it was
	Told    bool      `json:"reminded,omitempty"`
}

func exportEvidence(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	all, err := evidenceOf(ctx, q, accountID)
	if err != nil {
		return err
	}
	for _, e := range all {
		if err := give("evidence", heldEvidence{string(e.Kind), e.Way, e.At, e.Until, e.EndedAt, e.Why, e.Said.Code, e.AskedAt, e.Checked, e.reminded}); err != nil {
			return err
		}
	}
	return nil
}

type heldSNILS struct {
	State   string       `json:"state"`
	Code    string       `json:"code,omitempty"`
	FiledAt time.Time    `json:"filed_at"`
	DueAt   time.Time    `json:"due_at"`
	EndedAt time.Time    `json:"ended_at,omitzero"`
	Details snilsDetails `json:"details"`
}

func (s *Service) exportSNILS(ctx context.Context, q store.Querier, key *keyring.Key, accountID string, secret map[string]bool, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT id, state, details, code, filed_at, due_at, ended_at FROM snils_request WHERE account_id = $1 ORDER BY filed_at, id`, accountID)
	if err != nil {
		return fmt.Errorf("applications for a SNILS of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var r heldSNILS
		var rid string
		var sealed []byte
		if err := rows.Scan(&rid, &r.State, &sealed, &r.Code, store.Time(&r.FiledAt), store.Time(&r.DueAt), store.NullTime(&r.EndedAt)); err != nil {
			return err
		}
		if err := key.OpenJSON("snils_request", "details", rid, sealed, &r.Details); err != nil {
			return err
		}
		if r.Details.Papers = r.Details.Papers.hiding(secret); secret[r.Details.SNILS] {
			r.Details.SNILS = form.MaskSNILS(r.Details.SNILS)
		}
		if err := give("snils_request", r); err != nil {
			return err
		}
	}
	return rows.Err()
}

func exportProofs(ctx context.Context, q store.Querier, key *keyring.Key, accountID string, secret map[string]bool, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT id, way, unit, state, papers, created_at, ended_at FROM proof WHERE account_id = $1 ORDER BY id`, accountID)
	if err != nil {
		return fmt.Errorf("proofs of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var p heldProof
		var sealed []byte
		if err := rows.Scan(&p.ID, &p.Way, &p.Unit, &p.State, &sealed, store.Time(&p.CreatedAt), store.NullTime(&p.EndedAt)); err != nil {
			return err
		}
		if sealed != nil {
			p.Papers = &Papers{}
			if err := key.OpenJSON("proof", "papers", p.ID, sealed, p.Papers); err != nil {
				return err
			}
			*p.Papers = p.Papers.hiding(secret)
		}
		if err := give("proof", p); err != nil {
			return err
		}
	}
	return rows.Err()
}

func exportChecks(ctx context.Context, q store.Querier, key *keyring.Key, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT c.proof_id, c.register, c.state, c.answer, c.asked_at, p.state FROM register_check c JOIN proof p ON p.id = c.proof_id
		WHERE p.account_id = $1 ORDER BY c.proof_id, c.register`, accountID)
	if err != nil {
		return fmt.Errorf("checks of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var c heldCheck
		var sealed []byte
		var proof string
		if err := rows.Scan(&c.Proof, &c.Register, &c.State, &sealed, store.Time(&c.AskedAt), &proof); err != nil {
			return err
		}
		if sealed != nil {
			c.Answer = &Answer{}
			if err := key.OpenJSON("register_check", "answer", c.Proof+"/"+c.Register, sealed, c.Answer); err != nil {
				return err
			}
			if State(proof) != Confirmed {
				c.Answer.Data = nil // it may be another person's
			}
		}
		if err := give("register_check", c); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Erase takes away the code, the proofs and the answers, the evidence and applications for a SNILS. That there was a proof stays in the audit, by its id.
func (s *Service) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	for _, statement := range []string{
		`DELETE FROM visit WHERE account_id = $1`,
		`DELETE FROM takeover_row WHERE takeover_id IN (SELECT id FROM takeover WHERE new_id = $1 OR old_id = $1)`,
		`DELETE FROM takeover WHERE new_id = $1 OR old_id = $1`,
		`DELETE FROM undoing_row WHERE undoing_id IN (SELECT id FROM undoing WHERE new_id = $1 OR old_id = $1)`,
		`DELETE FROM undoing WHERE new_id = $1 OR old_id = $1`,
		`DELETE FROM register_check WHERE proof_id IN (SELECT id FROM proof WHERE account_id = $1)`,
		`DELETE FROM proof WHERE account_id = $1`,
		`DELETE FROM evidence WHERE account_id = $1`,
		`DELETE FROM snils_request WHERE account_id = $1`,
	} {
		if _, err := tx.Exec(ctx, statement, accountID); err != nil {
			return fmt.Errorf("erase proofs of %s: %w", accountID, err)
		}
	}
	return nil
}

// Reversible is a takeover that the support desk can undo until then.
type Reversible struct {
	Old, Number string
	Until       time.Time
}

// Reversible are the takeovers by which the account came to hold others, and by which these did, as long as they can be undone.
func (s *Service) Reversible(ctx context.Context, q store.Querier, accountID string) ([]Reversible, error) {
	rows, err := q.Query(ctx, `WITH RECURSIVE former (id) AS (SELECT old_id FROM takeover WHERE new_id = $1
		UNION SELECT t.old_id FROM takeover t JOIN former f ON t.new_id = f.id)
		SELECT t.old_id, t.reference, t.started_at FROM takeover t JOIN former f ON f.id = t.old_id WHERE t.started_at >= $2 ORDER BY t.started_at`,
		accountID, q.Now().Add(-s.Policy.Takeover.Undo))
	if err != nil {
		return nil, fmt.Errorf("takeovers that %s may lose again: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Reversible
	for rows.Next() {
		var r Reversible
		var at time.Time
		if err := rows.Scan(&r.Old, &r.Number, store.Time(&at)); err != nil {
			return nil, err
		}
		r.Number, r.Until = spoken(r.Number), at.Add(s.Policy.Takeover.Undo)
		out = append(out, r)
	}
	return out, rows.Err()
}
