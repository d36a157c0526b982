package signin_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/credential"
	"okno/internal/passkey"
	"okno/internal/passkey/passkeytest"
	"okno/internal/policy"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

const snils, otherSNILS = "11223344595", "08765430300"

// tied gives the account the SNILS at the level, in a portal that takes signatures.
func tied(t *testing.T, w *signintest.World, accountID string, level access.Level) {
	t.Helper()
	w.SignIn.Signs = true
	if err := w.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := w.Accounts.Update(ctx, tx, accountID, func(a *account.Account) error {
			a.Profile.SNILS, a.Level, a.ConfirmedAt = snils, level, time.Time{}
			if level == access.Confirmed {
				a.ConfirmedAt = tx.Now()
			}
			return nil
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// AUTH-5: whoever was confirmed by a signature has no document here, and has the signature.
func TestBesideTheContactASignatureRecoversTheAccountThatIsTiedToItAndNoClaim(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		who := person(t, w, w.Register(t, signintest.Visitor("home"), phone))
		tied(t, w, who.ID, access.Standard)
		away := signintest.Visitor("away")
		clock.Advance(2 * time.Minute)
		proved(t, w, away, phone)
		if x, err := w.SignIn.RecoverSecond(ctx, away, "", ""); err != nil || len(x.Means) != 0 {
			t.Errorf("a claim is recovered by %v, %v", x.Means, err)
		}
		if err := w.SignIn.RecoverSecondSigned(ctx, away, snils); !errors.Is(err, signin.ErrNoMeans) {
			t.Errorf("a signature recovers a claim: %v", err)
		}
		tied(t, w, who.ID, access.Confirmed)
		if x, err := w.SignIn.RecoverSecond(ctx, away, "", ""); err != nil || !slices.Equal(x.Means, []signin.Means{signin.BySignature}) {
			t.Fatalf("it is asked for %v, %v", x.Means, err)
		}
		if err := w.SignIn.RecoverSecondSigned(ctx, away, otherSNILS); !errors.Is(err, signin.ErrSigner) {
			t.Errorf("somebody else's signature: %v", err)
		}
		if err := w.SignIn.RecoverSecondSigned(ctx, signintest.Visitor("thief"), snils); !errors.Is(err, signin.ErrNoRecovery) {
			t.Errorf("where no contact was proved: %v", err)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, away, newPassword, newPassword); !errors.Is(err, signin.ErrNoRecovery) {
			t.Errorf("a password is set before: %v", err)
		}
		if err := w.SignIn.RecoverSecondSigned(ctx, away, snils); err != nil {
			t.Fatal(err)
		}
		token, err := w.SignIn.RecoverFinish(ctx, away, newPassword, newPassword)
		if err != nil {
			t.Fatal(err)
		}
		if s := person(t, w, token); s.ID != who.ID || s.Methods != "pwd sc" {
			t.Errorf("%+v", s)
		}
	})
}

// Nobody guesses a signature: whoever has the phone and guesses numbers of documents shuts this way to nobody.
func TestAThiefOfThePhoneWhoUsesTheTriesUpDoesNotShutTheSignatureOut(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		who := person(t, w, w.Register(t, signintest.Visitor("home"), phone))
		tied(t, w, who.ID, access.Confirmed)
		passport(t, w, who.ID)
		refused := error(nil)
		for i := 0; !errors.Is(refused, signin.ErrSecondBlocked); i++ {
			if i == 40 {
				t.Fatalf("guesses end in %v", refused)
			}
			thief := signintest.Visitor("thief")
			if _, under, _ := w.SignIn.Recovery(ctx, thief); !under { //nolint:errcheck // else the next step says it
				clock.Advance(time.Hour)
				proved(t, w, thief, phone)
			}
			refused = w.SignIn.RecoverSecondCode(ctx, thief, signin.ByDocument, "", "4510 654321")
		}
		owner := signintest.Visitor("owner")
		clock.Advance(2 * time.Minute)
		proved(t, w, owner, phone)
		if err := w.SignIn.RecoverSecondSigned(ctx, owner, snils); err != nil {
			t.Errorf("the owner's signature: %v", err)
		}
	})
}

func TestBesideTheContactAPasskeyOfTheAccountRecoversIt(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		home := signintest.Visitor("home")
		token := w.Register(t, home, phone)
		_, d := withKey(t, w, home, token)
		accountID := w.Confirm(t, token)
		away := signintest.Visitor("away")
		clock.Advance(2 * time.Minute)
		proved(t, w, away, phone)
		x, err := w.SignIn.RecoverSecond(ctx, away, "", "")
		if err != nil || !slices.Equal(x.Means, []signin.Means{signin.ByKey}) || x.Key.ID == "" {
			t.Fatalf("%+v, %v", x, err)
		}
		if err := w.SignIn.RecoverSecondKey(ctx, away, x.Key.ID, passkeytest.New().Sign(t, origin, x.Key)); !errors.Is(err, signin.ErrKeyWrong) {
			t.Errorf("another device: %v", err)
		}
		ask := func() passkey.Challenge {
			t.Helper()
			x, err := w.SignIn.RecoverSecond(ctx, away, "", "")
			if err != nil || x.Key.ID == "" {
				t.Fatalf("%+v, %v", x, err)
			}
			return x.Key
		}
		if w.Policy.Passkey.SecondStep != policy.VerifyIfAble {
			t.Fatal("what is enough after a password is not told from what is enough here")
		}
		x.Key, d.Auth.Options.UserNotVerified = ask(), true
		if err := w.SignIn.RecoverSecondKey(ctx, away, x.Key.ID, d.Sign(t, origin, x.Key)); !errors.Is(err, signin.ErrKeyWrong) {
			t.Errorf("a device that has verified nobody: %v", err)
		}
		x.Key, d.Auth.Options.UserNotVerified = ask(), false
		if err := w.SignIn.RecoverSecondKey(ctx, away, x.Key.ID, d.Sign(t, origin, x.Key)); err != nil {
			t.Fatal(err)
		}
		if token, err = w.SignIn.RecoverFinish(ctx, away, newPassword, newPassword); err != nil {
			t.Fatal(err)
		}
		if s := person(t, w, token); s.ID != accountID || s.Methods != "pwd swk" {
			t.Errorf("%+v", s)
		}
	})
}

