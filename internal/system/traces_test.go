package system

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"okno/internal/jobs/jobstest"
	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// listener is a collector: it takes OTLP over HTTP and keeps all that it is sent.
type listener struct {
	*httptest.Server
	mu    sync.Mutex
	raw   []string
	spans []*otlp.Span
	wrong error
}

func collect(t *testing.T) *listener {
	t.Helper()
	c := &listener{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		head, err := httputil.DumpRequest(r, false)
		if err != nil {
			c.wrong = err
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			c.wrong = err
		}
		c.raw = append(c.raw, string(head)+string(body))
		var in collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &in); err != nil || r.URL.Path != "/v1/traces" {
			c.wrong = fmt.Errorf("%s: %w", r.URL.Path, err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		for _, of := range in.ResourceSpans {
			for _, in := range of.ScopeSpans {
				c.spans = append(c.spans, in.Spans...)
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(c.Close)
	return c
}

// find is the spans of a name, below another if it is given.
func (c *listener) find(name string, below *otlp.Span) []*otlp.Span {
	var out []*otlp.Span
	for _, s := range c.spans {
		if s.Name == name && (below == nil || string(s.ParentSpanId) == string(below.SpanId) && string(s.TraceId) == string(below.TraceId)) {
			out = append(out, s)
		}
	}
	return out
}

func (c *listener) one(t *testing.T, name string, below *otlp.Span) *otlp.Span {
	t.Helper()
	got := c.find(name, below)
	if len(got) == 0 {
		t.Fatalf("there is no span %s where it belongs", name)
	}
	return got[0]
}

func says(s *otlp.Span, key string) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			if v := a.Value.GetStringValue(); v != "" {
				return v
			}
			return fmt.Sprint(a.Value.GetIntValue())
		}
	}
	return ""
}

func TestATraceFollowsACodeFromThePageToTheCarrierAndSaysNothingOfThePerson(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		c := collect(t)
		s := demoSettings(t, engine)
		s.Traces = Traces{Endpoint: c.URL, Ratio: 1}
		said := &record{}
		x := run(t, s, slog.New(slog.NewJSONHandler(said, nil)))
		w := &wanted{}
		r := adult(x.World.People()[30:], 0)
		w.person(r)
		w.phone("+79123456789")
		w.add("password", testPassword)
		if err := x.World.SetFault("sms1", sandbox.Garbage); err != nil { // so that the second carrier is asked too
			t.Fatal(err)
		}
		v := newVisitor(x.Settings.URL, "203.0.113.7")
		if err := v.register(r.Surname, r.GivenName, "phone", "+79123456789"); err != nil {
			t.Fatal(err)
		}
		v.do("GET", "/services?q="+r.Surname, nil)                       //nolint:errcheck // whatever it says
		v.do("GET", "/nowhere/"+r.Surname+"?phone=+79123456789", nil)    //nolint:errcheck // whatever it says
		v.post("/signin", "/", "login", "+79123456789", "password", "x") //nolint:errcheck // refused
		code, err := v.code("+79123456789")
		if err != nil {
			t.Fatal(err)
		}
		w.add("code", code)
		w.add("address of the visitor", v.from)
		for _, cookie := range v.cookies() {
			if len(cookie) >= 20 {
				w.add("cookie", cookie)
			}
		}
		jobstest.Settle(t, x.Jobs)
		x.stop() // which sends what was not sent yet

		if c.wrong != nil {
			t.Fatal(c.wrong)
		}
		page := c.one(t, "POST /register", nil)
		if c.one(t, "store.write", page); says(page, "http.route") != "POST /register" || says(page, "http.response.status_code") != "303" {
			t.Errorf("the request says %v", page.Attributes)
		}
		job := c.one(t, "contact.send_code", nil)
		if len(job.Links) != 1 || string(job.Links[0].SpanId) != string(page.SpanId) {
			t.Errorf("the job does not point to the request: %v", job)
		}
		if got := says(c.one(t, "call sms1", job), "okno.outcome"); got == "answered" {
			t.Errorf("the first carrier stammers, and its call says %q", got)
		}
		if got := says(c.one(t, "call sms2", job), "okno.outcome"); got != "answered" {
			t.Errorf("the second carrier took the code, and its call says %q", got)
		}
		c.one(t, "password.hash", c.one(t, "POST /register/password", nil))

		line := logged(t, said.String(), "POST /register")
		if line["trace"] != hex.EncodeToString(page.TraceId) || line["ref"] != says(page, "okno.ref") {
			t.Errorf("the log says %v, %v; the trace %x, %s", line["trace"], line["ref"], page.TraceId, says(page, "okno.ref"))
		}
		for _, raw := range c.raw {
			w.search(t, "what the collector got", raw)
			for _, word := range []string{"SELECT", "INSERT", "203.0.113", "nowhere", "?q=", "localhost:"} {
				if strings.Contains(raw, word) {
					t.Errorf("the collector got %q", word)
				}
			}
		}
		for _, s := range c.spans {
			if len(s.Events) > 0 || s.Status.GetMessage() != "" {
				t.Errorf("the span %s tells of more than time: %v", s.Name, s)
			}
		}
	})
}

// logged is the line of the first request of a route.
func logged(t *testing.T, log, route string) map[string]any {
	t.Helper()
	for line := range strings.Lines(log) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		if m["msg"] == "request" && m["route"] == route {
			return m
		}
	}
	t.Fatalf("the log has no request of %s", route)
	return nil
}

