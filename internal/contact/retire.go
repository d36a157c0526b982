package contact

import (
	"context"
	"fmt"

	"okno/internal/store"
)

// Retire frees the contacts of an account that another of the same person took over (REG-12): nobody is found by them any more, and
// whoever proves one may have it. The account keeps them, because it is told over them what happened.
func (s *Service) Retire(ctx context.Context, tx *store.Tx, account string) error {
	rows, err := tx.Query(ctx, `SELECT id FROM contact WHERE account_id = $1`, account)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var free, ahead store.Pairs
	for rows.Next() {
		var cid string
		if err := rows.Scan(&cid); err != nil {
			return err
		}
		free.Add(cid, s.Ring.Index("contact.retired", cid))
		if next, rotates := s.Ring.Ahead("contact.retired", cid).([]byte); rotates {
			ahead.Add(cid, next)
		}
	}
	if err := rows.Err(); err != nil || len(free.Keys) == 0 {
		return err
	}
	args := []any{account}
	set := `retired = TRUE, value_index = ` + free.CaseSQL("id", "value_index", &args) + `, value_ahead = `
	if len(ahead.Keys) > 0 {
		set += ahead.CaseSQL("id", "value_ahead", &args)
	} else {
		set += `NULL`
	}
	if _, err := tx.Exec(ctx, `UPDATE contact SET `+set+` WHERE account_id = $1`, args...); err != nil {
		return fmt.Errorf("free the contacts of %s: %w", account, err)
	}
	return nil
}

// Revive gives an account that another had taken over by mistake its contacts back, those that nobody has proved meanwhile, and says
// which. The others are another account's now: they go, so that nothing of this one is told over them.
func (s *Service) Revive(ctx context.Context, tx *store.Tx, account string) (back, lost []Target, err error) {
	all, err := s.Of(ctx, tx, account)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range all { // a few
		holder, err := s.Holder(ctx, tx, c.Target)
		if err != nil {
			return nil, nil, err
		}
		if holder != "" && holder != account {
			lost = append(lost, c.Target)
			if err := s.Detach(ctx, tx, account, c.ID); err != nil {
				return nil, nil, err
			}
			continue
		}
		back = append(back, c.Target)
		if _, err := tx.Exec(ctx, `UPDATE contact SET retired = FALSE, value_index = $1, value_ahead = $2 WHERE id = $3 AND account_id = $4`,
			s.Index(c.Target), s.Ring.Ahead(c.Target.index()), c.ID, account); err != nil {
			return nil, nil, fmt.Errorf("give the contacts of %s back: %w", account, err)
		}
	}
	return back, lost, nil
}
