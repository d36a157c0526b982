package signin_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"okno/internal/keyring"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
)

// SRV-10: whoever floods the doors of the public keeps no officer from work.
func TestAFloodOfSignInsKeepsNoEmployeeOut(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		_, operator := atCentre(t, w, clock)
		secret := employee(t, w)
		before, err := w.Staff.Lookup(ctx, w.DB, "smirnova")
		if err != nil {
			t.Fatal(err)
		}
		slow := keyring.NewHasher(w.Ring, keyring.HasherConfig{Workers: 1, MaxWait: 10 * time.Millisecond, Cost: keyring.Cost{KiB: 19 * 1024, Passes: 8, Lanes: 1}})
		w.SignIn.Hasher = slow
		flood, over := context.WithCancel(ctx)
		var wg sync.WaitGroup
		wg.Go(func() {
			for flood.Err() == nil {
				slow.Hash(context.Background(), "x") //nolint:errcheck // it is there to be in the way
			}
		})
		defer wg.Wait()
		defer over()
		var busy error
		for range 100 {
			if _, busy = w.SignIn.SignIn(ctx, signintest.Visitor("home"), phone, signintest.Password); errors.Is(busy, keyring.ErrBusy) {
				break
			}
		}
		if !errors.Is(busy, keyring.ErrBusy) {
			t.Fatalf("nobody is told to come back: %v", busy)
		}
		for n := range 3 {
			if _, err := w.SignIn.StaffSignIn(ctx, signintest.Visitor("desk"), "smirnova", signintest.Password, "000000"); !errors.Is(err, signin.ErrStaffWrong) {
				t.Errorf("try %d at the desk: %v", n, err)
			}
		}
		token, err := w.SignIn.StaffSignIn(ctx, signintest.Visitor("other"), "smirnova", signintest.Password, codeOf(t, secret, time.Now()))
		if err != nil {
			t.Fatalf("with the right code: %v", err)
		}
		if x, err := w.Staff.Lookup(ctx, w.DB, "smirnova"); err != nil || x.Encoded == before.Encoded {
			t.Errorf("a hash of before is not made anew: %v", err)
		}
		if err := w.SignIn.StaffChangePassword(ctx, person(t, w, token), signintest.Visitor("other"), newPassword, newPassword); err != nil {
			t.Errorf("another password of their own: %v", err)
		}
		issue(t, w, operator)
	})
}
