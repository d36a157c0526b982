package system

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"okno/internal/store"
)

// ownCertificate makes a certificate that signs itself, with its key, as files.
func ownCertificate(t *testing.T, dir, name string) (cert, key string, pair tls.Certificate) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if pair, err = tls.LoadX509KeyPair(cert, key); err != nil {
		t.Fatal(err)
	}
	return cert, key, pair
}

// tokenHost is a portal with a host for certificates.
func tokenHost(t *testing.T, engine store.Engine, proxy string) *running {
	t.Helper()
	s := demoSettings(t, engine)
	_, port, _ := net.SplitHostPort(closed(t))
	cert, key, _ := ownCertificate(t, t.TempDir(), "localhost")
	s.Signature.Token = Token{Addr: "127.0.0.1:" + port, URL: "https://localhost:" + port + "/", Cert: cert, Key: key, Proxy: proxy}
	return run(t, s, discard)
}

// show goes to the host with a certificate, or none, and says where it leads.
func show(t *testing.T, address string, header http.Header, pairs ...tls.Certificate) (status int, to *url.URL) {
	t.Helper()
	client := &http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{Certificates: pairs, InsecureSkipVerify: true}}} //nolint:gosec // a host of the test
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		r.Header = header
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	to, _ = resp.Location()
	return resp.StatusCode, to
}

