package application_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/fault"
	"okno/internal/procedure"
)

// publish publishes the extract with some texts of its file replaced by others.
func (x office) publish(t *testing.T, oldnew ...string) string {
	t.Helper()
	files, err := catalogue.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	src, err := fs.ReadFile(files, "property-extract.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text, _, there := strings.Cut(string(src), "  - name: everybody is late\n") // its deadlines are what is replaced here
	if !there {
		t.Fatal("the extract has no test of its deadlines")
	}
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(text, oldnew[i]) {
			t.Fatalf("the extract has no %q", oldnew[i])
		}
		text = strings.ReplaceAll(text, oldnew[i], oldnew[i+1])
	}
	out, err := x.Catalogue.Publish(ctx, access.SystemActor(), x.Service.DB, catalogue.Why{Breaking: "a test"}, catalogue.Source{File: "extract.yaml", Content: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Version
}

// A version in which an answer, two states and a title have other names, and deadlines are longer.
var renamed = []string{
	"        purpose: {type", "        reason: {type", "  /property/purpose:\n", "  /property/reason:\n    renamedFrom: /was\n", "/property/purpose", "/property/reason", "/was\n", "/property/purpose\n",
	"    in-work:\n      turn", "    review:\n      renamedFrom: was\n      turn", "in-work", "review", "renamedFrom: was\n", "renamedFrom: in-work\n",
	"{ru: Проверяется, en: Being checked}", "{ru: На проверке, en: Under review}", "in: P2D, calendar: ru-working", "in: P9D, calendar: ru-working",
}

func (x office) carry(t *testing.T, from string, dry bool) (application.Carriage, []application.Carried) {
	t.Helper()
	var all []application.Carried
	out, err := x.Carry(ctx, access.SystemActor(), extract, from, dry, func(c application.Carried) { all = append(all, c) })
	if err != nil {
		t.Fatal(err)
	}
	return out, all
}

func (x office) get(t *testing.T, caseID string) application.Case {
	t.Helper()
	c, err := x.Get(ctx, x.anna, caseID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// buyer files an application with every answer, the purpose too.
func (x office) buyer(t *testing.T) application.Case {
	t.Helper()
	d := x.filled(t)
	if _, err := x.SavePage(ctx, x.anna, extract, "property", map[string][]string{"property.cadastral_number": {"77:01:0001001:1234"}, "property.owner": {"false"}, "property.purpose": {"Покупаю"}}); err != nil {
		t.Fatal(err)
	}
	c, err := x.Submit(ctx, x.anna, extract, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (x office) notices(t *testing.T, word string) int {
	t.Helper()
	list, err := x.Service.Notices.Inbox(ctx, x.anna, 100)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, one := range list {
		if strings.Contains(one.Note.Subject.EN, word) {
			n++
		}
	}
	return n
}

func TestAnOpenCaseGoesAlongToANewVersionAndItsDeadlineRunsOn(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		first := x.publish(t, "in: P2D, calendar: ru-working, breach: escalate}\n      on: {approve", "in: P2D, calendar: ru-working, breach: 'auto:withdraw'}\n      on: {approve")
		c := x.buyer(t)
		taken, err := x.Take(ctx, officer(c), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		x.clock.Advance(time.Hour)
		second := x.publish(t, slices.Concat([]string{"in: P2D, calendar: ru-working, breach: escalate}\n      on: {approve", "in: P2D, calendar: ru-working, breach: 'auto:withdraw'}\n      on: {approve"}, renamed)...)
		if got := x.get(t, c.ID); got.Def.Version != first || got.State != "in-work" || got.Version != taken.Version {
			t.Fatalf("a publication moved a case: %s %s", got.Def.Version, got.State)
		}
		sum, all := x.carry(t, "", false)
		if sum.Went != 1 || sum.Stay != 0 || sum.Told != 1 || sum.To != second || sum.From[first] != 1 || len(all) != 1 || all[0].Number != c.Number || all[0].From != first {
			t.Fatalf("%+v %+v", sum, all)
		}
		got := x.get(t, c.ID)
		if got.Def.Version != second || got.State != "review" || got.Turn != procedure.TurnAgency || got.Officer != taken.Officer || !got.EnteredAt.Equal(taken.EnteredAt) {
			t.Errorf("the case: %+v", got)
		}
		if got.Content.Answers.Text("/property/reason") != "Покупаю" || got.Content.Answers.Get("/property/purpose") != nil || got.Content.Answers.Text("/extract/kind") != "object" {
			t.Errorf("its answers: %v", got.Content.Answers)
		}
		if !got.DueAt.Equal(taken.DueAt) {
			t.Errorf("the deadline moved from %s to %s", taken.DueAt, got.DueAt)
		}
		var titles []string
		for _, e := range got.Events {
			titles = append(titles, e.Title.EN+" | "+e.Title.RU)
		}
		if !slices.Equal(titles, []string{"The application has arrived | Заявление получено", "Being checked | Проверяется", "By the new version of the service: under review | По новой версии услуги: на проверке"}) {
			t.Errorf("the history: %q", titles)
		}
		if n := x.notices(t, "the terms of the service have changed"); n != 1 {
			t.Errorf("%d notices", n)
		}
		// What was to happen at the deadline happens at its moment, and once.
		x.clock.Advance(taken.DueAt.Sub(x.clock.Now()) + time.Minute)
		if err := x.Overdue(ctx, application.Due{Case: c.ID, Version: taken.Version}); err != nil {
			t.Fatal(err)
		}
		if got := x.get(t, c.ID); got.Outcome != "" {
			t.Errorf("the timer of before the change still fires: %s", got.State)
		}
		if err := x.Overdue(ctx, application.Due{Case: c.ID, Version: got.Version}); err != nil {
			t.Fatal(err)
		}
		if got := x.get(t, c.ID); got.Outcome != procedure.Withdrawn {
			t.Errorf("the deadline passed and nothing happened: %s", got.State)
		}
		var recorded int
		if err := x.Service.DB.QueryRow(ctx, `SELECT count(*) FROM audit_event WHERE action = 'application.carried' AND subject = $1`, x.anna.ID).Scan(&recorded); err != nil || recorded != 1 {
			t.Errorf("recorded %d times: %v", recorded, err)
		}
		if sum, all := x.carry(t, "", false); sum.Went+sum.Stay+sum.Moved != 0 || len(all) != 0 {
			t.Errorf("carried again: %+v", sum)
		}
	})
}

func TestACaseThatWouldLoseSomethingStaysAndIsNamedWithTheReason(t *testing.T) {
	for _, tt := range []struct {
		name   string
		take   bool
		change []string
		want   string
	}{
		{"a state that is gone", true, []string{"in-work", "review"}, "the state in-work is not in this version"},
		{"an answer that has no place", false, []string{"        purpose: {type", "        reason: {type", "/property/purpose", "/property/reason"}, "what was answered at /property/purpose has no place"},
		{"an option that is gone", false, []string{"enum: [object, history, value]", "enum: [history, value]", "      object: {ru: 'Об объекте: характеристики, права, аресты и ипотека', en: 'On the property: description, rights, arrests and mortgage'}\n", "", "/extract/kind: object", "/extract/kind: value"}, "/extract/kind is not right by this version"},
		{"a text that is too long now", false, []string{"purpose: {type: string, maxLength: 300}", "purpose: {type: string, maxLength: 3}", ", /property/purpose: Покупаю квартиру", ""}, "/property/purpose is not right by this version"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clocked(t, func(t *testing.T, x office) {
				c := x.buyer(t)
				if tt.take {
					if _, err := x.Take(ctx, officer(c), c.ID); err != nil {
						t.Fatal(err)
					}
				}
				x.publish(t, tt.change...)
				before := x.get(t, c.ID)
				sum, all := x.carry(t, "", false)
				if sum.Went != 0 || sum.Stay != 1 || len(all) != 1 || all[0].Number != c.Number || !strings.Contains(strings.Join(all[0].Why, "\n"), tt.want) {
					t.Errorf("%+v %+v", sum, all)
				}
				if strings.Contains(strings.Join(all[0].Why, "\n"), "Покупаю") {
					t.Errorf("an answer is told: %v", all[0].Why)
				}
				if after := x.get(t, c.ID); after.Version != before.Version || after.Def.Version != before.Def.Version || after.State != before.State {
					t.Errorf("it was changed: %+v", after)
				}
				if _, err := x.Do(ctx, x.anna, c.ID, application.Act{Event: "withdraw"}); err != nil {
					t.Errorf("it does not go on by its own version: %v", err)
				}
			})
		})
	}
}

func TestADryRunTellsWhatWouldBeAndChangesNothing(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		var cases []application.Case
		for range 3 {
			cases = append(cases, x.buyer(t))
		}
		old := cases[0].Def.Version
		x.publish(t, renamed...)
		sum, all := x.carry(t, "", true)
		if sum.Went != 3 || sum.Stay != 0 || sum.From[old] != 3 || len(all) != 3 {
			t.Errorf("%+v %+v", sum, all)
		}
		for _, c := range cases {
			if got := x.get(t, c.ID); got.Version != c.Version || got.Def.Version != old || len(got.Events) != 1 {
				t.Errorf("a dry run changed %s: %+v", c.Number, got)
			}
		}
		if _, err := x.Carry(ctx, access.SystemActor(), extract, "ffff", true, nil); !errors.Is(err, application.ErrVersion) {
			t.Errorf("a version that no case is on: %v", err)
		}
		if sum, _ := x.carry(t, old[:10], true); sum.Went != 3 {
			t.Errorf("by the version: %+v", sum)
		}
		if _, err := x.Carry(ctx, access.SystemActor(), "town.nothing", "", true, nil); fault.KindOf(err) != fault.Missing {
			t.Errorf("a service that is not: %v", err)
		}
		for _, who := range []access.Actor{x.anna, officer(cases[0]), {}} {
			if _, err := x.Carry(ctx, who, extract, "", true, nil); !errors.Is(err, access.ErrDenied) && !errors.Is(err, access.ErrSignIn) {
				t.Errorf("%s: %v", who.Kind, err)
			}
		}
	})
}

func TestAPersonIsToldOfANewVersionOnlyWhenTheirPageSaysSomethingElse(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		c := x.buyer(t)
		const terms = "the terms of the service have changed"
		x.publish(t, "{ru: Взять в работу, en: Take up}", "{ru: Принять, en: Accept}", "retry: {base: PT2S", "retry: {base: PT3S")
		if sum, _ := x.carry(t, "", false); sum.Went != 1 || sum.Told != 0 || x.notices(t, terms) != 0 {
			t.Errorf("what only officers see: %+v, %d notices", sum, x.notices(t, terms))
		}
		x.publish(t, "{ru: Зачем нужна выписка, en: Why you need the extract}", "{ru: Для чего выписка, en: What the extract is for}")
		if sum, _ := x.carry(t, "", false); sum.Went != 1 || sum.Told != 1 || x.notices(t, terms) != 1 {
			t.Errorf("a question that they answered: %+v, %d notices", sum, x.notices(t, terms))
		}
		if got := x.get(t, c.ID); len(got.Events) != 3 || got.Events[0].Title.EN != "The application has arrived" {
			t.Errorf("the history: %+v", got.Events)
		}
	})
}

