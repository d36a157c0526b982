package identity_test

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	sandbox "okno/internal/sandbox/authority"
	"okno/internal/web/webtest"
)

// comesBack is what the host of certificates does with the text that stands in the browser, and where it leads.
func (x *signed) comesBack(t *testing.T, c *webtest.Client, shown *x509.Certificate) {
	t.Helper()
	page := c.Page().URL.Path
	_, ticket, err := x.signatures.Present(t.Context(), page[strings.LastIndex(page, "/")+1:], shown)
	if err != nil {
		t.Fatal(err)
	}
	c.Open(page + "/token?ticket=" + ticket)
	sees(t, c, "Сертификат проверен")
}

func TestWhoShowsACertificateGoesOnAsAfterASignature(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		i, err := x.ca.Person(t.Context(), sandbox.ECDSA, anna)
		if err != nil {
			t.Fatal(err)
		}
		c := x.browser(t)
		begun(c)
		link, err := c.Page().Link("Выбрать сертификат")
		if err != nil {
			t.Fatal(err)
		}
		if to := webtest.Attr(link, "href"); !strings.HasPrefix(to, "https://token.example/") || !strings.HasSuffix(to, "?lang=ru") {
			t.Errorf("the host of certificates is at %s", to)
		}
		x.comesBack(t, c, nil)
		c.Press("Продолжить")
		sees(t, c, "Браузер не показал сертификат", "1. Скачайте текст")
		if c.Page().Status != http.StatusUnprocessableEntity {
			t.Errorf("status %d", c.Page().Status)
		}
		x.down.Store(true)
		begun(c)
		x.comesBack(t, c, i.Certificate)
		c.Press("Продолжить")
		sees(t, c, "удостоверяющий центр не отвечает")
		x.down.Store(false)
		begun(c)
		x.comesBack(t, c, i.Certificate)
		x.clock.Advance(2 * time.Minute)
		c.Press("Продолжить")
		sees(t, c, "Покажите сертификат ещё раз", "1. Скачайте текст")
		x.comesBack(t, c, i.Certificate)
		c.Press("Продолжить")
		at(t, c, "/register/signature")
		sees(t, c, "Новикова Анна Сергеевна")
	})
}

// shows goes to the host of certificates by the link of the page, and comes back to the portal.
func (x *signed) shows(t *testing.T, c *webtest.Client, cert *x509.Certificate) {
	t.Helper()
	link, err := c.Page().Link("Выбрать сертификат")
	if err != nil {
		t.Fatal(err)
	}
	host := x.pages.Shown(func(*http.Request) (*x509.Certificate, error) { return cert, nil }, func(err error) { t.Error(err) })
	w := httptest.NewRecorder()
	host.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimPrefix(webtest.Attr(link, "href"), "https://token.example"), nil))
	to, err := w.Result().Location() //nolint:bodyclose // of a recorder
	if err != nil {
		t.Fatal(err)
	}
	c.Open(to.RequestURI())
}

func TestWhoProvesByACertificateComesToWhereTheyWanted(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		const to = "/cabinet?from=here"
		i, err := x.ca.Person(t.Context(), sandbox.ECDSA, anna)
		if err != nil {
			t.Fatal(err)
		}
		x.bySignature(t, x.browser(t))
		c := x.browser(t)
		begun(c)
		x.sign(t, c, sandbox.ECDSA)
		at(t, c, "/cabinet")
		x.clock.Advance(x.Policy.Session.Fresh)
		c.Open("/signin/again/signature/gone?next=" + url.QueryEscape(to)) // a text that is over leads to where another is given
		at(t, c, "/signin/again")
		c.Press("Получить текст для подписи")
		x.shows(t, c, i.Certificate)
		sees(t, c, "Сертификат проверен")
		x.clock.Advance(2 * time.Minute)
		c.Press("Продолжить")
		sees(t, c, "Покажите сертификат ещё раз")
		x.shows(t, c, i.Certificate)
		c.Press("Продолжить")
		if got := c.Page().URL.RequestURI(); got != to {
			t.Errorf("led to %s", got)
		}
	})
}
