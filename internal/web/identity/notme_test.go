package identity_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"okno/internal/signin/signintest"
	"okno/internal/web/webtest"
)

// link is the «это не я» of the newest notice that has one.
func (x *portal) link(t *testing.T, to string) string {
	t.Helper()
	x.Last(t, to)
	all := x.Outbox.To(to)
	for i := len(all) - 1; i >= 0; i-- {
		if l := regexp.MustCompile(`/not-me\?t=[\w-]+`).FindString(all[i].Body); l != "" {
			return l
		}
	}
	t.Fatalf("no link in %v", all)
	return ""
}

// AUTH-8: from the notice of a new browser to the page of security, and to the end of the pause.
func TestItWasNotMeFromTheNoticeToTheEndOfThePause(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("home"), phone)
		x.clock.Advance(time.Hour)
		thief := x.browser(t)
		thief.Open("/signin")
		signIn(thief, phone, signintest.Password)
		at(t, thief, "/cabinet")
		if err := x.SignIn.TellArrivals(t.Context()); err != nil {
			t.Fatal(err)
		}
		x.clock.Advance(time.Minute)

		anna := x.browser(t) // another of hers, in which she reads the message
		anna.Open(x.link(t, phone))
		at(t, anna, "/not-me") // the secret is not in the address any more
		sees(t, anna, "Это были не вы?", "вошли с нового устройства")
		anna.Open("/not-me")
		thief.Open("/cabinet/security")
		at(t, thief, "/cabinet/security") // nothing has happened yet
		anna.Press("Это не я")
		at(t, anna, "/not-me")
		sees(t, anna, "Спасибо, что сообщили", "приостановлены до")
		if p := anna.Get("/cabinet"); p.Request.URL.Path != "/signin" {
			t.Errorf("the link opens %s", p.Request.URL.Path)
		}
		thief.Open("/cabinet/security")
		at(t, thief, "/signin")

		x.clock.Advance(time.Minute)
		anna.Open("/signin")
		signIn(anna, phone, signintest.Password)
		at(t, anna, "/cabinet")
		anna.Open("/cabinet/security")
		sees(t, anna, "Важные изменения приостановлены до", "Это не я", "Обратите внимание", "Вход с нового устройства: мы вам сообщили")
		anna.Open("/cabinet/security/app")
		at(t, anna, "/cabinet/security")
		sees(t, anna, "вы сообщили, что в учётной записи был кто-то другой")
		for _, path := range []string{"/cabinet/data", "/cabinet/contacts"} { // before anything is typed there
			anna.Open(path)
			sees(t, anna, "Важные изменения приостановлены до", "Форму на этой странице портал до этого времени не примет")
		}
		anna.Fill("contact", "+7 903 111-22-33")
		if fields := anna.Page().Fields("password"); len(fields) > 0 {
			anna.Fill("password", signintest.Password)
		}
		anna.Press("Получить код")
		if p := anna.Page(); p.Status != http.StatusConflict || !p.Sees("Важные изменения приостановлены") {
			t.Errorf("adding a contact: status %d: %s", p.Status, p.Text())
		} else if strings.Count(p.Text(), "Важные изменения приостановлены") != 1 {
			t.Errorf("the page says it twice: %s", p.Text())
		}

		anna.Open("/cabinet/security")
		anna.Follow("Возобновить изменения")
		at(t, anna, "/cabinet/security/resume")
		anna.Press("Получить код")
		anna.Fill("code", "000000")
		anna.Press("Возобновить изменения")
		if p := anna.Page(); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("a wrong code: status %d", p.Status)
		}
		anna.Fill("code", x.Code(t, phone))
		anna.Press("Возобновить изменения")
		at(t, anna, "/cabinet/security")
		sees(t, anna, "Изменения снова возможны")
		if anna.Page().Sees("Важные изменения приостановлены до") {
			t.Error("the page says still that changes are paused")
		}
		anna.Open("/cabinet/security/resume")
		at(t, anna, "/cabinet/security")
		anna.Open("/cabinet/contacts")
		if anna.Page().Sees("Важные изменения приостановлены") {
			t.Error("the contacts say still that changes are paused")
		}
	})
}

