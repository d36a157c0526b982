package signin_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"okno/internal/account"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/notification"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

const newPassword = "Zima-2027-lesnaya"

// proved begins a recovery and proves the contact in it.
func proved(t *testing.T, w *signintest.World, v credential.Visitor, to string) signin.Step {
	t.Helper()
	if _, err := w.SignIn.RecoverStart(ctx, v, to); err != nil {
		t.Fatal(err)
	}
	r, err := w.SignIn.RecoverCode(ctx, v, w.Code(t, to))
	if err != nil {
		t.Fatal(err)
	}
	return r.Step
}

// passport gives the account one.
func passport(t *testing.T, w *signintest.World, accountID string) {
	t.Helper()
	if err := w.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := w.Accounts.Update(ctx, tx, accountID, func(a *account.Account) error {
			a.Profile.Document = form.PassportOf("4510", "123456", "2010-06-01", "OVD", "770001")
			return nil
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// AUTH-5: whoever has the phone has not the account.
func TestAStolenPhoneAloneRecoversNoAccountThatHoldsWhatRegistersKnow(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		accountID := confirmed(t, w, signintest.Visitor("home"), phone)
		passport(t, w, accountID)
		thief := signintest.Visitor("thief")
		clock.Advance(2 * time.Minute)
		if step := proved(t, w, thief, phone); step != signin.StepSecond {
			t.Fatalf("after the code the recovery stands at %s", step)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, thief, newPassword, newPassword); !errors.Is(err, signin.ErrNoRecovery) {
			t.Errorf("a password is set by the phone alone: %v", err)
		}
		x, err := w.SignIn.RecoverSecond(ctx, thief, "", "")
		if err != nil || len(x.Means) != 1 || x.Now != signin.ByDocument {
			t.Fatalf("%+v, %v", x, err)
		}
		if _, err := w.SignIn.RecoverSecondSend(ctx, thief, signin.ByPhone); !errors.Is(err, signin.ErrNoMeans) {
			t.Errorf("a second code to the same phone: %v", err)
		}
		for range 3 {
			if err := w.SignIn.RecoverSecondCode(ctx, thief, signin.ByDocument, "", "4510 654321"); !errors.Is(err, signin.ErrSecondWrong) {
				t.Errorf("a guess: %v", err)
			}
		}
		if err := w.SignIn.RecoverSecondCode(ctx, thief, signin.ByDocument, "", "4510 654321"); !errors.Is(err, signin.ErrRecoverOver) {
			t.Errorf("the fourth guess: %v", err)
		}
		if _, under, err := w.SignIn.Recovery(ctx, thief); under || err != nil {
			t.Errorf("the recovery goes on: %v, %v", under, err)
		}

		owner := signintest.Visitor("owner")
		clock.Advance(2 * time.Minute)
		proved(t, w, owner, phone)
		if err := w.SignIn.RecoverSecondCode(ctx, owner, signin.ByDocument, "", "45 10 № 123 456"); err != nil {
			t.Fatal(err)
		}
		token, err := w.SignIn.RecoverFinish(ctx, owner, newPassword, newPassword)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := w.Credentials.Check(ctx, token); err != nil || s.Methods != "pwd kba" {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

// Whoever holds the SIM and guesses all day keeps the owner out for hours, never for a day.
func TestWhoHoldsThePhoneShutsTheAnswersOfARecoveryForHoursOnly(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		passport(t, w, confirmed(t, w, signintest.Visitor("home"), phone))
		blocks := 0
		for i := range 24 {
			clock.Advance(time.Hour)
			thief := signintest.Visitor(fmt.Sprint("thief", i))
			if _, err := w.SignIn.RecoverStart(ctx, thief, phone); err != nil {
				continue // no more codes today
			}
			if _, err := w.SignIn.RecoverCode(ctx, thief, w.Code(t, phone)); err != nil {
				continue
			}
			for range 4 {
				err := w.SignIn.RecoverSecondCode(ctx, thief, signin.ByDocument, "", "4510 654321")
				f, _ := fault.Of(err)
				if !errors.Is(err, signin.ErrSecondBlocked) {
					continue
				}
				blocks++
				if wait := f.RetryAt.Sub(clock.Now()); wait > 2*time.Hour {
					t.Fatalf("block %d lasts %s", blocks, wait)
				}
			}
		}
		if blocks < 3 {
			t.Errorf("%d blocks: the test shows nothing", blocks)
		}
	})
}

func TestARecoveryTakesABackupCodeOrAnotherContactAndADocumentOnlyWhereOneIsKnown(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		home := signintest.Visitor("home")
		token := w.Register(t, home, phone)
		accountID := w.Confirm(t, token) // without a document
		if _, err := add(t, w, person(t, w, token), home, email); err != nil {
			t.Fatal(err)
		}
		var codes []string
		if err := w.DB.Write(ctx, func(tx *store.Tx) (err error) {
			codes, err = w.Credentials.NewBackupCodes(ctx, tx, accountID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		away := signintest.Visitor("away")
		clock.Advance(2 * time.Minute)
		proved(t, w, away, phone)
		x, err := w.SignIn.RecoverSecond(ctx, away, "", "")
		if err != nil || len(x.Means) != 2 || x.Means[0] != signin.ByMail || x.Means[1] != signin.ByBackup {
			t.Fatalf("%+v, %v", x, err)
		}
		if err := w.SignIn.RecoverSecondCode(ctx, away, signin.ByDocument, "", "4510 123456"); !errors.Is(err, signin.ErrNoMeans) {
			t.Errorf("a document where none is known: %v", err)
		}
		attempt, err := w.SignIn.RecoverSecondSend(ctx, away, signin.ByMail)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.RecoverSecondCode(ctx, away, signin.ByMail, attempt, w.Code(t, email)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, away, newPassword, newPassword); err != nil {
			t.Fatal(err)
		}
		clock.Advance(2 * time.Minute)
		elsewhere := signintest.Visitor("elsewhere")
		proved(t, w, elsewhere, email)
		if err := w.SignIn.RecoverSecondCode(ctx, elsewhere, signin.ByBackup, "", codes[0]); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, elsewhere, "Vesna-2028-polevaya", "Vesna-2028-polevaya"); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWhoeverHoldsLittleRecoversByTheContactAlone(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		who := person(t, w, w.Register(t, signintest.Visitor("home"), phone))
		away := signintest.Visitor("away")
		clock.Advance(2 * time.Minute)
		if step := proved(t, w, away, phone); step != signin.StepPassword {
			t.Errorf("a Simplified account: %s", step)
		}
		app(t, w, who.ID)
		if r, _, err := w.SignIn.Recovery(ctx, away); err != nil || r.Step != signin.StepSecond {
			t.Errorf("with an app: %+v, %v", r, err)
		}
	})
}

// browserOfNews is a browser in which news are shown.
var browserOfNews = notification.Subscription{Endpoint: "https://push.example/x", P256dh: "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM", Auth: "tBHItJI5svbpez7KI4CCXg"}

// Whoever had got into the account may have had its news shown in a browser of theirs.
func TestARecoveryTakesTheNewsOffEveryBrowser(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		who := person(t, w, w.Register(t, signintest.Visitor("home"), phone))
		if err := w.Notices.Subscribe(ctx, who, browserOfNews, "Chrome, Linux"); err != nil {
			t.Fatal(err)
		}
		clock.Advance(2 * time.Minute)
		away := signintest.Visitor("away")
		proved(t, w, away, phone)
		if _, err := w.SignIn.RecoverFinish(ctx, away, newPassword, newPassword); err != nil {
			t.Fatal(err)
		}
		if list, err := w.Notices.Browsers(ctx, who); err != nil || len(list) != 0 {
			t.Errorf("it is shown in %+v, %v", list, err)
		}
	})
}

// AUTH-6.
func TestNoPasswordOfTheLastOnesIsSetAgainAndAnOlderOneMayBe(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		accountID := person(t, w, w.Register(t, v, phone)).ID
		recovered := func(password string) error {
			t.Helper()
			clock.Advance(25 * time.Hour)
			if _, err := w.SignIn.RecoverStart(ctx, v, phone); err != nil {
				t.Fatal(err)
			}
			if _, err := w.SignIn.RecoverCode(ctx, v, w.Code(t, phone)); err != nil {
				t.Fatal(err)
			}
			_, err := w.SignIn.RecoverFinish(ctx, v, password, password)
			return err
		}
		used := func(err error) bool {
			f, ok := fault.Of(err)
			return ok && len(f.Fields) == 1 && f.Fields[0].Name == "password" && f.Fields[0].Key == "signin.password_used"
		}
		if err := recovered(signintest.Password); !used(err) {
			t.Errorf("the password in force is set again: %v", err)
		}
		passwords := []string{signintest.Password}
		for i := range w.Policy.Password.NoneOfLast {
			passwords = append(passwords, fmt.Sprintf("Another-River-%d", 10+i))
			if err := recovered(passwords[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range passwords[1:] {
			if err := recovered(p); !used(err) {
				t.Errorf("%s is set again: %v", p, err)
			}
		}
		var kept int
		if err := w.DB.QueryRow(ctx, `SELECT count(*) FROM password_past WHERE account_id = $1`, accountID).Scan(&kept); err != nil || kept != w.Policy.Password.NoneOfLast-1 {
			t.Errorf("%d former ones are kept, %v", kept, err)
		}
		if err := recovered(signintest.Password); err != nil {
			t.Errorf("one that is long past: %v", err)
		}
	})
}

func TestWhoTriesManyFormerPasswordsIsStoppedForAWhile(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		v := signintest.Visitor("anna")
		w.Register(t, v, phone)
		if _, err := w.SignIn.RecoverStart(ctx, v, phone); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.RecoverCode(ctx, v, w.Code(t, phone)); err != nil {
			t.Fatal(err)
		}
		for range w.Policy.SignIn.Device.Max {
			if _, err := w.SignIn.RecoverFinish(ctx, v, signintest.Password, signintest.Password); err == nil {
				t.Fatal("the password in force is set again")
			}
		}
		_, err := w.SignIn.RecoverFinish(ctx, v, newPassword, newPassword)
		if f, ok := fault.Of(err); !errors.Is(err, signin.ErrNewPasswords) || !ok || f.RetryAt.IsZero() {
			t.Errorf("nothing stops it: %v", err)
		}
	})
}

func TestATemporaryPasswordOpensNothingButTheWayToAnother(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		away := signintest.Visitor("away")
		accountID := confirmed(t, w, signintest.Visitor("home"), phone)
		encoded, err := w.Hasher.Hash(ctx, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.DB.Write(ctx, func(tx *store.Tx) error { return w.Credentials.SetPassword(ctx, tx, accountID, encoded, true) }); err != nil {
			t.Fatal(err)
		}
		clock.Advance(2 * time.Minute)
		waits := half(t, w, away, phone)
		if _, err := w.SignIn.Replace(ctx, away, waits, newPassword, newPassword); !errors.Is(err, credential.ErrNoPending) {
			t.Errorf("the second factor is passed over: %v", err)
		}
		if token, err := w.SignIn.SecondCode(ctx, away, waits, w.Code(t, phone), false); token != "" || !errors.Is(err, signin.ErrReplace) {
			t.Fatalf("the temporary password opens a session: %q, %v", token, err)
		}
		if err := w.SignIn.SecondBy(ctx, away, waits, signin.ByPhone); !errors.Is(err, signin.ErrReplace) {
			t.Errorf("the factor is asked for again: %v", err)
		}
		if _, err := w.SignIn.Replace(ctx, away, waits, signintest.Password, signintest.Password); err == nil {
			t.Error("the temporary password is kept")
		}
		if _, err := w.SignIn.Replace(ctx, signintest.Visitor("thief"), waits, newPassword, newPassword); !errors.Is(err, credential.ErrNoPending) {
			t.Errorf("in another browser: %v", err)
		}
		token, err := w.SignIn.Replace(ctx, away, waits, newPassword, newPassword)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := w.Credentials.Check(ctx, token); err != nil || s.Methods != "pwd sms" {
			t.Errorf("%+v, %v", s, err)
		}
		if _, err := w.SignIn.SignIn(ctx, away, phone, signintest.Password); !errors.Is(err, signin.ErrWrong) {
			t.Errorf("the temporary password still opens: %v", err)
		}
	})
}

func TestATemporaryPasswordIsReplacedWhereNoSecondFactorIsAskedForToo(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		home := signintest.Visitor("home")
		who := person(t, w, w.Register(t, home, phone))
		encoded, err := w.Hasher.Hash(ctx, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.DB.Write(ctx, func(tx *store.Tx) error { return w.Credentials.SetPassword(ctx, tx, who.ID, encoded, true) }); err != nil {
			t.Fatal(err)
		}
		waits := half(t, w, home, phone)
		if _, err := w.SignIn.Replaces(ctx, home, waits); err != nil {
			t.Error(err)
		}
		if _, err := w.SignIn.Replace(ctx, home, waits, newPassword, newPassword); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.SignIn(ctx, home, phone, newPassword); err != nil {
			t.Error(err)
		}
	})
}
