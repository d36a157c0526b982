package signature_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"okno/internal/connector/authority"
	"okno/internal/connector/call"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/keyring/keyringtest"
	"okno/internal/policy"
	sandbox "okno/internal/sandbox/authority"
	"okno/internal/signature"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// world is a portal's signatures and the authorities of the sandbox, over HTTP.
type world struct {
	*signature.Service
	DB     *store.DB
	Clock  *storetest.Clock
	CA     *sandbox.Authority
	Web    *web
	Policy *policy.Policy
	Log    *bytes.Buffer
}

// web stands before the authorities: it counts, and answers what the test wants instead.
type web struct {
	mu      sync.Mutex
	calls   map[string]int
	instead func(w http.ResponseWriter, r *http.Request) bool
	next    http.Handler
	down    atomic.Bool
}

func (x *web) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	kind := "crl"
	if strings.HasSuffix(r.URL.Path, "/ocsp") {
		kind = "ocsp"
	}
	x.calls[kind]++
	instead := x.instead
	x.mu.Unlock()
	if x.down.Load() {
		panic(http.ErrAbortHandler)
	}
	if instead != nil && instead(w, r) {
		return
	}
	x.next.ServeHTTP(w, r)
}

func (x *web) count(kind string) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.calls[kind]
}

func (x *web) answer(f func(w http.ResponseWriter, r *http.Request) bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.instead = f
}

// noOCSP makes OCSP answer nothing, so that lists decide.
func noOCSP(w http.ResponseWriter, r *http.Request) bool {
	if strings.HasSuffix(r.URL.Path, "/ocsp") {
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	return false
}

func build(t *testing.T, db *store.DB, clock *storetest.Clock) *world {
	t.Helper()
	x := &world{DB: db, Clock: clock, Web: &web{calls: map[string]int{}}, Log: &bytes.Buffer{}}
	srv := httptest.NewServer(x.Web)
	t.Cleanup(srv.Close)
	var err error
	if x.CA, err = sandbox.Open(t.Context(), sandbox.Config{Dir: t.TempDir(), URL: srv.URL, Now: clock.Now}); err != nil {
		t.Fatal(err)
	}
	x.Web.next = x.CA.Handler()
	x.Policy = policy.Default()
	list, err := signature.LoadAuthorities(x.CA.Trusted(), clock.Now, slog.New(slog.NewTextHandler(x.Log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	at, _ := url.Parse("https://okno.example")
	x.Service = signature.New(signature.Config{DB: db, Ring: keyringtest.Ring(t), Policy: x.Policy, Authorities: list, URL: at, Name: i18n.Text{RU: "Окно", EN: "Okno"}, Zone: time.UTC,
		Known: func(_ context.Context, _ store.Querier, browser string) (bool, error) { return browser == "known", nil },
		Publisher: authority.New(authority.Config{MaxList: 1 << 20, MaxAnswer: 1 << 16, Inside: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Now: clock.Now,
			Limits: call.Limits{Timeout: 5 * time.Second, Failures: 1000}})})
	return x
}

// one is a world on SQLite, for tests that store nothing.
func one(t *testing.T) *world {
	t.Helper()
	clock := storetest.NewClock()
	return build(t, storetest.Open(t, store.SQLite, clock.Now), clock)
}

func each(t *testing.T, body func(t *testing.T, x *world)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) { body(t, build(t, db, clock)) })
}

var anna = sandbox.Person{Surname: "Новикова", GivenName: "Анна", Patronymic: "Сергеевна", SNILS: "112-233-445 95", INN: "500100732259"}

var text = []byte("Вход на портал\r\nНомер: 1\r\n")

// certificate is a certificate of Anna's as change wants it.
func (x *world) certificate(t *testing.T, alg sandbox.Algorithm, change func(*x509.Certificate)) *sandbox.Identity {
	t.Helper()
	by, err := x.CA.Of(t.Context(), alg)
	if err != nil {
		t.Fatal(err)
	}
	i, err := x.CA.Issue(t.Context(), by, anna, change)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func sign(t *testing.T, i *sandbox.Identity, content []byte, f sandbox.Form) []byte {
	t.Helper()
	file, err := i.Sign(t.Context(), content, f)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// says is the whole sentence of a refusal in Russian, and fails when there is none.
func says(t *testing.T, err error) string {
	t.Helper()
	f, ok := fault.Of(err)
	if !ok {
		t.Fatalf("no fault: %v", err)
	}
	for _, l := range i18n.Langs() {
		if s := l.T(f.Key, f.Args...); s == f.Key || strings.Contains(s, "{") {
			t.Errorf("%s says %q", f.Key, s)
		}
	}
	return i18n.RU.T(f.Key, f.Args...)
}
