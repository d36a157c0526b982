package application_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/form"
	"okno/internal/system"
)

// worker is the person of the demo, for whom the social fund tells where they worked.
func worker(t *testing.T, x *system.System) access.Actor {
	t.Helper()
	who, _ := confirmed(t, x)
	return who
}

// looked waits until it stands so with what the form asks the social fund.
func looked(t *testing.T, x *system.System, who access.Actor, want application.LookupState) application.Draft {
	t.Helper()
	var d application.Draft
	var got application.LookupState
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var err error
		if d, err = x.Applications.Draft(ctx, who, abroad); err != nil {
			t.Fatal(err)
		}
		if list := x.Applications.LookedUp(d); len(list) == 1 {
			if got = list[0].State; got == want {
				return d
			}
		}
	}
	t.Fatalf("what the form asks stands as %q, want %q", got, want)
	return d
}

func TestAFormIsFilledInWithWhatARegisterKnows(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who := worker(t, x)
		begun, err := x.Applications.Begin(ctx, who, abroad)
		if err != nil {
			t.Fatal(err)
		}
		d := looked(t, x, who, application.LookupTold)
		if n := d.Answers.Count("/work"); n == 0 {
			t.Fatal("nothing was filled in")
		}
		f, _ := d.Form.Field("/work")
		if !f.Origin.Verified || f.Origin.Title.RU == "" || f.Locked {
			t.Errorf("it does not say where it comes from: %+v", f.Origin)
		}
		for _, wrong := range d.Form.ValidatePage("work", d.Answers, d.Form.Today) {
			if wrong.Name != "work" { // a year without work is for the person to tell
				t.Errorf("what the register says does not fit the form: %v", wrong)
			}
		}

		// The page was made before the answer came, and has an empty group: it takes nothing away.
		d, err = x.Applications.Save(ctx, who, abroad, "work", application.Typed{Values: map[string][]string{"work": {""}}, Seen: begun.Version, Tab: "open"})
		if len(d.Clashes) > 0 || d.Answers.Count("/work") == 0 {
			t.Fatalf("an empty page took away what the register said: %v, clashes %v", err, d.Clashes)
		}

		// What the person corrects stays corrected, though the register says it once more.
		d, _ = x.Applications.Save(ctx, who, abroad, "work", application.Typed{Values: map[string][]string{"work.0.position": {"директор"}}, Seen: d.Version, Tab: "open"})
		if f, _ := d.Form.Field("/work"); !f.Origin.IsZero() {
			t.Errorf("what was corrected is said to come from %+v", f.Origin)
		}
		if err := x.Applications.AskAgain(ctx, who, abroad, "history"); err != nil {
			t.Fatal(err)
		}
		if d = looked(t, x, who, application.LookupTold); d.Answers.Text("/work/0/position") != "директор" {
			t.Errorf("a correction was written over: %v", d.Answers.Get("/work"))
		}
	})
}

// fund is a register that answers as a test wants.
type fund struct {
	outcome string
	data    map[string]any
	err     error
	asked   []map[string]any
}

func (f *fund) Ask(_ context.Context, in map[string]any) (string, map[string]any, error) {
	f.asked = append(f.asked, in)
	return f.outcome, f.data, f.err
}

func period(place string) map[string]any {
	return map[string]any{"from": "2012-09-01", "now": true, "what": "work", "place": place, "position": "инженер"}
}

// asking is a portal whose clock stands still and whose jobs run when the test says so, with the fund as the register of work.
func asking(t *testing.T, body func(t *testing.T, x office, f *fund)) {
	clocked(t, func(t *testing.T, x office) {
		list, err := catalogue.Load(os.DirFS("../catalogue/services"))
		if err != nil {
			t.Fatal(err)
		}
		f := &fund{}
		x.Service.Catalogue, x.Service.Registers = list, map[string]application.Register{"sfr.work-history": f}
		body(t, x, f)
	})
}

