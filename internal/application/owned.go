package application

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/procedure"
	"okno/internal/store"
	"okno/internal/wallet/kind"
)

// A form is filled in from the documents that the person keeps (SRV-2): by itself from the only one of its kind, or from several that say the same, and
// else from the one that they choose. What they typed stays. A document that has run out, or that its register holds no more, is taken when they say so and
// never else, and what is masked in the wallet comes into a form only while the wallet is open.

// originOf is where what the document fills in came from. No register vouches for what has run out, or for what it holds no more.
func (s *Service) originOf(ctx context.Context, h kind.Held, now time.Time) form.Origin {
	day := func(t time.Time) i18n.Text {
		say := func(l i18n.Lang) string { return i18n.Date(i18n.With(ctx, l), t) }
		return i18n.Text{RU: say(i18n.RU), EN: say(i18n.EN)}
	}
	register := func() i18n.Text { return i18n.Both("portal.wallet.register." + h.Kind.Register) }
	o := form.Origin{Source: "document." + string(h.Kind.ID), Verified: h.Known && h.Stands(now), At: h.At}
	switch {
	case h.Gone:
		o.Title = i18n.Both("application.document.lost", "document", h.Called(), "register", register())
	case h.Ended(now):
		o.Title = i18n.Both("application.document.ended", "document", h.Called(), "date", day(h.LastDay().In(s.Zone)))
	case h.Known:
		o.Title = i18n.Both("application.document.known", "document", h.Called(), "register", register())
	default:
		o.Title = i18n.Both("application.document.own", "document", h.Called(), "date", day(h.At))
	}
	return o
}

// ErrNoDocument is a document that was removed, or from which this form takes nothing.
var ErrNoDocument = fault.New(fault.Conflict, "application.document.gone")

// taken is a document that a form was filled in from, as it is kept beside the answers.
type taken struct {
	ID      string            `json:"id"`
	Version int64             `json:"version"`
	Title   i18n.Text         `json:"title"`
	At      time.Time         `json:"at"`               // of Held
	EndsAt  time.Time         `json:"ends_at,omitzero"` // zero of one that the person took though it had run out
	Gone    bool              `json:"gone,omitempty"`
	Told    procedure.Profile `json:"told,omitempty"`
}

// ended reports whether it has run out since it was taken.
func (t taken) ended(now time.Time) bool { return !t.EndsAt.IsZero() && !now.Before(t.EndsAt) }

// held lists what the person keeps of the kinds that the form is filled in from; nothing, and no question, where it takes from none.
func (s *Service) held(ctx context.Context, who access.Actor, of []kind.ID) ([]kind.Held, error) {
	if len(of) == 0 || s.Held == nil {
		return nil, nil
	}
	return s.Held(ctx, who, of...)
}

// opens reports whether all that the form takes of the document can be read now.
func (d Draft) opens(h kind.Held) bool { return !h.Masked || !d.Def.Uncovers(h.Kind.ID) }

// takeAlone fills in from documents without being asked: from the only one of its kind, or several that say the same, where nothing stands yet, and
// anew from one that was taken before and has a newer version, or that its register holds no more. It says whether it did anything.
func (s *Service) takeAlone(ctx context.Context, tx *store.Tx, who access.Actor, d *Draft, held []kind.Held) (bool, error) {
	did := false
	for _, of := range d.Def.Documents() {
		was, before := d.beside.Documents[of]
		var fit []kind.Held
		var say []map[string]string
		for _, h := range held {
			if h.Kind.ID == of && (before && h.ID == was.ID && !h.Ended(tx.Now()) || !before && h.Holder == "" && h.Stands(tx.Now())) {
				fit, say = append(fit, h), append(say, h.Values)
			}
		}
		switch {
		case len(fit) == 0 || !d.opens(fit[0]) || !d.Def.Agree(of, say, s.today(tx)):
			continue
		case before && fit[0].Version <= was.Version && !fit[0].At.After(was.At) && fit[0].Gone == was.Gone:
			continue
		case !before && d.begun(of):
			continue
		}
		if _, err := s.take(ctx, tx, who, d, fit[0], false); err != nil {
			return false, err
		}
		did = true
	}
	return did, nil
}

// begun reports whether the person has done something of their own in the answers that documents of the kind fill in.
func (d Draft) begun(of kind.ID) bool {
	return slices.ContainsFunc(d.Def.FilledFrom(of), func(f procedure.Filling) bool {
		return d.Answers.Get(f.Pointer) != nil || d.touched.byHand(f.Pointer)
	})
}

// take fills the draft in from the document, in the place of another of its kind, and reports whether an answer is another now. What the person typed
// stays, and is locked by nothing. What they emptied stays empty unless they asked.
func (s *Service) take(ctx context.Context, tx *store.Tx, who access.Actor, d *Draft, h kind.Held, asked bool) (filled bool, err error) {
	before := d.beside.Documents[h.Kind.ID].Told
	now, _ := d.Def.Holds(h.Kind.ID, h.Values, s.originOf(ctx, h, tx.Now()), s.today(tx))
	for _, f := range d.Def.FilledFrom(h.Kind.ID) {
		there, v := d.Answers.Get(f.Pointer), now[f.Fact].Answer()
		typed := there != nil && !form.Same(there, before[f.Fact].Answer()) || there == nil && !asked && d.touched.byHand(f.Pointer)
		switch {
		case form.Same(there, v):
		case !typed:
			d.change(f.Pointer, v, Typed{Tab: registerTab})
			filled = true
		case d.Def.Locks(f.Pointer):
			delete(now, f.Fact)
		}
	}
	t := taken{ID: h.ID, Version: h.Version, Title: h.Called(), At: h.At, EndsAt: h.EndsAt, Gone: h.Gone, Told: now}
	if h.Ended(tx.Now()) {
		t.EndsAt = time.Time{}
	}
	d.beside.Documents = with(d.beside.Documents, h.Kind.ID, t)
	p := maps.Clone(d.Profile)
	for _, f := range d.Def.FilledFrom(h.Kind.ID) {
		delete(p, f.Fact)
	}
	d.Profile = s.knows(p, d.Def, d.beside, tx.Now())
	d.Form = d.Def.FormFor(d.Profile, d.Answers, s.today(tx))
	d.mark()
	return filled, audit.Record(ctx, tx, audit.Event{Action: "application.filled_from", Actor: who, Subject: who.Whose(), Object: "draft/" + d.ID, Detail: audit.Detail{"document": string(h.Kind.ID), "service": d.Def.Code}})
}

