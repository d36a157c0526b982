package storetest

import (
	"sync"
	"time"
)

// Clock is a clock that only the test moves.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock is a clock that shows the moment at which tests begin: a Wednesday in November.
func NewClock() *Clock { return &Clock{at: time.Date(2026, 11, 18, 11, 2, 0, 0, time.UTC)} }

// Now is the moment the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance moves the clock on.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
