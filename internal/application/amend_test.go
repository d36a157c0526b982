package application_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/procedure"
)

const stall = "town.stall"

func stallForm() map[string][]string {
	return map[string][]string{"region": {"77"}, "hall": {"north"}, "from": {"01.04.2026"}, "to": {"01.05.2026"},
		"goods.0.name": {"bread"}, "goods.0.food": {"true"}, "goods.0.licence": {"12"}, "goods.1.name": {"nails"}, "goods.1.food": {"false"}}
}

// An officer asks for more: only what they named is open, the agency's time stands still, and both sides see what was before.
func TestAnOfficerAsksForMoreAndOnlyWhatTheyNamedIsOpen(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		who := x.anna
		c := x.send(t, stall, stallForm())
		desk, due := officer(c), c.DueAt
		for name, act := range map[string]application.Act{
			"no fields":            {Event: "ask", Advice: "Уточните"},
			"a field that is shut": {Event: "ask", Advice: "Уточните", Fields: []string{"/from"}},
			"no words":             {Event: "ask", Fields: []string{"/goods"}},
		} {
			if _, err := x.Service.Do(ctx, desk, c.ID, act); fault.KindOf(err) != fault.InvalidInput {
				t.Errorf("%s: %v", name, err)
			}
		}
		c, err := x.Service.Do(ctx, desk, c.ID, application.Act{Event: "ask", Advice: "Какой хлеб?", Fields: []string{"/goods"}})
		if err != nil || c.Turn != procedure.TurnApplicant || !slices.Equal(c.Content.Open, []string{"/goods"}) || c.Content.Advice != "Какой хлеб?" {
			t.Fatalf("%+v, %v", c.Content, err)
		}
		if f := c.Opened(x.Service.Zone, c.Content.Answers); len(f.Pages) != 1 || len(f.Pages[0].Fields) != 1 || f.Pages[0].Fields[0].Pointer != "/goods" {
			t.Errorf("open are %+v", f.Pages)
		}
		x.clock.Advance(72 * time.Hour)
		typed := map[string][]string{"goods.0.name": {"fish"}, "hall": {"south"}, "to": {"01.01.2026"}}
		if _, kept, err := x.Service.Amend(ctx, who, c.ID, application.Correction{Typed: typed, Version: c.Version}); fault.KindOf(err) != fault.InvalidInput || kept.Text("/goods/0/name") != "fish" {
			t.Errorf("fish is taken in the wrong hall, or forgotten: %v, %v", kept, err)
		}
		typed["goods.0.name"] = []string{"rye bread"}
		stranger := access.Actor{Kind: access.Person, ID: "somebody-else", Level: access.Confirmed}
		if _, _, err := x.Service.Amend(ctx, stranger, c.ID, application.Correction{Typed: typed, Version: 0}); fault.KindOf(err) != fault.Missing {
			t.Errorf("a stranger answers for the applicant: %v", err)
		}
		done, _, err := x.Service.Amend(ctx, who, c.ID, application.Correction{Typed: typed, Version: c.Version})
		if err != nil {
			t.Fatal(err)
		}
		a := done.Content.Answers
		if done.State != "filed" || a.Text("/goods/0/name") != "rye bread" || a.Text("/hall") != "north" || a.Text("/to") != "2026-05-01" || a.Count("/goods") != 1 {
			t.Errorf("what was not asked for changed: %s, %v", done.State, a)
		}
		if len(done.Content.Open) != 0 || len(done.Content.Earlier) != 1 || len(done.Content.Earlier[0].Was) != 1 {
			t.Errorf("%+v", done.Content)
		}
		if !done.DueAt.After(due) {
			t.Errorf("the agency's time ran on meanwhile: %v, before it was %v", done.DueAt, due)
		}
		if _, _, err := x.Service.Amend(ctx, who, c.ID, application.Correction{Typed: typed, Version: 0}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("answered twice: %v", err)
		}
		again, err := x.Service.Get(ctx, who, c.ID)
		if err != nil || len(again.Content.Earlier) != 1 {
			t.Errorf("%+v, %v", again.Content.Earlier, err)
		}
	})
}

// stallWith puts the stall with other words into the catalogue.
func stallWith(t *testing.T, x office, change ...string) {
	t.Helper()
	src, err := os.ReadFile("../system/systemtest/services/stall.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(change); i += 2 {
		if !strings.Contains(string(src), change[i]) {
			t.Fatalf("the stall does not say %s", change[i])
		}
	}
	if x.Service.Catalogue, err = catalogue.Load(fstest.MapFS{"stall.yaml": {Data: []byte(strings.NewReplacer(change...).Replace(string(src)))}}); err != nil {
		t.Fatal(err)
	}
}

