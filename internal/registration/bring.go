package registration

import (
	"context"
	"errors"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/store"
)

// Newcomer is a person whom another portal hands over: as much as its registration would have asked here (REG-1), with the hash of the
// password. Their contacts were proved there; whoever brings them in answers for that.
type Newcomer struct {
	Surname   string    `json:"surname"`
	GivenName string    `json:"given_name"`
	Phone     string    `json:"phone"`
	Email     string    `json:"email"`
	Hash      string    `json:"password_hash"`
	Lang      i18n.Lang `json:"lang"`
}

// read checks what the other portal said, as what is typed is checked.
func (n Newcomer) read(h *keyring.Hasher) (_ Newcomer, encoded string, _ error) {
	d, _, err := read(Details{Surname: n.Surname, GivenName: n.GivenName, Phone: n.Phone, Email: n.Email, Terms: true, Data: true})
	var sheet form.Sheet
	var refused *fault.Error
	switch {
	case errors.As(err, &refused):
		sheet = append(sheet, refused.Fields...)
	case err != nil:
		return n, "", err
	}
	n.Surname, n.GivenName, n.Phone, n.Email = d.Surname, d.GivenName, d.Phone, d.Email
	if n.Lang == "" {
		n.Lang = i18n.RU
	}
	if n.Lang != i18n.RU && n.Lang != i18n.EN {
		sheet = append(sheet, fault.F("lang", "register.bring.lang"))
	}
	if n.Hash == "" { // who comes without a password makes one by a code («Не помню пароль»)
		return n, "", sheet.Err()
	}
	encoded, err = h.Import(n.Hash)
	if err != nil {
		sheet = append(sheet, fault.F("password_hash", "register.bring.hash", "why", err.Error()))
	}
	return n, encoded, sheet.Err()
}

func (n Newcomer) targets() []contact.Target {
	var out []contact.Target
	if n.Phone != "" {
		out = append(out, contact.Target{Kind: contact.Phone, Value: n.Phone})
	}
	if n.Email != "" {
		out = append(out, contact.Target{Kind: contact.Email, Value: n.Email})
	}
	return out
}

// Bring makes the account of a newcomer at level Simplified; nobody is told. It refuses what is wrong with them field by field, and with
// ErrTaken whoever has an account already: a file that was read half may be read again. When dry, it refuses the same and makes nothing.
//
// They have agreed to nothing here: the cabinet asks for the consents before anything else.
func (s *Service) Bring(ctx context.Context, n Newcomer, dry bool) error {
	n, encoded, err := n.read(s.Hasher)
	if err != nil {
		return err
	}
	if dry {
		for _, t := range n.targets() {
			holder, err := s.Contacts.Holder(ctx, s.DB, t)
			if err != nil {
				return err
			}
			if holder != "" {
				return ErrTaken
			}
		}
		return nil
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		who := id.At(tx.Now())
		key, err := s.Ring.NewPerson(ctx, tx, who)
		if err != nil {
			return err
		}
		from := account.Source{From: account.Entered, At: store.Moment(tx.Now())}
		profile := account.Profile{Surname: n.Surname, GivenName: n.GivenName, Sources: map[string]account.Source{"surname": from, "given_name": from}}
		if err := s.Accounts.Create(ctx, tx, key, account.New{ID: who, Profile: profile, Lang: n.Lang, AgreedAt: tx.Now()}); err != nil {
			return err
		}
		for _, t := range n.targets() {
			if err := s.Contacts.Attach(ctx, tx, key, who, t); err != nil {
				return err
			}
		}
		if encoded != "" {
			if err := s.Credentials.SetPassword(ctx, tx, who, encoded, false); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Event{Action: "account.imported", Actor: access.SystemActor(), Subject: who})
	})
	if errors.Is(err, contact.ErrTaken) {
		return ErrTaken
	}
	return err
}
