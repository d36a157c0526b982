package signin_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// half types the right password where a second factor is asked for, and returns the sign-in that waits.
func half(t *testing.T, w *signintest.World, v credential.Visitor, login string) string {
	t.Helper()
	token, err := w.SignIn.SignIn(ctx, v, login, signintest.Password)
	var second *signin.SecondNeeded
	if !errors.As(err, &second) {
		t.Fatalf("no second factor is asked for: %q, %v", token, err)
	}
	return second.Token
}

// confirmed is a Confirmed person with a phone, and the account.
func confirmed(t *testing.T, w *signintest.World, v credential.Visitor, to string) string {
	t.Helper()
	return w.Confirm(t, w.Register(t, v, to))
}

// app sets an authenticator app up and returns its secret, with the app's clock at now.
func app(t *testing.T, w *signintest.World, accountID string) string {
	t.Helper()
	var secret string
	err := w.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if _, secret, err = w.Credentials.NewApp(ctx, tx, accountID, "phone"); err != nil {
			return err
		}
		now := w.SignIn.Clock().Add(-time.Hour) // long ago
		code, err := totp.GenerateCode(secret, now)
		if err != nil {
			return err
		}
		if ok, err := w.Credentials.ProveApp(ctx, tx, accountID, code, now); err != nil || !ok {
			t.Errorf("the first code of the app: %v, %v", ok, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func appCode(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// wrongFor is a code that is not the right one.
func wrongFor(right string) string {
	if right == "000001" {
		return "000002"
	}
	return "000001"
}

func TestAConfirmedPersonIsAskedForACodeInANewBrowserAndNotWhereTheyHaveJustRegistered(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		home, away := signintest.Visitor("home"), signintest.Visitor("away")
		confirmed(t, w, home, phone)
		token, err := w.SignIn.SignIn(ctx, home, phone, signintest.Password)
		if err != nil {
			t.Fatalf("where the account was made: %v", err)
		}
		if s, err := w.Credentials.Check(ctx, token); err != nil || s.Methods != "pwd device" {
			t.Errorf("the session says that it was proved by %q, %v", s.Methods, err)
		}
		clock.Advance(2 * time.Minute)
		waits := half(t, w, away, phone)
		x, err := w.SignIn.Second(ctx, away, waits)
		if err != nil || x.Now != signin.ByPhone || x.Challenge.Masked == "" || strings.Contains(x.Challenge.Masked, phone) {
			t.Fatalf("%+v, %v", x, err)
		}
		if _, err := w.Credentials.Check(ctx, waits); !errors.Is(err, credential.ErrNoSession) {
			t.Errorf("the password alone opens a session: %v", err)
		}
		if body := w.Last(t, phone).Body; !strings.Contains(body, "код для входа") {
			t.Errorf("the message does not say what the code is for: %q", body)
		}
		token, err = w.SignIn.SecondCode(ctx, away, waits, w.Code(t, phone), false)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := w.Credentials.Check(ctx, token); err != nil || s.Methods != "pwd sms" || s.Actor().Methods != "pwd sms" {
			t.Errorf("the session says that it was proved by %q, %v", s.Methods, err)
		}
		if _, err := w.SignIn.SecondCode(ctx, away, waits, w.Code(t, phone), false); !errors.Is(err, credential.ErrNoPending) {
			t.Errorf("the sign-in is used twice: %v", err)
		}
		clock.Advance(2 * time.Minute)
		half(t, w, away, phone) // nobody wished it to be remembered
	})
}

func TestNobodyElseIsAskedForASecondFactorUnlessTheyWish(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		away := signintest.Visitor("away")
		who := person(t, w, w.Register(t, signintest.Visitor("home"), phone))
		if _, err := w.SignIn.SignIn(ctx, away, phone, signintest.Password); err != nil {
			t.Fatal(err)
		}
		if err := w.DB.Write(ctx, func(tx *store.Tx) error { return w.Credentials.SendCodes(ctx, tx, who.ID) }); err != nil {
			t.Fatal(err)
		}
		clock.Advance(2 * time.Minute)
		half(t, w, away, phone)
	})
}

