package store

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Together answers those who ask for the same in the same moment by one reading, so that a rush for one thing costs no more than the
// database can read it. Whoever comes while a reading is under way waits for the one after it: nobody is shown less than what was there
// when they asked. The zero value is ready. Keys are few: the turn of each is kept. What was read is shared, and not to be changed.
type Together[T any] struct {
	group singleflight.Group
	turns sync.Map // key → *sync.Mutex: of one thing one reading at a time
}

// longestTogether bounds a reading for which nobody's patience does.
const longestTogether = time.Minute

// Read is what read returns for whoever asks for key now. The reading goes on when the one it was begun for has gone away, for a minute at
// most.
func (t *Together[T]) Read(ctx context.Context, key string, read func(context.Context) (T, error)) (T, error) {
	answer := t.group.DoChan(key, func() (_ any, err error) {
		defer func() {
			if p := recover(); p != nil { // of one reading, not of the whole program
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		turn, _ := t.turns.LoadOrStore(key, new(sync.Mutex))
		turn.(*sync.Mutex).Lock() //nolint:forcetypeassert // nothing else is in it
		defer turn.(*sync.Mutex).Unlock()
		t.group.Forget(key) // who comes from now on is for the next
		alone, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestTogether)
		defer cancel()
		return read(alone)
	})
	var none T
	select {
	case a := <-answer:
		if a.Err != nil {
			return none, a.Err
		}
		return a.Val.(T), nil //nolint:forcetypeassert // read returned it
	case <-ctx.Done():
		return none, ctx.Err()
	}
}
