package mandate_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/jobs/jobstest"
	"okno/internal/mandate"
	"okno/internal/sandbox"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/verification"
)

const own = "+79119990011" // the child's phone

// nearly is a child's account some days before the birthday, with both parents.
func (x *town) nearly(t *testing.T, days int) (childID string, mother, father access.Actor, f family) {
	t.Helper()
	f = x.families(t)[0]
	mother, father = x.confirmed(t, f.mother), x.confirmed(t, f.father)
	childID = x.opened(t, mother, papers(f.child))
	x.answered(t, father, x.sent(t, father, papers(f.child)))
	child, err := x.Child(ctx, mother, childID)
	if err != nil {
		t.Fatal(err)
	}
	x.clock.Advance(child.Until.AddDate(0, 0, -days).Sub(x.clock.Now()))
	jobstest.Settle(t, x.World.Jobs)
	return childID, mother, father, f
}

// REG-13: from 14 the account is the child's own.
func TestAParentHandsTheAccountOverAndTheChildTakesItInABrowserOfTheirOwn(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		childID, mother, father, _ := x.nearly(t, 20)
		if _, err := x.HandOver(ctx, mother, childID, own); err != nil {
			t.Fatal(err)
		}
		if m := x.Last(t, own); !strings.Contains(m.Body, "передаёт вам учётную запись") || !strings.Contains(m.Body, "/recover") {
			t.Errorf("the child reads %q", m.Body)
		}
		v := signintest.Visitor("child")
		if _, err := x.SignIn.RecoverStart(ctx, v, own); err != nil {
			t.Fatal(err)
		}
		if _, err := x.SignIn.RecoverCode(ctx, v, "000000"); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("a wrong code: %v", err)
		}
		if has, err := x.World.Contacts.Of(ctx, x.World.DB, childID); err != nil || len(has) != 0 {
			t.Errorf("the contact is the child's before it is proved: %v, %v", has, err)
		}
		if r, err := x.SignIn.RecoverCode(ctx, v, x.Code(t, own)); err != nil || r.Step != signin.StepPassword {
			t.Fatal(r.Step, err)
		}
		token, err := x.SignIn.RecoverFinish(ctx, v, signintest.Password, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		s, err := x.Credentials.Check(ctx, token)
		if err != nil || s.Actor().ID != childID {
			t.Fatalf("%+v, %v", s.Actor(), err)
		}
		lacking, err := x.World.Accounts.Lacking(ctx, x.World.DB, childID, []account.Consent{{Document: "terms", Edition: "1"}, {Document: "privacy", Edition: "1"}})
		if err != nil || len(lacking) != 2 {
			t.Errorf("the child is asked for %v in their own name, %v", lacking, err)
		}
		for _, who := range []access.Actor{mother, father} {
			if _, err := x.Child(ctx, who, childID); err != nil {
				t.Errorf("a parent before the birthday: %v", err)
			}
		}
		for n := 1; n <= 2; n++ {
			jobstest.Settle(t, x.World.Jobs)
			told := false
			for _, m := range x.Outbox.To(x.mail(n)) {
				told = told || strings.Contains(m.Body, "теперь входит в учётную запись сам")
			}
			if !told {
				t.Errorf("parent %d was not told", n)
			}
		}
		if _, err := x.HandOver(ctx, father, childID, "+79119990012"); !errors.Is(err, mandate.ErrHanded) {
			t.Errorf("handed over twice: %v", err)
		}
		x.clock.Advance(20 * 24 * time.Hour)
		if err := errors.Join(x.Age(ctx), x.proof.Age(ctx)); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Child(ctx, mother, childID); !errors.Is(err, mandate.ErrMissing) {
			t.Errorf("a parent after the birthday: %v", err)
		}
		if _, err := x.SignIn.SignIn(ctx, signintest.Visitor("later"), own, signintest.Password); err != nil {
			t.Errorf("the child after the birthday: %v", err)
		}
	})
}

