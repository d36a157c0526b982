package roadtest

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
)

// Says is a register that answers every question with the same bytes: a transport for call.Config.
type Says []byte

// RoundTrip answers.
func (s Says) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req.Body.Close() //nolint:errcheck // nobody reads it
	}
	return &http.Response{StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Request: req,
		Body: io.NopCloser(strings.NewReader(string(s))), ContentLength: int64(len(s))}, nil
}

// Nonsense is what a register might answer instead of good: torn, with other types, with parts missing or doubled, with others' values
// in it, huge, and plain garbage. It is the same every time.
func Nonsense(good string, others ...any) [][]byte {
	r := rand.New(rand.NewPCG(20, 26)) //nolint:gosec // a test that can be repeated
	out := [][]byte{nil, []byte("null"), []byte("[]"), []byte("{}"), []byte("0"), []byte(`"OK"`), {0, 0xff, 0xfe}, []byte("<html></html>"), []byte(good + good),
		[]byte(strings.Repeat("[", 20_000)), []byte(`{"a":` + strings.Repeat("9", 200_000) + `}`), []byte(good + strings.Repeat(" ", 2<<20))}
	for range 40 {
		out = append(out, []byte(good[:r.IntN(len(good))]))
	}
	for range 40 { // a bit turned
		b := []byte(good)
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		out = append(out, b)
	}
	values := []any{nil, true, -1, 1e300, "", "VALID", "OK", "MVD-000", []any{}, map[string]any{}, strings.Repeat("я", 5000)}
	values = append(values, others...)
	for range 600 {
		var tree any
		if json.Unmarshal([]byte(good), &tree) != nil {
			panic("roadtest: what is called good is no JSON")
		}
		for range 1 + r.IntN(3) {
			tree = spoil(r, tree, values)
		}
		b, err := json.Marshal(tree)
		if err != nil {
			panic(fmt.Sprintf("roadtest: %v", err))
		}
		out = append(out, b)
	}
	return out
}

// spoil changes one place of a tree.
func spoil(r *rand.Rand, tree any, values []any) any {
	switch x := tree.(type) {
	case map[string]any:
		if len(x) == 0 {
			return values[r.IntN(len(values))]
		}
		keys := make([]string, 0, len(x))
		for k := range x {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		k := keys[r.IntN(len(keys))]
		switch r.IntN(5) {
		case 0:
			delete(x, k)
		case 1:
			x[k] = values[r.IntN(len(values))]
		default:
			x[k] = spoil(r, x[k], values)
		}
		return x
	case []any:
		if len(x) == 0 || r.IntN(3) == 0 {
			return append(x, values[r.IntN(len(values))])
		}
		i := r.IntN(len(x))
		x[i] = spoil(r, x[i], values)
		return x
	}
	return values[r.IntN(len(values))]
}
