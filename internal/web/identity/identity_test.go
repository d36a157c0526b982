package identity_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/policy"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/web"
	"okno/internal/web/identity"
	"okno/internal/web/webtest"
)

const (
	phone = "+79123456789"
	email = "anna@example.ru"
	base  = "http://localhost:8080"
)

// portal is the pages of identity with the real half of the domain behind them, and a cabinet that shows who came.
type portal struct {
	*signintest.World
	server *web.Server
	clock  *storetest.Clock
}

func open(t *testing.T, db *store.DB, clock *storetest.Clock) *portal {
	t.Helper()
	x := &portal{World: signintest.New(t, db), clock: clock}
	texts, err := identity.LoadTexts(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	x.server, err = web.New(web.Config{
		URL: &url.URL{Scheme: "http", Host: "localhost:8080"}, Demo: true, Sessions: x.Credentials, Now: db.Now, Policy: policy.Default(),
		Menu: identity.Menu(), Footer: identity.Footer(), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	pages := &identity.Pages{DB: db, Registration: x.Registrations, SignIn: x.SignIn, Credentials: x.Credentials, Texts: texts}
	pages.Mount(x.server)
	x.server.Handle("GET /{$}", x.show)
	x.server.Handle("GET /cabinet", web.RequirePerson(x.show))
	x.server.Handle("GET /cabinet/welcome", web.RequirePerson(x.show))
	x.server.Handle("GET /services/{code}", web.RequirePerson(x.show))
	return x
}

// show stands for the pages that identity leads to.
func (x *portal) show(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, shown(web.Page(r.Context(), r.URL.Path), string(access.From(r.Context()).Level)))
}

// browser is a new browser, without scripts, that looks at every page it comes to by the rules of webtest.
func (x *portal) browser(t *testing.T) *webtest.Client {
	t.Helper()
	return webtest.Serve(t, base, x.server)
}

// each runs body on both engines with a clock that only the test moves.
func each(t *testing.T, body func(t *testing.T, x *portal)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) { body(t, open(t, db, clock)) })
}

// one runs body on SQLite only: the pages do not know the engine.
func one(t *testing.T, body func(t *testing.T, x *portal)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		if db.Engine() != store.SQLite {
			return
		}
		body(t, open(t, db, clock))
	})
}

// begin fills in the first page and sends it.
func begin(c *webtest.Client, phone, email string) {
	c.Open("/register")
	c.Fill("family-name", "Проверкина")
	c.Fill("given-name", "Анна")
	c.Fill("tel", phone)
	c.Fill("email", email)
	c.Tick("terms", true)
	c.Tick("data", true)
	c.Press("Получить код")
}

// at fails unless the person stands on the page.
func at(t *testing.T, c *webtest.Client, path string) {
	t.Helper()
	if got := c.Page().URL.Path; got != path {
		t.Fatalf("stands on %s «%s», not on %s: %s", got, c.Page().H1(), path, c.Page().Text())
	}
}

func sees(t *testing.T, c *webtest.Client, words ...string) {
	t.Helper()
	for _, w := range words {
		if !c.Page().Sees(w) {
			t.Errorf("%s does not say «%s»: %s", c.Page().URL.Path, w, c.Page().Text())
		}
	}
}

func TestRegisteringByPhoneTakesThreePagesAndEndsInTheCabinet(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		begin(c, "8 912 345-67-89", "")
		at(t, c, "/register/code")
		sees(t, c, "Код из СМС", "+7 912 ···-··-89", "Шаг 2 из 3", "Осталось 4 попытки", "Не пришёл код?")
		c.Fill("one-time-code", x.Code(t, phone))
		c.Press("Подтвердить")
		at(t, c, "/register/password")
		if got := c.Value("username"); got != "+7 912 345-67-89" {
			t.Errorf("a password manager is offered the login %q", got)
		}
		c.FillAll("new-password", signintest.Password)
		c.Press("Создать учётную запись")
		at(t, c, "/cabinet/welcome")
		sees(t, c, "Вы зарегистрированы", "level: simplified")
		c.Open("/register")
		at(t, c, "/cabinet")
	})
}

