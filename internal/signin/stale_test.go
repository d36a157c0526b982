package signin_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/jobs/jobstest"
	"okno/internal/registration"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// another is a password that a recovery sets.
const another = "Deeper-River-10"

// recover begins a recovery in the visitor's browser and proves the contact by the code that came to it.
func recoverBy(t *testing.T, w *signintest.World, browser, to string) signin.Recovery {
	t.Helper()
	v := signintest.Visitor(browser)
	if _, err := w.SignIn.RecoverStart(ctx, v, to); err != nil {
		t.Fatal(err)
	}
	x, err := w.SignIn.RecoverCode(ctx, v, w.Code(t, to))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// both is an account with a phone and an e-mail, registered in the browser «anna».
func both(t *testing.T, w *signintest.World) access.Actor {
	t.Helper()
	v := signintest.Visitor("anna")
	who := person(t, w, w.Register(t, v, phone))
	if _, err := add(t, w, who, v, email); err != nil {
		t.Fatal(err)
	}
	return who
}

// again is the owner's session of this moment.
func again(t *testing.T, w *signintest.World) access.Actor {
	t.Helper()
	token, err := w.SignIn.SignIn(ctx, signintest.Visitor("anna"), phone, signintest.Password)
	if err != nil {
		t.Fatal(err)
	}
	return person(t, w, token)
}

// codes are how many codes have come to the contact.
func codes(w *signintest.World, to string) int {
	n := 0
	for _, m := range w.Outbox.To(to) {
		n += len(regexp.MustCompile(`\b\d{6}\b`).FindAllString(m.Body, 1))
	}
	return n
}

func TestAContactThatWasNotConfirmedForLongRecoversOnlyBesideAnother(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		who := both(t, w)
		first := contactsOf(t, w, who)[phone].ProvedAt
		clock.Advance(w.Policy.Contacts.Reconfirm - time.Second)
		if x := recoverBy(t, w, "young", phone); x.Step != signin.StepPassword {
			t.Errorf("a second too early the recovery stands at %s", x.Step)
		}
		clock.Advance(w.Policy.Contacts.Reconfirm) // the e-mail is stale too by now: it is enough beside the phone

		v := signintest.Visitor("tablet")
		if x := recoverBy(t, w, "tablet", phone); x.Step != signin.StepOther {
			t.Fatalf("the recovery stands at %s", x.Step)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, v, another, another); !errors.Is(err, signin.ErrNoRecovery) {
			t.Errorf("a new password without the other contact: %v", err)
		}
		if x, _, err := w.SignIn.Recovery(ctx, v); err != nil || x.Step != signin.StepOther {
			t.Errorf("%v, %v", x.Step, err)
		}
		if saw(t, w, email, "попросили ещё один") != 1 || !did(t, w, who.ID, "recovery.held") {
			t.Error("the owner does not hear of it")
		}
		if _, err := w.SignIn.RecoverOther(ctx, v, "nonsense"); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("nonsense: %v", err)
		}
		if _, err := w.SignIn.RecoverOther(ctx, v, email); err != nil {
			t.Fatal(err)
		}
		x, err := w.SignIn.RecoverCode(ctx, v, w.Code(t, email))
		if err != nil || x.Step != signin.StepPassword {
			t.Fatalf("%v, %v", x.Step, err)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, v, another, another); err != nil {
			t.Fatal(err)
		}
		token, err := w.SignIn.SignIn(ctx, v, phone, another) // the number is a name here
		if err != nil {
			t.Fatal(err)
		}
		now := contactsOf(t, w, person(t, w, token))
		if !now[email].ProvedAt.Equal(clock.Now()) || now[phone].ProvedAt.Equal(clock.Now()) || now[phone].ProvedAt.Equal(first) {
			t.Errorf("the e-mail was proved %s, the phone %s", now[email].ProvedAt, now[phone].ProvedAt)
		}
	})
}

func TestTheLetterToTheOtherContactOpensTheRecoveryWhereItIsRead(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		both(t, w)
		clock.Advance(w.Policy.Contacts.Reconfirm)
		stranger, anna := signintest.Visitor("stranger"), signintest.Visitor("anna")
		recoverBy(t, w, "stranger", phone) // he has the number now
		if _, err := w.SignIn.RecoverOther(ctx, stranger, email); err != nil {
			t.Fatal(err)
		}
		jobstest.Settle(t, w.Jobs)
		link := regexp.MustCompile(`/recover/link\?t=(\S+)`)
		var found []string
		for _, m := range w.Outbox.To(email) {
			if at := link.FindStringSubmatch(m.Body); at != nil {
				found = at
			}
		}
		if found == nil {
			t.Fatal("no letter came")
		}
		if x, err := w.SignIn.RecoverLink(ctx, anna, found[1]); err != nil || x.Step != signin.StepPassword {
			t.Fatalf("%v, %v", x.Step, err)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, stranger, another, another); !errors.Is(err, signin.ErrNoRecovery) {
			t.Errorf("whoever began it goes on: %v", err)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, anna, another, another); err != nil {
			t.Fatal(err)
		}
		if x := recoverBy(t, w, "stranger", phone); x.Step != signin.StepOther { // her click says nothing of his number
			t.Errorf("the number recovers alone again: %s", x.Step)
		}
	})
}

