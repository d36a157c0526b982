package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"okno/internal/access"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/policy"
	"okno/internal/procedure"
	"okno/internal/signin/signintest"
	"okno/internal/trace"
	"okno/internal/web"
	"okno/internal/web/ui"
	"okno/internal/web/webtest"
)

// hello is a page that shows the frame and a line.
func hello(w http.ResponseWriter, r *http.Request) error {
	p := web.Page(r.Context(), "Здравствуйте")
	return web.Render(w, r, http.StatusOK, templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		inner := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, "<h1>Здравствуйте</h1><p>"+strings.Repeat("слово ", 400)+"</p>")
			return err
		})
		return p.Narrow().Render(templ.WithChildren(ctx, inner), w)
	}))
}

func failing(err error) web.Handler {
	return func(http.ResponseWriter, *http.Request) error { return err }
}

func TestEveryAnswerCarriesTheHeadersThatProtectIt(t *testing.T) {
	x := newSite(t, https)
	x.Handle("GET /hello", hello)
	x.Handle("GET /broken", failing(errors.New("disk on fire")))
	x.Handle("GET /panic", func(http.ResponseWriter, *http.Request) error { panic("boom") })
	x.Handle("GET /private", web.RequirePerson(hello))
	x.Handle("POST /form", func(w http.ResponseWriter, r *http.Request) error {
		_, err := web.ReadForm(r)
		return err
	})
	for _, c := range []struct {
		name string
		resp *http.Response
		want int
	}{
		{"a page", x.get("/hello"), 200},
		{"no such page", x.get("/nowhere"), 404},
		{"another method", x.post("/hello", "a=b"), 405},
		{"another site's form", x.post("/form", "a=b", "Sec-Fetch-Site", "cross-site"), 403},
		{"another host", x.get("/hello", "Host", "evil.example"), 421},
		{"an error", x.get("/broken"), 500},
		{"a panic", x.get("/panic"), 500},
		{"sign in first", x.get("/private"), 303},
		{"too large", x.post("/form", "a="+strings.Repeat("x", 300<<10)), 413},
		{"a probe", x.get("/healthz"), 200},
		{"no session", x.get("/api/session"), 401},
		{"no such address of the API", x.get("/api/nothing"), 404},
		{"no such file", x.get("/assets/nothing.js"), 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.resp.StatusCode != c.want {
				t.Errorf("status %d, want %d: %s", c.resp.StatusCode, c.want, read(t, c.resp))
			}
			h := c.resp.Header
			csp := h.Get("Content-Security-Policy")
			for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
				if !strings.Contains(csp, part) {
					t.Errorf("the policy %q lacks %s", csp, part)
				}
			}
			if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
				t.Errorf("the policy allows too much: %q", csp)
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "max-age=63072000", "Cache-Control": "no-store",
			} {
				if got := h.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			if h.Get("Permissions-Policy") == "" {
				t.Error("no Permissions-Policy")
			}
		})
	}
	if got := newSite(t).get("/healthz").Header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("over plain http browsers are told to use TLS: %q", got)
	}
}

func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	x := newSite(t)
	x.Handle("POST /form", func(w http.ResponseWriter, r *http.Request) error { return web.Redirect(w, r, "/") })
	for _, c := range []struct {
		name    string
		headers []string
		want    int
	}{
		{"the portal's own page", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://localhost:8080"}, 303},
		{"typed by the person", []string{"Sec-Fetch-Site", "none"}, 303},
		{"a program", nil, 303},
		{"another site", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, 403},
		{"a neighbour under the same domain", []string{"Sec-Fetch-Site", "same-site", "Origin", "http://other.localhost:8080"}, 403},
		{"an old browser on another site", []string{"Origin", "https://evil.example"}, 403},
		{"a page without an origin", []string{"Origin", "null"}, 403},
	} {
		if got := x.post("/form", "a=b", c.headers...).StatusCode; got != c.want {
			t.Errorf("%s: status %d, want %d", c.name, got, c.want)
		}
	}
}