func TestACollectorThatIsAwayOrHangsHoldsNobodyUp(t *testing.T) {
	release := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer hangs.Close()
	defer close(release)
	for name, endpoint := range map[string]string{"away": "http://" + closed(t), "hangs": hangs.URL} {
		t.Run(name, func(t *testing.T) {
			s := demoSettings(t, store.SQLite)
			s.Traces = Traces{Endpoint: endpoint, Ratio: 1}
			said := &record{}
			x := run(t, s, slog.New(slog.NewJSONHandler(said, nil)))
			v := newVisitor(x.Settings.URL, "203.0.113.7")
			if err := v.register("Петрова", "Анна", "phone", "+79123456789"); err != nil {
				t.Fatal(err)
			}
			var slowest time.Duration
			for range 3 * traceQueue / 4 { // with their parts more than may wait
				began := time.Now()
				if _, _, err := v.do("GET", "/cabinet", nil); err != nil {
					t.Fatal(err)
				}
				slowest = max(slowest, time.Since(began))
			}
			if slowest > traceSend-time.Second {
				t.Errorf("somebody waited %v", slowest)
			}
			began := time.Now()
			x.stop()
			if took := time.Since(began); took > traceFlush+5*time.Second {
				t.Errorf("the stop took %v", took)
			}
			if n := strings.Count(said.String(), "traces are not exported"); n > 1 || name == "away" && n != 1 {
				t.Errorf("the log complains %d times", n)
			}
		})
	}
}

func TestWithoutAnEndpointNothingOfTracesRuns(t *testing.T) {
	s := demoSettings(t, store.SQLite)
	x := run(t, s, discard)
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	if x.Tracer != nil || strings.Contains(string(stacks), "opentelemetry") {
		t.Errorf("something of traces runs: %s", stacks)
	}
}

func TestAShareOfTracesHasTheJobsOfItsRequests(t *testing.T) {
	c := collect(t)
	s := demoSettings(t, store.SQLite)
	s.Traces = Traces{Endpoint: c.URL, Ratio: 0.5}
	x := run(t, s, discard)
	for i := range 12 {
		v := newVisitor(x.Settings.URL, fmt.Sprintf("203.0.%d.7", i))
		if _, err := v.post("/register", "/register/code", "surname", "Петрова", "given_name", "Анна", "phone", fmt.Sprintf("+791234567%02d", i), "terms", "on", "data", "on"); err != nil {
			t.Fatal(err)
		}
	}
	jobstest.Settle(t, x.Jobs)
	x.stop()
	pages := c.find("POST /register", nil)
	if len(pages) == 0 || len(pages) == 12 {
		t.Errorf("half of the requests are %d of 12", len(pages))
	}
	for _, p := range pages {
		found := false
		for _, j := range c.find("contact.send_code", nil) {
			found = found || len(j.Links) == 1 && string(j.Links[0].SpanId) == string(p.SpanId)
		}
		if !found {
			t.Error("a request is in the sample, and its job is not")
		}
	}
}

func TestSettingsOfTraces(t *testing.T) {
	for in, want := range map[Traces]string{
		{Endpoint: "http://127.0.0.1:4318", Ratio: 1}:             "http://127.0.0.1:4318/v1/traces",
		{Endpoint: "https://t.example/otlp/v1/traces", Ratio: .1}: "https://t.example/otlp/v1/traces",
		{}:                                     "",
		{Endpoint: "127.0.0.1:4318", Ratio: 1}: "traces-endpoint",
		{Endpoint: "grpc://127.0.0.1:4317", Ratio: 1}:  "traces-endpoint",
		{Endpoint: "http://a:b@127.0.0.1/", Ratio: 1}:  "traces-endpoint",
		{Endpoint: "http://127.0.0.1:4318"}:            "traces-ratio",
		{Endpoint: "http://127.0.0.1:4318", Ratio: 10}: "traces-ratio",
	} {
		got, err := in.checked()
		if strings.HasPrefix(want, "traces-") {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %v, want a word about %s", in, err, want)
			}
			continue
		}
		if err != nil || got.Endpoint != want {
			t.Errorf("%v leads to %s, %v; want %s", in, got.Endpoint, err, want)
		}
	}
}

func TestTheDoctorAsksTheCollector(t *testing.T) {
	c := collect(t)
	s := soundSettings(t, storetest.Copy(t, store.SQLite))
	for name, x := range map[string]struct {
		endpoint string
		verdict  Verdict
		says     string
	}{
		"off":       {"", Fine, "not exported"},
		"well":      {c.URL, Fine, "takes them"},
		"wrong way": {c.URL + "/other", Doubt, "does not take them"},
		"away":      {"http://" + closed(t), Doubt, "does not take them"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s
			s.Traces = Traces{Endpoint: x.endpoint, Ratio: 1}
			var found string
			for _, f := range Examine(t.Context(), s) {
				if f.What == "traces" {
					found = string(f.Verdict) + " " + f.Says
				}
			}
			if !strings.HasPrefix(found, string(x.verdict)) || !strings.Contains(found, x.says) {
				t.Errorf("the doctor says %q, want %s, %s", found, x.verdict, x.says)
			}
		})
	}
	if len(c.spans) > 0 {
		t.Error("the doctor sent spans")
	}
}
