package procedure

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"okno/internal/form"
)

func partsSource(t testing.TB) string {
	t.Helper()
	src, err := os.ReadFile("testdata/parts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

func TestAServiceOfSeveralPartsSaysWhatEachBeginsWith(t *testing.T) {
	d, err := Compile("parts.yaml", []byte(partsSource(t)))
	if err != nil {
		t.Fatal(err)
	}
	parts := d.Parts()
	if len(parts) != 2 || parts[0].As != "tree" || parts[0].Service != "town.tree" || parts[0].State != "planting" || parts[1].As != "fence" || parts[1].State != "fencing" {
		t.Fatalf("%+v", parts)
	}
	a := form.Answers{"kind": "oak", "year": 2026.0, "fence": true}
	known := Profile{Surname: {Value: "Ivanova"}}
	if got := d.Given(parts[0], a, known, nil); !reflect.DeepEqual(got, map[string]any{"/kind": "oak", "/year": 2026.0}) {
		t.Errorf("the tree is given %v", got)
	}
	if got := d.Given(parts[1], a, known, map[string]map[string]any{"tree": {"number": "T-7"}}); !reflect.DeepEqual(got, map[string]any{"/tree": "T-7", "/owner": "Ivanova"}) {
		t.Errorf("the fence is given %v", got)
	}
	for to, want := range map[string]string{"/kind": "/kind", "/kind/0/x": "/kind/0/x", "/nothing": ""} {
		if got, ok := parts[0].Source(to); got != want || ok != (want != "") {
			t.Errorf("%s of the tree comes from %q, %v", to, got, ok)
		}
	}
	if from, ok := parts[1].Source("/tree"); ok {
		t.Errorf("the number of the tree is an answer: %s", from)
	}
	if step, _ := d.Step("undoing"); step.TakesBack != "tree" || step.Begins != nil {
		t.Errorf("%+v", step)
	}
}

// An end that can be taken back is an end all the same; whoever takes it back is the system.
func TestWhatWasGrantedIsTakenBackWhereTheDefinitionSaysSo(t *testing.T) {
	src := takenBack(goodSource(t))
	d, err := Compile("good.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	planted, _ := d.Step("planted")
	if !planted.Final() || planted.TakenBack != "felling" {
		t.Errorf("%+v", planted)
	}
	if to, err := d.Move("planted", TakeBack, BySystem); err != nil || to != "felling" {
		t.Errorf("%s, %v", to, err)
	}
	for _, by := range []By{ByApplicant, ByOfficer} {
		if _, err := d.Move("planted", TakeBack, by); !errors.Is(err, ErrNotTheirs) {
			t.Errorf("by the %s: %v", by, err)
		}
	}
	if d.Ahead("planted") != nil {
		t.Error("something is still to come after the end")
	}
	if got := d.Inputs("felling", nil, nil, Case{Answer: map[string]any{"number": "T-7", "more": 1}}); !reflect.DeepEqual(got, map[string]any{"tree": "T-7"}) {
		t.Errorf("the register is asked with %v", got)
	}
}

// takenBack makes the tree of good.yaml one that can be taken back.
func takenBack(src string) string {
	src = strings.Replace(src, "output: [passport]}", `output: [passport], takenBack: felling}
    felling:
      turn: system
      title: {ru: Убираем, en: Felling}
      explain: {ru: Убираем, en: Felling}
      call: registry:town.fell
      with: {tree: r.number}
      retry: {base: PT10S, cap: PT1M}
      deadline: {none: the forester comes when he can}
      on: {felled: gone, none: stays}
    stays: {final: success, title: {ru: Остаётся, en: It stays}, explain: {ru: Остаётся, en: It stays}}`, 1)
	src = strings.Replace(src, "notify:\n", "notify:\n  stays: {channels: [inbox], text: {ru: Остаётся, en: It stays}}\n", 1)
	return src + `
  - {name: felled, events: [take, place, approve, take-back, felled], expect: {path: [filed, looking, deciding, planted, felling, gone], outcome: withdrawn}}
  - {name: too late, events: [take, place, approve, take-back, none], expect: {outcome: granted}}
`
}

func TestAPartThatHasNotBegunIsNotTakenBack(t *testing.T) {
	src := strings.NewReplacer("refused: sorry, withdrawn: gone}", "refused: undoing, withdrawn: gone}", "refused: undoing, withdrawn: undoing}", "refused: half, withdrawn: half}", "takeBack: tree", "takeBack: fence").Replace(partsSource(t))
	if _, err := Compile("bad.yaml", []byte(src)); err == nil || !strings.Contains(err.Error(), "the state undoing takes back fence, which has not begun by then") {
		t.Error(err)
	}
}

// What is kept when it is taken back must not look like what may be taken back: the whole would take it back again, and again.
func TestWhatIsKeptIsNotTakenBackAgain(t *testing.T) {
	_, err := Compile("bad.yaml", []byte(strings.Replace(takenBack(goodSource(t)), "none: stays}", "none: planted}", 1)))
	if err == nil || !strings.Contains(err.Error(), "give it an end of its own") {
		t.Error(err)
	}
}

func TestMistakesOfPartsAreNamedWithTheirPlaces(t *testing.T) {
	src := partsSource(t)
	for _, tt := range []struct{ name, old, new, at, want string }{
		{"a part that begins nothing", "case: town.tree", "case: tree", "tree, give", `case of the state planting is "tree"; it must look like osago.policy`},
		{"an answer that there is not", "/kind: d.kind,", "/kind: d.kin,", "d.kin,", "the data does not describe /kin"},
		{"another part's answer that no state begins", "s.tree.number", "s.bush.number", "s.bush.number", "it must name a part that some state begins"},
		{"a fact of the case", "/year: d.year", "/year: c.number", "c.number", "it may be p.FACT, d.ANSWER or s.PART.KEY"},
		{"what no register has answered", "/year: d.year", "/year: r.year", "r.year", "it may be p.FACT, d.ANSWER or s.PART.KEY"},
		{"what is no answer of a form", "/year: d.year", "year: d.year", "year: d.year, /height", "it must be an answer of that service"},
		{"two parts of one name", "as: fence", "as: tree", "tree, case: town.fence", "two parts are called tree"},
		{"an end that leads nowhere", "refused: sorry, withdrawn: gone}", "refused: sorry}", "planting:\n", `when its part ends as "withdrawn"`},
		{"a part that may be skipped, and nothing follows", "skipped: done, ", "", "fencing:\n", `when its part ends as "skipped"`},
		{"an event that no part is", "on: {granted: fencing,", "on: {grown: done, granted: fencing,", "grown:", `a part never ends as "grown"`},
		{"somebody who stops the whole and not its part", "on: {granted: fencing,", "on: {withdraw: gone, granted: fencing,", "withdraw: gone", "nothing else may end it"},
		{"a deadline that ends the whole alone", "deadline: {none: the tree has its own}", "deadline: {in: P9D, breach: 'auto:refused'}", "planting:\n", "leave its part to go on alone"},
		{"a part that begins again", "granted: done, skipped: done, refused: undoing, withdrawn: undoing", "granted: done, skipped: done, refused: planting, withdrawn: undoing", "planting:\n", "a part begins once"},
		{"what another part gives later", "/height: d.height", "/height: s.fence.number", "planting:\n", "comes from fence, which has not ended by then"},
		{"what the part itself gives", "/height: d.height", "/height: s.tree.number", "planting:\n", "comes from tree, which has not ended by then"},
		{"a button that grants it", "reasons:\n  no-garden", "  actions: {granted: {by: applicant, title: {ru: Дать, en: Grant}}}\nreasons:\n  no-garden", "granted: {by", "nobody causes that by a button"},
		{"nothing of it can be kept", ", kept: half}", "}", "undoing:\n", `when its part ends as "kept"`},
		{"taking back what there is not", "takeBack: tree", "takeBack: bush", "bush", `takes back "bush", which no state begins`},
		{"two things at once", "takeBack: tree", "takeBack: tree\n      call: registry:town.places", "turn: system\n      title: {ru: Отменяем", "it has 2"},
		{"a refusal that is taken back", "reasons: [no-garden],", "reasons: [no-garden], takenBack: undoing,", "undoing, reapply", "there is nothing that could be taken back"},
		{"a part that the answers begin is skipped", "    expect: {valid: true, pages: [garden]}", "    events: [granted, {do: skipped}]\n    expect: {valid: true, pages: [garden], outcome: granted}", "{do: skipped}", "the part fence ends as skipped, but the answers say otherwise"},
		{"in another's turn", "turn: system\n      title: {ru: Сажаем", "turn: agency\n      title: {ru: Сажаем", "{as: tree", "only a state whose turn is system"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if strings.Count(src, tt.old) != 1 {
				t.Fatalf("%q stands there %d times", tt.old, strings.Count(src, tt.old))
			}
			bad := strings.Replace(src, tt.old, tt.new, 1)
			_, err := Compile("bad.yaml", []byte(bad))
			if err == nil {
				t.Fatal("it compiles")
			}
			i := strings.Index(bad, tt.at)
			if i < 0 {
				t.Fatalf("%q is not there", tt.at)
			}
			line := 1 + strings.Count(bad[:i], "\n")
			place := fmt.Sprintf("bad.yaml:%d:", line)
			for _, said := range strings.Split(err.Error(), "\n") {
				if strings.HasPrefix(said, place) && strings.Contains(said, tt.want) {
					return
				}
			}
			t.Errorf("nothing at %s says %q:\n%v", place, tt.want, err)
		})
	}
}

// A case that has begun its parts goes to no version that knows nothing of them.
func TestACaseIsNotCarriedAwayFromItsParts(t *testing.T) {
	was, err := Compile("parts.yaml", []byte(partsSource(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, old, new, want string }{
		{"as it is", "", "", ""},
		{"a text", "ru: Сажаем,", "ru: Сажаем дерево,", ""},
		{"another name", "as: tree,", "as: bush,", "the part tree (town.tree) is not in this version; the state planting does something else with the parts in this version"},
		{"another service", "case: town.fence", "case: town.hedge", "the part fence (town.fence) is not in this version"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := strings.Replace(partsSource(t), tt.old, tt.new, 1)
			if tt.name == "another name" {
				src = strings.NewReplacer("s.tree.number", "s.bush.number", "takeBack: tree", "takeBack: bush").Replace(src)
			}
			now, err := Compile("parts.yaml", []byte(src))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(now.SameParts(was, "planting"), "; "); got != tt.want {
				t.Errorf("it says %q", got)
			}
		})
	}
}

func TestAPartThatCannotBeBegunAsItIsGivenIsRefused(t *testing.T) {
	tree := good(t)
	for _, tt := range []struct{ name, old, new, want string }{
		{"as it is", "", "", ""},
		{"what it does not ask for", "/height: d.height", "/width: d.height", "is given /width, which it does not ask for"},
		{"a number for a choice", "/kind: d.kind", "/kind: d.height", "is given /kind, which is number and must be choice"},
		{"something is missing", ", /year: d.year", "", "must know /year, which nobody gives it"},
		{"a level too low", "assurance: standard", "assurance: simplified", "needs the level standard, and this service only simplified"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := Compile("parts.yaml", []byte(strings.Replace(partsSource(t), tt.old, tt.new, 1)))
			if err != nil {
				t.Fatal(err)
			}
			said := strings.Join(d.Joins(d.Parts()[0], tree), "\n")
			if tt.want == "" && said != "" || !strings.Contains(said, tt.want) {
				t.Errorf("it says %q", said)
			}
		})
	}
	elms, err := Compile("parts.yaml", []byte(strings.ReplaceAll(partsSource(t), "fir", "elm")))
	if err != nil {
		t.Fatal(err)
	}
	if said := elms.Joins(elms.Parts()[0], tree); len(said) != 1 || !strings.Contains(said[0], `is given /kind, which may be "elm", and has no such choice`) {
		t.Errorf("a choice that it has not: %v", said)
	}
	garden, err := Compile("parts.yaml", []byte(partsSource(t)))
	if err != nil {
		t.Fatal(err)
	}
	home, err := Compile("home.yaml", []byte(plantedSource(t)))
	if err != nil {
		t.Fatal(err)
	}
	const unheld = "looks at profile.residence_address, which the case of the whole does not hold"
	if said := garden.Joins(garden.Parts()[0], home); !strings.Contains(strings.Join(said, "\n"), unheld) {
		t.Errorf("a part that asks where somebody lives: %v", said)
	}
	if said := home.Joins(garden.Parts()[0], home); strings.Contains(strings.Join(said, "\n"), unheld) {
		t.Errorf("a whole that asks so, too: %v", said)
	}
	if said := garden.Joins(garden.Parts()[0], garden); !strings.Contains(strings.Join(said, "\n"), "has parts of its own") {
		t.Errorf("a garden in a garden: %v", said)
	}
}
