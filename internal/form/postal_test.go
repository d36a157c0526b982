package form

import (
	"slices"
	"testing"

	"okno/internal/i18n"
)

// homeField asks for an address, as a definition does.
func homeField(required bool) Field {
	f := Field{Pointer: "/home", Name: "home", Type: TypePostalAddress, Label: i18n.Text{RU: "Адрес", EN: "Address"}, Required: required}
	for _, p := range PartsOfAddress() {
		x := Field{Pointer: "/home/" + p.Name, Name: "home." + p.Name, Type: p.Type, Label: p.Label, Required: p.Required}
		if p.Type == TypeChoice {
			for _, r := range Regions() {
				x.Options = append(x.Options, Option{Value: r.Code, Label: r.Name})
			}
		}
		f.Parts = append(f.Parts, x)
	}
	return f
}

// typedParts are the inputs of a page that has the address.
func typedParts(name string, a PostalAddress) map[string][]string {
	out := map[string][]string{}
	for key, v := range a.values() {
		out[name+"."+key] = []string{v.(string)}
	}
	return out
}

func TestAnAddressIsAskedPartByPart(t *testing.T) {
	f := Form{Pages: []Page{{ID: "home", Fields: []Field{homeField(true)}}}}
	typed := map[string][]string{"home.index": {"141 400"}, "home.region": {"50"}, "home.city": {"город Химки"}, "home.street": {"Ленина улица"}, "home.house": {"дом 5"}, "home.building": {"нет"}, "home.flat": {"кв. 10"}}
	a := f.Parse(typed, nil)
	want := PostalAddress{Index: "141400", Region: "50", City: "г. Химки", Street: "ул. Ленина", House: "5", Flat: "10"}
	if got := PostalOf(a.Get("/home")); got != want {
		t.Errorf("read as %#v", got)
	}
	if shown := f.Pages[0].Fields[0].Show(t.Context(), a); shown != "141400, Московская область, г. Химки, ул. Ленина, д. 5, кв. 10" {
		t.Errorf("shown as %s", shown)
	}
	if wrong := f.Validate(a, today); wrong != nil {
		t.Errorf("%v", wrong)
	}
	part, ok := f.Field("/home/city")
	if !ok || part.Typed(a) != "г. Химки" || !part.Type.Valid() {
		t.Errorf("%+v", part)
	}
	if index, _ := f.Field("/home/index"); index.InputMode() != "numeric" || part.InputMode() != "" {
		t.Error("a phone brings up the wrong keys")
	}
	// One field on its way out changes nothing else, and an empty one takes its part away.
	if b := f.Parse(map[string][]string{"home.flat": {" "}}, a); b.Get("/home/flat") != nil || b.Text("/home/house") != "5" || a.Text("/home/flat") != "10" {
		t.Errorf("%v, and before it %v", b, a)
	}
	for _, tt := range []struct {
		name, typed string
		wrong       string
	}{
		{"home.index", "14140", "form.index.length"},
		{"home.region", "", "form.choice.empty"},
		{"home.region", "990", "form.choice.unknown"},
		{"home.city", "", "form.address.city_empty"},
		{"home.city", "--", "form.address.city_letters"},
		{"home.house", "", "form.address.house_empty"},
		{"home.street", "", ""},
		{"home.flat", "", ""},
	} {
		wrong := f.Validate(f.Parse(map[string][]string{tt.name: {tt.typed}}, a), today)
		if tt.wrong == "" && wrong != nil || tt.wrong != "" && (len(wrong) != 1 || wrong[0].Name != tt.name || wrong[0].Key != tt.wrong) {
			t.Errorf("%s is %q: %v", tt.name, tt.typed, wrong)
		}
	}
	named := func(a Answers, f Form) (out []string) {
		for _, w := range f.Validate(a, today) {
			out = append(out, w.Name)
		}
		return out
	}
	needed := []string{"home.region", "home.city", "home.house"}
	if got := named(nil, f); !slices.Equal(got, needed) {
		t.Errorf("an empty one lacks %v", got)
	}
	may := Form{Pages: []Page{{ID: "home", Fields: []Field{homeField(false)}}}}
	if got := named(nil, may); got != nil {
		t.Errorf("one that may stay empty lacks %v", got)
	}
	if got := named(Answers{"home": map[string]any{"flat": "3"}}, may); !slices.Equal(got, needed) {
		t.Errorf("one that was begun lacks %v", got)
	}
	if gone := may.Parse(map[string][]string{"home.flat": {""}}, Answers{"home": map[string]any{"flat": "3"}}); len(gone) != 0 {
		t.Errorf("of one that was emptied there is %v", gone)
	}
	if got := named(Answers{"home": "Москва"}, f); !slices.Equal(got, []string{"home"}) {
		t.Errorf("of a text they are %v", got)
	}
	if kept := f.Prune(Answers{"home": map[string]any{"city": "Химки", "planet": "Земля"}}); kept.Get("/home/planet") != nil || kept.Text("/home/city") != "Химки" {
		t.Errorf("kept are %v", kept)
	}
}

