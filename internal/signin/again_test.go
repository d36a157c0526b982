package signin_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
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

// CAB-2.
func TestSealedThingsOpenToASecondFactorAndToNoPasswordAlone(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna := signintest.Visitor("anna")
		token := w.Register(t, anna, phone)
		who := person(t, w, token)
		if who.Methods != "pwd sms" || !w.SignIn.FreshSecond(who) { // the code was typed a moment ago, at the registration
			t.Errorf("after registering: %q", who.Methods)
		}
		for methods, want := range map[string]bool{"pwd": false, "pwd device": false, "pwd sms device": false, "sc": false, "pwd kba": false, "pwd otp": true, "swk": true, "sc pwd email": true} {
			x := who
			if x.Methods = methods; w.SignIn.FreshSecond(x) != want {
				t.Errorf("a session of %q opens sealed things: %v", methods, !want)
			}
		}
		clock.Advance(w.Policy.Session.Fresh)
		if who = person(t, w, token); w.SignIn.FreshSecond(who) {
			t.Error("a second factor of before opens sealed things for ever")
		}
		asked, err := w.SignIn.AgainSecond(ctx, who, anna, "", "")
		if err != nil || slices.Contains(asked.Means, signin.ByPassword) || !slices.Contains(asked.Means, signin.ByPhone) {
			t.Fatalf("it is asked for %v, %v", asked.Means, err)
		}
		attempt, err := w.SignIn.AgainSend(ctx, who, anna, signin.ByPhone)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.AgainCode(ctx, who, anna, signin.ByPhone, attempt, w.Code(t, phone)); err != nil {
			t.Fatal(err)
		}
		if who = person(t, w, token); !w.SignIn.FreshSecond(who) || w.SignIn.Opens(ctx, who) != nil {
			t.Errorf("after a code: %q", who.Methods)
		}
		for name, c := range map[string]struct {
			who  access.Actor
			want error
		}{"a password alone": {alone(who), signin.ErrSealed}, "nobody": {access.Actor{}, access.ErrSignIn}} {
			if err := w.SignIn.Opens(ctx, c.who); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
		if err := w.DB.Write(ctx, func(tx *store.Tx) error {
			link, err := alert.Tell(ctx, tx, alert.Event{Account: who.ID, What: alert.Device}, tx.Now(), 24*time.Hour)
			if err != nil {
				return err
			}
			a, err := alert.ByToken(ctx, tx, link)
			if err != nil {
				return err
			}
			_, err = alert.Disavow(ctx, tx, a, tx.Now().Add(24*time.Hour))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.Opens(ctx, who); !errors.Is(err, alert.ErrPaused) { // a proof does not mend it
			t.Errorf("during a pause: %v", err)
		}
	})
}

// alone is a session that was proved by a password alone.
func alone(who access.Actor) access.Actor { who.Methods = "pwd"; return who }
