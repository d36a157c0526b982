package form

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"okno/internal/i18n"
	"okno/internal/rule"
)

func lang(s string) i18n.Text { return i18n.Text{RU: "«" + s + "»", EN: s} }

func must[T any](c T, err error) T {
	if err != nil {
		panic(err)
	}
	return c
}

// sample has a field of every type.
func sample() Form {
	field := func(pointer string, t Type) Field {
		return Field{Pointer: pointer, Name: NameOf(pointer), Type: t, Label: lang(pointer)}
	}
	kind := field("/kind", TypeChoice)
	kind.Required = true
	kind.Options = []Option{{Value: "full", Label: lang("full")}, {Value: "short", Label: lang("short")}}
	year := field("/year", TypeYear)
	year.Years = Years{1, 3}
	code := field("/code", TypeText)
	code.Pattern, code.Wrong, code.Max = regexp.MustCompile(`^\d{2}:\d{2}$`), lang("two and two"), 20
	rooms := field("/home/rooms", TypeNumber)
	one, ten := 1.0, 10.0
	rooms.Least, rooms.Most, rooms.Required = &one, &ten, true
	rooms.When = when("d.kind == 'full'")
	fence := field("/fence", TypeBoolean)
	fence.Required = true
	locked := field("/applicant/snils", TypeSNILS)
	locked.Locked, locked.Required = true, true
	return Form{Scope: sampleScope, Pages: []Page{
		{ID: "who", Title: lang("who"), Fields: []Field{locked, field("/phone", TypePhone), field("/email", TypeEmail), field("/born", TypeBirthDate),
			field("/inn", TypeINN), field("/surname", TypeSurname), field("/given", TypeGivenName), field("/patronymic", TypePatronymic)}},
		{ID: "what", Title: lang("what"), Fields: []Field{kind, year, code, rooms, field("/on", TypeDate), field("/home/address", TypeAddress)}},
		{ID: "more", Title: lang("more"), When: when("d.kind == 'full' && d.home.rooms != 1"), Fields: []Field{fence, field("/notes", TypeLines)}},
	}}
}

var sampleScope = must(rule.NewScope(rule.Shape{Kind: rule.Group, Fields: map[string]rule.Shape{
	"kind": {}, "home": {Kind: rule.Group, Fields: map[string]rule.Shape{"rooms": {Kind: rule.Whole}}},
	"work": {Kind: rule.Rows, Fields: map[string]rule.Shape{"from": {Kind: rule.Date}, "to": {Kind: rule.Date}, "now": {Kind: rule.Truth}}},
}}, nil))

func when(text string) Condition { return On(must(sampleScope.Compile(text, ""))) }

var today = Date{2026, 11, 18}

func typed(pairs ...string) map[string][]string {
	m := map[string][]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = []string{pairs[i+1]}
	}
	return m
}

func TestWhatIsTypedIsKeptInItsNormalFormOrAsItIs(t *testing.T) {
	f := sample()
	a := f.Parse(typed("phone", "8 912 345-67-89", "email", "Anna@Почта.РФ", "born", "5.3.1990", "kind", "full", "year", "2025",
		"home.rooms", "2,5", "fence", "false", "notes", " a\r\nb ", "inn", "12 34", "surname", "ИВАНОВ", "on", "31.02.2026"), Answers{})
	want := map[string]any{"/phone": "+79123456789", "/email": "Anna@xn--80a1acny.xn--p1ai", "/born": "1990-03-05", "/kind": "full", "/year": 2025.0,
		"/home/rooms": 2.5, "/fence": false, "/notes": "a\nb", "/inn": "12 34", "/surname": "Иванов", "/on": "31.02.2026"}
	for p, v := range want {
		if got := a.Get(p); got != v {
			t.Errorf("%s is %#v, want %#v", p, got, v)
		}
	}
	if len(a.Pointers()) != len(want) {
		t.Errorf("more than was typed: %v", a.Pointers())
	}
	for p, shown := range map[string]string{"/phone": "+7 912 345-67-89", "/email": "Anna@почта.рф", "/born": "05.03.1990", "/year": "2025", "/home/rooms": "2.5",
		"/fence": "false", "/inn": "12 34", "/on": "31.02.2026", "/patronymic": ""} {
		field, _ := f.Field(p)
		if got := field.Typed(a); got != shown {
			t.Errorf("%s comes back as %q, want %q", p, got, shown)
		}
	}
}

