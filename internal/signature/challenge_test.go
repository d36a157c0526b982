package signature_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/account"
	"okno/internal/i18n"
	"okno/internal/id"
	sandbox "okno/internal/sandbox/authority"
	"okno/internal/signature"
	"okno/internal/store"
)

var browser = signature.Holder{Browser: "one-browser-of-somebody", Network: "192.0.2.0/24"}

func begin(t *testing.T, x *world, h signature.Holder, p signature.Purpose) signature.Challenge {
	t.Helper()
	c, err := x.Begin(t.Context(), h, p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestASignedTextProvesWhoOneIsAndOnlyOnce(t *testing.T) {
	each(t, func(t *testing.T, x *world) {
		i := x.certificate(t, sandbox.ECDSA, nil)
		for _, f := range []sandbox.Form{{}, {Attached: true}} {
			c := begin(t, x, browser, signature.SignIn)
			opened, err := x.Open(t.Context(), c.ID, browser)
			if err != nil || string(opened.Content) != string(c.Content) {
				t.Fatalf("%q, %v", opened.Content, err)
			}
			file := sign(t, i, c.Content, f)
			got, err := x.Answer(t.Context(), c.ID, browser, signature.SignIn, file)
			if err != nil || got.SNILS != "11223344595" {
				t.Fatalf("%+v, %v", got, err)
			}
			if _, err := x.Answer(t.Context(), c.ID, browser, signature.SignIn, file); !errors.Is(err, signature.ErrSpent) {
				t.Errorf("the same once more: %v", err)
			}
			if _, err := x.Open(t.Context(), c.ID, browser); !errors.Is(err, signature.ErrSpent) {
				t.Errorf("a spent one was opened: %v", err)
			}
			next := begin(t, x, browser, signature.SignIn)
			if _, err := x.Answer(t.Context(), next.ID, browser, signature.SignIn, file); !errors.Is(err, signature.ErrContent) {
				t.Errorf("the signature of another text: %v", err)
			}
		}
	})
}

func TestTheTextToBeSignedSaysWhatItIsForInTheReadersLanguage(t *testing.T) {
	x := one(t)
	c, err := x.Begin(i18n.With(t.Context(), i18n.RU), browser, signature.SignIn)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Вход на портал «Окно»", "https://okno.example", "18.11.2026 11:02", "Номер: "} {
		if !strings.Contains(string(c.Content), want) {
			t.Errorf("%q is not in\n%s", want, c.Content)
		}
	}
	e, err := x.Begin(i18n.With(t.Context(), i18n.EN), browser, signature.Confirm)
	if err != nil || !strings.Contains(string(e.Content), "Proof of identity on the portal “Okno”") {
		t.Errorf("%s, %v", e.Content, err)
	}
	if strings.Contains(strings.ReplaceAll(string(c.Content), "\r\n", ""), "\n") {
		t.Error("a line ends by itself")
	}
	again := begin(t, x, browser, signature.SignIn)
	if string(again.Content) == string(c.Content) {
		t.Error("two texts are the same")
	}
	// A program that signs "as text" turns bare ends of lines into these, and changes nothing here.
	file := sign(t, x.certificate(t, sandbox.ECDSA, nil), c.Content, sandbox.Form{})
	if _, err := x.Answer(t.Context(), c.ID, browser, signature.SignIn, file); err != nil {
		t.Error(err)
	}
}

func TestATextIsForOneHolderOnePurposeAndItsTime(t *testing.T) {
	each(t, func(t *testing.T, x *world) {
		i := x.certificate(t, sandbox.ECDSA, nil)
		anna, boris := x.account(t), x.account(t)
		cabinet := signature.Holder{Account: anna}
		c := begin(t, x, browser, signature.SignIn)
		own := begin(t, x, cabinet, signature.Confirm)
		file, ownFile := sign(t, i, c.Content, sandbox.Form{}), sign(t, i, own.Content, sandbox.Form{})
		for name, err := range map[string]error{
			"another browser":    second(x.Answer(t.Context(), c.ID, signature.Holder{Browser: "another"}, signature.SignIn, file)),
			"an account":         second(x.Answer(t.Context(), c.ID, cabinet, signature.SignIn, file)),
			"another purpose":    second(x.Answer(t.Context(), c.ID, browser, signature.Confirm, file)),
			"another account":    second(x.Answer(t.Context(), own.ID, signature.Holder{Account: boris}, signature.Confirm, ownFile)),
			"a browser":          second(x.Answer(t.Context(), own.ID, browser, signature.Confirm, ownFile)),
			"nothing of the two": second(x.Answer(t.Context(), "none", browser, signature.SignIn, file)),
		} {
			if !errors.Is(err, signature.ErrChallenge) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := x.Begin(t.Context(), signature.Holder{}, signature.SignIn); !errors.Is(err, signature.ErrChallenge) {
			t.Errorf("a text for nobody: %v", err)
		}
		if _, err := x.Answer(t.Context(), own.ID, cabinet, signature.Confirm, ownFile); err != nil {
			t.Errorf("its own: %v", err)
		}
		x.Clock.Advance(x.Policy.Signatures.Lifetime)
		if _, err := x.Answer(t.Context(), c.ID, browser, signature.SignIn, file); !errors.Is(err, signature.ErrLate) {
			t.Errorf("late: %v", err)
		}
		x.Clock.Advance(25 * time.Hour)
		if err := x.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Open(t.Context(), c.ID, browser); !errors.Is(err, signature.ErrChallenge) {
			t.Errorf("after the sweep: %v", err)
		}
	})
}

func second[A any](_ A, err error) error { return err }

// account is a row that a challenge may belong to.
func (x *world) account(t *testing.T) string {
	t.Helper()
	who := id.New()
	err := x.DB.Write(t.Context(), func(tx *store.Tx) error {
		key, err := x.Ring.NewPerson(t.Context(), tx, who)
		if err != nil {
			return err
		}
		return (&account.Service{DB: x.DB, Ring: x.Ring}).Create(t.Context(), tx, key, account.New{ID: who, Lang: i18n.RU})
	})
	if err != nil {
		t.Fatal(err)
	}
	return who
}

func TestOfTwoGoodSignaturesAtOnceOneWins(t *testing.T) {
	each(t, func(t *testing.T, x *world) {
		c := begin(t, x, browser, signature.SignIn)
		i := x.certificate(t, sandbox.ECDSA, nil)
		const tries = 6
		files := make([][]byte, tries)
		for n := range files {
			files[n] = sign(t, i, c.Content, sandbox.Form{})
		}
		errs := make([]error, tries)
		var wg sync.WaitGroup
		for n := range tries {
			wg.Go(func() { _, errs[n] = x.Answer(t.Context(), c.ID, browser, signature.SignIn, files[n]) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, signature.ErrSpent):
				t.Error(err)
			}
		}
		if won != 1 {
			t.Errorf("%d won", won)
		}
	})
}

func TestATextDiesAfterSoManyRefusalsAndNotByAnAuthorityThatIsAway(t *testing.T) {
	each(t, func(t *testing.T, x *world) {
		x.Policy.Signatures.Tries = 3
		c := begin(t, x, browser, signature.SignIn)
		file := sign(t, x.certificate(t, sandbox.ECDSA, nil), c.Content, sandbox.Form{})
		x.Web.down.Store(true)
		for range 5 {
			if _, err := x.Answer(t.Context(), c.ID, browser, signature.SignIn, file); !errors.Is(err, signature.ErrCannotCheck) {
				t.Fatal(err)
			}
		}
		x.Web.down.Store(false)
		for range 3 {
			if _, err := x.Answer(t.Context(), c.ID, browser, signature.SignIn, []byte("none")); !errors.Is(err, signature.ErrNotSignature) {
				t.Fatal(err)
			}
		}
		if _, err := x.Answer(t.Context(), c.ID, browser, signature.SignIn, file); !errors.Is(err, signature.ErrTries) {
			t.Errorf("the fourth: %v", err)
		}
	})
}

func TestABrowserOfSomebodysIsNotKeptOutByItsNetwork(t *testing.T) {
	each(t, func(t *testing.T, x *world) {
		x.Policy.Signatures.ByNet.Max = 3
		stranger := 0
		for range 5 {
			if _, err := x.Begin(t.Context(), signature.Holder{Browser: "stranger", Network: "192.0.2.0/24"}, signature.SignIn); errors.Is(err, signature.ErrOften) {
				stranger++
			}
		}
		if stranger != 2 {
			t.Errorf("%d texts of five were refused to a stranger", stranger)
		}
		known := signature.Holder{Browser: "known", Network: "192.0.2.0/24"}
		for range 3 {
			begin(t, x, known, signature.SignIn)
		}
		if _, err := x.Begin(t.Context(), known, signature.SignIn); !errors.Is(err, signature.ErrOften) {
			t.Errorf("a fourth text in the browser: %v", err)
		}
	})
}

func TestANetworkThatAsksForVeryMuchIsAskedToWait(t *testing.T) {
	each(t, func(t *testing.T, x *world) {
		x.Policy.Signatures.ByNet.Max = 3
		var c signature.Challenge
		for range 3 {
			c = begin(t, x, browser, signature.SignIn)
		}
		if _, err := x.Begin(t.Context(), browser, signature.SignIn); !errors.Is(err, signature.ErrOften) {
			t.Errorf("a fourth text: %v", err)
		}
		if _, err := x.Answer(t.Context(), c.ID, browser, signature.SignIn, nil); !errors.Is(err, signature.ErrOften) {
			t.Errorf("a signature: %v", err)
		}
		other := signature.Holder{Browser: "other", Network: "198.51.100.0/24"}
		begin(t, x, other, signature.SignIn)
		begin(t, x, signature.Holder{Account: x.account(t)}, signature.Confirm)
		var n int
		if err := store.One(x.DB.QueryRow(t.Context(), `SELECT count(*) FROM limit_bucket WHERE key LIKE '%192.0.2%'`).Scan(&n)); err != nil || n != 0 {
			t.Errorf("a network stands in the name of a bucket: %d, %v", n, err)
		}
	})
}

func TestAPersonTakesTheirTextsAwayAndTheyAreGoneAfterTheErasure(t *testing.T) {
	each(t, func(t *testing.T, x *world) {
		anna, boris := x.account(t), x.account(t)
		begin(t, x, signature.Holder{Account: anna}, signature.Confirm)
		begin(t, x, signature.Holder{Account: boris}, signature.Confirm)
		held := func(who string) (n int) {
			t.Helper()
			err := x.Export(t.Context(), x.DB, who, func(table string, _ any) error {
				n++
				if table != "signature_challenge" {
					t.Errorf("a row of %s", table)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if held(anna) != 1 || held(boris) != 1 {
			t.Errorf("%d, %d", held(anna), held(boris))
		}
		if err := x.DB.Write(t.Context(), func(tx *store.Tx) error { return x.Erase(t.Context(), tx, anna) }); err != nil {
			t.Fatal(err)
		}
		if held(anna) != 0 || held(boris) != 1 {
			t.Errorf("%d, %d", held(anna), held(boris))
		}
	})
}
