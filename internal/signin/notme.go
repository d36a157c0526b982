package signin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/limit"
	"okno/internal/passkey"
	"okno/internal/store"
)

// Who says by the link of a notice that it was not them (package alert) ends the sessions that may be a stranger's, and pauses the account:
//
//	link ──POST──▶ sessions of the browser and of newer ones end ──▶ paused, for a day at most ──▶ over by itself
//	                                                                   ├─ signed in since by a passkey or a signature ──▶ lifted
//	                                                                   └─ a code by something that is in no doubt ──────▶ lifted
//
// The password lifts nothing: it is what a stranger has got first. Neither does a contact, an app, a sheet of codes or a passkey that is there
// only since the event, nor what the disavowed session was proved by: a stranger who has the telephone must not lift by a code to it. A
// passkey that is there since then opens nothing, either. A recovery of access asks for a second proof of these, whatever the account.

// The refusals of lifting.
var (
	ErrNoPause   = fault.New(fault.Missing, "alert.none")        // nothing is paused
	ErrKeyDoubt  = fault.New(fault.Conflict, "alert.key_paused") // a passkey that came with a stranger, perhaps
	ErrNotProved = fault.New(fault.Denied, "alert.not_proved")   // the session was not opened since by anything that lifts
)

// Disavowable is the event of a link, without using it: mail scanners open links by themselves.
func (s *Service) Disavowable(ctx context.Context, token string) (alert.Alert, error) {
	return alert.ByToken(ctx, s.DB, token)
}

// Disavow is the person's word, by the link, that they did not do it. The second time, and of two at once the later, changes nothing.
func (s *Service) Disavow(ctx context.Context, token string) (alert.Alert, error) {
	var a alert.Alert
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if a, err = alert.ByToken(ctx, tx, token); err != nil || !a.Disavowed.IsZero() {
			return err
		}
		if err := s.tellWaiting(ctx, tx, a.Account); err != nil { // its row may be about to go
			return err
		}
		a.Disavowed = tx.Now()
		if a.Until, err = s.pauseUntil(ctx, tx, a.Account); err != nil {
			return err
		}
		if first, err := alert.Disavow(ctx, tx, a, a.Until); err != nil || !first {
			return err
		}
		p, err := alert.Of(ctx, tx, a.Account)
		if err != nil {
			return err
		}
		since := a.At
		if p.On() && p.Since.Before(since) {
			since = p.Since
		}
		if err := s.Credentials.Expel(ctx, tx, a.Account, a.Browser, since); err != nil {
			return err
		}
		if err := s.Contacts.Doubt(ctx, tx, a.Account); err != nil {
			return err
		}
		if err := s.Credentials.EndTemporary(ctx, tx, a.Account, since); err != nil {
			return err
		}
		if err := s.endRecoveries(ctx, tx, a.Account); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "alert.disavowed", Subject: a.Account, Object: "alert/" + a.ID, Detail: audit.Detail{"reason": string(a.What)}}); err != nil {
			return err
		}
		return s.tellDisavowed(ctx, tx, a, p)
	})
	return a, err
}

// pauseUntil is the end of the pause that comes of one more word, zero when there have been too many. While one runs it joins that and takes
// nothing from their number: an owner who says of five deeds of one night that they were a stranger's has said it once.
func (s *Service) pauseUntil(ctx context.Context, tx *store.Tx, accountID string) (time.Time, error) {
	p, err := alert.Of(ctx, tx, accountID)
	if err != nil || p.On() {
		return p.Until, err
	}
	verdict, err := limit.Take(ctx, tx, s.Policy.Alert.Pauses.Rule("alert.pauses"), "alert.pauses:"+accountID)
	if err != nil || !verdict.Allowed {
		return time.Time{}, err
	}
	return tx.Now().Add(s.Policy.Alert.Pause), nil
}