// Nobody is asked to correct the answer to a question that they were never asked: its page would have nothing to fill in.
func TestAnOfficerAsksForNoAnswerThatThePersonWasNotAskedFor(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		stallWith(t, x, "edit: [/goods, /hall]", "edit: [/goods, /hall, /guardian]")
		c := x.send(t, stall, stallForm())
		if _, err := x.Service.Do(ctx, officer(c), c.ID, application.Act{Event: "ask", Advice: "Кто родитель?", Fields: []string{"/guardian"}}); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("a grown-up is asked for a parent: %v", err)
		}
		for _, a := range c.Def.Actions(c.State, procedure.ByOfficer) {
			if may := c.Askable(a, x.Service.Zone); a.Event == "ask" && !slices.Equal(may, []string{"/goods", "/hall"}) {
				t.Errorf("a grown-up may be asked for %v", may)
			}
		}
	})
}

// What a correction breaks elsewhere keeps the case where it is, and what it breaks may be mended with it: an application that nobody could
// have filed is not made by correcting one.
func TestACorrectionMakesNoApplicationThatTheFormWouldRefuse(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		stallWith(t, x, "edit: [/goods, /hall]", "edit: [/from]")
		c := x.send(t, stall, stallForm())
		c, err := x.Service.Do(ctx, officer(c), c.ID, application.Act{Event: "ask", Advice: "С какого дня?", Fields: []string{"/from"}})
		if err != nil {
			t.Fatal(err)
		}
		sent := application.Correction{Typed: map[string][]string{"from": {"01.06.2026"}, "hall": {"south"}}, Version: c.Version}
		stays, kept, err := x.Service.Amend(ctx, x.anna, c.ID, sent)
		if !slices.Equal(keys(err), []string{"to form.wrong"}) || stays.Version != c.Version {
			t.Fatalf("a stall from June to May: %v, %v", keys(err), err)
		}
		f := c.Opened(x.Service.Zone, kept)
		if !slices.Equal(c.Further(f), []string{"/to"}) {
			t.Fatalf("beside the first day the page asks for %v", c.Further(f))
		}
		sent.Typed["to"] = []string{"10.06.2026"}
		done, _, err := x.Service.Amend(ctx, x.anna, c.ID, sent)
		if err != nil {
			t.Fatal(err, keys(err))
		}
		if a := done.Content.Answers; a.Text("/from") != "2026-06-01" || a.Text("/to") != "2026-06-10" || a.Text("/hall") != "north" {
			t.Errorf("the case has %v", a)
		}
		if was := done.Content.Earlier[0].Was; len(was) != 2 || was["/to"] != "2026-05-01" {
			t.Errorf("it remembers %v", was)
		}
	})
}

// A question that a correction brings with it is asked on the same page: one that must be answered keeps the case, and of one that need not
// be the person reads before it is sent.
func TestAQuestionThatACorrectionBringsWithItIsAsked(t *testing.T) {
	for name, required := range map[string]bool{"one that must be answered": true, "one that need not be": false} {
		t.Run(name, func(t *testing.T) {
			clocked(t, func(t *testing.T, x office) {
				asked := `when: "d.hall == 'south'"`
				if required {
					asked += ", required: true"
				}
				stallWith(t, x, "when: 'age(p.birth_date, today) < 18', required: true", asked, "/to, /guardian, ", "/to, ")
				c := x.send(t, stall, stallForm())
				c, err := x.Service.Do(ctx, officer(c), c.ID, application.Act{Event: "ask", Advice: "Где?", Fields: []string{"/hall"}})
				if err != nil {
					t.Fatal(err)
				}
				if f := c.Opened(x.Service.Zone, c.Content.Answers); len(c.Further(f)) != 0 {
					t.Errorf("before anything is typed the page asks for %v", c.Further(f))
				}
				sent := application.Correction{Typed: map[string][]string{"hall": {"south"}}, Version: c.Version}
				stays, kept, err := x.Service.Amend(ctx, x.anna, c.ID, sent)
				if further := errors.Is(err, application.FurtherError{}); further == required || required && !slices.Equal(keys(err), []string{"guardian form.surname.empty"}) || stays.Version != c.Version {
					t.Fatalf("%v, %v", err, keys(err))
				}
				if f := c.Opened(x.Service.Zone, kept); !slices.Equal(c.Further(f), []string{"/guardian"}) {
					t.Fatalf("beside the hall the page asks for %v", c.Further(f))
				}
				if sent.Further = []string{"/guardian"}; required {
					sent.Typed["guardian"] = []string{"Petrova"}
				}
				done, _, err := x.Service.Amend(ctx, x.anna, c.ID, sent)
				if err != nil {
					t.Fatal(err, keys(err))
				}
				if got := done.Content.Answers.Text("/guardian"); done.Content.Answers.Text("/hall") != "south" || required != (got == "Petrova") {
					t.Errorf("the case has %v", done.Content.Answers)
				}
			})
		})
	}
}

