package signin_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/i18n"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
)

func TestAConfirmedAccountKeepsAFactorAndOthersMayHaveNone(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		token := w.Register(t, signintest.Visitor("anna"), phone)
		who := person(t, w, token)
		for _, on := range []bool{true, false} {
			if err := w.SignIn.SwitchCodes(ctx, who, on); err != nil {
				t.Errorf("on %v: %v", on, err)
			}
		}
		w.Confirm(t, token)
		who = person(t, w, token)
		if err := w.SignIn.SwitchCodes(ctx, who, false); !errors.Is(err, signin.ErrLastFactor) {
			t.Errorf("the last factor of a Confirmed account is switched off: %v", err)
		}
		if err := w.SignIn.BeginApp(ctx, who, "phone"); err != nil {
			t.Fatal(err)
		}
		key, err := w.SignIn.AppOnTrial(ctx, who, i18n.RU)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(key.URL, "otpauth://totp/") || strings.Contains(key.URL, "9123456789") {
			t.Errorf("the key for the picture: %s", key.URL)
		}
		if err := w.SignIn.ConfirmApp(ctx, who, appCode(t, strings.ReplaceAll(key.Secret, " ", ""), time.Now())); err != nil {
			t.Fatal(err)
		}
		mine, err := w.SignIn.MyFactors(ctx, who)
		if err != nil || len(mine.Apps) != 1 || !mine.Code {
			t.Errorf("the codes that she had are gone: %+v, %v", mine, err)
		}
		if err := w.SignIn.SwitchCodes(ctx, who, false); err != nil {
			t.Errorf("with an app: %v", err)
		}
		half(t, w, signintest.Visitor("anna"), phone) // where she has registered, too
		if n := saw(t, w, phone, "приложени"); n != 1 || !did(t, w, who.ID, "factor.app_added") {
			t.Errorf("she is told of the new app %d times, or the history is silent", n)
		}
	})
}

func TestNobodyTouchesAnothersFactors(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		anna := person(t, w, w.Register(t, signintest.Visitor("anna"), phone))
		boris := person(t, w, w.Register(t, signintest.Visitor("boris"), "+79160000001"))
		app(t, w, anna.ID)
		f, err := w.Credentials.Factors(ctx, w.DB, anna.ID)
		if err != nil || len(f.Apps) != 1 {
			t.Fatalf("%+v, %v", f, err)
		}
		for what, err := range map[string]error{
			"renamed": w.SignIn.RenameApp(ctx, boris, f.Apps[0].ID, "mine"),
			"removed": w.SignIn.RemoveApp(ctx, boris, f.Apps[0].ID),
		} {
			if !errors.Is(err, credential.ErrNoFactor) {
				t.Errorf("another's app is %s: %v", what, err)
			}
		}
		sealed, err := w.SignIn.NewSheet(ctx, anna)
		if err != nil || len(w.SignIn.Sheet(anna, sealed)) != 10 {
			t.Errorf("her sheet: %v", err)
		}
		if got := w.SignIn.Sheet(boris, sealed); got != nil {
			t.Errorf("another session reads the sheet: %q", got)
		}
	})
}

func TestAProofForWhatMattersIsCountedAndBelongsToItsSession(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		token := w.Register(t, v, phone)
		clock.Advance(w.Policy.Session.Fresh)
		who := person(t, w, token)
		if err := w.SignIn.SwitchCodes(ctx, who, true); !errors.Is(err, signin.ErrAgain) {
			t.Errorf("a factor is changed without a proof: %v", err)
		}
		attempt, err := w.SignIn.AgainSend(ctx, who, v, signin.ByPhone)
		if err != nil {
			t.Fatal(err)
		}
		right := w.Code(t, phone)
		other := who
		other.SessionID = "another"
		if err := w.SignIn.AgainCode(ctx, other, v, signin.ByPhone, attempt, right); !errors.Is(err, contact.ErrGone) {
			t.Errorf("another session is proved by it: %v", err)
		}
		if err := w.SignIn.AgainCode(ctx, who, v, signin.ByPhone, attempt, wrongFor(right)); !errors.Is(err, signin.ErrSecondWrong) {
			t.Errorf("a wrong code: %v", err)
		}
		if err := w.SignIn.AgainCode(ctx, who, v, signin.ByPhone, attempt, right); err != nil {
			t.Fatal(err)
		}
		who = person(t, w, token)
		if !w.SignIn.Fresh(who) || who.Methods != "pwd sms" {
			t.Errorf("not fresh, or proved by %q", who.Methods)
		}
		secret := app(t, w, who.ID)
		for range w.Policy.SecondFactor.Device.Max {
			err = w.SignIn.AgainCode(ctx, who, v, signin.ByApp, "", wrongFor(appCode(t, secret, time.Now())))
		}
		if !errors.Is(err, signin.ErrSecondWrong) {
			t.Errorf("the last guess: %v", err)
		}
		if err = w.SignIn.AgainCode(ctx, who, v, signin.ByApp, "", appCode(t, secret, time.Now())); !errors.Is(err, signin.ErrSecondBlocked) {
			t.Errorf("guesses in an open session go on without end: %v", err)
		}
	})
}