func TestAnAccountIsHandedOverNearTheBirthdayOnlyAndNotToAParentsContact(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		childID, mother, father, _ := x.nearly(t, 31)
		if _, err := x.HandOver(ctx, mother, childID, own); !errors.Is(err, mandate.ErrEarly) {
			t.Errorf("a month and a day before: %v", err)
		}
		x.clock.Advance(2 * 24 * time.Hour)
		for _, mine := range []string{x.phone(1), x.mail(1)} {
			if _, err := x.HandOver(ctx, mother, childID, mine); !errors.Is(err, mandate.ErrOwn) {
				t.Errorf("to a contact of her own: %v", err)
			}
		}
		for _, wrong := range []string{"", "12", "a@b"} {
			if _, err := x.HandOver(ctx, father, childID, wrong); fault.KindOf(err) != fault.InvalidInput {
				t.Errorf("to %q: %v", wrong, err)
			}
		}
		stranger := x.confirmed(t, x.families(t)[1].mother)
		if _, err := x.HandOver(ctx, stranger, childID, own); !errors.Is(err, mandate.ErrMissing) {
			t.Errorf("by a stranger: %v", err)
		}
		if err := x.KeepBack(ctx, stranger, childID); !errors.Is(err, mandate.ErrMissing) {
			t.Errorf("kept back by a stranger: %v", err)
		}
	})
}

func TestAParentDoesNotLearnWhoseContactItIsAndTriesFewADay(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		childID, mother, father, _ := x.nearly(t, 20)
		if _, err := x.HandOver(ctx, mother, childID, x.phone(2)); err != nil {
			t.Errorf("it is said that the phone is the father's: %v", err)
		}
		heir, err := x.Heir(ctx, x.World.DB, contact.Target{Kind: contact.Phone, Value: x.phone(2)})
		if err != nil || heir != childID {
			t.Fatal(heir, err)
		}
		x.clock.Advance(2 * time.Minute)
		v := signintest.Visitor("father")
		if _, err := x.SignIn.RecoverStart(ctx, v, x.phone(2)); err != nil {
			t.Fatal(err)
		}
		if _, err := x.SignIn.RecoverCode(ctx, v, x.Code(t, x.phone(2))); err != nil {
			t.Fatal(err)
		}
		if has, err := x.World.Contacts.Of(ctx, x.World.DB, childID); err != nil || len(has) != 0 {
			t.Errorf("by the father's phone the child's account got %v, %v", has, err)
		}
		for range x.World.Policy.Contacts.AddsPerDay.Max - 1 {
			if _, err := x.HandOver(ctx, mother, childID, x.phone(1)); !errors.Is(err, mandate.ErrOwn) {
				t.Fatal(err)
			}
		}
		_, err = x.HandOver(ctx, mother, childID, x.phone(1))
		if f, ok := fault.Of(err); !errors.Is(err, mandate.ErrTries) || !ok || f.RetryAt.IsZero() {
			t.Errorf("refusals are not counted: %v", err)
		}
		if _, err := x.HandOver(ctx, father, childID, own); err != nil {
			t.Errorf("the father waits for the mother's tries: %v", err)
		}
	})
}

func TestTheOtherParentHearsThatAnAccountIsBeingHandedOver(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		childID, mother, _, _ := x.nearly(t, 20)
		if _, err := x.HandOver(ctx, mother, childID, own); err != nil {
			t.Fatal(err)
		}
		if m := x.Last(t, x.mail(2)); !strings.Contains(m.Body, "начал передавать") || !strings.Contains(m.Body, "/cabinet/children/"+childID) {
			t.Errorf("the father reads %q", m.Body)
		}
		for _, m := range append(x.Outbox.To(x.mail(1)), x.Outbox.To(x.mail(2))...) {
			if strings.Contains(m.Body, "придумайте пароль") || strings.Contains(m.Body, own) {
				t.Errorf("a parent reads what is the child's: %q", m.Body)
			}
		}
	})
}

// codes counts the codes that went to the child's phone.
func (x *town) codes(t *testing.T) int {
	t.Helper()
	jobstest.Settle(t, x.World.Jobs)
	n := 0
	for _, m := range x.Outbox.To(own) {
		if strings.Contains(m.Body, "#") {
			n++
		}
	}
	return n
}

// AUTH-8: a stranger who was in the parent's account gives nobody the child's.
func TestDuringAPauseOfTheParentNoAccountIsHandedOver(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		childID, mother, father, _ := x.nearly(t, 20)
		err := x.World.DB.Write(ctx, func(tx *store.Tx) error {
			token, err := alert.Tell(ctx, tx, alert.Event{Account: mother.ID, What: alert.Device}, tx.Now(), 24*time.Hour)
			if err != nil {
				return err
			}
			a, err := alert.ByToken(ctx, tx, token)
			if err != nil {
				return err
			}
			_, err = alert.Disavow(ctx, tx, a, tx.Now().Add(24*time.Hour))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.HandOver(ctx, mother, childID, own); !errors.Is(err, alert.ErrPaused) {
			t.Errorf("the mother: %v", err)
		}
		if _, err := x.HandOver(ctx, father, childID, own); err != nil {
			t.Errorf("the father: %v", err)
		}
	})
}