func TestOnlyWhatWasSentIsTouched(t *testing.T) {
	f := sample()
	a := f.Parse(typed("kind", "full", "phone", "9123456789", "home.rooms", "3"), Answers{})
	a = f.Parse(typed("phone", ""), a)
	if a.Get("/phone") != nil {
		t.Error("an emptied field keeps its answer")
	}
	if a.Text("/kind") != "full" || a.Int("/home/rooms") != 3 {
		t.Errorf("what was not sent is lost: %v", a)
	}
	a = f.Parse(typed("applicant.snils", "112-233-445 95", "admin", "true"), a)
	if a.Get("/applicant/snils") != nil || a.Get("/admin") != nil {
		t.Errorf("a locked or unknown field was taken: %v", a)
	}
	a = f.Parse(map[string][]string{"fence": {"false", "true"}, "phone": {}}, a)
	if a.Get("/fence") != true {
		t.Errorf("the last of two values does not count: %v", a)
	}
}

func TestParsingDoesNotChangeTheAnswersItWasGiven(t *testing.T) {
	before := Answers{"home": map[string]any{"rooms": 3.0}}
	after := sample().Parse(typed("home.rooms", "4", "home.address", "Москва, Ленина 5"), before)
	if before.Int("/home/rooms") != 3 || before.Get("/home/address") != nil {
		t.Errorf("changed to %v", before)
	}
	if after.Int("/home/rooms") != 4 {
		t.Errorf("after: %v", after)
	}
}

func keys(t *testing.T, f Form, a Answers) []string {
	t.Helper()
	var out []string
	for _, w := range f.Validate(a, today) {
		said(t, &Problem{Key: w.Key, Args: w.Args})
		out = append(out, w.Name+" "+w.Key)
	}
	return out
}

