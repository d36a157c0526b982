package authority

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"okno/internal/connector/call"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func client(inside []netip.Prefix) *Client {
	return New(Config{Limits: call.Limits{Timeout: time.Second, Failures: 2, Rest: time.Hour}, MaxList: 1000, MaxAnswer: 100, Inside: inside})
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestListsAndAnswersComeOverHTTPWithTheTypesOfTheStandard(t *testing.T) {
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) //nolint:errcheck // a test
		if r.Method == http.MethodPost && r.Header.Get("Content-Type") != "application/ocsp-request" || strings.Contains(r.UserAgent(), "Go-http") {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		io.WriteString(w, r.Method+" "+string(body)) //nolint:errcheck // a test
	})
	c := client(loopback)
	if got, err := c.List(t.Context(), at+"/a.crl"); string(got) != "GET " || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := c.Ask(t.Context(), at+"/ocsp", []byte("who")); string(got) != "POST who" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestNoInnerAddressIsCalledWhateverNameLeadsThere(t *testing.T) {
	called := false
	at := serve(t, func(http.ResponseWriter, *http.Request) { called = true })
	_, port, _ := strings.Cut(strings.TrimPrefix(at, "http://"), ":")
	for _, address := range []string{at, "http://localhost:" + port, "http://[::1]:" + port, "http://0.0.0.0:" + port, "http://[::ffff:127.0.0.1]:" + port} {
		_, err := client(nil).List(t.Context(), address)
		if !errors.Is(err, call.ErrUnavailable) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := client(nil).List(t.Context(), at); !errors.Is(err, call.ErrSettings) {
		t.Errorf("the operator is not told of the setting: %v", err)
	}
	if called {
		t.Error("it was called")
	}
}

func TestOnlyAddressesOfTheWebAreCalledAndNoRedirectIsFollowed(t *testing.T) {
	for _, address := range []string{"ldap://ca.example/cn=x", "file:///etc/passwd", "ftp://ca.example/x", "http://", "http://user:secret@ca.example/", "", "://"} {
		if _, err := client(loopback).List(t.Context(), address); !errors.Is(err, call.ErrUnavailable) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", address, err)
		}
	}
	followed := false
	to := serve(t, func(http.ResponseWriter, *http.Request) { followed = true })
	at := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })
	if _, err := client(loopback).List(t.Context(), at); !errors.Is(err, call.ErrUnavailable) || followed {
		t.Errorf("a redirect: %v, followed %v", err, followed)
	}
}

func TestAnAnswerThatIsTooLongOrTooLateOrRefusedIsNone(t *testing.T) {
	long := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1001)) }) //nolint:errcheck // a test
	if _, err := client(loopback).List(t.Context(), long); !errors.Is(err, call.ErrGarbage) {
		t.Errorf("a long one: %v", err)
	}
	stop := make(chan struct{})
	defer close(stop)
	slow := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	began := time.Now()
	if _, err := client(loopback).Ask(t.Context(), slow, nil); !errors.Is(err, call.ErrUnavailable) || time.Since(began) > 10*time.Second {
		t.Errorf("a slow one: %v", err)
	}
}

func TestEveryCallIsObservedAndNoHostIsNamed(t *testing.T) {
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/a.crl" {
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	var heard []string
	c := New(Config{Limits: call.Limits{Timeout: time.Second, Failures: 1, Rest: time.Hour}, MaxList: 1000, MaxAnswer: 100, Inside: loopback,
		Observe: func(system string, took time.Duration, err error) {
			if took < 0 || err != nil && strings.Contains(err.Error(), "127.0.0.1") {
				t.Errorf("%v, %v", took, err)
			}
			heard = append(heard, fmt.Sprint(system, " ", err == nil, " ", errors.Is(err, call.ErrOpen)))
		}})
	c.List(t.Context(), at+"/a.crl") //nolint:errcheck // what was heard of it is looked at
	c.Ask(t.Context(), at+"/b", nil) //nolint:errcheck // likewise
	c.List(t.Context(), at+"/a.crl") //nolint:errcheck // likewise: the circuit is open
	if want := []string{"authority true false", "authority false false", "authority false true"}; !slices.Equal(heard, want) {
		t.Errorf("heard %q, want %q", heard, want)
	}
}

func TestAHostThatIsAwayIsLeftAloneAndTheOthersAreNot(t *testing.T) {
	calls := 0
	bad := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		calls++
		w.WriteHeader(http.StatusBadGateway)
	})
	good := serve(t, func(http.ResponseWriter, *http.Request) {})
	c := client(loopback)
	for range 5 {
		if _, err := c.List(t.Context(), bad); !errors.Is(err, call.ErrUnavailable) {
			t.Error(err)
		}
	}
	if calls != 2 {
		t.Errorf("it was called %d times", calls)
	}
	if _, err := c.List(t.Context(), good); err != nil {
		t.Error(err)
	}
}