// TakeDocument fills the person's draft in from a document of theirs, or of whom they act for, and reports whether an answer is another now. Where it
// gives what is masked, the wallet has to be open: the error is that of Opens.
func (s *Service) TakeDocument(ctx context.Context, who access.Actor, code, documentID string) (filled bool, err error) {
	if err := who.May(access.Apply); err != nil {
		return false, err
	}
	def, err := s.service(code, who)
	if err != nil {
		return false, err
	}
	h, err := s.heldOne(ctx, who, def, documentID)
	if err != nil {
		return false, err
	}
	if !(Draft{Def: def}).opens(h) {
		if err := s.Opens(ctx, who); err != nil {
			return false, err
		}
		if h, err = s.heldOne(ctx, who, def, documentID); err != nil { // it was opened at this moment
			return false, err
		}
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		d, _, err := s.locked(ctx, tx, who, def)
		if err != nil {
			return err
		}
		if filled, err = s.take(ctx, tx, who, &d, h, true); err != nil {
			return err
		}
		return s.saveDraft(ctx, tx, who, &d)
	})
	if errors.Is(err, store.ErrNotFound) {
		return false, ErrMissing
	}
	return filled, err
}

func (s *Service) heldOne(ctx context.Context, who access.Actor, def *procedure.Definition, documentID string) (kind.Held, error) {
	held, err := s.held(ctx, who, def.Documents())
	if err != nil {
		return kind.Held{}, err
	}
	i := slices.IndexFunc(held, func(h kind.Held) bool { return h.ID == documentID })
	if i < 0 {
		return kind.Held{}, ErrNoDocument
	}
	return held[i], nil
}

// Source is what a form can be filled in with from documents of one kind, and with which it was.
type Source struct {
	Kind   kind.Kind
	Taken  i18n.Text   // the document that was taken, the zero Text when none was
	Over   form.Date   // the last day of that one, when it ran out after it was taken
	Lost   bool        // its register holds that one no more
	Offers []kind.Held // those that can be taken, but for what would fill in the same; those that count no more come last
	Sealed bool        // the wallet has to be opened before
}

// Sources lists the documents of the person that these questions of the draft are filled in from.
func (s *Service) Sources(ctx context.Context, who access.Actor, d Draft, fields []form.Field) ([]Source, error) {
	var kinds []kind.ID
	for _, of := range d.Def.Documents() {
		if slices.ContainsFunc(d.Def.FilledFrom(of), func(x procedure.Filling) bool {
			return slices.ContainsFunc(fields, func(f form.Field) bool { return f.Pointer == x.Pointer })
		}) {
			kinds = append(kinds, of)
		}
	}
	held, err := s.held(ctx, who, kinds)
	if err != nil {
		return nil, err
	}
	var out []Source
	for _, of := range kinds {
		x := Source{}
		x.Kind, _ = kind.Of(of)
		was, before := d.beside.Documents[of]
		if before {
			x.Taken, x.Lost = was.Title, was.Gone
			if was.ended(s.DB.Now()) {
				x.Over = form.DateOf(was.EndsAt.Add(-time.Nanosecond).In(s.Zone)) // it ends with its last day
			}
		}
		x.Offers = s.offers(d, of, held)
		x.Sealed = slices.ContainsFunc(x.Offers, func(h kind.Held) bool { return !d.opens(h) })
		if before || len(x.Offers) > 0 {
			out = append(out, x)
		}
	}
	return out, nil
}

// offers are the documents of the kind that the draft can be filled in from, one of those that say the same.
func (s *Service) offers(d Draft, of kind.ID, held []kind.Held) []kind.Held {
	var stand, over []kind.Held
	now := s.DB.Now()
	was, before := d.beside.Documents[of]
	var said []procedure.Profile
	if before && !was.Gone && !was.ended(now) {
		said = append(said, was.Told)
	}
	for _, h := range held {
		if h.Kind.ID != of || before && h.ID == was.ID && h.Version <= was.Version {
			continue
		}
		if !h.Stands(now) {
			over = append(over, h)
			continue
		}
		if d.opens(h) {
			told, _ := d.Def.Holds(of, h.Values, form.Origin{}, s.today(s.DB))
			if slices.ContainsFunc(said, func(x procedure.Profile) bool { return x.Says(told) }) {
				continue
			}
			said = append(said, told)
		}
		stand = append(stand, h)
	}
	return append(stand, over...)
}

// TakenFrom is the document from which the answer was filled in, "" when it was from none.
func (d Draft) TakenFrom(pointer string) (documentID string) {
	return d.beside.Documents[d.Def.DocumentFor(pointer)].ID
}
