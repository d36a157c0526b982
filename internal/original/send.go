package original

import (
	"context"
	"errors"
	"fmt"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/id"
	"okno/internal/intake"
	"okno/internal/limit"
	"okno/internal/store"
)

// Page is what a person sends.
type Page struct {
	ID      string // of the form, so that one sent twice is one original; a new one when it is none
	Kind    Kind
	Name    string // as the browser says
	Data    []byte
	Instead string // id of the original that it replaces, "" when it replaces none
}

// Send keeps a page and has it read. What is wrong with the file is said on the field "original".
func (s *Service) Send(ctx context.Context, who access.Actor, n Page) (Original, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Original{}, err
	}
	if !id.Valid(n.ID) {
		n.ID = id.New()
	}
	media, err := s.check(n)
	if err != nil {
		return Original{}, err
	}
	if old, err := load(ctx, s.DB, n.ID); err == nil { // the form came twice
		return mine(old, who)
	} else if !errors.Is(err, ErrMissing) {
		return Original{}, err
	}
	if err := s.count(ctx, who); err != nil {
		return Original{}, err
	}
	file, err := s.Desk.Take(ctx, n.page(who), media)
	if err != nil {
		return Original{}, err
	}
	put, err := s.Files.Put(ctx, file)
	if err != nil {
		return Original{}, err
	}
	var out Original
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		out, err = s.keep(ctx, tx, who, n, put)
		return err
	})
	return out, err
}

// check says what is wrong with what was sent before anything is done with it.
func (s *Service) check(n Page) (files.Media, error) {
	var sheet form.Sheet
	if !n.Kind.Valid() {
		sheet = append(sheet, fault.F("kind", "original.kind_missing"))
	}
	media, wrong := s.Desk.Judge(n.page(access.Actor{}))
	return media, append(sheet, wrong...).Err()
}

func (n Page) page(who access.Actor) intake.Page {
	return intake.Page{Field: "original", Owner: who.ID, Name: n.Name, Data: n.Data}
}

// count takes one of the person's sends.
func (s *Service) count(ctx context.Context, who access.Actor) error {
	var refused error
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		refused = nil
		v, err := limit.Take(ctx, tx, s.Policy.Originals.PerPerson.Rule("original.sent"), "original.sent:"+who.ID)
		if err == nil && !v.Allowed {
			refused = ErrOften.At(v.Until)
		}
		return err
	})
	return errors.Join(err, refused)
}

// keep writes the original down, in the place of another if it replaces one.
func (s *Service) keep(ctx context.Context, tx *store.Tx, who access.Actor, n Page, put files.File) (Original, error) {
	if old, err := load(ctx, tx, n.ID); err == nil {
		return mine(old, who) // the form came twice at once; the bytes of this one are swept
	} else if !errors.Is(err, ErrMissing) {
		return Original{}, err
	}
	if n.Instead != "" {
		if err := s.drop(ctx, tx, who, n.Instead); err != nil && !errors.Is(err, ErrMissing) { // it may be gone already
			return Original{}, err
		}
	}
	var there int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM original WHERE account_id = $1`, who.ID).Scan(&there); err != nil {
		return Original{}, err
	}
	if there >= s.Policy.Originals.Most {
		return Original{}, ErrMany
	}
	if err := s.Files.Keep(ctx, tx, put); err != nil {
		return Original{}, err
	}
	o := Original{ID: n.ID, Kind: n.Kind, State: Waiting, SentAt: tx.Now(), account: who.ID, file: put.ID}
	if _, err := tx.Exec(ctx, `INSERT INTO original (id, account_id, kind, file_id, state, reason, sent_at) VALUES ($1, $2, $3, $4, $5, '', $6)`,
		o.ID, o.account, string(o.Kind), o.file, string(o.State), o.SentAt); err != nil {
		return Original{}, fmt.Errorf("keep an original: %w", err)
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: "original.sent", Actor: who, Subject: who.ID, Object: "original/" + o.ID, Detail: audit.Detail{"document": string(o.Kind)}}); err != nil {
		return Original{}, err
	}
	return o, errors.Join(s.Jobs.Enqueue(ctx, tx, ReadOriginal{o.ID}), tx.Notify(ctx, Topic(who.ID)))
}

// mine is the original, if it is the person's.
func mine(o Original, who access.Actor) (Original, error) {
	if who.Kind != access.Person || o.account != who.ID {
		return Original{}, ErrMissing
	}
	return o, nil
}

// Delete takes one of the person's originals away; its bytes go with a sweep of files.
func (s *Service) Delete(ctx context.Context, who access.Actor, originalID string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return s.drop(ctx, tx, who, originalID) })
}

func (s *Service) drop(ctx context.Context, tx *store.Tx, who access.Actor, originalID string) error {
	o, err := load(ctx, tx, originalID)
	if err != nil {
		return err
	}
	if _, err := mine(o, who); err != nil {
		return err
	}
	if err := s.gone(ctx, tx, o); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Action: "original.deleted", Actor: who, Subject: o.account, Object: "original/" + o.ID, Detail: audit.Detail{"document": string(o.Kind)}})
}

func (s *Service) gone(ctx context.Context, tx *store.Tx, o Original) error {
	if _, err := tx.Exec(ctx, `DELETE FROM original WHERE id = $1`, o.ID); err != nil {
		return fmt.Errorf("delete original %s: %w", o.ID, err)
	}
	return errors.Join(s.Files.Drop(ctx, tx, o.file), tx.Notify(ctx, Topic(o.account)))
}
