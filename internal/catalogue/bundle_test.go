package catalogue

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"okno/internal/form"
	"okno/internal/procedure"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

const bundle = "mvd.car"

// marks makes the plates of vehicle-plates.yaml something that it does not ask for.
var marks = []string{"/plate", "/mark", "    plate:", "    mark:", "d.plate", "d.mark", "required: [applicant, plate,", "required: [applicant, mark,"}

func codes(list []*procedure.Definition) []string {
	var out []string
	for _, d := range list {
		out = append(out, d.Code)
	}
	return out
}

func TestAServiceSaysOfWhichOthersItIsAPart(t *testing.T) {
	c := builtIn(t)
	whole, ok := c.ByCode(bundle)
	if !ok || len(whole.Parts()) != 3 {
		t.Fatalf("%v %v", ok, whole)
	}
	for _, p := range whole.Parts() {
		if got := codes(c.Bundles(p.Service)); !slices.Equal(got, []string{bundle}) {
			t.Errorf("%s is a part of %v", p.Service, got)
		}
	}
	for _, code := range []string{bundle, extract, "nothing.like-it"} {
		if got := c.Bundles(code); len(got) != 0 {
			t.Errorf("%s is a part of %v", code, codes(got))
		}
	}
}

// What a person may choose or type in the whole is what the part takes, and is asked in the same words.
func TestAPartAsksAsTheWholeAsks(t *testing.T) {
	c := builtIn(t)
	whole, _ := c.ByCode(bundle)
	for _, p := range whole.Parts() {
		of, _ := c.ByCode(p.Service)
		for _, page := range of.Form.Pages {
			for _, f := range page.Fields {
				if from, ok := p.Source(f.Pointer); ok {
					same(t, whole, from, f, p.As)
				}
			}
		}
	}
}

func same(t *testing.T, whole *procedure.Definition, from string, f form.Field, part string) {
	t.Helper()
	in, ok := whole.Form.Field(from)
	if !ok {
		t.Fatalf("%s of %s comes from %s, which is not asked", f.Pointer, part, from)
	}
	if in.Label != f.Label || in.Wrong != f.Wrong || in.Max != f.Max || !slices.Equal(in.Options, f.Options) || (in.Pattern == nil) != (f.Pattern == nil) || in.Pattern != nil && in.Pattern.String() != f.Pattern.String() {
		t.Errorf("%s of %s is asked otherwise than %s of the whole", f.Pointer, part, from)
	}
	if f.Rows == nil {
		return
	}
	if in.Rows.Min != f.Rows.Min || in.Rows.Max != f.Rows.Max {
		t.Errorf("%s of %s has other numbers of rows", f.Pointer, part)
	}
	for i, x := range f.Rows.Fields {
		if y := in.Rows.Fields[i]; y.Label != x.Label || y.Required != x.Required || (y.Pattern == nil) != (x.Pattern == nil) || y.Pattern != nil && y.Pattern.String() != x.Pattern.String() {
			t.Errorf("%s of %s is asked otherwise than in the whole", x.Pointer, part)
		}
	}
}

func TestAServiceWhosePartsDoNotJoinStopsTheStartWithItsFile(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		oldnew     []string
		want       string
	}{
		{"a part that there is not", "car-bought.yaml", []string{"case: osago.policy", "case: osago.contract"}, "car-bought.yaml:1:1: its part insurance (osago.contract) is no service of this portal"},
		{"what a part does not ask for", "car-bought.yaml", []string{"/policy: s.insurance.number", "/police: s.insurance.number"}, "car-bought.yaml:1:1: its part registration (mvd.vehicle-registration) is given /police, which it does not ask for"},
		{"what a part does not ask for any more", "vehicle-plates.yaml", marks, "car-bought.yaml:1:1: its part plates (mvd.vehicle-plates) is given /plate, which it does not ask for"},
		{"a part that says where to go", "car-bought.yaml", []string{"case: mvd.vehicle-plates", "case: mvd.passport-replacement"}, "car-bought.yaml:1:1: its part plates (mvd.passport-replacement) is no service that can be applied for here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := source(t, tt.file, tt.oldnew...)
			_, err := Load(fstest.MapFS{tt.file: {Data: src.Content}})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("it says %v", err)
			}
		})
	}
}

