package signin

import (
	"context"
	"errors"
	"time"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/credential"
	"okno/internal/limit"
	"okno/internal/store"
)

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
		if err := errors.Join(s.Credentials.SetPassword(ctx, tx, who.ID, encoded, false), limit.Clear(ctx, tx, s.reuse(who.ID).Key)); err != nil {
			return err
		}
		if err := errors.Join(s.Credentials.CloseBut(ctx, tx, who), s.Notices.ForgetBrowsers(ctx, tx, who.ID, time.Time{})); err != nil {
			return err
		}
		if err := s.Credentials.Remember(ctx, tx, who.ID, v); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "password.changed", Actor: who, Subject: who.ID}); err != nil {
			return err
		}
		return s.tellPassword(ctx, tx, who.ID, v, who.Methods)
	}))
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
