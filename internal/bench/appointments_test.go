package bench

import (
	"testing"
	"time"
)

func TestARushIsJudgedByWhoWasThereFirst(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	for _, c := range []struct {
		name                 string
		all                  []tried
		won, doubled, unfair int
	}{
		{"the first has it", []tried{{at(0), at(1), true}, {at(2), at(3), false}}, 1, 0, 0},
		{"two at once: either may", []tried{{at(0), at(3), false}, {at(1), at(2), true}}, 1, 0, 0},
		{"one was turned away, and a later one has it", []tried{{at(0), at(1), false}, {at(2), at(3), true}}, 1, 0, 1},
		{"two have it", []tried{{at(0), at(1), true}, {at(0), at(1), true}}, 2, 1, 0},
	} {
		if won, doubled, unfair := judge(map[int][]tried{0: c.all}); won != c.won || doubled != c.doubled || unfair != c.unfair {
			t.Errorf("%s: %d, %d, %d", c.name, won, doubled, unfair)
		}
	}
}
