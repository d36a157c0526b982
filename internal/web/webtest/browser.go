package webtest

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/chromedp/cdproto/backgroundservice"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Look is what sort of browser it is and whose.
type Look struct {
	Width, Height int    // of the window; Desktop when zero
	Phone         bool   // a touch screen that honours the viewport
	Dark          bool   // prefers the dark scheme
	Also          string // an origin beside the portal's to which its pages may lead
	NoScript      bool   // scripts are switched off
	Keyboard      bool   // no mouse: everything is reached with Tab and used with Enter, Space and arrows
	Lang          string // preferred language; Russian when empty
}

// Desktop and Phone are the two usual looks.
func Desktop() Look { return Look{Width: 1280, Height: 900} }

// Phone is the narrowest screen that must do.
func Phone() Look { return Look{Width: 360, Height: 740, Phone: true} }

// Browser is a Visitor with Chromium.
type Browser struct {
	Look Look

	t    testing.TB
	base *url.URL
	ctx  context.Context
	page *Page

	aimed [2]float64 // where the last click or tap went

	mu       sync.Mutex // what the events tell
	main     cdp.FrameID
	document *network.EventResponseReceived
	method   string // of the request for the document
	loading  bool
	flying   map[network.RequestID]flight
	sent     []Sent
	last     time.Time
	troubles []string
	worker   serviceworker.RegistrationID // the portal's; AllowNotifications watches for it
	pushed   int                          // messages that the worker is through with
	offline  bool                         // cut off: that nothing comes is no trouble
}

// flight is a request under way: its address and the load of a page that it belongs to.
type flight struct {
	address string
	load    cdp.LoaderID
}

// Sent is a request that the browser made. Of a form with files it does not tell the files.
type Sent struct {
	Method, URL string
	Body        []byte
}

// Sent lists what the browser sent since it was opened.
func (b *Browser) Sent() []Sent {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.sent)
}

// Browser opens a window with cookies of its own on the portal at base.
func (c *Chromium) Browser(t testing.TB, base string, look Look) *Browser {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatalf("the address of the portal: %v", err)
	}
	look.Lang = cmp.Or(look.Lang, "ru")
	if look.Width == 0 {
		look.Width, look.Height = Desktop().Width, Desktop().Height
	}
	return window(t, c.ctx, u, look, chromedp.WithNewBrowserContext())
}

// Tab opens another window on the same cookies.
func (b *Browser) Tab() Visitor {
	b.t.Helper()
	return window(b.t, b.ctx, b.base, b.Look)
}

func window(t testing.TB, parent context.Context, base *url.URL, look Look, how ...chromedp.ContextOption) *Browser {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, how...)
	t.Cleanup(cancel)
	b := &Browser{Look: look, t: t, base: base, ctx: ctx, flying: map[network.RequestID]flight{}}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open a window: %v", err)
	}
	tree, err := chromedp.Call(ctx, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		t.Fatalf("open a window: %v", err)
	}
	b.main = tree.FrameTree.Frame.ID
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatalf("listen to the browser: %v", err)
	}
	b.do("dress the window", chromedp.EmulateViewport(int64(look.Width), int64(look.Height), func(m *emulation.SetDeviceMetricsOverrideParams, touch *emulation.SetTouchEmulationEnabledParams) {
		m.Mobile, touch.Enabled = look.Phone, look.Phone
	}))
	b.scheme(look.Dark)
	call(b, "set the language", network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": look.Lang}})
	call(b, "look at the window", emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}) // several are open
	b.scripts(!look.NoScript)
	return b
}

