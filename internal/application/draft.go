package application

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/mandate"
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
	For       string           // the account that it is about, when somebody fills it in for them; "" when they do themselves
	UpdatedAt time.Time
	Version   int64
	Clashes   []Clash // of the last Save

	Profile  procedure.Profile
	Attached []Attached // files that were put into it

	touched touches
	beside  beside
}

// Begin opens the person's draft for the service: the one that is there, or a new one filled in from the profile.
func (s *Service) Begin(ctx context.Context, who access.Actor, code string) (Draft, error) {
	return s.begin(ctx, who, code, nil)
}

// beginning is what a draft begins with, of a case that was refused.
type beginning struct {
	answers  form.Answers
	disputes map[string]Dispute
	previous string // the case
	papers   []copied
	instead  bool // of a draft that is open
}

// beside reports whether a draft that is open stays as it is: nothing else is to begin, or it has begun already. It is ErrOpenDraft when it
// would be lost and nobody said that it may be.
func (b *beginning) beside(open Draft) (stays bool, err error) {
	switch {
	case b == nil || open.Previous == b.previous && !b.instead:
		return true, nil
	case !b.instead:
		return false, ErrOpenDraft
	}
	return false, nil
}

func (s *Service) begin(ctx context.Context, who access.Actor, code string, with *beginning) (Draft, error) {
	if err := who.May(access.Apply); err != nil {
		return Draft{}, err
	}
	def, err := s.service(code, who)
	if err != nil {
		return Draft{}, err
	}
	held, err := s.held(ctx, who, def.Documents())
	if err != nil {
		return Draft{}, err
	}
	var d Draft
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := s.profile(ctx, tx, who)
		if err != nil {
			return err
		}
		d, err = s.draft(ctx, tx, who, def, p)
		if err == nil {
			if stays, err := with.beside(d); stays || err != nil {
				return errors.Join(err, s.goOn(ctx, tx, who, &d, held))
			}
			err = s.discard(ctx, tx, who, code)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		d = Draft{ID: id.At(tx.Now()), For: who.For, Def: def, Profile: p, Answers: def.Fill(p, form.Answers{})}
		if with != nil {
			d.Answers, d.Previous, d.beside.Disputes = def.Relock(p, def.Renamed(with.answers)), with.previous, renamed(def, with.disputes)
		}
		d.Form = def.FormFor(p, d.Answers, s.today(tx))
		d.Lacking = s.lacking(d)
		if _, err := s.takeAlone(ctx, tx, who, &d, held); err != nil {
			return err
		}
		if _, err := s.lookUp(ctx, tx, who, &d, ""); err != nil {
			return err
		}
		if err := s.saveDraft(ctx, tx, who, &d); err != nil {
			return err
		}
		if with == nil {
			return nil
		}
		return s.keepCopies(ctx, tx, who, &d, with.papers)
	})
	return d, err
}

// Draft is the person's open draft for the service; ErrMissing when there is none.
func (s *Service) Draft(ctx context.Context, who access.Actor, code string) (Draft, error) {
	if err := who.May(access.Apply); err != nil {
		return Draft{}, err
	}
	def, err := s.service(code, who)
	if err != nil {
		return Draft{}, err
	}
	var d Draft
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		p, err := s.profile(ctx, tx, who)
		if err != nil {
			return err
		}
		d, err = s.draft(ctx, tx, who, def, p)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return Draft{}, ErrMissing
	}
	return d, err
}

// DraftsSQL lends the codes of the services for which the account that expr names has an open draft of its own, with spaces between them; "" when
// it has none.
func DraftsSQL(expr string) string {
	return `COALESCE((SELECT string_agg(draft.service, ' ') FROM draft WHERE draft.account_id = ` + expr + ` AND draft.by_id = ''), '')`
}

// BegunSQL lends how many drafts the account that expr names fills in for others.
func BegunSQL(expr string) string {
	return `(SELECT count(*) FROM draft WHERE draft.by_id = ` + expr + ` AND draft.by_id <> '')`
}

// Open reports for which services the person has an open draft, and since when: for themselves, or for whom they act.
func (s *Service) Open(ctx context.Context, q store.Querier, who access.Actor) (map[string]time.Time, error) {
	if err := who.May(access.Apply); err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, `SELECT service, updated_at FROM draft WHERE account_id = $1 AND by_id = $2`, who.Whose(), who.By())
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

// Begun is a draft that somebody fills in for another person.
type Begun struct {
	Service string
	For     string // the account that it is about
	At      time.Time
}

