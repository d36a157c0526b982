package identity_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/files"
	"okno/internal/i18n"
	"okno/internal/jobs/jobstest"
	"okno/internal/policy"
	"okno/internal/registration"
	"okno/internal/rights"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/web"
	"okno/internal/web/identity"
	"okno/internal/web/webtest"
)

// demanding is the pages of identity with what a person may demand. restart starts them anew with other texts on the same database.
type demanding struct {
	*portal
	rights *rights.Service
}

func demand(t *testing.T, body func(t *testing.T, x *demanding)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		x := &demanding{portal: &portal{World: signintest.New(t, db), clock: clock}}
		folder, err := files.OpenFolder(filepath.Join(t.TempDir(), "files"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { folder.Close() }) //nolint:errcheck // the test is over
		kept := &files.Store{DB: db, Ring: x.Ring, Bucket: folder}
		x.rights = &rights.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Files: kept, Notices: x.Notices, Jobs: jobstest.New(t, db), Prover: x.SignIn,
			Holders: []rights.Holder{x.Accounts, x.Contacts, kept, x.Notices, x.Credentials, x.SignIn, audit.Trail{}}, Log: slog.New(slog.DiscardHandler),
			UnderWay: func(context.Context, store.Querier, string) (int, error) { return 3, nil }}
		x.restart(t, nil)
		body(t, x)
	})
}