func TestThePortalAnswersUnderItsOwnNameOnly(t *testing.T) {
	demo, production := newSite(t), newSite(t, https)
	for _, c := range []struct {
		name string
		site *site
		host string
		want int
	}{
		{"its own name", production, "okno.example", 200},
		{"with a port", production, "okno.example:443", 200},
		{"in capitals", production, "OKNO.example", 200},
		{"another name", production, "evil.example", 421},
		{"a name around its own", production, "okno.example.evil.example", 421},
		{"none", production, "", 421},
		{"localhost is no name of a production portal", production, "localhost:8080", 421},
		{"the demo by number", demo, "127.0.0.1:8080", 200},
		{"the demo by number of version 6", demo, "[::1]:8080", 200},
		{"the demo by a name pointed at it", demo, "rebind.evil.example:8080", 421},
	} {
		if got := c.site.get("/api/nothing", "Host", c.host).StatusCode; (got == 421) != (c.want == 421) {
			t.Errorf("%s (%s): status %d", c.name, c.host, got)
		}
	}
	if got := production.get("/readyz", "Host", "10.0.0.7:8080").StatusCode; got != 200 {
		t.Errorf("a load balancer that asks by the address gets %d", got)
	}
}

func TestSomethingBrokenShowsAReferenceAndNothingElse(t *testing.T) {
	x := newSite(t)
	x.Handle("GET /people/{phone}", func(w http.ResponseWriter, r *http.Request) error {
		web.Note(r.Context(), "case", "01k0")
		return errors.New("sql: no column surname")
	})
	c := webtest.Serve(t, "http://localhost:8080", x)
	resp := c.Get("/people/79123456789?q=Проверкина")
	page := read(t, resp)
	event := x.Log.last(t)
	ref, _ := event["ref"].(string)
	if len(ref) != 14 || !strings.Contains(page, ref) {
		t.Errorf("the page does not show the reference %q that the log has", ref)
	}
	if strings.Contains(page, "column") {
		t.Error("the page tells of the inside")
	}
	if event["route"] != "GET /people/{phone}" || event["status"] != 500.0 || event["level"] != "ERROR" || event["case"] != "01k0" {
		t.Errorf("the log says %v", event)
	}
	if got := event["error"]; got != "sql: no column surname" {
		t.Errorf("the log's error is %v", got)
	}
	for _, personal := range []string{"79123456789", "Проверкина", "%D0"} {
		if strings.Contains(x.Log.String(), personal) {
			t.Errorf("the log holds %q out of the address", personal)
		}
	}
}

func TestAPanicIsAnErrorPageAndALineOfTheLog(t *testing.T) {
	x := newSite(t)
	x.Handle("GET /panic", func(http.ResponseWriter, *http.Request) error { panic("boom") })
	resp := x.get("/panic")
	event := x.Log.last(t)
	if resp.StatusCode != 500 || event["error"] != "panic: boom" || !strings.Contains(event["stack"].(string), "web_test.go") {
		t.Errorf("status %d, log %v", resp.StatusCode, event)
	}
}

func TestATemplateThatFailsIsNotHalfAPage(t *testing.T) {
	x := newSite(t)
	x.Handle("GET /half", func(w http.ResponseWriter, r *http.Request) error {
		return web.Render(w, r, http.StatusOK, templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
			if _, err := io.WriteString(w, "<h1>first half</h1>"); err != nil {
				return err
			}
			return errors.New("no second half")
		}))
	})
	resp := x.get("/half")
	if body := read(t, resp); resp.StatusCode != 500 || strings.Contains(body, "first half") {
		t.Errorf("status %d: %s", resp.StatusCode, body)
	}
}

func TestFaultsAreShownWithTheirWordsAndStatus(t *testing.T) {
	x := newSite(t)
	x.Handle("GET /missing", failing(fault.New(fault.Missing, "code.link_bad").Because(errors.New("hidden"))))
	x.Handle("GET /denied", failing(access.ErrDenied))
	x.Handle("GET /busy", failing(fault.New(fault.Unavailable, "error.busy").At(x.World.DB.Now().Add(90*time.Second))))
	x.Handle("GET /api/busy", failing(fault.New(fault.Unavailable, "error.busy").At(x.World.DB.Now().Add(time.Minute))))
	c := webtest.Serve(t, "http://localhost:8080", x)
	for path, want := range map[string]string{"/missing": "code.link_bad", "/denied": "error.denied", "/busy": "error.busy"} {
		c.Open(path)
		if !c.Page().Sees(i18n.RU.T(want)) || c.Page().Sees("hidden") {
			t.Errorf("%s shows %s", path, c.Page().Text())
		}
	}
	c.Open("/busy")
	if p := c.Page(); p.Status != 503 || p.Header.Get("Retry-After") != "90" {
		t.Errorf("status %d, Retry-After %q", p.Status, p.Header.Get("Retry-After"))
	}
	if _, err := c.Page().Link("Попробовать ещё раз"); err != nil {
		t.Error(err)
	}
	var answer struct{ Error, Reference string }
	resp := x.get("/api/busy")
	if err := json.Unmarshal([]byte(read(t, resp)), &answer); err != nil || resp.StatusCode != 503 || answer.Error != i18n.RU.T("error.busy") || answer.Reference == "" {
		t.Errorf("a program is told %+v, %v", answer, err)
	}
}

