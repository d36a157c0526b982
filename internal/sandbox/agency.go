package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// agency is an information system of an agency: it gets news of its cases at /hooks, and may decide them through the portal's machine
// interface. It trusts no signature but by its own secrets, and nothing that is older than some minutes.
type agency struct {
	mu      sync.Mutex
	link    AgencyLink
	news    []AgencyNews
	status  int    // what every delivery is answered instead of 204; 0 when it is well
	later   string // Retry-After beside it
	refused int
	agreed  string // origin that asked last
}

// AgencyLink is what the agency's system was given by the portal.
type AgencyLink struct {
	API     string   // address of the portal
	Token   string   // by which it is known there
	Secrets []string // whsec_…, any of which signs what it gets
	Decide  bool     // it takes every case that it hears of, and approves it
}

// AgencyNews is an event that it got.
type AgencyNews struct {
	ID, Type, Case string
	Version        int64
	Body           string
	Times          int // how often it came; each was signed rightly
}

// AgencyURL is where the agency's system wants its news.
func (w *World) AgencyURL() string { return "http://" + w.agencyAt.Addr().String() + "/hooks" }

// ConnectAgency gives the system what the portal gave.
func (w *World) ConnectAgency(l AgencyLink) {
	w.agency.mu.Lock()
	defer w.agency.mu.Unlock()
	w.agency.link = l
}

// AgencyAnswers makes the system answer every delivery with the status, and Retry-After when it is not empty; with 0 it is well again.
func (w *World) AgencyAnswers(status int, retryAfter string) {
	w.agency.mu.Lock()
	defer w.agency.mu.Unlock()
	w.agency.status, w.agency.later = status, retryAfter
}

// AgencyNews is what it got, in the order in which it came first, and how many deliveries it did not believe.
func (w *World) AgencyNews() (news []AgencyNews, unbelieved int) {
	w.agency.mu.Lock()
	defer w.agency.mu.Unlock()
	return slices.Clone(w.agency.news), w.agency.refused
}

func (w *World) agencyRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("OPTIONS /hooks", w.spoilAgency(w.agreeToNews))
	mux.HandleFunc("POST /hooks", w.spoilAgency(w.takeNews))
	return mux
}

// spoilAgency is spoil with nonsense that is never taken for a receipt: an answer of 2xx is one, whatever stands in it.
func (w *World) spoilAgency(next http.HandlerFunc) http.HandlerFunc {
	well := w.spoil("agency", next)
	return func(rw http.ResponseWriter, r *http.Request) {
		if w.faults.mode("agency") != Garbage {
			well(rw, r)
			return
		}
		switch w.faults.turn(4) {
		case 0: // a redirect to where nobody should be led
			http.Redirect(rw, r, "http://169.254.169.254/latest/meta-data/", http.StatusTemporaryRedirect)
		case 1: // a proxy's page
			rw.Header().Set("Content-Type", "text/html")
			rw.WriteHeader(http.StatusBadGateway)
			io.WriteString(rw, strings.Repeat("<p>It works!</p>", 10_000)) //nolint:errcheck // garbage is garbage, torn or whole
		case 2: // a status that is no receipt
			rw.WriteHeader(http.StatusIMUsed)
		case 3: // not even HTTP
			if h, ok := rw.(http.Hijacker); ok {
				if c, _, err := h.Hijack(); err == nil {
					io.WriteString(c, "\x16\x03\x01 no such thing \xff\r\n\r\n") //nolint:errcheck // garbage is garbage, torn or whole
					c.Close()                                                    //nolint:errcheck // garbage is garbage, torn or whole
				}
			}
		}
	}
}

// agreeToNews is the handshake of the CloudEvents specification for webhooks.
func (w *World) agreeToNews(rw http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("WebHook-Request-Origin")
	if origin == "" {
		http.Error(rw, "no WebHook-Request-Origin", http.StatusBadRequest)
		return
	}
	w.agency.mu.Lock()
	defer w.agency.mu.Unlock()
	if w.agency.status != 0 {
		rw.WriteHeader(w.agency.status)
		return
	}
	w.agency.agreed = origin
	rw.Header().Set("WebHook-Allowed-Origin", origin)
	rw.Header().Set("Allow", "OPTIONS, POST")
	rw.WriteHeader(http.StatusOK)
}

// fresh is how old a delivery may be: an older one was caught and is sent again by somebody.
const fresh = 5 * time.Minute

func (w *World) takeNews(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(rw, "body", http.StatusBadRequest)
		return
	}
	var e struct {
		SpecVersion, ID, Type, Subject string
		Data                           struct{ Version int64 }
	}
	a := &w.agency
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.status != 0:
		if a.later != "" {
			rw.Header().Set("Retry-After", a.later)
		}
		rw.WriteHeader(a.status)
		return
	case !strings.HasPrefix(r.Header.Get("Content-Type"), "application/cloudevents+json"):
		a.refused++
		rw.WriteHeader(http.StatusUnsupportedMediaType)
		return
	case !a.signed(r.Header, body, w.now()):
		a.refused++
		rw.WriteHeader(http.StatusUnauthorized)
		return
	case json.Unmarshal(body, &e) != nil || e.SpecVersion != "1.0" || e.ID != r.Header.Get("Webhook-Id") || e.Type == "" || e.Subject == "":
		a.refused++
		rw.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	rw.WriteHeader(http.StatusNoContent)
	for i := range a.news {
		if a.news[i].ID == e.ID {
			a.news[i].Times++
			return
		}
	}
	a.news = append(a.news, AgencyNews{ID: e.ID, Type: e.Type, Case: e.Subject, Version: e.Data.Version, Body: string(body), Times: 1})
	if link := a.link; link.Decide && strings.HasSuffix(e.Type, ".case.submitted.v1") {
		w.wg.Go(func() {
			if err := link.decide(w.ctx, e.Subject, e.ID); err != nil {
				w.log.Warn("sandbox agency", "error", err)
			}
		})
	}
}

// signed checks a delivery as Standard Webhooks has it.
func (a *agency) signed(h http.Header, body []byte, now time.Time) bool {
	stamp := h.Get("Webhook-Timestamp")
	at, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || now.Sub(time.Unix(at, 0)).Abs() > fresh {
		return false
	}
	for _, secret := range a.link.Secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			continue
		}
		m := hmac.New(sha256.New, key)
		m.Write([]byte(h.Get("Webhook-Id") + "." + stamp + "."))
		m.Write(body)
		want := "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))
		for _, got := range strings.Fields(h.Get("Webhook-Signature")) {
			if hmac.Equal([]byte(got), []byte(want)) {
				return true
			}
		}
	}
	return false
}

// decide takes a case and approves it, as an officer would, through the portal's machine interface.
func (l AgencyLink) decide(ctx context.Context, caseID, eventID string) error {
	at := l.API + "/api/agency/v1/cases/" + caseID
	tag, err := l.ask(ctx, http.MethodGet, at, nil, nil)
	for _, event := range []string{"take", "approve"} {
		if err != nil {
			return err
		}
		tag, err = l.ask(ctx, http.MethodPost, at+"/events", map[string]string{"event": event}, map[string]string{"If-Match": tag, "Idempotency-Key": event + "-" + eventID})
	}
	return err
}

// ask calls the portal and returns the ETag of what it answers.
func (l AgencyLink) ask(ctx context.Context, method, at string, body any, header map[string]string) (string, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(text))
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+l.Token)
	r.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s %s: %s", method, r.URL.Path, resp.Status)
	}
	return resp.Header.Get("ETag"), nil
}
