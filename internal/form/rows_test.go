package form

import (
	"slices"
	"testing"

	"okno/internal/i18n"
)

func work() Form {
	row := func(name string, t Type, required bool) Field {
		return Field{Pointer: "/work/*/" + name, Name: NameOf("/work/*/" + name), Type: t, Label: i18n.Text{RU: name, EN: name}, Required: required}
	}
	to := row("to", TypeDate, true)
	to.When = On(must(sampleScope.Compile("row.now == false", "/work")))
	group := Field{Pointer: "/work", Name: "work", Type: TypeRows, Label: i18n.Text{RU: "Работа", EN: "Work"}, Required: true, Rows: &Rows{
		Fields: []Field{row("from", TypeDate, true), row("now", TypeBoolean, true), to}, Item: i18n.Text{RU: "Место", EN: "Place"}, Max: 3}}
	return Form{Scope: sampleScope, Pages: []Page{{ID: "work", Fields: []Field{group}}}, Demands: []Demand{
		{At: "/work/*/to", Assert: must(sampleScope.Compile("row.from <= row.to", "/work")), Message: i18n.Text{RU: "раньше", EN: "before"}},
		{At: "/work", Assert: must(sampleScope.Compile("d.work.exists(w, w.now == true)", "")), Message: i18n.Text{RU: "где сейчас", EN: "where now"}},
	}}
}

func names(f Form, a Answers) []string {
	var out []string
	for _, w := range f.Validate(a, today) {
		out = append(out, w.Name)
	}
	return out
}

func TestRowsAreTypedOneByOneAndEmptyOnesAreNone(t *testing.T) {
	f := work()
	a := f.Parse(typed("work.0.from", "1.2.2020", "work.0.now", "false", "work.0.to", "1.2.2019", "work.1.from", "", "work.2.from", "soon", "work.9.from", "1.1.2020"), nil)
	if a.Count("/work") != 2 || a.Text("/work/0/from") != "2020-02-01" || a.Text("/work/1/from") != "soon" {
		t.Fatalf("%v", a)
	}
	if got := names(f, a); !slices.Equal(got, []string{"work.1.from", "work.1.now", "work.0.to", "work"}) {
		t.Errorf("wrong are %v", got)
	}
	a = f.Parse(typed("work.0.from", "01.02.2020", "work.0.now", "true", "work.1.from", ""), a) // what is no longer asked stays until it is pruned
	if got := names(f, a); got != nil {
		t.Errorf("wrong are %v of %v", got, a)
	}
	if a = f.Prune(a); a.Get("/work/0/to") != nil || a.Get("/work/0/now") != true {
		t.Errorf("pruned: %v", a)
	}
	if again := f.Prune(a); again.size() != a.size() {
		t.Errorf("pruned twice: %v", again)
	}
}

func TestRowsAreCountedAndCanBeTakenAway(t *testing.T) {
	f := work()
	if got := f.Validate(Answers{}, today); len(got) != 1 || got[0].Key != "form.rows.none" {
		t.Errorf("without a row: %v", got)
	}
	a := f.Parse(typed("work.0.from", "1.2.2020", "work.0.now", "true", "work.1.from", "1.3.2020", "work.1.now", "true"), nil)
	a = a.Without("/work", 0).Without("/work", 7)
	if a.Count("/work") != 1 || a.Text("/work/0/from") != "2020-03-01" {
		t.Errorf("%v", a)
	}
	if rows := f.RowsOf(f.Pages[0].Fields[0], a, 5); len(rows) != 3 || rows[1].Title.EN != "Place 2" || len(rows[0].Fields) != 2 || rows[2].Fields[0].Name != "work.2.from" {
		t.Errorf("%+v", rows)
	}
	if a = f.Parse(typed("work", ""), a); a.Count("/work") != 0 {
		t.Errorf("all were taken away: %v", a)
	}
}

func TestAFieldOfARowIsFoundByItsPointer(t *testing.T) {
	x, ok := work().Field("/work/2/from")
	if !ok || x.Name != "work.2.from" || Pattern(x.Pointer) != "/work/*/from" || Group("/work/*/from") != "/work" {
		t.Errorf("%+v", x)
	}
	if _, ok := work().Field("/work/2/nothing"); ok {
		t.Error("found what is not there")
	}
}

func TestWhatCanBeChosenMayDependOnAnotherAnswer(t *testing.T) {
	unit := Field{Pointer: "/unit", Name: "unit", Type: TypeChoice, Within: "/region", Options: []Option{{Value: "a", Within: "77"}, {Value: "b", Within: "78"}, {Value: "c"}}}
	f := Form{Pages: []Page{{ID: "x", Fields: []Field{unit}}}}
	if got := unit.OptionsFor(Answers{"region": "77"}, today); len(got) != 2 {
		t.Errorf("%v", got)
	}
	for value, right := range map[string]bool{"a": true, "b": false, "c": true, "d": false} {
		if got := f.Validate(Answers{"region": "77", "unit": value}, today); (len(got) == 0) != right {
			t.Errorf("%s: %v", value, got)
		}
	}
}
