package agencyapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"okno/internal/access"
	"okno/internal/agent"
	"okno/internal/application"
	"okno/internal/procedure"
	"okno/internal/system"
)

var ctx = context.Background()

const (
	extract = "rosreestr.extract"
	unit    = "rosreestr"
	other   = "fns"
	base    = "/api/agency/v1"
)

// seen are the answers that tests got, "operation status": what is described must be among them.
var seen sync.Map

// described without a test: a refusal by the limit and one for want of a token are the door's, and tried at it.
var atTheDoor = []string{"401", "429", "default"}

// inQuarantine is tried where a scanner can be away: application, TestMalwareIsNotKeptAndWithoutTheScannerAFileWaitsInQuarantine.
const inQuarantine = "GET " + base + "/cases/{id}/files/{file} 409"

// TestMain looks after all tests whether every answer that is described was seen by one of them.
func TestMain(m *testing.M) {
	code := m.Run()
	all := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.fuzz").Value.String() == ""
	if ops, ok := tried.Load().(map[string]map[string]any); ok && code == 0 && all {
		for name, op := range ops {
			for status := range op["responses"].(map[string]any) {
				if _, ok := seen.Load(name + " " + status); !ok && !slices.Contains(atTheDoor, status) && name+" "+status != inQuarantine {
					fmt.Printf("FAIL: no test saw %s answer %s\n", name, status)
					code = 1
				}
			}
		}
	}
	os.Exit(code)
}

// tried are the operations that tests know.
var tried atomic.Value

// admin is the platform's administrator.
func admin() access.Actor {
	return access.Actor{Kind: access.Staff, ID: "admin-one", Role: access.Admin}
}

// register makes an agent and returns it with its token.
func register(t *testing.T, x *system.System, unit string, scopes ...access.Scope) (agent.Agent, agent.Issued) {
	t.Helper()
	if len(scopes) == 0 {
		scopes = access.Scopes()
	}
	a, token, err := x.Agents.Register(ctx, admin(), agent.New{Unit: unit, Name: "АИС «Проверка»", Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	return a, token
}

// client is an agency's system.
type client struct {
	x     *system.System
	doc   *document
	token string
	lang  string
}

func agencySystem(t *testing.T, x *system.System, unit string, scopes ...access.Scope) *client {
	t.Helper()
	_, token := register(t, x, unit, scopes...)
	return &client{x: x, doc: described(t, x), token: token.Secret, lang: "ru"}
}

// reply is what the portal answered.
type reply struct {
	status int
	header http.Header
	raw    []byte
	body   map[string]any
}

func (r reply) str(key string) string { s, _ := r.body[key].(string); return s }

// fields are the names of the fields that a problem complains of, each as in:name.
func (r reply) fields() (out []string) {
	list, _ := r.body["errors"].([]any)
	for _, e := range list {
		m := e.(map[string]any)
		out = append(out, fmt.Sprintf("%s:%s", m["in"], m["name"]))
		if m["reason"] == "" || m["remedy"] == "" || m["reason"] == m["remedy"] {
			out = append(out, "without a reason and a remedy")
		}
	}
	return out
}

// call makes a request; headers are "Name: value". Every answer is held to the description.
func (c *client) call(t *testing.T, method, path string, body any, headers ...string) reply {
	t.Helper()
	var in io.Reader = http.NoBody
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		in = bytes.NewReader(text)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, c.x.URL.String()+path, in)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	r.Header.Set("Accept-Language", c.lang)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if value == "-" {
			r.Header.Del(name)
			continue
		}
		r.Header[http.CanonicalHeaderKey(name)] = append(r.Header[http.CanonicalHeaderKey(name)], value)
		if name == "Content-Type" {
			r.Header[name] = []string{value}
		}
	}
	w := httptest.NewRecorder()
	c.x.Web.ServeHTTP(w, r)
	out := reply{status: w.Code, header: w.Header(), raw: w.Body.Bytes()}
	if strings.Contains(out.header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(out.raw, &out.body); err != nil {
			t.Fatalf("%s %s answers what is no JSON: %s", method, path, out.raw)
		}
	}
	c.doc.check(t, method, r.URL, out)
	return out
}

// wants is call that fails on any other status.
func (c *client) wants(t *testing.T, status int, method, path string, body any, headers ...string) reply {
	t.Helper()
	got := c.call(t, method, path, body, headers...)
	if got.status != status {
		t.Fatalf("%s %s answers %d, not %d: %s", method, path, got.status, status, got.raw)
	}
	return got
}

// document is the description as it is served.
type document struct {
	tree    map[string]any
	schemas *jsonschema.Compiler
	mu      sync.Mutex
}

func described(t *testing.T, x *system.System) *document {
	t.Helper()
	w := httptest.NewRecorder()
	x.Web.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, x.URL.String()+base+"/openapi.json", http.NoBody))
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("the description: %d, %v", w.Code, err)
	}
	d := &document{tree: tree.(map[string]any), schemas: jsonschema.NewCompiler()}
	tried.CompareAndSwap(nil, d.operations())
	// An answer holds what is described and nothing else. To those who read the description it does not promise that for ever.
	strict(d.tree["components"].(map[string]any)["schemas"])
	d.schemas.AssertFormat()
	if err := d.schemas.AddResource("openapi.json", d.tree); err != nil {
		t.Fatal(err)
	}
	return d
}

