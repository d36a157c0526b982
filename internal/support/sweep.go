package support

import (
	"context"
	"fmt"

	"okno/internal/store"
)

// Sweep erases visitors' questions that were answered or closed and lay untouched for as long as the policy keeps them: rows,
// files and key. An account's questions are part of the account.
func (s *Service) Sweep(ctx context.Context) error {
	const batch = 100
	for {
		n := 0
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			gone, err := s.old(ctx, tx, batch)
			if err != nil {
				return err
			}
			n = len(gone)
			for _, x := range gone {
				if err := s.erase(ctx, tx, x.id, x.owner); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("sweep questions: %w", err)
		}
		if n < batch {
			return nil
		}
	}
}

type expired struct{ id, owner string }

func (s *Service) old(ctx context.Context, tx *store.Tx, most int) ([]expired, error) {
	rows, err := tx.Query(ctx, `SELECT id, owner FROM question WHERE state IN ('answered', 'closed') AND touched_at < $1 AND account_id IS NULL
		ORDER BY touched_at LIMIT $2`, tx.Now().Add(-s.Policy.Support.Keep), most)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []expired
	for rows.Next() {
		var x expired
		if err := rows.Scan(&x.id, &x.owner); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// erase takes a visitor's question away. The owner is the question itself, so all that the owner has is the question's.
func (s *Service) erase(ctx context.Context, tx *store.Tx, questionID, owner string) error {
	for _, statement := range []string{
		`DELETE FROM question_file WHERE question_id = $1`,
		`DELETE FROM question_message WHERE question_id = $1`,
		`DELETE FROM question WHERE id = $1`,
	} {
		if _, err := tx.Exec(ctx, statement, questionID); err != nil {
			return err
		}
	}
	if err := s.Files.DropAll(ctx, tx, owner); err != nil {
		return err
	}
	return s.Ring.Forget(ctx, tx, owner)
}