func TestAHandOverThatWasTakenBackOrIsOldGivesTheAccountToNobody(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		childID, mother, _, _ := x.nearly(t, 20)
		if _, err := x.HandOver(ctx, mother, childID, own); err != nil {
			t.Fatal(err)
		}
		v := signintest.Visitor("child")
		if _, err := x.SignIn.RecoverStart(ctx, v, own); err != nil {
			t.Fatal(err)
		}
		code := x.Code(t, own)
		if err := x.KeepBack(ctx, mother, childID); err != nil {
			t.Fatal(err)
		}
		if _, err := x.SignIn.RecoverCode(ctx, v, code); err == nil {
			t.Error("a code of a hand-over that was taken back opens")
		}
		if _, err := x.HandOver(ctx, mother, childID, own); err != nil {
			t.Fatal(err)
		}
		x.clock.Advance(x.World.Policy.Children.HandOver)
		before := x.codes(t)
		if _, err := x.SignIn.RecoverStart(ctx, signintest.Visitor("late"), own); err != nil {
			t.Fatal(err)
		}
		if n := x.codes(t); n != before {
			t.Error("a code is sent for a hand-over that is over")
		}
		if err := x.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := x.World.DB.QueryRow(ctx, `SELECT count(*) FROM handover`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d hand-overs lie about, %v", n, err)
		}
		if has, err := x.World.Contacts.Of(ctx, x.World.DB, childID); err != nil || len(has) != 0 {
			t.Errorf("%v, %v", has, err)
		}
	})
}

func TestAContactThatAnAccountHoldsRecoversThatAccountAndNoChilds(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		childID, mother, _, _ := x.nearly(t, 20)
		token := x.Register(t, signintest.Visitor("holder"), own)
		holder, err := x.Credentials.Check(ctx, token)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.HandOver(ctx, mother, childID, own); err != nil {
			t.Fatalf("it is said that somebody holds the contact: %v", err)
		}
		x.clock.Advance(2 * time.Minute)
		v := signintest.Visitor("child")
		if _, err := x.SignIn.RecoverStart(ctx, v, own); err != nil {
			t.Fatal(err)
		}
		if _, err := x.SignIn.RecoverCode(ctx, v, x.Code(t, own)); err != nil {
			t.Fatal(err)
		}
		if token, err = x.SignIn.RecoverFinish(ctx, v, signintest.Password+"1", signintest.Password+"1"); err != nil {
			t.Fatal(err)
		}
		if s, err := x.Credentials.Check(ctx, token); err != nil || s.Actor().ID != holder.Actor().ID {
			t.Errorf("%+v, %v", s.Actor(), err)
		}
		if has, err := x.World.Contacts.Of(ctx, x.World.DB, childID); err != nil || len(has) != 0 {
			t.Errorf("the child's account got the contact: %v, %v", has, err)
		}
	})
}

