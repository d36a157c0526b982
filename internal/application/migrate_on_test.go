package application

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"okno/internal/catalogue"
	"okno/internal/procedure"
)

// What was asked for more of, and a deadline that stands still meanwhile, go along under the new names.
func TestADeadlineThatStandsStillGoesAlongUnderTheStatesNewName(t *testing.T) {
	compile := func(oldnew ...string) *procedure.Definition {
		files, err := catalogue.BuiltIn()
		if err != nil {
			t.Fatal(err)
		}
		src, err := fs.ReadFile(files, "property-extract.yaml")
		if err != nil {
			t.Fatal(err)
		}
		text := string(src)
		for i := 0; i < len(oldnew); i += 2 {
			text = strings.ReplaceAll(text, oldnew[i], oldnew[i+1])
		}
		d, err := procedure.Compile("extract.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	state := []string{"    in-work:\n      turn", "    review:\n      renamedFrom: was\n      turn", "in-work", "review", "renamedFrom: was\n", "renamedFrom: in-work\n"}
	answer := []string{"        purpose: {type", "        reason: {type", "  /property/purpose:\n", "  /property/reason:\n    renamedFrom: /was\n", "/property/purpose", "/property/reason", "/was\n", "/property/purpose\n"}
	due := time.Date(2026, 12, 1, 20, 59, 59, 0, time.UTC)
	c := Case{Def: compile(), State: "submitted", Turn: procedure.TurnAgency, Content: Content{
		Stopped: &procedure.Stopped{State: "in-work", Due: due, At: due.Add(-time.Hour)}, Open: []string{"/property/purpose", "/extract/kind"}, Scanned: map[string]time.Time{"/property/purpose": due},
		Disputes: map[string]Dispute{"/property/purpose": {Claim: "Иначе"}}}}
	next, _ := c.on(compile(append(state, answer...)...), time.UTC, nil, due)
	if s := next.Content.Stopped; s == nil || s.State != "review" || !s.Due.Equal(due) || c.Content.Stopped.State != "in-work" {
		t.Errorf("stopped: %+v", s)
	}
	if o := next.Content.Open; len(o) != 2 || o[0] != "/property/reason" || o[1] != "/extract/kind" || !next.Content.Scanned["/property/reason"].Equal(due) {
		t.Errorf("open %v, scanned %v", o, next.Content.Scanned)
	}
	if x := next.Content.Disputes; len(x) != 1 || x["/property/reason"].Claim != "Иначе" || len(c.Content.Disputes) != 1 {
		t.Errorf("disputed: %v", x)
	}
	_, why := c.on(compile("in-work", "review"), time.UTC, nil, due)
	if !strings.Contains(strings.Join(why, "\n"), "the state in-work, whose deadline stands still, is not in this version") {
		t.Errorf("why: %q", why)
	}
}
