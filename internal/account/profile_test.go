package account

import (
	"encoding/json"
	"testing"

	"okno/internal/form"
)

func TestAProfileFromWhenPassportsWereTheOnlyDocumentsIsRead(t *testing.T) {
	var p Profile
	old := `{"surname":"Проверкина","given_name":"Анна","birth_date":"1990-03-05","passport":{"series":"4510","number":"123456","issued_at":"2010-04-20","issued_by":"ОВД","department_code":"770001"},
		"address":"г. Москва","sources":{"passport":{"from":"passport","at":"2026-11-01T10:00:00Z"},"snils":{"from":"snils","at":"2026-11-01T10:00:00Z"}}}`
	if err := json.Unmarshal([]byte(old), &p); err != nil {
		t.Fatal(err)
	}
	d, ok := p.Passport()
	want := form.Identity{Kind: form.Passport, Country: form.Russia, Series: "4510", Number: "123456", IssuedAt: form.Date{Year: 2010, Month: 4, Day: 20}, IssuedBy: "ОВД", DepartmentCode: "770001"}
	if !ok || d != want || p.Surname != "Проверкина" || p.Address != "г. Москва" {
		t.Errorf("%+v", p)
	}
	if p.Sources["document"].From != FromMVD || p.Sources["snils"].From != FromSFR || len(p.Sources) != 2 {
		t.Errorf("sources: %+v", p.Sources)
	}
	kept, err := json.Marshal(p)
	var again Profile
	if err == nil {
		err = json.Unmarshal(kept, &again)
	}
	if err != nil || *again.Document != want || again.Sources["document"] != p.Sources["document"] {
		t.Errorf("written and read again: %s, %v", kept, err)
	}
}

func TestAForeignDocumentIsNoPassport(t *testing.T) {
	p := Profile{Document: &form.Identity{Kind: form.ForeignDocument, Country: "KZ", Number: "N1"}}
	if d, ok := p.Passport(); ok || d != (form.Identity{}) {
		t.Errorf("%+v", d)
	}
	if err := json.Unmarshal([]byte(`{"surname":"А","passport":{"series":"4510","issued_at":"soon"}}`), &p); err != nil || p.Surname != "А" {
		t.Errorf("a day that is none makes a profile unreadable: %v", err)
	}
}