func TestTheFirstPageSaysWhatIsWrongAndKeepsWhatWasTyped(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		c.Open("/register")
		c.Fill("surname", "Пров3ркина")
		c.Fill("email", "anna@")
		c.Tick("terms", true)
		c.Press("Получить код")
		p := c.Page()
		if p.Status != http.StatusUnprocessableEntity {
			t.Errorf("status %d", p.Status)
		}
		if got := len(p.Errors()); got != 4 { // surname, given name, e-mail, consent to the processing
			t.Errorf("%d errors: %q", got, p.Errors())
		}
		if c.Value("surname") != "Пров3ркина" || c.Value("email") != "anna@" {
			t.Error("what was typed is lost")
		}
		if len(p.All("input", "name", "terms", "checked", "*")) != 1 || len(p.All("input", "name", "data", "checked", "*")) != 0 {
			t.Error("the ticks are not as they were")
		}
		if !strings.HasPrefix(p.Title(), "Ошибка") {
			t.Errorf("the title is %q", p.Title())
		}
		if n := len(x.Outbox.To(email)); n != 0 {
			t.Errorf("%d messages went out", n)
		}
	})
}

func TestConsentsAreTwoBoxesThatNobodyTickedBeforehand(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		c.Open("/register")
		for _, name := range []string{"terms", "data"} {
			if len(c.Page().All("input", "type", "checkbox", "name", name)) != 1 || len(c.Page().All("input", "name", name, "checked", "*")) != 0 {
				t.Errorf("the box %s is not there, or is ticked", name)
			}
		}
		for link, path := range map[string]string{"пользовательское соглашение": "/terms", "обработку персональных данных": "/privacy"} {
			c.Open("/register")
			c.Follow(link)
			at(t, c, path)
			sees(t, c, "Редакция 2026-11-01")
		}
	})
}

func TestFieldsCarryTheTokensThatBrowsersFillIn(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		c.Open("/register")
		for name, token := range map[string]string{"surname": "family-name", "given_name": "given-name", "phone": "tel", "email": "email"} {
			if len(c.Page().All("input", "name", name, "autocomplete", token)) != 1 {
				t.Errorf("no input %s with autocomplete=%s", name, token)
			}
		}
		c.Open("/signin")
		for name, token := range map[string]string{"login": "username", "password": "current-password"} {
			if len(c.Page().All("input", "name", name, "autocomplete", token)) != 1 {
				t.Errorf("no input %s with autocomplete=%s", name, token)
			}
		}
		begin(c, phone, "")
		if len(c.Page().All("input", "name", "code", "autocomplete", "one-time-code", "inputmode", "numeric")) != 1 {
			t.Error("the code cannot be filled in by the phone")
		}
	})
}

func TestAWrongCodeIsCountedAndTheFourthBlocksWithAReference(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		begin(c, phone, email)
		right := x.Code(t, phone)
		wrong := "000000"
		if right == wrong {
			wrong = "111111"
		}
		for left := 3; left > 0; left-- {
			c.Fill("code", wrong)
			c.Press("Подтвердить")
			if p := c.Page(); p.Status != http.StatusUnprocessableEntity || len(p.Errors()) != 1 {
				t.Fatalf("status %d, errors %q", p.Status, p.Errors())
			}
			sees(t, c, "осталось попыток: "+string(rune('0'+left)))
		}
		c.Open("/register/code")
		sees(t, c, "Осталась последняя попытка")
		c.Fill("code", wrong)
		c.Press("Подтвердить")
		sees(t, c, "Попытки закончились", "8 800 100-00-00")
		ref := regexp.MustCompile(`\d{4}-?\s?\d{4}`).FindString(c.Page().Text())
		if ref == "" {
			t.Fatalf("no reference number: %s", c.Page().Text())
		}
		if a, err := c.Page().Link("Написать в поддержку"); err != nil || !strings.HasPrefix(webtest.Attr(a, "href"), "/support?block=") {
			t.Errorf("support is not told of the block: %v", err)
		}
		c.Open("/register")
		at(t, c, "/register/code")
		sees(t, c, "Попытки закончились")

		support := access.Actor{Kind: access.Staff, ID: "01k0", Role: access.Support}
		if err := x.Contacts.Lift(t.Context(), support, ref); err != nil {
			t.Fatal(err)
		}
		c.Open("/register/code")
		c.Fill("code", right)
		c.Press("Подтвердить")
		at(t, c, "/register/password")
	})
}

