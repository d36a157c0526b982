package wallet

import (
	"context"
	"errors"
	"slices"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/keyring"
	"okno/internal/store"
)

// The papers that make the profile lie with the account: they are proved, not kept. Here is what is done with them as with the documents that
// people keep: they open behind a second factor, and are shown to others (share.go).

// Fact is a paper of the profile. Its text stands in addresses, and in shares in the place of the id of a document.
type Fact string

// The papers.
const (
	Identity Fact = "identity" // the passport, or whatever else proves who the person is
	SNILS    Fact = "snils"
	INN      Fact = "inn"
)

// Valid reports whether f is one of the papers.
func (f Fact) Valid() bool { return slices.Contains([]Fact{Identity, SNILS, INN}, f) }

// Source is the JSON name by which the profile says where the paper came from.
func (f Fact) Source() string {
	if f == Identity {
		return "document"
	}
	return string(f)
}

func factObject(f Fact) string { return "profile/" + string(f) }

// The fields of papers of the profile, in the order in which they are shown.
const (
	FactNumber     = "number" // with the series
	FactIssuedAt   = "issued_at"
	FactIssuedBy   = "issued_by"
	FactDepartment = "department_code"
	FactExpiresAt  = "expires_at"
	FactBirthDate  = "birth_date"
)

// Held is a paper as the profile holds it.
type Held struct {
	Fact   Fact
	Kind   form.IdentityKind // of Identity
	Fields []HeldField       // that have a value
	Source account.Source    // where it came from; zero: nothing stands for it any more
	Ends   form.Date         // the first day on which it counts no more; zero when it has no end
	Sealed bool              // its number is masked
	Secret bool              // its number is kept from its owner until they are bound to the account: it is masked whatever they show
}

// HeldField is a value of such a paper, as pages show it.
type HeldField struct{ ID, Value string }

// Value is that of a field, "" when there is none.
func (h Held) Value(id string) string {
	i := slices.IndexFunc(h.Fields, func(f HeldField) bool { return f.ID == id })
	if i < 0 {
		return ""
	}
	return h.Fields[i].Value
}

// held is the paper of the account; false when the profile has none.
func held(x account.Profile, f Fact, sealed bool) (Held, bool) {
	h := Held{Fact: f, Source: x.Sources[f.Source()], Sealed: sealed}
	put := func(id, value string) {
		if value != "" {
			h.Fields = append(h.Fields, HeldField{id, value})
		}
	}
	switch f {
	case Identity:
		d := x.Document
		if d == nil {
			return h, false
		}
		h.Kind = d.Kind
		put(FactNumber, MaskIdentity(d, sealed))
		put(FactIssuedAt, d.IssuedAt.Dotted())
		put(FactIssuedBy, d.IssuedBy)
		put(FactDepartment, d.DepartmentCode)
		put(FactExpiresAt, d.ExpiresAt.Dotted())
		put(FactBirthDate, form.Dotted(x.BirthDate))
		born, _ := form.ParseDate(x.BirthDate)
		h.Ends = d.Ends(born)
	case SNILS:
		if sealed {
			put(FactNumber, form.MaskSNILS(x.SNILS))
		} else {
			put(FactNumber, form.FormatSNILS(x.SNILS))
		}
	case INN:
		if sealed {
			put(FactNumber, form.MaskINN(x.INN))
		} else {
			put(FactNumber, x.INN)
		}
	}
	return h, h.Value(FactNumber) != ""
}

// MaskIdentity is the series and number of an identity document, masked when it is sealed.
func MaskIdentity(d *form.Identity, sealed bool) string {
	switch {
	case !sealed:
		return d.String()
	case d.Kind == form.Passport:
		return form.MaskPassport(d.Series, d.Number)
	}
	return form.MaskOwned("", d.String())
}

// Held is a paper of the profile of whom the actor acts for; its number is masked. Of whoever proved nothing the profile has none: what
// stands there was typed.
func (s *Service) Held(ctx context.Context, who access.Actor, f Fact) (Held, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Held{}, err
	}
	return s.held(ctx, s.DB, who, f, true)
}

