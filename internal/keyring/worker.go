package keyring

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/argon2"

	"okno/internal/memory"
)

// Argon2id takes 19 MiB of fresh memory for each hash, and each 19 MiB bring the server's garbage collector nearer to
// walking everything the server has in memory. So the hash is computed in a child process that has nothing in memory:
// the same program, started again as "okno hash-worker". See docs/adr/0003-password-hashing.md.
//
// What crosses the pipe is the HMAC of a password, never a password, and nothing stands in arguments or environment.
// The child ends when its input does, which the kernel sees to even if the server is killed. Without a child, before
// it is ready or after it died, the server hashes itself: slower, and nobody notices.

// WorkerArg is the argument with which the program is to call Work and exit.
const WorkerArg = "hash-worker"

// workerEnv marks the environment of a worker, which must not start another.
const workerEnv = "OKNO_HASH_WORKER"

// SelfWorker is the HasherConfig.Worker that starts this program again. In a test binary, which does not know
// WorkerArg, and in a worker it is nil.
func SelfWorker() []string {
	self, err := os.Executable()
	if err != nil || strings.HasSuffix(self, ".test") || os.Getenv(workerEnv) != "" {
		return nil
	}
	if runtime.GOOS == "linux" {
		self = "/proc/self/exe" // this very program, though another version may lie in its place by now
	}
	return []string{self, WorkerArg}
}

// greeting is what a worker says first, so that another program, or another version, is not taken for one.
const greeting = "okno hash worker 1\n"

// order is one hash to be computed; it travels as fixed bytes.
type order struct {
	id     uint32
	cost   Cost
	salt   [saltLen]byte
	secret [32]byte
}

const (
	orderLen  = 4 + 4 + 4 + 1 + saltLen + 32
	answerLen = 4 + sumLen
)

func (o *order) encode() (b [orderLen]byte) {
	binary.BigEndian.PutUint32(b[0:], o.id)
	binary.BigEndian.PutUint32(b[4:], o.cost.KiB)
	binary.BigEndian.PutUint32(b[8:], o.cost.Passes)
	b[12] = o.cost.Lanes
	copy(b[13:], o.salt[:])
	copy(b[13+saltLen:], o.secret[:])
	return b
}

func (o *order) decode(b *[orderLen]byte) {
	o.id = binary.BigEndian.Uint32(b[0:])
	o.cost = Cost{KiB: binary.BigEndian.Uint32(b[4:]), Passes: binary.BigEndian.Uint32(b[8:]), Lanes: b[12]}
	copy(o.salt[:], b[13:])
	copy(o.secret[:], b[13+saltLen:])
}

func (o *order) sum() []byte {
	return argon2.IDKey(o.secret[:], o.salt[:], o.cost.Passes, o.cost.KiB, o.cost.Lanes, sumLen)
}

// Work is the whole life of a worker: it computes what it reads on standard input until that ends.
func Work() error {
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP) // the server ends it by ending its input
	return work(os.Stdin, os.Stdout)
}

// idleFor is how long a worker keeps its memory without work. Giving it back costs the next hashes a tenth of their time: the
// kernel fills their memory with zeros, page by page.
const idleFor = 10 * time.Second

// room is how many times the memory of the hashes under way a worker has before it collects.
const room = 3

// work computes as many hashes at once as there are cores. Each of its goroutines reads, computes and answers by itself:
// handing an order from one that reads to one that computes would cost a wait for the scheduler, whose processors are
// all hashing.
func work(in io.Reader, out io.Writer) error {
	// Next to nothing here outlives a hash, so collecting is cheap; a little more room than usual makes it rare too.
	defer debug.SetGCPercent(debug.SetGCPercent(100 * (room - 1)))
	if _, err := io.WriteString(out, greeting); err != nil {
		return err
	}
	var reading, writing sync.Mutex
	idle := time.AfterFunc(idleFor, memory.Release)
	defer idle.Stop()
	ended := make(chan error, runtime.GOMAXPROCS(0))
	var large sync.Once
	for range cap(ended) {
		go func() {
			for {
				var b [orderLen]byte
				reading.Lock()
				_, err := io.ReadFull(in, b[:])
				reading.Unlock()
				if err != nil {
					ended <- err
					return
				}
				large.Do(func() { memory.Large(2 * room * cap(ended) * int(binary.BigEndian.Uint32(b[4:])) << 10) }) // what is allocated while it collects comes on top
				a := compute(&b)
				writing.Lock()
				_, err = out.Write(a[:])
				idle.Reset(idleFor)
				writing.Unlock()
				clear(a[:])
				if err != nil {
					ended <- err
					return
				}
			}
		}()
	}
	if err := <-ended; !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func compute(b *[orderLen]byte) (a [answerLen]byte) {
	var o order
	o.decode(b)
	clear(b[:])
	sum := o.sum()
	binary.BigEndian.PutUint32(a[:], o.id)
	copy(a[4:], sum)
	clear(o.secret[:])
	clear(sum)
	return a
}

// worker keeps a child process running.
type worker struct {
	argv     []string
	log      *slog.Logger
	patience time.Duration
	over     context.Context // when the hasher is closed
	end      context.CancelFunc
	done     sync.WaitGroup

	mu    sync.Mutex
	child *child // nil while there is none
}

// child is one process and what it was asked.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader

	mu    sync.Mutex
	next  uint32
	asked map[uint32]chan [sumLen]byte // closed unanswered when the child dies
	dead  bool
}

