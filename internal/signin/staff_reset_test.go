package signin_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/credential"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

func TestAnEmployeeWhoLostTheAppOrThePasswordGetsOthersAndNothingOfTheFormerOnesOpens(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		secret, now := employee(t, w), time.Now()
		w.SignIn.Clock = func() time.Time { return now }
		v := signintest.Visitor("desk")
		token, err := w.SignIn.StaffSignIn(ctx, v, "smirnova", signintest.Password, codeOf(t, secret, now))
		if err != nil {
			t.Fatal(err)
		}
		officer := person(t, w, token)
		for i := 0; !errors.Is(err, signin.ErrBlocked) || i%2 != 0; i++ { // whoever found the password guesses codes, from many networks
			_, err = w.SignIn.StaffSignIn(ctx, signintest.Visitor(fmt.Sprint("thief", i/2)), "smirnova", signintest.Password, "000000")
		}
		encoded, hash := w.Hasher.Hash(ctx, newPassword)
		if hash != nil {
			t.Fatal(hash)
		}
		for name, c := range map[string]struct {
			who   access.Actor
			login string
			want  error
		}{"an officer": {officer, "smirnova", access.ErrDenied}, "nobody": {access.SystemActor(), "petrov", store.ErrNotFound}} {
			if _, err := w.SignIn.StaffReset(ctx, c.who, c.login, encoded); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
		if _, err := w.Credentials.Check(ctx, token); err != nil {
			t.Errorf("what was refused has ended a session: %v", err)
		}
		fresh, err := w.SignIn.StaffReset(ctx, access.SystemActor(), " Smirnova ", encoded)
		if err != nil || fresh == secret || recorded(t, w, "staff.reset") != 1 {
			t.Fatalf("%q, %v, recorded %d times", fresh, err, recorded(t, w, "staff.reset"))
		}
		if _, err := w.Credentials.Check(ctx, token); !errors.Is(err, credential.ErrNoSession) {
			t.Errorf("the session of before: %v", err)
		}
		for name, in := range map[string][2]string{"the former password": {signintest.Password, codeOf(t, fresh, now)}, "the former app": {newPassword, codeOf(t, secret, now)}} {
			if _, err := w.SignIn.StaffSignIn(ctx, v, "smirnova", in[0], in[1]); !errors.Is(err, signin.ErrStaffWrong) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.SignIn.StaffSignIn(ctx, v, "smirnova", newPassword, codeOf(t, fresh, now)); err != nil { // at the moment in which a code of the former app was used
			t.Errorf("both new ones: %v", err)
		}
		if err := w.Staff.Dismiss(ctx, access.SystemActor(), "smirnova"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.StaffReset(ctx, access.SystemActor(), "smirnova", encoded); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("somebody off duty: %v", err)
		}
	})
}

// REG-7: the list is of those that guess; who has the password alone is told nothing of it.
func TestWithAListedPasswordNoDeskOpensAndOnlyItsOwnerIsToldWhy(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		secret, now := employee(t, w), time.Now()
		w.SignIn.Clock = func() time.Time { return now }
		leaks(t, w, signintest.Password)
		v := signintest.Visitor("desk")
		if _, err := w.SignIn.StaffSignIn(ctx, v, "smirnova", signintest.Password, "000000"); !errors.Is(err, signin.ErrStaffWrong) {
			t.Errorf("the password alone: %v", err)
		}
		code := codeOf(t, secret, now)
		if token, err := w.SignIn.StaffSignIn(ctx, v, "smirnova", signintest.Password, code); token != "" || !errors.Is(err, signin.ErrStaffListed) {
			t.Errorf("the leaked password opens the desk: %q, %v", token, err)
		}
		if _, err := w.SignIn.StaffSignIn(ctx, v, "smirnova", signintest.Password, code); !errors.Is(err, signin.ErrStaffWrong) {
			t.Errorf("the code serves twice: %v", err)
		}
		if n := recorded(t, w, "signin.staff_listed"); n != 1 {
			t.Errorf("the record has it %d times", n)
		}
	})
}

func TestWithAListedPasswordAPasskeyOpensNoDeskEither(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		_, d := atDesk(t, w)
		leaks(t, w, signintest.Password)
		if token, err := byDeskKey(t, w, signintest.Visitor("desk"), d, "smirnova", signintest.Password); token != "" || !errors.Is(err, signin.ErrStaffListed) {
			t.Errorf("with a passkey: %q, %v", token, err)
		}
	})
}
