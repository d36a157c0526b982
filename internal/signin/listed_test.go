package signin_test

import (
	"crypto/sha1" //nolint:gosec // the key of the file
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/credential"
	"okno/internal/form"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// leaks writes the password into an operator's file of leaked ones, after it was set.
func leaks(t *testing.T, w *signintest.World, password string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "leaked.txt")
	if err := os.WriteFile(path, fmt.Appendf(nil, "%X:3\n", sha1.Sum([]byte(password))), 0o600); err != nil { //nolint:gosec // the key of the file
		t.Fatal(err)
	}
	l, err := credential.OpenLeaked(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	w.Credentials.Leaked = l
}

// AUTH-6, REG-7: the right password opens nothing any more once everybody may have it.
func TestAPasswordThatLeakedSinceItWasSetIsReplacedBeforeAnythingOpens(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		away := signintest.Visitor("away")
		who := person(t, w, w.Register(t, signintest.Visitor("home"), phone))
		leaks(t, w, signintest.Password)
		clock.Advance(2 * time.Minute)
		waits := half(t, w, away, phone)
		if x, err := w.SignIn.Second(ctx, away, waits); err != nil || x.List != credential.LeakedList || x.Days != 0 {
			t.Errorf("it is not said why: %+v, %v", x, err)
		}
		if token, err := w.SignIn.SecondCode(ctx, away, waits, w.Code(t, phone), true); token != "" || !errors.Is(err, signin.ErrReplace) {
			t.Fatalf("the leaked password opens a session: %q, %v", token, err)
		}
		if list, err := w.SignIn.Replaces(ctx, away, waits); err != nil || list != credential.LeakedList {
			t.Errorf("it is not said why: %q, %v", list, err)
		}
		if _, err := w.SignIn.Replace(ctx, away, waits, signintest.Password, signintest.Password); err == nil {
			t.Error("the leaked password is kept")
		}
		token, err := w.SignIn.Replace(ctx, away, waits, newPassword, newPassword)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := w.Credentials.Check(ctx, token); err != nil || s.OwnerID != who.ID || s.Methods != "pwd sms" {
			t.Errorf("%+v, %v", s, err)
		}
		if _, err := w.SignIn.SignIn(ctx, away, phone, signintest.Password); !errors.Is(err, signin.ErrWrong) {
			t.Errorf("the leaked password still opens: %v", err)
		}
		if _, err := w.SignIn.SignIn(ctx, away, phone, newPassword); err != nil {
			t.Errorf("the new one: %v", err)
		}
		if !did(t, w, who.ID, "password.listed") || !did(t, w, who.ID, "password.replaced") {
			t.Error("the owner's history does not tell of it")
		}
	})
}

// Whoever has the list has the password: with it alone they would set one of theirs, and shut the owner out.
func TestWhoeverHasOnlyAListedPasswordReplacesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		home, thief := signintest.Visitor("home"), signintest.Visitor("thief")
		w.Register(t, home, phone)
		w.Credentials.Common = func() form.Words { return "vesna-2026-okno" }
		leaks(t, w, signintest.Password)
		clock.Advance(25 * time.Hour) // the account's own browser is trusted no longer
		for _, v := range []struct {
			name string
			who  credential.Visitor
		}{{"a stranger's browser", thief}, {"the owner's, in a library", home}} {
			waits := half(t, w, v.who, phone)
			if _, err := w.SignIn.Replace(ctx, v.who, waits, newPassword, newPassword); !errors.Is(err, credential.ErrNoPending) {
				t.Errorf("%s: the second factor is passed over: %v", v.name, err)
			}
			if _, err := w.SignIn.Replaces(ctx, v.who, waits); !errors.Is(err, credential.ErrNoPending) {
				t.Errorf("%s: %v", v.name, err)
			}
			for range w.Policy.SecondFactor.Tries {
				if _, err := w.SignIn.SecondCode(ctx, v.who, waits, wrongFor(w.Code(t, phone)), false); !errors.Is(err, signin.ErrSecondWrong) {
					t.Errorf("%s: a wrong code: %v", v.name, err)
				}
			}
			if _, err := w.SignIn.SecondCode(ctx, v.who, waits, wrongFor(w.Code(t, phone)), false); !errors.Is(err, signin.ErrSecondOver) {
				t.Errorf("%s: the fourth wrong code: %v", v.name, err)
			}
			clock.Advance(2 * time.Minute)
		}
	})
}

// Where the owner has shown a second factor of late, in a browser that is remembered, no code goes out: the password is replaced at once.
func TestInARememberedBrowserAListedPasswordIsReplacedWithoutACode(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		home := signintest.Visitor("home")
		w.Register(t, home, phone)
		leaks(t, w, signintest.Password)
		waits := half(t, w, home, phone)
		if list, err := w.SignIn.Replaces(ctx, home, waits); err != nil || list != credential.LeakedList {
			t.Fatalf("%q, %v", list, err)
		}
		token, err := w.SignIn.Replace(ctx, home, waits, newPassword, newPassword)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := w.Credentials.Check(ctx, token); err != nil || s.Methods != "pwd device" {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

// Nothing of it is asked, and nothing shows, before the password is right: neither words nor statements nor a look at the lists.
func TestAListIsLookedAtForARightPasswordOnlyAndAsksNoDatabase(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		w.Register(t, signintest.Visitor("anna"), phone)
		leaks(t, w, "Deeper-River-10")
		looks := 0
		w.Credentials.Common = func() form.Words { looks++; return "qwerty" }
		for _, login := range []string{phone, "+79160000000"} {
			for _, password := range []string{"Deeper-River-10", "Qwerty-1!", "Wrong-Pass-1234"} {
				if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("stranger-"+login+password), login, password); !errors.Is(err, signin.ErrWrong) {
					t.Errorf("%s, %s: %v", login, password, err)
				}
			}
		}
		if looks != 0 {
			t.Errorf("%d looks at the lists for wrong passwords", looks)
		}
		counted, n := store.Counting(ctx)
		token, err := w.SignIn.SignIn(counted, signintest.Visitor("anna"), phone, signintest.Password)
		if err != nil || looks != 1 || n.Load() > 4 {
			t.Errorf("a good password: %v, %d looks, %d statements", err, looks, n.Load())
		}
		if s, err := w.Credentials.Check(ctx, token); err != nil || s.Level != access.Simplified {
			t.Errorf("%+v, %v", s, err)
		}
	})
}