func (x *demanding) restart(t *testing.T, own fstest.MapFS) {
	t.Helper()
	var texts *identity.Texts
	var err error
	if own == nil {
		texts, err = identity.LoadTexts(nil, nil)
	} else {
		texts, err = identity.LoadTexts(own, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Accounts.KeepTexts(t.Context(), texts.Sources()); err != nil {
		t.Fatal(err)
	}
	x.Registrations.Editions = func() registration.Editions {
		return registration.Editions{Terms: texts.Edition("terms"), Privacy: texts.Edition("privacy")}
	}
	pages := &identity.Pages{DB: x.DB, Registration: x.Registrations, SignIn: x.SignIn, Credentials: x.Credentials, Texts: texts, Rights: x.rights, Accounts: x.Accounts}
	x.server, err = web.New(web.Config{URL: &url.URL{Scheme: "http", Host: "localhost:8080"}, Demo: true, Sessions: x.Credentials, Now: x.DB.Now, Policy: policy.Default(),
		Gate: pages.Gate, Menu: identity.Menu(), Footer: identity.Footer(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	pages.Mount(x.server)
	x.server.Handle("GET /{$}", x.show)
	x.server.Handle("GET /cabinet", web.RequirePerson(x.show))
	x.server.Handle("GET /applications", web.RequirePerson(x.show))
}

// signedIn is a browser in which Anna signs in.
func (x *demanding) signedIn(t *testing.T) *webtest.Client {
	t.Helper()
	c := x.browser(t)
	c.Open("/signin")
	c.Fill("username", phone)
	c.Fill("current-password", signintest.Password)
	c.Press("Войти")
	return c
}

func TestAPersonTakesACopyAway(t *testing.T) {
	demand(t, func(t *testing.T, x *demanding) {
		x.Register(t, signintest.Visitor("anna"), phone)
		c := x.signedIn(t)
		at(t, c, "/cabinet")
		c.Open("/cabinet/security")
		c.Follow("Копия и удаление данных")
		at(t, c, "/cabinet/data")
		sees(t, c, "Что портал о вас хранит", "Учётная запись и профиль", "Журнал действий с вашими данными", "Получить копию")
		c.Fill("current-password", "Wrong-River-1")
		c.Press("Подготовить копию")
		if c.Page().Status != http.StatusUnprocessableEntity {
			t.Errorf("a wrong password: status %d", c.Page().Status)
		}
		sees(t, c, "Пароль не подошёл.")
		c.Fill("current-password", signintest.Password)
		c.Press("Подготовить копию")
		at(t, c, "/cabinet/data")
		sees(t, c, "Копия готова", "Скачать архив")
		resp := c.Fetch("Скачать архив") //nolint:bodyclose // the client reads it whole
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.Header.Get("Content-Type") != "application/zip" || !strings.HasPrefix(resp.Header.Get("Content-Disposition"), "attachment") {
			t.Fatalf("%v, %v", resp.Header, err)
		}
		z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
		if err != nil || len(z.File) < 2 {
			t.Fatalf("%v", err)
		}
		at1 := c.Page().URL.String()
		x.clock.Advance(16 * time.Minute)
		c.Open(at1)
		sees(t, c, "Время, за которое можно было скачать копию, вышло")
		c.Open("/cabinet/security")
		sees(t, c, "Подготовлена копия всех данных")
		if m := x.Last(t, phone); !strings.Contains(m.Body, "копия всех ваших данных") {
			t.Errorf("the person is told %q", m.Body)
		}
	})
}

func TestAPersonIsToldWhatAnErasureMeansAndTakesItBack(t *testing.T) {
	demand(t, func(t *testing.T, x *demanding) {
		x.Register(t, signintest.Visitor("anna"), phone)
		c := x.signedIn(t)
		c.Open("/cabinet/data")
		c.Follow("Как удалить")
		at(t, c, "/cabinet/data/delete")
		sees(t, c, "3 заявления ещё рассматриваются", "закрыто как отозванное", "Что будет удалено", "Что останется", "номера, даты и исход заявлений", "Сначала заберите копию")
		c.Fill("current-password", "Wrong-River-1")
		c.Press("Удалить учётную запись")
		if c.Page().Status != http.StatusUnprocessableEntity {
			t.Errorf("a wrong password: status %d", c.Page().Status)
		}
		c.Fill("current-password", signintest.Password)
		c.Press("Удалить учётную запись")
		at(t, c, "/cabinet/data")
		sees(t, c, "Учётная запись будет удалена", "Отменить удаление", "всё работает как обычно")
		asked := i18n.DateTime(i18n.With(t.Context(), i18n.RU), x.clock.Now())
		x.clock.Advance(5 * time.Minute) // the moment is kept, not that of the look
		c.Open("/cabinet/consents")
		sees(t, c, "Вы отозвали согласия "+asked, "отозвано "+asked)
		if strings.Contains(c.Page().Text(), "Действует") {
			t.Error("a consent that was withdrawn is called one in force")
		}

		other := x.signedIn(t)
		other.Open("/cabinet/data")
		other.Press("Отменить удаление")
		sees(t, other, "Удаление отменено, учётная запись остаётся.", "Как удалить")
		other.Open("/cabinet/consents")
		if strings.Contains(other.Page().Text(), "отозвано") {
			t.Error("a consent that stands again is called withdrawn")
		}
		x.clock.Advance(40 * 24 * time.Hour)
		if err := x.rights.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		x.signedIn(t)
	})
}

func TestAfterTheDayNobodyIsThereAndThePhoneIsFree(t *testing.T) {
	demand(t, func(t *testing.T, x *demanding) {
		x.Register(t, signintest.Visitor("anna"), phone)
		c := x.signedIn(t)
		c.Open("/cabinet/data/delete")
		c.Fill("current-password", signintest.Password)
		c.Press("Удалить учётную запись")
		x.clock.Advance(x.Policy.Rights.EraseAfter)
		if err := x.rights.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.Open("/cabinet")
		at(t, c, "/signin")
		c = x.signedIn(t)
		at(t, c, "/signin")
		sees(t, c, i18n.RU.T("signin.wrong"))
		x.Register(t, signintest.Visitor("anna-2"), phone)
		at(t, x.signedIn(t), "/cabinet")
	})
}

const (
	oldTerms = "edition: 7\nfrom: 2027-01-01\ntitle: Правила\n\nПортал бесплатный.\n\nЖалобы рассматривают за месяц.\n"
	newTerms = "edition: 8\nfrom: 2027-06-01\ntitle: Правила\n\nПортал бесплатный.\n\nЖалобы рассматривают за неделю.\n"
)

func own(terms string) fstest.MapFS {
	return fstest.MapFS{"terms.ru.md": file(terms), "terms.en.md": file(terms)}
}

func TestANewEditionIsAskedForAtTheNextPageAndTheOldOneStaysReadable(t *testing.T) {
	demand(t, func(t *testing.T, x *demanding) {
		x.restart(t, own(oldTerms))
		x.Register(t, signintest.Visitor("anna"), phone)
		c := x.signedIn(t)
		at(t, c, "/cabinet")
		c.Open("/cabinet/consents")
		sees(t, c, "Правила", "редакция 7", "Согласие на обработку персональных данных", "Действует")

		x.restart(t, own(newTerms))
		c = x.signedIn(t)
		at(t, c, "/consents")
		sees(t, c, "Новая редакция", "Что добавилось или изменилось", "Жалобы рассматривают за неделю.", "Чего больше нет", "Жалобы рассматривают за месяц.", "Если вы не согласны")
		if c.Page().Sees("Портал бесплатный.") {
			t.Error("what did not change is shown as a change")
		}
		c.Open("/applications?x=1") // no way round
		at(t, c, "/consents")
		c.Open("/cabinet/data") // what a person may demand needs no consent
		at(t, c, "/cabinet/data")
		c.Open("/applications?x=1")
		if got := x.post(c, "/consents", url.Values{"next": {"/applications?x=1"}}); got != http.StatusUnprocessableEntity {
			t.Errorf("without a tick: status %d", got)
		}
		c.Open("/applications?x=1")
		c.Tick("terms", true)
		c.Press("Согласиться и продолжить")
		if got := c.Page().URL.RequestURI(); got != "/applications?x=1" {
			t.Errorf("it leads to %s", got)
		}
		sees(t, c, "Согласие записано.")
		c.Open("/consents")
		at(t, c, "/cabinet")

		c.Open("/cabinet/consents")
		sees(t, c, "редакция 7", "Прежняя редакция", "редакция 8", "Действует")
		c.Open("/terms?edition=7")
		sees(t, c, "за месяц", "Это прежняя редакция", "Действующая редакция")
		c.Open("/terms")
		sees(t, c, "за неделю")
		c.Open("/terms?edition=9")
		sees(t, c, "Такой редакции на портале не было.")
		at(t, x.signedIn(t), "/cabinet")
	})
}

// post sends a form as a program might, past what a browser would refuse to send, and returns the status.
func (x *demanding) post(c *webtest.Client, path string, form url.Values) int {
	r := httptest.NewRequest(http.MethodPost, base+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", base)
	for _, cookie := range c.Cookies() {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	x.server.ServeHTTP(w, r)
	return w.Code
}

func TestATextThatChangedUnderItsEditionIsNamedAndTheFirstStays(t *testing.T) {
	demand(t, func(t *testing.T, x *demanding) {
		x.restart(t, own(oldTerms))
		texts, err := identity.LoadTexts(own(strings.Replace(newTerms, "edition: 8", "edition: 7", 1)), nil)
		if err != nil {
			t.Fatal(err)
		}
		changed, err := x.Accounts.KeepTexts(t.Context(), texts.Sources())
		if err != nil || len(changed) != 1 || changed[0].Document != "terms" || changed[0].Edition != "7" {
			t.Errorf("%v, %v", changed, err)
		}
		kept, err := x.Accounts.TextOf(t.Context(), x.DB, changed[0], i18n.RU)
		if err != nil || kept != oldTerms {
			t.Errorf("%q, %v", kept, err)
		}
	})
}

// AUTH-8: nobody types the password to learn that an account that is paused is not erased.
func TestThePageOfTheErasureSaysThatChangesArePausedBeforeAnythingIsTyped(t *testing.T) {
	demand(t, func(t *testing.T, x *demanding) {
		x.Register(t, signintest.Visitor("anna"), phone)
		anna, err := x.Contacts.Holder(t.Context(), x.DB, contact.Target{Kind: contact.Phone, Value: phone})
		if err != nil {
			t.Fatal(err)
		}
		c := x.signedIn(t)
		c.Open("/cabinet/data/delete")
		if c.Page().Sees("Важные изменения приостановлены") {
			t.Error("paused, and nobody said so")
		}
		if err := x.DB.Write(t.Context(), func(tx *store.Tx) error {
			token, err := alert.Tell(t.Context(), tx, alert.Event{Account: anna, What: alert.Device}, tx.Now(), 24*time.Hour)
			if err != nil {
				return err
			}
			a, err := alert.ByToken(t.Context(), tx, token)
			if err != nil {
				return err
			}
			_, err = alert.Disavow(t.Context(), tx, a, tx.Now().Add(24*time.Hour))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		c.Open("/cabinet/data/delete")
		sees(t, c, "Важные изменения приостановлены до", "Почему так и как возобновить раньше")
	})
}
