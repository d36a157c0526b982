package identity_test

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/credential"
	"okno/internal/keyring"
	"okno/internal/passkey"
	"okno/internal/passkey/passkeytest"
	sandbox "okno/internal/sandbox/authority"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// program is what an attacker has instead of a browser: it follows nothing, and sends what it likes over a connection.
type program struct {
	base string
	http *http.Client
}

// programs begins a server of the pages, and makes programs that talk to it, each with cookies of its own.
func (x *portal) programs(t *testing.T) func() *program {
	t.Helper()
	front := httptest.NewServer(x.server)
	t.Cleanup(front.Close)
	return func() *program {
		jar, _ := cookiejar.New(nil) // never fails
		p := &program{front.URL, &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
		return p
	}
}

// got is an answer.
type got struct {
	status int
	to     string
	body   string
	later  string // Retry-After
}

func (g got) String() string { return fmt.Sprintf("%d to %q", g.status, g.to) }

func (p *program) do(t *testing.T, method, path, kind string, body io.Reader) got {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.base+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	resp, err := p.http.Do(r)
	if err != nil {
		t.Error(err)
		return got{}
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return got{resp.StatusCode, resp.Header.Get("Location"), string(text), resp.Header.Get("Retry-After")}
}

func (p *program) get(t *testing.T, path string) got {
	t.Helper()
	return p.do(t, http.MethodGet, path, "", nil)
}

func (p *program) post(t *testing.T, path string, pairs ...string) got {
	t.Helper()
	f := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return p.do(t, http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(f.Encode()))
}

func (p *program) file(t *testing.T, path string, data []byte) got {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("signature", "text.sig")
	if err != nil {
		t.Fatal(err)
	}
	part.Write(data) //nolint:errcheck // a buffer
	w.Close()        //nolint:errcheck // a buffer
	return p.do(t, http.MethodPost, path, w.FormDataContentType(), &body)
}

func (p *program) cookie(name string) string {
	at, _ := url.Parse(p.base)
	for _, c := range p.http.Jar.Cookies(at) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// plant puts a cookie into the program's browser, as a neighbour under the same domain or a fault of another page could.
func (p *program) plant(name, value string) {
	at, _ := url.Parse(p.base)
	p.http.Jar.SetCookies(at, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// opens reports whether the token is a session.
func (x *portal) opens(token string) bool {
	_, err := x.Credentials.Check(context.Background(), token)
	return err == nil
}

const session, browserName, half = "okno_session", "okno_browser", "okno_second"

func TestASessionThatSomebodyPlantedIsNeverTheOwners(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		mallory := x.Register(t, signintest.Visitor("mallory"), email)
		anybody := x.programs(t)
		for name, planted := range map[string]string{"a value of the right form": strings.Repeat("A", 43), "a session of the attacker's": mallory} {
			victim := anybody()
			victim.plant(session, planted)
			if planted == mallory && !x.opens(planted) {
				t.Fatal("the attacker's session is none")
			}
			if g := victim.post(t, "/signin", "login", phone, "password", signintest.Password); g.status != http.StatusSeeOther || g.to != "/cabinet" {
				t.Fatalf("%s: %v", name, g)
			}
			if fresh := victim.cookie(session); fresh == planted || !x.opens(fresh) {
				t.Errorf("%s: it is the owner's session now", name)
			}
			if x.opens(planted) {
				t.Errorf("%s: it opens something after the owner has signed in", name)
			}
		}
		// Each sign-in has a session of its own, and the one before it in this browser ends.
		victim := anybody()
		victim.post(t, "/signin", "login", phone, "password", signintest.Password)
		first := victim.cookie(session)
		victim.post(t, "/signin", "login", phone, "password", signintest.Password)
		if second := victim.cookie(session); second == first || x.opens(first) || !x.opens(second) {
			t.Error("the session of before goes on")
		}
	})
}

// Whoever has copied the cookie of an open session must not have what its owner opens by proving again.
func TestAProofAgainGivesTheSessionAnotherToken(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		owner := x.programs(t)()
		owner.post(t, "/signin", "login", phone, "password", signintest.Password)
		for name, prove := range map[string]func() got{
			"on the page of proving": func() got { return owner.post(t, "/signin/again", "by", "password", "password", signintest.Password) },
			"with a form": func() got {
				return owner.post(t, "/cabinet/contacts", "contact", email, "password", signintest.Password)
			},
		} {
			x.clock.Advance(x.Policy.Session.Fresh + time.Minute)
			copied := owner.cookie(session)
			before, err := x.Credentials.Check(t.Context(), copied)
			if err != nil {
				t.Fatal(err)
			}
			if g := prove(); g.status != http.StatusSeeOther {
				t.Fatalf("%s: %v", name, g)
			}
			after, err := x.Credentials.Check(t.Context(), owner.cookie(session))
			if err != nil || after.ID != before.ID || !x.SignIn.Fresh(after.Actor()) {
				t.Errorf("%s: the owner's session: %+v, %v", name, after, err)
			}
			if x.opens(copied) {
				t.Errorf("%s: what was copied before is a fresh session now", name)
			}
			// The form was sent twice, with the cookie of before: the browser keeps the new one.
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/signin/again", strings.NewReader("by=password"))
			r.Host, r.Header = "localhost:8080", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Cookie": {session + "=" + copied}}
			w := httptest.NewRecorder()
			x.server.ServeHTTP(w, r)
			for _, c := range w.Result().Cookies() {
				if c.Name == session {
					t.Errorf("%s: the second sending takes the session away", name)
				}
			}
		}
	})
}

func TestASessionEndsWithItsDayHoweverBusyItIs(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		token := x.Register(t, signintest.Visitor("anna"), phone)
		life := x.Policy.Session.Simplified
		for past := time.Duration(0); past+life.Idle/2 < life.Absolute; past += life.Idle / 2 {
			x.clock.Advance(life.Idle / 2)
			if !x.opens(token) {
				t.Fatalf("a session in use has ended before its day, after %s", past)
			}
		}
		x.clock.Advance(life.Idle / 2)
		if x.opens(token) {
			t.Error("a session outlives its day")
		}
	})
}

