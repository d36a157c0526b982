package procedure

import (
	"slices"
	"strings"
	"testing"

	"okno/internal/form"
)

const sevenDays = "days: {type: array, uniqueItems: true, minItems: 1, maxItems: 2, items: {type: string, enum: [sat, sun, mon]}}"

// open is the stall with a question of which several answers can be given, and changes to that.
func open(t *testing.T, changes ...string) string {
	t.Helper()
	src := stall(t)
	for _, x := range [][2]string{
		{"[region, hall, from, to, goods]", "[region, hall, from, to, goods, days]"},
		{"    guardian: {type", "    " + sevenDays + "\n    guardian: {type"},
		{"  /guardian:", "  /days: {label: {ru: Дни, en: Days}, options: {sat: {ru: Суббота, en: Saturday}, sun: {ru: Воскресенье, en: Sunday}, mon: {ru: Понедельник, en: Monday}}}\n  /guardian:"},
		{"fields: [/hall, /from, /to, /guardian]", "fields: [/hall, /days, /from, /to, /guardian]"},
		{"rules:\n", "rules:\n  - {id: no-monday, at: /days, assert: \"!('mon' in d.days && d.hall == 'pier')\", message: {ru: У причала нет понедельников, en: No Mondays at the pier}}\n"},
		{permitOutput, strings.TrimSuffix(permitOutput, "}") + ", facts: [{from: d.days, label: {ru: Дни, en: Days}, open: true}]}"},
		{"/hall: north, /from: 01.04.2026, /to: 01.05.2026", "/hall: north, /days: [sun, sat], /from: 01.04.2026, /to: 01.05.2026"},
		{"/hall: pier, /from: 01.04.2026, /to: 01.12.2026", "/hall: pier, /days: mon, /from: 01.04.2026, /to: 01.12.2026"},
		{"wrong: [/hall, /to, /guardian, /goods/1/licence]", "wrong: [/hall, /days, /to, /guardian, /goods/1/licence]"},
		{"/hall: pier, /from: 01.04.2026, /to: 01.03.2026", "/hall: pier, /days: [sat, sun, mon], /from: 01.04.2026, /to: 01.03.2026"},
		{"wrong: [/to, /goods]", "wrong: [/days, /to, /goods]"},
		{"/hall: north, /from: 01.04.2026, /to: 01.04.2026", "/hall: north, /days: [sat], /from: 01.04.2026, /to: 01.04.2026"},
	} {
		if strings.Count(src, x[0]) != 1 {
			t.Fatalf("%q stands there %d times", x[0], strings.Count(src, x[0]))
		}
		src = strings.Replace(src, x[0], x[1], 1)
	}
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(src, changes[i]) {
			t.Fatalf("there is no %q", changes[i])
		}
		src = strings.ReplaceAll(src, changes[i], changes[i+1])
	}
	return src
}

func readOpen(t *testing.T, src string) *Definition {
	t.Helper()
	d, err := Compile("open.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestADefinitionMayAskForSeveralOfAList(t *testing.T) {
	d := readOpen(t, open(t))
	f, ok := d.Form.Field("/days")
	if !ok || f.Type != form.TypeChoices || len(f.Options) != 3 || *f.Least != 1 || *f.Most != 2 || !f.Required {
		t.Errorf("%+v", f)
	}
	if again := readOpen(t, string(d.Canonical())); again.Version != d.Version {
		t.Error("the canonical text is another definition")
	}
	o, _ := d.Output("permit")
	if got := o.State(form.Form{}, form.Answers{"days": []any{"sat", "mon"}}, nil, Case{}, nil)[0].Value; got.RU != "Суббота; Понедельник" || got.EN != "Saturday; Monday" {
		t.Errorf("the paper says %+v", got)
	}
	// The schema is a second guard.
	a := form.Answers{"region": "77", "hall": "north", "from": "2026-04-01", "to": "2026-04-02", "goods": []any{map[string]any{"name": "nails", "food": true, "licence": "1"}}, "days": []any{"sat", "sat"}}
	p := Profile{BirthDate: {Value: "1990-01-01"}}
	if wrong := d.Validate(d.FormFor(p, a, today), a, today); len(wrong) != 1 || wrong[0].Name != "days" {
		t.Errorf("the same day twice: %v", wrong)
	}
	list := readOpen(t, open(t, "items: {type: string, enum: [sat, sun, mon]}", "items: {type: string, x-ref: {dict: week}}", "dictionaries:\n", "dictionaries:\n  week: [{code: sat, ru: Суббота, en: Saturday}, {code: sun, ru: Воскресенье, en: Sunday}, {code: mon, ru: Понедельник, en: Monday}]\n",
		", options: {sat: {ru: Суббота, en: Saturday}, sun: {ru: Воскресенье, en: Sunday}, mon: {ru: Понедельник, en: Monday}}", ""))
	if f, _ := list.Form.Field("/days"); len(f.Options) != 3 {
		t.Errorf("of a dictionary: %+v", f)
	}
}

func TestEveryMistakeInChoicesIsNamed(t *testing.T) {
	for _, tt := range []struct {
		name    string
		changes []string
		want    string
	}{
		{"what is typed", []string{"enum: [sat, sun, mon]", "maxLength: 20"}, "the items of /days must be objects, or texts with an enum or an x-ref and nothing else"},
		{"a pattern beside", []string{"enum: [sat, sun, mon]", "enum: [sat, sun, mon], pattern: '^s'"}, "the items of /days must be objects, or texts with an enum or an x-ref and nothing else"},
		{"the same twice", []string{"uniqueItems: true, ", ""}, "/days must have uniqueItems: true"},
		{"more than the most", []string{"minItems: 1, maxItems: 2, items: {type: string", "minItems: 3, maxItems: 2, items: {type: string"}, "/days: minItems must not be greater than maxItems"},
		{"options that depend", []string{"enum: [sat, sun, mon]", "x-ref: {dict: halls, within: /region}"}, "the items of /days cannot depend on another answer (within)"},
		{"a country each", []string{"enum: [sat, sun, mon]", "x-ref: {dict: countries}"}, "a page shows at most 40 boxes to tick"},
		{"unique rows", []string{"      maxItems: 5\n", "      maxItems: 5\n      uniqueItems: true\n"}, "uniqueItems of /goods is for choices"},
		{"compared as a text", []string{"'mon' in d.days", "d.days == 'mon'"}, "assert of the rule no-monday"},
		{"one with a slip", []string{"'mon' in d.days", "'mno' in d.days"}, "assert of the rule no-monday compares /days with 'mno' (character 3), which it never is; did you mean 'mon'?"},
		{"an option without a name", []string{", mon: {ru: Понедельник, en: Monday}", ""}, `/days has no label for the option "mon"`},
		{"an option that nobody offers, in a test", []string{"/days: [sat], ", "/days: [tue], "}, "the test fish"},
	} {
		if _, err := Compile("bad.yaml", []byte(open(t, tt.changes...))); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got\n%v\nwant %s", tt.name, err, tt.want)
		}
	}
}

