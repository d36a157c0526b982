package keyring

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"
)

// hang starts a program that greets as a worker and then does as the shell text says.
func hang(t *testing.T, then string, patience time.Duration) *Hasher {
	t.Helper()
	h := NewHasher(ring(t), HasherConfig{Cost: Cost{KiB: 64, Passes: 1, Lanes: 1}, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	script := fmt.Sprintf("printf '%s'; %s", greeting, then)
	h.worker = startWorker([]string{"/bin/sh", "-c", script}, h.c.Log, patience)
	t.Cleanup(h.Close)
	for range 6000 {
		h.worker.mu.Lock()
		up := h.worker.child != nil
		h.worker.mu.Unlock()
		if up {
			return h
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("after a minute: no greeting")
	return nil
}

func TestAWorkerThatHangsIsKilledAndTheServerHashesItself(t *testing.T) {
	h := hang(t, "/bin/cat >/dev/null", 50*time.Millisecond)
	h.worker.mu.Lock()
	c := h.worker.child
	h.worker.mu.Unlock()
	stored, err := h.Hash(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := h.Verify(t.Context(), stored, "x"); !ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}
	for range 6000 {
		c.mu.Lock()
		dead := c.dead
		c.mu.Unlock()
		if dead {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("after a minute the hung worker lives")
}

func TestAWorkerThatAnswersWhatItWasNotAskedIsNotBelieved(t *testing.T) {
	h := hang(t, "/bin/sleep 0.3; printf 'an answer of thirty-six letters to nobody'; /bin/cat >/dev/null", time.Minute)
	stored, err := h.Hash(t.Context(), "x") // it waits for the answer that never comes, until the worker is killed
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := h.Verify(t.Context(), stored, "x"); !ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}
}

func TestAHungWorkerDoesNotHoldUpTheEnd(t *testing.T) {
	h := hang(t, "trap '' TERM; while :; do /bin/sleep 1; done", time.Minute)
	began := time.Now()
	h.Close()
	if d := time.Since(began); d > 20*time.Second {
		t.Errorf("Close took %v", d)
	}
}

// The worker itself, without a process around it.
func TestTheWorkerAnswersEachOrder(t *testing.T) {
	in, orders := io.Pipe()
	answers, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- work(in, out) }()
	hello := make([]byte, len(greeting))
	if _, err := io.ReadFull(answers, hello); err != nil || string(hello) != greeting {
		t.Fatalf("it greets with %q, %v", hello, err)
	}
	const n = 20
	go func() {
		for i := range n {
			o := order{id: uint32(i), cost: Cost{KiB: 64, Passes: 1, Lanes: 1}, salt: [saltLen]byte{byte(i)}, secret: [32]byte{1}}
			b := o.encode()
			orders.Write(b[:]) //nolint:errcheck // reading says it
		}
	}()
	seen := map[string]bool{}
	for range n {
		var a [answerLen]byte
		if _, err := io.ReadFull(answers, a[:]); err != nil {
			t.Fatal(err)
		}
		salt, secret := [saltLen]byte{a[3]}, [32]byte{1}
		if want := argon2.IDKey(secret[:], salt[:], 1, 64, 1, sumLen); !bytes.Equal(a[4:], want) {
			t.Errorf("order %d: %x, want %x", a[3], a[4:], want)
		}
		seen[string(a[:4])] = true
	}
	if len(seen) != n {
		t.Errorf("%d of %d orders answered", len(seen), n)
	}
	orders.Close() //nolint:errcheck // the end of the input
	if err := <-ended; err != nil {
		t.Errorf("at the end of its input: %v", err)
	}
}

func TestAWorkerWhoseInputBreaksOffEndsWithAnError(t *testing.T) {
	err := work(strings.NewReader("half an order"), io.Discard)
	if err == nil {
		t.Error("no error")
	}
}
