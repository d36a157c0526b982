package identity_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	sandbox "okno/internal/sandbox/authority"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/web/ui"
	"okno/internal/web/webtest"
)

// Signing in the page, by the key of a .pfx file (AUTH-3, LVL-9). What only a browser does is watched in Chromium.

// keyed is a portal on a real address, which keeps every request as it came.
type keyed struct {
	*signed
	base string

	mu   sync.Mutex
	came []webtest.Sent // with the files of forms
	kind []string       // their content types

	instead string // what is served in the place of the program that opens files, under its headers
}

func eachKeyed(t *testing.T, body func(t *testing.T, x *keyed)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		if db.Engine() != store.SQLite {
			return
		}
		assets, err := ui.Assets()
		if err != nil {
			t.Fatal(err)
		}
		front := httptest.NewUnstartedServer(nil)
		_, port, _ := net.SplitHostPort(front.Listener.Addr().String())
		u := &url.URL{Scheme: "http", Host: "localhost:" + port}
		x := &keyed{signed: openSignedAt(t, db, clock, u, assets), base: u.String()}
		front.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Errorf("read a request: %v", err)
			}
			x.mu.Lock()
			x.came = append(x.came, webtest.Sent{Method: r.Method, URL: r.URL.String(), Body: body})
			x.kind = append(x.kind, r.Header.Get("Content-Type"))
			x.mu.Unlock()
			r.Body = io.NopCloser(bytes.NewReader(body))
			if x.instead != "" && strings.HasPrefix(r.URL.Path, "/assets/keyfile-worker") {
				r.Header.Del("Accept-Encoding")
				own := httptest.NewRecorder()
				x.server.ServeHTTP(own, r)
				maps.Copy(w.Header(), own.Header())
				w.Header().Del("Content-Length")
				io.WriteString(w, x.instead) //nolint:errcheck // the browser has gone
				return
			}
			x.server.ServeHTTP(w, r)
		})
		front.Start()
		t.Cleanup(front.Close)
		body(t, x)
	})
}

// asked counts the requests for an address that begins so.
func (x *keyed) asked(prefix string) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := 0
	for _, r := range x.came {
		if strings.HasPrefix(r.URL, prefix) {
			n++
		}
	}
	return n
}

// lastSignature is the file that the last form with one carried.
func (x *keyed) lastSignature(t *testing.T) []byte {
	t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := len(x.came) - 1; i >= 0; i-- {
		kind, params, _ := mime.ParseMediaType(x.kind[i])
		if kind != "multipart/form-data" {
			continue
		}
		form, err := multipart.NewReader(bytes.NewReader(x.came[i].Body), params["boundary"]).ReadForm(1 << 20)
		if err != nil || len(form.File["signature"]) != 1 {
			t.Fatalf("the form: %v, %v", form, err)
		}
		f, err := form.File["signature"][0].Open()
		if err != nil {
			t.Fatal(err)
		}
		file, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	t.Fatal("no signature was sent")
	return nil
}

// openssl runs OpenSSL in the folder.
func openssl(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "openssl", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("openssl %v: %v: %s", args, err, out)
	}
}

// person is somebody with a key.
func (x *keyed) person(t *testing.T, alg sandbox.Algorithm, p sandbox.Person) *sandbox.Identity {
	t.Helper()
	i, err := x.ca.Person(t.Context(), alg, p)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// pfx is a file with what stands in the PEM, as OpenSSL makes it with these arguments.
func pfx(t *testing.T, bundle []byte, password string, args ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "all.pem"), bundle, 0o600); err != nil {
		t.Fatal(err)
	}
	openssl(t, dir, append([]string{"pkcs12", "-export", "-in", "all.pem", "-out", "key.pfx", "-passout", "pass:" + password}, args...)...)
	file, err := os.ReadFile(filepath.Join(dir, "key.pfx")) //nolint:gosec // a folder of the test
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// secrets are the numbers that nobody but the owner of a key knows.
func secrets(t *testing.T, i *sandbox.Identity) [][]byte {
	t.Helper()
	block, _ := pem.Decode(i.Key)
	if block == nil {
		t.Fatal("no key")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return [][]byte{key.D.Bytes(), key.Primes[0].Bytes(), key.Primes[1].Bytes()}
	case *ecdsa.PrivateKey:
		d, err := key.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return [][]byte{d}
	}
	t.Fatalf("a key of the sort %T", key)
	return nil
}