// OpenHeld is Held with the number, as Open is for a document.
func (s *Service) OpenHeld(ctx context.Context, who access.Actor, f Fact) (Held, error) {
	if err := s.Opens(ctx, who); err != nil {
		return Held{}, err
	}
	var h Held
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if h, err = s.held(ctx, tx, who, f, false); err != nil || h.Sealed {
			return err
		}
		return recordFact(ctx, tx, who, "wallet.opened", f)
	})
	return h, err
}

func (s *Service) held(ctx context.Context, q store.Querier, who access.Actor, f Fact, sealed bool) (Held, error) {
	a, err := s.Accounts.Get(ctx, q, who.Whose())
	if err != nil {
		return Held{}, err
	}
	if !f.Valid() || who.By() == "" && !a.Level.AtLeast(access.Standard) {
		return Held{}, ErrMissing
	}
	secret, err := s.secret(ctx, q, a, f)
	if err != nil {
		return Held{}, err
	}
	h, ok := held(a.Profile, f, sealed || secret)
	if !ok {
		return Held{}, ErrMissing
	}
	h.Secret = secret
	return h, nil
}

// secret reports whether the number is kept from its owner (REG-11).
func (s *Service) secret(ctx context.Context, q store.Querier, a account.Account, f Fact) (bool, error) {
	if f != SNILS || s.Hidden == nil {
		return false, nil
	}
	return s.Hidden(ctx, q, a)
}

func recordFact(ctx context.Context, tx *store.Tx, who access.Actor, action string, f Fact) error {
	return audit.Record(ctx, tx, audit.Event{Action: action, Actor: who, Subject: who.Whose(), Object: factObject(f), Detail: audit.Detail{"document": string(f)}})
}

// ShareHeld is ShareIt for a paper of the profile.
func (s *Service) ShareHeld(ctx context.Context, who access.Actor, f Fact, w Showing) (Share, error) {
	if err := s.Opens(ctx, who); err != nil {
		return Share{}, err
	}
	h, err := s.held(ctx, s.DB, who, f, false)
	if err == nil && h.Secret {
		err = ErrSecret
	}
	if err != nil {
		return Share{}, err
	}
	var fields []string
	for _, x := range h.Fields {
		if slices.Contains(w.Fields, x.ID) {
			fields = append(fields, x.ID)
		}
	}
	if len(fields) == 0 {
		return Share{}, fault.Invalid(fault.F("show", "wallet.share_nothing"))
	}
	x := Share{Document: string(f), Showing: Showing{Fields: fields, Name: w.Name}, account: who.Whose()}
	return s.keepShare(ctx, who, x, func(tx *store.Tx) error { return recordFact(ctx, tx, who, "wallet.shared", f) })
}

// shownHeld is the paper of the profile that a share shows, as it stands now: whoever looks has to learn that nothing stands for it any more.
func (s *Service) shownHeld(ctx context.Context, q store.Querier, x Share) (Shown, error) {
	f, _ := x.Fact()
	a, err := s.Accounts.Get(ctx, q, x.account)
	if errors.Is(err, account.ErrMissing) || errors.Is(err, keyring.ErrNoKey) {
		return Shown{}, ErrShare
	}
	if err != nil {
		return Shown{}, err
	}
	secret, err := s.secret(ctx, q, a, f)
	if err != nil {
		return Shown{}, err
	}
	h, ok := held(a.Profile, f, false)
	if !ok || secret || a.State == account.Retired {
		return Shown{}, ErrShare
	}
	h.Fields = slices.DeleteFunc(h.Fields, func(v HeldField) bool { return !slices.Contains(x.Showing.Fields, v.ID) })
	out := Shown{Held: &h, Until: x.ExpiresAt}
	if x.Showing.Name {
		out.Name = a.Profile.FullName()
	}
	return out, nil
}
