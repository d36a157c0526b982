package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// mainEnv makes the test program the program itself.
const mainEnv = "TEST_MAIN_OF_OKNO" // not a setting, so that the program hands it on to those it starts

func TestMain(m *testing.M) {
	if os.Getenv(mainEnv) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// okno runs the program with arguments, a standard input and variables, and returns what it says.
func okno(t *testing.T, stdin string, env []string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute) // it hangs
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(append(clean(), mainEnv+"=1"), env...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// clean is the environment without settings of the portal.
func clean() []string {
	var out []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "OKNO_") {
			out = append(out, v)
		}
	}
	return out
}

func free(t *testing.T) string {
	t.Helper()
	addr, err := sandbox.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// install makes keys and a settings file for a portal in front of a sandbox world, and returns the variable that names the file.
func install(t *testing.T, engine store.Engine, addr string) (env []string, keys, dsn string) {
	t.Helper()
	w, err := sandbox.Start(t.Context(), sandbox.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() }) //nolint:errcheck // the test is over
	dir := t.TempDir()
	keys, dsn = filepath.Join(dir, "keys"), storetest.DSN(t, engine)
	out, err := okno(t, "", nil, "keys", keys)
	if err != nil || !strings.Contains(out, "OKNO_MASTER_KEY=") {
		t.Fatalf("okno keys: %v: %s", err, out)
	}
	if out, err := okno(t, "", nil, "keys", keys); err == nil {
		t.Errorf("okno keys overwrites keys: %s", out)
	}
	at := w.RegistersURL()
	text := fmt.Sprintf(`
url: https://file.example
addr: 127.0.0.1:1
metrics-addr: 127.0.0.1:1
name: Имя из файла
data: %s
database: %q
master-key: %s/master.json
index_key: %s/index.key
smtp: {addr: %q, from: "Okno <noreply@okno.example>", tls: none}
smpp: {addr: %q, system-id: %s, password: %s, source: Okno}
kannel: {url: %q, username: %s, password: %s, source: Okno}
voice: {addr: %q, caller: "78001000000"}
register: {passport: %q, snils: %q, inn: %q, civil: %q, income: %q, property: %q, others: %q}
`, filepath.Join(dir, "data"), dsn, keys, keys, w.SMTPAddr(), w.SMPPAddr(), sandbox.SMPPSystemID, sandbox.SMPPPassword,
		w.KannelURL(), sandbox.KannelUser, sandbox.KannelPassword, w.VoiceAddr(), at, at, at, at, at, at, others(at))
	file := filepath.Join(dir, "okno.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"OKNO_CONFIG=" + file, "OKNO_ADDR=" + addr, "OKNO_URL=https://variable.example"}, keys, dsn
}

// others are the registers that only services ask, at one address.
func others(at string) string {
	var all []string
	for name := range sandbox.Agencies() {
		all = append(all, name+"="+at)
	}
	return strings.Join(all, ",")
}

// output is what a running program says.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// ask speaks with the portal as the proxy before it would.
func ask(t *testing.T, addr, host, method, path string, form url.Values, cookies ...*http.Cookie) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, "http://"+addr+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "https://"+host)
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 20 * time.Second}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestServe(t *testing.T) {
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) { serve(t, engine) })
	}
}

