package catalogue

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"okno/internal/access"
	"okno/internal/procedure"
)

func TestTheBuiltInServicesAreThere(t *testing.T) {
	c := builtIn(t)
	for _, tt := range []struct {
		code, slug string
		online     bool
		level      access.Level
		registers  []string
	}{
		{"fns.income-certificate", "income-certificate", true, access.Confirmed, []string{"fns.income"}},
		{"rosreestr.extract", "property-extract", true, access.Confirmed, []string{"rosreestr.extract"}},
		{"fns.inn", "inn", true, access.Standard, []string{"fns.inn"}},
		{"mvd.driving-licence", "driving-licence", true, access.Confirmed, []string{"mvd.licence", "mvd.licence-issue"}},
		{"mvd.international-passport", "international-passport", true, access.Confirmed, []string{"sfr.work-history", "mvd.border", "mvd.passport-issue"}},
		{"rosreestr.right", "property-right", true, access.Confirmed, []string{"rosreestr.right", "rosreestr.right-enter"}},
		{"osago.policy", "car-insurance", true, access.Confirmed, []string{"osago.issue", "osago.cancel"}},
		{"mvd.vehicle-registration", "vehicle-registration", true, access.Confirmed, []string{"mvd.vehicle", "mvd.vehicle-register"}},
		{"mvd.vehicle-plates", "vehicle-plates", true, access.Confirmed, []string{"mvd.plates-order"}},
		{"mvd.car", "car-bought", true, access.Confirmed, nil},
		{"municipality.flat-remodelling", "flat-remodelling", true, access.Confirmed, nil},
		{"mvd.passport-replacement", "passport-replacement", false, "", nil},
	} {
		d, ok := c.ByCode(tt.code)
		if !ok {
			t.Errorf("%s is missing", tt.code)
			continue
		}
		if bySlug, _ := c.BySlug(tt.slug); bySlug != d {
			t.Errorf("%s is not at /services/%s", tt.code, tt.slug)
		}
		if d.Online() != tt.online || d.Level != tt.level || !slices.Equal(d.Registers(), tt.registers) {
			t.Errorf("%s: online %v, level %q, registers %v", tt.code, d.Online(), d.Level, d.Registers())
		}
	}
}

func TestAServiceThatIsNotOnlineSaysWhereToGo(t *testing.T) {
	for _, d := range builtIn(t).All() {
		if d.Online() {
			continue
		}
		if len(d.Catalog.Where) == 0 || len(d.Catalog.Steps) == 0 || slices.Contains(d.Catalog.Channels, procedure.Online) != (d.Catalog.Start != "") {
			t.Errorf("%s promises something it has not", d.Code)
		}
	}
}

func TestListsAreInOrder(t *testing.T) {
	c := builtIn(t)
	titles := []string{}
	for _, d := range c.All() {
		titles = append(titles, fold(d.Title.RU))
	}
	if !slices.IsSorted(titles) {
		t.Errorf("not by title: %v", titles)
	}
	if p := c.Popular(2); len(p) != 2 || p[0].Slug != "income-certificate" || p[1].Slug != "property-extract" {
		t.Errorf("popular: %v", p)
	}
	if p := c.Popular(1000); len(p) > len(c.All()) {
		t.Errorf("%d popular of %d", len(p), len(c.All()))
	}
	owned, housed := 0, 0
	for _, d := range c.All() {
		if d.Owner.Code == "mvd" {
			owned++
		}
		if slices.Contains(d.Catalog.LifeEvents, "housing") {
			housed++
		}
	}
	mvd, ok := c.Agency("mvd")
	if !ok || owned < 3 || len(mvd.Services) != owned {
		t.Errorf("mvd: %v %d of %d", ok, len(mvd.Services), owned)
	}
	if _, ok := c.Agency("nobody"); ok {
		t.Error("an agency without services exists")
	}
	housing, ok := c.LifeEvent("housing")
	if !ok || housed < 3 || len(housing.Services) != housed {
		t.Errorf("housing: %v %d of %d", ok, len(housing.Services), housed)
	}
	n := 0
	for _, a := range c.Agencies() {
		n += len(a.Services)
	}
	if n != len(c.All()) {
		t.Errorf("agencies list %d of %d services", n, len(c.All()))
	}
	for _, l := range c.LifeEvents() {
		if len(l.Services) == 0 || l.Title.RU == "" || l.Title.EN == "" {
			t.Errorf("life situation %s: %+v", l.Code, l)
		}
	}
}

