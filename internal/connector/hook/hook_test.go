package hook_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"okno/internal/connector/call"
	"okno/internal/connector/hook"
	"okno/internal/fault"
)

func TestNoAddressOfAnInnerNetworkIsCalled(t *testing.T) {
	called := atomic.Bool{}
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Store(true) }))
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.URL, "http://"))
	c := hook.New(hook.Config{Timeout: 2 * time.Second})
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "169.254.169.254", "10.1.2.3", "192.168.1.1", "172.16.0.1", "[fd00::1]", "[fe80::1]", "100.64.0.1", "2130706433"} {
		for _, scheme := range []string{"http://", "https://"} {
			if host == "2130706433" && scheme == "http://" {
				continue // a name that only some systems read as an address
			}
			began := time.Now()
			_, err := c.Send(t.Context(), scheme+host+":"+port+"/", nil, []byte("x"))
			if err == nil || host != "2130706433" && !errors.Is(err, call.ErrInside) && !strings.Contains(err.Error(), "no suitable address") {
				t.Errorf("%s%s: %v", scheme, host, err)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("%s%s was tried for %v", scheme, host, took)
			}
		}
	}
	if err := c.Ask(t.Context(), "https://127.0.0.1:"+port, "okno.example"); fault.KindOf(err) != fault.InvalidInput {
		t.Errorf("whoever named it is told %v", err)
	}
	if called.Load() {
		t.Error("an inner address was called")
	}
}

func TestPlainHTTPReachesNamedNetworksAlone(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(s.Close)
	named := hook.New(hook.Config{Timeout: 2 * time.Second, Inside: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if r, err := named.Send(t.Context(), s.URL, nil, nil); err != nil || r.Status != http.StatusNoContent {
		t.Errorf("a named network: %d, %v", r.Status, err)
	}
	other := hook.New(hook.Config{Timeout: 2 * time.Second, Inside: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	if _, err := other.Send(t.Context(), "http://8.8.8.8/", nil, nil); !errors.Is(err, call.ErrInside) {
		t.Errorf("plain http to the Internet: %v", err)
	}
}

// names is a name server that answers with one address after the other.
func names(t *testing.T, answers ...[4]byte) *net.Resolver {
	t.Helper()
	at, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { at.Close() }) //nolint:errcheck // the test is over
	go func() {
		buf, asked := make([]byte, 1500), 0
		for {
			n, from, err := at.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response = true
			m.Additionals = nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: answers[min(asked, len(answers)-1)]}}}
				asked++
			}
			if text, err := m.Pack(); err == nil {
				at.WriteTo(text, from) //nolint:errcheck // whoever asked has gone
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", at.LocalAddr().String())
	}}
}

func TestANameThatLeadsInsideTheSecondTimeLeadsNowhere(t *testing.T) {
	called := atomic.Int64{}
	ln, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		called.Add(1)
		w.Header().Set("WebHook-Allowed-Origin", r.Header.Get("WebHook-Request-Origin"))
		w.Header().Set("Connection", "close")
	}))
	s.Listener = ln
	s.Start()
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	c := hook.New(hook.Config{Timeout: 2 * time.Second, Inside: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}, Resolver: names(t, [4]byte{127, 0, 0, 2}, [4]byte{127, 0, 0, 1})})
	if err := c.Ask(t.Context(), "http://rebind.example:"+port+"/", "okno.example"); err != nil {
		t.Fatalf("the handshake: %v", err)
	}
	if _, err := c.Send(t.Context(), "http://rebind.example:"+port+"/", nil, nil); !errors.Is(err, call.ErrInside) {
		t.Errorf("the name leads inside, and the delivery says %v", err)
	}
	if n := called.Load(); n != 1 {
		t.Errorf("the address was called %d times", n)
	}
}

func TestWhatAnAddressAnswersIsNeitherFollowedNorKept(t *testing.T) {
	led := atomic.Bool{}
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/led":
			led.Store(true)
		case "/redirect":
			http.Redirect(w, r, s.URL+"/led", http.StatusTemporaryRedirect)
		case "/later":
			w.Header().Set("Retry-After", "90")
			w.WriteHeader(http.StatusTooManyRequests)
		case "/date":
			w.Header().Set("Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat("x", 4096)); err != nil {
					return
				}
			}
		case "/hangs":
			<-r.Context().Done()
		case "/long":
			w.Header().Set("X", strings.Repeat("x", 64<<10))
		}
	}))
	t.Cleanup(s.Close)
	c := hook.New(hook.Config{Timeout: time.Second, Inside: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if r, err := c.Send(t.Context(), s.URL+"/redirect", nil, nil); err != nil || r.Status != http.StatusTemporaryRedirect || led.Load() {
		t.Errorf("a redirect: %+v, %v, followed: %v", r, err, led.Load())
	}
	if r, err := c.Send(t.Context(), s.URL+"/later", nil, nil); err != nil || r.RetryAfter != 90*time.Second {
		t.Errorf("Retry-After in seconds: %+v, %v", r, err)
	}
	if r, err := c.Send(t.Context(), s.URL+"/date", nil, nil); err != nil || r.RetryAfter < 58*time.Minute || r.RetryAfter > time.Hour {
		t.Errorf("Retry-After as a moment: %+v, %v", r, err)
	}
	for _, path := range []string{"/hangs", "/long"} {
		if _, err := c.Send(t.Context(), s.URL+path, nil, nil); err == nil || strings.Contains(err.Error(), "xxx") {
			t.Errorf("%s: %v", path, err)
		}
	}
	began := time.Now()
	if r, err := c.Send(t.Context(), s.URL+"/endless", nil, nil); err != nil || r.Status != http.StatusOK || time.Since(began) > time.Second {
		t.Errorf("an endless answer: %+v, %v after %v", r, err, time.Since(began))
	}
	for _, address := range []string{"ftp://a.example/", "https://user:secret@a.example/", "https://", "://", "file:///etc/passwd"} {
		if _, err := c.Send(t.Context(), address, nil, nil); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
