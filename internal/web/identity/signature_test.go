package identity_test

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/connector/authority"
	"okno/internal/connector/call"
	"okno/internal/contact"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/policy"
	sandbox "okno/internal/sandbox/authority"
	"okno/internal/signature"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/verification"
	"okno/internal/web"
	"okno/internal/web/identity"
	"okno/internal/web/ui"
	"okno/internal/web/webtest"
)

// signed is a portal that takes signatures, and the authorities of the sandbox.
type signed struct {
	*portal
	ca           *sandbox.Authority
	verification *verification.Service
	signatures   *signature.Service
	pages        *identity.Pages
	down         *atomic.Bool
}

func openSigned(t *testing.T, db *store.DB, clock *storetest.Clock) *signed {
	t.Helper()
	return openSignedAt(t, db, clock, &url.URL{Scheme: "http", Host: "localhost:8080"}, nil)
}

func openSignedAt(t *testing.T, db *store.DB, clock *storetest.Clock, at *url.URL, assets *ui.Bundle) *signed {
	t.Helper()
	x := &signed{portal: &portal{World: signintest.New(t, db), clock: clock}, down: &atomic.Bool{}}
	var handler http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if x.down.Load() {
			panic(http.ErrAbortHandler)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	var err error
	if x.ca, err = sandbox.Open(t.Context(), sandbox.Config{Dir: t.TempDir(), URL: srv.URL, Now: db.Now}); err != nil {
		t.Fatal(err)
	}
	handler = x.ca.Handler()
	list, err := signature.LoadAuthorities(x.ca.Trusted(), db.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	texts, err := identity.LoadTexts(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	x.server, err = web.New(web.Config{URL: at, Demo: true, Assets: assets, Sessions: x.Credentials, Now: db.Now, Policy: policy.Default(), Menu: identity.Menu(), Footer: identity.Footer(), Log: slog.New(slog.DiscardHandler),
		CheckPassword: func(context.Context, string) *form.Problem { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	x.SignIn.Signs = true
	x.verification = &verification.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Contacts: x.Contacts, Sessions: x.Credentials, Notices: x.Notices, Jobs: x.Jobs, Zone: time.UTC}
	x.signatures = signature.New(signature.Config{DB: db, Ring: x.Ring, Policy: x.Policy, Authorities: list, URL: at, Name: i18n.Text{RU: "Окно", EN: "Okno"}, Zone: time.UTC,
		Publisher: authority.New(authority.Config{MaxList: 1 << 20, MaxAnswer: 1 << 16, Inside: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Limits: call.Limits{Timeout: 5 * time.Second, Failures: 1000}})})
	x.pages = &identity.Pages{DB: db, Registration: x.Registrations, SignIn: x.SignIn, Credentials: x.Credentials, Texts: texts, Verification: x.verification,
		Signatures: x.signatures, Token: "https://token.example"}
	x.pages.Mount(x.server)
	x.server.Handle("GET /{$}", x.show)
	x.server.Handle("GET /cabinet", web.RequirePerson(x.show))
	x.server.Handle("GET "+web.Welcome, func(w http.ResponseWriter, r *http.Request) error { return web.Redirect(w, r, "/cabinet") }) // as from the page itself
	return x
}

func eachSigned(t *testing.T, body func(t *testing.T, x *signed)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) { body(t, openSigned(t, db, clock)) })
}

var anna = sandbox.Person{Surname: "Новикова", GivenName: "Анна", Patronymic: "Сергеевна", SNILS: "112-233-445 95", INN: "500100732259"}

// sign downloads the text of the page, signs it by Anna's own program, and uploads the signature.
func (x *signed) sign(t *testing.T, c *webtest.Client, alg sandbox.Algorithm) {
	t.Helper()
	x.signAs(t, c, alg, anna)
}

func (x *signed) signAs(t *testing.T, c *webtest.Client, alg sandbox.Algorithm, who sandbox.Person) {
	t.Helper()
	_, file := x.signedText(t, c, alg, who)
	x.upload(t, c, "text.sig", file)
}

// signedText downloads the text of the page and signs it. id is the text's.
func (x *signed) signedText(t *testing.T, c *webtest.Client, alg sandbox.Algorithm, who sandbox.Person) (id string, file []byte) {
	t.Helper()
	resp := c.Fetch("Скачать текст")
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.Header.Get("Content-Disposition") == "" {
		t.Fatalf("%q, %v", resp.Header, err)
	}
	i, err := x.ca.Person(t.Context(), alg, who)
	if err != nil {
		t.Fatal(err)
	}
	if file, err = i.Sign(t.Context(), text, sandbox.Form{}); err != nil {
		t.Fatal(err)
	}
	return filepath.Base(c.Page().URL.Path), file
}

func (x *signed) upload(t *testing.T, c *webtest.Client, name string, file []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	c.Attach("signature", path)
	c.Press("Проверить подпись")
}

// begun gets a text to be signed.
func begun(c *webtest.Client) {
	c.Open("/signin")
	c.Follow("Войти с помощью электронной подписи")
	c.Press("Получить текст для подписи")
}

// level is that of the account which holds Anna's SNILS; "" when none does.
func (x *signed) level(t *testing.T) (id string, level access.Level) {
	t.Helper()
	id, err := x.Accounts.HolderOfSNILS(t.Context(), x.DB, "11223344595")
	if err != nil {
		return "", ""
	}
	a, err := x.Accounts.Get(t.Context(), x.DB, id)
	if err != nil {
		t.Fatal(err)
	}
	return id, a.Level
}

// recorded is which certificate and which authority the record names for the last confirmation of an account.
func (x *signed) recorded(t *testing.T, id string) (certificate, authority string) {
	t.Helper()
	events, err := audit.About(t.Context(), x.DB, id, 100, "")
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(events, func(e audit.Entry) bool { return e.Action == "verification.confirmed" })
	if at < 0 {
		t.Fatal("no confirmation is in the record")
	}
	return events[at].Detail["certificate"], events[at].Detail["authority"]
}

func TestTheRecordNamesTheCertificateThatConfirmedAnAccountAndItsAuthority(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		sha := func(c *x509.Certificate) string {
			sum := sha256.Sum256(c.Raw)
			return hex.EncodeToString(sum[:])
		}
		used := func(alg sandbox.Algorithm) (certificate, authority string) {
			t.Helper()
			i, err := x.ca.Person(t.Context(), alg, anna)
			if err != nil {
				t.Fatal(err)
			}
			return sha(i.Certificate), sha(i.By().Certificate)
		}
		c := x.browser(t)
		begun(c) // to register
		x.sign(t, c, sandbox.ECDSA)
		c.Fill("tel", "8 912 345-67-89")
		c.Tick("terms", true)
		c.Tick("data", true)
		c.Press("Получить код")
		c.Fill("one-time-code", x.Code(t, phone))
		c.Press("Подтвердить")
		c.FillAll("new-password", "Broad-River-71")
		c.Press("Создать учётную запись")
		at(t, c, "/cabinet")
		who, _ := x.level(t)
		for _, alg := range []sandbox.Algorithm{sandbox.ECDSA, sandbox.RSA} { // the second in the cabinet
			if alg == sandbox.RSA {
				x.clock.Advance(time.Minute)
				c.Open("/cabinet/signature")
				c.Fill("current-password", "Broad-River-71")
				c.Press("Получить текст для подписи")
				x.sign(t, c, alg)
				at(t, c, "/cabinet")
			}
			certificate, authority := x.recorded(t, who)
			if wantC, wantA := used(alg); certificate != wantC || authority != wantA {
				t.Errorf("%s: the record names %q of %q, want %q of %q", alg, certificate, authority, wantC, wantA)
			}
		}
	})
}

func TestWhoeverHasNoAccountRegistersFromASignatureAndComesInByItLater(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		c := x.browser(t)
		begun(c)
		x.sign(t, c, sandbox.GOST256)
		at(t, c, "/register/signature")
		sees(t, c, "Новикова Анна Сергеевна", "***-***-445 95")
		c.Fill("tel", "8 912 345-67-89")
		c.Press("Получить код")
		sees(t, c, "Чтобы зарегистрироваться, примите пользовательское соглашение")
		c.Tick("terms", true)
		c.Tick("data", true)
		c.Press("Получить код")
		at(t, c, "/register/code")
		c.Fill("one-time-code", x.Code(t, phone))
		c.Press("Подтвердить")
		at(t, c, "/register/password")
		c.FillAll("new-password", "Broad-River-71")
		c.Press("Создать учётную запись")
		at(t, c, "/cabinet")
		sees(t, c, "confirmed")
		who, level := x.level(t)
		a, err := x.Accounts.Get(t.Context(), x.DB, who)
		if err != nil || level != access.Confirmed || a.Profile.FullName() != "Новикова Анна Сергеевна" || a.Profile.INN != "500100732259" || a.Profile.Sources["snils"].From != "signature" {
			t.Fatalf("%s, %+v, %v", level, a.Profile, err)
		}
		later := x.browser(t)
		begun(later)
		x.sign(t, later, sandbox.ECDSA)
		at(t, later, "/cabinet")
		sees(t, later, "confirmed")
	})
}

