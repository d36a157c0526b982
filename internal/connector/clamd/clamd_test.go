package clamd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okno/internal/connector/call"
	"okno/internal/connector/clamd"
	"okno/internal/connector/clamd/clamdtest"
)

func scanner(t *testing.T, c clamd.Config) *clamd.Scanner {
	t.Helper()
	s, err := clamd.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestARealDaemonTellsTheInfectedFileFromTheHealthyOne(t *testing.T) {
	d := clamdtest.Start(t)
	for _, addr := range []string{d.TCP, "unix:" + d.Socket} {
		s := scanner(t, clamd.Config{Addr: addr})
		if err := s.Ping(t.Context()); err != nil {
			t.Fatalf("%s: ping: %v", addr, err)
		}
		for _, c := range []struct {
			name string
			data []byte
			want string
		}{
			{"an empty file", nil, ""},
			{"a healthy file of more than one chunk", bytes.Repeat([]byte("screenshot "), 30_000), ""},
			{"the test string", []byte(clamdtest.EICAR()), clamdtest.Name},
			{"the test string far inside a picture", append(bytes.Repeat([]byte{0xff, 0xd8, 7}, 60_000), clamdtest.EICAR()...), clamdtest.Name},
		} {
			found, err := s.Scan(t.Context(), c.data)
			if err != nil || !strings.HasPrefix(found, c.want) || (c.want == "") != (found == "") {
				t.Errorf("%s, %s: found %q, %v, want %q", addr, c.name, found, err, c.want)
			}
		}
	}
}

func TestAFileThatIsTooLongIsNotCalledHealthy(t *testing.T) {
	d := clamdtest.Start(t) // its StreamMaxLength is 1 MB
	s := scanner(t, clamd.Config{Addr: d.TCP})
	if found, err := s.Scan(t.Context(), make([]byte, 3<<20)); !errors.Is(err, clamd.ErrSize) || found != "" {
		t.Errorf("the daemon's bound: %q, %v", found, err)
	}
	s = scanner(t, clamd.Config{Addr: d.TCP, MaxBytes: 100})
	if found, err := s.Scan(t.Context(), make([]byte, 101)); !errors.Is(err, clamd.ErrSize) || found != "" {
		t.Errorf("our bound: %q, %v", found, err)
	}
	if s.State() != call.Closed {
		t.Errorf("the circuit is %v: a long file is no failure of the daemon", s.State())
	}
}

func TestADaemonThatStopsIsToldFromOneThatFoundNothing(t *testing.T) {
	d := clamdtest.Start(t)
	s := scanner(t, clamd.Config{Addr: d.TCP, Limits: call.Limits{Failures: 2, Rest: time.Hour}})
	if _, err := s.Scan(t.Context(), []byte("x")); err != nil {
		t.Fatal(err)
	}
	d.Stop()
	for range 3 {
		if found, err := s.Scan(t.Context(), []byte("x")); !errors.Is(err, call.ErrUnavailable) || found != "" {
			t.Errorf("a stopped daemon: %q, %v", found, err)
		}
	}
	if s.State() != call.Open {
		t.Errorf("the circuit is %v after two failures", s.State())
	}
	if err := s.Ping(t.Context()); !errors.Is(err, call.ErrUnavailable) {
		t.Errorf("ping: %v", err)
	}
}

// Moods that a real daemon cannot be brought to.
func TestOnlyAnOKIsAnOK(t *testing.T) {
	for answer, want := range map[string]error{
		"stream: OK\x00": nil, "stream: Eicar FOUND\x00": nil, "stream: Can't allocate memory ERROR\x00": clamd.ErrFailed, "INSTREAM size limit exceeded. ERROR\x00": clamd.ErrSize,
		"": call.ErrUnavailable, "stream: OK": call.ErrUnavailable, "OK\x00": call.ErrGarbage, "stream: FOUND\x00": call.ErrGarbage, "HTTP/1.1 200 OK\x00": call.ErrGarbage,
		strings.Repeat("x", 10_000) + "\x00": call.ErrUnavailable,
	} {
		s := scanner(t, clamd.Config{Addr: answering(t, answer, 0)})
		found, err := s.Scan(t.Context(), []byte("data"))
		if !errors.Is(err, want) || want == nil && err != nil || (found != "") != (answer == "stream: Eicar FOUND\x00") {
			t.Errorf("%.40q: found %q, %v, want %v", answer, found, err, want)
		}
	}
}

func TestADaemonThatDoesNotAnswerIsNotWaitedForLongerThanAllowed(t *testing.T) {
	s := scanner(t, clamd.Config{Addr: answering(t, "stream: OK\x00", time.Minute), Limits: call.Limits{Timeout: 100 * time.Millisecond}})
	began := time.Now()
	if _, err := s.Scan(t.Context(), []byte("data")); !errors.Is(err, call.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestAnAddressThatIsNoneIsRefused(t *testing.T) {
	for _, addr := range []string{"", "clamd", ":3310", "localhost:", "unix:clamd.sock", "unix:"} {
		if _, err := clamd.New(clamd.Config{Addr: addr}); err == nil {
			t.Errorf("%q is taken", addr)
		}
	}
}

// answering listens, reads what comes, waits and says one thing.
func answering(t *testing.T, answer string, wait time.Duration) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				conn.Read(make([]byte, 1<<10))
				select {
				case <-time.After(wait):
				case <-ctx.Done():
				}
				fmt.Fprint(conn, answer)
			}()
		}
	}()
	return l.Addr().String()
}

func TestTheDaemonOfTheTestsIsDebians(t *testing.T) {
	if _, err := exec.LookPath("clamd"); err != nil {
		if _, err := os.Stat(filepath.Join("/usr", "sbin", "clamd")); err != nil {
			t.Fatal("clamd is not installed: scripts/need installs clamav-daemon")
		}
	}
}
