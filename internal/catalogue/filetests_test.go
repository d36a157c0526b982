package catalogue

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"okno/internal/access"
	"okno/internal/procedure"
)

// What a service promises by the calendar and whom it lets in is shown by tests in its own file: the clock passes over each deadline, and
// those who may not apply are turned away.
func TestEachServiceTestsItsDeadlinesByTheClockAndWhoMayApply(t *testing.T) {
	files, err := filepath.Glob("services/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no services: %v", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, ran, err := procedure.Tests(file, src)
		if err != nil {
			t.Fatal(err)
		}
		if !d.Online() {
			continue
		}
		var over []procedure.State
		var away []string
		var acted []access.Capacity
		for _, x := range ran {
			over = append(over, x.Overdue...)
			if away = append(away, x.TurnedAway); x.TurnedAway == "" {
				acted = append(acted, x.For)
			}
		}
		for _, step := range d.Steps() {
			if !step.Deadline.IsZero() && !slices.Contains(over, step.State) {
				t.Errorf("%s: no test lets the deadline of %s pass (wait, at)", file, step.State)
			}
		}
		if d.Level != access.Simplified && !slices.Contains(away, "level") {
			t.Errorf("%s: no test is of somebody whose level is too low (turnedAway: level)", file)
		}
		for _, as := range access.Capacities() {
			if d.Acts(as) && !slices.Contains(acted, as) {
				t.Errorf("%s: no test is of somebody who applies as %s", file, as)
			}
			if !d.Acts(as) && !slices.Contains(away, "acting") {
				t.Errorf("%s: no test is of somebody who is turned away as %s", file, as)
			}
		}
	}
}
