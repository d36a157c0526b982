package storetest

import (
	"context"
	"database/sql"
	_ "embed"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"okno/internal/id"
	"okno/internal/store"
)

// A fresh database of a PostgreSQL costs its server several times what a test does in it: each of its connections reads the catalogue and
// plans every statement for the first time. So a test leaves its database, connections and all, to the next test of the process, once
// everything in it is again as it was migrated.
type kept struct {
	db  *store.DB
	now atomic.Pointer[func() time.Time] // of the test that has it
}

// free are the databases that nobody has.
var free struct {
	sync.Mutex
	dbs []*kept
}

// saved puts what the migrations wrote aside, in a template, with baseline.restore(), which brings it back. That is false where the next
// test would not find what it expects: the schema was changed, or so much was written that to look through it costs more than a new
// database.
//
//go:embed kept.sql
var saved string

func baseline(ctx context.Context, db *store.DB) error {
	_, err := db.Writer().ExecContext(ctx, saved)
	return err
}

// lend gives the test a migrated database of the PostgreSQL until it ends.
func lend(t testing.TB, now func() time.Time) *store.DB {
	t.Helper()
	base(t)
	if now == nil {
		now = time.Now
	}
	k := pick()
	if k == nil {
		var err error
		if k, err = found(now); err != nil {
			t.Fatal(err)
		}
	}
	k.now.Store(&now)
	t.Cleanup(func() { k.back(t) })
	return k.db
}

func pick() *kept {
	free.Lock()
	defer free.Unlock()
	n := len(free.dbs)
	if n == 0 {
		return nil
	}
	k := free.dbs[n-1]
	free.dbs = free.dbs[:n-1]
	return k
}

func (k *kept) back(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var name string
	var same bool
	err := k.db.Writer().QueryRowContext(ctx, `SELECT current_database(), baseline.restore()`).Scan(&name, &same)
	if err == nil && same {
		free.Lock()
		defer free.Unlock()
		free.dbs = append(free.dbs, k)
		return
	}
	if err := k.db.Close(); err != nil { // it may have been closed by the test, which is well
		t.Errorf("close: %v", err)
	}
	if name != "" {
		do(t, `DROP DATABASE `+name+` WITH (FORCE)`)
	}
}

// found makes a database that is kept. It stays behind when the process ends.
func found(now func() time.Time) (*kept, error) {
	from, err := template()
	if err != nil {
		return nil, err
	}
	k := &kept{}
	k.now.Store(&now)
	ctx := context.Background()
	return k, alone(ctx, func(conn *sql.Conn) error {
		name := "kept_" + id.New()
		if _, err := conn.ExecContext(ctx, `CREATE DATABASE `+name+` TEMPLATE `+from); err != nil {
			return err
		}
		k.db, err = store.Open(ctx, database(name), store.Options{Now: func() time.Time { return (*k.now.Load())() }, MaxConns: 8})
		return err
	})
}

// sweep takes away what processes that have ended kept: nobody is connected to it. It runs alone, so that none goes that is about to be
// connected to.
func sweep(ctx context.Context, conn *sql.Conn) error {
	var left string
	err := conn.QueryRowContext(ctx, `SELECT COALESCE(string_agg(datname, ' '), '') FROM pg_database d
		WHERE datname LIKE 'kept\_%' AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.datid = d.oid)`).Scan(&left)
	for name := range strings.FieldsSeq(left) {
		if err == nil {
			_, err = conn.ExecContext(ctx, `DROP DATABASE IF EXISTS `+name)
		}
	}
	return err
}