// Begun lists the drafts that the person fills in for those for whom they may act, the latest first.
func (s *Service) Begun(ctx context.Context, q store.Querier, who access.Actor) ([]Begun, error) {
	if err := who.May(access.Apply); err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, `SELECT service, account_id, updated_at FROM draft WHERE by_id = $1 AND by_id <> '' AND `+mandate.StandsSQL("draft.by_id", "draft.account_id", "$2")+` ORDER BY updated_at DESC, id`, who.ID, q.Now())
	if err != nil {
		return nil, fmt.Errorf("what %s fills in for others: %w", who.ID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Begun
	for rows.Next() {
		var b Begun
		if err := rows.Scan(&b.Service, &b.For, store.Time(&b.At)); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, rows.Err()
}

func (s *Service) draft(ctx context.Context, tx *store.Tx, who access.Actor, def *procedure.Definition, p procedure.Profile) (Draft, error) {
	d, key, err := s.readDraft(tx.QueryRow(ctx, `SELECT `+draftColumns+`, `+keyring.WrappedSQL("draft.account_id")+`
		FROM draft WHERE account_id = $1 AND by_id = $2 AND service = $3`, who.Whose(), who.By(), def.Code), who.Whose(), def, p)
	if err != nil {
		return Draft{}, err
	}
	d.For = who.For
	return d, s.attach(ctx, tx, key, who.Whose(), &d)
}

const draftColumns = `id, answers, touched, beside, previous, updated_at, version`

// readDraft opens the draft of a row, and gives the person's key with it; more takes what else the row holds.
func (s *Service) readDraft(r *store.Row, accountID string, def *procedure.Definition, p procedure.Profile, more ...any) (Draft, *keyring.Key, error) {
	d := Draft{Def: def}
	var sealed, touched, besides, wrapped []byte
	if err := store.One(r.Scan(append([]any{&d.ID, &sealed, &touched, &besides, &d.Previous, store.Time(&d.UpdatedAt), &d.Version, &wrapped}, more...)...)); err != nil {
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
	if d.Answers, err = form.Decode(plain); err != nil {
		return Draft{}, nil, err
	}
	if touched != nil {
		if d.touched.log, err = key.Open("draft", "touched", d.ID, touched); err != nil {
			return Draft{}, nil, fmt.Errorf("open the changes of draft %s: %w", d.ID, err)
		}
	}
	if d.beside, err = unsealBeside(key, d.ID, besides); err != nil {
		return Draft{}, nil, err
	}
	d.beside.Disputes = renamed(def, d.beside.Disputes)
	p = s.knows(p, def, d.beside, s.DB.Now())
	d.Profile, d.Answers = p, def.Relock(p, def.Renamed(d.Answers))
	d.Form = def.FormFor(p, d.Answers, s.today(s.DB))
	d.Lacking = s.lacking(d)
	return d, key, nil
}

func (s *Service) saveDraft(ctx context.Context, tx *store.Tx, who access.Actor, d *Draft) error {
	key, err := s.Ring.Person(ctx, tx, who.Whose())
	if err != nil {
		return err
	}
	plain, err := d.Answers.Encode()
	if err != nil {
		return err
	}
	var touched []byte
	if log := d.touched.written(); log != nil {
		touched = key.Seal("draft", "touched", d.ID, log)
	}
	besides, err := d.beside.seal(key, d.ID)
	if err != nil {
		return err
	}
	d.UpdatedAt = tx.Now()
	sealed := key.Seal("draft", "answers", d.ID, plain)
	if d.Version > 0 { // it was read: once it is sent, nothing may bring it back
		err := store.One(tx.QueryRow(ctx, `UPDATE draft SET answers = $1, touched = $2, previous = $3, updated_at = $4, beside = $7, version = version + 1 WHERE id = $5 AND version = $6 RETURNING version`,
			sealed, touched, d.Previous, tx.Now(), d.ID, d.Version, besides).Scan(&d.Version))
		if errors.Is(err, store.ErrNotFound) {
			return store.ErrStale
		}
		return err
	}
	err = tx.QueryRow(ctx, `INSERT INTO draft (account_id, by_id, service, id, answers, previous, updated_at, beside) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (account_id, by_id, service) DO UPDATE SET answers = excluded.answers, beside = excluded.beside, previous = excluded.previous, updated_at = excluded.updated_at, version = draft.version + 1
		RETURNING version`,
		who.Whose(), who.By(), d.Def.Code, d.ID, sealed, d.Previous, tx.Now(), besides).Scan(&d.Version)
	if err != nil {
		return fmt.Errorf("save draft %s: %w", d.ID, err)
	}
	return nil
}

// Discard throws the person's draft away.
func (s *Service) Discard(ctx context.Context, who access.Actor, code string) error {
	if err := who.May(access.Apply); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := s.acts(ctx, tx, who); err != nil {
			return err
		}
		return s.discard(ctx, tx, who, code)
	})
}

func (s *Service) discard(ctx context.Context, tx *store.Tx, who access.Actor, code string) error {
	if err := s.discardAttached(ctx, tx, who, code); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM draft WHERE account_id = $1 AND by_id = $2 AND service = $3`, who.Whose(), who.By(), code)
	return err
}

// Wrong tells what is wrong with the whole draft, by fields: nothing when it can be sent.
func (s *Service) Wrong(d Draft) []fault.Field {
	wrong := append(d.wanted(""), d.Def.Validate(d.Form, d.Form.Prune(d.Answers), s.today(s.DB))...)
	if len(wrong) > 0 {
		return wrong
	}
	return s.partsWrong(d)
}
