package bench

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A window is told of by hand: what comes before the moment is not taken for what comes after it, and a stream that ends is no silence.
func TestAWindowHearsOfWhatCameAfterTheMomentAndOfItsEnd(t *testing.T) {
	tell := make(chan string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close() //nolint:errcheck // it is the end of the stream
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
		for text := range tell {
			fmt.Fprint(conn, text)
		}
	}))
	defer s.Close()
	host := strings.TrimPrefix(s.URL, "http://")
	event := "id: 1\nevent: changed\ndata: \n\n"
	go func() { tell <- ": \n\n" }() // the head goes with it
	w, err := openWindow(host, request(host, "/", "", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer w.line.close()
	began := time.Now()
	tell <- event
	if wait, err := w.heard(began, time.After(10*time.Second)); err != nil || wait <= 0 {
		t.Fatalf("it heard after %v: %v", wait, err)
	}
	tell <- ": \n\n"
	if _, err := w.heard(time.Now(), time.After(50*time.Millisecond)); err == nil {
		t.Error("it heard of what had been told before")
	}
	close(tell)
	if _, err := w.heard(time.Now(), time.After(10*time.Second)); err == nil || !strings.Contains(err.Error(), "ended") {
		t.Errorf("a stream that ended: %v", err)
	}
}

func TestANumberIsReadFromWhatTheKernelAndTheServerSay(t *testing.T) {
	for _, x := range []struct {
		text, name string
		unit, want int64
	}{
		{"sockets: used 9\nTCP: inuse 7 orphan 0 tw 2 alloc 9 mem 3\nUDP: inuse 1 mem 8\n", "mem", 4096, 3 * 4096},
		{"Name:\tokno\nVmRSS:\t  12 kB\n", "VmRSS:", 1024, 12 * 1024},
		{"# HELP go_x words\n# TYPE go_x gauge\ngo_x 1.5e+06\n", "go_x", 1, 1_500_000},
	} {
		if got, err := numberAfter(x.text, x.name, x.unit); err != nil || got != x.want {
			t.Errorf("%s is %d, not %d: %v", x.name, got, x.want, err)
		}
	}
	if _, err := numberAfter("VmHWM: 1 kB\n", "VmRSS:", 1024); err == nil {
		t.Error("a number that is not there was read")
	}
}
