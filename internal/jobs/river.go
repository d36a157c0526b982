package jobs

import (
	"context"
	"database/sql"
	"fmt"
	"hash/crc32"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"okno/internal/store"
)

// Migrate brings River's own tables to the version of the library, in the schema of the search path. Call it after
// db.Migrate; on PostgreSQL a lock lets one node at a time do it.
func Migrate(ctx context.Context, db *store.DB) error {
	if err := migrate(ctx, db); err != nil {
		return fmt.Errorf("migrate jobs: %w", err)
	}
	return nil
}

func migrate(ctx context.Context, db *store.DB) error {
	c := &rivermigrate.Config{Logger: silent}
	if db.Engine() == store.SQLite {
		m, err := rivermigrate.New(riversqlite.New(db.Writer()), c)
		if err != nil || newest(ctx, db, m) {
			return err
		}
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	}
	m, err := rivermigrate.New(riverpgxv5.New(db.Pool()), c)
	if err != nil || newest(ctx, db, m) {
		return err
	}
	conn, err := db.Pool().Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var schema string
	if err := conn.QueryRow(ctx, `SELECT current_schema()`).Scan(&schema); err != nil {
		return err
	}
	key := int64(crc32.ChecksumIEEE([]byte("okno jobs " + schema)))
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, key); err != nil {
		return err
	}
	defer conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, key) //nolint:errcheck // the lock goes with the connection
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// newest reports whether River's tables are of the library's own version, by one cheap question: the library asks the catalogue of the
// database what columns its tables have.
func newest[TTx any](ctx context.Context, db *store.DB, m *rivermigrate.Migrator[TTx]) bool {
	all := m.AllVersions()
	var version int
	err := db.QueryRow(ctx, `SELECT COALESCE(MAX(version), 0) FROM river_migration WHERE line = 'main'`).Scan(&version)
	return err == nil && version >= all[len(all)-1].Version // without the table there is nothing yet
}

// Text is the SQL text of a JSON column of River's tables, which SQLite keeps in a binary form.
func Text(db *store.DB, column string) string {
	if db.Engine() == store.SQLite {
		return "json(" + column + ")"
	}
	return "CAST(" + column + " AS TEXT)"
}

// How soon a job runs after its commit. On both engines workers are woken; polling is for what a wake-up cannot tell of: short
// pauses of retries, news that were lost.
const (
	cooldown     = 10 * time.Millisecond // least time between two looks of a node, and between two wake-ups on PostgreSQL
	pollPostgres = 200 * time.Millisecond
	pollSQLite   = 500 * time.Millisecond
	queue        = river.QueueDefault
)

// inserter is the part of River that writes jobs in the caller's transaction, of either engine.
type inserter interface {
	insert(ctx context.Context, tx *store.Tx, many []river.InsertManyParams) error
	JobRetry(ctx context.Context, id int64) (*rivertype.JobRow, error)
}

func newInserter(ctx context.Context, db *store.DB, log *slog.Logger) (inserter, error) {
	c := &river.Config{Logger: log, FetchCooldown: cooldown}
	if db.Engine() == store.SQLite {
		r, err := river.NewClient(listening{riversqlite.New(db.Writer()), db}, c)
		return onSQLite{r}, err
	}
	p := onPostgres{}
	if err := db.QueryRow(ctx, `SELECT current_schema()`).Scan(&p.schema); err != nil {
		return nil, err
	}
	var err error
	p.Client, err = river.NewClient(riverpgxv5.New(db.Pool()), c)
	return p, err
}

type onSQLite struct{ *river.Client[*sql.Tx] }

func (r onSQLite) insert(ctx context.Context, tx *store.Tx, many []river.InsertManyParams) error {
	if _, err := r.InsertManyFastTx(ctx, tx.SQL(), many); err != nil {
		return err
	}
	return tx.Notify(ctx, topic)
}

type onPostgres struct {
	*river.Client[pgx.Tx]
	schema string
}

func (r onPostgres) insert(ctx context.Context, tx *store.Tx, many []river.InsertManyParams) error {
	if _, err := r.InsertManyTx(ctx, quietTx{tx.Pgx(), tx}, many); err != nil {
		return err
	}
	tx.NotifyOn(r.schema+".river_insert", `{"queue": "`+queue+`"}`)
	return nil
}

