package keyring_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"okno/internal/keyring"
	"okno/internal/keyring/keyringtest"
)

// TestMain lets this test binary be what it starts: a worker, and a server that is killed.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == keyring.WorkerArg {
		if err := keyring.Work(); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) == 3 && os.Args[1] == "test-server" {
		serveHashes(os.Args[2])
	}
	os.Exit(m.Run())
}

func tempDir() (string, func()) {
	dir, err := os.MkdirTemp("", "keyring")
	if err != nil {
		panic(err)
	}
	return filepath.Join(dir, "keys"), func() { os.RemoveAll(dir) } //nolint:errcheck // a temporary folder
}

func self(t testing.TB) []string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{path, keyring.WorkerArg}
}

// children lists the processes this one has started.
func children(t testing.TB, parent int) []int {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: the list of processes is read from /proc")
	}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var out []int
	for _, s := range stats {
		b, err := os.ReadFile(s)
		if err != nil {
			continue // it ended
		}
		f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		if f[1] == strconv.Itoa(parent) && f[0] != "Z" {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(s)))
			out = append(out, pid)
		}
	}
	return out
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for range 3000 {
		if is() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("after a minute: not %s", what)
}

// loud collects the log.
type loud struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *loud) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *loud) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// quick is a cost that lets a test hash often and still catch a worker at it.
var quick = keyring.Cost{KiB: 4096, Passes: 2, Lanes: 1}

// withWorker makes a hasher whose worker is up.
func withWorker(t *testing.T, r *keyring.Ring, log io.Writer) (*keyring.Hasher, int) {
	t.Helper()
	before := children(t, os.Getpid())
	h := keyring.NewHasher(r, keyring.HasherConfig{Worker: self(t), Cost: quick, MaxWait: time.Minute, Log: slog.New(slog.NewTextHandler(log, nil))})
	t.Cleanup(func() { h.Close() })
	return h, fresh(t, before)
}

// fresh waits for a child that was not there before.
func fresh(t *testing.T, before []int) int {
	t.Helper()
	pid := 0
	eventually(t, "started", func() bool {
		for _, p := range children(t, os.Getpid()) {
			if !slices.Contains(before, p) {
				pid = p
			}
		}
		return pid != 0
	})
	return pid
}

func cpu(pid int) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	u, _ := strconv.Atoi(f[11])
	return u
}

func TestTheWorkerComputesWhatTheServerWouldAndTheServerDoesNot(t *testing.T) {
	r := keyringtest.Ring(t)
	var log loud
	h, pid := withWorker(t, r, &log)
	alone := keyring.NewHasher(r, keyring.HasherConfig{Cost: quick, MaxWait: time.Minute})
	stored, err := alone.Hash(ctx, "x")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "busy in the worker", func() bool {
		if ok, _, err := h.Verify(ctx, stored, "x"); !ok || err != nil {
			t.Fatalf("Verify = %v, %v", ok, err)
		}
		return cpu(pid) > 10
	})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			password := fmt.Sprint("p", i)
			stored, err := h.Hash(ctx, password)
			if err != nil {
				t.Error(err)
				return
			}
			if ok, _, err := alone.Verify(ctx, stored, password); !ok || err != nil {
				t.Errorf("answers were exchanged: %v, %v", ok, err)
			}
		})
	}
	wg.Wait()
	h.Close()
	eventually(t, "ended with the hasher", func() bool { return !alive(pid) })
	if ok, _, err := h.Verify(ctx, stored, "x"); !ok || err != nil {
		t.Errorf("after Close: %v, %v", ok, err)
	}
	if log.String() != "" {
		t.Errorf("log: %s", log.String())
	}
}

func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.HasPrefix(string(b[bytes.LastIndexByte(b, ')')+1:]), " Z")
}