// stands is how it stands with what the form asks the fund.
func (x office) stands(t *testing.T) (application.Draft, application.LookedUp) {
	t.Helper()
	d, err := x.Service.Draft(ctx, x.anna, abroad)
	if err != nil {
		t.Fatal(err)
	}
	list := x.Service.LookedUp(d)
	if len(list) != 1 {
		t.Fatalf("the form asks %d registers", len(list))
	}
	return d, list[0]
}

// lookUp runs the job of the question that stands.
func (x office) lookUp(t *testing.T) error {
	t.Helper()
	d, l := x.stands(t)
	return x.Service.LookUp(ctx, application.AskLookup{Draft: d.ID, Lookup: l.Name, Asked: l.AskedAt.UnixMicro(), As: access.Self})
}

func TestARegisterThatIsAwayKeepsNobodyFromFillingIn(t *testing.T) {
	asking(t, func(t *testing.T, x office, f *fund) {
		begin := func() {
			t.Helper()
			if _, err := x.Service.Begin(ctx, x.anna, abroad); err != nil {
				t.Fatal(err)
			}
		}
		want := func(state application.LookupState) application.Draft {
			t.Helper()
			d, l := x.stands(t)
			if l.State != state {
				t.Errorf("it stands as %q, want %q", l.State, state)
			}
			return d
		}
		begin()
		want(application.LookupAsking)
		mine := map[string][]string{"work.0.from": {"01.09.2012"}, "work.0.now": {"true"}, "work.0.what": {"work"}, "work.0.place": {"ООО «Завод»"}, "work.0.position": {"инженер"}}
		typed, err := x.Service.SavePage(ctx, x.anna, abroad, "work", mine)
		if err != nil {
			t.Fatalf("the page is refused while the register is away: %v", err)
		}
		x.clock.Advance(11 * time.Second)
		want(application.LookupSlow)
		for name, bad := range map[string]*fund{
			"down":    {err: errors.New("no route to host")},
			"garbage": {outcome: "found", data: map[string]any{"periods": "<html>"}},
			"nobody":  {outcome: "found", data: map[string]any{"periods": []any{map[string]any{"from": "yesterday"}}}},
		} {
			if *f = *bad; x.lookUp(t) == nil {
				t.Errorf("%s: it is taken for an answer", name)
			}
			want(application.LookupSlow)
		}
		*f = fund{outcome: "found", data: map[string]any{"periods": []any{period("АО «Иное»")}}}
		if err := x.lookUp(t); err != nil {
			t.Fatal(err)
		}
		if d := want(application.LookupTold); !form.Same(d.Answers.Get("/work"), typed.Answers.Get("/work")) {
			t.Errorf("what was typed while the register was away was written over by %v", d.Answers.Get("/work"))
		}
		if got := f.asked[0]["snils"]; len(f.asked) != 1 || got != "11223344595" {
			t.Errorf("it was asked %v", f.asked)
		}
		if x.lookUp(t) != nil || len(f.asked) != 2 { // the job ran twice
			t.Error("the same question once more")
		}
	})
}

