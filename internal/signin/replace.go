package signin

import (
	"context"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/credential"
	"okno/internal/fault"
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
		if err := s.Credentials.CloseAll(ctx, tx, p.Account); err != nil {
			return err
		}
		if err := s.setNew(ctx, tx, p.Account, encoded, v); err != nil {
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
