package portal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/application"
	"okno/internal/appointment"
	"okno/internal/audit"
	"okno/internal/catalogue"
	"okno/internal/document"
	"okno/internal/i18n"
	"okno/internal/jobs"
	"okno/internal/notification"
	"okno/internal/passkey/passkeytest"
	"okno/internal/place"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/verification"
	"okno/internal/web/desk/desktest"
	"okno/internal/web/portal"
	"okno/internal/web/webtest"
)

var ctx = context.Background()

const phone = "+79120000001"

// home is the citizen's side with browsers that have no scripts.
type home struct {
	*desktest.Floor
	clock *storetest.Clock
	cases *application.Service
	times *appointment.Service
	where *place.Book
}

func each(t *testing.T, body func(t *testing.T, x home)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		x := home{Floor: desktest.Open(t, db), clock: clock}
		list, err := catalogue.Load()
		if err != nil {
			t.Fatal(err)
		}
		x.cases = &application.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Catalogue: list, Accounts: x.Accounts, Contacts: x.Contacts, Notices: x.Notices, Jobs: x.Queue, Zone: time.UTC}
		jobs.Handle(x.Queue, x.cases.Ask)
		jobs.Handle(x.Queue, x.cases.Overdue)
		jobs.Handle(x.Queue, x.cases.Warn)
		zone, err := time.LoadLocation(x.Policy.TimeZone)
		if err != nil {
			t.Fatal(err)
		}
		x.where = &place.Book{}
		x.times = &appointment.Service{DB: db, Places: x.where, Policy: x.Policy.Appointments, Zone: zone, Ring: x.Ring, Notices: x.Notices, Jobs: x.Queue}
		jobs.Handle(x.Queue, x.times.Remind)
		jobs.Handle(x.Queue, x.times.Offer)
		(&portal.Pages{DB: db, Policy: x.Policy, Appointments: x.times, Places: x.where, SignIn: x.SignIn, Accounts: x.Accounts, Contacts: x.Contacts, Catalogue: list, Applications: x.cases, Papers: &document.Service{DB: db, Ring: x.Ring},
			Verification: &verification.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Notices: x.Notices, Zone: time.UTC}, Notices: x.Notices, Zone: time.UTC}).Mount(x.Server)
		body(t, x)
	})
}

// again is the person in another session, as after signing in again.
func (x home) again(t *testing.T) *webtest.Client {
	t.Helper()
	token, err := x.SignIn.SignIn(ctx, signintest.Visitor("again"), phone, signintest.Password)
	if err != nil {
		t.Fatal(err)
	}
	c := x.Browser(t)
	c.Get("/enter/" + token) //nolint:bodyclose // the client reads it whole
	return c
}

func sees(t *testing.T, c *webtest.Client, words ...string) {
	t.Helper()
	for _, w := range words {
		if !c.Page().Sees(w) {
			t.Errorf("%s does not say «%s»: %s", c.Page().URL.Path, w, c.Page().Text())
		}
	}
}

func seesNo(t *testing.T, c *webtest.Client, words ...string) {
	t.Helper()
	for _, w := range words {
		if c.Page().Sees(w) {
			t.Errorf("%s says «%s»", c.Page().URL.Path, w)
		}
	}
}

// statements is how many the page takes.
func statements(t *testing.T, f *desktest.Floor, c *webtest.Client, path string) int {
	t.Helper()
	var said strings.Builder
	was := f.Server.Log
	f.Server.Log = slog.New(slog.NewJSONHandler(&said, nil))
	defer func() { f.Server.Log = was }()
	c.Open(path)
	var e struct{ Statements int }
	if err := json.Unmarshal([]byte(said.String()), &e); err != nil || e.Statements == 0 {
		t.Fatalf("of %s the log says %s: %v", path, said.String(), err)
	}
	return e.Statements
}

// REG-15.
func TestTheTourIsOfferedAtTheFirstSignInOnly(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		_, c := x.Person(t, phone)
		for range 2 { // it stays while the person looks around
			c.Open("/cabinet")
			sees(t, c, "С чего начать", "Найдите услугу", "Подтвердите личность", "Настройте под себя", "Добавляйте в избранное")
		}
		later := x.again(t)
		later.Open("/cabinet")
		seesNo(t, later, "С чего начать")
		c.Open("/cabinet")
		sees(t, c, "С чего начать")
	})
}

func TestTheTourEndsWhenThePersonHasHadEnoughOfIt(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		_, c := x.Person(t, phone)
		c.Open("/cabinet")
		c.Press("Понятно")
		if c.Page().URL.Path != "/cabinet" {
			t.Fatalf("it leads to %s", c.Page().URL.Path)
		}
		seesNo(t, c, "С чего начать")
	})
}

