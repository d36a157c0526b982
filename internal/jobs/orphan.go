package jobs

import (
	"context"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"okno/internal/store"
)

// A node that is killed leaves its jobs marked as running, and may have been the leader, who wakes jobs that wait for their
// moment. River would give the jobs to another after minutes and elect a leader after a quarter of a minute; here both happen
// as soon as the node is known to be dead:
//
//   - SQLite belongs to one process, so whatever a former process left running is an orphan at Start.
//   - On PostgreSQL a node holds an advisory lock, named after it, as long as it lives: the server frees it in the moment the
//     connection breaks. Every node looks at Start and every few seconds which locks are free.
//
// When a network fails without a word the lock stays until the server notices; then River's own rescue after Config.Rescue
// is the sooner one. A job whose tries are used up is left to River, which buries it; but for periodic ones: they have one try, and while one
// stands as running none of its name begins, so that a sweep that a kill cut off would wait for its rescue and then for its next turn. It is
// forgotten, and comes anew at the next start or at its next turn, whichever is first.

// live takes the node's sign of life, gives back the jobs of dead nodes, and returns how to give the sign up.
func (c *Client) live(ctx context.Context) (func(), error) {
	if c.db.Engine() == store.SQLite {
		return func() {}, c.db.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `DELETE FROM river_leader WHERE substr(leader_id, 1, length($1)) <> $1`, process); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `DELETE FROM river_job WHERE state = 'running' AND kind = $2 AND substr(json_extract(attempted_by, '$[#-1]'), 1, length($1)) <> $1`, process, tickArgs{}.Kind()); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `UPDATE river_job SET state = 'available'
				WHERE state = 'running' AND attempt < max_attempts AND substr(json_extract(attempted_by, '$[#-1]'), 1, length($1)) <> $1`, process)
			return err
		})
	}
	conn, err := c.sign(ctx)
	if err != nil {
		return nil, err
	}
	if err := orphans(ctx, conn); err != nil {
		conn.Close(ctx) //nolint:errcheck // the first error counts
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { c.watch(ctx, conn) })
	return func() { stop(); done.Wait() }, nil
}

// sign opens a connection of its own and takes the lock on it.
func (c *Client) sign(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, c.db.Pool().Config().ConnConfig.Copy())
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, lockOf(c.node)); err != nil {
		conn.Close(ctx) //nolint:errcheck // the first error counts
		return nil, err
	}
	return conn, nil
}

// watch keeps the sign of life and looks for orphans until ctx ends.
func (c *Client) watch(ctx context.Context, conn *pgx.Conn) {
	const look = 5 * time.Second
	wait := look
	for {
		select {
		case <-ctx.Done():
			if conn != nil {
				conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it takes the lock with it in any case
			}
			return
		case <-time.After(wait):
		}
		wait = look
		var err error
		if conn == nil {
			conn, err = c.sign(ctx)
		}
		if err == nil {
			err = orphans(ctx, conn)
		}
		if err != nil && ctx.Err() == nil {
			c.log.WarnContext(ctx, "jobs: the sign of life was lost and is taken again", "err", err)
			if conn != nil {
				conn.Close(ctx) //nolint:errcheck // it is lost
			}
			conn, wait = nil, time.Second
		}
	}
}

// orphans gives back the running jobs of every node whose lock is free, and its leadership.
func orphans(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `SELECT DISTINCT attempted_by[cardinality(attempted_by)] FROM river_job
		WHERE state = 'running' AND cardinality(attempted_by) > 0 AND (attempt < max_attempts OR kind = $1) UNION SELECT leader_id FROM river_leader`, tickArgs{}.Kind())
	if err != nil {
		return fmt.Errorf("look for orphans: %w", err)
	}
	nodes, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("look for orphans: %w", err)
	}
	for _, node := range nodes {
		var dead bool // a lock that this very session holds is granted again, so our own node must be asked otherwise
		if err := conn.QueryRow(ctx, `SELECT NOT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND objsubid = 1 AND ((classid::bigint << 32) | objid::bigint) = $1)`, lockOf(node)).Scan(&dead); err != nil {
			return fmt.Errorf("look for orphans: %w", err)
		}
		if !dead {
			continue
		}
		if _, err := conn.Exec(ctx, `DELETE FROM river_leader WHERE leader_id = $1`, node); err != nil {
			return fmt.Errorf("end the leadership of %s: %w", node, err)
		}
		if _, err := conn.Exec(ctx, `DELETE FROM river_job WHERE state = 'running' AND kind = $2 AND attempted_by[cardinality(attempted_by)] = $1`, node, tickArgs{}.Kind()); err != nil {
			return fmt.Errorf("forget the periodic jobs of %s: %w", node, err)
		}
		if _, err := conn.Exec(ctx, `UPDATE river_job SET state = 'available'
			WHERE state = 'running' AND attempt < max_attempts AND attempted_by[cardinality(attempted_by)] = $1`, node); err != nil {
			return fmt.Errorf("give back the jobs of %s: %w", node, err)
		}
	}
	return nil
}

// lockOf is the number of a node's lock.
func lockOf(node string) int64 {
	h := fnv.New64a()
	h.Write([]byte("okno jobs node " + node)) //nolint:errcheck // never fails
	return int64(h.Sum64() >> 1)              //nolint:gosec // the shift leaves the sign alone
}
