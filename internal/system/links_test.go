package system

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"okno/internal/store"
	"okno/internal/web/webtest"
)

// once are pages of which one of a kind is enough: what differs is the page they were asked for from.
var once = regexp.MustCompile(`^/(support|signin|register)\?`)

// TestNoLinkLeadsNowhere walks every link that people come to from their cabinet, and visitors from the first page, in both
// languages. Every page is looked over on the way.
func TestNoLinkLeadsNowhere(t *testing.T) {
	x, err := New(context.Background(), demoSettings(t, store.SQLite), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	known, err := x.Known()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"ru", "en"} {
		t.Run(lang, func(t *testing.T) {
			stroll(t, x, lang, func(c *webtest.Client) { c.Open("/?lang=" + lang) })
			t.Run("demo", func(t *testing.T) { demoLeadsSomewhere(t, x, lang) })
			for _, p := range known.People {
				t.Run(p.Story, func(t *testing.T) {
					stroll(t, x, lang, func(c *webtest.Client) {
						c.Open("/signin?lang=" + lang)
						c.Fill("username", p.Phone)
						c.Fill("current-password", p.Password)
						c.Press(map[string]string{"ru": "Войти", "en": "Sign in"}[lang], map[string]string{"ru": "Пароль", "en": "Password"}[lang])
						c.Open("/cabinet")
					})
				})
			}
		})
	}
}

func stroll(t *testing.T, x *System, lang string, begin func(c *webtest.Client)) {
	t.Helper()
	c := webtest.Serve(t, x.URL.String(), x.Web)
	c.Lang = lang
	begin(c)
	if c.Page().Status != http.StatusOK {
		t.Fatalf("the walk begins at %s with %d: %s", c.Page().URL, c.Page().Status, c.Page().Text())
	}
	seen := map[string]string{} // address without what differs -> where it was found
	queue := []string{c.Page().URL.RequestURI()}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		resp := c.Get(at) //nolint:bodyclose // the client reads it whole
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s, to which %s leads, answers %d", at, seen[sameKind(at)], resp.StatusCode)
			continue
		}
		if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") || strings.HasPrefix(at, "/verify/page") { // that one is a file to keep, and is looked over as one
			continue
		}
		c.Open(at)
		if got := c.Page().Lang(); got != lang {
			t.Errorf("%s is in %q", at, got)
		}
		for _, a := range c.Page().All("a") {
			to, ok := within(c.Page().URL, webtest.Attr(a, "href"))
			if _, known := seen[sameKind(to)]; !ok || known {
				continue
			}
			seen[sameKind(to)] = at
			queue = append(queue, to)
		}
	}
	if len(seen) < 20 {
		t.Errorf("the walk came to %d pages only", len(seen))
	}
}

// demoLeadsSomewhere follows what the page of the demo offers under /demo: of people's papers one of a kind is enough.
func demoLeadsSomewhere(t *testing.T, x *System, lang string) {
	t.Helper()
	c := webtest.Serve(t, x.URL.String(), x.Web)
	c.Lang = lang
	c.Open("/?lang=" + lang)
	c.Open("/demo")
	if got := c.Page(); got.Status != http.StatusOK || got.Lang() != lang {
		t.Fatalf("/demo answers %d in %q", got.Status, got.Lang())
	}
	seen := map[string]bool{}
	for _, a := range c.Page().All("a") {
		to, kind := webtest.Attr(a, "href"), webtest.Attr(a, "href")
		if strings.HasPrefix(to, "/demo/people/") {
			kind = to[strings.LastIndex(to, "/"):]
		}
		if !strings.HasPrefix(to, "/demo/") || seen[kind] {
			continue
		}
		seen[kind] = true
		if got := c.Get(to).StatusCode; got != http.StatusOK { //nolint:bodyclose // the client reads it whole
			t.Errorf("%s, to which /demo leads, answers %d", to, got)
		}
	}
	for _, want := range []string{"/demo/outbox", "/demo/people", "/demo/newcomers", "/demo/signatures", "/demo/ui", "/passport.jpg?spoilt=tilted"} {
		if !seen[want] {
			t.Errorf("/demo does not lead to %s", want)
		}
	}
}

// within is where a link leads within the portal.
func within(page *url.URL, href string) (string, bool) {
	to, err := page.Parse(href)
	if err != nil || to.Host != page.Host || strings.HasPrefix(to.Path, "/demo") {
		return "", false
	}
	to.Fragment = ""
	return to.RequestURI(), true
}

func sameKind(at string) string {
	if once.MatchString(at) {
		path, _, _ := strings.Cut(at, "?")
		return path + "?"
	}
	return at
}
