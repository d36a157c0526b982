package application

import (
	"testing"
	"time"

	"okno/internal/form"
)

// A form that says which answers were read from a scan is the same form: its rules, its day and what the profile knows stay.
func TestAnswersReadFromAScanTakeNoRuleFromTheForm(t *testing.T) {
	f := form.Form{Pages: []form.Page{{ID: "a", Fields: []form.Field{{Pointer: "/a"}}}}, Demands: []form.Demand{{At: "/a"}},
		Known: map[string]string{"snils": "1"}, Today: form.Date{Year: 2026, Month: 3, Day: 1}}
	out := marked(f, map[string]time.Time{"/a": time.Now()})
	if out.Pages[0].Fields[0].Origin.Source != FromScan || f.Pages[0].Fields[0].Origin.Source == FromScan {
		t.Errorf("marked is %+v, and the form itself %+v", out.Pages, f.Pages)
	}
	if len(out.Demands) != 1 || out.Known["snils"] != "1" || out.Today != f.Today {
		t.Errorf("the form lost %+v", out)
	}
}
