package application

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/keyring"
	"okno/internal/procedure"
	"okno/internal/store"
)

// Proposal is a decision that waits for a second pair of eyes: the definition asks for two (fourEyes). It stands while the case is as
// it was; the applicant's withdrawal, or a deadline that decides by itself, goes over it.
type Proposal struct {
	Event  procedure.Event
	Reason string
	Advice string
	By     string // employee
	At     time.Time

	fields  string // pointers that the applicant may change, a line each
	version int64
}

// Fields are what the applicant would be asked to change: pointers of answers, and attachments.
func (p Proposal) Fields() []string { return strings.Fields(p.fields) }

// The refusals of a second pair of eyes.
var (
	ErrProposed   = fault.New(fault.Conflict, "application.proposed")    // a decision waits to be confirmed: nothing else is decided meanwhile
	ErrOwn        = fault.New(fault.Denied, "application.own_proposal")  // nobody confirms their own
	ErrNoProposal = fault.New(fault.Conflict, "application.no_proposal") // it was confirmed, returned, or the case moved on
)

// action finds what the event is to an officer in the case's state.
func (c Case) action(e procedure.Event) (procedure.Action, bool) {
	list := c.Def.Actions(c.State, procedure.ByOfficer)
	i := slices.IndexFunc(list, func(a procedure.Action) bool { return a.Event == e })
	if i < 0 {
		return procedure.Action{}, false
	}
	return list[i], true
}

// fourEyes reports whether something in the case's state needs two officers.
func (c Case) fourEyes() bool {
	return slices.ContainsFunc(c.Def.Actions(c.State, procedure.ByOfficer), func(a procedure.Action) bool { return a.FourEyes })
}

// Proposal is the decision that waits in the case, for those who see the case at a desk; ErrNoProposal when there is none.
func (s *Service) Proposal(ctx context.Context, who access.Actor, caseID string) (Proposal, error) {
	if err := who.May(access.DecideCases); err != nil {
		return Proposal{}, err
	}
	var p Proposal
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		c, err := s.load(ctx, tx, who, caseID)
		if err != nil {
			return err
		}
		p, err = s.standing(ctx, tx, c)
		return err
	})
	return p, err
}

// standing reads the proposal that waits in the case.
func (s *Service) standing(ctx context.Context, q store.Querier, c Case) (Proposal, error) {
	if !c.fourEyes() {
		return Proposal{}, ErrNoProposal
	}
	p := Proposal{version: c.Version}
	var event string
	var sealed, wrapped []byte
	err := store.One(q.QueryRow(ctx, `SELECT employee_id, event, reason, fields, advice, at, `+keyring.WrappedSQL("$3")+` FROM desk_proposal WHERE application_id = $1 AND version = $2`,
		c.ID, c.Version, c.AccountID).Scan(&p.By, &event, &p.Reason, &p.fields, &sealed, store.Time(&p.At), &wrapped))
	if errors.Is(err, store.ErrNotFound) {
		return Proposal{}, ErrNoProposal
	}
	if err != nil {
		return Proposal{}, fmt.Errorf("proposal for case %s: %w", c.ID, err)
	}
	key, err := s.Ring.Unwrap(c.AccountID, wrapped)
	if err != nil {
		return Proposal{}, err
	}
	plain, err := key.Open("desk_proposal", "advice", c.ID, sealed)
	p.Event, p.Advice = procedure.Event(event), string(plain)
	return p, err
}