func TestARememberedBrowserIsNotAskedForAMonth(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		away := signintest.Visitor("away")
		confirmed(t, w, signintest.Visitor("home"), phone)
		clock.Advance(2 * time.Minute)
		if _, err := w.SignIn.SecondCode(ctx, away, half(t, w, away, phone), w.Code(t, phone), true); err != nil {
			t.Fatal(err)
		}
		clock.Advance(w.Policy.SecondFactor.Remember - time.Minute)
		if _, err := w.SignIn.SignIn(ctx, away, phone, signintest.Password); err != nil {
			t.Errorf("within the month: %v", err)
		}
		clock.Advance(time.Minute)
		half(t, w, away, phone)
	})
}

// rememberedIn signs a person in whom a second factor is asked for, in a browser that is remembered from then on.
func rememberedIn(t *testing.T, w *signintest.World, clock *storetest.Clock, v credential.Visitor) access.Actor {
	t.Helper()
	clock.Advance(2 * time.Minute)
	token, err := w.SignIn.SecondCode(ctx, v, half(t, w, v, phone), w.Code(t, phone), true)
	if err != nil {
		t.Fatal(err)
	}
	return person(t, w, token)
}

func TestWhoSignsOutEverywhereIsAskedForTheSecondFactorEverywhereElse(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		here, laptop, third := signintest.Visitor("here"), signintest.Visitor("laptop"), signintest.Visitor("third")
		confirmed(t, w, signintest.Visitor("home"), phone)
		rememberedIn(t, w, clock, laptop)
		clock.Advance(time.Hour)
		who := rememberedIn(t, w, clock, here)
		waits := half(t, w, third, phone)
		if trusts, err := w.Credentials.Trusts(ctx, who); err != nil || len(trusts) != 3 || !trusts[0].Current || trusts[1].Current {
			t.Fatalf("remembered: %+v, %v", trusts, err)
		}
		if _, err := w.SignIn.CloseOthers(ctx, who); err != nil {
			t.Fatal(err)
		}
		if trusts, err := w.Credentials.Trusts(ctx, who); err != nil || len(trusts) != 1 || !trusts[0].Current {
			t.Errorf("remembered after that: %+v, %v", trusts, err)
		}
		if _, err := w.SignIn.Second(ctx, third, waits); !errors.Is(err, credential.ErrNoPending) {
			t.Errorf("a sign-in that waited goes on: %v", err)
		}
		clock.Advance(2 * time.Minute)
		half(t, w, laptop, phone)
		half(t, w, signintest.Visitor("home"), phone)
		if _, err := w.SignIn.SignIn(ctx, here, phone, signintest.Password); err != nil {
			t.Errorf("in the browser where it was asked for: %v", err)
		}
	})
}

func TestABrowserWhoseSessionIsEndedIsRememberedNoMore(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		here, laptop, third := signintest.Visitor("here"), signintest.Visitor("laptop"), signintest.Visitor("third")
		confirmed(t, w, signintest.Visitor("home"), phone)
		there := rememberedIn(t, w, clock, laptop)
		rememberedIn(t, w, clock, third)
		who := rememberedIn(t, w, clock, here)
		if err := w.SignIn.Close(ctx, who, there.SessionID); err != nil {
			t.Fatal(err)
		}
		clock.Advance(2 * time.Minute)
		half(t, w, laptop, phone)
		if _, err := w.SignIn.SignIn(ctx, third, phone, signintest.Password); err != nil {
			t.Errorf("in another: %v", err)
		}
	})
}