// REG-19.
func TestTheCabinetOffersWhatToImproveUntilThePersonHasHadEnoughOfIt(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		who, c := x.Person(t, phone)
		c.Open("/cabinet")
		sees(t, c, "Что улучшить", "Второй контакт", "Подтверждение личности", "Второй шаг входа")
		seesNo(t, c, "Средства восстановления") // they are fresh
		for _, name := range []string{"contact", "identity", "second"} {
			if err := x.SignIn.DismissAdvice(ctx, who, name); err != nil {
				t.Fatal(err)
			}
		}
		later := x.again(t)
		later.Open("/cabinet")
		seesNo(t, later, "Что улучшить")
	})
}

func TestTheCabinetDoesNotAdviseWhatThePersonHasAlready(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		const strong, backup = "Ключ входа или приложение", "Резервные коды"
		anna, c := x.Person(t, phone)
		x.confirm(t, anna)
		c.Open("/cabinet")
		sees(t, c, strong, backup)
		var sheet []string
		err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, secret, err := x.Credentials.NewApp(ctx, tx, anna.ID, "phone")
			if err != nil {
				return err
			}
			now := x.SignIn.Clock()
			code, err := totp.GenerateCode(secret, now)
			if err != nil {
				return err
			}
			if ok, err := x.Credentials.ProveApp(ctx, tx, anna.ID, code, now); err != nil || !ok {
				t.Errorf("the first code of the app: %t, %v", ok, err)
			}
			sheet, err = x.Credentials.NewBackupCodes(ctx, tx, anna.ID)
			return err
		})
		if err != nil || len(sheet) == 0 {
			t.Fatal(err)
		}
		c.Open("/cabinet")
		seesNo(t, c, strong, backup)

		oleg, own := x.Person(t, "+79120000002") // with a passkey
		v, device := signintest.Visitor("oleg"), passkeytest.New()
		asked, err := x.SignIn.AddKey(ctx, oleg, v)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.SignIn.KeepKey(ctx, oleg, v, asked.ID, "Телефон", device.Make(t, "http://localhost:8080", asked)); err != nil {
			t.Fatal(err)
		}
		if err := x.DB.Write(ctx, func(tx *store.Tx) error { return x.Credentials.SendCodes(ctx, tx, oleg.ID) }); err != nil {
			t.Fatal(err)
		}
		own.Open("/cabinet")
		sees(t, own, backup)
		seesNo(t, own, strong)
		n := statements(t, x.Floor, own, "/cabinet")
		if err := x.SignIn.DismissAdvice(ctx, oleg, "strong"); err != nil {
			t.Fatal(err)
		}
		if less := statements(t, x.Floor, own, "/cabinet"); less >= n {
			t.Errorf("for advice that was waved away keys are opened: %d statements, %d before", less, n)
		}
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			return tx.Do(ctx, `UPDATE factor SET used_at = $1 WHERE kind = 'backup'`, tx.Now())
		}); err != nil {
			t.Fatal(err)
		}
		c.Open("/cabinet")
		sees(t, c, backup)
	})
}

func TestTheTourDoesNotSendTheConfirmedToBeConfirmed(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		anna, c := x.Person(t, phone)
		x.confirm(t, anna)
		c.Open("/cabinet")
		sees(t, c, "С чего начать")
		seesNo(t, c, "Подтвердите личность")
	})
}

// REG-15, CAB-5.
func TestAFavouriteServiceIsAtHandInTheCabinetUntilItIsTakenOut(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		_, c := x.Person(t, phone)
		c.Open("/cabinet")
		sees(t, c, "Нажмите «В избранное» на странице услуги")
		c.Open("/services/income-certificate")
		c.Press("В избранное")
		if c.Page().URL.Path != "/services/income-certificate" {
			t.Fatalf("it leads to %s", c.Page().URL.Path)
		}
		x.clock.Advance(time.Second)
		c.Open("/services/property-extract")
		c.Press("В избранное")
		c.Open("/cabinet")
		sees(t, c, "Справка о доходах", "Выписка из реестра недвижимости")
		_, other := x.Person(t, "+79120000002")
		other.Open("/cabinet")
		seesNo(t, other, "Справка о доходах")

		later := x.again(t) // it is the person's, not the browser's
		later.Open("/cabinet")
		later.Follow("Справка о доходах")
		later.Press("Убрать из избранного")
		later.Open("/cabinet")
		seesNo(t, later, "Справка о доходах")
		sees(t, later, "Выписка из реестра недвижимости")
	})
}

func TestWhoSetsFavouritesMustBeSignedIn(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		c := x.Browser(t)
		c.Open("/services/income-certificate")
		if _, err := c.Page().Button("В избранное"); err == nil {
			t.Error("a visitor is offered what cannot be kept")
		}
	})
}

