package journeys

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/i18n"
	"okno/internal/web/webtest"
)

// play is one playing of one story.
type play struct {
	t     testing.TB // tells at which step the story stands
	dir   string     // where parts lie
	world World
	lang  i18n.Lang
	open  func(testing.TB, webtest.Look) webtest.Visitor // a new browser

	steps   []step // that led here, the innermost last
	people  map[string]webtest.Visitor
	now     webtest.Visitor
	named   map[string]any
	read    map[message]bool
	screens *screens
	shots   string
}

// screens are those that axe has seen: it looks at each once in a language and a look, not in every story.
type screens struct {
	mu   sync.Mutex
	seen map[string]bool
}

// first reports whether nobody has seen this screen.
func (s *screens) first(screen string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[screen] {
		return false
	}
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	s.seen[screen] = true
	return true
}

// teller is a test that says at which step the story stood.
type teller struct {
	testing.TB
	p *play
}

func (l *teller) at() string {
	var lines []string
	for i := len(l.p.steps) - 1; i >= 0; i-- {
		lines = append(lines, l.p.steps[i].String())
	}
	return strings.Join(lines, ", from ")
}

func (l *teller) Errorf(format string, args ...any) {
	l.Helper()
	l.TB.Errorf("%s\n\t%s", l.at(), fmt.Sprintf(format, args...))
}

func (l *teller) Fatalf(format string, args ...any) {
	l.Helper()
	l.TB.Fatalf("%s\n\t%s", l.at(), fmt.Sprintf(format, args...))
}

func (l *teller) Fatal(args ...any) { l.Helper(); l.Fatalf("%s", fmt.Sprint(args...)) }
func (l *teller) Error(args ...any) { l.Helper(); l.Errorf("%s", fmt.Sprint(args...)) }

// run plays a story.
func (p *play) run(t testing.TB, file string) {
	p.t, p.dir = &teller{t, p}, filepath.Dir(file)
	p.people, p.named, p.read = map[string]webtest.Visitor{}, map[string]any{}, map[message]bool{}
	if p.screens == nil {
		p.screens = &screens{}
	}
	steps, err := load(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if b, ok := p.now.(*webtest.Browser); ok && t.Failed() {
			b.Shot(p.shots + "/failed/" + strings.TrimSuffix(filepath.Base(file), ".txt"))
		}
	}()
	p.walk(steps)
}

func (p *play) walk(steps []step) {
	for _, s := range steps {
		p.steps = append(p.steps, s)
		s.verb.do(p, s.args)
		p.inspect()
		p.steps = p.steps[:len(p.steps)-1]
	}
}

// inspect looks at a screen that was not seen before: axe in both schemes, and the language of the page.
func (p *play) inspect() {
	p.t.Helper()
	b, ok := p.now.(*webtest.Browser)
	if !ok || p.steps[len(p.steps)-1].verb.form == "as NAME" {
		return
	}
	page := b.Seen() // the step has looked, if it did anything to it
	screen := fmt.Sprint(page.Status, page.H1(), len(page.Errors()) > 0)
	if p.screens.first(screen) {
		b.Axe()
	}
}

// who is the person who acts.
func (p *play) who() webtest.Visitor {
	p.t.Helper()
	if p.now == nil {
		p.t.Fatal("nobody acts yet: say «as …» first")
	}
	return p.now
}

// become goes on as somebody, in their own browser.
func (p *play) become(name string, change func(*webtest.Look)) {
	p.t.Helper()
	v, known := p.people[name]
	if !known {
		look := webtest.Look{Lang: string(p.lang)}
		change(&look)
		v = p.open(p.t, look)
		v.Open("/?lang=" + string(p.lang)) // as the switch of every page does
		if got := v.Page().Lang(); got != string(p.lang) {
			p.t.Fatalf("the portal speaks %s, not %s", got, p.lang)
		}
		p.people[name] = v
	}
	p.now = v
}

// inTab goes on as somebody in another tab of their browser.
func (p *play) inTab(name string) {
	p.t.Helper()
	first, known := p.people[name]
	if !known {
		p.t.Fatalf("%s has no browser yet: say «as %s» first", name, name)
	}
	tab := name + " in another tab"
	if p.people[tab] == nil {
		p.people[tab] = first.Tab()
		p.people[tab].Open("/")
	}
	p.now = p.people[tab]
}