func TestAWorkerThatDiesIsReplacedAndNobodyNotices(t *testing.T) {
	var log loud
	h, pid := withWorker(t, keyringtest.Ring(t), &log)
	stored, err := h.Hash(ctx, "secret-x")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 40 {
				if ok, _, err := h.Verify(ctx, stored, "secret-x"); !ok || err != nil {
					t.Errorf("Verify = %v, %v", ok, err)
				}
			}
		})
	}
	time.Sleep(60 * time.Millisecond)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if next := fresh(t, []int{pid}); next == pid {
		t.Errorf("the worker is %d again", next)
	}
	if !strings.Contains(log.String(), "hash worker ended") || strings.Contains(log.String(), "secret") {
		t.Errorf("log: %s", log.String())
	}
}

// A terminal sends its signal to everybody in the group; the server finishes what it has begun.
func TestTheWorkerOutlivesTheSignalsThatStopAServer(t *testing.T) {
	h, pid := withWorker(t, keyringtest.Ring(t), io.Discard)
	if _, err := h.Hash(ctx, "x"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond) // it has got as far as ignoring them
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if err := syscall.Kill(pid, s); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(100 * time.Millisecond)
	if !alive(pid) {
		t.Error("it died")
	}
}

func TestNothingPrivateStandsInTheWorkersArgumentsOrEnvironment(t *testing.T) {
	t.Setenv("OKNO_INDEX_KEY", "very secret")
	h, pid := withWorker(t, keyringtest.Ring(t), io.Discard)
	if _, err := h.Hash(ctx, "very secret"); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"cmdline", "environ"} {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, f))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte("secret")) || len(b) == 0 {
			t.Errorf("%s: %d bytes that hold a secret, or nothing", f, len(b))
		}
	}
}

// serveHashes is a server that hashes until it is killed.
func serveHashes(dir string) {
	c, err := keyring.Generate(dir)
	if err != nil {
		panic(err)
	}
	r, err := keyring.Open(c)
	if err != nil {
		panic(err)
	}
	path, _ := os.Executable()
	h := keyring.NewHasher(r, keyring.HasherConfig{Worker: []string{path, keyring.WorkerArg}})
	for {
		h.Hash(ctx, "x") //nolint:errcheck // it is only there to be killed
	}
}

func TestAWorkerDoesNotOutliveAServerThatIsKilled(t *testing.T) {
	server := exec.Command(self(t)[0], "test-server", filepath.Join(t.TempDir(), "keys"))
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	var workers []int
	eventually(t, "started", func() bool { workers = children(t, server.Process.Pid); return len(workers) == 1 })
	time.Sleep(200 * time.Millisecond)
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	server.Wait() //nolint:errcheck // it was killed
	eventually(t, "gone", func() bool { return !alive(workers[0]) })
}

func TestAnotherProgramIsNotTakenForAWorker(t *testing.T) {
	for name, argv := range map[string][]string{
		"says something else": {"/bin/sh", "-c", "echo hello, this is not what you want; cat"},
		"is silent and ends":  {"/bin/true"},
		"is not there":        {"/nowhere/okno", keyring.WorkerArg},
	} {
		t.Run(name, func(t *testing.T) {
			var log loud
			h := keyring.NewHasher(keyringtest.Ring(t), keyring.HasherConfig{Cost: keyringtest.Cheap, Worker: argv, Log: slog.New(slog.NewTextHandler(&log, nil))})
			defer h.Close()
			stored, err := h.Hash(ctx, "x")
			if err != nil {
				t.Fatal(err)
			}
			if ok, _, err := h.Verify(ctx, stored, "x"); !ok || err != nil {
				t.Errorf("Verify = %v, %v", ok, err)
			}
			eventually(t, "logged", func() bool { return strings.Contains(log.String(), "hash worker ended") })
		})
	}
}

// Otherwise go test ./... would run itself without end.
func TestATestBinaryDoesNotStartItself(t *testing.T) {
	if argv := keyring.SelfWorker(); argv != nil {
		t.Errorf("SelfWorker = %v", argv)
	}
}