// confirm raises the account as a centre does.
func (x home) confirm(t *testing.T, who access.Actor) {
	t.Helper()
	err := x.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := x.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error {
			mvd := account.Source{From: account.FromMVD, At: tx.Now()}
			a.Level = access.Confirmed
			a.Profile = account.Profile{Surname: "Проверкина", GivenName: "Анна", BirthDate: "1990-03-05", Sex: "f", SNILS: "11223344595",
				Sources: map[string]account.Source{"surname": mvd, "given_name": mvd, "birth_date": mvd, "snils": mvd}}
			return nil
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestThePersonReadsEveryLookOfStaffHoweverMuchElseHappened(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		anna, c := x.Person(t, phone)
		record := func(n int, actor access.Actor, action, object string) {
			t.Helper()
			err := x.DB.Write(ctx, func(tx *store.Tx) error {
				for range n {
					if err := audit.Record(ctx, tx, audit.Event{Action: action, Actor: actor, Subject: anna.ID, Object: object}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			x.clock.Advance(time.Second)
		}
		support := access.Actor{Kind: access.Staff, ID: "support-one", Role: access.Support, Unit: "support"}
		operator := access.Actor{Kind: access.Staff, ID: "operator-one", Role: access.Centre, Unit: "mfc-1"}
		record(1, support, "support.file_opened", "question/01k")
		record(1, support, "verification.lost", "account/01k")
		for i := range 101 {
			record(1, operator, "verification.viewed", fmt.Sprintf("proof/%03d", i))
		}
		record(3, operator, "verification.viewed", "proof/last")
		record(120, anna, "session.closed", "")
		c.Open("/cabinet/access")
		sees(t, c, "Посмотрел вашу карточку", "Оператор центра обслуживания", "3 раза с")
		seesNo(t, c, "Открыл файл из вашего вопроса")
		c.Follow("Показать более ранние")
		sees(t, c, "Открыл файл из вашего вопроса", "Служба поддержки", "Подтверждение документа или СНИЛС перестало действовать")
		seesNo(t, c, "Сотрудник обращался к вашим данным")
		if _, err := c.Page().Link("Показать более ранние"); err == nil {
			t.Error("there is nothing earlier")
		}
	})
}

func TestThePersonReadsEveryNoticePageByPage(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		x.Person(t, other)
		anna, c := x.Person(t, phone)
		err := x.DB.Write(ctx, func(tx *store.Tx) error {
			for i := range 205 {
				words := fmt.Sprintf("новость %03d", i)
				n := notification.Note{Topic: notification.Case, Subject: i18n.Text{RU: words, EN: words}, Body: i18n.Text{RU: words, EN: words}, Path: "cabinet"}
				if err := x.Notices.Tell(ctx, tx, anna.ID, n); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		read := map[string]int{}
		count := func() {
			for i := range 205 {
				words := fmt.Sprintf("новость %03d", i)
				if c.Page().Sees(words) {
					read[words]++
				}
			}
		}
		c.Open("/cabinet/notices")
		sees(t, c, "205 новых")
		count()
		if len(read) != 100 {
			t.Errorf("the first page shows %d", len(read))
		}
		for range 2 {
			c.Follow("Показать более ранние")
			sees(t, c, "К последним уведомлениям", "Новое")
			count()
		}
		if _, err := c.Page().Link("Показать более ранние"); err == nil {
			t.Error("there is nothing earlier")
		}
		for words, n := range read {
			if n != 1 {
				t.Errorf("%s stands on %d pages", words, n)
			}
		}
		if len(read) != 205 {
			t.Errorf("the pages show %d notices", len(read))
		}
		c.Follow("К последним уведомлениям")
		c.Press("Отметить всё прочитанным")
		seesNo(t, c, "205 новых", "Новое")
		c.Follow("Показать более ранние")
		seesNo(t, c, "Новое")
		c.Open("/cabinet/notices?before=%00nobody") // an address that somebody made up is that of the first page
		sees(t, c, "Как вас уведомлять")
	})
}

func TestWhoSendsTooManyApplicationsIsToldAndKeepsTheDraft(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		anna, c := x.Person(t, phone)
		x.confirm(t, anna)
		fill := func() {
			t.Helper()
			c.Open("/services/property-extract/apply")
			c.Press("Продолжить")
			c.Fill("Кадастровый номер", "77:01:0001001:1024")
			c.Choose("Да", "Вы собственник этого объекта?")
			c.Press("Продолжить")
			c.Choose("Об объекте: характеристики, права, аресты и ипотека", "Какая выписка нужна")
			c.Press("Продолжить")
		}
		x.Policy.Cases.SubmitsPerDay.Max = 0
		fill()
		c.Press("Отправить заявление")
		if c.Page().Status != http.StatusTooManyRequests {
			t.Fatalf("status %d: %s", c.Page().Status, c.Page().Text())
		}
		sees(t, c, "Сегодня вы отправили очень много заявлений", "77:01:0001001:1024")
		x.Policy.Cases.SubmitsPerDay.Max = 1
		c.Open("/applications")
		sees(t, c, "хранится до 16 февраля 2027")
		c.Follow("Выписка из реестра недвижимости")
		c.Open("/services/property-extract/apply/review")
		sees(t, c, "77:01:0001001:1024")
	})
}
