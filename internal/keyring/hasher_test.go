package keyring_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"okno/internal/fault"
	"okno/internal/keyring"
	"okno/internal/keyring/keyringtest"
)

func TestAPasswordIsRecognisedAndAnotherIsNot(t *testing.T) {
	h := keyringtest.Hasher(t, keyringtest.Ring(t))
	stored, err := h.Hash(ctx, "Пароль №1")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"Пароль №1": true, "пароль №1": false, "Пароль №1 ": false, "": false} {
		ok, rehash, err := h.Verify(ctx, stored, password)
		if ok != want || rehash || err != nil {
			t.Errorf("Verify(%q) = %v, %v, %v; want %v", password, ok, rehash, err, want)
		}
	}
	again, err := h.Hash(ctx, "Пароль №1")
	if err != nil || again == stored {
		t.Errorf("hashed again it is the same text, %v", err)
	}
	if strings.Contains(stored, "Пароль") || !strings.HasPrefix(stored, "$argon2id-hmac$v=19$m=64,t=1,p=1,k=") {
		t.Errorf("stored as %s", stored)
	}
}

// й typed as one code point and as и with a breve; № and ﬁ as compatibility characters.
func TestOnePasswordTypedOnTwoKeyboardsIsOnePassword(t *testing.T) {
	h := keyringtest.Hasher(t, keyringtest.Ring(t))
	stored, err := h.Hash(ctx, "\u0439fi1")
	if err != nil {
		t.Fatal(err)
	}
	for _, typed := range []string{"\u0438\u0306fi1", "\u0439\ufb011"} {
		if ok, _, err := h.Verify(ctx, stored, typed); !ok || err != nil {
			t.Errorf("Verify(%+q) = %v, %v", typed, ok, err)
		}
	}
}

func TestAHashOfAnotherCostIsRecognisedAndRenewed(t *testing.T) {
	r := keyringtest.Ring(t)
	old := keyring.NewHasher(r, keyring.HasherConfig{Cost: keyring.Cost{KiB: 32, Passes: 2, Lanes: 2}})
	h := keyringtest.Hasher(t, r)
	stored, err := old.Hash(ctx, "x")
	if err != nil {
		t.Fatal(err)
	}
	if ok, rehash, err := h.Verify(ctx, stored, "x"); !ok || !rehash || err != nil {
		t.Errorf("right: %v, %v, %v", ok, rehash, err)
	}
	if ok, rehash, err := h.Verify(ctx, stored, "y"); ok || rehash || err != nil {
		t.Errorf("wrong: %v, %v, %v: only a right password is hashed again", ok, rehash, err)
	}
}

func TestAPepperThatWasReplacedStillVerifies(t *testing.T) {
	a, b := keyring.NewRoot(), keyring.NewRoot()
	master := read(t, generate(t).MasterPath)
	hasher := func(roots ...string) *keyring.Hasher {
		return keyringtest.Hasher(t, open(t, keyring.Config{MasterJSON: master, IndexKey: strings.Join(roots, "\n")}))
	}
	stored, err := hasher(a).Hash(ctx, "x")
	if err != nil {
		t.Fatal(err)
	}
	if ok, rehash, err := hasher(b, a).Verify(ctx, stored, "x"); !ok || !rehash || err != nil {
		t.Errorf("the new root before the old: %v, %v, %v", ok, rehash, err)
	}
	if ok, _, err := hasher(b).Verify(ctx, stored, "x"); ok || err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("the new root alone: %v, %v; want an error for the operator", ok, err)
	}
}

func TestAStolenHashIsUselessWithoutThePepper(t *testing.T) {
	master := read(t, generate(t).MasterPath)
	root := keyring.NewRoot()
	stored, err := keyringtest.Hasher(t, open(t, keyring.Config{MasterJSON: master, IndexKey: root})).Hash(ctx, "x")
	if err != nil {
		t.Fatal(err)
	}
	thief := keyringtest.Hasher(t, open(t, keyring.Config{MasterJSON: master, IndexKey: keyring.NewRoot()}))
	own := strings.Split(thief.Dummy(), "$")
	parts := strings.Split(stored, "$")
	parts[3] = own[3] // under the thief's pepper
	if ok, _, err := thief.Verify(ctx, strings.Join(parts, "$"), "x"); ok || err != nil {
		t.Errorf("the right password under another pepper: %v, %v", ok, err)
	}
}

func TestTheHashOfNobodyCostsWhatAHashCostsAndFitsNoPassword(t *testing.T) {
	h := keyringtest.Hasher(t, keyringtest.Ring(t))
	stored, err := h.Hash(ctx, "x")
	if err != nil {
		t.Fatal(err)
	}
	a, b := strings.Split(stored, "$"), strings.Split(h.Dummy(), "$")
	if len(a) != len(b) || len(stored) != len(h.Dummy()) || fmt.Sprint(a[:4]) != fmt.Sprint(b[:4]) {
		t.Errorf("somebody's %s, nobody's %s", stored, h.Dummy())
	}
	for _, p := range []string{"", "x"} {
		if ok, rehash, err := h.Verify(ctx, h.Dummy(), p); ok || rehash || err != nil {
			t.Errorf("Verify(dummy, %q) = %v, %v, %v", p, ok, rehash, err)
		}
	}
}

