package application_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/document"
	"okno/internal/fault"
	"okno/internal/procedure"
	"okno/internal/system"
	"okno/internal/system/systemtest"
)

const fair = "town.fair"

// toTheFair are the answers of whoever wants a pass and a tent; other answers change them.
func toTheFair(other map[string][]string) map[string][]string {
	out := map[string][]string{"reason": {"songs"}, "tent": {"true"}, "size": {"3"}, "people.0.name": {"Vera"}}
	for name, v := range other {
		out[name] = v
	}
	return out
}

// part waits for a part of the case and gives its case with the content.
func part(t *testing.T, x *system.System, who access.Actor, whole application.Case, as string) application.Case {
	t.Helper()
	var id string
	await(t, x, who, whole.ID, "the part "+as, func(c application.Case) bool {
		parts, err := x.Applications.Parts(ctx, x.DB, who, c)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range parts {
			if p.As == as && p.Case != nil {
				id = p.Case.ID
			}
		}
		return id != ""
	})
	c, err := x.Applications.Get(ctx, who, id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// decide has the officer do something with a part.
func decide(t *testing.T, x *system.System, c application.Case, act application.Act) {
	t.Helper()
	if act.Event == "refuse" {
		act.Reason, act.Advice = "full", "Come in spring"
	}
	if _, err := x.Applications.Do(ctx, officer(c), c.ID, act); err != nil {
		t.Fatalf("%s of %s: %v", act.Event, c.Service, err)
	}
}

func state(s procedure.State) func(application.Case) bool {
	return func(c application.Case) bool { return c.State == s }
}

// SRV-8: what two services share is asked once, and each has a case of its own.
func TestSeveralServicesAreAppliedForAtOnce(t *testing.T) {
	systemtest.WithServices(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		whole := file(t, x, who, fair, toTheFair(nil))
		pass := part(t, x, who, whole, "pass")
		if pass.Parent != whole.ID || pass.Part != "pass" || pass.Service != "town.pass" || pass.Unit != "town" || pass.Number == whole.Number || pass.Content.Answers.Text("/reason") != "songs" || pass.Content.Answers.Text("/surname") == "" {
			t.Fatalf("the pass: %+v", pass)
		}
		if parts, err := x.Applications.Parts(ctx, x.DB, who, whole); err != nil || len(parts) != 2 || parts[0].As != "pass" || parts[1].As != "tent" || parts[1].Case != nil || parts[1].Def == nil {
			t.Fatalf("%+v, %v", parts, err)
		}
		decide(t, x, pass, application.Act{Event: "approve"})
		tent := part(t, x, who, whole, "tent")
		if tent.Content.Answers.Int("/size") != 3 || tent.Content.Answers.Text("/helpers/0/name") != "Vera" {
			t.Errorf("the tent: %v", tent.Content.Answers)
		}
		if c := await(t, x, who, whole.ID, "the second part", state("pitching")); c.Outcome != "" || c.Turn != procedure.TurnSystem {
			t.Errorf("%+v", c)
		}
		decide(t, x, tent, application.Act{Event: "approve"})
		c := await(t, x, who, whole.ID, "the end", state("done"))
		if c.Outcome != procedure.Granted || len(c.Events) != 3 {
			t.Errorf("%+v", c.Events)
		}
		if kin, err := x.Applications.PartsOf(ctx, x.DB, []string{whole.ID, tent.ID}); err != nil || !slices.Equal(slices.Sorted(slices.Values(kin)), slices.Sorted(slices.Values([]string{pass.ID, tent.ID}))) {
			t.Errorf("what goes with it to another account: %v, %v", kin, err)
		}
		stranger := access.Actor{Kind: access.Person, ID: "somebody-else", Level: access.Confirmed}
		for _, s := range []access.Actor{stranger, officer(application.Case{Unit: "fns"})} {
			if parts, err := x.Applications.Parts(ctx, x.DB, s, whole); err != nil || slices.ContainsFunc(parts, func(p application.Part) bool { return p.Case != nil }) {
				t.Errorf("%s sees %+v, %v", s.ID, parts, err)
			}
		}
	})
}

func TestAPartThatIsNotWantedIsSkipped(t *testing.T) {
	systemtest.WithServices(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		whole := file(t, x, who, fair, map[string][]string{"reason": {"songs"}, "tent": {"false"}})
		decide(t, x, part(t, x, who, whole, "pass"), application.Act{Event: "approve"})
		c := await(t, x, who, whole.ID, "the end", state("done"))
		if parts, err := x.Applications.Parts(ctx, x.DB, who, c); err != nil || parts[1].Case != nil {
			t.Errorf("%+v, %v", parts, err)
		}
	})
}

