package identity_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"okno/internal/signin/signintest"
)

// confirmed is a Confirmed person who registered elsewhere, a while ago.
func (x *portal) confirmed(t *testing.T, to string) string {
	t.Helper()
	id := x.Confirm(t, x.Register(t, signintest.Visitor("home"), to))
	x.clock.Advance(2 * time.Minute)
	return id
}

func TestAfterTheRightPasswordACodeIsAskedForAndLeadsToWhereOneWanted(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.confirmed(t, phone)
		c := x.browser(t)
		c.Open("/services/income?year=2025")
		signIn(c, phone, signintest.Password)
		at(t, c, "/signin/second")
		sees(t, c, "Подтвердите вход", "Отправили код на телефон", "+7 912 ···-··-89", "Не спрашивать код в этом браузере 30 дней")
		if c.Page().Sees("345") || c.Get("/api/session").StatusCode != http.StatusUnauthorized {
			t.Error("the page shows the phone, or the password alone signs in")
		}
		right := x.Code(t, phone)
		wrong := "000001"
		if right == wrong {
			wrong = "000002"
		}
		c.Fill("code", wrong)
		c.Tick("remember", true)
		c.Press("Войти", "Код из 6 цифр")
		if p := c.Page(); p.Status != http.StatusUnprocessableEntity || len(p.Errors()) != 1 {
			t.Fatalf("status %d, errors %q", p.Status, p.Errors())
		}
		sees(t, c, "осталось попыток: 3")
		c.Fill("code", right)
		c.Press("Войти", "Код из 6 цифр")
		if got := c.Page().URL.RequestURI(); got != "/services/income?year=2025" {
			t.Errorf("led to %s", got)
		}
		c.Press("Выйти")
		c.Open("/signin")
		signIn(c, phone, signintest.Password)
		at(t, c, "/cabinet") // remembered
	})
}

func TestTheFourthWrongCodeLeadsBackToThePassword(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		x.confirmed(t, phone)
		c := x.browser(t)
		c.Open("/signin?next=/services/income")
		signIn(c, phone, signintest.Password)
		right := x.Code(t, phone)
		for i := range 4 {
			c.Fill("code", strings.Map(func(r rune) rune { return '0' + (r-'0'+rune(i)+1)%10 }, right))
			c.Press("Войти", "Код из 6 цифр")
		}
		at(t, c, "/signin")
		sees(t, c, "Чтобы попробовать снова, введите пароль")
		if got := c.Page().URL.Query().Get("next"); got != "/services/income" {
			t.Errorf("next is %q", got)
		}
		c.Open("/signin/second")
		at(t, c, "/signin")
	})
}

func TestANewCodeIsSentByTheSecondPageAndSpokenAfterAWhile(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		x.confirmed(t, phone)
		c := x.browser(t)
		c.Open("/signin")
		signIn(c, phone, signintest.Password)
		first := x.Code(t, phone)
		c.Press("Отправить код ещё раз")
		if p := c.Page(); p.Status != http.StatusTooManyRequests {
			t.Errorf("status %d", p.Status)
		}
		x.clock.Advance(61 * time.Second)
		c.Press("Позвонить и продиктовать код")
		at(t, c, "/signin/second")
		sees(t, c, "Сейчас позвоним и продиктуем код")
		if second := strings.TrimPrefix(x.Last(t, phone).Body, "ru "); second == first {
			t.Error("the new code is the old one")
		} else {
			c.Fill("code", second)
		}
		c.Press("Войти", "Код из 6 цифр")
		at(t, c, "/cabinet")
	})
}

func TestTheSecondPageLeadsNowhereElse(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		x.confirmed(t, phone)
		for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example"} {
			c := x.browser(t)
			c.Open("/signin")
			signIn(c, phone, signintest.Password)
			c.Open("/signin/second?next=" + url.QueryEscape(next))
			c.Fill("code", x.Code(t, phone))
			c.Press("Войти", "Код из 6 цифр")
			if u := c.Page().URL; u.Host != "localhost:8080" || u.Path != "/cabinet" {
				t.Errorf("next=%s leads to %s", next, u)
			}
			x.clock.Advance(time.Hour)
		}
	})
}
