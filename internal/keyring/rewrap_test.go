package keyring

import (
	"testing"

	"okno/internal/store"
	"okno/internal/store/storetest"
)

// The owner was forgotten and made again while a page was being wrapped: the key of old must not come back.
func TestARewrapDoesNotUndoWhatHappenedMeanwhile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r, ctx := ring(t), t.Context()
		var old, made *Key
		renew := func(to **Key) {
			err := db.Write(ctx, func(tx *store.Tx) (err error) {
				if err := r.Forget(ctx, tx, "p"); err != nil {
					return err
				}
				*to, err = r.NewPerson(ctx, tx, "p")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		renew(&old)
		rotation := &Rotation{DB: db, Ring: r}
		all := rotation.persons(&held{master: r.held.Load().master, primary: "none, so that every key is to be wrapped anew"})
		page, end, err := all.page(ctx, "", 10)
		if err != nil || len(page) != 1 {
			t.Fatalf("%d keys, %v", len(page), err)
		}
		renew(&made)
		if n, err := rotation.save(ctx, all, page, end); n != 0 || err != nil {
			t.Errorf("replaced %d, %v", n, err)
		}
		k, err := r.Person(ctx, db, "p")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Open("t", "c", "r", made.Seal("t", "c", "r", nil)); err != nil {
			t.Errorf("the new key is gone: %v", err)
		}
	})
}
