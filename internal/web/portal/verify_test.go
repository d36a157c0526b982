package portal_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/document"
	"okno/internal/files"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/stamp"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/web"
	"okno/internal/web/desk/desktest"
	"okno/internal/web/portal"
	"okno/internal/web/ui"
	"okno/internal/web/webtest"
)

// issuer is a portal that issues signed papers, at an address of its own.
type issuer struct {
	*desktest.Floor
	clock  *storetest.Clock
	server *web.Server
	base   string
	papers *document.Service
	anna   access.Actor
}

// alone is issuing where nothing but the browser is judged: which database stands behind the page is no matter.
func alone(t *testing.T, body func(t *testing.T, x issuer)) {
	t.Helper()
	clock := storetest.NewClock()
	body(t, openIssuer(t, storetest.Open(t, store.SQLite, clock.Now), clock))
}

func issuing(t *testing.T, body func(t *testing.T, x issuer)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		body(t, openIssuer(t, db, clock))
	})
}

func openIssuer(t *testing.T, db *store.DB, clock *storetest.Clock) issuer {
	t.Helper()
	assets, err := ui.Assets()
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED: the pages' scripts are not built (npm ci, npm run build): " + err.Error())
	}
	x := issuer{Floor: desktest.Open(t, db), clock: clock}
	x.anna, _ = x.Person(t, phone)
	front := httptest.NewUnstartedServer(nil)
	_, port, err := net.SplitHostPort(front.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	x.base = "http://localhost:" + port
	u, err := url.Parse(x.base)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := files.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bucket.Close() }) //nolint:errcheck // the test is over
	marks := &stamp.Service{DB: db, Path: filepath.Join(t.TempDir(), "papers.pem"), Name: "Окно", Address: x.base, Life: 1000 * time.Hour}
	if _, err := marks.Make(ctx); err != nil {
		t.Fatal(err)
	}
	x.papers = &document.Service{DB: db, Ring: x.Ring, Files: &files.Store{DB: db, Ring: x.Ring, Bucket: bucket}, URL: u, Name: i18n.Text{RU: "Окно", EN: "Okno"}, Fonts: ui.Typefaces, Stamp: marks, Opens: func(context.Context, access.Actor) error { return nil }}
	x.server, err = web.New(web.Config{URL: u, Demo: true, Sessions: x.Credentials, Now: db.Now, Policy: x.Policy, Assets: assets, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	(&portal.Pages{DB: db, Policy: x.Policy, Papers: x.papers, Stamp: marks, Ring: x.Ring, Zone: time.UTC}).Mount(x.server)
	front.Config.Handler = x.server
	front.Start()
	t.Cleanup(front.Close)
	return x
}

// issue makes a paper and gives its PDF, what its signed code says, and its row.
func (x issuer) issue(t *testing.T) (pdf []byte, code string, d document.Document) {
	t.Helper()
	content, err := document.Compose(document.IncomeCertificate, document.Source{Title: i18n.Text{RU: "Справка о доходах", EN: "Income certificate"},
		Agency: i18n.Text{RU: "Федеральная налоговая служба", EN: "Federal Tax Service"}, Unit: "fns", Person: account.Profile{Surname: "Проверкина", GivenName: "Анна", Patronymic: "Сергеевна"},
		Answer: map[string]any{"year": 2025, "income_kopecks": 100_000_00, "tax_kopecks": 13_000_00, "withheld_kopecks": 13_000_00, "payers": []any{map[string]any{
			"name": "ООО «Пекарня»", "inn": "5099001234", "rate": 13, "income_kopecks": 100_000_00, "base_kopecks": 100_000_00, "tax_kopecks": 13_000_00, "withheld_kopecks": 13_000_00,
			"months": []any{map[string]any{"month": 1, "code": "2000", "sum_kopecks": 100_000_00}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	draft, err := x.papers.Prepare(ctx, x.anna.ID, document.New{Kind: document.IncomeCertificate, Content: content, CaseID: id.New(), Lang: i18n.RU})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.DB.Write(ctx, func(tx *store.Tx) error {
		d, err = x.papers.Issue(ctx, tx, draft)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	_, r, err := x.papers.Open(ctx, x.anna, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	if pdf, err = io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	return pdf, x.codeOf(t, d), d
}

// codeOf signs the code of a paper anew: signatures draw no chance, so that it is the one on the paper.
func (x issuer) codeOf(t *testing.T, d document.Document) string {
	t.Helper()
	k, err := x.papers.Stamp.Signer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	page, err := x.papers.ByToken(access.With(ctx, x.anna), d.Link[strings.LastIndex(d.Link, "/")+1:])
	if err != nil {
		t.Fatal(err)
	}
	p := stamp.Paper{Kind: string(page.Kind), Number: page.Number, IssuedAt: page.IssuedAt, Lang: "ru", Title: page.Title.RU + " " + page.Subtitle.RU, Agency: page.Agency.RU, Holder: page.Holder,
		Token: d.Link[strings.LastIndex(d.Link, "/")+1:]}
	for _, f := range page.Facts {
		p.Facts = append(p.Facts, stamp.Fact{Label: f.Label.RU, Value: f.Value.RU})
	}
	code, err := k.Code(p, 2000)
	if err != nil {
		t.Fatal(err)
	}
	return d.Link + "#" + code
}

func saved(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// picture is the first page as a phone sees it.
func picture(t *testing.T, pdf []byte) string {
	t.Helper()
	tool, err := exec.LookPath("pdftoppm")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED: pdftoppm is not there (apt-get install poppler-utils)")
	}
	out, err := exec.Command(tool, "-png", "-r", "200", "-f", "1", "-l", "1", saved(t, "paper.pdf", pdf)).Output() //nolint:gosec // our own file
	if err != nil {
		t.Fatal(err)
	}
	return saved(t, "photo.png", out)
}

func TestAFileIsVerifiedWithoutScripts(t *testing.T) {
	issuing(t, func(t *testing.T, x issuer) {
		pdf, _, d := x.issue(t)
		c := webtest.Serve(t, x.base, x.server)
		verify := func(name string, data []byte, words ...string) {
			t.Helper()
			c.Open("/verify")
			c.Attach("Файл документа", saved(t, name, data))
			c.Press("Проверить файл")
			if c.Page().URL.Path != "/verify/result" {
				t.Fatalf("%s leads to %s", name, c.Page().URL)
			}
			sees(t, c, words...)
			for _, secret := range []string{"Проверкина", d.Number} {
				if strings.Contains(c.Page().URL.String(), secret) {
					t.Errorf("the address holds %s", secret)
				}
			}
		}
		verify("paper.pdf", pdf, "Файл подлинный", "Окно", "Не отозван, по списку от")
		c.Follow("Страница документа на портале")
		sees(t, c, "Документ действителен", d.Number)

		changed := bytes.Clone(pdf)
		contents := regexp.MustCompile(`/Contents\s+(\d+) 0 R`).FindSubmatch(pdf)
		at := bytes.Index(changed, append(append([]byte("\n"), contents[1]...), " 0 obj\n"...))
		changed[at+bytes.Index(changed[at:], []byte("stream\n"))+60] ^= 1
		verify("changed.pdf", changed, "Файл изменён", "Изменены страницы", "1")
		verify("appended.pdf", append(bytes.Clone(pdf), "trailer"...), "К файлу дописали", "7 байт")
		verify("cut.pdf", pdf[:len(pdf)-40], "Файл обрезан")
		verify("other.pdf", []byte("%PDF-1.7\n%%EOF\n"), "Подписи портала нет")
		verify("photo.png", []byte("\x89PNG"), "Это не PDF")

		if err := x.papers.Revoke(ctx, access.SystemActor(), d.ID, document.Mistake); err != nil {
			t.Fatal(err)
		}
		verify("paper.pdf", pdf, "Файл подлинный", "Документ отозван", "больше не действует")

		c.Open("/verify")
		c.Press("Проверить файл")
		if c.Page().Status != http.StatusUnprocessableEntity {
			t.Errorf("no file was chosen, and the answer is %d", c.Page().Status)
		}
		sees(t, c, "Выберите файл")
		c.Open("/verify")
		c.Attach("Файл документа", saved(t, "large.pdf", append(bytes.Clone(pdf), make([]byte, x.Policy.Uploads.MaxSize)...)))
		c.Press("Проверить файл")
		sees(t, c, "больше 5 МБ")
	})
}

// Whoever sends somebody a link to a result cannot have made it up, and a result grows old.
func TestNobodyCanMakeALinkThatCallsAFileGenuine(t *testing.T) {
	issuing(t, func(t *testing.T, x issuer) {
		pdf, _, _ := x.issue(t)
		c := webtest.Serve(t, x.base, x.server)
		for _, forged := range []string{"", "AAAA", "%%%", strings.Repeat("A", 4000)} {
			c.Get("/verify/result?is=" + url.QueryEscape(forged)) //nolint:bodyclose // the client reads it whole
			c.Open("/verify/result?is=" + url.QueryEscape(forged))
			if c.Page().URL.Path != "/verify" {
				t.Errorf("%q shows %s", forged, c.Page().Text())
			}
		}
		c.Open("/verify")
		c.Attach("Файл документа", saved(t, "paper.pdf", pdf))
		c.Press("Проверить файл")
		good := c.Page().URL.String()
		spoilt := good[:len(good)-6] + "AAAAAA"
		c.Open(spoilt)
		seesNo(t, c, "Файл подлинный")
		c.Open(good)
		sees(t, c, "Файл подлинный")
		x.clock.Advance(time.Hour)
		c.Open(good)
		seesNo(t, c, "Файл подлинный")
	})
}

func TestTheLinkOfACodeLeadsToThePageOfThePaper(t *testing.T) {
	issuing(t, func(t *testing.T, x issuer) {
		_, code, d := x.issue(t)
		c := webtest.Serve(t, x.base, x.server)
		for _, typed := range []string{code, d.Link, " " + d.Link + "\n"} {
			c.Open("/verify")
			c.Fill("Ссылка из QR-кода", typed)
			c.Press("Проверить код")
			sees(t, c, "Документ действителен", d.Number)
		}
		for typed, says := range map[string]string{"": "Вставьте ссылку", "12345": "не ссылка на документ этого портала", "https://fake.example/check/AbC": "не ссылка на документ этого портала",
			x.base + "/check/../signout": "не ссылка на документ этого портала", x.base + "/check/a?b": "не ссылка на документ этого портала"} {
			c.Open("/verify")
			c.Fill("Ссылка из QR-кода", typed)
			c.Press("Проверить код")
			if c.Page().Status != http.StatusUnprocessableEntity {
				t.Errorf("%q: status %d", typed, c.Page().Status)
			}
			sees(t, c, says)
		}
	})
}

func TestTheKeysArePublishedForPrograms(t *testing.T) {
	issuing(t, func(t *testing.T, x issuer) {
		pdf, _, _ := x.issue(t)
		c := webtest.Serve(t, x.base, x.server)
		resp := c.Get("/.well-known/document-keys.json") //nolint:bodyclose // the client reads it whole
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		l, err := stamp.ParseList(text)
		if err != nil || !stamp.Verify(pdf, l).Genuine() || resp.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("the list %s: %v", text, err)
		}
		if strings.Contains(string(text), `"d":`) {
			t.Error("the list holds a private key")
		}
		resp = c.Get("/.well-known/document-keys.pem") //nolint:bodyclose // the client reads it whole
		if text, err = io.ReadAll(resp.Body); err != nil || !bytes.HasPrefix(text, []byte("-----BEGIN CERTIFICATE-----\n")) || bytes.Contains(text, []byte("PRIVATE")) {
			t.Errorf("the certificates: %s, %v", text, err)
		}
	})
}

// The page works on when the network has gone: what it needs came with it.
func TestInChromiumCodesAreVerifiedWithTheNetworkOff(t *testing.T) {
	alone(t, func(t *testing.T, x issuer) {
		pdf, code, d := x.issue(t)
		photo := picture(t, pdf)
		b := webtest.Start(t).Browser(t, x.base, webtest.Phone())
		b.Open("/verify")
		b.Axe()
		b.Shot("verify-phone")
		back := b.Offline()
		if b.Reaches("/verify") {
			t.Fatal("the network is still there")
		}
		says := func(what string, words ...string) {
			t.Helper()
			b.Await(what, func(p *webtest.Page) bool {
				for _, w := range words {
					if !p.Sees(w) {
						return false
					}
				}
				return true
			})
		}
		b.Attach("Снимок или скан документа", photo)
		says("the photo", "Подпись портала верна", d.Number, "Справка о доходах за 2025 год", "П", "100 000", "Не отозван, по списку от", "Страница документа на портале")
		b.Shot("verify-genuine")
		for _, secret := range []string{"Проверкина", "Пекарня"} {
			if b.Page().Sees(secret) {
				t.Errorf("the page says %s", secret)
			}
		}
		typed := func(text string) {
			t.Helper()
			b.Fill("Ссылка из QR-кода", text)
			b.Press("Проверить код")
		}
		cut := strings.Index(code, "#") + 1
		forged := func(at int) string {
			digit := "0"
			if code[at] == '0' {
				digit = "1"
			}
			return code[:at] + digit + code[at+1:]
		}
		typed(code)
		says("the code", "Подпись портала верна", d.Number)
		typed(forged(len(code) - 30))
		says("a digit of the signature is another", "Подпись подделана")
		typed(d.Link)
		says("the address alone", "В этом коде только адрес")
		typed(strings.Replace(code, d.Link, x.base+"/check/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 1))
		says("the address of another paper", "Ссылка и код от разных документов")
		typed("привет")
		says("no code", "Это не код документа портала")
		typed(code[cut:])
		says("the digits alone", "Подпись портала верна")
		back()

		first := x.papers.Stamp
		old, err := first.Signer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := first.Stage(ctx); err != nil {
			t.Fatal(err)
		}
		x.clock.Advance(time.Minute)
		if _, err := first.Rotate(ctx, time.Hour); err != nil {
			t.Fatal(err)
		}
		x.clock.Advance(2 * time.Hour)
		_, young, next := x.issue(t)
		back = b.Offline()
		typed(young)
		says("a paper younger than the list", "Ключ неизвестен", "Список ключей")
		back()
		b.Open("/verify")
		back = b.Offline()
		typed(young)
		says("the list is renewed", "Подпись портала верна", next.Number)
		typed(code)
		says("an old paper after the rotation", "Подпись портала верна", d.Number)
		back()
		if err := first.Revoke(ctx, old.ID, stamp.Leaked); err != nil {
			t.Fatal(err)
		}
		b.Open("/verify")
		b.Offline()
		typed(code)
		says("a paper of a revoked key", "Ключ отозван", "Отозван ")
	})
}

// What people keep is one file: opened from the disk it verifies, and can reach nobody.
func TestInChromiumTheKeptPageVerifiesFromTheDisk(t *testing.T) {
	alone(t, func(t *testing.T, x issuer) {
		pdf, code, d := x.issue(t)
		c := webtest.Serve(t, x.base, x.server)
		resp := c.Get("/verify/page") //nolint:bodyclose // the client reads it whole
		text, err := io.ReadAll(resp.Body)
		if err != nil || !strings.Contains(resp.Header.Get("Content-Disposition"), "attachment") || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Fatalf("%v, %v", resp.Header, err)
		}
		for _, outside := range []string{`src="`, `href="/`, "@import", "url("} {
			if strings.Contains(string(text), outside) {
				t.Errorf("the file needs something else: %s", outside)
			}
		}
		file := saved(t, "verify.html", text)
		b := webtest.Start(t).Browser(t, "file://"+filepath.Dir(file)+"/", webtest.Desktop())
		b.Open(filepath.Base(file))
		b.Axe()
		b.Attach("Снимок или скан документа", picture(t, pdf))
		b.Await("the photo", func(p *webtest.Page) bool {
			return p.Sees("Подпись портала верна") && p.Sees(d.Number)
		})
		b.Shot("verify-kept")
		b.Fill("Ссылка из QR-кода", code[:len(code)-17])
		b.Press("Проверить код")
		b.Await("a code that is cut", func(p *webtest.Page) bool { return p.Sees("Это не код документа портала") })
		if b.Reaches(x.base + "/verify") {
			t.Error("the page can reach somebody")
		}
	})
}

// The browser judges as the server does: each code that one refuses the other refuses for the same reason.
func TestInChromiumTheBrowserAndTheServerAgree(t *testing.T) {
	alone(t, func(t *testing.T, x issuer) {
		_, code, _ := x.issue(t)
		l, err := x.papers.Stamp.List(ctx)
		if err != nil {
			t.Fatal(err)
		}
		b := webtest.Start(t).Browser(t, x.base, webtest.Desktop())
		b.Open("/verify")
		cut := strings.Index(code, "#") + 1
		texts := []string{code, code[cut:], code[:cut], code + "0", code[:len(code)-1], "0", "000", strings.Repeat("9", 17), x.base + "/check/x#" + code[cut:]}
		for i := cut; i < len(code); i += 11 {
			for _, d := range []string{"0", "9"} {
				texts = append(texts, code[:i]+d+code[i+1:])
			}
		}
		asked, err := json.Marshal(texts)
		if err != nil {
			t.Fatal(err)
		}
		var titles []string
		b.Run(&titles, `async () => {
			const part = name => document.querySelector('[data-part=' + name + ']')
			const out = []
			for (const text of `+string(asked)+`) {
				part('result').replaceChildren()
				part('form').querySelector('textarea').value = text
				part('form').requestSubmit()
				while (!part('result').firstChild) await new Promise(done => setTimeout(done, 1))
				out.push(part('result').querySelector('h2').textContent)
			}
			return out
		}`)
		seen := map[string]int{}
		for i, text := range texts {
			_, _, err := stamp.Read(text, l)
			why := stamp.Why(err)
			want := i18n.RU.T("verify.code." + cmp.Or(why, "genuine"))
			if text == code[:cut] {
				want = i18n.RU.T("verify.code.address") // for the server it is a code without digits
			}
			if titles[i] != want {
				t.Errorf("%s: the browser says «%s», the server %v", text, titles[i], err)
			}
			seen[why]++
		}
		if seen[""] < 2 || seen["forged"] < 30 || seen["foreign"] < 5 || seen["other"] != 1 {
			t.Errorf("too little was compared: %v", seen)
		}
	})
}