// tellDisavowed tells it to those contacts that were there before the stranger; to all when there are none.
func (s *Service) tellDisavowed(ctx context.Context, tx *store.Tx, a alert.Alert, p alert.Pause) error {
	list, err := s.Contacts.Of(ctx, tx, a.Account)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(c contact.Contact) bool { return !p.New(c.VerifiedAt) }) {
		list = slices.DeleteFunc(list, func(c contact.Contact) bool { return p.New(c.VerifiedAt) })
	}
	key := "message.disavowed"
	if a.Until.IsZero() {
		key = "message.disavowed_only"
	}
	return s.Notices.TellAll(ctx, tx, a.Account, s.aboutDisavowal(key, a.Until), targets(list, ""))
}

// Lifting is how a pause may be ended by whoever asks.
type Lifting struct {
	alert.Pause
	Proved bool    // the session was opened since by a passkey or a signature: that is enough
	Means  []Means // else by a code of these
}

// Lifting says it; the zero one when nothing is paused.
func (s *Service) Lifting(ctx context.Context, who access.Actor) (Lifting, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Lifting{}, err
	}
	var x Lifting
	var err error
	if x.Pause, err = alert.Of(ctx, s.DB, who.ID); err != nil || !x.On() {
		return x, err
	}
	if x.Proved, err = s.provedSince(ctx, s.DB, who, x.Pause); err != nil {
		return x, err
	}
	w, err := s.surely(ctx, s.DB, who.ID, x.Pause)
	x.Means = w.Means
	return x, err
}

// provedSince reports whether the session itself shows who it is: it was opened since the person said that a stranger was there, by a
// passkey, of which those in doubt open nothing, or by a signature.
func (s *Service) provedSince(ctx context.Context, q store.Querier, who access.Actor, p alert.Pause) (bool, error) {
	o, err := s.Credentials.Opened(ctx, q, who)
	if err != nil || !o.At.After(p.Began) {
		return false, err
	}
	for _, m := range strings.Fields(o.Methods) { // what was shown later is there, too
		if (m == credential.ByPasskey && !p.Doubts(credential.ByHeld) || m == credential.BySign) && !p.Doubts(m) {
			return true, nil
		}
	}
	return false, nil
}

// surely are the means of an account that no event has put in doubt.
func (s *Service) surely(ctx context.Context, q store.Querier, accountID string, p alert.Pause) (ways, error) {
	f, err := s.Credentials.Factors(ctx, q, accountID)
	if err != nil {
		return ways{}, err
	}
	if p.Doubts(credential.ByApp) || slices.ContainsFunc(f.Apps, func(a credential.Factor) bool { return p.New(a.ProvedAt) }) {
		f.Apps = nil // a code does not say of which it is
	}
	if p.Doubts(credential.ByBackup) || p.New(f.BackupAt) {
		f.Backup = 0
	}
	list, err := s.Contacts.Of(ctx, q, accountID)
	if err != nil {
		return ways{}, err
	}
	return s.waysOf(f, slices.DeleteFunc(list, func(c contact.Contact) bool {
		return p.New(c.VerifiedAt) || p.Doubts(meansOf(c.Target.Kind).method()) || s.Contacts.Stale(c)
	})), nil
}

// among are the means of those a recovery offers that are in no doubt. A contact is the one that is sure, too.
func (w ways) among(sure ways, sound func(Means) bool) ways {
	out := ways{to: map[Means]contact.Target{}}
	for _, m := range w.Means {
		t, sent := w.to[m]
		switch {
		case !sound(m), sent && sure.to[m] != t:
			continue
		case sent:
			out.to[m] = t
		}
		out.Means = append(out.Means, m)
	}
	return out
}

// LiftBy says what is asked for to end the pause.
func (s *Service) LiftBy(ctx context.Context, who access.Actor, v credential.Visitor, by Means, attempt string) (Second, error) {
	x, err := s.Lifting(ctx, who)
	if err != nil {
		return Second{}, err
	}
	if len(x.Means) == 0 {
		return Second{}, ErrNoPause
	}
	return s.question(ctx, s.DB, v, x.Means, by, attempt)
}

// LiftSend sends a code to a contact that is in no doubt, and returns the attempt.
func (s *Service) LiftSend(ctx context.Context, who access.Actor, v credential.Visitor, by Means) (string, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return "", err
	}
	var attempt string
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		w, err := s.mayLift(ctx, tx, who, by)
		if err != nil {
			return err
		}
		attempt, err = s.sendCode(ctx, tx, v, w, by, who.ID, liftSubject(who))
		return err
	})
	return attempt, err
}

