package register

import (
	"errors"
	"strings"
	"testing"
	"time"

	"okno/internal/connector/call"
	"okno/internal/connector/roadtest"
	"okno/internal/sandbox"
)

func input(p sandbox.Resident) map[string]any {
	return map[string]any{"snils": call.Digits(p.SNILS), "surname": p.Surname, "given_name": p.GivenName, "patronymic": p.Patronymic, "birth_date": p.BirthDate, "number": "2026-000001"}
}

// each runs body with the register by each road.
func each(t *testing.T, name string, body func(t *testing.T, w *sandbox.World, r *Register)) {
	t.Helper()
	roadtest.Each(t, "registers", sandbox.Config{}, func(t *testing.T, w *sandbox.World, conf call.Config) {
		r, err := New(name, conf)
		if err != nil {
			t.Fatal(err)
		}
		body(t, w, r)
	})
}

func TestARegisterIsAskedByItsNameAndAnswersWithAnEvent(t *testing.T) {
	each(t, "fns.inn", func(t *testing.T, w *sandbox.World, r *Register) {
		p := w.People()[0]
		outcome, data, err := r.Ask(t.Context(), input(p))
		if err != nil || outcome != "found" || data["inn"] != p.INN || !call.Word(data["reference"].(string)) { //nolint:forcetypeassert // a test
			t.Fatalf("%q %v %v, want the number %s", outcome, data, err, p.INN)
		}
		in := input(p)
		in["snils"] = "11223344595"
		if outcome, data, err := r.Ask(t.Context(), in); err != nil || outcome != "none" || data["inn"] != nil {
			t.Errorf("nobody's SNILS: %q %v %v", outcome, data, err)
		}
	})
}

func TestTheSameQuestionTwiceHasOneAnswer(t *testing.T) {
	each(t, "mvd.passport-issue", func(t *testing.T, w *sandbox.World, r *Register) {
		_, one, err := r.Ask(t.Context(), input(w.People()[0]))
		if err != nil {
			t.Fatal(err)
		}
		if _, two, err := r.Ask(t.Context(), input(w.People()[0])); err != nil || one["number"] != two["number"] || one["number"] == nil {
			t.Errorf("%v, then %v, %v", one, two, err)
		}
	})
}

func TestARegisterThatIsNotThereIsAskedAgainLater(t *testing.T) {
	each(t, "town.trees", func(t *testing.T, w *sandbox.World, r *Register) {
		if outcome, _, err := r.Ask(t.Context(), input(w.People()[0])); outcome != "" || !errors.Is(err, call.ErrUnavailable) {
			t.Errorf("%q %v", outcome, err)
		}
	})
}

func TestWhenARegisterIsUnwell(t *testing.T) {
	each(t, "mvd.licence", func(t *testing.T, w *sandbox.World, r *Register) {
		p := w.People()[0]
		roadtest.WhenUnwell(t, w, "registers", func() error {
			_, _, err := r.Ask(t.Context(), input(p))
			return err
		}, p.Surname, call.Digits(p.SNILS))
	})
}

// After some failures in a row the register is left in peace for a while: the circuit is that of every connector.
func TestARegisterThatFailsIsLeftInPeace(t *testing.T) {
	w, err := sandbox.Start(t.Context(), sandbox.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() }) //nolint:errcheck // the test is over
	r, err := New("mvd.licence", call.Config{URL: w.RegistersURL(), Limits: call.Limits{Timeout: time.Second, Tries: 1, Failures: 2, Rest: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SetFault("registers", sandbox.Down); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, _, err := r.Ask(t.Context(), input(w.People()[0])); !errors.Is(err, call.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	if err := w.SetFault("registers", sandbox.OK); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Ask(t.Context(), input(w.People()[0])); !errors.Is(err, call.ErrUnavailable) {
		t.Errorf("it was asked at once: %v", err)
	}
}

func TestAnAnswerOfAnotherRegisterIsNone(t *testing.T) {
	good := `{"register":"mvd.licence","requestNumber":"AGN-1","outcome":"found","data":{"number":"99 10 000001"}}`
	of := func(name string, says []byte) (string, error) {
		r, err := New(name, call.Config{URL: "http://register.example", Transport: roadtest.Says(says), Limits: call.Limits{Tries: 1, Failures: 1 << 20}})
		if err != nil {
			t.Fatal(err)
		}
		outcome, _, err := r.Ask(t.Context(), map[string]any{"snils": "11223344595"})
		return outcome, err
	}
	if outcome, err := of("mvd.licence", []byte(good)); outcome != "found" || err != nil {
		t.Fatalf("%q %v", outcome, err)
	}
	if outcome, err := of("fns.inn", []byte(good)); outcome != "" || !errors.Is(err, call.ErrGarbage) {
		t.Errorf("another register's answer: %q %v", outcome, err)
	}
	for _, bad := range roadtest.Nonsense(good) {
		outcome, err := of("mvd.licence", bad)
		if err == nil && (!event.MatchString(outcome) || len(outcome) > 128) {
			t.Errorf("%.80q was taken for %q", bad, outcome)
		}
		if err != nil && (outcome != "" || !errors.Is(err, call.ErrGarbage) || strings.Contains(err.Error(), "99 10")) {
			t.Errorf("%.80q: %q %v", bad, outcome, err)
		}
	}
}

func TestANameIsThatOfADefinition(t *testing.T) {
	for _, name := range []string{"", "licence", "mvd/licence", "mvd.licence/../x", "МВД.права", "mvd..x"} {
		if _, err := New(name, call.Config{URL: "http://register.example"}); err == nil {
			t.Errorf("%q was taken for a name", name)
		}
	}
	if _, err := New("mvd.licence", call.Config{URL: "register.example"}); err == nil {
		t.Error("an address without a scheme was taken")
	}
}
