package mandate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/jobs/jobstest"
	"okno/internal/mandate"
	"okno/internal/sandbox"
	"okno/internal/store"
)

// asked lets time pass, and has the register asked about every mandate that is due, as the hourly job and its jobs do.
func (x *town) asked(t *testing.T, wait time.Duration) []error {
	t.Helper()
	x.clock.Advance(wait)
	due := x.due(t)
	if err := x.Age(ctx); err != nil {
		t.Fatal(err)
	}
	var all []error
	for _, mid := range due {
		if err := x.Again(ctx, mandate.AskAgain{Mandate: mid}); err != nil {
			all = append(all, err)
		}
	}
	return all
}

func (x *town) due(t *testing.T) []string {
	t.Helper()
	due, err := store.Names(x.World.DB.Query(ctx, `SELECT id FROM mandate WHERE ended_at IS NULL AND ask_at <= $1 ORDER BY id`, x.World.DB.Now()))
	if err != nil {
		t.Fatal(err)
	}
	return due
}

// both is a child whose account both parents have.
func (x *town) both(t *testing.T) (f family, childID string, mother, father access.Actor) {
	t.Helper()
	f = x.families(t)[0]
	mother, father = x.confirmed(t, f.mother), x.confirmed(t, f.father)
	childID = x.opened(t, mother, papers(f.child))
	if r := x.answered(t, father, x.sent(t, father, papers(f.child))); r.State != mandate.Joined {
		t.Fatalf("%s %q", r.State, r.Refusal)
	}
	jobstest.Settle(t, x.World.Jobs) // letters of now are not the last ones of later
	return f, childID, mother, father
}

func (x *town) may(who access.Actor, childID string) bool {
	_, err := x.Act(ctx, x.World.DB, who, childID)
	return err == nil
}

// renamed gives the parent's account the name of a new passport.
func (x *town) renamed(t *testing.T, who access.Actor, r sandbox.Resident) {
	t.Helper()
	err := x.World.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := x.World.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error {
			a.Profile.Surname, a.Profile.Sources = r.Surname, map[string]account.Source{"surname": {From: account.FromMVD, At: tx.Now()}}
			return nil
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

const day = 24 * time.Hour

func TestAParentIsAskedAboutAgainAndThePageSaysWhen(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		_, childID, mother, father := x.both(t)
		if n := len(x.due(t)); n != 0 {
			t.Fatalf("%d are asked about at once", n)
		}
		before := x.World.DB.Now()
		if errs := x.asked(t, 91*day); errs != nil {
			t.Fatal(errs)
		}
		for _, who := range []access.Actor{mother, father} {
			c, err := x.Child(ctx, who, childID)
			if err != nil || !c.Asked.After(before.Add(90*day)) || c.AskNext.Sub(c.Asked) != 90*day || c.Doubt.Code != "" {
				t.Errorf("%v, asked %v, next %v, %+v", err, c.Asked, c.AskNext, c.Doubt)
			}
		}
		if n := len(x.due(t)); n != 0 {
			t.Errorf("%d are asked about twice", n)
		}
	})
}

func TestAParentWhomTheRecordNamesNoMoreLosesAccessAtOnceAndBothAreTold(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f, childID, mother, father := x.both(t)
		x.world.Deprive(f.child, f.father.BirthDate)
		if errs := x.asked(t, 91*day); errs != nil {
			t.Fatal(errs)
		}
		if x.may(father, childID) || !x.may(mother, childID) {
			t.Errorf("father %t, mother %t", x.may(father, childID), x.may(mother, childID))
		}
		if m := x.Last(t, x.mail(2)); !strings.Contains(m.Body, "ZAGS-713") {
			t.Errorf("the father hears %q", m.Body)
		}
		if m := x.Last(t, x.mail(1)); !strings.Contains(m.Body, "/cabinet/children/"+childID) || !strings.Contains(m.Body, "другой человек") {
			t.Errorf("the mother hears %q", m.Body)
		}
		events, err := audit.About(ctx, x.World.DB, childID, 10, "")
		if err != nil || !slices.ContainsFunc(events, func(e audit.Entry) bool {
			return e.Action == "mandate.ended" && e.Detail["reason"] == string(mandate.Deprived)
		}) {
			t.Errorf("%+v, %v", events, err)
		}
		if r := x.answered(t, father, x.sent(t, father, papers(f.child))); r.Refusal != mandate.RefusedAnswers {
			t.Errorf("he comes in again: %s %q", r.State, r.Refusal)
		}
	})
}