// Where one could be chosen and several can be, those who chose one have chosen it still.
func TestOneAnswerThatMayBeSeveralIsAListOfOne(t *testing.T) {
	one := readOpen(t, open(t, sevenDays, "days: {type: string, enum: [sat, sun, mon]}", "'mon' in d.days", "d.days == 'mon'", "[sun, sat]", "sun", "/days: [sat, sun, mon], ", "", "/days: [sat]", "/days: sat"))
	several := readOpen(t, open(t))
	if a := several.Renamed(form.Answers{"days": "sun"}); !form.Same(a.Get("/days"), []any{"sun"}) {
		t.Errorf("%v", a)
	}
	var said []string
	for _, x := range Diff(one, several) {
		if x.Place == "the field /days" {
			said = append(said, string(x.Class)+" "+x.Text)
		}
	}
	if !slices.Contains(said, "compatible takes several answers instead of one") || slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, string(Breaking)) }) {
		t.Errorf("%q", said)
	}
	said = nil
	fewer := readOpen(t, open(t, "enum: [sat, sun, mon]", "enum: [sat, sun]", ", mon: {ru: Понедельник, en: Monday}", "", "'mon' in d.days", "'sun' in d.days", "/days: mon", "/days: sun", "/days: [sat, sun, mon], ", ""))
	for _, x := range Diff(several, fewer) {
		said = append(said, string(x.Class)+" "+x.Place+": "+x.Text)
	}
	if !slices.Contains(said, "breaking the field /days: the option mon is gone") {
		t.Errorf("%q", said)
	}
}

// So it is in rows, of which the comparison says the same.
func TestOneAnswerOfARowThatMayBeSeveralIsAListOfOne(t *testing.T) {
	asks := func(schema string) *Definition {
		t.Helper()
		d, err := Stored("rows.yaml", []byte(strings.NewReplacer("          food: {type: boolean}\n", "          food: {type: boolean}\n          kind: "+schema+"\n",
			"  /goods/*/food: {", "  /goods/*/kind: {label: {ru: Вид, en: Kind}, options: {own: {ru: Своё, en: Own}, foreign: {ru: Чужое, en: Foreign}}}\n  /goods/*/food: {",
			"fields: [/goods/*/name, ", "fields: [/goods/*/name, /goods/*/kind, ").Replace(stall(t))))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	one, several := asks("{type: string, enum: [own, foreign]}"), asks("{type: array, uniqueItems: true, items: {type: string, enum: [own, foreign]}}")
	if changes := Diff(one, several); Worst(changes) != Compatible {
		t.Errorf("%v", changes)
	}
	goods := []any{map[string]any{"name": "tea", "kind": "own"}, map[string]any{"name": "nails"}}
	a := several.Renamed(form.Answers{"goods": goods})
	if want := []any{map[string]any{"name": "tea", "kind": []any{"own"}}, map[string]any{"name": "nails"}}; !form.Same(a.Get("/goods"), want) {
		t.Errorf("%v", a)
	}
	if !form.Same(goods[0], map[string]any{"name": "tea", "kind": "own"}) {
		t.Error("what was answered is another thing now")
	}
}
