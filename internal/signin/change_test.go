package signin_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// REG-7: whoever is signed in and has proved it a moment ago needs no code to set another password.
func TestWhoIsSignedInSetsAnotherPasswordAfterAFreshProof(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		home, away := signintest.Visitor("home"), signintest.Visitor("away")
		token := w.Register(t, home, phone)
		other, err := w.SignIn.SignIn(ctx, away, phone, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		clock.Advance(w.Policy.Session.Fresh)
		if err := w.SignIn.ChangePassword(ctx, person(t, w, token), home, newPassword, newPassword); !errors.Is(err, signin.ErrAgain) {
			t.Errorf("at a session that was left open: %v", err)
		}
		if err := w.SignIn.AgainPassword(ctx, person(t, w, token), signintest.Password); err != nil {
			t.Fatal(err)
		}
		who := person(t, w, token)
		var f *fault.Error
		for typed, what := range map[string]string{signintest.Password: "the former one", "short": "a short one", "Zima-2027-9123456789": "one with the phone in it"} {
			if err := w.SignIn.ChangePassword(ctx, who, home, typed, typed); !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Name != "password" {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := w.SignIn.ChangePassword(ctx, who, home, newPassword, newPassword); err != nil {
			t.Fatal(err)
		}
		if got := person(t, w, token); got.Methods != who.Methods {
			t.Errorf("the session is of %q, not of %q", got.Methods, who.Methods)
		}
		if _, err := w.Credentials.Check(ctx, other); !errors.Is(err, credential.ErrNoSession) {
			t.Errorf("another session goes on: %v", err)
		}
		if n := saw(t, w, phone, "Пароль вашей учётной записи изменён"); n != 1 {
			t.Errorf("the owner is told %d times", n)
		}
		if _, err := w.SignIn.SignIn(ctx, home, phone, signintest.Password); !errors.Is(err, signin.ErrWrong) {
			t.Errorf("the former password: %v", err)
		}
		if _, err := w.SignIn.SignIn(ctx, home, phone, newPassword); err != nil {
			t.Errorf("the new password: %v", err)
		}
	})
}

func TestAnotherPasswordEndsWhatTheFormerOneHadBegun(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		home, away, third := signintest.Visitor("home"), signintest.Visitor("away"), signintest.Visitor("third")
		token := w.Register(t, home, phone)
		w.Confirm(t, token)
		clock.Advance(2 * time.Minute)
		if _, err := w.SignIn.SecondCode(ctx, away, half(t, w, away, phone), w.Code(t, phone), true); err != nil {
			t.Fatal(err)
		}
		clock.Advance(2 * time.Minute)
		waits := half(t, w, third, phone)
		if err := w.SignIn.ChangePassword(ctx, person(t, w, token), home, newPassword, newPassword); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.SecondCode(ctx, third, waits, w.Code(t, phone), false); !errors.Is(err, credential.ErrNoPending) {
			t.Errorf("a sign-in that waited goes on: %v", err)
		}
		var second *signin.SecondNeeded
		if _, err := w.SignIn.SignIn(ctx, away, phone, newPassword); !errors.As(err, &second) {
			t.Errorf("a browser is remembered still: %v", err)
		}
	})
}

// AUTH-5: the last step back for whoever has lost password and phone.
func TestWhoCameInByASignatureAndForgotThePasswordSetsAnotherAndNobodyDoesInAClaim(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		owner := person(t, w, w.Register(t, signintest.Visitor("home"), phone))
		away := signintest.Visitor("away")
		for _, c := range []struct {
			level access.Level
			want  error
		}{{access.Standard, signin.ErrAgain}, {access.Confirmed, nil}} {
			tied(t, w, owner.ID, c.level)
			token, _, _, err := w.SignIn.SignInBySignature(ctx, away, snils)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.SignIn.ChangePassword(ctx, person(t, w, token), away, newPassword, newPassword); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.level, err, c.want)
			}
		}
		clock.Advance(2 * time.Minute)
		var second *signin.SecondNeeded
		if _, err := w.SignIn.SignIn(ctx, away, phone, newPassword); !errors.As(err, &second) {
			t.Errorf("with the new password: %v", err)
		}
	})
}

func TestDuringAPauseNobodySetsAnotherPasswordInTheCabinet(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		home := signintest.Visitor("home")
		who := person(t, w, w.Register(t, home, phone))
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
		if err := w.SignIn.ChangePassword(ctx, who, home, newPassword, newPassword); !errors.Is(err, alert.ErrPaused) {
			t.Errorf("%v", err)
		}
	})
}

// Each of the roads to another password counts those that are refused; one that is taken ends the count.
func TestANewPasswordThatIsTakenLeavesNoTriesBehind(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		for road, open := range map[string]func(v credential.Visitor, to string) func(password string) (string, error){
			"in the cabinet": func(v credential.Visitor, to string) func(string) (string, error) {
				token := w.Register(t, v, to)
				return func(password string) (string, error) {
					return token, w.SignIn.ChangePassword(ctx, person(t, w, token), v, password, password)
				}
			},
			"after a recovery": func(v credential.Visitor, to string) func(string) (string, error) {
				w.Register(t, v, to)
				proved(t, w, v, to)
				return func(password string) (string, error) { return w.SignIn.RecoverFinish(ctx, v, password, password) }
			},
			"in place of a temporary one": func(v credential.Visitor, to string) func(string) (string, error) {
				who := person(t, w, w.Register(t, v, to))
				encoded, err := w.Hasher.Hash(ctx, signintest.Password)
				if err != nil {
					t.Fatal(err)
				}
				if err := w.DB.Write(ctx, func(tx *store.Tx) error { return w.Credentials.SetPassword(ctx, tx, who.ID, encoded, true) }); err != nil {
					t.Fatal(err)
				}
				waits := half(t, w, v, to)
				return func(password string) (string, error) { return w.SignIn.Replace(ctx, v, waits, password, password) }
			},
		} {
			v, to := signintest.Visitor(road), fmt.Sprintf("+7916000%04d", len(road))
			set := open(v, to)
			for range w.Policy.SignIn.Device.Max - 1 {
				if _, err := set(signintest.Password); err == nil || errors.Is(err, signin.ErrNewPasswords) {
					t.Fatalf("%s: the password in force: %v", road, err)
				}
			}
			token, err := set(newPassword)
			if err != nil {
				t.Fatalf("%s: %v", road, err)
			}
			if err := w.SignIn.ChangePassword(ctx, person(t, w, token), v, newPassword, newPassword); err == nil || errors.Is(err, signin.ErrNewPasswords) {
				t.Errorf("%s: the next one is counted with those before: %v", road, err)
			}
		}
	})
}