func TestWhoSignsInByASignatureComesToWhereTheyWanted(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		x.bySignature(t, x.browser(t))
		c := x.browser(t)
		for _, way := range []struct{ to, want string }{{"/cabinet?from=here", "/cabinet?from=here"}, {"https://evil.example/", "/cabinet"}} {
			c.Open("/signin?next=" + url.QueryEscape(way.to))
			c.Follow("Войти с помощью электронной подписи")
			c.Press("Получить текст для подписи")
			x.upload(t, c, "text.sig", []byte("nothing that was signed"))
			if c.Page().Status != http.StatusUnprocessableEntity {
				t.Fatalf("nonsense is answered with %d", c.Page().Status)
			}
			x.sign(t, c, sandbox.ECDSA)
			if got := c.Page().URL.RequestURI(); got != way.want {
				t.Errorf("to %s: led to %s", way.to, got)
			}
			c = x.browser(t)
		}
	})
}

// REG-2: whoever registers without the signature after all keeps what they came for.
func TestWhoRegistersWithoutTheSignatureKeepsWhatTheyCameFor(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		c := x.browser(t)
		c.Open("/signin/signature?next=%2Fservices%2Fincome")
		c.Press("Получить текст для подписи")
		x.sign(t, c, sandbox.ECDSA)
		at(t, c, "/register/signature")
		c.Press("Это не я: зарегистрироваться без подписи")
		at(t, c, "/register")
		if kept := c.Page().All("input", "name", "next"); len(kept) != 1 || webtest.Attr(kept[0], "value") != "/services/income" {
			t.Error("what they came for is lost")
		}
	})
}