func TestABrokenServiceStopsTheStartWithItsPlace(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files fstest.MapFS
		want  []string
	}{
		{"a slip in a key and an empty file", fstest.MapFS{
			"a.yaml": {Data: []byte(strings.Replace(page(1), "title:", "tittle:", 1))},
			"b.yaml": {Data: nil},
		}, []string{`a.yaml:9:1: the definition has no key "tittle"; did you mean "title"?`, `a.yaml:1:1: the definition has no "title"`, "b.yaml:1:1: "}},
		{"one code twice in a folder", fstest.MapFS{
			"a.yaml": {Data: []byte(page(1))},
			"b.yaml": {Data: []byte(page(1))},
		}, []string{"b.yaml:1:1: the code town.page-1 is that of a.yaml already"}},
		{"one slug twice", fstest.MapFS{
			"a.yaml": {Data: []byte(page(1))},
			"b.yaml": {Data: []byte(strings.Replace(page(1), "code: town.page-1", "code: town.other", 1))},
		}, []string{"the slug page-1 is that of"}},
		{"an agency with two names", fstest.MapFS{
			"a.yaml": {Data: []byte(page(1))},
			"b.yaml": {Data: []byte(strings.Replace(page(2), "Город,", "Мэрия,", 1))},
		}, []string{"the owner town has another name in "}},
		{"a life situation that is not listed", fstest.MapFS{
			"a.yaml": {Data: []byte(strings.Replace(page(1), "[documents]", "[dokuments]", 1))},
		}, []string{`a.yaml:1:1: there is no life situation "dokuments"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(tt.files)
			if err == nil {
				t.Fatal("it was loaded")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error\n%s\ndoes not say %q", err, want)
				}
			}
		})
	}
}

func TestAnOperatorsFileReplacesABuiltInOne(t *testing.T) {
	mine := strings.NewReplacer("code: town.page-1", "code: sfr.snils", "slug: page-1", "slug: snils", "code: town", "code: sfr",
		"Городская администрация", "Социальный фонд России", "Town hall", "Social Fund of Russia",
		"short: {ru: Город, en: Town}", "short: {ru: Соцфонд, en: Social Fund}").Replace(page(1))
	c, err := Load(fstest.MapFS{"snils.yaml": {Data: []byte(mine)}})
	if err != nil {
		t.Fatal(err)
	}
	d, _ := c.BySlug("snils")
	if d == nil || d.Title.RU != "Услуга номер 1" {
		t.Errorf("the built-in one is still there: %+v", d)
	}
	if len(c.All()) != len(builtIn(t).All()) {
		t.Errorf("%d services", len(c.All()))
	}
}

// What is published, and what cases under way keep, is the content with sorted keys: it must ask in the same order as the file.
func TestAServiceAsksInTheOrderOfItsFileWhereverItIsReadFrom(t *testing.T) {
	c := builtIn(t)
	order := func(d *procedure.Definition) (out []string) {
		for _, p := range d.Form.Pages {
			for _, f := range p.Fields {
				out = append(out, f.Pointer)
				if f.Rows != nil {
					for _, x := range f.Rows.Fields {
						out = append(out, x.Pointer)
					}
				}
			}
		}
		return out
	}
	for _, d := range c.All() {
		again, err := procedure.Compile(d.Code, d.Canonical())
		if err != nil {
			t.Fatal(err)
		}
		if was, now := order(d), order(again); !slices.Equal(was, now) {
			t.Errorf("%s asks\n%v\nand as it is published\n%v", d.Code, was, now)
		}
	}
}