func TestARememberedBrowserIsForgottenAtItsOwnersWordAndNobodyElses(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		here, laptop := signintest.Visitor("here"), signintest.Visitor("laptop")
		confirmed(t, w, signintest.Visitor("home"), phone)
		rememberedIn(t, w, clock, laptop)
		clock.Advance(time.Hour) // the session there has run out
		who := rememberedIn(t, w, clock, here)
		trusts, err := w.Credentials.Trusts(ctx, who)
		if err != nil || len(trusts) != 3 || trusts[1].Current {
			t.Fatalf("remembered: %+v, %v", trusts, err)
		}
		boris := person(t, w, w.Register(t, signintest.Visitor("boris"), email))
		for _, browser := range []string{trusts[1].Browser, "", "xyz"} {
			if err := w.SignIn.Distrust(ctx, boris, browser); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.SignIn.SignIn(ctx, laptop, phone, signintest.Password); err != nil {
			t.Fatalf("somebody else had it forgotten: %v", err)
		}
		if err := w.SignIn.Distrust(ctx, who, trusts[1].Browser); err != nil {
			t.Fatal(err)
		}
		clock.Advance(2 * time.Minute)
		half(t, w, laptop, phone)
	})
}

func TestWhoeverHasAnEMailOnlyIsSentALetterWithACodeAndWithoutALink(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		away := signintest.Visitor("away")
		confirmed(t, w, signintest.Visitor("home"), email)
		clock.Advance(2 * time.Minute)
		waits := half(t, w, away, email)
		m := w.Last(t, email)
		if strings.Contains(m.Body, "link?t=") || !strings.Contains(m.Body, "с верным паролем") {
			t.Errorf("the letter: %q", m.Body)
		}
		token, err := w.SignIn.SecondCode(ctx, away, waits, w.Code(t, email), false)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := w.Credentials.Check(ctx, token); err != nil || s.Methods != "pwd email" {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

// AUTH-2: the app stands first, and whoever has one and wants no codes is sent none.
func TestTheSafestMeansStandsFirstAndAnotherMayBeChosen(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		home, away := signintest.Visitor("home"), signintest.Visitor("away")
		token := w.Register(t, home, phone)
		accountID := w.Confirm(t, token)
		if _, err := add(t, w, person(t, w, token), home, email); err != nil {
			t.Fatal(err)
		}
		app(t, w, accountID)
		clock.Advance(2 * time.Minute)
		waits := half(t, w, away, phone)
		x, err := w.SignIn.Second(ctx, away, waits)
		if err != nil || x.Now != signin.ByApp || len(x.Means) != 1 {
			t.Errorf("%+v, %v", x, err)
		}
		if err := w.SignIn.SecondBy(ctx, away, waits, signin.ByPhone); !errors.Is(err, signin.ErrNoMeans) {
			t.Errorf("codes are sent to whoever switched them off: %v", err)
		}
		if n := saw(t, w, phone, "код для входа"); n != 0 {
			t.Errorf("%d codes went out", n)
		}
		if err := w.DB.Write(ctx, func(tx *store.Tx) error {
			if _, err := w.Credentials.NewBackupCodes(ctx, tx, accountID); err != nil {
				return err
			}
			return w.Credentials.SendCodes(ctx, tx, accountID)
		}); err != nil {
			t.Fatal(err)
		}
		waits = half(t, w, away, phone)
		if x, err = w.SignIn.Second(ctx, away, waits); err != nil || len(x.Means) != 4 || x.Means[0] != signin.ByApp || x.Means[1] != signin.ByPhone || x.Means[2] != signin.ByMail || x.Means[3] != signin.ByBackup {
			t.Errorf("%+v, %v", x, err)
		}
		if err := w.SignIn.SecondBy(ctx, away, waits, signin.ByPhone); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.SecondCode(ctx, away, waits, w.Code(t, phone), false); err != nil {
			t.Error(err)
		}
	})
}