func TestTwoBrowsersThatTakeAnAccountAtOnceTieOneContactOnce(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		childID, mother, _, _ := x.nearly(t, 20)
		if _, err := x.HandOver(ctx, mother, childID, own); err != nil {
			t.Fatal(err)
		}
		var codes []string
		browsers := []string{"one", "two"}
		for _, b := range browsers {
			if _, err := x.SignIn.RecoverStart(ctx, signintest.Visitor(b), own); err != nil {
				t.Fatal(err)
			}
			codes = append(codes, x.Code(t, own))
		}
		var wg sync.WaitGroup
		for i, b := range browsers {
			wg.Go(func() {
				if _, err := x.SignIn.RecoverCode(ctx, signintest.Visitor(b), codes[i]); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if has, err := x.World.Contacts.Of(ctx, x.World.DB, childID); err != nil || len(has) != 1 || has[0].Target.Value != own {
			t.Errorf("%v, %v", has, err)
		}
	})
}

// agreeing is a register that knows every paper: what it knows is not what the test is about.
type agreeing string

func (r agreeing) Name() string { return string(r) }

func (r agreeing) Check(_ context.Context, p verification.Person) (verification.Answer, error) {
	return verification.Answer{Register: string(r), Verdict: verification.Match, Code: "X-000", Reference: "1", Data: map[string]string{"snils": p.SNILS}}, nil
}

// LVL-7, REG-12: at a desk, with the passport, the child takes the account over that nobody handed over.
func TestAtADeskTheChildTakesOverTheAccountThatTheirParentsOpened(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		childID, _, _, f := x.nearly(t, 0)
		if err := errors.Join(x.Age(ctx), x.proof.Age(ctx)); err != nil {
			t.Fatal(err)
		}
		x.clock.Advance(40 * 24 * time.Hour)
		x.proof.Registers = []verification.Register{agreeing("passport"), agreeing("snils"), agreeing("inn")}
		who := x.simplified(t)
		visit, err := x.proof.VisitCode(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		operator := access.Actor{Kind: access.Staff, ID: "operator-one", Role: access.Centre, Unit: "mfc-1"}
		p, err := x.proof.Open(ctx, operator, visit.Code)
		if err != nil {
			t.Fatal(err)
		}
		r := f.child
		today := x.clock.Now().AddDate(0, 0, -3).Format("02.01.2006")
		if p, err = x.proof.Enter(ctx, operator, p.ID, deskPapers(r, today)); err != nil {
			t.Fatal(err)
		}
		if err := x.proof.Ask(ctx, verification.AskRegisters{Proof: p.ID, Round: p.Round}); err != nil {
			t.Fatal(err)
		}
		if _, err := x.proof.Confirm(ctx, operator, p.ID, p.Round); !errors.Is(err, account.ErrSnilsTaken) {
			t.Fatalf("the account that the parents opened gives way without a decision: %v", err)
		}
		rival, there, err := x.proof.Rival(ctx, operator, p.ID)
		if err != nil || !there || rival.ID != childID {
			t.Fatalf("%+v, %v, %v", rival, there, err)
		}
		if _, err := x.proof.ConfirmAndTakeOver(ctx, operator, p.ID, p.Round, verification.Takeover{Of: childID, Reason: verification.ReasonForgotten, Sure: true}); err != nil {
			t.Fatal(err)
		}
		old, err := x.World.Accounts.Get(ctx, x.World.DB, childID)
		if err != nil || old.State != account.Retired {
			t.Errorf("%s, %v", old.State, err)
		}
		if l := x.level(t, who.ID); l != access.Confirmed {
			t.Errorf("the level is %s", l)
		}
	})
}

// taken is the account that the child takes by their own phone.
func (x *town) taken(t *testing.T) access.Actor {
	t.Helper()
	v := signintest.Visitor("child")
	if _, err := x.SignIn.RecoverStart(ctx, v, own); err != nil {
		t.Fatal(err)
	}
	if _, err := x.SignIn.RecoverCode(ctx, v, x.Code(t, own)); err != nil {
		t.Fatal(err)
	}
	token, err := x.SignIn.RecoverFinish(ctx, v, signintest.Password, signintest.Password)
	if err != nil {
		t.Fatal(err)
	}
	s, err := x.Credentials.Check(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	return s.Actor()
}

// simplified is a new account, as the child made it.
func (x *town) simplified(t *testing.T) access.Actor {
	t.Helper()
	who := access.Actor{Kind: access.Person, ID: id.New(), Level: access.Simplified}
	if err := x.World.DB.Write(ctx, func(tx *store.Tx) error {
		key, err := x.World.Ring.NewPerson(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if err := x.World.Accounts.Create(ctx, tx, key, account.New{ID: who.ID, Lang: i18n.RU, AgreedAt: tx.Now()}); err != nil {
			return err
		}
		return x.World.Contacts.Attach(ctx, tx, key, who.ID, contact.Target{Kind: contact.Phone, Value: own})
	}); err != nil {
		t.Fatal(err)
	}
	return who
}

func deskPapers(r sandbox.Resident, issued string) verification.Papers {
	return verification.Papers{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, BirthDate: dotted(r.BirthDate), Sex: map[string]string{"male": "m", "female": "f"}[r.Sex],
		SNILS: r.SNILS, Document: *form.PassportOf("4531", "778899", issued, "ГУ МВД РОССИИ", "770-001"), Address: r.Address}
}
