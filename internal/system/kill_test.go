package system

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"okno/internal/store"
)

// TestWhatWasAcknowledgedSurvivesAKill lets people register and apply, kills the portal in the middle, twice, and looks whether
// everything that a page said yes to is there.
func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		s := demoSettings(t, engine)
		l := &load{base: s.URL}
		for round := range 2 {
			p := spawn(t, s)
			if l.people == nil {
				l.know(t, s)
			}
			l.start(round)
			await(t, "a load", func() bool { return l.enough(3 * (round + 1)) })
			time.Sleep(time.Duration(100+150*round) * time.Millisecond)
			if err := p.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			p.Wait() //nolint:errcheck // it was killed
			l.stop()
		}
		db, err := store.Open(t.Context(), s.Database, store.Options{MaxConns: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close() //nolint:errcheck // it was only read
		left := unfinished(t, db)
		p := spawn(t, s)
		defer func() {
			p.Process.Signal(syscall.SIGTERM) //nolint:errcheck // Wait tells
			if err := p.Wait(); err != nil {
				t.Errorf("it does not stop gracefully: %v", err)
			}
		}()
		t.Logf("%d registrations and %d cases were acknowledged; %d jobs were left", len(l.registered), len(l.cases), len(left))
		if len(l.registered) < 4 || len(l.cases) < 4 {
			t.Errorf("the load was too small to say anything: %d registrations, %d cases", len(l.registered), len(l.cases))
		}
		l.verify(t)
		await(t, "the end of the jobs that were left", func() bool {
			done := map[string]bool{}
			for _, row := range everyRow(t, db, `SELECT CAST(id AS TEXT) FROM river_job WHERE CAST(state AS TEXT) = 'completed'`) {
				done[fmt.Sprintf("%s", row[0])] = true
			}
			for _, id := range left {
				if !done[id] {
					return false
				}
			}
			return true
		})
		l.verifyOutbox(t)
	})
}

// TestASubmitThatAKillCutsOffLeavesADraftOrOneCase kills the portal while everybody sends, as soon as one of them is answered. Each
// has either the draft, whole, or one case; whoever sends again has one case, too.
func TestASubmitThatAKillCutsOffLeavesADraftOrOneCase(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		s := demoSettings(t, engine)
		p := spawn(t, s)
		l := &load{base: s.URL}
		l.know(t, s)
		visitors, drafts := make([]*visitor, len(l.people)), make([]string, len(l.people))
		for i, who := range l.people {
			v := newVisitor(s.URL, fmt.Sprintf("10.210.%d.7", i))
			if _, err := v.post("/demo/signin", "/cabinet", "person", who.ID); err != nil {
				t.Fatal(err)
			}
			var err error
			if drafts[i], err = v.fillIn(); err != nil {
				t.Fatal(err)
			}
			visitors[i] = v
		}
		db, err := store.Open(t.Context(), s.Database, store.Options{MaxConns: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close() //nolint:errcheck // it was only read
		all := func() (n int) {
			t.Helper()
			if err := db.QueryRow(t.Context(), `SELECT count(*) FROM application`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := all() // the demo has cases of its own
		answered, first := make([]string, len(l.people)), make(chan struct{})
		var once sync.Once
		var wg sync.WaitGroup
		for i, v := range visitors {
			wg.Go(func() {
				if at, err := v.submit(drafts[i]); err == nil {
					answered[i] = at
				}
				once.Do(func() { close(first) })
			})
		}
		<-first
		if err := p.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		p.Wait() //nolint:errcheck // it was killed
		wg.Wait()

		count := func(table, id string) int {
			t.Helper()
			var n int
			if err := db.QueryRow(t.Context(), `SELECT count(*) FROM `+table+` WHERE id = $1`, id).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		cut, kept := 0, 0
		for i, draft := range drafts {
			d, c := count("draft", draft), count("application", draft)
			if d+c != 1 {
				t.Errorf("of one submit %d drafts and %d cases are there", d, c)
			}
			if answered[i] == "" {
				cut++
			} else if c != 1 {
				t.Error("a submit that was answered is no case")
			}
			kept += d
		}
		t.Logf("of %d submits %d were cut off; %d drafts were left", len(drafts), cut, kept)
		p = spawn(t, s)
		for i, v := range visitors {
			at := ""
			for range 2 { // a person presses again, and once more
				to, err := v.submit(drafts[i])
				if err != nil || at != "" && to != at || answered[i] != "" && to != answered[i] {
					t.Errorf("sent again it leads to %s, after %s and %s: %v", to, at, answered[i], err)
				}
				at = to
			}
			if d, c := count("draft", drafts[i]), count("application", drafts[i]); d != 0 || c != 1 {
				t.Errorf("sent again, %d drafts and %d cases are there", d, c)
			}
		}
		if n := all(); n != before+len(drafts) {
			t.Errorf("%d submits made %d cases", len(drafts), n-before)
		}
		p.Process.Signal(syscall.SIGTERM) //nolint:errcheck // Wait tells
		if err := p.Wait(); err != nil {
			t.Errorf("it does not stop gracefully: %v", err)
		}
	})
}

// unfinished are the jobs that a killed portal left behind and that its next start must do.
func unfinished(t *testing.T, db *store.DB) []string {
	t.Helper()
	var out []string
	for _, row := range everyRow(t, db, `SELECT CAST(id AS TEXT) FROM river_job WHERE kind NOT LIKE '%tick%' AND CAST(state AS TEXT) IN ('available', 'running', 'retryable', 'pending')`) {
		out = append(out, fmt.Sprintf("%s", row[0]))
	}
	return out
}

// spawn starts this test program as a portal and waits until it is ready.
func spawn(t *testing.T, s Settings) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	log := &record{}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), portalEnv+"="+string(text))
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it has ended already
		if t.Failed() {
			t.Logf("the portal said:\n%.4000s", log.String())
		}
	})
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if resp, err := http.Get(s.URL + "/readyz"); err == nil {
			resp.Body.Close() //nolint:errcheck // it was only asked
			if resp.StatusCode == http.StatusOK {
				return cmd
			}
		}
		if time.Now().After(end) {
			t.Fatalf("the portal is not ready\n%.4000s", log.String())
		}
	}
}

