package property

import (
	"errors"
	"testing"
	"time"

	"okno/internal/connector/call"
	"okno/internal/sandbox"
)

func setUp(t *testing.T) (*sandbox.World, *Extract, []sandbox.Resident) {
	t.Helper()
	w, err := sandbox.Start(t.Context(), sandbox.Config{Dir: t.TempDir(), Slow: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	e, err := New(call.Config{URL: w.RegistersURL(), Limits: call.Limits{Timeout: 300 * time.Millisecond, Tries: 2, Pause: time.Millisecond, Failures: 100}})
	if err != nil {
		t.Fatal(err)
	}
	return w, e, w.People()
}

func input(p sandbox.Resident) map[string]any {
	return map[string]any{"surname": p.Surname, "given_name": p.GivenName, "patronymic": p.Patronymic, "birth_date": p.BirthDate, "snils": p.SNILS}
}

func TestExtract(t *testing.T) {
	_, e, people := setUp(t)
	for _, p := range people[:20] {
		out, err := e.Call(t.Context(), input(p))
		if len(p.Estates) == 0 {
			var no *call.Refusal
			if !errors.Is(err, call.ErrNotFound) || !errors.As(err, &no) || no.Code != "EGR-501" {
				t.Errorf("nothing registered: %v, %v", out, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		objects, _ := out["objects"].([]any)
		if len(objects) != len(p.Estates) || out["reference"] == "" || out["code"] != "EGR-000" || out["as_of"] != time.Now().UTC().Format(time.DateOnly) {
			t.Fatalf("%v, want %+v", out, p.Estates)
		}
		for i, x := range objects {
			o, _ := x.(map[string]any)
			want := p.Estates[i]
			if o["cadastral_number"] != want.CadastralNumber || o["kind"] != want.Kind || o["address"] != want.Address || o["area"] != want.Area ||
				o["share"] != want.Share || o["right"] != want.Right || o["right_number"] != want.RightNumber || o["since"] != want.Since {
				t.Errorf("%v, want %+v", o, want)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	_, e, people := setUp(t)
	for _, c := range []struct {
		name, key, value string
		want             error
		code             string
	}{
		{"nobody's number", "snils", "112-233-445 95", call.ErrNotFound, "EGR-502"},
		{"no number", "snils", "", call.ErrNotFound, "EGR-504"},
		{"another name", "surname", "Чужая", call.ErrDiffers, "EGR-510"},
		{"another day of birth", "birth_date", "1990-01-01", call.ErrDiffers, "EGR-511"},
	} {
		in := input(people[0])
		in[c.key] = c.value
		out, err := e.Call(t.Context(), in)
		var no *call.Refusal
		if out != nil || !errors.Is(err, c.want) || !errors.As(err, &no) || no.Code != c.code {
			t.Errorf("%s: %v, %v", c.name, out, err)
		}
	}
}

func TestWhenTheRegisterIsUnwell(t *testing.T) {
	w, e, people := setUp(t)
	for mode, want := range map[sandbox.Mode]error{sandbox.Slow: call.ErrUnavailable, sandbox.Down: call.ErrUnavailable, sandbox.Garbage: call.ErrGarbage} {
		if err := w.SetFault("property", mode); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if out, err := e.Call(t.Context(), input(people[0])); !errors.Is(err, want) || errors.Is(err, call.ErrNotFound) {
				t.Errorf("%s: %v, %v", mode, out, err)
			}
		}
	}
}