const (
	keyField    = "Файл с ключом (.pfx, .p12)"
	keyPassword = "Пароль от файла"
	keyButton   = "Подписать"
)

// use signs by the file in the page that stands in the browser.
func use(t testing.TB, b *webtest.Browser, file []byte, password string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key.pfx")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	b.Attach(keyField, path)
	b.Fill(keyPassword, password)
	b.Press(keyButton)
}

func on(b *webtest.Browser, path string) {
	b.Await("the page "+path, func(p *webtest.Page) bool { return p.URL.Path == path })
}

// toSign begins a signature anew.
func toSign(b *webtest.Browser) {
	b.Open("/signin/signature")
	b.Press("Получить текст для подписи")
}

// nothingOf fails when any request carried the secret, or a piece of it, in one of the ways to write bytes.
func nothingOf(t testing.TB, requests []webtest.Sent, what string, secret []byte) {
	t.Helper()
	const piece = 24
	if len(secret) < 8 {
		t.Fatalf("%s is too short to be looked for", what)
	}
	var marks [][]byte
	for at := 0; at < len(secret); at += piece {
		part := secret[at:min(at+piece, len(secret))]
		if len(part) < 8 {
			break
		}
		marks = append(marks, part, []byte(hex.EncodeToString(part)), []byte(strings.ToUpper(hex.EncodeToString(part))), []byte(url.QueryEscape(string(part))))
		for shift := range 3 { // base64 of a longer text holds one of these
			if whole := len(part[shift:]) / 3 * 3; whole >= 6 {
				code := base64.StdEncoding.EncodeToString(part[shift : shift+whole])
				marks = append(marks, []byte(code), []byte(url.QueryEscape(code)), []byte(strings.NewReplacer("+", "-", "/", "_").Replace(code)))
			}
		}
	}
	for _, r := range requests {
		for _, m := range marks {
			if bytes.Contains(r.Body, m) || strings.Contains(r.URL, string(m)) {
				t.Errorf("%s %.60s carries a piece of %s", r.Method, r.URL, what)
				return
			}
		}
	}
}

func TestInChromiumAFileWithAKeyRegistersSignsInAndConfirmsAndNeverLeavesTheBrowser(t *testing.T) {
	eachKeyed(t, func(t *testing.T, x *keyed) {
		const secret = "Пароль-ёжик 71"
		ivan := sandbox.Person{Surname: "Осипов", GivenName: "Иван", Patronymic: "Ильич", SNILS: "087-654-303 00"}
		annas, hers, his := x.person(t, sandbox.RSA, anna), x.person(t, sandbox.ECDSA, anna), x.person(t, sandbox.RSA, ivan)
		byRSA := pfx(t, annas.Bundle(), secret)
		byEC := pfx(t, hers.Bundle(), secret, "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1")
		byIvan := pfx(t, his.Bundle(), secret)
		chromium := webtest.Start(t)
		b := chromium.Browser(t, x.base, webtest.Phone())

		toSign(b)
		b.Axe()
		b.Shot("keyfile/text")
		if x.asked("/assets/keyfile-worker") > 0 {
			t.Error("what opens files was loaded before there was one")
		}
		use(t, b, byRSA, secret)
		on(b, "/register/signature")
		b.Await("whose signature it was", func(p *webtest.Page) bool { return p.Sees("Новикова Анна Сергеевна") })
		b.Fill("tel", phone)
		b.Tick("terms", true)
		b.Tick("data", true)
		b.Press("Получить код")
		b.Fill("one-time-code", x.Code(t, phone))
		b.Press("Подтвердить")
		b.FillAll("new-password", signintest.Password)
		b.Press("Создать учётную запись")
		on(b, "/cabinet")
		if _, level := x.level(t); level != access.Confirmed {
			t.Errorf("registered as %s", level)
		}

		keyboard := chromium.Browser(t, x.base, webtest.Look{Keyboard: true})
		toSign(keyboard)
		use(t, keyboard, byEC, secret)
		on(keyboard, "/cabinet")

		third := chromium.Browser(t, x.base, webtest.Desktop())
		third.Open("/register")
		third.Fill("family-name", "Осипов")
		third.Fill("given-name", "Иван")
		third.Fill("tel", "+79123456780")
		third.Tick("terms", true)
		third.Tick("data", true)
		third.Press("Получить код")
		third.Fill("one-time-code", x.Code(t, "+79123456780"))
		third.Press("Подтвердить")
		third.FillAll("new-password", signintest.Password)
		third.Press("Создать учётную запись")
		on(third, "/cabinet")
		third.Open("/cabinet/signature")
		third.Fill("current-password", signintest.Password)
		third.Press("Получить текст для подписи")
		third.Shot("keyfile/confirm")
		use(t, third, byIvan, secret)
		on(third, "/cabinet")
		third.Await("the new level", func(p *webtest.Page) bool { return p.Sees("confirmed") })

		x.mu.Lock()
		all := append([]webtest.Sent{}, x.came...) // from whatever part of a browser
		x.mu.Unlock()
		for _, one := range []*webtest.Browser{b, keyboard, third} {
			all = append(all, one.Sent()...) // to whatever address
		}
		for what, secret := range map[string][]byte{"Anna's file": byRSA, "Anna's other file": byEC, "Ivan's file": byIvan, "the password": []byte(secret)} {
			nothingOf(t, all, what, secret)
		}
		for _, i := range []*sandbox.Identity{annas, hers, his} {
			for _, number := range secrets(t, i) {
				nothingOf(t, all, "a key", number)
			}
		}
		sent := x.lastSignature(t)
		if told := webtest.Complaints(t, func(t testing.TB) { nothingOf(t, all, "what was sent", sent) }); told == "" {
			t.Error("the search finds nothing, not even what was sent")
		}
	})
}

