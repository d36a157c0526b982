package signin_test

import (
	"errors"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
)

// asksForPassword reports whether err is a form that waits for the password.
func asksForPassword(err error) bool {
	f, ok := fault.Of(err)
	return ok && len(f.Fields) > 0 && f.Fields[len(f.Fields)-1].Key == "signin.prove_first"
}

func TestAStrangerAtAnOpenSessionNeitherAddsNorRemovesAContact(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		token := w.Register(t, v, phone)
		if _, err := add(t, w, person(t, w, token), v, email); err != nil {
			t.Fatal(err)
		}
		clock.Advance(w.Policy.Session.Fresh)
		who := person(t, w, token) // and Anna has gone for tea
		const strangers = "+79160000009"
		attempts := map[string]func(password string) error{
			"added": func(password string) error {
				_, err := w.SignIn.AddContact(ctx, who, v, strangers, password)
				return err
			},
			"removed": func(password string) error {
				return w.SignIn.RemoveContact(ctx, who, contactsOf(t, w, who)[email].ID, password)
			},
		}
		for what, attempt := range attempts {
			if err := attempt(""); !asksForPassword(err) {
				t.Errorf("a contact is %s without the password: %v", what, err)
			}
			if err := attempt("Wrong-River-1"); !errors.Is(err, signin.ErrPassword) {
				t.Errorf("a contact is %s with a wrong password: %v", what, err)
			}
		}
		if n := len(w.Outbox.To(strangers)); n != 0 {
			t.Errorf("%d codes went to the stranger's phone", n)
		}
		_, err := w.SignIn.AddContact(ctx, who, v, "nonsense", "")
		if f, ok := fault.Of(err); !ok || len(f.Fields) != 2 || !asksForPassword(err) {
			t.Errorf("a wrong contact without the password is told as %v", err)
		}
		for range w.Policy.SignIn.Device.Max {
			err = attempts["added"]("Wrong-River-1")
		}
		if !errors.Is(err, signin.ErrBlocked) {
			t.Errorf("guesses in an open session go on without end: %v", err)
		}
		if err := attempts["removed"](signintest.Password); !errors.Is(err, signin.ErrBlocked) {
			t.Errorf("the right password ends the block: %v", err)
		}
		if len(contactsOf(t, w, who)) != 2 {
			t.Error("a contact is gone")
		}
	})
}

func TestWhoHasJustTypedThePasswordIsNotAskedTwice(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		token := w.Register(t, v, phone)
		if _, err := w.SignIn.AddContact(ctx, person(t, w, token), v, email, ""); err != nil {
			t.Errorf("just registered: %v", err)
		}
		clock.Advance(w.Policy.Session.Fresh)
		if w.SignIn.Fresh(person(t, w, token)) {
			t.Fatal("the session is fresh for ever")
		}
		old, err := w.SignIn.SignIn(ctx, v, phone, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		clock.Advance(w.Policy.Session.Fresh)
		c, err := w.SignIn.AddContact(ctx, person(t, w, token), v, email, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.ConfirmContact(ctx, person(t, w, token), v, c.ID, w.Code(t, email)); err != nil {
			t.Fatal(err)
		}
		clock.Advance(w.Policy.Session.Fresh - time.Second)
		who := person(t, w, token)
		if err := w.SignIn.RemoveContact(ctx, person(t, w, old), contactsOf(t, w, who)[phone].ID, ""); !asksForPassword(err) {
			t.Errorf("the password that was typed in one session opens another: %v", err)
		}
		if err := w.SignIn.RemoveContact(ctx, who, contactsOf(t, w, who)[phone].ID, ""); err != nil {
			t.Errorf("asked again after %s: %v", w.Policy.Session.Fresh-time.Second, err)
		}
		if err := w.SignIn.RemoveContact(ctx, access.Actor{}, "x", ""); !errors.Is(err, access.ErrSignIn) {
			t.Errorf("nobody removes a contact: %v", err)
		}
		if err := w.SignIn.RemoveContact(ctx, who, "x", ""); !errors.Is(err, contact.ErrMissing) {
			t.Errorf("a contact that is not there: %v", err)
		}
	})
}
