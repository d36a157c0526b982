package signin

import (
	"context"
	"errors"
	"slices"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/store"
)

// ErrNobody is a SNILS that no account holds: its person may register from the signature.
var ErrNobody = fault.New(fault.Missing, "signature.nobody")

// ErrSigner is a signature of somebody else than the account is tied to.
var ErrSigner = fault.New(fault.Conflict, "signature.other")

// signs reports whether who holds an account of the level may prove by a signature that it is theirs: it is tied to its person. One that is
// Standard is a claim of whoever holds it, and a signature would let in the person whom it names against them.
func (s *Service) signs(level access.Level) bool { return s.Signs && level.AtLeast(access.Confirmed) }

// signedFor refuses a signature whose SNILS is not that of the account.
func (s *Service) signedFor(ctx context.Context, q store.Querier, accountID, snils string) error {
	holder, err := s.Accounts.HolderOfSNILS(ctx, q, snils)
	if errors.Is(err, account.ErrMissing) || err == nil && holder != accountID {
		return ErrSigner
	}
	return err
}

// AgainSigned is AgainCode for a text of ours that whoever has the SNILS has just signed.
func (s *Service) AgainSigned(ctx context.Context, who access.Actor, snils string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return renewed(ctx, s.DB.Write(ctx, func(tx *store.Tx) error {
		w, err := s.againWays(ctx, tx, who)
		if err != nil {
			return err
		}
		if !slices.Contains(w.Means, BySignature) {
			return ErrAgain
		}
		if err := s.signedFor(ctx, tx, who.ID, snils); err != nil {
			return err
		}
		return s.Credentials.ShownBy(ctx, tx, who, credential.BySign)
	}))
}

// ErrFrozen is an account that nobody comes into: what is in it goes to a new one, at a desk.
var ErrFrozen = fault.New(fault.Conflict, "signature.frozen")

// SignInBySignature opens a session in the account that holds the SNILS of a certificate whose owner has just signed a text of ours
// (AUTH-3). The bool says that the browser is one where whoever knows the account's password has signed in before; a signature does not make
// it one: an account that is Standard is a claim, and may be a stranger's.
func (s *Service) SignInBySignature(ctx context.Context, v credential.Visitor, snils string) (string, access.Actor, bool, error) {
	var token string
	var who access.Actor
	var known bool
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		holder, err := s.Accounts.HolderOfSNILS(ctx, tx, snils)
		if errors.Is(err, account.ErrMissing) {
			return ErrNobody
		}
		if err != nil {
			return err
		}
		level, err := s.admissible(ctx, tx, holder, ErrFrozen)
		if err != nil {
			return err
		}
		who = access.Actor{Kind: access.Person, ID: holder, Level: level}
		if known, err = s.Credentials.Knows(ctx, tx, holder, v.Browser); err != nil {
			return err
		}
		if !known {
			if err := s.Credentials.MetSigned(ctx, tx, holder, v); err != nil {
				return err
			}
		}
		if token, err = s.Credentials.OpenBy(ctx, tx, access.Person, holder, level, v, credential.BySign); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "signin.signature", Actor: who, Subject: holder})
	})
	return token, who, known, err
}