// What was granted before is taken back when what comes after it fails; what cannot be taken back stays, and the person is told which.
func TestWhatWasGrantedIsTakenBackWhenTheRestFails(t *testing.T) {
	for _, tt := range []struct {
		recall procedure.Event
		end    procedure.State
		paper  document.State
	}{{"recall", "sorry", document.Revoked}, {"keep", "half", document.Valid}} {
		t.Run(string(tt.recall), func(t *testing.T) {
			systemtest.WithServices(t, func(t *testing.T, x *system.System) {
				who, _ := confirmed(t, x)
				whole := file(t, x, who, fair, toTheFair(nil))
				pass := part(t, x, who, whole, "pass")
				decide(t, x, pass, application.Act{Event: "approve"})
				decide(t, x, part(t, x, who, whole, "tent"), application.Act{Event: "refuse"})
				await(t, x, who, pass.ID, "the recall", state("recalling"))
				if c := await(t, x, who, whole.ID, "the undoing", state("undoing")); c.Outcome != "" {
					t.Errorf("%+v", c)
				}
				decide(t, x, pass, application.Act{Event: tt.recall})
				await(t, x, who, whole.ID, "the end", state(tt.end))
				papers, err := x.Papers.OfCase(ctx, x.DB, who.ID, pass.ID)
				if err != nil || len(papers) != 1 || papers[0].State != tt.paper {
					t.Errorf("the pass itself: %+v, %v", papers, err)
				}
			})
		})
	}
}

func TestWhoeverWithdrawsAPartEndsTheWhole(t *testing.T) {
	systemtest.WithServices(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		whole := file(t, x, who, fair, toTheFair(nil))
		pass := part(t, x, who, whole, "pass")
		if _, err := x.Applications.Do(ctx, who, pass.ID, application.Act{Event: "withdraw"}); err != nil {
			t.Fatal(err)
		}
		c := await(t, x, who, whole.ID, "the end", state("gone"))
		d, err := x.Applications.Reapply(ctx, who, c.ID, false)
		if err != nil || d.Answers.Text("/reason") != "songs" || d.Answers.Text("/people/0/name") != "Vera" {
			t.Errorf("%v, %v", d.Answers, err)
		}
	})
}

// What a part's service would refuse is said before anything is sent, at the question that it comes from.
func TestWhatAPartWouldRefuseIsSaidAtTheQuestionOfTheWhole(t *testing.T) {
	systemtest.WithServices(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		d, err := x.Applications.Begin(ctx, who, fair)
		if err != nil {
			t.Fatal(err)
		}
		typed := toTheFair(map[string][]string{"reason": {"songs of the north and the south"}, "size": {"9"}, "people.0.name": {"Konstantin the Great"}})
		for _, page := range []string{"fair", "tent"} {
			if _, err := x.Applications.SavePage(ctx, who, fair, page, typed); err != nil {
				t.Fatal(err)
			}
		}
		_, err = x.Applications.Submit(ctx, who, fair, d.ID)
		var refused *fault.Error
		if !errors.As(err, &refused) {
			t.Fatal(err)
		}
		var at []string
		for _, f := range refused.Fields {
			at = append(at, f.Name)
		}
		if !slices.Equal(at, []string{"reason", "size", "people.0.name"}) {
			t.Errorf("wrong are %v", at)
		}
		if cases, err := x.Applications.List(ctx, x.DB, who, 100); err != nil || slices.ContainsFunc(cases, func(c application.Case) bool { return c.Service == fair || c.Parent != "" }) {
			t.Errorf("something was filed: %v", err)
		}
	})
}