// REG-6: of a frozen account the page of a signature says the way that there is.
func TestWhoseAccountIsFrozenReadsTheWayBackAfterASignature(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		x.bySignature(t, x.browser(t))
		if err := x.DB.Write(t.Context(), func(tx *store.Tx) error {
			return tx.Do(t.Context(), `UPDATE account SET state = 'frozen'`)
		}); err != nil {
			t.Fatal(err)
		}
		c := x.browser(t)
		c.Open("/signin/signature")
		c.Press("Получить текст для подписи")
		x.sign(t, c, sandbox.ECDSA)
		sees(t, c, "Учётная запись заморожена", "Зарегистрируйтесь заново", "центр обслуживания")
	})
}

func TestOfASignatureThatIsRefusedThePageSaysWhyAndKeepsTheText(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		if db.Engine() != store.SQLite {
			return
		}
		x := openSigned(t, db, clock)
		c := x.browser(t)
		begun(c)
		c.Press("Проверить подпись")
		sees(t, c, "Выберите файл подписи")
		x.upload(t, c, "a.sig", []byte("nothing"))
		sees(t, c, "Это не файл электронной подписи")
		i, err := x.ca.Person(t.Context(), sandbox.ECDSA, anna)
		if err != nil {
			t.Fatal(err)
		}
		pfx, err := i.PFX(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		x.upload(t, c, "key.pfx", pfx)
		sees(t, c, "Это файл с ключом")
		x.down.Store(true)
		x.sign(t, c, sandbox.ECDSA)
		sees(t, c, "удостоверяющий центр не отвечает")
		x.down.Store(false)
		x.sign(t, c, sandbox.ECDSA)
		at(t, c, "/register/signature")
		c.Press("Это не я")
		at(t, c, "/register")
		c.Open("/register/signature")
		at(t, c, "/register")
		begun(c)
		clock.Advance(x.Policy.Signatures.Lifetime + time.Minute)
		c.Press("Проверить подпись")
		at(t, c, "/signin/signature")
		sees(t, c, "Время на подпись вышло")
	})
}

