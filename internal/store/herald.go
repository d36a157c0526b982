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
	wait := heraldPause
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			continue
		case <-h.wake:
		}
		if h.tell(ctx, &conn, c) {
			wait = heraldPause
		} else {
			wait = min(2*wait, 5*time.Second)
			wake(h.wake)
		}
		sleep(ctx, wait)
	}
	h.tell(ctx, &conn, c)
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// tell sends what has gathered and reports whether it went well; what could not be told gathers again.
func (h *herald) tell(ctx context.Context, conn **pgx.Conn, c *pgx.ConnConfig) bool {
	all := h.gathered()
	if len(all) == 0 {
		return true
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if *conn == nil || (*conn).IsClosed() {
		fresh, err := pgx.ConnectConfig(ctx, c)
		if err != nil {
			h.again(all)
			return false
		}
		*conn = fresh
		h.self.Store(fresh.PgConn().PID())
	}
	var channels, payloads []string
	for n := range all {
		channels, payloads = append(channels, n.channel), append(payloads, n.payload)
	}
	if _, err := (*conn).Exec(ctx, `SELECT pg_notify(c, p) FROM unnest($1::text[], $2::text[]) AS t(c, p)`, channels, payloads); err != nil {
		(*conn).Close(ctx) //nolint:errcheck // a new one is opened
		h.self.Store(0)
		h.again(all)
		return false
	}
	return true
}

// again puts news back that could not be told.
func (h *herald) again(all map[news]bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting == nil {
		h.waiting = all
		return
	}
	for n := range all {
		if len(h.waiting) < heraldMost {
			h.waiting[n] = true
		}
	}
}