// AUTH-5: after everything else is lost a signature leads to a new contact and a new password.
func TestAFreshSignatureIsEnoughWhereTheAccountIsTiedToItsPerson(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		tied(t, w, person(t, w, w.Register(t, signintest.Visitor("home"), phone)).ID, access.Confirmed)
		away := signintest.Visitor("away")
		token, _, _, err := w.SignIn.SignInBySignature(ctx, away, snils)
		if err != nil {
			t.Fatal(err)
		}
		who := person(t, w, token)
		if !w.SignIn.Fresh(who) {
			t.Error("a signature of a moment ago is not fresh")
		}
		if _, err := w.SignIn.AddContact(ctx, who, away, email, ""); err != nil {
			t.Errorf("a new contact: %v", err)
		}
		clock.Advance(w.Policy.Session.Fresh)
		if _, err := w.SignIn.AddContact(ctx, who, away, "b@example.ru", ""); !errors.Is(err, signin.ErrAgain) || w.SignIn.AsksPassword(who) {
			t.Errorf("long after the signature: %v; the password is asked for: %v", err, w.SignIn.AsksPassword(who))
		}
		x, err := w.SignIn.Again(ctx, who, away, "", "")
		if err != nil || !slices.Equal(x.Means, []signin.Means{signin.ByPassword, signin.ByPhone, signin.BySignature}) {
			t.Fatalf("it is asked for %v, %v", x.Means, err)
		}
		if err := w.SignIn.AgainSigned(ctx, who, otherSNILS); !errors.Is(err, signin.ErrSigner) {
			t.Errorf("somebody else's signature: %v", err)
		}
		if err := w.SignIn.AgainSigned(ctx, who, snils); err != nil {
			t.Fatal(err)
		}
		if who = person(t, w, token); !w.SignIn.Fresh(who) || w.SignIn.FreshSecond(who) {
			t.Errorf("after another signature: fresh %v, sealed documents open %v", w.SignIn.Fresh(who), w.SignIn.FreshSecond(who))
		}
		if x, err := w.SignIn.AgainSecond(ctx, who, away, "", ""); err != nil || !slices.Equal(x.Means, []signin.Means{signin.ByPhone}) {
			t.Errorf("before sealed documents it is asked for %v, %v", x.Means, err)
		}
	})
}

func TestInAClaimNoSignatureProvesAnythingAgain(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		tied(t, w, person(t, w, w.Register(t, signintest.Visitor("home"), phone)).ID, access.Standard)
		away := signintest.Visitor("away")
		token, _, _, err := w.SignIn.SignInBySignature(ctx, away, snils)
		if err != nil {
			t.Fatal(err)
		}
		who := person(t, w, token)
		if x, err := w.SignIn.Again(ctx, who, away, "", ""); err != nil || !slices.Equal(x.Means, []signin.Means{signin.ByPassword}) || w.SignIn.Fresh(who) || !w.SignIn.AsksPassword(who) {
			t.Errorf("%v, %v, fresh %v", x.Means, err, w.SignIn.Fresh(who))
		}
		if err := w.SignIn.AgainSigned(ctx, who, snils); !errors.Is(err, signin.ErrAgain) {
			t.Errorf("a signature in a claim: %v", err)
		}
	})
}

// AUTH-8: a stranger who has tied the account to himself recovers nothing by his own signature.
func TestDuringAPauseASignatureThatCameWithTheStrangerRecoversNothing(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		who := person(t, w, w.Register(t, signintest.Visitor("home"), phone))
		tied(t, w, who.ID, access.Confirmed)
		pause := func(methods string, at time.Time) {
			t.Helper()
			if err := w.DB.Write(ctx, func(tx *store.Tx) error {
				link, err := alert.Tell(ctx, tx, alert.Event{Account: who.ID, What: alert.Device, Methods: methods}, at, 24*time.Hour)
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
		}
		tiedAt := w.DB.Now()
		clock.Advance(10 * time.Minute)
		pause(credential.ByPassword, w.DB.Now())
		away := signintest.Visitor("away")
		proved(t, w, away, phone)
		offered := func() []signin.Means {
			t.Helper()
			x, err := w.SignIn.RecoverSecond(ctx, away, "", "")
			if err != nil {
				t.Fatal(err)
			}
			return x.Means
		}
		if got := offered(); !slices.Equal(got, []signin.Means{signin.BySignature}) {
			t.Errorf("of an account that was tied before the stranger came: %v", got)
		}
		clock.Advance(time.Minute)
		pause(credential.BySign, w.DB.Now())
		if got := offered(); len(got) != 0 {
			t.Errorf("when the disavowed session was of a signature: %v", got)
		}
		if err := w.DB.Write(ctx, func(tx *store.Tx) error { return tx.Do(ctx, `DELETE FROM alert WHERE account_id = $1`, who.ID) }); err != nil {
			t.Fatal(err)
		}
		pause(credential.ByPassword, tiedAt.Add(-time.Minute))
		if got := offered(); len(got) != 0 {
			t.Errorf("when it was tied since the stranger came: %v", got)
		}
	})
}
