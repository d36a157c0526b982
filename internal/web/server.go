package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"okno/internal/access"
	"okno/internal/credential"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/policy"
	"okno/internal/trace"
	"okno/internal/web/ui"
)

// Handler answers one request or says why it cannot.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Sessions finds the session of a cookie's token, in one statement. A token that opens nothing is a fault of the kind
// Unauthenticated.
type Sessions interface {
	Check(ctx context.Context, token string) (credential.Session, error)
}

// Peeker is Sessions that can look without keeping the session alive. Streams look that way, so that a page left open
// does not stay signed in for ever.
type Peeker interface {
	Peek(ctx context.Context, token string) (credential.Session, error)
}

// Config is what the Server is told.
type Config struct {
	URL    *url.URL // the address people use: cookies, allowed hosts and links come from it
	Demo   bool     // pages say so, and localhost is an allowed host
	Expose []string // further host names under which a demo may be asked for

	Sessions Sessions
	Name     func(ctx context.Context, who access.Actor) (string, error)    // how the header greets a person; asked for at most once a page
	SetLang  func(ctx context.Context, who access.Actor, l i18n.Lang) error // remembers the language of a signed-in person; nil for nothing
	Gate     func(ctx context.Context, who access.Actor) (string, error)    // a page that a person must see before any other of theirs, "" for none
	Ready    func(ctx context.Context) error                                // whether the database is there; nil for always

	CheckPassword func(ctx context.Context, s string) *form.Problem // what is wrong with a new password, for /api/check; nil checks none

	Nav, Menu, Footer []Nav      // links of the header, of the person's menu, of the footer
	Assets            *ui.Bundle // what /assets/ serves; nil for nothing

	Policy   *policy.Policy // time zone, hotline, trusted proxies, streams; the defaults when nil
	Limits   Limits
	Now      func() time.Time // the portal's clock; time.Now when nil
	Log      *slog.Logger
	Registry *prometheus.Registry // one of its own when nil
	Tracer   *trace.Tracer        // nil traces nothing and costs nothing
}

// Nav is a link of the frame: the key of its words and where it leads.
type Nav struct {
	Key, URL string
	Icon     ui.Icon
}

// Limits bound what one request may take. A zero field takes the default beside it.
type Limits struct {
	Body   int64         // bytes of a form: 256 KiB
	Header int           // bytes of the header: 32 KiB
	Read   time.Duration // for the whole request to arrive: 30 s
	Write  time.Duration // for the whole answer to leave: 60 s
	Idle   time.Duration // between requests of one connection: 2 min
	Stream time.Duration // life of a stream, after which the browser opens another: 15 min
	Stop   time.Duration // for running requests to end when the server stops: 20 s
}

func (l Limits) orDefaults() Limits {
	or(&l.Body, 256<<10)
	or(&l.Header, 32<<10)
	or(&l.Read, 30*time.Second)
	or(&l.Write, 60*time.Second)
	or(&l.Idle, 2*time.Minute)
	or(&l.Stream, 15*time.Minute)
	or(&l.Stop, 20*time.Second)
	return l
}

func or[T comparable](v *T, fallback T) {
	var zero T
	if *v == zero {
		*v = fallback
	}
}

// Server is the portal over HTTP. Pages are added with Handle before it serves.
type Server struct {
	Config
	mux       *http.ServeMux
	routes    []string // the patterns, as they were added
	hosts     map[string]bool
	origin    *http.CrossOriginProtection
	fixed     headers
	metrics   *metrics
	cookies   names
	zone      *time.Location // nil when it is the one that i18n takes by itself
	streams   places
	following sync.WaitGroup // streams that go on without a handler
	uploads   places
	checks    pace
	stop      context.CancelFunc
	stopped   context.Context // ends when the server stops: streams end with it
}

