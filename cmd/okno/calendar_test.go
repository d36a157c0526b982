package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okno/internal/store"
)

func TestADecreeIsCheckedPutListedAndTakenBack(t *testing.T) {
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		env, _, _ := install(t, engine, free(t))
		file := filepath.Join(t.TempDir(), "2027.yaml")
		write := func(text string) {
			t.Helper()
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		run := func(exit int, want string, args ...string) {
			t.Helper()
			out, err := okno(t, "", env, append([]string{"calendar"}, args...)...)
			if code(t, err) != exit || !strings.Contains(out, want) {
				t.Errorf("%v ends with %d and says %q; want %d and %q", args, code(t, err), out, exit, want)
			}
		}
		write("year: 2027\nsource: Decree 1\noff: [2027-02-30]\n")
		run(1, "2027.yaml:3:7: off: \"2027-02-30\" is not a day", "check", file)
		run(1, "2027.yaml:3:7", "put", file)
		write("year: 2027\nsource: Decree 1\noff: [2027-02-22, 2027-05-03, 2027-05-10, 2027-06-14]\nwork: [2027-02-20]\n")
		run(0, "2027: 249 working days, by Decree 1", "check", file)
		run(0, "2027: 249 working days, by Decree 1: in force", "put", "--by=anna", file)
		run(0, "in force already", "put", file)
		run(0, "anna", "list")
		run(0, "2027: Decree 1", "list")
		run(0, "2027: nothing is known of it now", "remove", "2027")
		run(1, "the year was not put", "remove", "2027")
		run(0, "2027: taken back", "list")
	}
}