// A stop in the middle costs nothing: who begins again goes on with the rest.
func TestCarryingGoesOnWhereItWasStopped(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		for range 5 {
			x.buyer(t)
		}
		x.publish(t, renamed...)
		stopped, stop := context.WithCancel(ctx)
		n := 0
		_, err := x.Carry(stopped, access.SystemActor(), extract, "", false, func(application.Carried) {
			if n++; n == 2 {
				stop()
			}
		})
		if err == nil || n != 2 {
			t.Fatalf("it was not stopped after %d: %v", n, err)
		}
		sum, all := x.carry(t, "", false)
		if sum.Went != 3 || sum.Stay != 0 || len(all) != 3 || x.notices(t, "the terms of the service have changed") != 5 {
			t.Errorf("%+v, %d notices", sum, x.notices(t, "the terms of the service have changed"))
		}
	})
}

// The agency goes on working meanwhile. A decision and the change of the version come one after the other, in some order; neither is lost.
func TestACaseThatIsDecidedWhileItIsCarriedIsNeitherLostNorDecidedTwice(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		var cases []application.Case
		for range 6 {
			c := x.buyer(t)
			if _, err := x.Take(ctx, officer(c), c.ID); err != nil {
				t.Fatal(err)
			}
			cases = append(cases, c)
		}
		to := x.publish(t, renamed...)
		var running sync.WaitGroup
		for _, c := range cases {
			running.Go(func() {
				for {
					_, err := x.Do(ctx, officer(c), c.ID, application.Act{Event: "refuse", Reason: "data-mismatch", Advice: "Сверьте"})
					if !errors.Is(err, application.ErrMoved) {
						if err != nil {
							t.Errorf("refuse: %v", err)
						}
						return
					}
				}
			})
		}
		running.Go(func() {
			if _, err := x.Carry(ctx, access.SystemActor(), extract, "", false, nil); err != nil {
				t.Errorf("carry: %v", err)
			}
		})
		running.Wait()
		if sum, _ := x.carry(t, "", false); sum.Went+sum.Stay != 0 {
			t.Errorf("something is left: %+v", sum)
		}
		for _, c := range cases {
			got := x.get(t, c.ID)
			want := 3 // filed, taken, refused
			if got.Def.Version == to {
				want = 4
			}
			if got.Outcome != procedure.Refused || len(got.Events) != want {
				t.Errorf("%s: %s after %d moves", c.Number, got.State, len(got.Events))
			}
		}
	})
}

