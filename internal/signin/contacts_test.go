package signin_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/jobs/jobstest"
	"okno/internal/registration"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
)

// person is whoever the token signs in.
func person(t *testing.T, w *signintest.World, token string) access.Actor {
	t.Helper()
	s, err := w.Credentials.Check(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	return s.Actor()
}

// add proves a contact in the person's cabinet.
func add(t *testing.T, w *signintest.World, who access.Actor, v credential.Visitor, typed string) (contact.Challenge, error) {
	t.Helper()
	c, err := w.SignIn.AddContact(ctx, who, v, typed, signintest.Password)
	if err != nil {
		t.Fatal(err)
	}
	return w.SignIn.ConfirmContact(ctx, who, v, c.ID, w.Code(t, typed))
}

// later moves clock and jobs on, once what waits now is done.
func later(t *testing.T, w *signintest.World, clock *storetest.Clock, d time.Duration) {
	t.Helper()
	jobstest.Settle(t, w.Jobs)
	clock.Advance(d)
	if err := w.Jobs.Advance(ctx, d); err != nil {
		t.Fatal(err)
	}
	jobstest.Settle(t, w.Jobs)
}

// saw are the messages to the contact that hold the words.
func saw(t *testing.T, w *signintest.World, to, words string) int {
	t.Helper()
	jobstest.Settle(t, w.Jobs)
	n := 0
	for _, m := range w.Outbox.To(to) {
		if strings.Contains(m.Subject+m.Body, words) {
			n++
		}
	}
	return n
}

func contactsOf(t *testing.T, w *signintest.World, who access.Actor) map[string]contact.Contact {
	t.Helper()
	mine, err := w.SignIn.MyContacts(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]contact.Contact{}
	for _, c := range mine.List {
		out[c.Target.Value] = c
	}
	return out
}

// did reports whether the owner reads the action in the history of the account.
func did(t *testing.T, w *signintest.World, accountID, action string) bool {
	t.Helper()
	list, err := audit.About(ctx, w.DB, accountID, 100, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Action == action {
			return true
		}
	}
	return false
}

// REG-10: who could not confirm the second contact at registration does so later.
func TestTheContactThatWasLeftAtRegistrationIsConfirmedInTheCabinet(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		v := signintest.Visitor("anna")
		if _, err := w.Registrations.Begin(ctx, v, registration.Details{Surname: "Проверкина", GivenName: "Анна", Phone: phone, Email: email, Terms: true, Data: true}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Registrations.Confirm(ctx, v, w.Code(t, phone)); err != nil {
			t.Fatal(err)
		}
		token, err := w.Registrations.Finish(ctx, v, signintest.Password, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		who := person(t, w, token)
		mine, err := w.SignIn.MyContacts(ctx, who)
		if err != nil || mine.Unproved.Value != email || len(mine.List) != 1 {
			t.Fatalf("%+v, %v", mine, err)
		}
		if _, err := w.SignIn.SignIn(ctx, v, email, signintest.Password); !errors.Is(err, signin.ErrWrong) {
			t.Errorf("a contact that nobody confirmed signs in: %v", err)
		}
		if _, err := add(t, w, who, v, email); err != nil {
			t.Fatal(err)
		}
		if mine, err = w.SignIn.MyContacts(ctx, who); err != nil || mine.Unproved.Value != "" || len(mine.List) != 2 {
			t.Errorf("%+v, %v", mine, err)
		}
		if _, err := w.SignIn.SignIn(ctx, v, email, signintest.Password); err != nil {
			t.Errorf("the confirmed contact does not sign in: %v", err)
		}
		if saw(t, w, phone, "добавлен контакт") != 1 || !did(t, w, who.ID, "contact.added") {
			t.Error("the phone is not told of the new e-mail, or the history is silent")
		}
	})
}

func TestTheLinkOfAnAdditionWorksOnlyInTheCabinetThatAskedForIt(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		anna := person(t, w, w.Register(t, signintest.Visitor("anna"), phone))
		boris := person(t, w, w.Register(t, signintest.Visitor("boris"), "+79160000001"))
		if _, err := w.SignIn.AddContact(ctx, anna, signintest.Visitor("anna"), email, signintest.Password); err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`/cabinet/contacts/link\?t=(\S+)`).FindStringSubmatch(w.Last(t, email).Body)
		if m == nil {
			t.Fatalf("no link in %q", w.Last(t, email).Body)
		}
		if _, err := w.SignIn.ConfirmContactLink(ctx, boris, m[1]); !errors.Is(err, contact.ErrLink) {
			t.Errorf("another's cabinet takes the link: %v", err)
		}
		if _, err := w.SignIn.ConfirmContactLink(ctx, anna, m[1]); err != nil {
			t.Fatal(err)
		}
		if contactsOf(t, w, anna)[email].ID == "" || len(contactsOf(t, w, boris)) != 1 {
			t.Error("the contact is not hers")
		}
	})
}

