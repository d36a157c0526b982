package main

import (
	"os"
	"strings"
	"testing"

	"okno/internal/store/storetest"
)

// What the bench measures is not judged here, only that it measures all of it.
func TestTheBenchMeasuresHowPeopleComeInOnBothEngines(t *testing.T) {
	storetest.DSN(t, "postgres") // in CI its lack is a failure
	args := []string{"bench", "signin", "doors", "register", "standard", "session", "--slice=100ms", "--slices=1", "--people=40", "--dir=" + t.TempDir()}
	measures(t, args, "sign-ins ÷ bare Argon2id, 4 at once", "CPU of a sign-in", "statements of a sign-in", "time of an answer at recovery", "registrations ÷ bare Argon2id, 32",
		"CPU of a registration to Standard", "session checks ÷ /healthz", "cabinet pages ÷ /healthz")
}

func TestTheBenchMeasuresCasesFormsAndManyAccountsOnBothEngines(t *testing.T) {
	storetest.DSN(t, "postgres") // as above
	args := []string{"bench", "cases", "officers", "timers", "form", "scale", "--timers=120", "--hour=2s", "--slice=100ms", "--slices=1", "--people=40", "--accounts=1500", "--cases=1500", "--dir=" + t.TempDir()}
	measures(t, args, "cases ÷ bare transactions", "CPU of a submission", "officer's desk with 1500 cases: three pages of burning", "officer's desk with 1500 cases: load",
		"120 timers due in 2s: lateness, p99", "120 timers due in 2s: held up",
		"form of 1000 fields, 500 rules and 120 rows: first page", "form of 1000 fields, 500 rules and 120 rows: check of a keystroke,", "form of 1000 fields, 500 rules and 120 rows: check of a keystroke among",
		"a sign-in with 1500 accounts", "a session check with 1500")
}

// The commands of a rotation, as an operator gives them, beside a portal with people in it.
func TestPeopleComeUnderNewKeysByTheCommandsOnBothEngines(t *testing.T) {
	storetest.DSN(t, "postgres") // as above
	args := []string{"bench", "reseal", "--slice=100ms", "--slices=1", "--people=40", "--keys=300", "--dir=" + t.TempDir()}
	measures(t, args, "300 people under a new master key", "p99 of a session check while keys move", "p99 of a sign-in while keys move")
}

func TestTheBenchMeasuresHowManyAreToldOnBothEngines(t *testing.T) {
	storetest.DSN(t, "postgres") // as above
	measures(t, []string{"bench", "notices", "--slice=100ms", "--slices=1", "--people=40", "--dir=" + t.TempDir()}, "notices by the hundred ÷ bare transactions, 1 at once", "notices by the hundred ÷ bare transactions, 4 at once")
}

func measures(t *testing.T, args []string, all ...string) {
	t.Helper()
	out, err := okno(t, "", []string{storetest.Env + "=" + os.Getenv(storetest.Env)}, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, table, _ := strings.Cut(out, "measured")
	for _, what := range all {
		for _, engine := range []string{"sqlite", "postgres"} {
			found := false
			for line := range strings.Lines(table) {
				found = found || strings.HasPrefix(line, what) && strings.Contains(line, engine)
			}
			if !found {
				t.Errorf("no line of %s on %s:\n%s", what, engine, table)
			}
		}
	}
}
