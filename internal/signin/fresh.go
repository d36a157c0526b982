package signin

import (
	"context"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/fault"
	"okno/internal/form"
)

// Whoever finds an open session does not know the password: so what changes how the owner comes in asks for it, unless it was
// typed a moment ago. Such an act takes the password along, calls proveFresh first, and its page asks for it while Fresh says no.

// Fresh reports whether the password was shown in the session so lately that it is not asked for again. In a session in which a
// second factor was waived that is the second factor.
func (s *Service) Fresh(who access.Actor) bool {
	return !waived(who) && s.DB.Now().Sub(who.AuthAt) < s.Policy.Session.Fresh
}

// AsksPassword reports whether the page of such an act asks for the password along with it. In a session in which a second factor was
// waived it does not: the act itself is refused by ErrAgain, and the page for that asks for more.
func (s *Service) AsksPassword(who access.Actor) bool { return !s.Fresh(who) && !waived(who) }

// proveFresh is ProveAgain, unless the session is fresh. What else is wrong with the form is told together with a missing password,
// and a password that was sent along with nonsense is not looked at.
func (s *Service) proveFresh(ctx context.Context, who access.Actor, password string, sheet form.Sheet) error {
	if err := alert.Allowed(ctx, s.DB, who.ID); err != nil {
		return err
	}
	if waived(who) {
		return ErrAgain
	}
	fresh := s.Fresh(who)
	if !fresh && password == "" {
		sheet = append(sheet, fault.F("password", "signin.prove_first"))
	}
	if err := sheet.Err(); err != nil || fresh {
		return err
	}
	return s.ProveAgain(ctx, who, password)
}