func TestASignInThatWaitsIsOfNoUseInAnotherBrowser(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.confirmed(t, phone)
		anybody := x.programs(t)
		owner, thief, victim := anybody(), anybody(), anybody()
		if g := owner.post(t, "/signin", "login", phone, "password", signintest.Password); g.to != "/signin/second" {
			t.Fatal(g)
		}
		code := x.Code(t, phone)
		thief.get(t, "/signin")
		victim.get(t, "/signin")
		for name, p := range map[string]*program{"a thief who has copied the cookie": thief, "a browser into which it was planted": victim} {
			p.plant(half, owner.cookie(half))
			if g := p.post(t, "/signin/second", "code", code); g.to != "/signin" || p.cookie(session) != "" {
				t.Errorf("%s: %v", name, g)
			}
		}
		if g := owner.post(t, "/signin/second", "code", code); g.to != "/cabinet" || !x.opens(owner.cookie(session)) {
			t.Errorf("the owner: %v", g)
		}
	})
}

// At a computer that many use somebody writes the cookies down and waits for the next who has forgotten a password.
func TestWhoHasCopiedABrowsersCookiesTakesOverNoRecoveryInIt(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		x.Register(t, signintest.Visitor("boris"), email)
		const theirs, own = "Drugoj-parol-77!", "Novyj-parol-2026!"
		for _, to := range []string{phone, email} {
			x.clock.Advance(2 * time.Minute)
			anybody := x.programs(t)
			owner, thief := anybody(), anybody()
			owner.get(t, "/signin")
			thief.plant(browserName, owner.cookie(browserName))
			owner.post(t, "/recover", "login", to)
			prove := func() got { return owner.post(t, "/recover/code", "code", x.Code(t, to)) }
			if to == email {
				owner.get(t, regexp.MustCompile(`/recover/link\?t=\S+`).FindString(x.Last(t, to).Body))
				prove = func() got { return owner.post(t, "/recover/link") }
			}
			if g := prove(); g.to != "/recover/password" {
				t.Fatal(g)
			}
			for _, g := range []got{thief.get(t, "/recover/password"), thief.post(t, "/recover/password", "password", theirs, "password_again", theirs)} {
				if g.to != "/recover" || thief.cookie(session) != "" {
					t.Errorf("%s: the thief goes on in the owner's place: %v", to, g)
				}
			}
			if g := owner.get(t, "/recover"); g.to != "/recover/password" {
				t.Errorf("%s: the owner has lost it: %v", to, g)
			}
			if g := owner.post(t, "/recover/password", "password", own, "password_again", own); g.to != "/cabinet" {
				t.Errorf("%s: the owner: %v", to, g)
			}
		}
	})
}