func TestALostAddressSaysSoAndAWrongMethodSaysWhich(t *testing.T) {
	x := newSite(t)
	x.Handle("GET /services/{code}", hello)
	x.Handle("POST /signout", hello)
	if resp := x.get("/service/x"); resp.StatusCode != 404 {
		t.Errorf("status %d", resp.StatusCode)
	}
	if resp := x.post("/services/x", "a=b"); resp.StatusCode != 405 || resp.Header.Get("Allow") != "GET" {
		t.Errorf("status %d, Allow %q", resp.StatusCode, resp.Header.Get("Allow"))
	}
	if resp := x.get("/signout"); resp.StatusCode != 405 || resp.Header.Get("Allow") != "POST" {
		t.Errorf("status %d, Allow %q", resp.StatusCode, resp.Header.Get("Allow"))
	}
	if resp := x.do(x.request(http.MethodHead, "/services/x", "")); resp.StatusCode != 200 {
		t.Errorf("HEAD: status %d", resp.StatusCode)
	}
}

func TestTheLanguageIsChosenAndNotGuessed(t *testing.T) {
	x := newSite(t)
	x.Handle("GET /hello", hello)
	c := webtest.Serve(t, "http://localhost:8080", x)
	c.Lang = "en"
	c.Open("/hello")
	if c.Page().Lang() != "ru" {
		t.Errorf("a browser that prefers English gets %q without being asked", c.Page().Lang())
	}
	c.Open("/hello?lang=en&a=1")
	if p := c.Page(); p.Lang() != "en" || p.URL.RequestURI() != "/hello?a=1" {
		t.Errorf("after ?lang=en: %q at %s", p.Lang(), p.URL.RequestURI())
	}
	c.Press("Русский")
	if p := c.Page(); p.Lang() != "ru" || p.URL.RequestURI() != "/hello?a=1" {
		t.Errorf("after the switch: %q at %s", p.Lang(), p.URL.RequestURI())
	}
	c.Press("Крупнее")
	if _, ok := c.Page().Data("larger"); !ok {
		t.Error("larger type is not switched on")
	}
	c.Press("Обычный шрифт")
	if _, ok := c.Page().Data("larger"); ok {
		t.Error("larger type is not switched off")
	}
}

func TestPreferencesGoBackToPagesOfThePortalOnly(t *testing.T) {
	x := newSite(t)
	for back, want := range map[string]string{"/services?q=a": "/services?q=a", "https://evil.example/": "/", "//evil.example": "/", "": "/"} {
		if got := x.post("/preferences", url.Values{"lang": {"en"}, "back": {back}}.Encode()).Header.Get("Location"); got != want {
			t.Errorf("back=%q leads to %q", back, got)
		}
	}
	if resp := x.get("//evil.example/?lang=en"); strings.Contains(resp.Header.Get("Location"), "//evil") {
		t.Errorf("?lang= leads to %q", resp.Header.Get("Location"))
	}
}

func TestWhoeverIsNotSignedInIsAskedToAndComesBack(t *testing.T) {
	x := newSite(t)
	x.Handle("GET /cabinet/cases", web.RequirePerson(hello))
	x.Handle("POST /cabinet/cases", web.RequirePerson(hello))
	x.Handle("GET /desk/queue", web.RequireStaff(hello))
	for _, c := range []struct {
		name string
		resp *http.Response
		want string
	}{
		{"a page", x.get("/cabinet/cases?page=2"), "/signin?next=%2Fcabinet%2Fcases%3Fpage%3D2"},
		{"a desk", x.get("/desk/queue"), "/desk/signin?next=%2Fdesk%2Fqueue"},
		{"a form goes back to its page", x.post("/cabinet/cases", "a=b", "Referer", "http://localhost:8080/cabinet/new"), "/signin?next=%2Fcabinet%2Fnew"},
		{"and not to another site's", x.post("/cabinet/cases", "a=b", "Referer", "http://evil.example/cabinet/new"), "/signin"},
	} {
		if got := c.resp.Header.Get("Location"); c.resp.StatusCode != 303 || got != c.want {
			t.Errorf("%s: %d to %q, want %q", c.name, c.resp.StatusCode, got, c.want)
		}
	}
}