// What was answered and is not asked any more refuses nothing: nobody could mend it.
func TestAPartIsNotGivenWhatIsNotAsked(t *testing.T) {
	systemtest.WithServices(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		d, err := x.Applications.Begin(ctx, who, fair)
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range []string{"fair", "tent"} {
			if _, err := x.Applications.SavePage(ctx, who, fair, page, toTheFair(map[string][]string{"nick": {"Konstantin"}})); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := x.Applications.Submit(ctx, who, fair, d.ID); fault.KindOf(err) != fault.InvalidInput {
			t.Fatalf("a name that is too long for the pass: %v", err)
		}
		if _, err := x.Applications.SavePage(ctx, who, fair, "fair", map[string][]string{"reason": {"songs"}, "tent": {"false"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Applications.Submit(ctx, who, fair, d.ID); err != nil {
			t.Error(err)
		}
	})
}

// A whole that is carried to another version while its part ends goes on all the same.
func TestACarriedWholeIsFollowed(t *testing.T) {
	systemtest.WithServices(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		whole := file(t, x, who, fair, toTheFair(nil))
		pass := part(t, x, who, whole, "pass")
		src, err := os.ReadFile("../system/systemtest/services/fair.yaml")
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(string(src), "Waiting for the pass", "We wait for the pass", 1)
		if _, err := x.Catalogue.Publish(ctx, access.SystemActor(), x.DB, catalogue.Why{Note: "words"}, catalogue.Source{File: "fair.yaml", Content: []byte(text)}); err != nil {
			t.Fatal(err)
		}
		waiting := func() (n int) {
			t.Helper()
			if err := x.DB.QueryRow(ctx, `SELECT count(*) FROM river_job WHERE kind = $1 AND CAST(state AS TEXT) = 'available'`, application.Follow{}.Kind()).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if err := x.Jobs.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		decide(t, x, pass, application.Act{Event: "approve"})
		before := waiting()
		if _, err := x.Applications.Carry(ctx, access.SystemActor(), fair, "", false, nil); err != nil {
			t.Fatal(err)
		}
		if n := waiting() - before; n != 1 {
			t.Errorf("%d jobs follow it: one that looked before it was carried has found that it moved on, and done nothing", n)
		}
	})
}

// The job that carries a whole on may run twice at once, and again after it was killed at any step.
func TestAPartBeginsOnceHoweverOftenTheJobRuns(t *testing.T) {
	systemtest.WithServices(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		whole := file(t, x, who, fair, toTheFair(nil))
		again := func() {
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					if err := x.Applications.FollowParts(ctx, application.Follow{Case: whole.ID}); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		again()
		pass := part(t, x, who, whole, "pass")
		again()
		decide(t, x, pass, application.Act{Event: "approve"})
		again()
		tent := part(t, x, who, whole, "tent")
		decide(t, x, tent, application.Act{Event: "refuse"})
		again()
		await(t, x, who, pass.ID, "the recall", state("recalling"))
		again()
		decide(t, x, pass, application.Act{Event: "recall"})
		again()
		c := await(t, x, who, whole.ID, "the end", state("sorry"))
		again()
		if len(c.Events) != 4 {
			t.Errorf("it moved %d times: %+v", len(c.Events), c.Events)
		}
		cases, err := x.Applications.List(ctx, x.DB, who, 100)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, c := range cases {
			if c.Parent == whole.ID {
				n++
			}
		}
		if n != 2 {
			t.Errorf("it has %d parts", n)
		}
	})
}