// scripts switches scripts on or off.
func (b *Browser) scripts(on bool) {
	b.t.Helper()
	call(b, "switch scripts", emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// scheme sets the colours the person prefers. Motion is always reduced, so that pages stand still.
func (b *Browser) scheme(dark bool) {
	b.t.Helper()
	colours := "light"
	if dark {
		colours = "dark"
	}
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: colours}, {Name: "prefers-reduced-motion", Value: "reduce"}}
	call(b, "set the colours", emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
}

// hear takes note of what the browser tells. It runs on the browser's own goroutine and must not ask it
// anything.
func (b *Browser) hear(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	trouble := func(format string, args ...any) { b.troubles = append(b.troubles, fmt.Sprintf(format, args...)) }
	switch ev := ev.(type) {
	case *page.EventFrameStartedLoading:
		b.loading = b.loading || ev.FrameID == b.main
	case *serviceworker.EventWorkerRegistrationUpdated:
		for _, r := range ev.Registrations {
			b.worker = r.RegistrationID
		}
		return
	case *backgroundservice.EventBackgroundServiceEventReceived:
		if ev.BackgroundServiceEvent.EventName == "Push event completed" {
			b.pushed++
		}
		return
	case *page.EventFrameRequestedNavigation, *page.EventFrameStartedNavigating:
		// Something has happened; a load begins or does not.
	case *page.EventFrameNavigated:
		if ev.Frame.ID == b.main { // the page that stood there went on asking until now, and of that the browser says no more
			maps.DeleteFunc(b.flying, func(_ network.RequestID, f flight) bool { return f.load != ev.Frame.LoaderID })
		}
	case *page.EventFrameStoppedLoading:
		b.loading = b.loading && ev.FrameID != b.main
	case *network.EventRequestWillBeSent:
		if ev.Type == network.ResourceTypeDocument && ev.FrameID == b.main {
			b.method = ev.Request.Method
		}
		one := Sent{Method: ev.Request.Method, URL: ev.Request.URL}
		for _, part := range ev.Request.PostDataEntries {
			one.Body = append(one.Body, part.Bytes...)
		}
		b.sent = append(b.sent, one)
		if !b.ours(ev.Request.URL) {
			trouble("the page asks another host: %s", ev.Request.URL)
		}
		worker := ev.LoaderID == "" // its program: the page hears of the request, and no more
		if ev.Type != network.ResourceTypeEventSource && ev.Type != network.ResourceTypePing && !worker {
			b.flying[ev.RequestID] = flight{ev.Request.URL, ev.LoaderID}
		}
	case *network.EventResponseReceived:
		if ev.Type == network.ResourceTypeDocument && ev.FrameID == b.main {
			b.document = ev
			break
		}
		if ev.Response.MimeType == "text/event-stream" {
			delete(b.flying, ev.RequestID) // stays open for as long as the page stands
		}
		asked := ev.Type == network.ResourceTypeXHR || ev.Type == network.ResourceTypeFetch // these show their errors themselves
		if s := ev.Response.Status; s >= 500 || s >= 400 && !asked {
			trouble("status %d for %s", s, ev.Response.URL)
		}
	case *network.EventLoadingFinished:
		delete(b.flying, ev.RequestID)
	case *network.EventLoadingFailed:
		if !ev.Canceled && ev.ErrorText != "net::ERR_ABORTED" && !b.offline {
			trouble("%s failed: %s %s", b.flying[ev.RequestID].address, ev.ErrorText, ev.BlockedReason)
		}
		delete(b.flying, ev.RequestID)
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError || ev.Type == runtime.ConsoleAPICalledTypeAssert {
			trouble("the console says: %s", said(ev.Args))
		}
		return
	case *runtime.EventExceptionThrown:
		text := ev.ExceptionDetails.Text
		if ev.ExceptionDetails.Exception != nil {
			text += " " + ev.ExceptionDetails.Exception.Description
		}
		trouble("a script failed: %s", text)
		return
	case *log.EventEntryAdded:
		// What the network has to say is heard above; here a page of status 422 would count as an error.
		if ev.Entry.Level == log.EntryLevelError && ev.Entry.Source != log.EntrySourceNetwork {
			trouble("the browser says: %s", ev.Entry.Text)
		}
		return
	case *page.EventJavascriptDialogOpening:
		trouble("a dialog of the browser itself opens: %s", ev.Message)
		go func() {
			if _, err := chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true}); err != nil {
				b.mu.Lock()
				defer b.mu.Unlock()
				trouble("the dialog does not close: %v", err)
			}
		}()
	default:
		return
	}
	b.last = time.Now()
}

