package store

import (
	"context"
	"sync"
)

// hub wakes those who listen to a topic. A topic is an identifier, never a personal datum: on PostgreSQL it passes
// through the server's notification queue.
type hub struct {
	mu sync.Mutex
	by map[string]map[chan struct{}]bool
}

// Notify tells everybody who listens to the topic, on every node, once the transaction is committed.
func (tx *Tx) Notify(ctx context.Context, topic string) error {
	if tx.db.engine == Postgres {
		_, err := tx.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, topic)
		return err
	}
	tx.topics = append(tx.topics, topic)
	return nil
}

// Listen returns a channel that receives after the topic was told of, and a function that ends listening. News that
// come while one waits to be read are one piece of news: look at the state, do not count.
func (db *DB) Listen(topic string) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	h := &db.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.by == nil {
		h.by = map[string]map[chan struct{}]bool{}
	}
	if h.by[topic] == nil {
		h.by[topic] = map[chan struct{}]bool{}
	}
	h.by[topic][c] = true
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.by[topic], c)
		if len(h.by[topic]) == 0 {
			delete(h.by, topic)
		}
	}
}

func (h *hub) publish(topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.by[topic] {
		wake(c)
	}
}

func (h *hub) publishAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, cs := range h.by {
		for c := range cs {
			wake(c)
		}
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it has not yet read the last one
	}
}