func TestARemovedContactIsToldAndOpensNothingAndOneStays(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		v := signintest.Visitor("anna")
		who := person(t, w, w.Register(t, v, phone))
		other := person(t, w, w.Register(t, signintest.Visitor("boris"), "+79160000001"))
		if err := w.SignIn.RemoveContact(ctx, who, contactsOf(t, w, who)[phone].ID, signintest.Password); !errors.Is(err, signin.ErrLast) {
			t.Errorf("the only contact is removed: %v", err)
		}
		if _, err := add(t, w, who, v, email); err != nil {
			t.Fatal(err)
		}
		for name, err := range map[string]error{
			"removed":   w.SignIn.RemoveContact(ctx, other, contactsOf(t, w, who)[phone].ID, signintest.Password),
			"made main": w.SignIn.MakeMain(ctx, other, contactsOf(t, w, who)[phone].ID),
		} {
			if !errors.Is(err, contact.ErrMissing) {
				t.Errorf("another's contact is %s: %v", name, err)
			}
		}
		if err := w.SignIn.RemoveContact(ctx, who, contactsOf(t, w, who)[phone].ID, signintest.Password); err != nil {
			t.Fatal(err)
		}
		if saw(t, w, phone, "удалён контакт") != 1 || saw(t, w, email, "удалён контакт") != 1 {
			t.Error("the contact that was removed, or the one that stays, is not told")
		}
		if _, err := w.SignIn.SignIn(ctx, v, phone, signintest.Password); !errors.Is(err, signin.ErrWrong) {
			t.Errorf("the removed contact signs in: %v", err)
		}
		if err := w.SignIn.RemoveContact(ctx, who, contactsOf(t, w, who)[email].ID, signintest.Password); !errors.Is(err, signin.ErrLast) {
			t.Errorf("the last contact is removed: %v", err)
		}
	})
}

func TestNoticesGoToTheMainContact(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		who := person(t, w, w.Register(t, v, email))
		clock.Advance(time.Minute)
		if _, err := add(t, w, who, v, "second@example.ru"); err != nil {
			t.Fatal(err)
		}
		for _, main := range []string{"second@example.ru", email} {
			clock.Advance(time.Minute)
			if err := w.SignIn.MakeMain(ctx, who, contactsOf(t, w, who)[main].ID); err != nil {
				t.Fatal(err)
			}
			for value, c := range contactsOf(t, w, who) {
				if c.Main != (value == main) {
					t.Errorf("%s is main: %v; %s was chosen", value, c.Main, main)
				}
			}
		}
	})
}

