package memory

import (
	"testing"
	"time"
)

// A program at rest holds no heap that only its work needed; while it works it is left alone.
func TestWhatWorkNeededIsGivenBackAtRest(t *testing.T) {
	const work = 64 << 20
	busy := make([]byte, work)
	for i := range busy {
		busy[i] = 1
	}
	before := read("/memory/classes/heap/released:bytes")
	if busy[work-1] != 1 {
		t.Fatal("it was not used")
	}
	go Rest(t.Context(), 10*time.Millisecond, 1<<20)
	for end := time.Now().Add(20 * time.Second); read("/memory/classes/heap/released:bytes") < before+work/2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d bytes are with the system, and %d were before the work of %d ended", read("/memory/classes/heap/released:bytes"), before, work)
		}
	}
}

func TestWhoWorksIsLeftAlone(t *testing.T) {
	cycles := func() uint64 { return read("/gc/cycles/forced:gc-cycles") }
	go Rest(t.Context(), 50*time.Millisecond, 1<<20)
	before := cycles()
	var kept []byte
	for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		kept = make([]byte, 1<<20)
	}
	if n := cycles() - before; n > 1 { // a machine that stood still for a while looks like rest
		t.Fatalf("memory was given back %d times while the program worked, and holds %d bytes", n, len(kept))
	}
}
