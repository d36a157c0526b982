// Package storetest runs a test on both engines.
package storetest

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"okno/internal/id"
	"okno/internal/store"
)

// Env names the variable that holds the DSN of a PostgreSQL in which tests may make schemas.
const Env = "OKNO_TEST_POSTGRES"

// Each runs body on a fresh, migrated SQLite file and on a fresh PostgreSQL schema.
// Without a PostgreSQL that half is skipped loudly; in CI that is a failure.
func Each(t *testing.T, body func(t *testing.T, db *store.DB)) {
	t.Helper()
	for _, e := range Engines() {
		t.Run(string(e), func(t *testing.T) { body(t, Open(t, e, nil)) })
	}
}

// Clocked is Each with a clock that the body moves.
func Clocked(t *testing.T, body func(t *testing.T, db *store.DB, clock *Clock)) {
	t.Helper()
	for _, e := range Engines() {
		t.Run(string(e), func(t *testing.T) {
			c := &Clock{at: time.Date(2026, 11, 18, 11, 2, 0, 0, time.UTC)}
			body(t, Open(t, e, c.Now), c)
		})
	}
}

// Engines are both, or the one of OKNO_TEST_ENGINE: scripts/test plays the SQLite half of what it looks for races in under the detector only.
func Engines() []store.Engine {
	switch one := store.Engine(os.Getenv("OKNO_TEST_ENGINE")); one {
	case "":
		return []store.Engine{store.SQLite, store.Postgres}
	case store.SQLite, store.Postgres:
		return []store.Engine{one}
	default:
		panic("OKNO_TEST_ENGINE is " + one + ": there is no such engine")
	}
}

// Open opens a fresh, migrated database that is closed and dropped with the test.
func Open(t testing.TB, e store.Engine, now func() time.Time) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), DSN(t, e), store.Options{Now: now, MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err := db.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return db
}

// DSN names a fresh place for a database on the engine.
func DSN(t testing.TB, e store.Engine) string {
	t.Helper()
	if e == store.SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "okno.db")
	}
	base := os.Getenv(Env)
	if base == "" {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not set: in CI the tests on PostgreSQL must run", Env)
		}
		t.Skipf("SKIPPED on PostgreSQL: %s is not set (make test starts one)", Env)
	}
	schema := "t_" + id.New()
	admin, err := store.Open(context.Background(), base, store.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Writer().Exec(`CREATE SCHEMA ` + schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Writer().Exec(`DROP SCHEMA ` + schema + ` CASCADE`); err != nil {
			t.Errorf("drop schema: %v", err)
		}
		admin.Close() //nolint:errcheck // the test is over
	})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}
