package application

import (
	"context"
	"fmt"

	"okno/internal/access"
	"okno/internal/store"
)

// SweepDrafts erases forms that nobody has gone on with.
func (s *Service) SweepDrafts(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM draft WHERE updated_at < $1`, tx.Now().Add(-s.Policy.Cases.DraftLifetime))
		return err
	})
}

// fewBatches is how many batches one transaction of a sweep takes away, each with its cases.
const fewBatches = 50

// SweepBatches takes away the batches of long ago. What they did is in the history of each case.
func (s *Service) SweepBatches(ctx context.Context) error {
	for {
		var gone []string
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			var err error
			gone, err = store.Names(tx.Query(ctx, `SELECT id FROM desk_batch WHERE created_at < $1 ORDER BY created_at, id LIMIT $2`, tx.Now().Add(-s.Policy.Cases.BatchKept), fewBatches))
			if err != nil || len(gone) == 0 {
				return err
			}
			for _, x := range []struct{ table, column string }{{"desk_batch_case", "batch_id"}, {"desk_batch", "id"}} {
				var args []any
				if _, err := tx.Exec(ctx, `DELETE FROM `+x.table+` WHERE `+store.InSQL(x.column, gone, &args), args...); err != nil {
					return fmt.Errorf("sweep batches: %w", err)
				}
			}
			return nil
		})
		if err != nil || len(gone) < fewBatches {
			return err
		}
	}
}

// someClaims is how many cases one transaction gives back.
const someClaims = 100

// GiveBack puts cases that an officer took and did nothing with back into the queue. Only the claim ends: the state and its
// deadline stay, because for the applicant nothing has changed.
func (s *Service) GiveBack(ctx context.Context) error {
	for {
		var n int
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			var err error
			n, err = s.giveBack(ctx, tx)
			return err
		})
		if err != nil || n < someClaims {
			return err
		}
	}
}

func (s *Service) giveBack(ctx context.Context, tx *store.Tx) (int, error) {
	rows, err := tx.Query(ctx, `UPDATE application SET officer = '', claimed_at = NULL, news = news + 1, news_at = $3 WHERE id IN
		(SELECT id FROM application WHERE turn = 'agency' AND officer <> '' AND COALESCE(claimed_at, entered_at) < $1 ORDER BY COALESCE(claimed_at, entered_at) LIMIT $2)
		RETURNING id, account_id, unit, service`, tx.Now().Add(-s.Policy.Cases.ClaimLifetime), someClaims, tx.Now())
	if err != nil {
		return 0, fmt.Errorf("give cases back: %w", err)
	}
	given, err := claims(rows)
	if err != nil {
		return 0, err
	}
	for _, c := range given {
		if err := s.deed(ctx, tx, access.SystemActor(), c, DeskEvent{Deed: GivenBack}); err != nil {
			return 0, err
		}
	}
	return len(given), nil
}

func claims(rows *store.Rows) ([]Case, error) {
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Case
	for rows.Next() {
		var c Case
		if err := rows.Scan(&c.ID, &c.AccountID, &c.Unit, &c.Service); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}