func TestAPasswordTooLongIsRefusedBeforeItIsHashed(t *testing.T) {
	h := keyring.NewHasher(keyringtest.Ring(t), keyring.HasherConfig{Workers: 1, MaxQueue: 1, MaxWait: time.Nanosecond})
	if _, err := h.Hash(ctx, strings.Repeat("я", keyring.MaxPassword+1)); !errors.Is(err, keyring.ErrLong) || fault.KindOf(err) != fault.InvalidInput {
		t.Errorf("257 letters: %v", err)
	}
	if _, _, err := h.Verify(ctx, h.Dummy(), strings.Repeat("я", keyring.MaxPassword+1)); !errors.Is(err, keyring.ErrLong) {
		t.Errorf("257 letters: %v", err)
	}
	cheap := keyringtest.Hasher(t, keyringtest.Ring(t))
	if _, err := cheap.Hash(ctx, strings.Repeat("я", keyring.MaxPassword)); err != nil {
		t.Errorf("256 letters: %v", err)
	}
}

func TestAFloodIsToldToComeBackAndTakesNoMemory(t *testing.T) {
	now := time.Date(2026, 11, 18, 11, 2, 0, 0, time.UTC)
	h := keyring.NewHasher(keyringtest.Ring(t), keyring.HasherConfig{Workers: 2, MaxQueue: 3, MaxWait: time.Minute, Now: func() time.Time { return now }})
	var peak atomic.Uint64
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		for watching.Err() == nil {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapInuse))
			time.Sleep(time.Millisecond)
		}
	})
	var done, busy atomic.Int64
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			_, _, err := h.Verify(ctx, h.Dummy(), "x")
			f, _ := fault.Of(err)
			switch {
			case err == nil:
				done.Add(1)
			case errors.Is(err, keyring.ErrBusy) && f.Kind == fault.Unavailable && f.RetryAt.After(now):
				busy.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	stop()
	watch.Wait()
	if done.Load() < 5 || busy.Load() == 0 || done.Load()+busy.Load() != 200 {
		t.Errorf("%d served, %d told to come back", done.Load(), busy.Load())
	}
	// Two hashes of 19 MiB, and as much again that is not yet collected, twice; 200 at once would be 3.8 GB.
	if peak.Load() > 400<<20 {
		t.Errorf("the heap grew to %d MB", peak.Load()>>20)
	}
	if keyring.ErrBusy.RetryAt != (time.Time{}) {
		t.Error("the refusal that everybody shares was changed")
	}
}

// slow is a cost at which a hash takes long enough to stand in the way of others.
var slow = keyring.Cost{KiB: 19 * 1024, Passes: 8, Lanes: 1}

// occupied makes a hasher whose only worker is busy until the test ends.
func occupied(t *testing.T, c keyring.HasherConfig) *keyring.Hasher {
	t.Helper()
	c.Workers, c.Cost = 1, slow
	h := keyring.NewHasher(keyringtest.Ring(t), c)
	stop, began := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		close(began)
		for {
			select {
			case <-stop:
				return
			default:
				h.Hash(context.Background(), "x") //nolint:errcheck // it is only there to be busy
			}
		}
	})
	t.Cleanup(func() { close(stop); wg.Wait() })
	<-began
	time.Sleep(20 * time.Millisecond)
	return h
}

func TestNobodyWaitsLongerThanAllowed(t *testing.T) {
	h := occupied(t, keyring.HasherConfig{MaxWait: 10 * time.Millisecond})
	if _, err := h.Hash(ctx, "x"); !errors.Is(err, keyring.ErrBusy) {
		t.Errorf("after the wait: %v, want ErrBusy", err)
	}
}

// SRV-10: a flood at the doors of the public.
func TestAFloodKeepsNobodyFromTheDesk(t *testing.T) {
	h := occupied(t, keyring.HasherConfig{MaxQueue: 1, MaxWait: time.Minute})
	flood, over := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for range 20 { // each comes again as soon as it is told to come back
		wg.Go(func() {
			for flood.Err() == nil {
				if _, err := h.Hash(flood, "x"); errors.Is(err, keyring.ErrBusy) {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	defer wg.Wait()
	defer over()
	busy := 0
	for range 20 {
		if _, err := h.Hash(ctx, "x"); errors.Is(err, keyring.ErrBusy) {
			busy++
		}
		time.Sleep(time.Millisecond)
	}
	if busy == 0 {
		t.Error("nobody is told to come back, so this is no flood")
	}
	for range 5 {
		if _, err := h.Hash(keyring.AtDesk(ctx), "x"); err != nil {
			t.Errorf("at a desk: %v", err)
		}
	}
}

func TestWhoLeavesDoesNotWait(t *testing.T) {
	h := occupied(t, keyring.HasherConfig{MaxWait: time.Minute})
	gone, leave := context.WithTimeout(ctx, 5*time.Millisecond)
	defer leave()
	if _, err := h.Hash(gone, "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the end of the context", err)
	}
}

func ExampleHasher() {
	dir, done := tempDir()
	defer done()
	c, err := keyring.Generate(dir)
	if err != nil {
		panic(err)
	}
	r, err := keyring.Open(c)
	if err != nil {
		panic(err)
	}
	h := keyring.NewHasher(r, keyring.HasherConfig{Worker: keyring.SelfWorker()})
	defer h.Close()
	stored, err := h.Hash(context.Background(), "Correct horse 1!")
	if err != nil {
		panic(err)
	}
	ok, rehash, err := h.Verify(context.Background(), stored, "Correct horse 1!")
	fmt.Println(ok, rehash, err)
	ok, _, err = h.Verify(context.Background(), h.Dummy(), "Correct horse 1!") // there is no such account
	fmt.Println(ok, err)
	// Output:
	// true false <nil>
	// false <nil>
}
