package signin_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// openAdvice are the names of what a person is advised still.
func openAdvice(list []signin.Advice) string {
	out := ""
	for _, a := range list {
		if !a.Done && !a.Off {
			out += " " + a.Name
		}
	}
	return out
}

// A Confirmed account is asked for a second factor whatever its owner does, and a code by SMS is the weakest of them.
func TestAConfirmedPersonIsAdvisedToHaveMoreThanCodesInMessages(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		v := signintest.Visitor("anna")
		token := w.Register(t, v, phone)
		w.Confirm(t, token)
		who := person(t, w, token)
		list, err := w.SignIn.MyAdvice(ctx, who)
		if err != nil || openAdvice(list) != " contact strong backup" {
			t.Errorf("advised%s, %v", openAdvice(list), err)
		}
		app(t, w, who.ID)
		if list, err = w.SignIn.MyAdvice(ctx, who); err != nil || openAdvice(list) != " contact backup" {
			t.Errorf("with an app advised%s, %v", openAdvice(list), err)
		}
		for _, f := range []signin.Facts{{Level: access.Confirmed, Strong: true, Backup: true}, {Second: true, Strong: true, Backup: true}} {
			if got := openAdvice(w.SignIn.Advise(f)); strings.Contains(got, "strong") || strings.Contains(got, "backup") {
				t.Errorf("%+v: advised%s", f, got)
			}
		}
	})
}

func TestAdviceIsGivenUntilItIsFollowedOrDismissed(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		who := person(t, w, w.Register(t, v, phone))
		advised := func(want string) {
			t.Helper()
			list, err := w.SignIn.MyAdvice(ctx, who)
			if err != nil || openAdvice(list) != want {
				t.Errorf("advised%s, %v; want%s", openAdvice(list), err, want)
			}
		}
		advised(" contact identity second")
		if err := w.SignIn.DismissAdvice(ctx, who, "second sight"); !errors.Is(err, signin.ErrNoAdvice) {
			t.Errorf("advice that nobody gives: %v", err)
		}
		if err := w.SignIn.DismissAdvice(ctx, access.Actor{}, "contact"); err == nil {
			t.Error("nobody dismisses advice")
		}
		for range 2 { // pressed twice
			if err := w.SignIn.DismissAdvice(ctx, who, "identity"); err != nil {
				t.Fatal(err)
			}
		}
		a, err := w.Accounts.Get(ctx, w.DB, who.ID)
		if err != nil || len(a.AdviceOff) != 1 {
			t.Errorf("remembered %q, %v", a.AdviceOff, err)
		}
		advised(" contact second")
		if _, err := add(t, w, who, v, email); err != nil {
			t.Fatal(err)
		}
		advised(" second")
		app(t, w, person(t, w, w.Register(t, signintest.Visitor("vera"), "+79160000002")).ID)
		advised(" second") // the app is another's
		if err := w.DB.Write(ctx, func(tx *store.Tx) error { return w.Credentials.SendCodes(ctx, tx, who.ID) }); err != nil {
			t.Fatal(err)
		}
		advised(" strong backup")
		app(t, w, who.ID)
		advised(" backup")
		err = w.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := w.Credentials.NewBackupCodes(ctx, tx, who.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		advised("")
		w.SignIn.Signs = true // an operator named the authorities whose signatures count
		list, err := w.SignIn.MyAdvice(ctx, who)
		if err != nil || openAdvice(list) != " signature" || len(list) != 7 || list[2].Path != "/cabinet/signature" {
			t.Errorf("where signatures are taken: %+v, %v", list, err)
		}
		for level, done := range map[access.Level]bool{access.Simplified: false, access.Standard: false, access.Confirmed: true} { // what is bound to its person opens by any signature of theirs
			if at := w.SignIn.Advise(signin.Facts{Level: level})[2]; at.Name != "signature" || at.Done != done {
				t.Errorf("%s: %+v", level, at)
			}
		}
		w.SignIn.Signs = false
		clock.Advance(w.Policy.Contacts.Reconfirm - w.Policy.Contacts.ReconfirmRemind)
		advised(" recovery")
		if err := w.SignIn.DismissAdvice(ctx, who, "recovery"); err != nil {
			t.Fatal(err)
		}
		advised("")
		clock.Advance(time.Minute)
		boris := person(t, w, w.Register(t, signintest.Visitor("boris"), "+79160000001"))
		if list, err := w.SignIn.MyAdvice(ctx, boris); err != nil || openAdvice(list) != " contact identity second" {
			t.Errorf("another is advised%s, %v", openAdvice(list), err)
		}
	})
}