// someone names the Nth of the people whom the sandbox lists at the address.
func someone(what, list string) func(p *play, a map[string]string) {
	return func(p *play, a map[string]string) {
		var people []map[string]any
		p.demo(list, &people)
		n, err := strconv.Atoi(a["N"])
		if err != nil || n < 1 || n > len(people) {
			p.t.Fatalf("there is no %s %s of %d", what, a["N"], len(people))
		}
		p.named[a["NAME"]] = people[n-1]
	}
}

// sees reports whether the words stand on the page, now or, where scripts may be at it, in a moment.
func (p *play) sees(words string) bool {
	p.t.Helper()
	what := p.pattern(words)
	_, live := p.who().(*webtest.Browser)
	for end := time.Now().Add(webtest.Patience / 4); ; time.Sleep(50 * time.Millisecond) {
		if what.MatchString(p.who().Page().Text()) {
			return true
		}
		if !live || time.Now().After(end) {
			return false
		}
	}
}

// data waits for a data- attribute.
func (p *play) data(name, want string) {
	p.t.Helper()
	want = p.say(want)
	p.who().Await("data-"+name+" "+want, func(page *webtest.Page) bool {
		got, _ := page.Data(name)
		return got == want
	})
}

func near(args map[string]string, p *play) []string {
	p.t.Helper()
	if words, ok := args["WORDS"]; ok {
		return []string{p.say(words)}
	}
	return nil
}