// ours reports whether the address is the portal's or needs no network.
func (b *Browser) ours(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	return u.Scheme == b.base.Scheme && u.Host == b.base.Host || b.Look.Also != "" && u.Scheme+"://"+u.Host == b.Look.Also || slices.Contains([]string{"data", "blob", "about"}, u.Scheme)
}

func said(args []*runtime.RemoteObject) string {
	var words []string
	for _, a := range args {
		var text string
		if json.Unmarshal(a.Value, &text) != nil {
			text = cmp.Or(a.Description, string(a.Value))
		}
		words = append(words, text)
	}
	return strings.Join(words, " ")
}

// settle waits until the page has come to rest: nothing loads, nothing has happened for a moment, and the page
// answers. It is asked before the moment too: whatever a click has set off stands in its queue before the
// question, however slow the machine.
func (b *Browser) settle() {
	b.t.Helper()
	const rest = 90 * time.Millisecond
	b.mu.Lock()
	b.last = time.Now()
	b.mu.Unlock()
	b.complete()
	for end := time.Now().Add(4 * Patience); ; time.Sleep(rest / 9) {
		if busy, since := b.busy(); busy == "" && time.Since(since) > rest && b.complete() {
			if still, last := b.busy(); still == "" && last.Equal(since) {
				return
			}
		}
		if time.Now().After(end) {
			busy, _ := b.busy()
			b.t.Fatalf("the page does not come to rest: %s", busy)
		}
	}
}

// busy says what is under way, and when something last happened.
func (b *Browser) busy() (what string, since time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.loading {
		what = "a page is loading"
	}
	for _, f := range b.flying {
		what += " " + f.address
	}
	return what, b.last
}

// complete asks the page whether it has been read to its end.
func (b *Browser) complete() bool {
	state, err := within20s(b.ctx, chromedp.Evaluate[string]("document.readyState"))
	return err == nil && state == "complete" // an error is the answer of a page that is just going away
}

//go:embed look.js
var lookJS string

// look takes the page as it stands and reports what is wrong with it.
func (b *Browser) look() *Page {
	b.t.Helper()
	p, wide := b.snapshot()
	same := b.page != nil && b.page.URL.String() == p.URL.String() && b.page.shown == p.shown && b.page.Status == p.Status
	b.page = p
	b.complain()
	if same {
		return p
	}
	for _, problem := range p.Problems() {
		b.t.Errorf("%s: %s", describe(p), problem)
	}
	if wide > 0 {
		b.t.Errorf("%s: scrolls sideways by %d px in a window of %d", describe(p), wide, b.Look.Width)
	}
	return p
}

// complain reports what the browser complained of since the last time.
func (b *Browser) complain() {
	b.t.Helper()
	b.mu.Lock()
	troubles := b.troubles
	b.troubles = nil
	b.mu.Unlock()
	for _, s := range troubles {
		b.t.Errorf("%s: %s", describe(b.page), s)
	}
}

