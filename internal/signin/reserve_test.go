package signin_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/credential"
	"okno/internal/notification"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// reserved is a person with a phone and a reserve e-mail.
func reserved(t *testing.T, w *signintest.World, clock *storetest.Clock) (access.Actor, credential.Visitor) {
	t.Helper()
	anna, v := home(t, w, clock)
	if err := w.SignIn.ReserveContact(ctx, anna, contactsOf(t, w, anna)[mail].ID, signintest.Password); err != nil {
		t.Fatal(err)
	}
	later(t, w, clock, time.Minute)
	return anna, v
}

// AUTH-5: what a reserve e-mail opens and what it does not.
func TestAReserveMailOpensARecoveryAndNoSession(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		reserved(t, w, clock)
		elsewhere := signintest.Visitor("elsewhere")
		if _, err := w.SignIn.SignIn(ctx, elsewhere, mail, signintest.Password); !errors.Is(err, signin.ErrWrong) {
			t.Errorf("the right password with the reserve e-mail: %v", err)
		}
		if _, err := w.SignIn.SignIn(ctx, elsewhere, phone, signintest.Password); err != nil {
			t.Errorf("the phone: %v", err)
		}
		later(t, w, clock, 2*time.Minute)
		owner := signintest.Visitor("owner")
		if step := proved(t, w, owner, mail); step != signin.StepPassword {
			t.Fatalf("after the code the recovery stands at %s", step)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, owner, newPassword, newPassword); err != nil {
			t.Error(err)
		}
	})
}

// Alone it recovers no account that holds what registers know; beside the phone it does.
func TestAReserveMailIsAsProtectedAsAnyContact(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, _ := reserved(t, w, clock)
		if err := w.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE account SET level = 'confirmed' WHERE id = $1`, anna.ID)
			return errors.Join(err, w.Credentials.TrustNone(ctx, tx, anna.ID))
		}); err != nil {
			t.Fatal(err)
		}
		away := signintest.Visitor("away")
		if x := question(t, w, away, half(t, w, away, phone)); slices.Contains(x.Means, signin.ByMail) {
			t.Errorf("a code of a sign-in may go to it: %v", x.Means)
		}
		later(t, w, clock, 2*time.Minute)
		if step := proved(t, w, away, mail); step != signin.StepSecond {
			t.Errorf("by it alone the recovery stands at %s", step)
		}
		later(t, w, clock, 2*time.Minute)
		owner := signintest.Visitor("owner")
		proved(t, w, owner, phone)
		attempt, err := w.SignIn.RecoverSecondSend(ctx, owner, signin.ByMail)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.RecoverSecondCode(ctx, owner, signin.ByMail, attempt, w.Code(t, mail)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, owner, newPassword, newPassword); err != nil {
			t.Error(err)
		}
	})
}

// Somebody signs in by something still: the last contact that does so neither goes nor becomes a reserve, and a phone never does.
func TestAReserveMailIsNeverTheOnlyContactThatIsLeft(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, _ := reserved(t, w, clock)
		mine := contactsOf(t, w, anna)
		if err := w.SignIn.RemoveContact(ctx, anna, mine[phone].ID, signintest.Password); !errors.Is(err, signin.ErrLast) {
			t.Errorf("the phone goes: %v", err)
		}
		if err := w.SignIn.ReserveContact(ctx, anna, mine[phone].ID, signintest.Password); err == nil {
			t.Error("the phone is a reserve")
		}
		if err := w.SignIn.UnreserveContact(ctx, anna, mine[mail].ID); err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.RemoveContact(ctx, anna, mine[phone].ID, signintest.Password); err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.ReserveContact(ctx, anna, mine[mail].ID, signintest.Password); !errors.Is(err, signin.ErrLast) {
			t.Errorf("the last becomes a reserve: %v", err)
		}
		if mine := contactsOf(t, w, anna); len(mine) != 1 || mine[mail].Reserve {
			t.Errorf("%+v", mine)
		}
	})
}

// It hears of what touches the safety of the account, and of nothing else.
func TestAReserveMailHearsOfSafetyAlone(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, v := reserved(t, w, clock)
		before := len(w.Outbox.To(mail))
		tell := func(topic notification.Topic) {
			t.Helper()
			if err := w.DB.Write(ctx, func(tx *store.Tx) error {
				return w.Notices.Tell(ctx, tx, anna.ID, w.Notices.Say(topic, "cabinet", "message.level.confirmed"))
			}); err != nil {
				t.Fatal(err)
			}
			later(t, w, clock, time.Second)
		}
		tell(notification.Case)
		if n := len(w.Outbox.To(mail)) - before; n != 0 {
			t.Errorf("%d letters about cases came to it", n)
		}
		if _, err := add(t, w, anna, v, "+79031112233"); err != nil {
			t.Fatal(err)
		}
		if n := saw(t, w, mail, "Добавлен контакт"); n != 1 {
			t.Errorf("of a new contact it was told %d times", n)
		}
	})
}

// Whoever was there with the password may have made a way in a reserve: the owner's word undoes it.
func TestWhatAStrangerMadeAReserveServesAgainAfterTheOwnersWord(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, v := home(t, w, clock)
		thief := enter(t, w, signintest.Visitor("thief"))
		look(t, w)
		device := newest(t, w)
		later(t, w, clock, time.Minute)
		if err := w.SignIn.ReserveContact(ctx, thief, contactsOf(t, w, thief)[mail].ID, signintest.Password); err != nil {
			t.Fatal(err)
		}
		if n := saw(t, w, phone, "теперь резервная"); n != 1 {
			t.Errorf("the phone was told %d times", n)
		}
		disavow(t, w, device)
		later(t, w, clock, 2*time.Minute)
		attempt, err := w.SignIn.LiftSend(ctx, anna, v, signin.ByPhone)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.LiftCode(ctx, anna, v, signin.ByPhone, attempt, w.Code(t, phone)); err != nil {
			t.Fatal(err)
		}
		list, err := w.SignIn.Contacts.Of(ctx, w.DB, thief.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			if c.Reserve {
				t.Errorf("%s is a reserve still", c.Target.Kind)
			}
		}
	})
}