func TestASignatureIsNotForTheNextWhoRegistersInTheSameBrowser(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		c := x.browser(t)
		begun(c)
		x.sign(t, c, sandbox.ECDSA)
		c.Fill("tel", "8 912 345-67-89")
		c.Tick("terms", true)
		c.Tick("data", true)
		c.Press("Получить код")
		at(t, c, "/register/code")
		c.Press("Изменить номер")
		begin(c, "8 912 345-67-89", "")
		at(t, c, "/register/code")
		c.Fill("one-time-code", x.Code(t, phone))
		c.Press("Подтвердить")
		c.FillAll("new-password", "Broad-River-71")
		c.Press("Создать учётную запись")
		at(t, c, "/cabinet")
		sees(t, c, "simplified")
		if id, level := x.level(t); id != "" {
			t.Errorf("the next one became Anna, %s", level)
		}
	})
}

func TestAPersonInTheCabinetBecomesConfirmedByPasswordAndSignature(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		c := x.browser(t)
		begin(c, "8 912 345-67-89", "")
		c.Fill("one-time-code", x.Code(t, phone))
		c.Press("Подтвердить")
		c.FillAll("new-password", "Broad-River-71")
		c.Press("Создать учётную запись")
		at(t, c, "/cabinet")
		c.Open("/cabinet/signature")
		c.Fill("current-password", "Wrong-River-71")
		c.Press("Получить текст для подписи")
		at(t, c, "/cabinet/signature")
		if !c.Page().Sees("Пароль") || c.Page().Status != http.StatusUnprocessableEntity {
			t.Errorf("a wrong password: %d %s", c.Page().Status, c.Page().Text())
		}
		c.Fill("current-password", "Broad-River-71")
		c.Press("Получить текст для подписи")
		x.sign(t, c, sandbox.RSA)
		at(t, c, "/cabinet")
		sees(t, c, "confirmed")
		if _, level := x.level(t); level != access.Confirmed {
			t.Error(level)
		}
	})
}

// AUTH-8: a text that was given before the pause proves nothing during it.
func TestDuringAPauseNoSignatureMakesTheAccountSomebodysOwn(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		c := x.browser(t)
		begin(c, "8 912 345-67-89", "")
		c.Fill("one-time-code", x.Code(t, phone))
		c.Press("Подтвердить")
		c.FillAll("new-password", "Broad-River-71")
		c.Press("Создать учётную запись")
		c.Open("/cabinet/signature")
		c.Fill("current-password", "Broad-River-71")
		c.Press("Получить текст для подписи")
		holder, err := x.Contacts.Holder(t.Context(), x.DB, contact.Target{Kind: contact.Phone, Value: phone})
		if err != nil {
			t.Fatal(err)
		}
		err = x.DB.Write(t.Context(), func(tx *store.Tx) error {
			token, err := alert.Tell(t.Context(), tx, alert.Event{Account: holder, What: alert.Device}, tx.Now(), 24*time.Hour)
			if err != nil {
				return err
			}
			a, err := alert.ByToken(t.Context(), tx, token)
			if err != nil {
				return err
			}
			_, err = alert.Disavow(t.Context(), tx, a, tx.Now().Add(24*time.Hour))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		x.sign(t, c, sandbox.RSA)
		sees(t, c, "Важные изменения приостановлены")
		if a, err := x.Accounts.Get(t.Context(), x.DB, holder); err != nil || a.Level != access.Simplified {
			t.Errorf("the account is %s, %v", a.Level, err)
		}
		c.Open("/cabinet/signature")
		sees(t, c, "Важные изменения приостановлены") // before anything is filled in
		c.Fill("current-password", "Broad-River-71")
		c.Press("Получить текст для подписи")
		sees(t, c, "Важные изменения приостановлены")
	})
}

