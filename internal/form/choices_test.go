package form

import (
	"context"
	"slices"
	"testing"

	"okno/internal/i18n"
	"okno/internal/rule"
)

// days asks for several of three, one at least and two at most; in each row for what is sold there.
func days() Form {
	option := func(v, name string) Option { return Option{Value: v, Label: i18n.Text{RU: name, EN: name}} }
	one, two := 1.0, 2.0
	open := Field{Pointer: "/open", Name: "open", Type: TypeChoices, Required: true, Least: &one, Most: &two, Label: i18n.Text{RU: "Дни", EN: "Days"},
		Options: []Option{option("fri", "Friday"), option("sat", "Saturday"), option("sun", "Sunday")}}
	sold := Field{Pointer: "/stalls/*/sold", Name: NameOf("/stalls/*/sold"), Type: TypeChoices, Options: []Option{option("fish", "Fish"), option("bread", "Bread")}}
	late := Field{Pointer: "/late", Name: "late", Type: TypeBoolean, Required: true}
	scope := must(rule.NewScope(rule.Shape{Kind: rule.Group, Fields: map[string]rule.Shape{"open": {Kind: rule.Texts}, "late": {Kind: rule.Truth}, "stalls": {Kind: rule.Rows, Fields: map[string]rule.Shape{"sold": {Kind: rule.Texts}}}}}, nil))
	late.When = On(must(scope.Compile("'sat' in d.open && size(d.open) == 2", "")))
	stalls := Field{Pointer: "/stalls", Name: "stalls", Type: TypeRows, Rows: &Rows{Fields: []Field{sold}, Max: 3}}
	return Form{Scope: scope, Pages: []Page{{ID: "open", Fields: []Field{open, late, stalls}}}}
}

func TestSeveralOfAListAreOneAnswer(t *testing.T) {
	f := days()
	open := f.Pages[0].Fields[0]
	post := func(into Answers, values ...string) Answers {
		return f.Parse(map[string][]string{"open": values}, into)
	}
	a := post(nil, "", "sun", "fri", "sun")
	if got := open.Chosen(a); !slices.Equal(got, []string{"fri", "sun"}) {
		t.Errorf("each once, in the order of the list: %v", got)
	}
	if got := open.Show(i18n.With(context.Background(), i18n.EN), a); got != "Friday; Sunday" {
		t.Errorf("it reads %q", got)
	}
	if stored, err := a.Encode(); err != nil {
		t.Error(err)
	} else if again, err := Decode(stored); err != nil || !Same(again.Get("/open"), a.Get("/open")) {
		t.Errorf("%v %v", again, err)
	}
	if got := names(f, a); got != nil {
		t.Errorf("wrong are %v", got)
	}
	if a = f.Parse(typed("late", "true"), a); !slices.Equal(open.Chosen(a), []string{"fri", "sun"}) {
		t.Errorf("a page that does not ask has changed it: %v", a)
	}
	for _, tt := range []struct {
		said  string
		typed []string
		want  string
	}{
		{"none", []string{""}, "form.choices.empty"},
		{"three", []string{"", "fri", "sat", "sun"}, "form.choices.many"},
		{"what is not offered", []string{"", "mon", "fri"}, "form.choice.unknown"},
	} {
		a := post(a, tt.typed...)
		if w := f.Validate(a, today); len(w) != 1 || w[0].Name != "open" || w[0].Key != tt.want {
			t.Errorf("%s: %v", tt.said, w)
		}
	}
	if a := post(a, "mon", "fri"); !slices.Equal(open.Chosen(a), []string{"fri", "mon"}) {
		t.Errorf("what cannot be chosen was lost: %v", a)
	}
	if a := post(nil, "", "sat", "sun"); !slices.Equal(names(f, a), []string{"late"}) {
		t.Errorf("the question that depends on it is not asked: %v", a)
	}
	if w := open.Validate("fri", today); w == nil {
		t.Error("a text is taken for a list")
	}
}

func TestSeveralOfAListAreChosenInRowsToo(t *testing.T) {
	f := days()
	a := f.Parse(map[string][]string{"stalls.0.sold": {"", "bread", "fish"}, "stalls.1.sold": {""}, "stalls.2.sold": {"", "fish"}}, nil)
	if a.Count("/stalls") != 2 || !Same(a.Get("/stalls/0/sold"), []any{"fish", "bread"}) || !Same(a.Get("/stalls/1/sold"), []any{"fish"}) {
		t.Fatalf("%v", a)
	}
	a = f.Parse(map[string][]string{"stalls.0.sold": {""}, "stalls.1.sold": {"", "fish"}}, a)
	if a.Count("/stalls") != 1 || !Same(a.Get("/stalls/0/sold"), []any{"fish"}) {
		t.Errorf("unticked: %v", a)
	}
}

func TestARegisterSaysSeveralOfAList(t *testing.T) {
	open := days().Pages[0].Fields[0]
	for _, tt := range []struct {
		said  any
		want  any
		whole bool
	}{
		{[]any{"sun", "fri"}, []any{"fri", "sun"}, true},
		{[]any{"sun", "mon"}, []any{"sun"}, false},
		{[]any{"sun", 3.0}, []any{"sun"}, false},
		{[]any{"fri", "sat", "sun"}, nil, false},
		{[]any{}, nil, true},
		{"fri", nil, false},
	} {
		if v, whole := open.Read(tt.said, today); !Same(v, tt.want) || whole != tt.whole {
			t.Errorf("%v: %v %t", tt.said, v, whole)
		}
	}
}
