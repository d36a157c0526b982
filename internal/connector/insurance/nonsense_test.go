package insurance

import (
	"testing"

	"okno/internal/connector/call"
	"okno/internal/connector/roadtest"
	"okno/internal/verification"
)

// anna is who is asked about; goodAnswer is a match for her.
var anna = verification.Person{Surname: "Проверкина", GivenName: "Алёна", BirthDate: "1990-03-05", SNILS: "112-233-445 95"}

const goodAnswer = `{"reference":"SFR-1","result":0,"code":"SFR-000","match":{"snils":1,"fam":1,"im":1,"birth":1},
	"insured":{"snils":"11223344595","fam":"Проверкина","im":"Алена","ot":"","birth":"1990-03-05"}}`

func registerOf(t testing.TB, body []byte) *Register {
	t.Helper()
	r, err := New(call.Config{URL: "http://snils.example", Transport: roadtest.Says(body), Limits: call.Limits{Failures: 1 << 30}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheGoodAnswerIsAMatch(t *testing.T) {
	if a, err := registerOf(t, []byte(goodAnswer)).Check(t.Context(), anna); err != nil || a.Verdict != verification.Match || a.Data["snils"] != "11223344595" {
		t.Fatalf("%+v, %v", a, err)
	}
}

// LVL-2: whatever a register talks, nobody's level comes of it but by a match of the very number and person that were asked about.
func FuzzNonsenseIsNeverAMatchWithOthersNumber(f *testing.F) {
	for _, body := range roadtest.Nonsense(goodAnswer, "Чужая", "11223344594", "1991-03-05", "SFR-201", "SFR-202") {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := registerOf(t, body).Check(t.Context(), anna)
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
		if d["snils"] != "11223344595" || d["birth_date"] != anna.BirthDate || !call.Same(d["surname"], anna.Surname) || !call.Same(d["given_name"], anna.GivenName) || d["patronymic"] != "" {
			t.Errorf("a match with another: %v", d)
		}
		for field, same := range a.Fields {
			if !same {
				t.Errorf("a match in which %s differs", field)
			}
		}
	})
}
