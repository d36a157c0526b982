package signin

import (
	"context"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/credential"
	"okno/internal/limit"
	"okno/internal/store"
)

// Whoever has got hold of the password signs in, and their browser is one that the account knows from then on. So "a browser of the owner's",
// which has a share that nobody else can use up, is not just any that the account knows.
//
// Codes that are sent to a contact: while nothing is paused it is one of which nobody can say any more that it is a stranger's, because
// the account was made in it or the link of its notice has run out. During a pause it is one that was known before the stranger came; what
// it finds of the share, no browser has touched that was disavowed.
//
// Tries at proving again, and at lifting a pause:
//
//	session's browser ─▶ one of the sign_in.own_tries oldest, in no doubt ─▶ tries of its own
//	                  ├▶ during a pause, in no doubt                      ─▶ tries of all such
//	                  └▶ any other                                        ─▶ tries of all others
//
// So a person's guesses are those of own_tries + 2 buckets at most, with however many browsers they come, and a stranger's browsers, which
// are younger, use up nothing of the owner's.

// inDoubt is the condition that a browser came with a stranger.
func inDoubt(now string) string { return alert.NewSQL("device.account_id", "device.first_at", now) }

// unsettled is inDoubt, and while nothing is paused the condition that its owner may still say so.
func unsettled(now string) string {
	return `(` + inDoubt(now) + ` OR NOT ` + alert.OnSQL("device.account_id", now) + ` AND (device.to_tell OR ` + alert.OpenSQL("device.account_id", "device.browser", "device.first_at", now) + `))`
}

// knew reports whether the browser has the share of the owner's in codes that are sent.
func (s *Service) knew(ctx context.Context, q store.Querier, accountID string, v credential.Visitor) (bool, error) {
	return s.Credentials.Knew(ctx, q, accountID, v.Browser, unsettled)
}

// tries is the bucket in which tries at proving again are counted, of the session in which somebody acts.
func (s *Service) tries(ctx context.Context, q store.Querier, rule limit.Rule, who access.Actor) (string, error) {
	p, err := s.Credentials.Place(ctx, q, who, inDoubt)
	if err != nil {
		return "", err
	}
	name := rule.Name + ":" + who.ID
	switch {
	case p.Browser == nil || p.Doubted:
		return name + ":others", nil
	case p.Rank < s.Policy.SignIn.OwnTries:
		return name + ":" + s.ofBrowser(p.Browser), nil
	}
	pause, err := alert.Of(ctx, q, who.ID)
	if err == nil && pause.On() {
		return name + ":before", nil
	}
	return name + ":others", err
}

// mayClose refuses to end other sessions, during a pause, from a browser that came with the stranger: they would have the owner out as
// often as the owner comes to lift it.
func (s *Service) mayClose(ctx context.Context, who access.Actor) error {
	pause, err := alert.Of(ctx, s.DB, who.ID)
	if err != nil || !pause.On() {
		return err
	}
	p, err := s.Credentials.Place(ctx, s.DB, who, inDoubt)
	if err == nil && (p.Browser == nil || p.Doubted) {
		err = alert.ErrPaused.At(pause.Until)
	}
	return err
}

// Close ends one session of whoever asks.
func (s *Service) Close(ctx context.Context, who access.Actor, sessionID string) error {
	if sessionID != who.SessionID {
		if err := s.mayClose(ctx, who); err != nil {
			return err
		}
	}
	return s.Credentials.Close(ctx, who, sessionID)
}

// Distrust has the second factor asked for again in a browser that whoever asks wished to be remembered.
func (s *Service) Distrust(ctx context.Context, who access.Actor, browser string) error {
	if err := s.mayClose(ctx, who); err != nil {
		return err
	}
	return s.Credentials.Distrust(ctx, who, browser)
}

// CloseOthers ends every session of whoever asks but the current one, and says how many («выйти везде»); no other browser is remembered.
func (s *Service) CloseOthers(ctx context.Context, who access.Actor) (int, error) {
	if err := s.mayClose(ctx, who); err != nil {
		return 0, err
	}
	return s.Credentials.CloseOthers(ctx, who)
}
