package procedure

import (
	"slices"
	"strings"
	"testing"

	"okno/internal/form"
	"okno/internal/i18n"
)

// planted are the changes that have the good definition ask where the tree is planted, in the parts of an address.
var planted = []string{
	"required: [who, kind, year]", "required: [who, kind, year, home]",
	"    fence: {type: boolean}\n", "    fence: {type: boolean}\n    home: {$ref: 'okno:address'}\n",
	"  /fence: {label:", "  /home: {label: {ru: Где сажать, en: Where to plant}, hint: {ru: Двор, en: The yard}}\n  /home/flat: {label: {ru: Чья квартира, en: Whose flat}}\n  /fence: {label:",
	"fields: [/who/surname, /who/phone]", "fields: [/who/surname, /who/phone, /home]",
	"lock: never, onFail: manual}", "lock: never, onFail: manual}\n  - {to: /home, from: profile.residence_address, lock: never, onFail: manual}",
	"/kind: oak, /year: 2026,", "/kind: oak, /year: 2026, /home: 'Москва, ул. Садовая, д. 5, кв. 12',",
	"/kind: fir, /year: 2024", "/kind: fir, /year: 2024, /home/city: Ржев",
	"wrong: [/height]", "wrong: [/height, /home]",
	"passport: {kind: pdf, title: {ru: Паспорт дерева, en: Passport of the tree}, template: tree}", "passport: {kind: pdf, title: {ru: Паспорт дерева, en: Passport of the tree}, template: decision, facts: [{from: d.home, label: {ru: Где, en: Where}}, {from: d.home.region, label: {ru: Регион, en: Region}}]}",
	"kind: d.kind, number: c.number", "kind: d.kind, number: c.number, place: d.home",
}

// plantedSource is that definition with further changes.
func plantedSource(t *testing.T, oldnew ...string) string {
	t.Helper()
	src := goodSource(t)
	for _, change := range [][]string{planted, oldnew} {
		for i := 0; i < len(change); i += 2 {
			if !strings.Contains(src, change[i]) {
				t.Fatalf("the definition has no %q", change[i])
			}
			src = strings.Replace(src, change[i], change[i+1], 1)
		}
	}
	return src
}

const writtenOut = `
      type: object
      additionalProperties: false
      required: [region, city, house]
      properties:
        flat: {type: string, x-check: address.flat}
        index: {type: string, x-check: address.index}
        region: {type: string, x-ref: {dict: regions}}
        district: {type: string, x-check: address.district}
        city: {type: string, x-check: address.city}
        street: {type: string, x-check: address.street}
        house: {type: string, x-check: address.house}
        building: {type: string, x-check: address.building}
`