// quietTx keeps River from notifying its workers inside the transaction, where it would hold a lock that all notifying
// transactions share until the commit is on the disk. The store tells them after the commit (store/herald.go). Of the jobs that it inserts
// nobody reads what the database made of them: the statement travels with the next one that answers, or with the commit.
type quietTx struct {
	pgx.Tx
	ours *store.Tx
}

func (t quietTx) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	if !strings.HasPrefix(query, "-- name: JobInsertFastMany ") { // River's own queries, if it has others one day, are answered
		return t.Tx.Query(ctx, query, args...)
	}
	return noRows{}, t.ours.Do(ctx, query, args...)
}

func (t quietTx) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	if strings.Contains(query, "pg_notify(") {
		return pgconn.CommandTag{}, nil
	}
	return t.Tx.Exec(ctx, query, args...)
}

// noRows is an answer without a row.
type noRows struct{}

func (noRows) Close()                                       {}
func (noRows) Err() error                                   { return nil }
func (noRows) CommandTag() pgconn.CommandTag                { return pgconn.CommandTag{} }
func (noRows) FieldDescriptions() []pgconn.FieldDescription { return nil }
func (noRows) Next() bool                                   { return false }
func (noRows) Scan(...any) error                            { return pgx.ErrNoRows }
func (noRows) Values() ([]any, error)                       { return nil, pgx.ErrNoRows }
func (noRows) RawValues() [][]byte                          { return nil }
func (noRows) Conn() *pgx.Conn                              { return nil }
func (noRows) TypeMap() *pgtype.Map                         { return nil }

func worker(c *Client) (runner, error) {
	conf := &river.Config{
		ID:                          c.node,
		Logger:                      quiet(c.log),
		Queues:                      map[string]river.QueueConfig{queue: {MaxWorkers: c.conf.Workers}},
		Workers:                     c.workers,
		PeriodicJobs:                c.ticks,
		FetchCooldown:               cooldown,
		FetchPollInterval:           pollPostgres,
		JobTimeout:                  time.Minute, // each kind has its own
		RescueStuckJobsAfter:        max(c.conf.Rescue, time.Minute),
		CompletedJobRetentionPeriod: time.Hour,
		CancelledJobRetentionPeriod: 30 * 24 * time.Hour,
		DiscardedJobRetentionPeriod: 30 * 24 * time.Hour,
	}
	if c.db.Engine() == store.SQLite {
		conf.FetchPollInterval = pollSQLite
		conf.ReindexerSchedule = river.NeverSchedule() // it names indexes that River makes on PostgreSQL only
		return river.NewClient(listening{riversqlite.New(c.db.Writer()), c.db}, conf)
	}
	return river.NewClient(riverpgxv5.New(c.db.Pool()), conf)
}

// topic wakes the workers of a process on SQLite.
const topic = "jobs"

// listening is the SQLite driver with the ears it lacks: River then hears of a commit at once, instead of looking
// fifty times a second.
type listening struct {
	*riversqlite.Driver
	db *store.DB
}

func (d listening) SupportsListener() bool { return true }

// SupportsListenNotify is false: River would write each piece of news into a table and look there for it.
func (d listening) SupportsListenNotify() bool { return false }
func (d listening) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener {
	return &listener{db: d.db}
}

// listener hears the topic of the store and tells River of inserted jobs.
type listener struct {
	db   *store.DB
	mu   sync.Mutex
	news <-chan struct{}
	stop func()
}

func (l *listener) Connect(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.news == nil {
		l.news, l.stop = l.db.Listen(topic)
	}
	return nil
}

func (l *listener) Close(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.news != nil {
		l.stop()
		l.news, l.stop = nil, nil
	}
	return nil
}

func (l *listener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	l.mu.Lock()
	news := l.news
	l.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-news: // a nil channel, after Close, waits for ctx
		return &riverdriver.Notification{Topic: "river_insert", Payload: `{"queue":"` + queue + `"}`}, nil
	}
}

func (l *listener) Listen(context.Context, string) error   { return nil }
func (l *listener) Unlisten(context.Context, string) error { return nil }
func (l *listener) Ping(context.Context) error             { return nil }
func (l *listener) Schema() string                         { return "" }
func (l *listener) SetAfterConnectExec(string)             {}