// twoAtOnce runs fn twice at once, each with a browser and a right password of its own, and counts who got in.
func twoAtOnce(t *testing.T, w *signintest.World, fn func(v credential.Visitor, waits string) error) int {
	t.Helper()
	var visitors [2]credential.Visitor
	var waits [2]string
	for i, name := range []string{"one", "other"} {
		visitors[i] = signintest.Visitor(name)
		waits[i] = half(t, w, visitors[i], phone)
	}
	var wg sync.WaitGroup
	var errs [2]error
	for i := range visitors {
		wg.Go(func() { errs[i] = fn(visitors[i], waits[i]) })
	}
	wg.Wait()
	in := 0
	for _, err := range errs {
		switch {
		case err == nil:
			in++
		case !errors.Is(err, signin.ErrSecondWrong):
			t.Errorf("the other one: %v", err)
		}
	}
	return in
}

func TestACodeOfAnAppOpensOnceAlsoForTwoAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		accountID := confirmed(t, w, signintest.Visitor("home"), phone)
		secret, now := app(t, w, accountID), time.Now()
		w.SignIn.Clock = func() time.Time { return now }
		code := appCode(t, secret, now)
		in := twoAtOnce(t, w, func(v credential.Visitor, waits string) error {
			_, err := w.SignIn.SecondCode(ctx, v, waits, code, false)
			return err
		})
		if in != 1 {
			t.Errorf("one code let %d in", in)
		}
		third := signintest.Visitor("third")
		waits := half(t, w, third, phone)
		for name, replayed := range map[string]string{"the same code": code, "the one before": appCode(t, secret, now.Add(-30*time.Second))} {
			if _, err := w.SignIn.SecondCode(ctx, third, waits, replayed, false); !errors.Is(err, signin.ErrSecondWrong) {
				t.Errorf("%s once more: %v", name, err)
			}
		}
		now = now.Add(time.Minute)
		if _, err := w.SignIn.SecondCode(ctx, third, waits, appCode(t, secret, now), false); err != nil {
			t.Errorf("the next code: %v", err)
		}
	})
}

// A person with an app signs in by few statements: one read before the hash, one before the code, and two short transactions.
func TestASecondStepByAnAppCostsFewStatements(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		secret, now := app(t, w, confirmed(t, w, signintest.Visitor("home"), phone)), time.Now()
		w.SignIn.Clock = func() time.Time { return now }
		away := signintest.Visitor("away")
		count, n := store.Counting(ctx)
		_, err := w.SignIn.SignIn(count, away, phone, signintest.Password)
		var second *signin.SecondNeeded
		if !errors.As(err, &second) {
			t.Fatal(err)
		}
		if got := n.Load(); got > 5 {
			t.Errorf("the password: %d statements", got)
		}
		count, n = store.Counting(ctx)
		if _, err := w.SignIn.SecondCode(count, away, second.Token, appCode(t, secret, now), false); err != nil {
			t.Fatal(err)
		}
		if got := n.Load(); got > 6 {
			t.Errorf("the code: %d statements", got)
		}
	})
}

// What happened between the reading of a sign-in and its end is not overlooked.
func TestWhatWasCountedWhileACodeIsJudgedIsNotOverlooked(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		accountID := confirmed(t, w, signintest.Visitor("home"), phone)
		secret, now := app(t, w, accountID), time.Now()
		w.SignIn.Clock = func() time.Time { return now }
		away := signintest.Visitor("away")
		waits := half(t, w, away, phone)
		for meanwhile, change := range map[string]string{
			"a password that must be replaced": `UPDATE password SET must_change = TRUE WHERE account_id = $1`,
			"a closed account":                 `UPDATE account SET state = 'retired' WHERE id = $1`,
			"another level":                    `UPDATE account SET level = 'standard' WHERE id = $1`,
			"a wrong code":                     `UPDATE pending_signin SET wrong = wrong + 1 WHERE account_id = $1`,
			"the code itself":                  `UPDATE factor SET step = 9000000000 WHERE account_id = $1`,
			"an app that was taken away":       `DELETE FROM factor WHERE account_id = $1`,
			"the end of the sign-in":           `DELETE FROM pending_signin WHERE account_id = $1`,
		} {
			h, err := w.Credentials.Half(ctx, waits, away, [2]string{}, [2]string{})
			if err != nil {
				t.Fatal(err)
			}
			right, ok := h.Code(appCode(t, secret, now), now)
			if !ok {
				t.Fatal("the right code is wrong")
			}
			undone := errors.New("undone")
			err = w.DB.Write(ctx, func(tx *store.Tx) error {
				if _, err := tx.Exec(ctx, change, accountID); err != nil {
					return err
				}
				if err := w.Credentials.Finish(ctx, tx, h, right); !errors.Is(err, store.ErrStale) {
					t.Errorf("%s: %v", meanwhile, err)
				}
				return undone
			})
			if !errors.Is(err, undone) {
				t.Fatal(err)
			}
		}
	})
}

