package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Backup writes the database as it is at one moment into a new file, while others go on reading and writing: SQLite by itself,
// PostgreSQL by its own pg_dump.
func Backup(ctx context.Context, dsn, file string) error {
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("store: %s exists and is not overwritten", file)
	}
	db, err := Open(ctx, dsn, Options{MaxConns: 2})
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only read
	if db.engine == SQLite {
		if _, err := db.write.ExecContext(ctx, `VACUUM INTO ?`, file); err != nil {
			return fmt.Errorf("store: copy the database: %w", err)
		}
		return durable(file)
	}
	var schema string
	if err := db.QueryRow(ctx, `SELECT current_schema()`).Scan(&schema); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if _, err := tool(ctx, dsn, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--schema="+schema, "--file="+file); err != nil {
		return err
	}
	return durable(file)
}

// Restore fills an empty place with what Backup wrote: an SQLite file that is not there, a PostgreSQL database in which the schema
// of the copy has no tables.
func Restore(ctx context.Context, dsn, file string) error {
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		return restoreSQLite(path, file)
	}
	db, err := Open(ctx, dsn, Options{MaxConns: 2})
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is pending
	schema, contents, err := archived(ctx, dsn, file)
	if err != nil {
		return err
	}
	var here string
	var tables int
	err = db.QueryRow(ctx, `SELECT COALESCE(current_schema(), ''), (SELECT count(*) FROM pg_tables WHERE schemaname = $1)`, schema).Scan(&here, &tables)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if here != "" && here != schema {
		return fmt.Errorf("store: the copy is of the schema %s, and the database is asked for with %s: name the former in search_path", schema, here)
	}
	if tables > 0 {
		return fmt.Errorf("store: the schema %s holds %d tables and is not overwritten: restore into an empty database", schema, tables)
	}
	if here == "" {
		if _, err := db.write.ExecContext(ctx, `CREATE SCHEMA "`+schema+`"`); err != nil {
			return fmt.Errorf("store: make the schema %s: %w", schema, err)
		}
	}
	list, err := os.CreateTemp("", "okno-restore-")
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer os.Remove(list.Name()) //nolint:errcheck // a list of tables in the folder of temporary files
	_, err = list.WriteString(contents)
	if err := errors.Join(err, list.Close()); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	_, err = tool(ctx, dsn, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--use-list="+list.Name(), "--dbname=", file)
	return err
}

// archived reads what an archive of pg_dump holds: the schema, and the list of everything in it but the schema itself, which may be
// there already.
func archived(ctx context.Context, dsn, file string) (schema, contents string, err error) {
	all, err := tool(ctx, dsn, "pg_restore", "--list", file)
	if err != nil {
		return "", "", err
	}
	for line := range strings.Lines(all) {
		words := strings.Fields(line)
		if len(words) > 5 && words[3] == "TABLE" && words[4] != "DATA" {
			schema = words[4]
		}
		if !strings.Contains(line, " SCHEMA ") {
			contents += line
		}
	}
	if schema == "" || strings.Contains(schema, `"`) {
		return "", "", fmt.Errorf("store: %s holds no tables", file)
	}
	return schema, contents, nil
}

func restoreSQLite(path, file string) error {
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		if _, err := os.Lstat(name); err == nil {
			return fmt.Errorf("store: %s exists and is not overwritten", name)
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return durable(path)
}

// tool runs a program of PostgreSQL and returns what it prints. The DSN goes through the environment: arguments are seen by everybody on the machine.
func tool(ctx context.Context, dsn, name string, args ...string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("store: %s is not installed here: it comes with the client programs of PostgreSQL (postgresql-client); "+
			"its version must be no older than the server's", name)
	}
	env, err := libpq(dsn)
	if err != nil {
		return "", err
	}
	for i, a := range args {
		if a == "--dbname=" { // pg_restore connects only when told where
			args[i] += env["PGDATABASE"]
		}
	}
	cmd := exec.CommandContext(ctx, path, args...) //nolint:gosec // one of two names
	cmd.Env = os.Environ()
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	var says strings.Builder
	cmd.Stderr = &says
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("store: %s: %w: %.600s", name, err, strings.TrimSpace(says.String()))
	}
	return string(out), nil
}

// libpq turns a DSN into the environment of PostgreSQL's programs. They know most of its parameters under names of their own.
func libpq(dsn string) (map[string]string, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, errors.New("store: the PostgreSQL DSN cannot be parsed") // its words would show the password
	}
	env := map[string]string{}
	set := func(name, value string) {
		if value != "" {
			env[name] = value
		}
	}
	set("PGHOST", u.Hostname())
	set("PGPORT", u.Port())
	set("PGDATABASE", strings.TrimPrefix(u.Path, "/"))
	if u.User != nil {
		set("PGUSER", u.User.Username())
		password, _ := u.User.Password()
		set("PGPASSWORD", password)
	}
	for name, variable := range map[string]string{
		"host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD", "passfile": "PGPASSFILE",
		"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "connect_timeout": "PGCONNECT_TIMEOUT",
	} {
		set(variable, u.Query().Get(name))
	}
	return env, nil
}

// durable makes a file and its name survive the loss of power, and its owner's alone.
func durable(file string) error {
	if err := os.Chmod(file, 0o600); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	for _, name := range []string{file, filepath.Dir(file)} {
		f, err := os.Open(name) //nolint:gosec // the operator names it
		if err != nil {
			return fmt.Errorf("store: %w", err)
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("store: sync %s: %w", name, err)
		}
	}
	return nil
}