func TestAnAddressIsAskedInEachRow(t *testing.T) {
	home := homeField(true)
	in := home.at("/homes/*/home", "homes.*.home")
	f := Form{Pages: []Page{{ID: "homes", Fields: []Field{{Pointer: "/homes", Name: "homes", Type: TypeRows, Required: true, Rows: &Rows{Min: 1, Max: 3, Fields: []Field{in}}}}}}}
	a := f.Parse(map[string][]string{"homes.0.home.city": {"Химки"}, "homes.0.home.house": {"5"}, "homes.2.home": {"г. Москва, ул. Садовая, д. 1"}}, nil)
	if a.Count("/homes") != 2 || a.Text("/homes/0/home/city") != "Химки" || a.Text("/homes/1/home/street") != "ул. Садовая" {
		t.Fatalf("%v", a)
	}
	wrong := f.Validate(a, today)
	if len(wrong) != 1 || wrong[0].Name != "homes.0.home.region" {
		t.Errorf("%v", wrong)
	}
	if got, ok := f.Field("/homes/0/home/region"); !ok || got.Name != wrong[0].Name {
		t.Errorf("%+v", got)
	}
	rows := f.RowsOf(f.Pages[0].Fields[0], a, 0)
	if x := rows[1].Fields[0]; x.Pointer != "/homes/1/home" || x.Parts[3].Pointer != "/homes/1/home/city" || x.Parts[3].Name != "homes.1.home.city" || x.Show(t.Context(), a) != "г. Москва, ул. Садовая, д. 1" {
		t.Errorf("%+v", x)
	}
	if pruned := f.Prune(a); Size(pruned.Get("/homes")) != Size(a.Get("/homes")) {
		t.Errorf("%v", pruned)
	}
}

func TestAnotherSystemTellsOfAnAddressInAnyWay(t *testing.T) {
	f := homeField(true)
	for _, tt := range []struct {
		name  string
		said  any
		want  PostalAddress
		whole bool
	}{
		{"one line", "г. Москва, ул. Садовая, д. 5", PostalAddress{Region: "77", City: "г. Москва", Street: "ул. Садовая", House: "5"}, true},
		{"its parts", map[string]any{"region": "Тверская область", "city": "Ржев", "house": 5.0, "floor": "3"}, PostalAddress{Region: "69", City: "Ржев", House: "5"}, true},
		{"a part that is none", map[string]any{"city": "Ржев", "index": "12"}, PostalAddress{City: "Ржев"}, false},
		{"what nobody understands", "до востребования", PostalAddress{}, false},
		{"a number", 5.0, PostalAddress{}, false},
		{"nothing", "", PostalAddress{}, true},
	} {
		v, whole := f.Read(tt.said, today)
		if whole != tt.whole || PostalOf(v) != tt.want || (v == nil) != (tt.want == PostalAddress{}) {
			t.Errorf("%s: %v, %v", tt.name, v, whole)
		}
	}
}

func TestWhatCannotBeTakenApartIsNotLost(t *testing.T) {
	const odd = "войсковая часть 12345, лично в руки, после обеда"
	if TakenApart(odd) != nil {
		t.Error("something was understood of it")
	}
	if a := PostalOf(FromLine("  " + odd)); a.Street != odd || a.String() != odd {
		t.Errorf("%#v", a)
	}
	if FromLine(" ") != nil {
		t.Error("nothing became something")
	}
}

func TestAddressesAreLikeEachOtherHoweverTheyAreWritten(t *testing.T) {
	home := ParseAddress("141400, Московская область, г. Химки, ул. Ленина, д. 5, корп. 2, кв. 10")
	for _, tt := range []struct {
		line string
		like bool
	}{
		{"Московская обл, ХИМКИ, Ленина улица, 5к2, кв 10", true},
		{"Московская обл, г. Химки, ул. Ленина, д. 5, корп. 2, кв. 11", false},
		{"Московская обл, г. Химки, ул. Ленина, д. 5, корп. 2", false},
		{"141401, Московская область, г. Химки, ул. Ленина, д. 5, корп. 2, кв. 10", false},
		{"Московская обл, р-н Ленинский, г. Химки, ул. Ленина, д. 5, корп. 2, кв. 10", false},
		{"до востребования", false},
	} {
		if home.Like(ParseAddress(tt.line)) != tt.like || ParseAddress(tt.line).Like(home) != tt.like {
			t.Errorf("%s: like is not %v", tt.line, tt.like)
		}
	}
	if odd := ParseAddress("до востребования"); !odd.Like(ParseAddress("До Востребования.")) {
		t.Error("one line is not like itself")
	}
}

// A draft may hold what another version asked for: of an address stands the line there, and of a list nothing.
func TestATextQuestionShowsNoAddressAndNoListAsTheyAreHeld(t *testing.T) {
	f := Field{Pointer: "/home", Type: TypeText, Max: 200}
	for _, tt := range []struct {
		held any
		want string
	}{
		{map[string]any{"city": "г. Ржев", "house": "5"}, "г. Ржев, д. 5"},
		{[]any{"sat", "sun"}, ""},
		{"г. Ржев", "г. Ржев"},
		{float64(3), "3"},
		{nil, ""},
	} {
		if got := f.Typed(Answers{"home": tt.held}); got != tt.want {
			t.Errorf("%v stands there as %q", tt.held, got)
		}
	}
}
