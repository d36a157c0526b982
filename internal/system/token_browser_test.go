package system

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okno/internal/sandbox/authority"
	"okno/internal/store"
	"okno/internal/web/webtest"
)

// hostKey is the digest of the public key of the host's certificate.
func hostKey(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return sum[:]
}

// AUTH-3: in the browser that people have, with a key that the browser finds in its own store, by a handshake that the browser makes.
func TestABrowserShowsTheCertificateOfATokenAndSignsIn(t *testing.T) {
	x := tokenHost(t, store.SQLite, "")
	host := strings.TrimSuffix(x.Settings.Signature.Token.URL, "/")
	v := newVisitor(x.Settings.URL, "203.0.113.40")
	key := filepath.Join(t.TempDir(), "key.pfx")
	if err := os.WriteFile(key, []byte(v.bundle(t, "7-rsa.pfx")), 0o600); err != nil {
		t.Fatal(err)
	}
	token := webtest.Token{Key: key, Password: authority.Password, Host: host, HostKey: hostKey(t, x.Settings.Signature.Token.Cert)}
	look := webtest.Desktop()
	look.Also = host

	chromium := webtest.StartWithToken(t, token)
	shows := func(chromium *webtest.Chromium) *webtest.Browser {
		b := chromium.Browser(t, x.Settings.URL, look)
		b.Open("/signin")
		b.Follow("Войти с помощью электронной подписи")
		b.Press("Получить текст для подписи")
		b.Follow("Выбрать сертификат")
		if !b.Page().Sees("Сертификат проверен") {
			t.Fatalf("the host leads to %s: %s", b.Page().URL, b.Page().Text())
		}
		b.Press("Продолжить")
		return b
	}

	b := shows(chromium)
	const phone = "+79123450096"
	b.Fill("phone", phone)
	b.Tick("terms", true)
	b.Tick("data", true)
	b.Press("Получить код")
	code, err := v.code(phone)
	if err != nil {
		t.Fatal(err)
	}
	b.Fill("one-time-code", code)
	b.Press("Подтвердить")
	b.FillAll("new-password", testPassword)
	b.Press("Создать учётную запись")
	if b.Page().URL.Path != "/cabinet" {
		t.Fatalf("registered, and at %s: %s", b.Page().URL, b.Page().Text())
	}

	again := shows(chromium) // a window with cookies of its own
	if again.Page().URL.Path != "/cabinet" {
		t.Errorf("signed in, and at %s: %s", again.Page().URL, again.Page().Text())
	}

	token.Key = "" // whoever has no token is told what to do
	without := shows(webtest.StartWithToken(t, token))
	if !without.Page().Sees("Браузер не показал сертификат") {
		t.Errorf("without a token at %s: %s", without.Page().URL, without.Page().Text())
	}
}
