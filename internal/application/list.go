package application

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/keyring"
	"okno/internal/mandate"
	"okno/internal/procedure"
	"okno/internal/store"
)

var caseColumns = `id, number, account_id, by_id, ` + mandate.UntilSQL("application.by_id", "application.account_id") + `, service, definition, unit, state, turn, outcome, officer, content, failed, previous, submitted_at, entered_at, due_at, version, news, news_at, parent, part, waits, waits_until, ` +
	keyring.WrappedSQL("application.account_id")

// scanner is a row or the current one of rows.
type scanner interface{ Scan(into ...any) error }

// stored is a case as its row holds it, with the content still sealed.
type stored struct {
	Case
	definition      string
	sealed, wrapped []byte
}

func scanCase(r scanner) (stored, error) {
	var x stored
	var state, turn, outcome string
	err := r.Scan(&x.ID, &x.Number, &x.AccountID, &x.By, store.NullTime(&x.actsUntil), &x.Service, &x.definition, &x.Unit, &state, &turn, &outcome, &x.Officer, &x.sealed, &x.Failed, &x.Previous,
		store.Time(&x.SubmittedAt), store.Time(&x.EnteredAt), store.NullTime(&x.DueAt), &x.Version, &x.News, store.NullTime(&x.newsAt), &x.Parent, &x.Part, &x.Waits, store.NullTime(&x.WaitsUntil), &x.wrapped)
	x.State, x.Turn, x.Outcome = procedure.State(state), procedure.Turn(turn), procedure.Outcome(outcome)
	return x, err
}

// errUnreadable is what is kept of a case and cannot be opened, or not be understood, whenever it is read.
var errUnreadable = errors.New("the content of a case cannot be read")

// open completes a stored case: its definition and its content.
func (s *Service) open(ctx context.Context, q store.Querier, x stored) (Case, error) {
	var err error
	if x.Def, err = s.definition(ctx, q, x.definition, x.Service); err != nil {
		return Case{}, err
	}
	key, err := s.Ring.Unwrap(x.AccountID, x.wrapped)
	if errors.Is(err, keyring.ErrNoKey) {
		return Case{}, err
	}
	if err == nil {
		err = key.OpenJSON("application", "content", x.ID, x.sealed, &x.Case.Content)
	}
	if err != nil {
		return Case{}, fmt.Errorf("open case %s: %w: %w", x.ID, errUnreadable, err)
	}
	return x.Case, nil
}

// seal is what of the case is sealed, as its row holds it.
func (c Case) seal(key *keyring.Key) ([]byte, error) {
	plain, err := json.Marshal(c.Content)
	if err != nil {
		return nil, fmt.Errorf("seal case %s: %w", c.ID, err)
	}
	return key.Seal("application", "content", c.ID, plain), nil
}

// load finds a case that the actor may see.
func (s *Service) load(ctx context.Context, q store.Querier, who access.Actor, caseID string) (Case, error) {
	x, err := scanCase(q.QueryRow(ctx, `SELECT `+caseColumns+` FROM application WHERE id = $1`, caseID))
	if err := store.One(err); errors.Is(err, store.ErrNotFound) {
		return Case{}, ErrMissing
	} else if err != nil {
		return Case{}, fmt.Errorf("load case %s: %w", caseID, err)
	}
	if !x.sees(who, q.Now()) || x.wrapped == nil && who.Kind != access.System {
		return Case{}, ErrMissing // not theirs, or of a person who was erased
	}
	c, err := s.open(ctx, q, x)
	if err != nil {
		return Case{}, err
	}
	return c, s.maskFor(ctx, q, who, &c)
}

// Get shows a case with its history to whoever may see it.
func (s *Service) Get(ctx context.Context, who access.Actor, caseID string) (Case, error) {
	var c Case
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		if c, err = s.load(ctx, tx, who, caseID); err != nil {
			return err
		}
		if c.Events, err = events(ctx, tx, caseID); err != nil {
			return err
		}
		return s.entitle(ctx, tx, &c)
	})
	return c, err
}

// awake is Get for a job; false of a case that is gone, or whose person is: there is nothing to be done.
func (s *Service) awake(ctx context.Context, caseID string) (Case, bool, error) {
	c, err := s.Get(ctx, access.SystemActor(), caseID)
	if errors.Is(err, ErrMissing) || errors.Is(err, keyring.ErrNoKey) {
		return Case{}, false, nil
	}
	return c, err == nil, err
}