func TestABlockedAttemptLeavesTheOtherRoadOpen(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		begin(c, phone, email)
		x.block(t, c)
		c.Press("Подтвердить почту")
		sees(t, c, "Код из письма", "a···@example.ru")
		c.Fill("code", x.Code(t, email))
		c.Press("Подтвердить")
		at(t, c, "/register/password")
	})
}

// block types wrong codes until the page says that they are over.
func (x *portal) block(t *testing.T, c *webtest.Client) {
	t.Helper()
	for range 4 {
		c.Fill("code", "000001")
		c.Press("Подтвердить")
	}
	sees(t, c, "Попытки закончились")
}

func TestLeavingInTheMiddleAndComingBackLosesNothing(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		begin(c, phone, email)
		x.clock.Advance(24 * time.Hour)
		c.Open("/register")
		at(t, c, "/register/code")
		sees(t, c, "Срок этого кода истёк")
		c.Press("Изменить номер")
		at(t, c, "/register")
		if c.Value("surname") != "Проверкина" || c.Value("tel") != "+7 912 345-67-89" || c.Value("email") != email {
			t.Error("what was typed is lost")
		}
		stranger := x.browser(t)
		stranger.Open("/register")
		if stranger.Value("surname") != "" {
			t.Error("another browser sees what was typed in this one")
		}
	})
}

func TestANewCodeMayBeAskedForAfterAWhileAndNotBefore(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		begin(c, phone, "")
		first := x.Code(t, phone)
		sees(t, c, "Новый код можно запросить через 1:00")
		c.Press("Отправить код ещё раз")
		if p := c.Page(); p.Status != http.StatusTooManyRequests || p.Header.Get("Retry-After") != "60" {
			t.Errorf("status %d, Retry-After %q", p.Status, p.Header.Get("Retry-After"))
		}
		sees(t, c, "отправлен только что", "Код")
		x.clock.Advance(61 * time.Second)
		c.Press("Отправить код ещё раз")
		at(t, c, "/register/code")
		sees(t, c, "Отправили новый код")
		if second := x.Code(t, phone); second == first {
			t.Error("the new code is the old one")
		}
		c.Fill("code", x.Code(t, phone))
		c.Press("Подтвердить")
		at(t, c, "/register/password")
	})
}

func TestACodeCanBeSaidByTelephone(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		begin(c, phone, "")
		c.Press("Позвонить и продиктовать код")
		if p := c.Page(); p.Status != http.StatusTooManyRequests || p.Header.Get("Retry-After") != "60" {
			t.Errorf("right after the SMS: status %d, Retry-After %q", p.Status, p.Header.Get("Retry-After"))
		}
		x.clock.Advance(61 * time.Second)
		c.Press("Позвонить и продиктовать код")
		at(t, c, "/register/code")
		sees(t, c, "Код из звонка", "Сейчас позвоним", "Звоним на +7 912 ···-··-89.", "дважды продиктует")
		said := strings.TrimPrefix(x.Last(t, phone).Body, "ru ")
		c.Fill("one-time-code", said)
		c.Press("Подтвердить")
		at(t, c, "/register/password")
	})
}

