package identity_test

import (
	"crypto/x509"
	"net/http"
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