func TestWhoHasCopiedABrowsersCookiesTakesOverNoRegistrationInIt(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		anybody := x.programs(t)
		owner, thief := anybody(), anybody()
		owner.get(t, "/register")
		copied := func() { thief.plant(browserName, owner.cookie(browserName)) }
		copied()
		if g := owner.post(t, "/register", "surname", "Проверкина", "given_name", "Анна", "phone", phone, "terms", "on", "data", "on"); g.to != "/register/code" {
			t.Fatal(g)
		}
		if g := thief.get(t, "/register"); strings.Contains(g.body, "Проверкина") || g.to != "" {
			t.Errorf("the thief comes to what the owner has typed: %v", g)
		}
		if g := owner.post(t, "/register/code", "code", x.Code(t, phone)); g.to != "/register/password" {
			t.Fatal(g)
		}
		const theirs = "Drugoj-parol-77!"
		for _, g := range []got{thief.get(t, "/register/password"), thief.post(t, "/register/password", "password", theirs, "password_again", theirs)} {
			if g.to != "/register" || thief.cookie(session) != "" {
				t.Errorf("the thief goes on in the owner's place: %v", g)
			}
		}
		if g := thief.get(t, "/register"); strings.Contains(g.body, "Проверкина") {
			t.Error("the thief reads the owner's name")
		}
		if g := owner.post(t, "/register/password", "password", signintest.Password, "password_again", signintest.Password); g.to != "/cabinet/welcome" {
			t.Errorf("the owner: %v", g)
		}

		// The same with a signature, from which somebody who has no account is about to register.
		owner.post(t, "/signout")
		copied()
		at := owner.post(t, "/signin/signature").to
		if g := owner.file(t, at, x.signature(t, owner, at)); g.to != "/register/signature" {
			t.Fatal(g)
		}
		for _, g := range []got{thief.get(t, "/register/signature"), thief.post(t, "/register/signature", "phone", "+79160000000", "terms", "on", "data", "on")} {
			if g.to != "/register" {
				t.Errorf("the thief registers under the owner's name: %v", g)
			}
		}
		if g := owner.get(t, "/register/signature"); g.status != http.StatusOK {
			t.Errorf("the owner: %v", g)
		}
	})
}

