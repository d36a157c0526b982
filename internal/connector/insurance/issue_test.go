package insurance

import (
	"encoding/json"
	"testing"
	"time"

	"okno/internal/connector/call"
	"okno/internal/connector/roadtest"
	"okno/internal/sandbox"
	"okno/internal/verification"
)

func application(p sandbox.Resident, request string) verification.Application {
	return verification.Application{Request: request, Sex: map[string]string{"male": "m", "female": "f"}[p.Sex], Person: verification.Person{
		Surname: p.Surname, GivenName: p.GivenName, Patronymic: p.Patronymic, BirthDate: p.BirthDate,
		Document: roadtest.Document(p)}}
}

// REG-14.
func TestANumberIsAppliedForAndComesByEitherRoad(t *testing.T) {
	now := time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)
	for _, has := range []bool{false, true} {
		now = time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)
		t.Run(map[bool]string{false: "newcomer", true: "has one"}[has], func(t *testing.T) {
			roadtest.Each(t, "snils", sandbox.Config{Now: func() time.Time { return now }}, func(t *testing.T, w *sandbox.World, conf call.Config) {
				now = time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)
				r, err := New(conf)
				if err != nil {
					t.Fatal(err)
				}
				if has {
					got, err := r.Issue(t.Context(), application(w.People()[0], "r1"))
					if err != nil || got != (verification.Issue{State: verification.IssueRefused, Code: "SFR-601"}) {
						t.Errorf("%+v, %v", got, err)
					}
					return
				}
				x := application(w.Newcomers()[0], "r1")
				filed, err := r.Issue(t.Context(), x)
				if err != nil || filed.State != verification.IssuePending || filed.Number == "" || filed.SNILS != "" {
					t.Fatalf("%+v, %v", filed, err)
				}
				if got, err := r.Issued(t.Context(), x, filed.Number); err != nil || got.State != verification.IssuePending {
					t.Errorf("%+v, %v", got, err)
				}
				if got, err := r.Issued(t.Context(), x, "SFR-A-none"); err != nil || got.State != verification.IssueUnknown {
					t.Errorf("%+v, %v", got, err)
				}
				now = now.AddDate(0, 0, 8)
				got, err := r.Issued(t.Context(), x, filed.Number)
				if err != nil || got.State != verification.IssueAssigned || len(got.SNILS) != 11 {
					t.Fatalf("%+v, %v", got, err)
				}
				x.SNILS = got.SNILS
				if a, err := r.Check(t.Context(), x.Person); err != nil || a.Verdict != verification.Match {
					t.Errorf("the number does not check: %+v, %v", a, err)
				}
			})
		})
	}
}

const goodIssue = `{"reference":"SFR-1","state":"ASSIGNED","code":"SFR-611","application":"SFR-A-1",
	"insured":{"snils":"11223344595","fam":"Проверкина","im":"Алена","ot":"","birth":"1990-03-05"}}`

func FuzzNonsenseIsNeverANumberForAnother(f *testing.F) {
	for _, body := range roadtest.Nonsense(goodIssue, "Чужая", "11223344594", "1991-03-05", "PENDING", "REFUSED", "SFR-601") {
		f.Add(body)
	}
	f.Add([]byte(goodIssue))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := registerOf(t, body).Issued(t.Context(), verification.Application{Request: "r1", Person: anna, Sex: "f"}, "SFR-A-1")
		if err != nil || got.State != verification.IssueAssigned {
			if got.SNILS != "" || err != nil && got != (verification.Issue{}) {
				t.Errorf("%+v, %v", got, err)
			}
			return
		}
		var a issueAnswer
		if json.Unmarshal(body, &a) != nil || call.Digits(a.Insured.SNILS) != got.SNILS || len(got.SNILS) != 11 || !call.Same(a.Insured.Fam, anna.Surname) || a.Insured.Birth != anna.BirthDate {
			t.Errorf("a number of another: %+v", got)
		}
	})
}
