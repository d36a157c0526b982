package web_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"okno/internal/policy"
	"okno/internal/signin/signintest"
	"okno/internal/web"
)

// events reads a stream line by line.
type events struct {
	t     *testing.T
	lines chan string
	stop  context.CancelFunc
}

func listen(t *testing.T, url string, headers ...string) *events {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("status %d, %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	e := &events{t: t, lines: make(chan string, 100), stop: stop}
	go func() {
		defer close(e.lines)
		defer resp.Body.Close() //nolint:errcheck // the test is over
		for s := bufio.NewScanner(resp.Body); s.Scan(); {
			e.lines <- s.Text()
		}
	}()
	return e
}

// await reads up to a line that begins so.
func (e *events) await(prefix string) string {
	e.t.Helper()
	late := time.After(5 * time.Second)
	for {
		select {
		case line, open := <-e.lines:
			if !open {
				e.t.Fatalf("the stream ended before %q", prefix)
			}
			if strings.HasPrefix(line, prefix) {
				return line
			}
		case <-late:
			e.t.Fatalf("no %q", prefix)
		}
	}
}

// ended reports whether the stream ends by itself.
func (e *events) ended() bool {
	late := time.After(5 * time.Second)
	for {
		select {
		case _, open := <-e.lines:
			if !open {
				return true
			}
		case <-late:
			return false
		}
	}
}

func TestAStreamTellsOfNewsAndOnlyOfNews(t *testing.T) {
	p := policy.Default()
	p.Live.Heartbeat = 30 * time.Millisecond
	p.Live.PerPerson, p.Live.Streams = 2, 3
	x := newSite(t, func(c *web.Config) { c.Policy = p })
	topic := make(chan struct{}, 1)
	var state atomic.Value
	state.Store("1")
	x.Handle("GET /events", func(w http.ResponseWriter, r *http.Request) error {
		return web.Stream(w, r, topic, func() {}, func(context.Context) (string, error) { return state.Load().(string), nil })
	})
	srv := httptest.NewServer(x)
	t.Cleanup(srv.Close)

	e := listen(t, srv.URL+"/events?seen="+web.Seen("1"))
	e.await(":") // a sign of life, and no event before it
	state.Store("2")
	topic <- struct{}{}
	if got := e.await("id: "); got != "id: "+web.Seen("2") {
		t.Errorf("the event is %q", got)
	}
	e.await("event: changed")
	e.stop()
	if !e.ended() {
		t.Fatal("the stream does not end with its browser")
	}

	again := listen(t, srv.URL+"/events", "Last-Event-ID", web.Seen("1"))
	if got := again.await("id: "); got != "id: "+web.Seen("2") {
		t.Errorf("what was missed meanwhile is not told: %q", got)
	}
	close(topic)
	if !again.ended() {
		t.Error("the stream does not end with its topic")
	}
}

func TestAStreamIsReadOverHTTP2Too(t *testing.T) {
	x := newSite(t)
	topic := make(chan struct{}, 1)
	var state atomic.Value
	state.Store("1")
	var ended atomic.Bool
	x.Handle("GET /events", func(w http.ResponseWriter, r *http.Request) error {
		return web.Stream(w, r, topic, func() { ended.Store(true) }, func(context.Context) (string, error) { return state.Load().(string), nil })
	})
	srv := httptest.NewUnstartedServer(x)
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	resp, err := srv.Client().Get(srv.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(resp.Body)
	until := func(want string) {
		t.Helper()
		for lines.Scan() {
			if lines.Text() == want {
				return
			}
		}
		t.Fatalf("no %q: %v", want, lines.Err())
	}
	if resp.ProtoMajor != 2 {
		t.Fatalf("it is HTTP/%d", resp.ProtoMajor)
	}
	until("id: " + web.Seen("1"))
	state.Store("2")
	topic <- struct{}{}
	until("id: " + web.Seen("2"))
	if ended.Load() {
		t.Error("it stops listening while it is read")
	}
	close(topic)
	for lines.Scan() { // to its end
	}
	if !ended.Load() {
		t.Error("it does not end with its topic")
	}
	resp.Body.Close() //nolint:errcheck // it is read
}

// taken is an answer whose connection is handed over and breaks after so many writes.
type taken struct {
	*httptest.ResponseRecorder
	writes int
}

func (x taken) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	here, _ := net.Pipe()
	c := &breaking{here, x.writes}
	return c, bufio.NewReadWriter(bufio.NewReader(c), bufio.NewWriter(c)), nil
}

type breaking struct {
	net.Conn
	left int
}

func (c *breaking) Write(p []byte) (int, error) {
	if c.left--; c.left >= 0 {
		return len(p), nil
	}
	return 0, net.ErrClosed
}

func TestWhoLeavesBeforeTheStreamBeginsKeepsNoPlaceAndNoListener(t *testing.T) {
	p := policy.Default()
	p.Live.Streams = 1
	x := newSite(t, func(c *web.Config) { c.Policy = p })
	stopped := 0
	x.Handle("GET /events", func(w http.ResponseWriter, r *http.Request) error {
		return web.Stream(w, r, make(chan struct{}), func() { stopped++ }, func(context.Context) (string, error) { return "1", nil })
	})
	for writes := range 3 { // before the head of the answer, the first line, the first event
		x.ServeHTTP(taken{httptest.NewRecorder(), writes}, x.request(http.MethodGet, "/events", ""))
		if stopped != writes+1 {
			t.Fatalf("whoever left after %d writes is not forgotten", writes)
		}
	}
	srv := httptest.NewServer(x)
	t.Cleanup(srv.Close)
	listen(t, srv.URL+"/events").await("id: ") // there is room
}

func TestAMistakeInAStreamIsLoggedAndEndsItAlone(t *testing.T) {
	x := newSite(t)
	topic := make(chan struct{}, 1)
	var asked atomic.Int32
	gone := make(chan struct{})
	x.Handle("GET /events", func(w http.ResponseWriter, r *http.Request) error {
		return web.Stream(w, r, topic, func() { close(gone) }, func(context.Context) (string, error) {
			if asked.Add(1) > 1 {
				panic("nobody thought of it")
			}
			return "1", nil
		})
	})
	srv := httptest.NewServer(x)
	t.Cleanup(srv.Close)
	e := listen(t, srv.URL+"/events")
	e.await("id: ")
	topic <- struct{}{}
	if !e.ended() {
		t.Error("the stream goes on")
	}
	<-gone
	for range 500 {
		if s := x.Log.String(); strings.Contains(s, "nobody thought of it") && strings.Contains(s, "GET /events") && strings.Contains(s, `"level":"ERROR"`) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the log says\n%s", x.Log.String())
}

func TestThereIsAnEndToTheNumberOfStreams(t *testing.T) {
	p := policy.Default()
	p.Live.Streams = 2
	x := newSite(t, func(c *web.Config) { c.Policy = p })
	x.Handle("GET /events", func(w http.ResponseWriter, r *http.Request) error {
		return web.Stream(w, r, make(chan struct{}), func() {}, func(context.Context) (string, error) { return "1", nil })
	})
	srv := httptest.NewServer(x)
	t.Cleanup(srv.Close)
	first := listen(t, srv.URL+"/events")
	first.await("id: ")
	listen(t, srv.URL+"/events").await("id: ")
	resp, err := http.Get(srv.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close() //nolint:errcheck // the status is enough
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("one stream too many: %d", resp.StatusCode)
	}
	first.stop()
	for range 100 {
		if resp, err = http.Get(srv.URL + "/healthz"); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close() //nolint:errcheck // the status is enough
		time.Sleep(10 * time.Millisecond)
		if r := openable(t, srv.URL+"/events"); r {
			return
		}
	}
	t.Error("a closed stream keeps its place")
}

// openable reports whether a stream opens.
func openable(t *testing.T, url string, headers ...string) bool {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // the status is enough
	return resp.StatusCode == 200
}

func TestAStreamOutlivesTheLimitsOfPagesAndEndsAtItsOwn(t *testing.T) {
	x := newSite(t, func(c *web.Config) {
		c.Limits.Read, c.Limits.Write, c.Limits.Stream = 100*time.Millisecond, 100*time.Millisecond, 600*time.Millisecond
	})
	topic := make(chan struct{}, 1)
	var state atomic.Value
	state.Store("1")
	x.Handle("GET /events", func(w http.ResponseWriter, r *http.Request) error {
		return web.Stream(w, r, topic, func() {}, func(context.Context) (string, error) { return state.Load().(string), nil })
	})
	base := running(t, x)
	e := listen(t, base+"/events")
	e.await("id: ")
	time.Sleep(300 * time.Millisecond)
	state.Store("2")
	topic <- struct{}{}
	if got := e.await("id: "); got != "id: "+web.Seen("2") {
		t.Errorf("after the limits of pages: %q", got)
	}
	if !e.ended() {
		t.Error("the stream has no end")
	}
}

func TestAStreamEndsWithTheSessionAndOnePersonHoldsOnlySoMany(t *testing.T) {
	p := policy.Default()
	p.Live.Heartbeat, p.Live.PerPerson = 30*time.Millisecond, 1
	x := newSite(t, func(c *web.Config) { c.Policy = p })
	x.Handle("GET /events", web.RequirePerson(func(w http.ResponseWriter, r *http.Request) error {
		return web.Stream(w, r, make(chan struct{}), func() {}, func(context.Context) (string, error) { return "1", nil })
	}))
	token := x.World.Register(t, signintest.Visitor("anna"), "+79123456789")
	srv := httptest.NewServer(x)
	t.Cleanup(srv.Close)
	e := listen(t, srv.URL+"/events", "Cookie", "okno_session="+token)
	e.await("id: ")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Cookie", "okno_session="+token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close() //nolint:errcheck // the status is enough
	if resp.StatusCode != 503 {
		t.Errorf("one person holds more streams than the policy allows: %d", resp.StatusCode)
	}
	if err := x.World.Credentials.SignOut(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if !e.ended() {
		t.Error("the stream outlives the session")
	}
	if openable(t, srv.URL+"/events") {
		t.Error("a stream opens without a session")
	}
}

func TestOneNetworkHoldsOnlySoManyStreamsWithoutAnAccount(t *testing.T) {
	p := policy.Default()
	p.Live.PerPrefix = 1
	p.Network.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	p.Network.StaffNetworks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	x := newSite(t, func(c *web.Config) { c.Policy = p })
	x.Handle("GET /events", func(w http.ResponseWriter, r *http.Request) error {
		return web.Stream(w, r, make(chan struct{}), func() {}, func(context.Context) (string, error) { return "1", nil })
	})
	srv := httptest.NewServer(x)
	t.Cleanup(srv.Close)
	listen(t, srv.URL+"/events", "X-Forwarded-For", "203.0.113.7").await("id: ")
	if openable(t, srv.URL+"/events", "X-Forwarded-For", "203.0.113.200") {
		t.Error("one network without an account holds more streams than the policy allows")
	}
	listen(t, srv.URL+"/events", "X-Forwarded-For", "198.51.100.7").await("id: ")
	for range 2 { // a service centre: nobody counts
		listen(t, srv.URL+"/events", "X-Forwarded-For", "192.0.2.7").await("id: ")
	}
}
