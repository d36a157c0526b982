package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"okno/internal/account"
	"okno/internal/i18n"
)

func TestAPaperThatDoesNotAddUpIsNotMade(t *testing.T) {
	payer := func(a map[string]any) map[string]any { return a["payers"].([]any)[0].(map[string]any) }
	months := func(a map[string]any) []any { return payer(a)["months"].([]any) }
	for _, c := range []struct {
		name  string
		want  error
		spoil func(s *Source)
	}{
		{"nothing spoiled", nil, func(*Source) {}},
		{"nobody", ErrAnswer, func(s *Source) { s.Person = account.Profile{INN: anna.INN} }},
		{"no answer", ErrAnswer, func(s *Source) { s.Answer = nil }},
		{"no year", ErrAnswer, func(s *Source) { delete(s.Answer, "year") }},
		{"no payers", ErrNothing, func(s *Source) { s.Answer["payers"] = []any{} }},
		{"another total", ErrAnswer, func(s *Source) { s.Answer["income_kopecks"] = int64(1) }},
		{"another tax", ErrAnswer, func(s *Source) { s.Answer["tax_kopecks"] = int64(1) }},
		{"more withheld", ErrAnswer, func(s *Source) { s.Answer["withheld_kopecks"] = int64(1) }},
		{"a month more", ErrAnswer, func(s *Source) { months(s.Answer)[0].(map[string]any)["sum_kopecks"] = int64(1) }},
		{"a thirteenth month", ErrAnswer, func(s *Source) { months(s.Answer)[0].(map[string]any)["month"] = int64(13) }},
		{"a negative base", ErrAnswer, func(s *Source) { payer(s.Answer)["base_kopecks"] = int64(-1) }},
		{"a payer without a name", ErrAnswer, func(s *Source) { payer(s.Answer)["name"] = "" }},
		{"a rate that is none", ErrAnswer, func(s *Source) { payer(s.Answer)["rate"] = int64(101) }},
		{"a text for a sum", ErrAnswer, func(s *Source) { s.Answer["income_kopecks"] = "Проверкина" }},
		{"half a kopeck", ErrAnswer, func(s *Source) { s.Answer["income_kopecks"] = 1.5 }},
		{"a function", ErrAnswer, func(s *Source) { s.Answer["income_kopecks"] = func() {} }},
	} {
		s := incomeSource(1)
		c.spoil(&s)
		got, err := Compose(IncomeCertificate, s)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if err != nil && (got.Blocks != nil || strings.Contains(err.Error(), anna.Surname)) {
			t.Errorf("%s: the refusal gives %+v and says %q", c.name, got, err)
		}
	}
	if _, err := Compose("receipt", incomeSource(1)); err == nil {
		t.Error("a template that is none is composed")
	}
}

func TestAnExtractIsOfTheObjectThatWasAskedFor(t *testing.T) {
	other := "50:99:0010203:44"
	for _, c := range []struct {
		name, asked string
		objects     []string
		want        error
		shown       []string
	}{
		{"all that is theirs", "", []string{cadastral, other}, nil, []string{cadastral, other}},
		{"one", other, []string{cadastral, other}, nil, []string{other}},
		{"one, spaced", " 50 : 99:0010203:44 ", []string{cadastral, other}, nil, []string{other}},
		{"somebody else's", "50:99:0000001:1", []string{cadastral, other}, ErrNothing, nil},
		{"none there", "", nil, ErrNothing, nil},
		{"one without a number", "", []string{""}, ErrAnswer, nil},
	} {
		s := propertySource(c.objects...)
		s.Asked["cadastral_number"] = c.asked
		got, err := Compose(PropertyExtract, s)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
			continue
		}
		var shown []string
		for _, f := range got.open() {
			if f.Label == both("document.property.number") {
				shown = append(shown, f.Value.RU)
			}
		}
		if strings.Join(shown, " ") != strings.Join(c.shown, " ") {
			t.Errorf("%s: shows %v, want %v", c.name, shown, c.shown)
		}
	}
	s := propertySource(cadastral)
	delete(s.Answer, "as_of")
	if _, err := Compose(PropertyExtract, s); !errors.Is(err, ErrAnswer) {
		t.Errorf("an extract of no day: %v", err)
	}
}