// What somebody else had proved before the recovery ran out counts for nothing when the letter begins it anew.
func TestTheLetterToTheOtherContactBeginsAnewWhereTheRecoveryIsOver(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		who := both(t, w)
		clock.Advance(w.Policy.Contacts.Reconfirm)
		mine := again(t, w)
		x, err := w.SignIn.ReconfirmContact(ctx, mine, signintest.Visitor("anna"), contactsOf(t, w, mine)[email].ID, "")
		if err == nil {
			_, err = w.SignIn.ConfirmContact(ctx, mine, signintest.Visitor("anna"), x.ID, w.Code(t, email))
		}
		if err != nil {
			t.Fatal(err)
		}
		tied(t, w, who.ID, access.Confirmed)
		clock.Advance(2 * time.Minute)
		stranger, reader := signintest.Visitor("stranger"), signintest.Visitor("reader")
		if x := recoverBy(t, w, "stranger", phone); x.Step != signin.StepOther {
			t.Fatalf("the number alone: %s", x.Step)
		}
		if _, err := w.SignIn.RecoverOther(ctx, stranger, email); err != nil {
			t.Fatal(err)
		}
		link := letterLink(t, w)
		clock.Advance(w.Policy.Recovery.Lifetime) // and nobody sweeps
		if x, err := w.SignIn.RecoverLink(ctx, reader, link); err != nil || x.Step != signin.StepSecond {
			t.Fatalf("the letter: %v, %v", x.Step, err)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, reader, another, another); !errors.Is(err, signin.ErrNoRecovery) {
			t.Errorf("its reader sets a password: %v", err)
		}
	})
}

func TestTheLetterThatConfirmsAContactBeginsNoRecovery(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		both(t, w)
		clock.Advance(2 * time.Minute)
		who, anna := again(t, w), signintest.Visitor("anna")
		if _, err := w.SignIn.ReconfirmContact(ctx, who, anna, contactsOf(t, w, who)[email].ID, ""); err != nil {
			t.Fatal(err)
		}
		jobstest.Settle(t, w.Jobs)
		link := regexp.MustCompile(`/contacts/link\?t=(\S+)`).FindStringSubmatch(w.Last(t, email).Body)
		if link == nil {
			t.Fatal("no letter came")
		}
		if x, err := w.SignIn.RecoverLink(ctx, anna, link[1]); !errors.Is(err, contact.ErrLink) {
			t.Errorf("it begins one: %v, %v", x.Step, err)
		}
		if _, err := w.SignIn.ConfirmContactLink(ctx, who, link[1]); err != nil {
			t.Errorf("and confirms nothing any more: %v", err)
		}
	})
}

func TestNobodyLearnsByTheSecondContactWhoseItIs(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		both(t, w)
		w.Register(t, signintest.Visitor("boris"), "+79160000001")
		clock.Advance(w.Policy.Contacts.Reconfirm)
		for i, typed := range []string{email, "nobody@example.ru", "+79160000001", phone, "8 (912) 345-67-89"} {
			name := fmt.Sprint("browser-", i)
			v := signintest.Visitor(name)
			clock.Advance(time.Hour) // codes to one contact are few
			recoverBy(t, w, name, phone)
			target, _ := contact.Read(typed)
			before := codes(w, target.Value)
			x, err := w.SignIn.RecoverOther(ctx, v, typed)
			if err != nil || x.Step != signin.StepCode || x.Challenge.Masked != target.Masked() || x.Challenge.TriesLeft != w.Policy.Code.WrongAllowed {
				t.Errorf("%s: %+v, %v", typed, x, err)
			}
			if _, err := w.SignIn.RecoverCode(ctx, v, "000000"); !errors.Is(err, contact.ErrWrong) {
				t.Errorf("%s: %v", typed, err)
			}
			jobstest.Settle(t, w.Jobs)
			if got := codes(w, target.Value) - before; (typed == email) != (got == 1) {
				t.Errorf("%s: %d codes", typed, got)
			}
		}
		if _, err := w.SignIn.RecoverOther(ctx, signintest.Visitor("passer-by"), email); !errors.Is(err, signin.ErrNoRecovery) {
			t.Errorf("without a recovery: %v", err)
		}
	})
}