// snapshot takes the page when it stands still; it may be going away by itself.
func (b *Browser) snapshot() (p *Page, wide int) {
	b.t.Helper()
	var s struct {
		HTML, Text, URL string
		Wide            int
	}
	for end := time.Now().Add(4 * Patience); ; {
		before, _ := b.busy()
		s.HTML = ""
		if raw, err := within20s(b.ctx, chromedp.Evaluate[[]byte]("("+strings.TrimSpace(lookJS)+")()")); err == nil && json.Unmarshal(raw, &s) != nil {
			b.t.Fatalf("ask the browser: %.200s", raw)
		}
		if after, _ := b.busy(); s.HTML != "" && !strings.HasPrefix(before+after, "a page") {
			break
		}
		if time.Now().After(end) {
			b.t.Fatalf("the page does not stand still: %s", before)
		}
		b.settle()
	}
	root, err := html.ParseWithOptions(strings.NewReader(s.HTML), html.ParseOptionEnableScripting(!b.Look.NoScript))
	if err != nil {
		b.t.Fatalf("parse page: %v", err)
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		b.t.Fatalf("the address of the page: %v", err)
	}
	p = &Page{URL: u, Header: http.Header{}, Root: root, live: true, shown: s.Text}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.document == nil {
		b.t.Fatalf("no page is open, only %s", s.URL)
	}
	p.Method, p.Status = b.method, int(b.document.Response.Status)
	for name, value := range b.document.Response.Headers {
		p.Header.Set(name, fmt.Sprint(value))
	}
	return p, s.Wide
}

// Open goes to an address.
func (b *Browser) Open(to string) {
	b.t.Helper()
	u, err := b.base.Parse(to)
	if err != nil {
		b.t.Fatalf("the address %q: %v", to, err)
	}
	if err := b.try(chromedp.Navigate(u.String())); err != nil {
		b.t.Fatalf("open %s: %v", u, err)
	}
	b.settle()
	b.look()
}

// Page is what stands before the person now.
func (b *Browser) Page() *Page {
	b.t.Helper()
	if b.page == nil {
		b.t.Fatal("no page is open")
	}
	return b.look()
}

// Seen is the page as it was when it was last looked at, which is after each thing that was done to it; nil before one is open.
func (b *Browser) Seen() *Page { return b.page }

// Await looks until ok holds.
func (b *Browser) Await(what string, ok func(*Page) bool) *Page {
	b.t.Helper()
	for end := time.Now().Add(Patience); ; time.Sleep(pause) {
		if p := b.Page(); ok(p) {
			return p
		}
		if time.Now().After(end) {
			b.t.Fatalf("%s: not seen in %s on %s", what, Patience, describe(b.page))
		}
		if b.Look.NoScript {
			b.Open(b.page.URL.String())
		}
	}
}

// Fill types into a field.
func (b *Browser) Fill(field, value string) {
	b.t.Helper()
	b.fill(b.reach(one(field)), value)
}

// FillAll types into every field that is called so.
func (b *Browser) FillAll(field, value string) {
	b.t.Helper()
	b.reach(func(p *Page) (*html.Node, error) {
		if found := p.Fields(field); len(found) > 0 {
			return found[0], nil
		}
		return p.Field(field)
	})
	for _, n := range b.page.Fields(field) {
		b.fill(n, value)
	}
}

func (b *Browser) fill(n *html.Node, value string) {
	b.t.Helper()
	if n.DataAtom == atom.Select || !text(n) {
		b.t.Fatalf("the field «%s» is not for typing", b.page.Label(n))
	}
	b.touch(n)
	b.eval(nil, `e => e.select()`, n)
	if value == "" {
		value = kb.Delete
	}
	b.Keys(value)
}

// Value is what stands in the field now.
func (b *Browser) Value(field string) string {
	b.t.Helper()
	var v string
	b.eval(&v, `e => e.value`, b.locate(one(field)))
	return v
}

// Choose takes an option of a select or of a group of radio buttons.
func (b *Browser) Choose(option, field string) {
	b.t.Helper()
	n := b.reach(func(p *Page) (*html.Node, error) { return p.Option(option, field) })
	if n.DataAtom == atom.Option {
		// The list of a select is drawn outside the page, where no mouse of ours can reach.
		b.eval(nil, `e => { const s = e.closest("select"); s.focus(); e.selected = true;
			for (const kind of ["input", "change"]) s.dispatchEvent(new Event(kind, {bubbles: true})) }`, n)
	} else if b.Look.Keyboard {
		b.arrow(n)
	} else {
		b.click(n)
	}
	b.settle()
	b.look()
}