// verbs are the forms of lines; the first that fits is meant.
func verbs() []verb {
	return []verb{
		{"as NAME on a phone", func(p *play, a map[string]string) {
			p.become(a["NAME"], func(l *webtest.Look) { *l = webtest.Phone(); l.Lang = string(p.lang) })
		}},
		{"as NAME by keyboard", func(p *play, a map[string]string) {
			p.become(a["NAME"], func(l *webtest.Look) { l.Keyboard = true })
		}},
		{"as NAME in the dark", func(p *play, a map[string]string) {
			p.become(a["NAME"], func(l *webtest.Look) { l.Dark = true })
		}},
		{"as NAME in another tab", func(p *play, a map[string]string) { p.inTab(a["NAME"]) }},
		{"as NAME", func(p *play, a map[string]string) { p.become(a["NAME"], func(*webtest.Look) {}) }},

		{"session is L", func(p *play, a map[string]string) {
			if got, status := p.session(); got != a["L"] {
				p.t.Errorf("the session is %q (status %d)", got, status)
			}
		}},
		{"session ends", func(p *play, _ map[string]string) {
			for end := time.Now().Add(2 * webtest.Patience); ; time.Sleep(50 * time.Millisecond) {
				got, _ := p.session()
				if got == "none" {
					return
				}
				if time.Now().After(end) {
					p.t.Fatalf("the session is %q still", got)
				}
			}
		}},
		{"level is L", func(p *play, a map[string]string) { p.data("level", a["L"]) }},
		{"state is S", func(p *play, a map[string]string) { p.data("state", a["S"]) }},
		{"turn is T", func(p *play, a map[string]string) { p.data("turn", a["T"]) }},
		{"outcome is O", func(p *play, a map[string]string) { p.data("outcome", a["O"]) }},
		{"NAME is resident N", someone("resident", "/demo/people")},
		{"NAME is newcomer N", someone("newcomer", "/demo/newcomers")},
		{"NAME is staff ROLE", func(p *play, a map[string]string) {
			var staff []map[string]any
			p.demo("/demo/staff", &staff)
			for _, s := range staff {
				if s["role"] == a["ROLE"] || s["login"] == a["ROLE"] {
					p.named[a["NAME"]] = s
					return
				}
			}
			p.t.Fatalf("nobody has the role %s", a["ROLE"])
		}},
		{"NAME is app KEY", func(p *play, a map[string]string) {
			p.named[a["NAME"]] = map[string]any{"totp_secret": strings.ReplaceAll(p.say(a["KEY"]), " ", "")}
		}},
		{"NAME is data ATTRIBUTE", func(p *play, a map[string]string) {
			v, ok := p.who().Page().Data(a["ATTRIBUTE"])
			if !ok {
				p.t.Fatalf("the page has no data-%s", a["ATTRIBUTE"])
			}
			p.named[a["NAME"]] = v
		}},
		{"clock to DAYS days before NAME is AGE", func(p *play, a map[string]string) {
			days, err := strconv.Atoi(a["DAYS"])
			age, err2 := strconv.Atoi(a["AGE"])
			born, err3 := time.Parse(time.DateOnly, p.value("$"+a["NAME"]+".birth_date"))
			if err := errors.Join(err, err2, err3); err != nil {
				p.t.Fatal(err)
			}
			ahead := time.Until(born.AddDate(age, 0, -days))
			p.lever("/demo/clock", url.Values{"advance": {fmt.Sprintf("PT%dH", int(ahead.Hours()))}})
		}},
		{"clock to HOURS hours before MOMENT", func(p *play, a map[string]string) {
			hours, err := strconv.Atoi(a["HOURS"])
			at, err2 := time.Parse(time.RFC3339, p.say(a["MOMENT"]))
			if err := errors.Join(err, err2); err != nil {
				p.t.Fatal(err)
			}
			ahead := time.Until(at) - time.Duration(hours)*time.Hour
			p.lever("/demo/clock", url.Values{"advance": {fmt.Sprintf("PT%dH", int(ahead.Hours()))}})
		}},
		{"NAME is the day in N days", func(p *play, a map[string]string) {
			n, err := strconv.Atoi(a["N"])
			zone, err2 := time.LoadLocation("Europe/Moscow")
			if err := errors.Join(err, err2); err != nil {
				p.t.Fatal(err)
			}
			p.named[a["NAME"]] = time.Now().In(zone).AddDate(0, 0, n).Format("02.01.2006")
		}},
		{"NAME is VALUE", func(p *play, a map[string]string) { p.named[a["NAME"]] = p.say(a["VALUE"]) }},

		{"open PATH", func(p *play, a map[string]string) { p.who().Open(p.say(a["PATH"])) }},
		{"reload", func(p *play, _ map[string]string) { p.who().Open(p.who().Page().URL.String()) }},
		{"fill every FIELD with VALUE", func(p *play, a map[string]string) { p.who().FillAll(p.say(a["FIELD"]), p.say(a["VALUE"])) }},
		{"fill FIELD with VALUE", func(p *play, a map[string]string) { p.who().Fill(p.say(a["FIELD"]), p.say(a["VALUE"])) }},
		{"choose OPTION in FIELD", func(p *play, a map[string]string) { p.who().Choose(p.say(a["OPTION"]), p.say(a["FIELD"])) }},
		{"tick FIELD", func(p *play, a map[string]string) { p.who().Tick(p.say(a["FIELD"]), true) }},
		{"untick FIELD", func(p *play, a map[string]string) { p.who().Tick(p.say(a["FIELD"]), false) }},
		{"attach FILE to FIELD", func(p *play, a map[string]string) {
			p.who().Attach(p.say(a["FIELD"]), filepath.Join(p.dir, "testdata", p.say(a["FILE"])))
		}},
		{"upload FILE to FIELD by BUTTON", func(p *play, a map[string]string) {
			p.who().Attach(p.say(a["FIELD"]), filepath.Join(p.dir, "testdata", p.say(a["FILE"])))
			if b, ok := p.who().(*webtest.Browser); !ok || b.Look.NoScript { // with scripts choosing is sending
				p.who().Press(p.say(a["BUTTON"]))
			}
		}},
		{"photograph FIELD", func(p *play, a map[string]string) {
			b, ok := p.who().(*webtest.Browser)
			if !ok || b.Look.NoScript { // a telephone without scripts hands the picture over as a file
				p.who().Attach(p.say(a["FIELD"]), filepath.Join(p.dir, "testdata", filmed))
				return
			}
			for _, key := range []string{"portal.original.camera", "portal.original.camera_shoot"} {
				words := p.lang.T(key)
				b.Await(words, func(page *webtest.Page) bool { return strings.Contains(page.Text(), words) })
				b.Press(words)
			}
			b.Await("the picture", func(page *webtest.Page) bool {
				return strings.Contains(page.Text(), p.lang.T("portal.original.camera_ready"))
			})
		}},
		{"sign in the page as resident N", (*play).signInPage},
		{"sign LINK as resident N by ALGORITHM to FIELD", (*play).sign},
		{"sign LINK as resident N to FIELD", (*play).sign},
		{"press BUTTON near WORDS", func(p *play, a map[string]string) { p.who().Press(p.say(a["BUTTON"]), near(a, p)...) }},
		{"press BUTTON", func(p *play, a map[string]string) { p.who().Press(p.say(a["BUTTON"])) }},
		{"follow LINK near WORDS", func(p *play, a map[string]string) { p.who().Follow(p.say(a["LINK"]), near(a, p)...) }},
		{"follow LINK", func(p *play, a map[string]string) { p.who().Follow(p.say(a["LINK"])) }},
		{"continue", func(p *play, _ map[string]string) {
			b, err := p.who().Page().Primary()
			if err != nil {
				p.t.Fatalf("%v", err)
			}
			p.who().Press(webtest.Name(b))
		}},

		{"see no WORDS", func(p *play, a map[string]string) {
			if page := p.who().Page(); p.pattern(a["WORDS"]).MatchString(page.Text()) {
				p.t.Errorf("it is there, on %s: %s", page.URL.Path, page.Text())
			}
		}},
		{"see WORDS", func(p *play, a map[string]string) {
			if !p.sees(a["WORDS"]) {
				page := p.who().Page()
				p.t.Errorf("%q is not there; %s reads: %s", p.forms(a["WORDS"]), page.URL.Path, page.Text())
			}
		}},
		{"wait for WORDS", func(p *play, a map[string]string) {
			what := p.pattern(a["WORDS"])
			p.who().Await(a["WORDS"], func(page *webtest.Page) bool { return what.MatchString(page.Text()) })
		}},
		{"in a while see WORDS", func(p *play, a map[string]string) {
			what := p.pattern(a["WORDS"])
			for end := time.Now().Add(10 * webtest.Patience); ; time.Sleep(200 * time.Millisecond) {
				page := p.who().Page()
				if what.MatchString(page.Text()) {
					return
				}
				if time.Now().After(end) {
					p.t.Fatalf("it has not come; %s reads: %s", page.URL.Path, page.Text())
				}
				if b, ok := p.who().(*webtest.Browser); !ok || b.Look.NoScript {
					p.who().Open(page.URL.String())
				}
			}
		}},
		{"field FIELD holds VALUE", func(p *play, a map[string]string) {
			if got, want := p.who().Value(p.say(a["FIELD"])), p.say(a["VALUE"]); webtest.Plain(got) != webtest.Plain(want) {
				p.t.Errorf("it holds «%s», not «%s»", got, want)
			}
		}},
		{"error WORDS", func(p *play, a map[string]string) {
			page := p.who().Page()
			if told := strings.Join(page.Errors(), "; "); page.Status != http.StatusUnprocessableEntity || !p.pattern(a["WORDS"]).MatchString(told) {
				p.t.Errorf("the page has status %d and the errors «%s»", page.Status, told)
			}
		}},
		{"at PATH", func(p *play, a map[string]string) {
			got, want := p.who().Page().URL.Path, p.say(a["PATH"])
			if ok, err := path.Match(want, got); err != nil || !ok {
				p.t.Errorf("they are at %s, not at %s", got, want)
			}
		}},
		{"paper LINK near WORDS says TEXT", (*play).paper},
		{"paper LINK says TEXT", (*play).paper},
		{"archive LINK says TEXT", (*play).archive},

		{"read CHANNEL to ADDRESS", func(p *play, a map[string]string) {
			channel, to := p.say(a["CHANNEL"]), p.say(a["ADDRESS"])
			patience := 2 * webtest.Patience
			if channel == "voice" { // what was heard is written down when the call is over
				patience *= 3
			}
			// Who is asked for a code looks for one: something else may have come before it.
			_, err := p.who().Page().Field("one-time-code")
			wanted := time.Now().Add(2 * time.Second)
			for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
				fresh := p.unread(channel, to)
				first := slices.IndexFunc(fresh, func(m message) bool { return codeIn.MatchString(linkIn.ReplaceAllString(m.Text, "")) })
				if err != nil || first < 0 && time.Now().After(wanted) {
					first = 0
				}
				if len(fresh) > 0 && first >= 0 {
					p.take(fresh[first])
					for _, m := range fresh {
						p.read[m] = true
					}
					return
				}
				if time.Now().After(end) {
					p.t.Fatalf("no new %s to %s has come", channel, to)
				}
			}
		}},
		{"no CHANNEL to ADDRESS", func(p *play, a map[string]string) {
			time.Sleep(500 * time.Millisecond) // one that must not come would come by now
			if fresh := p.unread(p.say(a["CHANNEL"]), p.say(a["ADDRESS"])); len(fresh) > 0 {
				p.t.Errorf("one has come: %s", fresh[0].Text)
			}
		}},
		{"clock advance DURATION", func(p *play, a map[string]string) { p.lever("/demo/clock", url.Values{"advance": {a["DURATION"]}}) }},
		{"fault SYSTEM MODE", func(p *play, a map[string]string) {
			p.lever("/demo/faults", url.Values{"system": {a["SYSTEM"]}, "mode": {a["MODE"]}})
		}},
		{"do PART with ARGS", func(p *play, a map[string]string) {
			words, err := split(a["ARGS"])
			if err != nil {
				p.t.Fatal(err)
			}
			for _, w := range words {
				name, value, ok := strings.Cut(w, "=")
				if !ok {
					p.t.Fatalf("%q is not NAME=VALUE", w)
				}
				if record, ok := p.named[strings.TrimPrefix(value, "$")].(map[string]any); ok && value[0] == '$' {
					p.named[name] = record
					continue
				}
				p.named[name] = p.say(value)
			}
			p.part(a["PART"])
		}},
		{"do PART", func(p *play, a map[string]string) { p.part(a["PART"]) }},
		{"axe", func(p *play, _ map[string]string) {
			if b, ok := p.who().(*webtest.Browser); ok {
				b.Axe()
			}
		}},
		{"shot NAME", func(p *play, a map[string]string) {
			if b, ok := p.who().(*webtest.Browser); ok {
				b.Shot(p.shots + "/" + a["NAME"])
			}
		}},
	}
}

