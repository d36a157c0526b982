package application

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/keyring"
	"okno/internal/store"
)

// Unsent is what is typed in a correction before it is sent. It is kept with the case, for its applicants alone: no agency reads it, and it
// goes when the case moves.
type Unsent struct {
	Answers form.Answers // all of the case, with those that were typed
	At      time.Time    // when something was typed last; zero when nothing was, or it was thrown away
	Version int64        // goes up with each save, and when it is thrown away; 1 when nothing was ever typed
	Clashes []Clash      // of the last KeepCorrection
	Other   bool         // the last KeepCorrection left answers as another tab has them, and the page did not show them so
}

// unsent is how it is sealed.
type unsent struct {
	Answers []byte    `json:"answers"`
	Touched []byte    `json:"touched"`
	At      time.Time `json:"at"`
	Version int64     `json:"version"`
}

// Unsent finds the case with what its applicant has typed in the open correction; ErrMoved when nothing is open.
func (s *Service) Unsent(ctx context.Context, who access.Actor, caseID string) (Case, Unsent, error) {
	if err := who.May(access.Apply); err != nil {
		return Case{}, Unsent{}, err
	}
	c, err := s.Get(ctx, who, caseID)
	if err != nil {
		return Case{}, Unsent{}, err
	}
	d, _, err := s.unsent(ctx, s.DB, who, c)
	return c, d.unsent(), err
}

// KeepCorrection keeps what is typed in a correction, right or wrong, and says what is wrong with it as a fault of fields, as Save does of a
// draft. of is the version of the case that the page was made of; 0 for any.
func (s *Service) KeepCorrection(ctx context.Context, who access.Actor, caseID string, of int64, t Typed) (Case, Unsent, error) {
	if err := who.May(access.Apply); err != nil {
		return Case{}, Unsent{}, err
	}
	var c Case
	var d Draft
	var other bool
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if c, err = s.load(ctx, tx, who, caseID); err != nil {
			return err
		}
		var key *keyring.Key
		if d, key, err = s.unsent(ctx, tx, who, c); err != nil {
			return err
		}
		if of != 0 && of != c.Version {
			return ErrMoved
		}
		typed := c.corrected(d.Answers, s.Zone, t.Values)
		d.Form = c.formWith(typed, s.Zone)
		other = d.merge(typed, t)
		d.Form = c.Opened(s.Zone, d.Answers)
		d.remove(t)
		if !d.touched.any() {
			return nil
		}
		d.Version, d.UpdatedAt = d.Version+1, tx.Now()
		sealed, err := d.sealUnsent(key)
		if err != nil {
			return err
		}
		return tx.Do(ctx, `UPDATE application SET correction = $1 WHERE id = $2`, sealed, c.ID)
	})
	if err != nil {
		return c, Unsent{}, err
	}
	u := d.unsent()
	u.Other = other
	return c, u, fault.Check(c.wrong(d.Answers, s.Zone)...)
}

// DropCorrection throws away what was typed in a correction: its page begins with the answers of the case again. That is a change of what was
// typed as any other: a tab that was opened before is told of it.
func (s *Service) DropCorrection(ctx context.Context, who access.Actor, caseID string) error {
	if err := who.May(access.Apply); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := s.load(ctx, tx, who, caseID)
		if err != nil {
			return err
		}
		d, key, err := s.unsent(ctx, tx, who, c)
		if errors.Is(err, ErrMoved) {
			return nil // what was typed went when the case moved
		}
		if err != nil || d.UpdatedAt.IsZero() {
			return err
		}
		for pointer := range d.touched.all() {
			if was := c.Content.Answers.Get(pointer); !form.Same(was, d.Answers.Get(pointer)) {
				d.change(pointer, was, Typed{})
			}
		}
		d.Answers, d.Version, d.UpdatedAt = c.Content.Answers, d.Version+1, time.Time{}
		sealed, err := d.sealUnsent(key)
		if err != nil {
			return err
		}
		return tx.Do(ctx, `UPDATE application SET correction = $1 WHERE id = $2`, sealed, c.ID)
	})
}

// unsent is what is typed in the correction as the draft that it is: the answers with the changes that tabs have made of them.
func (s *Service) unsent(ctx context.Context, q store.Querier, who access.Actor, c Case) (Draft, *keyring.Key, error) {
	if !c.mine(who) {
		return Draft{}, nil, access.ErrDenied
	}
	if _, ok := c.Amending(); !ok {
		return Draft{}, nil, ErrMoved
	}
	var sealed, wrapped []byte
	if err := store.One(q.QueryRow(ctx, `SELECT correction, `+keyring.WrappedSQL("application.account_id")+` FROM application WHERE id = $1`, c.ID).Scan(&sealed, &wrapped)); errors.Is(err, store.ErrNotFound) {
		return Draft{}, nil, ErrMissing
	} else if err != nil {
		return Draft{}, nil, fmt.Errorf("correction of %s: %w", c.ID, err)
	}
	key, err := s.Ring.Unwrap(c.AccountID, wrapped)
	if err != nil {
		return Draft{}, nil, err
	}
	d, err := c.unsealUnsent(key, sealed)
	return d, key, err
}

// unsealUnsent opens what was typed, which is nothing of a case that has none.
func (c Case) unsealUnsent(key *keyring.Key, sealed []byte) (Draft, error) {
	d := Draft{ID: c.ID, Def: c.Def, Answers: c.Content.Answers, Version: 1}
	if sealed == nil {
		return d, nil
	}
	plain, err := key.Open("application", "correction", c.ID, sealed)
	if err != nil {
		return Draft{}, fmt.Errorf("open the correction of %s: %w", c.ID, err)
	}
	var x unsent
	if err := json.Unmarshal(plain, &x); err != nil {
		return Draft{}, err
	}
	answers, err := form.Decode(x.Answers)
	if err != nil {
		return Draft{}, err
	}
	d.Answers, d.touched.log, d.UpdatedAt, d.Version = c.Def.Renamed(answers), x.Touched, x.At, x.Version
	return d, nil
}

func (d *Draft) sealUnsent(key *keyring.Key) ([]byte, error) {
	answers, err := d.Answers.Encode()
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(unsent{answers, d.touched.written(), d.UpdatedAt, d.Version})
	if err != nil {
		return nil, fmt.Errorf("seal the correction of %s: %w", d.ID, err)
	}
	return key.Seal("application", "correction", d.ID, plain), nil
}

func (d *Draft) unsent() Unsent {
	return Unsent{Answers: d.Answers, At: d.UpdatedAt, Version: d.Version, Clashes: d.Clashes}
}
