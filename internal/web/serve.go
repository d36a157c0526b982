package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/store"
)

// The refusals of the edge itself.
var (
	errHost     = fault.New(fault.Missing, "error.host")    // asked for under a name that is not ours
	errOrigin   = fault.New(fault.Denied, "error.origin")   // a form of another site
	errNowhere  = fault.New(fault.Missing, "error.missing") // no such page
	errMethod   = fault.New(fault.Missing, "error.method")  // the page is there and takes no such request
	errTooLarge = fault.New(fault.InvalidInput, "error.too_large")
)

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := &visit{server: s, start: time.Now(), ref: newReference()}
	v.w.ResponseWriter = w
	ctx, count := store.Counting(r.Context())
	v.count = count
	ctx, v.span = s.trace(ctx, r)
	r = r.WithContext(s.speak(context.WithValue(v.renewal(ctx, r), visitKey{}, v), r))
	v.r = r
	s.fixed.set(w.Header())
	defer s.finish(v, r)
	if err := s.admit(v, r); err != nil {
		s.fail(v, r, err)
		return
	}
	if s.chooses(v, r) {
		return
	}
	s.mux.ServeHTTP(&v.w, r)
}

// speak sets the language that the browser chose before, and the portal's zone. What a browser prefers by itself does
// not count: the portal is Russian until somebody says otherwise.
func (s *Server) speak(ctx context.Context, r *http.Request) context.Context {
	if s.zone != nil {
		ctx = i18n.WithZone(ctx, s.zone)
	}
	if l, ok := i18n.Parse(cookie(r, s.cookies.lang)); ok && l != i18n.RU {
		ctx = i18n.With(ctx, l)
	}
	return ctx
}

// admit refuses what no page should see.
func (s *Server) admit(v *visit, r *http.Request) error {
	if !s.hosts[hostname(r.Host)] && !probe(r) {
		return errHost
	}
	if err := s.origin.Check(r); err != nil {
		return errOrigin.Because(err)
	}
	if r.Body != nil && r.Body != http.NoBody {
		v.body = r.Body
		r.Body = http.MaxBytesReader(v.w.ResponseWriter, r.Body, s.Limits.Body)
	}
	return nil
}

// finish writes the one line of the log, however the request ended.
func (s *Server) finish(v *visit, r *http.Request) {
	defer v.traced()
	v.done()
	if p := recover(); p != nil {
		if p == http.ErrAbortHandler { //nolint:errorlint // the very value, by contract of net/http
			panic(p)
		}
		v.notes = append(v.notes, slog.String("stack", string(debug.Stack())))
		s.fail(v, r, fmt.Errorf("panic: %v", p))
	}
	if v.w.status == 0 { // a handler that wrote nothing has answered: net/http sends 200
		v.w.status = http.StatusOK
	}
	took := time.Since(v.start)
	s.metrics.seen(v, took)
	level := v.level()
	if !s.Log.Enabled(r.Context(), level) {
		return
	}
	var at [12]slog.Attr
	attrs := append(at[:0],
		slog.String("method", method(r)), slog.String("route", v.pattern()), slog.Int("status", v.w.status),
		slog.Duration("took", took), slog.Int64("bytes", v.w.bytes), slog.String("ref", v.ref),
		slog.String("actor", v.actor()), slog.Int64("statements", v.count.Load()))
	if id := v.span.ID(); id != "" {
		attrs = append(attrs, slog.String("trace", id))
	}
	if v.err != nil {
		attrs = append(attrs, slog.String("error", v.err.Error()))
	}
	s.Log.LogAttrs(r.Context(), level, "request", append(attrs, v.notes...)...)
}

func (v *visit) level() slog.Level {
	switch {
	case v.w.status >= 500 && v.w.status != http.StatusServiceUnavailable:
		return slog.LevelError
	case v.w.status >= 500:
		return slog.LevelWarn
	case v.route != nil && v.route.quiet && v.err == nil:
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// pattern is the route without its values: an address may hold a token or a number of somebody's case.
func (v *visit) pattern() string {
	if v.route == nil {
		return "none"
	}
	return v.route.pattern
}

// actor is the kind of whoever asked, as far as somebody wanted to know.
func (v *visit) actor() string {
	switch {
	case !v.checked:
		return "unasked"
	case v.refused != nil:
		return "anonymous"
	}
	return string(v.session.Kind)
}

// method keeps invented methods out of logs and metrics.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// nowhere answers addresses that lead to no page.
func (s *Server) nowhere(w http.ResponseWriter, r *http.Request) error {
	var allowed []string
	for _, m := range []string{http.MethodGet, http.MethodPost} {
		other := *r
		other.Method = m
		if _, pattern := s.mux.Handler(&other); pattern != "/" && pattern != "" {
			allowed = append(allowed, m)
		}
	}
	if len(allowed) == 0 {
		return errNowhere
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return errMethod
}

// probe reports whether a load balancer asks, which knows the machine by its address and not by the portal's name.
func probe(r *http.Request) bool { return r.URL.Path == "/healthz" || r.URL.Path == "/readyz" }

func (s *Server) healthy(w http.ResponseWriter, _ *http.Request) error {
	return text(w, http.StatusOK, ok)
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) error {
	if s.stopped.Err() != nil {
		return text(w, http.StatusServiceUnavailable, stopping)
	}
	if s.Ready == nil {
		return text(w, http.StatusOK, ok)
	}
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		visitOf(r.Context()).err = err
		return text(w, http.StatusServiceUnavailable, notReady)
	}
	return text(w, http.StatusOK, ok)
}

var (
	ok       = []byte("ok\n")
	stopping = []byte("stopping\n")
	notReady = []byte("not ready\n")

	plainType = []string{"text/plain; charset=utf-8"}
)

func text(w http.ResponseWriter, status int, body []byte) error {
	w.Header()["Content-Type"] = plainType
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}
