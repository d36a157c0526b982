package signin_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/fault"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// holds registers somebody in a browser of that name and gives the account a SNILS, as a proof at home does; it is the account.
func holds(t *testing.T, w *signintest.World, browser, contact, snils string) string {
	t.Helper()
	s, err := w.Credentials.Check(ctx, w.Register(t, signintest.Visitor(browser), contact))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := w.Accounts.Update(ctx, tx, s.OwnerID, func(a *account.Account) error {
			a.Level, a.Profile.SNILS = access.Standard, snils
			return nil
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return s.OwnerID
}

// AUTH-1.
func TestTheSNILSSignsInHoweverItIsTyped(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		who := holds(t, w, "anna", phone, "11223344595")
		for _, login := range []string{"112-233-445 95", "11223344595", " 112 233 445 95 ", "112–233–445\u00a095"} {
			token, err := w.SignIn.SignIn(ctx, signintest.Visitor("anna"), login, signintest.Password)
			if err != nil {
				t.Errorf("%q: %v", login, err)
				continue
			}
			if s, err := w.Credentials.Check(ctx, token); err != nil || s.OwnerID != who {
				t.Errorf("%q: session %+v, %v", login, s, err)
			}
		}
	})
}

// A phone that reads like a SNILS, and a SNILS that begins like a phone, are what they look like.
func TestElevenDigitsAreAPhoneUnlessTheyStandLikeASNILS(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		w.Register(t, signintest.Visitor("anna"), "+79123456789")
		holds(t, w, "boris", "boris@example.ru", "79123456717")
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("anna"), "79123456789", signintest.Password); err != nil {
			t.Errorf("the phone: %v", err)
		}
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("boris"), "791-234-567 17", signintest.Password); err != nil {
			t.Errorf("the SNILS: %v", err)
		}
	})
}

func TestASNILSWithAWrongCheckNumberIsNamedBeforeAnybodyIsAsked(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		_, err := w.SignIn.SignIn(ctx, signintest.Visitor("anna"), "112-233-445 96", signintest.Password)
		if f, ok := fault.Of(err); !ok || len(f.Fields) != 1 || f.Fields[0].Name != "login" || f.Fields[0].Key != "form.snils.check" {
			t.Errorf("it is said: %v", err)
		}
	})
}

// Nobody learns from signing in whose SNILS has an account here, nor locks its owner out by it.
func TestASNILSOfNobodyIsRefusedLikeOneWithAWrongPassword(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		holds(t, w, "anna", phone, "11223344595")
		outcomes := map[string][]string{}
		for _, login := range []string{"112-233-445 95", "087-654-303 00"} {
			for range 12 {
				counted, n := store.Counting(ctx)
				_, err := w.SignIn.SignIn(counted, signintest.Visitor("stranger"), login, "Wrong-Pass-1234")
				f, ok := fault.Of(err)
				if !ok {
					t.Fatalf("%s: %v", login, err)
				}
				outcomes[login] = append(outcomes[login], f.Key+" "+f.RetryAt.Format(time.RFC3339)+" "+string(rune('0'+n.Load())))
			}
		}
		if a, b := strings.Join(outcomes["112-233-445 95"], "\n"), strings.Join(outcomes["087-654-303 00"], "\n"); a != b {
			t.Errorf("a SNILS that has an account is refused otherwise:\n%s\n\nthan one that has none:\n%s", a, b)
		}
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("anna"), "112-233-445 95", signintest.Password); err != nil {
			t.Errorf("the owner's browser: %v", err)
		}
	})
}

// A guess at the SNILS counts with those at the contacts of the same account: there are no more tries than there were.
func TestGuessesBySNILSAndByContactAreOneAccountsGuesses(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		holds(t, w, "anna", phone, "11223344595")
		for i := range 30 {
			login := []string{phone, "112-233-445 95"}[i%2]
			if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("bot"+string(rune('a'+i))), login, "Wrong-Pass-1234"); err == nil {
				t.Fatal("a wrong password signed in")
			}
			clock.Advance(time.Second)
		}
		for _, login := range []string{phone, "112-233-445 95"} {
			if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("botz"), login, signintest.Password); !errors.Is(err, signin.ErrWrong) && !errors.Is(err, signin.ErrBlocked) {
				t.Errorf("a stranger goes on guessing by %s: %v", login, err)
			}
		}
	})
}

// What was taken over opens nothing by its former number.
func TestAnAccountThatIsRetiredIsFoundByNoSNILS(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		who := holds(t, w, "anna", phone, "11223344595")
		if err := w.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := w.Accounts.Update(ctx, tx, who, func(a *account.Account) error { a.State = account.Retired; return nil })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("anna"), "112-233-445 95", signintest.Password); !errors.Is(err, signin.ErrWrong) {
			t.Errorf("%v", err)
		}
	})
}
