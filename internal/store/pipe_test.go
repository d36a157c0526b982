package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"okno/internal/store"
	"okno/internal/store/storetest"
)

func names(t *testing.T, db *store.DB) (out []string) {
	t.Helper()
	rows, err := db.Query(ctx, `SELECT name FROM thing ORDER BY name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		out = append(out, n)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

const add = `INSERT INTO thing (id, name) VALUES ($1, $2)`

func TestWhatNobodyWaitsForIsThereForTheNextStatementAndAfterTheCommit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		err := db.Write(ctx, func(tx *store.Tx) error {
			for i := range 3 {
				if err := tx.Do(ctx, add, fmt.Sprint(i), fmt.Sprint("first ", i)); err != nil {
					return err
				}
			}
			var n int
			if err := tx.QueryRow(ctx, `SELECT count(*) FROM thing`).Scan(&n); err != nil || n != 3 {
				return fmt.Errorf("%d things: %w", n, err)
			}
			if err := tx.Do(ctx, add, "3", "second 3"); err != nil {
				return err
			}
			touched, err := tx.Exec(ctx, `UPDATE thing SET done = FALSE`)
			if err != nil || touched != 4 {
				return fmt.Errorf("%d touched: %w", touched, err)
			}
			return tx.Do(ctx, add, "4", "third 4")
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := names(t, db); len(got) != 5 {
			t.Errorf("there are %v", got)
		}
	})
}

func TestARefusalOfWhatNobodyWaitedForUndoesTheTransaction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		exec(t, db, `INSERT INTO thing (id, name) VALUES ('0', 'there')`)
		for name, after := range map[string]func(tx *store.Tx) error{
			"at the commit":     func(*store.Tx) error { return nil },
			"at the next query": func(tx *store.Tx) error { var n int; return tx.QueryRow(ctx, `SELECT count(*) FROM thing`).Scan(&n) },
			"at the next rows": func(tx *store.Tx) error {
				rows, err := tx.Query(ctx, `SELECT name FROM thing`)
				if err == nil {
					rows.Close()
				}
				return err
			},
			"at the next exec": func(tx *store.Tx) error { _, err := tx.Exec(ctx, `UPDATE thing SET size = 1`); return err },
		} {
			err := db.Write(ctx, func(tx *store.Tx) error {
				if err := tx.Do(ctx, add, "1", "new"); err != nil {
					return err
				}
				if err := tx.Do(ctx, add, "2", "there"); err != nil {
					return err
				}
				return after(tx)
			})
			if !errors.Is(store.One(err), store.ErrExists) {
				t.Errorf("%s: %v, want ErrExists", name, err)
			}
			if got := names(t, db); len(got) != 1 {
				t.Errorf("%s: there are %v", name, got)
			}
		}
		if err := db.Write(ctx, func(tx *store.Tx) error { return tx.Do(ctx, add, "1", "new") }); err != nil {
			t.Errorf("the connection is of no use any more: %v", err)
		}
	})
}

func TestATransactionThatIsGivenUpLeavesNothingAndTellsNobody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		news, stop := db.Listen("topic")
		defer stop()
		listened(t, db)
		drain(news, 50*time.Millisecond)
		gone := errors.New("given up")
		err := db.Write(ctx, func(tx *store.Tx) error {
			if err := tx.Do(ctx, add, "1", "new"); err != nil {
				return err
			}
			if err := tx.Notify(ctx, "topic"); err != nil {
				return err
			}
			return gone
		})
		if !errors.Is(err, gone) || len(names(t, db)) != 0 {
			t.Errorf("%v, and there are %v", err, names(t, db))
		}
		if drain(news, 50*time.Millisecond) {
			t.Error("what came to nothing was told")
		}
	})
}

// Of two that take one row one waits for the other and finds it gone, without serialisable transactions.
func TestOfTwoThatConsumeARowOneFindsItGone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		exec(t, db, `INSERT INTO thing (id, name) VALUES ('0', 'one')`)
		results := make(chan error, 8)
		for range cap(results) {
			go func() {
				results <- db.WriteRows(ctx, func(tx *store.Tx) error {
					return store.Touched(tx.Exec(ctx, `DELETE FROM thing WHERE id = $1`, "0"))
				})
			}()
		}
		won := 0
		for range cap(results) {
			switch err := <-results; {
			case err == nil:
				won++
			case !errors.Is(err, store.ErrStale):
				t.Error(err)
			}
		}
		if won != 1 {
			t.Errorf("%d took it", won)
		}
	})
}

func TestAnotherNodeHearsTheNewsOnce(t *testing.T) {
	dsn := storetest.DSN(t, store.Postgres)
	here, err := store.Open(ctx, dsn, store.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	there, err := store.Open(ctx, dsn, store.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	heard, stop := there.Listen("topic")
	defer stop()
	own, stopOwn := here.Listen("topic")
	defer stopOwn()
	drained(heard, own)
	tell := func() {
		t.Helper()
		if err := here.Write(ctx, func(tx *store.Tx) error { return tx.Notify(ctx, "topic") }); err != nil {
			t.Fatal(err)
		}
	}
	tell()
	for name, c := range map[string]<-chan struct{}{"the other node": heard, "this node": own} {
		select {
		case <-c:
		case <-time.After(5 * time.Second):
			t.Errorf("%s does not hear", name)
		}
	}
	select {
	case <-own:
		t.Error("this node hears its own news from the server again")
	case <-time.After(100 * time.Millisecond):
	}
	last, stopLast := there.Listen("last")
	defer stopLast()
	for _, topic := range []string{"topic", "other", "last"} { // the last comes while the first is being told
		if err := here.Write(ctx, func(tx *store.Tx) error { return tx.Notify(ctx, topic) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := here.Close(); err != nil { // what was told of is told, though the node ends
		t.Fatal(err)
	}
	select {
	case <-last:
	case <-time.After(5 * time.Second):
		t.Error("the last news of a node that ends is lost")
	}
}

// drained waits until the listening connections stand, which is when everybody is woken once.
func drained(all ...<-chan struct{}) {
	for _, c := range all {
		select {
		case <-c:
		case <-time.After(5 * time.Second):
		}
	}
}

func TestACancelledTransactionLeavesThePoolWhole(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		for i := range 20 {
			over, cancel := context.WithCancel(ctx)
			err := db.Write(over, func(tx *store.Tx) error {
				if err := tx.Do(over, add, "1", "new"); err != nil {
					return err
				}
				var n int
				if err := tx.QueryRow(over, `SELECT count(*) FROM thing`).Scan(&n); err != nil { // the server is in the transaction now
					return err
				}
				cancel()
				return nil
			})
			if err == nil {
				t.Fatalf("try %d: a cancelled transaction was committed", i)
			}
		}
		if err := db.Write(ctx, func(tx *store.Tx) error { return tx.Do(ctx, add, "1", "new") }); err != nil {
			t.Errorf("the pool is of no use any more: %v", err)
		}
	})
}
