package keyring

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"okno/internal/fault"
	"okno/internal/trace"
)

// MaxPassword is how many characters a password may have, whatever the policy says of new ones: a policy that was made
// stricter locks nobody out. A longer one is refused before anything is computed.
const MaxPassword = 1024

// The refusals.
var (
	// ErrBusy is of a password that was not looked at because too many wait: it says when to come back.
	ErrBusy = fault.New(fault.Unavailable, "error.busy")
	// ErrLong is of a password of more than MaxPassword characters.
	ErrLong = fault.New(fault.InvalidInput, "error.password.long", "most", MaxPassword)
	// errPepper is of a hash made under an index root that the ring does not hold.
	errPepper = errors.New("keyring: a password was hashed with a pepper of another index root: add that root to the index file below the one in force")
)

// HasherConfig of NewHasher; the zero value is right for a server.
type HasherConfig struct {
	Workers  int              // hashes at once; as many as cores when 0
	MaxQueue int              // passwords that may wait; 64 a worker when 0
	MaxWait  time.Duration    // how long one may wait; 5 s when 0
	Cost     Cost             // the usual one when zero; tests make it cheap
	Now      func() time.Time // time.Now when nil
	Worker   []string         // the program that hashes, SelfWorker in a server; the process itself when nil
	Log      *slog.Logger     // hears when the worker died; slog.Default when nil
}

// Hasher hashes passwords, never more at once than there are cores, and one of a desk. It is safe for use by many goroutines.
type Hasher struct {
	c      HasherConfig
	ring   *Ring
	dummy  encoded
	worker *worker       // nil: hash here
	places chan struct{} // one for each worker
	desk   chan struct{} // one more, for who waits AtDesk

	mu      sync.Mutex
	waiting int           // for one of the places
	atDesk  int           // those of a desk
	took    time.Duration // a hash of late, smoothed
}

// NewHasher makes a hasher with the ring's peppers, and starts its worker if it is to have one; Close it then.
func NewHasher(r *Ring, c HasherConfig) *Hasher {
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.MaxQueue <= 0 {
		c.MaxQueue = 64 * c.Workers
	}
	if c.MaxWait <= 0 {
		c.MaxWait = 5 * time.Second
	}
	if c.Cost == (Cost{}) {
		c.Cost = usualCost
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	h := &Hasher{c: c, ring: r, places: make(chan struct{}, c.Workers), desk: make(chan struct{}, 1)}
	h.dummy = encoded{cost: c.Cost, salt: random(saltLen), sum: random(sumLen)}
	if len(c.Worker) > 0 {
		h.worker = startWorker(c.Worker, c.Log, patience)
	}
	return h
}

// Close ends the worker. Who hashes afterwards hashes here.
func (h *Hasher) Close() {
	if h.worker != nil {
		h.worker.close()
	}
}

// Hash is the encoded hash of a password, to be stored.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	root := h.ring.held.Load().peppers[0]
	e := encoded{cost: h.c.Cost, pepper: root.id, salt: random(saltLen)}
	var err error
	if e.sum, err = h.sum(ctx, root, e, password); err != nil {
		return "", err
	}
	return e.String(), nil
}

// Verify reports whether the password is the one that was hashed, and, if so, whether it should be hashed again because
// the cost or the pepper in force is another now.
func (h *Hasher) Verify(ctx context.Context, stored, password string) (ok, rehash bool, err error) {
	if strings.HasPrefix(stored, imported) {
		ok, err = h.verifyForeign(ctx, stored, password)
		return ok, ok, err
	}
	e, err := parse(stored)
	if err != nil {
		return false, false, err
	}
	peppers := h.ring.held.Load().peppers
	for _, r := range peppers {
		if r.id != e.pepper {
			continue
		}
		got, err := h.sum(ctx, r, e, password)
		if err != nil {
			return false, false, err
		}
		ok = Equal(got, e.sum)
		return ok, ok && (e.cost != h.c.Cost || e.pepper != peppers[0].id), nil
	}
	return false, false, errPepper
}

// Any reports whether the password is one of those that were hashed. One whose pepper is gone is none: nobody can tell any more.
func (h *Hasher) Any(ctx context.Context, stored []string, password string) (bool, error) {
	for _, encoded := range stored {
		ok, _, err := h.Verify(ctx, encoded, password)
		if ok || err != nil && !errors.Is(err, errPepper) {
			return ok, err
		}
	}
	return false, nil
}

