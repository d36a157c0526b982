package store

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// herald tells other nodes the news of this one, over PostgreSQL, after the commits that they are about.
//
// NOTIFY inside the transactions would do the same and cost them their speed: a transaction that notifies holds a lock
// that all of them share until its commit is on the disk, so that commits go one by one. The herald has a connection of its
// own, tells what has gathered in one statement, and need not wait for the disk. What is lost is the news of a node that
// is killed in those milliseconds: pages that follow look again when their stream is opened anew, and jobs are looked for
// by their workers in any case.
type herald struct {
	mu      sync.Mutex
	waiting map[news]bool
	wake    chan struct{}
	self    atomic.Uint32 // PostgreSQL's number of its connection: this node has heard its own news already
}

const (
	heraldPause = 5 * time.Millisecond // between two tellings
	heraldMost  = 10_000               // news that wait while the server is away; with more, what is new is dropped
)

func (h *herald) take(all []news) {
	h.mu.Lock()
	if h.waiting == nil {
		h.waiting = map[news]bool{}
	}
	for _, n := range all {
		if len(h.waiting) < heraldMost {
			h.waiting[n] = true
		}
	}
	h.mu.Unlock()
	wake(h.wake)
}

func (h *herald) gathered() (all map[news]bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	all, h.waiting = h.waiting, nil
	return all
}

// run tells until ctx ends, and then once more what is left.
func (h *herald) run(ctx context.Context, c *pgx.ConnConfig) {
	c = c.Copy()
	c.RuntimeParams["synchronous_commit"] = "off"
	var conn *pgx.Conn
	defer func() {
		if conn != nil {
			conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it is lost or we are leaving
		}
	}()
	for over := false; !over; {
		select {
		case <-ctx.Done():
			over = true
		case <-h.wake:
		}
		all := h.gathered()
		for wait := heraldPause; len(all) > 0; wait = min(2*wait, 5*time.Second) {
			late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			err := h.tell(late, &conn, c, all)
			cancel()
			if err == nil || over {
				break
			}
			over = !sleep(ctx, wait)
		}
		over = !sleep(ctx, heraldPause) || over
	}
}

// sleep reports whether it slept to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (h *herald) tell(ctx context.Context, conn **pgx.Conn, c *pgx.ConnConfig, all map[news]bool) error {
	if *conn == nil || (*conn).IsClosed() {
		fresh, err := pgx.ConnectConfig(ctx, c)
		if err != nil {
			return err
		}
		*conn = fresh
		h.self.Store(fresh.PgConn().PID())
	}
	var channels, payloads []string
	for n := range all {
		channels, payloads = append(channels, n.channel), append(payloads, n.payload)
	}
	_, err := (*conn).Exec(ctx, `SELECT pg_notify(c, p) FROM unnest($1::text[], $2::text[]) AS t(c, p)`, channels, payloads)
	if err != nil {
		(*conn).Close(ctx) //nolint:errcheck // a new one is opened
	}
	return err
}
