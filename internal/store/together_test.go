package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"okno/internal/store"
)

// Whoever asks sees what was there when they asked, and many who ask at once cost few readings.
func TestAReadingIsSharedAndNeverTooOld(t *testing.T) {
	var together store.Together[int64]
	var stands, readings atomic.Int64
	read := func(context.Context) (int64, error) {
		readings.Add(1)
		n := stands.Load()
		time.Sleep(time.Millisecond)
		return n, nil
	}
	var g sync.WaitGroup
	for range 50 {
		g.Go(func() {
			for range 20 {
				least := stands.Add(1)
				if n, err := together.Read(t.Context(), "one", read); err != nil || n < least {
					t.Errorf("%d and %v are read after %d was written", n, err, least)
				}
			}
		})
	}
	g.Wait()
	if n := readings.Load(); n > 500 {
		t.Errorf("1000 are answered by %d readings", n)
	}
}

// The one a reading was begun for may go away; the others are answered all the same.
func TestAReadingOutlivesWhoBeganIt(t *testing.T) {
	var together store.Together[int]
	turn, goOn := make(chan bool), make(chan bool)
	go together.Read(t.Context(), "one", func(context.Context) (int, error) { //nolint:errcheck // it only has the turn
		close(turn)
		<-goOn
		return 0, nil
	})
	<-turn
	read := func(ctx context.Context) (int, error) { return 7, ctx.Err() }
	first, leave := context.WithCancel(t.Context())
	leave()
	if _, err := together.Read(first, "one", read); !errors.Is(err, context.Canceled) { // theirs is the reading that waits for its turn
		t.Errorf("who went away is told %v", err)
	}
	time.AfterFunc(50*time.Millisecond, func() { close(goOn) })
	if n, err := together.Read(t.Context(), "one", func(context.Context) (int, error) { return 0, errors.New("there was one already") }); n != 7 || err != nil {
		t.Errorf("who stayed is told %d, %v", n, err)
	}
	if _, err := together.Read(t.Context(), "one", func(context.Context) (int, error) { return 0, errors.New("down") }); err == nil || err.Error() != "down" {
		t.Errorf("a failure is %v", err)
	}
	if _, err := together.Read(t.Context(), "one", func(context.Context) (int, error) { panic("lost") }); err == nil || !strings.Contains(err.Error(), "lost") {
		t.Errorf("a reading that broke is %v", err)
	}
}
