package insurance

import (
	"maps"
	"testing"

	"okno/internal/connector/call"
	"okno/internal/connector/roadtest"
	"okno/internal/sandbox"
	"okno/internal/verification"
)

// each runs body with the register by each road.
func each(t *testing.T, body func(t *testing.T, w *sandbox.World, r *Register, people []sandbox.Resident)) {
	t.Helper()
	roadtest.Each(t, "snils", sandbox.Config{}, func(t *testing.T, w *sandbox.World, conf call.Config) {
		r, err := New(conf)
		if err != nil {
			t.Fatal(err)
		}
		body(t, w, r, w.People())
	})
}

func about(p sandbox.Resident) verification.Person {
	return verification.Person{Surname: p.Surname, GivenName: p.GivenName, Patronymic: p.Patronymic, BirthDate: p.BirthDate, SNILS: p.SNILS}
}

func TestCheck(t *testing.T) {
	each(t, func(t *testing.T, _ *sandbox.World, r *Register, people []sandbox.Resident) {
		p := people[1]
		all := map[string]bool{"snils": true, "surname": true, "given_name": true, "patronymic": true, "birth_date": true}
		but := func(field string) map[string]bool {
			m := maps.Clone(all)
			m[field] = false
			return m
		}
		for _, c := range []struct {
			name    string
			change  func(*verification.Person)
			verdict verification.Verdict
			code    string
			fields  map[string]bool
		}{
			{"as it is", func(*verification.Person) {}, verification.Match, "SFR-000", all},
			{"digits only", func(q *verification.Person) { q.SNILS = call.Digits(q.SNILS) }, verification.Match, "SFR-000", all},
			{"another name", func(q *verification.Person) { q.GivenName = "Фома" }, verification.Mismatch, "SFR-210", but("given_name")},
			{"no patronymic", func(q *verification.Person) { q.Patronymic = "" }, verification.Mismatch, "SFR-210", but("patronymic")},
			{"another day of birth", func(q *verification.Person) { q.BirthDate = "1990-01-01" }, verification.Mismatch, "SFR-211", but("birth_date")},
			{"nobody's number", func(q *verification.Person) { q.SNILS = "112-233-445 95" }, verification.NotFound, "SFR-201", map[string]bool{}},
			{"a wrong check number", func(q *verification.Person) { q.SNILS = "112-233-445 96" }, verification.NotFound, "SFR-203", map[string]bool{}},
			{"no number", func(q *verification.Person) { q.SNILS = "" }, verification.NotFound, "SFR-204", map[string]bool{}},
			{"somebody else's number", func(q *verification.Person) { q.SNILS = people[2].SNILS }, verification.NotFound, "SFR-201", map[string]bool{}},
		} {
			q := about(p)
			c.change(&q)
			a, err := r.Check(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if a.Register != "snils" || a.Verdict != c.verdict || a.Code != c.code || a.Reference == "" || !maps.Equal(a.Fields, c.fields) {
				t.Errorf("%s: %+v, want %s %s %v", c.name, a, c.verdict, c.code, c.fields)
			}
			if (a.Data != nil) != (c.verdict == verification.Match) || a.Data != nil && a.Data["snils"] != call.Digits(p.SNILS) {
				t.Errorf("%s: the register tells %v", c.name, a.Data)
			}
		}
	})
}

func TestAMergedNumberIsInvalid(t *testing.T) {
	each(t, func(t *testing.T, _ *sandbox.World, r *Register, people []sandbox.Resident) {
		for _, p := range people {
			if p.Old == nil || p.Old.SNILS == "" {
				continue
			}
			q := about(p)
			q.SNILS = p.Old.SNILS
			a, err := r.Check(t.Context(), q)
			if err != nil || a.Verdict != verification.Invalid || a.Code != "SFR-202" || a.Data != nil {
				t.Errorf("%+v, %v", a, err)
			}
			return
		}
		t.Fatal("nobody has an old number")
	})
}

func TestWhenTheRegisterIsUnwell(t *testing.T) {
	each(t, func(t *testing.T, w *sandbox.World, r *Register, people []sandbox.Resident) {
		roadtest.WhenUnwell(t, w, "snils", func() error {
			_, err := r.Check(t.Context(), about(people[0]))
			return err
		})
	})
}
