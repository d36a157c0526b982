package signin_test

import (
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
)

func TestASessionOfAPasskeyStaysOneWhateverIsShownInIt(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna := signintest.Visitor("anna")
		who, d := withKey(t, w, anna, w.Register(t, anna, phone))
		secret, now := app(t, w, who.ID), time.Now()
		w.SignIn.Clock = func() time.Time { return now }
		token, err := byKey(t, w, anna, d)
		if err != nil {
			t.Fatal(err)
		}
		proved := func(want string, again func(who access.Actor) error) {
			t.Helper()
			clock.Advance(w.Policy.Session.Fresh)
			if err := again(person(t, w, token)); err != nil {
				t.Fatal(err)
			}
			if got := person(t, w, token); got.Methods != want || !w.SignIn.Fresh(got) {
				t.Errorf("the session says that it was proved by %q, want %q", got.Methods, want)
			}
		}
		proved("swk otp", func(who access.Actor) error {
			return w.SignIn.AgainCode(ctx, who, anna, signin.ByApp, "", appCode(t, secret, now))
		})
		proved("swk otp pwd", func(who access.Actor) error { return w.SignIn.AgainPassword(ctx, who, signintest.Password) })
		proved("swk otp pwd", func(who access.Actor) error { return w.SignIn.ProveAgain(ctx, who, signintest.Password) })
	})
}
