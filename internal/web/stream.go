package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
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

var errStreams = fault.New(fault.Unavailable, "error.busy")

// Stream tells a page that what it shows has changed. state says in a few words what there is to see now (a version, a
// status); it is asked at the start and after every sign on topic, and an event is sent when it differs from what the
// browser has: its Last-Event-ID, or at first what the page itself was made of (Seen). The browser then fetches the page
// again, so an event holds nothing worth stealing.
//
// The stream ends when the browser leaves, the server stops, the session ends, or its time is over; a browser that is
// still there opens another. Looking at a stream does not keep a session alive.
func Stream(w http.ResponseWriter, r *http.Request, topic <-chan struct{}, state func() (string, error)) error {
	v := visitOf(r.Context())
	s := v.server
	owner, most := v.session.OwnerID, s.Policy.Live.PerPerson
	if owner == "" { // nobody signed in for it: the network has a share
		owner, most = v.neighbours(), s.Policy.Live.PerPrefix
	}
	if !s.streams.enter(owner, most, s.Policy.Live.Streams) {
		return errStreams.At(s.Now().Add(time.Minute))
	}
	defer s.streams.leave(owner)
	now, err := state()
	if err != nil {
		return err
	}
	out := &stream{v: v, control: http.NewResponseController(v.w.ResponseWriter), last: r.Header.Get("Last-Event-ID")}
	if out.last == "" {
		out.last = r.URL.Query().Get("seen")
	}
	if err := out.open(); err != nil {
		return err
	}
	if err := out.tell(now); err != nil {
		return left(r.Context(), err)
	}
	over := time.NewTimer(s.Limits.Stream)
	defer over.Stop()
	beat := time.NewTicker(s.Policy.Live.Heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return nil
		case <-s.stopped.Done():
			return nil
		case <-over.C:
			return nil
		case <-beat.C:
			if !v.still(r.Context()) {
				return nil
			}
			err = out.send(": \n\n")
		case _, more := <-topic:
			if !more {
				return nil
			}
			if now, err = state(); err == nil {
				err = out.tell(now)
			}
			time.Sleep(gap) // signs that come meanwhile are one sign
		}
		if err != nil {
			return left(r.Context(), err)
		}
	}
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
	v       *visit
	control *http.ResponseController
	last    string
}

func (o *stream) open() error {
	// The server's time limits are for pages; a stream sets one for each write.
	if err := o.control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("open stream: %w", err)
	}
	h := o.v.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	o.v.w.WriteHeader(http.StatusOK)
	return o.send("retry: 3000\n\n")
}

// tell sends an event when the state is news to the browser.
func (o *stream) tell(state string) error {
	id := Seen(state)
	if id == o.last {
		return nil
	}
	o.last = id
	return o.send("id: " + id + "\nevent: changed\ndata: \n\n")
}

func (o *stream) send(s string) error {
	if err := o.control.SetWriteDeadline(time.Now().Add(slowest)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := o.v.w.Write([]byte(s)); err != nil {
		return err
	}
	return o.control.Flush()
}

// still reports whether whoever opened the stream is still signed in. One that nobody signed in for needs no session.
func (v *visit) still(ctx context.Context) bool {
	if !v.checked || v.refused != nil {
		return true
	}
	p, ok := v.server.Sessions.(Peeker)
	if !ok {
		return true // the stream's time limit has to do
	}
	name, _ := v.server.sessionCookie(v.r)
	_, err := p.Peek(ctx, cookie(v.r, name))
	return fault.KindOf(err) != fault.Unauthenticated
}

// left drops errors of writing to a browser that is not there any more.
func left(ctx context.Context, err error) error {
	if _, ok := fault.Of(err); ok || ctx.Err() != nil {
		return nil //nolint:nilerr // nobody is there to be told
	}
	return err
}