func TestWhatARegisterSaidCountsForItsTime(t *testing.T) {
	asking(t, func(t *testing.T, x office, f *fund) {
		*f = fund{outcome: "found", data: map[string]any{"periods": []any{period("АО «Прежнее»")}}}
		if _, err := x.Service.Begin(ctx, x.anna, abroad); err != nil {
			t.Fatal(err)
		}
		if err := x.lookUp(t); err != nil {
			t.Fatal(err)
		}
		if d, l := x.stands(t); l.State != application.LookupTold || d.Answers.Text("/work/0/place") != "АО «Прежнее»" {
			t.Fatalf("%s: %v", l.State, d.Answers.Get("/work"))
		}
		x.clock.Advance(9 * 24 * time.Hour)
		d, l := x.stands(t)
		if f, _ := d.Form.Field("/work"); l.State != application.LookupOld || !f.Origin.IsZero() || d.Answers.Count("/work") != 1 {
			t.Errorf("%s: what is old is still said to come from the register, or is gone: %+v", l.State, f.Origin)
		}
		if _, err := x.Service.Begin(ctx, x.anna, abroad); err != nil {
			t.Fatal(err)
		}
		f.data = map[string]any{"periods": []any{period("АО «Новое»")}}
		if err := x.lookUp(t); err != nil {
			t.Fatal(err)
		}
		if d, _ := x.stands(t); d.Answers.Text("/work/0/place") != "АО «Новое»" {
			t.Errorf("what nobody has touched stays as the register said it before: %v", d.Answers.Get("/work"))
		}
		*f = fund{outcome: "none"}
		if err := x.Service.AskAgain(ctx, x.anna, abroad, "history"); err != nil {
			t.Fatal(err)
		}
		if err := x.lookUp(t); err != nil {
			t.Fatal(err)
		}
		if _, l := x.stands(t); l.State != application.LookupNone {
			t.Errorf("a register that has nothing: %s", l.State)
		}
		for range x.Service.Policy.Cases.Lookups.PerPerson.Max {
			_ = x.Service.AskAgain(ctx, x.anna, abroad, "history")
		}
		if err := x.Service.AskAgain(ctx, x.anna, abroad, "history"); !errors.Is(err, application.ErrAsked) {
			t.Errorf("registers are asked without end: %v", err)
		}
		x.clock.Advance(x.Service.Policy.Cases.Lookups.AskFor + time.Second)
		f.err = errors.New("no route to host")
		if _, l := x.stands(t); l.State != application.LookupAway {
			t.Errorf("it is %s after a day in vain", l.State)
		}
	})
}

func TestNoRegisterIsAskedForWhatTheFormDoesNotAsk(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		kin := family(t, x)
		d, err := x.Applications.Begin(ctx, kin.forChild(kin.mother), abroad)
		if err != nil {
			t.Fatal(err)
		}
		if list := x.Applications.LookedUp(d); len(list) > 0 {
			t.Errorf("of a child it is asked where they worked: %v", list)
		}
	})
}

func TestAValueThatCannotBeTypedOverIsDisputed(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who := worker(t, x)
		d, err := x.Applications.Begin(ctx, who, extract)
		if err != nil {
			t.Fatal(err)
		}
		dispute := func(pointer, claim, why string) error {
			return x.Applications.Dispute(ctx, who, extract, pointer, claim, why)
		}
		if err := dispute("/applicant/surname", "Иная", "Сменила фамилию"); err != nil {
			t.Fatal(err)
		}
		if err := dispute("/property/cadastral_number", "77:01:0001001:1", ""); !errors.Is(err, application.ErrUndisputed) {
			t.Errorf("what can be typed over is disputed: %v", err)
		}
		if err := dispute("/applicant/surname", "", "Сменила"); err == nil {
			t.Error("a dispute that does not say how it should be is taken")
		}
		if err := x.Applications.Dispute(ctx, who, income, "/applicant/surname", "Иная", ""); !errors.Is(err, application.ErrUndecided) {
			t.Errorf("a dispute that nobody would read is taken: %v", err)
		}
		_, r := confirmed(t, x)
		c := file(t, x, who, extract, property(r))
		if c.ID != d.ID {
			t.Fatal("another draft")
		}
		c, err = x.Applications.Get(ctx, who, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Content.Disputes["/applicant/surname"]; got.Claim != "Иная" || got.Why != "Сменила фамилию" || got.Said != c.Content.Answers.Get("/applicant/surname") {
			t.Errorf("the case has %+v", got)
		}

		// It goes along when the application is made anew, and may be taken back.
		if _, err := x.Applications.Do(ctx, who, c.ID, application.Act{Event: "withdraw", Version: c.Version}); err != nil {
			t.Fatal(err)
		}
		again, err := x.Applications.Reapply(ctx, who, c.ID, false)
		if err != nil || again.Disputes()["/applicant/surname"].Claim != "Иная" {
			t.Fatalf("what was disputed is forgotten: %+v, %v", again.Disputes(), err)
		}
		if err := dispute("/applicant/surname", "", ""); err != nil {
			t.Fatal(err)
		}
		if d, err = x.Applications.Draft(ctx, who, extract); err != nil || len(d.Disputes()) > 0 {
			t.Errorf("it is still disputed: %+v, %v", d.Disputes(), err)
		}
	})
}
