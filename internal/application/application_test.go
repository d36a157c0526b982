package application_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/procedure"
	"okno/internal/sandbox"
	"okno/internal/system"
	"okno/internal/system/systemtest"
)

var ctx = context.Background()

const (
	income  = "fns.income-certificate"
	extract = "rosreestr.extract"
)

// each runs body on the whole portal with its sandbox world, on both engines.
var each = systemtest.Each

// confirmed is the person of the demo who has an income certificate already.
func confirmed(t *testing.T, x *system.System) (access.Actor, sandbox.Resident) {
	t.Helper()
	known, err := x.Known()
	if err != nil {
		t.Fatal(err)
	}
	who := access.Actor{Kind: access.Person, ID: known.People[0].ID, Level: access.Confirmed}
	a, err := x.Accounts.Get(ctx, x.DB, who.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range x.World.People() {
		if r.INN == a.Profile.INN {
			return who, r
		}
	}
	t.Fatal("no such resident")
	return who, sandbox.Resident{}
}

// file fills the form in and sends it.
func file(t *testing.T, x *system.System, who access.Actor, code string, typed map[string][]string) application.Case {
	t.Helper()
	d, err := x.Applications.Begin(ctx, who, code)
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range d.Form.Pages {
		if _, err := x.Applications.SavePage(ctx, who, code, page.ID, typed); err != nil {
			t.Fatalf("page %s: %v", page.ID, err)
		}
	}
	c, err := x.Applications.Submit(ctx, who, code, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func lastYear() map[string][]string {
	return map[string][]string{"year": {fmt.Sprint(time.Now().Year() - 1)}}
}

func property(r sandbox.Resident) map[string][]string {
	return map[string][]string{"property.cadastral_number": {r.Estates[0].CadastralNumber}, "property.owner": {"true"}, "extract.kind": {"object"}}
}

// await waits until the case is as wanted.
func await(t *testing.T, x *system.System, who access.Actor, id string, what string, ok func(application.Case) bool) application.Case {
	t.Helper()
	var c application.Case
	for range 300 {
		var err error
		if c, err = x.Applications.Get(ctx, who, id); err != nil {
			t.Fatal(err)
		}
		if ok(c) {
			return c
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("waited for %s in vain: state %s, asked %d times", what, c.State, c.Failed)
	return c
}

func officer(c application.Case) access.Actor {
	return access.Actor{Kind: access.Staff, ID: "officer-one", Role: access.Officer, Unit: c.Unit}
}

func TestACertificateComesByItselfWithAPaperThatAnybodyCanCheck(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := confirmed(t, x)
		c := file(t, x, who, income, lastYear())
		c = await(t, x, who, c.ID, "the certificate", func(c application.Case) bool { return c.Outcome == procedure.Granted })
		papers, err := x.Papers.OfCase(ctx, x.DB, who.ID, c.ID)
		if err != nil || len(papers) != 1 {
			t.Fatalf("%d papers, %v", len(papers), err)
		}
		who.AuthAt, who.Methods = x.DB.Now(), "pwd sms" // a second factor a moment ago
		if _, body, err := x.Papers.Open(ctx, who, papers[0].ID); err != nil || body.Len() < 1000 {
			t.Errorf("the paper does not open: %v", err)
		}
		stranger := access.Actor{Kind: access.Person, ID: "somebody-else", Level: access.Confirmed}
		if _, _, err := x.Papers.Open(ctx, stranger, papers[0].ID); fault.KindOf(err) != fault.Missing {
			t.Errorf("a stranger opened the paper: %v", err)
		}
		_ = r
	})
}

// SRV-10: the citizen's side works when a register does not, and catches up afterwards.
func TestACaseWaitsForARegisterThatIsAwayAndCatchesUp(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		if err := x.World.SetFault("income", sandbox.Down); err != nil {
			t.Fatal(err)
		}
		c := file(t, x, who, income, lastYear())
		c = await(t, x, who, c.ID, "the first failure", func(c application.Case) bool { return c.Failed > 0 })
		if c.Outcome != "" || c.Turn != procedure.TurnSystem {
			t.Errorf("a register that is away ended the case: %s", c.State)
		}
		if err := x.World.SetFault("income", sandbox.OK); err != nil {
			t.Fatal(err)
		}
		await(t, x, who, c.ID, "the certificate", func(c application.Case) bool { return c.Outcome == procedure.Granted })
	})
}

func TestAFormSentTwiceIsOneCase(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := confirmed(t, x)
		d, err := x.Applications.Begin(ctx, who, extract)
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range d.Form.Pages {
			if _, err := x.Applications.SavePage(ctx, who, extract, page.ID, property(r)); err != nil {
				t.Fatal(err)
			}
		}
		ids := make([]string, 4)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				c, err := x.Applications.Submit(ctx, who, extract, d.ID)
				if err != nil {
					t.Error(err)
				}
				ids[i] = c.ID
			})
		}
		wg.Wait()
		list, err := x.Applications.List(ctx, x.DB, who, 100)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, c := range list {
			if c.Service == extract {
				n++
			}
		}
		if n != 1 || ids[0] != d.ID {
			t.Errorf("%d cases of one form: %v", n, ids)
		}
	})
}

