package signin

import (
	"context"
	"errors"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/store"
)

// Whoever finds an open session does not know the password: so what changes how the owner comes in asks for it, unless it was
// typed a moment ago. Such an act takes the password along, calls proveFresh first, and its page asks for it while Fresh says no.

// Fresh reports whether the password was shown in the session so lately that it is not asked for again. In a session in which a
// second factor was waived that is the second factor. In an account that may be somebody's claim a signature shows nothing of the sort,
// however lately it was given: what changes how the owner comes in is for whoever knows the password.
func (s *Service) Fresh(who access.Actor) bool {
	return !waived(who) && !claimed(who) && s.DB.Now().Sub(who.AuthAt) < s.Policy.Session.Fresh
}

// AsksPassword reports whether the page of such an act asks for the password along with it. In a session in which a second factor was
// waived, or that a signature opened in an account tied to its person, it does not: the act itself is refused by ErrAgain, and the page for
// that asks for more.
func (s *Service) AsksPassword(who access.Actor) bool { return !s.Fresh(who) && !apart(who) }

// proveFresh is ProveAgain, unless the session is fresh. What else is wrong with the form is told together with a missing password,
// and a password that was sent along with nonsense is not looked at.
func (s *Service) proveFresh(ctx context.Context, who access.Actor, password string, sheet form.Sheet) error {
	if err := alert.Allowed(ctx, s.DB, who.ID); err != nil {
		return err
	}
	fresh := s.Fresh(who)
	if !fresh && apart(who) {
		return ErrAgain
	}
	if !fresh && password == "" {
		sheet = append(sheet, fault.F("password", "signin.prove_first"))
	}
	if err := sheet.Err(); err != nil || fresh {
		return err
	}
	return s.ProveAgain(ctx, who, password)
}

// ErrPassword is a wrong password of somebody who is signed in and is asked for it again.
var ErrPassword = fault.New(fault.InvalidInput, "signin.again_wrong").With(fault.F("password", "signin.again_wrong"))

// ProveAgain asks whoever is signed in for the password once more, before something that cannot be undone: whoever found an open
// session does not know it. From then on the session is fresh again. The try is counted before the password is looked at, so that many at
// once are no more than their number.
func (s *Service) ProveAgain(ctx context.Context, who access.Actor, password string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	if err := alert.Allowed(ctx, s.DB, who.ID); err != nil {
		return err
	}
	if waived(who) {
		return ErrAgain // whatever is there to be asked for is asked for on the page for it
	}
	return s.provePassword(ctx, who, password)
}

// provePassword is ProveAgain whatever the session was proved by before.
func (s *Service) provePassword(ctx context.Context, who access.Actor, password string) error {
	if password == "" {
		return fault.Invalid(fault.F("password", "signin.password_empty"))
	}
	rule, key := s.Policy.SignIn.Device.Rule("signin.again"), ""
	var v limit.Verdict
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if key, err = s.tries(ctx, tx, rule, who); err != nil {
			return err
		}
		v, err = limit.Take(ctx, tx, rule, key)
		return err
	})
	if err != nil {
		return err
	}
	if !v.Allowed {
		return ErrBlocked.At(v.Until)
	}
	ok, err := s.ownPassword(ctx, who.ID, password)
	if err != nil {
		return err
	}
	if !ok {
		return ErrPassword
	}
	return renewed(ctx, s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := limit.Clear(ctx, tx, key); err != nil {
			return err
		}
		return s.Credentials.ShownBy(ctx, tx, who, credential.ByPassword)
	}))
}

// renewed takes the session's new token to the browser, once it is written.
func renewed(ctx context.Context, err error) error {
	if err == nil {
		credential.Renewed(ctx)
	}
	return err
}

// ownPassword reports whether it is the account's password. Whoever has none cannot show one.
func (s *Service) ownPassword(ctx context.Context, accountID, password string) (bool, error) {
	encoded, err := s.Credentials.Encoded(ctx, s.DB, accountID)
	if err != nil || encoded == "" {
		return false, err
	}
	ok, _, err := s.Hasher.Verify(ctx, encoded, password)
	if errors.Is(err, keyring.ErrLong) {
		return false, nil // nobody's password is that long
	}
	return ok, err
}
