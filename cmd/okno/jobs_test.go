package main

import (
	"strings"
	"testing"

	"okno/internal/store"
)

func TestWorkThatHasGivenUpIsListedAndLetRunAgain(t *testing.T) {
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			env, _, dsn := install(t, engine, free(t))
			if out, err := okno(t, "", env, "jobs", "list"); err != nil || !strings.Contains(out, "no job has given up") {
				t.Errorf("okno jobs list: %v: %s", err, out)
			}
			db, err := store.Open(t.Context(), dsn, store.Options{MaxConns: 2})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close() //nolint:errcheck // a test's
			failed := `{"at":"2026-11-18T11:02:00Z","attempt":3,"error":"no gateway","trace":""}`
			args, tags := `'{"notice":"n","channel":"phone"}'`, `'[]'`
			if engine == store.Postgres {
				failed, tags = `ARRAY['`+failed+`'::jsonb]`, `'{}'`
			} else {
				failed, args, tags = `jsonb('[`+failed+`]')`, `jsonb(`+args+`)`, `jsonb(`+tags+`)`
			}
			for _, kind := range []string{"test.one", "test.two", "test.two"} {
				if err := db.Write(t.Context(), func(tx *store.Tx) error {
					_, err := tx.Exec(t.Context(), `INSERT INTO river_job (kind, args, state, attempt, max_attempts, errors, tags, finalized_at) VALUES ($1, `+args+`, 'discarded', 3, 3, `+failed+`, `+tags+`, CURRENT_TIMESTAMP)`, kind)
					return err
				}); err != nil {
					t.Fatal(err)
				}
			}
			lists := func(want int) string {
				t.Helper()
				out, err := okno(t, "", env, "jobs", "list")
				if n := strings.Count(out, `"no gateway"`); err != nil || n != want {
					t.Errorf("okno jobs list: %v, %d of %d: %s", err, n, want, out)
				}
				return out
			}
			first := lists(3)
			if out, _ := okno(t, "", env, "doctor"); !strings.Contains(out, "3 have given up for good") || !strings.Contains(out, "okno jobs retry --all, or by number") {
				t.Errorf("okno doctor: %s", out)
			}
			for _, flags := range []string{"", "--all --of=test.one", "1 --all", "4711"} {
				if out, err := okno(t, "", env, append([]string{"jobs", "retry"}, strings.Fields(flags)...)...); err == nil {
					t.Errorf("okno jobs retry %s: %s", flags, out)
				}
			}
			lists(3)
			if out, err := okno(t, "", env, "jobs", "retry", "--of=test.two"); err != nil || !strings.Contains(out, "2 jobs run again") {
				t.Errorf("okno jobs retry --of: %v: %s", err, out)
			}
			if left := lists(1); !strings.Contains(left, "test.one") || strings.Contains(left, "test.two") {
				t.Errorf("left is %s", left)
			}
			for _, line := range strings.Split(first, "\n") {
				if id, rest, _ := strings.Cut(line, " "); strings.Contains(rest, "test.one") {
					if out, err := okno(t, "", env, "jobs", "retry", id); err != nil || !strings.Contains(out, "1 jobs run again") {
						t.Errorf("okno jobs retry %s: %v: %s", id, err, out)
					}
				}
			}
			lists(0)
		})
	}
}