// part plays a piece that several stories share.
func (p *play) part(name string) {
	p.t.Helper()
	steps, err := load(filepath.Join(p.dir, "parts", name+".txt"))
	if err != nil {
		p.t.Fatalf("%v", err)
	}
	p.walk(steps)
}

// session asks who is signed in, as a relying page would.
func (p *play) session() (level string, status int) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.world.URL()+"/api/session", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range p.who().Cookies() {
		r.AddCookie(c)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	var is struct{ Level string }
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode == http.StatusOK {
		err = json.Unmarshal(body, &is)
	}
	if err != nil {
		p.t.Fatalf("/api/session: %v: %.200s", err, body)
	}
	if resp.StatusCode == http.StatusUnauthorized {
		is.Level = "none"
	}
	return is.Level, resp.StatusCode
}

// sign plays the program by which a resident signs what a link gives, and gives the signature to a file field.
func (p *play) sign(a map[string]string) {
	p.t.Helper()
	n, err := strconv.Atoi(a["N"])
	if err != nil {
		p.t.Fatal(err)
	}
	given := p.who().Fetch(p.say(a["LINK"]))
	text, err := io.ReadAll(given.Body)
	if err != nil || given.StatusCode != http.StatusOK {
		p.t.Fatalf("the text has status %d: %v", given.StatusCode, err)
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "text.txt")
	if err == nil {
		_, err = part.Write(text)
	}
	if err := errors.Join(err, w.WriteField("resident", strconv.Itoa(n-1)), w.WriteField("algorithm", cmp.Or(a["ALGORITHM"], "ecdsa")), w.Close()); err != nil {
		p.t.Fatal(err)
	}
	resp, err := http.Post(p.world.URL()+"/demo/signatures/sign", w.FormDataContentType(), &form)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	signed, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatalf("the program answers %d: %v: %.200s", resp.StatusCode, err, signed)
	}
	file := filepath.Join(p.t.TempDir(), "text.txt.sig")
	if err := os.WriteFile(file, signed, 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.who().Attach(p.say(a["FIELD"]), file)
}

