package signin_test

import (
	"errors"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// asks lets Boris, in his cabinet, ask for Anna's phone, and says which attempt proved it.
func asks(t *testing.T, w *signintest.World, clock *storetest.Clock) (boris access.Actor, attempt string) {
	t.Helper()
	b := signintest.Visitor("boris")
	boris = person(t, w, w.Register(t, b, "boris@example.ru"))
	clock.Advance(2 * time.Minute)
	c, err := add(t, w, boris, b, phone)
	if !errors.Is(err, contact.ErrTaken) {
		t.Fatalf("%v, want ErrTaken", err)
	}
	if err := w.SignIn.Untie(ctx, boris, c.ID); err != nil {
		t.Fatal(err)
	}
	return boris, c.ID
}

func TestAContactStaysUntilItsOwnerWasToldAndHadTheWholeWait(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna := both(t, w)
		asks(t, w, clock)
		const words = "просит отвязать"
		if n := saw(t, w, email, words); n != 1 {
			t.Fatalf("told %d times", n)
		}
		if err := w.DB.Write(ctx, func(tx *store.Tx) error { // as if it had been lost
			_, err := tx.Exec(ctx, `UPDATE untying SET told_at = NULL`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		later(t, w, clock, w.Policy.Contacts.UntieWait+time.Second)
		held := func() bool {
			list, err := w.Contacts.Of(ctx, w.DB, anna.ID)
			if err != nil {
				t.Fatal(err)
			}
			return len(list) == 2
		}
		if n := saw(t, w, email, words); n != 2 || !held() {
			t.Fatalf("told %d times, held %t: a contact is taken from an owner who does not know", n, held())
		}
		later(t, w, clock, w.Policy.Contacts.UntieWait-time.Minute)
		if !held() {
			t.Error("the owner did not have the whole wait")
		}
		later(t, w, clock, 2*time.Minute)
		if held() || saw(t, w, "boris@example.ru", "Добавить его") != 1 {
			t.Error("the contact is never freed")
		}
	})
}

func TestNobodyIsToldThatAContactIsFreeWhichSomebodyElseHas(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna := both(t, w)
		boris, attempt := asks(t, w, clock)
		if err := w.SignIn.RemoveContact(ctx, anna, contactsOf(t, w, anna)[phone].ID, signintest.Password); err != nil {
			t.Fatal(err)
		}
		v := signintest.Visitor("vera")
		vera := person(t, w, w.Register(t, v, "vera@example.ru"))
		clock.Advance(2 * time.Minute)
		if _, err := add(t, w, vera, v, phone); err != nil {
			t.Fatal(err)
		}
		later(t, w, clock, w.Policy.Contacts.UntieWait+time.Minute)
		if saw(t, w, "boris@example.ru", "Добавить его") != 0 || saw(t, w, "boris@example.ru", "подтвердил кто-то другой") != 1 {
			t.Error("told that the contact is free, or nothing")
		}
		if len(contactsOf(t, w, person(t, w, mustSignIn(t, w, v, phone)))) != 2 {
			t.Error("it was taken from who has it now")
		}
		if _, u, err := w.SignIn.TakenContact(ctx, boris, attempt); !errors.Is(err, contact.ErrGone) && (err != nil || u.State != "") {
			t.Errorf("the page says %q, %v", u.State, err)
		}
	})
}

func TestAContactThatItsOwnerGaveUpIsFreeForWhoeverAsked(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna := both(t, w)
		asks(t, w, clock)
		if err := w.SignIn.RemoveContact(ctx, anna, contactsOf(t, w, anna)[phone].ID, signintest.Password); err != nil {
			t.Fatal(err)
		}
		later(t, w, clock, w.Policy.Contacts.UntieWait+time.Minute)
		if saw(t, w, "boris@example.ru", "Добавить его") != 1 || saw(t, w, email, "о котором мы предупреждали") != 0 {
			t.Error("whoever asked does not hear of it, or the owner is told of what they did themselves")
		}
	})
}
