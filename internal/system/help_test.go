package system

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// portalEnv makes the test program a demo portal of the settings it holds, until SIGTERM: for tests that kill one.
const portalEnv = "OKNO_TEST_PORTAL"

func TestMain(m *testing.M) {
	if text := os.Getenv(portalEnv); text != "" {
		if err := serveDemo(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if text := os.Getenv(resealEnv); text != "" {
		if err := resealSlowly(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func serveDemo(text string) error {
	var s Settings
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	x, err := New(ctx, s, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	watch(x)
	if err := x.Run(ctx, nil); err != nil {
		return err
	}
	return x.Close()
}

// begun is a demo that has begun, of which each test gets a copy.
var begun = storetest.Begun{Begin: func(dsn, dir string) error {
	x, err := New(context.Background(), Settings{Addr: "127.0.0.1:0", URL: "http://localhost", Data: dir, Database: dsn, MetricsAddr: "127.0.0.1:0", MaxConns: 4, Demo: true}, discard)
	if err != nil {
		return err
	}
	return x.Close()
}}

// demoSettings are those of a demo on a free port, which has begun and believes in X-Forwarded-For: every visitor of a test may come from a
// network of their own.
func demoSettings(t *testing.T, e store.Engine) Settings {
	t.Helper()
	dsn, dir := begun.Copy(t, e)
	addr, err := sandbox.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(addr)
	rules := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(rules, []byte("network: {trusted_proxies: [127.0.0.0/8]}\ncases: {submits_per_person_day: {max: 1000, window: 24h}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return Settings{Addr: addr, URL: "http://localhost:" + port, Data: dir, Database: dsn, MetricsAddr: "127.0.0.1:0", Policy: rules, Workers: 8, MaxConns: 12, Demo: true}
}

// running is a portal in this process.
type running struct {
	*System
	stop func()
}

// run starts a portal and waits until it serves. stop, which may be called twice, ends it gracefully.
func run(t *testing.T, s Settings, log *slog.Logger) *running {
	t.Helper()
	x, err := New(t.Context(), s, log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	serving, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- x.Run(ctx, func(_, _ net.Addr) { close(serving) }) }()
	r := &running{System: x, stop: sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := x.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})}
	t.Cleanup(r.stop)
	select {
	case <-serving:
	case <-time.After(30 * time.Second):
		t.Fatal("the portal does not serve")
	}
	return r
}

// visitor is a browser without anything but cookies. Its methods return errors, because a portal may be killed under it.
type visitor struct {
	base string
	from string // address it comes from
	http *http.Client
}

func newVisitor(base, from string) *visitor {
	jar, _ := cookiejar.New(nil) // never fails
	return &visitor{base, from, &http.Client{Jar: jar, Timeout: 15 * time.Second}}
}

// do asks and returns the last page and where it was.
func (v *visitor) do(method, path string, form url.Values) (at string, body string, err error) {
	var in io.Reader
	if form != nil {
		in = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, v.base+path, in)
	if err != nil {
		return "", "", err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return v.send(r)
}

// attach sends a form of one field and one file, and must come to where it leads.
func (v *visitor) attach(path, want, field, value, name string, data []byte) error {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	w.WriteField(field, value) //nolint:errcheck // a buffer
	part, err := w.CreateFormFile("files", name)
	if err != nil {
		return err
	}
	part.Write(data) //nolint:errcheck // a buffer
	w.Close()        //nolint:errcheck // a buffer
	r, err := http.NewRequest(http.MethodPost, v.base+path, &body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	at, _, err := v.send(r)
	if err == nil && !strings.HasPrefix(at, want) {
		err = fmt.Errorf("POST %s led to %s, not to %s", path, at, want)
	}
	return err
}

func (v *visitor) send(r *http.Request) (at string, body string, err error) {
	r.Header.Set("X-Forwarded-For", v.from)
	if r.Method == http.MethodPost {
		r.Header.Set("Origin", v.base)
	}
	resp, err := v.http.Do(r)
	if err != nil {
		return "", "", err
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", string(text), fmt.Errorf("%s %s: %s", r.Method, r.URL.Path, resp.Status)
	}
	return resp.Request.URL.Path, string(text), nil
}

// post sends a form and must come to where it leads.
func (v *visitor) post(path, want string, pairs ...string) (string, error) {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	at, body, err := v.do(http.MethodPost, path, form)
	if err == nil && !strings.HasPrefix(at, want) {
		err = fmt.Errorf("POST %s led to %s, not to %s", path, at, want)
	}
	if err != nil {
		return body, err
	}
	return at, nil
}

const testPassword = "Quiet-River-9"

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// texts are what the outbox of the demo holds for an address.
func (v *visitor) texts(to string) ([]string, error) {
	_, body, err := v.do(http.MethodGet, "/demo/outbox?to="+url.QueryEscape(to), nil)
	if err != nil {
		return nil, err
	}
	var all []struct{ Text string }
	if err := json.Unmarshal([]byte(body), &all); err != nil {
		return nil, err
	}
	var out []string
	for _, m := range all {
		out = append(out, m.Text)
	}
	return out, nil
}

// code waits for the code that was sent to an address.
func (v *visitor) code(to string) (string, error) {
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		all, err := v.texts(to)
		if err != nil {
			return "", err
		}
		for _, text := range all {
			if code := sixDigits.FindString(text); code != "" {
				return code, nil
			}
		}
	}
	return "", fmt.Errorf("no code comes to %s", to)
}

// register makes an account; field is phone or email. nil is the portal's word that the account is there.
func (v *visitor) register(surname, given, field, to string) error {
	if _, err := v.post("/register", "/register/code", "surname", surname, "given_name", given, field, to, "terms", "on", "data", "on"); err != nil {
		return err
	}
	code, err := v.code(to)
	if err != nil {
		return err
	}
	if _, err := v.post("/register/code", "/register/password", "code", code); err != nil {
		return err
	}
	_, err = v.post("/register/password", "/cabinet/welcome", "password", testPassword, "password_again", testPassword)
	return err
}

// signIn types the password, and the code where one is asked for.
func (v *visitor) signIn(login string) error {
	sent, err := v.signInCodes(login)
	if err != nil {
		return err
	}
	at, err := v.post("/signin", "/", "login", login, "password", testPassword)
	if err != nil || strings.HasPrefix(at, "/cabinet") {
		return err
	}
	if at == "/signin/second" { // whoever has a passkey is asked for it first
		if _, err := v.post("/signin/second/by", "/signin/second", "by", "phone"); err != nil {
			return err
		}
	}
	for end := time.Now().Add(15 * time.Second); at == "/signin/second" && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		codes, err := v.signInCodes(login)
		if err != nil {
			return err
		}
		if len(codes) > len(sent) {
			_, err := v.post("/signin/second", "/cabinet", "code", codes[0])
			return err
		}
	}
	return fmt.Errorf("signing in led to %s", at)
}

// signInCodes are the codes for sign-in that went to an address, the newest first.
func (v *visitor) signInCodes(to string) ([]string, error) {
	all, err := v.texts(to)
	var out []string
	for _, text := range all {
		if strings.Contains(text, "код для входа") || strings.Contains(text, "sign-in code") {
			out = append(out, sixDigits.FindString(text))
		}
	}
	return out, err
}

// record keeps a log.
type record struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(b)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.String()
}

// everyTable reads each table of the database whole: table -> rows, each as its values.
func everyTable(t *testing.T, db *store.DB) map[string][][]any {
	t.Helper()
	list := `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`
	if db.Engine() == store.SQLite {
		list = `SELECT name FROM sqlite_master WHERE type = 'table'`
	}
	var names []string
	for _, row := range everyRow(t, db, list) {
		names = append(names, fmt.Sprintf("%s", row[0]))
	}
	all := map[string][][]any{}
	for _, name := range names {
		all[name] = everyRow(t, db, `SELECT * FROM "`+name+`"`)
	}
	return all
}

func everyRow(t *testing.T, db *store.DB, query string) [][]any {
	t.Helper()
	rows, err := db.Query(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all [][]any
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return all
}

func engines(t *testing.T, body func(t *testing.T, engine store.Engine)) {
	t.Helper()
	for _, e := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(e), func(t *testing.T) { body(t, e) })
	}
}

var discard = slog.New(slog.DiscardHandler)

// outsideOf points settings at a sandbox world of their own, as an operator would at the real one.
func outsideOf(t *testing.T, s Settings) Settings {
	t.Helper()
	w, err := sandbox.Start(t.Context(), sandbox.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() }) //nolint:errcheck // the test is over
	at := w.RegistersURL()
	s.Registers = everywhere(at)
	s.SMTP = SMTP{Addr: w.SMTPAddr(), From: "Okno <noreply@okno.example>", TLS: "none", Auth: "none"}
	s.SMPP = SMPP{Addr: w.SMPPAddr(), SystemID: sandbox.SMPPSystemID, Password: sandbox.SMPPPassword, Source: "Okno"}
	s.Voice = Voice{Addr: w.VoiceAddr(), Transport: "udp", Caller: "78001000000"}
	s.Kannel = Kannel{URL: w.KannelURL(), Username: sandbox.KannelUser, Password: sandbox.KannelPassword, Source: "Okno"}
	return s
}
