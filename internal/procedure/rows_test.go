package procedure

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"okno/internal/form"
)

func stall(t testing.TB) string {
	t.Helper()
	src, err := os.ReadFile("testdata/rows.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

func TestADefinitionMayHaveRowsListsAndRules(t *testing.T) {
	d, err := Compile("rows.yaml", []byte(stall(t)))
	if err != nil {
		t.Fatal(err)
	}
	goods, ok := d.Form.Field("/goods")
	if !ok || len(goods.Rows.Fields) != 3 || goods.Rows.Fields[0].Pointer != "/goods/*/name" || goods.Rows.Max != 5 {
		t.Errorf("%+v", goods.Rows)
	}
	again, err := Compile("rows.yaml", d.Canonical())
	if err != nil || again.Version != d.Version {
		t.Fatalf("the canonical text is another definition: %v", err)
	}
	second, _ := again.Form.Field("/goods")
	if len(second.Rows.Fields) != 3 {
		t.Errorf("%+v", second.Rows)
	}
	ask := d.Actions("filed", ByOfficer)
	i := slices.IndexFunc(ask, func(a Action) bool { return a.Event == "ask" })
	if !slices.Equal(ask[i].Fields, []string{"/goods", "/hall"}) {
		t.Errorf("an officer may ask for %v", ask[i].Fields)
	}
	if step, _ := d.Step("fixing"); !step.Pause || len(step.Edit) != 2 {
		t.Errorf("%+v", step)
	}
}

// The schema is a second guard: what no page asks for is not taken, in rows neither.
func TestWhatASchemaForbidsInARowIsNamed(t *testing.T) {
	d, err := Compile("rows.yaml", []byte(stall(t)))
	if err != nil {
		t.Fatal(err)
	}
	a := form.Answers{"region": "77", "hall": "north", "from": "2026-04-01", "to": "2026-04-02", "goods": []any{map[string]any{"name": "bread", "food": true, "licence": "1", "price": 3.0}}}
	p := Profile{BirthDate: {Value: "1990-01-01"}}
	var at []string
	for _, w := range d.Validate(d.FormFor(p, a, today), a, today) {
		at = append(at, w.Name)
	}
	if !slices.Equal(at, []string{"goods.0.price"}) {
		t.Errorf("wrong are %v", at)
	}
}

func TestEveryMistakeInRowsListsAndRulesIsNamedWithItsPlace(t *testing.T) {
	src := stall(t)
	for _, tt := range []struct{ name, old, new, at, want string }{
		{"a list without an end", "      maxItems: 5\n", "", "type: array", `/goods has no "maxItems"`},
		{"more than the most", "minItems: 1", "minItems: 9", "type: array", "/goods: minItems must not be greater than maxItems"},
		{"a list of texts", "      items:\n        type: object", "      items:\n        type: string", "type: string\n        additional", "the items of /goods must be objects"},
		{"a list in a list", "licence: {type: string, maxLength: 20, pattern: '^[0-9]+$'}", "licence: {type: array, maxItems: 3, items: {type: object, properties: {}}}", "{type: array, maxItems: 3", "/goods/*/licence is a list in a list"},
		{"rows whose order would be lost", ", fields: [/goods/*/name, /goods/*/food, /goods/*/licence]", "", "type: array\n      minItems", "the questions in a row of /goods come in no order that lasts: say it in the view, fields: [/goods/*/name, /goods/*/food, /goods/*/licence]"},
		{"an order that leaves one out", "/goods/*/food, /goods/*/licence]", "/goods/*/food]", "[/goods/*/name, /goods/*/food]}", "fields of /goods must be each question of a row once: /goods/*/food, /goods/*/licence, /goods/*/name"},
		{"rows without a name", ", item: {ru: Товар, en: Good}", "", "{label: {ru: Товары", `the view of /goods has no "item"`},
		{"a page that asks for a part of a row", "fields: [/goods]", "fields: [/goods/*/name]", "/goods/*/name]", "the page what asks for /goods/*/name, which is asked in each row of /goods: name that one"},
		{"a row from outside of one", "when: 'age(p.birth_date, today) < 18'", "when: row.food", "row.food, required: true}\npages", "the condition of /guardian: row is not known here"},
		{"a rule on a value of a row with a slip", "name: {type: string, maxLength: 60}", "name: {type: string, enum: [fisch, bread]}", "/goods/*/name, assert:", "assert of the rule no-fish compares /goods/*/name with 'fish' (character 27), which it never is; did you mean 'fisch'?"},
		{"a rule on nothing", "at: /to, assert: d.from", "at: /till, assert: d.from", "/till", "the rule in-order complains at /till, which the data does not describe"},
		{"a rule that compares a day with a number", "assert: d.from <= d.to", "assert: d.from <= 3", "d.from <= 3", "assert of the rule in-order: <= does not go with date, whole number"},
		{"a rule that is no question", "assert: 'days(d.from, d.to) <= 90'", "assert: 'days(d.from, d.to)'", "'days(d.from, d.to)'", "it must be true or false, and is a value of type whole number"},
		{"two rules of a name", "id: not-long", "id: in-order", "in-order, at: /to, when", `there is a rule "in-order" already`},
		{"a rule about another's data", "assert: d.from <= d.to", "assert: p.mother_snils == p.snils", "p.mother", "there is no mother_snils there"},
		{"a dictionary that is not there", "dict: halls", "dict: hals", "hals", `/hall refers to the dictionary "hals"; did you mean "halls"?`},
		{"a dictionary that is everybody's", "  halls:\n", "  regions:\n", "regions:", `every definition has a dictionary "regions" already`},
		{"a code twice", "code: south", "code: north", "{code: north, within: \"77\", ru: Южный", `the dictionary halls has the code "north" twice`},
		{"a choice before what it depends on", "fields: [/region]", "fields: [/to]", "/region}", "what can be chosen for /hall depends on /region, which is asked on no earlier page"},
		{"an officer who waits and opens answers", "      turn: applicant\n", "      turn: agency\n", "[/goods, /hall]", "only a state whose turn is applicant opens answers or stops the clock"},
		{"open answers that are not there", "edit: [/goods, /hall]", "edit: [/goods, /stall]", "/stall]", "the state fixing opens /stall, which the data does not describe"},
		{"a part of a row that is open", "edit: [/goods, /hall]", "edit: [/goods/*/name]", "/goods/*/name]", "the state fixing opens /goods/*/name, which is in each row of /goods: open that one"},
		{"an applicant with four eyes", "answer: {by: applicant, title: {ru: Ответить, en: Answer}}", "answer: {by: applicant, fourEyes: true, title: {ru: Ответить, en: Answer}}", "answer: {by: applicant, fourEyes", "the action answer is the applicant's, who needs no second one to agree (fourEyes)"},
		{"answers that nobody sends", "answer: {by: applicant, title: {ru: Ответить, en: Answer}}", "answer: {by: applicant, title: {ru: Ответить, en: Answer}, tone: danger}", "fixing:\n      turn", "the state fixing opens answers, so exactly one action of the applicant must send them; there are 0"},
		{"fields to choose of none", "      edit: [/goods, /hall]\n", "", "ask: {by: officer", "the action ask requires fields, but the state fixing opens no answers (edit)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(src, tt.old) {
				t.Fatalf("the good definition has no %q to spoil", tt.old)
			}
			spoiled := strings.Replace(src, tt.old, tt.new, 1)
			_, err := Compile("bad.yaml", []byte(spoiled))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got\n%v\nwant %s", err, tt.want)
			}
			line := strings.Count(spoiled[:strings.Index(spoiled, tt.at)], "\n") + 1
			for _, i := range err.(Issues) { //nolint:errorlint // Compile gives nothing else
				if strings.Contains(i.Text, tt.want) && i.Line != line {
					t.Errorf("it is said of line %d, and is in line %d", i.Line, line)
				}
			}
		})
	}
}

