package procedure

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/form"
	"okno/internal/i18n"
)

var today = form.Date{Year: 2026, Month: 3, Day: 1}

func TestACaseMovesOnlyAsTheDefinitionSaysAndByWhomItSays(t *testing.T) {
	d := good(t)
	for _, tt := range []struct {
		from  State
		event Event
		by    By
		want  State
		err   error
	}{
		{"filed", "take", ByOfficer, "looking", nil},
		{"filed", "take", ByApplicant, "", ErrNotTheirs},
		{"filed", "take", BySystem, "", ErrNotTheirs},
		{"filed", "take", "", "", ErrNotTheirs},
		{"filed", "approve", ByOfficer, "", ErrNoMove},
		{"filed", "withdraw", ByApplicant, "gone", nil},
		{"filed", "withdraw", ByOfficer, "", ErrNotTheirs},
		{"filed", "withdraw", BySystem, "", ErrNotTheirs},   // only where it is what the deadline does
		{"fixing", "withdraw", BySystem, "gone", nil},       // as here
		{"looking", "place", BySystem, "deciding", nil},     // what the register said
		{"looking", "place", ByOfficer, "", ErrNotTheirs},   // nobody says it for the register
		{"looking", "silence", BySystem, "full", nil},       // the deadline
		{"looking", "withdraw", ByApplicant, "", ErrNoMove}, // not offered there
		{"planted", "take", ByOfficer, "", ErrNoMove},       // an end is an end
		{"nowhere", "take", ByOfficer, "", ErrNoMove},
	} {
		got, err := d.Move(tt.from, tt.event, tt.by)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s by %q in %s: %q, %v; want %q, %v", tt.event, tt.by, tt.from, got, err, tt.want, tt.err)
		}
	}
	if d.Start() != "filed" {
		t.Errorf("starts in %q", d.Start())
	}
}

func TestStepsSayWhoseTurnItIsAndHowItEnded(t *testing.T) {
	d := good(t)
	for _, tt := range []struct {
		state   State
		turn    Turn
		outcome Outcome
	}{
		{"filed", TurnAgency, ""}, {"fixing", TurnApplicant, ""}, {"looking", TurnSystem, ""},
		{"planted", TurnNone, Granted}, {"full", TurnNone, Refused}, {"gone", TurnNone, Withdrawn},
	} {
		s, ok := d.Step(tt.state)
		if !ok || s.Turn != tt.turn || s.Outcome != tt.outcome || s.Final() != (tt.outcome != "") {
			t.Errorf("%s: %+v", tt.state, s)
		}
	}
	if _, ok := d.Step("nowhere"); ok {
		t.Error("a state that does not exist exists")
	}
	full, _ := d.Step("full")
	if !full.Reapply || len(full.Reasons) != 1 || full.Reasons[0].Remedy.RU != "Позже" {
		t.Errorf("full: %+v", full)
	}
	planted, _ := d.Step("planted")
	if len(planted.Outputs) != 1 || planted.Outputs[0].Template != "tree" {
		t.Errorf("planted: %+v", planted)
	}
	if got := planted.Notice.Say(i18n.RU, "17", "Дерево", "https://x"); got != "Дерево 17: https://x" {
		t.Errorf("notice: %q", got)
	}
	if len(d.Steps()) != 8 || d.Steps()[0].State != "filed" {
		t.Errorf("steps: %v", d.Steps())
	}
}