func TestRecoveryCanBeSaidByTelephoneAndThePageTellsNothing(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		const strange = "+79123456780"
		for _, to := range []string{phone, strange} {
			c := x.browser(t)
			c.Open("/recover")
			c.Fill("username", to)
			c.Press("Получить код")
			x.clock.Advance(61 * time.Second)
			c.Press("Позвонить и продиктовать код")
			at(t, c, "/recover/code")
			sees(t, c, "Код из звонка", "если с этим контактом есть учётная запись", "Запросили новый код")
		}
		if got := x.Outbox.To(strange); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestNoCallIsOfferedForALetterNorWhereNobodyCalls(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		begin(c, "", email)
		if c.Page().Sees("Позвонить и продиктовать") {
			t.Error("a call is offered for a letter")
		}
		x.Contacts.Calls = false
		c = x.browser(t)
		begin(c, phone, "")
		if sees(t, c, "Отправить код ещё раз"); c.Page().Sees("Позвонить и продиктовать") {
			t.Error("a call is offered, and nobody calls")
		}
	})
}

func TestTheLinkOfALetterTakesAClickAndLeavesNoSecretInTheAddress(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		desktop, mobile := x.browser(t), x.browser(t)
		begin(desktop, "", email)
		sees(t, desktop, "Код из письма", "В письме есть и ссылка")
		link := regexp.MustCompile(`http://localhost:8080\S+/link\?t=\S+`).FindString(x.Last(t, email).Body)
		if link == "" {
			t.Fatalf("no link in %q", x.Last(t, email).Body)
		}
		mobile.Open(link)
		at(t, mobile, "/register/link")
		if mobile.Page().URL.RawQuery != "" {
			t.Errorf("the secret stays in the address: %s", mobile.Page().URL)
		}
		sees(t, mobile, "a···@example.ru")
		mobile.Open(link) // a scanner of letters has been here: it still works
		mobile.Press("Подтвердить")
		at(t, mobile, "/register/password")
		mobile.FillAll("new-password", signintest.Password)
		mobile.Press("Создать учётную запись")
		at(t, mobile, "/cabinet/welcome")

		desktop.Open("/register/password")
		at(t, desktop, "/register")
		again := x.browser(t)
		again.Open(link)
		if again.Page().Status != http.StatusNotFound {
			t.Errorf("a used link: status %d", again.Page().Status)
		}
		sees(t, again, i18n.RU.T("code.link_bad"))
	})
}

func TestTakenIsSaidOnlyToWhoeverProvedTheContact(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		taken, free := x.browser(t), x.browser(t)
		begin(taken, phone, "")
		begin(free, "+79123456780", "")
		one, other := taken.Page().Text(), free.Page().Text()
		if one = strings.ReplaceAll(one, "89", "80"); one != other {
			t.Errorf("the page tells that the phone is known:\n%s\n%s", one, other)
		}
		taken.Fill("code", x.Code(t, phone))
		taken.Press("Подтвердить")
		at(t, taken, "/register/taken")
		sees(t, taken, "Учётная запись уже есть", "+7 912 ···-··-89")
		taken.Press("Указать другой телефон или почту")
		at(t, taken, "/register")
		if taken.Value("surname") != "Проверкина" {
			t.Error("what was typed is lost")
		}
		free.Open("/register/taken")
		at(t, free, "/register/code")
	})
}

func TestAPasswordIsNeverSentBack(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		begin(c, phone, "")
		c.Fill("code", x.Code(t, phone))
		c.Press("Подтвердить")
		for typed, again := range map[string]string{"korotko": "korotko", signintest.Password: "Drugoe-2026-slovo", "Проверка-2026": "Проверка-2026"} {
			c.Fill("password", typed)
			c.Fill("password_again", again)
			c.Press("Создать учётную запись")
			if c.Page().Status != http.StatusUnprocessableEntity || len(c.Page().Errors()) != 1 {
				t.Errorf("%q: status %d, errors %q", typed, c.Page().Status, c.Page().Errors())
			}
			if c.Value("password") != "" || c.Value("password_again") != "" || c.Page().Sees(typed) {
				t.Error("the page holds the password")
			}
		}
		c.Open("/register")
		at(t, c, "/register/password")
	})
}

