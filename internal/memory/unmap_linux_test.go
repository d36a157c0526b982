package memory

import (
	"strings"
	"testing"
	"unicode"
)

// What the program was is let go of, and what it needs of that comes back.
func TestPagesThatOnlyThePastNeededAreHandedBack(t *testing.T) {
	mapped := func() (kB int) {
		for _, m := range own() {
			if !m.writable {
				kB += m.here
			}
		}
		return kB
	}
	use := func() (n int) {
		for r := rune(0); r < unicode.MaxRune; r++ {
			if unicode.In(r, unicode.Cyrillic, unicode.Han, unicode.Letter) && strings.ContainsRune(strings.ToUpper(string(r)), r) {
				n++
			}
		}
		return n
	}
	found := use()
	before := mapped()
	Release()
	after := mapped()
	if before == 0 || after >= before {
		t.Errorf("of %d kB of the program %d kB are mapped when they were handed back", before, after)
	}
	if again := use(); again != found {
		t.Errorf("then %d letters are found, before %d", again, found)
	}
}
