package memory

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// What is allocated after Large lies where large pages were asked for, and asking takes no memory.
func TestTheHeapLiesInLargePagesWhereItWasAskedTo(t *testing.T) {
	const room = 256 << 20
	before := resident(t)
	Large(room)
	if after := resident(t); after > before+room/4 {
		t.Errorf("asking for large pages took %d bytes", after-before)
	}
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage/enabled"); err != nil {
		t.Logf("this system has no large pages: %v", err)
		return
	}
	work := make([]byte, room/8)
	if !slices.Contains(flags(t, fmt.Sprintf("%p", work)), "hg") {
		t.Errorf("%d bytes at %p lie in small pages", len(work), work)
	}
}

// resident is how many bytes of the program are in memory.
func resident(t *testing.T) (bytes int) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	var size, pages int
	if err == nil {
		_, err = fmt.Sscan(string(text), &size, &pages)
	}
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// flags are what the system notes of the mapping in which an address lies (proc_pid_smaps(5)).
func flags(t *testing.T, address string) []string {
	t.Helper()
	text, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	var at, from, to uint64
	if _, err := fmt.Sscanf(address, "0x%x", &at); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if flags, said := strings.CutPrefix(line, "VmFlags:"); said && from <= at && at < to {
			return strings.Fields(flags)
		}
		var a, b uint64
		if _, err := fmt.Sscanf(line, "%x-%x ", &a, &b); err == nil {
			from, to = a, b
		}
	}
	t.Fatalf("no mapping holds %s", address)
	return nil
}