func TestASessionOpensThePagesOfItsKindOnly(t *testing.T) {
	x := newSite(t)
	x.Handle("GET /cabinet", web.RequirePerson(func(w http.ResponseWriter, r *http.Request) error {
		return web.JSON(w, 200, access.From(r.Context()))
	}))
	x.Handle("GET /desk", web.RequireStaff(hello))
	x.Handle("GET /desk/cases", web.RequireStaff(hello, access.Officer))
	person := x.World.Register(t, signintest.Visitor("anna"), "+79123456789")
	if resp := x.get("/cabinet", "Cookie", "okno_session="+person); resp.StatusCode != 200 || !strings.Contains(read(t, resp), "simplified") {
		t.Errorf("the person is not let in: %d", resp.StatusCode)
	}
	if resp := x.get("/desk", "Cookie", "okno_desk="+person); resp.StatusCode != 303 {
		t.Errorf("a person's token opens a desk: %d", resp.StatusCode)
	}
	if resp := x.get("/desk", "Cookie", "okno_session="+person); resp.StatusCode != 303 {
		t.Errorf("a person's session opens a desk: %d", resp.StatusCode)
	}
	if resp := x.get("/desktop", "Cookie", "okno_desk="+person); resp.StatusCode != 404 {
		t.Errorf("a page that merely begins like a desk: %d", resp.StatusCode)
	}
}

func TestAnEndedSessionSaysSoAndTheCookieGoes(t *testing.T) {
	x := newSite(t)
	x.Handle("GET /cabinet", web.RequirePerson(hello))
	x.Handle("GET /signin", hello)
	token := x.World.Register(t, signintest.Visitor("anna"), "+79123456789")
	if err := x.World.Credentials.SignOut(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	resp := x.get("/cabinet", "Cookie", "okno_session="+token)
	if c := set(resp, "okno_session"); resp.StatusCode != 303 || c == nil || c.MaxAge >= 0 {
		t.Errorf("status %d, cookie %v", resp.StatusCode, c)
	}
	flash := set(resp, "okno_flash")
	if flash == nil {
		t.Fatal("nothing is said")
	}
	part := x.get("/signin", "Cookie", "okno_flash="+flash.Value, "Okno-Part", "1") // the page before, which keeps itself up to date until it is left
	if body := read(t, part); strings.Contains(body, "Сеанс закончился") || set(part, "okno_flash") != nil {
		t.Error("a script that wants a part of a page takes the message")
	}
	next := x.get("/signin", "Cookie", "okno_flash="+flash.Value)
	if body := read(t, next); !strings.Contains(body, "Сеанс закончился") {
		t.Error("the next page does not say that the session has ended")
	}
	if c := set(next, "okno_flash"); c == nil || c.MaxAge >= 0 {
		t.Error("the message is said twice")
	}
}

func TestOnlyOurOwnWordsCanBeSaidByACookie(t *testing.T) {
	x := newSite(t)
	x.Handle("GET /hello", hello)
	for _, value := range []string{"success.<b>pay here</b>", "success.no.such.key", "danger", "....", strings.Repeat("a", 3000)} {
		body := read(t, x.get("/hello", "Cookie", "okno_flash="+value))
		if strings.Contains(body, "pay here") || strings.Contains(body, "no.such") || strings.Contains(body, `class="flash"`) {
			t.Errorf("the cookie %q makes the page speak", value)
		}
	}
}

func TestCookiesAreOutOfReachOfScriptsAndOverHTTPSBoundToTheHost(t *testing.T) {
	signs := func(w http.ResponseWriter, r *http.Request) error {
		web.SignIn(r, strings.Repeat("t", 32))
		web.Visitor(r)
		web.Say(r, ui.Success, "signin.out")
		web.KeepLink(r, "secret")
		return web.Redirect(w, r, "/")
	}
	for _, c := range []struct {
		name   string
		site   *site
		secure bool
		host   string
		desk   string
	}{
		{"demo", newSite(t), false, "", "okno_desk"},
		{"production", newSite(t, https), true, "__Host-", "__Secure-okno_desk"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.site.Handle("POST /in", signs)
			c.site.Handle("POST /desk/in", signs)
			resp := c.site.post("/in", "a=b")
			for _, name := range []string{"okno_session", "okno_browser", "okno_flash", "okno_link"} {
				k := set(resp, c.host+name)
				if k == nil {
					t.Errorf("no cookie %s", c.host+name)
					continue
				}
				if !k.HttpOnly || k.Secure != c.secure || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" {
					t.Errorf("cookie %s", k)
				}
			}
			if k := set(resp, c.host+"okno_session"); k.MaxAge != 0 {
				t.Errorf("the session outlives the browser: %s", k)
			}
			if k := set(resp, c.host+"okno_browser"); k.MaxAge != 400*24*3600 || len(k.Value) < 22 {
				t.Errorf("the browser's cookie: %s", k)
			}
			k := set(c.site.post("/desk/in", "a=b"), c.desk)
			if k == nil || k.Path != "/desk" || !k.HttpOnly || k.Secure != c.secure {
				t.Errorf("the cookie of staff: %v", k)
			}
		})
	}
}

