package form

import (
	"encoding/json"
	"reflect"
	"strconv"
	"testing"

	fast "github.com/go-json-experiment/json"
)

// What was read before stays as it was: a page that was made of it is still being shown.
func TestWhatIsTypedLeavesTheEarlierAnswersAlone(t *testing.T) {
	f := Form{Pages: []Page{{ID: "a", Fields: []Field{
		{Pointer: "/who/name", Name: "who.name", Type: TypeText}, {Pointer: "/who/town", Name: "who.town", Type: TypeText}, {Pointer: "/only/one", Name: "only.one", Type: TypeText}}}}}
	before := Answers{"who": map[string]any{"name": "Anna", "town": "Tver"}, "only": map[string]any{"one": "x"}}
	after := f.Parse(map[string][]string{"who.name": {"Vera"}, "who.town": {"Pskov"}, "only.one": {""}}, before)
	if want := (Answers{"who": map[string]any{"name": "Vera", "town": "Pskov"}}); !reflect.DeepEqual(after, want) {
		t.Errorf("it reads %v", after)
	}
	if want := (Answers{"who": map[string]any{"name": "Anna", "town": "Tver"}, "only": map[string]any{"one": "x"}}); !reflect.DeepEqual(before, want) {
		t.Errorf("the earlier answers became %v", before)
	}
}

func TestAPageAskedForAloneIsTheOneAmongAll(t *testing.T) {
	f := Form{Pages: []Page{{ID: "says"}, {ID: "asks", Fields: []Field{{Pointer: "/a", Name: "a", Type: TypeText}}}}}
	for _, want := range f.Asked(nil) {
		if p, ok := f.AskedPage(want.ID, nil); !ok || !reflect.DeepEqual(p, want) {
			t.Errorf("%s is %+v, %v", want.ID, p, ok)
		}
	}
	if _, ok := f.AskedPage("none", nil); ok {
		t.Error("there is a page that is not there")
	}
}

// A digest of an answer must be what it was before: pages that are open while the program is replaced compare with it.
func TestTheTextOfAnAnswerIsThatOfEncodingJSON(t *testing.T) {
	for _, v := range []any{nil, "", "a<b>&c \u2028 \"q\" \\ \n é", 1.0, 1e21, 1e-7, 0.1, -3.5, 123456789012.0, true,
		[]any{map[string]any{"b": 1.0, "a": "x", "c": []any{}}, "z"}, map[string]any{}} {
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if got := Canonical(v); string(got) != string(want) {
			t.Errorf("%v is %s, and was %s", v, got, want)
		}
	}
}

func TestAnswersAreWrittenAndReadAsTheyWere(t *testing.T) {
	for _, a := range []Answers{{}, {"a": "x\xff<&>\u2028", "n": 1e21, "yes": true, "who": map[string]any{"b": "", "rows": []any{map[string]any{"c": 0.5}, map[string]any{}}}}} {
		b, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		old, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var want Answers
		if err := json.Unmarshal(old, &want); err != nil {
			t.Fatal(err)
		}
		for _, stored := range [][]byte{b, old} {
			if got, err := Decode(stored); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s is read as %v, %v", stored, got, err)
			}
		}
	}
	for _, bad := range []string{"", "[]", "3", `{"a":`, `{"a":1}x`} {
		if a, err := Decode([]byte(bad)); err == nil {
			t.Errorf("%q is read as %v", bad, a)
		}
	}
	if a, err := Decode([]byte("null")); err != nil || len(a) > 0 {
		t.Errorf("nothing is read as %v, %v", a, err)
	}
}

// What is read quickly is what the library reads; where it may not be, the library has the word.
func FuzzAnswersAreReadQuicklyAsTheLibraryReadsThem(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":"x","b":[{"c":1.5,"d":true},{"e":null}],"f":{"g":""},"h":[]}`, `{"a":1,"a":2}`, `{"a":"\u00e9\n\ud83d\ude00\"\\"}`, `{"a":"é\ud800"}`, `{"n":-0}`,
		`{"n":0}`, `{"n":01}`, `{"n":1e400}`, `{"n":123456789012345}`, `{"n":1234567890123456}`, `{"n":-1.5e-7}`, `{"n":+1}`, `{"n":}`, `{"a":"\`, `{"a":"` + "\x01" + `"}`, `{"a":"` + "\xff" + `"}`, `{"a" :1}`, `{"a":tru}`, `{"a":1,}`, `{"a":[1,]}`,
		`{"a":1}{`, `[]`, `null`, `{"\u0061":1,"a":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, stored []byte) {
		got, ok := quickly(stored)
		if !ok {
			return
		}
		var want any
		if err := fast.Unmarshal(stored, &want, asStored); err != nil {
			t.Fatalf("%q is read, and is a mistake: %v", stored, err)
		}
		if !reflect.DeepEqual(any(map[string]any(got)), want) {
			t.Fatalf("%q is read as %v, and is %v", stored, got, want)
		}
	})
}

func TestAnswersThatWereWrittenAreReadQuickly(t *testing.T) {
	a := Answers{"a": "x", "n": 5.0, "half": -0.5, "yes": true, "who": map[string]any{"b": "«ё» \"q\"\n", "rows": []any{map[string]any{"c": 1e21}}}}
	b, err := a.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := quickly(b); !ok || !reflect.DeepEqual(got, a) {
		t.Errorf("%s is read as %v, %v", b, got, ok)
	}
}

func BenchmarkAnswersAreRead(b *testing.B) {
	a := Answers{}
	for i := range 1000 {
		a["p01_f"+strconv.Itoa(i)] = []any{"Answer", float64(1000 + i)}[i%2]
	}
	stored, err := a.Encode()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Decode(stored); err != nil {
			b.Fatal(err)
		}
	}
}

func TestValuesAreTheSameOrNot(t *testing.T) {
	rows := func() any { return []any{map[string]any{"a": 1.0, "b": map[string]any{"c": "x"}}} }
	other := []any{map[string]any{"a": 1.0, "b": map[string]any{"c": "y"}}}
	for _, c := range []struct {
		a, b any
		want bool
	}{{nil, nil, true}, {"", nil, false}, {"a", "a", true}, {1.0, 1.0, true}, {1.0, "1", false}, {true, false, false}, {rows(), rows(), true}, {rows(), other, false},
		{rows(), nil, false}, {nil, rows(), false}, {"a", map[string]any{}, false}, {map[string]any{"a": nil}, map[string]any{"b": nil}, false}} {
		if Same(c.a, c.b) != c.want || Same(c.b, c.a) != c.want {
			t.Errorf("%v and %v", c.a, c.b)
		}
	}
}
