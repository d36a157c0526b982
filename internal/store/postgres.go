package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// channel carries every topic; the payload is the topic itself.
const channel = "okno_topic"

func (db *DB) openPostgres(ctx context.Context, dsn string, o Options) error {
	c, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return errors.New("store: the PostgreSQL DSN cannot be parsed") // the driver's words would show the password
	}
	c.MaxConns = 16
	if o.MaxConns > 0 {
		c.MaxConns = int32(min(o.MaxConns, 1000)) //nolint:gosec // bounded in the same line
	}
	c.ConnConfig.RuntimeParams["timezone"] = "UTC"
	// Our statements are literals that look rows up by their indexes, so one plan serves all arguments. Left to itself the server
	// plans some of them anew each time, which costs more than running them.
	c.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	c.ConnConfig.RuntimeParams["jit"] = "off" // no statement of ours works long enough to earn what compiling it takes
	if c.ConnConfig.RuntimeParams["application_name"] == "" {
		c.ConnConfig.RuntimeParams["application_name"] = "okno"
	}
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return fmt.Errorf("store: PostgreSQL does not answer: %w", err)
	}
	db.engine, db.pool = Postgres, pool
	db.write = stdlib.OpenDBFromPool(pool)
	db.herald.wake = make(chan struct{}, 1)
	db.done.Go(func() { db.listen(ctx, c.ConnConfig) })
	db.done.Go(func() { db.herald.run(ctx, c.ConnConfig) })
	return nil
}

// listen hears what other nodes and this one tell, on a connection of its own. While the connection is lost
// news may pass unheard, so after each reconnection everybody who listens is woken once.
func (db *DB) listen(ctx context.Context, c *pgx.ConnConfig) {
	for wait := 100 * time.Millisecond; ctx.Err() == nil; wait = min(2*wait, 5*time.Second) {
		conn, err := pgx.ConnectConfig(ctx, c.Copy())
		if err == nil {
			if _, err = conn.Exec(ctx, "LISTEN "+channel); err == nil {
				wait = 100 * time.Millisecond
				db.hub.publishAll()
				for err == nil {
					var n *pgconn.Notification
					if n, err = conn.WaitForNotification(ctx); err == nil && n.PID != db.herald.self.Load() {
						db.hub.publish(n.Payload)
					}
				}
			}
			conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it is lost or we are leaving
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

func postgresCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func postgresExists(err error) bool { return postgresCode(err) == "23505" }

// collided: serialization_failure, deadlock_detected.
func postgresCollided(err error) bool {
	c := postgresCode(err)
	return c == "40001" || c == "40P01"
}