// Tick sets a check box.
func (b *Browser) Tick(field string, on bool) {
	b.t.Helper()
	n := b.reach(one(field))
	if Attr(n, "type") != "checkbox" {
		b.t.Fatalf("«%s» is not a check box", field)
	}
	var is bool
	b.eval(&is, `e => e.checked`, n)
	if is == on {
		return
	}
	if b.Look.Keyboard {
		b.tab(n)
		b.do("press Space", chromedp.KeyEvent(" "))
	} else {
		b.click(n)
	}
	if b.eval(&is, `e => e.checked`, n); is != on && !b.Look.Keyboard && b.moved(n) { // words came in above it under the finger: whoever sees that presses once more
		b.click(n)
		b.eval(&is, `e => e.checked`, n)
	}
	if is != on {
		b.t.Fatalf("«%s» does not let itself be ticked", field)
	}
	b.settle()
	b.look()
}

// Attach gives files to a file field.
func (b *Browser) Attach(field string, files ...string) {
	b.t.Helper()
	n := b.locate(one(field))
	var paths []string
	for _, f := range files {
		full, err := filepath.Abs(f)
		if err != nil {
			b.t.Fatalf("attach %s: %v", f, err)
		}
		paths = append(paths, full)
	}
	object, err := chromedp.Run(b.ctx, chromedp.Evaluate[*runtime.RemoteObject]("document.querySelector("+quote(path(n))+")"))
	if err != nil {
		b.t.Fatalf("attach to «%s»: %v", field, err)
	}
	call(b, "attach", dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: paths, ObjectID: object.ObjectID})
	b.settle()
	b.look()
}

// Press presses a button.
func (b *Browser) Press(button string, near ...string) {
	b.t.Helper()
	b.use(b.reach(func(p *Page) (*html.Node, error) { return p.Button(button, near...) }))
}

// Follow follows a link.
func (b *Browser) Follow(link string, near ...string) {
	b.t.Helper()
	b.use(b.reach(func(p *Page) (*html.Node, error) { return p.Link(link, near...) }))
}

// use presses or follows, and waits for what comes of it.
func (b *Browser) use(n *html.Node) {
	b.t.Helper()
	b.hit(n)
	b.settle()
	b.look()
}

// hit presses a thing that is in sight.
func (b *Browser) hit(n *html.Node) {
	b.t.Helper()
	if b.Look.Keyboard {
		b.tab(n)
		b.do("press Enter", chromedp.KeyEvent(kb.Enter))
		return
	}
	b.click(n)
}

// unfold opens the menus that a thing is folded away in, as a person who looks for it would.
func (b *Browser) unfold(n *html.Node) {
	b.t.Helper()
	var folds []*html.Node
	for up := n.Parent; up != nil; up = up.Parent {
		if up.DataAtom == atom.Details && !within(n, atom.Summary) || has(up, "popover") {
			folds = append(folds, up)
		}
	}
	for _, fold := range slices.Backward(folds) {
		var inSight bool
		if b.eval(&inSight, `e => [...e.children].some(c => c.localName !== "summary" && c.checkVisibility({visibilityProperty: true}))`, fold); inSight {
			continue
		}
		for opener := range elements(b.page.Root) {
			if opener.DataAtom == atom.Summary && opener.Parent == fold || Attr(opener, "popovertarget") != "" && Attr(opener, "popovertarget") == Attr(fold, "id") && !under(opener, fold) {
				b.hit(opener)
				b.settle()
				break
			}
		}
	}
}

// Fetch takes what a link leads to, with the cookies of this browser.
func (b *Browser) Fetch(link string, near ...string) *http.Response {
	b.t.Helper()
	n := b.locate(func(p *Page) (*html.Node, error) { return p.Link(link, near...) })
	u, err := b.page.URL.Parse(Attr(n, "href"))
	if err != nil {
		b.t.Fatalf("fetch «%s»: %v", link, err)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, u.String(), nil)
	if err != nil {
		b.t.Fatalf("fetch «%s»: %v", link, err)
	}
	r.Header.Set("Accept-Language", b.Look.Lang)
	for _, c := range b.Cookies() {
		r.AddCookie(c)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatalf("fetch «%s»: %v", link, err)
	}
	return whole(b.t, resp)
}

