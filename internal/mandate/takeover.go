package mandate

import (
	"context"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/keyring"
	"okno/internal/store"
)

// Move gives the mandates of one account to another of the same person, and names them (REG-12). What was being asked is asked again.
// Of those that go back after a mistake, one that cannot, because the other has its own for that child, ends: it stays with nobody else.
func (s *Service) Move(ctx context.Context, tx *store.Tx, b keyring.Between) ([]string, error) {
	args := []any{b.To, b.From}
	moved, err := store.Names(tx.Query(ctx, `UPDATE mandate SET account_id = $1 WHERE account_id = $2
		AND NOT EXISTS (SELECT 1 FROM mandate other WHERE other.account_id = $1 AND other.for_id = mandate.for_id AND other.ended_at IS NULL)
		AND `+b.OnlySQL("id", &args)+` RETURNING id`, args...))
	if err != nil || b.Only == nil {
		return moved, err
	}
	args = []any{tx.Now(), string(Undone), b.From}
	return moved, s.undone(ctx, tx, access.SystemActor(), b.From, b.OnlySQL("id", &args), args)
}

// EndSince ends the mandates that the account was given since that moment: they were given to whom it was taken for.
func (s *Service) EndSince(ctx context.Context, tx *store.Tx, who access.Actor, accountID string, since time.Time) error {
	return s.undone(ctx, tx, who, accountID, `given_at >= $4`, []any{tx.Now(), string(Undone), accountID, store.Moment(since)})
}

func (s *Service) undone(ctx context.Context, tx *store.Tx, who access.Actor, accountID, which string, args []any) error {
	children, err := store.Names(tx.Query(ctx, `UPDATE mandate SET ended_at = $1, why = $2 WHERE account_id = $3 AND ended_at IS NULL AND `+which+` RETURNING for_id`, args...))
	if err != nil {
		return fmt.Errorf("end mandates of %s: %w", accountID, err)
	}
	for _, childID := range children { // a family
		if err := audit.Record(ctx, tx, audit.Event{Action: "mandate.ended", Actor: who, Subject: childID, Object: "account/" + accountID, Detail: audit.Detail{"reason": string(Undone)}}); err != nil {
			return err
		}
	}
	return tx.Notify(ctx, Topic(accountID))
}

// Retire ends the hand-over of an account that another of the same person takes over: the contact that was named waits for nothing.
func (s *Service) Retire(ctx context.Context, tx *store.Tx, accountID string) error {
	_, err := tx.Exec(ctx, `DELETE FROM handover WHERE account_id = $1`, accountID)
	return err
}
