package signin_test

import (
	"context"
	"testing"

	"okno/internal/contact"
	"okno/internal/keyring"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// REG-12: a phone that was freed by a takeover is its new holder's, and stays so when the index root changes.
func TestAFreedContactStaysItsNewHoldersUnderANewRoot(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		w := signintest.New(t, db)
		phone := contact.Target{Kind: contact.Phone, Value: "+79120000001"}
		holder := func() string {
			t.Helper()
			id, err := w.Contacts.Holder(ctx, db, phone)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		w.Register(t, signintest.Visitor("old"), phone.Value)
		old := holder()
		if err := db.Write(ctx, func(tx *store.Tx) error { return w.Contacts.Retire(ctx, tx, old) }); err != nil {
			t.Fatal(err)
		}
		if got := holder(); got != "" {
			t.Fatalf("the phone is still held by %s", got)
		}
		w.Register(t, signintest.Visitor("new"), phone.Value)
		now := holder()
		r, which := &keyring.Rotation{DB: db, Ring: w.Ring, Indexed: contact.Indexed(), Sealed: contact.Sealed()}, keyring.Which{Index: true}
		reload := func() error { _, err := w.Ring.Reload(); return err }
		reseal := func() error { _, err := r.Reseal(ctx, nil); return err }
		for i, step := range []func() error{func() error { return r.Stage(which) }, reload, reseal, func() error { return r.Rotate(ctx, which) }, reload, reseal} {
			if err := step(); err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
			if got := holder(); got != now {
				t.Errorf("after step %d the phone is %q's, not %q's", i, got, now)
			}
		}
		if got := holder(); now == "" || now == old || got != now {
			t.Errorf("held by %q, before by %q and %q", got, now, old)
		}
	})
}
