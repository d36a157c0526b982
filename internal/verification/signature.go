package verification

import (
	"context"
	"errors"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/store"
)

// Signed is what the certificate of a qualified electronic signature says of its owner. The authority that issued it saw the person and
// checked the SNILS; it says nothing of a birth date or a passport.
type Signed struct {
	Surname, GivenName, Patronymic, SNILS, INN string

	// Certificate and Authority are the SHA-256 of two certificates, hexadecimal: of the person's and of that of who issued it. The record
	// names them: when an authority is found to have certified whomever, its accounts can be found, and when a person says that it was
	// somebody else, the certificate.
	Certificate, Authority string
}

// ErrHeld is a SNILS whose account is bound to its person already: they come in there by the same signature.
var ErrHeld = fault.New(fault.Conflict, "signature.held")

// ProveBySignature takes a signature that was verified just now as the proof of who holds the account (LVL-9). Whoever holds the SNILS
// at Standard is displaced, as by every proof that binds (REG-11); papers that wait at a desk or in the cabinet are left.
func (s *Service) ProveBySignature(ctx context.Context, who access.Actor, x Signed) (account.Account, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return account.Account{}, err
	}
	var a account.Account
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		a, err = s.Grant(ctx, tx, who, who.ID, WaySignature, func(p *account.Profile) { x.write(p, account.Source{From: account.FromSignature, At: tx.Now()}) })
		if err != nil {
			return err
		}
		if a.Level == access.Confirmed {
			if err := s.endOthers(ctx, tx, who.ID, ""); err != nil {
				return err
			}
		}
		return s.raised(ctx, tx, who, a, "account/"+who.ID, audit.Detail{"way": string(WaySignature), "certificate": x.Certificate, "authority": x.Authority})
	})
	if errors.Is(err, account.ErrSnilsTaken) {
		err = ErrHeld.Because(err)
	}
	return a, err
}

// write puts what the certificate says into the profile; what it does not know stays.
func (x Signed) write(p *account.Profile, from account.Source) {
	sources := map[string]account.Source{}
	for field, source := range p.Sources {
		sources[field] = source
	}
	set := func(field string, into *string, value string) {
		*into = value
		sources[field] = from
	}
	set("surname", &p.Surname, x.Surname)
	set("given_name", &p.GivenName, x.GivenName)
	set("patronymic", &p.Patronymic, x.Patronymic)
	set("snils", &p.SNILS, x.SNILS)
	if x.INN != "" {
		set("inn", &p.INN, x.INN)
	}
	p.Sources = sources
}