func TestALinkOfNothingSaysWhatToDo(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		if p := c.Get("/not-me?t=nothing"); p.StatusCode != http.StatusNotFound {
			t.Errorf("status %d", p.StatusCode)
		}
		c.Open("/not-me")
		sees(t, c, "Ссылка устарела")
	})
}

// A day of wrong passwords is said on top of the page, and stands in the history.
func TestManyWrongPasswordsStandOut(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("home"), phone)
		for range 5 {
			_, _ = x.SignIn.SignIn(t.Context(), signintest.Visitor("guesser"), phone, "Wrong-"+signintest.Password)
		}
		x.clock.Advance(2 * time.Minute)
		c := x.browser(t)
		c.Open("/signin")
		signIn(c, phone, signintest.Password)
		c.Open("/cabinet/security")
		sees(t, c, "За сутки много неверных паролей", "вводили 5 раз")
		x.clock.Advance(25 * time.Hour)
		c.Open("/signin")
		signIn(c, phone, signintest.Password)
		c.Open("/cabinet/security")
		if c.Page().Sees("За сутки много неверных паролей") {
			t.Error("yesterday's are said today")
		}
	})
}

// W3C and RFC 9116.
func TestWellKnownAddresses(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		if p := c.Get("/.well-known/change-password"); p.StatusCode != http.StatusOK || p.Request.URL.Path != "/recover" {
			t.Errorf("change-password leads to %s, %d", p.Request.URL.Path, p.StatusCode)
		}
		x.Register(t, signintest.Visitor("home"), phone)
		in := x.browser(t)
		in.Open("/signin")
		signIn(in, phone, signintest.Password)
		if p := in.Get("/.well-known/change-password"); p.StatusCode != http.StatusOK || p.Request.URL.Path != "/cabinet/security/password" {
			t.Errorf("change-password leads whoever is signed in to %s, %d", p.Request.URL.Path, p.StatusCode)
		}
		p := c.Get("/.well-known/security.txt")
		body, err := io.ReadAll(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		text := string(body)
		if p.StatusCode != http.StatusOK || !strings.HasPrefix(p.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("security.txt: %d %v", p.StatusCode, p.Header)
		}
		for _, line := range []string{"Contact: " + base + "/support\n", "Preferred-Languages: ru, en\n", "Canonical: " + base + "/.well-known/security.txt\n"} {
			if !strings.Contains(text, line) {
				t.Errorf("no %q in %q", line, text)
			}
		}
		m := regexp.MustCompile(`(?m)^Expires: (.+)$`).FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("no Expires in %q", text)
		}
		until, err := time.Parse(time.RFC3339, m[1])
		if left := until.Sub(x.DB.Now()); err != nil || left < 7*24*time.Hour || left > 365*24*time.Hour {
			t.Errorf("it expires in %s, %v", left, err)
		}
	})
}

// Every page on which somebody signs in, registers or gets back in: a program that keeps passwords, and a telephone, fill it in. What
// tokens there are is a rule of every page (webtest); here are the pages that have to have them.
func TestProgramsKnowEveryFieldOfTheWaysIn(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		fields := func(path string, want map[string]string) {
			t.Helper()
			for name, token := range want {
				f, err := c.Page().Field(name)
				if err != nil || webtest.Attr(f, "autocomplete") != token {
					t.Errorf("%s: %s is %q, %v; want %q", path, name, webtest.Attr(f, "autocomplete"), err, token)
				}
			}
		}
		c.Open("/signin")
		fields("/signin", map[string]string{"login": "username", "password": "current-password"})
		c.Open("/recover")
		fields("/recover", map[string]string{"login": "username"})
		c.Open("/register")
		fields("/register", map[string]string{"surname": "family-name", "given_name": "given-name", "phone": "tel", "email": "email"})
		c.Fill("surname", "Проверкина")
		c.Fill("given_name", "Анна")
		c.Fill("phone", phone)
		c.Tick("terms", true)
		c.Tick("data", true)
		c.Press("Получить код")
		at(t, c, "/register/code")
		fields("/register/code", map[string]string{"code": "one-time-code"})
		c.Fill("code", x.Code(t, phone))
		c.Press("Подтвердить")
		at(t, c, "/register/password")
		fields("/register/password", map[string]string{"password": "new-password", "password_again": "new-password"})
	})
}
