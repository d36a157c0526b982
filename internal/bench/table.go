package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// row is one line of the table.
type row struct {
	what   string
	engine string
	value  string
	goal   string
	met    bool
	note   string
}

// atLeast and atMost say what a measured value ought to be.
func atLeast(v, goal float64) (string, bool) { return fmt.Sprintf("≥ %g", goal), v >= goal }
func atMost(v, goal float64) (string, bool)  { return fmt.Sprintf("≤ %g", goal), v <= goal }

// print writes the table and how many goals were met.
func print(out io.Writer, rows []row) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "what\tengine\tmeasured\tgoal\t\t")
	fmt.Fprintln(w, "----\t------\t--------\t----\t\t")
	goals, met := 0, 0
	for _, r := range rows {
		verdict := ""
		if r.goal != "" {
			goals++
			verdict = "MISSED"
			if r.met {
				met++
				verdict = "met"
			}
		}
		fmt.Fprintln(w, strings.Join([]string{r.what, r.engine, r.value, r.goal, verdict, r.note}, "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%d of %d goals met.\n", met, goals)
	return err
}
