package webtest

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Client is a Visitor without JavaScript and without styles.
type Client struct {
	Lang string // preferred language, sent with every request
	Addr string // where in-process requests come from

	Agent string // what the browser calls itself; "" is a name that no rule knows

	t     testing.TB
	base  *url.URL
	http  *http.Client
	page  *Page
	typed map[*html.Node]string   // what was typed or chosen on this page
	ticks map[*html.Node]bool     // what was ticked or unticked
	files map[*html.Node][]string // what was attached
}

// NewClient makes a Client of the portal at base.
func NewClient(t testing.TB, base string) *Client {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatalf("the address of the portal: %v", err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Client{Lang: "ru", Addr: "203.0.113.7:40000", t: t, base: u, http: &http.Client{Jar: jar, Timeout: time.Minute}}
}

// Tab is another page of the same browser: it has its cookies.
func (c *Client) Tab() Visitor {
	return &Client{Lang: c.Lang, Addr: c.Addr, Agent: c.Agent, t: c.t, base: c.base, http: c.http}
}

// Serve makes a Client of a handler in this process, which believes that it stands at base. Two Clients of
// one handler are two browsers.
func Serve(t testing.TB, base string, h http.Handler) *Client {
	t.Helper()
	c := NewClient(t, base)
	c.http.Transport = direct{h, c}
	return c
}

// direct carries requests to a handler without a network.
type direct struct {
	h http.Handler
	c *Client
}

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI, in.RemoteAddr, in.Host = r.URL.RequestURI(), d.c.Addr, r.URL.Host
	in.URL = &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	if r.URL.Scheme == "https" {
		in.TLS = &tls.ConnectionState{}
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	d.h.ServeHTTP(w, in)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// Open goes to an address.
func (c *Client) Open(to string) {
	c.t.Helper()
	c.visit(c.request(http.MethodGet, c.resolve(to), "", nil), "none")
}

// Page is what stands before the person now.
func (c *Client) Page() *Page {
	c.t.Helper()
	if c.page == nil {
		c.t.Fatal("no page is open")
	}
	return c.page
}

// Await reloads the page until ok holds.
func (c *Client) Await(what string, ok func(*Page) bool) *Page {
	c.t.Helper()
	for end := time.Now().Add(Patience); !ok(c.Page()); time.Sleep(5 * pause) {
		if time.Now().After(end) {
			c.t.Fatalf("%s: not seen in %s on %s", what, Patience, describe(c.page))
		}
		if c.page.Method != http.MethodGet || c.page.Status != http.StatusOK {
			c.t.Fatalf("%s: not seen on %s", what, describe(c.page))
		}
		c.Open(c.page.URL.String())
	}
	return c.page
}

// Fill types into a field.
func (c *Client) Fill(field, value string) {
	c.t.Helper()
	c.fill(c.field(field), value)
}

// FillAll types into every field that is called so.
func (c *Client) FillAll(field, value string) {
	c.t.Helper()
	c.field1(field)
	for _, n := range c.page.Fields(field) {
		c.fill(n, value)
	}
}

func (c *Client) fill(n *html.Node, value string) {
	c.t.Helper()
	switch {
	case has(n, "disabled") || has(n, "readonly"):
		c.t.Fatalf("the field «%s» cannot be typed into", c.page.Label(n))
	case n.DataAtom == atom.Select || !text(n):
		c.t.Fatalf("the field «%s» is not for typing", c.page.Label(n))
	}
	c.typed[n] = value
}

// Value is what stands in the field now.
func (c *Client) Value(field string) string {
	c.t.Helper()
	return c.value(c.field(field))
}

// Choose takes an option of a select or of a group of radio buttons.
func (c *Client) Choose(option, field string) {
	c.t.Helper()
	n, err := c.Page().Option(option, field)
	if err != nil {
		c.fail(err)
	}
	if n.DataAtom == atom.Option {
		for up := n.Parent; up != nil; up = up.Parent {
			if up.DataAtom == atom.Select {
				c.typed[up] = optionValue(n)
				return
			}
		}
	}
	for other := range elements(c.page.Root) {
		if Attr(other, "type") == "radio" && Attr(other, "name") == Attr(n, "name") && form(c.page, other) == form(c.page, n) {
			c.ticks[other] = other == n
		}
	}
}

// Tick sets a check box.
func (c *Client) Tick(field string, on bool) {
	c.t.Helper()
	n := c.field(field)
	if Attr(n, "type") != "checkbox" {
		c.t.Fatalf("«%s» is not a check box", field)
	}
	c.ticks[n] = on
}

// Attach gives files to a file field.
func (c *Client) Attach(field string, files ...string) {
	c.t.Helper()
	n := c.field(field)
	if Attr(n, "type") != "file" {
		c.t.Fatalf("«%s» does not take files", field)
	}
	c.files[n] = files
}

// Press presses a button: sends its form.
func (c *Client) Press(button string, near ...string) {
	c.t.Helper()
	b, err := c.Page().Button(button, near...)
	if err != nil {
		c.fail(err)
	}
	if has(b, "disabled") {
		c.t.Fatalf("the button «%s» is disabled", button)
	}
	if b.DataAtom == atom.Summary {
		b.Parent.Attr = append(b.Parent.Attr, html.Attribute{Key: "open"})
		return
	}
	if has(b, "popovertarget") {
		return // it opens a menu, which a Client sees anyway
	}
	f := form(c.page, b)
	if f == nil || Attr(b, "type") == "button" {
		c.t.Fatalf("the button «%s» does nothing without scripts", button)
	}
	c.submit(f, b)
}

// PressTwice presses a button and then once more on the same page, as whoever goes back does: what is seen is the second answer.
func (c *Client) PressTwice(button string, near ...string) {
	c.t.Helper()
	page, typed, ticks, files := c.Page(), c.typed, c.ticks, c.files
	c.Press(button, near...)
	c.page, c.typed, c.ticks, c.files = page, typed, ticks, files
	c.Press(button, near...)
}

// Follow follows a link.
func (c *Client) Follow(link string, near ...string) {
	c.t.Helper()
	a := c.link(link, near)
	if strings.HasPrefix(Attr(a, "href"), "#") {
		return // to a place on this page, where the rules have found it
	}
	c.visit(c.request(http.MethodGet, c.resolve(Attr(a, "href")), "", nil), "same-origin")
}

// Fetch takes what a link leads to.
func (c *Client) Fetch(link string, near ...string) *http.Response {
	c.t.Helper()
	resp, err := c.http.Do(c.request(http.MethodGet, c.resolve(Attr(c.link(link, near), "href")), "", nil))
	if err != nil {
		c.fail(err)
	}
	return whole(c.t, resp)
}

// Cookies are what the portal has left in this browser.
func (c *Client) Cookies() []*http.Cookie { return c.http.Jar.Cookies(c.base) }

// Get asks for an address beside the page, as a script of the page would: /api/session.
func (c *Client) Get(to string) *http.Response {
	c.t.Helper()
	r := c.request(http.MethodGet, c.resolve(to), "", nil)
	r.Header.Set("Accept", "application/json, */*")
	resp, err := c.http.Do(r)
	if err != nil {
		c.fail(err)
	}
	return whole(c.t, resp)
}

func (c *Client) link(name string, near []string) *html.Node {
	c.t.Helper()
	a, err := c.Page().Link(name, near...)
	if err != nil {
		c.fail(err)
	}
	return a
}

func (c *Client) field(name string) *html.Node {
	c.t.Helper()
	n, err := c.Page().Field(name)
	if err != nil {
		c.fail(err)
	}
	return n
}

// field1 fails when no field at all is called so.
func (c *Client) field1(name string) {
	c.t.Helper()
	if len(c.Page().Fields(name)) == 0 {
		c.field(name)
	}
}

func (c *Client) fail(err error) {
	c.t.Helper()
	c.t.Fatalf("%v, on %s", err, describe(c.page))
}

func (c *Client) resolve(to string) *url.URL {
	c.t.Helper()
	from := c.base
	if c.page != nil {
		from = c.page.URL
	}
	u, err := from.Parse(to)
	if err != nil {
		c.t.Fatalf("the address %q: %v", to, err)
	}
	return u
}

func (c *Client) request(method string, to *url.URL, kind string, body io.Reader) *http.Request {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, to.String(), body)
	if err != nil {
		c.fail(err)
	}
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	r.Header.Set("Accept-Language", c.Lang)
	r.Header.Set("User-Agent", cmp.Or(c.Agent, "Mozilla/5.0 (X11; Linux x86_64) okno-webtest"))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if c.page != nil {
		r.Header.Set("Referer", c.page.URL.Scheme+"://"+c.page.URL.Host+"/")
	}
	return r
}

// visit goes where the request leads and looks at the page. site says, as a browser would, whether the
// person came from a page of the portal.
func (c *Client) visit(r *http.Request, site string) {
	c.t.Helper()
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Dest", "document")
	r.Header.Set("Sec-Fetch-Site", site)
	resp, err := c.http.Do(r)
	if err != nil {
		c.fail(err)
	}
	whole(c.t, resp)
	if kind := resp.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/html") {
		c.t.Fatalf("%s %s is not a page but %q, status %d; take it with Fetch", r.Method, resp.Request.URL, kind, resp.StatusCode)
	}
	page, err := Parse(resp.Body)
	if err != nil {
		c.fail(err)
	}
	page.URL, page.Method, page.Status, page.Header = resp.Request.URL, resp.Request.Method, resp.StatusCode, resp.Header
	c.page = page
	c.typed, c.ticks, c.files = map[*html.Node]string{}, map[*html.Node]bool{}, map[*html.Node][]string{}
	for _, problem := range page.Problems() {
		c.t.Errorf("%s: %s", describe(page), problem)
	}
}

