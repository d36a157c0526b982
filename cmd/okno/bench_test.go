package main

import (
	"os"
	"strings"
	"testing"

	"okno/internal/store/storetest"
)

// What the bench measures is not judged here, only that it measures all of it.
func TestTheBenchMeasuresEveryPartOnBothEngines(t *testing.T) {
	storetest.DSN(t, "postgres") // in CI its lack is a failure
	args := []string{"bench", "signin", "register", "standard", "session", "cases", "scale", "--slice=100ms", "--slices=1", "--people=40", "--accounts=1500", "--dir=" + t.TempDir()}
	out, err := okno(t, "", []string{storetest.Env + "=" + os.Getenv(storetest.Env)}, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, table, _ := strings.Cut(out, "measured")
	for _, what := range []string{"sign-ins ÷ bare Argon2id, 4 at once", "CPU of a sign-in", "statements of a sign-in", "registrations ÷ bare Argon2id, 32", "CPU of a registration to Standard", "session checks ÷ /healthz",
		"cabinet pages ÷ /healthz", "cases ÷ bare transactions", "CPU of a submission", "a sign-in with 1500 accounts", "a session check with 1500"} {
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
