package signin

import (
	"context"
	"errors"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/passkey"
	"okno/internal/policy"
	"okno/internal/staff"
	"okno/internal/store"
)

// An employee may add passkeys to the login, and show one in place of the code of the app. Login, password and key go in one form, as login,
// password and code do, so that nobody learns that a password is right who lacks the rest: the key is judged first, and only for
// whoever holds a key of that employee's is the password looked at. Where the policy says so the key opens the desk by itself.
//
// The device always verifies its owner. Adding and removing take a proof of a moment ago, by all that signing in takes or by a key.

// ErrStaffAgain is a change of what opens a desk that asks for a proof again before it.
var ErrStaffAgain = fault.New(fault.Denied, "desk.again.needed")

// StaffKeyAlone reports whether a key opens the desks by itself.
func (s *Service) StaffKeyAlone() bool { return s.Policy.Passkey.Staff == policy.Alone }

// StaffKeyChallenge begins to sign an employee in by a passkey.
func (s *Service) StaffKeyChallenge(v credential.Visitor) (passkey.Challenge, error) {
	return s.StaffKeys.SignIn(v.Browser)
}

// noFit reports whether an answer is not what a key of ours would have said.
func noFit(err error) bool {
	return errors.Is(err, passkey.ErrRefused) || errors.Is(err, passkey.ErrUnknown)
}

// StaffSignInByKey opens a session for an employee: login, password and the answer of a key of theirs, all three. An answer is used up by a
// wrong password, too: each guess takes the owner's finger.
func (s *Service) StaffSignInByKey(ctx context.Context, v credential.Visitor, login, password, cid string, answer []byte) (string, error) {
	x, err := s.staffLook(ctx, v, login)
	if err != nil {
		return "", err
	}
	seen, err := s.staffJudge(ctx, s.DB, x)
	if err != nil {
		return "", err
	}
	j, err := s.StaffKeys.JudgeSignIn(ctx, v.Browser, cid, answer)
	theirs := err == nil && j.Account == x.secret.Employee.ID
	if err != nil && !noFit(err) {
		return "", err
	}
	var ok, rehash bool
	if theirs {
		if ok, rehash, err = s.staffPassword(ctx, x, password); err != nil {
			return "", err
		}
	}
	list := credential.NoList
	if ok {
		list = s.Credentials.Listed(ctx, password)
	}
	var token string
	var refused error
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		token, refused = "", nil
		if theirs {
			if refused, err = s.staffSpend(ctx, tx, j); err != nil || refused != nil {
				return err
			}
		}
		if ok {
			if refused, err = s.staffListed(ctx, tx, x, list); err != nil || refused != nil {
				return err
			}
			token, err = s.staffOpen(ctx, tx, v, x, seen, credential.ByPassword+" "+credential.ByPasskey)
			return err
		}
		refused, err = s.staffRefuse(ctx, tx, x, theirs)
		return err
	})
	if err != nil {
		return "", err
	}
	if token != "" && rehash {
		s.staffRehash(ctx, x.secret, password)
	}
	return token, refused
}

// StaffSignInByKeyAlone opens a session for the answer of a key alone, where the policy says so. A signature cannot be guessed, so nothing is
// counted.
func (s *Service) StaffSignInByKeyAlone(ctx context.Context, v credential.Visitor, cid string, answer []byte) (string, error) {
	if !s.StaffKeyAlone() {
		return "", access.ErrDenied
	}
	j, err := s.StaffKeys.JudgeSignIn(ctx, v.Browser, cid, answer)
	if err != nil {
		return "", err
	}
	var token string
	var refused error
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		token = ""
		e, err := s.Staff.Active(ctx, tx, j.Account)
		if errors.Is(err, store.ErrNotFound) {
			err = passkey.ErrUnknown
		}
		if err != nil {
			return err
		}
		if refused, err = s.staffSpend(ctx, tx, j); err != nil || refused != nil {
			return err
		}
		if token, err = s.Credentials.OpenBy(ctx, tx, access.Staff, e.ID, "", v, credential.ByPasskey); err != nil {
			return err
		}
		actor := e.Actor()
		return audit.Record(ctx, tx, audit.Event{Action: "signin.staff", Actor: actor, Object: e.ID})
	})
	return token, orRefused(err, refused)
}

// staffSpend uses the answer of a key up. Of a copy the record tells, once.
func (s *Service) staffSpend(ctx context.Context, tx *store.Tx, j passkey.Judged) (refused, _ error) {
	refused, err := s.StaffKeys.Spend(ctx, tx, j)
	if err == nil && refused != nil && !j.Key.Cloned {
		err = audit.Record(ctx, tx, audit.Event{Action: "staff.passkey_cloned", Actor: access.SystemActor(), Object: j.Account})
	}
	return refused, err
}

// StaffFresh reports whether the employee proved who they are lately enough for a change of what opens the desk.
func (s *Service) StaffFresh(who access.Actor) bool {
	return who.Kind == access.Staff && s.DB.Now().Sub(who.AuthAt) < s.Policy.Session.Fresh
}

