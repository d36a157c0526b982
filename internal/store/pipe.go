package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// pipe is a transaction on PostgreSQL. A statement whose answer nobody needs waits until one is sent whose answer is needed,
// and travels with it: BEGIN goes with the first, COMMIT takes the last ones along. A round trip costs both sides more than
// most of our statements do, so a verb that writes five rows costs two of them and not seven.
type pipe struct {
	conn    *pgx.Conn
	waiting *pgx.Batch
	begun   bool // something was sent: the server is in the transaction
}

func newPipe(conn *pgx.Conn, begin string) *pipe {
	p := &pipe{conn: conn, waiting: &pgx.Batch{}}
	p.later(begin)
	return p
}

// later lets the statement wait. What is wrong with it is said when it is sent, at the latest by commit.
func (p *pipe) later(query string, args ...any) { p.waiting.Queue(query, args...) }

// send sends what waits and returns the results of the last statement, after those before it have gone well.
func (p *pipe) send(ctx context.Context) (pgx.BatchResults, error) {
	b := p.waiting
	p.waiting, p.begun = &pgx.Batch{}, true
	results := p.conn.SendBatch(ctx, b)
	for _, q := range b.QueuedQueries[:b.Len()-1] {
		if _, err := results.Exec(); err != nil {
			results.Close() //nolint:errcheck // the first error counts
			return nil, fmt.Errorf("%s: %w", words(q.SQL), err)
		}
	}
	return results, nil
}

// words are the first ones of a statement, which say what it does and hold nobody's data.
func words(query string) string {
	f := strings.Fields(query)
	return strings.ToLower(strings.Join(f[:min(3, len(f))], " "))
}

func (p *pipe) exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	if p.waiting.Len() == 0 {
		return p.conn.Exec(ctx, query, args...)
	}
	p.later(query, args...)
	results, err := p.send(ctx)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := results.Exec()
	if e := results.Close(); err == nil {
		err = e
	}
	return tag, err
}

func (p *pipe) query(ctx context.Context, query string, args ...any) (*Rows, error) {
	if p.waiting.Len() == 0 {
		rows, err := p.conn.Query(ctx, query, args...)
		return &Rows{pg: rows}, err
	}
	p.later(query, args...)
	results, err := p.send(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		results.Close() //nolint:errcheck // the first error counts
		return nil, err
	}
	return &Rows{pg: rows, end: results.Close}, nil
}

var errNotCommitted = errors.New("store: the transaction was rolled back at its commit")

// commit sends what waits, with COMMIT behind it.
func (p *pipe) commit(ctx context.Context) error {
	if !p.begun && p.waiting.Len() == 1 {
		return nil // nothing but BEGIN
	}
	tag, err := p.exec(ctx, "COMMIT")
	if err != nil {
		return err
	}
	p.begun = false
	if tag.String() != "COMMIT" {
		return errNotCommitted
	}
	return nil
}

// rollback ends a transaction that comes to nothing. A connection that is lost has ended it by itself.
func (p *pipe) rollback(ctx context.Context) {
	if !p.begun || p.conn.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	p.conn.Exec(ctx, "ROLLBACK") //nolint:errcheck // the pool closes a connection that is still in a transaction
}

// Pgx is the transaction for a library that speaks pgx: jobs only. Its statements go the way of ours, in their order.
func (tx *Tx) Pgx() pgx.Tx { return pgxTx{tx} }

// pgxTx is no transaction that could be ended or nested: it belongs to Write.
type pgxTx struct{ tx *Tx }

var errOurs = errors.New("store: this transaction is the store's")

func (t pgxTx) Begin(context.Context) (pgx.Tx, error) { return nil, errOurs }
func (t pgxTx) Commit(context.Context) error          { return errOurs }
func (t pgxTx) Rollback(context.Context) error        { return errOurs }

func (t pgxTx) CopyFrom(context.Context, pgx.Identifier, []string, pgx.CopyFromSource) (int64, error) {
	return 0, errOurs
}

func (t pgxTx) SendBatch(context.Context, *pgx.Batch) pgx.BatchResults { panic(errOurs) }
func (t pgxTx) LargeObjects() pgx.LargeObjects                         { panic(errOurs) }

func (t pgxTx) Prepare(context.Context, string, string) (*pgconn.StatementDescription, error) {
	return nil, errOurs
}

func (t pgxTx) Conn() *pgx.Conn { return t.tx.pg.conn }

func (t pgxTx) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	count(ctx)
	return t.tx.pg.exec(ctx, query, args...)
}

func (t pgxTx) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	count(ctx)
	rows, err := t.tx.pg.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgxRows{rows.pg, rows}, nil
}

func (t pgxTx) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	return t.tx.QueryRow(ctx, query, args...)
}

// pgxRows are rows that may be the last of a batch.
type pgxRows struct {
	pgx.Rows
	ours *Rows
}

func (r pgxRows) Next() bool { return r.ours.Next() }
func (r pgxRows) Close()     { r.ours.Close() } //nolint:errcheck // Err tells
func (r pgxRows) Err() error { return r.ours.Err() }
