package tax

import (
	"errors"
	"maps"
	"testing"
	"time"

	"okno/internal/connector/call"
	"okno/internal/connector/roadtest"
	"okno/internal/sandbox"
	"okno/internal/verification"
)

var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// each runs body with the way to one of the services by each road.
func each(t *testing.T, system string, body func(t *testing.T, w *sandbox.World, conf call.Config, people []sandbox.Resident)) {
	t.Helper()
	roadtest.Each(t, system, sandbox.Config{Now: func() time.Time { return today }}, func(t *testing.T, w *sandbox.World, conf call.Config) {
		body(t, w, conf, w.People())
	})
}

func person(p sandbox.Resident) verification.Person {
	return verification.Person{
		Surname: p.Surname, GivenName: p.GivenName, Patronymic: p.Patronymic, BirthDate: p.BirthDate, INN: p.INN,
		Document: roadtest.Document(p),
	}
}

func TestINN(t *testing.T) {
	each(t, "inn", func(t *testing.T, _ *sandbox.World, conf call.Config, people []sandbox.Resident) {
		r, err := NewINN(conf)
		if err != nil {
			t.Fatal(err)
		}
		p := people[0]
		names := map[string]bool{"surname": true, "given_name": true, "patronymic": true, "birth_date": true}
		fields := func(change map[string]bool) map[string]bool {
			m := maps.Clone(names)
			maps.Copy(m, change)
			return m
		}
		for _, c := range []struct {
			name    string
			change  func(*verification.Person)
			verdict verification.Verdict
			code    string
			fields  map[string]bool
		}{
			{"as it is", func(*verification.Person) {}, verification.Match, "FNS-000", fields(map[string]bool{"inn": true, "passport_number": true})},
			{"looked up by the passport", func(q *verification.Person) { q.INN = "" }, verification.Match, "FNS-000", fields(map[string]bool{"passport_number": true})},
			{"without the passport", func(q *verification.Person) { q.Document.Number = "" }, verification.Match, "FNS-000", fields(map[string]bool{"inn": true})},
			{"another name", func(q *verification.Person) { q.Surname = "Чужая" }, verification.Mismatch, "FNS-310", fields(map[string]bool{"inn": true, "passport_number": true, "surname": false})},
			{"another day of birth", func(q *verification.Person) { q.BirthDate = "1990-01-01" }, verification.Mismatch, "FNS-311", fields(map[string]bool{"inn": true, "passport_number": true, "birth_date": false})},
			{"another's passport", func(q *verification.Person) {
				q.Document = roadtest.Document(people[1])
			}, verification.Mismatch, "FNS-312", fields(map[string]bool{"inn": true, "passport_number": false})},
			{"nobody's number", func(q *verification.Person) { q.INN = "500100732259" }, verification.NotFound, "FNS-301", map[string]bool{}},
			{"a wrong check digit", func(q *verification.Person) { q.INN = "500100732258" }, verification.NotFound, "FNS-303", map[string]bool{}},
			{"nothing to look by", func(q *verification.Person) { q.INN, q.Document.Number = "", "" }, verification.NotFound, "FNS-304", map[string]bool{}},
		} {
			q := person(p)
			c.change(&q)
			a, err := r.Check(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if a.Register != "inn" || a.Verdict != c.verdict || a.Code != c.code || a.Reference == "" || !maps.Equal(a.Fields, c.fields) {
				t.Errorf("%s: %+v, want %s %s %v", c.name, a, c.verdict, c.code, c.fields)
			}
			if (c.verdict == verification.Match) != maps.Equal(a.Data, map[string]string{"inn": p.INN}) {
				t.Errorf("%s: the register tells %v", c.name, a.Data)
			}
		}
		for _, p := range people { // by whatever document somebody has
			if p.Passport != nil {
				continue
			}
			q := person(p)
			q.INN = ""
			if a, err := r.Check(t.Context(), q); err != nil || a.Verdict != verification.Match || a.Data["inn"] != p.INN || !a.Fields["document_number"] {
				t.Errorf("by %s: %+v, %v", q.Document.Kind, a, err)
			}
		}
		for _, p := range people {
			if p.Old == nil || p.Old.INN == "" {
				continue
			}
			q := person(p)
			q.INN = p.Old.INN
			if a, err := r.Check(t.Context(), q); err != nil || a.Verdict != verification.Invalid || a.Code != "FNS-302" {
				t.Errorf("an annulled number: %+v, %v", a, err)
			}
			return
		}
		t.Fatal("nobody has an annulled number")
	})
}

func input(p sandbox.Resident, year any) map[string]any {
	return map[string]any{
		"surname": p.Surname, "given_name": p.GivenName, "patronymic": p.Patronymic, "birth_date": p.BirthDate,
		"inn": p.INN, "snils": p.SNILS, "year": year,
	}
}

func TestIncome(t *testing.T) {
	each(t, "income", func(t *testing.T, _ *sandbox.World, conf call.Config, people []sandbox.Resident) {
		s, err := NewIncome(conf)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range people[:10] {
			for _, want := range p.Incomes {
				in := input(p, want.Year)
				if want.Year%2 == 0 {
					delete(in, "inn") // found by SNILS as well
				}
				out, err := s.Call(t.Context(), in)
				if err != nil {
					t.Fatal(err)
				}
				if out["year"] != int64(want.Year) || out["inn"] != p.INN || out["income_kopecks"] != want.Total || out["tax_kopecks"] != want.Tax ||
					out["withheld_kopecks"] != want.Tax || out["reference"] == "" || out["code"] != "FNS-400" {
					t.Errorf("%d: %v, want %+v", want.Year, out, want)
				}
				payers, _ := out["payers"].([]any)
				if len(payers) != len(want.Payers) {
					t.Fatalf("%d: %d payers, want %d", want.Year, len(payers), len(want.Payers))
				}
				for i, x := range payers {
					payer, _ := x.(map[string]any)
					w := want.Payers[i]
					months, _ := payer["months"].([]any)
					if payer["name"] != w.Name || payer["inn"] != w.INN || payer["kpp"] != w.KPP || payer["rate"] != int64(13) ||
						payer["income_kopecks"] != w.Total || payer["tax_kopecks"] != w.Tax || len(months) == 0 {
						t.Errorf("%d: %v, want %+v", want.Year, payer, w)
					}
				}
			}
		}
		p := people[0]
		for _, c := range []struct {
			name   string
			change func(map[string]any)
			want   error
			code   string
		}{
			{"this year", func(in map[string]any) { in["year"] = 2026 }, call.ErrNotFound, "FNS-401"},
			{"long ago", func(in map[string]any) { in["year"] = 2015 }, call.ErrNotFound, "FNS-401"},
			{"nobody's number", func(in map[string]any) { in["inn"] = "500100732259" }, call.ErrNotFound, "FNS-402"},
			{"no number", func(in map[string]any) { in["inn"], in["snils"] = "", nil }, call.ErrNotFound, "FNS-404"},
			{"another name", func(in map[string]any) { in["surname"] = "Чужая" }, call.ErrDiffers, "FNS-410"},
			{"another day of birth", func(in map[string]any) { in["birth_date"] = "1990-01-01" }, call.ErrDiffers, "FNS-411"},
			{"somebody else", func(in map[string]any) { in["surname"], in["birth_date"] = "Чужая", "1990-01-01" }, call.ErrNotFound, "FNS-402"},
		} {
			in := input(p, 2025)
			c.change(in)
			out, err := s.Call(t.Context(), in)
			var no *call.Refusal
			if out != nil || !errors.Is(err, c.want) || !errors.As(err, &no) || no.Code != c.code || no.Reference == "" {
				t.Errorf("%s: %v, %v, want %v %s", c.name, out, err, c.want, c.code)
			}
		}
		if _, err := s.Call(t.Context(), input(p, "soon")); err == nil || errors.Is(err, call.ErrNotFound) {
			t.Errorf("a year that is none: %v", err)
		}
	})
}

func TestWhenTheServiceIsUnwell(t *testing.T) {
	for _, system := range []string{"inn", "income"} {
		t.Run(system, func(t *testing.T) {
			each(t, system, func(t *testing.T, w *sandbox.World, conf call.Config, people []sandbox.Resident) {
				inn, err1 := NewINN(conf)
				income, err2 := NewIncome(conf)
				if err := errors.Join(err1, err2); err != nil {
					t.Fatal(err)
				}
				p := people[0]
				roadtest.WhenUnwell(t, w, system, func() error {
					_, err := inn.Check(t.Context(), person(p))
					if system == "income" {
						_, err = income.Call(t.Context(), input(p, 2025))
					}
					return err
				}, p.Surname, p.INN)
			})
		})
	}
}

func TestAStatementThatDoesNotAddUpIsGarbage(t *testing.T) {
	good := func() incomeAnswer {
		a := incomeAnswer{ReqNo: "FNS-1", State: "OK", Code: "FNS-400", INN: "500100732259", Year: 2025, Agents: []agent{{Name: "x", Total: 300}}}
		a.Agents[0].Months = append(a.Agents[0].Months, struct {
			Month int          `json:"month"`
			Code  string       `json:"code"`
			Sum   call.Kopecks `json:"sum"`
		}{12, "2000", 300})
		return a
	}
	if err := good().Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*incomeAnswer){
		"a sum":     func(a *incomeAnswer) { a.Agents[0].Total++ },
		"a month":   func(a *incomeAnswer) { a.Agents[0].Months[0].Month = 13 },
		"no payer":  func(a *incomeAnswer) { a.Agents = nil },
		"no year":   func(a *incomeAnswer) { a.Year = 0 },
		"no name":   func(a *incomeAnswer) { a.Agents[0].Name = "" },
		"a state":   func(a *incomeAnswer) { a.State = "ok" },
		"no number": func(a *incomeAnswer) { a.ReqNo = "" },
	} {
		a := good()
		if spoil(&a); a.Check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