// archive takes a ZIP and reads the page in it.
func (p *play) archive(a map[string]string) {
	p.t.Helper()
	resp := p.who().Fetch(p.say(a["LINK"]))
	body, err := io.ReadAll(resp.Body)
	if kind := resp.Header.Get("Content-Type"); err != nil || resp.StatusCode != http.StatusOK || kind != "application/zip" {
		p.t.Fatalf("it is %q, status %d, %v", kind, resp.StatusCode, err)
	}
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		p.t.Fatalf("%v", err)
	}
	f, err := z.Open("index.html")
	if err != nil {
		p.t.Fatalf("%v", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	page, err := webtest.Parse(f)
	if err != nil {
		p.t.Fatalf("%v", err)
	}
	if reads := page.Text(); !p.pattern(a["TEXT"]).MatchString(reads) {
		p.t.Errorf("the page in the archive reads: %.2000s", reads)
	}
}

// paper takes a PDF and reads it.
func (p *play) paper(a map[string]string) {
	p.t.Helper()
	resp := p.who().Fetch(p.say(a["LINK"]), near(a, p)...)
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || kind != "application/pdf" {
		p.t.Fatalf("it is %q, status %d", kind, resp.StatusCode)
	}
	cmd := exec.CommandContext(p.t.Context(), "pdftotext", "-layout", "-", "-")
	cmd.Stdin, cmd.Stderr = resp.Body, os.Stderr
	text, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("pdftotext (scripts/need installs it): %v", err)
	}
	if reads := webtest.Plain(string(text)); !p.pattern(a["TEXT"]).MatchString(reads) {
		p.t.Errorf("the paper reads: %s", reads)
	}
}
