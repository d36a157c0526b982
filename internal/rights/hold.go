package rights

import (
	"context"
	"fmt"
	"time"

	"okno/internal/jobs"
	"okno/internal/store"
)

// Takeover is one by which an account retired another, while that can be undone. An erasure cannot: until then it waits, or whoever took
// an account over by mistake or by fraud would destroy both before their owner is heard.
type Takeover struct {
	Old    string // the account that was retired
	Number string // what its owner says to the support desk
	Until  time.Time
}

// takeovers are those by which the account holds others that may go back.
func (s *Service) takeovers(ctx context.Context, q store.Querier, accountID string) ([]Takeover, error) {
	if s.Takeovers == nil {
		return nil, nil
	}
	list, err := s.Takeovers(ctx, q, accountID)
	if err != nil {
		return nil, fmt.Errorf("takeovers by %s: %w", accountID, err)
	}
	return list, nil
}

// held is the erasure as it may happen: on its day, or when the last of the takeovers has become final.
func (e Erasure) held(list []Takeover) Erasure {
	for _, t := range list {
		if !t.Until.Before(e.DueAt) {
			e.DueAt, e.Held = t.Until, true
		}
	}
	return e
}

// news is what the person is told of the day.
func (e Erasure) news() string {
	if e.Held {
		return "message.erasure_held"
	}
	return "message.erasure"
}

// postpone moves the day of an erasure before which a takeover has come, and tells so. One that has begun goes on.
func (s *Service) postpone(ctx context.Context, accountID string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		e, waits, err := s.Pending(ctx, tx, accountID)
		if err != nil || !waits || !e.Held {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE erasure SET due_at = $1, reminded_at = NULL WHERE account_id = $2 AND begun_at IS NULL AND due_at < $1`, e.DueAt, accountID)
		if err != nil || n == 0 {
			return err
		}
		if err := s.Jobs.Enqueue(ctx, tx, s.work(accountID, e)...); err != nil {
			return err
		}
		return s.tellAll(ctx, tx, accountID, e.news(), e)
	})
}

// work are the jobs of an erasure.
func (s *Service) work(accountID string, e Erasure) []jobs.Args {
	return []jobs.Args{jobs.At(EraseAccount{accountID}, e.DueAt), jobs.At(RemindOfErasure{accountID}, e.DueAt.Add(-s.Policy.Rights.RemindBefore))}
}

// tellAll tells the person, and by their own contacts whoever had the accounts that would be erased with this one and may get them back.
func (s *Service) tellAll(ctx context.Context, tx *store.Tx, accountID, key string, e Erasure) error {
	list, err := s.takeovers(ctx, tx, accountID)
	if err != nil {
		return err
	}
	for _, t := range list { // one, hardly ever two
		if err := s.Notices.Tell(ctx, tx, t.Old, s.aboutRetired(t.Number, e.DueAt)); err != nil {
			return err
		}
	}
	return s.tell(ctx, tx, accountID, key, e.DueAt)
}