// standard registers somebody by phone, and makes the account Standard with Anna's SNILS: a claim that registers matched.
func (x *signed) standard(t *testing.T, c *webtest.Client, to string) string {
	t.Helper()
	begin(c, to, "")
	c.Fill("one-time-code", x.Code(t, to))
	c.Press("Подтвердить")
	c.FillAll("new-password", "Broad-River-71")
	c.Press("Создать учётную запись")
	at(t, c, "/cabinet")
	id, err := x.Contacts.Holder(t.Context(), x.DB, contact.Target{Kind: contact.Phone, Value: to})
	if err != nil {
		t.Fatal(err)
	}
	err = x.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := x.verification.Grant(t.Context(), tx, access.SystemActor(), id, verification.WayRegisters, func(p *account.Profile) {
			p.Surname, p.GivenName, p.SNILS, p.BirthDate = "Новикова", "Анна", "11223344595", "1990-02-03"
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestASignatureAloneDoesNotConfirmAnAccountThatMayBeAStrangersClaim(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		own := x.browser(t)
		id := x.standard(t, own, phone)
		elsewhere := x.browser(t)
		for range 2 { // having come in by a signature once proves no more the second time
			begun(elsewhere)
			x.sign(t, elsewhere, sandbox.ECDSA)
			at(t, elsewhere, "/cabinet")
			if holder, level := x.level(t); holder != id || level != access.Standard {
				t.Fatalf("by a signature alone %s became %s", holder, level)
			}
			elsewhere = again(t, x, elsewhere)
		}
		own = again(t, x, own)
		begun(own)
		x.sign(t, own, sandbox.ECDSA)
		at(t, own, "/cabinet")
		if _, level := x.level(t); level != access.Confirmed {
			t.Errorf("where the password was typed before, it is %s", level)
		}
	})
}

// again is the browser after it was signed out.
func again(t *testing.T, x *signed, c *webtest.Client) *webtest.Client {
	t.Helper()
	c.Press("Выйти")
	return c
}

func TestASignatureTakesTheSNILSFromAClaimAndNotFromWhoeverIsBound(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		prove := func(c *webtest.Client) {
			c.Open("/cabinet/signature")
			c.Fill("current-password", "Broad-River-71")
			c.Press("Получить текст для подписи")
			x.sign(t, c, sandbox.ECDSA)
		}
		join := func(to string) *webtest.Client {
			c := x.browser(t)
			begin(c, to, "")
			c.Fill("one-time-code", x.Code(t, to))
			c.Press("Подтвердить")
			c.FillAll("new-password", "Broad-River-71")
			c.Press("Создать учётную запись")
			at(t, c, "/cabinet")
			return c
		}
		claim := x.standard(t, x.browser(t), phone)
		anna := join("+79123456780")
		prove(anna)
		at(t, anna, "/cabinet")
		holder, level := x.level(t)
		if holder == claim || level != access.Confirmed {
			t.Fatalf("%s, %s", holder, level)
		}
		if a, err := x.Accounts.Get(t.Context(), x.DB, claim); err != nil || a.Level != access.Simplified || a.Profile.SNILS != "" {
			t.Errorf("the claim is %s, %v", a.Level, err)
		}
		second := join("+79123456781")
		prove(second)
		sees(t, second, "Этот СНИЛС уже подтверждён")
		if still, _ := x.level(t); still != holder {
			t.Error("another account took the SNILS from whoever is bound")
		}
	})
}

func TestWhoComesInByASignatureAddsNoPasskeyWithoutThePassword(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		x.standard(t, x.browser(t), phone)
		c := x.browser(t)
		begun(c)
		x.sign(t, c, sandbox.ECDSA)
		at(t, c, "/cabinet")
		c.Open("/cabinet/security/passkeys")
		at(t, c, "/signin/again")
		if others := c.Page().All("form", "action", "/signin/again/by"); len(others) != 0 {
			t.Errorf("%d other ways are offered to whoever may not be the account's owner", len(others))
		}
		c.Fill("current-password", "Broad-River-71")
		c.Press("Продолжить")
		at(t, c, "/cabinet/security/passkeys")
		c.Open("/cabinet/security")
		sees(t, c, "с электронной подписью", "с паролем")
	})
}

func TestInARememberedBrowserASignatureWaitsForTheCode(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		x.confirmed(t, phone)
		c := x.browser(t)
		x.remembered(t, c)
		c.Open("/cabinet/signature")
		c.Fill("current-password", signintest.Password)
		c.Press("Получить текст для подписи")
		at(t, c, "/signin/again")
		x.clock.Advance(2 * time.Minute)
		c.Press("Получить код")
		c.Fill("code", x.Code(t, phone))
		c.Press("Продолжить")
		at(t, c, "/cabinet/signature")
		c.Fill("current-password", signintest.Password)
		c.Press("Получить текст для подписи")
		sees(t, c, "Скачать текст")
	})
}

