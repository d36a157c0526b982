package sandbox

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Systems are the names of everything that can be spoiled.
var systems = []string{"passport", "snils", "inn", "civil", "income", "property", "licence", "medical", "vehicles", "insurers", "registers", "xroad", "sms1", "sms2", "voice", "smtp", "authority", "agency", "push"}

// Mode is how a system behaves.
type Mode string

// The modes.
const (
	OK      Mode = "ok"
	Slow    Mode = "slow"    // answers after the delay of the settings
	Down    Mode = "down"    // hangs up on whoever calls
	Garbage Mode = "garbage" // talks nonsense
)

// Valid reports whether m is one of the modes.
func (m Mode) Valid() bool { return slices.Contains([]Mode{OK, Slow, Down, Garbage}, m) }

// faults holds the mode of every system.
type faults struct {
	slow time.Duration

	mu      sync.Mutex
	modes   map[string]Mode
	changed chan struct{} // closed and renewed by every change
	calls   int           // of garbage, so that its kinds take turns
}

func newFaults(slow time.Duration) *faults {
	f := &faults{slow: slow, modes: map[string]Mode{}, changed: make(chan struct{})}
	for _, s := range systems {
		f.modes[s] = OK
	}
	return f
}

// SetFault makes a system behave badly, or well again. Connections that stand are dropped when it goes down or
// mad; whoever waits for a slow one is served at once when it is well again.
func (w *World) SetFault(system string, m Mode) error {
	f := w.faults
	f.mu.Lock()
	if _, ok := f.modes[system]; !ok || !m.Valid() {
		f.mu.Unlock()
		return fmt.Errorf("no system %q or no mode %q", system, m)
	}
	f.modes[system] = m
	close(f.changed)
	f.changed = make(chan struct{})
	f.mu.Unlock()
	if m == Down || m == Garbage {
		w.conns.drop(system)
	}
	w.log.Info("sandbox fault", "system", system, "mode", m)
	return nil
}

// Faults returns the mode of every system.
func (w *World) Faults() map[string]Mode {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	return maps.Clone(w.faults.modes)
}

func (f *faults) mode(system string) Mode {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.modes[system]
}

// standing is a context that ends when system goes down or mad. The caller ends it by stop.
func (f *faults) standing(ctx context.Context, system string) (_ context.Context, stop func()) {
	ctx, stop = context.WithCancel(ctx)
	go func() {
		for {
			f.mu.Lock()
			mode, changed := f.modes[system], f.changed
			f.mu.Unlock()
			if mode == Down || mode == Garbage {
				stop()
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, stop
}

// turn returns 0, 1, … n-1 in turns.
func (f *faults) turn(n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	return f.calls % n
}

// wait holds the caller back while system is slow, at most for the delay. False means that ctx ended first.
func (f *faults) wait(ctx context.Context, system string) bool {
	t := time.NewTimer(f.slow)
	defer t.Stop()
	for {
		f.mu.Lock()
		mode, changed := f.modes[system], f.changed
		f.mu.Unlock()
		if mode != Slow {
			return ctx.Err() == nil
		}
		select {
		case <-t.C:
			return true
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}
