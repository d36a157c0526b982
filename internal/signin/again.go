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

// Again is the question for a proof before an act that matters, to somebody who is signed in.
type Again struct {
	Means     []Means // all that are taken, the one asked for first standing first
	Now       Means
	Challenge contact.Challenge // of a code that was sent
}

// Again says by what the person may prove again. The password is enough where it was not enough for the session alone.
func (s *Service) Again(ctx context.Context, who access.Actor, v credential.Visitor, by Means, attempt string) (Again, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Again{}, err
	}
	out, err := s.againMeans(ctx, s.DB, who)
	if err != nil {
		return Again{}, err
	}
	return s.asking(ctx, v, out.Means, by, attempt)
}

// asking is the question for one of the means: the one that was chosen, or the first.
func (s *Service) asking(ctx context.Context, v credential.Visitor, means []Means, by Means, attempt string) (Again, error) {
	out := Again{Means: means, Now: by}
	if !slices.Contains(means, by) {
		out.Now = means[0]
	}
	if !out.Now.sent() || attempt == "" {
		return out, nil
	}
	var err error
	out.Challenge, err = s.Contacts.Get(ctx, s.DB, attempt, v.Browser)
	if errors.Is(err, contact.ErrGone) {
		return out, nil
	}
	return out, err
}

func (s *Service) againMeans(ctx context.Context, q store.Querier, who access.Actor) (Again, error) {
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
		if !by.sent() || !slices.Contains(w.Means, by) {
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
	return s.provePassword(ctx, who, password, credential.ByPassword)
}

// AgainCode takes a code, and makes the session a fresh one. A try is counted before the code is looked at.
func (s *Service) AgainCode(ctx context.Context, who access.Actor, v credential.Visitor, by Means, attempt, typed string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.codeOf(ctx, who, v, againSubject(who), by, attempt, typed, func(*store.Tx) error { return nil }, func(tx *store.Tx) error {
		return s.Credentials.ShownBy(ctx, tx, who, credential.ByPassword+" "+by.method())
	})
}

// codeOf takes a code of somebody who is signed in. The try is counted first, if may allows it; shown is done with the right one.
func (s *Service) codeOf(ctx context.Context, who access.Actor, v credential.Visitor, subject string, by Means, attempt, typed string, may, shown func(tx *store.Tx) error) error {
	code, err := readCode(by, typed)
	if err != nil {
		return err
	}
	rule, key := s.Policy.SecondFactor.Device.Rule("second.again"), "second.again:"+who.ID
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
		if p.Subject != subject {
			return contact.ErrGone
		}
		return done(tx)
	})
	if errors.Is(err, contact.ErrWrong) {
		return ErrSecondWrong.With(fault.F("code", "second.wrong"))
	}
	return err
}