func TestWhatHasOpenedSomethingOpensNothingAgain(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		ctx := t.Context()
		token := x.Register(t, signintest.Visitor("home"), phone)
		s, err := x.Credentials.Check(ctx, token)
		if err != nil {
			t.Fatal(err)
		}
		who, device, home := s.Actor(), passkeytest.New(), signintest.Visitor("home")
		c, err := x.SignIn.AddKey(ctx, who, home)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.SignIn.KeepKey(ctx, who, home, c.ID, "", device.Make(t, base, c)); err != nil {
			t.Fatal(err)
		}
		anybody := x.programs(t)

		t.Run("a passkey's answer", func(t *testing.T) {
			p, thief := anybody(), anybody()
			c := challengeOn(t, p.get(t, "/signin/passkey"))
			answer := string(device.Sign(t, base, c))
			if g := p.post(t, "/signin/passkey", "challenge", c.ID, "answer", answer); g.to != "/cabinet" {
				t.Fatal(g)
			}
			p.post(t, "/signout")
			thief.plant(browserName, p.cookie(browserName)) // which it cannot have
			other := challengeOn(t, thief.get(t, "/signin/passkey"))
			for name, again := range map[string]got{
				"to the same challenge": p.post(t, "/signin/passkey", "challenge", c.ID, "answer", answer),
				"elsewhere":             thief.post(t, "/signin/passkey", "challenge", c.ID, "answer", answer),
				"to another challenge":  thief.post(t, "/signin/passkey", "challenge", other.ID, "answer", answer),
			} {
				if again.status != http.StatusConflict || p.cookie(session)+thief.cookie(session) != "" {
					t.Errorf("%s: %v", name, again)
				}
			}
		})

		t.Run("a signature", func(t *testing.T) {
			p, thief := anybody(), anybody()
			at := p.post(t, "/signin/signature").to
			file := x.signature(t, p, at)
			if g := p.file(t, at, file); g.to != "/register/signature" {
				t.Fatal(g)
			}
			p.post(t, "/register/signature/drop")
			next, theirs := p.post(t, "/signin/signature").to, thief.post(t, "/signin/signature").to
			for name, again := range map[string]got{"of the same text": p.file(t, at, file), "of another text": p.file(t, next, file), "elsewhere": thief.file(t, at, file), "elsewhere, of another text": thief.file(t, theirs, file)} {
				if again.to == "/register/signature" || again.to == "/cabinet" || again.status >= 500 || again.status == 200 {
					t.Errorf("%s: %v", name, again)
				}
			}
			for _, p := range []*program{p, thief} {
				if g := p.get(t, "/register/signature"); g.status == http.StatusOK {
					t.Error("somebody registers from a signature that was used")
				}
			}
		})

		t.Run("a code of recovery", func(t *testing.T) {
			x.clock.Advance(2 * time.Minute)
			p, thief := anybody(), anybody()
			p.post(t, "/recover", "login", phone)
			code := x.Code(t, phone)
			if g := p.post(t, "/recover/code", "code", code); g.to != "/recover/password" {
				t.Fatal(g)
			}
			x.clock.Advance(2 * time.Minute)
			thief.post(t, "/recover", "login", phone)
			if g := thief.post(t, "/recover/code", "code", code); g.status != http.StatusUnprocessableEntity && code != x.Code(t, phone) {
				t.Errorf("elsewhere: %v", g)
			}
			const fresh = "Novyj-parol-2026!"
			if g := p.post(t, "/recover/password", "password", fresh, "password_again", fresh); g.to != "/cabinet" {
				t.Fatal(g)
			}
			p.post(t, "/signout")
			for _, path := range []string{"/recover/code", "/recover/password"} {
				if g := p.post(t, path, "code", code, "password", "Drugoj-parol-77!", "password_again", "Drugoj-parol-77!"); g.to != "/recover" {
					t.Errorf("%s once more: %v", path, g)
				}
			}
		})

		t.Run("a link", func(t *testing.T) {
			x.Register(t, signintest.Visitor("boris"), email)
			p, thief := anybody(), anybody()
			p.post(t, "/recover", "login", email)
			m := regexp.MustCompile(`/recover/link\?t=\S+`).FindString(x.Last(t, email).Body)
			p.get(t, m)
			thief.get(t, m) // somebody reads the letter too, before it is used
			if g := p.post(t, "/recover/link"); g.to != "/recover/password" {
				t.Fatal(g)
			}
			if g := thief.post(t, "/recover/link"); g.status != http.StatusNotFound {
				t.Errorf("once more: %v", g)
			}
			if g := thief.post(t, "/recover/password", "password", "Drugoj-parol-77!", "password_again", "Drugoj-parol-77!"); g.to != "/recover" {
				t.Errorf("who did not use it sets a password: %v", g)
			}
		})

		t.Run("a code of an app", func(t *testing.T) {
			browser := x.browser(t)
			browser.Open("/signin")
			signIn(browser, email, signintest.Password)
			secret := x.setUp(t, browser)
			code := x.appCode(t, secret)
			p, thief := anybody(), anybody()
			for _, p := range []*program{p, thief} {
				if g := p.post(t, "/signin", "login", email, "password", signintest.Password); g.to != "/signin/second" {
					t.Fatal(g)
				}
			}
			if g := p.post(t, "/signin/second", "code", code); g.to != "/cabinet" {
				t.Fatal(g)
			}
			if g := thief.post(t, "/signin/second", "code", code); g.status != http.StatusUnprocessableEntity || thief.cookie(session) != "" {
				t.Errorf("elsewhere: %v", g)
			}
		})
	})
}