// submit sends a form by its button, as a browser would.
func (c *Client) submit(f, b *html.Node) {
	c.t.Helper()
	or := func(ofButton, ofForm, fallback string) string {
		for _, v := range []string{Attr(b, ofButton), Attr(f, ofForm), fallback} {
			if v != "" {
				return v
			}
		}
		return ""
	}
	if !has(f, "novalidate") && !has(b, "formnovalidate") {
		c.required(f)
	}
	pairs := c.pairs(f, b)
	parts := or("formenctype", "enctype", "") == "multipart/form-data"
	if !parts {
		pairs = append(pairs, c.fileNames(f)...)
	}
	to := c.resolve(or("formaction", "action", c.page.URL.String()))
	if strings.EqualFold(or("formmethod", "method", "get"), "get") {
		to.RawQuery = encode(pairs)
		c.visit(c.request(http.MethodGet, to, "", nil), "same-origin")
		return
	}
	kind, body := "application/x-www-form-urlencoded", io.Reader(strings.NewReader(encode(pairs)))
	if parts {
		kind, body = c.multipart(f, pairs)
	}
	r := c.request(http.MethodPost, to, kind, body)
	r.Header.Set("Origin", c.page.URL.Scheme+"://"+c.page.URL.Host)
	c.visit(r, "same-origin")
}