func TestButtonsAreThePartysOwnTheMainOneFirst(t *testing.T) {
	d := good(t)
	names := func(as []Action) []string {
		var out []string
		for _, a := range as {
			out = append(out, string(a.Event))
		}
		return out
	}
	for _, tt := range []struct {
		state State
		by    By
		want  []string
	}{
		{"filed", ByOfficer, []string{"take", "ask"}},
		{"filed", ByApplicant, []string{"withdraw"}},
		{"fixing", ByApplicant, []string{"answer", "withdraw"}},
		{"fixing", ByOfficer, nil},
		{"deciding", ByOfficer, []string{"approve", "refuse"}},
		{"looking", ByOfficer, nil},
		{"planted", ByOfficer, nil},
		{"nowhere", ByOfficer, nil},
		{"filed", "", nil},
	} {
		if got := names(d.Actions(tt.state, tt.by)); !slices.Equal(got, tt.want) {
			t.Errorf("%s for %q: %v, want %v", tt.state, tt.by, got, tt.want)
		}
	}
	refuse := d.Actions("deciding", ByOfficer)[1]
	if !refuse.Requires(NeedReason) || !refuse.Requires(NeedAdvice) || len(refuse.Reasons) != 2 || refuse.Tone != ToneDanger {
		t.Errorf("refuse: %+v", refuse)
	}
	if take := d.Actions("filed", ByOfficer)[0]; take.Requires(NeedReason) || len(take.Reasons) != 0 {
		t.Errorf("take: %+v", take)
	}
}

func TestTheRoadAheadIsTheShortestToASuccess(t *testing.T) {
	d := good(t)
	road := func(s State) []string {
		var out []string
		for _, step := range d.Ahead(s) {
			out = append(out, string(step.State))
		}
		return out
	}
	for s, want := range map[State][]string{
		"filed":   {"looking", "deciding", "planted"},
		"fixing":  {"filed", "looking", "deciding", "planted"},
		"planted": nil, "full": nil, "gone": nil, "nowhere": nil,
	} {
		if got := road(s); !slices.Equal(got, want) {
			t.Errorf("from %s: %v, want %v", s, got, want)
		}
	}
}

func TestPartiesAreKnownByTheActor(t *testing.T) {
	for _, tt := range []struct {
		who  access.Actor
		want By
	}{
		{access.Actor{Kind: access.Person}, ByApplicant},
		{access.Actor{Kind: access.Staff, Role: access.Officer}, ByOfficer},
		{access.Actor{Kind: access.Staff, Role: access.Support}, ""},
		{access.SystemActor(), BySystem},
		{access.Actor{}, ""},
	} {
		if got := ByOf(tt.who); got != tt.want {
			t.Errorf("%+v is %q, want %q", tt.who, got, tt.want)
		}
	}
}

func known(value string, verified bool) Known {
	return Known{Value: value, Origin: form.Origin{Source: "test", Verified: verified}}
}

func TestADraftBeginsWithWhatTheProfileKnowsAndKeepsWhatWasTyped(t *testing.T) {
	d := good(t)
	p := Profile{Surname: known("Иванова", true), MobilePhone: known("+79123456789", false)}
	a := d.Fill(p, form.Answers{})
	if a.Text("/who/surname") != "Иванова" || a.Text("/who/phone") != "+79123456789" {
		t.Fatalf("filled: %v", a)
	}
	f := d.FormFor(p, a, today)
	a = f.Parse(map[string][]string{"who.surname": {"Петрова"}, "who.phone": {"8 999 000 00 01"}}, a)
	if a.Text("/who/surname") != "Иванова" {
		t.Error("what the profile says was typed over")
	}
	if a.Text("/who/phone") != "+79990000001" {
		t.Errorf("what was typed is lost: %v", a)
	}
	if again := d.Fill(p, a); again.Text("/who/phone") != "+79990000001" {
		t.Error("filling in again overwrites what was typed")
	}
	p[Surname] = known("Сидорова", true)
	a = d.Relock(p, a)
	if a.Text("/who/surname") != "Сидорова" || a.Text("/who/phone") != "+79990000001" {
		t.Errorf("relocked: %v", a)
	}
	f = d.FormFor(p, a, today)
	surname, _ := f.Field("/who/surname")
	phone, _ := f.Field("/who/phone")
	if !surname.Locked || surname.Origin.Source != "test" {
		t.Errorf("surname: %+v", surname)
	}
	if phone.Locked || !phone.Origin.IsZero() {
		t.Errorf("the phone was typed by the person and says otherwise: %+v", phone)
	}
	if plain, _ := d.Form.Field("/who/surname"); plain.Locked {
		t.Error("one person's form changed the definition")
	}
}

