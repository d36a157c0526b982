package system

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"okno/internal/catalogue"
	"okno/internal/connector/call"
	"okno/internal/connector/register"
	"okno/internal/form"
	"okno/internal/policy"
	"okno/internal/procedure"
	"okno/internal/sandbox"
	"okno/internal/verification"
	"okno/internal/wallet"
)

// refusing is a register that says no in a certain way.
type refusing struct{ outcome call.Outcome }

func (r refusing) Call(context.Context, map[string]any) (map[string]any, error) {
	if r.outcome == "" {
		return nil, errors.New("away")
	}
	return nil, &call.Refusal{System: "test", Outcome: r.outcome, Code: "TST-001"}
}

// Every word that a register of the state can answer is an event of each built-in process that asks it: a case never waits for what
// has been said already.
func TestEveryAnswerOfARegisterMovesTheCase(t *testing.T) {
	list, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{"found": true}
	for _, outcome := range []call.Outcome{call.NotFound, call.Differs} {
		word, _, err := caller{refusing{outcome}}.Ask(t.Context(), nil)
		if err != nil {
			t.Fatalf("%s: %v", outcome, err)
		}
		words[word] = true
	}
	if _, _, err := (caller{refusing{}}).Ask(t.Context(), nil); err == nil {
		t.Error("a register that is away has answered")
	}
	asked := 0
	for _, d := range list.All() {
		for _, st := range d.Steps() {
			if st.Register == "" {
				continue
			}
			asked++
			says := slices.Sorted(maps.Keys(words))
			if of, open := sandbox.Agencies()[st.Register]; open {
				says = of
			}
			for _, word := range says {
				if _, err := d.Move(st.State, procedure.Event(word), procedure.BySystem); err != nil {
					t.Errorf("%s: the state %s of %s: %v", word, st.State, d.Code, err)
				}
			}
		}
	}
	if asked < 14 {
		t.Errorf("%d states ask a register", asked)
	}
}

// What a register of the sandbox gives one part is an answer that the form of the next one takes, as in life.
func TestWhatOnePartGivesAnotherTakes(t *testing.T) {
	w, err := sandbox.Start(t.Context(), sandbox.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() }) //nolint:errcheck // the test is over
	list, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ register, key, service, pointer string }{
		{"osago.issue", "number", "mvd.vehicle-registration", "/policy"},
		{"mvd.vehicle-register", "plate", "mvd.vehicle-plates", "/plate"},
	} {
		r, err := register.New(tt.register, call.Config{URL: w.RegistersURL()})
		if err != nil {
			t.Fatal(err)
		}
		def, _ := list.ByCode(tt.service)
		field, ok := def.Form.Field(tt.pointer)
		if !ok {
			t.Fatalf("%s does not ask for %s", tt.service, tt.pointer)
		}
		for _, p := range w.People()[:20] {
			for _, region := range []string{"77", "78", "50", "66"} {
				_, data, err := r.Ask(t.Context(), map[string]any{"snils": p.SNILS, "vin": "XTA210990Y2766389", "from": "2026-04-02", "number": "2026-000001", "plates": "new", "region": region})
				if err != nil {
					t.Fatal(err)
				}
				if given, _ := data[tt.key].(string); !field.Pattern.MatchString(given) || len([]rune(given)) > field.Max {
					t.Errorf("%s gives %q, which %s does not take as %s", tt.register, given, tt.service, tt.pointer)
				}
			}
		}
	}
}

// A civil-status register that cannot tell of certificates goes on proving who people are: what the wallet asks has a line of its own.
func TestWhatTheWalletAsksClosesNoLineOfProofs(t *testing.T) {
	w, err := sandbox.Start(t.Context(), sandbox.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() }) //nolint:errcheck // the test is over
	to, err := url.Parse(w.RegistersURL())
	if err != nil {
		t.Fatal(err)
	}
	whole := httputil.NewSingleHostReverseProxy(to)
	older := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/certificate") {
			http.NotFound(out, r)
			return
		}
		whole.ServeHTTP(out, r)
	}))
	t.Cleanup(older.Close)
	p := policy.Default()
	o, err := connect(Settings{Registers: Registers{Civil: older.URL}}, p, nil, time.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	child := w.People()[slices.IndexFunc(w.People(), func(p sandbox.Resident) bool { return p.BirthCertificate != nil })]
	cert := child.BirthCertificate
	for range p.Registers.Breaker.Failures + 1 {
		if _, err := o.owned[0].Find(t.Context(), wallet.Person{Surname: child.Surname, GivenName: child.GivenName, Patronymic: child.Patronymic, BirthDate: child.BirthDate, SNILS: child.SNILS}); err == nil {
			t.Fatal("it tells of certificates")
		}
	}
	issued, _ := form.ParseDate(cert.IssuedAt)
	a, err := o.checks[0].Check(t.Context(), verification.Person{Surname: child.Surname, GivenName: child.GivenName, Patronymic: child.Patronymic, BirthDate: child.BirthDate,
		Document: form.Identity{Kind: form.BirthCertificate, Series: cert.Series, Number: cert.Number, IssuedAt: issued}})
	if err != nil || a.Verdict != verification.Match {
		t.Errorf("%+v, %v", a, err)
	}
}