// Each of a chain of questions is brought by the answer to the one before: one page that has them all is read to its end.
func TestACorrectionReadsAChainOfQuestionsToItsEnd(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		const last = "/guardian"
		var data, view, fields string
		when := "d.hall == 'south'"
		for i := range 6 {
			data += fmt.Sprintf("    q%d: {type: string, maxLength: 9}\n", i)
			view += fmt.Sprintf("  /q%d: {label: {ru: Вопрос, en: Question}, when: \"%s\"}\n", i, when)
			fields += fmt.Sprintf("/q%d, ", i)
			when = fmt.Sprintf("d.q%d == 'yes'", i)
		}
		stallWith(t, x, "    guardian: {", data+"    guardian: {", "  /guardian: {label", view+"  /guardian: {label", "when: 'age(p.birth_date, today) < 18', required: true", `when: "`+when+`", required: true`, "/to, /guardian]", "/to, "+fields+"/guardian]", "/to, /guardian, ", "/to, ")
		c := x.send(t, stall, stallForm())
		c, err := x.Service.Do(ctx, officer(c), c.ID, application.Act{Event: "ask", Advice: "Где?", Fields: []string{"/hall"}})
		if err != nil {
			t.Fatal(err)
		}
		sent := application.Correction{Typed: map[string][]string{"hall": {"south"}, "guardian": {"Petrova"}}, Version: c.Version, Further: []string{last}}
		for i := range 6 {
			sent.Typed[fmt.Sprint("q", i)], sent.Further = []string{"yes"}, append(sent.Further, fmt.Sprint("/q", i))
		}
		done, _, err := x.Service.Amend(ctx, x.anna, c.ID, sent)
		if err != nil || done.Content.Answers.Text(last) != "Petrova" {
			t.Errorf("the case has %v: %v %v", done.Content.Answers, err, keys(err))
		}
	})
}

// What the profile fills in under a question that a correction brings was never before the person's eyes: it is said before it is sent.
func TestWhatTheProfileFillsInBesideACorrectionIsShownFirst(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		stallWith(t, x, "when: 'age(p.birth_date, today) < 18', required: true", `when: "d.hall == 'south'", required: true`, "/to, /guardian]", "/to]", "/to, /guardian, ", "/to, ",
			"  - {id: what, title", "  - {id: whose, title: {ru: Чьё, en: Whose}, fields: [/guardian]}\n  - {id: what, title",
			"pages:\n", "prefill:\n  - {to: /guardian, from: profile.surname, lock: never, onFail: manual}\npages:\n")
		c := x.send(t, stall, stallForm())
		c, err := x.Service.Do(ctx, officer(c), c.ID, application.Act{Event: "ask", Advice: "Где?", Fields: []string{"/hall"}})
		if err != nil {
			t.Fatal(err)
		}
		sent := application.Correction{Typed: map[string][]string{"hall": {"south"}}, Version: c.Version}
		stays, kept, err := x.Service.Amend(ctx, x.anna, c.ID, sent)
		if !errors.Is(err, application.FurtherError{}) || stays.Version != c.Version || kept.Text("/guardian") == "" {
			t.Fatalf("with %v it is sent unseen: %v %v", kept, err, keys(err))
		}
		sent.Further = []string{"/guardian"}
		if done, _, err := x.Service.Amend(ctx, x.anna, c.ID, sent); err != nil || done.Content.Answers.Text("/guardian") != kept.Text("/guardian") {
			t.Errorf("the case has %v: %v", done.Content.Answers, err)
		}
	})
}

// Silence means yes where the definition says so (SRV-5).
func TestWhereTheDefinitionSaysSoSilenceMeansYes(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		who := x.anna
		c := x.send(t, stall, stallForm())
		x.clock.Advance(c.DueAt.Sub(x.Service.DB.Now()) + time.Second)
		if err := x.Service.Overdue(ctx, application.Due{Case: c.ID, Version: c.Version}); err != nil {
			t.Fatal(err)
		}
		if c, err := x.Service.Get(ctx, who, c.ID); err != nil || c.Outcome != procedure.Granted {
			t.Errorf("%s, %v", c.State, err)
		}
	})
}

