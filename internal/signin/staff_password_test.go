package signin_test

import (
	"errors"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

func TestAnEmployeeSetsAnotherPasswordAfterAFreshProofAndTheOtherSessionsEnd(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		secret, now := employee(t, w), time.Now()
		w.SignIn.Clock = func() time.Time { return now }
		v := signintest.Visitor("desk")
		enter := func(password string) (string, error) {
			now = now.Add(30 * time.Second)
			return w.SignIn.StaffSignIn(ctx, v, "smirnova", password, codeOf(t, secret, now))
		}
		other, err := enter(signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		v = signintest.Visitor("office")
		token, err := enter(signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		who := person(t, w, token)
		for typed, field := range map[[2]string]string{
			{"short", "short"}: "password", {signintest.Password, signintest.Password}: "password", {"Smirnova-2026", "Smirnova-2026"}: "password", {newPassword, "other"}: "password_again"} {
			f, _ := fault.Of(w.SignIn.StaffChangePassword(ctx, who, v, typed[0], typed[1]))
			if f == nil || len(f.Fields) != 1 || f.Fields[0].Name != field {
				t.Errorf("%q: %v", typed, f)
			}
		}
		clock.Advance(w.Policy.Session.Fresh)
		if err := w.SignIn.StaffChangePassword(ctx, who, v, newPassword, newPassword); !errors.Is(err, signin.ErrStaffAgain) {
			t.Errorf("without a fresh proof: %v", err)
		}
		now = now.Add(30 * time.Second)
		if err := w.SignIn.StaffAgain(ctx, who, v, signintest.Password, codeOf(t, secret, now)); err != nil {
			t.Fatal(err)
		}
		who.AuthAt = clock.Now()
		newer := ""
		in := credential.WithRenewal(ctx, func() string { return token }, func(next string) { newer = next })
		if err := w.SignIn.StaffChangePassword(in, who, v, newPassword, newPassword); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Credentials.Check(ctx, newer); err != nil {
			t.Errorf("this session has ended, too: %v", err)
		}
		if n := recorded(t, w, "staff.password_changed"); n != 1 {
			t.Errorf("recorded %d times", n)
		}
		for what, old := range map[string]string{"another session": other, "this session by its former token": token} {
			if _, err := w.Credentials.Check(ctx, old); !errors.Is(err, credential.ErrNoSession) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := enter(signintest.Password); !errors.Is(err, signin.ErrStaffWrong) {
			t.Errorf("the former password: %v", err)
		}
		if _, err := enter(newPassword); err != nil {
			t.Errorf("the new one: %v", err)
		}
		if err := w.SignIn.StaffChangePassword(ctx, access.Actor{Kind: access.Person, ID: who.ID, AuthAt: clock.Now()}, v, newPassword, newPassword); err == nil {
			t.Error("a person sets an employee's")
		}
	})
}

// A form that was sent twice sets one password, and its second answer says what has happened.
func TestOfTwoPasswordsOfAnEmployeeAtOnceOneIsSetAndTheOtherIsTold(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		secret := employee(t, w)
		v := signintest.Visitor("desk")
		token, err := w.SignIn.StaffSignIn(ctx, v, "smirnova", signintest.Password, codeOf(t, secret, time.Now()))
		if err != nil {
			t.Fatal(err)
		}
		who := person(t, w, token)
		set := func(s *signin.Service) error { return s.StaffChangePassword(ctx, who, v, newPassword, newPassword) }
		second := lateAt(t, w, 4, set) // fresh, counted, hashed: it is about to set it
		if err := set(w.SignIn); err != nil {
			t.Errorf("the first: %v", err)
		}
		if err := second(); !errors.Is(err, signin.ErrStaffSet) || fault.KindOf(err) != fault.Conflict {
			t.Errorf("the second: %v", err)
		}
		if _, err := w.Credentials.Check(ctx, token); err != nil {
			t.Errorf("the session in which it was set: %v", err)
		}
		if n := recorded(t, w, "staff.password_changed"); n != 1 {
			t.Errorf("recorded %d times", n)
		}
	})
}

// Each try is compared with the password in force, and costs what that costs.
func TestAnEmployeeWhoOffersThePasswordInForceAgainAndAgainIsStoppedForAWhile(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		secret := employee(t, w)
		v := signintest.Visitor("desk")
		token, err := w.SignIn.StaffSignIn(ctx, v, "smirnova", signintest.Password, codeOf(t, secret, time.Now()))
		if err != nil {
			t.Fatal(err)
		}
		who := person(t, w, token)
		for n := range w.Policy.SignIn.Device.Max {
			f, _ := fault.Of(w.SignIn.StaffChangePassword(ctx, who, v, signintest.Password, signintest.Password))
			if f == nil || len(f.Fields) != 1 || f.Fields[0].Key != "desk.own.password_same" {
				t.Fatalf("try %d: %v", n, f)
			}
		}
		if err := w.SignIn.StaffChangePassword(ctx, who, v, newPassword, newPassword); !errors.Is(err, signin.ErrNewPasswords) {
			t.Errorf("one more: %v", err)
		}
	})
}

// Of two passwords that are set at once the later does not overwrite what its page has not seen.
func TestAnEmployeesPasswordThatWasResetMeanwhileStays(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		employee(t, w)
		x, err := w.Staff.Lookup(ctx, w.DB, "smirnova")
		if err != nil {
			t.Fatal(err)
		}
		set := func(was string) error {
			return w.DB.Write(ctx, func(tx *store.Tx) error { return w.Staff.SetPassword(ctx, tx, x.Employee.ID, was, "another") })
		}
		if err := set("of before"); !errors.Is(err, store.ErrStale) {
			t.Errorf("a password that is not in force: %v", err)
		}
		if err := set(x.Encoded); err != nil {
			t.Error(err)
		}
		if err := w.Staff.Dismiss(ctx, access.SystemActor(), "smirnova"); err != nil {
			t.Fatal(err)
		}
		if err := set("another"); !errors.Is(err, store.ErrStale) {
			t.Errorf("of whoever is dismissed: %v", err)
		}
	})
}