// Cookies are what the portal has left in this browser, for the desks too.
func (b *Browser) Cookies() []*http.Cookie {
	b.t.Helper()
	got := call(b, "read the cookies", network.GetCookies, network.GetCookiesParams{URLs: []string{b.base.String(), b.base.JoinPath("desk").String()}})
	var cookies []*http.Cookie
	for _, c := range got.Cookies {
		cookies = append(cookies, &http.Cookie{Name: c.Name, Value: c.Value})
	}
	return cookies
}

// Keys sends keys as typed: kb.Tab, kb.Escape, text.
func (b *Browser) Keys(keys string) {
	b.t.Helper()
	for _, r := range keys {
		strokes := kb.Encode(r)
		// The package keeps keys that have no letter in a range of its own choice, U+0401 and on, where the
		// Cyrillic letters live: «Ё» would be the key Clear.
		if unicode.Is(unicode.Cyrillic, r) {
			strokes = kb.EncodeUnidentified(r)
		}
		for _, s := range strokes {
			call(b, "type", input.DispatchKeyEvent, *s)
		}
	}
	b.settle()
	b.look()
}

// Shot takes a picture of the whole page into the folder OKNO_SHOTS, when that is set.
func (b *Browser) Shot(name string) {
	b.t.Helper()
	dir := os.Getenv("OKNO_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		file := filepath.Join(dir, name+".png")
		err = errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, png, 0o644))
	}
	if err != nil {
		b.t.Errorf("picture %s: %v", name, err)
	}
}

func one(field string) func(*Page) (*html.Node, error) {
	return func(p *Page) (*html.Node, error) { return p.Field(field) }
}

// locate finds something on the page, waiting for it as a person would.
func (b *Browser) locate(find func(*Page) (*html.Node, error)) *html.Node {
	b.t.Helper()
	for end := time.Now().Add(Patience / 2); ; time.Sleep(pause) {
		n, err := find(b.Page())
		if err == nil {
			return n
		}
		if time.Now().After(end) {
			b.t.Fatalf("%v, on %s", err, describe(b.page))
		}
	}
}

// reach finds something that is to be used, and opens the menus around it.
func (b *Browser) reach(find func(*Page) (*html.Node, error)) *html.Node {
	b.t.Helper()
	n := b.locate(find)
	b.unfold(n)
	return n
}

// touch puts the caret into a field.
func (b *Browser) touch(n *html.Node) {
	b.t.Helper()
	if b.Look.Keyboard {
		b.tab(n)
		return
	}
	b.click(n)
}

//go:embed aim.js
var aimJS string

// click presses the mouse in the middle of an element that is in sight and that nothing covers.
func (b *Browser) click(n *html.Node) {
	b.t.Helper()
	b.aim(n)
	x, y := b.aimed[0], b.aimed[1]
	if b.Look.Phone {
		b.do("tap", chromedp.TapXY(x, y))
		return
	}
	b.do("click", chromedp.MouseClickXY(x, y))
}

// PressSlowly presses a button with the mouse and lets it go after a while, as slow hands do.
func (b *Browser) PressSlowly(button string, while time.Duration) {
	b.t.Helper()
	b.aim(b.reach(func(p *Page) (*html.Node, error) { return p.Button(button) }))
	x, y := b.aimed[0], b.aimed[1]
	b.do("press", chromedp.MouseEvent(chromedp.MousePressed, x, y, chromedp.Button("left"), chromedp.ClickCount(1)))
	time.Sleep(while)
	b.do("let go", chromedp.MouseEvent(chromedp.MouseReleased, x, y, chromedp.Button("left"), chromedp.ClickCount(1)))
	b.settle()
	b.look()
}

