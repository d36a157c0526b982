package civil

import (
	"maps"
	"testing"
	"time"

	"okno/internal/connector/call"
	"okno/internal/connector/roadtest"
	"okno/internal/sandbox"
	"okno/internal/verification"
)

// each runs body with the register and the children of the sandbox by each road.
func each(t *testing.T, body func(t *testing.T, w *sandbox.World, r *Register, children []sandbox.Resident)) {
	t.Helper()
	roadtest.Each(t, "civil", sandbox.Config{}, func(t *testing.T, w *sandbox.World, conf call.Config) {
		r, err := New(conf)
		if err != nil {
			t.Fatal(err)
		}
		var children []sandbox.Resident
		for _, p := range w.People() {
			if p.BirthCertificate != nil {
				children = append(children, p)
			}
		}
		body(t, w, r, children)
	})
}

func person(p sandbox.Resident) verification.Person {
	return verification.Person{Surname: p.Surname, GivenName: p.GivenName, Patronymic: p.Patronymic, BirthDate: p.BirthDate, Document: roadtest.Document(p)}
}

func parent(p *sandbox.Parent) verification.Parent {
	return verification.Parent{Surname: p.Surname, GivenName: p.GivenName, Patronymic: p.Patronymic, BirthDate: p.BirthDate}
}

