package keyring

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"okno/internal/store"
	"okno/internal/store/storetest"
)

// A node that has not taken the new keys up could not read what others write; one that is gone holds nobody up.
func TestKeysChangeOnlyWhenEveryRunningNodeHoldsThem(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx := t.Context()
		c, err := Generate(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		open := func() *Ring {
			r, err := Open(c)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		behind, w := open(), Which{Master: true, Index: true}
		if err := (&Rotation{DB: db, Ring: behind}).Rotate(ctx, w); !errors.Is(err, ErrNotStaged) {
			t.Errorf("nothing is staged: %v", err)
		}
		if err := (&Rotation{DB: db, Ring: behind}).Stage(w); err != nil {
			t.Fatal(err)
		}
		r := &Rotation{DB: db, Ring: open()}
		one, two := node{id: "one"}, node{id: "two"}
		say := func(n *node, x *Ring) {
			t.Helper()
			if err := n.report(ctx, db, x.held.Load().holds()); err != nil {
				t.Fatal(err)
			}
		}
		refuses := func(says string, do func(context.Context, Which) error) {
			t.Helper()
			for _, w := range []Which{{Master: true}, {Index: true}} {
				if err := do(ctx, w); !errors.Is(err, ErrNotReady) || !strings.Contains(err.Error(), says) {
					t.Errorf("%+v: %v, want %q", w, err, says)
				}
			}
		}
		say(&one, behind)
		say(&two, r.Ring)
		refuses("the node one", r.Rotate)
		say(&one, r.Ring)
		refuses("a moment ago", r.Rotate)
		clock.Advance(30 * time.Second)
		say(&one, r.Ring) // it holds them since then, whatever it said later
		say(&two, behind)
		refuses("the node two", r.Rotate)
		clock.Advance(31 * time.Second)
		say(&one, r.Ring)
		refuses("the node two", r.Rotate)
		clock.Advance(40 * time.Second)
		say(&one, r.Ring) // two is silent now
		if err := r.Rotate(ctx, w); err != nil {
			t.Fatal(err)
		}
		r.Ring = open()
		refuses("the node one", r.Retire)
		say(&one, r.Ring)
		clock.Advance(50 * time.Second)
		say(&one, r.Ring)
		refuses("a moment ago", r.Retire)
		clock.Advance(11 * time.Second)
		if err := r.Retire(ctx, w); err != nil {
			t.Fatal(err)
		}
		if h := open().held.Load(); len(h.keys) != 1 || len(h.peppers) != 1 {
			t.Errorf("%d keys and %d roots are in the files", len(h.keys), len(h.peppers))
		}
	})
}

func TestANodeSaysWhatItHoldsAndThatItGoes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := &Rotation{DB: db, Ring: ring(t)}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			r.Ring.Keep(ctx, db, slog.New(slog.DiscardHandler))
		}()
		var nodes []Holder
		for end := time.Now().Add(10 * time.Second); len(nodes) == 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
			var err error
			if nodes, err = r.Holders(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if len(nodes) != 1 || strings.Join(nodes[0].Holds, " ") != r.Ring.held.Load().holds() {
			t.Errorf("nodes: %+v", nodes)
		}
		stop()
		<-ended
		if nodes, err := r.Holders(t.Context()); err != nil || len(nodes) != 0 {
			t.Errorf("it is gone: %+v, %v", nodes, err)
		}
	})
}
