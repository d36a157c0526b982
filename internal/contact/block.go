package contact

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/form"
	"okno/internal/store"
)

// Block is a blocked attempt as the support desk sees it.
type Block struct {
	Reference string
	Purpose   Purpose
	Masked    string
	BlockedAt time.Time
	Wrong     int
}

// Block finds a block by its reference number. The look is recorded.
func (s *Service) Block(ctx context.Context, who access.Actor, reference string) (Block, error) {
	if err := who.May(access.LiftBlocks); err != nil {
		return Block{}, err
	}
	var out Block
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		c, t, err := s.byReference(ctx, tx, reference)
		if err != nil {
			return err
		}
		out = Block{formatReference(c.Reference), c.Purpose, t.Masked(), c.BlockedAt, int(c.Wrong)}
		return audit.Record(ctx, tx, audit.Event{Action: "code.block_viewed", Actor: who, Subject: owner(c.Account), Object: c.ID})
	})
	return out, err
}

// Lift gives the attempt its tries back (REG-5).
func (s *Service) Lift(ctx context.Context, who access.Actor, reference string) error {
	if err := who.May(access.LiftBlocks); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		c, _, err := s.byReference(ctx, tx, reference)
		if err != nil {
			return err
		}
		c.Wrong, c.BlockedAt, c.Reference = 0, time.Time{}, ""
		if err := s.save(ctx, tx, c); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "code.block_lifted", Actor: who, Subject: owner(c.Account), Object: c.ID})
	})
}

func (s *Service) byReference(ctx context.Context, tx *store.Tx, reference string) (row, Target, error) {
	c, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM challenge WHERE reference = $1`, form.Digits(reference)))
	if errors.Is(err, store.ErrNotFound) {
		return row{}, Target{}, ErrNoBlock
	}
	if err != nil {
		return row{}, Target{}, fmt.Errorf("find block: %w", err)
	}
	return s.load(ctx, tx, c.ID)
}

// formatReference shows a reference number as people read it out: 4821-0937.
func formatReference(ref string) string {
	if len(ref) != 8 {
		return ref
	}
	return ref[:4] + "-" + ref[4:]
}

// Sweep deletes attempts that nobody has touched for as long as drafts live; a block waits longer for support.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM challenge WHERE (blocked_at IS NULL AND sent_at < $1) OR sent_at < $2`,
			tx.Now().Add(-s.Policy.Code.Keep), tx.Now().Add(-s.Policy.Code.KeepBlocked))
		return err
	})
}
