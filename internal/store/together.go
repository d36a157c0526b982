package store

import (
	"context"
	"sync"

	"golang.org/x/sync/singleflight"
)

// Together answers those who ask for the same in the same moment by one reading, so that a rush for one thing costs no more than the
// database can read it. Whoever comes while a reading is under way waits for the one after it: nobody is shown less than what was there
// when they asked. The zero value is ready. What was read is shared, and not to be changed.
type Together[T any] struct {
	group singleflight.Group
	turns sync.Map // key → *sync.Mutex: of one thing one reading at a time
}

// Read is what read returns for whoever asks for key now. The reading goes on when the one it was begun for has gone away, until their
// deadline.
func (t *Together[T]) Read(ctx context.Context, key string, read func(context.Context) (T, error)) (T, error) {
	answer := t.group.DoChan(key, func() (any, error) {
		turn, _ := t.turns.LoadOrStore(key, new(sync.Mutex))
		turn.(*sync.Mutex).Lock() //nolint:forcetypeassert // nothing else is in it
		defer turn.(*sync.Mutex).Unlock()
		t.group.Forget(key) // who comes from now on is for the next
		alone := context.WithoutCancel(ctx)
		if end, ok := ctx.Deadline(); ok {
			var cancel context.CancelFunc
			alone, cancel = context.WithDeadline(alone, end)
			defer cancel()
		}
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