// liftSubject stands for the session, so that a code for anything else ends no pause.
func liftSubject(who access.Actor) string { return "lift-" + who.SessionID }

// mayLift are the means of the account, when the one is among them.
func (s *Service) mayLift(ctx context.Context, q store.Querier, who access.Actor, by Means) (ways, error) {
	p, err := alert.Of(ctx, q, who.ID)
	if err != nil {
		return ways{}, err
	}
	if !p.On() {
		return ways{}, ErrNoPause
	}
	w, err := s.surely(ctx, q, who.ID, p)
	if err == nil && !slices.Contains(w.Means, by) {
		err = ErrNoMeans
	}
	return w, err
}

// LiftCode ends the pause by a code.
func (s *Service) LiftCode(ctx context.Context, who access.Actor, v credential.Visitor, by Means, attempt, typed string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	may := func(tx *store.Tx) error {
		_, err := s.mayLift(ctx, tx, who, by)
		return err
	}
	return s.codeOf(ctx, who, v, liftSubject(who), by, attempt, typed, may, func(tx *store.Tx) error {
		if err := may(tx); err != nil { // another event may have been disavowed since the code went out
			return err
		}
		return s.lift(ctx, tx, who, string(by))
	})
}

// Lift ends the pause for whoever has signed in since by a passkey or a signature.
func (s *Service) Lift(ctx context.Context, who access.Actor) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := alert.Of(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if !p.On() {
			return ErrNoPause
		}
		switch proved, err := s.provedSince(ctx, tx, who, p); {
		case err != nil:
			return err
		case !proved:
			return ErrNotProved
		}
		return s.lift(ctx, tx, who, "session")
	})
}

// lift ends the pause. What came with the stranger goes with it: else the pause would only have put off what they came for. Their
// sessions end, and what they added is gone before it may be used again.
func (s *Service) lift(ctx context.Context, tx *store.Tx, who access.Actor, by string) error {
	if err := s.tellWaiting(ctx, tx, who.ID); err != nil { // rows of browsers are about to go
		return err
	}
	p, err := alert.Of(ctx, tx, who.ID)
	if err != nil {
		return err
	}
	if err := errors.Join(s.Passkeys.RemoveSince(ctx, tx, who.ID, p.Since), s.Credentials.RemoveSince(ctx, tx, who, p.Since), s.Contacts.DetachSince(ctx, tx, who.ID, p.Since), s.Notices.ForgetBrowsers(ctx, tx, who.ID, p.Since)); err != nil {
		return err
	}
	if _, err := alert.Lift(ctx, tx, who.ID); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: "alert.lifted", Actor: who, Subject: who.ID, Detail: audit.Detail{"way": by}}); err != nil {
		return err
	}
	return s.Notices.Tell(ctx, tx, who.ID, s.aboutSecurity("message.lifted"))
}

// admissibleBy is admissible for a passkey: one that is there only since an event that was disavowed opens nothing.
func (s *Service) admissibleBy(ctx context.Context, tx *store.Tx, accountID string, made time.Time) (access.Level, error) {
	var level, state string
	var doubt bool
	if err := tx.QueryRow(ctx, `SELECT COALESCE(`+account.LevelSQL("$1")+`, ''), COALESCE(`+account.StateSQL("$1")+`, ''), `+alert.NewSQL("$1", "$2", "$3"),
		accountID, made, tx.Now()).Scan(&level, &state, &doubt); err != nil {
		return "", fmt.Errorf("standing of %s: %w", accountID, err)
	}
	switch {
	case account.State(state) != account.Active:
		return "", passkey.ErrUnknown
	case doubt:
		return "", ErrKeyDoubt
	}
	return access.Level(level), nil
}

// contactInDoubt refuses a contact that is there only since such an event: it recovers nothing.
func contactInDoubt(ctx context.Context, q store.Querier, accountID string, c contact.Contact) error {
	if accountID == "" {
		return nil
	}
	p, err := alert.Of(ctx, q, accountID)
	if err == nil && p.New(c.VerifiedAt) {
		err = alert.ErrPaused.At(p.Until)
	}
	return err
}