// Look is Get for an officer's page and for an agency's own system: that they looked is recorded, and the person sees it.
func (s *Service) Look(ctx context.Context, who access.Actor, caseID string) (Case, error) {
	if err := who.May(access.ReadCases); err != nil {
		return Case{}, err
	}
	c, err := s.Get(ctx, who, caseID)
	if err != nil {
		return Case{}, err
	}
	return c, s.DB.Write(ctx, func(tx *store.Tx) error {
		return audit.Record(ctx, tx, audit.Event{Action: "application.viewed", Actor: who, Subject: c.AccountID, Object: "case/" + c.ID, Detail: audit.Detail{"service": c.Service}})
	})
}

func events(ctx context.Context, tx *store.Tx, caseID string) ([]Event, error) {
	rows, err := tx.Query(ctx, `SELECT version, at, event, party, actor, state FROM application_event WHERE application_id = $1 ORDER BY version`, caseID)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Event
	for rows.Next() {
		var e Event
		var event, party, state string
		if err := rows.Scan(&e.Version, store.Time(&e.At), &event, &party, &e.Actor, &state); err != nil {
			return nil, err
		}
		e.Event, e.By, e.State = procedure.Event(event), procedure.By(party), procedure.State(state)
		out = append(out, e)
	}
	return out, rows.Err()
}

// List lists the person's cases, the newest first; q is the DB itself or a transaction of the page's.
func (s *Service) List(ctx context.Context, q store.Querier, who access.Actor, most int) ([]Case, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	// The bound is in the text: SQLite plans a statement anew whenever a bound LIMIT is bound again.
	var args []any
	return s.list(ctx, q, sightOf(who, q.Now()).sql(&args)+` ORDER BY submitted_at DESC LIMIT `+strconv.Itoa(most), args...)
}

// ListOf lists those of the cases that the person sees which are about the account, the newest first.
func (s *Service) ListOf(ctx context.Context, q store.Querier, who access.Actor, accountID string, most int) ([]Case, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	args := []any{accountID}
	return s.list(ctx, q, sightOf(who, q.Now()).sql(&args)+` AND account_id = $1 ORDER BY submitted_at DESC LIMIT `+strconv.Itoa(most), args...)
}

// heads reads cases that a condition names without their content and histories.
func (s *Service) heads(ctx context.Context, q store.Querier, condition string, args ...any) ([]Case, error) {
	found, err := s.find(ctx, q, condition, args...)
	if err != nil {
		return nil, err
	}
	out := make([]Case, 0, len(found))
	for _, x := range found {
		if x.wrapped == nil {
			continue // the person was erased
		}
		if x.Def, err = s.definition(ctx, q, x.definition, x.Service); err != nil {
			return nil, err
		}
		out = append(out, x.Case)
	}
	return out, nil
}

func (s *Service) find(ctx context.Context, q store.Querier, condition string, args ...any) ([]stored, error) {
	rows, err := q.Query(ctx, `SELECT `+caseColumns+` FROM application WHERE `+condition, args...)
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	return collect(rows)
}

// list reads cases that a condition names; their histories are left out.
func (s *Service) list(ctx context.Context, q store.Querier, condition string, args ...any) ([]Case, error) {
	found, err := s.find(ctx, q, condition, args...)
	if err != nil {
		return nil, err
	}
	out := make([]Case, 0, len(found))
	for _, x := range found {
		c, err := s.open(ctx, q, x)
		if errors.Is(err, keyring.ErrNoKey) {
			continue // the person was erased
		}
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func collect(rows *store.Rows) ([]stored, error) {
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []stored
	for rows.Next() {
		x, err := scanCase(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// ServicesOf are the codes of the services of the cases.
func (s *Service) ServicesOf(ctx context.Context, q store.Querier, cases []string) (map[string]string, error) {
	out := map[string]string{}
	if len(cases) == 0 {
		return out, nil
	}
	var args []any
	rows, err := q.Query(ctx, `SELECT id, service FROM application WHERE `+store.InSQL("id", cases, &args), args...)
	err = store.Each(rows, err, func(r *store.Rows) error {
		var id, service string
		err := r.Scan(&id, &service)
		out[id] = service
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("services of cases: %w", err)
	}
	return out, nil
}
