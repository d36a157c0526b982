package store

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// openSQLite opens one writing connection and a few that can only read. Pragmas stand in the DSN because they belong to
// a connection, not to the file.
func (db *DB) openSQLite(ctx context.Context, path string, o Options) error {
	if path == "" {
		return errors.New("store: sqlite: names no file")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	db.engine, db.path = SQLite, path
	// Reading by mmap spares a call of the kernel a page: with a million accounts no cache of a connection's own is large enough.
	q := url.Values{
		"_time_format": {"sqlite"}, "_timezone": {"UTC"}, "_texttotime": {"1"},
		"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "mmap_size(8589934592)"},
	}
	q.Set("_txlock", "immediate")
	writer, err := newCompiling("file:" + path + "?" + q.Encode())
	if err != nil {
		return err
	}
	db.write = sql.OpenDB(writer)
	db.write.SetMaxOpenConns(1)
	db.write.SetMaxIdleConns(1)
	if err := db.write.PingContext(ctx); err != nil { // creates the file, which readers cannot
		return err
	}
	q.Del("_txlock")
	q.Add("_pragma", "query_only(1)")
	reader, err := newCompiling("file:" + path + "?" + q.Encode())
	if err != nil {
		return err
	}
	db.read = sql.OpenDB(reader)
	readers := o.Readers
	if readers == 0 {
		readers = 4
	}
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)
	return nil
}

func sqliteCode(err error) (int, bool) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0, false
	}
	return e.Code(), true
}

func sqliteExists(err error) bool {
	code, ok := sqliteCode(err)
	return ok && (code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

func sqliteCollided(err error) bool {
	code, ok := sqliteCode(err)
	return ok && (code&0xff == sqlite3.SQLITE_BUSY)
}