func TestABrowserKeepsItsName(t *testing.T) {
	x := newSite(t)
	var names []string
	x.Handle("GET /name", func(w http.ResponseWriter, r *http.Request) error {
		names = append(names, web.Visitor(r).Browser, web.Visitor(r).Browser)
		return web.JSON(w, 200, nil)
	})
	first := set(x.get("/name"), "okno_browser")
	if resp := x.get("/name", "Cookie", "a=b; okno_browser="+first.Value+"; c=d"); set(resp, "okno_browser") != nil {
		t.Error("a browser that has a name gets another")
	}
	if names[0] != names[1] || names[0] != names[2] || names[0] != first.Value {
		t.Errorf("one browser is called %q", names)
	}
	if set(x.get("/name", "Cookie", "okno_browser=short"), "okno_browser") == nil {
		t.Error("a name that is not ours is kept")
	}
}

func TestSessionCheckCostsOneStatementAndNoneWithoutACookie(t *testing.T) {
	x := newSite(t)
	token := x.World.Register(t, signintest.Visitor("anna"), "+79123456789")
	resp := x.get("/api/session", "Cookie", "okno_session="+token)
	if body := read(t, resp); resp.StatusCode != 200 || body != `{"level":"simplified"}`+"\n" {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if e := x.Log.last(t); e["statements"] != 1.0 || e["actor"] != "person" {
		t.Errorf("the log says %v", e)
	}
	for _, cookie := range []string{"", "okno_session=", "okno_session=' OR 1=1", "okno_session=" + strings.Repeat("x", 32)} {
		if resp := x.get("/api/session", "Cookie", cookie); resp.StatusCode != 401 {
			t.Errorf("cookie %q: status %d", cookie, resp.StatusCode)
		}
	}
	x.get("/api/session")
	if e := x.Log.last(t); e["statements"] != 0.0 || e["actor"] != "anonymous" {
		t.Errorf("the log says %v", e)
	}
	if err := x.World.Credentials.SignOut(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if resp := x.get("/api/session", "Cookie", "okno_session="+token); resp.StatusCode != 401 {
		t.Errorf("after signing out: status %d", resp.StatusCode)
	}
}

func TestAPublicPageAsksForTheSessionOnceAndForTheNameOnce(t *testing.T) {
	names := 0
	x := newSite(t, func(c *web.Config) {
		c.Name = func(context.Context, access.Actor) (string, error) { names++; return "Анна П.", nil }
		c.Menu = []web.Nav{{Key: "security.title", URL: "/cabinet/security"}}
	})
	x.Handle("GET /hello", hello)
	x.Handle("GET /greeted", func(w http.ResponseWriter, r *http.Request) error {
		web.Greet(r.Context(), "Анна П.")
		return hello(w, r)
	})
	token := x.World.Register(t, signintest.Visitor("anna"), "+79123456789")
	if body := read(t, x.get("/hello", "Cookie", "okno_session="+token)); !strings.Contains(body, "Анна П.") || !strings.Contains(body, "/cabinet/security") {
		t.Error("the header does not greet")
	}
	if e := x.Log.last(t); e["statements"] != 1.0 || names != 1 {
		t.Errorf("%v statements, %d names", e["statements"], names)
	}
	x.get("/greeted", "Cookie", "okno_session="+token)
	if names != 1 {
		t.Error("the name is asked for although the page knows it")
	}
}

func TestLimitsCountTheVisitorAndNotTheProxy(t *testing.T) {
	p := policy.Default()
	p.Network.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	x := newSite(t, func(c *web.Config) { c.Policy = p })
	var got string
	x.Handle("GET /net", func(w http.ResponseWriter, r *http.Request) error {
		got = web.Visitor(r).Prefix
		return web.JSON(w, 200, nil)
	})
	for _, c := range []struct{ name, remote, forwarded, want string }{
		{"nobody between", "203.0.113.9:1", "", "203.0.113.0/24"},
		{"a visitor who pretends", "203.0.113.9:1", "198.51.100.1", "203.0.113.0/24"},
		{"behind our proxy", "10.0.0.1:1", "198.51.100.1", "198.51.100.0/24"},
		{"who pretends behind our proxy", "10.0.0.1:1", "1.2.3.4, 198.51.100.1", "198.51.100.0/24"},
		{"version 6", "[2001:db8:1:2:3::1]:1", "", "2001:db8:1:2::/64"},
	} {
		r := x.request(http.MethodGet, "/net", "", "X-Forwarded-For", c.forwarded)
		r.RemoteAddr = c.remote
		x.do(r)
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPagesAreCompressedForWhoeverTakesIt(t *testing.T) {
	x := newSite(t)
	x.Handle("GET /hello", hello)
	plain := read(t, x.get("/hello"))
	for accept, want := range map[string]bool{"gzip": true, "deflate, gzip;q=1.0, br": true, "gzip;q=0": false, "gzip; q=0.0": false, "identity": false, "xgzip": false} {
		resp := x.get("/hello", "Accept-Encoding", accept)
		if got := resp.Header.Get("Content-Encoding") == "gzip"; got != want {
			t.Errorf("Accept-Encoding: %s: compressed %v", accept, got)
			continue
		}
		if resp.Header.Get("Vary") != "Accept-Encoding" {
			t.Error("caches are not told")
		}
		if !want {
			continue
		}
		z, err := gzip.NewReader(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(z); err != nil || string(b) != plain {
			t.Errorf("unpacked: %d bytes, %v; want %d", len(b), err, len(plain))
		}
	}
}

func TestFormsKeepWhatWasTypedAndLoseWhatNoDatabaseTakes(t *testing.T) {
	x := newSite(t)
	var f web.Form
	x.Handle("POST /form", func(w http.ResponseWriter, r *http.Request) error {
		var err error
		f, err = web.ReadForm(r)
		if err != nil {
			return err
		}
		return web.Redirect(w, r, "/")
	})
	x.post("/form?surname=query", url.Values{"surname": {" О'Нил\x00\xff "}, "years": {"2024", "2025"}, "terms": {"yes"}}.Encode())
	if f.Get("surname") != " О'Нил " || !f.On("terms") || f.On("data") || len(f.All("years")) != 2 {
		t.Errorf("the form holds %q %v", f.Get("surname"), f.Values())
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("scan", "снимок.png")
	if err != nil {
		t.Fatal(err)
	}
	part.Write([]byte("png"))    //nolint:errcheck // a buffer
	w.CreateFormFile("none", "") //nolint:errcheck // a buffer
	w.Close()                    //nolint:errcheck // a buffer
	r := x.request(http.MethodPost, "/form", body.String())
	r.Header.Set("Content-Type", w.FormDataContentType())
	x.do(r)
	if files := f.Files("scan"); len(files) != 1 || string(files[0].Data) != "png" || len(f.Files("none")) != 0 {
		t.Errorf("the form holds %v", files)
	}
}

func TestAPageThatTakesFilesTakesMore(t *testing.T) {
	x := newSite(t)
	take := func(w http.ResponseWriter, r *http.Request) error {
		if _, err := web.ReadForm(r); err != nil {
			return err
		}
		return web.Redirect(w, r, "/")
	}
	x.Handle("POST /small", take)
	x.Handle("POST /large", web.Upload(1<<20, take))
	body := "a=" + strings.Repeat("x", 600<<10)
	if got := x.post("/small", body).StatusCode; got != 413 {
		t.Errorf("an ordinary form of 600 KiB: %d", got)
	}
	if got := x.post("/large", body).StatusCode; got != 303 {
		t.Errorf("files of 600 KiB: %d", got)
	}
	if got := x.post("/large", body+body).StatusCode; got != 413 {
		t.Errorf("files of 1.2 MiB: %d", got)
	}
}

// SRV-2: what a definition lets people type on a page, whatever letters they type, is no form that is too large.
func TestAPageOfAServiceTakesAsManyLettersAsItsDefinitionMayAllow(t *testing.T) {
	x := newSite(t)
	var got int
	x.Handle("POST /long", func(w http.ResponseWriter, r *http.Request) error {
		f, err := web.ReadLongForm(r)
		if err != nil {
			return err
		}
		got = utf8.RuneCountInString(f.Get("a"))
		return web.Redirect(w, r, "/")
	})
	for _, letter := range []string{"щ", "№", "😀"} {
		body := url.Values{"a": {strings.Repeat(letter, procedure.MostTyped)}}.Encode()
		if status := x.post("/long", body).StatusCode; status != 303 || got != procedure.MostTyped {
			t.Errorf("of %s %d bytes: %d, and %d letters are read", letter, len(body), status, got)
		}
	}
	if status := x.post("/long", "a="+strings.Repeat("x", 2<<20)).StatusCode; status != 413 {
		t.Errorf("of more than any definition allows: %d", status)
	}
}

func TestAValueIsCheckedWhileItIsTyped(t *testing.T) {
	x := newSite(t)
	for _, c := range []struct{ field, value, want string }{
		{"surname", "Иванов", ""},
		{"surname", "Ivанов", "*"},
		{"phone", "8 912 345-67-89", ""},
		{"phone", "8 912", "*"},
		{"email", "anna@example.ru", ""},
		{"email", "anna", "*"},
		{"snils", "112-233-445 95", ""},
		{"snils", "112-233-445 96", "*"},
	} {
		resp := x.post("/api/check", url.Values{"field": {c.field}, "value": {c.value}}.Encode(), "Accept", "application/json")
		var answer struct{ Error *string }
		if err := json.Unmarshal([]byte(read(t, resp)), &answer); err != nil || resp.StatusCode != 200 || answer.Error == nil {
			t.Fatalf("%s=%s: status %d, %v", c.field, c.value, resp.StatusCode, err)
		}
		if (*answer.Error == "") != (c.want == "") {
			t.Errorf("%s=%s: %q", c.field, c.value, *answer.Error)
		}
		if strings.Contains(*answer.Error, "form.") {
			t.Errorf("%s: the error is no sentence: %s", c.field, *answer.Error)
		}
	}
	for _, field := range []string{"password", "", "nothing"} {
		if got := x.post("/api/check", url.Values{"field": {field}, "value": {"x"}}.Encode()).StatusCode; got != 404 {
			t.Errorf("the field %q is checked: %d", field, got)
		}
	}
	if strings.Contains(x.Log.String(), "345-67") || strings.Contains(x.Log.String(), "anna") {
		t.Error("the log holds a value that was checked")
	}
}

func TestANewPasswordIsCheckedBeforeTheFormIsSent(t *testing.T) {
	x := newSite(t, func(c *web.Config) {
		c.CheckPassword = func(_ context.Context, s string) *form.Problem { return form.PasswordCommon(s) }
	})
	for value, want := range map[string]string{"Privet-2026!": i18n.RU.T("form.password.common"), "Vesna-2026-okno": ""} {
		resp := x.post("/api/check", url.Values{"field": {"password"}, "value": {value}}.Encode(), "Accept", "application/json")
		var answer struct{ Error string }
		if err := json.Unmarshal([]byte(read(t, resp)), &answer); err != nil || resp.StatusCode != 200 || answer.Error != want {
			t.Errorf("%s: status %d, %q, %v", value, resp.StatusCode, answer.Error, err)
		}
		if strings.Contains(x.Log.String(), value) {
			t.Error("the log holds a password that was checked")
		}
	}
}

func TestProbesTellTheTruth(t *testing.T) {
	var down error
	x := newSite(t, func(c *web.Config) { c.Ready = func(context.Context) error { return down } })
	if x.get("/healthz").StatusCode != 200 || x.get("/readyz").StatusCode != 200 {
		t.Error("a healthy server says it is not")
	}
	down = errors.New("no database")
	if x.get("/readyz").StatusCode != 503 || x.get("/healthz").StatusCode != 200 {
		t.Error("without its database the server is alive and not ready")
	}
}

func TestMetricsNameRoutesAndNotAddresses(t *testing.T) {
	x := newSite(t)
	x.Handle("GET /people/{phone}", hello)
	x.get("/people/79123456789")
	x.get("/79123456789")
	w := httptest.NewRecorder()
	x.Metrics().ServeHTTP(w, x.request(http.MethodGet, "/metrics", ""))
	body := read(t, w.Result())
	if !strings.Contains(body, `okno_http_request_seconds_count{route="GET /people/{phone}",status="200"} 1`) || strings.Contains(body, "79123456789") {
		t.Errorf("metrics: %s", body)
	}
}

func TestTracesNameRoutesAndNotAddressesAndStrangersDoNotContinueThem(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	provider := sdk.NewTracerProvider(sdk.WithSyncer(spans))
	p := policy.Default()
	p.Network.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	x := newSite(t, func(c *web.Config) { c.Tracer, c.Policy = trace.New(provider.Tracer("test")), p })
	x.Handle("GET /people/{phone}", hello)
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	for _, from := range []string{"203.0.113.9:1", "10.0.0.1:1"} {
		r := x.request(http.MethodGet, "/people/79123456789?q=1", "", "Traceparent", parent)
		r.RemoteAddr = from
		x.do(r)
	}
	got := spans.GetSpans()
	if len(got) != 2 {
		t.Fatalf("%d spans", len(got))
	}
	logged := x.Log.String()
	for i, s := range got {
		if id, ref := s.SpanContext.TraceID().String(), fact(s, trace.Ref); ref == "" || !strings.Contains(logged, `"ref":"`+ref+`"`) || !strings.Contains(logged, `"trace":"`+id+`"`) {
			t.Errorf("the log has nothing of trace %s, reference %q: %s", id, ref, logged)
		}
		if s.Name != "GET /people/{phone}" {
			t.Errorf("a span is called %q", s.Name)
		}
		for _, a := range s.Attributes {
			if strings.Contains(a.Value.String(), "79123456789") {
				t.Errorf("a span holds the address: %v", a)
			}
		}
		if continued := s.Parent.IsValid(); continued != (i == 1) {
			t.Errorf("span %d continues a trace: %v", i, continued)
		}
	}
}

func TestProbesFilesAndPagesThatAreNotThereInTraces(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	x := newSite(t, func(c *web.Config) { c.Tracer = trace.New(sdk.NewTracerProvider(sdk.WithSyncer(spans)).Tracer("test")) })
	x.Handle("POST /broken/{name}", func(http.ResponseWriter, *http.Request) error { return errors.New("Verkhova is broken") })
	x.Handle("POST /panic/{name}", func(http.ResponseWriter, *http.Request) error { panic("Verkhova is lost") })
	for _, at := range []string{"/healthz", "/readyz", "/assets/none.css"} {
		x.do(x.request(http.MethodGet, at, ""))
	}
	if n := len(spans.GetSpans()); n > 0 {
		t.Errorf("%d spans of probes and files", n)
	}
	x.do(x.request("VERKHOVA", "/verkhova?name=verkhova", ""))
	x.do(x.request(http.MethodPost, "/broken/verkhova", ""))
	x.do(x.request(http.MethodPost, "/panic/verkhova", ""))
	want := [][2]string{{"other /", "404"}, {"POST /broken/{name}", "500"}, {"POST /panic/{name}", "500"}}
	got := spans.GetSpans()
	for i, w := range want {
		if i >= len(got) || got[i].Name != w[0] || fact(got[i], trace.Status) != w[1] {
			t.Fatalf("span %d of %d is not %v: %+v", i, len(got), w, got)
		}
		if failed := got[i].Status.Code == codes.Error; failed != (w[1] == "500") || strings.Contains(strings.ToLower(fmt.Sprintf("%+v", got[i])), "verkhova") {
			t.Errorf("span %+v", got[i])
		}
	}
}

// fact is what a span says under a key.
func fact(s tracetest.SpanStub, k trace.Key) string {
	for _, a := range s.Attributes {
		if string(a.Key) == string(k) {
			return a.Value.String()
		}
	}
	return ""
}

func TestStoppingLetsRequestsEndAndClosesStreams(t *testing.T) {
	x := newSite(t)
	started, release := make(chan struct{}), make(chan struct{})
	x.Handle("GET /slow", func(w http.ResponseWriter, r *http.Request) error {
		close(started)
		<-release
		return web.JSON(w, 200, "done")
	})
	x.Handle("GET /events", func(w http.ResponseWriter, r *http.Request) error {
		return web.Stream(w, r, make(chan struct{}), func() {}, func(context.Context) (string, error) { return "1", nil })
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- x.Run(ctx, ln) }()
	base := "http://" + ln.Addr().String()
	events, err := http.Get(base + "/events")
	if err != nil {
		t.Fatal(err)
	}
	slow := make(chan string, 1)
	go func() {
		resp, err := http.Get(base + "/slow")
		if err != nil {
			slow <- err.Error()
			return
		}
		b, _ := io.ReadAll(resp.Body)
		slow <- string(b)
	}()
	<-started
	stop()
	if _, err := io.ReadAll(events.Body); err != nil {
		t.Errorf("the stream broke instead of ending: %v", err)
	}
	close(release)
	if got := <-slow; got != `"done"` {
		t.Errorf("the running request got %q", got)
	}
	if err := <-ran; err != nil {
		t.Error(err)
	}
}

func TestAnAddressThatCannotBeThePortalsIsRefusedAtTheStart(t *testing.T) {
	for _, bad := range []string{"", "okno.example", "ftp://okno.example", "https://okno.example/portal", "https://u:p@okno.example", "https://okno.example/?a=1"} {
		u, err := url.Parse(bad)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := web.New(web.Config{URL: u, Sessions: &credential.Service{}}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
