package tax

import (
	"testing"

	"okno/internal/connector/call"
	"okno/internal/connector/roadtest"
	"okno/internal/form"
	"okno/internal/verification"
)

const (
	goodINN    = `{"reqno":"FNS-1","state":"OK","code":"FNS-000","eq":{"fam":true,"nam":true,"bdate":true,"inn":true},"inn":"500100732259"}`
	goodIncome = `{"reqno":"FNS-2","state":"OK","code":"FNS-400","inn":"500100732259","year":2025,"agents":[{"name":"ООО","inn":"7707083893","kpp":"770701001",
		"months":[{"month":1,"code":"2000","sum":"100.00"},{"month":2,"code":"2000","sum":"50.50"}],"total":"150.50","base":"150.50","rate":13,"tax":"20.00","withheld":"20.00"}]}`
)

func conf(body []byte) call.Config {
	return call.Config{URL: "http://tax.example", Transport: roadtest.Says(body), Limits: call.Limits{Failures: 1 << 30}}
}

// LVL-2: whatever a register talks, nobody's level comes of it but by a match of the very number that was asked about.
func FuzzNonsenseIsNeverAMatchWithOthersINN(f *testing.F) {
	for _, body := range roadtest.Nonsense(goodINN, "Чужая", "500100732258", "7707083893", "FNS-301", "DIFF", "VOID") {
		f.Add(body)
	}
	f.Add([]byte(goodINN))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := NewINN(conf(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, asked := range []string{"500100732259", ""} {
			a, err := r.Check(t.Context(), verification.Person{Surname: "Проверкина", GivenName: "Анна", BirthDate: "1990-03-05", INN: asked, Document: form.Identity{Kind: form.Passport, Series: "4510", Number: "123456"}})
			if err != nil || a.Verdict != verification.Match {
				if a.Data != nil {
					t.Errorf("%s tells %v, %v", a.Verdict, a.Data, err)
				}
				continue
			}
			if _, problem := form.INN(a.Data["inn"]); problem != nil || asked != "" && a.Data["inn"] != asked {
				t.Errorf("asked about %q it matches %q", asked, a.Data["inn"])
			}
			for field, same := range a.Fields {
				if !same {
					t.Errorf("a match in which %s differs", field)
				}
			}
		}
	})
}

func FuzzNonsenseIsNeverAStatementAboutAnother(f *testing.F) {
	for _, body := range roadtest.Nonsense(goodIncome, "500100732258", 2024, "999999999999999.99", "DIFF", "NONE") {
		f.Add(body)
	}
	f.Add([]byte(goodIncome))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := NewIncome(conf(body))
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.Call(t.Context(), map[string]any{"inn": "500100732259", "year": 2025, "surname": "Проверкина"})
		if err != nil {
			if out != nil {
				t.Errorf("an error, and a statement: %v", out)
			}
			return
		}
		if call.Digits(out["inn"].(string)) != "500100732259" || out["year"] != int64(2025) {
			t.Errorf("a statement about another: %v", out)
		}
	})
}