func TestTheOwnerIsAskedOnceToConfirmAContactAndDoesSo(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		both(t, w)
		sweep := func() {
			t.Helper()
			if err := w.SignIn.SweepStale(ctx); err != nil {
				t.Fatal(err)
			}
		}
		const words = "Давно не подтверждены"
		soon := w.Policy.Contacts.Reconfirm - w.Policy.Contacts.ReconfirmRemind
		clock.Advance(soon - time.Minute)
		sweep()
		if n := saw(t, w, phone, words); n != 0 {
			t.Errorf("asked %d times too early", n)
		}
		clock.Advance(time.Minute)
		for range 3 {
			sweep()
			clock.Advance(24 * time.Hour)
		}
		if n, m := saw(t, w, phone, words), saw(t, w, email, words); n != 1 || m != 1 {
			t.Errorf("asked %d times by SMS, %d by mail, want once", n, m)
		}

		who := again(t, w)
		for value, c := range contactsOf(t, w, who) {
			x, err := w.SignIn.ReconfirmContact(ctx, who, v, c.ID, "")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.SignIn.ConfirmContact(ctx, who, v, x.ID, w.Code(t, value)); err != nil {
				t.Fatal(err)
			}
		}
		for value, c := range contactsOf(t, w, who) {
			if !c.ProvedAt.Equal(clock.Now()) {
				t.Errorf("%s was proved at %s", value, c.ProvedAt)
			}
		}
		if saw(t, w, phone, "добавлен") != 1 || !did(t, w, who.ID, "contact.reconfirmed") { // once, when the e-mail came
			t.Error("a contact that stays is told as a new one, or the history is silent")
		}
		clock.Advance(soon - time.Minute)
		sweep()
		if n := saw(t, w, phone, words); n != 1 {
			t.Error("asked too early after it was confirmed")
		}
		clock.Advance(time.Minute)
		sweep()
		if n := saw(t, w, phone, words); n != 2 {
			t.Error("not asked again a year later")
		}

		clock.Advance(w.Policy.Session.Fresh)
		who = again(t, w)
		clock.Advance(w.Policy.Session.Fresh)
		mine := contactsOf(t, w, who)
		boris := person(t, w, w.Register(t, signintest.Visitor("boris"), "+79160000001"))
		if _, err := w.SignIn.ReconfirmContact(ctx, who, v, mine[phone].ID, ""); !asksForPassword(err) {
			t.Errorf("a stranger at the screen makes the number good again: %v", err)
		}
		if _, err := w.SignIn.ReconfirmContact(ctx, boris, signintest.Visitor("boris"), mine[phone].ID, ""); !errors.Is(err, contact.ErrMissing) {
			t.Errorf("another's contact: %v", err)
		}
	})
}

func TestAFrozenAccountIsNotAskedToConfirmAnything(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		who := person(t, w, w.Register(t, signintest.Visitor("anna"), email))
		if err := w.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := w.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error { a.State = account.Frozen; return nil })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		clock.Advance(w.Policy.Contacts.Reconfirm)
		if err := w.SignIn.SweepStale(ctx); err != nil {
			t.Fatal(err)
		}
		if n := saw(t, w, email, "Давно не подтверждены"); n != 0 {
			t.Errorf("asked %d times", n)
		}
	})
}

// heir is whoever got Anna's number from the operator a year after she gave it up. He reads what comes to it, has a contact and an
// account of his own, knows her e-mail, and does whatever a visitor can do.
type heir struct {
	t     *testing.T
	w     *signintest.World
	clock *storetest.Clock
	rand  *rand.Rand
	own   access.Actor
	said  []string

	browser int
	to      string
}

// code is mostly the newest one that came to the contact he typed last, if that is one of his, or any.
func (h *heir) code() string {
	to := phone
	if h.to == "heir@example.ru" != (h.rand.IntN(8) == 0) {
		to = "heir@example.ru"
	}
	var all []string
	for _, m := range h.w.Outbox.To(to) {
		all = append(all, regexp.MustCompile(`\b\d{6}\b`).FindAllString(m.Body, 1)...)
	}
	switch {
	case len(all) == 0 || h.rand.IntN(20) == 0:
		return "000000"
	case h.rand.IntN(10) > 0:
		return all[len(all)-1]
	}
	return all[h.rand.IntN(len(all))]
}

// typed is a contact that he may type.
func (h *heir) typed() string {
	h.to = []string{phone, phone, "8 912 345 67 89", email, "heir@example.ru", "heir@example.ru"}[h.rand.IntN(6)]
	return h.to
}