var (
	asking  = regexp.MustCompile(`data-options="([^"]*)"`)
	askedAs = regexp.MustCompile(`name="challenge" value="([^"]*)"`)
)

// challengeOn is the challenge that a page holds for the script.
func challengeOn(t *testing.T, page got) passkey.Challenge {
	t.Helper()
	o, c := asking.FindStringSubmatch(page.body), askedAs.FindStringSubmatch(page.body)
	if o == nil || c == nil {
		t.Fatalf("no challenge on the page: %v", page)
	}
	return passkey.Challenge{ID: c[1], Options: []byte(html.UnescapeString(o[1]))}
}

// signature is Anna's signature of the text at the address.
func (x *signed) signature(t *testing.T, p *program, at string) []byte {
	t.Helper()
	text := p.get(t, at+"/text")
	if text.status != http.StatusOK {
		t.Fatalf("no text at %q: %v", at, text)
	}
	i, err := x.ca.Person(t.Context(), sandbox.ECDSA, anna)
	if err != nil {
		t.Fatal(err)
	}
	file, err := i.Sign(t.Context(), []byte(text.body), sandbox.Form{})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// crowd is how many do the same at once.
const crowd = 8

// atOnce runs the act of each of a crowd, all beginning together.
func atOnce(act func(i int) got) []got {
	out, begin := make([]got, crowd), make(chan struct{})
	var wg sync.WaitGroup
	for i := range out {
		wg.Go(func() {
			<-begin
			out[i] = act(i)
		})
	}
	close(begin)
	wg.Wait()
	return out
}

func TestOfManyWhoUseOneCodeAtOnceOneComesIn(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		who := x.confirmed(t, phone)
		anybody := x.programs(t)
		sessions := func() (n int) {
			t.Helper()
			if err := x.DB.QueryRow(t.Context(), `SELECT count(*) FROM session WHERE owner_id = $1`, who).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := sessions()
		p := anybody()
		if g := p.post(t, "/signin", "login", phone, "password", signintest.Password); g.to != "/signin/second" {
			t.Fatal(g)
		}
		code := x.Code(t, phone)
		all := atOnce(func(int) got { return p.post(t, "/signin/second", "code", code) })
		if n := sessions() - before; n != 1 {
			t.Errorf("one code opened %d sessions: %v", n, all)
		}
		for _, g := range all {
			switch g.status {
			case http.StatusSeeOther, http.StatusUnprocessableEntity, http.StatusTooManyRequests: // in, wrong, and wrong once too often
			default:
				t.Errorf("one who came late meets %v", g)
			}
		}
	})
}

func TestOfManyWhoOpenOneLinkAtOnceOneRecovers(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), email)
		anybody := x.programs(t)
		anybody().post(t, "/recover", "login", email)
		link := regexp.MustCompile(`/recover/link\?t=\S+`).FindString(x.Last(t, email).Body)
		var readers []*program
		for range crowd {
			p := anybody()
			p.get(t, link)
			readers = append(readers, p)
		}
		won := -1
		for i, g := range atOnce(func(i int) got { return readers[i].post(t, "/recover/link") }) {
			switch {
			case g.to == "/recover/password" && won < 0:
				won = i
			case g.status != http.StatusNotFound:
				t.Errorf("another reader of the letter meets %v", g)
			}
		}
		if won < 0 {
			t.Fatal("nobody recovers")
		}
		// The one who won presses the button many times, each time with another password: one is set, and one session opened.
		password := func(i int) string { return fmt.Sprintf("Reka-%d-Enisej", i) }
		all := atOnce(func(i int) got {
			return readers[won].post(t, "/recover/password", "password", password(i), "password_again", password(i))
		})
		set := 0
		for i := range crowd {
			_, err := x.SignIn.SignIn(t.Context(), signintest.Visitor(fmt.Sprint("later", i)), email, password(i))
			if err == nil {
				set++
			}
		}
		var sessions int
		if err := x.DB.QueryRow(t.Context(), `SELECT count(*) FROM session`).Scan(&sessions); err != nil {
			t.Fatal(err)
		}
		if set != 1 || sessions != 2 {
			t.Errorf("%d passwords hold, %d sessions are open: %v", set, sessions, all)
		}
	})
}

