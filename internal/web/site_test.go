package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/web"
)

// site is a Server with the real identity half behind it and a log that can be read.
type site struct {
	*web.Server
	World *signintest.World
	Log   *lines
	base  *url.URL
}

// newSite makes one at http://localhost:8080, or as change says.
func newSite(t testing.TB, change ...func(*web.Config)) *site {
	t.Helper()
	return siteOn(t, storetest.Open(t, store.SQLite, nil), change...)
}

func siteOn(t testing.TB, db *store.DB, change ...func(*web.Config)) *site {
	t.Helper()
	x := &site{World: signintest.New(t.(*testing.T), db), Log: &lines{}}
	c := web.Config{
		URL: address(t, "http://localhost:8080"), Demo: true, Sessions: x.World.Credentials, Now: db.Now,
		Log: slog.New(slog.NewJSONHandler(x.Log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&c)
	}
	s, err := web.New(c)
	if err != nil {
		t.Fatal(err)
	}
	x.Server, x.base = s, c.URL
	return x
}

func address(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// https is the change to a portal in production.
func https(c *web.Config) {
	c.URL = &url.URL{Scheme: "https", Host: "okno.example"}
	c.Demo = false
}

// request is a request as a browser on a page of the portal makes it; headers are pairs.
func (x *site) request(method, path, body string, headers ...string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	if body == "" {
		r.Body = http.NoBody
	}
	r.Host = x.base.Host
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// do answers the request.
func (x *site) do(r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	x.ServeHTTP(w, r)
	return w.Result()
}

func (x *site) get(path string, headers ...string) *http.Response {
	return x.do(x.request(http.MethodGet, path, "", headers...))
}

func (x *site) post(path, body string, headers ...string) *http.Response {
	return x.do(x.request(http.MethodPost, path, body, headers...))
}

func read(t testing.TB, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// set finds a cookie that the answer sets.
func set(resp *http.Response, name string) *http.Cookie {
	for _, c := range resp.Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// lines are the events of a log.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// last is the newest event.
func (l *lines) last(t testing.TB) map[string]any {
	t.Helper()
	all := strings.Split(strings.TrimSpace(l.String()), "\n")
	var out map[string]any
	if err := json.Unmarshal([]byte(all[len(all)-1]), &out); err != nil {
		t.Fatalf("the log's last line: %v", err)
	}
	return out
}

// running serves the site on a port of its own until the test ends, and returns its address.
func running(t *testing.T, x *site) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- x.Run(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
	return "http://" + ln.Addr().String()
}
