package xroad

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strconv"
	"strings"
	"testing"
	"time"

	"okno/internal/connector/call"
	"okno/internal/sandbox"
)

const secret = "Пчёлкина-90012345678"

type reply struct {
	Code string `json:"code"`
}

func (r reply) Check() error {
	if r.Code == "" {
		return errors.New("no code")
	}
	return nil
}

var limits = call.Limits{Timeout: 300 * time.Millisecond, Tries: 2, Pause: time.Millisecond, Failures: 100}

// over is a client of a service over the road at server.
func over(t *testing.T, c Config, service string) *call.Client {
	t.Helper()
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	at, err := r.Address(Scheme + service)
	if err != nil {
		t.Fatal(err)
	}
	client, err := call.NewClient("passport", call.Config{URL: at, Limits: limits, Transport: r})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func world(t *testing.T) *sandbox.World {
	t.Helper()
	w, err := sandbox.Start(t.Context(), sandbox.Config{Dir: t.TempDir(), Slow: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// question is one that a register refuses with a code, so that any answer of its shows.
var question = map[string]string{"lastName": secret, "series": "", "number": ""}

func ask(ctx context.Context, c *call.Client) (reply, error) {
	return call.Post[reply](ctx, c, "/passport/v1/check", question)
}

func TestAQuestionReachesTheRegisterOverTheRoad(t *testing.T) {
	w := world(t)
	c := over(t, Config{Server: w.XRoadURL(), Client: sandbox.XRoadClient}, w.XRoadService("passport"))
	got, err := ask(t.Context(), c)
	if err != nil || got.Code != "MVD-104" {
		t.Fatalf("%+v, %v", got, err)
	}
	if err := c.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
}

// wire is a security server that hashes the very bytes that came, header by header as they came, as that of NIIS does.
func wire(t *testing.T, spoil func(h http.Header)) (address string, seen func() (requestLine string, h textproto.MIMEHeader)) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	type message struct {
		line string
		h    textproto.MIMEHeader
	}
	last := make(chan message, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			line, h := serve(conn, spoil)
			last <- message{line, h}
		}
	}()
	return "http://" + l.Addr().String(), func() (string, textproto.MIMEHeader) { m := <-last; return m.line, m.h }
}

func serve(conn net.Conn, spoil func(h http.Header)) (string, textproto.MIMEHeader) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	line, _ := in.ReadString('\n')
	parts := strings.Fields(line)
	if len(parts) != 3 {
		return line, nil
	}
	message, h := parts[0]+"\r\n"+parts[1]+"\r\n", textproto.MIMEHeader{}
	for {
		raw, err := in.ReadString('\n')
		raw = strings.TrimRight(raw, "\r\n")
		if err != nil || raw == "" {
			break
		}
		name, value, _ := strings.Cut(raw, ":")
		value = strings.TrimSpace(value)
		h.Add(name, value)
		switch strings.ToLower(name) {
		case "host", "user-agent", "content-length", "connection":
		default:
			message += name + ":" + value + "\r\n"
		}
	}
	n, _ := strconv.Atoi(h.Get("Content-Length"))
	body := make([]byte, n)
	io.ReadFull(in, body)
	message += "x-road-request-id:f92591a3-6bf0-49b1-987b-0dd78c034cc3\r\n"
	head, rest := sha512.Sum512([]byte(message)), sha512.Sum512(body)
	sum := sha512.Sum512(append(head[:], rest[:]...))
	say := http.Header{"X-Road-Id": {h.Get("X-Road-Id")}, "X-Road-Service": {"RU/GOV/7701/PASSPORTS/passport"}, "X-Road-Request-Id": {"f92591a3-6bf0-49b1-987b-0dd78c034cc3"},
		"X-Road-Request-Hash": {base64.StdEncoding.EncodeToString(sum[:])}}
	if spoil != nil {
		spoil(say)
	}
	var head2 bytes.Buffer
	say.Write(&head2)
	fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\n%sContent-Type: application/json\r\nContent-Length: 18\r\nConnection: close\r\n\r\n{\"code\":\"MVD-000\"}", head2.String())
	return strings.TrimSpace(line), h
}

const passports = "RU/GOV/7701/PASSPORTS/passport"

func TestTheMessageIsAsTheProtocolHasItAndItsHashIsThatOfTheBytesOnTheWire(t *testing.T) {
	at, seen := wire(t, nil)
	c := over(t, Config{Server: at, Client: "RU/GOV/1001/OKNO"}, passports)
	ctx := call.About(t.Context(), call.Matter{Issue: "01kissue", User: "01koperator"})
	if got, err := ask(ctx, c); err != nil || got.Code != "MVD-000" {
		t.Fatalf("%+v, %v", got, err)
	}
	line, h := seen()
	if line != "POST /r1/RU/GOV/7701/PASSPORTS/passport/passport/v1/check HTTP/1.1" {
		t.Error(line)
	}
	for name, want := range map[string]string{"X-Road-Client": "RU/GOV/1001/OKNO", "X-Road-Issue": "01kissue", "X-Road-UserId": "RU01koperator", "Content-Type": "application/json"} {
		if got := h.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q once", name, got, want)
		}
	}
	if id := h.Get("X-Road-Id"); len(id) != 36 || id[14] != '4' {
		t.Errorf("X-Road-Id %q is no random UUID", id)
	}
	if _, err := ask(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	_, again := seen()
	if again.Get("X-Road-Id") == h.Get("X-Road-Id") {
		t.Error("two messages with one id")
	}
	if again.Get("X-Road-Issue") != "" || again.Get("X-Road-UserId") != "" {
		t.Errorf("a question without a matter names one: %v", again)
	}
}

func TestAMatterThatMightBeAboutAPersonIsLeftOut(t *testing.T) {
	if m := call.MatterOf(call.About(t.Context(), call.Matter{Issue: secret, User: "a b"})); m != (call.Matter{}) {
		t.Errorf("%+v", m)
	}
}

func TestAnAnswerThatIsNotToThisQuestionIsGarbage(t *testing.T) {
	for name, spoil := range map[string]func(http.Header){
		"another id":      func(h http.Header) { h.Set("X-Road-Id", "f92591a3-6bf0-49b1-987b-0dd78c034cc3") },
		"no id":           func(h http.Header) { h.Del("X-Road-Id") },
		"another service": func(h http.Header) { h.Set("X-Road-Service", "RU/GOV/7701/PASSPORTS/other") },
		"another hash":    func(h http.Header) { h.Set("X-Road-Request-Hash", strings.Repeat("A", 86)+"==") },
		"no hash":         func(h http.Header) { h.Del("X-Road-Request-Hash") },
		"another request": func(h http.Header) { h.Set("X-Road-Request-Id", "f92591a3-6bf0-49b1-987b-0dd78c034cc4") },
	} {
		t.Run(name, func(t *testing.T) {
			at, _ := wire(t, spoil)
			if got, err := ask(t.Context(), over(t, Config{Server: at, Client: "RU/GOV/1001/OKNO"}, passports)); !errors.Is(err, call.ErrGarbage) || got.Code != "" {
				t.Errorf("%+v, %v", got, err)
			}
			loose, err := ask(t.Context(), over(t, Config{Server: at, Client: "RU/GOV/1001/OKNO", AnyHash: true}, passports))
			if forgiven := strings.Contains(name, "hash") || name == "another request"; forgiven != (err == nil) {
				t.Errorf("where the hash is let be: %+v, %v", loose, err)
			}
		})
	}
}

func TestAMistakeInTheSettingsIsToldFromARegisterThatIsAway(t *testing.T) {
	for _, c := range []struct {
		kind    string
		mistake bool
		tries   int
	}{
		{"Server.ServerProxy.AccessDenied", true, 1},
		{"server.serverproxy.access_denied", true, 1},
		{"Server.ServerProxy.UnknownService", true, 1},
		{"Server.ClientProxy.UnknownMember", true, 1},
		{"Client.SslAuthenticationFailed", true, 1},
		{"Client.BadRequest", true, 1},
		{"server.serverproxy.service_failed.ssl_authentication_failed", true, 1},
		{"Server.ServerProxy.ServiceDisabled", true, 1},
		{"Server.ServerProxy.ServiceFailed", false, 2},
		{"Server.ServerProxy.NetworkError", false, 2},
		{"server.clientproxy.io_error", false, 2},
		{"Server.ClientProxy.OutdatedGlobalConf", false, 2},
		{"Server.ClientProxy.MaintenanceMode", false, 2},
	} {
		t.Run(c.kind, func(t *testing.T) {
			var log bytes.Buffer
			asked := 0
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked++
				w.Header().Set("X-Road-Error", c.kind)
				w.WriteHeader(500)
				fmt.Fprintf(w, `{"type":%q,"message":%q,"detail":"0b8b1e0a-31a4-46c9-8b0b-fe33b3f9f5b1"}`, c.kind, "refused for "+secret)
			}))
			t.Cleanup(srv.Close)
			_, err := ask(t.Context(), over(t, Config{Server: srv.URL, Client: "RU/GOV/1001/OKNO", Log: slog.New(slog.NewTextHandler(&log, nil))}, passports))
			if !errors.Is(err, call.ErrUnavailable) || errors.Is(err, call.ErrSettings) != c.mistake || errors.As(err, new(*call.Refusal)) {
				t.Errorf("%v", err)
			}
			if asked != c.tries {
				t.Errorf("asked %d times, want %d", asked, c.tries)
			}
			if said := log.String(); strings.Contains(said, "level=ERROR") != c.mistake || !strings.Contains(said, c.kind) || !strings.Contains(said, "0b8b1e0a") {
				t.Errorf("the operator reads: %s", said)
			}
			if strings.Contains(log.String()+err.Error(), "Пчёлкина") {
				t.Error("it tells about a person")
			}
		})
	}
}

