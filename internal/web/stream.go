package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"okno/internal/fault"
)

// wantsStream reports whether the request asks for server-sent events.
func wantsStream(r *http.Request) bool {
	for _, a := range r.Header["Accept"] {
		if strings.HasPrefix(a, "text/event-stream") {
			return true
		}
	}
	return false
}

// slowest is how long a browser may take to read one event, gap how close two events may follow.
const (
	slowest = 10 * time.Second
	gap     = 100 * time.Millisecond
)

var (
	errStreams = fault.New(fault.Unavailable, "error.busy")
	errAway    = errors.New("the browser reads no more")
)

// Stream tells a page that what it shows has changed. state says in a few words what there is to see now (a version, a
// status); it is asked at the start and after every piece of news, and an event is sent when it differs from what the
// browser has: its Last-Event-ID, or at first what the page itself was made of (Seen). The browser then fetches the page
// again, so an event holds nothing worth stealing. stop ends listening to the news; it is called when the stream ends.
//
// The stream ends when the browser leaves, the server stops, the session ends, or its time is over; a browser that is
// still there opens another. Looking at a stream does not keep a session alive.
//
// Thousands are open at once and nearly always silent, so what an open one holds is little: the connection is taken from net/http, whose
// buffers, request and handler's stack go, and of the visit there stays what is needed to ask again. So state must not hold on to r.
func Stream(w http.ResponseWriter, r *http.Request, news <-chan struct{}, stop func(), state func(context.Context) (string, error)) error {
	v := visitOf(r.Context())
	s := v.server
	owner, most := v.session.OwnerID, s.Policy.Live.PerPerson
	if owner == "" { // nobody signed in for it: the network has a share
		owner, most = v.neighbours(), s.Policy.Live.PerPrefix
	}
	if !s.streams.enter(owner, most, s.Policy.Live.Streams) {
		stop()
		return errStreams.At(s.Now().Add(time.Minute))
	}
	f := &stream{server: s, news: news, state: state, end: func() { stop(); s.streams.leave(owner) }, still: v.stays(), last: r.Header.Get("Last-Event-ID")}
	if f.last == "" {
		f.last = r.URL.Query().Get("seen")
	}
	goesOn := false // when this has returned
	defer func() {
		if !goesOn {
			f.end()
		}
	}()
	now, err := state(r.Context())
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	alone, err := f.take(v, h)
	if err == nil {
		err = f.begin(now)
	}
	if err == nil && !alone {
		err = f.follow(r.Context())
	}
	if err != nil || !alone {
		return left(r.Context(), err)
	}
	goesOn = true
	ctx, cancel := context.WithCancel(context.WithValue(s.stopped, visitKey{}, &visit{server: s, ref: v.ref, route: v.route, session: v.session, checked: v.checked, refused: v.refused}))
	go f.watch(cancel)
	ref, page := v.ref, v.pattern() // and nothing else of the visit
	s.following.Go(func() {
		defer f.end()
		defer cancel()
		defer f.conn.Close() //nolint:errcheck // nobody is there to be told
		if err := f.follow(ctx); left(ctx, err) != nil && !errors.Is(err, errAway) {
			s.Log.ErrorContext(ctx, "stream", "route", page, "ref", ref, "error", err.Error())
		}
	})
	return nil
}

// take takes the connection from net/http, and says whether it could: HTTP/2 has none to give.
func (f *stream) take(v *visit, h http.Header) (bool, error) {
	f.control = http.NewResponseController(v.w.ResponseWriter)
	conn, rest, err := f.control.Hijack()
	if errors.Is(err, http.ErrNotSupported) {
		if err := f.control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) { // the limits are for pages
			return false, fmt.Errorf("open stream: %w", err)
		}
		f.page = &v.w
		v.w.WriteHeader(http.StatusOK)
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("open stream: %w", err)
	}
	v.w.status, f.conn, f.control = http.StatusOK, conn, nil
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return false, fmt.Errorf("open stream: %w", errors.Join(err, conn.Close()))
	}
	head := rest.Writer
	h.Set("Connection", "close") // it ends with the connection
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	_, err = head.WriteString("HTTP/1.1 200 OK\r\n")
	if err == nil {
		err = h.Write(head)
	}
	if err == nil {
		_, err = head.WriteString("\r\n")
	}
	if err == nil {
		err = head.Flush()
	}
	if err != nil {
		return false, errors.Join(err, conn.Close())
	}
	return true, nil
}