func TestABackupCodeOpensOnceAlsoForTwoAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		accountID := confirmed(t, w, signintest.Visitor("home"), phone)
		var codes []string
		if err := w.DB.Write(ctx, func(tx *store.Tx) (err error) {
			codes, err = w.Credentials.NewBackupCodes(ctx, tx, accountID)
			return err
		}); err != nil || len(codes) != 10 {
			t.Fatalf("%d codes, %v", len(codes), err)
		}
		typed := codes[3][:4] + " " + codes[3][4:10] + "-" + codes[3][10:]
		in := twoAtOnce(t, w, func(v credential.Visitor, waits string) error {
			if err := w.SignIn.SecondBy(ctx, v, waits, signin.ByBackup); err != nil {
				return err
			}
			_, err := w.SignIn.SecondCode(ctx, v, waits, typed, false)
			return err
		})
		if in != 1 {
			t.Errorf("one code let %d in", in)
		}
		f, err := w.Credentials.Factors(ctx, w.DB, accountID)
		if err != nil || f.Backup != 9 || f.Any() {
			t.Errorf("%+v, %v", f, err)
		}
		old := codes[5]
		if err := w.DB.Write(ctx, func(tx *store.Tx) error { _, err := w.Credentials.NewBackupCodes(ctx, tx, accountID); return err }); err != nil {
			t.Fatal(err)
		}
		if err := w.DB.Write(ctx, func(tx *store.Tx) error {
			if ok, err := w.Credentials.UseBackup(ctx, tx, accountID, old); ok || err != nil {
				t.Errorf("a code of the old sheet: %v, %v", ok, err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAfterThreeWrongCodesThePasswordIsTypedAgain(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		away := signintest.Visitor("away")
		confirmed(t, w, signintest.Visitor("home"), phone)
		clock.Advance(2 * time.Minute)
		waits := half(t, w, away, phone)
		right := w.Code(t, phone)
		for left := 3; left > 0; left-- {
			_, err := w.SignIn.SecondCode(ctx, away, waits, wrongFor(right), false)
			if !errors.Is(err, signin.ErrSecondWrong) {
				t.Fatalf("with %d left: %v", left, err)
			}
		}
		if _, err := w.SignIn.SecondCode(ctx, away, waits, wrongFor(right), false); !errors.Is(err, signin.ErrSecondOver) {
			t.Errorf("the fourth: %v", err)
		}
		if _, err := w.SignIn.SecondCode(ctx, away, waits, right, false); !errors.Is(err, credential.ErrNoPending) {
			t.Errorf("the right one after it: %v", err)
		}
		clock.Advance(2 * time.Minute)
		waits = half(t, w, away, phone)
		if _, err := w.SignIn.SecondCode(ctx, away, waits, w.Code(t, phone), false); err != nil {
			t.Errorf("the owner begins anew: %v", err)
		}
	})
}

func TestASignInThatWaitsBelongsToItsBrowserAndRunsOut(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		away := signintest.Visitor("away")
		accountID := confirmed(t, w, signintest.Visitor("home"), phone)
		secret := app(t, w, accountID)
		waits := half(t, w, away, phone)
		if _, err := w.SignIn.Second(ctx, signintest.Visitor("thief"), waits); !errors.Is(err, credential.ErrNoPending) {
			t.Errorf("in another browser: %v", err)
		}
		clock.Advance(w.Policy.SecondFactor.Lifetime)
		if _, err := w.SignIn.SecondCode(ctx, away, waits, appCode(t, secret, time.Now()), false); !errors.Is(err, credential.ErrNoPending) {
			t.Errorf("too late: %v", err)
		}
		waits = half(t, w, away, phone)
		if err := w.DB.Write(ctx, func(tx *store.Tx) error { return w.Credentials.CloseAll(ctx, tx, accountID) }); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.SecondCode(ctx, away, waits, appCode(t, secret, time.Now()), false); !errors.Is(err, credential.ErrNoPending) {
			t.Errorf("after everything was closed: %v", err)
		}
		half(t, w, signintest.Visitor("home"), phone) // and no browser is trusted any more
	})
}

