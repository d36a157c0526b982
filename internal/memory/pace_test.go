package memory

import (
	"runtime"
	"testing"
	"time"
)

// A small heap is collected late, and one of which much lives as often as was said.
func TestTheCollectorKeepsPace(t *testing.T) {
	const floor = 96 << 20
	Pace(200, floor)
	waitFor := func(what string, right func(percent uint64) bool) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			runtime.GC()
			if right(read("/gc/gogc:percent")) {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%s: %d %% of %d bytes that live", what, read("/gc/gogc:percent"), read("/gc/heap/live:bytes"))
			}
		}
	}
	small := func(percent uint64) bool { return percent > 400 }
	waitFor("with a small heap", small)
	kept := make([][]byte, 128)
	for i := range kept {
		kept[i] = make([]byte, 1<<20)
	}
	waitFor("while much lives", func(percent uint64) bool { return percent == 200 })
	runtime.KeepAlive(kept)
	waitFor("when little lives again", small)
}
