package property

import (
	"testing"

	"okno/internal/connector/call"
	"okno/internal/connector/roadtest"
)

const good = `{"requestNumber":"EGR-1","status":"OK","code":"EGR-000","snils":"11223344595","asOf":"2026-11-19","objects":[{"cadastralNumber":"77:01:0001001:1","kind":"flat","address":"г. Москва","area":"45.1","right":"собственность","share":"1/2","rightNumber":"77-1","since":"2015-01-02"}]}`

// Whatever the register talks, nobody reads an extract of another, or one without an object.
func FuzzNonsenseIsNeverAnExtractOfAnothers(f *testing.F) {
	for _, body := range roadtest.Nonsense(good, "11223344596", "EGR-501", "NOT_FOUND", "DIFFERS") {
		f.Add(body)
	}
	f.Add([]byte(good))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := New(call.Config{URL: "http://property.example", Transport: roadtest.Says(body), Limits: call.Limits{Failures: 1 << 30}})
		if err != nil {
			t.Fatal(err)
		}
		out, err := e.Call(t.Context(), map[string]any{"snils": "112-233-445 95", "surname": "Проверкина"})
		if err != nil {
			if out != nil {
				t.Errorf("an error, and an extract: %v", out)
			}
			return
		}
		objects, _ := out["objects"].([]any)
		if len(objects) == 0 {
			t.Errorf("an extract of nothing: %v", out)
		}
		for _, o := range objects {
			if o.(map[string]any)["cadastral_number"] == "" { //nolint:forcetypeassert // a test
				t.Errorf("an object without a number: %v", out)
			}
		}
		if out, err := e.Call(t.Context(), map[string]any{"snils": "112-233-445 96", "surname": "Чужая"}); err == nil {
			t.Errorf("the same answer serves another: %v", out)
		}
	})
}
