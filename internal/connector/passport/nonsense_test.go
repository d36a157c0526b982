package passport

import (
	"testing"

	"okno/internal/connector/call"
	"okno/internal/connector/roadtest"
	"okno/internal/sandbox"
	"okno/internal/verification"
)

// anna is who is asked about; goodAnswer is a match for her.
var anna = verification.Person{Surname: "Проверкина", GivenName: "Алёна", Patronymic: "Петровна", BirthDate: "1990-03-05",
	Document: roadtest.Passport(sandbox.Passport{Series: "4510", Number: "123456", IssuedAt: "2010-04-01", DepartmentCode: "770-045"})}

const goodAnswer = `{"requestNumber":"MVD-1","status":"VALID","code":"MVD-000","matches":{"lastName":true,"firstName":true,"series":true,"number":true,"issuer":false},
	"document":{"lastName":"ПРОВЕРКИНА","firstName":"Алена","middleName":"Петровна","birthDate":"1990-03-05","series":"4510","number":"123456",
	"issueDate":"2010-04-01","issuer":"ОВД","departmentCode":"770-045","sex":"female","birthPlace":"г. Тест"}}`

// said is what the connector makes of an answer.
func said(t testing.TB, body []byte) (verification.Answer, error) {
	t.Helper()
	r, err := New(call.Config{URL: "http://passport.example", Transport: roadtest.Says(body), Limits: call.Limits{Failures: 1 << 30}})
	if err != nil {
		t.Fatal(err)
	}
	return r.Check(t.Context(), anna)
}

func TestTheGoodAnswerIsAMatch(t *testing.T) {
	if a, err := said(t, []byte(goodAnswer)); err != nil || a.Verdict != verification.Match || a.Data["surname"] != "ПРОВЕРКИНА" {
		t.Fatalf("%+v, %v", a, err)
	}
}

// LVL-2: whatever a register talks, nobody's level comes of it but by a match of the very papers that were asked about.
func FuzzNonsenseIsNeverAMatchWithOthersPapers(f *testing.F) {
	for _, body := range roadtest.Nonsense(goodAnswer, "Чужая", "654321", "4511", "1991-03-05", "DIFFERS", "MVD-110", "INVALID", "MVD-102") {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := said(t, body)
		if err != nil {
			if a.Verdict != "" || a.Data != nil {
				t.Errorf("an error, and an answer: %+v", a)
			}
			return
		}
		if a.Verdict != verification.Match {
			if a.Data != nil {
				t.Errorf("%s tells %v", a.Verdict, a.Data)
			}
			return
		}
		d := a.Data
		if call.Digits(d["passport_series"]) != "4510" || call.Digits(d["passport_number"]) != "123456" || d["birth_date"] != anna.BirthDate || !call.Same(d["surname"], anna.Surname) ||
			!call.Same(d["given_name"], anna.GivenName) || !call.Same(d["patronymic"], anna.Patronymic) || d["passport_issued_at"] != anna.Document.IssuedAt.String() {
			t.Errorf("a match with another's papers: %v", d)
		}
		for field, same := range a.Fields {
			if !same && field != "passport_issued_by" {
				t.Errorf("a match in which %s differs", field)
			}
		}
	})
}
