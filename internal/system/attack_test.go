package system

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	otlp "go.opentelemetry.io/proto/otlp/trace/v1"

	"okno/internal/access"
	"okno/internal/jobs/jobstest"
	"okno/internal/keyring"
	"okno/internal/store"
)

// attacker is somebody with a program instead of a browser: it follows nothing, and says of itself what it likes.
type attacker struct {
	base, from string
	http       *http.Client
}

func newAttacker(base, from string) *attacker {
	jar, _ := cookiejar.New(nil) // never fails
	return &attacker{base, from, &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// answer is what the attacker has to go by.
type answer struct {
	status int
	to     string // Location
	body   string
	set    []string // names of the cookies that were set
}

// send posts the pairs, or asks for the page when there are none. Headers come last, each as "Name: value".
func (a *attacker) send(t *testing.T, path string, form url.Values, headers ...string) answer {
	t.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	r, err := http.NewRequestWithContext(t.Context(), method, a.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("X-Forwarded-For", a.from)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	resp, err := a.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := answer{status: resp.StatusCode, to: resp.Header.Get("Location"), body: string(text)}
	for _, c := range resp.Cookies() {
		out.set = append(out.set, c.Name)
	}
	return out
}

// pairs makes a form of names and values.
func pairs(list ...string) url.Values {
	f := url.Values{}
	for i := 0; i+1 < len(list); i += 2 {
		f.Set(list[i], list[i+1])
	}
	return f
}

// requests are the lines that the log has of requests, in order. A line is written after its answer: it is waited for.
func (r *record) requests(t *testing.T, n int) []map[string]any {
	t.Helper()
	var out []map[string]any
	await(t, fmt.Sprintf("line %d of the log", n), func() bool {
		out = out[:0]
		for line := range strings.Lines(r.String()) {
			var m map[string]any
			if err := json.Unmarshal([]byte(line), &m); err == nil && m["msg"] == "request" {
				out = append(out, m)
			}
		}
		return len(out) >= n
	})
	return out
}

// differs is what differs between two honest answers of one sort: numbers of references and attempts, digits of times and contacts.
var differs = regexp.MustCompile(`[0-9a-hjkmnp-tv-z]{4}-[0-9a-hjkmnp-tv-z]{4}-[0-9a-hjkmnp-tv-z]{4}|\b[0-9a-hjkmnp-tv-z]{26}\b|[0-9]+`)

// What a stranger learns from at a door is what it says, and how long it takes. The first is compared as it is. The second is not
// measured here, as a machine of tests measures nothing well: it is compared by what takes the time, which is hashes of passwords,
// transactions and statements, all of them in their order. Times themselves are measured by okno bench (doors).
func TestNobodyLearnsFromAnyDoorWhetherAnAccountExists(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		spans := collect(t)
		s := demoSettings(t, engine)
		s.Traces = Traces{Endpoint: spans.URL, Ratio: 1}
		said := &record{}
		x := run(t, s, slog.New(slog.NewJSONHandler(said, nil)))
		known, err := x.Known()
		if err != nil {
			t.Fatal(err)
		}
		// The phones and e-mails of one that is Confirmed and has a second factor, of a newcomer, and of nobody.
		newcomer := newVisitor(s.URL, "203.0.113.7")
		if err := newcomer.register("Проверкина", "Анна", "phone", "+79123456789"); err != nil {
			t.Fatal(err)
		}
		if err := newVisitor(s.URL, "203.0.113.8").register("Проверкина", "Алла", "email", "alla@mail.example"); err != nil {
			t.Fatal(err)
		}
		confirmed, number := "", ""
		for _, p := range known.People {
			if a, err := x.Accounts.Get(t.Context(), x.DB, p.ID); err != nil {
				t.Fatal(err)
			} else if a.Level == access.Confirmed && p.Phone != "" {
				confirmed, number = p.Phone, a.Profile.SNILS
			}
		}
		if confirmed == "" || number == "" {
			t.Fatal("the demo knows nobody who is Confirmed")
		}
		const wrong = "Nevernyj-2026-reka"
		register := func(field string) func(string) []url.Values {
			return func(to string) []url.Values {
				return []url.Values{pairs("surname", "Проверкина", "given_name", "Анна", field, to, "terms", "on", "data", "on")}
			}
		}
		doors := []struct {
			name, field string
			paths       []string // each is posted to in turn; "GET " is asked for
			forms       func(to string) []url.Values
		}{
			{"sign-in", "phone", []string{"/signin", "/signin", "/signin", "/signin", "/signin", "/signin", "/signin"}, func(to string) []url.Values {
				return slices.Repeat([]url.Values{pairs("login", to, "password", wrong)}, 7) // the last ones are blocked
			}},
			{"sign-in by e-mail", "email", []string{"/signin"}, func(to string) []url.Values { return []url.Values{pairs("login", to, "password", wrong)} }},
			{"sign-in by SNILS", "snils", []string{"/signin", "/signin"}, func(to string) []url.Values {
				return slices.Repeat([]url.Values{pairs("login", to, "password", wrong)}, 2)
			}},
			{"recovery", "phone", []string{"/recover", "GET /recover/code", "/recover/resend", "/recover/call", "/recover/code", "/recover/code", "/recover/code", "/recover/code", "GET /recover/code"}, func(to string) []url.Values {
				code := pairs("code", "000001")
				return []url.Values{pairs("login", to), nil, {}, {}, code, code, code, code, nil}
			}},
			{"recovery by e-mail", "email", []string{"/recover", "GET /recover/code", "/recover/code"}, func(to string) []url.Values {
				return []url.Values{pairs("login", to), nil, pairs("code", "000001")}
			}},
			{"registration", "phone", []string{"/register", "GET /register/code", "/register/code"}, func(to string) []url.Values {
				return append(register("phone")(to), nil, pairs("code", "000001"))
			}},
			{"the desk", "login", []string{"/desk/signin", "/desk/signin", "/desk/signin", "/desk/signin", "/desk/signin", "/desk/signin", "/desk/signin"}, func(to string) []url.Values {
				return slices.Repeat([]url.Values{pairs("login", to, "password", wrong, "code", "123456")}, 7)
			}},
			{"registration by e-mail", "email", []string{"/register", "GET /register/code"}, func(to string) []url.Values { return append(register("email")(to), nil) }},
		}
		type step struct {
			door, who  string
			seen       answer
			statements any
			trace      string
		}
		var steps [][]step // of one door and step, what each contact met
		n := len(said.requests(t, 0))
		for i, d := range doors {
			people := map[string]string{"nobody": "+79123456780", "newcomer": "+79123456789", "confirmed": confirmed}
			switch d.field {
			case "email":
				people = map[string]string{"nobody": "anna@mail.example", "newcomer": "alla@mail.example"}
			case "snils":
				people = map[string]string{"nobody": "11223344595", "confirmed": number}
			case "login":
				people = map[string]string{"nobody": "petrova", "newcomer": known.Staff[0].Login}
			}
			of := make([][]step, len(d.paths))
			for j, who := range []string{"nobody", "newcomer", "confirmed"} {
				to, there := people[who]
				if !there {
					continue
				}
				a := newAttacker(s.URL, fmt.Sprintf("198.51.%d.%d", 10*i+j, i+1))
				a.send(t, "/signin", nil) // the browser has its name
				n++
				for k, form := range d.forms(to) {
					jobstest.Settle(t, x.Jobs) // nothing else writes meanwhile
					path := strings.TrimPrefix(d.paths[k], "GET ")
					got := a.send(t, path, form)
					n++
					line := said.requests(t, n)[n-1]
					got.body = differs.ReplaceAllString(strings.ReplaceAll(got.body, to, "N"), "N")
					got.to = differs.ReplaceAllString(got.to, "N")
					of[k] = append(of[k], step{d.name + ": " + d.paths[k], who, got, line["statements"], fmt.Sprint(line["trace"])})
				}
			}
			steps = append(steps, of...)
		}
		x.stop() // which sends what was not sent yet
		if spans.wrong != nil {
			t.Fatal(spans.wrong)
		}
		hashes := 0
		for _, of := range steps {
			first := of[0]
			work, collided := spans.work(first.trace)
			hashes += strings.Count(work, "password.hash")
			for _, other := range of[1:] {
				if first.seen.status != other.seen.status || first.seen.to != other.seen.to || !slices.Equal(first.seen.set, other.seen.set) {
					t.Errorf("%s: %s meets %d %s %v, %s meets %d %s %v", first.door, first.who, first.seen.status, first.seen.to, first.seen.set, other.who, other.seen.status, other.seen.to, other.seen.set)
				}
				if first.seen.body != other.seen.body {
					t.Errorf("%s: the page of %s is another than that of %s:\n%s", first.door, first.who, other.who, apart(first.seen.body, other.seen.body))
				}
				its, again := spans.work(other.trace)
				if work != its {
					t.Errorf("%s: %s costs %s, %s costs %s", first.door, first.who, work, other.who, its)
				}
				if !collided && !again && first.statements != other.statements {
					t.Errorf("%s: %s costs %v statements, %s costs %v", first.door, first.who, first.statements, other.who, other.statements)
				}
			}
		}
		if hashes < 5 {
			t.Errorf("%d hashes were seen at sign-in: what takes the time was not compared", hashes)
		}
	})
}

// work is what a request did that takes time, in order, and whether a transaction of it had to be tried again.
func (c *listener) work(trace string) (work string, collided bool) {
	var of []*otlp.Span
	for _, s := range c.spans {
		if hex.EncodeToString(s.TraceId) == trace && len(s.ParentSpanId) > 0 {
			of = append(of, s)
			collided = collided || says(s, "okno.tries") > "1"
		}
	}
	slices.SortFunc(of, func(a, b *otlp.Span) int { return int(a.StartTimeUnixNano) - int(b.StartTimeUnixNano) }) //nolint:gosec // they differ by seconds
	var names []string
	for _, s := range of {
		names = append(names, s.Name)
	}
	return strings.Join(names, " "), collided
}

// apart is where two texts part.
func apart(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	from := max(0, n-80)
	return fmt.Sprintf("…%s\n…%s", a[from:min(len(a), n+120)], b[from:min(len(b), n+120)])
}

// A form that stands on another site, sent by the browser of somebody who is signed in, with their cookies: every route that takes
// a POST refuses it, before a statement is spent.
func TestNoFormOfThePortalTakesWhatAnotherSiteSends(t *testing.T) {
	said := &record{}
	x, err := New(t.Context(), demoSettings(t, store.SQLite), slog.New(slog.NewJSONHandler(said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	front := httptest.NewServer(x.Web)
	t.Cleanup(front.Close)
	known, err := x.Known()
	if err != nil {
		t.Fatal(err)
	}
	a := newAttacker(front.URL, "203.0.113.7")
	victim := known.People[0]
	if got := a.send(t, "/signin", pairs("login", victim.Phone, "password", victim.Password), "Sec-Fetch-Site: same-origin"); got.status != http.StatusSeeOther {
		t.Fatalf("the victim does not sign in: %d", got.status)
	}
	n, tried := len(said.requests(t, 1)), 0
	before := len(everyRow(t, x.DB, `SELECT id FROM audit_event`))
	place := regexp.MustCompile(`\{[^}]*\}`)
	for _, route := range x.Web.Routes() {
		path, ok := strings.CutPrefix(route, "POST ")
		if !ok {
			continue
		}
		path = place.ReplaceAllString(path, "01k0000000000000000000000a")
		for name, headers := range map[string][]string{
			"another site":         {"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"},
			"a neighbour's site":   {"Sec-Fetch-Site: same-site", "Origin: https://other.localhost"},
			"an old browser":       {"Origin: https://evil.example"},
			"a page of no address": {"Origin: null"},
		} {
			got := a.send(t, path, pairs("a", "b"), headers...)
			n++
			tried++
			line := said.requests(t, n)[n-1]
			if got.status != http.StatusForbidden || len(got.set) > 0 || line["statements"] != 0.0 {
				t.Errorf("%s takes a form of %s: %d, sets %v, %v statements", route, name, got.status, got.set, line["statements"])
			}
		}
	}
	if tried < 200 {
		t.Errorf("only %d forms were tried", tried)
	}
	if after := len(everyRow(t, x.DB, `SELECT id FROM audit_event`)); after != before {
		t.Errorf("%d things were done", after-before)
	}
}

// Many browsers, each from a network of its own, ask for codes to one phone and guess: no more is judged than the policy allows a
// day, the owner is told nothing but the codes, and comes in meanwhile.
func TestCodesAreNotGuessedFromManyBrowsersAndNetworks(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		x := run(t, demoSettings(t, engine), discard)
		const phone = "+79123456789"
		owner := newVisitor(x.Settings.URL, "203.0.113.7")
		if err := owner.register("Проверкина", "Анна", "phone", phone); err != nil {
			t.Fatal(err)
		}
		judged, asked, refused := 0, 0, 0
		for hour := range 12 {
			for i := range 10 {
				bot := newAttacker(x.Settings.URL, fmt.Sprintf("198.51.%d.7", 10*hour+i))
				if got := bot.send(t, "/recover", pairs("login", phone)); got.status != http.StatusSeeOther {
					refused++
					continue
				}
				asked++
				for range 5 {
					if bot.send(t, "/recover/code", pairs("code", "000001")).status == http.StatusUnprocessableEntity {
						judged++
					}
				}
			}
			if err := x.clock.advance(time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		most := x.Policy.Code.GuessRule("recover", false).Max
		if judged == 0 || judged > most || refused == 0 {
			t.Errorf("of 600 guesses %d were judged, with %d attempts and %d refused; a day has %d", judged, asked, refused, most)
		}
		if err := owner.signIn(phone); err != nil {
			t.Errorf("the owner, in the owner's browser: %v", err)
		}
		if _, err := owner.post("/recover", "/recover/code", "login", phone); err != nil {
			t.Errorf("the owner recovers meanwhile: %v", err)
		}
	})
}

// What is too large for any password is refused before a hash is computed, alike for accounts that are there and that are not.
func TestAPasswordOfAMegabyteCostsNoHash(t *testing.T) {
	spans := collect(t)
	s := demoSettings(t, store.SQLite)
	s.Traces = Traces{Endpoint: spans.URL, Ratio: 1}
	said := &record{}
	x := run(t, s, slog.New(slog.NewJSONHandler(said, nil)))
	v := newVisitor(s.URL, "203.0.113.7")
	const phone = "+79123456789"
	if err := v.register("Проверкина", "Анна", "phone", phone); err != nil {
		t.Fatal(err)
	}
	a := newAttacker(s.URL, "198.51.100.7")
	a.http.Jar = v.http.Jar // the pages of whoever is signed in are tried too
	n := len(said.requests(t, 1))
	var traces []string
	for _, length := range []int{1 << 19, 20_000, keyring.MaxPassword + 1} {
		huge := strings.Repeat("Ы", length)
		for _, d := range []struct {
			path string
			form url.Values
		}{
			{"/signin", pairs("login", phone, "password", huge)},
			{"/signin", pairs("login", "+79123456780", "password", huge)},
			{"/desk/signin", pairs("login", "smirnova", "password", huge, "code", "123456")},
			{"/register/password", pairs("password", huge, "password_again", huge)},
			{"/recover/password", pairs("password", huge, "password_again", huge)},
			{"/signin/again", pairs("by", "password", "password", huge)},
			{"/cabinet/data/copy", pairs("password", huge)},
			{"/cabinet/contacts", pairs("contact", "anna@mail.example", "password", huge)},
			{"/api/check", pairs("field", "password", "value", huge)},
		} {
			began := time.Now()
			got := a.send(t, d.path, d.form)
			n++
			line := said.requests(t, n)[n-1]
			traces = append(traces, fmt.Sprint(line["trace"]))
			if length == 1<<19 && got.status != http.StatusRequestEntityTooLarge || got.status >= 500 {
				t.Errorf("%s takes %d bytes of a password with %d, in %s", d.path, len(huge), got.status, time.Since(began))
			}
			if strings.Contains(got.body, huge[:1000]) {
				t.Errorf("%s sends the password back", d.path)
			}
		}
	}
	x.stop()
	for _, id := range traces {
		if work, _ := spans.work(id); strings.Contains(work, "password.hash") {
			t.Errorf("a password that nobody can have was hashed: %s", work)
		}
	}
}

// A letter's link is the portal's, whatever the request says of the host, and under another name nothing is sent at all.
func TestNoLetterLeadsToAHostThatARequestNamed(t *testing.T) {
	x := run(t, demoSettings(t, store.SQLite), discard)
	const mail = "anna@mail.example"
	v := newVisitor(x.Settings.URL, "203.0.113.7")
	if err := v.register("Проверкина", "Анна", "email", mail); err != nil {
		t.Fatal(err)
	}
	before, err := v.texts(mail)
	if err != nil {
		t.Fatal(err)
	}
	for i, headers := range [][]string{
		{"Host: evil.example"}, {"Host: localhost.evil.example"}, {"Host: evil.example:80", "X-Forwarded-Host: localhost"}, {"Host: localhost@evil.example"},
		{"X-Forwarded-Host: evil.example"}, {"Forwarded: host=evil.example;proto=https"}, {"X-Host: evil.example", "X-Forwarded-Server: evil.example", "X-Original-Url: //evil.example/"},
	} {
		a := newAttacker(x.Settings.URL, fmt.Sprintf("198.51.%d.7", i))
		got := a.send(t, "/recover", pairs("login", mail), headers...)
		named := strings.HasPrefix(headers[0], "Host")
		if named && got.status != http.StatusMisdirectedRequest && got.status != http.StatusBadRequest {
			t.Errorf("%v: %d", headers, got.status)
		}
		if !named && (got.status != http.StatusSeeOther || got.to != "/recover/code") {
			t.Errorf("%v: %d to %s", headers, got.status, got.to)
		}
	}
	jobstest.Settle(t, x.Jobs)
	after, err := v.texts(mail)
	if err != nil || len(after) != len(before)+3 {
		t.Fatalf("%d letters for three requests, %v", len(after)-len(before), err)
	}
	for _, text := range after {
		if strings.Contains(text, "evil") || !strings.Contains(text, x.Settings.URL+"/") {
			t.Errorf("the letter leads elsewhere: %s", text)
		}
	}
}
