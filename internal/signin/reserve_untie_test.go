package signin_test

import (
	"errors"
	"testing"
	"time"

	"okno/internal/account"
	"okno/internal/contact"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
)

// REG-6: an address is one account's, whatever it is to it, and whoever holds it now gets it in the same way.
func TestTheReserveMailOfAnotherAccountIsTakenUntilItIsUntiedAndNothingIsFrozen(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna := both(t, w)
		if err := w.SignIn.ReserveContact(ctx, anna, contactsOf(t, w, anna)[email].ID, signintest.Password); err != nil {
			t.Fatal(err)
		}
		b := signintest.Visitor("boris")
		boris := person(t, w, w.Register(t, b, "boris@example.ru"))
		clock.Advance(2 * time.Minute)
		c, err := add(t, w, boris, b, email)
		if !errors.Is(err, contact.ErrTaken) {
			t.Fatalf("%v, want ErrTaken", err)
		}
		if err := w.SignIn.Untie(ctx, boris, c.ID); err != nil {
			t.Fatal(err)
		}
		if n := saw(t, w, phone, "просит отвязать"); n != 1 {
			t.Errorf("Anna is told %d times", n)
		}
		later(t, w, clock, w.Policy.Contacts.UntieWait+time.Minute)
		if _, there := contactsOf(t, w, anna)[email]; there {
			t.Error("it was not freed")
		}
		if a, err := w.Accounts.Get(ctx, w.DB, anna.ID); err != nil || a.State != account.Active {
			t.Errorf("Anna's account is %s, %v", a.State, err)
		}
		if _, err := add(t, w, boris, b, email); err != nil {
			t.Fatal(err)
		}
		if c, there := contactsOf(t, w, boris)[email]; !there || c.Reserve {
			t.Error("the new account has it not, or as a reserve")
		}
	})
}