// Every way in which programs close such files, and each sort of keys. What the page makes is read by our verifier and, as a second
// reader, by OpenSSL.
func TestInChromiumFilesWithKeysOfEverySortAreOpened(t *testing.T) {
	eachKeyed(t, func(t *testing.T, x *keyed) {
		long := strings.Repeat("Очень длинный пароль ", 8)
		cases := []struct {
			name     string
			alg      sandbox.Algorithm
			password string
			args     []string
		}{
			{"AES and PBKDF2 of today", sandbox.RSA, "Пароль", nil},
			{"TripleDES of Windows", sandbox.RSA, "Пароль", []string{"-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"}},
			{"RC2 and TripleDES of old", sandbox.RSA, "secret", []string{"-legacy"}},
			{"AES of 128 bits, SHA-512", sandbox.ECDSA, long, []string{"-keypbe", "AES-128-CBC", "-certpbe", "AES-128-CBC", "-macalg", "sha512"}},
			{"many rounds", sandbox.ECDSA, "Пароль", []string{"-iter", "20000"}},
			{"no password", sandbox.ECDSA, "", nil},
			{"no code of the whole", sandbox.RSA, "secret", []string{"-nomac"}},
			{"certificates that are not closed", sandbox.ECDSA, "secret", []string{"-certpbe", "NONE"}},
		}
		b := webtest.Start(t).Browser(t, x.base, webtest.Desktop())
		for _, c := range cases {
			// The authority's own certificate comes along, first.
			ca, err := x.ca.Of(t.Context(), c.alg)
			if err != nil {
				t.Fatal(err)
			}
			i := x.person(t, c.alg, anna)
			whole := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Certificate.Raw}), i.Bundle()...)
			toSign(b)
			resp := b.Fetch("Скачать текст")
			signed, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			use(t, b, pfx(t, whole, c.password, c.args...), c.password)
			b.Await(c.name, func(p *webtest.Page) bool { return p.URL.Path == "/register/signature" })
			dir := t.TempDir()
			for name, data := range map[string][]byte{"text": signed, "text.sig": x.lastSignature(t)} {
				if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			openssl(t, dir, "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "text.sig", "-content", "text", "-out", "of",
				"-CAfile", filepath.Join(x.ca.Trusted(), string(c.alg)+".pem"), "-purpose", "any", "-no_check_time")
		}
	})
}