// propose keeps a decision until somebody else confirms it.
func (s *Service) propose(ctx context.Context, who access.Actor, caseID string, act Act) (Case, error) {
	var c Case
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if c, err = s.load(ctx, tx, who, caseID); err != nil {
			return err
		}
		if _, err := decide(c, who, act); err != nil {
			return err
		}
		if err := unbarred(ctx, tx, c.ID, who.ID); err != nil {
			return err
		}
		if err := s.free(ctx, tx, c); err != nil {
			return err
		}
		key, err := s.Ring.Person(ctx, tx, c.AccountID)
		if err != nil {
			return err
		}
		act.Advice = strings.TrimSpace(act.Advice)
		if _, err := tx.Exec(ctx, `DELETE FROM desk_proposal WHERE application_id = $1`, c.ID); err != nil { // of a version that the case left behind
			return err
		}
		if err := tx.Do(ctx, `INSERT INTO desk_proposal (application_id, unit, version, employee_id, event, reason, fields, advice, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			c.ID, c.Unit, c.Version, who.ID, string(act.Event), act.Reason, strings.Join(act.Fields, "\n"), key.Seal("desk_proposal", "advice", c.ID, []byte(act.Advice)), tx.Now()); err != nil {
			return fmt.Errorf("propose for %s: %w", c.ID, err)
		}
		c.Officer = who.ID
		if err := s.claim(ctx, tx, &c); err != nil {
			return err
		}
		if err := s.deed(ctx, tx, who, c, DeskEvent{Deed: Proposed, Actor: who.ID, Officer: who.ID, Event: act.Event, Note: act.Advice}); err != nil {
			return err
		}
		if act.Also == nil {
			return nil
		}
		return act.Also(ctx, tx, c)
	})
	return c, err
}

// free is ErrProposed while a decision waits in the case.
func (s *Service) free(ctx context.Context, q store.Querier, c Case) error {
	switch _, err := s.standing(ctx, q, c); {
	case err == nil:
		return ErrProposed
	case !errors.Is(err, ErrNoProposal):
		return err
	}
	return nil
}

// Confirm makes the move that a colleague proposed. Version is that of the case that was seen.
func (s *Service) Confirm(ctx context.Context, who access.Actor, caseID string, version int64) (Case, error) {
	p, err := s.Proposal(ctx, who, caseID)
	if err != nil {
		return Case{}, err
	}
	if p.By == who.ID {
		return Case{}, ErrOwn
	}
	if version != 0 && version != p.version {
		return Case{}, ErrMoved
	}
	return s.Do(ctx, who, caseID, Act{Event: p.Event, Reason: p.Reason, Advice: p.Advice, Fields: p.Fields(), Version: p.version, seconds: &p})
}

// confirmed checks, in the transaction of the move, that what is confirmed is what waits.
func (s *Service) confirmed(ctx context.Context, tx *store.Tx, who access.Actor, c Case, p Proposal) error {
	now, err := s.standing(ctx, tx, c)
	switch {
	case err != nil:
		return err
	case now != p:
		return ErrMoved
	case now.By == who.ID:
		return ErrOwn
	}
	return nil
}

// Return gives a proposal back with words on what to mend; whoever made it may take it back without any.
func (s *Service) Return(ctx context.Context, who access.Actor, caseID, words string, version int64) (Case, error) {
	if err := who.May(access.DecideCases); err != nil {
		return Case{}, err
	}
	words = strings.TrimSpace(words)
	var c Case
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if c, err = s.load(ctx, tx, who, caseID); err != nil {
			return err
		}
		if version != 0 && version != c.Version {
			return ErrMoved
		}
		p, err := s.standing(ctx, tx, c)
		if err != nil {
			return err
		}
		deed := Returned
		if p.By == who.ID {
			deed = Recalled
		}
		if deed == Returned && words == "" || utf8.RuneCountInString(words) > MostWords {
			return ErrWords.With(fault.F("words", "application.words"))
		}
		if err := s.drop(ctx, tx, c.ID); err != nil {
			return err
		}
		c.Officer = p.By
		if err := s.claim(ctx, tx, &c); err != nil {
			return err
		}
		return s.deed(ctx, tx, who, c, DeskEvent{Deed: deed, Actor: who.ID, Officer: p.By, Event: p.Event, Note: words})
	})
	return c, err
}

// drop forgets the proposal of a case.
func (s *Service) drop(ctx context.Context, tx *store.Tx, caseID string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM desk_proposal WHERE application_id = $1`, caseID); err != nil {
		return fmt.Errorf("drop the proposal of %s: %w", caseID, err)
	}
	return nil
}