// A correction may make other answers void. Nobody asked the person about those: they are kept, the person is told, and they count again
// when their questions are asked again.
func TestAnswersThatACorrectionMakesVoidAreKept(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		src, err := os.ReadFile("../system/systemtest/services/stall.yaml")
		if err != nil {
			t.Fatal(err)
		}
		const when = "when: 'age(p.birth_date, today) < 18', required: true"
		if !strings.Contains(string(src), when) {
			t.Fatalf("the stall asks nobody %s", when)
		}
		list, err := catalogue.Load(fstest.MapFS{"stall.yaml": {Data: []byte(strings.NewReplacer(when, `when: "d.hall == 'north'"`, "/to, /guardian, ", "/to, ").Replace(string(src)))}})
		if err != nil {
			t.Fatal(err)
		}
		x.Service.Catalogue = list
		typed := stallForm()
		typed["guardian"] = []string{"Petrova"}
		c := x.send(t, stall, typed)
		ask := func() {
			t.Helper()
			var err error
			if c, err = x.Service.Do(ctx, officer(c), c.ID, application.Act{Event: "ask", Advice: "Где?", Fields: []string{"/hall"}}); err != nil {
				t.Fatal(err)
			}
		}
		move := func(hall string, voids ...string) {
			t.Helper()
			sent := application.Correction{Typed: map[string][]string{"hall": {hall}}, Version: c.Version}
			if len(voids) > 0 { // which is said first, and nothing is sent
				for _, read := range [][]string{nil, {"/to"}} {
					sent.Voids = read
					stays, kept, err := x.Service.Amend(ctx, x.anna, c.ID, sent)
					var void application.VoidsError
					if !errors.As(err, &void) || !slices.Equal(void.Pointers, voids) || stays.Version != c.Version || kept.Text("/hall") != hall {
						t.Fatalf("who has read of %v: %v, the case is at %d, typed %v", read, err, stays.Version, kept)
					}
				}
				sent.Voids = voids
			}
			var err error
			if c, _, err = x.Service.Amend(ctx, x.anna, c.ID, sent); err != nil {
				t.Fatal(err)
			}
		}
		if c.Content.Answers.Text("/guardian") != "Petrova" {
			t.Fatalf("filed with %v", c.Content.Answers)
		}
		ask()
		move("south", "/guardian")
		if last := c.Content.Earlier[len(c.Content.Earlier)-1]; c.Content.Answers.Get("/guardian") != nil || last.Was["/guardian"] != "Petrova" || !slices.Equal(c.Voided(), []string{"/guardian"}) {
			t.Errorf("in the other hall the case has %v, was %v, void are %v", c.Content.Answers, last.Was, c.Voided())
		}
		ask()
		if len(c.Voided()) != 0 {
			t.Errorf("a move of the officer's made %v void", c.Voided())
		}
		move("north")
		if c.Content.Answers.Text("/guardian") != "Petrova" || len(c.Voided()) != 0 {
			t.Errorf("back in the first hall the case has %v, void are %v", c.Content.Answers, c.Voided())
		}
	})
}

// An answer in a row goes, too, when its question is not asked any more: that is said before, and the rows as they were stay with the case.
func TestAnAnswerInARowThatACorrectionMakesVoidIsToldOfAndKept(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		src, err := os.ReadFile("../system/systemtest/services/stall.yaml")
		if err != nil {
			t.Fatal(err)
		}
		const when = "when: row.food, required: true"
		if !strings.Contains(string(src), when) {
			t.Fatalf("the stall asks for no permit %s", when)
		}
		if x.Service.Catalogue, err = catalogue.Load(fstest.MapFS{"stall.yaml": {Data: []byte(strings.Replace(string(src), when, `when: "row.food && d.hall != 'south'", required: true`, 1))}}); err != nil {
			t.Fatal(err)
		}
		c := x.send(t, stall, stallForm())
		permit := c.Content.Answers.Text("/goods/0/licence")
		if permit == "" {
			t.Fatalf("filed without a permit: %v", c.Content.Answers)
		}
		if c, err = x.Service.Do(ctx, officer(c), c.ID, application.Act{Event: "ask", Advice: "Где?", Fields: []string{"/hall"}}); err != nil {
			t.Fatal(err)
		}
		sent := application.Correction{Typed: map[string][]string{"hall": {"south"}}, Version: c.Version}
		var void application.VoidsError
		if _, _, err := x.Service.Amend(ctx, x.anna, c.ID, sent); !errors.As(err, &void) || !slices.Equal(void.Pointers, []string{"/goods"}) {
			t.Fatalf("nothing is said of the permit: %v", err)
		}
		sent.Voids = void.Pointers
		if c, _, err = x.Service.Amend(ctx, x.anna, c.ID, sent); err != nil {
			t.Fatal(err)
		}
		was := form.Answers{}.With("/goods", c.Content.Earlier[len(c.Content.Earlier)-1].Was["/goods"])
		if c.Content.Answers.Text("/goods/0/licence") != "" || was.Text("/goods/0/licence") != permit {
			t.Errorf("the case has %v, and had %v", c.Content.Answers, was)
		}
	})
}
