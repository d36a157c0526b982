package signin

import (
	"context"
	"errors"
	"slices"
	"strings"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/limit"
	"okno/internal/policy"
	"okno/internal/store"
)

// ByPassword is the password once more, as a means of proving again.
const ByPassword Means = "password"

// ErrAgain is an act that asks for a proof again before it.
var ErrAgain = fault.New(fault.Denied, "second.again")

// waived reports whether the session was opened without a second factor because the browser is remembered. Acts that matter ask for it
// all the same: whoever has found the browser and the password has two things that lie in one room.
func waived(who access.Actor) bool { return strings.Contains(who.Methods, credential.ByDevice) }

// signed reports whether the session was opened by a signature alone.
func signed(who access.Actor) bool { return who.Methods == credential.BySign }

// claimed reports whether it was, of an account that is not tied to its person: the session is the person's who signed, but the account may
// be a claim of somebody else, whose password that person does not know.
func claimed(who access.Actor) bool { return signed(who) && !who.Level.AtLeast(access.Confirmed) }

// apart reports whether what is asked for again is asked for on the page for it, and no password along with the act: it is not enough, or
// whoever came in by a signature has forgotten it.
func apart(who access.Actor) bool { return waived(who) || signed(who) && !claimed(who) }

// ErrNoSecond is somebody who is asked for a second factor and has none, nor a contact to which a code could go.
var ErrNoSecond = fault.New(fault.Conflict, "second.none_here")

// ErrSealed is of what opens behind a second factor, for somebody who has shown none lately.
var ErrSealed = fault.New(fault.Denied, "second.sealed")

// Opens says whether what is kept sealed for its owner opens to the actor now: documents of the wallet, scans of originals, issued papers,
// numbers of the profile (CAB-2). It is the one rule for all of them; ErrSealed is mended by a second factor, alert.ErrPaused by none.
func (s *Service) Opens(ctx context.Context, who access.Actor) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	if err := alert.Allowed(ctx, s.DB, who.ID); err != nil {
		return err
	}
	if !s.FreshSecond(who) {
		return ErrSealed
	}
	return nil
}

// FreshSecond reports whether the session was proved by a second factor, too, and Fresh: what opens sealed documents (CAB-2). A passkey
// whose device verified its owner is two factors at once.
func (s *Service) FreshSecond(who access.Actor) bool { return s.Fresh(who) && twice(who) }

// twice reports whether more than a password was shown in the session.
func twice(who access.Actor) bool {
	return slices.ContainsFunc(strings.Fields(who.Methods), func(m string) bool {
		return slices.Contains([]string{credential.ByApp, credential.BySMS, credential.ByMail, credential.ByBackup, credential.ByPasskey, credential.ByHeld}, m)
	})
}

// AgainSecond is Again where neither the password nor a signature alone is enough: the password is offered only to whoever has to show it
// first, after a signature.
func (s *Service) AgainSecond(ctx context.Context, who access.Actor, v credential.Visitor, by Means, attempt string) (Second, error) {
	return s.again(ctx, who, v, by, attempt, func(m Means) bool { return m == ByPassword && !claimed(who) || m == BySignature })
}

// Again says by what the person may prove again.
func (s *Service) Again(ctx context.Context, who access.Actor, v credential.Visitor, by Means, attempt string) (Second, error) {
	return s.again(ctx, who, v, by, attempt, func(Means) bool { return false })
}

func (s *Service) again(ctx context.Context, who access.Actor, v credential.Visitor, by Means, attempt string, without func(Means) bool) (Second, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Second{}, err
	}
	w, err := s.againWays(ctx, s.DB, who)
	if err != nil {
		return Second{}, err
	}
	if w.Means = slices.DeleteFunc(w.Means, without); len(w.Means) == 0 {
		return Second{}, ErrNoSecond
	}
	out, err := s.question(ctx, s.DB, v, w.Means, by, attempt)
	if err == nil && out.Now == ByKey {
		out.Key, err = s.askKey(ctx, s.DB, v, who.ID, againSubject(who), policy.Verify)
	}
	return out, err
}