func TestAContactOfOnesOwnIsNotAddedTwiceAndTheCabinetIsNoBell(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		v := signintest.Visitor("anna")
		who := person(t, w, w.Register(t, v, phone))
		if _, err := w.SignIn.AddContact(ctx, who, v, "8 912 345-67-89", signintest.Password); !errors.Is(err, signin.ErrOwn) {
			t.Errorf("her own phone is added again: %v", err)
		}
		sent := 0
		for i := range 20 {
			_, err := w.SignIn.AddContact(ctx, who, v, "someone"+string(rune('a'+i))+"@example.ru", signintest.Password)
			if err == nil {
				sent++
			} else if !errors.Is(err, signin.ErrAddsMany) {
				t.Fatal(err)
			}
		}
		if sent > w.Policy.Contacts.AddsPerDay.Max {
			t.Errorf("one cabinet has sent %d codes in a day", sent)
		}
	})
}

func TestTheCabinetSaysWhenAContactWasProvedLastByItsOwner(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		who := person(t, w, w.Register(t, v, phone))
		first := clock.Now()
		clock.Advance(40 * 24 * time.Hour)
		taken(t, w, signintest.Visitor("boris"), phone) // he holds it, which says nothing of her
		if at := contactsOf(t, w, who)[phone].ProvedAt; !at.Equal(first) {
			t.Errorf("a stranger's proof counts as hers: %s", at)
		}
		clock.Advance(2 * time.Minute)
		if _, err := w.SignIn.RecoverStart(ctx, v, phone); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.RecoverCode(ctx, v, w.Code(t, phone)); err != nil {
			t.Fatal(err)
		}
		if at := contactsOf(t, w, who)[phone].ProvedAt; !at.Equal(clock.Now()) {
			t.Errorf("her own proof does not count: %s", at)
		}
	})
}

// taken brings a stranger to the page of a contact that is Anna's, with control of it proved.
func taken(t *testing.T, w *signintest.World, v credential.Visitor, to string) {
	t.Helper()
	d := registration.Details{Surname: "Новиков", GivenName: "Борис", Terms: true, Data: true}
	if strings.Contains(to, "@") {
		d.Email = to
	} else {
		d.Phone = to
	}
	if _, err := w.Registrations.Begin(ctx, v, d); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Registrations.Confirm(ctx, v, w.Code(t, to)); !errors.Is(err, registration.ErrTaken) {
		t.Fatalf("confirm: %v, want ErrTaken", err)
	}
}

// REG-6: a number has a new holder, and its former owner has another contact.
func TestAnUntiedContactIsFreeAfterTheWaitAndItsOwnerWasTold(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v, b := signintest.Visitor("anna"), signintest.Visitor("boris")
		anna := person(t, w, w.Register(t, v, phone))
		if _, err := add(t, w, anna, v, email); err != nil {
			t.Fatal(err)
		}
		clock.Advance(2 * time.Minute)
		if err := w.Registrations.Untie(ctx, b); !errors.Is(err, registration.ErrNone) {
			t.Errorf("untying without a proof: %v", err)
		}
		taken(t, w, b, phone)
		if err := w.Registrations.GoOn(ctx, b); !errors.Is(err, registration.ErrOrder) {
			t.Errorf("who asked for nothing goes on with another's contact: %v", err)
		}
		for range 2 { // pressed twice
			if err := w.Registrations.Untie(ctx, b); err != nil {
				t.Fatal(err)
			}
		}
		if saw(t, w, email, "просит отвязать") != 1 || saw(t, w, phone, "просит отвязать") != 0 {
			t.Error("the other contact is not told just once, or the contact itself is given the link that cancels")
		}
		if mine, err := w.SignIn.MyContacts(ctx, anna); err != nil || len(mine.Asked) != 1 || !did(t, w, anna.ID, "contact.untie_asked") {
			t.Errorf("the cabinet does not show it: %+v, %v", mine, err)
		}
		later(t, w, clock, w.Policy.Contacts.UntieWait-time.Minute)
		d, _, err := w.Registrations.Current(ctx, b)
		if err != nil || d.Untying.State != contact.Asked || d.Free {
			t.Fatalf("before the wait is over: %+v, %v", d, err)
		}
		if _, err := w.SignIn.SignIn(ctx, v, phone, signintest.Password); err != nil {
			t.Errorf("the owner is locked out during the wait: %v", err)
		}
		later(t, w, clock, 2*time.Minute)
		if d, _, err = w.Registrations.Current(ctx, b); err != nil || d.Untying.State != contact.Freed || !d.Free {
			t.Fatalf("after the wait: %+v, %v", d, err)
		}
		if saw(t, w, phone, "больше не привязан") != 1 || saw(t, w, email, "больше не привязан") != 1 {
			t.Error("whoever asked, or the former owner, is not told that it is done")
		}
		if _, err := w.SignIn.SignIn(ctx, v, phone, signintest.Password); !errors.Is(err, signin.ErrWrong) {
			t.Errorf("the untied number signs in: %v", err)
		}
		if _, err := w.SignIn.SignIn(ctx, v, email, signintest.Password); err != nil {
			t.Errorf("the owner is locked out of an account that has a contact: %v", err)
		}
		if err := w.Registrations.GoOn(ctx, b); err != nil {
			t.Fatal(err)
		}
		token, err := w.Registrations.Finish(ctx, b, "Another-Pass-77", "Another-Pass-77")
		if err != nil {
			t.Fatal(err)
		}
		if who := person(t, w, token); who.ID == anna.ID || contactsOf(t, w, who)[phone].ID == "" {
			t.Error("untying has opened the other account, or has not given the contact")
		}
	})
}