// Where somebody lives goes to the agency whose definition looks at it, by whatever road, and not to one that has the word somewhere.
func TestACaseHoldsWhereSomebodyLivesWhenItsDefinitionLooksAtIt(t *testing.T) {
	for _, tt := range []struct {
		name     string
		old, new string
		told     bool
	}{
		{"nothing of it", "name: an oak", "name: an oak", false},
		{"a person of a test", "as: {surname: Иванова}", "as: {surname: Иванова, residence_address: 'Москва, ул. Садовая, д. 5'}", false},
		{"the name of a test", "name: an oak", "name: residence_address", false},
		{"an answer of that name", "wish", "residence_address", false},
		{"prefill", "from: profile.phone, lock", "from: profile.residence_address, lock", true},
		{"a register is asked with it", "kind: d.kind, number", "kind: d.kind, where: p.residence_address, number", true},
		{"a paper says it", "template: tree}", "template: decision, facts: [{from: p.residence_address, label: {ru: Где, en: Where}}]}", true},
		{"a question depends on it", "when: d.kind == 'oak'", "when: \"p.residence_address == ''\"", true},
		{"a page depends on it", "when: d.kind == 'oak', fields", "when: \"d.kind == 'oak' && p.residence_address != 'nowhere'\", fields", true},
	} {
		src := goodSource(t)
		if !strings.Contains(src, tt.old) {
			t.Fatalf("%s: the definition has no %q", tt.name, tt.old)
		}
		d, err := Stored("good.yaml", []byte(strings.ReplaceAll(src, tt.old, tt.new)))
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		again, err := Stored("stored", d.Canonical())
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []*Definition{d, again} {
			if _, told := d.Filed(Profile{ResidenceAddress: {Value: "г. Москва, ул. Садовая, д. 5"}})[ResidenceAddress]; told != tt.told {
				t.Errorf("%s: told %t", tt.name, told)
			}
		}
	}
	garden, err := Compile("parts.yaml", []byte(strings.Replace(partsSource(t), "give: {", "give: {/who/home: p.residence_address, ", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, told := garden.Filed(Profile{ResidenceAddress: {Value: "г. Москва"}})[ResidenceAddress]; !told {
		t.Error("a whole that gives it to a part does not hold it")
	}
}

func TestAnAddressIsOneAnswerInItsParts(t *testing.T) {
	d, err := Compile("tree.yaml", []byte(plantedSource(t)))
	if err != nil {
		t.Fatal(err)
	}
	out, err := Compile("tree.yaml", []byte(plantedSource(t, " {$ref: 'okno:address'}\n", writtenOut)))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Stored("tree", d.Canonical())
	if err != nil || out.Version != d.Version || again.Version != d.Version || strings.Contains(string(d.Canonical()), "$ref") {
		t.Fatalf("it is stored otherwise than one that was written out: %v", err)
	}
	for _, d := range []*Definition{d, again} {
		f, ok := d.Form.Field("/home")
		var parts []string
		for _, x := range f.Parts {
			parts = append(parts, strings.TrimPrefix(x.Pointer, "/home/")+" "+x.Label.EN)
		}
		want := []string{"index Postal index", "region Region", "district District", "city Town or village", "street Street", "house House", "building Building in the yard", "flat Whose flat"}
		if !ok || f.Label.EN != "Where to plant" || !f.Required || !slices.Equal(parts, want) || len(f.Parts[1].Options) != 89 {
			t.Errorf("asked are %v of %+v", parts, f.Label)
		}
	}
	p := Profile{Surname: {Value: "Иванова"}, ResidenceAddress: {Value: "г. Москва, ул. Садовая, д. 5, кв. 12", Origin: form.Origin{Source: "entered"}}}
	a := d.Fill(p, form.Answers{})
	if a.Text("/home/street") != "ул. Садовая" || a.Text("/home/region") != "77" {
		t.Errorf("filled in are %v", a)
	}
	asked := d.FormFor(p, a, form.Date{Year: 2026, Month: 3, Day: 1})
	if f, _ := asked.Field("/home"); f.Origin.Source != "entered" || f.Locked {
		t.Errorf("it comes from %+v", f.Origin)
	}
	if f, _ := d.FormFor(p, a.With("/home/flat", "13"), form.Date{}).Field("/home"); !f.Origin.IsZero() {
		t.Error("what was changed is said to come from the profile still")
	}
	if at := d.Filed(p)[ResidenceAddress]; at.Value == "" {
		t.Error("who asks where they live is not told")
	}
	other, err := Compile("good.yaml", []byte(goodSource(t)))
	if err != nil {
		t.Fatal(err)
	}
	if told := other.Filed(p); told[ResidenceAddress].Value != "" || told[Surname].Value == "" || p[ResidenceAddress].Value == "" {
		t.Errorf("who does not ask where they live is told %+v", told)
	}
	p[ResidenceAddress] = Known{Value: "до востребования"}
	if odd := d.Fill(p, form.Answers{}); odd.Get("/home") != nil {
		t.Errorf("of what nobody understands is filled in %v", odd.Get("/home"))
	}
	stated := d.outputs["passport"].State(form.Form{}, a, p, Case{}, nil)
	if stated[0].Value.RU != "г. Москва, ул. Садовая, д. 5, кв. 12" || stated[1].Value.EN != "Moscow" {
		t.Errorf("the paper says %+v", stated)
	}
	if in := d.Inputs("looking", a, p, Case{}); in["place"] != "г. Москва, ул. Садовая, д. 5, кв. 12" {
		t.Errorf("the register is asked with %v", in)
	}
	if label, ok := d.Called("/home"); !ok || label != (i18n.Text{RU: "Где сажать", EN: "Where to plant"}) {
		t.Errorf("it is called %v", label)
	}
	empty := d.Validate(asked, a.With("/home", nil), form.Date{Year: 2026, Month: 3, Day: 1})
	var names []string
	for _, w := range empty {
		names = append(names, w.Name)
	}
	if !slices.Contains(names, "home.region") || !slices.Contains(names, "home.city") || !slices.Contains(names, "home.house") || slices.Contains(names, "home") {
		t.Errorf("of an empty one is said %v", names)
	}
}

func TestAnAddressThatIsAskedWronglyIsRefusedAtItsPlace(t *testing.T) {
	for _, tt := range []struct{ name, was, is, want string }{
		{"another shape", "'okno:address'", "'okno:person'", `$ref of data/home is "okno:person"; the shape that every definition has is okno:address`},
		{"words beside it", "{$ref: 'okno:address'}", "{$ref: 'okno:address', required: [flat]}", "stands beside other words: what an address is made of is settled"},
		{"no label", "/home: {label: {ru: Где сажать, en: Where to plant}, hint: {ru: Двор, en: The yard}}", "/who/phone/x: {}", "/home has no label in view"},
		{"a part on a page", "/who/phone, /home]", "/who/phone, /home/city]", "asks for /home/city, which is a part of an address: name the whole of it (/home)"},
		{"a part that is asked sometimes", "/home/flat: {label:", "/home/flat: {when: d.kind == 'oak', label:", "/home/flat is asked whenever its address is: say when in the view of /home"},
		{"a part that is filled in", "{to: /home,", "{to: /home/city,", "prefill fills /home/city, which is a part of an address: fill in the whole of it (/home)"},
		{"filled in with what is none", "profile.residence_address", "profile.email", "/home is an address, and profile.email is none"},
		{"a lock", "from: profile.residence_address, lock: never", "from: profile.residence_address, lock: always", "lock must be never and onFail manual"},
		{"held against null", "when: d.kind == 'fir', required", "when: d.home != null, required", "compares an address with null, which it never is: look at a part of it (d.home.city != null)"},
		{"a part for a register", "place: d.home", "place: d.home.street", "a part of an address; a register is asked with the whole of it, in one line (d.home)"},
		{"a part that is opened", "deadline: {in: P10D, breach: 'auto:withdraw'}", "edit: [/home/city]\n      deadline: {in: P10D, breach: 'auto:withdraw'}", "opens /home/city, which is a part of an address: open the whole of it (/home)"},
		{"a check that is none", "    fence: {type: boolean}\n", "    fence: {type: boolean}\n    town: {type: string, x-check: address.town}\n", `x-check of /town is "address.town", which is no kind of field`},
		{"a region that is typed", "    fence: {type: boolean}\n", "    fence: {type: boolean}\n    town: {type: string, x-check: address.region}\n", "a region is chosen from a list, x-ref: {dict: regions}"},
		{"a test that is mistaken", "wrong: [/height, /home]", "wrong: [/height]", "but they are about /home/region, /home/house, /height"},
	} {
		_, err := Compile("tree.yaml", []byte(plantedSource(t, tt.was, tt.is)))
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "tree.yaml:") {
			t.Errorf("%s: %v\nwant %s", tt.name, err, tt.want)
		}
	}
}

func TestAPartOfAnAddressMayBeAskedByItself(t *testing.T) {
	d := changed(t, "    fence: {type: boolean}\n", "    fence: {type: boolean}\n    town: {type: string, x-check: address.city}\n", "  /fence: {label:", "  /town: {label: {ru: Город, en: Town}}\n  /fence: {label:", "[/kind, /year,", "[/kind, /year, /town,")
	f, _ := d.Form.Field("/town")
	if a := d.Form.Parse(map[string][]string{"town": {"город Ржев"}}, nil); a.Text("/town") != "г. Ржев" {
		t.Errorf("%+v, %v", f, a)
	}
}

func TestAnAddressOfAnEarlierVersionIsTakenApart(t *testing.T) {
	in := func(view string) *Definition {
		d, err := Compile("tree.yaml", []byte(plantedSource(t, "/home: {label:", "/home: {"+view+"label:")))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	const line, odd = "г. Москва, ул. Садовая, д. 5, кв. 12", "войсковая часть 12345, лично в руки, после обеда"
	for _, tt := range []struct {
		d   *Definition
		was string
	}{{in(""), "home"}, {in("renamedFrom: /yard, "), "yard"}} {
		a := tt.d.Renamed(form.Answers{tt.was: line})
		if form.PostalOf(a.Get("/home")).String() != line || a.Text("/home/flat") != "12" || tt.was != "home" && a.Get("/"+tt.was) != nil {
			t.Errorf("%s: %v", tt.was, a)
		}
		if a := tt.d.Renamed(form.Answers{tt.was: odd}); a.Text("/home/street") != odd {
			t.Errorf("%s: lost is %v", tt.was, a)
		}
		whole := map[string]any{"city": "Ржев", "house": "1"}
		if a := tt.d.Renamed(form.Answers{tt.was: whole}); a.Text("/home/city") != "Ржев" {
			t.Errorf("%s: an address became %v", tt.was, a)
		}
	}
}

func TestAnAddressIsAskedInTheRowsOfADefinition(t *testing.T) {
	src := stall(t)
	for _, x := range [][2]string{
		{"required: [name, food]", "required: [name, food, maker]"},
		{"          name: {type: string, maxLength: 60}\n", "          name: {type: string, maxLength: 60}\n          maker: {$ref: 'okno:address'}\n"},
		{"  /goods/*/name: {", "  /goods/*/maker: {label: {ru: Где сделано, en: Where it is made}}\n  /goods/*/name: {"},
		{"fields: [/goods/*/name, ", "fields: [/goods/*/name, /goods/*/maker, "},
	} {
		if !strings.Contains(src, x[0]) {
			t.Fatalf("no %q", x[0])
		}
		src = strings.Replace(src, x[0], x[1], 1)
	}
	d, err := Stored("rows.yaml", []byte(src)) // its tests know nothing of it
	if err != nil {
		t.Fatal(err)
	}
	a := d.Form.Parse(map[string][]string{"goods.0.name": {"tea"}, "goods.0.maker.city": {"город Сочи"}}, nil)
	if a.Text("/goods/0/maker/city") != "г. Сочи" {
		t.Fatalf("%v", a)
	}
	var names []string
	for _, w := range d.Validate(d.Form, a, form.Date{Year: 2026, Month: 3, Day: 1}) {
		names = append(names, w.Name)
	}
	if !slices.Contains(names, "goods.0.maker.region") || !slices.Contains(names, "goods.0.maker.house") || slices.Contains(names, "goods.0.maker") {
		t.Errorf("%v", names)
	}
	if moved := d.Renamed(form.Answers{"goods": []any{map[string]any{"maker": "г. Москва, ул. Садовая, д. 5"}}}); moved.Text("/goods/0/maker/house") != "5" {
		t.Errorf("%v", moved)
	}
	group, _ := d.Form.Field("/goods")
	if shown := group.ShowRow(t.Context(), a.Get("/goods/0")); !strings.Contains(shown, "г. Сочи") {
		t.Errorf("shown as %s", shown)
	}
}

func TestWhatBecomesOfAnAddressIsTold(t *testing.T) {
	compiled := func(src string) *Definition {
		d, err := Compile("tree.yaml", []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	asked := compiled(plantedSource(t))
	line := compiled(plantedSource(t, "{$ref: 'okno:address'}", "{type: string, x-check: address}", "  /home/flat: {label: {ru: Чья квартира, en: Whose flat}}\n", "", ", {from: d.home.region, label: {ru: Регион, en: Region}}", "", "/home/city: Ржев", "/home: Ржев"))
	for _, tt := range []struct {
		name      string
		was, now  *Definition
		want      []string
		wantClass Class
	}{
		{"it is new", good(t), asked, []string{"breaking   the field /home: is new and must be answered"}, Breaking},
		{"it is gone", asked, good(t), []string{"breaking   the field /home: is gone, and what was answered has no place"}, Breaking},
		{"it was one line", line, asked, []string{"migration  the field /home: is asked in the parts of an address"}, ""},
		{"it has another name", asked, compiled(strings.Replace(strings.ReplaceAll(plantedSource(t), "home", "yard"), "/yard: {label", "/yard: {renamedFrom: /home, label", 1)), []string{"migration  the field /home: is /yard now"}, ""},
		{"another word for a part", asked, compiled(plantedSource(t, "en: Whose flat}", "en: The flat}")), []string{"text       the field /home/flat: label says something else"}, Wording},
		{"a part that must be given", asked, compiled(plantedSource(t, "/home/flat: {label", "/home/flat: {required: true, label")), []string{"breaking   the field /home/flat: must be answered"}, Breaking},
	} {
		var lines []string
		for _, c := range Diff(tt.was, tt.now) {
			lines = append(lines, c.String())
		}
		told := strings.Join(lines, "\n")
		for _, want := range tt.want {
			if strings.Count(told, want) != 1 {
				t.Errorf("%s: %q is not told once:\n%s", tt.name, want, told)
			}
		}
		if tt.name != "another word for a part" && tt.name != "a part that must be given" && (strings.Contains(told, "field /home/") || strings.Contains(told, "field /yard/")) {
			t.Errorf("%s: parts are told of one by one:\n%s", tt.name, told)
		}
		if got := Worst(Diff(tt.was, tt.now)); tt.wantClass != "" && got != tt.wantClass {
			t.Errorf("%s is %s", tt.name, got)
		}
	}
}
