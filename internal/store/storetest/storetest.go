// Package storetest runs a test on both engines.
package storetest

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/id"
	"okno/internal/store"
)

// Env names the variable that holds the DSN of a PostgreSQL in which tests may make schemas.
const Env = "OKNO_TEST_POSTGRES"

// Only names the variable that asks for one engine alone. scripts/test sets it where it plays each half of a test by itself, and nowhere else
// should it be in force: what is left out is skipped loudly.
const Only = "OKNO_TEST_ENGINE"

// Each runs body on a fresh, migrated SQLite file and on a fresh PostgreSQL schema.
// Without a PostgreSQL that half is skipped loudly; in CI that is a failure.
func Each(t *testing.T, body func(t *testing.T, db *store.DB)) {
	t.Helper()
	Engines(t, func(t *testing.T, e store.Engine) { body(t, Open(t, e, nil)) })
}

// Clocked is Each with a clock that the body moves.
func Clocked(t *testing.T, body func(t *testing.T, db *store.DB, clock *Clock)) {
	t.Helper()
	Engines(t, func(t *testing.T, e store.Engine) {
		c := NewClock()
		body(t, Open(t, e, c.Now), c)
	})
}

// Engines runs body on both engines, or on the one that is asked for.
func Engines(t *testing.T, body func(t *testing.T, e store.Engine)) {
	t.Helper()
	both := []store.Engine{store.SQLite, store.Postgres}
	one := store.Engine(os.Getenv(Only))
	if one != "" && !slices.Contains(both, one) {
		t.Fatalf("%s is %q: there is no such engine", Only, one)
	}
	for _, e := range both {
		t.Run(string(e), func(t *testing.T) {
			if one != "" && e != one {
				t.Skipf("SKIPPED on %s: %s=%s asks for that one alone", e, Only, one)
			}
			body(t, e)
		})
	}
}

// Open opens a fresh, migrated database that is closed and dropped with the test.
func Open(t testing.TB, e store.Engine, now func() time.Time) *store.DB {
	t.Helper()
	dsn := DSN(t, e)
	if file, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		fresh(t, file)
	}
	db, err := store.Open(context.Background(), dsn, store.Options{Now: now, MaxConns: 8})
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

// migrated is a migrated SQLite file of this process's tests, from which each gets a copy: migrating takes a second under the race
// detector, which looks into SQLite too.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "okno-migrated-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder for what may go
	file := filepath.Join(dir, "okno.db")
	db, err := store.Open(context.Background(), "sqlite:"+file, store.Options{MaxConns: 1})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(db.Migrate(context.Background()), db.Close()); err != nil { // closing writes everything into the one file
		return nil, err
	}
	return os.ReadFile(file)
})

func fresh(t testing.TB, file string) {
	t.Helper()
	body, err := migrated()
	if err == nil {
		err = os.WriteFile(file, body, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
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
