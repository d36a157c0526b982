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

	mu     sync.Mutex
	turn   int       // counts how often it was emptied
	used   list.List // of *kept, the most lately used first
	by     map[string]*list.Element
	barred map[string]time.Time // owners whose keys are not kept, until then
}

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

// put keeps a key that was read after get gave turn, unless news of a destroyed key came in between or the owner is
// barred. How often it is used does not lengthen its life.
func (c *cache) put(owner string, key *Key, turn int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if turn != c.turn || c.by[owner] != nil || c.now().Before(c.barred[owner]) {
		return
	}
	if c.by == nil {
		c.by = map[string]*list.Element{}
	}
	c.by[owner] = c.used.PushFront(&kept{owner: owner, key: key, dies: c.now().Add(c.ttl)})
	for c.used.Len() > c.most {
		c.drop(c.used.Back())
	}
}

// bar drops the owner's key and lets none be kept for as long as a key may be: whoever reads it now may be reading a
// snapshot from before its end.
func (c *cache) bar(owner string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.by[owner]; e != nil {
		c.drop(e)
	}
	if c.barred == nil {
		c.barred = map[string]time.Time{}
	}
	for o, until := range c.barred {
		if !c.now().Before(until) {
			delete(c.barred, o)
		}
	}
	c.barred[owner] = c.now().Add(c.ttl)
}

// empty drops every key.
func (c *cache) empty() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn++
	c.used.Init()
	clear(c.by)
}

func (c *cache) drop(e *list.Element) {
	c.used.Remove(e)
	delete(c.by, e.Value.(*kept).owner)
}
