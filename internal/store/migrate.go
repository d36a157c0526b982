package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"hash/crc32"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the files that Migrate runs.
func Migrations() fs.FS { return migrations }

// Migrate brings the schema to the newest version. Migrations go forward only, and yesterday's code runs on
// tomorrow's schema. On PostgreSQL a lock lets one node at a time do it.
func (db *DB) Migrate(ctx context.Context) error {
	p, err := db.provider()
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Pending reports whether the schema is older than this program.
func (db *DB) Pending(ctx context.Context) (bool, error) {
	p, err := db.provider()
	if err != nil {
		return false, err
	}
	return p.HasPending(ctx)
}

func (db *DB) provider() (*goose.Provider, error) {
	steps, err := db.steps()
	if err != nil {
		return nil, err
	}
	o := []goose.ProviderOption{goose.WithGoMigrations(steps...), goose.WithDisableGlobalRegistry(true)}
	if db.engine == SQLite {
		return goose.NewProvider(goose.DialectSQLite3, db.write, nil, o...)
	}
	// The lock is named after the schema, so that two installations in one database do not wait for each other.
	var schema string
	if err := db.write.QueryRow(`SELECT current_schema()`).Scan(&schema); err != nil {
		return nil, err
	}
	l, err := lock.NewPostgresSessionLocker(lock.WithLockID(int64(crc32.ChecksumIEEE([]byte("okno "+schema)))), lock.WithLockTimeout(1, 120))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db.write, nil, append(o, goose.WithSessionLocker(l))...)
}

// steps are the files of migrations/: NNNN_name.sql for both engines, or NNNN_name.sqlite.sql beside
// NNNN_name.postgres.sql where they must differ.
func (db *DB) steps() ([]*goose.Migration, error) {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	var out []*goose.Migration
	for _, f := range files {
		version, _, ok := strings.Cut(f.Name(), "_")
		n, err := strconv.ParseInt(version, 10, 64)
		if !ok || err != nil {
			return nil, fmt.Errorf("migration %s: the name is not NNNN_name.sql", f.Name())
		}
		if other := engineOf(f.Name()); other != "" && other != db.engine {
			continue
		}
		text, err := migrations.ReadFile(path.Join("migrations", f.Name()))
		if err != nil {
			return nil, err
		}
		out = append(out, goose.NewGoMigration(n, &goose.GoFunc{RunTx: run(db.dialect(string(text)))}, nil))
	}
	return out, nil
}

func engineOf(name string) Engine {
	for _, e := range []Engine{SQLite, Postgres} {
		if strings.HasSuffix(name, "."+string(e)+".sql") {
			return e
		}
	}
	return ""
}

// dialect turns the type of moments into the only one that the SQLite driver gives back as time.Time.
func (db *DB) dialect(text string) string {
	if db.engine == SQLite {
		return strings.ReplaceAll(text, "TIMESTAMPTZ", "TIMESTAMP")
	}
	return text
}

func run(text string) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, text)
		return err
	}
}
