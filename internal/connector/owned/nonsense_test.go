package owned

import (
	"testing"

	"okno/internal/connector/call"
	"okno/internal/connector/roadtest"
	"okno/internal/wallet"
)

const good = `{"requestNumber":"GAI-1","status":"FOUND","code":"GAI-000","licence":{"snils":"11223344595","number":"7712123456","categories":"B","issued":"2020-02-03","expires":"2030-02-03","issuer":"ГИБДД 7701"}}`

// Whatever the register talks, nobody's wallet holds the licence of another, or one without a number.
func FuzzNonsenseIsNeverTheLicenceOfAnothers(f *testing.F) {
	for _, body := range roadtest.Nonsense(good, "11223344596", "GAI-601", "NONE", "DEPRIVED", "GAI-602") {
		f.Add(body)
	}
	f.Add([]byte(good))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := NewLicences(call.Config{URL: "http://licence.example", Transport: roadtest.Says(body), Limits: call.Limits{Failures: 1 << 30}})
		if err != nil {
			t.Fatal(err)
		}
		p := wallet.Person{Surname: "Проверкина", GivenName: "Анна", BirthDate: "1990-03-05", SNILS: "112-233-445 95"}
		a, err := r.Find(t.Context(), p)
		if (err != nil || a.Outcome != wallet.Found) && len(a.Documents) > 0 {
			t.Errorf("%s with %v, %v", a.Outcome, a.Documents, err)
		}
		for _, d := range a.Documents {
			if d["number"] == "" {
				t.Errorf("a licence without a number: %v", d)
			}
		}
		p.SNILS = "112-233-445 96"
		if b, err := r.Find(t.Context(), p); err == nil && b.Outcome == wallet.Found {
			t.Errorf("the same answer serves another: %v", b.Documents)
		}
	})
}