// verifyForeign is Verify of a hash that another program made. It has a place as ours have, and is computed here.
func (h *Hasher) verifyForeign(ctx context.Context, stored, password string) (bool, error) {
	if utf8.RuneCountInString(password) > MaxPassword {
		return false, ErrLong
	}
	f, err := h.openForeign(stored)
	if err != nil {
		return false, err
	}
	_, span := trace.Within(ctx, "password.hash")
	defer span.End()
	place, err := h.enter(ctx)
	if err != nil {
		span.Fail()
		return false, err
	}
	defer func() { <-place }() // how long it took says nothing of how long ours take
	return f.same(password), nil
}

// Dummy is a stored hash that no password has. Verify it where there is no account, so that nobody learns from the time
// that there is none. It is under the pepper in force, which may have changed since it was made.
func (h *Hasher) Dummy() string {
	e := h.dummy
	e.pepper = h.ring.held.Load().peppers[0].id
	return e.String()
}

// sum computes the hash of a password when its turn comes.
func (h *Hasher) sum(ctx context.Context, r *root, e encoded, password string) ([]byte, error) {
	if utf8.RuneCountInString(password) > MaxPassword {
		return nil, ErrLong
	}
	// One password typed on two keyboards may come as different code points (NIST SP 800-63B-4, 3.1.1.2).
	typed := norm.NFKC.Bytes([]byte(password))
	o := order{cost: e.cost}
	copy(o.salt[:], e.salt)
	copy(o.secret[:], sum(r.pepper, nil, typed))
	clear(typed)
	defer clear(o.secret[:])
	_, span := trace.Within(ctx, "password.hash")
	defer span.End()
	came := time.Now()
	place, err := h.enter(ctx)
	if err != nil {
		span.Fail()
		return nil, err
	}
	began := time.Now()
	span.Count(trace.Waited, began.Sub(came).Milliseconds())
	defer func() { h.leave(place, time.Since(began)) }()
	if h.worker != nil {
		if out, ok := h.worker.sum(&o); ok {
			return out, nil
		}
	}
	return o.sum(), nil
}

type deskKey struct{}

// AtDesk marks what is done for an employee at a desk: their passwords have a place of their own beside the others', so that whoever floods
// the doors of the public keeps no officer from work (SRV-10).
func AtDesk(ctx context.Context) context.Context { return context.WithValue(ctx, deskKey{}, true) }

// enter waits for a place, and returns what it was taken of. It refuses at once when it can be foreseen that the wait would be too long.
func (h *Hasher) enter(ctx context.Context) (place chan struct{}, _ error) {
	var desk chan struct{} // which nobody else gets
	waiting, workers := &h.waiting, h.c.Workers
	if ctx.Value(deskKey{}) != nil {
		desk, waiting, workers = h.desk, &h.atDesk, 1
	}
	select {
	case h.places <- struct{}{}:
		return h.places, nil
	case desk <- struct{}{}:
		return desk, nil
	default:
	}
	h.mu.Lock()
	wait := h.took * time.Duration(*waiting+1) / time.Duration(workers)
	if *waiting >= h.c.MaxQueue || wait > h.c.MaxWait {
		h.mu.Unlock()
		return nil, h.busy(wait)
	}
	*waiting++
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		*waiting--
		h.mu.Unlock()
	}()
	t := time.NewTimer(h.c.MaxWait)
	defer t.Stop()
	select {
	case h.places <- struct{}{}:
		return h.places, nil
	case desk <- struct{}{}:
		return desk, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("hash a password: %w", ctx.Err())
	case <-t.C:
		return nil, h.busy(wait)
	}
}

// busy is ErrBusy that says when those who wait now will have been served.
func (h *Hasher) busy(wait time.Duration) error {
	return ErrBusy.At(h.c.Now().Add(max(wait, time.Second).Round(time.Second)))
}

func (h *Hasher) leave(place chan struct{}, took time.Duration) {
	<-place
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.took == 0 {
		h.took = took
		return
	}
	h.took += (took - h.took) / 8
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) //nolint:errcheck // never fails since Go 1.24: it crashes the program instead
	return b
}
