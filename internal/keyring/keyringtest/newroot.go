package keyringtest

import (
	"testing"

	"okno/internal/keyring"
	"okno/internal/store"
)

// NewRoot puts a new index root in force in the ring, as it would be at a node; the one before goes on being asked by. The
// rotation that comes back can retire it: it knows no columns, so it asks nobody's leave.
func NewRoot(t testing.TB, db *store.DB, r *keyring.Ring) *keyring.Rotation {
	t.Helper()
	x, w := &keyring.Rotation{DB: db, Ring: r}, keyring.Which{Index: true}
	for _, do := range []func() error{func() error { return x.Stage(w) }, func() error { return x.Rotate(t.Context(), w) }} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Reload(); err != nil {
			t.Fatal(err)
		}
	}
	return x
}
