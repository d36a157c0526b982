package identity_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"okno/internal/gate"
	"okno/internal/registration"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/web"
	"okno/internal/web/identity"
	"okno/internal/web/ui"
	"okno/internal/web/webtest"
)

// flood sends codes from the network until it meets the gate.
func flood(t *testing.T, w *signintest.World, network string) {
	t.Helper()
	for i := range w.Policy.Gate.SendsByNet.Max + 1 {
		v := signintest.Visitor(fmt.Sprint("bot-", i))
		v.Pass = gate.Pass{Network: network}
		_, err := w.Registrations.Begin(t.Context(), v, registration.Details{Surname: "Роботов", GivenName: "Робот", Email: fmt.Sprintf("bot%d@example.ru", i), Terms: true, Data: true})
		switch over := i == w.Policy.Gate.SendsByNet.Max; {
		case over && !errors.Is(err, gate.ErrMeet):
			t.Fatalf("the flood meets nothing: %v", err)
		case !over && err != nil:
			t.Fatal(err)
		}
	}
}

const otherPhone = "+79160001122"

// stuff tries a password at many accounts from the network.
func stuff(t *testing.T, w *signintest.World, network string) {
	t.Helper()
	w.Policy.SignIn.Crowd.Max = 3
	for i := range 3 {
		v := signintest.Visitor(fmt.Sprint("stuffer-", i))
		v.Prefix, v.Pass = network, gate.Pass{Network: network}
		if _, err := w.SignIn.SignIn(t.Context(), v, fmt.Sprintf("+791600000%02d", i), signintest.Password); !errors.Is(err, signin.ErrWrong) {
			t.Fatal(err)
		}
	}
}

func TestWithoutScriptsAPersonInAFloodedNetworkWaitsAndPressesAgain(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		flood(t, x.World, "203.0.113.0/24")
		c := x.browser(t)
		begin(c, phone, "")
		at(t, c, "/register")
		sees(t, c, "очень много запросов")
		if c.Page().Status != 429 {
			t.Errorf("status %d", c.Page().Status)
		}
		c.Press("Получить код")
		at(t, c, "/register")
		x.clock.Advance(x.Policy.Gate.Wait + time.Second)
		c.Press("Получить код")
		at(t, c, "/register/code")

		c.Open("/recover")
		c.Fill("username", phone)
		c.Press("Получить код")
		at(t, c, "/recover")
		sees(t, c, "очень много запросов")
		x.clock.Advance(x.Policy.Gate.Wait + time.Second)
		c.Press("Получить код")
		at(t, c, "/recover/code")

		x.Register(t, signintest.Visitor("anna"), otherPhone)
		stuff(t, x.World, "203.0.113.0/24")
		c.Open("/signin")
		c.Fill("username", otherPhone)
		c.Fill("current-password", signintest.Password)
		c.Press("Войти")
		at(t, c, "/signin")
		sees(t, c, "очень много запросов", "сначала подождите 20 с")
		x.clock.Advance(x.Policy.Gate.Wait + time.Second)
		c.Fill("current-password", signintest.Password)
		c.Press("Войти")
		at(t, c, "/cabinet")
	})
}

func TestInChromiumThePageSolvesThePuzzleByItself(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		if db.Engine() != store.SQLite {
			return
		}
		w := signintest.New(t, db)
		texts, err := identity.LoadTexts(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		assets, err := ui.Assets()
		if err != nil {
			t.Fatal(err)
		}
		front := httptest.NewUnstartedServer(nil)
		base := "http://" + front.Listener.Addr().String()
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		server, err := web.New(web.Config{URL: u, Demo: true, Sessions: w.Credentials, Now: db.Now, Policy: w.Policy, Assets: assets, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		(&identity.Pages{DB: db, Registration: w.Registrations, SignIn: w.SignIn, Credentials: w.Credentials, Texts: texts}).Mount(server)
		front.Config.Handler = server
		front.Start()
		t.Cleanup(front.Close)
		flood(t, w, "127.0.0.0/24")

		b := webtest.Start(t).Browser(t, base, webtest.Desktop())
		b.Open("/register")
		b.Fill("family-name", "Проверкина")
		b.Fill("given-name", "Анна")
		b.Fill("tel", phone)
		b.Tick("terms", true)
		b.Tick("data", true)
		b.Press("Получить код")
		b.Await("the puzzle to be solved", func(p *webtest.Page) bool { return p.URL.Path == "/register/code" })
		var used int
		if err := db.QueryRow(t.Context(), `SELECT count(*) FROM limit_bucket WHERE key LIKE 'gate.used:%'`).Scan(&used); err != nil || used != 1 {
			t.Errorf("%d puzzles were solved, %v: the page was taken without", used, err)
		}
		if got := w.Code(t, phone); len(got) != 6 {
			t.Errorf("no code was sent: %q", got)
		}

		w.Register(t, signintest.Visitor("anna"), otherPhone)
		stuff(t, w, "127.0.0.0/24")
		b.Open("/signin")
		signIn := func() {
			b.Fill("username", otherPhone)
			b.Fill("current-password", signintest.Password)
			b.Press("Войти")
		}
		signIn()
		b.Await("the gate", func(p *webtest.Page) bool {
			return strings.Contains(p.Text(), "очень много запросов")
		})
		for n := 0; n < 10 && b.Page().URL.Path == "/signin"; n++ {
			time.Sleep(time.Second) // a person types the password again; pressed before the puzzle is solved, the page has another
			signIn()
		}
		b.Await("the cabinet", func(p *webtest.Page) bool { return p.URL.Path == "/cabinet" })
	})
}