// AUTH-4: whoever knows the password fills the bucket of strange browsers, and not that of the owner's.
func TestAThiefOfThePasswordDoesNotBlockTheOwnersBrowserAndTheBlockEndsByItself(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		home := signintest.Visitor("home")
		accountID := confirmed(t, w, home, phone)
		secret := app(t, w, accountID)
		w.Policy.SecondFactor.Registered = 0
		clock.Advance(25 * time.Hour)
		now := time.Now()
		w.SignIn.Clock = func() time.Time { return now }
		right := appCode(t, secret, now)
		var err error
		for i := range 20 {
			thief := signintest.Visitor("thief" + string(rune('a'+i)))
			waits := half(t, w, thief, phone)
			for range 3 {
				if _, err = w.SignIn.SecondCode(ctx, thief, waits, wrongFor(right), false); errors.Is(err, signin.ErrSecondBlocked) {
					break
				}
			}
			if errors.Is(err, signin.ErrSecondBlocked) {
				break
			}
		}
		if !errors.Is(err, signin.ErrSecondBlocked) {
			t.Fatalf("guesses go on without end: %v", err)
		}
		elsewhere := signintest.Visitor("elsewhere")
		if _, err := w.SignIn.SecondCode(ctx, elsewhere, half(t, w, elsewhere, phone), right, false); !errors.Is(err, signin.ErrSecondBlocked) {
			t.Errorf("the right code in a strange browser ends the block: %v", err)
		}
		if _, err := w.SignIn.SecondCode(ctx, home, half(t, w, home, phone), right, false); err != nil {
			t.Errorf("the owner at home: %v", err)
		}
		clock.Advance(w.Policy.SecondFactor.Others.Block)
		now = now.Add(w.Policy.SecondFactor.Others.Block)
		if _, err := w.SignIn.SecondCode(ctx, elsewhere, half(t, w, elsewhere, phone), appCode(t, secret, now), false); err != nil {
			t.Errorf("after the block: %v", err)
		}
	})
}

