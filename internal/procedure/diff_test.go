package procedure

import (
	"slices"
	"strings"
	"testing"
)

// changed compiles the good definition with some of its texts replaced by others.
func changed(t testing.TB, oldnew ...string) *Definition {
	t.Helper()
	src := goodSource(t)
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(src, oldnew[i]) {
			t.Fatalf("the good definition has no %q", oldnew[i])
		}
		src = strings.ReplaceAll(src, oldnew[i], oldnew[i+1])
	}
	d, err := Compile("changed.yaml", []byte(src))
	if err != nil {
		t.Fatalf("%v\nof\n%s", err, strings.Join(oldnew, "\n"))
	}
	return d
}

// Whoever changes a service is told what it means for those who have applied: item by item, and no worse than it is.
func TestAChangeOfADefinitionIsToldForWhatItIs(t *testing.T) {
	for _, tt := range []struct {
		name   string
		class  Class
		change []string
		want   []string
	}{
		{"a title", Wording, []string{"en: Plant a tree", "en: Plant your tree"}, []string{"text       the definition: title says something else"}},
		{"a label", Wording, []string{"en: Surname", "en: Family name"}, []string{"text       the field /who/surname: label says something else"}},
		{"a hint comes", Wording, []string{"/fence: {label:", "/fence: {hint: {ru: Забор, en: A wall}, label:"}, []string{"text       the field /fence: hint says something else"}},
		{"an option's words", Wording, []string{"en: Oak", "en: An oak"}, []string{"text       the field /kind: the option oak says something else"}},
		{"a law", Wording, []string{"{ru: Плохая почва, en: Bad soil}, law: {ru: Правила, en: Rules}", "{ru: Плохая почва, en: Bad soil}, law: {ru: Закон, en: Law}"}, []string{"text       the reason bad-soil: says something else"}},
		{"a notice", Wording, []string{"en: 'Tree {number}: {link}'", "en: 'Your tree {number}: {link}'"}, []string{"text       the notice of planted: text says something else"}},
		{"a shorter term", Compatible, []string{"term: P5D", "term: P4D"}, []string{"compatible the catalogue's entry: the term is shorter: P4D in working days instead of P5D in working days"}},
		{"a longer term", Breaking, []string{"term: P5D", "term: P6D"}, []string{"breaking   the catalogue's entry: the term is longer: P6D in working days instead of P5D in working days"}},
		{"a term of all days", Compatible, []string{"term: P5D, calendar: ru-working", "term: P5D, calendar: all"}, []string{"compatible the catalogue's entry: the term is shorter: P5D instead of P5D in working days"}},
		{"a term of one day, of all days", Compatible, []string{"term: P5D, calendar: ru-working", "term: P1D, calendar: all"}, []string{"compatible the catalogue's entry: the term is shorter: P1D instead of P5D in working days"}},
		{"an option more", Compatible, []string{"enum: [oak, fir]", "enum: [oak, fir, elm]", "fir: {ru: Ель, en: Fir}}", "fir: {ru: Ель, en: Fir}, elm: {ru: Вяз, en: Elm}}"}, []string{"compatible the field /kind: the option elm is new"}},
		{"a wider bound", Compatible, []string{"maximum: 40", "maximum: 50"}, []string{"compatible the field /height: maximum is wider: 50 instead of 40"}},
		{"no pattern", Compatible, []string{", pattern: '^[a-z]+$'", "", "wrong: {ru: Только латиница, en: Latin letters only}, ", ""}, []string{"compatible the field /wish: pattern is gone"}},
		{"more years", Compatible, []string{"years(today, 0, 2)", "years(today, 0, 5)"}, []string{"compatible the field /year: more years can be chosen"}},
		{"a longer deadline", Compatible, []string{"in: P3D, calendar: ru-working", "in: P9D, calendar: ru-working"}, []string{"compatible the state filed: the deadline is longer: P9D in working days instead of P3D in working days"}},
		{"a question that may stay empty", Compatible, []string{"    fence: {type: boolean}", "    fence: {type: boolean}\n    bird: {type: boolean}", "  /fence: {label:", "  /bird: {label: {ru: Птица, en: Bird}}\n  /fence: {label:", "[/fence]", "[/fence, /bird]"},
			[]string{"compatible the field /bird: is new and may stay empty", "compatible the page fence: asks for /fence, /bird instead of /fence"}},
		{"an answer with a new name", Migration, []string{"    fence: {", "    wall: {", "/fence: {", "/wall: {renamedFrom: /fence, ", "[/fence]", "[/wall]", "/fence: 'true'", "/wall: 'true'"},
			[]string{"migration  the field /fence: is /wall now", "compatible the page fence: asks for /wall instead of /fence"}},
		{"a state with a new name", Migration, []string{"fixing:\n", "answering:\n      renamedFrom: fixing\n", "ask: fixing", "ask: answering", "fixing: {channels", "answering: {channels", "[filed, fixing, filed, fixing, gone]", "[filed, answering, filed, answering, gone]"},
			[]string{"migration  the state fixing: is answering now"}},
		{"a field that is gone", Breaking, []string{"    fence: {type: boolean}\n", "", "  /fence: {label: {ru: Ограда, en: Fence}}\n", "", "  - {id: fence, title: {ru: Ограда, en: Fence}, when: d.kind == 'oak', fields: [/fence]}\n", "", ", /fence: 'true'", "", "[who, tree, fence]", "[who, tree]"},
			[]string{"breaking   the field /fence: is gone, and what was answered has no place", "compatible the page fence: is gone"}},
		{"an option less", Breaking, []string{"enum: [oak, fir]", "enum: [oak]", ", fir: {ru: Ель, en: Fir}", "", "when: d.kind == 'fir'", "when: d.kind != 'oak'", "/kind: fir, /year: 2024}", "/kind: oak, /year: 2019}", "wrong: [/height], pages: [who, tree]", "wrong: [/year], pages: [who, tree, fence]"},
			[]string{"breaking   the field /kind: the option fir is gone", "breaking   the field /height: is asked when d.kind != 'oak', it was when d.kind == 'fir'"}},
		{"a narrower bound", Breaking, []string{"maximum: 40", "maximum: 30"}, []string{"breaking   the field /height: maximum is narrower: 30 instead of 40"}},
		{"a shorter text", Breaking, []string{"maxLength: 20", "maxLength: 10"}, []string{"breaking   the field /wish: maxLength is narrower: 10 instead of 20"}},
		{"another type", Breaking, []string{"fence: {type: boolean}", "fence: {type: integer, maximum: 2}", "/fence: 'true'", "/fence: '1'"}, []string{"breaking   the field /fence: is of the type integer instead of boolean"}},
		{"fewer years", Breaking, []string{"years(today, 0, 2)", "years(today, 0, 1)", "/year: 2024", "/year: 2025"}, []string{"breaking   the field /year: other years can be chosen"}},
		{"a question that must be answered", Breaking, []string{"/fence: {label:", "/fence: {required: true, label:"}, []string{"breaking   the field /fence: must be answered"}},
		{"a higher level", Breaking, []string{"assurance: standard", "assurance: confirmed"}, []string{"breaking   the access: the level confirmed is needed, standard was enough"}},
		{"a state that is gone", Breaking, []string{"take: looking, ask: fixing, withdraw: gone}\n    fixing:\n      turn: applicant\n      title: {ru: Ответьте, en: Answer}\n      explain: {ru: Ваш ход, en: Your turn}\n      deadline: {in: P10D, breach: 'auto:withdraw'}\n      on: {answer: filed, withdraw: gone}", "take: looking, withdraw: gone}",
			"    ask: {by: officer, title: {ru: Спросить, en: Ask}}\n    answer: {by: applicant, title: {ru: Ответить, en: Answer}}\n", "", "  fixing: {channels: [inbox], text: {ru: Ответьте, en: Answer}}\n", "",
			"[ask, answer, ask, 'system:withdraw'], expect: {path: [filed, fixing, filed, fixing, gone]", "[withdraw], expect: {path: [filed, gone]"},
			[]string{"breaking   the state fixing: is gone, and open cases may be in it", "breaking   the state filed: ask, which led to fixing, is not possible any more", "breaking   the action answer: is gone", "breaking   the action ask: is gone", "compatible the notice of fixing: is gone"}},
		{"another way out", Breaking, []string{"none: full, silence: full", "none: full, silence: deciding"}, []string{"breaking   the state looking: silence leads to deciding instead of full"}},
		{"an action of another party", Breaking, []string{"require: [reason, advice]}", "require: [reason, advice], confirm: {ru: Точно, en: Sure}}", "ask: {by: officer, title: {ru: Спросить, en: Ask}}", "ask: {by: officer, require: [advice], title: {ru: Спросить, en: Ask}}"},
			[]string{"breaking   the action ask: it must come with advice, which is new", "text       the action refuse: confirm says something else"}},
		{"a shorter deadline", Breaking, []string{"in: P10D, breach", "in: P9D, breach"}, []string{"breaking   the state fixing: the deadline is shorter: P9D instead of P10D"}},
		{"days instead of working days", Breaking, []string{"in: P3D, calendar: ru-working", "in: P3D"}, []string{"breaking   the state filed: the deadline is shorter: P3D instead of P3D in working days"}},
		{"no end to the wait", Breaking, []string{"deadline: {in: P3D, calendar: ru-working, breach: escalate}", "deadline: {none: it takes its time}"}, []string{"breaking   the state filed: has no deadline any more; it was P3D"}},
		{"silence means another thing", Breaking, []string{"in: P3D, calendar: ru-working, breach: escalate", "in: P3D, calendar: ru-working, breach: 'auto:withdraw'"}, []string{"breaking   the state filed: when the deadline is over auto:withdraw happens instead of escalate"}},
		{"another register", Breaking, []string{"registry:town.places", "registry:town.holes"}, []string{"breaking   the state looking: call is registry:town.holes instead of registry:town.places"}},
		{"another address", Breaking, []string{"slug: plant-a-tree", "slug: trees"}, []string{"breaking   the slug: is trees instead of plant-a-tree"}},
		{"no corrected application", Breaking, []string{", reapply: copy", ""}, []string{"breaking   the state full: no corrected application can be made from it any more"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Diff(good(t), changed(t, tt.change...))
			if Worst(got) != tt.class {
				t.Errorf("it is told of as %s", Worst(got))
			}
			var lines []string
			for _, c := range got {
				lines = append(lines, c.String())
			}
			for _, want := range tt.want {
				if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, want) }) {
					t.Errorf("%q is not told:\n%s", want, strings.Join(lines, "\n"))
				}
			}
			if len(got) > len(tt.want)+1 {
				t.Errorf("more is told than there is:\n%s", strings.Join(lines, "\n"))
			}
		})
	}
	for _, days := range []string{"P1D", "P5D"} { // a day that does not count makes one of few days no shorter
		all, working := changed(t, "term: P5D, calendar: ru-working", "term: "+days+", calendar: all"), changed(t, "term: P5D", "term: "+days)
		if got := Diff(all, working); Worst(got) != Breaking || !strings.Contains(got[0].String(), "the term is longer: "+days+" in working days instead of "+days) {
			t.Errorf("working days instead of all: %v", got)
		}
	}
	if got := Diff(good(t), good(t)); len(got) != 0 || Worst(got) != "" {
		t.Errorf("a definition differs from itself: %v", got)
	}
}

