package journeys

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "okno/internal/jobs/jobstest" // its tables are in the copies
	"okno/internal/sandbox"
	"okno/internal/store/storetest"
)

// build makes the program that the stories are played on.
func build(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(filepath.FromSlash("../../cmd/okno")); errors.Is(err, os.ErrNotExist) {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no cmd/okno to play the stories on")
		}
		t.Skip("SKIPPED: there is no cmd/okno to play the stories on yet")
	}
	program := filepath.Join(t.TempDir(), "okno")
	if out, err := exec.Command("go", "build", "-o", program, "okno/cmd/okno").CombinedOutput(); err != nil {
		t.Fatalf("build okno: %v\n%s", err, out)
	}
	return program
}

// process is a World that runs as people run it: the program, its demo, a folder of its own.
type process struct{ url string }

func (p process) URL() string { return p.url }

// demo is a demo of the program that has started once and ended: the portals of the stories are copies of it, because making its world takes
// longer than many a story.
func demo(t *testing.T, program string) *storetest.Begun {
	t.Helper()
	return &storetest.Begun{Begin: func(dsn, dir string) error {
		_, stop := start(t, program, dir, dsn)
		stop()
		return nil
	}}
}

// start starts the program, which ends with the test, or when it is stopped.
func start(t *testing.T, program, data, database string) (w process, stop func()) {
	t.Helper()
	addr, err := sandbox.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(addr)
	w = process{"http://localhost:" + port}
	log := &tail{}
	cmd := exec.Command(program, "demo")
	cmd.Env = append(os.Environ(), "OKNO_ADDR="+addr, "OKNO_URL="+w.url, "OKNO_DATA="+data, "OKNO_DATABASE="+database, "OKNO_METRICS_ADDR=127.0.0.1:0")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	stop = sync.OnceFunc(func() {
		if t.Failed() {
			t.Logf("the end of the portal's log:\n%s", log)
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			return // it has ended, which was told
		}
		select {
		case err := <-exited:
			if err != nil {
				t.Errorf("the portal does not stop gracefully: %v\n%s", err, log)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("the portal does not stop within 20 s of SIGTERM")
			cmd.Process.Kill() //nolint:errcheck // it may have ended this very moment
			<-exited
		}
	})
	t.Cleanup(stop)
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if resp, err := http.Get(w.url + "/readyz"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return w, stop
			}
		}
		select {
		case err := <-exited:
			t.Fatalf("the portal does not start: %v\n%s", err, log)
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("the portal is not ready within a minute\n%s", log)
		}
	}
}

// tail keeps the end of a log, and says the errors of it first.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *tail) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.buf.Len() > 1<<20 {
		l.buf.Next(l.buf.Len() - 1<<19)
	}
	return l.buf.Write(b)
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	const most = 3000
	b := l.buf.Bytes()
	if len(b) <= most {
		return string(b)
	}
	var errs []byte
	for line := range bytes.Lines(b[:len(b)-most]) {
		if bytes.Contains(line, []byte(`"level":"ERROR"`)) {
			errs = append(errs, line...)
		}
	}
	return fmt.Sprintf("%s…%s", errs, b[len(b)-most:])
}