// watch waits until the browser leaves: it has nothing more to say.
func (f *stream) watch(leave func()) {
	defer leave()
	var any [1]byte
	f.conn.Read(any[:]) //nolint:errcheck // whatever it is, it is the end
}

func (f *stream) begin(now string) error {
	err := f.send("retry: 3000\n\n")
	if err == nil {
		err = f.tell(now)
	}
	if err != nil && f.conn != nil {
		return errors.Join(err, f.conn.Close())
	}
	return err
}

// follow lasts as long as the stream.
func (f *stream) follow(ctx context.Context) error {
	over := time.NewTimer(f.server.Limits.Stream)
	defer over.Stop()
	beat := time.NewTicker(f.server.Policy.Live.Heartbeat)
	defer beat.Stop()
	for {
		var work func(context.Context) (bool, error)
		select {
		case <-ctx.Done():
			return nil
		case <-f.server.stopped.Done():
			return nil
		case <-over.C:
			return nil
		case <-beat.C:
			work = f.beat
		case _, more := <-f.news:
			if !more {
				return nil
			}
			work = f.look
		}
		if goOn, err := aside(ctx, work); err != nil || !goOn {
			return err
		}
	}
}

func (f *stream) beat(ctx context.Context) (bool, error) {
	if !f.still(ctx) {
		return false, nil
	}
	return true, f.send(": \n\n")
}

func (f *stream) look(ctx context.Context) (bool, error) {
	now, err := f.state(ctx)
	if err == nil {
		err = f.tell(now)
	}
	time.Sleep(gap) // signs that come meanwhile are one sign
	return err == nil, err
}

// aside does the work on a stack of its own, which goes with it: one that has grown for a query stays grown while it waits for the next.
func aside(ctx context.Context, work func(context.Context) (bool, error)) (goOn bool, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				goOn, err = false, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		goOn, err = work(ctx)
	}()
	<-done
	return goOn, err
}

// places counts those who hold something, all and by owner: one person's many windows must not take the places of others.
// Owner "" has no share of his own.
type places struct {
	mu  sync.Mutex
	all int
	by  map[string]int
}

func (s *places) enter(owner string, each, all int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= all || (owner != "" && s.by[owner] >= each) {
		return false
	}
	if s.by == nil {
		s.by = map[string]int{}
	}
	s.all++
	s.by[owner]++
	return true
}

func (s *places) leave(owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.by[owner]--; s.by[owner] == 0 {
		delete(s.by, owner)
	}
}

// Seen is how a page says in the address of its stream what state it shows: "/cases/1/events?seen=" + web.Seen(state).
func Seen(state string) string {
	sum := sha256.Sum256([]byte(state))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

type stream struct {
	server *Server
	news   <-chan struct{}
	state  func(context.Context) (string, error)
	still  func(context.Context) bool // whoever opened it is still signed in
	end    func()
	last   string

	conn    net.Conn // taken from net/http; or
	control *http.ResponseController
	page    *writer
}

// tell sends an event when the state is news to the browser.
func (f *stream) tell(state string) error {
	id := Seen(state)
	if id == f.last {
		return nil
	}
	f.last = id
	return f.send("id: " + id + "\nevent: changed\ndata: \n\n")
}

func (f *stream) send(s string) error {
	if f.conn != nil {
		err := f.conn.SetWriteDeadline(time.Now().Add(slowest))
		if err == nil {
			_, err = f.conn.Write([]byte(s))
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errAway, err)
		}
		return nil
	}
	if err := f.control.SetWriteDeadline(time.Now().Add(slowest)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := f.page.Write([]byte(s)); err != nil {
		return err
	}
	return f.control.Flush()
}

// stays gives what reports whether whoever asks is still signed in. What nobody signed in for needs no session.
func (v *visit) stays() func(context.Context) bool {
	p, ok := v.server.Sessions.(Peeker)
	if !v.checked || v.refused != nil || !ok { // without one to ask, the stream's time limit has to do
		return func(context.Context) bool { return true }
	}
	name, _ := v.server.sessionCookie(v.r)
	token := cookie(v.r, name)
	return func(ctx context.Context) bool {
		_, err := p.Peek(ctx, token)
		return fault.KindOf(err) != fault.Unauthenticated
	}
}

// left drops errors of writing to a browser that is not there any more.
func left(ctx context.Context, err error) error {
	if _, ok := fault.Of(err); ok || ctx.Err() != nil {
		return nil //nolint:nilerr // nobody is there to be told
	}
	return err
}