// StaffAgain takes password and code once more in an open session, both, under the limits of signing in.
func (s *Service) StaffAgain(ctx context.Context, who access.Actor, v credential.Visitor, password, code string) error {
	x, err := s.staffOf(ctx, v, who)
	if err != nil {
		return err
	}
	if _, err := s.staffJudge(ctx, s.DB, x); err != nil {
		return err
	}
	ok, _, err := s.staffPassword(ctx, x, password)
	if err != nil {
		return err
	}
	step := staff.Step(x.secret.TOTP, code, s.Clock())
	var refused error
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		refused = nil
		if ok && step != 0 {
			if _, err := s.staffJudge(ctx, tx, x); err != nil { // others were judged by the same state
				return err
			}
			err := s.Staff.UseStep(ctx, tx, who.ID, step)
			if err == nil {
				return s.Credentials.ShownBy(ctx, tx, who, credential.ByPassword, credential.ByApp)
			}
			if !errors.Is(err, staff.ErrReplay) {
				return err
			}
		}
		refused, err = s.staffRefuse(ctx, tx, x, ok)
		return err
	})
	return renewed(ctx, orRefused(err, refused))
}

// staffOf is the try of an employee who is signed in.
func (s *Service) staffOf(ctx context.Context, v credential.Visitor, who access.Actor) (staffTry, error) {
	if who.Kind != access.Staff {
		return staffTry{}, access.ErrDenied
	}
	e, err := s.Staff.Active(ctx, s.DB, who.ID)
	if errors.Is(err, store.ErrNotFound) {
		return staffTry{}, access.ErrDenied
	}
	if err != nil {
		return staffTry{}, err
	}
	return s.staffLook(ctx, v, e.Login)
}

// StaffAgainChallenge begins StaffAgainKey; passkey.ErrMissing when the employee has no key that would do.
func (s *Service) StaffAgainChallenge(ctx context.Context, who access.Actor, v credential.Visitor) (passkey.Challenge, error) {
	if who.Kind != access.Staff {
		return passkey.Challenge{}, access.ErrDenied
	}
	return s.StaffKeys.Ask(ctx, s.DB, who.ID, againSubject(who), v.Browser, policy.Verify, func(k passkey.Key) bool { return !k.Cloned })
}

// StaffAgainKey is StaffAgain by a key of the employee's. Answers that do not fit are counted.
func (s *Service) StaffAgainKey(ctx context.Context, who access.Actor, v credential.Visitor, cid string, answer []byte) error {
	x, err := s.staffOf(ctx, v, who)
	if err != nil {
		return err
	}
	if _, err := s.staffJudge(ctx, s.DB, x); err != nil {
		return err
	}
	j, err := s.StaffKeys.JudgeAsked(ctx, who.ID, againSubject(who), v.Browser, cid, answer)
	fits := err == nil
	if err != nil && !noFit(err) {
		return err
	}
	var refused error
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if !fits {
			refused, err = s.staffRefuse(ctx, tx, x, false)
			if errors.Is(refused, ErrStaffWrong) {
				refused = ErrKeyRefused
			}
			return err
		}
		if refused, err = s.staffSpend(ctx, tx, j); err != nil || refused != nil {
			return err
		}
		return s.Credentials.ShownBy(ctx, tx, who, credential.ByPasskey)
	})
	return renewed(ctx, orRefused(err, refused))
}

// StaffKeysOf lists the employee's own keys.
func (s *Service) StaffKeysOf(ctx context.Context, who access.Actor) ([]passkey.Key, error) {
	if who.Kind != access.Staff {
		return nil, access.ErrDenied
	}
	if !s.StaffKeys.Possible() {
		return nil, nil
	}
	return s.StaffKeys.Keys(ctx, s.DB, who.ID)
}

// StaffAddKey begins to add a key to the employee's login.
func (s *Service) StaffAddKey(ctx context.Context, who access.Actor, v credential.Visitor) (passkey.Challenge, error) {
	if !s.StaffFresh(who) {
		return passkey.Challenge{}, ErrStaffAgain
	}
	e, err := s.Staff.Active(ctx, s.DB, who.ID)
	if err != nil {
		return passkey.Challenge{}, err
	}
	return s.StaffKeys.Add(ctx, who, v.Browser, e.Login)
}

// StaffKeepKey keeps the key that the employee's device made.
func (s *Service) StaffKeepKey(ctx context.Context, who access.Actor, v credential.Visitor, cid, name string, answer []byte) error {
	a, err := s.StaffKeys.JudgeAdded(ctx, who, v.Browser, cid, name, answer)
	if err != nil {
		return err
	}
	return s.staffChange(ctx, who, "staff.passkey_added", func(tx *store.Tx) error { _, err := s.StaffKeys.Keep(ctx, tx, a); return err })
}

// StaffRenameKey gives a key of the employee another name.
func (s *Service) StaffRenameKey(ctx context.Context, who access.Actor, kid, name string) error {
	return s.staffChange(ctx, who, "staff.passkey_renamed", func(tx *store.Tx) error { return s.StaffKeys.Rename(ctx, tx, who, kid, name) })
}

// StaffRemoveKey forgets a key of the employee.
func (s *Service) StaffRemoveKey(ctx context.Context, who access.Actor, kid string) error {
	return s.staffChange(ctx, who, "staff.passkey_removed", func(tx *store.Tx) error { return s.StaffKeys.Remove(ctx, tx, who, kid) })
}

// staffChange is the frame of a change of an employee's keys: a fresh proof and the record.
func (s *Service) staffChange(ctx context.Context, who access.Actor, action string, do func(tx *store.Tx) error) error {
	if !s.StaffFresh(who) {
		return ErrStaffAgain
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := s.Staff.Active(ctx, tx, who.ID); err != nil {
			return err
		}
		if err := do(tx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: action, Actor: who, Object: who.ID})
	})
}
