package desk_test

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/passkey"
	"okno/internal/policy"
	"okno/internal/signin/signintest"
	"okno/internal/staff"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/web"
	"okno/internal/web/desk"
	"okno/internal/web/ui"
	"okno/internal/web/webtest"
)

// onSite serves the pages of every desk at an address to which passkeys can be bound.
func onSite(t *testing.T, body func(t *testing.T, w *signintest.World, base string, clock *storetest.Clock)) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		if db.Engine() != store.SQLite {
			return
		}
		w := signintest.New(t, db)
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
		if w.SignIn.StaffKeys, err = passkey.NewStaff(db, w.Ring, w.Policy, u, "Окно"); err != nil {
			t.Fatal(err)
		}
		server, err := web.New(web.Config{URL: u, Demo: true, Sessions: w.Credentials, Now: db.Now, Policy: w.Policy, Assets: assets, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		(&desk.Pages{SignIn: w.SignIn, Credentials: w.Credentials}).Mount(server)
		front.Config.Handler = server
		front.Start()
		t.Cleanup(front.Close)
		body(t, w, base, clock)
	})
}

// hired is an administrator with a login, a password and an app.
func hired(t *testing.T, w *signintest.World) (secret string) {
	t.Helper()
	encoded, err := w.Hasher.Hash(t.Context(), signintest.Password)
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err = w.Staff.Add(t.Context(), access.SystemActor(), staff.New{Login: "admin", Name: "Смирнова", Role: access.Admin, Encoded: encoded})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// tokens are the values of the browser's cookies, one of which is the session's.
func tokens(b *webtest.Browser) []string {
	var out []string
	for _, c := range b.Cookies() {
		out = append(out, c.Value)
	}
	return out
}

// stand fails unless a proof has put another token in the place of the session's: the copied one opens nothing, the browser's does.
func stand(t *testing.T, w *signintest.World, copied, now []string) {
	t.Helper()
	opens := func(of []string) (n int) {
		for _, token := range of {
			if _, err := w.Credentials.Check(t.Context(), token); err == nil {
				n++
			}
		}
		return n
	}
	if was, is := opens(copied), opens(now); was != 0 || is != 1 {
		t.Errorf("after a proof %d sessions open by what was copied before, %d by what the browser has", was, is)
	}
}

// AUTH-2, staff: a key is made at the desk, opens it in place of the code, and by itself where the policy says so.
func TestInChromiumAnEmployeeMakesAPasskeyAndSignsInByIt(t *testing.T) {
	onSite(t, func(t *testing.T, w *signintest.World, base string, clock *storetest.Clock) {
		secret, now := hired(t, w), time.Now()
		w.SignIn.Clock = func() time.Time { return now }
		b := webtest.Start(t).Browser(t, base, webtest.Phone())
		b.Device()
		on := func(path string) func(*webtest.Page) bool {
			return func(p *webtest.Page) bool { return p.URL.Path == path }
		}
		code := func() string {
			now = now.Add(time.Minute)
			c, err := totp.GenerateCode(secret, now)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		b.Open("/desk/signin")
		b.Fill("login", "admin")
		b.Fill("password", signintest.Password)
		b.Fill("code", code())
		b.Press("Войти")
		b.Await("the desk", on("/desk/admin"))
		b.Open("/desk/security")
		b.Axe()
		clock.Advance(10 * time.Minute)
		b.Follow("Добавить ключ доступа")
		b.Await("a proof before what matters", on("/desk/again"))
		b.Axe()
		b.Fill("password", "Wrong-Pass-1234")
		b.Fill("code", code())
		b.Press("Продолжить")
		b.Await("that it is wrong", func(p *webtest.Page) bool { return p.Sees("Пароль или код не подходят") })
		copied := tokens(b)
		b.Fill("password", signintest.Password)
		b.Fill("code", code())
		b.Press("Продолжить")
		b.Await("where one wanted", on("/desk/security/passkeys"))
		stand(t, w, copied, tokens(b))
		b.Axe()
		b.Fill("name", "Рабочий ноутбук")
		b.Press("Создать ключ")
		b.Await("the key", func(p *webtest.Page) bool {
			return p.URL.Path == "/desk/security" && p.Sees("Рабочий ноутбук")
		})
		b.Shot("desk/security")
		b.Follow("Изменить")
		b.Axe()
		b.Fill("name", strings.Repeat("я", 61))
		b.Press("Сохранить название")
		b.Await("that the name is too long", func(p *webtest.Page) bool { return len(p.Errors()) > 0 })
		b.Axe()
		b.Shot("desk/passkey-name")
		b.Fill("name", "Ноутбук в кабинете 5")
		b.Press("Сохранить название")
		b.Await("the other name", func(p *webtest.Page) bool {
			return p.URL.Path == "/desk/security" && p.Sees("Ноутбук в кабинете 5") && !p.Sees("Рабочий ноутбук")
		})
		b.Press("Выйти")

		b.Open("/desk/signin?next=/desk/security")
		b.Shot("desk/signin")
		b.Follow("Войти с ключом доступа")
		b.Axe()
		b.Shot("desk/passkey")
		b.Fill("login", "admin")
		b.Fill("password", "Wrong-Pass-1234")
		b.Press("Продолжить")
		b.Await("that something is wrong", func(p *webtest.Page) bool { return len(p.Errors()) > 0 })
		b.Fill("password", signintest.Password)
		b.Press("Продолжить")
		b.Await("where one wanted", on("/desk/security"))
		clock.Advance(10 * time.Minute)
		b.Press("Удалить")
		b.Await("a proof before what matters", on("/desk/again"))
		b.Shot("desk/again")
		copied = tokens(b)
		b.Press("Подтвердить ключом")
		b.Await("where one was", on("/desk/security"))
		stand(t, w, copied, tokens(b))
		b.Press("Выйти")

		w.Policy.Passkey.Staff = policy.Alone
		b.Open("/desk/signin/passkey")
		b.Axe()
		b.Press("Продолжить")
		b.Await("the desk", on("/desk/admin"))
		b.Open("/desk/security")
		b.Press("Удалить")
		b.Await("no key", func(p *webtest.Page) bool {
			return p.URL.Path == "/desk/security" && !p.Sees("Ноутбук в кабинете 5")
		})
		b.Press("Выйти")
		b.Open("/desk/signin/passkey")
		b.Press("Продолжить")
		b.Await("that the key opens nothing", func(p *webtest.Page) bool { return p.Status == 0 || p.Sees("не действует") })
	})
}

// An address that is too long to come back to is left away, and the proof is asked for all the same.
func TestAnEmployeeIsAskedOnceMoreBeforeAPageOfAnyAddress(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		if db.Engine() != store.SQLite {
			return
		}
		x := open(t, db)
		for address, back := range map[string]string{
			"/desk/security/passkeys?a=b":                            "/desk/security/passkeys?a=b",
			"/desk/security/passkeys?" + strings.Repeat("%41", 2000): "/desk",
		} {
			_, c := x.Hire(t, access.Admin, "")
			clock.Advance(10 * time.Minute)
			c.Open(address)
			answers(t, c, http.StatusOK)
			if to := c.Page().URL; to.Path != "/desk/again" || to.Query().Get("next") != back {
				t.Errorf("%.40s: one is led to %.80s", address, to)
			}
		}
	})
}

// Nobody is led to another site, and without scripts the page says what to do.
func TestThePageOfAnEmployeesPasskeyLeadsNowhereElse(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		c := x.Browser(t)
		c.Open("/desk/signin/passkey?next=https://evil.example/")
		if next := webtest.Attr(c.Page().All("input", "name", "next")[0], "value"); next != "/desk" {
			t.Errorf("it leads to %q", next)
		}
		c.Fill("login", "admin")
		c.Fill("password", signintest.Password)
		c.Press("Продолжить")
		answers(t, c, http.StatusConflict)
		sees(t, c, i18n.RU.T("desk.passkey.script"))
		for _, page := range []string{"/desk/security", "/desk/security/passkeys", "/desk/again"} {
			c.Open(page)
			if c.Page().URL.Path != "/desk/signin" {
				t.Errorf("%s opens for nobody at %s", page, c.Page().URL)
			}
		}
	})
}
