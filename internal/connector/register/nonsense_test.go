package register

import (
	"testing"

	"okno/internal/connector/call"
	"okno/internal/connector/roadtest"
)

const good = `{"register":"fns.inn","requestNumber":"FNS-7","outcome":"found","data":{"inn":"500100732259","issued":["2015-01-02"]}}`

// Whatever a register talks, a case hears an event with a number under the register's own name, or that it must ask again.
func FuzzNonsenseIsNeverAnEventOfAnotherRegister(f *testing.F) {
	for _, body := range roadtest.Nonsense(good, "mvd.licence", "none", "FOUND") {
		f.Add(body)
	}
	f.Add([]byte(good))
	f.Fuzz(func(t *testing.T, body []byte) {
		conf := call.Config{URL: "http://register.example", Transport: roadtest.Says(body), Limits: call.Limits{Failures: 1 << 30}}
		r, err := New("fns.inn", conf)
		if err != nil {
			t.Fatal(err)
		}
		outcome, data, err := r.Ask(t.Context(), map[string]any{"snils": "11223344595"})
		if err != nil {
			if outcome != "" || data != nil {
				t.Errorf("an error, and %q with %v", outcome, data)
			}
			return
		}
		if number, ok := data["reference"].(string); !event.MatchString(outcome) || !ok || !call.Word(number) {
			t.Errorf("%q with %v", outcome, data)
		}
		other, err := New("mvd.licence", conf)
		if err != nil {
			t.Fatal(err)
		}
		if outcome, data, err := other.Ask(t.Context(), nil); err == nil {
			t.Errorf("the same answer serves another register: %q with %v", outcome, data)
		}
	})
}