// AUTH-2, AUTH-4: days of guesses at an app's code by whoever has the password, from ever new browsers, at whatever moments.
func TestWhoHasThePasswordGuessesFewCodesAndNeverKeepsTheOwnerOut(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		home, tablet := signintest.Visitor("home"), signintest.Visitor("tablet")
		who := person(t, w, w.Register(t, home, phone))
		tied(t, w, who.ID, access.Confirmed)
		passport(t, w, who.ID)
		secret := app(t, w, who.ID)
		now := time.Now()
		w.SignIn.Clock = func() time.Time { return now }
		pass := func(d time.Duration) { clock.Advance(d); now = now.Add(d) }
		pass(25 * time.Hour)
		r := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // the same each time
		var judged []time.Time
		most := w.Policy.SecondFactor.Others.PerDay()
		for i := range 120 {
			thief := signintest.Visitor(fmt.Sprint("thief", i))
			waits := half(t, w, thief, phone)
			for range 1 + r.IntN(4) {
				_, err := w.SignIn.SecondCode(ctx, thief, waits, wrongFor(appCode(t, secret, now)), false)
				if !errors.Is(err, signin.ErrSecondBlocked) {
					judged = append(judged, now)
				}
			}
			day := 0
			for _, at := range judged {
				if now.Sub(at) < 24*time.Hour {
					day++
				}
			}
			if day > most {
				t.Fatalf("%d guesses in a day, the policy says %d", day, most)
			}
			if i%10 == 9 {
				if _, err := w.SignIn.SecondCode(ctx, home, half(t, w, home, phone), appCode(t, secret, now), false); err != nil {
					t.Fatalf("the owner at home, after %d guesses: %v", len(judged), err)
				}
			}
			pass(time.Duration(r.IntN(90)) * time.Minute)
		}
		if len(judged) < most {
			t.Fatalf("%d guesses: the test shows nothing", len(judged))
		}
		enters := func(v credential.Visitor, password, code string) error {
			t.Helper()
			_, err := w.SignIn.SignIn(ctx, v, phone, password)
			var second *signin.SecondNeeded
			if !errors.As(err, &second) {
				t.Fatal(err)
			}
			_, err = w.SignIn.SecondCode(ctx, v, second.Token, code, false)
			return err
		}
		shut := func(password string) {
			t.Helper()
			for i := 0; ; i++ {
				if err := enters(signintest.Visitor(fmt.Sprint("last", i)), password, wrongFor(appCode(t, secret, now))); errors.Is(err, signin.ErrSecondBlocked) {
					return
				}
			}
		}
		shut(signintest.Password)
		if proved(t, w, tablet, phone) != signin.StepSecond {
			t.Fatal("the phone alone is enough")
		}
		if err := w.SignIn.RecoverSecondCode(ctx, tablet, signin.ByDocument, "", "4510 123456"); err != nil {
			t.Fatalf("the owner's recovery on a new tablet: %v", err)
		}
		const other = "Drugaya-Reka-2026!"
		token, err := w.SignIn.RecoverFinish(ctx, tablet, other, other)
		if err != nil {
			t.Fatal(err)
		}
		if err := enters(signintest.Visitor("work"), other, appCode(t, secret, now)); err != nil {
			t.Errorf("the owner in one more new browser, after they recovered: %v", err)
		}
		pass(time.Minute) // another code of the app
		shut(other)       // who has learned this one, too
		if err := w.SignIn.ChangePassword(ctx, person(t, w, token), tablet, newPassword, newPassword); err != nil {
			t.Fatal(err)
		}
		if err := enters(signintest.Visitor("train"), newPassword, appCode(t, secret, now)); err != nil {
			t.Errorf("… and after they set another password in the cabinet: %v", err)
		}
	})
}

func TestNothingOfASecondFactorIsToldBeforeTheRightPassword(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		confirmed(t, w, signintest.Visitor("home"), phone)
		clock.Advance(2 * time.Minute)
		sent := len(w.Outbox.To(phone))
		for i := range 7 {
			_, with := w.SignIn.SignIn(ctx, signintest.Visitor("x"), phone, "Nevernyj-2026!")
			_, nobody := w.SignIn.SignIn(ctx, signintest.Visitor("y"), "+79160000001", "Nevernyj-2026!")
			if with == nil || nobody == nil || with.Error() != nobody.Error() {
				t.Fatalf("try %d: %v and %v", i, with, nobody)
			}
		}
		if n := len(w.Outbox.To(phone)); n != sent {
			t.Errorf("%d codes went out after wrong passwords", n-sent)
		}
	})
}

func TestACodeForSignInOpensNoOtherRoad(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		away := signintest.Visitor("away")
		confirmed(t, w, signintest.Visitor("home"), phone)
		clock.Advance(2 * time.Minute)
		half(t, w, away, phone)
		code := w.Code(t, phone)
		if _, err := w.SignIn.RecoverStart(ctx, away, phone); err != nil {
			t.Fatal(err)
		}
		if recovers := w.Code(t, phone); code == recovers {
			t.Skip("one in a million")
		}
		if _, err := w.SignIn.RecoverCode(ctx, away, code); !errors.Is(err, contact.ErrWrong) {
			t.Errorf("the code for sign-in recovers the account: %v", err)
		}
	})
}