// aim finds the middle of the element, once it is in sight and nothing covers it.
func (b *Browser) aim(n *html.Node) {
	b.t.Helper()
	var at struct {
		X, Y    float64
		Trouble string
	}
	for end := time.Now().Add(Patience / 4); ; time.Sleep(pause) {
		b.eval(&at, aimJS, n)
		if at.Trouble == "" {
			break
		}
		if time.Now().After(end) {
			b.t.Fatalf("the %s «%s» cannot be clicked: %s, on %s", n.Data, cmp.Or(Name(n), b.page.Label(n)), at.Trouble, describe(b.page))
		}
	}
	b.aimed = [2]float64{at.X, at.Y}
}

// moved reports whether the element is not any more where it was when it was clicked.
func (b *Browser) moved(n *html.Node) bool {
	b.t.Helper()
	b.settle()
	var at struct {
		X, Y    float64
		Trouble string
	}
	b.eval(&at, aimJS, n)
	return b.aimed != [2]float64{at.X, at.Y}
}

//go:embed focus.js
var focusJS string

// tab goes to an element as one without a mouse does, and demands that it shows where one is.
func (b *Browser) tab(n *html.Node) {
	b.t.Helper()
	var at struct{ Here, Shown bool }
	for range 250 {
		b.eval(&at, focusJS, n)
		if at.Here {
			if !at.Shown {
				b.t.Errorf("%s: the focus on «%s» cannot be seen", describe(b.page), cmp.Or(Name(n), b.page.Label(n)))
			}
			return
		}
		b.do("press Tab", chromedp.KeyEvent(kb.Tab))
	}
	b.t.Fatalf("the %s «%s» cannot be reached with Tab, on %s", n.Data, cmp.Or(Name(n), b.page.Label(n)), describe(b.page))
}

// arrow chooses a radio button: Tab to its group, then arrows; Space for the one on which Tab ends.
func (b *Browser) arrow(n *html.Node) {
	b.t.Helper()
	group := b.page.All("input", "type", "radio", "name", Attr(n, "name"))
	enter := group[0]
	for _, r := range group {
		var on bool
		if b.eval(&on, `e => e.checked`, r); on {
			enter = r
		}
	}
	b.tab(enter)
	if enter == n { // the first of those of which none is chosen: no arrow leads to it
		b.do("press Space", chromedp.KeyEvent(" "))
	}
	for range group {
		var on bool
		if b.eval(&on, `e => e.checked`, n); on {
			return
		}
		b.do("press an arrow", chromedp.KeyEvent(kb.ArrowDown))
	}
	var on bool
	if b.eval(&on, `e => e.checked`, n); !on {
		b.t.Fatalf("«%s» cannot be chosen with the arrows", b.page.Label(n))
	}
}

// eval runs a function of the browser's on an element, or on nothing, and decodes what it returns.
func (b *Browser) eval(into any, function string, on ...*html.Node) {
	b.t.Helper()
	arg := ""
	for _, n := range on {
		arg = "document.querySelector(" + quote(path(n)) + ")"
	}
	raw, err := within20s(b.ctx, chromedp.Evaluate[[]byte]("("+strings.TrimSpace(function)+")("+arg+")", chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("ask the browser: %v, on %s", err, describe(b.page))
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(raw, into); err != nil {
		b.t.Fatalf("ask the browser: %v in %.200s", err, raw)
	}
}

func (b *Browser) do(what string, a chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := b.try(a); err != nil {
		b.t.Fatalf("%s: %v, on %s", what, err, describe(b.page))
	}
}

func (b *Browser) try(a chromedp.Action[chromedp.Void]) error {
	_, err := within20s(b.ctx, a)
	return err
}

func within20s[T any](ctx context.Context, a chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return chromedp.Run(ctx, a)
}

func call[P, R any](b *Browser, what string, cmd cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	r, err := chromedp.Call(ctx, cmd, params)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	return r
}

func quote(s string) string {
	q, _ := json.Marshal(s) // a string always marshals
	return string(q)
}
