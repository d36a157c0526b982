package owned

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"okno/internal/connector/call"
	agency "okno/internal/connector/register"
	"okno/internal/connector/roadtest"
	"okno/internal/form"
	"okno/internal/sandbox"
	"okno/internal/wallet"
)

// makers are the registers, by how the sandbox calls their systems.
var makers = map[string]func(call.Config) (*Register, error){"licence": NewLicences, "medical": NewPolicies, "vehicles": NewVehicles, "insurers": NewInsurers, "civil": NewBirths}

// without is a person of whom nobody knows a number.
func without(p sandbox.Resident) wallet.Person {
	q := person(p)
	q.SNILS = ""
	return q
}

// plain is a sandbox whose registers are asked a lot, without a security server between.
func plain(t *testing.T) (*sandbox.World, call.Config) {
	t.Helper()
	w, err := sandbox.Start(t.Context(), sandbox.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() }) //nolint:errcheck // the test is over
	return w, call.Config{URL: w.RegistersURL(), Limits: call.Limits{Timeout: time.Second, Tries: 2, Pause: time.Millisecond}}
}

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
	wants := map[string]struct {
		as     string
		fields []string // that are there
		digits int      // of the number
	}{
		"licence": {"gibdd", []string{"number", "categories", "issued_at", "expires_at"}, 10}, "medical": {"foms", []string{"number", "insurer", "issued_at"}, 16},
		"vehicles": {"vehicles", []string{"paper", "number", "model", "plate", "vin", "issued_at"}, 10}, "insurers": {"insurers", []string{"number", "insurer", "plate", "issued_at", "expires_at"}, 13},
		"civil": {"civil", []string{"series", "number", "issued_at", "issued_by"}, 6},
	}
	each(t, func(t *testing.T, system string, w *sandbox.World, r *Register) {
		people, want := w.People(), wants[system]
		a, err := r.Find(t.Context(), person(people[0]))
		if err != nil || a.Outcome != wallet.Found || len(a.Documents) == 0 {
			t.Fatalf("%+v, %v", a, err)
		}
		first := a.Documents[0]
		for _, f := range want.fields {
			if first[f] == "" {
				t.Errorf("%s is missing: %v", f, first)
			}
		}
		if utf8.RuneCountInString(first["number"]) != want.digits || r.Name() != want.as {
			t.Errorf("%s: %v", r.Name(), first)
		}
		if again, err := r.Find(t.Context(), person(people[0])); err != nil || !reflect.DeepEqual(again, a) {
			t.Errorf("asked again it says %v, %v", again, err)
		}
		other := person(people[0])
		other.Surname = "Чужая"
		if a, err := r.Find(t.Context(), other); err != nil || a.Outcome != wallet.Differs || a.Documents != nil {
			t.Errorf("another name: %+v, %v", a, err)
		}
		other = person(people[0])
		other.SNILS = "112-233-445 95"
		if a, err := r.Find(t.Context(), other); err != nil || a.Outcome != wallet.None || a.Documents != nil {
			t.Errorf("nobody's number: %+v, %v", a, err)
		}
	})
}