func TestACommonPasswordIsRefusedOnItsFieldInBothRoads(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		begin(c, phone, "")
		c.Fill("code", x.Code(t, phone))
		c.Press("Подтвердить")
		refused := func(press string) {
			t.Helper()
			c.FillAll("new-password", "Privet-2026!")
			c.Press(press)
			if e := c.Page().Errors(); c.Page().Status != http.StatusUnprocessableEntity || len(e) != 1 || !strings.Contains(strings.Join(e, ""), "подбирают одним из первых") {
				t.Errorf("status %d, errors %q", c.Page().Status, e)
			}
		}
		refused("Создать учётную запись")
		c.FillAll("new-password", signintest.Password)
		c.Press("Создать учётную запись")
		at(t, c, "/cabinet/welcome")

		c = x.browser(t)
		c.Open("/recover")
		c.Fill("username", phone)
		c.Press("Получить код")
		c.Fill("one-time-code", x.Code(t, phone))
		c.Press("Подтвердить")
		at(t, c, "/recover/password")
		refused("Сохранить и войти")
	})
}

func TestThePageSaysHowLongThePolicyWantsAPassword(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		x.Policy.Password.Min, x.Policy.Password.Advised = 11, 21
		c := x.browser(t)
		begin(c, phone, "")
		c.Fill("code", x.Code(t, phone))
		c.Press("Подтвердить")
		sees(t, c, "символов не меньше 11, лучше 21 и больше")
		c.FillAll("new-password", "Reka-Ob-7!")
		c.Press("Создать учётную запись")
		sees(t, c, "Пароль короче 11 символов: сейчас 10")
	})
}

func TestSecuritySaysWhenThePasswordWasSetAndRemindsInTime(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		c := x.browser(t)
		reminded := func(after time.Duration) bool {
			t.Helper()
			x.clock.Advance(after)
			c.Open("/cabinet/security")
			sees(t, c, "Пароль задан")
			return c.Page().Sees("Пора сменить пароль")
		}
		x.clock.Advance(x.Policy.Password.Reminder - time.Minute)
		c.Open("/signin")
		signIn(c, phone, signintest.Password)
		if reminded(0) {
			t.Error("the reminder comes too early")
		}
		if !reminded(time.Minute) {
			t.Error("nobody is reminded of an old password")
		}
		if _, err := c.Page().Link("Сменить пароль"); err != nil {
			t.Error(err)
		}
	})
}

func TestSigningInLeadsToWhereOneWanted(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		c := x.browser(t)
		c.Open("/services/income?year=2025")
		at(t, c, "/signin")
		signIn(c, "8 (912) 345 67 89", signintest.Password)
		if got := c.Page().URL.RequestURI(); got != "/services/income?year=2025" {
			t.Errorf("led to %s", got)
		}
		c.Open("/signin")
		at(t, c, "/cabinet")
		c.Press("Выйти")
		at(t, c, "/")
		sees(t, c, "Вы вышли")
		if got := c.Get("/api/session").StatusCode; got != http.StatusUnauthorized {
			t.Errorf("after signing out: %d", got)
		}
	})
}

func signIn(c *webtest.Client, login, password string) {
	c.Fill("login", login)
	c.Fill("password", password)
	c.Press("Войти", "Пароль")
}

func TestSigningInLeadsNowhereElse(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "/%09/evil.example", "javascript:alert(1)"} {
			c := x.browser(t)
			c.Open("/signin?next=" + url.QueryEscape(next))
			signIn(c, phone, signintest.Password)
			if u := c.Page().URL; u.Host != "localhost:8080" {
				t.Errorf("next=%s leads to %s", next, u)
			}
		}
	})
}