// What this program does not judge is told of all the same, as breaking.
func TestAChangeThatIsNotJudgedIsToldOf(t *testing.T) {
	prev, next := good(t), good(t)
	spoil := func(d *Definition, old, new string) {
		d.canonical = []byte(strings.Replace(string(d.canonical), old, new, 1))
		d.Version = "another"
	}
	spoil(next, `"apiVersion":"svc/v1"`, `"apiVersion":"svc/v1","fees":[{"when":"x","text":{"ru":"а","en":"b"}}]`)
	got := Diff(prev, next)
	if Worst(got) != Breaking || len(got) != 1 || !strings.Contains(got[0].String(), "fees, which this command does not judge") {
		t.Errorf("fees came: %v", got)
	}
	spoil(prev, `"apiVersion":"svc/v1"`, `"apiVersion":"svc/v1","fees":[{"when":"x","text":{"ru":"а","en":"c"}}]`)
	prev.Version = "one"
	if got := Diff(prev, next); len(got) != 1 || Worst(got) != Wording {
		t.Errorf("the words of a fee: %v", got)
	}
}

func TestAnswersAndStatesAreFoundUnderTheirEarlierNames(t *testing.T) {
	d := changed(t, "    fence: {", "    wall: {", "/fence: {", "/wall: {renamedFrom: [/fence, /hedge], ", "[/fence]", "[/wall]", "/fence: 'true'", "/wall: 'true'",
		"fixing:\n", "answering:\n      renamedFrom: fixing\n", "ask: fixing", "ask: answering", "fixing: {channels", "answering: {channels", "[filed, fixing, filed, fixing, gone]", "[filed, answering, filed, answering, gone]")
	for _, was := range []string{"/fence", "/hedge"} {
		a := d.Renamed(map[string]any{was[1:]: true, "kind": "oak"})
		if a.Get("/wall") != true || a.Get(was) != nil || a.Text("/kind") != "oak" {
			t.Errorf("%s: %v", was, a)
		}
	}
	if a := d.Renamed(map[string]any{"fence": true, "wall": false}); a.Get("/wall") != false {
		t.Errorf("an answer was overwritten: %v", a)
	}
	if s, ok := d.StateOf("fixing"); !ok || s != "answering" {
		t.Errorf("fixing is %q", s)
	}
	if s, ok := d.StateOf("filed"); !ok || s != "filed" {
		t.Errorf("filed is %q", s)
	}
	if s, ok := d.StateOf("nowhere"); ok {
		t.Errorf("a state that never was is %q", s)
	}
}

