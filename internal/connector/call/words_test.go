package call

import (
	"encoding/json"
	"maps"
	"testing"
)

func TestKopecks(t *testing.T) {
	for in, want := range map[string]Kopecks{"0": 0, "1": 100, "0.01": 1, "12345.67": 1234567, "999999999999999.99": 99999999999999999} {
		var k Kopecks
		if err := k.UnmarshalText([]byte(in)); err != nil || k != want {
			t.Errorf("%s: %d, %v", in, k, err)
		}
	}
	for _, in := range []string{"", "-1", "1.5", "1.234", "1,00", "1e3", " 1", "1.00 ", "99999999999999999999", "\u0661"} {
		var k Kopecks
		if k.UnmarshalText([]byte(in)) == nil {
			t.Errorf("%q is %d", in, k)
		}
	}
	var s struct{ Sum Kopecks }
	if json.Unmarshal([]byte(`{"Sum":12.5}`), &s) == nil {
		t.Error("a JSON number was taken for a sum")
	}
}

func FuzzKopecks(f *testing.F) {
	f.Add("12345.67")
	f.Fuzz(func(t *testing.T, s string) {
		var k Kopecks
		if k.UnmarshalText([]byte(s)) == nil && k < 0 {
			t.Errorf("%q is %d", s, k)
		}
	})
}

func TestInt(t *testing.T) {
	for _, v := range []any{2025, int64(2025), 2025.0, "2025", " 2025 "} {
		if n, err := Int(map[string]any{"year": v}, "year"); err != nil || n != 2025 {
			t.Errorf("%T: %d, %v", v, n, err)
		}
	}
	for _, v := range []any{nil, 2025.5, "next", true, []any{2025}} {
		if n, err := Int(map[string]any{"year": v}, "year"); err == nil {
			t.Errorf("%v: %d", v, n)
		}
	}
}

func TestWords(t *testing.T) {
	for s, want := range map[string]bool{"MVD-000": true, "FNS-401": true, "mvd-000": false, "MVD-0": false, "MVD-000\n": false, "": false, "X-000": false} {
		if Code(s) != want {
			t.Errorf("code %q: %t", s, !want)
		}
	}
	for s, want := range map[string]bool{"MVD-20261122-000001": true, "": false, "a b": false, "<script>": false, "x\n": false} {
		if Word(s) != want {
			t.Errorf("word %q: %t", s, !want)
		}
	}
	if got := Digits(" 900-123 45\u00a0x"); got != "90012345" {
		t.Errorf("digits %q", got)
	}
	got := Rename(map[string]bool{"fam": true, "im": false, "odd": true}, map[string]string{"fam": "surname", "im": "given_name"})
	if !maps.Equal(got, map[string]bool{"surname": true, "given_name": false}) {
		t.Errorf("renamed %v", got)
	}
}
