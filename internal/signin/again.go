package signin

import (
	"context"
	"errors"
	"slices"
	"strings"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/limit"
	"okno/internal/store"
)

// ByPassword is the password once more, as a means of proving again.
const ByPassword Means = "password"

// ErrAgain is an act that asks for a proof again before it.
var ErrAgain = fault.New(fault.Denied, "second.again")

// waived reports whether the session was opened without a second factor because the browser is remembered. Acts that matter ask for it
// all the same: whoever has found the browser and the password has two things that lie in one room.
func waived(who access.Actor) bool { return strings.Contains(who.Methods, credential.ByDevice) }

// signed reports whether the session was opened by a signature alone: it is the person's who signed, but the account may be a claim of
// somebody else, whose password that person does not know.
func signed(who access.Actor) bool { return who.Methods == credential.BySign }

// Again is the question for a proof before an act that matters, to somebody who is signed in.
type Again struct {
	Means     []Means // all that are taken, the one asked for first standing first
	Now       Means
	Challenge contact.Challenge // of a code that was sent
}

// Again says by what the person may prove again. The password is enough where it was not enough for the session alone, and nothing else
// is where a signature was.
func (s *Service) Again(ctx context.Context, who access.Actor, v credential.Visitor, by Means, attempt string) (Again, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Again{}, err
	}
	out, err := s.againMeans(ctx, s.DB, who)
	if err != nil {
		return Again{}, err
	}
	if out.Now = by; !slices.Contains(out.Means, by) {
		out.Now = out.Means[0]
	}
	if !out.Now.sent() || attempt == "" {
		return out, nil
	}
	out.Challenge, err = s.Contacts.Get(ctx, s.DB, attempt, v.Browser)
	if errors.Is(err, contact.ErrGone) {
		return out, nil
	}
	return out, err
}

func (s *Service) againMeans(ctx context.Context, q store.Querier, who access.Actor) (Again, error) {
	if signed(who) {
		return Again{Means: []Means{ByPassword}}, nil
	}
	w, err := s.ways(ctx, q, who.ID)
	if err != nil {
		return Again{}, err
	}
	if waived(who) && len(w.Means) > 0 {
		return Again{Means: w.Means}, nil
	}
	return Again{Means: append([]Means{ByPassword}, w.Means...)}, nil
}

// AgainSend sends a code to whoever wants to prove by one, and returns the attempt.
func (s *Service) AgainSend(ctx context.Context, who access.Actor, v credential.Visitor, by Means) (string, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return "", err
	}
	var attempt string
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		w, err := s.ways(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if signed(who) || !by.sent() || !slices.Contains(w.Means, by) {
			return ErrNoMeans
		}
		known, err := s.Credentials.Knows(ctx, tx, who.ID, v.Browser)
		if err != nil {
			return err
		}
		c, err := s.Contacts.Start(ctx, tx, contact.Request{Purpose: contact.SignIn, Browser: v.Browser, Target: w.to[by], Subject: againSubject(who), Account: who.ID, Known: known, Lang: v.Lang})
		attempt = c.ID
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
	send := s.Contacts.Resend
	if spoken {
		send = s.Contacts.Call
	}
	_, err := send(ctx, attempt, v.Browser)
	return err
}

// AgainPassword takes the password. Where a second factor was waived it is not enough, as long as there is one.
func (s *Service) AgainPassword(ctx context.Context, who access.Actor, password string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	m, err := s.againMeans(ctx, s.DB, who)
	if err != nil {
		return err
	}
	if !slices.Contains(m.Means, ByPassword) {
		return ErrAgain
	}
	return s.provePassword(ctx, who, password)
}

// AgainCode takes a code, and makes the session a fresh one. A try is counted before the code is looked at.
func (s *Service) AgainCode(ctx context.Context, who access.Actor, v credential.Visitor, by Means, attempt, typed string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	if signed(who) {
		return ErrAgain // nothing but the password will do
	}
	code, err := readCode(by, typed)
	if err != nil {
		return err
	}
	rule, key := s.Policy.SecondFactor.Device.Rule("second.again"), "second.again:"+who.ID
	shown := func(tx *store.Tx) error {
		if err := limit.Clear(ctx, tx, key); err != nil {
			return err
		}
		return s.Credentials.ShownBy(ctx, tx, who, by.method())
	}
	var refused error
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		refused = nil
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
		return shown(tx)
	})
	if err != nil || refused != nil || !by.sent() {
		return orRefused(err, refused)
	}
	_, err = s.Contacts.Check(ctx, attempt, v.Browser, code, func(tx *store.Tx, p contact.Proved) error {
		if p.Subject != againSubject(who) {
			return contact.ErrGone
		}
		return shown(tx)
	})
	if errors.Is(err, contact.ErrWrong) {
		return ErrSecondWrong.With(fault.F("code", "second.wrong"))
	}
	return err
}