// What cannot be hashed in time is not looked at: it costs no try, and whoever waits is told when to come back.
func TestWhoSignsInInAFloodIsToldWhenToComeBack(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		usual := x.SignIn.Hasher
		x.SignIn.Hasher = keyring.NewHasher(x.Ring, keyring.HasherConfig{Workers: 1, MaxQueue: 1}) // at the usual cost: of nobody's password
		t.Cleanup(x.SignIn.Hasher.Close)
		anybody := x.programs(t)
		var all []*program
		for range crowd {
			all = append(all, anybody())
		}
		turned, judged := 0, 0
		for round := 0; turned == 0 && round < 10; round++ {
			for i, g := range atOnce(func(i int) got {
				return all[i].post(t, "/signin", "login", fmt.Sprintf("+7912000%02d%02d", round, i), "password", "Nevernyj-2026!")
			}) {
				switch g.status {
				case http.StatusServiceUnavailable:
					turned++
					if g.later == "" || !strings.Contains(g.body, fmt.Sprintf("+7912000%02d%02d", round, i)) {
						t.Errorf("no word on when to come back, or what was typed is lost: %q", g.later)
					}
				case http.StatusUnprocessableEntity:
					judged++
				default:
					t.Errorf("one of a crowd: %v", g)
				}
			}
		}
		if turned == 0 || judged == 0 {
			t.Errorf("%d were told to come back, %d were judged", turned, judged)
		}
		x.SignIn.Hasher = usual
		if g := all[0].post(t, "/signin", "login", phone, "password", signintest.Password); g.to != "/cabinet" {
			t.Errorf("afterwards: %v", g)
		}
	})
}

// Elsewhere are addresses that lead away from the portal, if a browser or we read them carelessly.
func elsewhere() []string {
	return []string{"https://evil.example/", "//evil.example", "/\\evil.example", "\\/evil.example", "/\t/evil.example", "/%09/evil.example", "javascript:alert(1)", "https:evil.example", "http:///evil.example",
		"///evil.example", "/ /evil.example", "/\r\nLocation: //evil.example", "\x00//evil.example", "/..//evil.example\\", "https://localhost:8080@evil.example/", "//evil.example/%2f..", "/cabinet#//evil.example"}
}

func TestNoDoorLeadsAwayFromThePortal(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		x.confirmed(t, "+79160000000")
		anybody := x.programs(t)
		in := anybody()
		in.post(t, "/signin", "login", phone, "password", signintest.Password)
		lead := 0
		for _, to := range elsewhere() {
			q := "?next=" + url.QueryEscape(to)
			half := anybody()
			half.post(t, "/signin", "login", "+79160000000", "password", signintest.Password, "next", to)
			for door, g := range map[string]got{
				"signing in":               anybody().post(t, "/signin", "login", phone, "password", signintest.Password, "next", to),
				"signing in while in":      in.get(t, "/signin"+q),
				"a passkey while in":       in.get(t, "/signin/passkey"+q),
				"a signature while in":     in.get(t, "/signin/signature"+q),
				"a proof that is not due":  in.get(t, "/signin/again"+q),
				"a proof that is given":    in.post(t, "/signin/again", "by", "password", "password", signintest.Password, "next", to),
				"the second step":          half.post(t, "/signin/second/resend", "next", to),
				"the second step that ran": anybody().post(t, "/signin/second", "code", "123456", "next", to),
				"a temporary password":     anybody().post(t, "/signin/password"+q, "password", "x"),
				"advice that is dismissed": in.post(t, "/cabinet/security/advice", "name", "second", "back", to),
				"the language":             in.post(t, "/preferences", "lang", "ru", "back", to),
				"the language in a link":   in.get(t, "/signin"+q+"&lang=ru"),
				"a page for members":       anybody().get(t, "/cabinet"+q),
			} {
				if g.to == "" {
					continue
				}
				lead++
				u, err := url.Parse(g.to)
				if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(g.to, "/") || strings.HasPrefix(g.to, "//") || strings.ContainsAny(g.to, "\\\t\r\n\x00 ") {
					t.Errorf("%s with %q leads to %q", door, to, g.to)
				}
			}
		}
		if lead < 100 {
			t.Errorf("only %d redirects were looked at", lead)
		}
	})
}

