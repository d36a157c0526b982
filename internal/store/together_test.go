package store_test

import (
	"context"
	"errors"
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
	first, leave := context.WithCancel(t.Context())
	begun, goOn := make(chan bool), make(chan bool)
	var once sync.Once
	read := func(ctx context.Context) (int, error) {
		once.Do(func() { close(begun) })
		<-goOn
		return 7, ctx.Err()
	}
	gone := make(chan error, 1)
	go func() {
		_, err := together.Read(first, "one", read)
		gone <- err
	}()
	<-begun
	answer := make(chan int, 1)
	go func() {
		n, err := together.Read(t.Context(), "one", read)
		if err != nil {
			t.Error(err)
		}
		answer <- n
	}()
	leave()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("who went away is told %v", err)
	}
	close(goOn)
	if n := <-answer; n != 7 {
		t.Errorf("read %d", n)
	}
	if _, err := together.Read(t.Context(), "one", func(context.Context) (int, error) { return 0, errors.New("down") }); err == nil || err.Error() != "down" {
		t.Errorf("a failure is %v", err)
	}
}