func TestInChromiumOfAFileThatCannotSignThePageSaysWhy(t *testing.T) {
	eachKeyed(t, func(t *testing.T, x *keyed) {
		i, other := x.person(t, sandbox.RSA, anna), x.person(t, sandbox.ECDSA, anna)
		good := pfx(t, i.Bundle(), "secret")
		only := func(kind string, of *sandbox.Identity) (out []byte) {
			for rest := of.Bundle(); ; {
				block, more := pem.Decode(rest)
				if block == nil {
					return out
				}
				if strings.Contains(block.Type, kind) {
					out = append(out, pem.EncodeToMemory(block)...)
				}
				rest = more
			}
		}
		gost, err := x.person(t, sandbox.GOST256, anna).PFX(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ed := filepath.Join(t.TempDir(), "ed.pem")
		openssl(t, filepath.Dir(ed), "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", ed, "-out", ed+".crt", "-subj", "/CN=ed")
		edwards := read(t, ed, ed+".crt")
		// 65537 rounds, which stand in the file as three bytes, are made 16777215.
		many := func(args ...string) []byte {
			file := pfx(t, i.Bundle(), "secret", append([]string{"-iter", "65537"}, args...)...)
			if !bytes.Contains(file, []byte{2, 3, 1, 0, 1}) {
				t.Fatal("the file does not say how many rounds it takes")
			}
			return bytes.ReplaceAll(file, []byte{2, 3, 1, 0, 1}, []byte{2, 3, 0xff - 0x80, 0xff, 0xff})
		}
		cases := []struct {
			name, password, want string
			file                 []byte
		}{
			{"wrong password", "Secret", "Пароль не подходит", good},
			{"no password", "", "Пароль не подходит", good},
			{"nothing in it", "secret", "Это не файл .pfx", nil},
			{"six megabytes", "secret", "Файл слишком велик", bytes.Repeat([]byte("0123456789abcdef"), 6<<16)},
			{"a text", "secret", "Это не файл .pfx", []byte("Здесь нет никакого ключа")},
			{"a certificate", "secret", "Это не файл .pfx", i.Certificate.Raw},
			{"PEM", "secret", "Это не файл .pfx", i.Bundle()},
			{"half of a file", "secret", "Это не файл .pfx", good[:len(good)/2]},
			{"nested without end", "secret", "Это не файл .pfx", bytes.Repeat([]byte{0x30, 0x80}, 200_000)},
			{"a file within the bound that is all nesting", "secret", "Это не файл .pfx", append([]byte{0x30, 0x80, 2, 1, 3}, bytes.Repeat([]byte{0x30, 0x80}, 100_000)...)},
			{"certificates only", "secret", "В файле нет ключа", pfx(t, only("CERTIFICATE", i), "secret", "-nokeys")},
			{"a key only", "secret", "нет сертификата к этому ключу", pfx(t, only("PRIVATE KEY", i), "secret", "-nocerts")},
			{"GOST", sandbox.Password, "ключ по ГОСТ", gost},
			{"Ed25519", "secret", "Ключом такого вида", pfx(t, edwards, "secret")},
			{"Camellia", "secret", "Файл зашифрован способом", pfx(t, i.Bundle(), "secret", "-keypbe", "CAMELLIA-256-CBC", "-certpbe", "CAMELLIA-256-CBC")},
			{"too many rounds for its code", "secret", "слишком долго", many()},
			{"too many rounds for its key", "secret", "слишком долго", many("-nomac")},
			{"half of a file without a code", "secret", "Это не файл .pfx", pfx(t, other.Bundle(), "secret", "-nomac")[:700]},
		}
		b := webtest.Start(t).Browser(t, x.base, webtest.Phone())
		toSign(b)
		was := x.asked("/signin/signature/")
		for _, c := range cases {
			use(t, b, c.file, c.password)
			said := ""
			for end := time.Now().Add(webtest.Patience); time.Now().Before(end) && !strings.Contains(said, c.want); time.Sleep(50 * time.Millisecond) {
				if found := b.Page().All("p", "class", "ds-validation-message"); len(found) == 1 {
					said = webtest.TextOf(found[0])
				}
			}
			if !strings.Contains(said, c.want) {
				t.Errorf("%s: it says «%s» on %s", c.name, said, b.Page().URL.Path)
			}
		}
		b.Axe()
		b.Shot("keyfile/refused")
		if n := len(b.Page().All("input", "aria-invalid", "true")); n != 1 {
			t.Errorf("%d fields are marked as wrong", n)
		}
		for _, r := range b.Sent() {
			if r.Method == http.MethodPost && strings.HasPrefix(r.URL, x.base+"/signin/signature/") {
				t.Errorf("something was sent: %s", r.URL)
			}
		}
		if got := x.asked("/signin/signature/") - was; got > len(cases) {
			t.Errorf("the text was asked for %d times for %d files", got, len(cases))
		}
		use(t, b, good, "secret")
		on(b, "/register/signature")

		english := webtest.Start(t).Browser(t, x.base, webtest.Desktop())
		english.Open("/signin/signature")
		english.Press("English")
		english.Press("Get the text to sign")
		path := filepath.Join(t.TempDir(), "key.pfx")
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
		english.Press("Sign")
		english.Await("what is missing", func(p *webtest.Page) bool { return p.Sees("Choose the .pfx or .p12 file") })
		english.Attach("File with the key (.pfx, .p12)", path)
		english.Fill("Password of the file", "other")
		english.Press("Sign")
		english.Await("that the password is wrong", func(p *webtest.Page) bool { return p.Sees("The password does not open this file") })
	})
}

func TestInChromiumAKeyThatIsAboutToBeUploadedIsHeldBack(t *testing.T) {
	eachKeyed(t, func(t *testing.T, x *keyed) {
		file := pfx(t, x.person(t, sandbox.ECDSA, anna).Bundle(), "secret")
		path := filepath.Join(t.TempDir(), "Мой ключ.PFX")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		b := webtest.Start(t).Browser(t, x.base, webtest.Phone())
		toSign(b)
		b.Attach("signature", path)
		b.Await("that it is a key", func(p *webtest.Page) bool {
			return p.Sees("Это файл с ключом, его не отправляют")
		})
		b.Shot("keyfile/held-back")
		b.Press("Проверить подпись")
		b.Await("that there is no signature", func(p *webtest.Page) bool { return p.Sees("Выберите файл подписи") })
		b.Attach("signature", path)
		b.Fill(keyPassword, "secret")
		b.Press(keyButton)
		on(b, "/register/signature")
		x.mu.Lock()
		defer x.mu.Unlock()
		nothingOf(t, x.came, "the file", file)
	})
}

// The name says "signature", the content is a key: in the shell of a .pfx, in one that is base64, and in PEM.
func TestInChromiumAKeyUnderTheNameOfASignatureNeverLeavesTheBrowser(t *testing.T) {
	eachKeyed(t, func(t *testing.T, x *keyed) {
		i := x.person(t, sandbox.ECDSA, anna)
		file := pfx(t, i.Bundle(), "secret")
		b := webtest.Start(t).Browser(t, x.base, webtest.Desktop())
		toSign(b)
		was := x.asked("/signin/signature/")
		for name, content := range map[string][]byte{
			"a .pfx":            file,
			"a .pfx in base64":  []byte(base64.StdEncoding.EncodeToString(file)),
			"certificate + key": i.Bundle(),
		} {
			path := filepath.Join(t.TempDir(), "подпись.sig")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			b.Attach("signature", path)
			b.Press("Проверить подпись") // at once, before the page has looked at the file
			b.Await("that it is a key, of "+name, func(p *webtest.Page) bool {
				return p.Sees("Это файл с ключом, его не отправляют") || p.Sees("Выберите файл подписи")
			})
		}
		if n := x.asked("/signin/signature/") - was; n > 3 {
			t.Errorf("the page asked the server %d times", n)
		}
		x.mu.Lock()
		nothingOf(t, x.came, "the file", file)
		nothingOf(t, x.came, "the file in base64", []byte(base64.StdEncoding.EncodeToString(file)))
		nothingOf(t, x.came, "certificate and key", i.Bundle())
		x.mu.Unlock()
	})
}

func TestInChromiumAFileThatTakesTooLongIsPutDown(t *testing.T) {
	eachKeyed(t, func(t *testing.T, x *keyed) {
		x.Policy.Signatures.InPage.Rounds, x.Policy.Signatures.InPage.Timeout = 20_000_000, time.Second
		i := x.person(t, sandbox.ECDSA, anna)
		file := bytes.ReplaceAll(pfx(t, i.Bundle(), "secret", "-iter", "65537"), []byte{2, 3, 1, 0, 1}, []byte{2, 3, 0x7f, 0xff, 0xff})
		b := webtest.Start(t).Browser(t, x.base, webtest.Desktop())
		toSign(b)
		use(t, b, file, "secret")
		b.Await("that it takes too long", func(p *webtest.Page) bool { return p.Sees("за отведённое время") })
	})
}

func TestInChromiumAPageWhoseTextIsOverSaysSoWhenAFileIsToSignIt(t *testing.T) {
	eachKeyed(t, func(t *testing.T, x *keyed) {
		b := webtest.Start(t).Browser(t, x.base, webtest.Desktop())
		toSign(b)
		x.clock.Advance(x.Policy.Signatures.Lifetime + time.Minute)
		use(t, b, pfx(t, x.person(t, sandbox.ECDSA, anna).Bundle(), "secret"), "secret")
		b.Await("why", func(p *webtest.Page) bool {
			return p.URL.Path == "/signin/signature" && p.Sees("Время на подпись вышло")
		})
	})
}

func TestWithoutScriptsThePageOffersTheProgramOnlyAndItsFieldsAreNeverSent(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		if db.Engine() != store.SQLite {
			return
		}
		x := openSigned(t, db, clock)
		c := x.browser(t)
		begun(c)
		if c.Page().Sees(keyPassword) || c.Page().Sees("подпишите прямо здесь") {
			t.Errorf("a way that needs scripts is offered: %s", c.Page().Text())
		}
		for _, id := range []string{"keyfile", "keyfile-password"} {
			found := c.Page().All("input", "id", id)
			if len(found) != 1 {
				t.Fatalf("%d fields %s", len(found), id)
			}
			for _, a := range found[0].Attr {
				if a.Key == "name" {
					t.Errorf("%s has the name %q, and could be sent", id, a.Val)
				}
			}
		}
	})
}