// REG-13.
func TestACertificateOfBirthIsChecked(t *testing.T) {
	each(t, func(t *testing.T, _ *sandbox.World, r *Register, children []sandbox.Resident) {
		p := children[0]
		for _, c := range []struct {
			name    string
			change  func(*verification.Person)
			verdict verification.Verdict
			code    string
			differs []string
		}{
			{"as it is", func(*verification.Person) {}, verification.Match, "ZAGS-000", nil},
			{"asked by the mother", func(q *verification.Person) { q.Parent = parent(p.BirthCertificate.Mother) }, verification.Match, "ZAGS-000", nil},
			{"asked by the father", func(q *verification.Person) { q.Parent = parent(p.BirthCertificate.Father) }, verification.Match, "ZAGS-000", nil},
			{"asked by somebody else", func(q *verification.Person) { q.Parent = parent(children[1].BirthCertificate.Father) }, verification.Mismatch, "ZAGS-713", []string{"parent"}},
			{"in other spelling", func(q *verification.Person) { q.Surname = " " + q.Surname + " " }, verification.Match, "ZAGS-000", nil},
			{"the office abbreviated", func(q *verification.Person) { q.Document.IssuedBy = "ЗАГС" }, verification.Match, "ZAGS-000", []string{"document_issued_by"}},
			{"another given name", func(q *verification.Person) { q.GivenName = "Чужак" }, verification.Mismatch, "ZAGS-710", []string{"given_name"}},
			{"another day of birth", func(q *verification.Person) { q.BirthDate = "2015-01-01" }, verification.Mismatch, "ZAGS-711", []string{"birth_date"}},
			{"another day of issue", func(q *verification.Person) { q.Document.IssuedAt = roadtest.Day("2001-01-01") }, verification.Mismatch, "ZAGS-712", []string{"document_issued_at"}},
			{"another number", func(q *verification.Person) { q.Document.Number = "000001" }, verification.NotFound, "ZAGS-701", nil},
			{"no number", func(q *verification.Person) { q.Document.Number = "" }, verification.NotFound, "ZAGS-704", nil},
			{"another child", func(q *verification.Person) { q.Surname, q.BirthDate = "Чужак", "2015-01-01" }, verification.NotFound, "ZAGS-701", nil},
		} {
			q := person(p)
			c.change(&q)
			a, err := r.Check(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if a.Register != "civil" || a.Verdict != c.verdict || a.Code != c.code || a.Reference == "" || time.Since(a.At) > time.Minute {
				t.Errorf("%s: %+v, want %s %s", c.name, a, c.verdict, c.code)
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
			if (a.Data != nil) != (c.verdict == verification.Match) || a.Data != nil && (a.Data["surname"] != p.Surname || a.Data["sex"] != p.Sex || len(a.Data) != 11 || a.Data["act"] == "") {
				t.Errorf("%s: the register tells %v", c.name, a.Data)
			}
		}
	})
}

func TestALostCertificateIsInvalid(t *testing.T) {
	each(t, func(t *testing.T, _ *sandbox.World, r *Register, children []sandbox.Resident) {
		for _, p := range children {
			if p.Old == nil || p.Old.BirthCertificate == nil {
				continue
			}
			p.BirthCertificate = p.Old.BirthCertificate
			a, err := r.Check(t.Context(), person(p))
			if err != nil || a.Verdict != verification.Invalid || a.Code != "ZAGS-702" || a.Data != nil {
				t.Errorf("%+v, %v", a, err)
			}
			return
		}
		t.Fatal("nobody has lost a certificate")
	})
}

func TestWhenTheRegisterIsUnwell(t *testing.T) {
	each(t, func(t *testing.T, w *sandbox.World, r *Register, children []sandbox.Resident) {
		roadtest.WhenUnwell(t, w, "civil", func() error {
			_, err := r.Check(t.Context(), person(children[0]))
			return err
		})
		if err := w.SetFault("civil", sandbox.OK); err != nil {
			t.Fatal(err)
		}
		if a, err := r.Check(t.Context(), person(children[0])); err != nil || a.Verdict != verification.Match {
			t.Errorf("well again: %+v, %v", a, err)
		}
		if err := r.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// misha is who is asked about, by his mother; goodAnswer is a match for them.
var misha = verification.Person{Surname: "Проверкин", GivenName: "Михаил", Patronymic: "Петрович", BirthDate: "2018-05-06",
	Document: roadtest.Document(sandbox.Resident{BirthCertificate: &sandbox.Certificate{Series: "II-МЮ", Number: "123456", IssuedAt: "2018-05-20"}}),
	Parent:   verification.Parent{Surname: "Проверкина", GivenName: "Алёна", BirthDate: "1990-03-05"}}

const goodAnswer = `{"inquiry":"ZAGS-1","outcome":"FOUND","code":"ZAGS-000","equal":{"family":true,"given":true,"birth":true,"number":true,"issued":true,"office":false,"parent":true},
	"record":{"certificate":{"series":"II-МЮ","number":"123456","given":"2018-05-20","office":"ЗАГС"},"born":{"family":"ПРОВЕРКИН","given":"Михаил","patronymic":"Петрович","birth":"2018-05-06"},
	"sex":"male","place":"г. Тест","mother":{"family":"Проверкина","given":"Алена","patronymic":"","birth":"1990-03-05"},"father":{"family":"Проверкин","given":"Пётр","patronymic":"","birth":"1988-01-02"}}}`

// LVL-2: whatever a register talks, nobody becomes anybody's child but by a match of the very papers that were asked about.
func FuzzNonsenseIsNeverAMatchWithAnothersChild(f *testing.F) {
	for _, body := range roadtest.Nonsense(goodAnswer, "Чужой", "654321", "III-МЮ", "2019-03-05", "DIFFERS", "ZAGS-713", "ANNULLED", "ZAGS-702") {
		f.Add(body)
	}
	f.Add([]byte(goodAnswer))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := New(call.Config{URL: "http://civil.example", Transport: roadtest.Says(body), Limits: call.Limits{Failures: 1 << 30}})
		if err != nil {
			t.Fatal(err)
		}
		a, err := r.Check(t.Context(), misha)
		if err != nil || a.Verdict != verification.Match {
			if a.Data != nil || err != nil && a.Verdict != "" {
				t.Errorf("%s tells %v, %v", a.Verdict, a.Data, err)
			}
			if string(body) == goodAnswer {
				t.Errorf("the good answer: %+v, %v", a, err)
			}
			return
		}
		d := a.Data
		if !call.SameNumber(d["document_series"]+d["document_number"], "II-МЮ123456") || d["birth_date"] != misha.BirthDate || !call.Same(d["surname"], misha.Surname) ||
			!call.Same(d["given_name"], misha.GivenName) || !call.Same(d["patronymic"], misha.Patronymic) || d["document_issued_at"] != "2018-05-20" {
			t.Errorf("a match with another's papers: %v", d)
		}
		for field, same := range a.Fields {
			if !same && field != "document_issued_by" {
				t.Errorf("a match in which %s differs", field)
			}
		}
	})
}