func TestTheSandboxPlaysEveryComplaintOfASecurityServer(t *testing.T) {
	w := world(t)
	for _, c := range []struct {
		name, client, service, kind string
		mistake                     bool
	}{
		{"nobody of that name", "RU/COM/1/NOBODY", w.XRoadService("passport"), "UnknownMember", true},
		{"no such provider", sandbox.XRoadClient, "SBX/GOV/NOBODY/X/y", "UnknownMember", true},
		{"no such service", sandbox.XRoadClient, "SBX/GOV/MVD/PASSPORTS/other", "UnknownService", true},
		{"no right", "SBX/GOV/OTHER/PORTAL", w.XRoadService("passport"), "AccessDenied", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := over(t, Config{Server: w.XRoadURL(), Client: c.client}, c.service)
			if _, err := ask(t.Context(), client); !errors.Is(err, call.ErrSettings) || !strings.Contains(err.Error(), c.kind) {
				t.Errorf("%v", err)
			}
			if err := client.Ping(t.Context()); !errors.Is(err, call.ErrSettings) {
				t.Errorf("the doctor hears %v", err)
			}
		})
	}
	c := over(t, Config{Server: w.XRoadURL(), Client: sandbox.XRoadClient}, w.XRoadService("passport"))
	for system, modes := range map[string]map[sandbox.Mode]error{
		"passport": {sandbox.Down: call.ErrUnavailable, sandbox.Slow: call.ErrUnavailable},
		"xroad":    {sandbox.Down: call.ErrUnavailable, sandbox.Slow: call.ErrUnavailable, sandbox.Garbage: call.ErrGarbage},
	} {
		for mode, want := range modes {
			if err := w.SetFault(system, mode); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if _, err := ask(t.Context(), c); !errors.Is(err, want) || errors.Is(err, call.ErrSettings) {
					t.Errorf("%s %s: %v", system, mode, err)
				}
			}
		}
		if err := w.SetFault(system, sandbox.OK); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ask(t.Context(), c); err != nil {
		t.Errorf("well again: %v", err)
	}
}