// required fails where a browser would refuse to send the form.
func (c *Client) required(f *html.Node) {
	c.t.Helper()
	for n := range elements(c.page.Root) {
		if form(c.page, n) != f || !has(n, "required") {
			continue
		}
		empty := c.value(n) == ""
		if t := Attr(n, "type"); t == "checkbox" || t == "radio" {
			empty = !c.ticked(n)
		}
		if empty {
			c.t.Fatalf("the browser would not send the form: «%s» is required and empty", c.page.Label(n))
		}
	}
}

type pair struct{ name, value string }

func (c *Client) pairs(f, b *html.Node) []pair {
	var pairs []pair
	for n := range elements(c.page.Root) {
		name := Attr(n, "name")
		if name == "" || form(c.page, n) != f || disabled(n) {
			continue
		}
		switch {
		case isButton(n):
			if n == b {
				pairs = append(pairs, pair{name, Attr(n, "value")})
			}
		case n.DataAtom == atom.Input && (Attr(n, "type") == "checkbox" || Attr(n, "type") == "radio"):
			if !c.ticked(n) {
				continue
			}
			v, ok := lookup(n, "value")
			if !ok {
				v = "on"
			}
			pairs = append(pairs, pair{name, v})
		case n.DataAtom == atom.Input && Attr(n, "type") == "file":
		case n.DataAtom == atom.Input && Attr(n, "type") == "hidden", typed(n):
			pairs = append(pairs, pair{name, c.value(n)})
		}
	}
	return pairs
}

