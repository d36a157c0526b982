package procedure

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func clockSource(t testing.TB) string {
	t.Helper()
	src, err := os.ReadFile("testdata/clock.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

func TestAFileTestsPeopleAndDeadlinesByAClockThatItMoves(t *testing.T) {
	_, ran, err := Tests("clock.yaml", []byte(clockSource(t)))
	if err != nil {
		t.Fatal(err)
	}
	if over := ran[5].Overdue; !slices.Equal(over, []State{"filed", "looking"}) {
		t.Errorf("passed: %v", over)
	}
	if ran[2].For != "child" || ran[3].TurnedAway != "level" || ran[0].TurnedAway != "" {
		t.Errorf("%+v", ran[:4])
	}
}

// Each expectation can fail, and says what is the case instead; each slip is told in the line where it stands.
func TestATestOfAFileSaysWhatIsTheCaseInstead(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"a state", "{state: filed, turn: agency, due", "{state: fixing, turn: agency, due", "expects the state fixing, but it is filed"},
		{"a turn", "{state: filed, turn: agency, due", "{state: filed, turn: system, due", "expects the turn system, but it is agency"},
		{"a deadline", "due: 2026-03-05", "due: 2026-03-06", "expects the deadline 2026-03-06, but it is 2026-03-05"},
		{"a deadline over a holiday", "paused: false, due: 2026-03-12", "paused: false, due: 2026-03-11", "but it is 2026-03-12"},
		{"a deadline in hours", "'2026-03-14T12:00'", "'2026-03-14T13:00'", "but it is 2026-03-14T12:00"},
		{"no deadline", "papers: [], due: none", "papers: [], due: 2026-03-14", "expects the deadline 2026-03-14, but it is none"},
		{"a deadline that is no day", "due: 2026-03-05", "due: soon", `is "soon"; it must be a day`},
		{"a clock that stands", "paused: true", "paused: false", "expects that the agency's time runs, but it stands still"},
		{"what is open", "paused: true, open: [/wish]", "paused: true, open: []", "expects open to be none, but it is /wish"},
		{"what was told", "told: [fixing, full]", "told: [full]", "expects told to be full, but it is fixing, full"},
		{"who was told of a deadline", "escalated: [filed], papers", "escalated: [], papers", "expects escalated to be none, but it is filed"},
		{"who was reminded", "see: {reminded: []}", "see: {reminded: [coming]}", "expects reminded to be coming, but it is none"},
		{"a paper", "papers: [passport]", "papers: []", "expects papers to be none, but it is passport"},
		{"a reason", "reason: bad-soil}}", "reason: no-place}}", "expects the reason no-place, but it is bad-soil"},
		{"a reason of another refusal", "refuse, reason: bad-soil", "refuse, reason: ugly", "gives the reason ugly; in the state refused there is bad-soil, no-place"},
		{"a reason where there is none", "[{do: ask, fields: [/wish]}, {wait: P1M}]", "[{do: ask, reason: bad-soil}, {wait: P1M}]", "gives no reason"},
		{"a field that is not open", "[{do: ask, fields: [/wish]}, {wait: P1M}]", "[{do: ask, fields: [/kind]}, {wait: P1M}]", "opens /kind, which the event cannot"},
		{"a question", "asked: [/fence, /wish]", "asked: [/fence, /height]", "expects that /height is asked, but it is not asked"},
		{"a question that is none", "asked: [/fence, /wish]", "asked: [/fence, /wihs]", "names /wihs, which no page asks for"},
		{"a question that is asked", "valid: true, notAsked: [/fence], pages", "valid: true, notAsked: [/wish], pages", "expects that /wish is not asked, but it is asked"},
		{"a paper of the person's", "offered: [birth]", "offered: []", "expects that from the documents are offered none, but it is birth"},
		{"what is lacking", "lacking: [surname]", "lacking: []", "expects that the profile lacks none, but it lacks surname"},
		{"a form that cannot be sent", "valid: false, lacking: [surname]", "valid: true", "the profile lacks surname"},
		{"who may apply", "{turnedAway: level}", "{turnedAway: acting}", "expects that who applies is turned away for their acting, but it is for their level"},
		{"who may not apply", "unproven: {level: simplified", "unproven: {level: standard", "turned away for their level, but they may apply"},
		{"who may not act", "actAs: [self, child]", "actAs: [self]", "may not: they are turned away for their acting"},
		{"who is turned away fills in nothing", "who: unproven, expect", "who: unproven, today: 2026-03-02, set: {/kind: oak}, expect", "goes on after somebody was turned away"},
		{"nobody of that name", "who: young", "who: yuong", `is of "yuong", who is not among the personas; did you mean young?`},
		{"no such child", "for: masha", "for: misha", "did you mean masha?"},
		{"for whom without who", "    who: anna\n    for: masha", "    for: masha", "says for whom, and not who applies"},
		{"a persona that is idle", "who: young\n", "who: anna\n", "no test is of the persona young"},
		{"a child that is idle", "    for: masha\n", "", "in no test anna applies for masha"},
		{"a fact nobody has", "{age: 40}", "{age: 40, shoe_size: 41}", `has no key "shoe_size"`},
		{"a fact of the test", "{age: 40}", "{age: 40, acting: child}", "is said by the test (who, for)"},
		{"two ages", "{age: 40}", "{age: 40, birth_date: '1985-01-01'}", "has an age and a day of birth"},
		{"a day of birth that is none", "'2008-03-03'", "03.03.2008", "it must be a date such as 1990-03-05"},
		{"a sex", "{age: 40}", "{age: 40, sex: x}", "sex of the persona nameless"},
		{"a document", "documents: [birth-certificate]", "documents: [certificate]", "a document of the persona masha"},
		{"a level", "level: simplified", "level: high", "level of the persona unproven"},
		{"back in time", "at: 2026-03-10", "at: 2026-03-01", "stands at 2026-03-03T12:00 and does not go back to 2026-03-01T12:00"},
		{"a moment that is none", "at: 2026-03-10", "at: Tuesday", `is "Tuesday"; it must be a day`},
		{"ten thousand years", "{wait: P1Y}", "{wait: P9999Y}", "waits for longer than 50 years"},
		{"no time", "{wait: P1Y}", "{wait: PT0S}", "waits for no time"},
		{"time without a day", "    today: 2026-03-02\n    events: [take", "    events: [take", "does not say from which day on (today)"},
		{"time after the end", "{wait: P1M}]", "{wait: P1M}, {wait: P1D}]", "has ended in the state gone"},
		{"two things at once", "{wait: P1Y}", "{wait: P1Y, do: come}", "is one of wait, at, see and do"},
		{"a look at nothing", "{see: {reminded: []}}", "{see: {}}", "looks at nothing here"},
		{"a look at something unknown", "see: {reminded: []}", "see: {remindet: []}", `did you mean "reminded"?`},
		{"a wrong form begins no case", "today: 2026-03-02\n    set: {/kind: oak, /year: 2026}\n    events", "today: 2026-03-02\n    set: {/kind: fir, /year: 2026}\n    events", "no case begins with it"},
		{"a deadline that goes round for ever", "breach: 'auto:withdraw'}\n      on: {answer: filed, withdraw: gone}", "breach: 'auto:again'}\n      on: {again: fixing, answer: filed, withdraw: gone}", "deadlines alone lead from the state fixing back to it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := clockSource(t)
			if !strings.Contains(src, tt.old) {
				t.Fatalf("no %q", tt.old)
			}
			_, _, err := Tests("clock.yaml", []byte(strings.Replace(src, tt.old, tt.new, 1)))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("it says %v, want %q", err, tt.want)
			}
		})
	}
}