// A hand-over that a parent began dies with the mandate: its contact must open nothing afterwards.
func TestAHandOverThatWasBegunEndsWithTheParentsAccess(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f, childID, _, father := x.both(t)
		if err := x.World.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO handover (account_id, by_id, contact, contact_index, started_at, expires_at) VALUES ($1, $2, $3, $3, $4, $5)`,
				childID, father.ID, []byte("x"), tx.Now(), tx.Now().Add(365*day))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		x.world.Deprive(f.child, f.father.BirthDate)
		if errs := x.asked(t, 91*day); errs != nil {
			t.Fatal(errs)
		}
		var n int
		if err := x.World.DB.QueryRow(ctx, `SELECT count(*) FROM handover`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d hand-overs, %v", n, err)
		}
	})
}

func TestARecordThatIsNotFoundEndsAccessOnlyWhenTheRegisterSaysSoTwiceInAMonth(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f, childID, mother, _ := x.both(t)
		paper := *f.child.BirthCertificate
		x.world.Mislay(paper, true)
		if errs := x.asked(t, 91*day); errs != nil {
			t.Fatal(errs)
		}
		c, err := x.Child(ctx, mother, childID)
		if err != nil || c.Doubt.Code != "ZAGS-701" || c.AskNext.Sub(c.Doubt.At) != 14*day {
			t.Fatalf("%v, %+v, next %v", err, c.Doubt, c.AskNext)
		}
		if m := x.Last(t, x.mail(1)); !strings.Contains(m.Body, "ZAGS-701") {
			t.Errorf("the mother hears %q", m.Body)
		}
		mid, err := store.Names(x.World.DB.Query(ctx, `SELECT id FROM mandate WHERE account_id = $1`, mother.ID))
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Again(ctx, mandate.AskAgain{Mandate: mid[0]}); err != nil || !x.may(mother, childID) {
			t.Fatalf("a job that was killed after the answer asked a second time at once: %v", err)
		}

		x.world.Mislay(paper, false) // it was a mistake of the register: the doubt is gone
		x.asked(t, 14*day)
		if c, err = x.Child(ctx, mother, childID); err != nil || c.Doubt.Code != "" {
			t.Fatalf("%v, %+v", err, c.Doubt)
		}

		x.world.Mislay(paper, true)
		x.asked(t, 91*day)
		if !x.may(mother, childID) {
			t.Fatal("one answer ended it")
		}
		x.asked(t, 31*day) // the register was away so long: this is the first again
		if !x.may(mother, childID) {
			t.Fatal("two answers that lie more than a month apart ended it")
		}
		x.asked(t, 14*day)
		if x.may(mother, childID) {
			t.Error("two answers in a fortnight ended nothing")
		}
	})
}

func TestARegisterThatIsAwayEndsNobodysAccessAndIsAskedAgain(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f, childID, mother, father := x.both(t)
		x.world.Deprive(f.child, f.father.BirthDate)
		for _, fault := range []sandbox.Mode{sandbox.Down, sandbox.Garbage} {
			if err := x.world.SetFault("civil", fault); err != nil {
				t.Fatal(err)
			}
			if errs := x.asked(t, 91*day); len(errs) != 2 {
				t.Errorf("%s: %v; an error has the job tried again", fault, errs)
			}
			if !x.may(mother, childID) || !x.may(father, childID) {
				t.Errorf("%s: a register that said nothing ended a mandate", fault)
			}
		}
	})
}

// The record of the birth may hold the name that a parent had before.
func TestAParentWhoChangedTheirNameIsNotShutOutAtOnce(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother := x.confirmed(t, f.mother)
		childID := x.opened(t, mother, papers(f.child))
		x.clock.Advance(30 * day)
		married := f.mother
		married.Surname = "Замужняя"
		x.renamed(t, mother, married)
		x.asked(t, 61*day)
		if c, err := x.Child(ctx, mother, childID); err != nil || c.Doubt.Code != "ZAGS-713" {
			t.Fatalf("%v, %+v", err, c.Doubt)
		}
		x.asked(t, 14*day)
		if x.may(mother, childID) {
			t.Error("the second answer ended nothing")
		}
	})
}

func TestASecondCertificateTakesTheFirstOnesPlaceAndEndsTheDoubt(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		all := x.families(t)
		f := all[slices.IndexFunc(all, func(f family) bool { return f.child.Old != nil && f.child.Old.BirthCertificate != nil })]
		mother := x.confirmed(t, f.mother)
		first, second := papers(f.child), papers(f.child)
		old := f.child.Old.BirthCertificate
		first.Series, first.Number, first.IssuedAt, first.IssuedBy = old.Series, old.Number, dotted(old.IssuedAt), old.IssuedBy
		today := x.Registers
		x.Registers = []mandate.Register{before{today[0], old, f.child.BirthCertificate}, today[1]}
		childID := x.opened(t, mother, first)
		x.Registers = today
		x.asked(t, 91*day)
		if c, err := x.Child(ctx, mother, childID); err != nil || c.Doubt.Code != "ZAGS-702" {
			t.Fatalf("%v, %+v", err, c.Doubt)
		}
		if r := x.answered(t, mother, x.sent(t, mother, second)); r.State != mandate.Joined || r.ChildID != childID {
			t.Fatalf("%s %q", r.State, r.Refusal)
		}
		c, err := x.Child(ctx, mother, childID)
		if err != nil || c.Doubt.Code != "" || c.Birth.Certificate.Number != f.child.BirthCertificate.Number {
			t.Errorf("%v, %+v, %+v", err, c.Doubt, c.Birth)
		}
		x.asked(t, 91*day)
		if c, err = x.Child(ctx, mother, childID); err != nil || c.Doubt.Code != "" {
			t.Errorf("%v, %+v", err, c.Doubt)
		}
	})
}