// asked answers as a register and remembers how often.
type asked struct {
	n  int
	in map[string]any
}

func (a *asked) Ask(_ context.Context, in map[string]any) (string, map[string]any, error) {
	a.n, a.in = a.n+1, in
	return "none", nil, nil
}

func TestACaseThatWaitsForARegisterAsksItByTheNewVersionOnce(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		register := &asked{}
		x.Registers = map[string]application.Register{"rosreestr.extract": register}
		c := x.buyer(t)
		for _, e := range []procedure.Event{"take", "approve"} {
			if _, err := x.Do(ctx, officer(c), c.ID, application.Act{Event: e}); err != nil {
				t.Fatal(err)
			}
		}
		waiting := x.get(t, c.ID)
		x.publish(t, slices.Concat(renamed, []string{"kind: d.extract.kind", "sort: d.extract.kind"})...)
		if sum, all := x.carry(t, "", false); sum.Went != 1 {
			t.Fatalf("%+v %+v", sum, all)
		}
		if err := x.Ask(ctx, application.AskRegister{Case: c.ID, Version: waiting.Version}); err != nil || register.n != 0 {
			t.Errorf("the job of before asks %d times, %v", register.n, err)
		}
		now := x.get(t, c.ID)
		if err := x.Ask(ctx, application.AskRegister{Case: c.ID, Version: now.Version}); err != nil || register.n != 1 {
			t.Errorf("asked %d times, %v", register.n, err)
		}
		if register.in["sort"] != "object" || register.in["kind"] != nil {
			t.Errorf("asked with %v", register.in)
		}
		if got := x.get(t, c.ID); got.State != "review" {
			t.Errorf("the case is in %s", got.State)
		}
	})
}

// Who is filling the form in when a new version comes finds under its new name what they have typed.
func TestADraftBringsItsAnswersAlongUnderTheirNewNames(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		x.filled(t)
		if _, err := x.SavePage(ctx, x.anna, extract, "property", map[string][]string{"property.cadastral_number": {"77:01:0001001:1234"}, "property.owner": {"false"}, "property.purpose": {"Покупаю"}}); err != nil {
			t.Fatal(err)
		}
		x.publish(t, renamed...)
		d, err := x.Draft(ctx, x.anna, extract)
		if err != nil || d.Answers.Text("/property/reason") != "Покупаю" {
			t.Fatalf("%v %v", d.Answers, err)
		}
		c, err := x.Submit(ctx, x.anna, extract, d.ID)
		if err != nil || c.Content.Answers.Text("/property/reason") != "Покупаю" {
			t.Errorf("%v %v", c.Content.Answers, err)
		}
	})
}