func startWorker(argv []string, log *slog.Logger, patience time.Duration) *worker {
	w := &worker{argv: argv, log: log, patience: patience}
	w.over, w.end = context.WithCancel(context.Background())
	w.done.Add(1)
	go func() {
		defer w.done.Done()
		w.supervise()
	}()
	return w
}

// supervise starts a child, and another when it dies: at once, then after 1 s, 2 … 32 while they die young.
func (w *worker) supervise() {
	wait := time.Duration(0)
	for {
		began := time.Now()
		err := w.run()
		if w.over.Err() != nil {
			return
		}
		if wait = min(max(2*wait, time.Second), 32*time.Second); time.Since(began) > time.Minute {
			wait = 0
		}
		w.log.Warn("the hash worker ended; the server hashes itself meanwhile", "error", err, "again_in", wait)
		select {
		case <-w.over.Done():
			return
		case <-time.After(wait):
		}
	}
}

// run is the life of one child.
func (w *worker) run() error {
	c := &child{cmd: exec.Command(w.argv[0], w.argv[1:]...), asked: map[uint32]chan [sumLen]byte{}} //nolint:gosec // the program itself
	c.cmd.Env = []string{workerEnv + "=1"}
	c.cmd.Stderr = os.Stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	c.in, c.out = in, bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-w.over.Done():
			c.in.Close() //nolint:errcheck // it ends by this …
			select {
			case <-time.After(2 * time.Second):
				c.cmd.Process.Kill() //nolint:errcheck // … or by this
			case <-ended:
			}
		case <-ended:
		}
	}()
	err = c.greeted()
	if err == nil {
		w.set(c)
		err = c.listen()
		w.set(nil)
	}
	c.die()
	return errors.Join(err, c.cmd.Wait())
}

// greeted waits for the greeting, but not for ever.
func (c *child) greeted() error {
	t := time.AfterFunc(10*time.Second, func() { c.cmd.Process.Kill() }) //nolint:errcheck // reading says what happened
	defer t.Stop()
	var b [len(greeting)]byte
	if _, err := io.ReadFull(c.out, b[:]); err != nil {
		return err
	}
	if string(b[:]) != greeting {
		return errors.New("it is not a hash worker")
	}
	return nil
}

// listen hands out answers until the child dies.
func (c *child) listen() error {
	for {
		var a [answerLen]byte
		if _, err := io.ReadFull(c.out, a[:]); err != nil {
			return err
		}
		c.mu.Lock()
		id := binary.BigEndian.Uint32(a[:])
		answer := c.asked[id]
		delete(c.asked, id)
		c.mu.Unlock()
		if answer == nil {
			return fmt.Errorf("it answers what it was not asked")
		}
		answer <- [sumLen]byte(a[4:])
	}
}

// die kills the child, if it still lives, and leaves those who asked without an answer.
func (c *child) die() {
	c.cmd.Process.Kill() //nolint:errcheck // it may be dead
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead = true
	for id, answer := range c.asked {
		close(answer)
		delete(c.asked, id)
	}
}

// patience is how long the slowest hash may take in a child before the child is taken for hung.
const patience = 30 * time.Second

// sum asks the child; false when there is none that answers.
func (w *worker) sum(o *order) ([]byte, bool) {
	w.mu.Lock()
	c := w.child
	w.mu.Unlock()
	if c == nil {
		return nil, false
	}
	answer := make(chan [sumLen]byte, 1)
	c.mu.Lock()
	if c.dead {
		c.mu.Unlock()
		return nil, false
	}
	c.next++
	o.id = c.next
	c.asked[o.id] = answer
	b := o.encode()
	_, err := c.in.Write(b[:]) // shorter than a pipe's buffer: it never waits for the child
	clear(b[:])
	c.mu.Unlock()
	if err != nil {
		return nil, false
	}
	t := time.NewTimer(w.patience)
	defer t.Stop()
	select {
	case sum, ok := <-answer:
		return sum[:], ok
	case <-t.C:
		c.cmd.Process.Kill() //nolint:errcheck // listen hears of it
		return nil, false
	}
}

func (w *worker) set(c *child) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.child = c
}

func (w *worker) close() {
	w.end()
	w.done.Wait()
}
