package signin

import (
	"context"
	"errors"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/limit"
	"okno/internal/store"
)

// A temporary password was said, printed or sent by somebody else, who knows it: it opens no session but the way to one of the
// person's own (AUTH-6). A second factor comes before, where one is asked for.
//
// So does a password on the lists of common and leaked ones, of which whoever guesses has a copy: it may have been good when it was set.
// Before such a one a second factor comes always, for everybody who has the list would otherwise set a password of theirs, and shut the
// owner out. It is looked up once the password was right, so that it is said to nobody else.

// ErrReplace is a sign-in that waits for a new password.
var ErrReplace = fault.New(fault.Conflict, "signin.replace")

// ErrNewPasswords is of whoever has offered passwords that were the account's already, again and again.
var ErrNewPasswords = fault.New(fault.TooMany, "signin.password_tries")

// Replaces reports whether the sign-in of the token waits for a new password, nil when it does, and on which list the old one stands:
// on none when it was a temporary one.
func (s *Service) Replaces(ctx context.Context, v credential.Visitor, token string) (credential.List, error) {
	p, err := s.replaced(ctx, s.DB, v, token)
	return p.List, err
}

func (s *Service) replaced(ctx context.Context, q store.Querier, v credential.Visitor, token string) (credential.Pending, error) {
	p, err := s.Credentials.Pending(ctx, q, token, v)
	if err == nil && p.Methods == "" {
		err = credential.ErrNoPending
	}
	return p, err
}

// hashNew reads a password that the account is to have from now on, and hashes it. It is none of the last ones, the one in force among
// them: whoever learned that one would know the new one. Tries are counted before anything is compared, for each costs a hash for every one.
// about is what others know of its person, which makes no part of it.
func (s *Service) hashNew(ctx context.Context, accountID, password, again string, about ...string) (string, error) {
	if err := s.Credentials.ReadNew(ctx, password, again, about...); err != nil {
		return "", err
	}
	var v limit.Verdict
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		reuse := s.reuse(accountID)
		v, err = limit.Take(ctx, tx, reuse.Rule, reuse.Key)
		return err
	})
	if err != nil {
		return "", err
	}
	if !v.Allowed {
		return "", ErrNewPasswords.At(v.Until)
	}
	formers, err := s.Credentials.Formers(ctx, s.DB, accountID)
	if err != nil {
		return "", err
	}
	switch used, err := s.Hasher.Any(ctx, formers, password); {
	case err != nil:
		return "", err
	case used:
		return "", fault.Invalid(fault.F("password", "signin.password_used"))
	}
	return s.Hasher.Hash(ctx, password)
}

// reuse counts new passwords of an account that are compared with its former ones, until one is taken.
func (s *Service) reuse(accountID string) limit.Taken {
	rule := s.Policy.SignIn.Device.Rule("signin.new_password")
	return limit.Taken{Rule: rule, Key: rule.Name + ":" + accountID}
}

// Replace sets the person's own password in place of the temporary one, and opens the session.
func (s *Service) Replace(ctx context.Context, v credential.Visitor, token, password, again string) (string, error) {
	p, err := s.replaced(ctx, s.DB, v, token)
	if err != nil {
		return "", err
	}
	encoded, err := s.hashNew(ctx, p.Account, password, again)
	if err != nil {
		return "", err
	}
	var session string
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		there, err := s.Credentials.Drop(ctx, tx, p)
		if err != nil {
			return err
		}
		if !there {
			return credential.ErrNoPending
		}
		level, err := s.admissible(ctx, tx, p.Account, credential.ErrNoPending)
		if err != nil {
			return err
		}
		if err := limit.Clear(ctx, tx, s.reuse(p.Account).Key); err != nil {
			return err
		}
		if err := s.Credentials.SetPassword(ctx, tx, p.Account, encoded, false); err != nil {
			return err
		}
		if err := errors.Join(s.Credentials.CloseAll(ctx, tx, p.Account), s.Notices.ForgetBrowsers(ctx, tx, p.Account, time.Time{})); err != nil {
			return err
		}
		if err := s.Credentials.Remember(ctx, tx, p.Account, v); err != nil {
			return err
		}
		who := access.Actor{Kind: access.Person, ID: p.Account, Level: level}
		if err := audit.Record(ctx, tx, audit.Event{Action: "password.replaced", Actor: who, Subject: who.ID}); err != nil {
			return err
		}
		if err := s.tellPassword(ctx, tx, who.ID, v, p.Methods); err != nil {
			return err
		}
		session, err = s.Credentials.OpenBy(ctx, tx, access.Person, who.ID, level, v, p.Methods)
		return err
	})
	return session, err
}