// load is people at work.
type load struct {
	base   string
	people []DemoPerson // confirmed ones

	mu         sync.Mutex
	registered []string          // phones
	begun      []string          // phones a code may have been sent to
	cases      map[string]string // where a case is -> phone of whose it is
	end        chan struct{}
	wg         sync.WaitGroup
}

func (l *load) know(t *testing.T, s Settings) {
	t.Helper()
	k, err := (&System{Settings: s}).Known()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range k.People {
		if p.Story != storySimplified {
			l.people = append(l.people, p)
		}
	}
	l.cases = map[string]string{}
}

func (l *load) start(round int) {
	l.end = make(chan struct{})
	for w := range 3 {
		l.wg.Go(func() {
			for n := 0; !l.over(); n++ {
				v := newVisitor(l.base, fmt.Sprintf("10.%d.%d.7", round*10+w, n))
				phone := fmt.Sprintf("+7912%d%d%05d", round, w, n)
				l.mu.Lock()
				l.begun = append(l.begun, phone)
				l.mu.Unlock()
				if v.register("Проверкина", "Аглая", "phone", phone) == nil {
					l.mu.Lock()
					l.registered = append(l.registered, phone)
					l.mu.Unlock()
				}
			}
		})
	}
	for i, p := range l.people {
		l.wg.Go(func() {
			v := newVisitor(l.base, fmt.Sprintf("10.200.%d.7", round*10+i))
			for !l.over() {
				if _, err := v.post("/demo/signin", "/cabinet", "person", p.ID); err == nil {
					break
				}
			}
			for !l.over() {
				at, err := v.apply()
				if err == nil {
					l.mu.Lock()
					l.cases[at] = p.ID
					l.mu.Unlock()
				}
			}
		})
	}
}

// enough reports whether so many registrations and so many cases were acknowledged: cases are the faster ones.
func (l *load) enough(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.registered) >= n && len(l.cases) >= n
}

func (l *load) over() bool {
	select {
	case <-l.end:
		return true
	default:
		return false
	}
}

func (l *load) stop() {
	close(l.end)
	l.wg.Wait()
}

// apply files an application for a certificate and says where its case is.
func (v *visitor) apply() (string, error) {
	draft, err := v.fillIn()
	if err != nil {
		return "", err
	}
	return v.submit(draft)
}

func (v *visitor) submit(draft string) (string, error) {
	return v.post("/services/income-certificate/submit", "/applications/", "draft", draft)
}

// fillIn fills an application for a certificate in, up to its review, and says which draft it is.
func (v *visitor) fillIn() (string, error) {
	const service = "/services/income-certificate/"
	if _, _, err := v.do(http.MethodGet, service+"apply", nil); err != nil {
		return "", err
	}
	if _, err := v.post(service+"apply/applicant", service); err != nil {
		return "", err
	}
	if _, err := v.post(service+"apply/year", service, "year", fmt.Sprint(time.Now().Year()-1)); err != nil {
		return "", err
	}
	_, page, err := v.do(http.MethodGet, service+"apply/review", nil)
	if err != nil {
		return "", err
	}
	_, draft, ok := strings.Cut(page, `name="draft" value="`)
	if !ok {
		return "", fmt.Errorf("the review names no draft")
	}
	draft, _, _ = strings.Cut(draft, `"`)
	return draft, nil
}

func (l *load) verify(t *testing.T) {
	t.Helper()
	for i, phone := range l.registered {
		if err := newVisitor(l.base, fmt.Sprintf("10.100.%d.7", i)).signIn(phone); err != nil {
			t.Errorf("a registration that was acknowledged is lost: %v", err)
		}
	}
	for i, p := range l.people {
		v := newVisitor(l.base, fmt.Sprintf("10.201.%d.7", i))
		if _, err := v.post("/demo/signin", "/cabinet", "person", p.ID); err != nil {
			t.Fatal(err)
		}
		for at, owner := range l.cases {
			if owner != p.ID {
				continue
			}
			if got, _, err := v.do(http.MethodGet, at, nil); err != nil || got != at {
				t.Errorf("a case that was acknowledged is lost: %s, %v", got, err)
			}
		}
	}
}

// verifyOutbox looks whether a code that was sent twice is the same code. Nobody asked for a second one.
func (l *load) verifyOutbox(t *testing.T) {
	t.Helper()
	v := newVisitor(l.base, "10.202.0.7")
	codes, doubled := 0, 0
	for _, phone := range l.begun {
		texts, err := v.texts(phone)
		if err != nil {
			t.Fatal(err)
		}
		first, n := "", 0
		for _, text := range texts {
			code := sixDigits.FindString(text)
			if code == "" {
				continue
			}
			if n++; first != "" && code != first {
				t.Errorf("%s was sent two codes", phone)
			}
			first = code
		}
		if n > 0 {
			codes++
		}
		if n > 1 {
			doubled++
		}
	}
	if codes == 0 {
		t.Error("no code is in the outbox: nothing was looked at")
	}
	t.Logf("%d codes were sent, %d of them more than once", codes, doubled)
}
