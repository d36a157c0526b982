package identity_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"okno/internal/signin/signintest"
	"okno/internal/web/webtest"
)

// key reads the key of an app from the page that shows it.
func key(t *testing.T, c *webtest.Client) string {
	t.Helper()
	m := regexp.MustCompile(`(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}`).FindString(c.Page().Text())
	if m == "" {
		t.Fatalf("no key in letters: %s", c.Page().Text())
	}
	return strings.ReplaceAll(m, " ", "")
}

// appCode is what the app shows now; each call moves the portal's clock for apps on, as a code works once.
func (x *portal) appCode(t *testing.T, secret string) string {
	t.Helper()
	now := x.SignIn.Clock().Add(time.Minute)
	x.SignIn.Clock = func() time.Time { return now }
	code, err := totp.GenerateCode(secret, now)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// setUp adds an app in the cabinet of whoever is signed in, and returns its key.
func (x *portal) setUp(t *testing.T, c *webtest.Client) string {
	t.Helper()
	c.Open("/cabinet/security")
	c.Follow("Добавить приложение для входа")
	at(t, c, "/cabinet/security/app")
	c.Fill("name", "Телефон Анны")
	c.Press("Продолжить", "Название")
	secret := key(t, c)
	if p := c.Get("/cabinet/security/app/qr.png"); p.StatusCode != http.StatusOK || p.Header.Get("Content-Type") != "image/png" || p.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the picture: %d %v", p.StatusCode, p.Header)
	}
	c.Fill("code", x.appCode(t, secret))
	c.Press("Подтвердить")
	at(t, c, "/cabinet/security")
	sees(t, c, "Приложение добавлено", "Телефон Анны")
	return secret
}

func TestAnAppIsSetUpByTheKeyInLettersAndSignsIn(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("home"), phone)
		c := x.browser(t)
		c.Open("/signin")
		signIn(c, phone, signintest.Password)
		at(t, c, "/cabinet")
		c.Open("/cabinet/security/app")
		c.Fill("name", "Телефон Анны")
		c.Press("Продолжить", "Название")
		c.Fill("code", "000000")
		c.Press("Подтвердить")
		if p := c.Page(); p.Status != http.StatusUnprocessableEntity || len(p.Errors()) != 1 {
			t.Errorf("a wrong first code: status %d, errors %q", p.Status, p.Errors())
		}
		c.Open("/cabinet/security")
		sees(t, c, "Сейчас для входа хватает пароля") // it does not count yet
		c.Open("/cabinet/security/app")
		secret := key(t, c)
		c.Fill("code", x.appCode(t, secret))
		c.Press("Подтвердить")
		sees(t, c, "Приложение добавлено")
		x.Last(t, phone) // of the new browser she is told, too
		if all := x.Outbox.To(phone); !slices.ContainsFunc(all, func(m signintest.Message) bool { return strings.Contains(m.Body, "приложени") }) {
			t.Errorf("the phone is told %v", all)
		}

		c.Press("Выйти")
		c.Open("/signin")
		signIn(c, phone, signintest.Password)
		at(t, c, "/signin/second")
		sees(t, c, "Откройте приложение для входа")
		c.Fill("code", x.appCode(t, secret))
		c.Press("Войти", "Код из 6 цифр")
		at(t, c, "/cabinet")
		c.Open("/cabinet/security")
		sees(t, c, "с кодом приложения", "Вход по паролю и коду", "последний вход")

		c.Follow("Изменить: Телефон Анны")
		c.Fill("name", "")
		c.Press("Сохранить название")
		if p := c.Page(); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("an empty name: status %d", p.Status)
		}
		c.Fill("name", "Запасной")
		c.Press("Сохранить название")
		sees(t, c, "Запасной")
		c.Follow("Изменить: Запасной")
		c.Press("Удалить")
		sees(t, c, "Приложение удалено", "Сейчас для входа хватает пароля")
	})
}

func TestBackupCodesAreShownOnceAndOneOpens(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("home"), phone)
		c := x.browser(t)
		c.Open("/signin")
		signIn(c, phone, signintest.Password)
		x.setUp(t, c)
		c.Press("Получить", "Резервные коды")
		at(t, c, "/cabinet/security/codes")
		codes := regexp.MustCompile(`(?:\d{4} ){4}\d{4}`).FindAllString(c.Page().Text(), -1)
		if len(codes) != 10 {
			t.Fatalf("%d codes: %s", len(codes), c.Page().Text())
		}
		file := c.Fetch("Скачать текстом")
		if got := file.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") {
			t.Errorf("the file is %q", got)
		}
		c.Press("Коды сохранены")
		sees(t, c, "Осталось 10 кодов")
		c.Open("/cabinet/security/codes")
		at(t, c, "/cabinet/security")

		c.Press("Выйти")
		c.Open("/signin")
		signIn(c, phone, signintest.Password)
		c.Press("Резервный код")
		c.Fill("code", "12345")
		c.Press("Войти", "Резервный код")
		sees(t, c, "В резервном коде 20 цифр")
		c.Fill("code", codes[2])
		c.Press("Войти", "Резервный код")
		at(t, c, "/cabinet")
		c.Open("/cabinet/security")
		sees(t, c, "Осталось 9 кодов", "с резервным кодом")
	})
}

