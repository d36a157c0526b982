package call

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const secret = "Пчёлкина-90012345678"

type reply struct {
	Name string `json:"name"`
	N    *int   `json:"n"`
}

func (r reply) Check() error {
	if r.N == nil {
		return errors.New("no n")
	}
	return nil
}

// server answers with f; seen tells what it was asked.
func server(t *testing.T, f http.HandlerFunc) (c *Client, seen func() []*http.Request) {
	t.Helper()
	var mu sync.Mutex
	var asked []*http.Request
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r)
		mu.Unlock()
		f(w, r)
	}))
	t.Cleanup(srv.Close)
	c, err := NewClient("register", Config{
		URL: srv.URL + "/base", Token: "t0ken", MaxBytes: 1000,
		Limits: Limits{Timeout: 300 * time.Millisecond, Tries: 2, Pause: time.Millisecond, Failures: 100},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, func() []*http.Request {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(asked)
	}
}

func TestPost(t *testing.T) {
	c, seen := server(t, func(w http.ResponseWriter, r *http.Request) {
		var q map[string]string
		if json.NewDecoder(r.Body).Decode(&q) != nil || q["who"] != secret {
			w.WriteHeader(500)
			return
		}
		io.WriteString(w, `{"name":"Анна","n":0,"more":[]}`)
	})
	got, err := Post[reply](t.Context(), c, "/v1/check", map[string]string{"who": secret})
	if err != nil || got.Name != "Анна" || *got.N != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	r := seen()[0]
	if r.URL.String() != "/base/v1/check" || r.Header.Get("Authorization") != "Bearer t0ken" || len(r.Header.Get("X-Request-Id")) != 26 {
		t.Errorf("%s, %v", r.URL, r.Header)
	}
}

func TestWhatGoesWrong(t *testing.T) {
	hijack := func(say string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				io.WriteString(conn, say)
				conn.Close()
			}
		}
	}
	status := func(s int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(s); io.WriteString(w, secret) }
	}
	say := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, s) }
	}
	for _, c := range []struct {
		name  string
		does  http.HandlerFunc
		want  error
		tries int
	}{
		{"500", status(500), ErrUnavailable, 2},
		{"429", status(429), ErrUnavailable, 2},
		{"our token is wrong", status(401), ErrUnavailable, 2},
		{"our path is wrong", status(404), ErrUnavailable, 2},
		{"400", status(400), ErrRejected, 1},
		{"204", status(204), ErrGarbage, 2},
		{"hangs up", hijack(""), ErrUnavailable, 2},
		{"no HTTP", hijack("\x16\x03\x01 " + secret + "\r\n\r\n"), ErrGarbage, 2},
		{"a torn answer", hijack("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"name\":\"" + secret), ErrUnavailable, 2},
		{"a page", say("<html>" + secret), ErrGarbage, 2},
		{"torn JSON", say(`{"name":"` + secret), ErrGarbage, 2},
		{"JSON of something else", say(`{"name":"` + secret + `"}`), ErrGarbage, 2},
		{"JSON of other types", say(`{"name":90012345678,"n":1}`), ErrGarbage, 2},
		{"two answers", say(`{"n":1}{"n":2}`), ErrGarbage, 2},
		{"too long", say(`{"n":1,"name":"` + strings.Repeat("x", 1000) + `"}`), ErrGarbage, 2},
		{"too slow", func(http.ResponseWriter, *http.Request) { time.Sleep(500 * time.Millisecond) }, ErrUnavailable, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, seen := server(t, c.does)
			_, err := Post[reply](t.Context(), client, "/v1/check", map[string]string{"who": secret})
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if len(seen()) != c.tries {
				t.Errorf("asked %d times, want %d", len(seen()), c.tries)
			}
			if ids := requestIDs(seen()); len(ids) != 1 {
				t.Errorf("the tries carry the ids %v, want one", ids)
			}
			if strings.Contains(err.Error(), "Пчёлкина") || strings.Contains(err.Error(), "90012345678") {
				t.Errorf("the error tells about a person: %v", err)
			}
		})
	}
}

func requestIDs(seen []*http.Request) []string {
	var ids []string
	for _, r := range seen {
		ids = append(ids, r.Header.Get("X-Request-Id"))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func TestABodyAboutAPersonDoesNotFollowARedirect(t *testing.T) {
	var elsewhere int
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	t.Cleanup(other.Close)
	c, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	_, err := Post[reply](t.Context(), c, "/v1/check", map[string]string{"who": secret})
	if !errors.Is(err, ErrGarbage) || elsewhere != 0 {
		t.Errorf("%v, and %d requests elsewhere", err, elsewhere)
	}
}

func TestPing(t *testing.T) {
	c, _ := server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) })
	if err := c.Ping(t.Context()); err != nil {
		t.Errorf("somebody answers, and yet %v", err)
	}
	gone, err := NewClient("register", Config{URL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Ping(t.Context()); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody answers: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	for _, u := range []string{"", "register.example", "ftp://x", "http://", "://"} {
		if _, err := NewClient("register", Config{URL: u}); err == nil {
			t.Errorf("%q was taken", u)
		}
	}
}
