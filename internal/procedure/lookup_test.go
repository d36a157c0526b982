package procedure

import (
	"os"
	"strings"
	"testing"
	"time"

	"okno/internal/form"
)

// passport is the definition of a built-in service that asks a register when its form is begun, with some of its texts replaced.
func passport(t *testing.T, oldnew ...string) string {
	t.Helper()
	b, err := os.ReadFile("../catalogue/services/international-passport.yaml")
	if err != nil {
		t.Fatal(err)
	}
	src := string(b)
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(src, oldnew[i]) {
			t.Fatalf("the definition has no %q", oldnew[i])
		}
		src = strings.Replace(src, oldnew[i], oldnew[i+1], 1)
	}
	return src
}

func TestALookupThatCannotWorkIsRefusedAtItsPlace(t *testing.T) {
	const fed = "{to: /work, from: lookup.history.periods, lock: never, onFail: manual}"
	for _, tt := range []struct{ name, was, is, want string }{
		{"no register", "call: registry:sfr.work-history", "call: sfr.work-history", `call of the lookup history is "sfr.work-history"; it must look like registry:fns.income`},
		{"an answer in the question", "birth_date: p.birth_date}\n    ttl", "birth_date: d.kind}\n    ttl", `with.birth_date of the lookup history is "d.kind"; a form asks a register by the profile alone (p.FACT)`},
		{"nobody in the question", "with: {snils: p.snils, surname: p.surname, given_name: p.given_name, patronymic: p.patronymic, birth_date: p.birth_date}\n    ttl", "with: {}\n    ttl", "the lookup history does not say about whom it asks"},
		{"an answer that counts for no time", "ttl: P7D", "ttl: P0D", "ttl of the lookup history has no length"},
		{"a level that registers do not tell", "access: {assurance: confirmed,", "access: {assurance: standard,", "which is shown to Confirmed accounts alone: assurance must be confirmed"},
		{"a lookup that is not there", fed, "{to: /work, from: lookup.histroy.periods, lock: never, onFail: manual}", `there is no lookup histroy`},
		{"one that nothing is filled from", "  - " + fed + "\n", "", "the lookup history is never used"},
		{"a group that is locked", fed, "{to: /work, from: lookup.history.periods, lock: always, onFail: later}", "/work is a group that is asked several times, which a register begins and the person completes"},
		{"a row's answer", fed, "{to: /work/*/place, from: lookup.history.periods, lock: never, onFail: manual}", "which is in a group that is asked several times: fill in the whole group"},
		{"the same twice", fed, fed + "\n  - {to: /latin, from: lookup.history.periods, lock: never, onFail: manual}", "lookup.history.periods fills in two answers"},
		{"a test of another lookup", "told: {history: {periods: [{from: 2012", "told: {histroy: {periods: [{from: 2012", "told of the test filled in with what the social fund knows names histroy, which is no lookup"},
		{"a test of no answer at all", "told: {history: {periods: [{from: 2012-09-01,", "told: {history: found, other: {periods: [{from: 2012-09-01,", "what the register of history answers is a mapping of what it knows"},
		{"a test of nonsense", "told: {history: {periods: [{from: 2012-09-01,", "told: {history: {periods: [{from: yesterday,", "what is to fill in /work does not fit there"},
	} {
		_, err := Compile("passport.yaml", []byte(passport(t, tt.was, tt.is)))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v\nwant %s", tt.name, err, tt.want)
		}
	}
}

func TestWhatARegisterTellsIsTakenAsFarAsItFits(t *testing.T) {
	d, err := Compile("passport.yaml", []byte(passport(t)))
	if err != nil {
		t.Fatal(err)
	}
	l, ok := d.Lookup("history")
	if !ok {
		t.Fatal("there is no lookup")
	}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	row := func(more ...any) map[string]any {
		m := map[string]any{"from": "01.09.2012", "now": true, "what": "work", "place": " АО «Завод» ", "position": "инженер"}
		for i := 0; i < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return m
	}
	good := map[string]any{"from": "2012-09-01", "now": true, "what": "work", "place": "АО «Завод»", "position": "инженер"}
	without := func(key string) map[string]any {
		m := row("from", "2012-09-01", "place", "АО «Завод»")
		delete(m, key)
		return m
	}
	many := make([]any, 40)
	for i := range many {
		many[i] = row()
	}
	for name, tt := range map[string]struct {
		said any
		want []any
		odd  bool
	}{
		"whole":                   {[]any{row()}, []any{good}, false},
		"more than is asked":      {[]any{row("salary", 100)}, []any{good}, false},
		"a day that is none":      {[]any{row("from", "yesterday")}, []any{without("from")}, true},
		"a choice that is none":   {[]any{row("what", "leisure")}, []any{without("what")}, true},
		"an object for a text":    {[]any{row("place", map[string]any{"x": 1})}, []any{without("place")}, true},
		"a text that is too long": {[]any{row("position", strings.Repeat("я", 5000))}, []any{without("position")}, true},
		"no row":                  {[]any{"work"}, nil, true},
		"no list":                 {"work", nil, true},
		"a number":                {12.5, nil, true},
		"nothing":                 {nil, nil, false},
		"an empty list":           {[]any{}, nil, false},
		"rows beyond the form's":  {many, slicesOf(good, 30), true},
	} {
		p, odd := d.Told(l, map[string]any{"periods": tt.said}, now, form.DateOf(now))
		got, _ := p["lookup.history.periods"].Answer().([]any)
		if !form.Same(any(got), any(tt.want)) && len(got)+len(tt.want) > 0 || (len(odd) > 0) != tt.odd {
			t.Errorf("%s: %v (odd %v), want %v (odd %v)", name, got, odd, tt.want, tt.odd)
		}
	}
}

func slicesOf(v any, n int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = v
	}
	return out
}
