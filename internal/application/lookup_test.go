package application_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/sync/errgroup"

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
		for _, shown := range []string{"", "0"} { // and one that shows a first row, in which nothing is typed
			typed := map[string][]string{"work": {shown}, "work.0.from": {""}, "work.0.place": {""}}
			if d, err = x.Applications.Save(ctx, who, abroad, "work", application.Typed{Values: typed, Seen: begun.Version, Tab: "open"}); len(d.Clashes) > 0 || d.Answers.Count("/work") == 0 {
				t.Fatalf("a page with an empty row clashes with what the register said: %v, clashes %v", err, d.Clashes)
			}
		}

		// What the person corrects stays corrected, though the register says it once more.
		d, _ = x.Applications.Save(ctx, who, abroad, "work", application.Typed{Values: map[string][]string{"work.0.position": {"директор"}}, Seen: d.Version, Tab: "open"})
		if f, _ := d.Form.Field("/work"); !f.Origin.IsZero() {
			t.Errorf("what was corrected is said to come from %+v", f.Origin)
		}
		if list := x.Applications.LookedUp(d); !list[0].Kept {
			t.Error("the page does not say that the form has something else than the register told")
		}
		if err := x.Applications.AskAgain(ctx, who, abroad, "history"); err != nil {
			t.Fatal(err)
		}
		if d = looked(t, x, who, application.LookupTold); d.Answers.Text("/work/0/position") != "директор" {
			t.Errorf("a correction was written over: %v", d.Answers.Get("/work"))
		}

		// Whoever wants the register's words after all takes them.
		if err := x.Applications.Adopt(ctx, who, abroad, "history"); err != nil {
			t.Fatal(err)
		}
		if d, err = x.Applications.Draft(ctx, who, abroad); err != nil || d.Answers.Text("/work/0/position") == "директор" || x.Applications.LookedUp(d)[0].Kept {
			t.Errorf("it was not put in the place of what was typed: %v, %v", d.Answers.Get("/work"), err)
		}
		// A page that is saved keeps saying whence the others come.
		d, _ = x.Applications.Save(ctx, who, abroad, "previous", application.Typed{Values: map[string][]string{"latin": {"ANNA IVANOVA"}}, Seen: d.Version, Tab: "open"})
		if f, _ := d.Form.Field("/work"); f.Origin.IsZero() {
			t.Error("after another page was saved it is not said any more where this one comes from")
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

// The answer of a register comes in a job, which has no level: what the person wrote over their data stays.
func TestTheAnswerOfARegisterLeavesWhatWasTypedInThePlaceOfTheProfile(t *testing.T) {
	asking(t, func(t *testing.T, x office, f *fund) {
		src, err := os.ReadFile("../catalogue/services/international-passport.yaml")
		if err != nil {
			t.Fatal(err)
		}
		const locked = "{to: /applicant/surname, from: profile.surname, lock: always, onFail: block}"
		if !strings.Contains(string(src), locked) {
			t.Fatal("the surname is not locked")
		}
		free := strings.Replace(string(src), locked, "{to: /applicant/surname, from: profile.surname, lock: never, onFail: manual}", 1)
		if x.Service.Catalogue, err = catalogue.Load(fstest.MapFS{"international-passport.yaml": {Data: []byte(free)}}); err != nil {
			t.Fatal(err)
		}
		d, err := x.Service.Begin(ctx, x.anna, abroad)
		if err != nil {
			t.Fatal(err)
		}
		var page string
		for _, p := range d.Form.Pages {
			for _, q := range p.Fields {
				if q.Pointer == "/applicant/surname" {
					page = p.ID
				}
			}
		}
		if d, err = x.Service.SavePage(ctx, x.anna, abroad, page, map[string][]string{"applicant.surname": {"Иная"}}); d.Answers.Text("/applicant/surname") != "Иная" {
			t.Fatalf("%v: %v", d.Answers, err)
		}
		*f = fund{outcome: "found", data: map[string]any{"periods": []any{period("АО «Иное»")}}}
		if err := x.lookUp(t); err != nil {
			t.Fatal(err)
		}
		if d, l := x.stands(t); l.State != application.LookupTold || d.Answers.Text("/applicant/surname") != "Иная" {
			t.Errorf("%s, and the surname is %q", l.State, d.Answers.Text("/applicant/surname"))
		}
	})
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
		if x.lookUp(t) != nil || len(f.asked) != 1 { // the job ran twice
			t.Error("a question that is answered is asked once more")
		}

		// Whatever goes wrong goes on for a day, and no longer.
		if err := x.Service.AskAgain(ctx, x.anna, abroad, "history"); err != nil {
			t.Fatal(err)
		}
		delete(x.Service.Registers, "sfr.work-history")
		if err := x.lookUp(t); err == nil || strings.Contains(err.Error(), "not asked again") {
			t.Errorf("a register without a connector: %v", err)
		}
		x.clock.Advance(x.Service.Policy.Cases.Lookups.AskFor + time.Second)
		if err := x.lookUp(t); err == nil || !strings.Contains(err.Error(), "not asked again") {
			t.Errorf("it is asked for ever: %v", err)
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
		x.clock.Advance(27 * time.Hour)
		for range x.Service.Policy.Cases.Lookups.PerPerson.Max {
			if err := errors.Join(x.Service.AskAgain(ctx, x.anna, abroad, "history"), x.lookUp(t)); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.Service.AskAgain(ctx, x.anna, abroad, "history"); !errors.Is(err, application.ErrAsked) {
			t.Errorf("registers are asked without end: %v", err)
		}
		x.clock.Advance(27 * time.Hour)
		if err := x.Service.AskAgain(ctx, x.anna, abroad, "history"); err != nil {
			t.Fatal(err)
		}
		x.clock.Advance(x.Service.Policy.Cases.Lookups.AskFor + time.Second)
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
			t.Errorf("of a child it is said that registers are asked where they worked: %v", list)
		}
		var asked int
		if err := x.DB.QueryRow(ctx, `SELECT (SELECT COUNT(*) FROM river_job WHERE kind = 'application.ask_lookup') + (SELECT COUNT(*) FROM audit_event WHERE action = 'application.looked_up')`).Scan(&asked); err != nil {
			t.Fatal(err)
		}
		if asked > 0 {
			t.Error("the fund is asked where a child worked")
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
		stale := application.Objection{Seen: d.Seen("/applicant/given_name"), Claim: "Иная"}
		if err := x.Applications.Dispute(ctx, who, extract, "/applicant/surname", stale); !errors.Is(err, application.ErrOtherValue) {
			t.Errorf("a value that the person did not see is disputed: %v", err)
		}
		dispute := func(pointer, claim, why string) error {
			d, err := x.Applications.Draft(ctx, who, extract)
			if err != nil {
				t.Fatal(err)
			}
			return x.Applications.Dispute(ctx, who, extract, pointer, application.Objection{Seen: d.Seen(pointer), Claim: claim, Why: why})
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
		if err := x.Applications.Dispute(ctx, who, income, "/applicant/surname", application.Objection{Claim: "Иная"}); !errors.Is(err, application.ErrUndecided) {
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

func TestRegistersAreNotAskedWithoutEndByFormsThatAreBegunAnew(t *testing.T) {
	asking(t, func(t *testing.T, x office, f *fund) {
		most := x.Service.Policy.Cases.Lookups.PerPerson.Max
		for range most + 2 {
			if _, err := x.Service.Begin(ctx, x.anna, abroad); err != nil {
				t.Fatal(err)
			}
			if err := x.Service.Discard(ctx, x.anna, abroad); err != nil {
				t.Fatal(err)
			}
		}
		var asked int
		if err := x.Service.DB.QueryRow(ctx, `SELECT COUNT(*) FROM audit_event WHERE action = 'application.looked_up'`).Scan(&asked); err != nil {
			t.Fatal(err)
		}
		if asked != most {
			t.Errorf("%d questions in a day, at most %d are asked", asked, most)
		}
		if _, err := x.Service.Begin(ctx, x.anna, abroad); err != nil {
			t.Fatal(err)
		}
		if _, l := x.stands(t); l.State != application.LookupAway {
			t.Errorf("a form that asks nobody says %q", l.State)
		}
		if err := x.Service.AskAgain(ctx, x.anna, abroad, "history"); !errors.Is(err, application.ErrAsked) {
			t.Errorf("by hand: %v", err)
		}
	})
}

func TestAnAnswerThatOnlyARegisterMayGiveIsWaitedForAndCannotBeTypedOver(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		x.publish(t, "prefill:\n", `lookups:
  home:
    title: {ru: Дом, en: Home}
    call: registry:egrn.home
    with: {snils: p.snils}
    ttl: P7D

prefill:
  - {to: /property/cadastral_number, from: lookup.home.number, lock: always, onFail: block}
`,
			"    set: {/property/cadastral_number: '77:01:0001001:1024', ", "    told: {home: {number: '77:01:0001001:1024'}}\n    set: {",
			"    set: {/property/cadastral_number: ' 50:20:0010336:7 ', ", "    told: {home: {number: '50:20:0010336:7'}}\n    set: {",
			"    set: {/property/cadastral_number: 77-01-0001001-1024, ", "    set: {")
		f := &fund{err: errors.New("no route to host")}
		x.Service.Registers = map[string]application.Register{"egrn.home": f}
		d := x.filled(t) // with another number than the register will tell
		job := application.AskLookup{Draft: d.ID, Lookup: "home", Asked: x.Service.LookedUp(d)[0].AskedAt.UnixMicro(), As: access.Self}
		if err := x.Service.LookUp(ctx, job); err == nil {
			t.Fatal("the register is away")
		}
		if len(d.Lacking) != 1 {
			t.Errorf("lacking: %v", d.Lacking)
		}
		if _, err := x.Submit(ctx, x.anna, extract, d.ID); err == nil {
			t.Fatal("it was sent without what the register must say")
		}
		*f = fund{outcome: "found", data: map[string]any{"number": "77:01:0001001:1024"}}
		if err := x.Service.LookUp(ctx, job); err != nil {
			t.Fatal(err)
		}
		d, err := x.SavePage(ctx, x.anna, extract, "property", map[string][]string{"property.cadastral_number": {"77:01:0001001:9999"}, "property.owner": {"true"}})
		if err != nil {
			t.Fatal(err)
		}
		if field, _ := d.Form.Field("/property/cadastral_number"); !field.Locked || field.Origin.IsZero() || len(d.Lacking) > 0 {
			t.Errorf("after the page was saved: locked %t, from %+v, lacking %v", field.Locked, field.Origin, d.Lacking)
		}
		if err := x.Service.Dispute(ctx, x.anna, extract, "/property/cadastral_number", application.Objection{Seen: d.Seen("/property/cadastral_number"), Claim: "77:01:0001001:9999"}); err != nil {
			t.Fatal(err)
		}
		c, err := x.Submit(ctx, x.anna, extract, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Content.Answers.Text("/property/cadastral_number"); got != "77:01:0001001:1024" {
			t.Errorf("the case has %s", got)
		}
		if c = x.get(t, c.ID); c.Content.Disputes["/property/cadastral_number"].Claim == "" {
			t.Error("what the person said of it is lost")
		}
	})
}

func TestOfWhatIsWrittenAtOnceNothingSaysThatTheDraftIsGone(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who := worker(t, x)
		d, err := x.Applications.Begin(ctx, who, extract)
		if err != nil {
			t.Fatal(err)
		}
		var all errgroup.Group
		for i := range 12 {
			all.Go(func() error {
				if i%2 == 0 {
					return x.Applications.Dispute(ctx, who, extract, "/applicant/surname", application.Objection{Seen: d.Seen("/applicant/surname"), Claim: "Иная"})
				}
				_, err := x.Applications.Save(ctx, who, extract, "property", application.Typed{Values: map[string][]string{"property.owner": {"true"}, "property.cadastral_number": {fmt.Sprintf("77:01:0001001:1%d", i)}}, Seen: d.Version, Tab: "open"})
				return err
			})
		}
		if err := all.Wait(); err != nil {
			t.Error(err)
		}
	})
}