// fileNames is what a form that carries no files says of those that were chosen: their names.
func (c *Client) fileNames(f *html.Node) []pair {
	var pairs []pair
	for n := range elements(c.page.Root) {
		if name := Attr(n, "name"); name == "" || Attr(n, "type") != "file" || form(c.page, n) != f || disabled(n) {
			continue
		}
		if len(c.files[n]) == 0 {
			pairs = append(pairs, pair{Attr(n, "name"), ""})
		}
		for _, path := range c.files[n] {
			pairs = append(pairs, pair{Attr(n, "name"), filepath.Base(path)})
		}
	}
	return pairs
}

func (c *Client) value(n *html.Node) string {
	if v, ok := c.typed[n]; ok {
		return v
	}
	switch n.DataAtom {
	case atom.Textarea:
		var b strings.Builder
		for t := n.FirstChild; t != nil; t = t.NextSibling {
			b.WriteString(t.Data)
		}
		return b.String()
	case atom.Select:
		var one *html.Node
		for o := range elements(n) {
			if o.DataAtom == atom.Option && (one == nil || has(o, "selected")) {
				one = o
			}
		}
		if one == nil {
			return ""
		}
		return optionValue(one)
	}
	return Attr(n, "value")
}

func (c *Client) ticked(n *html.Node) bool {
	if on, ok := c.ticks[n]; ok {
		return on
	}
	return has(n, "checked")
}

func (c *Client) multipart(f *html.Node, pairs []pair) (kind string, body io.Reader) {
	c.t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	fails := func(err error) {
		c.t.Helper()
		if err != nil {
			c.t.Fatalf("pack the form: %v", err)
		}
	}
	for _, p := range pairs {
		fails(w.WriteField(p.name, p.value))
	}
	for n := range elements(c.page.Root) {
		if Attr(n, "type") != "file" || form(c.page, n) != f || disabled(n) {
			continue
		}
		if len(c.files[n]) == 0 { // a browser sends an empty file
			part, err := w.CreatePart(textproto.MIMEHeader{
				"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=""`, Attr(n, "name"))}, "Content-Type": {"application/octet-stream"}})
			fails(err)
			_, err = part.Write(nil)
			fails(err)
		}
		for _, name := range c.files[n] {
			data, err := os.ReadFile(name)
			fails(err)
			part, err := w.CreatePart(textproto.MIMEHeader{
				"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, Attr(n, "name"), filepath.Base(name))},
				"Content-Type":        {http.DetectContentType(data)}})
			fails(err)
			_, err = part.Write(data)
			fails(err)
		}
	}
	fails(w.Close())
	return w.FormDataContentType(), &buf
}

// form is the form that a control belongs to.
func form(p *Page, n *html.Node) *html.Node {
	if id := Attr(n, "form"); id != "" {
		return p.byID(id)
	}
	for up := n.Parent; up != nil; up = up.Parent {
		if up.DataAtom == atom.Form {
			return up
		}
	}
	return nil
}

// disabled reports whether the control, or the fieldset around it, is switched off.
func disabled(n *html.Node) bool {
	for up := n; up != nil; up = up.Parent {
		if (up == n || up.DataAtom == atom.Fieldset) && has(up, "disabled") {
			return true
		}
	}
	return false
}

// text reports whether n is a control that one types into.
func text(n *html.Node) bool {
	return !slices.Contains([]string{"checkbox", "radio", "file", "range", "color"}, Attr(n, "type"))
}

func optionValue(o *html.Node) string {
	if v, ok := lookup(o, "value"); ok {
		return v
	}
	return TextOf(o)
}

// encode keeps the order of the form, unlike url.Values.
func encode(pairs []pair) string {
	var parts []string
	for _, p := range pairs {
		parts = append(parts, url.QueryEscape(p.name)+"="+url.QueryEscape(p.value))
	}
	return strings.Join(parts, "&")
}

// whole reads the body to its end, so that a test may forget to close it.
func whole(t testing.TB, resp *http.Response) *http.Response {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatalf("read %s: %v", resp.Request.URL, err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp
}

// describe says where the person stands, for messages.
func describe(p *Page) string {
	if p == nil {
		return "no page"
	}
	s := fmt.Sprintf("%s «%s»", p.URL.RequestURI(), p.H1())
	if p.Status != http.StatusOK {
		s += fmt.Sprintf(" (status %d)", p.Status)
	}
	if errs := p.Errors(); len(errs) > 0 {
		s += " with errors: " + strings.Join(errs, "; ")
	}
	return s
}