func TestAFormThatLacksWhatItNeedsFromTheProfileCannotBeSent(t *testing.T) {
	d := good(t)
	a := d.Fill(Profile{}, form.Answers{})
	if got := d.Lacking(Profile{}); !slices.Equal(got, []Fact{Surname}) {
		t.Errorf("lacking: %v", got)
	}
	f := d.FormFor(Profile{}, a, today)
	a = f.Parse(map[string][]string{"who.surname": {"Петрова"}, "kind": {"oak"}, "year": {"2026"}}, a)
	wrong := d.Validate(f, a, form.Date{Year: 2026, Month: 3, Day: 1})
	if len(wrong) != 1 || wrong[0].Name != "who.surname" {
		t.Errorf("wrong: %v", wrong)
	}
	if got := d.Lacking(Profile{Surname: known("Иванова", true)}); got != nil {
		t.Errorf("lacking: %v", got)
	}
}

func TestTheSchemaRefusesWhatNoPageCouldHaveTyped(t *testing.T) {
	d := good(t)
	p := Profile{Surname: known("Иванова", true)}
	right := d.Fill(p, form.Answers{}).With("/kind", "oak").With("/year", 2026.0)
	for _, tt := range []struct {
		name string
		a    form.Answers
		want []string
	}{
		{"right", right, nil},
		{"right after storage", stored(t, right), nil},
		{"something more", right.With("/admin", true), []string{"admin"}},
		{"another type", right.With("/fence", "maybe"), []string{"fence"}},
		{"half a year", right.With("/year", 2025.5), []string{"year"}},
		{"nothing", form.Answers{}, []string{"kind", "who.surname", "year"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, w := range d.Validate(d.FormFor(p, tt.a, today), tt.a, today) {
				got = append(got, w.Name)
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("complaints about %v, want %v", got, tt.want)
			}
		})
	}
}

func stored(t *testing.T, a form.Answers) form.Answers {
	t.Helper()
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var out form.Answers
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestARegisterIsAskedAboutTheApplicantAlone(t *testing.T) {
	d := good(t)
	p := Profile{Surname: known("Иванова", true)}
	a := form.Answers{}.With("/kind", "oak").With("/who/surname", "Петрова")
	got := d.Inputs("looking", a, p, Case{Number: "2026-17"})
	want := map[string]any{"surname": "Иванова", "kind": "oak", "number": "2026-17"}
	if len(got) != len(want) {
		t.Errorf("asked with %v", got)
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s is %v, want %v", k, got[k], v)
		}
	}
	if got := d.Inputs("looking", form.Answers{}, Profile{}, Case{}); len(got) != 1 {
		t.Errorf("what is not known is sent: %v", got)
	}
	if got := d.Inputs("filed", a, p, Case{}); len(got) != 0 {
		t.Errorf("a state without a register asks with %v", got)
	}
}

func TestWaitingGrowsToItsCapAndSpreads(t *testing.T) {
	r := Retry{Base: 2 * time.Second, Cap: time.Minute}
	for _, tt := range []struct {
		failed int
		spread float64
		want   time.Duration
	}{
		{1, 0, time.Second}, {1, 1, 2 * time.Second}, {2, 1, 4 * time.Second}, {3, 0.5, 6 * time.Second},
		{6, 1, time.Minute}, {1000, 1, time.Minute}, {1000, 0, 30 * time.Second},
	} {
		if got := r.Wait(tt.failed, tt.spread); got != tt.want {
			t.Errorf("after %d failures, spread %v: %s, want %s", tt.failed, tt.spread, got, tt.want)
		}
	}
	if !r.Again(1_000_000) {
		t.Error("it gives up, though the deadline decides")
	}
	if few := (Retry{Base: time.Second, Cap: time.Second, Max: 3}); !few.Again(2) || few.Again(3) {
		t.Error("the number of tries is not kept")
	}
	if (Retry{}).Again(0) {
		t.Error("a state without retry asks again")
	}
}
