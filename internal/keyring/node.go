package keyring

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"okno/internal/id"
	"okno/internal/store"
)

// A node that has not been heard of for so long is not there any more; one that is asks every few seconds.
const (
	Beat  = 5 * time.Second
	alive = 12 * Beat
)

// Keep reads the secrets again every so often (Beat), so that a node takes new ones up without being started again, and lets
// the database know what this node holds, until ctx ends. A file that cannot be read changes nothing: the node goes on with
// what it holds and says so.
func (r *Ring) Keep(ctx context.Context, db *store.DB, log *slog.Logger) {
	n := node{id: id.New()}
	for {
		if changed, err := r.Reload(); err != nil {
			log.ErrorContext(ctx, "keys cannot be read again; the node goes on with those it holds", "error", err)
		} else if changed {
			log.InfoContext(ctx, "keys were changed", "holds", r.held.Load().holds())
		}
		if err := n.report(ctx, db, r.held.Load().holds()); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "it could not be said which keys the node holds", "error", err)
		}
		select {
		case <-ctx.Done():
			late, cancel := context.WithTimeout(context.WithoutCancel(ctx), Beat)
			defer cancel()
			if err := n.leave(late, db); err != nil {
				log.WarnContext(late, "the node could not say that it is gone", "error", err)
			}
			return
		case <-time.After(Beat):
		}
	}
}

// node is this process as key_holder knows it.
type node struct {
	id string
}

func (n *node) report(ctx context.Context, db *store.DB, holds string) error {
	return db.WriteRows(ctx, func(tx *store.Tx) error {
		return tx.Do(ctx, `INSERT INTO key_holder (id, holds, since, seen_at) VALUES ($1, $2, $3, $3)
			ON CONFLICT (id) DO UPDATE SET since = CASE WHEN key_holder.holds = excluded.holds THEN key_holder.since ELSE excluded.since END,
				holds = excluded.holds, seen_at = excluded.seen_at`, n.id, holds, tx.Now())
	})
}

// leave takes the node off the list, and those that went without a word long ago.
func (n *node) leave(ctx context.Context, db *store.DB) error {
	return db.WriteRows(ctx, func(tx *store.Tx) error {
		return tx.Do(ctx, `DELETE FROM key_holder WHERE id = $1 OR seen_at < $2`, n.id, tx.Now().Add(-24*time.Hour))
	})
}

// holds are the words for what is held: every key that opens, the one that seals, every root that is asked by, the one in
// force and the one that rows are indexed under beforehand.
func (h *held) holds() string {
	words := []string{word("seals", h.keys[h.seals]), "indexes:" + h.roots[0].name()}
	for _, k := range h.keys {
		words = append(words, word("opens", k))
	}
	for _, x := range h.roots {
		words = append(words, "asks:"+x.name())
	}
	if h.ahead != nil {
		words = append(words, "ahead:"+h.ahead.name())
	}
	return strings.Join(words, " ")
}

func word(what string, key uint32) string { return fmt.Sprintf("%s:%08x", what, key) }

// Holder is a running node and the words for what it holds.
type Holder struct {
	ID     string
	Holds  []string
	Since  time.Time // it holds just this
	SeenAt time.Time
}

// Holders are the nodes that run.
func (r *Rotation) Holders(ctx context.Context) ([]Holder, error) {
	rows, err := r.DB.Query(ctx, `SELECT id, holds, since, seen_at FROM key_holder WHERE seen_at > $1 ORDER BY id`, r.DB.Now().Add(-alive))
	if err != nil {
		return nil, fmt.Errorf("nodes and their keys: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Holder
	for rows.Next() {
		var x Holder
		var holds string
		if err := rows.Scan(&x.ID, &holds, store.Time(&x.Since), store.Time(&x.SeenAt)); err != nil {
			return nil, err
		}
		x.Holds = strings.Fields(holds)
		out = append(out, x)
	}
	return out, rows.Err()
}

// all refuses when a running node does not hold what the word says, or has not for long enough: what it began with its old
// keys may not have been written yet.
func (r *Rotation) all(ctx context.Context, what string) error {
	settle := r.Settle
	if settle == 0 {
		settle = time.Minute
	}
	nodes, err := r.Holders(ctx)
	if err != nil {
		return err
	}
	for _, n := range nodes {
		if !slices.Contains(n.Holds, what) {
			return fmt.Errorf("%w: the node %s, seen %s ago, does not hold %s yet; give it the files, or stop it and come back in %s",
				ErrNotReady, n.ID, r.DB.Now().Sub(n.SeenAt).Round(time.Second), what, alive)
		}
	}
	for _, n := range nodes {
		if wait := settle - r.DB.Now().Sub(n.Since); wait > 0 {
			return fmt.Errorf("%w: the node %s took its keys up a moment ago and may be writing with the old ones yet: come back in %s", ErrNotReady, n.ID, wait.Round(time.Second)+time.Second)
		}
	}
	return nil
}
