package procedure

import (
	"os"
	"strings"
	"testing"
	"time"

	"okno/internal/form"
)

// plates is the definition of a built-in service that is filled in from a document, with some of its texts replaced.
func plates(t *testing.T, oldnew ...string) string {
	t.Helper()
	b, err := os.ReadFile("../catalogue/services/vehicle-plates.yaml")
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

func TestADocumentThatCannotFillInIsRefusedAtItsPlace(t *testing.T) {
	const fed = "{to: /plate, from: document.vehicle.plate, lock: never, onFail: manual}"
	from := func(s string) string { return strings.Replace(fed, "document.vehicle.plate", s, 1) }
	for _, tt := range []struct{ name, was, is, want string }{
		{"half a name", fed, from("document.vehicle"), `from of the prefill of /plate is "document.vehicle"; it must look like document.driving-licence.number`},
		{"a document that nobody keeps", fed, from("document.vehicel.plate"), `people keep no such document; those that they keep are driving-licence,`},
		{"nothing that stands there", fed, from("document.vehicle.colour"), `in a vehicle stands no such thing; there stand paper, number, model, plate, vin, issued_at`},
		{"a day into a text", fed, from("document.vehicle.issued_at"), "document.vehicle.issued_at is a day, and /plate is none"},
		{"a choice into a text", fed, from("document.vehicle.paper"), "document.vehicle.paper is a choice, and /plate is none"},
		{"a text into a choice", fed, "{to: /kind, from: document.vehicle.plate, lock: never, onFail: manual}", "document.vehicle.plate is a text, and /kind is none"},
		{"other choices", fed, "{to: /kind, from: document.vehicle.paper, lock: never, onFail: manual}", "/kind has none of the choices of document.vehicle.paper"},
		{"a form that waits for it", fed, strings.Replace(fed, "manual", "later", 1), "/plate comes from a document that the person may not keep: onFail must be manual"},
		{"a document that locks", fed, strings.Replace(fed, "never", "always", 1), "/plate comes from a document that people may write down themselves: lock must be never or whenVerified"},
		{"the same twice", fed, fed + "\n  - {to: /kind, from: document.vehicle.plate, lock: never, onFail: manual}", "document.vehicle.plate fills in two answers"},
		{"a test of a document that cannot be", "plate: В456ОР99", "plate: Я456ОР99", `plate of a document in the test of two cars nobody knows which one it is is "Я456ОР99", which nobody could write down there`},
		{"a test of a field that is not there", "plate: В456ОР99", "colour: red", `"colour"`},
	} {
		_, err := Compile("plates.yaml", []byte(plates(t, tt.was, tt.is)))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v\nwant %s", tt.name, err, tt.want)
			continue
		}
		if line, _, _ := strings.Cut(err.Error(), "\n"); strings.Count(strings.SplitN(line, " ", 2)[0], ":") < 3 {
			t.Errorf("%s: no place: %s", tt.name, line)
		}
	}
}

func TestWhatADocumentHoldsIsTakenAsFarAsItFits(t *testing.T) {
	d, err := Compile("plates.yaml", []byte(plates(t)))
	if err != nil {
		t.Fatal(err)
	}
	if list := d.Documents(); len(list) != 1 || list[0] != "vehicle" || d.Uncovers("vehicle") || d.Uncovers("driving-licence") {
		t.Errorf("it is filled in from %v, uncovered %v", list, d.Uncovers("vehicle"))
	}
	today := form.DateOf(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))
	from := form.Origin{Source: "document.vehicle", Verified: true}
	for plate, want := range map[string]string{"А123ВС77": "А123ВС77", "": "", "123": ""} {
		p, odd := d.Holds("vehicle", map[string]string{"plate": plate, "vin": "XTA210990Y2766389"}, from, today)
		if k := p["document.vehicle.plate"]; k.Value != want || want != "" && k.Origin != from || len(p) > 1 || (len(odd) > 0) != (want == "" && plate != "") {
			t.Errorf("%q: %+v, odd %v", plate, p, odd)
		}
	}
	p := Profile{Surname: {Value: "Проверкина"}, "document.vehicle.plate": {Value: "А123ВС77"}}
	if len(p.Person()) != 1 {
		t.Errorf("what is known of the person herself: %v", p.Person())
	}
	f := d.FormFor(p, d.Fill(p, form.Answers{}), today)
	if _, known := f.Known["document.vehicle.plate"]; known {
		t.Error("rules look at what was taken for one form")
	}
}
