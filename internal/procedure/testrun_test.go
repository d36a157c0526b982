package procedure

import (
	"strings"
	"testing"
)

func TestEachTestOfAFileIsToldOfByItsName(t *testing.T) {
	d, ran, err := Tests("good.yaml", []byte(goodSource(t)))
	if err != nil || d == nil || len(ran) != 6 {
		t.Fatalf("%d tests, %v", len(ran), err)
	}
	for i, name := range []string{"an oak", "a fir without a height", "planted", "full", "refused", "gave up"} {
		if ran[i].Name != name || !ran[i].Passed() || ran[i].Line == 0 || i > 0 && ran[i].Line <= ran[i-1].Line {
			t.Errorf("test %d: %+v", i, ran[i])
		}
	}
	spoiled := strings.Replace(goodSource(t), "wrong: [/height]", "wrong: [/year]", 1)
	d, ran, err = Tests("spoiled.yaml", []byte(spoiled))
	if err == nil || d != nil || len(ran) != 6 {
		t.Fatalf("%d tests, %v, %v", len(ran), d, err)
	}
	for i, x := range ran {
		if x.Passed() == (i == 1) {
			t.Errorf("%s: passed %v", x.Name, x.Passed())
		}
	}
	if says := ran[1].Wrong.Error(); !strings.Contains(says, "expects complaints about /year, but they are about /height") {
		t.Errorf("it says %q", says)
	}
	if _, ran, err := Tests("broken.yaml", []byte(strings.Replace(spoiled, "slug:", "slag:", 1))); err == nil || len(ran) != 0 {
		t.Errorf("tests of a file that does not compile ran: %v %v", ran, err)
	}
}