// New makes a Server without pages. It answers /healthz, /readyz, /assets/, /preferences and two addresses of /api/.
func New(c Config) (*Server, error) {
	switch {
	case c.URL == nil || c.URL.Hostname() == "" || (c.URL.Scheme != "http" && c.URL.Scheme != "https"):
		return nil, errors.New("web: the portal's address must be http:// or https:// with a host")
	case strings.Trim(c.URL.Path, "/") != "" || c.URL.RawQuery != "" || c.URL.User != nil:
		return nil, fmt.Errorf("web: the portal's address %s must be no more than scheme, host and port", c.URL.Redacted())
	case c.Sessions == nil:
		return nil, errors.New("web: no sessions")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Registry == nil {
		c.Registry = newRegistry()
	}
	if c.Policy == nil {
		c.Policy = policy.Default()
	}
	zone, err := time.LoadLocation(c.Policy.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("web: the portal's time zone: %w", err)
	}
	if zone.String() == i18n.Zone(context.Background()).String() {
		zone = nil
	}
	c.Limits = c.Limits.orDefaults()
	s := &Server{Config: c, zone: zone, mux: http.NewServeMux(), origin: http.NewCrossOriginProtection()}
	if err := s.origin.AddTrustedOrigin(c.URL.Scheme + "://" + c.URL.Host); err != nil {
		return nil, fmt.Errorf("web: the portal's address: %w", err)
	}
	s.hosts = allowedHosts(c)
	s.cookies = cookieNames(s.secure())
	s.fixed = fixedHeaders(s.secure(), s.hosts)
	s.metrics = newMetrics(c.Registry)
	s.stopped, s.stop = context.WithCancel(context.Background())
	s.own()
	return s, nil
}

// own adds the addresses that belong to no page.
func (s *Server) own() {
	s.Handle("GET /healthz", s.healthy)
	s.Handle("GET /readyz", s.ready)
	s.Handle("GET "+ui.Prefix+"{file}", s.asset)
	s.Handle("POST /preferences", s.preferences)
	s.Handle("GET /api/session", s.apiSession)
	s.Handle("POST /api/check", s.apiCheck)
	s.Handle("/", s.nowhere)
}

func (s *Server) secure() bool { return s.URL.Scheme == "https" }

// Handle adds a page under a pattern of http.ServeMux: "GET /services/{code}".
func (s *Server) Handle(pattern string, h Handler) {
	s.routes = append(s.routes, pattern)
	s.mux.Handle(pattern, &route{server: s, pattern: pattern, handler: h, quiet: quiet(pattern)})
}

// Routes are the patterns of all pages, so that a test can try every door.
func (s *Server) Routes() []string { return slices.Clone(s.routes) }

// quiet routes are logged at the level Debug while they work: probes and files.
func quiet(pattern string) bool {
	return pattern == "GET /healthz" || pattern == "GET /readyz" || strings.HasPrefix(pattern, "GET "+ui.Prefix)
}

// route is one line of the routing table.
type route struct {
	server  *Server
	pattern string
	handler Handler
	quiet   bool
}

func (rt *route) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	v := visitOf(r.Context())
	v.route = rt
	if err := rt.handler(&v.w, r); err != nil {
		rt.server.fail(v, r, err)
	}
}

// Run serves on the listener until ctx ends, then lets running requests end.
func (s *Server) Run(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       s.Limits.Read,
		WriteTimeout:      s.Limits.Write,
		IdleTimeout:       s.Limits.Idle,
		MaxHeaderBytes:    s.Limits.Header,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug), // broken handshakes and the like
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	s.stop()
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Limits.Stop)
	defer cancel()
	if err := srv.Shutdown(late); err != nil {
		return errors.Join(fmt.Errorf("stop serving %s: %w", ln.Addr(), err), srv.Close())
	}
	ended := make(chan struct{})
	go func() { s.following.Wait(); close(ended) }() // they have been told to end
	select {
	case <-ended:
	case <-late.Done():
	}
	return nil
}