func TestNothingThatIsTypedAddsALineToALetter(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		anybody := x.programs(t)
		for _, to := range []string{
			"anna@example.ru\r\nBcc: all@example.ru", "anna@example.ru\nBcc: all@example.ru", "anna@example.ru%0d%0aBcc: all@example.ru", "\"anna\r\n\"@example.ru",
			"anna@example.ru, all@example.ru", "<anna@example.ru>", "anna@example.ru\x00all@example.ru", "anna@exa\u2028mple.ru",
		} {
			for _, g := range []got{
				anybody().post(t, "/register", "surname", "Проверкина", "given_name", "Анна", "email", to, "terms", "on", "data", "on"),
				anybody().post(t, "/recover", "login", to),
			} {
				if g.status != http.StatusUnprocessableEntity {
					t.Errorf("%q: %v", to, g)
				}
			}
		}
		for _, name := range []string{"Анна\r\nBcc: all@example.ru", "Анна\nSubject: другое"} {
			p := anybody()
			if g := p.post(t, "/register", "surname", "Проверкина", "given_name", name, "email", email, "terms", "on", "data", "on"); g.status != http.StatusUnprocessableEntity {
				t.Errorf("the name %q: %v", name, g)
			}
		}
		x.Register(t, signintest.Visitor("anna"), email) // which settles the jobs: a letter comes, and it is the first
		all := x.Outbox.To(email)
		if len(all) != 1 || strings.ContainsAny(all[0].Subject+all[0].To, "\r\n") || strings.Contains(all[0].Body, "Bcc") {
			t.Errorf("%d letters, %+v", len(all), all)
		}
	})
}

// oneSigned is eachSigned on SQLite only.
func oneSigned(t *testing.T, body func(t *testing.T, x *signed)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		if db.Engine() == store.SQLite {
			body(t, openSigned(t, db, clock))
		}
	})
}

