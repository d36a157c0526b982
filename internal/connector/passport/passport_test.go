package passport

import (
	"maps"
	"testing"
	"time"

	"okno/internal/connector/call"
	"okno/internal/connector/roadtest"
	"okno/internal/sandbox"
	"okno/internal/verification"
)

// each runs body with the register by each road.
func each(t *testing.T, body func(t *testing.T, w *sandbox.World, r *Register, people []sandbox.Resident)) {
	t.Helper()
	roadtest.Each(t, "passport", sandbox.Config{}, func(t *testing.T, w *sandbox.World, conf call.Config) {
		r, err := New(conf)
		if err != nil {
			t.Fatal(err)
		}
		body(t, w, r, w.People())
	})
}

func person(p sandbox.Resident) verification.Person {
	return verification.Person{
		Surname: p.Surname, GivenName: p.GivenName, Patronymic: p.Patronymic, BirthDate: p.BirthDate,
		Document: roadtest.Document(p),
	}
}

func TestCheck(t *testing.T) {
	each(t, func(t *testing.T, _ *sandbox.World, r *Register, people []sandbox.Resident) {
		p := people[0]
		for _, c := range []struct {
			name    string
			change  func(*verification.Person)
			verdict verification.Verdict
			code    string
			differs []string
		}{
			{"as it is", func(*verification.Person) {}, verification.Match, "MVD-000", nil},
			{"in other spelling", func(q *verification.Person) {
				q.Surname, q.Document.Series = " "+q.Surname+" ", q.Document.Series[:2]+" "+q.Document.Series[2:]
			}, verification.Match, "MVD-000", nil},
			{"the office abbreviated", func(q *verification.Person) { q.Document.IssuedBy = "МВД" }, verification.Match, "MVD-000", []string{"passport_issued_by"}},
			{"another surname", func(q *verification.Person) { q.Surname = "Чужая" }, verification.Mismatch, "MVD-110", []string{"surname"}},
			{"another day of birth", func(q *verification.Person) { q.BirthDate = "1990-01-01" }, verification.Mismatch, "MVD-111", []string{"birth_date"}},
			{"another day of issue", func(q *verification.Person) { q.Document.IssuedAt = roadtest.Day("2001-01-01") }, verification.Mismatch, "MVD-112", []string{"passport_issued_at"}},
			{"another department", func(q *verification.Person) { q.Document.DepartmentCode = "999-999" }, verification.Mismatch, "MVD-113", []string{"passport_department_code"}},
			{"another number", func(q *verification.Person) { q.Document.Number = "000000" }, verification.NotFound, "MVD-101", nil},
			{"no number", func(q *verification.Person) { q.Document.Number = "" }, verification.NotFound, "MVD-104", nil},
			{"somebody else", func(q *verification.Person) { q.Surname, q.BirthDate = "Чужая", "1990-01-01" }, verification.NotFound, "MVD-101", nil},
		} {
			q := person(p)
			c.change(&q)
			a, err := r.Check(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if a.Register != "passport" || a.Verdict != c.verdict || a.Code != c.code || a.Reference == "" || time.Since(a.At) > time.Minute {
				t.Errorf("%s: %+v, want %s %s", c.name, a, c.verdict, c.code)
			}
			wrong := map[string]bool{}
			for f, same := range a.Fields {
				if !same {
					wrong[f] = true
				}
			}
			want := map[string]bool{}
			for _, f := range c.differs {
				want[f] = true
			}
			if !maps.Equal(wrong, want) {
				t.Errorf("%s: %v differ, want %v", c.name, wrong, c.differs)
			}
			if (a.Data != nil) != (c.verdict == verification.Match) {
				t.Errorf("%s: the register tells %v", c.name, a.Data)
			}
			if a.Data != nil && (a.Data["surname"] != p.Surname || a.Data["birth_place"] != p.BirthPlace || a.Data["passport_issued_by"] != p.Passport.IssuedBy || len(a.Data) != 11) {
				t.Errorf("%s: the register tells %v", c.name, a.Data)
			}
		}
	})
}

func TestAReplacedPassportIsInvalid(t *testing.T) {
	each(t, func(t *testing.T, _ *sandbox.World, r *Register, people []sandbox.Resident) {
		for _, p := range people {
			if p.Old == nil || p.Old.Passport == nil {
				continue
			}
			q := person(p)
			q.Document = roadtest.Passport(*p.Old.Passport)
			a, err := r.Check(t.Context(), q)
			if err != nil || a.Verdict != verification.Invalid || a.Code != "MVD-102" || a.Data != nil {
				t.Errorf("%+v, %v", a, err)
			}
			return
		}
		t.Fatal("nobody has an old passport")
	})
}

func TestWhenTheRegisterIsUnwell(t *testing.T) {
	each(t, func(t *testing.T, w *sandbox.World, r *Register, people []sandbox.Resident) {
		roadtest.WhenUnwell(t, w, "passport", func() error {
			_, err := r.Check(t.Context(), person(people[0]))
			return err
		})
		if err := w.SetFault("passport", sandbox.OK); err != nil {
			t.Fatal(err)
		}
		if a, err := r.Check(t.Context(), person(people[0])); err != nil || a.Verdict != verification.Match {
			t.Errorf("well again: %+v, %v", a, err)
		}
		if err := r.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