func (h *heir) step() (entered string) {
	h.t.Helper()
	if h.rand.IntN(15) == 0 { // wrong codes block a browser for good
		h.browser++
	}
	v := signintest.Visitor(fmt.Sprint("heir-", h.browser))
	enter := func(code bool) (err error) {
		if jobstest.Settle(h.t, h.w.Jobs); code {
			_, err = h.w.SignIn.RecoverCode(ctx, v, h.code())
		}
		return err
	}
	what := h.rand.IntN(20)
	h.said = append(h.said, fmt.Sprint(what))
	var err error
	switch what {
	case 0, 1, 2, 3:
		if _, err = h.w.SignIn.RecoverStart(ctx, v, h.typed()); err == nil {
			err = enter(what > 0)
		}
	case 4, 5, 6, 7:
		if _, err = h.w.SignIn.RecoverOther(ctx, v, h.typed()); err == nil {
			err = enter(what > 4)
		}
	case 8, 9:
		err = enter(true)
	case 10, 11, 12:
		entered, err = h.w.SignIn.RecoverFinish(ctx, v, another, another)
	case 13:
		_, err = h.w.SignIn.RecoverResend(ctx, v)
	case 14:
		_, err = h.w.Registrations.Begin(ctx, v, registration.Details{Surname: "Новый", GivenName: "Пётр", Phone: phone, Terms: true, Data: true})
		if err == nil {
			jobstest.Settle(h.t, h.w.Jobs)
			_, err = h.w.Registrations.Confirm(ctx, v, h.code())
		}
	case 15:
		var c contact.Challenge
		if c, err = h.w.SignIn.AddContact(ctx, h.own, v, phone, ""); err == nil {
			jobstest.Settle(h.t, h.w.Jobs)
			_, err = h.w.SignIn.ConfirmContact(ctx, h.own, v, c.ID, h.code())
		}
	case 16:
		_, err = h.w.SignIn.SignIn(ctx, v, h.typed(), another)
	default:
		h.clock.Advance(time.Duration(h.rand.IntN(240)) * time.Minute)
	}
	if _, ok := fault.Of(err); err != nil && !ok {
		h.t.Fatalf("%v: %v", h.said, err)
	}
	return entered
}

func TestWhoGotANumberFromTheOperatorNeverEntersByItAlone(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		who := both(t, w)
		proved := contactsOf(t, w, who)[phone].ProvedAt
		clock.Advance(w.Policy.Contacts.Reconfirm)
		h := &heir{t: t, w: w, clock: clock, rand: rand.New(rand.NewPCG(20, 26)), own: person(t, w, w.Register(t, signintest.Visitor("heir"), "heir@example.ru"))} //nolint:gosec // a test must be the same each time
		h.own.AuthAt = clock.Now().Add(1000 * time.Hour)                                                                                                           // he knows his own password
		own := 0
		for range 160 {
			token := h.step()
			if token == "" {
				continue
			}
			if got := person(t, w, token); got.ID == who.ID {
				t.Fatalf("he is in her account after %v", h.said)
			}
			own++ // he recovered his own account, which is his good right
		}
		if own == 0 {
			t.Error("he never got so far as to recover even his own account: the test tries nothing")
		}
		if at := contactsOf(t, w, again(t, w))[phone].ProvedAt; !at.Equal(proved) {
			t.Error("his codes have made the number good again")
		}
		list, err := audit.About(ctx, w.DB, who.ID, 1000, "")
		if err != nil {
			t.Fatal(err)
		}
		did := map[string]int{}
		for _, e := range list {
			did[e.Action]++
		}
		if did["recovery.held"] < 3 || did["password.recovered"] != 0 {
			t.Errorf("he proved the number in %d recoveries, and the password was changed in %d", did["recovery.held"], did["password.recovered"])
		}
	})
}

func TestNewsOfTheSafetyOfAnAccountGoToEveryContactThatStands(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		who := both(t, w)
		all := []string{phone, email, "+79160000002", "second@example.ru"}
		for _, to := range all[2:] {
			clock.Advance(2 * time.Minute)
			if _, err := add(t, w, who, v, to); err != nil {
				t.Fatal(err)
			}
		}
		clock.Advance(time.Minute)
		recoverBy(t, w, "tablet", email)
		if _, err := w.SignIn.RecoverFinish(ctx, signintest.Visitor("tablet"), another, another); err != nil {
			t.Fatal(err)
		}
		for _, to := range all {
			if n := saw(t, w, to, "Пароль вашей учётной записи изменён"); n != 1 {
				t.Errorf("%s is told %d times that the password was changed", to, n)
			}
		}
		jobs := 0
		if err := w.DB.QueryRow(ctx, `SELECT count(*) FROM delivery WHERE notice_id = (SELECT max(id) FROM notice WHERE account_id = $1)`, who.ID).Scan(&jobs); err != nil || jobs != len(all) {
			t.Errorf("%d deliveries, %v", jobs, err)
		}
	})
}
