package passport

import (
	"maps"
	"strings"
	"testing"

	"okno/internal/connector/call"
	"okno/internal/connector/roadtest"
	"okno/internal/form"
	"okno/internal/sandbox"
	"okno/internal/verification"
)

// REG-13.
func TestEveryKindOfDocumentThatTheMinistryKeepsIsChecked(t *testing.T) {
	each(t, func(t *testing.T, _ *sandbox.World, r *Register, people []sandbox.Resident) {
		seen := map[form.IdentityKind]bool{}
		for _, p := range people {
			if p.Document == nil {
				continue
			}
			seen[form.IdentityKind(p.Document.Kind)] = true
			a, err := r.Check(t.Context(), person(p))
			if err != nil || a.Verdict != verification.Match || a.Code != "MVD-000" || a.Register != "passport" || a.Data["document_number"] != p.Document.Number || a.Data["sex"] != p.Sex {
				t.Errorf("%s: %+v, %v", p.Document.Kind, a, err)
			}
		}
		for _, kind := range form.Papers() {
			if other := kind.Kind == form.Passport || kind.Kind == form.BirthCertificate; seen[kind.Kind] == other || (kinds[kind.Kind] == "") != other {
				t.Errorf("%s: tried %v, called %q", kind.Kind, seen[kind.Kind], kinds[kind.Kind])
			}
		}
	})
}

func TestWhatDiffersInAForeignDocumentIsToldByItsOwnCode(t *testing.T) {
	each(t, func(t *testing.T, _ *sandbox.World, r *Register, people []sandbox.Resident) {
		var p sandbox.Resident
		for _, x := range people {
			if x.Old != nil && x.Old.Document != nil {
				p = x
			}
		}
		for _, c := range []struct {
			name    string
			change  func(*verification.Person)
			verdict verification.Verdict
			code    string
			differs []string
		}{
			{"in other spelling", func(q *verification.Person) {
				q.Document.Number = strings.ToLower(q.Document.Number[:3]) + " " + q.Document.Number[3:]
			}, verification.Match, "MVD-000", nil},
			{"another office", func(q *verification.Person) { q.Document.IssuedBy = "MIA" }, verification.Match, "MVD-000", []string{"document_issued_by"}},
			{"another surname", func(q *verification.Person) { q.Surname = "Чужая" }, verification.Mismatch, "MVD-210", []string{"surname"}},
			{"another day of birth", func(q *verification.Person) { q.BirthDate = "1990-01-01" }, verification.Mismatch, "MVD-211", []string{"birth_date"}},
			{"another day of issue", func(q *verification.Person) { q.Document.IssuedAt = roadtest.Day("2001-01-01") }, verification.Mismatch, "MVD-212", []string{"document_issued_at"}},
			{"the last day is kept quiet", func(q *verification.Person) { q.Document.ExpiresAt = form.Date{} }, verification.Mismatch, "MVD-213", []string{"document_expires_at"}},
			{"another number", func(q *verification.Person) { q.Document.Number = "N00000000" }, verification.NotFound, "MVD-201", nil},
			{"of another country", func(q *verification.Person) { q.Document.Country = "UZ" }, verification.NotFound, "MVD-201", nil},
			{"no number", func(q *verification.Person) { q.Document.Number = "" }, verification.NotFound, "MVD-204", nil},
			{"a replaced one", func(q *verification.Person) { q.Document.Number = p.Old.Document.Number }, verification.Invalid, "MVD-202", []string{"document_issued_at", "document_expires_at"}},
		} {
			q := person(p)
			c.change(&q)
			if c.code == "MVD-202" {
				old := p
				old.Document = p.Old.Document
				q, c.differs = person(old), nil
			}
			a, err := r.Check(t.Context(), q)
			if err != nil || a.Verdict != c.verdict || a.Code != c.code || (a.Data != nil) != (c.verdict == verification.Match) {
				t.Errorf("%s: %+v, %v; want %s %s", c.name, a, err, c.verdict, c.code)
			}
			wrong, want := map[string]bool{}, map[string]bool{}
			for f, same := range a.Fields {
				if !same {
					wrong[f] = true
				}
			}
			for _, f := range c.differs {
				want[f] = true
			}
			if !maps.Equal(wrong, want) {
				t.Errorf("%s: %v differ, want %v", c.name, wrong, c.differs)
			}
		}
	})
}

// danai is who is asked about; goodDocument is a match for him.
var danai = verification.Person{Surname: "Ахметов", GivenName: "Данияр", Patronymic: "Ерланович", BirthDate: "1988-04-14",
	Document: form.Identity{Kind: form.ForeignDocument, Country: "KZ", Number: "N99012345", IssuedAt: roadtest.Day("2024-03-05"), ExpiresAt: roadtest.Day("2034-03-04")}}

const goodDocument = `{"requestNumber":"MVD-2","status":"VALID","code":"MVD-000","matches":{"lastName":true,"firstName":true,"number":true,"country":true,"issuer":false},
	"document":{"kind":"FOREIGN_DOCUMENT","country":"KZ","number":"N99012345","issueDate":"2024-03-05","expiryDate":"2034-03-04","issuer":"МВД",
	"lastName":"АХМЕТОВ","firstName":"Данияр","middleName":"Ерланович","birthDate":"1988-04-14","sex":"male","birthPlace":"г. Караганда"}}`

// LVL-2, for foreign documents: nobody's level comes of anything but a match of the very papers that were asked about.
func FuzzNonsenseIsNeverAMatchWithAnothersDocument(f *testing.F) {
	for _, body := range roadtest.Nonsense(goodDocument, "Чужой", "N99012346", "UZ", "RESIDENCE_PERMIT", "1991-03-05", "DIFFERS", "MVD-210", "INVALID", "MVD-202") {
		f.Add(body)
	}
	f.Add([]byte(goodDocument))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := New(call.Config{URL: "http://passport.example", Transport: roadtest.Says(body), Limits: call.Limits{Failures: 1 << 30}})
		if err != nil {
			t.Fatal(err)
		}
		a, err := r.Check(t.Context(), danai)
		if err != nil || a.Verdict != verification.Match {
			if a.Data != nil || err != nil && a.Verdict != "" {
				t.Errorf("%s tells %v, %v", a.Verdict, a.Data, err)
			}
			if string(body) == goodDocument {
				t.Errorf("the good answer: %+v, %v", a, err)
			}
			return
		}
		d := a.Data
		if !call.SameNumber(d["document_series"]+d["document_number"], danai.Document.Number) || d["document_country"] != "KZ" || d["birth_date"] != danai.BirthDate ||
			!call.Same(d["surname"], danai.Surname) || !call.Same(d["given_name"], danai.GivenName) || !call.Same(d["patronymic"], danai.Patronymic) ||
			d["document_issued_at"] != "2024-03-05" || d["document_expires_at"] != "2034-03-04" {
			t.Errorf("a match with another's papers: %v", d)
		}
		for field, same := range a.Fields {
			if !same && field != "document_issued_by" {
				t.Errorf("a match in which %s differs", field)
			}
		}
	})
}