func TestAnEarlierNameThatIsInUseIsRefused(t *testing.T) {
	src := goodSource(t)
	for _, tt := range []struct{ old, new, want string }{
		{"/fence: {label:", "/fence: {renamedFrom: /kind, label:", "/fence cannot be what /kind was: the data still describes /kind"},
		{"/fence: {label:", "/fence: {renamedFrom: /who, label:", "/fence cannot be what /who was"},
		{"/fence: {label:", "/fence: {renamedFrom: fence, label:", "it must look like /birth_date"},
		{"/fence: {label:", "/fence: {renamedFrom: [/wall, /wall], label:", `"/wall" stands in renamedFrom of /fence twice`},
		{"/height: {label: {ru: Высота, en: Height}, when: d.kind == 'fir', required: true}\n  /fence: {label:", "/height: {renamedFrom: /wall, label: {ru: Высота, en: Height}, when: d.kind == 'fir', required: true}\n  /fence: {renamedFrom: /wall, label:", "one answer cannot become two"},
		{"planted: {final", "planted: {renamedFrom: full, final", "the state planted cannot be what full was"},
		{"planted: {final", "planted: {renamedFrom: Grown, final", "it must look like in-work"},
	} {
		if !strings.Contains(src, tt.old) {
			t.Fatalf("no %q", tt.old)
		}
		_, err := Compile("x.yaml", []byte(strings.Replace(src, tt.old, tt.new, 1)))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.new, err)
		}
	}
}

func TestALowerLevelShutsNobodyOut(t *testing.T) {
	got := Diff(changed(t, "assurance: standard", "assurance: confirmed"), good(t))
	if Worst(got) != Compatible || len(got) != 1 || got[0].String() != "compatible the access: the level standard is enough, confirmed was needed" {
		t.Errorf("%v", got)
	}
}