func TestTheOwnerCancelsByTheLinkOrInTheCabinetAndIsLeftInPeace(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v, b := signintest.Visitor("anna"), signintest.Visitor("boris")
		anna := person(t, w, w.Register(t, v, phone))
		if _, err := add(t, w, anna, v, email); err != nil {
			t.Fatal(err)
		}
		for name, cancel := range map[string]func() error{
			"by the link": func() error {
				m := regexp.MustCompile(`/untie\?t=(\S+)`).FindStringSubmatch(w.Last(t, email).Body)
				if m == nil {
					t.Fatalf("no link in %q", w.Last(t, email).Body)
				}
				if err := w.SignIn.CancelByToken(ctx, m[1][:len(m[1])-2]+"xx"); !errors.Is(err, contact.ErrNoUntying) {
					t.Errorf("a made-up link cancels: %v", err)
				}
				if _, err := w.SignIn.UntyingByToken(ctx, m[1]); err != nil {
					return err
				}
				return w.SignIn.CancelByToken(ctx, m[1])
			},
			"in the cabinet": func() error {
				mine, err := w.SignIn.MyContacts(ctx, anna)
				if err != nil || len(mine.Asked) != 1 {
					t.Fatalf("%+v, %v", mine, err)
				}
				stranger := access.Actor{Kind: access.Person, ID: "nobody", Level: access.Simplified}
				if err := w.SignIn.CancelUntying(ctx, stranger, mine.Asked[0].ID); !errors.Is(err, contact.ErrNoUntying) {
					t.Errorf("a stranger cancels: %v", err)
				}
				return w.SignIn.CancelUntying(ctx, anna, mine.Asked[0].ID)
			},
		} {
			later(t, w, clock, w.Policy.Contacts.UntieAgain+time.Hour)
			anna = person(t, w, mustSignIn(t, w, v, email))
			taken(t, w, b, phone)
			if err := w.Registrations.Untie(ctx, b); err != nil {
				t.Fatal(err)
			}
			jobstest.Settle(t, w.Jobs)
			if err := cancel(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if d, _, err := w.Registrations.Current(ctx, b); err != nil || d.Untying.State != contact.Cancelled {
				t.Errorf("%s: the asker sees %+v, %v", name, d.Untying, err)
			}
			if err := w.Registrations.Untie(ctx, b); !errors.Is(err, contact.ErrRefused) {
				t.Errorf("%s: asked again at once: %v", name, err)
			}
			later(t, w, clock, w.Policy.Contacts.UntieWait+time.Hour)
			anna = person(t, w, mustSignIn(t, w, v, phone))
			if contactsOf(t, w, anna)[phone].ID == "" || !did(t, w, anna.ID, "contact.untie_cancelled") {
				t.Errorf("%s: the contact is gone, or the history is silent", name)
			}
		}
	})
}