// A register that goes by a number says that it lacks one, which is no failure of the register.
func TestARegisterSaysThatTheNumberIsMissing(t *testing.T) {
	each(t, func(t *testing.T, _ string, w *sandbox.World, r *Register) {
		p := w.People()[0]
		if r.Enough(without(p)) || !r.Enough(person(p)) {
			t.Error("a SNILS does not matter")
		}
		if a, err := r.Find(t.Context(), without(p)); err != nil || a.Outcome != wallet.Lacking || a.Documents != nil {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

// The traffic police give both papers of a car, insurers the policy of the same one, and whoever asks for its plate hears of it, too.
func TestRegistersSpeakOfOneCar(t *testing.T) {
	w, conf := plain(t)
	police, err := NewVehicles(conf)
	if err != nil {
		t.Fatal(err)
	}
	union, err := NewInsurers(conf)
	if err != nil {
		t.Fatal(err)
	}
	buyers, err := agency.New("mvd.vehicle", conf)
	if err != nil {
		t.Fatal(err)
	}
	insured, two := 0, 0
	for _, p := range w.People()[:120] {
		cars, err := police.Find(t.Context(), person(p))
		if err != nil {
			t.Fatal(err)
		}
		plates := map[string][]string{}
		for _, d := range cars.Documents {
			plates[d["plate"]] = append(plates[d["plate"]], d["paper"])
			if word, told, err := buyers.Ask(t.Context(), map[string]any{"snils": p.SNILS, "vin": d["vin"]}); err != nil || word != "clear" || told["plate"] != d["plate"] {
				t.Errorf("whoever buys %s hears %q of %v, %v", d["plate"], word, told, err)
			}
		}
		for plate, papers := range plates {
			if !slices.Equal(papers, []string{"certificate", "passport"}) {
				t.Errorf("%s has %v", plate, papers)
			}
		}
		if len(plates) > 1 {
			two++
		}
		policies, err := union.Find(t.Context(), person(p))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range policies.Documents {
			if insured++; plates[d["plate"]] == nil {
				t.Errorf("a policy of %s, which is nobody's: %v", d["plate"], plates)
			}
		}
	}
	if insured < 60 || two == 0 {
		t.Errorf("%d insured, %d with two cars", insured, two)
	}
}

// A child has a certificate and perhaps no SNILS: the certificate says which child is meant.
func TestTheCivilRegisterKnowsAChildByTheCertificate(t *testing.T) {
	roadtest.Each(t, "civil", sandbox.Config{}, func(t *testing.T, w *sandbox.World, conf call.Config) {
		births, err := NewBirths(conf)
		if err != nil {
			t.Fatal(err)
		}
		people := w.People()
		child := people[slices.IndexFunc(people, func(p sandbox.Resident) bool { return p.BirthCertificate != nil })]
		q := without(child)
		q.Certificate = form.Identity{Kind: form.BirthCertificate, Series: child.BirthCertificate.Series, Number: child.BirthCertificate.Number}
		a, err := births.Find(t.Context(), q)
		if !births.Enough(q) || err != nil || a.Outcome != wallet.Found || a.Documents[0]["number"] != child.BirthCertificate.Number || a.Documents[0]["issued_at"] != child.BirthCertificate.IssuedAt {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

// Every resident has a document that can be, or none; some have none.
func TestWhatTheSandboxHoldsCanBeRead(t *testing.T) {
	w, conf := plain(t)
	for system, build := range makers {
		r, err := build(conf)
		if err != nil {
			t.Fatal(err)
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
	}
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
	mine := map[string]string{"licence": "11223344595", "medical": "11223344595", "vehicles": "11223344595", "insurers": "11223344595", "civil": "Проверкина"}
	for system, good := range map[string]string{
		"vehicles": `{"requestNumber":"TS-1","status":"FOUND","code":"TS-000","owner":{"snils":"11223344595"},"vehicles":[{"vin":"XTA210990Y2766389","plate":"А123ВС77","model":"LADA","certificate":{"number":"99 12 345678","issued":"2020-03-01"},"passport":{"number":"164301012345678","issued":"2020-03-01"}}]}`,
		"insurers": `{"reference":"RSA-1","result":0,"code":"RSA-000","holder":"11223344595","policies":[{"series":"ХХХ","number":"0123456789","insurer":"АО «Заречное страхование»","plate":"А123ВС77","issued":"2020-03-01","until":"2021-02-28"}]}`,
		"civil":    `{"inquiry":"ZAGS-1","outcome":"FOUND","code":"ZAGS-000","born":{"family":"Проверкина","given":"Анна","patronymic":"","birth":"1985-05-17"},"certificate":{"series":"II-МЮ","number":"123456","given":"1985-06-01","office":"Отдел ЗАГС, Заречный"}}`,
		"licence":  `{"requestNumber":"GAI-1","status":"FOUND","code":"GAI-000","licence":{"snils":"11223344595","number":"99 12 345678","categories":"B","issued":"2020-03-01","expires":"2030-03-01","issuer":"ГИБДД 9901"}}`,
		"medical":  `{"reference":"OMS-1","result":0,"code":"OMS-000","policy":{"snils":"11223344595","enp":"` + sandbox.PolicyNumber(7) + `","smo":"Страховая","from":"2015-01-01","until":""}}`,
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
		for _, bad := range roadtest.Nonsense(good, "22233344459", "GAI-601", "NONE", "OMS-701", "TS-801", "RSA-901", "ZAGS-701", "OMS-704", 1) {
			a, err := of(bad)
			switch {
			case err != nil && (!errors.Is(err, call.ErrGarbage) || a.Documents != nil || strings.Contains(fmt.Sprint(err), "99 12")):
				t.Errorf("%.80q: %+v, %v", bad, a, err)
			case err == nil && !slices.Contains([]wallet.Outcome{wallet.Found, wallet.None, wallet.Differs, wallet.Lacking}, a.Outcome):
				t.Errorf("%.80q: %+v", bad, a)
			case err == nil && a.Outcome == wallet.Found && !strings.Contains(string(bad), mine[system]):
				t.Errorf("%.80q is taken for the person's", bad)
			}
		}
	}
}
