package call

import (
	"sync"
	"time"
)

// State is what a circuit does with the next call.
type State string

// The states.
const (
	Closed State = "closed" // lets calls through
	Open   State = "open"   // refuses them
	Trial  State = "trial"  // has rested: lets one through and waits for what becomes of it
)

// outcome is what a call taught us of the system.
type outcome int

const (
	good    outcome = iota
	bad             // it failed
	unknown         // the caller gave up before anything could be told
)

// breaker keeps callers from a system that keeps failing. See the drawing in doc.go.
type breaker struct {
	limit int           // failures in a row that open it
	rest  time.Duration // how long it stays open
	now   func() time.Time

	mu       sync.Mutex
	failures int
	until    time.Time // while open: when it has rested
	trying   bool      // a trial is under way
}

// enter asks for passage. Whoever gets it must leave with an outcome.
func (b *breaker) enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.state() {
	case Open:
		return false
	case Trial:
		if b.trying {
			return false
		}
		b.trying = true
	case Closed:
	}
	return true
}

func (b *breaker) leave(o outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
	switch o {
	case good:
		b.failures, b.until = 0, time.Time{}
	case bad:
		if b.failures++; b.failures >= b.limit {
			b.until = b.now().Add(b.rest)
		}
	case unknown:
	}
}

func (b *breaker) look() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state()
}

func (b *breaker) state() State {
	if b.until.IsZero() {
		return Closed
	}
	if b.now().Before(b.until) {
		return Open
	}
	return Trial
}
