package property

import (
	"errors"
	"testing"
	"time"

	"okno/internal/connector/call"
	"okno/internal/connector/roadtest"
	"okno/internal/sandbox"
)

// each runs body with the register by each road.
func each(t *testing.T, body func(t *testing.T, w *sandbox.World, r *Extract, people []sandbox.Resident)) {
	t.Helper()
	roadtest.Each(t, "property", sandbox.Config{}, func(t *testing.T, w *sandbox.World, conf call.Config) {
		r, err := New(conf)
		if err != nil {
			t.Fatal(err)
		}
		body(t, w, r, w.People())
	})
}

func input(p sandbox.Resident) map[string]any {
	return map[string]any{"surname": p.Surname, "given_name": p.GivenName, "patronymic": p.Patronymic, "birth_date": p.BirthDate, "snils": p.SNILS}
}

func TestExtract(t *testing.T) {
	each(t, func(t *testing.T, _ *sandbox.World, e *Extract, people []sandbox.Resident) {
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
	})
}

func TestRefusals(t *testing.T) {
	each(t, func(t *testing.T, _ *sandbox.World, e *Extract, people []sandbox.Resident) {
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
	})
}

func TestWhenTheRegisterIsUnwell(t *testing.T) {
	each(t, func(t *testing.T, w *sandbox.World, e *Extract, people []sandbox.Resident) {
		roadtest.WhenUnwell(t, w, "property", func() error {
			_, err := e.Call(t.Context(), input(people[0]))
			return err
		})
	})
}