// againWays are the means before an act that matters. The password is enough where it was not enough for the session alone, and nothing
// else is where a signature was, in an account that may be somebody's claim. Where the account is tied to its person a signature of theirs
// is enough: it is how whoever has lost both password and phone comes to new ones.
func (s *Service) againWays(ctx context.Context, q store.Querier, who access.Actor) (ways, error) {
	if claimed(who) {
		return ways{Means: []Means{ByPassword}}, nil
	}
	w, err := s.ways(ctx, q, who.ID)
	if err == nil && (!waived(who) || len(w.Means) == 0) {
		w.Means = append([]Means{ByPassword}, w.Means...)
	}
	if err == nil && s.signs(who.Level) {
		w.Means = append(w.Means, BySignature)
	}
	return w, err
}

// AgainSend sends a code to whoever wants to prove by one, and returns the attempt.
func (s *Service) AgainSend(ctx context.Context, who access.Actor, v credential.Visitor, by Means) (string, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return "", err
	}
	var attempt string
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		w, err := s.againWays(ctx, tx, who)
		if err != nil {
			return err
		}
		attempt, err = s.sendCode(ctx, tx, v, w, by, who.ID, againSubject(who))
		return err
	})
	return attempt, err
}

// againSubject stands for the session, so that a code for a sign-in of somebody else in this browser proves nothing here.
func againSubject(who access.Actor) string { return "again-" + who.SessionID }

// AgainResend sends a new code in the attempt.
func (s *Service) AgainResend(ctx context.Context, who access.Actor, v credential.Visitor, attempt string, spoken bool) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.resend(ctx, v, attempt, spoken)
}

// AgainPassword takes the password. Where a second factor was waived it is not enough, as long as there is one.
func (s *Service) AgainPassword(ctx context.Context, who access.Actor, password string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	w, err := s.againWays(ctx, s.DB, who)
	if err != nil {
		return err
	}
	if !slices.Contains(w.Means, ByPassword) {
		return ErrAgain
	}
	return s.provePassword(ctx, who, password)
}

// AgainCode takes a code, and makes the session a fresh one. A try is counted before the code is looked at.
func (s *Service) AgainCode(ctx context.Context, who access.Actor, v credential.Visitor, by Means, attempt, typed string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	may := func(tx *store.Tx) error {
		w, err := s.againWays(ctx, tx, who)
		if err == nil && !slices.Contains(w.Means, by) {
			err = ErrAgain
		}
		return err
	}
	return renewed(ctx, s.codeOf(ctx, who, v, againSubject(who), by, attempt, typed, may, func(tx *store.Tx) error { return s.Credentials.ShownBy(ctx, tx, who, by.method()) }))
}

// codeOf takes a code of somebody who is signed in. The try is counted first, where the session's browser has its tries and if may allows it;
// shown is done with the right one.
func (s *Service) codeOf(ctx context.Context, who access.Actor, v credential.Visitor, subject string, by Means, attempt, typed string, may, shown func(tx *store.Tx) error) error {
	code, err := readCode(by, typed)
	if err != nil {
		return err
	}
	rule, key := s.Policy.SecondFactor.Device.Rule("second.again"), ""
	done := func(tx *store.Tx) error {
		if err := limit.Clear(ctx, tx, key); err != nil {
			return err
		}
		return shown(tx)
	}
	var refused error
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		refused = nil
		if err := may(tx); err != nil {
			return err
		}
		var err error
		if key, err = s.tries(ctx, tx, rule, who); err != nil {
			return err
		}
		verdict, err := limit.Take(ctx, tx, rule, key)
		if err != nil {
			return err
		}
		if !verdict.Allowed {
			refused = ErrSecondBlocked.At(verdict.Until)
			return nil
		}
		if by.sent() {
			return nil
		}
		right, err := s.rightCode(ctx, tx, who.ID, by, code)
		if err != nil {
			return err
		}
		if !right {
			refused = ErrSecondWrong.With(fault.F("code", "second.wrong"))
			return nil
		}
		return done(tx)
	})
	if err != nil || refused != nil || !by.sent() {
		return orRefused(err, refused)
	}
	_, err = s.Contacts.Check(ctx, attempt, v.Browser, code, func(tx *store.Tx, p contact.Proved) error {
		if p.Subject != subject || meansOf(p.Target.Kind) != by { // what it is proved by is written down, and may be in doubt later
			return contact.ErrGone
		}
		return done(tx)
	})
	if errors.Is(err, contact.ErrWrong) {
		return ErrSecondWrong.With(fault.F("code", "second.wrong"))
	}
	return err
}
