package application

import (
	"cmp"
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

// A form is filled in from the documents that the person keeps (SRV-2): by itself from the only one of its kind, from the one that they choose
// when there are several. What they typed stays. A document that has run out is taken when they say so and never else, and what is masked in the
// wallet comes into a form only while the wallet is open.

// originOf is where what the document fills in came from. No register vouches for what has run out.
func originOf(ctx context.Context, h kind.Held, now time.Time) form.Origin {
	day := func(t time.Time) i18n.Text {
		say := func(l i18n.Lang) string { return i18n.Date(i18n.With(ctx, l), t) }
		return i18n.Text{RU: say(i18n.RU), EN: say(i18n.EN)}
	}
	o := form.Origin{Source: "document." + string(h.Kind.ID), Verified: h.Known && !h.Ended(now), At: h.At}
	switch {
	case h.Ended(now):
		o.Title = i18n.Both("application.document.ended", "document", h.Called(), "date", day(h.LastDay()))
	case h.Known:
		o.Title = i18n.Both("application.document.known", "document", h.Called(), "register", i18n.Both("portal.wallet.register."+h.Kind.Register))
	default:
		o.Title = i18n.Both("application.document.own", "document", h.Called(), "date", day(h.At))
	}
	return o
}

// ErrNoDocument is a document that was removed, or from which this form takes nothing.
var ErrNoDocument = fault.New(fault.Missing, "application.document.gone")

// taken is a document that a form was filled in from, as it is kept beside the answers.
type taken struct {
	ID      string            `json:"id"`
	Version int64             `json:"version"`
	Title   i18n.Text         `json:"title"`
	At      time.Time         `json:"at"`               // of Held
	EndsAt  time.Time         `json:"ends_at,omitzero"` // zero of one that the person took though it had run out
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

// takeAlone fills in from documents without being asked: from the only one of its kind where nothing stands yet, and anew from one that was
// taken before and has a newer version. It says whether it did anything.
func (s *Service) takeAlone(ctx context.Context, tx *store.Tx, who access.Actor, d *Draft, held []kind.Held) (bool, error) {
	did := false
	for _, of := range d.Def.Documents() {
		was, before := d.beside.Documents[of]
		fit := slices.DeleteFunc(slices.Clone(held), func(h kind.Held) bool {
			return h.Kind.ID != of || h.Ended(tx.Now()) || (before && h.ID != was.ID) || (!before && h.Holder != "")
		})
		switch {
		case len(fit) != 1 || !d.opens(fit[0]):
			continue
		case before && fit[0].Version <= was.Version && !fit[0].At.After(was.At):
			continue
		case !before && d.begun(of):
			continue
		}
		if err := s.take(ctx, tx, who, d, fit[0]); err != nil {
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

// take fills the draft in from the document, in the place of another of its kind. What the person typed stays, and is locked by nothing.
func (s *Service) take(ctx context.Context, tx *store.Tx, who access.Actor, d *Draft, h kind.Held) error {
	before := d.beside.Documents[h.Kind.ID].Told
	now, _ := d.Def.Holds(h.Kind.ID, h.Values, originOf(ctx, h, tx.Now()), s.today(tx))
	for _, f := range d.Def.FilledFrom(h.Kind.ID) {
		there, v := d.Answers.Get(f.Pointer), now[f.Fact].Answer()
		if there != nil && !form.Same(there, before[f.Fact].Answer()) && !form.Same(there, v) || there == nil && d.touched.byHand(f.Pointer) {
			if d.Def.Locks(f.Pointer) {
				delete(now, f.Fact)
			}
			continue
		}
		if !form.Same(there, v) {
			d.change(f.Pointer, v, registerTab)
		}
	}
	t := taken{h.ID, h.Version, h.Called(), h.At, h.EndsAt, now}
	if h.Ended(tx.Now()) {
		t.EndsAt = time.Time{}
	}
	d.beside.Documents = with(d.beside.Documents, h.Kind.ID, t)
	p := maps.Clone(d.Profile)
	maps.DeleteFunc(p, func(f procedure.Fact, _ procedure.Known) bool {
		k, _, ok := procedure.DocumentOf(f)
		return ok && k.ID == h.Kind.ID
	})
	d.Profile = s.knows(p, d.Def, d.beside, tx.Now())
	d.Form = d.Def.FormFor(d.Profile, d.Answers, s.today(tx))
	d.mark()
	return audit.Record(ctx, tx, audit.Event{Action: "application.filled_from", Actor: who, Subject: who.Whose(), Object: "draft/" + d.ID, Detail: audit.Detail{"document": string(h.Kind.ID), "service": d.Def.Code}})
}

// TakeDocument fills the person's draft in from a document of theirs, or of whom they act for. Where it gives what is masked, the wallet has to
// be open: the error is that of Opens.
func (s *Service) TakeDocument(ctx context.Context, who access.Actor, code, documentID string) error {
	if err := who.May(access.Apply); err != nil {
		return err
	}
	def, err := s.service(code, who)
	if err != nil {
		return err
	}
	held, err := s.held(ctx, who, def.Documents())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(held, func(h kind.Held) bool { return h.ID == documentID })
	switch {
	case i < 0:
		return ErrNoDocument
	case !(Draft{Def: def}).opens(held[i]):
		return s.Opens(ctx, who)
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		d, _, err := s.locked(ctx, tx, who, def)
		if err != nil {
			return err
		}
		return errors.Join(s.take(ctx, tx, who, &d, held[i]), s.saveDraft(ctx, tx, who, &d))
	})
	if errors.Is(err, store.ErrNotFound) {
		return ErrMissing
	}
	return err
}

// Source is what a form can be filled in with from documents of one kind, and with which it was.
type Source struct {
	Kind   kind.Kind
	Taken  i18n.Text   // the document that was taken, the zero Text when none was
	Over   time.Time   // when that one ran out, after it was taken
	Offers []kind.Held // those that can be taken, but for the one that was; those that have run out come last
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
	now := s.DB.Now()
	for _, of := range kinds {
		x := Source{}
		x.Kind, _ = kind.Of(of)
		was, before := d.beside.Documents[of]
		if before {
			if x.Taken = was.Title; was.ended(now) {
				x.Over = was.EndsAt
			}
		}
		for _, h := range held {
			if h.Kind.ID == of && (!before || h.ID != was.ID || h.Version > was.Version) {
				x.Offers, x.Sealed = append(x.Offers, h), x.Sealed || !d.opens(h)
			}
		}
		slices.SortStableFunc(x.Offers, func(a, b kind.Held) int { return cmp.Compare(rank(a.Ended(now)), rank(b.Ended(now))) })
		if before || len(x.Offers) > 0 {
			out = append(out, x)
		}
	}
	return out, nil
}

func rank(ended bool) int {
	if ended {
		return 1
	}
	return 0
}

// TakenFrom is the document from which the answer was filled in, "" when it was from none.
func (d Draft) TakenFrom(pointer string) (documentID string) {
	fact, _ := d.Def.Fed(pointer)
	k, _, ok := procedure.DocumentOf(fact)
	if !ok {
		return ""
	}
	return d.beside.Documents[k.ID].ID
}
