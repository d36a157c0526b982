package signin

import (
	"context"
	"time"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/limit"
	"okno/internal/store"
)

// ErrNewPasswords is of whoever has offered passwords that were the account's already, again and again.
var ErrNewPasswords = fault.New(fault.TooMany, "signin.password_tries")

// ChangePassword sets another password for whoever is signed in, after a fresh proof: of the former one, or of whatever else lets them in.
// Who has forgotten it and came in by a passkey or a signature sets another here. Every other session ends, and the owner is told.
func (s *Service) ChangePassword(ctx context.Context, who access.Actor, v credential.Visitor, password, again string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	if err := alert.Allowed(ctx, s.DB, who.ID); err != nil {
		return err
	}
	if !s.Fresh(who) {
		return ErrAgain
	}
	about, err := s.knownOf(ctx, who.ID)
	if err != nil {
		return err
	}
	encoded, err := s.hashNew(ctx, who.ID, password, again, about...)
	if err != nil {
		return err
	}
	return renewed(ctx, s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.mayChange(ctx, tx, who.ID); err != nil {
			return err
		}
		if _, err := s.admissible(ctx, tx, who.ID, credential.ErrNoSession); err != nil {
			return err
		}
		if err := s.Credentials.ShownBy(ctx, tx, who, credential.ByPassword); err != nil { // first: a session that has ended sets nothing
			return err
		}
		if err := s.Credentials.CloseBut(ctx, tx, who); err != nil {
			return err
		}
		if err := s.setNew(ctx, tx, who.ID, encoded, v); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "password.changed", Actor: who, Subject: who.ID}); err != nil {
			return err
		}
		return s.tellPassword(ctx, tx, who.ID, v, who.Methods)
	}))
}

// hashNew reads a password that the account is to have from now on, and hashes it. It is none of the last ones, the one in force among
// them: whoever learned that one would know the new one. Tries are counted before anything is compared, for each costs a hash for every one.
// about is what others know of its person, which makes no part of it.
func (s *Service) hashNew(ctx context.Context, accountID, password, again string, about ...string) (string, error) {
	if err := s.Credentials.ReadNew(ctx, password, again, about...); err != nil {
		return "", err
	}
	if err := s.countNew(ctx, accountID); err != nil {
		return "", err
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

// countNew counts one before it is compared.
func (s *Service) countNew(ctx context.Context, owner string) error {
	var v limit.Verdict
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		reuse := s.reuse(owner)
		v, err = limit.Take(ctx, tx, reuse.Rule, reuse.Key)
		return err
	})
	if err == nil && !v.Allowed {
		return ErrNewPasswords.At(v.Until)
	}
	return err
}

// reuse counts new passwords of an account, or of an employee, that are compared with former ones, until one is taken.
func (s *Service) reuse(owner string) limit.Taken {
	rule := s.Policy.SignIn.Device.Rule("signin.new_password")
	return limit.Taken{Rule: rule, Key: rule.Name + ":" + owner}
}

// setNew sets a password that hashNew has taken. Of the account's browsers none is known any more but that of whoever has set it, and no letter
// of before begins a recovery. Sessions are closed by the caller.
func (s *Service) setNew(ctx context.Context, tx *store.Tx, accountID, encoded string, v credential.Visitor) error {
	if err := s.Credentials.SetPassword(ctx, tx, accountID, encoded, false); err != nil {
		return err
	}
	if err := s.Contacts.EndLinks(ctx, tx, accountID); err != nil {
		return err
	}
	_, second := s.secondBucket(credential.Visitor{}, credential.Pending{Account: accountID}) // whoever filled it does not know this password
	if err := limit.Clear(ctx, tx, s.reuse(accountID).Key, second); err != nil {
		return err
	}
	if err := s.Notices.ForgetBrowsers(ctx, tx, accountID, time.Time{}); err != nil {
		return err
	}
	return s.Credentials.Remember(ctx, tx, accountID, v)
}

// knownOf is what others know of a person, which makes no part of a password.
func (s *Service) knownOf(ctx context.Context, accountID string) ([]string, error) {
	a, err := s.Accounts.Get(ctx, s.DB, accountID)
	if err != nil {
		return nil, err
	}
	list, err := s.Contacts.Of(ctx, s.DB, accountID)
	if err != nil {
		return nil, err
	}
	about := []string{a.Profile.Surname, a.Profile.GivenName, a.Profile.Patronymic}
	for _, c := range list {
		about = append(about, c.Target.Value)
	}
	return about, nil
}