// bundle is the resident's key and certificate, as the demo gives it.
func (v *visitor) bundle(t *testing.T, file string) string {
	t.Helper()
	_, text, err := v.do(http.MethodGet, "/demo/signatures/"+file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var tokenLink = regexp.MustCompile(`href="(https://localhost:[^"]+)"`)

// asked gets a text and the address at which a certificate is shown for it.
func (v *visitor) asked(t *testing.T) (page, host string) {
	t.Helper()
	page, err := v.post("/signin/signature", "/signin/signature/")
	if err != nil {
		t.Fatal(err)
	}
	_, body, err := v.do(http.MethodGet, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	m := tokenLink.FindStringSubmatch(body)
	if m == nil {
		t.Fatal("the page leads to no host of certificates")
	}
	return page, strings.ReplaceAll(m[1], "&amp;", "&")
}

// comes follows where the host leads, and presses the button there.
func (v *visitor) comes(t *testing.T, page string, to *url.URL) (at, body string, err error) {
	t.Helper()
	if to == nil || to.Path != page+"/token" || !strings.HasPrefix(to.String(), v.base) {
		t.Fatalf("the host leads to %v, not to %s", to, page)
	}
	if _, body, err := v.do(http.MethodGet, to.RequestURI(), nil); err != nil || !strings.Contains(body, to.Query().Get("ticket")) {
		t.Fatalf("%.200s, %v", body, err)
	}
	return v.do(http.MethodPost, to.Path, url.Values{"ticket": {to.Query().Get("ticket")}})
}

func TestACertificateOfATokenIsShownByTLSAndRegisters(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		x := tokenHost(t, engine, "")
		v := newVisitor(x.Settings.URL, "203.0.113.30")
		text := v.bundle(t, "7-rsa.pem")
		pair, err := tls.X509KeyPair([]byte(text), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		page, host := v.asked(t)
		_, to := show(t, host, nil) // none, first
		if _, body, err := v.comes(t, page, to); err == nil || !strings.Contains(body, "Браузер не показал сертификат") {
			t.Errorf("without a certificate: %v", err)
		}
		// Whoever lures somebody to the host for a text of their own comes in as nobody.
		_, to = show(t, host, nil, pair)
		other := newVisitor(x.Settings.URL, "203.0.113.31")
		if at, _, err := other.do(http.MethodPost, to.Path, url.Values{"ticket": {to.Query().Get("ticket")}}); err != nil || at != "/signin/signature" {
			t.Errorf("another browser came to %s, %v", at, err)
		}
		if at, _, err := v.comes(t, page, to); err != nil || at != "/register/signature" {
			t.Errorf("came to %s, %v", at, err)
		}
		if status, to := show(t, host, nil, pair); status != http.StatusSeeOther || to.Path != page {
			t.Errorf("a text that is used leads to %v (%d)", to, status)
		}
		// In the cabinet it confirms.
		inside := newVisitor(x.Settings.URL, "203.0.113.33")
		if err := inside.register("Осипов", "Иван", "phone", "+79123450078"); err != nil {
			t.Fatal(err)
		}
		ivans := inside.bundle(t, "9-ecdsa.pem")
		ivan, err := tls.X509KeyPair([]byte(ivans), []byte(ivans))
		if err != nil {
			t.Fatal(err)
		}
		confirming, err := inside.post("/cabinet/signature", "/cabinet/signature/", "password", testPassword)
		if err != nil {
			t.Fatal(err)
		}
		_, body, err := inside.do(http.MethodGet, confirming, nil)
		if err != nil {
			t.Fatal(err)
		}
		m := tokenLink.FindStringSubmatch(body)
		if m == nil {
			t.Fatal("the cabinet leads to no host of certificates")
		}
		_, to = show(t, m[1], nil, ivan)
		if at, _, err := inside.comes(t, confirming, to); err != nil || at != "/cabinet" {
			t.Errorf("came to %s, %v", at, err)
		}
		if _, body, err := inside.do(http.MethodGet, "/api/session", nil); err != nil || !strings.Contains(body, "confirmed") {
			t.Errorf("the session is %s, %v", body, err)
		}
		// The header of a proxy counts only where a proxy was named.
		page, host = v.asked(t)
		_, to = show(t, host, http.Header{certificateHeader: {url.PathEscape(text)}})
		if _, body, err := v.comes(t, page, to); err == nil || !strings.Contains(body, "Браузер не показал сертификат") {
			t.Errorf("a header counted: %v", err)
		}
	})
}

func TestOnlyTheProxyThatTheOperatorNamedPassesCertificatesOn(t *testing.T) {
	proxy, _, own := ownCertificate(t, t.TempDir(), "proxy")
	_, _, stranger := ownCertificate(t, t.TempDir(), "proxy")
	x := tokenHost(t, store.SQLite, proxy)
	v := newVisitor(x.Settings.URL, "203.0.113.32")
	block, _ := pem.Decode([]byte(v.bundle(t, "8-gost256.pem")))
	header := http.Header{certificateHeader: {url.PathEscape(string(pem.EncodeToMemory(block)))}}
	page, host := v.asked(t)
	for name, pairs := range map[string][]tls.Certificate{"nobody": nil, "somebody of the proxy's name": {stranger}} {
		if status, to := show(t, host, header, pairs...); status != http.StatusForbidden || to != nil {
			t.Errorf("%s passed a certificate on: %d, %v", name, status, to)
		}
	}
	if status, _ := show(t, host, http.Header{certificateHeader: {header.Get(certificateHeader), header.Get(certificateHeader)}}, own); status != http.StatusForbidden {
		t.Errorf("two certificates: %d", status)
	}
	if status, to := show(t, host, http.Header{certificateHeader: {"nonsense"}}, own); status != http.StatusServiceUnavailable || to != nil {
		t.Errorf("nonsense: %d, %v", status, to)
	}
	_, to := show(t, host, header, own) // GOST, which our own TLS does not know
	if at, body, err := v.comes(t, page, to); err != nil || at != "/register/signature" {
		t.Errorf("came to %s, %v: %.200s", at, err, body)
	}
}

// Whoever opens the address by themselves, or is turned away there, reads what to do, and is led back.
func TestTheHostOfCertificatesTellsWhoeverIsLostThereWhatToDo(t *testing.T) {
	proxy, _, own := ownCertificate(t, t.TempDir(), "proxy")
	x := tokenHost(t, store.SQLite, proxy)
	client := func(pairs ...tls.Certificate) *http.Client {
		return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{Certificates: pairs, InsecureSkipVerify: true}}} //nolint:gosec // a host of the test
	}
	for _, c := range []struct {
		name, path string
		client     *http.Client
		header     string
		status     int
		says       []string
	}{
		{"the bare address", "", client(), "", http.StatusNotFound, []string{"Здесь нечего открывать", "There is nothing to open here"}},
		{"an address that is none", "a/b?lang=en", client(own), "", http.StatusNotFound, []string{"Открывать его самому не нужно", "You need not open it yourself"}},
		{"past the proxy", "01k", client(), "", http.StatusForbidden, []string{"в обход портала", "past the portal"}},
		{"nonsense in the place of a certificate", "01k", client(own), "nonsense", http.StatusServiceUnavailable, []string{"проверить не получилось", "could not be checked"}},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, x.Settings.Signature.Token.URL+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.header != "" {
			r.Header.Set(certificateHeader, c.header)
		}
		resp, err := c.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(resp.Body)
		resp.Body.Close() //nolint:errcheck // it was only read
		if err != nil || resp.StatusCode != c.status || resp.Header.Get("Cache-Control") != "no-store" || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: status %d, %v, %v", c.name, resp.StatusCode, resp.Header, err)
		}
		for _, want := range append(c.says, `href="`+x.Settings.URL+`/signin/signature"`, `<section lang="ru">`, `<section lang="en">`) {
			if !strings.Contains(string(page), want) {
				t.Errorf("%s: the page does not say %q: %s", c.name, want, page)
			}
		}
	}
}

func TestAHostOfCertificatesThatIsSetHalfwayDoesNotStart(t *testing.T) {
	cert, key, _ := ownCertificate(t, t.TempDir(), "localhost")
	for name, s := range map[string]Token{
		"without an address": {Addr: "127.0.0.1:0", Cert: cert, Key: key}, "over http": {Addr: "127.0.0.1:0", URL: "http://token.example", Cert: cert, Key: key},
		"below the portal": {Addr: "127.0.0.1:0", URL: "https://okno.example/token", Cert: cert, Key: key}, "without a key": {Addr: "127.0.0.1:0", URL: "https://token.example", Cert: cert},
	} {
		if _, err := newTokens(s); err == nil || !strings.HasPrefix(err.Error(), "settings: signature-token-") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if x, err := newTokens(Token{}); x != nil || err != nil {
		t.Errorf("off: %v, %v", x, err)
	}
	if _, err := proxyOf(key); err == nil {
		t.Error("a key is taken for the certificate of the proxy")
	}
}