// Of a page that is saved and the form that is sent at the same moment one comes first; the draft never comes back.
func TestADraftThatWasSentIsNotBroughtBackByAPageThatIsSaved(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := confirmed(t, x)
		for range 8 {
			d, err := x.Applications.Begin(ctx, who, extract)
			if err != nil {
				t.Fatal(err)
			}
			for _, page := range d.Form.Pages {
				if _, err := x.Applications.SavePage(ctx, who, extract, page.ID, property(r)); err != nil {
					t.Fatal(err)
				}
			}
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() { x.Applications.SavePage(ctx, who, extract, d.Form.Pages[0].ID, property(r)) })
			}
			wg.Go(func() {
				if _, err := x.Applications.Submit(ctx, who, extract, d.ID); err != nil && !errors.Is(err, application.ErrMoved) {
					t.Error(err)
				}
			})
			wg.Wait()
			if again, err := x.Applications.Submit(ctx, who, extract, d.ID); err != nil || again.ID != d.ID {
				t.Fatalf("the form is filed, or can be: %v", err)
			}
			if left, err := x.Applications.Draft(ctx, who, extract); !errors.Is(err, application.ErrMissing) {
				t.Fatalf("a draft is there after it was sent: %+v, %v", left.ID, err)
			}
		}
	})
}

func TestARefusalNeedsAReasonAndAdviceAndLeadsToACorrectedApplication(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := confirmed(t, x)
		c := file(t, x, who, extract, property(r))
		desk := officer(c)
		if _, err := x.Applications.Take(ctx, desk, c.ID); err != nil {
			t.Fatal(err)
		}
		for name, act := range map[string]application.Act{
			"no reason":      {Event: "refuse", Advice: "Исправьте"},
			"unknown reason": {Event: "refuse", Reason: "mood", Advice: "Исправьте"},
			"no advice":      {Event: "refuse", Reason: "data-mismatch", Advice: " "},
		} {
			if _, err := x.Applications.Do(ctx, desk, c.ID, act); fault.KindOf(err) != fault.InvalidInput {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := x.Applications.Do(ctx, desk, c.ID, application.Act{Event: "refuse", Reason: "data-mismatch", Advice: "Проверьте номер"}); err != nil {
			t.Fatal(err)
		}
		c, err := x.Applications.Get(ctx, who, c.ID)
		if err != nil || c.Outcome != procedure.Refused || c.Content.Advice != "Проверьте номер" {
			t.Fatalf("%+v, %v", c.Content, err)
		}
		d, err := x.Applications.Reapply(ctx, who, c.ID, false)
		if err != nil || d.Answers.Text("/property/cadastral_number") != r.Estates[0].CadastralNumber || d.Previous != c.ID {
			t.Errorf("the corrected application: %+v, %v", d.Answers, err)
		}
		if wrong := x.Applications.Wrong(d); len(wrong) > 0 {
			t.Errorf("it cannot be sent as it is: %v", wrong)
		}
	})
}

func TestAnApprovedExtractIsFetchedAndDelivered(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := confirmed(t, x)
		c := file(t, x, who, extract, property(r))
		desk := officer(c)
		if _, err := x.Applications.Take(ctx, desk, c.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Applications.Do(ctx, desk, c.ID, application.Act{Event: "approve"}); err != nil {
			t.Fatal(err)
		}
		c = await(t, x, who, c.ID, "the extract", func(c application.Case) bool { return c.Outcome == procedure.Granted })
		if papers, err := x.Papers.OfCase(ctx, x.DB, who.ID, c.ID); err != nil || len(papers) != 1 {
			t.Errorf("%d papers, %v", len(papers), err)
		}
	})
}

func TestOfTwoOfficersWhoTakeACaseOneGetsIt(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := confirmed(t, x)
		c := file(t, x, who, extract, property(r))
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				desk := officer(c)
				desk.ID = fmt.Sprintf("officer-%d", i)
				_, errs[i] = x.Applications.Take(ctx, desk, c.ID)
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, application.ErrMoved):
				t.Errorf("the loser hears %v", err)
			}
		}
		if won != 1 {
			t.Errorf("%d officers took one case", won)
		}
	})
}

