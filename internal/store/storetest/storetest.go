// Package storetest runs a test on both engines.
package storetest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
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

// Env names the variable that holds the DSN of a PostgreSQL in which tests may make databases and schemas.
const Env = "OKNO_TEST_POSTGRES"

// Only names the variable that asks for one engine alone. scripts/test sets it where it plays each half of a test by itself, and nowhere else
// should it be in force: what is left out is skipped loudly.
const Only = "OKNO_TEST_ENGINE"

// Each runs body on a fresh, migrated SQLite file and on a fresh, migrated database of a PostgreSQL, beside other tests: what is stored
// is the test's own, and most of its time it waits for jobs.
// Without a PostgreSQL that half is skipped loudly; in CI that is a failure.
func Each(t *testing.T, body func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Parallel()
	Engines(t, func(t *testing.T, e store.Engine) { body(t, Open(t, e, nil)) })
}

// Clocked is Each with a clock that the body moves.
func Clocked(t *testing.T, body func(t *testing.T, db *store.DB, clock *Clock)) {
	t.Helper()
	t.Parallel()
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

// Open opens a migrated database, in which nothing is written yet, until the test ends.
func Open(t testing.TB, e store.Engine, now func() time.Time) *store.DB {
	t.Helper()
	if e == store.Postgres {
		return empty.lend(t, template, now)
	}
	db, err := store.Open(context.Background(), Copy(t, e), store.Options{Now: now, MaxConns: 8})
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

// also are migrations of packages above the store, by name.
var also = map[string]func(context.Context, *store.DB) error{}

// Also has a package above the store migrate what it keeps, too, in what the tests of this process get copies of. It is called by the init
// function of the package's helper for tests.
func Also(name string, migrate func(context.Context, *store.DB) error) { also[name] = migrate }

func migrate(ctx context.Context, db *store.DB) error {
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(also)) {
		if err := also[name](ctx, db); err != nil {
			return err
		}
	}
	return nil
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
	if err := errors.Join(migrate(context.Background(), db), db.Close()); err != nil { // closing writes everything into the one file
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

// template is a migrated database of the PostgreSQL, which the tests of all packages share and each gets a copy of. It is called after
// the migrations that made it. Whoever comes first makes it, and the others wait.
var template = sync.OnceValues(func() (string, error) {
	ctx := context.Background()
	sum := sha256.New()
	err := fs.WalkDir(store.Migrations(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(store.Migrations(), name)
		fmt.Fprintf(sum, "%s %x\n", name, sha256.Sum256(body))
		return err
	})
	if err != nil {
		return "", err
	}
	fmt.Fprintln(sum, slices.Sorted(maps.Keys(also)), saved)
	name := fmt.Sprintf("okno_migrated_%x", sum.Sum(nil)[:8])
	return name, alone(ctx, func(conn *sql.Conn) error {
		if err := sweep(ctx, conn); err != nil {
			return err
		}
		var n int
		if err := conn.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_database WHERE datname = $1`, name).Scan(&n); err != nil || n > 0 {
			return err
		}
		for _, statement := range []string{`DROP DATABASE IF EXISTS ` + name + `_begun`, `CREATE DATABASE ` + name + `_begun`} { // somebody may have been killed here
			if _, err := conn.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		begun, err := store.Open(ctx, database(name+"_begun"), store.Options{MaxConns: 2})
		if err != nil {
			return err
		}
		if err := errors.Join(migrate(ctx, begun), keep(ctx, begun), begun.Close()); err != nil {
			return err
		}
		_, err = conn.ExecContext(ctx, `ALTER DATABASE `+name+`_begun RENAME TO `+name) // a half one is never copied
		return err
	})
})

func keep(ctx context.Context, db *store.DB) error {
	_, err := db.Writer().ExecContext(ctx, saved+`SELECT baseline.save();`)
	return err
}

// alone runs f while no other process does, on a connection to the tests' PostgreSQL.
func alone(ctx context.Context, f func(*sql.Conn) error) error {
	db, err := admin()
	if err != nil {
		return err
	}
	conn, err := db.Writer().Conn(ctx) // the lock is of a connection and goes with it
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it goes back into the pool, without the lock
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock(hashtext('okno_migrated'))`); err != nil {
		return err
	}
	defer conn.ExecContext(ctx, `SELECT pg_advisory_unlock(hashtext('okno_migrated'))`) //nolint:errcheck // or the connection is gone, and the lock with it
	return f(conn)
}

// admin makes and drops what the tests of this process use.
var admin = sync.OnceValues(func() (*store.DB, error) {
	return store.Open(context.Background(), os.Getenv(Env), store.Options{MaxConns: 4})
})

// copied is how: file by file, where PostgreSQL would else write every page into its log. The files of a server for tests are in memory.
const copied = ` STRATEGY file_copy`

// clone is a copy of a database, to which nobody is connected, that is dropped with the test.
func clone(t testing.TB, from string) string {
	t.Helper()
	name := "t_" + id.New()
	do(t, `CREATE DATABASE `+name+` TEMPLATE `+from+copied)
	t.Cleanup(func() { do(t, `DROP DATABASE `+name+` WITH (FORCE)`) })
	return database(name)
}

// Copy is the DSN of a fresh, migrated database that goes with the test.
func Copy(t testing.TB, e store.Engine) string {
	t.Helper()
	if e == store.SQLite {
		dsn := DSN(t, e)
		fresh(t, strings.TrimPrefix(dsn, "sqlite:"))
		return dsn
	}
	base(t)
	from, err := template()
	if err != nil {
		t.Fatal(err)
	}
	return clone(t, from)
}

// database is the DSN of another database of the same PostgreSQL.
func database(name string) string {
	u, err := url.Parse(os.Getenv(Env))
	if err != nil {
		panic(err) // the other one was opened by it
	}
	u.Path = "/" + name
	return u.String()
}

func do(t testing.TB, statement string) {
	t.Helper()
	db, err := admin()
	if err == nil {
		_, err = db.Writer().Exec(statement)
	}
	if err != nil {
		t.Errorf("%s: %v", statement, err)
	}
}

// base is the PostgreSQL of the tests. Without one the test is skipped loudly; in CI that is a failure.
func base(t testing.TB) *url.URL {
	t.Helper()
	text := os.Getenv(Env)
	if text == "" {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not set: in CI the tests on PostgreSQL must run", Env)
		}
		t.Skipf("SKIPPED on PostgreSQL: %s is not set (make test starts one)", Env)
	}
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// DSN names a fresh place for a database on the engine.
func DSN(t testing.TB, e store.Engine) string {
	t.Helper()
	if e == store.SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "okno.db")
	}
	u := base(t)
	schema := "t_" + id.New()
	do(t, `CREATE SCHEMA `+schema)
	t.Cleanup(func() { do(t, `DROP SCHEMA `+schema+` CASCADE`) })
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}
