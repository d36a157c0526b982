package owned

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"okno/internal/connector/call"
	"okno/internal/connector/roadtest"
	"okno/internal/sandbox"
	"okno/internal/wallet"
)

// makers are the two registers, by how the sandbox calls their systems.
var makers = map[string]func(call.Config) (*Register, error){"licence": NewLicences, "medical": NewPolicies}

// each runs body with each register by each road.
func each(t *testing.T, body func(t *testing.T, system string, w *sandbox.World, r *Register)) {
	t.Helper()
	for system, build := range makers {
		t.Run(system, func(t *testing.T) {
			roadtest.Each(t, system, sandbox.Config{}, func(t *testing.T, w *sandbox.World, conf call.Config) {
				r, err := build(conf)
				if err != nil {
					t.Fatal(err)
				}
				body(t, system, w, r)
			})
		})
	}
}

func person(p sandbox.Resident) wallet.Person {
	return wallet.Person{Surname: p.Surname, GivenName: p.GivenName, Patronymic: p.Patronymic, BirthDate: p.BirthDate, SNILS: p.SNILS, Issue: "01jzzzzzzzzzzzzzzzzzzzzzzz"}
}

func TestARegisterFindsAPersonsDocumentAndTellsNobodyOfAnothers(t *testing.T) {
	each(t, func(t *testing.T, system string, w *sandbox.World, r *Register) {
		people := w.People()
		a, err := r.Find(t.Context(), person(people[0]))
		if err != nil || a.Outcome != wallet.Found || a.Values["number"] == "" {
			t.Fatalf("%+v, %v", a, err)
		}
		if again, err := r.Find(t.Context(), person(people[0])); err != nil || again.Values["number"] != a.Values["number"] {
			t.Errorf("asked again it says %v, %v", again, err)
		}
		if system == "licence" && (len(a.Values["number"]) != 10 || a.Values["expires_at"] == "" || a.Values["categories"] == "" || r.Name() != "gibdd") {
			t.Errorf("%s: %v", r.Name(), a.Values)
		}
		if system == "medical" && (len(a.Values["number"]) != 16 || a.Values["insurer"] == "" || a.Values["expires_at"] != "" || r.Name() != "foms") {
			t.Errorf("%s: %v", r.Name(), a.Values)
		}
		other := person(people[0])
		other.Surname = "Чужая"
		if a, err := r.Find(t.Context(), other); err != nil || a.Outcome != wallet.Differs || a.Values != nil {
			t.Errorf("another name: %+v, %v", a, err)
		}
		other = person(people[0])
		other.SNILS = "112-233-445 95"
		if a, err := r.Find(t.Context(), other); err != nil || a.Outcome != wallet.None || a.Values != nil {
			t.Errorf("nobody's number: %+v, %v", a, err)
		}
	})
}

// Every resident has a document that can be, or none; some have none.
func TestWhatTheSandboxHoldsCanBeRead(t *testing.T) {
	each(t, func(t *testing.T, system string, w *sandbox.World, r *Register) {
		if strings.HasSuffix(t.Name(), "/xroad") {
			return
		}
		seen := map[wallet.Outcome]int{}
		for _, p := range w.People()[:200] {
			a, err := r.Find(t.Context(), person(p))
			if err != nil {
				t.Fatalf("%s: %v", p.SNILS, err)
			}
			seen[a.Outcome]++
		}
		if seen[wallet.Found] < 100 || seen[wallet.None] == 0 || seen[wallet.Differs] > 0 {
			t.Errorf("%s: %v", system, seen)
		}
	})
}

func TestWhenTheRegisterIsUnwell(t *testing.T) {
	each(t, func(t *testing.T, system string, w *sandbox.World, r *Register) {
		p := w.People()[0]
		roadtest.WhenUnwell(t, w, system, func() error {
			_, err := r.Find(t.Context(), person(p))
			return err
		}, p.Surname, call.Digits(p.SNILS))
	})
}

// Whatever a register answers, what is kept is a document that can be, of the person who was asked about.
func TestNonsenseIsNoDocument(t *testing.T) {
	me := wallet.Person{Surname: "Проверкина", GivenName: "Анна", BirthDate: "1985-05-17", SNILS: "112-233-445 95"}
	for system, good := range map[string]string{
		"licence": `{"requestNumber":"GAI-1","status":"FOUND","code":"GAI-000","licence":{"snils":"11223344595","number":"99 12 345678","categories":"B","issued":"2020-03-01","expires":"2030-03-01","issuer":"ГИБДД 9901"}}`,
		"medical": `{"reference":"OMS-1","result":0,"code":"OMS-000","policy":{"snils":"11223344595","enp":"` + sandbox.PolicyNumber(7) + `","smo":"Страховая","from":"2015-01-01","until":""}}`,
	} {
		of := func(body []byte) (wallet.Answer, error) {
			r, err := makers[system](call.Config{URL: "http://register.example", Transport: roadtest.Says(body), Limits: call.Limits{Tries: 1, Failures: 1 << 20}})
			if err != nil {
				t.Fatal(err)
			}
			return r.Find(t.Context(), me)
		}
		if a, err := of([]byte(good)); err != nil || a.Outcome != wallet.Found {
			t.Fatalf("%s: %+v, %v", system, a, err)
		}
		for _, bad := range roadtest.Nonsense(good, "22233344459", "GAI-601", "NONE", "OMS-701", 1) {
			a, err := of(bad)
			switch {
			case err != nil && (!errors.Is(err, call.ErrGarbage) || a.Values != nil || strings.Contains(fmt.Sprint(err), "99 12")):
				t.Errorf("%.80q: %+v, %v", bad, a, err)
			case err == nil && !slices.Contains([]wallet.Outcome{wallet.Found, wallet.None, wallet.Differs}, a.Outcome):
				t.Errorf("%.80q: %+v", bad, a)
			case err == nil && a.Outcome == wallet.Found && !strings.Contains(string(bad), "11223344595"):
				t.Errorf("%.80q is taken for the person's", bad)
			}
		}
	}
}
