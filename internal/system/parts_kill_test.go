package system

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/document"
	"okno/internal/procedure"
	"okno/internal/store"
)

// TestApplicationsForSeveralServicesSurviveKillsAtEveryStep has the portal killed again and again while it carries applications of two
// parts on, of which a third succeed, a third are taken back, and of a third the first part stays (SRV-8). Officers act from another
// process. In the end each has both parts, once, and ends as its parts say.
func TestApplicationsForSeveralServicesSurviveKillsAtEveryStep(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		ctx := t.Context()
		s := demoSettings(t, engine)
		var err error
		if s.Services, err = filepath.Abs("systemtest/services"); err != nil {
			t.Fatal(err)
		}
		office := s // has the same data, and does no jobs
		office.Addr = "127.0.0.1:0"
		x, err := New(ctx, office, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := x.Close(); err != nil {
				t.Error(err)
			}
		})
		known, err := x.Known()
		if err != nil {
			t.Fatal(err)
		}
		who := access.Actor{Kind: access.Person, ID: known.People[0].ID, Level: access.Confirmed}
		p := spawn(t, s)
		ends := []procedure.State{"done", "sorry", "half"}
		var wholes []string
		for range 9 {
			wholes = append(wholes, toTheFair(t, x, who))
		}
		open := func() (n int) {
			t.Helper()
			for i, id := range wholes {
				c, err := x.Applications.Get(ctx, who, id)
				if err != nil {
					t.Fatal(err)
				}
				if c.Outcome != "" {
					continue
				}
				n++
				parts, err := x.Applications.Parts(ctx, x.DB, who, c)
				if err != nil {
					t.Fatal(err)
				}
				for _, part := range parts {
					if part.Case != nil && part.Case.Turn == procedure.TurnAgency {
						decideAtTheFair(t, x, *part.Case, ends[i%len(ends)])
					}
				}
			}
			return n
		}
		kills := 0
		for end := time.Now().Add(2 * time.Minute); open() > 0; {
			if time.Now().After(end) {
				t.Fatalf("%d are still on their way after %d kills", open(), kills)
			}
			time.Sleep(time.Duration(20+rand.IntN(500)) * time.Millisecond) //nolint:gosec // any moment
			if kills < 6 {
				kills++
				if err := p.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				p.Wait() //nolint:errcheck // it was killed
				p = spawn(t, s)
			}
		}
		t.Logf("%d applications, %d kills", len(wholes), kills)
		for i, id := range wholes {
			if said := lookAtTheFair(t, x, who, id, ends[i%len(ends)]); said != "" {
				t.Errorf("application %d: %s", i, said)
			}
		}
		p.Process.Signal(syscall.SIGTERM) //nolint:errcheck // Wait tells
		if err := p.Wait(); err != nil {
			t.Errorf("it does not stop gracefully: %v", err)
		}
	})
}

func toTheFair(t *testing.T, x *System, who access.Actor) string {
	t.Helper()
	d, err := x.Applications.Begin(t.Context(), who, "town.fair")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"fair", "tent"} {
		if _, err := x.Applications.SavePage(t.Context(), who, "town.fair", page, map[string][]string{"reason": {"songs"}, "tent": {"true"}, "size": {"3"}}); err != nil {
			t.Fatal(err)
		}
	}
	c, err := x.Applications.Submit(t.Context(), who, "town.fair", d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

// decideAtTheFair does what leads the whole to that end.
func decideAtTheFair(t *testing.T, x *System, part application.Case, end procedure.State) {
	t.Helper()
	act := application.Act{Event: "approve"}
	switch {
	case part.State == "recalling" && end == "sorry":
		act.Event = "recall"
	case part.State == "recalling":
		act.Event = "keep"
	case part.Part == "tent" && end != "done":
		act = application.Act{Event: "refuse", Reason: "full", Advice: "Come in spring"}
	}
	officer := access.Actor{Kind: access.Staff, ID: "officer-one", Role: access.Officer, Unit: part.Unit}
	if _, err := x.Applications.Do(t.Context(), officer, part.ID, act); err != nil && !errors.Is(err, application.ErrMoved) {
		t.Fatalf("%s of %s: %v", act.Event, part.Service, err)
	}
}

// lookAtTheFair says what does not fit together in a case that has ended.
func lookAtTheFair(t *testing.T, x *System, who access.Actor, id string, end procedure.State) string {
	t.Helper()
	c, err := x.Applications.Get(t.Context(), who, id)
	if err != nil {
		t.Fatal(err)
	}
	road := map[procedure.State][]procedure.State{"done": {"passing", "pitching", "done"}, "sorry": {"passing", "pitching", "undoing", "sorry"}, "half": {"passing", "pitching", "undoing", "half"}}[end]
	var went []procedure.State
	for _, e := range c.Events {
		went = append(went, e.State)
	}
	if !slices.Equal(went, road) {
		return fmt.Sprintf("it went %v", went)
	}
	parts, err := x.Applications.Parts(t.Context(), x.DB, who, c)
	if err != nil {
		t.Fatal(err)
	}
	want := map[procedure.State][2]procedure.State{"done": {"given", "given"}, "sorry": {"recalled", "refused"}, "half": {"stands", "refused"}}[end]
	var rows int
	if err := x.DB.QueryRow(t.Context(), `SELECT count(*) FROM application WHERE parent = $1`, id).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	if rows != 2 || parts[0].Case == nil || parts[1].Case == nil || parts[0].Case.State != want[0] || parts[1].Case.State != want[1] {
		return fmt.Sprintf("its %d parts are %+v", rows, parts)
	}
	papers, err := x.Papers.OfCase(t.Context(), x.DB, who.ID, parts[0].Case.ID)
	if err != nil {
		t.Fatal(err)
	}
	if state := map[procedure.State]document.State{"done": document.Valid, "sorry": document.Revoked, "half": document.Valid}[end]; len(papers) != 1 || papers[0].State != state {
		return fmt.Sprintf("its paper: %+v", papers)
	}
	return ""
}
