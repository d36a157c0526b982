package mandate

import (
	"context"
	"errors"
	"fmt"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/keyring"
	"okno/internal/notification"
	"okno/internal/store"
)

// Age ends mandates whose day has come, has the register asked about those that it was not for long, and tells those whose day is near. Some at a time, each in a transaction of its own.
func (s *Service) Age(ctx context.Context) error {
	over, err := store.Names(s.DB.Query(ctx, `SELECT id FROM mandate WHERE ended_at IS NULL AND until_at <= $1 ORDER BY until_at LIMIT 200`, s.DB.Now()))
	if err != nil {
		return fmt.Errorf("look for mandates that are over: %w", err)
	}
	for _, mid := range over {
		if err := s.DB.Write(ctx, func(tx *store.Tx) error { return s.over(ctx, tx, mid) }); err != nil {
			return fmt.Errorf("end mandate %s: %w", mid, err)
		}
	}
	if err := s.askDue(ctx); err != nil {
		return err
	}
	near, err := store.Names(s.DB.Query(ctx, `SELECT id FROM mandate WHERE ended_at IS NULL AND reminded_at IS NULL AND until_at > $1 AND until_at <= $2 ORDER BY until_at LIMIT 200`,
		s.DB.Now(), s.DB.Now().Add(s.Policy.Children.NearBefore)))
	if err != nil {
		return fmt.Errorf("look for mandates that are nearly over: %w", err)
	}
	for _, mid := range near {
		if err := s.DB.Write(ctx, func(tx *store.Tx) error { return s.remind(ctx, tx, mid) }); err != nil {
			return fmt.Errorf("tell of mandate %s: %w", mid, err)
		}
	}
	return nil
}

// over ends one mandate: the child is the child's own from now on.
func (s *Service) over(ctx context.Context, tx *store.Tx, mid string) error {
	n, err := tx.Exec(ctx, `UPDATE mandate SET ended_at = $1, why = $2 WHERE id = $3 AND ended_at IS NULL AND until_at <= $1`, tx.Now(), string(Grown), mid)
	if err != nil || n == 0 {
		return err
	}
	holder, forID, err := parties(ctx, tx, mid)
	if err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: "mandate.ended", Actor: access.SystemActor(), Subject: forID, Object: "account/" + holder, Detail: audit.Detail{"reason": string(Grown)}}); err != nil {
		return err
	}
	return s.tell(ctx, tx, holder, s.aboutAge("cabinet/children", "message.child.over"))
}

// remind tells a parent, once, that the day is near.
func (s *Service) remind(ctx context.Context, tx *store.Tx, mid string) error {
	n, err := tx.Exec(ctx, `UPDATE mandate SET reminded_at = $1 WHERE id = $2 AND ended_at IS NULL AND reminded_at IS NULL`, tx.Now(), mid)
	if err != nil || n == 0 {
		return err
	}
	holder, forID, err := parties(ctx, tx, mid)
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, holder, s.aboutAge(page(forID), "message.child.near"))
}

// tell tells a parent; one who was erased meanwhile hears nothing.
func (s *Service) tell(ctx context.Context, tx *store.Tx, accountID string, n notification.Note) error {
	err := s.Notices.Tell(ctx, tx, accountID, n)
	if errors.Is(err, keyring.ErrNoKey) || errors.Is(err, account.ErrMissing) {
		err = nil
	}
	return errors.Join(err, tx.Notify(ctx, Topic(accountID)))
}

func parties(ctx context.Context, tx *store.Tx, mid string) (holder, forID string, err error) {
	err = store.One(tx.QueryRow(ctx, `SELECT account_id, for_id FROM mandate WHERE id = $1`, mid).Scan(&holder, &forID))
	return holder, forID, err
}
