package application

import (
	"fmt"
	"testing"
)

func keystroke(t *touches, version int64, pointer, tab string, was any) {
	t.fresh, t.read = nil, nil
	t.note(pointer, touch{at: version, tab: tab, was: digest(was)})
	t.log = t.written()
}

func TestWhatStoodThereWhenAPageWasMadeIsKnownAlsoAfterManyKeystrokes(t *testing.T) {
	var one touches
	for v, typed := range []string{"", "a", "ab", "abc", "abcd"} {
		keystroke(&one, int64(v+1), "/name", "A", typed)
	}
	for seen, was := range map[int64]string{1: "a", 2: "ab", 4: "abcd"} {
		if got, ok := one.since("/name", seen); !ok || got.was != digest(was) || got.tab != "A" || got.at != 5 {
			t.Errorf("since %d: %+v, %v", seen, got, ok)
		}
	}
	if got, ok := one.since("/name", 5); ok {
		t.Errorf("nothing was changed after the last version: %+v", got)
	}
	if got, ok := one.since("/other", 0); ok {
		t.Errorf("nobody has changed it: %+v", got)
	}
}

func TestALogOfChangesStaysSmallHoweverLongSomebodyTypes(t *testing.T) {
	var one touches
	longest := 0
	for v := range 5000 {
		keystroke(&one, int64(v+1), fmt.Sprintf("/field%d", v%7), "A", v)
		longest = max(longest, len(one.log))
	}
	if longest > 2*untidy {
		t.Errorf("it grows to %d bytes", longest)
	}
	if got, ok := one.since("/field3", 4000); !ok || got.at < 4990 {
		t.Errorf("the last change is lost: %+v, %v", got, ok)
	}
	keystroke(&one, 6000, "/field3", "B", "x")
	if got, _ := one.since("/field3", 5999); got.tab != "B" || got.was != digest("x") {
		t.Errorf("another page's change: %+v", got)
	}
}

func TestChangesThatWereStoredAsAnObjectAreStillRead(t *testing.T) {
	one := touches{log: []byte(`{"/name":{"version":3,"tab":"A","was":"old"}}`)}
	if got, ok := one.since("/name", 2); !ok || got != (touch{at: 3, tab: "A", was: digest("old")}) {
		t.Errorf("%+v, %v", got, ok)
	}
	keystroke(&one, 4, "/town", "B", nil)
	if got, ok := one.since("/name", 2); !ok || got.was != digest("old") {
		t.Errorf("after another change: %+v, %v", got, ok)
	}
}