func TestNobodyLearnsFromSigningInWhetherAnAccountExists(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		known, unknown := x.browser(t), x.browser(t)
		for range 7 {
			known.Open("/signin")
			signIn(known, phone, "Nevernyj-2026!")
			unknown.Open("/signin")
			signIn(unknown, "+79123456780", "Nevernyj-2026!")
			one, other := known.Page(), unknown.Page()
			if one.Status != other.Status || one.Text() != other.Text() || one.Header.Get("Retry-After") != other.Header.Get("Retry-After") {
				t.Fatalf("%d %s\n%d %s", one.Status, one.Text(), other.Status, other.Text())
			}
		}
		if known.Page().Status != http.StatusTooManyRequests {
			t.Errorf("seven wrong passwords: status %d", known.Page().Status)
		}
		sees(t, known, "вход приостановлен", "Попробовать снова можно после")
		if known.Value("login") != phone {
			t.Error("the login is lost")
		}
	})
}

func TestNobodyLearnsFromRecoveryWhetherAnAccountExists(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		known, unknown := x.browser(t), x.browser(t)
		for c, login := range map[*webtest.Client]string{known: phone, unknown: "+79123456780"} {
			c.Open("/recover")
			c.Fill("login", login)
			c.Press("Получить код")
			at(t, c, "/recover/code")
		}
		same := func(when string) {
			t.Helper()
			one, other := strings.ReplaceAll(known.Page().Text(), "-89", "-80"), unknown.Page().Text()
			if one != other || known.Page().Status != unknown.Page().Status {
				t.Errorf("%s:\n%s\n%s", when, one, other)
			}
		}
		same("after the contact")
		sees(t, known, "если с этим контактом есть учётная запись")
		for range 3 {
			for _, c := range []*webtest.Client{known, unknown} {
				c.Fill("code", "000001")
				c.Press("Подтвердить")
			}
			same("after a wrong code")
		}
	})
}

func TestRecoverySetsANewPasswordAndSignsOtherDevicesOut(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		old := x.Register(t, signintest.Visitor("anna"), phone)
		c := x.browser(t)
		c.Open("/signin")
		c.Follow("Я не знаю пароль")
		c.Fill("username", phone)
		c.Press("Получить код")
		c.Open("/recover")
		at(t, c, "/recover/code")
		c.Fill("one-time-code", x.Code(t, phone))
		c.Press("Подтвердить")
		at(t, c, "/recover/password")
		const fresh = "Novyj-parol-2026!"
		c.FillAll("new-password", fresh)
		c.Press("Сохранить и войти")
		at(t, c, "/cabinet")
		sees(t, c, "Новый пароль действует")
		if _, err := x.Credentials.Check(t.Context(), old); err == nil {
			t.Error("the old session is still open")
		}
		c.Press("Выйти")
		c.Open("/signin")
		signIn(c, phone, fresh)
		at(t, c, "/cabinet")
	})
}

func TestEveryWayToRegisterAndToSignInIsNamedHonestly(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		c.Open("/signin")
		for _, link := range []string{"Регистрация", "Я не знаю пароль", "Войти с помощью электронной подписи"} {
			if _, err := c.Page().Link(link); err != nil {
				t.Error(err)
			}
		}
		c.Follow("Войти с помощью электронной подписи")
		sees(t, c, "не включён", "это обман") // this portal takes none
		c.Open("/register")
		c.Follow("Другие способы зарегистрироваться")
		sees(t, c, "По телефону или почте", "В центре обслуживания", "Через банк", "С электронной подписью", "Появится позже")
	})
}

func TestWhoIsSureOfThePasswordReadsWhyItMayNotMatchWhetherThereIsAnAccountOrNot(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		c := x.browser(t)
		c.Open("/signin")
		for _, login := range []string{phone, "+79990000000"} {
			signIn(c, login, "Wrong-River-1")
			sees(t, c, "Уверены в пароле?", "с других устройств")
		}
		c.Follow("задать новый пароль по коду")
		at(t, c, "/recover")
	})
}