func serve(t *testing.T, engine store.Engine) {
	addr, metrics := free(t), free(t)
	env, _, dsn := install(t, engine, addr)
	if out, err := okno(t, "", env, "migrate"); err != nil {
		t.Fatalf("okno migrate: %v: %s", err, out)
	}
	out, err := okno(t, "Quiet-River-9\n", env, "staff", "add", "--login=ivanova", "--full-name=Офицерова Анна", "--role=officer", "--unit=rosreestr")
	_, secret, ok := strings.Cut(out, "totp_secret: ")
	if err != nil || !ok {
		t.Fatalf("okno staff add: %v: %s", err, out)
	}
	secret = strings.Fields(secret)[0]

	// The flag wins over the variable, the variable over the file.
	said := &output{}
	cmd := exec.Command(os.Args[0], "serve", "--url=https://flag.example", "--metrics-addr="+metrics)
	cmd.Env = append(append(clean(), mainEnv+"=1"), env...)
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop := sync.OnceFunc(func() {
		cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // Wait tells
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("okno serve does not stop gracefully: %v\n%s", err, said)
			}
		case <-time.After(30 * time.Second):
			cmd.Process.Kill() //nolint:errcheck // it may have ended this very moment
			t.Errorf("okno serve does not stop within 30 s of SIGTERM\n%s", said)
		}
	})
	t.Cleanup(stop)
	for end := time.Now().Add(40 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if resp, err := http.Get("http://" + addr + "/readyz"); err == nil {
			resp.Body.Close() //nolint:errcheck // it was only asked
			if resp.StatusCode == http.StatusOK {
				break
			}
		}
		if len(ended) > 0 || time.Now().After(end) {
			t.Fatalf("okno serve is not ready:\n%s", said)
		}
	}
	const host = "flag.example"
	resp, body := ask(t, addr, host, "GET", "/terms", nil)
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, "Имя из файла") {
		t.Errorf("the terms: %s; the name that the file gives the portal is not in them", resp.Status)
	}
	if resp, body := ask(t, addr, host, "GET", "/places", nil); resp.StatusCode != http.StatusOK || !strings.Contains(body, "Куда прийти, портал пока не знает") {
		t.Errorf("without a list of places the page of them: %s\n%.2000s", resp.Status, body)
	}
	for _, other := range []string{"variable.example", "file.example", "localhost"} {
		if resp, _ := ask(t, addr, other, "GET", "/", nil); resp.StatusCode == http.StatusOK {
			t.Errorf("the portal answers to the name %s", other)
		}
	}
	for _, path := range []string{"/demo", "/demo/outbox", "/demo/people", "/demo/staff", "/demo/faults", "/demo/ui", "/metrics", "/debug/pprof/"} {
		if resp, _ := ask(t, addr, host, "GET", path, nil); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %s", path, resp.Status)
		}
	}
	if resp, body := ask(t, metrics, metrics, "GET", "/metrics", nil); resp.StatusCode != http.StatusOK || !strings.Contains(body, "# TYPE") {
		t.Errorf("metrics answer %s", resp.Status)
	}
	if resp, _ := ask(t, metrics, metrics, "GET", "/", nil); resp.StatusCode != http.StatusNotFound {
		t.Errorf("the portal answers on the address of metrics: %s", resp.Status)
	}

	// The employee signs in.
	resp, _ = ask(t, addr, host, "GET", "/desk", nil)
	jar := resp.Cookies()
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	resp, body = ask(t, addr, host, "POST", "/desk/signin", url.Values{"login": {"ivanova"}, "password": {"Quiet-River-9"}, "code": {code}}, jar...)
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("the employee cannot sign in: %s\n%.2000s", resp.Status, body)
	}
	session := false
	for _, c := range append(jar, resp.Cookies()...) {
		if !c.Secure || !c.HttpOnly {
			t.Errorf("the cookie %s is not for https alone, or scripts may read it", c.Name)
		}
		if c.Name == "__Secure-okno_desk" {
			session = true
		}
	}
	if !session {
		t.Errorf("there is no session of the desk: %v", resp.Cookies())
	}
	resp, body = ask(t, addr, host, "GET", "/desk/cases", nil, resp.Cookies()...)
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, "Офицерова") {
		t.Errorf("the desk of the officer: %s", resp.Status)
	}
	publishBeside(t, env, addr, host)
	stop()
	verifyAudit(t, env, dsn)
}

// verifyAudit is told that all is well, then that it is not.
func verifyAudit(t *testing.T, env []string, dsn string) {
	t.Helper()
	out, err := okno(t, "", env, "audit", "verify")
	if err != nil || !regexp.MustCompile(`[1-9]\d* events in [1-9]\d* seals are in order`).MatchString(out) {
		t.Fatalf("okno audit verify: %v: %s", err, out)
	}
	db, err := store.Open(t.Context(), dsn, store.Options{MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // the test is over
	const change = `UPDATE audit_event SET action = 'nothing.happened' WHERE seal IS NOT NULL`
	if _, err := db.Writer().Exec(change); err == nil {
		t.Error("a sealed event can be changed")
	}
	off := `ALTER TABLE audit_event DISABLE TRIGGER ALL`
	if db.Engine() == store.SQLite {
		off = `DROP TRIGGER audit_event_final`
	}
	for _, statement := range []string{off, change} {
		if _, err := db.Writer().Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	out, err = okno(t, "", env, "audit", "verify")
	if err == nil || !strings.Contains(out, "audit is broken at seal 1") {
		t.Errorf("a changed event is not found: %v: %s", err, out)
	}
}

func TestServeRefuses(t *testing.T) {
	env, keys, _ := install(t, store.SQLite, free(t))
	demo := t.TempDir()
	if err := os.WriteFile(filepath.Join(demo, "DEMO"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"a demo's folder": {[]string{"--data=" + demo}, "belongs to a demo"},
		"a key not there": {[]string{"--master-key=" + keys + "/none.json"}, "there is no file"},
		"an unknown part": {[]string{"--only=pages"}, "there are web and jobs"},
		"a strange DSN":   {[]string{"--database=mysql://x"}, "sqlite: or postgres://"},
		"nobody at work":  {[]string{"--workers=0"}, "OKNO_WORKERS"},
		"less than that":  {[]string{"--workers=-3"}, "OKNO_WORKERS"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := okno(t, "", env, append([]string{"serve"}, c.args...)...)
			if err == nil || !strings.Contains(out, c.says) {
				t.Errorf("okno serve says %v: %s", err, out)
			}
		})
	}
	out, err := okno(t, "", nil, "serve", "--url=https://okno.example", "--data="+t.TempDir())
	if err == nil || !strings.Contains(out, "OKNO_MASTER_KEY") {
		t.Errorf("okno serve starts without keys: %v: %s", err, out)
	}
	if out, err := okno(t, "", env, "doctor", "--data="+keys); err == nil || !strings.Contains(out, "lies in the data folder") {
		t.Errorf("okno doctor lets keys lie in the data folder: %v: %s", err, out)
	}
	if out, err := okno(t, "", env, "doctor"); err != nil {
		t.Errorf("okno doctor finds something wrong with sound settings: %v: %s", err, out)
	}
}
