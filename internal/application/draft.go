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
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/procedure"
	"okno/internal/store"
)

// Draft is a form that is being filled in.
type Draft struct {
	ID        string
	Def       *procedure.Definition
	Form      form.Form
	Answers   form.Answers
	Lacking   []procedure.Fact // what the profile must know before the form can be sent
	Previous  string           // the case that this one corrects
	UpdatedAt time.Time
	Version   int64
}

// Begin opens the person's draft for the service: the one that is there, or a new one filled in from the profile.
func (s *Service) Begin(ctx context.Context, who access.Actor, code string) (Draft, error) {
	return s.begin(ctx, who, code, nil, "")
}

func (s *Service) begin(ctx context.Context, who access.Actor, code string, copied form.Answers, previous string) (Draft, error) {
	if err := who.May(access.Apply); err != nil {
		return Draft{}, err
	}
	def, err := s.service(code, who.Level)
	if err != nil {
		return Draft{}, err
	}
	var d Draft
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		p, _, err := s.profile(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		d, err = s.draft(ctx, tx, who.ID, def, p)
		if err == nil && copied == nil {
			return nil
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if errors.Is(err, store.ErrNotFound) {
			d = Draft{ID: id.At(tx.Now()), Def: def, Answers: def.Fill(p, form.Answers{})}
		}
		if copied != nil {
			d.Answers, d.Previous = def.Relock(p, copied), previous
		}
		d.Form, d.Lacking = def.FormFor(p, d.Answers), def.Lacking(p)
		return s.saveDraft(ctx, tx, who.ID, &d)
	})
	return d, err
}

// Draft is the person's open draft for the service; ErrMissing when there is none.
func (s *Service) Draft(ctx context.Context, who access.Actor, code string) (Draft, error) {
	if err := who.May(access.Apply); err != nil {
		return Draft{}, err
	}
	def, err := s.service(code, who.Level)
	if err != nil {
		return Draft{}, err
	}
	var d Draft
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		p, _, err := s.profile(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		d, err = s.draft(ctx, tx, who.ID, def, p)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return Draft{}, ErrMissing
	}
	return d, err
}

// Open reports for which services the person has an open draft, and since when.
func (s *Service) Open(ctx context.Context, q store.Querier, who access.Actor) (map[string]time.Time, error) {
	if err := who.May(access.Apply); err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, `SELECT service, updated_at FROM draft WHERE account_id = $1`, who.ID)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	out := map[string]time.Time{}
	for rows.Next() {
		var code string
		var at time.Time
		if err := rows.Scan(&code, store.Time(&at)); err != nil {
			return nil, err
		}
		out[code] = at
	}
	return out, rows.Err()
}

func (s *Service) draft(ctx context.Context, tx *store.Tx, accountID string, def *procedure.Definition, p procedure.Profile) (Draft, error) {
	d, _, err := s.readDraft(tx.QueryRow(ctx, `SELECT id, answers, previous, updated_at, version, `+keyring.WrappedSQL("draft.account_id")+`
		FROM draft WHERE account_id = $1 AND service = $2`, accountID, def.Code), accountID, def, p)
	return d, err
}

// readDraft opens the draft of a row, and gives the person's key with it; more takes what else the row holds.
func (s *Service) readDraft(r *store.Row, accountID string, def *procedure.Definition, p procedure.Profile, more ...any) (Draft, *keyring.Key, error) {
	d := Draft{Def: def}
	var sealed, wrapped []byte
	if err := store.One(r.Scan(append([]any{&d.ID, &sealed, &d.Previous, store.Time(&d.UpdatedAt), &d.Version, &wrapped}, more...)...)); err != nil {
		return Draft{}, nil, err
	}
	key, err := s.Ring.Unwrap(accountID, wrapped)
	if err != nil {
		return Draft{}, nil, err
	}
	plain, err := key.Open("draft", "answers", d.ID, sealed)
	if err != nil {
		return Draft{}, nil, fmt.Errorf("open draft %s: %w", d.ID, err)
	}
	if err := json.Unmarshal(plain, &d.Answers); err != nil {
		return Draft{}, nil, err
	}
	d.Answers = def.Relock(p, def.Renamed(d.Answers))
	d.Form, d.Lacking = def.FormFor(p, d.Answers), def.Lacking(p)
	return d, key, nil
}

func (s *Service) saveDraft(ctx context.Context, tx *store.Tx, accountID string, d *Draft) error {
	key, err := s.Ring.Person(ctx, tx, accountID)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(d.Answers)
	if err != nil {
		return err
	}
	d.UpdatedAt = tx.Now()
	sealed := key.Seal("draft", "answers", d.ID, plain)
	if d.Version > 0 { // it was read: once it is sent, nothing may bring it back
		return store.One(tx.QueryRow(ctx, `UPDATE draft SET answers = $1, previous = $2, updated_at = $3, version = version + 1 WHERE id = $4 AND version = $5 RETURNING version`,
			sealed, d.Previous, tx.Now(), d.ID, d.Version).Scan(&d.Version))
	}
	err = tx.QueryRow(ctx, `INSERT INTO draft (account_id, service, id, answers, previous, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (account_id, service) DO UPDATE SET answers = excluded.answers, previous = excluded.previous, updated_at = excluded.updated_at, version = draft.version + 1
		RETURNING version`,
		accountID, d.Def.Code, d.ID, sealed, d.Previous, tx.Now()).Scan(&d.Version)
	if err != nil {
		return fmt.Errorf("save draft %s: %w", d.ID, err)
	}
	return nil
}

// SavePage keeps what was typed on a page, right or wrong, and says what is wrong with it as a fault of fields. The draft is
// returned in both cases: nothing typed is lost.
func (s *Service) SavePage(ctx context.Context, who access.Actor, code, page string, typed map[string][]string) (Draft, error) {
	if err := who.May(access.Apply); err != nil {
		return Draft{}, err
	}
	def, err := s.service(code, who.Level)
	if err != nil {
		return Draft{}, err
	}
	var d Draft
	var wrong []fault.Field
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		p, _, err := s.profile(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if d, err = s.draft(ctx, tx, who.ID, def, p); err != nil {
			return err
		}
		d.Answers = d.Form.Parse(typed, d.Answers)
		d.Form = def.FormFor(p, d.Answers)
		wrong = d.Form.ValidatePage(page, d.Answers, s.today(tx))
		return s.saveDraft(ctx, tx, who.ID, &d)
	})
	if errors.Is(err, store.ErrNotFound) {
		return Draft{}, ErrMissing
	}
	if err != nil {
		return Draft{}, err
	}
	return d, fault.Check(wrong...)
}

// Discard throws the person's draft away.
func (s *Service) Discard(ctx context.Context, who access.Actor, code string) error {
	if err := who.May(access.Apply); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM draft WHERE account_id = $1 AND service = $2`, who.ID, code)
		return err
	})
}

// Wrong tells what is wrong with the whole draft, by fields: nothing when it can be sent.
func (d Draft) Wrong(today form.Date) []fault.Field {
	return d.Def.Validate(d.Form, d.Form.Prune(d.Answers), today)
}