func TestWhatIsGivenAPersonsKeyCanReachNobody(t *testing.T) {
	eachKeyed(t, func(t *testing.T, x *keyed) {
		for name, want := range map[string]string{"keyfile-worker.js": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'", "keyfile.js": "connect-src 'self'"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, x.base+ui.URL(name), nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if err := resp.Body.Close(); err != nil {
				t.Fatal(err)
			}
			if got := resp.Header.Get("Content-Security-Policy"); resp.StatusCode != http.StatusOK || !strings.Contains(got, want) {
				t.Errorf("%s: %d, %s", name, resp.StatusCode, got)
			}
		}
	})
}

// Whatever stood in the program that gets a key: the browser lets it ask nobody, not even the portal.
func TestInChromiumAProgramThatWouldGiveAKeyAwayIsStopped(t *testing.T) {
	eachKeyed(t, func(t *testing.T, x *keyed) {
		x.instead = `onmessage = async e => {
			const ways = [() => fetch("/leak?fetch"), () => new Promise((yes, no) => { const s = new WebSocket("ws://" + location.host + "/leak?socket"); s.onopen = yes; s.onerror = no }),
				() => new Promise((yes, no) => { const x = new XMLHttpRequest(); x.onload = yes; x.onerror = no; x.open("POST", "/leak?xhr"); x.send(e.data.file) }),
				() => importScripts("/leak?script"), () => import("/leak?import"), () => new Promise((yes, no) => { const s = new EventSource("/leak?events"); s.onopen = yes; s.onerror = no })]
			let gone = 0
			for (const way of ways) try { await way(); gone++ } catch {}
			postMessage({problem: gone ? "gost" : "key"})
		}`
		chromium := webtest.Start(t)
		told := webtest.Complaints(t, func(tb testing.TB) {
			b := chromium.Browser(tb, x.base, webtest.Desktop())
			toSign(b)
			use(tb, b, []byte("a key"), "secret")
			b.Await("that nothing went", func(p *webtest.Page) bool { return p.Sees("В файле нет ключа") })
		})
		for _, way := range []string{"fetch", "socket", "xhr", "script", "import", "events"} {
			if !strings.Contains(told, "/leak?"+way+"' violates the following Content Security Policy") {
				t.Errorf("nobody forbade to ask by %s: %s", way, told)
			}
		}
		if strings.Contains(told, "not seen") {
			t.Error(told)
		}
		if n := x.asked("/leak"); n > 0 {
			t.Errorf("%d requests went out", n)
		}
	})
}

// read is what stands in files, one after another.
func read(t *testing.T, files ...string) (out []byte) {
	t.Helper()
	for _, f := range files {
		text, err := os.ReadFile(f) //nolint:gosec // files of the test
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, text...)
	}
	return out
}
