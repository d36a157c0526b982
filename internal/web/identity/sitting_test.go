package identity_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"okno/internal/signin/signintest"
	"okno/internal/web"
	"okno/internal/web/webtest"
)

// REG-2: the page for which somebody came to sign in, and registered, goes with the registration, also into the browser of the letter's link.
func TestWhatAPersonCameForGoesWithTheirRegistration(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		c.Open("/signin?next=%2Fservices%2Fincome")
		if n, err := c.Page().Link("Зарегистрироваться"); err != nil || webtest.Attr(n, "href") != "/register?next=%2Fservices%2Fincome" { // of the header
			t.Errorf("it is lost on the way: %v", err)
		}
		c.Follow("Регистрация")
		at(t, c, "/register")
		c.Fill("family-name", "Проверкина")
		c.Press("Получить код") // refused, and it stays
		for field, value := range map[string]string{"given-name": "Анна", "email": email} {
			c.Fill(field, value)
		}
		c.Tick("terms", true)
		c.Tick("data", true)
		c.Press("Получить код")
		at(t, c, "/register/code")
		c.Fill("one-time-code", x.Code(t, email))
		c.Press("Подтвердить")
		c.FillAll("new-password", signintest.Password)
		c.Press("Создать учётную запись")
		at(t, c, web.Welcome)
		x.wants(t, c, "/services/income")
		out := x.browser(t)
		out.Open("/register?next=%2Fservices%2Fincome")
		out.Follow("Другие способы зарегистрироваться")
		if n, err := out.Page().Link("Зарегистрироваться по подписи"); err != nil || webtest.Attr(n, "href") != "/signin/signature?next=%2Fservices%2Fincome" {
			t.Errorf("another way loses it: %v", err)
		}
		out.Open("/register?next=https://evil.example/")
		if len(out.Page().All("input", "name", "next")) > 0 {
			t.Error("a registration leads elsewhere")
		}
	})
}

// long is an address to come back to that is too long once it is escaped again.
func long(t *testing.T) string {
	t.Helper()
	to := "/services/income?q=" + url.QueryEscape(strings.Repeat("справка о доходах ", 9))
	if _, ok := web.Local(to); !ok || len(url.QueryEscape(to)) <= 1024 {
		t.Fatalf("%d bytes, escaped %d", len(to), len(url.QueryEscape(to)))
	}
	return to
}

// REG-2: a page with a long address is one that somebody may have come for, and the last that they came for is the one they are led to.
func TestALongAddressIsWantedAndTheLastWishWins(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		c.Open("/register?next=%2Fservices%2Fchild")
		for field, value := range map[string]string{"family-name": "Проверкина", "given-name": "Анна", "email": email} {
			c.Fill(field, value)
		}
		c.Tick("terms", true)
		c.Tick("data", true)
		c.Press("Получить код")
		for _, next := range []string{long(t), "https://evil.example/"} { // meanwhile they wish for another, and the last is no wish
			c.Open("/register?next=" + url.QueryEscape(next))
			at(t, c, "/register/code")
		}
		c.Fill("one-time-code", x.Code(t, email))
		c.Press("Подтвердить")
		c.FillAll("new-password", signintest.Password)
		c.Press("Создать учётную запись")
		at(t, c, web.Welcome)
		x.wants(t, c, long(t))
	})
}

// AUTH-1: nor does it end a sign-in with a second factor, or a proof that is asked for once more, in an error.
func TestALongAddressIsComeBackTo(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		x.confirmed(t, phone)
		c := x.browser(t)
		c.Open("/signin?next=" + url.QueryEscape(long(t)))
		signIn(c, phone, signintest.Password)
		at(t, c, "/signin/second")
		c.Fill("code", x.Code(t, phone))
		c.Press("Войти", "Код из 6 цифр")
		if got := c.Page().URL.RequestURI(); got != long(t) {
			t.Errorf("signed in, and at %s", got)
		}
		x.clock.Advance(10 * time.Minute)
		c.Open("/cabinet/security/app?" + strings.Repeat("a", 3000)) // too long to come back to: the proof is asked for all the same
		at(t, c, web.Again)
	})
}

// wants fails unless the browser is to be led to that page after it has registered.
func (x *portal) wants(t *testing.T, c *webtest.Client, to string) {
	t.Helper()
	var got string
	x.server.Handle("GET /wanted", func(w http.ResponseWriter, r *http.Request) error {
		got = web.Wanted(r)
		return x.show(w, r)
	})
	c.Open("/wanted")
	if got != to {
		t.Errorf("kept is %q", got)
	}
}

// REG-2, REG-10: the contact that the account does not have is a page of registering in full, on which what was typed stays; the code leads
// on from there.
func TestTheOtherContactIsAPageOfRegisteringInFull(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		c := x.signedIn(t)
		c.Open(web.ContactStep)
		sees(t, c, "Шаг 6 из 7", "+7 912 345-67-89", "Необязательно")
		if n, err := c.Page().Link("Пропустить"); err != nil || n == nil {
			t.Error("it may not be passed by")
		}
		c.Fill("email", "anna@")
		c.Press("Получить код")
		if c.Page().Status != http.StatusUnprocessableEntity || c.Value("email") != "anna@" {
			t.Errorf("status %d, the field holds %q", c.Page().Status, c.Value("email"))
		}
		at(t, c, web.ContactStep)
		c.Fill("email", email)
		c.Press("Получить код")
		sees(t, c, "Шаг 6 из 7")
		c.Fill("one-time-code", "000000")
		c.Press("Подтвердить")
		if c.Page().Status != http.StatusUnprocessableEntity {
			t.Errorf("a wrong code: status %d", c.Page().Status)
		}
		c.Press("Изменить адрес")
		at(t, c, web.ContactStep)
		c.Fill("email", email)
		c.Press("Получить код")
		c.Fill("one-time-code", x.Code(t, email))
		c.Press("Подтвердить")
		at(t, c, web.PapersReview)
		c.Open(web.ContactStep)
		sees(t, c, "Телефон и почта подтверждены", "anna@example.ru")
	})
}

// REG-2, REG-10: the letter's link leads on, too, in whatever browser; it is the last page at which the contact was asked for that counts.
func TestTheLinkOfALetterLeadsOnInTheSitting(t *testing.T) {
	linkLeads(t, web.PapersReview, "/cabinet/contacts", web.ContactStep)
}

func TestTheLinkOfALetterLeadsBackToTheContacts(t *testing.T) {
	linkLeads(t, "/cabinet/contacts", web.ContactStep, "/cabinet/contacts")
}

func linkLeads(t *testing.T, to string, asked ...string) {
	t.Helper()
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		c := x.signedIn(t)
		for _, on := range asked {
			c.Open(on)
			if on == web.ContactStep {
				c.Fill("email", email)
			} else {
				c.Fill("contact", email)
			}
			c.Press("Получить код")
		}
		link := regexp.MustCompile(`/cabinet/contacts/link\?t=\S+`).FindString(x.Last(t, email).Body)
		elsewhere := x.signedIn(t)
		elsewhere.Open(link)
		elsewhere.Press("Подтвердить")
		at(t, elsewhere, to)
	})
}
