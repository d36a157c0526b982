package rule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"okno/internal/rule"
)

var today = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func scope(t testing.TB) *rule.Scope {
	t.Helper()
	s, err := rule.NewScope(rule.Shape{Kind: rule.Group, Fields: map[string]rule.Shape{
		"kind": {}, "rooms": {Kind: rule.Whole}, "area": {Kind: rule.Number}, "fence": {Kind: rule.Truth}, "day": {Kind: rule.Date},
		"home": {Kind: rule.Group, Fields: map[string]rule.Shape{"street": {}}},
		"work": {Kind: rule.Rows, Fields: map[string]rule.Shape{"from": {Kind: rule.Date}, "to": {Kind: rule.Date}, "place": {}}},
	}}, map[string]rule.Shape{"birth_date": {Kind: rule.Date}, "surname": {}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func answers() map[string]any {
	return map[string]any{
		"kind": "oak", "rooms": 3.0, "area": 40.5, "fence": true, "day": "2026-02-01", "home": map[string]any{"street": "Лесная"},
		"work": []any{
			map[string]any{"from": "2016-01-01", "to": "2020-01-01", "place": "Завод"},
			map[string]any{"from": "2020-01-20"},
		},
	}
}

func TestAnExpressionSaysWhatItSaysOfTheAnswers(t *testing.T) {
	s := scope(t)
	full := s.See(answers(), map[string]string{"birth_date": "2000-03-02"}, today)
	empty := s.See(nil, nil, today)
	for text, want := range map[string][2]bool{ // of the full answers, of none
		"d.kind == 'oak'":                              {true, false},
		"d.kind != 'oak'":                              {false, true},
		"d.kind in ['oak', 'fir']":                     {true, false},
		"!(d.kind in ['fir'])":                         {true, true},
		"d.rooms == 3 && d.area > 40":                  {true, false},
		"d.fence":                                      {true, false},
		"!d.fence":                                     {false, false}, // not answered is neither yes nor no
		"d.fence == false":                             {false, false},
		"d.home.street.startsWith('Лес')":              {true, false},
		"d.day < today && days(d.day, today) == 28":    {true, false},
		"d.day >= date('2026-02-01')":                  {true, false},
		"age(p.birth_date, today) == 25":               {true, false},
		"size(d.work) == 2":                            {true, false},
		"d.work.all(w, w.to == null || w.from < w.to)": {true, true},
		"d.work.exists(w, w.place == 'Завод')":         {true, false},
		"gap(d.work, 'from', 'to', date('2016-03-01'), today) == 19": {true, false},
		"d.home == d.home && d == d":                                 {true, true}, // groups as a whole, and what they have as maps
		"d.work == [d.work[0], d.work[1]]":                           {true, false},
		"has(d.home.street) && d.home.street != null":                {true, false},
		"dyn(d.home).all(k, k == 'street')":                          {true, true},
		"dyn(d.home).size() == 1 && 'street' in dyn(d.home)":         {true, true},
		"'house' in dyn(d.home) || 3 in dyn(d.home)":                 {false, false},
		"d.work.map(w, w.place)[0] == 'Завод'":                       {true, false},
	} {
		e, err := s.Compile(text, "")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := e.Holds(full); got != want[0] {
			t.Errorf("%s of the full answers: %v", text, got)
		}
		if got := e.Holds(empty); got != want[1] {
			t.Errorf("%s of no answers: %v", text, got)
		}
	}
}

func TestADemandIsBrokenByWhatIsThereAndNotByWhatIsMissing(t *testing.T) {
	s := scope(t)
	e, err := s.Compile("row.from <= row.to", "/work")
	if err != nil {
		t.Fatal(err)
	}
	a := answers()
	a["work"] = append(a["work"].([]any), map[string]any{"from": "2020-05-01", "to": "2019-05-01"})
	see := s.See(a, nil, today)
	for i, want := range []bool{false, false, true, false} {
		if got := e.Broken(see.Row("/work", i)); got != want {
			t.Errorf("row %d: %v", i, got)
		}
	}
	if got := e.Pointers(); !slices.Equal(got, []string{"/work/*/from", "/work/*/to"}) {
		t.Errorf("it looks at %v", got)
	}
}

func TestWhatCostsTooMuchIsNotRunToItsEnd(t *testing.T) {
	s := scope(t)
	e, err := s.Compile("d.work.all(a, d.work.all(b, d.work.all(c, a.from == a.from)))", "")
	if err != nil {
		t.Fatal(err)
	}
	rows := []any{}
	for range 200 {
		rows = append(rows, map[string]any{"from": "2020-01-01"})
	}
	see := s.See(map[string]any{"work": rows}, nil, today)
	if e.Holds(see) || !e.Broken(see) {
		t.Error("8 million comparisons were made")
	}
}

func TestASlipOfThePenIsSaidInPlainWords(t *testing.T) {
	s := scope(t)
	for text, want := range map[string]string{
		"d.kinds == 'oak'":       "there is no kinds there",
		"d.kind == 3":            "does not go with",
		"kind == 'oak'":          "kind is not known here",
		"d.kind":                 "must be true or false",
		"d.kind ==":              "character",
		"row.from < today":       "row is not known here",
		strings.Repeat("(", 100): "",
		"d.fence && " + strings.Repeat("!", 3000) + "d.fence": "longer than",
		"p.mother == 'x'": "there is no mother there",
	} {
		_, err := s.Compile(text, "")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v", text, err)
		}
	}
	if _, err := s.Compile("true", "/home"); err == nil {
		t.Error("a group that is no rows has rows")
	}
}

func TestOneLooksAtWhatItNames(t *testing.T) {
	e, err := scope(t).Compile("d.home.street == 'x' && d.work.all(w, w.from < d.day) && age(p.birth_date, today) > 3", "")
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Pointers(); !slices.Equal(got, []string{"/day", "/home/street", "/work"}) {
		t.Errorf("answers: %v", got)
	}
	if got := e.Facts(); !slices.Equal(got, []string{"birth_date"}) {
		t.Errorf("facts: %v", got)
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{"d.kind == 'oak'", "d.work.all(w, w.from < today)", "gap(d.work, 'from', 'to', today, today) > 3", "{'a': [1, 2]}['a'][0] == 1", "'a'.matches('(a+)+$')"} {
		f.Add(seed)
	}
	s := scope(f)
	see := s.See(answers(), map[string]string{"birth_date": "2000-01-01"}, today)
	f.Fuzz(func(_ *testing.T, text string) {
		if e, err := s.Compile(text, ""); err == nil {
			e.Holds(see)
			e.Broken(see)
		}
	})
}

func BenchmarkScope(b *testing.B) {
	for b.Loop() {
		s := scope(b)
		if _, err := s.Compile("d.kind == 'oak'", ""); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHolds(b *testing.B) {
	s := scope(b)
	e, err := s.Compile("d.kind == 'oak' && d.rooms > 2", "")
	if err != nil {
		b.Fatal(err)
	}
	see := s.See(answers(), nil, today)
	for b.Loop() {
		if !e.Holds(see) {
			b.Fatal(fmt.Sprint(see))
		}
	}
}
