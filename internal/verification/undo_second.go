package verification

import (
	"context"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/form"
	"okno/internal/store"
)

// An undo takes a person's account from one and gives it to another: by takeover.employees one employee proposes it, with the reason,
// and another, who has looked at it themselves, confirms it or drops it. Both persons read all of it in their record.

// propose writes down that the employee would undo the takeover. Nothing else changes.
func (s *Service) propose(ctx context.Context, tx *store.Tx, who access.Actor, t Taken, reason string) error {
	key, err := s.Ring.Person(ctx, tx, t.oldID)
	if err != nil {
		return err
	}
	if err := tx.Do(ctx, `UPDATE takeover SET proposed_by = $1, proposed_at = $2, proposed_why = $3 WHERE id = $4`,
		who.ID, tx.Now(), key.Seal("takeover", "proposed_why", t.ID, []byte(reason)), t.ID); err != nil {
		return fmt.Errorf("propose to undo takeover %s: %w", t.ID, err)
	}
	return s.onBoth(ctx, tx, who, t, "verification.undo_proposed")
}

// onBoth records what an employee did about both accounts.
func (s *Service) onBoth(ctx context.Context, tx *store.Tx, who access.Actor, t Taken, action string) error {
	for _, one := range []string{t.oldID, t.newID} {
		if err := audit.Record(ctx, tx, audit.Event{Action: action, Actor: who, Subject: one, Object: "takeover/" + t.ID}); err != nil {
			return err
		}
	}
	return nil
}

// ConfirmUndo undoes a takeover as another employee has proposed it; never as whoever confirms has. What stood in the way of an undo
// stands in its way now, too. Of two who confirm at once one does it, and the other finds it done.
func (s *Service) ConfirmUndo(ctx context.Context, who access.Actor, reference string, u Undo) (Taken, error) {
	return s.proposed(ctx, who, reference, func(tx *store.Tx, t Taken) error {
		switch {
		case t.Refusal != nil:
			return t.Refusal
		case t.ProposedBy == who.ID:
			return ErrUndoSame
		}
		if err := u.ticked(form.Sheet{}, t).Err(); err != nil {
			return err
		}
		return s.undo(ctx, tx, who, t, t.Why)
	})
}

// DropUndo takes a proposal back, or refuses another's: the takeover stands.
func (s *Service) DropUndo(ctx context.Context, who access.Actor, reference string) (Taken, error) {
	return s.proposed(ctx, who, reference, func(tx *store.Tx, t Taken) error {
		if err := tx.Do(ctx, `UPDATE takeover SET proposed_by = '', proposed_at = NULL, proposed_why = NULL WHERE id = $1`, t.ID); err != nil {
			return fmt.Errorf("drop the undo of takeover %s: %w", t.ID, err)
		}
		return s.onBoth(ctx, tx, who, t, "verification.undo_dropped")
	})
}

// proposed does something with a takeover whose undo is proposed, and returns what came of it; one that is undone stays as it is.
func (s *Service) proposed(ctx context.Context, who access.Actor, reference string, do func(tx *store.Tx, t Taken) error) (Taken, error) {
	if err := who.May(access.UndoTakeovers); err != nil {
		return Taken{}, err
	}
	var t Taken
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if t, err = s.taken(ctx, tx, reference); err != nil || !t.UndoneAt.IsZero() {
			return err
		}
		if t.ProposedAt.IsZero() {
			return ErrUndoNone
		}
		if err := do(tx, t); err != nil {
			return err
		}
		t, err = s.taken(ctx, tx, reference)
		return err
	})
	return t, err
}

// UndoProposal is an undo that waits for a second employee, as a list of the desk shows it: it names nobody.
type UndoProposal struct {
	Reference string
	At        time.Time
	Own       bool // whoever asks proposed it
}

// Proposals lists the undos that wait, the oldest first.
func (s *Service) Proposals(ctx context.Context, who access.Actor, most int) ([]UndoProposal, error) {
	if err := who.May(access.UndoTakeovers); err != nil {
		return nil, err
	}
	if !s.Policy.Takeover.TakesTwo() {
		return nil, nil
	}
	rows, err := s.DB.Query(ctx, `SELECT reference, proposed_at, proposed_by FROM takeover WHERE proposed_at IS NOT NULL AND started_at > $1 ORDER BY proposed_at, id LIMIT $2`,
		store.Moment(s.DB.Now().Add(-s.Policy.Takeover.Undo)), most)
	if err != nil {
		return nil, fmt.Errorf("undos that wait: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []UndoProposal
	for rows.Next() {
		var x UndoProposal
		var by string
		if err := rows.Scan(&x.Reference, store.Time(&x.At), &by); err != nil {
			return nil, err
		}
		x.Reference, x.Own = spoken(x.Reference), by == who.ID
		out = append(out, x)
	}
	return out, rows.Err()
}
