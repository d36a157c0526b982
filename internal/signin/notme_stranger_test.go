package signin_test

import (
	"fmt"
	"testing"
	"time"

	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
)

// The stranger comes, adds a key, and does something small; of that the owner reads first.
func TestAStrangersKeyIsInDoubtWhicheverOfTheirDeedsIsDisavowed(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, _ := home(t, w, clock)
		thief := signintest.Visitor("thief")
		token, err := w.SignIn.SignIn(ctx, thief, phone, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		look(t, w)
		later(t, w, clock, time.Minute)
		who, his := withKey(t, w, thief, token)
		later(t, w, clock, time.Minute)
		if err := w.SignIn.MakeMain(ctx, who, contactsOf(t, w, who)[mail].ID); err != nil {
			t.Fatal(err)
		}
		disavow(t, w, newest(t, w))
		later(t, w, clock, time.Minute)
		if _, err := byKey(t, w, thief, his); err == nil {
			t.Error("the stranger's key opens the account")
		}
		if !pauseOf(t, w, anna.ID).On() {
			t.Error("nothing is paused")
		}
	})
}

// Else the pause would only have put off what the stranger came for.
func TestWithThePauseGoesWhatCameWithTheStranger(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, v := home(t, w, clock)
		thief := signintest.Visitor("thief")
		token, err := w.SignIn.SignIn(ctx, thief, phone, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		look(t, w)
		arrival := newest(t, w)
		later(t, w, clock, time.Minute)
		who, his := withKey(t, w, thief, token)
		if _, err := add(t, w, who, thief, "thief@example.org"); err != nil {
			t.Fatal(err)
		}
		disavow(t, w, arrival)
		later(t, w, clock, 2*time.Minute)
		again := enter(t, w, thief) // the password is still good
		attempt, err := w.SignIn.LiftSend(ctx, anna, v, signin.ByPhone)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.LiftCode(ctx, anna, v, signin.ByPhone, attempt, w.Code(t, phone)); err != nil {
			t.Fatal(err)
		}
		if n := saw(t, w, "thief@example.org", "снова возможны"); n != 0 {
			t.Errorf("the stranger is told of the lift %d times", n)
		}
		if list := contactsOf(t, w, anna); len(list) != 2 {
			t.Errorf("the account has the contacts %v", list)
		}
		if _, err := byKey(t, w, thief, his); err == nil {
			t.Error("the stranger's key opens the account")
		}
		if open(t, w, again) || !open(t, w, anna) {
			t.Errorf("the stranger's session is open: %v; the owner's: %v", open(t, w, again), open(t, w, anna))
		}
	})
}

func TestASignInThatIsUnderWayInABrowserOfTheStrangersComesToNothing(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, _ := home(t, w, clock)
		if err := w.SignIn.SwitchCodes(ctx, anna, true); err != nil {
			t.Fatal(err)
		}
		later(t, w, clock, 2*time.Minute)
		thief := signintest.Visitor("thief")
		if _, err := w.SignIn.SecondCode(ctx, thief, half(t, w, thief, phone), w.Code(t, phone), true); err != nil {
			t.Fatal(err)
		}
		look(t, w)
		later(t, w, clock, time.Minute)
		goOn, err := w.SignIn.Halted(ctx, thief, phone)
		if err != nil {
			t.Fatal(err)
		}
		disavow(t, w, newest(t, w))
		if _, err := goOn(); err == nil {
			t.Error("a session is open without the second factor")
		}
	})
}

// Whoever signs in to an account of their own from many browsers keeps nobody's notice waiting.
func TestACrowdOfNewBrowsersKeepsNobodysNoticeWaiting(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		home(t, w, clock)
		v := signintest.Visitor("eve")
		_, his := withKey(t, w, v, w.Register(t, v, "+79031112233"))
		for i := range 210 {
			if _, err := byKey(t, w, signintest.Visitor(fmt.Sprint("eve", i)), his); err != nil {
				t.Fatal(err)
			}
		}
		clock.Advance(time.Second)
		enter(t, w, signintest.Visitor("thief"))
		look(t, w)
		if saw(t, w, mail, "с нового устройства") == 0 {
			t.Error("the owner was not told")
		}
	})
}

// By what the pause was lifted is written down: a code to the phone is none to the mail, whatever the form says.
func TestACodeCountsForTheContactItWentToAndForNoOther(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, v := home(t, w, clock)
		enter(t, w, signintest.Visitor("thief"))
		look(t, w)
		disavow(t, w, newest(t, w))
		later(t, w, clock, 2*time.Minute)
		attempt, err := w.SignIn.LiftSend(ctx, anna, v, signin.ByPhone)
		if err != nil {
			t.Fatal(err)
		}
		code := w.Code(t, phone)
		if err := w.SignIn.LiftCode(ctx, anna, v, signin.ByMail, attempt, code); err == nil || !pauseOf(t, w, anna.ID).On() {
			t.Errorf("as one to the mail: %v", err)
		}
		if err := w.SignIn.LiftCode(ctx, anna, v, signin.ByPhone, attempt, code); err != nil {
			t.Errorf("as what it is: %v", err)
		}
	})
}
