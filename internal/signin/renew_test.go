package signin_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/passkey/passkeytest"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// jar is the cookie of one browser: what a request brings, and what it is answered.
type jar struct{ token string }

func (j *jar) request() context.Context {
	sent := j.token
	return credential.WithRenewal(ctx, func() string { return sent }, func(next string) { j.token = next })
}

// Whoever has copied the cookie has nothing from the moment on in which the proof counts: also when the act is refused for which it was given.
func TestAProofChangesTheTokenWhateverComesOfTheAct(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		browser := &jar{w.Register(t, v, phone)}
		who := person(t, w, browser.token)
		later(t, w, clock, w.Policy.Session.Fresh+time.Minute)
		for name, act := range map[string]func(ctx context.Context, password string) error{
			"the last contact": func(ctx context.Context, password string) error {
				return w.SignIn.RemoveContact(ctx, who, contactsOf(t, w, who)[phone].ID, password)
			},
			"the page of proving": func(ctx context.Context, password string) error { return w.SignIn.AgainPassword(ctx, who, password) },
		} {
			copied := browser.token
			if err := act(browser.request(), signintest.Password+"?"); fault.KindOf(err) != fault.InvalidInput || browser.token != copied {
				t.Errorf("%s: a wrong password: %v", name, err)
			}
			if err := act(browser.request(), signintest.Password); err != nil && !errors.Is(err, signin.ErrLast) {
				t.Fatalf("%s: %v", name, err)
			}
			if _, err := w.Credentials.Check(ctx, copied); !errors.Is(err, credential.ErrNoSession) {
				t.Errorf("%s: what was copied before opens a session that was proved since: %v", name, err)
			}
			if x, err := w.Credentials.Check(ctx, browser.token); err != nil || x.ID != who.SessionID || !w.SignIn.Fresh(x.Actor()) {
				t.Errorf("%s: the owner's browser: %+v, %v", name, x, err)
			}
		}
	})
}

// Two tabs send their proofs with one cookie: the browser is signed in by whichever answer it reads last.
func TestOfTwoProofsAtOnceNeitherTakesTheSessionAway(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := signintest.New(t, db)
		token := w.Register(t, signintest.Visitor("anna"), phone)
		who := person(t, w, token)
		tabs := [2]jar{{token}, {token}}
		var both sync.WaitGroup
		for i := range tabs {
			both.Go(func() {
				if err := w.SignIn.AgainPassword(tabs[i].request(), who, signintest.Password); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		given := 0
		for _, tab := range tabs {
			if tab.token == token {
				continue
			}
			given++
			if _, err := w.Credentials.Check(ctx, tab.token); err != nil {
				t.Errorf("what a tab was answered opens nothing: %v", err)
			}
		}
		if given != 1 {
			t.Errorf("%d tabs were given another token, want one", given)
		}
	})
}

// A proof in a session that has ended meanwhile proves nothing.
func TestAProofInASessionThatHasEndedIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		token := w.Register(t, signintest.Visitor("anna"), phone)
		who := person(t, w, token)
		if err := w.Credentials.SignOut(ctx, token); err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.AgainPassword(ctx, who, signintest.Password); !errors.Is(err, credential.ErrNoSession) {
			t.Errorf("%v", err)
		}
	})
}

// At a desk it is the same, and of all that was shown at once nothing is lost.
func TestAnEmployeesProofChangesTheTokenInTheWriteThatNotesIt(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		secret, now := employee(t, w), time.Now()
		w.SignIn.Clock = func() time.Time { return now }
		v := signintest.Visitor("desk")
		token, err := w.SignIn.StaffSignIn(ctx, v, "smirnova", signintest.Password, codeOf(t, secret, now))
		if err != nil {
			t.Fatal(err)
		}
		browser := &jar{token}
		who := person(t, w, token)
		d := deskKey(t, w, v, who)
		for _, by := range []struct {
			name, methods string
			prove         func(ctx context.Context, wrong bool) error
		}{
			{"password and code", "pwd otp", func(ctx context.Context, wrong bool) error {
				password := signintest.Password
				if wrong {
					password += "?"
				}
				return w.SignIn.StaffAgain(ctx, who, v, password, codeOf(t, secret, now))
			}},
			{"a key", "pwd otp swk", func(ctx context.Context, wrong bool) error {
				x, err := w.SignIn.StaffAgainChallenge(ctx, who, v)
				if err != nil {
					return err
				}
				of := d
				if wrong {
					of = passkeytest.New()
				}
				return w.SignIn.StaffAgainKey(ctx, who, v, x.ID, of.Sign(t, origin, x))
			}},
		} {
			later(t, w, clock, w.Policy.Session.Fresh)
			now = now.Add(time.Minute)
			copied := browser.token
			if err := by.prove(browser.request(), true); err == nil || browser.token != copied {
				t.Errorf("%s that is wrong: %v", by.name, err)
			}
			if err := by.prove(browser.request(), false); err != nil {
				t.Fatalf("%s: %v", by.name, err)
			}
			if _, err := w.Credentials.Check(ctx, copied); !errors.Is(err, credential.ErrNoSession) {
				t.Errorf("%s: what was copied before opens a desk that was proved since: %v", by.name, err)
			}
			x, err := w.Credentials.Check(ctx, browser.token)
			if err != nil || x.ID != who.SessionID || x.Methods != by.methods || !w.SignIn.StaffFresh(x.Actor()) {
				t.Fatalf("%s: the owner's browser: %+v, %v", by.name, x, err)
			}
			who = x.Actor()
		}
	})
}