func TestSpoiltAndHugeSignaturesAreRefusedAndBreakNothing(t *testing.T) {
	oneSigned(t, func(t *testing.T, x *signed) {
		x.Policy.Signatures.ByNet.Max = 10_000
		p := x.programs(t)()
		at := p.post(t, "/signin/signature").to
		good := x.signature(t, p, at)
		i, err := x.ca.Person(t.Context(), sandbox.ECDSA, anna)
		if err != nil {
			t.Fatal(err)
		}
		pfx, err := i.PFX(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		spoilt := map[string][]byte{
			"nothing": {}, "a byte": {0x30}, "a length without end": {0x30, 0x80}, "a length of four gigabytes": {0x30, 0x84, 0xff, 0xff, 0xff, 0xff},
			"a length of more than there is": {0x30, 0x88, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
			"lists in lists without end":     bytes.Repeat([]byte{0x30, 0x80}, 100_000), "lists in lists": bytes.Repeat([]byte{0x30, 0x82, 0x7f, 0xff}, 50_000),
			"noughts": make([]byte, 1<<20), "more than a signature may have": bytes.Repeat([]byte("okno"), 1<<18+1), "three megabytes": make([]byte, 3<<20),
			"a key": pfx, "half a key": pfx[:len(pfx)/2], "a key with a tail": append(bytes.Clone(pfx), make([]byte, 1000)...), "a good one with a tail": append(bytes.Clone(good), 0, 0, 0),
			"letters of base64": []byte(strings.Repeat("MIIB", 1000)), "a frame of PEM": []byte("-----BEGIN CMS-----\n" + strings.Repeat("A", 10_000) + "\n-----END CMS-----\n"),
		}
		for n := range 12 {
			spoilt[fmt.Sprintf("%d twelfths of a good one", n)] = good[:len(good)*n/12]
		}
		dice := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same every time
		for n := range 60 {
			b := bytes.Clone(good)
			b[dice.IntN(len(b))] ^= byte(1 << dice.IntN(8))
			spoilt[fmt.Sprintf("a good one with bit %d turned", n)] = b
		}
		at = p.post(t, "/signin/signature").to // of which the good one is none: whatever bit was turned, it must not be taken
		tries := 0
		for name, file := range spoilt {
			if tries++; tries%8 == 0 {
				at = p.post(t, "/signin/signature").to
			}
			if g := p.file(t, at, file); g.status < 400 || g.status >= 500 {
				t.Errorf("%s: %v", name, g)
			}
		}
		if g := p.get(t, "/register/signature"); g.status == http.StatusOK {
			t.Error("one of them was taken")
		}
		at = p.post(t, "/signin/signature").to
		if g := p.file(t, at, x.signature(t, p, at)); g.to != "/register/signature" {
			t.Errorf("a good one afterwards: %v", g)
		}
	})
}

func TestSpoiltAndHugeAnswersOfPasskeysAreRefusedAndBreakNothing(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		ctx, home, device := t.Context(), signintest.Visitor("home"), passkeytest.New()
		s, err := x.Credentials.Check(ctx, x.Register(t, home, phone))
		if err != nil {
			t.Fatal(err)
		}
		c, err := x.SignIn.AddKey(ctx, s.Actor(), home)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.SignIn.KeepKey(ctx, s.Actor(), home, c.ID, "", device.Make(t, base, c)); err != nil {
			t.Fatal(err)
		}
		p := x.programs(t)()
		challenge := func() passkey.Challenge { t.Helper(); return challengeOn(t, p.get(t, "/signin/passkey")) }
		c = challenge()
		good := string(device.Sign(t, base, c))
		spoilt := map[string]string{
			"no JSON": "okno", "half of JSON": "{", "null": "null", "a list": "[]", "a number": "1", "names of other types": `{"id":1,"rawId":{},"response":[],"type":null}`,
			"lists in lists": strings.Repeat("[", 50_000), "names in names": strings.Repeat(`{"response":`, 10_000), "a long name": `{"id":"` + strings.Repeat("A", 100_000) + `"}`,
			"empty parts":     `{"id":"","rawId":"","type":"public-key","response":{"authenticatorData":"","clientDataJSON":"","signature":"","userHandle":""}}`,
			"CBOR in CBOR":    `{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"` + strings.Repeat("gYGB", 20_000) + `"}}`,
			"another purpose": string(device.Make(t, base, passkeyOf(t, x, s, home))),
		}
		for n := range 12 {
			spoilt[fmt.Sprintf("%d twelfths of a good one", n)] = good[:len(good)*n/12] + " "
		}
		dice := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same every time
		for n := range 60 {
			b := []byte(good)
			b[dice.IntN(len(b))] ^= byte(1 << dice.IntN(7))
			if strings.Contains(good, string(b)) {
				continue
			}
			spoilt[fmt.Sprintf("a good one with bit %d turned", n)] = string(b)
		}
		for name, answer := range spoilt {
			c := challenge()
			g := p.post(t, "/signin/passkey", "challenge", c.ID, "answer", answer)
			if g.status < 400 || g.status >= 500 || p.cookie(session) != "" {
				t.Errorf("%s: %v", name, g)
			}
		}
		if g := p.post(t, "/signin/passkey", "challenge", c.ID, "answer", strings.Repeat("A", 1<<20)); g.status != http.StatusRequestEntityTooLarge {
			t.Errorf("a megabyte: %v", g)
		}
		c = challenge()
		if g := p.post(t, "/signin/passkey", "challenge", c.ID, "answer", string(device.Sign(t, base, c))); g.to != "/cabinet" {
			t.Errorf("a good one afterwards: %v", g)
		}
	})
}

// passkeyOf is a challenge to add another key.
func passkeyOf(t *testing.T, x *portal, s credential.Session, v credential.Visitor) passkey.Challenge {
	t.Helper()
	c, err := x.SignIn.AddKey(t.Context(), s.Actor(), v)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