func TestAnAnswerThatWasStoredMakesTheSamePaper(t *testing.T) {
	for k, s := range map[Kind]Source{IncomeCertificate: incomeSource(2), PropertyExtract: propertySource(cadastral)} {
		fresh := composed(t, k, s)
		text, err := json.Marshal(s.Answer)
		if err != nil {
			t.Fatal(err)
		}
		s.Answer = nil
		if err := json.Unmarshal(text, &s.Answer); err != nil { // int64 is float64 now
			t.Fatal(err)
		}
		if stored := composed(t, k, s); !reflect.DeepEqual(stored, fresh) {
			t.Errorf("%s: stored %+v, fresh %+v", k, stored, fresh)
		}
	}
}

func TestWhatStrangersMayCompareHoldsNoName(t *testing.T) {
	for k, s := range map[Kind]Source{IncomeCertificate: incomeSource(2), PropertyExtract: propertySource(cadastral)} {
		facts := composed(t, k, s).open()
		if len(facts) < 2 {
			t.Errorf("%s: there is nothing to compare", k)
		}
		said := fmt.Sprintf("%+v", facts)
		for _, secret := range []string{anna.Surname, anna.GivenName, anna.INN, payerName, address, "17\u00a0мая"} {
			if strings.Contains(said, secret) {
				t.Errorf("%s: the public page would show %q", k, secret)
			}
		}
	}
}

func TestSumsInAColumnHaveTheirKopecks(t *testing.T) {
	for kopecks, want := range map[int64]i18n.Text{
		0:         {RU: "0,00", EN: "0.00"},
		5:         {RU: "0,05", EN: "0.05"},
		600000:    {RU: "6\u00a0000,00", EN: "6,000.00"},
		123456789: {RU: "1\u00a0234\u00a0567,89", EN: "1,234,567.89"},
		-50:       {RU: "−0,50", EN: "−0.50"},
		-123456:   {RU: "−1\u00a0234,56", EN: "−1,234.56"},
	} {
		if got := amount(kopecks); got != want {
			t.Errorf("%d kopecks are %v, want %v", kopecks, got, want)
		}
	}
}

func TestTheNameOfTheFileIsTakenEverywhere(t *testing.T) {
	for title, want := range map[string]string{
		"Справка":                     "Справка за 2025 год, ОК-2026-000001.pdf",
		"a/b\\c:d*e?f\"g<h>i|j":       "a-b-c-d-e-f-g-h-i-j за 2025 год, ОК-2026-000001.pdf",
		"с\u00a0пробелом\n\u202e\x00": "с пробелом  за 2025 год, ОК-2026-000001.pdf",
	} {
		if got := fileName(i18n.Text{RU: title}, i18n.Text{RU: "за 2025 год"}, "ОК-2026-000001", i18n.EN); got != want {
			t.Errorf("%q became %q, want %q", title, got, want)
		}
	}
}

// FuzzCompose: whatever a register answers, there is a paper that can be laid out, or an error.
func FuzzCompose(f *testing.F) {
	f.Add([]byte(`{"year":2025,"income_kopecks":7,"payers":[{"name":"x","income_kopecks":7,"months":[{"month":1,"code":"2000","sum_kopecks":7}]}]}`))
	f.Add([]byte(`{"year":2025,"payers":[{"name":"x"},{"name":"y"}]}`))
	f.Add([]byte(`{"as_of":"2026-11-18","objects":[{"cadastral_number":"1","share":"1","right_number":"a\n\nb"}]}`))
	p := testPress(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		var answer map[string]any
		if json.Unmarshal(text, &answer) != nil {
			t.Skip()
		}
		for _, k := range []Kind{IncomeCertificate, PropertyExtract} {
			c, err := Compose(k, Source{Title: i18n.Text{RU: "Справка"}, Agency: fns, Person: anna, Answer: answer})
			if err != nil {
				continue
			}
			pages, err := lay(sheetOf(c, i18n.RU), &p.faces)
			if err != nil && !errors.Is(err, ErrLetter) {
				t.Errorf("%s: %v", k, err)
			}
			within(t, string(k), p, pages)
		}
	})
}