// bySignature registers Anna from a signature: the account is tied to her, and knows no document.
func (x *signed) bySignature(t *testing.T, c *webtest.Client) {
	t.Helper()
	begun(c)
	x.sign(t, c, sandbox.ECDSA)
	c.Fill("tel", "8 912 345-67-89")
	c.Tick("terms", true)
	c.Tick("data", true)
	c.Press("Получить код")
	c.Fill("one-time-code", x.Code(t, phone))
	c.Press("Подтвердить")
	c.FillAll("new-password", "Broad-River-71")
	c.Press("Создать учётную запись")
	at(t, c, "/cabinet")
}

// AUTH-5: whoever was confirmed by a signature has no number of a document to answer with.
func TestWhoRegisteredByASignatureAndForgotThePasswordRecoversByPhoneAndSignature(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		x.bySignature(t, x.browser(t))
		x.clock.Advance(2 * time.Minute)
		c := x.browser(t)
		c.Open("/recover")
		sees(t, c, "Войти с ключом доступа", "Войти с помощью электронной подписи")
		c.Fill("username", phone)
		c.Press("Получить код")
		c.Fill("one-time-code", x.Code(t, phone))
		c.Press("Подтвердить")
		at(t, c, "/recover/second")
		sees(t, c, "Подпишите его своей электронной подписью")
		if c.Page().Sees("Номер документа") {
			t.Error("the number of a document is asked for where none is known")
		}
		c.Press("Получить текст для подписи")
		other := anna
		other.SNILS = "087-654-303 00"
		x.signAs(t, c, sandbox.ECDSA, other)
		at(t, c, "/recover/second/signature/"+c.Page().URL.Path[len("/recover/second/signature/"):])
		sees(t, c, "с другим СНИЛС")
		c.Press("Получить текст для подписи")
		x.sign(t, c, sandbox.ECDSA)
		at(t, c, "/recover/password")
		c.FillAll("new-password", "Zima-2027-lesnaya")
		c.Press("Сохранить и войти")
		at(t, c, "/cabinet")
		sees(t, c, "confirmed")
	})
}

// Whoever has lost password and phone comes in by a signature, and changes with another what opens the account.
func TestInAnAccountOfTheirsAPersonProvesAgainByASignature(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		x.bySignature(t, x.browser(t))
		c := x.browser(t)
		begun(c)
		x.sign(t, c, sandbox.ECDSA)
		at(t, c, "/cabinet")
		c.Open("/cabinet/security/passkeys")
		at(t, c, "/cabinet/security/passkeys")
		x.clock.Advance(x.Policy.Session.Fresh)
		c.Open("/cabinet/security/passkeys")
		at(t, c, "/signin/again")
		c.Press("Электронная подпись")
		c.Press("Получить текст для подписи")
		x.sign(t, c, sandbox.ECDSA)
		at(t, c, "/cabinet/security/passkeys")
		x.clock.Advance(x.Policy.Session.Fresh)
		c.Open("/cabinet/contacts")
		c.Fill("contact", "anna@example.ru")
		c.Press("Получить код")
		at(t, c, "/signin/again")
	})
}

func TestATextThatIsSignedForOneThingDoesNothingElse(t *testing.T) {
	eachSigned(t, func(t *testing.T, x *signed) {
		own := x.browser(t)
		x.bySignature(t, own)
		x.clock.Advance(2 * time.Minute)
		c := x.browser(t)
		begun(c) // to sign in
		id, file := x.signedText(t, c, sandbox.ECDSA, anna)
		c.Open("/recover")
		c.Fill("username", phone)
		c.Press("Получить код")
		c.Fill("one-time-code", x.Code(t, phone))
		c.Press("Подтвердить")
		at(t, c, "/recover/second")
		c.Open("/recover/second/signature/" + id)
		x.upload(t, c, "text.sig", file)
		at(t, c, "/recover/second")
		sees(t, c, "Подпишите его своей электронной подписью")

		own.Open("/cabinet/signature") // to become somebody
		own.Fill("current-password", "Broad-River-71")
		own.Press("Получить текст для подписи")
		id, file = x.signedText(t, own, sandbox.ECDSA, anna)
		x.clock.Advance(x.Policy.Session.Fresh)
		own.Open("/signin/again/signature/" + id)
		x.upload(t, own, "text.sig", file)
		at(t, own, "/signin/again")
	})
}
