package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/store"
)

// Dead is a job that will not run again by itself.
type Dead struct {
	ID     int64
	Kind   string
	Args   string // identifiers, as JSON
	Tries  int
	At     time.Time
	Reason string // what it said last, scrubbed
}

// Dead lists the dead jobs, the latest first.
func (c *Client) Dead(ctx context.Context, n int) ([]Dead, error) {
	last := `errors[cardinality(errors)] ->> 'error'`
	if c.db.Engine() == store.SQLite {
		last = `json_extract(errors, '$[#-1].error')`
	}
	rows, err := c.db.Query(ctx, `SELECT id, kind, `+Text(c.db, "args")+`, attempt, finalized_at, COALESCE(`+last+`, '') FROM river_job
		WHERE state IN ('discarded', 'cancelled') ORDER BY finalized_at DESC, id DESC LIMIT $1`, n)
	if err != nil {
		return nil, fmt.Errorf("list dead jobs: %w", err)
	}
	defer rows.Close()
	var out []Dead
	for rows.Next() {
		var d Dead
		if err := rows.Scan(&d.ID, &d.Kind, &d.Args, &d.Tries, store.Time(&d.At), &d.Reason); err != nil {
			return nil, fmt.Errorf("list dead jobs: %w", err)
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// ErrNotDead is a job that runs, waits or is done, or none at all: there is nothing to revive.
var ErrNotDead = errors.New("jobs: no job of this number has given up")

// Revive lets a dead job run once more, at once.
func (c *Client) Revive(ctx context.Context, id int64) error {
	var dead bool
	if err := c.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM river_job WHERE id = $1 AND state IN ('discarded', 'cancelled'))`, id).Scan(&dead); err != nil {
		return fmt.Errorf("revive job %d: %w", id, err)
	}
	if !dead { // the library would run what is done a second time
		return fmt.Errorf("job %d: %w", id, ErrNotDead)
	}
	if _, err := c.insert.JobRetry(ctx, id); err != nil {
		return fmt.Errorf("revive job %d: %w", id, err)
	}
	return nil
}

// Counts says how many jobs are in each of River's states, without those that are done.
func (c *Client) Counts(ctx context.Context) (map[string]int, error) {
	rows, err := c.db.Query(ctx, `SELECT CAST(state AS TEXT), count(*) FROM river_job WHERE state <> 'completed' GROUP BY state`)
	if err != nil {
		return nil, fmt.Errorf("count jobs: %w", err)
	}
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, fmt.Errorf("count jobs: %w", err)
		}
		out[state] = n
	}
	return out, rows.Err()
}

// Settle waits, at most so long, until no job runs or could run now, and reports whether that came about. Those that wait for a later
// moment, or for their next try, stay.
func (c *Client) Settle(ctx context.Context, most time.Duration) (bool, error) {
	wait := 2 * time.Millisecond
	for end := time.Now().Add(most); ; wait = min(wait*3/2, 50*time.Millisecond) {
		n, err := c.Counts(ctx)
		if err != nil {
			return false, err
		}
		if n["available"]+n["running"]+n["pending"] == 0 {
			return true, nil
		}
		if time.Now().After(end) {
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// Advance moves everything that waits for its moment closer by d, and lets periodic work run now. The demo calls it after it
// has moved the clock of the database on, and before that Settle: River writes down what became of a job a while after it ran, and a moment
// that is written after Advance would not be moved.
func (c *Client) Advance(ctx context.Context, d time.Duration) error {
	if c.db.Engine() == store.SQLite {
		return c.advance(ctx, `strftime('%Y-%m-%d %H:%M:%f', scheduled_at, $1)`, `strftime('%Y-%m-%d %H:%M:%f', 'now')`, fmt.Sprintf("-%.3f seconds", d.Seconds()))
	}
	return c.advance(ctx, `scheduled_at - CAST($1 AS INTERVAL)`, `now()`, fmt.Sprintf("%.3f seconds", d.Seconds()))
}

func (c *Client) advance(ctx context.Context, moved, now, by string) error {
	return c.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE river_job SET scheduled_at = `+moved+` WHERE state IN ('scheduled', 'retryable')
			OR (state = 'available' AND scheduled_at > `+now+`)`, by); err != nil {
			return fmt.Errorf("advance jobs: %w", err)
		}
		if _, err := tx.Exec(ctx, `UPDATE river_job SET state = 'available' WHERE state IN ('scheduled', 'retryable') AND scheduled_at <= `+now); err != nil {
			return fmt.Errorf("advance jobs: %w", err)
		}
		var ticks []Args
		for name := range c.every {
			ticks = append(ticks, tickArgs{name})
		}
		if err := c.Enqueue(ctx, tx, ticks...); err != nil {
			return err
		}
		if c.db.Engine() == store.SQLite {
			return tx.Notify(ctx, topic)
		}
		return nil
	})
}
