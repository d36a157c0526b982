package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"okno/internal/fault"
	"okno/internal/trace"
)

// Engine is the sort of database.
type Engine string

// The two engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// The refusals of the database. Everything else that a driver says keeps its own words.
var (
	ErrNotFound = errors.New("store: no such row")
	ErrExists   = errors.New("store: such a row exists already")
	ErrStale    = errors.New("store: the row was changed meanwhile")
)

// ErrBusy is a write that collided with others again and again: whoever asked may come back in a moment.
var ErrBusy = fault.New(fault.Unavailable, "error.busy")

// Options of Open; the zero value works.
type Options struct {
	Now      func() time.Time // the clock; time.Now when nil
	MaxConns int              // connections to PostgreSQL; 16 when 0
	Readers  int              // reading connections to SQLite; 4 when 0
}

// DB is an open database. It is safe for use by many goroutines.
type DB struct {
	engine Engine
	write  *sql.DB       // SQLite: a pool of one, BEGIN IMMEDIATE; PostgreSQL: the pool as database/sql has it, for migrations
	read   *sql.DB       // SQLite: a few connections that cannot write; nil on PostgreSQL
	pool   *pgxpool.Pool // PostgreSQL
	now    func() time.Time
	path   string // of the SQLite file
	hub    hub
	herald herald // PostgreSQL
	turn   chan struct{}
	stop   context.CancelFunc
	done   sync.WaitGroup
}

// Querier reads: a transaction, or the DB itself for a single statement.
type Querier interface {
	Query(ctx context.Context, query string, args ...any) (*Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) *Row
	Now() time.Time
}

// Open opens the database that dsn names: sqlite:/path/to/file or postgres://….
// It does not migrate.
func Open(ctx context.Context, dsn string, o Options) (*DB, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	db := &DB{now: o.Now, stop: stop, turn: make(chan struct{}, 1)}
	var err error
	switch {
	case strings.HasPrefix(dsn, "sqlite:"):
		err = db.openSQLite(ctx, strings.TrimPrefix(dsn, "sqlite:"), o)
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		err = db.openPostgres(ctx, dsn, o)
	default:
		err = errors.New("store: a DSN begins with sqlite: or postgres://")
	}
	if err != nil {
		stop()
		return nil, err
	}
	return db, nil
}

// Engine says which engine it is; only jobs and the operator's tools ask.
func (db *DB) Engine() Engine { return db.engine }

// Path is the file of an SQLite database.
func (db *DB) Path() string { return db.path }

// Now is the present moment by the database's clock: UTC, in microseconds.
func (db *DB) Now() time.Time { return Moment(db.now()) }

// Pool is the PostgreSQL pool, nil on SQLite; jobs work through it.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Writer is the pool that writes, as database/sql has it: for jobs on SQLite, for migrations and the operator's tools.
func (db *DB) Writer() *sql.DB { return db.write }

// Ping asks the database whether it is there.
func (db *DB) Ping(ctx context.Context) error {
	if db.pool != nil {
		return db.pool.Ping(ctx)
	}
	return db.read.PingContext(ctx)
}

// Close closes all connections, once what was committed has been told: some seconds at most when the server is away.
func (db *DB) Close() error {
	db.stop()
	db.done.Wait()
	err := db.write.Close()
	if db.read != nil {
		err = errors.Join(db.read.Close(), err)
	}
	if db.pool != nil {
		db.pool.Close()
	}
	return err
}

// Query runs a single reading statement.
func (db *DB) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	count(ctx)
	ctx, span := db.span(ctx, "store.query")
	defer span.End()
	if db.pool != nil {
		rows, err := db.pool.Query(ctx, query, args...)
		return &Rows{pg: rows}, err
	}
	rows, err := db.read.QueryContext(ctx, query, args...) //nolint:rowserrcheck // whoever reads them asks
	return &Rows{lite: rows}, err
}

// QueryRow runs a single reading statement for one row; pass the error of its Scan through One.
func (db *DB) QueryRow(ctx context.Context, query string, args ...any) *Row {
	count(ctx)
	ctx, span := db.span(ctx, "store.query")
	defer span.End()
	if db.pool != nil {
		rows, err := db.pool.Query(ctx, query, args...)
		return &Row{rows: &Rows{pg: rows}, err: err}
	}
	return &Row{lite: db.read.QueryRowContext(ctx, query, args...)}
}