func TestWhatIsWrongIsSaidFieldByField(t *testing.T) {
	f := sample()
	snils := Answers{}.With("/applicant/snils", "11223344595")
	for _, tt := range []struct {
		name string
		a    Answers
		want []string
	}{
		{"nothing filled in", Answers{}, []string{"applicant.snils form.snils.empty", "kind form.choice.empty"}},
		{"short and enough", snils.With("/kind", "short"), nil},
		{"full asks for more", snils.With("/kind", "full"), []string{"home.rooms form.text.empty", "fence form.choice.empty"}},
		{"one room asks for less", snils.With("/kind", "full").With("/home/rooms", 1.0), nil},
		{"an answer that is not offered", snils.With("/kind", "long"), []string{"kind form.choice.unknown"}},
		{"a year out of the row", snils.With("/kind", "short").With("/year", 2022.0), []string{"year form.choice.unknown"}},
		{"a year that is none", snils.With("/kind", "short").With("/year", "позапрошлый"), []string{"year form.choice.unknown"}},
		{"this year is not offered", snils.With("/kind", "short").With("/year", 2026.0), []string{"year form.choice.unknown"}},
		{"the last year is", snils.With("/kind", "short").With("/year", 2025.0), nil},
		{"another shape", snils.With("/kind", "short").With("/code", "1:2"), []string{"code form.wrong"}},
		{"too long", snils.With("/kind", "short").With("/code", strings.Repeat("1", 21)), []string{"code form.text.long"}},
		{"too many", snils.With("/kind", "full").With("/home/rooms", 11.0).With("/fence", true), []string{"home.rooms form.number.most"}},
		{"too few", snils.With("/kind", "full").With("/home/rooms", 0.5).With("/fence", true), []string{"home.rooms form.number.least"}},
		{"no number", snils.With("/kind", "full").With("/home/rooms", "две").With("/fence", true), []string{"home.rooms form.number.format"}},
		{"neither yes nor no", snils.With("/kind", "full").With("/home/rooms", 2.0).With("/fence", "maybe"), []string{"fence form.choice.empty"}},
		{"values of foreign types", snils.With("/kind", "short").With("/phone", true).With("/email", 1.0).With("/born", map[string]any{"x": "y"}),
			[]string{"phone form.unreadable", "email form.unreadable", "born form.unreadable"}},
		{"what a page kept as it was typed", snils.With("/kind", "short").With("/on", "31.02.2026").With("/inn", "12"),
			[]string{"inn form.inn.length", "on form.date.no_such_day"}},
		{"a locked value nobody could mend", Answers{}.With("/applicant/snils", "1").With("/kind", "short"), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := keys(t, f, tt.a); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestAPageIsCheckedAlone(t *testing.T) {
	f := sample()
	if got := f.ValidatePage("what", Answers{}, today); len(got) != 1 || got[0].Name != "kind" {
		t.Errorf("what: %v", got)
	}
	if got := f.ValidatePage("more", Answers{}, today); got != nil {
		t.Errorf("a page that is not asked complains: %v", got)
	}
	if got := f.ValidatePage("nowhere", Answers{}, today); got != nil {
		t.Errorf("a page that does not exist complains: %v", got)
	}
}

func TestPagesFollowTheAnswers(t *testing.T) {
	f := sample()
	ids := func(a Answers) []string {
		var out []string
		for id := f.Next(a, ""); id != ""; id = f.Next(a, id) {
			out = append(out, id)
		}
		return out
	}
	if got := ids(Answers{}); !slices.Equal(got, []string{"who", "what"}) {
		t.Errorf("at first: %v", got)
	}
	if got := ids(Answers{"kind": "full"}); !slices.Equal(got, []string{"who", "what", "more"}) {
		t.Errorf("of full: %v", got)
	}
	if got := f.Next(Answers{}, "nowhere"); got != "" {
		t.Errorf("after a page that does not exist comes %q", got)
	}
	if _, ok := f.Page("more"); !ok {
		t.Error("a page is not found by its id")
	}
}

func TestWhatIsHiddenDoesNotTravel(t *testing.T) {
	f := sample()
	a := Answers{"kind": "full", "fence": true, "notes": "x", "home": map[string]any{"rooms": 3.0}, "admin": true}
	if got := f.Prune(a).Pointers(); !slices.Equal(got, []string{"/fence", "/home/rooms", "/kind", "/notes"}) {
		t.Errorf("full: %v", got)
	}
	if got := f.Prune(a.With("/kind", "short")).Pointers(); !slices.Equal(got, []string{"/kind"}) {
		t.Errorf("short: %v", got)
	}
	if a.Get("/admin") != true {
		t.Error("pruning changed the draft")
	}
}

func TestAnswersAreReadInTheReadersLanguage(t *testing.T) {
	f := sample()
	a := Answers{"kind": "full", "fence": true, "born": "1990-03-05", "phone": "+79123456789", "year": 2025.0, "applicant": map[string]any{"snils": "11223344595"}}
	en := i18n.With(context.Background(), i18n.EN)
	for _, tt := range []struct {
		ctx     context.Context
		pointer string
		want    string
	}{
		{context.Background(), "/kind", "«full»"}, {en, "/kind", "full"}, {context.Background(), "/fence", "Да"}, {en, "/fence", "Yes"},
		{en, "/born", "05.03.1990"}, {en, "/phone", "+7 912 345-67-89"}, {en, "/year", "2025"}, {en, "/applicant/snils", "112-233-445 95"}, {en, "/notes", ""},
	} {
		field, ok := f.Field(tt.pointer)
		if !ok {
			t.Fatalf("no field %s", tt.pointer)
		}
		if got := field.Show(tt.ctx, a); got != tt.want {
			t.Errorf("%s reads %q, want %q", tt.pointer, got, tt.want)
		}
	}
	no, _ := f.Field("/fence")
	if got := no.Show(en, Answers{"fence": false}); got != "No" {
		t.Errorf("no reads %q", got)
	}
}

func TestComplaintsNameTheFieldInTheReadersLanguage(t *testing.T) {
	w := sample().Validate(Answers{"applicant": map[string]any{"snils": "1"}}, today)[0]
	ru, en := i18n.RU.T(w.Key, w.Args...), i18n.EN.T(w.Key, w.Args...)
	if !strings.Contains(ru, "«/kind»") || !strings.Contains(en, "“/kind”") {
		t.Errorf("%q, %q", ru, en)
	}
}

func TestYearsMoveWithTheCalendar(t *testing.T) {
	f := Field{Type: TypeYear, Years: Years{1, 3}}
	var got []string
	for _, o := range f.OptionsOn(today) {
		got = append(got, o.Value)
	}
	if !slices.Equal(got, []string{"2025", "2024", "2023"}) {
		t.Errorf("years %v", got)
	}
	if o := f.OptionsOn(Date{2027, 1, 1}); o[0].Value != "2026" {
		t.Errorf("next year: %v", o)
	}
}

func TestAnswersAreAddressedByPointers(t *testing.T) {
	a := Answers{}.With("/a/b", "x").With("/a/c", 1.0).With("/d~1e", true)
	if got := a.Pointers(); !slices.Equal(got, []string{"/a/b", "/a/c", "/d~1e"}) {
		t.Errorf("pointers %v", got)
	}
	if a.Text("/a/b") != "x" || a.Int("/a/c") != 1 || a.Get("/d~1e") != true {
		t.Errorf("%v", a)
	}
	if a.Text("/a/c") != "" || a.Int("/a/b") != 0 || a.Get("/a/b/c") != nil || a.Get("/nowhere") != nil {
		t.Error("what is not there is there")
	}
	a = a.With("/a/b", nil).With("/a/c", "")
	if _, left := a["a"]; left {
		t.Errorf("an empty object stays: %v", a)
	}
	b, err := json.Marshal(Answers{}.With("/x", "y"))
	if err != nil || string(b) != `{"x":"y"}` {
		t.Errorf("%s %v", b, err)
	}
	if got := Answers(nil).With("/x", "y"); got.Text("/x") != "y" {
		t.Errorf("nil answers cannot be added to: %v", got)
	}
	if NameOf("/applicant/birth_date") != "applicant.birth_date" {
		t.Error("names differ from pointers")
	}
}

func TestEveryTypeKnowsWhatItIs(t *testing.T) {
	for _, p := range sample().Pages {
		for _, f := range p.Fields {
			if !f.Type.Valid() {
				t.Errorf("%s is not valid", f.Type)
			}
		}
	}
	if Type("telex").Valid() {
		t.Error("an unknown type is valid")
	}
	for typ, want := range map[Type]string{TypeSurname: "family-name", TypeGivenName: "given-name", TypePatronymic: "additional-name", TypeBirthDate: "bday",
		TypePhone: "tel", TypeEmail: "email", TypeAddress: "street-address", TypeSNILS: ""} {
		if got := (Field{Type: typ}).Autocomplete(); got != want {
			t.Errorf("%s: %q", typ, got)
		}
	}
	for typ, want := range map[Type]string{TypePhone: "tel", TypeEmail: "email", TypeSNILS: "numeric", TypeDate: "numeric", TypeText: ""} {
		if got := (Field{Type: typ}).InputMode(); got != want {
			t.Errorf("%s: %q", typ, got)
		}
	}
}
