// Package keyringtest makes rings and hashers for the tests of other packages.
package keyringtest

import (
	"testing"

	"okno/internal/keyring"
)

// Ring makes a ring of fresh secrets.
func Ring(t testing.TB) *keyring.Ring {
	t.Helper()
	c, err := keyring.Generate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r, err := keyring.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Cheap is a cost at which a hash takes less than a millisecond. Nothing but a test may ask for it.
var Cheap = keyring.Cost{KiB: 64, Passes: 1, Lanes: 1}

// Hasher makes a cheap hasher with the ring's peppers.
func Hasher(t testing.TB, r *keyring.Ring) *keyring.Hasher {
	t.Helper()
	return keyring.NewHasher(r, keyring.HasherConfig{Cost: Cheap})
}
