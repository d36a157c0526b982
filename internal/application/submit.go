package application

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/keyring"
	"okno/internal/procedure"
	"okno/internal/store"
)

// Submit files the draft. A form sent twice is one case, and the second sending returns it.
func (s *Service) Submit(ctx context.Context, who access.Actor, code, draftID string) (Case, error) {
	return s.SubmitSeen(ctx, who, code, draftID, 0)
}

// SubmitSeen is Submit of just the version of the draft that the person has looked through: ErrUnseen when it is another one by now,
// changed in another tab or on another device. 0 is whatever version there is.
func (s *Service) SubmitSeen(ctx context.Context, who access.Actor, code, draftID string, seen int64) (Case, error) {
	if err := who.May(access.Apply); err != nil {
		return Case{}, err
	}
	def, err := s.service(code, who)
	if err != nil {
		return Case{}, err
	}
	if err := s.pin(ctx, def); err != nil {
		return Case{}, err
	}
	number := "" // taken once the draft is known to be in order: what is refused uses none up
	for range 3 {
		c, key, version, err := s.ready(ctx, who, def, draftID, seen)
		if errors.Is(err, store.ErrNotFound) {
			return s.Get(ctx, who, draftID) // sent already
		}
		if err != nil {
			return Case{}, err
		}
		if number == "" {
			if number, err = s.numbers.take(ctx, s.DB); err != nil {
				return Case{}, err
			}
		}
		c.Number = number
		if err = s.filed(ctx, who, key, &c, version); !errors.Is(err, store.ErrStale) {
			return c, err
		}
	}
	return Case{}, ErrMoved // the person types on another page faster than this
}

// ready makes a case of the draft, and says of which version of it. Nothing is written yet: all that can be refused is refused
// before the transaction, in which a portal on SQLite can do one thing at a time. Whoever has sent as many as a day allows is
// refused too, with the moment from which they may go on; filed counts once more, where nothing can come in between.
func (s *Service) ready(ctx context.Context, who access.Actor, def *procedure.Definition, draftID string, seen int64) (Case, *keyring.Key, int64, error) {
	until, err := s.acts(ctx, s.DB, who)
	if err != nil {
		return Case{}, nil, 0, err
	}
	p, err := s.profile(ctx, s.DB, who)
	if err != nil {
		return Case{}, nil, 0, err
	}
	day := s.Policy.Cases.SubmitsPerDay
	var n int
	var first time.Time
	d, key, err := s.readDraft(s.DB.QueryRow(ctx, `SELECT `+draftColumns+`, `+keyring.WrappedSQL("draft.account_id")+`,
		(SELECT count(*) FROM application a WHERE a.account_id = draft.account_id AND a.by_id = draft.by_id AND a.submitted_at > $4 AND a.parent = ''),
		(SELECT min(a.submitted_at) FROM application a WHERE a.account_id = draft.account_id AND a.by_id = draft.by_id AND a.submitted_at > $4 AND a.parent = '')
		FROM draft WHERE account_id = $1 AND service = $2 AND ($3 = '' OR id = $3) AND by_id = $5`,
		who.Whose(), def.Code, draftID, s.DB.Now().Add(-day.Window), who.By()), who.Whose(), def, p, &n, store.NullTime(&first))
	if err == nil {
		err = s.attach(ctx, s.DB, key, who.Whose(), &d)
	}
	switch {
	case err != nil:
		return Case{}, nil, 0, err
	case seen != 0 && seen != d.Version:
		return Case{}, nil, 0, ErrUnseen
	case n >= day.Max:
		return Case{}, nil, 0, ErrMany.At(first.Add(day.Window))
	case len(d.Lacking) > 0:
		return Case{}, nil, 0, ErrUnready
	}
	if wrong := s.Wrong(d); len(wrong) > 0 {
		return Case{}, nil, 0, fault.Invalid(wrong...)
	}
	c := Case{ID: d.ID, AccountID: who.Whose(), By: who.By(), actsUntil: until, Service: d.Def.Code, Def: d.Def, Unit: d.Def.Owner.Code, State: d.Def.Start(),
		Content: Content{Answers: d.Form.Prune(d.Answers), Profile: d.Def.Filed(d.Profile), Disputes: d.Disputes()}, Previous: d.Previous, SubmittedAt: s.DB.Now(), Version: 1}
	c.EnteredAt = c.SubmittedAt
	c.attached, c.Content.Scanned = d.filing(), d.scanned()
	c.settle(s)
	return c, key, d.Version, nil
}

// settle derives from the state what is stored beside it.
func (c *Case) settle(s *Service) {
	st := c.Step()
	c.Turn, c.Outcome, c.DueAt = st.Turn, st.Outcome, time.Time{}
	if !st.Deadline.IsZero() {
		c.DueAt = store.Moment(st.Deadline.Due(c.EnteredAt, s.Zone, s.Workdays))
	}
}

