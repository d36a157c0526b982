package agency

import "testing"

// OPS-2: a key stays where hands know it, is given once, and none of it is another thing's at a desk.
func TestEveryActionHasAKeyOfItsOwn(t *testing.T) {
	list := []actionView{{Event: "approve"}, {Event: "ask", Advice: true}, {Event: "refuse", Advice: true}, {Event: "release"}, {Event: "take"}, {Event: "accept"}, {Event: "jack", Advice: true}, {Event: "note"}}
	shortcuts(list)
	for i, want := range []string{"a", "s", "e", "r", "t", "", "", ""} {
		if got := list[i].Key; got != want {
			t.Errorf("%s has the key %q, not %q", list[i].Event, got, want)
		}
	}
}
