package keyring

import (
	"container/list"
	"sync"
	"time"
)

// cache keeps the keys of persons for a short while, the most lately used ones when there are too many.
type cache struct {
	ttl  time.Duration
	most int
	now  func() time.Time

	mu   sync.Mutex
	turn int       // counts how often it was emptied
	used list.List // of *kept, the most lately used first
	by   map[string]*list.Element
}

// kept is a key until it dies, or, without a key, the bar against keeping the owner's.
type kept struct {
	owner string
	key   *Key
	dies  time.Time
}

// get is the owner's key, or nil. turn goes back to put.
func (c *cache) get(owner string) (key *Key, turn int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.by[owner]
	if e == nil {
		return nil, c.turn
	}
	k := e.Value.(*kept)
	if !c.now().Before(k.dies) {
		c.drop(e)
		return nil, c.turn
	}
	c.used.MoveToFront(e)
	return k.key, c.turn
}

// put keeps a key that was read after get gave turn, unless news of a destroyed key came in between or the owner is barred.
func (c *cache) put(owner string, key *Key, turn int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if turn != c.turn || c.by[owner] != nil {
		return
	}
	c.add(&kept{owner: owner, key: key})
}

// bar drops the owner's key and keeps nobody from reading it again, but keeps it from staying, for as long as a key may
// stay: whoever reads it now may be reading a snapshot from before its end.
func (c *cache) bar(owner string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.by[owner]; e != nil {
		c.drop(e)
	}
	c.add(&kept{owner: owner})
}

// empty drops every key; bars stay.
func (c *cache) empty() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn++
	for e := c.used.Front(); e != nil; {
		next := e.Next()
		if e.Value.(*kept).key != nil {
			c.drop(e)
		}
		e = next
	}
}

func (c *cache) add(k *kept) {
	if c.by == nil {
		c.by = map[string]*list.Element{}
	}
	k.dies = c.now().Add(c.ttl)
	c.by[k.owner] = c.used.PushFront(k)
	for c.used.Len() > c.most {
		c.drop(c.used.Back())
	}
}

func (c *cache) drop(e *list.Element) {
	c.used.Remove(e)
	delete(c.by, e.Value.(*kept).owner)
}