// Of a service that gives none no paper could ever be offered.
func TestAServiceTakesPapersOfServicesThatGiveThem(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := builtIn(t)
		for _, d := range c.All() {
			for _, x := range d.AllAttachments() {
				if of, ok := c.ByCode(x.Paper); x.Paper != "" && (!ok || !of.GivesPapers()) {
					t.Errorf("%s takes papers of %s", d.Code, x.Paper)
				}
			}
		}
		for _, other := range []string{"rosreestr.nothing", "mvd.traffic-fines"} { // none, and one that ends without a paper
			if of, ok := c.ByCode(other); ok && of.GivesPapers() {
				t.Fatalf("%s gives papers", other)
			}
			src := source(t, "flat-remodelling.yaml", "paper: rosreestr.extract", "paper: "+other)
			want := "flat-remodelling.yaml:1:1: its attachment extract takes papers of the service " + other + ", which gives none here"
			if _, err := c.Check(src); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("it is checked: %v", err)
			}
			if _, err := c.Publish(ctx, sys, db, Why{Breaking: "come what may"}, src); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("it is published: %v", err)
			}
		}
	})
}

func TestAChangeThatAPartWouldNotFitAnyMoreIsNotPublished(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := builtIn(t)
		spoilt := source(t, "vehicle-plates.yaml", marks...)
		if _, err := c.Check(spoilt); err == nil || !strings.Contains(err.Error(), "car-bought.yaml:1:1: its part plates (mvd.vehicle-plates) is given /plate, which it does not ask for") {
			t.Errorf("it is checked: %v", err)
		}
		if _, err := c.Publish(ctx, sys, db, Why{Breaking: "come what may"}, spoilt); err == nil || !strings.Contains(err.Error(), "is given /plate, which it does not ask for") {
			t.Errorf("it is published: %v", err)
		}
		another := source(t, "car-bought.yaml", "code: mvd.car", "code: mvd.other", "slug: car-bought", "slug: another-car")
		c.Fits = func(d *procedure.Definition) error {
			if slices.Contains(d.Registers(), "osago.issue") {
				return errors.New("nobody answers as osago.issue")
			}
			return nil
		}
		if _, err := c.Publish(ctx, sys, db, Why{}, another); err == nil || !strings.Contains(err.Error(), "car-bought.yaml:1:1: its part insurance: nobody answers as osago.issue") {
			t.Errorf("it is published, and a node would not take it in: %v", err)
		}
		c.Fits = nil
		if _, err := c.Publish(ctx, sys, db, Why{}, another); err != nil {
			t.Errorf("a sound one: %v", err)
		}
		if got := codes(c.Bundles("osago.policy")); len(got) != 2 {
			t.Errorf("the policy is a part of %v", got)
		}
	})
}

// An installation that is not connected to the insurers has neither the policy nor what begins with it; the registration is there.
func TestWithAServiceGoesWhatItIsAPartOf(t *testing.T) {
	uninsured := func(d *procedure.Definition) error {
		if slices.Contains(d.Registers(), "osago.issue") {
			return errors.New("nobody answers as osago.issue")
		}
		return nil
	}
	c := builtIn(t)
	said, err := c.Without(uninsured)
	if err != nil || len(said) != 2 || !strings.Contains(errors.Join(said...).Error(), "service mvd.car begins osago.policy as its part insurance, which is not offered") {
		t.Errorf("%v, %v", said, err)
	}
	for code, want := range map[string]bool{"osago.policy": false, bundle: false, "mvd.vehicle-registration": true, "mvd.vehicle-plates": true} {
		if _, ok := c.ByCode(code); ok != want {
			t.Errorf("%s is there: %v", code, ok)
		}
	}
	if found := c.Search("купил машину", 1); len(found) != 1 || found[0].Service.Code != "mvd.vehicle-registration" {
		t.Errorf("the search finds %v", found)
	}

	// the operator's own is meant, and stops the start
	files, err := BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	mine, err := fs.ReadFile(files, "car-bought.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if c, err = Load(fstest.MapFS{"mine.yaml": {Data: mine}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Without(uninsured); err == nil || !strings.Contains(err.Error(), "mine.yaml:1:1: its part insurance (osago.policy) is no service of this portal") {
		t.Errorf("%v", err)
	}
}