func TestTheTestsOfAFileMayNotTakeForEver(t *testing.T) {
	loop := strings.NewReplacer("in: P10D", "in: P99999D, calendar: ru-working").Replace(clockSource(t))
	head, tests, _ := strings.Cut(loop, "tests:\n")
	one := "  - {name: round, today: 2026-03-02, events: [{do: ask, fields: [/wish]}, {do: answer}], expect: {state: filed}}\n"
	_, _, err := Tests("clock.yaml", []byte(head+"tests:\n"+tests+strings.Repeat(one, maxTests)))
	if err == nil || !strings.Contains(err.Error(), "a file may have 500") {
		t.Errorf("it says %v", err)
	}
	again := "    events: [" + strings.Repeat("{do: ask, fields: [/wish]}, answer, ", 3000) + "take, none]\n"
	_, _, err = Tests("clock.yaml", []byte(head+"tests:\n"+tests+"  - name: for days\n    today: 2026-03-02\n"+again+"    expect: {outcome: refused}\n"))
	if err == nil || !strings.Contains(err.Error(), "count more than 5000000 days") {
		t.Errorf("it says %.300v", err)
	}
}

func TestWhoIsJustSoOldIsSoOldOnLeapDaysToo(t *testing.T) {
	for _, tt := range []struct {
		today, want string
		age         int
	}{{"2026-03-02", "2008-03-02", 18}, {"2028-02-29", "2010-02-28", 18}, {"2028-02-29", "2008-02-29", 20}} {
		day, err := time.Parse(time.DateOnly, tt.today)
		if err != nil {
			t.Fatal(err)
		}
		if got := bornFor(tt.age, day); got != tt.want {
			t.Errorf("%d on %s: born on %s, want %s", tt.age, tt.today, got, tt.want)
		}
	}
}