func TestARefusalOfTheRegisterItselfIsNotAComplaintOfTheRoad(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Road-Id", r.Header.Get("X-Road-Id"))
		w.WriteHeader(http.StatusUnprocessableEntity)
	}))
	t.Cleanup(srv.Close)
	if _, err := ask(t.Context(), over(t, Config{Server: srv.URL, Client: "RU/GOV/1001/OKNO", AnyHash: true}, passports)); !errors.Is(err, call.ErrRejected) {
		t.Errorf("%v", err)
	}
}

func TestWrongSettingsOfTheRoadAreNamed(t *testing.T) {
	good := Config{Server: "https://ss.example", Client: "RU/GOV/1001/OKNO"}
	for name, c := range map[string]Config{
		"no server":              {Client: good.Client},
		"a path":                 {Server: "https://ss.example/r1", Client: good.Client},
		"no client":              {Server: good.Server},
		"half a client":          {Server: good.Server, Client: "RU/GOV"},
		"a client with blanks":   {Server: good.Server, Client: "RU/GOV/a b/OKNO"},
		"a step up":              {Server: good.Server, Client: "RU/GOV/../OKNO"},
		"half a pair":            {Server: good.Server, Client: good.Client, Cert: "x.pem"},
		"no such file":           {Server: good.Server, Client: good.Client, Cert: "/no/x.pem", Key: "/no/x.key"},
		"no certificate in file": {Server: good.Server, Client: good.Client, CA: "doc.go"},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	r, err := New(good)
	if err != nil {
		t.Fatal(err)
	}
	for register, want := range map[string]string{
		"xroad://RU/GOV/7701/PASSPORTS/passport": "https://ss.example/r1/RU/GOV/7701/PASSPORTS/passport",
		"xroad://RU/GOV/7701/A(b)=c/d?e":         "https://ss.example/r1/RU/GOV/7701/A%28b%29=c/d%3Fe",
		"https://passport.example":               "",
		"xroad://RU/GOV/7701":                    "",
		"xroad://RU/GOV/7701/X/y/z":              "",
		"xroad://RU/GOV/7701/../y":               "",
	} {
		if got, err := r.Address(register); got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v", register, got, err)
		}
	}
}
