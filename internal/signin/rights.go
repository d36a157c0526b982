package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/fault"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/store"
)

type heldRecovery struct {
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	ProvedAt  time.Time `json:"proved_at,omitzero"`
}

// Export gives the recoveries of access that are under way.
func (s *Service) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT created_at, expires_at, proved_at FROM recovery WHERE account_id = $1 ORDER BY created_at`, accountID)
	if err != nil {
		return fmt.Errorf("recoveries of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var r heldRecovery
		if err := rows.Scan(store.Time(&r.CreatedAt), store.Time(&r.ExpiresAt), store.NullTime(&r.ProvedAt)); err != nil {
			return err
		}
		if err := give("recovery", r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Erase ends the recoveries of access that are under way.
func (s *Service) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM recovery WHERE account_id = $1`, accountID); err != nil {
		return fmt.Errorf("erase recoveries of %s: %w", accountID, err)
	}
	return nil
}

// ErrPassword is a wrong password of somebody who is signed in and is asked for it again.
var ErrPassword = fault.New(fault.InvalidInput, "signin.again_wrong").With(fault.F("password", "signin.again_wrong"))

// ProveAgain asks whoever is signed in for the password once more, before something that cannot be undone: whoever found an open
// session does not know it. From then on the session is fresh again. The try is counted before the password is looked at, so that many at once are no more than their number.
func (s *Service) ProveAgain(ctx context.Context, who access.Actor, password string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	if err := alert.Allowed(ctx, s.DB, who.ID); err != nil {
		return err
	}
	if waived(who) {
		return ErrAgain // whatever is there to be asked for is asked for on the page for it
	}
	return s.provePassword(ctx, who, password, "")
}

// provePassword is ProveAgain whatever the session was proved by before; methods are what it is proved by then, "" for no change.
func (s *Service) provePassword(ctx context.Context, who access.Actor, password, methods string) error {
	if password == "" {
		return fault.Invalid(fault.F("password", "signin.password_empty"))
	}
	rule, key := s.Policy.SignIn.Device.Rule("signin.again"), "signin.again:"+who.ID
	var v limit.Verdict
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		v, err = limit.Take(ctx, tx, rule, key)
		return err
	})
	if err != nil {
		return err
	}
	if !v.Allowed {
		return ErrBlocked.At(v.Until)
	}
	encoded, err := s.Credentials.Encoded(ctx, s.DB, who.ID)
	if err != nil {
		return err
	}
	if encoded == "" {
		return ErrPassword // whoever has none cannot show one
	}
	ok, _, err := s.Hasher.Verify(ctx, encoded, password)
	if err != nil && !errors.Is(err, keyring.ErrLong) {
		return err
	}
	if !ok {
		return ErrPassword
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := limit.Clear(ctx, tx, key); err != nil {
			return err
		}
		if methods == "" || !waived(who) {
			return s.Credentials.Shown(ctx, tx, who)
		}
		return s.Credentials.ShownBy(ctx, tx, who, methods)
	})
}