// One policy for who sees what: list, page, moves and papers agree.
func TestACaseIsSeenByItsApplicantAndItsAgencyAndNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := confirmed(t, x)
		c := file(t, x, who, extract, property(r))
		for name, other := range map[string]access.Actor{
			"another person":           {Kind: access.Person, ID: "p", Level: access.Confirmed},
			"another agency's officer": {Kind: access.Staff, ID: "o", Role: access.Officer, Unit: "fns"},
			"a centre's operator":      {Kind: access.Staff, ID: "c", Role: access.Centre, Unit: c.Unit},
			"support":                  {Kind: access.Staff, ID: "s", Role: access.Support, Unit: c.Unit},
			"nobody":                   {},
		} {
			if _, err := x.Applications.Get(ctx, other, c.ID); !errors.Is(err, application.ErrMissing) {
				t.Errorf("%s sees it: %v", name, err)
			}
			if _, err := x.Applications.Do(ctx, other, c.ID, application.Act{Event: "withdraw"}); err == nil {
				t.Errorf("%s moved it", name)
			}
			if list, err := x.Applications.List(ctx, x.DB, other, 10); err == nil && len(list) > 0 {
				t.Errorf("%s lists %d cases", name, len(list))
			}
			if list, err := x.Applications.OfUnit(ctx, other, application.QueueNew, 50); err == nil {
				for _, y := range list {
					if y.ID == c.ID {
						t.Errorf("%s finds it in a queue", name)
					}
				}
			}
		}
		if _, err := x.Applications.Do(ctx, officer(c), c.ID, application.Act{Event: "withdraw"}); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an officer withdrew it: %v", err)
		}
		if _, err := x.Applications.Do(ctx, who, c.ID, application.Act{Event: "take"}); !errors.Is(err, access.ErrDenied) {
			t.Errorf("the applicant took it: %v", err)
		}
	})
}

func TestAnOfficersLookIsRecordedForThePerson(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := confirmed(t, x)
		c := file(t, x, who, extract, property(r))
		if _, err := x.Applications.Look(ctx, officer(c), c.ID); err != nil {
			t.Fatal(err)
		}
		looks, err := audit.About(ctx, x.DB, who.ID, 10, "")
		if err != nil || !slices.ContainsFunc(looks, func(e audit.Entry) bool { return e.Action == "application.viewed" && !e.Own }) {
			t.Errorf("the entries are %+v, %v", looks, err)
		}
	})
}

func TestAQueueShowsNothingOfPersonsSoThatEveryLookIsAtACase(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := confirmed(t, x)
		c := file(t, x, who, extract, property(r))
		list, err := x.Applications.OfUnit(ctx, officer(c), application.QueueNew, 50)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, q := range list {
			if q.Content.Answers != nil || q.Content.Profile != nil || q.Content.Data != nil {
				t.Errorf("%s: %+v", q.Number, q.Content)
			}
			found = found || (q.ID == c.ID && q.Number == c.Number && q.Def.Code == extract && q.Step().Title.RU != "")
		}
		if !found {
			t.Error("the case is not in the queue")
		}
	})
}

func TestALevelThatIsTooLowOpensNoForm(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		who.Level = access.Simplified
		if _, err := x.Applications.Begin(ctx, who, income); !errors.Is(err, application.ErrLevel) {
			t.Errorf("Begin: %v", err)
		}
		if _, err := x.Applications.Submit(ctx, who, income, ""); !errors.Is(err, application.ErrLevel) {
			t.Errorf("Submit: %v", err)
		}
	})
}

func TestWithdrawingEndsTheWaiting(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := confirmed(t, x)
		c := file(t, x, who, extract, property(r))
		c, err := x.Applications.Do(ctx, who, c.ID, application.Act{Event: "withdraw"})
		if err != nil || c.Outcome != procedure.Withdrawn {
			t.Fatalf("%s, %v", c.State, err)
		}
		if _, err := x.Applications.Take(ctx, officer(c), c.ID); !errors.Is(err, application.ErrMoved) {
			t.Errorf("a withdrawn case was taken: %v", err)
		}
	})
}

func TestWhatIsTypedWrongIsKeptAndNamed(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		if _, err := x.Applications.Begin(ctx, who, extract); err != nil {
			t.Fatal(err)
		}
		d, err := x.Applications.SavePage(ctx, who, extract, "property", map[string][]string{"property.cadastral_number": {"77-1"}, "property.owner": {"true"}})
		if f, ok := fault.Of(err); !ok || len(f.Fields) != 1 || f.Fields[0].Name != "property.cadastral_number" {
			t.Fatalf("%v", err)
		}
		if got := d.Answers.Text("/property/cadastral_number"); got != "77-1" {
			t.Errorf("what was typed is lost: %q", got)
		}
	})
}
