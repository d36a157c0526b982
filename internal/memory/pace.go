package memory

import (
	"runtime"
	"runtime/debug"
)

// Pace lets the collector run when the heap has grown by percent beyond what lives, as debug.SetGCPercent does, but not before it has
// floor bytes: of a server's memory little lives, and it would otherwise be collected dozens of times a second. What is collected later
// costs nothing more, and Rest gives it back. After each collection the pace is set anew by what lives then.
func Pace(percent int, floor uint64) {
	live := max(read("/gc/heap/live:bytes"), 1<<20)
	debug.SetGCPercent(max(percent, int(min(floor/(live/100), 10_000))-100)) //nolint:gosec // bounded in the same line
	runtime.SetFinalizer(&collected{new(byte)}, func(*collected) { Pace(percent, floor) })
}

// collected is found to be garbage by the next collection. It has a pointer, so that it shares its place with nothing that lives.
type collected struct{ _ *byte }