func strict(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["properties"].(map[string]any); ok && v["type"] == "object" {
			v["additionalProperties"] = false
		}
		for _, x := range v {
			strict(x)
		}
	case []any:
		for _, x := range v {
			strict(x)
		}
	}
}

// operations are what is described: "GET /path" and the operation.
func (d *document) operations() map[string]map[string]any {
	out := map[string]map[string]any{}
	for path, item := range d.tree["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			if slices.Contains([]string{"get", "post", "put", "patch", "delete"}, method) {
				out[strings.ToUpper(method)+" "+path] = op.(map[string]any)
			}
		}
	}
	return out
}

// find is the operation of a request, "" for an address that is not described.
func (d *document) find(method string, at *url.URL) string {
	for _, name := range slices.Sorted(maps.Keys(d.operations())) {
		m, path, _ := strings.Cut(name, " ")
		a, b := strings.Split(path, "/"), strings.Split(at.EscapedPath(), "/")
		fits := m == method && len(a) == len(b)
		for i := 0; fits && i < len(a); i++ {
			fits = a[i] == b[i] || strings.HasPrefix(a[i], "{")
		}
		if fits {
			return name
		}
	}
	return ""
}

// check holds an answer to the description: its status, its type, its headers, its body.
func (d *document) check(t *testing.T, method string, at *url.URL, got reply) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	name := d.find(method, at)
	pointer := "#/components/schemas/Problem"
	kind := "application/problem+json"
	if name == "" {
		if got.status < 400 {
			t.Errorf("%s %s is not described and answers %d", method, at.Path, got.status)
			return
		}
	} else {
		answers := d.operations()[name]["responses"].(map[string]any)
		status := fmt.Sprint(got.status)
		seen.Store(name+" "+status, true)
		at := "responses/" + status
		x, ok := answers[status].(map[string]any)
		if !ok && got.status >= 400 && got.status != 500 && answers["default"] != nil {
			t.Errorf("%s answers %d, which is not described: %s", name, got.status, got.raw)
		}
		if !ok {
			at = "responses/default"
			x, _ = answers["default"].(map[string]any)
		}
		_, path, _ := strings.Cut(name, " ")
		pointer = "#/paths/" + escape(path) + "/" + strings.ToLower(method) + "/" + at
		if ref, ok := x["$ref"].(string); ok {
			pointer = ref
			for x = d.tree; ref != ""; {
				var step string
				step, ref, _ = strings.Cut(strings.TrimPrefix(ref, "#/"), "/")
				x, _ = x[step].(map[string]any)
			}
		}
		for header, about := range sub(x, "headers") {
			if got.header.Get(header) == "" && header != "Idempotency-Replayed" && about != nil {
				t.Errorf("%s answers %d without %s", name, got.status, header)
			}
		}
		content := sub(x, "content")
		if len(content) == 0 {
			if len(got.raw) > 0 {
				t.Errorf("%s answers %d with a body that is not described: %s", name, got.status, got.raw)
			}
			return
		}
		kind = slices.Sorted(maps.Keys(content))[0]
		if have, _, _ := strings.Cut(got.header.Get("Content-Type"), ";"); content[have] != nil {
			kind = have
		}
		pointer += "/content/" + escape(kind) + "/schema"
	}
	if have, _, _ := strings.Cut(got.header.Get("Content-Type"), ";"); have != kind {
		t.Errorf("%s %s answers %d as %q, not %q: %.300s", method, at.Path, got.status, have, kind, got.raw)
		return
	}
	if !strings.Contains(kind, "json") {
		return
	}
	s, err := d.schemas.Compile("openapi.json" + pointer)
	if err != nil {
		t.Fatalf("%s: %v", pointer, err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(got.raw))
	if err == nil {
		err = s.Validate(v)
	}
	if err != nil {
		t.Errorf("%s %s answers %d otherwise than it is described: %v\n%s", method, at.Path, got.status, err, got.raw)
	}
	if got.status >= 400 && (got.str("detail") == "" || got.str("remedy") == "" || got.body["status"] != float64(got.status)) {
		t.Errorf("%s %s complains without a reason and a remedy: %s", method, at.Path, got.raw)
	}
}

func sub(m map[string]any, key string) map[string]any { x, _ := m[key].(map[string]any); return x }

func escape(s string) string {
	return url.PathEscape(strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1"))
}

// waiting is the person of the demo whose extract waits for an officer, and their case.
func waiting(t *testing.T, x *system.System) (access.Actor, application.Case) {
	t.Helper()
	known, err := x.Known()
	if err != nil {
		t.Fatal(err)
	}
	who := access.Actor{Kind: access.Person, ID: known.People[1].ID, Level: access.Confirmed}
	list, err := x.Applications.List(ctx, x.DB, who, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.Service == extract && c.Turn == procedure.TurnAgency {
			return who, c
		}
	}
	t.Fatal("no extract waits")
	return who, application.Case{}
}

// await waits until the case is as wanted.
func await(t *testing.T, x *system.System, id string, ok func(application.Case) bool) application.Case {
	t.Helper()
	for range 300 {
		c, err := x.Applications.Get(ctx, access.SystemActor(), id)
		if err != nil {
			t.Fatal(err)
		}
		if ok(c) {
			return c
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("the case is not as it was awaited")
	return application.Case{}
}

// later moves the clock of the demo on.
func later(t *testing.T, x *system.System, advance string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, x.URL.String()+"/demo/clock", strings.NewReader(`{"advance":"`+advance+`"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	if x.Web.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Fatalf("the clock: %d %s", w.Code, w.Body)
	}
}
