package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"okno/internal/store"
	"okno/internal/store/storetest"
)

// What the bench measures is not judged here, only that the parts named here measure all they say: each on one engine, and on both with OKNO_ALL.
func TestTheBenchMeasuresHowPeopleComeIn(t *testing.T) {
	storetest.DSN(t, "postgres") // in CI its lack is a failure
	args := []string{"bench", "signin", "doors", "register", "standard", "session", "--slice=100ms", "--slices=1", "--people=40", "--dir=" + t.TempDir()}
	measures(t, store.SQLite, args, "sign-ins ÷ bare Argon2id, 4 at once", "CPU of a sign-in", "statements of a sign-in", "time of an answer at recovery", "registrations ÷ bare Argon2id, 32",
		"CPU of a registration to Standard", "session checks ÷ /healthz", "cabinet pages ÷ /healthz")
}

func TestTheBenchMeasuresCasesFormsAndManyAccounts(t *testing.T) {
	storetest.DSN(t, "postgres") // as above
	args := []string{"bench", "cases", "officers", "timers", "form", "scale", "--timers=120", "--hour=2s", "--slice=100ms", "--slices=1", "--people=40", "--accounts=1500", "--cases=1500", "--dir=" + t.TempDir()}
	measures(t, store.Postgres, args, "cases ÷ bare transactions", "CPU of a submission", "officer's desk with 1500 cases: three pages of burning", "officer's desk with 1500 cases: load",
		"120 timers due in 2s: lateness, p99", "120 timers due in 2s: held up",
		"form of 1000 fields, 500 rules and 120 rows: first page", "form of 1000 fields, 500 rules and 120 rows: check of a keystroke,", "form of 1000 fields, 500 rules and 120 rows: check of a keystroke among",
		"a sign-in with 1500 accounts", "a session check with 1500")
}

// The commands of a rotation, as an operator gives them, beside a portal with people in it.
func TestPeopleComeUnderNewKeysByTheCommands(t *testing.T) {
	storetest.DSN(t, "postgres") // as above
	args := []string{"bench", "reseal", "--slice=100ms", "--slices=1", "--people=40", "--keys=300", "--dir=" + t.TempDir()}
	measures(t, store.Postgres, args, "300 people under a new master key", "p99 of a session check while keys move", "p99 of a sign-in while keys move")
}

func TestTheBenchMeasuresHowManyAreTold(t *testing.T) {
	storetest.DSN(t, "postgres") // as above
	measures(t, store.SQLite, []string{"bench", "notices", "--slice=100ms", "--slices=1", "--people=40", "--dir=" + t.TempDir()}, "notices by the hundred ÷ bare transactions, 1 at once", "notices by the hundred ÷ bare transactions, 4 at once")
}

func measures(t *testing.T, on store.Engine, args []string, all ...string) {
	t.Helper()
	engines := []store.Engine{on}
	if os.Getenv("OKNO_ALL") != "" {
		engines = []store.Engine{store.SQLite, store.Postgres}
	} else {
		args = append(args, "--engine="+string(on))
	}
	out, err := okno(t, "", []string{storetest.Env + "=" + os.Getenv(storetest.Env)}, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, table, _ := strings.Cut(out, "measured")
	for _, what := range all {
		for _, engine := range engines {
			found := false
			for line := range strings.Lines(table) {
				found = found || strings.HasPrefix(line, what) && strings.Contains(line, string(engine))
			}
			if !found {
				t.Errorf("no line of %s on %s:\n%s", what, engine, table)
			}
		}
	}
}

// Lighthouse is played by a script that answers as it does: what it says of real pages is the bench's to measure.
func TestTheBenchShowsLighthouseThePagesOfAPerson(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "node_modules", ".bin")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	script := `#!/bin/sh
echo "$*" >>"` + dir + `/asked"
echo '{"finalDisplayedUrl": "'"$1"'", "categories": {"performance": {"score": 0.97}, "accessibility": {"score": 0.9, "auditRefs": [{"id": "contrast", "weight": 7}]},
	"best-practices": {"score": 1}}, "audits": {"contrast": {"title": "Contrast is low", "score": 0}}}'
`
	if err := os.WriteFile(filepath.Join(bin, "lighthouse"), []byte(script), 0o700); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	out, err := okno(t, "", []string{"CHROMIUM=sh"}, "bench", "lighthouse", "--lighthouse="+dir, "--dir="+t.TempDir())
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, page := range []string{"home", "catalogue", "service", "form", "case", "cabinet"} {
		for _, says := range []string{page + `: performance +97 +≥ 95 +met`, page + `: accessibility +90 +≥ 100 +MISSED .*Contrast is low`, page + `: best practices +100 +≥ 100 +met`} {
			if !regexp.MustCompile("(?m)^Lighthouse, " + says).MatchString(out) {
				t.Errorf("no line with %q:\n%s", says, out)
			}
		}
	}
	asked, err := os.ReadFile(filepath.Join(dir, "asked"))
	if err != nil {
		t.Fatal(err)
	}
	for what, n := range map[string]int{"okno_session=": 3, "/applications/": 1, "/cabinet ": 1, "/apply/": 1} {
		if got := strings.Count(string(asked), what); got != 5*n {
			t.Errorf("it was asked %d times with %q instead of %d:\n%s", got, what, 5*n, asked)
		}
	}
}
