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

// news is what is told after a commit, on a channel of PostgreSQL.
type news struct{ channel, payload string }

// Notify tells everybody who listens to the topic, on every node, once the transaction is committed.
func (tx *Tx) Notify(_ context.Context, topic string) error {
	tx.news = append(tx.news, news{channel, topic})
	return nil
}

// NotifyOn tells a library that listens on a channel of PostgreSQL's, once the transaction is committed: jobs only.
func (tx *Tx) NotifyOn(channel, payload string) { tx.news = append(tx.news, news{channel, payload}) }

// tell spreads the news of a committed transaction: in this process at once, to other nodes by the herald.
func (db *DB) tell(all []news) {
	for _, n := range all {
		if n.channel == channel {
			db.hub.publish(n.payload)
		}
	}
	if db.pool != nil && len(all) > 0 {
		db.herald.take(all)
	}
}

// Listen returns a channel that receives after one of the topics was told of, and a function that ends listening. News that
// come while one waits to be read are one piece of news: look at the state, do not count.
func (db *DB) Listen(topics ...string) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	h := &db.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.by == nil {
		h.by = map[string]map[chan struct{}]bool{}
	}
	for _, topic := range topics {
		if h.by[topic] == nil {
			h.by[topic] = map[chan struct{}]bool{}
		}
		h.by[topic][c] = true
	}
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, topic := range topics {
			delete(h.by[topic], c)
			if len(h.by[topic]) == 0 {
				delete(h.by, topic)
			}
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
