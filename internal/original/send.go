package original

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/id"
	"okno/internal/limit"
	"okno/internal/scan"
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
	clean, err := s.clean(ctx, n.Data)
	if err != nil {
		return Original{}, err
	}
	file, err := s.inspected(ctx, files.New{Owner: who.ID, Name: files.Name(n.Name, media), Media: media, Data: clean})
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
	up := s.Policy.Uploads
	most := min(int(up.MaxSize), files.MaxSize)
	media, ok := files.Sniff(n.Data)
	if !n.Kind.Valid() {
		sheet = append(sheet, fault.F("kind", "original.kind_missing"))
	}
	switch {
	case len(n.Data) == 0:
		sheet = append(sheet, fault.F("original", "original.file_missing"))
	case len(n.Data) > most:
		sheet = append(sheet, fault.F("original", "original.file_large", "max", int64(most)/1_000_000))
	case !ok || !slices.Contains(up.Types, string(media)):
		sheet = append(sheet, fault.F("original", "original.file_type", "types", files.Names(up.Types)))
	}
	return media, sheet.Err()
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

// clean takes out what the maker of the file noted in it. That may decode the picture: so many at once and no more.
func (s *Service) clean(ctx context.Context, data []byte) ([]byte, error) {
	select {
	case s.turning <- struct{}{}:
		defer func() { <-s.turning }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	out, err := scan.Clean(data, s.Policy.Scan.Pixels)
	switch {
	case errors.Is(err, scan.ErrActive):
		return nil, fault.Invalid(fault.F("original", "original.file_active"))
	case errors.Is(err, scan.ErrBomb):
		return nil, fault.Invalid(fault.F("original", "original.file_pixels", "max", s.Policy.Scan.Pixels/1_000_000))
	case errors.Is(err, scan.ErrBroken):
		return nil, fault.Invalid(fault.F("original", "original.file_broken"))
	case err != nil:
		return nil, err
	case len(out) > files.MaxSize: // a PNG that was turned is packed anew
		return nil, fault.Invalid(fault.F("original", "original.file_pixels", "max", s.Policy.Scan.Pixels/1_000_000))
	}
	return out, nil
}

func (s *Service) inspected(ctx context.Context, f files.New) (files.New, error) {
	seen, err := s.Files.Inspect(ctx, f)
	switch {
	case errors.Is(err, files.ErrInfected):
		return f, fault.Invalid(fault.F("original", "original.file_infected"))
	case errors.Is(err, files.ErrUnscanned):
		return f, ErrLater.Because(err)
	case err != nil:
		return f, fmt.Errorf("look through an original: %w", err)
	}
	return seen, nil
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