func TestAConfirmedAccountIsNeverWithoutASecondStep(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.confirmed(t, phone)
		c := x.browser(t)
		c.Open("/signin")
		signIn(c, phone, signintest.Password)
		c.Fill("code", x.Code(t, phone))
		c.Press("Войти", "Код из 6 цифр")
		c.Open("/cabinet/security")
		sees(t, c, "Отправляем на +7 912", "подтверждённая учётная запись не бывает без второго шага")
		if len(c.Page().All("form", "action", "/cabinet/security/texts")) != 0 {
			t.Error("the last factor can be switched off")
		}
		x.setUp(t, c)
		sees(t, c, "Отправляем на +7 912")
		c.Press("Выключить", "Код в сообщении")
		sees(t, c, "Кодов в сообщениях при входе больше не будет", "Не отправляем")
		c.Follow("Изменить: Телефон Анны")
		c.Press("Удалить")
		sees(t, c, "Отправляем на +7 912")
	})
}

func TestWhoeverFindsAnOpenSessionChangesNoFactor(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("home"), phone)
		c := x.browser(t)
		c.Open("/signin")
		signIn(c, phone, signintest.Password)
		x.clock.Advance(x.Policy.Session.Fresh)
		c.Open("/cabinet/security")
		c.Press("Включить", "Код в сообщении")
		at(t, c, "/signin/again")
		c.Fill("current-password", "Nevernyj-2026!")
		c.Press("Продолжить")
		if p := c.Page(); p.Status != http.StatusUnprocessableEntity || len(p.Errors()) != 1 {
			t.Errorf("status %d, errors %q", p.Status, p.Errors())
		}
		c.Open("/cabinet/security")
		sees(t, c, "Не отправляем")
		c.Open("/cabinet/security/app")
		at(t, c, "/signin/again")
		c.Fill("current-password", signintest.Password)
		c.Press("Продолжить")
		at(t, c, "/cabinet/security/app")
		for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example"} {
			c.Open("/signin/again?next=" + url.QueryEscape(next))
			if u := c.Page().URL; u.Host != "localhost:8080" || u.Path != "/cabinet" {
				t.Errorf("next=%s leads to %s", next, u)
			}
		}
	})
}

func TestARememberedBrowserIsAskedForTheCodeBeforeWhatMatters(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.confirmed(t, phone)
		c := x.browser(t)
		x.remembered(t, c)
		c.Open("/cabinet/security/app")
		at(t, c, "/signin/again")
		if c.Page().Sees("Пароль") {
			t.Error("the password is taken, which is all that the session was opened with")
		}
		sees(t, c, "Пришлём код на телефон")
		if c.Page().Sees("не получилось") || len(c.Page().All("input", "name", "code")) != 0 {
			t.Error("the page asks for a code before it has sent one")
		}
		x.clock.Advance(2 * time.Minute)
		c.Press("Получить код")
		at(t, c, "/signin/again")
		c.Fill("code", x.Code(t, phone))
		c.Press("Продолжить")
		at(t, c, "/cabinet/security/app")
		c.Press("Выйти")
		c.Open("/signin")
		signIn(c, phone, signintest.Password)
		c.Open("/cabinet/contacts")
		if len(c.Page().All("input", "type", "password")) != 0 {
			t.Error("the contacts ask for the password, which is all that the session was opened with")
		}
		c.Fill("contact", email)
		c.Press("Получить код")
		at(t, c, "/signin/again")
		if n := len(x.Outbox.To(email)); n != 0 {
			t.Errorf("%d codes went to the new contact", n)
		}
	})
}

func TestARememberedBrowserIsSeenAndForgottenAlsoWhenNothingIsOpenInIt(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.confirmed(t, phone)
		c, laptop := x.browser(t), x.browser(t)
		x.remembered(t, laptop)
		laptop.Press("Выйти")
		x.clock.Advance(2 * time.Minute)
		x.remembered(t, c)
		c.Open("/cabinet/security")
		sees(t, c, "Запомненные браузеры", "этот браузер", "Выйти на всех других устройствах")
		c.Press("Выйти на всех других устройствах")
		sees(t, c, "Вы вышли на всех других устройствах", "Запомненные браузеры", "этот браузер")
		c.Press("Забыть")
		sees(t, c, "Браузер забыт", "в нём снова спросят второй шаг входа")
		if c.Page().Sees("Запомненные браузеры") {
			t.Error("a browser that was forgotten is listed")
		}
		laptop.Open("/signin")
		signIn(laptop, phone, signintest.Password)
		at(t, laptop, "/signin/second")
	})
}