// Read runs fn on one snapshot.
func (db *DB) Read(ctx context.Context, fn func(tx *Tx) error) error {
	ctx, span := db.span(ctx, "store.read")
	defer span.End()
	if db.pool != nil {
		return db.pipe(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", &Tx{db: db, now: db.Now()}, fn)
	}
	return db.transact(ctx, db.read, &Tx{db: db, now: db.Now()}, fn)
}

// Write runs fn in a serialisable transaction and commits it when fn returns nil. When the engine finds that
// transactions collided, fn runs again, so it must touch nothing but tx and variables it sets anew.
func (db *DB) Write(ctx context.Context, fn func(tx *Tx) error) error {
	return db.writing(ctx, "BEGIN ISOLATION LEVEL SERIALIZABLE", fn)
}

// WriteRows is Write for a verb that decides in the transaction by nothing but rows which it deletes or updates itself: of two
// that race for such a row one waits for the other. Nobody may put back a row that it consumes: a serialisable neighbour whose
// snapshot still has the row would not be stopped. On PostgreSQL it runs at READ COMMITTED. Serialisable transactions also
// collide when all they have in common is a page of an index, which on a busy table is often.
func (db *DB) WriteRows(ctx context.Context, fn func(tx *Tx) error) error {
	return db.writing(ctx, "BEGIN ISOLATION LEVEL READ COMMITTED", fn)
}

func (db *DB) writing(ctx context.Context, begin string, fn func(tx *Tx) error) error {
	const tries = 24
	ctx, span := db.span(ctx, "store.write")
	defer span.End()
	var err error
	for i := range tries {
		if i == patience { // a crowd that collides again and again goes on one by one
			select {
			case db.turn <- struct{}{}:
				defer func() { <-db.turn }()
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		span.Count(trace.Tries, int64(i+1))
		tx := &Tx{db: db, now: db.Now(), writes: true}
		if db.pool != nil {
			err = db.pipe(ctx, begin, tx, fn)
		} else {
			err = db.transact(ctx, db.write, tx, fn)
		}
		if err == nil || !collided(err) {
			return err
		}
		if err := pause(ctx, i); err != nil {
			return err
		}
	}
	return ErrBusy.Because(fmt.Errorf("write collided %d times: %w", tries, err))
}

// patience is how often a write may collide before it waits for its turn among those that have collided as often in this process.
const patience = 3

// span begins a part of the trace that ctx is in, if it is in one. A wait for a connection, which on SQLite is a wait for
// whoever writes, is in it.
func (db *DB) span(ctx context.Context, name string) (context.Context, trace.Span) {
	ctx, span := trace.Within(ctx, name)
	span.Word(trace.Engine, string(db.engine))
	return ctx, span
}

// transact runs fn on SQLite.
func (db *DB) transact(ctx context.Context, pool *sql.DB, tx *Tx, fn func(tx *Tx) error) error {
	t, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	tx.lite, tx.now = t, db.Now() // it may have waited for the one writer
	defer t.Rollback()            //nolint:errcheck // a no-op after Commit
	if err := fn(tx); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("commit: %w", mapped(err))
	}
	db.tell(tx.news)
	return nil
}

// pipe runs fn on PostgreSQL.
func (db *DB) pipe(ctx context.Context, begin string, tx *Tx, fn func(tx *Tx) error) error {
	c, err := db.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer c.Release()
	tx.pg, tx.now = newPipe(c.Conn(), begin), db.Now()
	defer tx.pg.rollback(ctx)
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.pg.commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", mapped(err))
	}
	db.tell(tx.news)
	return nil
}

// Tx is a running transaction.
type Tx struct {
	db     *DB
	lite   *sql.Tx // SQLite
	pg     *pipe   // PostgreSQL
	now    time.Time
	writes bool
	news   []news // told after the commit
}

// Now is the moment at which the transaction began: UTC, in microseconds.
func (tx *Tx) Now() time.Time { return tx.now }

// Writes reports whether the transaction may write: what it reads may then be its own and may yet come to nothing.
func (tx *Tx) Writes() bool { return tx.writes }

// SQL is the transaction of database/sql on SQLite, for jobs only.
func (tx *Tx) SQL() *sql.Tx { return tx.lite }

// Exec runs a statement and returns how many rows it touched. A unique constraint that refuses is ErrExists.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	count(ctx)
	if tx.pg != nil {
		tag, err := tx.pg.exec(ctx, query, args...)
		return tag.RowsAffected(), mapped(err)
	}
	r, err := tx.lite.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, mapped(err)
	}
	return r.RowsAffected()
}

// Do runs a statement of which the caller needs to know nothing, neither how many rows it touched nor whether a constraint
// refused. On PostgreSQL it travels with the next statement that answers, or with the commit, and what is wrong with it is
// said then. nil here is therefore no proof; Write returning nil is.
func (tx *Tx) Do(ctx context.Context, query string, args ...any) error {
	if tx.pg != nil {
		count(ctx)
		tx.pg.later(query, args...)
		return nil
	}
	_, err := tx.Exec(ctx, query, args...)
	return err
}

// Query runs a statement that answers with rows.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	count(ctx)
	if tx.pg != nil {
		rows, err := tx.pg.query(ctx, query, args...)
		return rows, mapped(err)
	}
	rows, err := tx.lite.QueryContext(ctx, query, args...) //nolint:rowserrcheck // whoever reads them asks
	return &Rows{lite: rows}, mapped(err)
}

// QueryRow runs a statement that answers with one row; pass the error of its Scan through One.
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) *Row {
	count(ctx)
	if tx.pg != nil {
		rows, err := tx.pg.query(ctx, query, args...)
		return &Row{rows: rows, err: err}
	}
	return &Row{lite: tx.lite.QueryRowContext(ctx, query, args...)}
}

// One turns the error of a row's Scan into ErrNotFound when there was no row.
func One(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return mapped(err)
}

// Touched is nil when n rows were touched, ErrStale when none was: for UPDATE … WHERE version = $n and for
// one-time things consumed by their WHERE.
func Touched(n int64, err error) error {
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrStale
	}
	return nil
}

// TouchedOr is Touched that says none when no row was touched.
func TouchedOr(none error) func(n int64, err error) error {
	return func(n int64, err error) error {
		if err = Touched(n, err); errors.Is(err, ErrStale) {
			return none
		}
		return err
	}
}

type countKey struct{}

// Counting returns a context in which every statement is counted: tests and the bench hold pages to their budgets with it.
func Counting(ctx context.Context) (context.Context, *atomic.Int64) {
	n := new(atomic.Int64)
	return context.WithValue(ctx, countKey{}, n), n
}

func count(ctx context.Context) {
	if n, ok := ctx.Value(countKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
}