func TestSecurityShowsWhereOneIsSignedInAndClosesIt(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		token := x.Register(t, signintest.Visitor("anna"), phone)
		here, there := x.browser(t), x.browser(t)
		for _, c := range []*webtest.Client{here, there} {
			c.Open("/signin")
			signIn(c, phone, signintest.Password)
		}
		here.Open("/cabinet/security")
		sees(t, here, "Вы здесь", "Вход по паролю", "Учётная запись создана", "Подключённых порталов пока нет")
		here.Press("Завершить", "Chrome, Linux")
		at(t, here, "/cabinet/security")
		if _, err := x.Credentials.Check(t.Context(), token); err == nil {
			t.Error("the session that was closed is open")
		}
		here.Press("Выйти на всех других устройствах")
		sees(t, here, "Вы вышли на всех других устройствах", "Вы здесь")
		there.Open("/cabinet")
		at(t, there, "/signin")
		sees(t, there, "Сеанс закончился")
	})
}

// Whoever hears the page and does not see it must know which of two browsers that are alike a button closes.
func TestBrowsersThatAreAlikeAreToldApart(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		var c *webtest.Client
		for range 3 {
			c = x.browser(t)
			c.Open("/signin")
			signIn(c, phone, signintest.Password)
		}
		c.Open("/cabinet/security")
		said := map[string]bool{}
		count := 0
		for _, b := range c.Page().All("button") {
			if name := webtest.Name(b); strings.HasPrefix(name, "Завершить вход:") {
				count++
				said[name] = true
			}
		}
		if count < 3 || len(said) != count {
			t.Errorf("the buttons of %d browsers are called %v", count, said)
		}
	})
}

func TestNobodyClosesSomebodyElsesSession(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		anna := x.Register(t, signintest.Visitor("anna"), phone)
		s, err := x.Credentials.Check(t.Context(), anna)
		if err != nil {
			t.Fatal(err)
		}
		boris := x.Register(t, signintest.Visitor("boris"), email)
		for _, cookie := range []string{"okno_session=" + boris, ""} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, base+"/cabinet/security/close", strings.NewReader("session="+s.ID))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Cookie", cookie)
			x.server.ServeHTTP(httptest.NewRecorder(), r)
		}
		if _, err := x.Credentials.Check(t.Context(), anna); err != nil {
			t.Error("a stranger closed the session")
		}
	})
}

func TestThePagesSpeakEnglishToo(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		cyrillic := regexp.MustCompile(`\p{Cyrillic}`)
		for _, path := range []string{"/register", "/register/ways", "/signin", "/signin/signature", "/recover", "/terms", "/privacy", "/nowhere"} {
			c.Open(path + "?lang=en")
			text := strings.ReplaceAll(c.Page().Text(), "Русский", "")
			if got := cyrillic.FindString(text); got != "" || c.Page().Lang() != "en" {
				t.Errorf("%s: %q in %s", path, got, text)
			}
		}
	})
}

func TestASignedInPersonIsNotAskedToRegister(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		c := x.browser(t)
		c.Open("/signin")
		signIn(c, phone, signintest.Password)
		for _, path := range []string{"/register", "/signin"} {
			c.Open(path)
			at(t, c, "/cabinet")
		}
	})
}

// REG-6, REG-12: an account that lost its last contact is frozen; who comes to sign in to it reads the way back.
func TestWhoseAccountIsFrozenReadsTheWayBackWhereTheySignIn(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		c.Open("/signin")
		c.Follow("Нет доступа ни к телефону, ни к почте")
		at(t, c, "/recover")
		sees(t, c, "учётная запись заморожена", "Зарегистрируйтесь заново", "паспортом и СНИЛС в центр обслуживания", "перейдут в новую")
	})
}