func TestADeadlineThatStoodStillGoesOnWithWhatWasLeft(t *testing.T) {
	msk := time.FixedZone("MSK", 3*60*60)
	at := func(day string, hour int) time.Time {
		d, err := time.ParseInLocation(time.DateOnly, day, msk)
		if err != nil {
			t.Fatal(err)
		}
		return d.Add(time.Duration(hour) * time.Hour)
	}
	working := Deadline{In: Span{Days: 5}, Calendar: Working}
	for _, tt := range []struct {
		name               string
		d                  Deadline
		begun, stopped, on time.Time
		want               string
	}{
		{"three working days were left over a weekend", working, at("2026-03-02", 10), at("2026-03-04", 12), at("2026-03-20", 9), "2026-03-25"}, // a Friday; due was the 10th, as the 9th was off
		{"all days", Deadline{In: Span{Days: 10}, Calendar: AllDays}, at("2026-03-02", 10), at("2026-03-04", 12), at("2026-04-01", 9), "2026-04-09"},
		{"on the last day", working, at("2026-03-02", 10), at("2026-03-10", 12), at("2026-03-21", 9), "2026-03-23"},
		{"it was over", working, at("2026-03-02", 10), at("2026-03-12", 12), at("2026-03-21", 9), "2026-03-10"},
	} {
		due := tt.d.Due(tt.begun, msk, nil)
		if got := tt.d.Resume(due, tt.stopped, tt.on, msk, nil).In(msk).Format(time.DateOnly); got != tt.want {
			t.Errorf("%s: due %s, then %s; want %s", tt.name, due.In(msk).Format(time.DateOnly), got, tt.want)
		}
	}
	hours := Deadline{In: Span{Exact: 5 * time.Hour}}
	begun := at("2026-03-02", 10)
	if got := hours.Resume(hours.Due(begun, msk, nil), begun.Add(time.Hour), begun.Add(3*time.Hour), msk, nil); !got.Equal(begun.Add(7 * time.Hour)) {
		t.Errorf("hours: %v", got)
	}
}
