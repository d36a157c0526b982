package identity_test

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"golang.org/x/net/html"

	"okno/internal/passkey"
	"okno/internal/passkey/passkeytest"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/web"
	"okno/internal/web/identity"
	"okno/internal/web/ui"
	"okno/internal/web/webtest"
)

// onSite serves the pages at an address to which passkeys can be bound.
func onSite(t *testing.T, body func(t *testing.T, w *signintest.World, base string)) {
	onSiteClocked(t, func(t *testing.T, w *signintest.World, base string, _ *storetest.Clock) { body(t, w, base) })
}

func onSiteClocked(t *testing.T, body func(t *testing.T, w *signintest.World, base string, clock *storetest.Clock)) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
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
		_, port, _ := net.SplitHostPort(front.Listener.Addr().String())
		base := "http://localhost:" + port
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		if w.SignIn.Passkeys, err = passkey.New(db, w.Ring, w.Policy, u, "Окно"); err != nil {
			t.Fatal(err)
		}
		server, err := web.New(web.Config{URL: u, Demo: true, Sessions: w.Credentials, Now: db.Now, Policy: w.Policy, Assets: assets, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		(&identity.Pages{DB: db, Registration: w.Registrations, SignIn: w.SignIn, Credentials: w.Credentials, Texts: texts, Accounts: w.Accounts}).Mount(server)
		server.Handle("GET /cabinet", web.RequirePerson(func(w http.ResponseWriter, r *http.Request) error {
			return web.Render(w, r, http.StatusOK, shown(web.Page(r.Context(), "Кабинет"), "cabinet"))
		}))
		front.Config.Handler = server
		front.Start()
		t.Cleanup(front.Close)
		body(t, w, base, clock)
	})
}

// AUTH-1, AUTH-2: a key is made in the cabinet, and opens it without password and code.
func TestInChromiumAPasskeyIsMadeAndOpensTheCabinet(t *testing.T) {
	onSite(t, func(t *testing.T, w *signintest.World, base string) {
		w.Register(t, signintest.Visitor("anna"), phone)
		b := webtest.Start(t).Browser(t, base, webtest.Phone())
		takeAway := b.Device()
		on := func(path string) func(*webtest.Page) bool {
			return func(p *webtest.Page) bool { return p.URL.Path == path }
		}

		b.Open("/signin/passkey")
		b.Axe()
		b.Press("Продолжить")
		b.Await("that the device holds no key", func(p *webtest.Page) bool { return p.Sees("подходящего ключа в нём нет") })

		b.Open("/signin")
		b.Fill("username", phone)
		b.Fill("current-password", signintest.Password)
		b.Press("Войти")
		b.Await("the cabinet", on("/cabinet"))
		b.Open("/cabinet/security/passkeys")
		b.Axe()
		b.Shot("passkey/add")
		b.Fill("name", "Мой телефон")
		b.Press("Создать ключ")
		b.Await("the key", func(p *webtest.Page) bool {
			return p.URL.Path == "/cabinet/security" && p.Sees("Мой телефон")
		})
		b.Axe()
		b.Shot("passkey/security")
		b.Open("/cabinet/security/passkeys")
		b.Press("Создать ключ")
		b.Await("that this device has one", func(p *webtest.Page) bool { return p.Sees("уже добавлен") })

		b.Open("/cabinet/security")
		b.Press("Выйти")
		b.Open("/signin")
		b.Follow("Войти с ключом доступа")
		b.Shot("passkey/signin")
		b.Press("Продолжить")
		b.Await("the cabinet", on("/cabinet"))

		b.Open("/cabinet/security")
		b.Follow("Изменить ключ «Мой телефон»")
		b.Axe()
		b.Shot("passkey/change")
		b.Fill("name", "Старый телефон")
		b.Press("Сохранить название")
		b.Await("the other name", func(p *webtest.Page) bool { return p.Sees("Старый телефон") })
		b.Follow("Изменить ключ «Старый телефон»")
		b.Press("Удалить")
		b.Await("no key", func(p *webtest.Page) bool {
			return p.URL.Path == "/cabinet/security" && !p.Sees("Старый телефон")
		})
		b.Press("Выйти")
		b.Open("/signin/passkey")
		b.Press("Продолжить")
		b.Await("that the key opens nothing", func(p *webtest.Page) bool { return p.Sees("Этот ключ здесь не действует") })
		takeAway()
	})
}

func TestWithoutScriptsThePageOfPasskeysSaysWhatToDo(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		c.Open("/signin")
		c.Follow("Войти с ключом доступа")
		c.Press("Продолжить")
		at(t, c, "/signin/passkey")
		sees(t, c, "должны работать скрипты", "Войти с паролем")
		if c.Page().Status != 409 {
			t.Errorf("status %d", c.Page().Status)
		}
	})
}

func TestAnAnswerThatIsSentTwiceLeadsToWhereOneWantedBothTimes(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		ctx, home, d := t.Context(), signintest.Visitor("home"), passkeytest.New()
		s, err := x.Credentials.Check(ctx, x.Register(t, home, phone))
		if err != nil {
			t.Fatal(err)
		}
		added, err := x.SignIn.AddKey(ctx, s.Actor(), home)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.SignIn.KeepKey(ctx, s.Actor(), home, added.ID, "", d.Make(t, base, added)); err != nil {
			t.Fatal(err)
		}
		c := x.browser(t)
		c.Open("/signin/passkey?next=/services/income")
		only := func(name, attr, value string) *html.Node {
			t.Helper()
			all := c.Page().All(name, attr, value)
			if len(all) != 1 {
				t.Fatalf("%d times %s", len(all), value)
			}
			return all[0]
		}
		asked := passkey.Challenge{Options: []byte(webtest.Attr(only("div", "class", "passkey"), "data-options"))}
		answer := only("input", "name", "answer")
		for i := range answer.Attr {
			if answer.Attr[i].Key == "value" {
				answer.Attr[i].Val = string(d.Sign(t, base, asked))
			}
		}
		c.PressTwice("Продолжить")
		at(t, c, "/services/income")
		list, err := x.Passkeys.Keys(ctx, x.DB, s.OwnerID)
		if err != nil || len(list) != 1 || list[0].Cloned {
			t.Errorf("what was sent twice is taken for a copy: %+v, %v", list, err)
		}
	})
}
