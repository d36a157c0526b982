package kind

import (
	"slices"
	"strings"
	"testing"

	"okno/internal/form"
	"okno/internal/i18n"
)

func TestTheListOfKindsIsWhole(t *testing.T) {
	list, err := read(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []ID{"driving-licence", "medical-policy", "car-insurance", "birth-certificate", "vehicle", "international-passport", "other"} {
		if !slices.ContainsFunc(list, func(k Kind) bool { return k.ID == id }) {
			t.Errorf("there is no %s", id)
		}
	}
	for what, text := range map[string]string{
		"an unknown key":      "- {id: a, title: {ru: А, en: A}, icon: car, color: red, fields: [{id: n, check: date, label: {ru: А, en: A}}]}",
		"no English":          "- {id: a, title: {ru: А}, icon: car, fields: [{id: n, check: date, label: {ru: А, en: A}}]}",
		"no such check":       "- {id: a, title: {ru: А, en: A}, icon: car, fields: [{id: n, check: nonsense, label: {ru: А, en: A}}]}",
		"a choice of none":    "- {id: a, title: {ru: А, en: A}, icon: car, fields: [{id: n, check: choice, label: {ru: А, en: A}}]}",
		"an endless line":     "- {id: a, title: {ru: А, en: A}, icon: car, fields: [{id: n, check: text, label: {ru: А, en: A}}]}",
		"an end that is none": "- {id: a, title: {ru: А, en: A}, icon: car, fields: [{id: n, check: text, max: 5, ends: true, label: {ru: А, en: A}}]}",
		"one field twice":     "- {id: a, title: {ru: А, en: A}, icon: car, fields: [{id: n, check: date, label: {ru: А, en: A}}, {id: n, check: date, label: {ru: А, en: A}}]}",
	} {
		if _, err := read([]byte(text)); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

func TestADocumentIsReadFieldByFieldAndEveryMistakeIsNamed(t *testing.T) {
	today := form.Date{Year: 2026, Month: 11, Day: 27}
	k, _ := Of("driving-licence")
	typed := map[string]string{"document_number": "99 12 345678", "document_issued_at": "01.03.2020", "document_expires_at": "01.03.2030", "document_categories": " B,  M "}
	values, holder, wrong := k.Read(typed, form.Date{}, today)
	if len(wrong) > 0 || holder != "" || values["number"] != "9912345678" || values["expires_at"] != "2030-03-01" || values["categories"] != "B, M" || values["issued_by"] != "" {
		t.Fatalf("%v %q %v", values, holder, wrong)
	}
	if end := k.Ends(values); end != (form.Date{Year: 2030, Month: 3, Day: 1}) {
		t.Errorf("it ends on %v", end)
	}
	typed["document_number"], typed["document_issued_at"], typed["document_expires_at"], typed[Holder] = "", "01.03.2027", "01.03.2020", "Маша"
	_, holder, wrong = k.Read(typed, form.Date{}, today)
	var names []string
	for _, f := range wrong {
		names = append(names, f.Name+" "+f.Key)
		for _, l := range i18n.Langs() {
			if said := l.T(f.Key, f.Args...); said == "" || strings.Contains(said, "{") {
				t.Errorf("%s is said as %q", f.Key, said)
			}
		}
	}
	want := []string{"document_number wallet.field_missing", "document_issued_at form.document.issued_future", "document_expires_at form.document.expires_order"}
	if !slices.Equal(names, want) || holder != "" {
		t.Errorf("%q, of %q", names, holder)
	}
	policy, _ := Of("medical-policy")
	if _, holder, _ := policy.Read(map[string]string{Holder: " Маша  К. "}, form.Date{}, today); holder != "Маша К." {
		t.Errorf("of %q", holder)
	}
}

func TestACertificateIsNotOlderThanItsHolder(t *testing.T) {
	k, _ := Of("birth-certificate")
	born, today := form.Date{Year: 2020, Month: 5, Day: 5}, form.Date{Year: 2026, Month: 11, Day: 27}
	typed := map[string]string{"document_series": "II-МЮ", "document_number": "123456", "document_issued_at": "01.05.2020", "document_issued_by": "Отдел ЗАГС"}
	if _, _, wrong := k.Read(typed, born, today); len(wrong) != 1 || wrong[0].Key != "form.document.issued_unborn" {
		t.Errorf("%v", wrong)
	}
}
