package form

import (
	"reflect"
	"testing"
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