func mustSignIn(t *testing.T, w *signintest.World, v credential.Visitor, login string) string {
	t.Helper()
	token, err := w.SignIn.SignIn(ctx, v, login, signintest.Password)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// REG-6: an account without a contact is frozen until identity is proved again.
func TestAnAccountThatLosesItsLastContactIsFrozen(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v, b := signintest.Visitor("anna"), signintest.Visitor("boris")
		token := w.Register(t, v, phone)
		anna := person(t, w, token)
		clock.Advance(2 * time.Minute)
		taken(t, w, b, phone)
		if err := w.Registrations.Untie(ctx, b); err != nil {
			t.Fatal(err)
		}
		later(t, w, clock, w.Policy.Contacts.UntieWait-10*time.Minute)
		if token = mustSignIn(t, w, v, phone); person(t, w, token).ID != anna.ID {
			t.Fatal("not hers")
		}
		thief := signintest.Visitor("thief") // a recovery that is under way when the number goes opens nothing afterwards
		if _, err := w.SignIn.RecoverStart(ctx, thief, phone); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.RecoverCode(ctx, thief, w.Code(t, phone)); err != nil {
			t.Fatal(err)
		}
		later(t, w, clock, 11*time.Minute)
		a, err := w.Accounts.Get(ctx, w.DB, anna.ID)
		if err != nil || a.State != account.Frozen {
			t.Fatalf("%s, %v; want frozen", a.State, err)
		}
		if _, err := w.Credentials.Check(ctx, token); !errors.Is(err, credential.ErrNoSession) {
			t.Errorf("its session is open: %v", err)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, thief, "Another-Pass-77", "Another-Pass-77"); !errors.Is(err, signin.ErrNoRecovery) {
			t.Errorf("a recovery opens a frozen account: %v", err)
		}
		if !did(t, w, anna.ID, "account.frozen") || !did(t, w, anna.ID, "contact.untied") {
			t.Error("the history is silent")
		}
	})
}

func TestAPersonInTheCabinetAsksForAContactOfAnotherAccount(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		a, b := signintest.Visitor("anna"), signintest.Visitor("boris")
		anna := person(t, w, w.Register(t, a, phone))
		if _, err := add(t, w, anna, a, email); err != nil {
			t.Fatal(err)
		}
		boris := person(t, w, w.Register(t, b, "boris@example.ru"))
		clock.Advance(2 * time.Minute)
		begun, err := w.SignIn.AddContact(ctx, boris, b, phone, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.Untie(ctx, boris, begun.ID); !errors.Is(err, contact.ErrGone) {
			t.Errorf("untying without a proof: %v", err)
		}
		c, err := w.SignIn.ConfirmContact(ctx, boris, b, begun.ID, w.Code(t, phone))
		if !errors.Is(err, contact.ErrTaken) {
			t.Fatalf("%v, want ErrTaken", err)
		}
		if err := w.SignIn.Untie(ctx, anna, c.ID); !errors.Is(err, contact.ErrGone) {
			t.Errorf("another uses the proof: %v", err)
		}
		if err := w.SignIn.Untie(ctx, boris, c.ID); err != nil {
			t.Fatal(err)
		}
		later(t, w, clock, w.Policy.Contacts.UntieWait+time.Minute)
		if saw(t, w, "boris@example.ru", "Добавить его") != 1 {
			t.Error("whoever asked is not told that the contact is free")
		}
		boris = person(t, w, mustSignIn(t, w, b, "boris@example.ru"))
		if _, err := add(t, w, boris, b, phone); err != nil {
			t.Errorf("the free contact is not added: %v", err)
		}
	})
}
