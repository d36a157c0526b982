package storetest

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
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
// everything stands in it again as it did when it began.
type kept struct {
	db   *store.DB
	name string
	now  atomic.Pointer[func() time.Time] // of the test that has it
}

// shelf holds the databases that nobody has, of those that began as one.
type shelf struct {
	mu   sync.Mutex
	free []*kept
}

// empty are the databases in which only migrations wrote.
var empty shelf

// saved makes baseline.save() and baseline.restore().
//
//go:embed kept.sql
var saved string

// lend gives the test a database until it ends: one from the shelf, or a new copy of from.
func (s *shelf) lend(t testing.TB, from func() (string, error), now func() time.Time) *store.DB {
	t.Helper()
	base(t)
	if now == nil {
		now = time.Now
	}
	k := s.pick()
	if k == nil {
		name, err := from()
		if err == nil {
			k, err = found(name, now)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	k.now.Store(&now)
	t.Cleanup(func() {
		if !k.restore(t) {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.free = append(s.free, k)
	})
	return k.db
}

func (s *shelf) pick() *kept {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.free)
	if n == 0 {
		return nil
	}
	k := s.free[n-1]
	s.free = s.free[:n-1]
	return k
}

// restore makes the database as it was, or takes it away.
func (k *kept) restore(t testing.TB) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var same bool
	if err := k.db.Writer().QueryRowContext(ctx, `SELECT baseline.restore()`).Scan(&same); err == nil && same {
		return true
	}
	if err := k.db.Close(); err != nil { // the test may have closed it, which is well
		t.Errorf("close: %v", err)
	}
	do(t, `DROP DATABASE `+k.name+` WITH (FORCE)`)
	return false
}

func found(from string, now func() time.Time) (*kept, error) {
	k := &kept{}
	k.now.Store(&now)
	var err error
	if k.name, err = own(from); err != nil {
		return nil, err
	}
	k.db, err = store.Open(context.Background(), database(k.name), store.Options{Now: func() time.Time { return (*k.now.Load())() }, MaxConns: 8})
	return k, err
}

// own makes a copy of a database for this process, which stays when the process ends, for the next one to take away.
func own(from string) (string, error) {
	process, err := alive()
	if err != nil {
		return "", err
	}
	db, err := admin()
	if err != nil {
		return "", err
	}
	name := "kept_" + process + "_" + id.New()
	_, err = db.Writer().Exec(`CREATE DATABASE ` + name + ` TEMPLATE ` + from + copied)
	return name, err
}

// alive is the name of this process, which holds a lock of that name as long as it lives.
var alive = sync.OnceValues(func() (string, error) {
	ctx := context.Background()
	db, err := admin()
	if err != nil {
		return "", err
	}
	conn, err := db.Writer().Conn(ctx) // never given back
	if err != nil {
		return "", err
	}
	name := id.New()
	_, err = conn.ExecContext(ctx, `SELECT pg_advisory_lock(hashtext($1))`, name)
	return name, err
})

// sweep takes away what processes that have ended kept.
func sweep(ctx context.Context, conn *sql.Conn) error {
	var left string
	err := conn.QueryRowContext(ctx, `SELECT COALESCE(string_agg(datname, ' '), '') FROM pg_database WHERE datname LIKE 'kept\_%'`).Scan(&left)
	if err != nil {
		return err
	}
	for name := range strings.FieldsSeq(left) {
		var ended bool
		process := strings.Split(name, "_")[1]
		if err := conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock(hashtext($1))`, process).Scan(&ended); err != nil {
			return err
		}
		if !ended {
			continue
		}
		_, err := conn.ExecContext(ctx, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`)
		if _, free := conn.ExecContext(ctx, `SELECT pg_advisory_unlock(hashtext($1))`, process); err == nil {
			err = free
		}
		if err != nil {
			return fmt.Errorf("take %s away: %w", name, err)
		}
	}
	return nil
}