// filed writes a new case and all that goes with it. The draft is consumed by its deletion: of two that send it at once one finds
// it gone, and a draft that was changed meanwhile is not what was looked at. Both are store.ErrStale, and so is one too many for a day:
// several forms that are sent at once wait for each other at the person's drafts, and each counts those before it. What it was, ready says
// when it looks again.
func (s *Service) filed(ctx context.Context, who access.Actor, key *keyring.Key, c *Case, draft int64) error {
	sealed, err := c.seal(key)
	if err != nil {
		return err
	}
	return s.DB.WriteRows(ctx, func(tx *store.Tx) error {
		c.Events = nil
		if _, err := s.acts(ctx, tx, who); err != nil {
			return err
		}
		if err := tx.Do(ctx, `UPDATE draft SET version = version WHERE account_id = $1`, c.AccountID); err != nil {
			return err
		}
		day := s.Policy.Cases.SubmitsPerDay
		if err := store.Touched(tx.Exec(ctx, `DELETE FROM draft WHERE id = $1 AND version = $2
			AND (SELECT count(*) FROM application WHERE account_id = $3 AND by_id = $6 AND submitted_at > $4 AND parent = '') < $5`, c.ID, draft, c.AccountID, tx.Now().Add(-day.Window), day.Max, c.By)); err != nil {
			return err
		}
		if err := s.insert(ctx, tx, who, c, sealed); err != nil {
			return err
		}
		return s.arrive(ctx, tx, c)
	})
}

// insert writes a new case with its first event and the record of it.
func (s *Service) insert(ctx context.Context, tx *store.Tx, who access.Actor, c *Case, sealed []byte) error {
	if err := tx.Do(ctx, `INSERT INTO application (id, number, account_id, by_id, service, definition, unit, state, turn, outcome, officer, content, failed, previous, submitted_at, entered_at, due_at, version, parent, part)
		VALUES ($1, $2, $3, $16, $4, $5, $6, $7, $8, $9, '', $10, 0, $11, $12, $12, $13, 1, $14, $15)`,
		c.ID, c.Number, c.AccountID, c.Service, c.Def.Version, c.Unit, string(c.State), string(c.Turn), string(c.Outcome), sealed,
		c.Previous, c.SubmittedAt, store.OrNull(c.DueAt), c.Parent, c.Part, c.By); err != nil {
		return fmt.Errorf("file %s: %w", c.ID, err)
	}
	if err := s.fileAttached(ctx, tx, c); err != nil {
		return err
	}
	if err := s.remember(ctx, tx, who, c, "", nil); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Action: "application.submitted", Actor: who, Subject: c.AccountID, Object: "case/" + c.ID, Detail: audit.Detail{"service": c.Service}})
}

// pin keeps the definition for the cases that begin on it. It is written once per version and node.
func (s *Service) pin(ctx context.Context, def *procedure.Definition) error {
	if _, known := s.pinned.Load(def.Version); known {
		return nil
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO definition (version, service, content, seen_at) VALUES ($1, $2, $3, $4) ON CONFLICT (version) DO NOTHING`,
			def.Version, def.Code, def.Canonical(), tx.Now())
		return err
	})
	if err != nil {
		return fmt.Errorf("pin %s: %w", def.Code, err)
	}
	s.pinned.Store(def.Version, def)
	return nil
}

// definition finds the definition that a case began with.
func (s *Service) definition(ctx context.Context, q store.Querier, version, code string) (*procedure.Definition, error) {
	if def, ok := s.pinned.Load(version); ok {
		return def.(*procedure.Definition), nil //nolint:forcetypeassert // nothing else is stored there
	}
	if def, ok := s.Catalogue.ByCode(code); ok && def.Version == version {
		return def, nil
	}
	var content []byte
	if err := store.One(q.QueryRow(ctx, `SELECT content FROM definition WHERE version = $1`, version).Scan(&content)); err != nil {
		return nil, fmt.Errorf("definition %s of %s: %w", version, code, err)
	}
	def, err := procedure.Stored(code, content)
	if err != nil {
		return nil, fmt.Errorf("definition %s of %s: %w", version, code, err)
	}
	s.pinned.Store(version, def)
	return def, nil
}

// numbers hands out numbers of cases from a block that was taken for this node.
type numbers struct {
	mu         sync.Mutex
	year       int
	next, last int64
}

// block is how many numbers a node takes at once; those it does not use before it stops are never used.
const block = 50

func (n *numbers) take(ctx context.Context, db *store.DB) (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	year := db.Now().Year()
	if n.year != year || n.next > n.last {
		var end int64
		err := db.Write(ctx, func(tx *store.Tx) error {
			return tx.QueryRow(ctx, `INSERT INTO case_number (year, next) VALUES ($1, $2) ON CONFLICT (year) DO UPDATE SET next = case_number.next + $2 RETURNING next`, year, block).Scan(&end)
		})
		if err != nil {
			return "", fmt.Errorf("take numbers of cases: %w", err)
		}
		n.year, n.next, n.last = year, end-block+1, end
	}
	number := n.next
	n.next++
	return numbered(year, number), nil
}

// numbered is the number of a case as it is read.
func numbered(year int, number int64) string { return fmt.Sprintf("%d-%06d", year, number) }
