package procedure

import (
	"encoding/json"
	"strings"
	"testing"

	"okno/internal/form"
)

const permitOutput = "permit: {kind: pdf, title: {ru: Разрешение, en: Permit}, template: permit}"

func withFacts(t *testing.T, facts string) string {
	t.Helper()
	return strings.Replace(stall(t), permitOutput, strings.TrimSuffix(permitOutput, "}")+", facts: ["+facts+"]}", 1)
}

func TestAPaperSaysFactsOfTheAnswersTheProfileTheCaseAndTheRegister(t *testing.T) {
	d, err := Stored("facts.yaml", []byte(withFacts(t, `{from: d.hall, label: {ru: Павильон, en: Hall}, open: true}, {from: p.snils, label: {ru: СНИЛС, en: SNILS}},
      {from: c.number, label: {ru: Номер, en: Number}}, {from: r.places, label: {ru: Места, en: Places}, open: true}, {from: r.until, label: {ru: До, en: Until}}`)))
	if err != nil {
		t.Fatal(err)
	}
	o, _ := d.Output("permit")
	var answer map[string]any
	if err := json.Unmarshal([]byte(`{"places": ["A1", "A2"], "until": 30, "other": {"x": 1}}`), &answer); err != nil {
		t.Fatal(err)
	}
	got := o.State(form.Form{}, form.Answers{"hall": "north"}, Profile{SNILS: {Value: "11223344595"}}, Case{Number: "2026-000001"}, answer)
	want := []string{"Северный павильон", "11223344595", "2026-000001", "A1, A2", "30"}
	for i, w := range want {
		if got[i].Value.RU != w {
			t.Errorf("fact %d is %q, want %q", i, got[i].Value.RU, w)
		}
	}
	if got[0].Value.EN != "North hall" || !got[0].Open || got[0].Answered || !got[3].Answered {
		t.Errorf("%+v", got)
	}
	for _, bad := range []any{nil, true, 1.5, map[string]any{"x": 1}, []any{1}, strings.Repeat("я", 500)} {
		if s := o.State(form.Form{}, nil, nil, Case{}, map[string]any{"places": bad})[3].Value; s.RU != "" {
			t.Errorf("%v is said as %q", bad, s.RU)
		}
	}
	if _, err := Stored("again.yaml", d.Canonical()); err != nil {
		t.Errorf("the canonical text does not compile: %v", err)
	}
}

// An officer could never grant a case whose paper waits for the word of a register that nobody asks.
func TestAPaperSaysWhatARegisterAnsweredOnlyWhereOneIsAskedOnEveryRoad(t *testing.T) {
	asked := strings.Replace(goodSource(t), "template: tree}", "template: tree, facts: [{from: r.until, label: {ru: До, en: Until}}]}", 1)
	const want = "the paper passport of the state planted says what a register answered (r.until), and a case may come there when none has"
	for name, tt := range map[string]struct{ src, want string }{
		"asked on every road":       {asked, ""},
		"passed by, by an officer":  {strings.Replace(asked, "on: {take: looking,", "on: {take: looking, skip: deciding,", 1), want},
		"passed by, by a deadline":  {strings.Replace(asked, "none: full, silence: full}", "none: full, silence: deciding}", 1), want},
		"passed by, and says of it": {strings.Replace(strings.Replace(asked, "on: {take: looking,", "on: {take: looking, skip: deciding,", 1), "r.until", "c.number", 1), ""},
	} {
		src := strings.Replace(tt.src, "    take: {by: officer,", "    skip: {by: officer, title: {ru: Без места, en: Skip}}\n    take: {by: officer,", 1)
		if !strings.Contains(src, "skip: deciding") {
			src = tt.src
		}
		_, err := Compile("tree.yaml", []byte(src))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryMistakeInTheFactsOfAPaperIsNamed(t *testing.T) {
	for _, tt := range []struct{ facts, want string }{
		{`{from: d.stall, label: {ru: Место, en: Stall}}`, "the data does not describe /stall"},
		{`{from: d.goods, label: {ru: Товары, en: Goods}}`, "a paper says no rows"},
		{`{from: x.hall, label: {ru: Место, en: Stall}}`, "it must be p.FACT, d.ANSWER, c.number, or r.KEY"},
		{`{from: p.snlis, label: {ru: СНИЛС, en: SNILS}}`, "did you mean p.snils?"},
		{`{from: p.snils, label: {ru: СНИЛС, en: SNILS}, open: true}`, "cannot stand on the page that everybody sees"},
		{`{from: d.guardian, label: {ru: Родитель, en: Parent}, open: true}`, "cannot stand on the page that everybody sees"},
		{`{from: r.number}`, `has no "label"`},
		{strings.Repeat(`{from: c.number, label: {ru: Номер, en: Number}},`, 25), "25 facts; 24 at most"},
	} {
		if _, err := Compile("bad.yaml", []byte(withFacts(t, tt.facts))); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.facts, err, tt.want)
		}
	}
}
