package portal_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/application"
	"okno/internal/audit"
	"okno/internal/catalogue"
	"okno/internal/connector/call"
	"okno/internal/connector/owned"
	"okno/internal/document"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/intake"
	"okno/internal/jobs"
	"okno/internal/sandbox"
	"okno/internal/signin"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/support"
	"okno/internal/verification"
	"okno/internal/wallet"
	"okno/internal/wallet/kind"
	"okno/internal/web"
	"okno/internal/web/desk/desktest"
	"okno/internal/web/portal"
	"okno/internal/web/ui"
	"okno/internal/web/webtest"
)

// purse is the citizen's side with a wallet, two registers of a sandbox, and applications. Tests do its jobs, and say whether a second
// factor was shown a moment ago.
type purse struct {
	*desktest.Floor

	world *sandbox.World
	own   *wallet.Service
	paper *document.Service
	cases *application.Service
	proof *verification.Service
	help  *support.Service
	clock *storetest.Clock
	fresh bool
	gave  map[string]string // which service gave the paper of a case that is not there
	asked atomic.Int64      // how often it was asked who may act for an account
}

func (x *purse) opens(context.Context, access.Actor) error {
	if x.fresh {
		return nil
	}
	return signin.ErrSealed
}

func withWallet(t *testing.T, body func(t *testing.T, x *purse)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		x := &purse{Floor: desktest.Open(t, db), clock: clock}
		list, err := catalogue.Load()
		if err != nil {
			t.Fatal(err)
		}
		folder, err := files.OpenFolder(filepath.Join(t.TempDir(), "files"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { folder.Close() }) //nolint:errcheck // the test is over
		if x.world, err = sandbox.Start(ctx, sandbox.Config{Dir: t.TempDir(), Now: clock.Now}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { x.world.Close() }) //nolint:errcheck // the test is over
		conf := call.Config{URL: x.world.RegistersURL(), Limits: call.Limits{Timeout: time.Second, Tries: 1, Failures: 1 << 20}}
		licences, err := owned.NewLicences(conf)
		if err != nil {
			t.Fatal(err)
		}
		policies, err := owned.NewPolicies(conf)
		if err != nil {
			t.Fatal(err)
		}
		cars, err := owned.NewVehicles(conf)
		if err != nil {
			t.Fatal(err)
		}
		kept := &files.Store{DB: db, Ring: x.Ring, Bucket: folder}
		x.paper = &document.Service{DB: db, Ring: x.Ring, Files: kept, URL: &url.URL{Scheme: "https", Host: "okno.example"}, Fonts: ui.Typefaces, Opens: x.opens}
		x.cases = &application.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Catalogue: list, Accounts: x.Accounts, Contacts: x.Contacts, Staff: x.Staff, Notices: x.Notices, Papers: x.paper, Jobs: x.Queue, Files: kept, Zone: time.UTC}
		attached := application.NewAttachments(x.cases, nil)
		x.own = wallet.New(wallet.Config{DB: db, Ring: x.Ring, Policy: x.Policy, Files: kept, Desk: intake.New(x.Policy, kept), Accounts: x.Accounts, Jobs: x.Queue, Notices: x.Notices, Zone: time.UTC,
			Registers: []wallet.Register{licences, policies, cars}, Opens: x.opens, Papers: x.paper,
			Guarded: func(context.Context, store.Querier, string) (form.Identity, bool, error) {
				x.asked.Add(1)
				return form.Identity{}, false, nil
			},
			ServicesOf: func(ctx context.Context, cases []string) (map[string]string, error) {
				of, err := x.cases.ServicesOf(ctx, db, cases)
				maps.Copy(of, x.gave)
				return of, err
			},
			State: func(ctx context.Context, _ access.Actor, d wallet.Document) (string, []byte, error) {
				s := document.Statement{Title: d.Title(), Register: i18n.Text{RU: "Реестр ГИБДД"}, KnownAt: d.KnownAt}
				pdf, err := x.paper.PrintStatement(ctx, s, i18n.RU)
				return s.Name(i18n.RU), pdf, err
			},
			Attach: func(ctx context.Context, who access.Actor, to wallet.Slot, name string, body io.Reader) (string, error) {
				a, err := attached.Receive(ctx, who, application.NewUpload{Service: to.Service, Case: to.Case, Slot: to.ID, Name: name}, body)
				return a.ID, err
			},
			Waiting: func(ctx context.Context, who access.Actor, names []string) ([]wallet.Place, error) {
				where, err := attached.Where(ctx, who, names)
				var out []wallet.Place
				for _, w := range where {
					def, _ := list.ByCode(w.Service)
					out = append(out, wallet.Place{Attachment: w.ID, Application: w.Application, Number: w.Number, Service: def.Title, Slug: def.Slug})
				}
				return out, err
			}})
		x.cases.Held, x.cases.Opens = x.own.ForForms, x.opens
		jobs.Handle(x.Queue, x.own.Do)
		x.proof = &verification.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Notices: x.Notices, Jobs: x.Queue, Zone: time.UTC}
		jobs.Handle(x.Queue, x.proof.Again)
		x.help = &support.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Notices: x.Notices, Files: kept, Jobs: x.Queue}
		(&portal.Pages{DB: db, Policy: x.Policy, SignIn: x.SignIn, Accounts: x.Accounts, Contacts: x.Contacts, Catalogue: list, Applications: x.cases, Attachments: attached, Papers: x.paper, Wallet: x.own,
			Support: x.help, Verification: x.proof, Notices: x.Notices, Zone: time.UTC}).Mount(x.Server)
		x.Server.Handle("GET "+web.Again, func(http.ResponseWriter, *http.Request) error { // the proof itself is a page of package identity
			return access.ErrDenied
		})
		body(t, x)
	})
}

// bound makes the account that of a resident of the sandbox.
func (x *purse) bound(t *testing.T, who access.Actor, r sandbox.Resident) {
	t.Helper()
	if err := x.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := x.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error {
			a.Level, a.ConfirmedAt = access.Confirmed, tx.Now()
			p := &a.Profile
			p.Surname, p.GivenName, p.Patronymic, p.BirthDate, p.SNILS, p.INN, p.Address = r.Surname, r.GivenName, r.Patronymic, r.BirthDate, strings.NewReplacer("-", "", " ", "").Replace(r.SNILS), r.INN, r.Address
			return nil
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// do does the jobs that ask registers.
func (x *purse) do(t *testing.T) {
	t.Helper()
	list, err := store.Names(x.DB.Query(ctx, `SELECT id FROM wallet_request WHERE state = 'asking'`))
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range list {
		x.own.Do(ctx, wallet.AskRegister{Request: request}) //nolint:errcheck // one that is away is asked again
	}
}

// lost has the registers hold the documents of the kind no more.
func (x *purse) lost(t *testing.T, of kind.ID) {
	t.Helper()
	if err := x.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE wallet_document SET register_state = 'gone' WHERE kind = $1`, string(of))
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// addLicence fills in the form of a driving licence and sends it.
func addLicence(t *testing.T, c *webtest.Client, number string) {
	t.Helper()
	c.Open("/documents")
	c.Follow("Добавить документ")
	c.Follow("Водительское удостоверение")
	c.Fill("document_number", number)
	c.Fill("document_issued_at", "01.03.2020")
	c.Fill("document_expires_at", "01.03.2030")
	c.Attach("document_scan", photo(t, "права.jpg", 600, 400, 200))
	c.Press("Добавить")
}

// CAB-1, CAB-2.
func TestADocumentIsAddedWithoutScriptsAndItsNumberStaysHidden(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		_, c := x.Person(t, phone)
		addLicence(t, c, "99 12")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "В номере удостоверения 10 знаков")
		if c.Value("document_issued_at") != "01.03.2020" {
			t.Error("what was typed is lost")
		}
		c.Fill("document_number", "99 12 345678")
		c.Attach("document_scan", written(t, "права.jpg", []byte("MZ, a program")))
		c.Press("Добавить")
		sees(t, c, "Такой файл не подходит. Нужен JPG, PNG, PDF")
		c.Attach("document_scan", photo(t, "права.jpg", 600, 400, 200))
		c.Press("Добавить")
		sees(t, c, "Документ добавлен", "·· ·· ····78", "Ни к одному заявлению", "ещё никому не показывали")
		seesNo(t, c, "345678")
		own := c.Page().URL.Path
		c.Follow("Показать полностью")
		if got := c.Get(own + "?open"); !strings.HasSuffix(got.Request.URL.Path, web.Again) || got.Request.URL.Query().Get("need") != "second" || got.Request.URL.Query().Get("next") != own+"?open" { //nolint:bodyclose // the client reads it whole
			t.Errorf("it leads to %s", got.Request.URL)
		}
		for _, path := range []string{"/scan/1", "/change", "/share"} {
			if got := c.Get(own + path); !strings.HasSuffix(got.Request.URL.Path, web.Again) { //nolint:bodyclose // the client reads it whole
				t.Errorf("%s opens without a second factor: %d", path, got.StatusCode)
			}
		}
		x.fresh = true
		c.Open(own)
		c.Follow("Показать полностью")
		sees(t, c, "99 12 345678", "01.03.2030")
		h := c.Fetch("Открыть скан").Header //nolint:bodyclose // the client reads it whole
		if h.Get("Content-Type") != "image/jpeg" || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%v", h)
		}
		_, other := x.Person(t, "+79120000002")
		for _, path := range []string{"", "?open", "/scan/1", "/change", "/share", "/remove"} {
			if got := other.Get(own + path).StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
				t.Errorf("somebody else gets %s: %d", path, got)
			}
		}

		c.Open(own)
		c.Follow("Изменить данные")
		if c.Value("document_number") != "99 12 345678" {
			t.Errorf("the form begins with %q", c.Value("document_number"))
		}
		c.Fill("document_number", "99 12 000011")
		x.fresh = false // the person was away for tea
		c.Press("Сохранить")
		answers(t, c, http.StatusForbidden)
		sees(t, c, "только после подтверждения", "Подтвердить в новой вкладке")
		if c.Value("document_number") != "99 12 000011" {
			t.Error("what was typed is lost")
		}
		x.fresh = true
		c.Press("Сохранить")
		sees(t, c, "Сохранено", "Прежние версии", "Версия 1", "····11")
		c.Follow("Удалить")
		sees(t, c, "Исчезнут все версии")
		x.fresh = false
		c.Press("Удалить")
		if at := c.Page().URL; at.Path != web.Again || at.Query().Get("need") != "second" || at.Query().Get("next") != own+"/remove" {
			t.Errorf("without a second factor the button leads to %s", at)
		}
		x.fresh = true
		c.Open(own + "/remove")
		c.Press("Удалить")
		sees(t, c, "Документ удалён", "Вы ещё ничего не добавили")
	})
}

// CAB-2: the profile shows the numbers of papers behind a second factor, too.
func TestTheNumbersOfTheProfileAreSealed(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		r := x.world.People()[0]
		x.bound(t, who, r)
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := x.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error {
				a.Level, a.Profile.INN = access.Confirmed, r.INN
				a.Profile.Document = form.PassportOf(r.Passport.Series, r.Passport.Number, "", "", "")
				return nil
			})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		whole := []string{r.Passport.Number, form.FormatSNILS(r.SNILS), r.INN}
		c.Open("/cabinet/profile")
		sees(t, c, form.MaskSNILS(r.SNILS), form.MaskINN(r.INN), "Номера скрыты")
		seesNo(t, c, whole...)
		if got := c.Get("/cabinet/profile?numbers"); !strings.HasSuffix(got.Request.URL.Path, web.Again) || got.Request.URL.Query().Get("need") != "second" { //nolint:bodyclose // the client reads it whole
			t.Errorf("it leads to %s", got.Request.URL)
		}
		x.fresh = true
		c.Open("/cabinet/profile")
		seesNo(t, c, whole...)
		c.Follow("Показать номера")
		sees(t, c, whole...)
		seesNo(t, c, "Номера скрыты")
	})
}

// issued is a certificate of the person's income.
func (x *purse) issued(t *testing.T, who access.Actor, r sandbox.Resident) document.Document {
	t.Helper()
	return x.replaced(t, who, r, "")
}

// replaced is a certificate that takes the place of another.
func (x *purse) replaced(t *testing.T, who access.Actor, r sandbox.Resident, former string) document.Document {
	t.Helper()
	text := func(s string) i18n.Text { return i18n.Text{RU: s, EN: s} }
	draft, err := x.paper.Prepare(ctx, who.ID, document.New{Kind: document.Decision, CaseID: id.New(), Lang: i18n.RU, Supersedes: former, Content: document.Content{Title: text("Решение о выдаче значка"), Agency: text("Бюро значков"), Unit: "badges",
		Holder: document.Holder{Surname: r.Surname, GivenName: r.GivenName}, Blocks: []document.Block{{Facts: []document.Fact{{Label: text("Значок"), Value: text("почётный")}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	var d document.Document
	if err := x.DB.Write(ctx, func(tx *store.Tx) error {
		d, err = x.paper.Issue(ctx, tx, draft)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return d
}

// CAB-2: that a paper is there is seen, and what it says opens behind a second factor.
func TestAnIssuedPaperOpensBehindASecondFactor(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		d := x.issued(t, who, x.world.People()[0])
		c.Open("/documents")
		sees(t, c, "Решение о выдаче значка", d.Number)
		asked := c.Fetch("Решение о выдаче значка").Request.URL //nolint:bodyclose // the client reads it whole
		next := asked.Query().Get("next")
		if asked.Path != web.Again || asked.Query().Get("need") != web.NeedSecond || next != "/documents/issued/"+d.ID {
			t.Fatalf("without a second factor it leads to %s", asked)
		}
		x.fresh = true
		c.Open(next) // a file is saved, and a browser that saves stays where it was: so the way back ends at a page
		sees(t, c, "Решение о выдаче значка", d.Number, "Бюро значков")
		if got := c.Fetch("Скачать PDF"); got.StatusCode != http.StatusOK || got.Header.Get("Content-Type") != "application/pdf" { //nolint:bodyclose // the client reads it whole
			t.Errorf("it is %q, status %d", got.Header.Get("Content-Type"), got.StatusCode)
		}
		_, other := x.Person(t, "+79120000002")
		for _, path := range []string{"", "issued/"} {
			if got := other.Get("/documents/" + path + d.ID).StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
				t.Errorf("somebody else gets %s: %d", path, got)
			}
		}
	})
}

// CAB-2, CAB-4: what a device keeps of the wallet is what opens without a second factor, however lately one was shown.
func TestTheListOffLineHasDocumentsOfTheWalletMasked(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		_, c := x.Person(t, phone)
		addLicence(t, c, "99 12 345678")
		c.Open("/documents/add/other")
		c.Fill("document_title", "Справка от врача")
		c.Press("Добавить")
		x.fresh = true
		c.Open("/cabinet/offline")
		sees(t, c, "Мои документы", "Водительское удостоверение", "·· ·· ····78", "до 1 марта 2030", "Другой документ")
		seesNo(t, c, "345678", "Справка от врача", "права.jpg")
	})
}

func TestDocumentsStandByWhoseTheyAreAndOneThatEndsIsSaid(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		_, c := x.Person(t, phone)
		c.Open("/documents/add/birth-certificate")
		for name, value := range map[string]string{"document_series": "II-МЮ", "document_number": "123456", "document_issued_at": "10.02.2020", "document_issued_by": "Отдел ЗАГС", "document_holder": "Маша"} {
			c.Fill(name, value)
		}
		c.Press("Добавить")
		c.Open("/documents/add/driving-licence")
		c.Fill("document_number", "99 12 345678")
		c.Fill("document_issued_at", "20.11.2016")
		c.Fill("document_expires_at", "20.12.2026") // it is 18 November 2026
		c.Press("Добавить")
		c.Open("/documents")
		text := c.Page().Text()
		mine, masha := strings.Index(text, "Мои документы"), strings.Index(text, "Маша")
		if mine < 0 || masha < mine {
			t.Errorf("the order of people: %d, %d", mine, masha)
		}
		sees(t, c, "Скоро закончится", "Действует до 20\u00a0декабря 2026", "····56", "Паспорт, СНИЛС, ИНН и адреса появятся здесь", "проверить и без интернета")
		seesNo(t, c, "Запросить") // nobody is bound to the account
		x.clock.Advance(60 * 24 * time.Hour)
		_, c = x.Person(t, "+79120000003") // the first session has ended
		c.Open("/documents")
		sees(t, c, "Вы ещё ничего не добавили")
	})
}

// CAB-2: a document of the wallet that ends soon is said at home, whatever its kind, and leads to its page.
func TestTheCabinetSaysWhichDocumentsOfTheWalletEndSoon(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		c.Open("/cabinet")
		seesNo(t, c, "Документы скоро закончатся")
		for day, number := range map[string]string{"20.12.2026": "ХХХ 0123456789", "20.11.2027": "ХХХ 0123456788"} { // it is 18 November 2026
			c.Open("/documents/add/car-insurance")
			for name, value := range map[string]string{"document_number": number, "document_insurer": "Светлый полис", "document_issued_at": "20.11.2025", "document_expires_at": day} {
				c.Fill(name, value)
			}
			c.Press("Добавить")
		}
		c.Open("/cabinet")
		sees(t, c, "Документы скоро закончатся", "Полис ОСАГО", "Скоро закончится", "Действует до 20\u00a0декабря 2026")
		seesNo(t, c, "ноября 2027", "0123456789")
		c.Follow("Полис ОСАГО")
		if at := c.Page().URL.Path; !strings.HasPrefix(at, "/documents/mine/") {
			t.Errorf("it leads to %s", at)
		}
		x.clock.Advance(33 * 24 * time.Hour)
		if list, err := x.own.Ending(ctx, who); err != nil || len(list) != 0 {
			t.Errorf("of one that has ended: %+v, %v", list, err)
		}
	})
}

func TestARegisterIsAskedFromThePageAndOneThatIsAwayBlocksNothing(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		x.bound(t, who, x.world.People()[0])
		c.Open("/documents")
		sees(t, c, "Можно получить из реестра", "Водительское удостоверение", "Полис ОМС", "···-···-", "Из вашего профиля")
		if err := x.world.SetFault("licence", sandbox.Down); err != nil {
			t.Fatal(err)
		}
		c.Press("Запросить", "Водительское удостоверение")
		sees(t, c, "Запрашиваем")
		x.do(t)
		c.Press("Запросить", "Полис ОМС")
		c.Press("Запросить", "Документ на машину")
		x.do(t)
		c.Open("/documents")
		sees(t, c, "Реестр не отвечает", "Мы спросим ещё раз сами", "Реестр полисов ОМС, данные на 18\u00a0ноября 2026", "Из реестра")
		if err := x.world.SetFault("licence", sandbox.OK); err != nil {
			t.Fatal(err)
		}
		x.do(t)
		c.Open("/documents")
		sees(t, c, "Реестр ГИБДД, данные на")
		seesNo(t, c, "Запросить", "Реестр не отвечает")
		c.Press("Проверить, нет ли новых", "Документ на машину") // a person has one policy and one licence, and cars come and go
		x.do(t)
		c.Open("/documents")
		c.Follow("Полис ОМС")
		c.Press("Обновить из реестра")
		x.do(t)
		sees(t, c, "Полис ОМС")
		// What the register holds no more is asked for anew.
		x.lost(t, "vehicle")
		x.lost(t, "driving-licence")
		c.Open("/documents")
		sees(t, c, "больше не значится")
		c.Press("Запросить", "Водительское удостоверение")
		c.Press("Запросить", "Документ на машину")
		x.do(t)
		c.Open("/documents")
		seesNo(t, c, "больше не значится")
	})
}

// A register that goes by the SNILS is not offered to whoever has none: the page says what is needed and leads there.
func TestWhoHasNoSNILSIsLedToOne(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		r := x.world.People()[0]
		r.SNILS = ""
		x.bound(t, who, r)
		c.Open("/documents")
		sees(t, c, "Водительское удостоверение", "Нужен СНИЛС", "Добавьте СНИЛС")
		seesNo(t, c, "Запросить")
		if at := c.Fetch("Водительское удостоверение").Request.URL.Path; at != "/cabinet/snils" { //nolint:bodyclose // the client reads it whole
			t.Errorf("it leads to %s", at)
		}
	})
}

// Whom no register tells anything needs no look at what it would be told.
func TestNobodyLooksForASNILSOfWhomNoRegisterTells(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		c.Open("/documents")
		sees(t, c, "Мои документы")
		if n := x.asked.Load(); n != 0 {
			t.Errorf("it was asked %d times who may act for the person", n)
		}
		who.Level = access.Confirmed // the count is of these
		if _, err := x.own.Lacking(ctx, who); err != nil || x.asked.Load() != 1 {
			t.Errorf("%d %v", x.asked.Load(), err)
		}
	})
}

// The page of one car updates that; the list, which brings back what was removed, says that it does.
func TestAnUpdateFromThePageOfACarBringsNoneThatWasRemoved(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		x.bound(t, who, x.world.People()[0])
		who.Level, x.fresh = access.Confirmed, true
		papers := func(want int) []wallet.Document {
			t.Helper()
			x.do(t)
			own, err := x.own.List(ctx, who)
			if err != nil || len(own) != want {
				t.Fatalf("%d papers, want %d: %v", len(own), want, err)
			}
			return own
		}
		const back = "Вернутся и удалённые документы"
		c.Open("/documents")
		seesNo(t, c, back)
		c.Press("Запросить", "Документ на машину")
		x.do(t)
		c.Open("/documents")
		seesNo(t, c, back)
		own, err := x.own.List(ctx, who)
		if err != nil || len(own) < 2 {
			t.Fatal(own, err)
		}
		if err := x.own.Remove(ctx, who, own[0].ID); err != nil {
			t.Fatal(err)
		}
		c.Open("/documents/mine/" + own[1].ID)
		c.Press("Обновить из реестра")
		if at := c.Page().URL.Path; at != "/documents/mine/"+own[1].ID {
			t.Errorf("it leads back to %s", at)
		}
		papers(len(own) - 1)
		c.Open("/documents")
		sees(t, c, back)
		c.Press("Проверить, нет ли новых", "Документ на машину")
		papers(len(own))
		c.Open("/documents")
		seesNo(t, c, back)
	})
}

// A register's word does not cover the scan beside it, which anybody could have made.
func TestAStrangerReadsWhoseAScanIs(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, _ := x.Person(t, phone)
		x.bound(t, who, x.world.People()[0])
		who.Level, x.fresh = access.Confirmed, true
		ask := func() wallet.Document {
			t.Helper()
			if err := x.own.Ask(ctx, who, "driving-licence"); err != nil {
				t.Fatal(err)
			}
			x.do(t)
			own, err := x.own.List(ctx, who)
			if err != nil || len(own) != 1 || own[0].Register != wallet.Known {
				t.Fatalf("%+v %v", own, err)
			}
			d, err := x.own.Open(ctx, who, own[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		const known, gone, scan = "Реестр ГИБДД: подтверждено", "Реестр ГИБДД: больше не значится", "Скан загрузил владелец, реестр его не подтверждал"
		reads := func(d wallet.Document, want wallet.Showing, word string) {
			t.Helper()
			share, err := x.own.ShareIt(ctx, who, d.ID, want)
			if err != nil {
				t.Fatal(err)
			}
			v := x.Browser(t)
			v.Open("/shared/" + share.Token)
			v.Press("Открыть документ")
			if sees(t, v, word); want.Scan {
				sees(t, v, "Открыть скан", scan)
			} else {
				seesNo(t, v, scan)
			}
		}
		typed := func(d wallet.Document) map[string]string {
			out := map[string]string{}
			for _, f := range d.Kind.Fields {
				out[f.Name()] = f.Show(i18n.RU, d.Values[f.ID])
			}
			return out
		}
		change := func(d wallet.Document, e wallet.Entry) {
			t.Helper()
			if _, err := x.own.Change(ctx, who, d.ID, d.Number, e); err != nil {
				t.Fatal(err)
			}
		}
		numbered, scanned := wallet.Showing{Fields: []string{"number"}}, wallet.Showing{Fields: []string{"number"}, Scan: true}
		d := ask()
		reads(d, numbered, known)
		// A scan beside what stands as the register has it: the version is the register's from the next answer on.
		picture, err := os.ReadFile(photo(t, "права.jpg", 600, 400, 200))
		if err != nil {
			t.Fatal(err)
		}
		change(d, wallet.Entry{Typed: typed(d), Scan: &wallet.Scan{Name: "права.jpg", Data: picture}})
		was := d.Number
		if d = ask(); d.Number != was+1 || !d.Scan || d.Source == wallet.Own {
			t.Fatalf("%+v", d)
		}
		reads(d, scanned, known)
		// Beside what stands otherwise: the register's version is a new one.
		other := typed(d)
		other["document_issued_by"] = "Другой отдел"
		change(d, wallet.Entry{Typed: other})
		was = d.Number
		if d = ask(); d.Number != was+2 || !d.Scan {
			t.Fatalf("%+v", d)
		}
		reads(d, scanned, known)
		x.lost(t, "driving-licence")
		reads(d, scanned, gone)
		reads(d, numbered, gone)
	})
}

// Whoever is shown a document reads who stands for it: its owner alone, a register, or a register that holds it no more.
func TestAStrangerReadsWhoStandsForADocument(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		x.bound(t, who, x.world.People()[0])
		who.Level, x.fresh = access.Confirmed, true
		c.Open("/documents")
		c.Press("Запросить", "Полис ОМС")
		x.do(t)
		own, err := x.own.List(ctx, who)
		if err != nil || len(own) != 1 {
			t.Fatal(own, err)
		}
		share, err := x.own.ShareIt(ctx, who, own[0].ID, wallet.Showing{Fields: []string{"number"}})
		if err != nil {
			t.Fatal(err)
		}
		reads := func(word string, others ...string) {
			t.Helper()
			v := x.Browser(t)
			v.Open("/shared/" + share.Token)
			v.Press("Открыть документ")
			sees(t, v, word)
			seesNo(t, v, others...)
		}
		const known, gone, typed = "Реестр полисов ОМС: подтверждено", "Реестр полисов ОМС: больше не значится", "Данные ввёл владелец"
		reads(known, gone, typed)
		x.lost(t, "medical-policy")
		if share, err = x.own.ShareIt(ctx, who, own[0].ID, wallet.Showing{Fields: []string{"number"}}); err != nil {
			t.Fatal(err)
		}
		reads(gone, known, typed)
	})
}

func TestADocumentIsShownByItsCodeToOneBrowserAndItsOwnerSeesThat(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		_, c := x.Person(t, phone)
		addLicence(t, c, "99 12 345678")
		own := c.Page().URL.Path
		x.fresh = true
		c.Open(own)
		c.Follow("Показать другому")
		sees(t, c, "на 3 минуты")
		c.Press("Получить код")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Отметьте хотя бы одно")
		c.Tick("Серия и номер", true)
		c.Tick("Ваши фамилия, имя и отчество", true)
		c.Press("Получить код")
		sees(t, c, "его ещё не открыли", "Видно: серия и номер")
		share := c.Page().URL.Path
		code, _ := c.Page().Data("share-code")
		if got := c.Get(share + "/qr.png"); got.Header.Get("Content-Type") != "image/png" || got.Header.Get("Cache-Control") != "no-store" { //nolint:bodyclose // the client reads it whole
			t.Errorf("%v", got.Header)
		}

		police := x.Browser(t)
		police.Open("/check")
		police.Follow("Посмотреть документ, который вам показывают по коду")
		police.Fill("code", "0000-0000")
		police.Press("Открыть документ")
		answers(t, police, http.StatusUnprocessableEntity)
		sees(t, police, "Такого кода нет")
		police.Fill("code", strings.ToLower(code))
		police.Press("Открыть документ")
		sees(t, police, "99 12 345678", "Проверкина Анна", "Данные ввёл владелец", "Владелец видит")
		seesNo(t, police, "01.03.2030", "Открыть скан")
		at := police.Page().URL.Path
		if h := police.Page().Header; h.Get("Referrer-Policy") != "no-referrer" || h.Get("X-Robots-Tag") != "noindex, nofollow" {
			t.Errorf("%v", h)
		}
		if got := police.Get(at + "/scan").StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("a scan that is not shown: %d", got)
		}
		stranger := x.Browser(t)
		if got := stranger.Get(at).StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("another browser: %d", got)
		}
		c.Open(share)
		sees(t, c, "Открыт")
		x.clock.Advance(4 * time.Minute)
		if got := police.Get(at).StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("after its time: %d", got)
		}
		c.Open(own)
		sees(t, c, "Кому показывали", "Открыт", "серия и номер, ваши фамилия")
	})
}

// A program that looks links up in advance must not use the code up: the document opens by a button.
func TestALookAtTheAddressOpensNothing(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		addLicence(t, c, "99 12 345678")
		x.fresh = true
		list, err := x.own.List(ctx, who)
		if err != nil || len(list) != 1 {
			t.Fatal(err)
		}
		s, err := x.own.ShareIt(ctx, who, list[0].ID, wallet.Showing{Fields: []string{"number"}, Scan: true})
		if err != nil {
			t.Fatal(err)
		}
		at := "/shared/" + s.Token
		for range 3 {
			x.Browser(t).Open(at)
		}
		police := x.Browser(t)
		police.Open(at)
		seesNo(t, police, "345678")
		police.Press("Открыть документ")
		sees(t, police, "99 12 345678")
		if got := police.Fetch("Открыть скан"); got.Header.Get("Content-Type") != "image/jpeg" { //nolint:bodyclose // the client reads it whole
			t.Errorf("%v", got.Header)
		}
		c.Open("/documents/shares/" + s.ID)
		sees(t, c, "Открыт")
	})
}

// CAB-2: what came from a register and has no scan goes as a statement of the register, where a PDF is taken.
func TestADocumentOfARegisterIsAttachedAsItsStatement(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		x.bound(t, who, x.world.People()[0])
		c.Open("/documents")
		c.Press("Запросить", "Водительское удостоверение")
		x.do(t)
		const licence = "mvd.driving-licence"
		who.Level = access.Confirmed
		if _, err := x.cases.Begin(ctx, who, licence); err != nil {
			t.Fatal(err)
		}
		if _, err := x.cases.SavePage(ctx, who, licence, "reason", map[string][]string{"reason": {"lost"}}); err != nil {
			t.Fatal(err)
		}
		own, err := x.own.List(ctx, who)
		if err != nil || len(own) != 1 {
			t.Fatal(own, err)
		}
		label := "Водительское удостоверение, " + own[0].Values["number"] + ", Реестр ГИБДД"
		at := "/services/driving-licence/apply/photo"
		c.Open(at)
		c.Press(label)
		if got := c.Page().URL; got.Path != web.Again || got.Query().Get("need") != web.NeedSecond {
			t.Errorf("without a second factor it leads to %s", got)
		}
		x.fresh = true
		c.Open(at)
		c.Press(label)
		sees(t, c, "Документ приложен", "Водительское удостоверение сведения из реестра")
		c.Open("/documents/mine/" + own[0].ID)
		sees(t, c, "Где используется", "черновик")
	})
}

func TestADocumentIsAttachedInOneClickAndSaysWhereItIs(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		x.bound(t, who, x.world.People()[0])
		c.Open("/documents/add/international-passport")
		for name, value := range map[string]string{"document_number": "71 1234567", "document_issued_at": "10.02.2020", "document_expires_at": "10.02.2030", "document_issued_by": "МВД 77001"} {
			c.Fill(name, value)
		}
		c.Attach("document_scan", photo(t, "загран.jpg", 600, 400, 100))
		c.Press("Добавить")
		own := c.Page().URL.Path

		const passport = "mvd.international-passport"
		who.Level = access.Confirmed
		if _, err := x.cases.Begin(ctx, who, passport); err != nil {
			t.Fatal(err)
		}
		if _, err := x.cases.SavePage(ctx, who, passport, "passport", map[string][]string{"kind": {"five"}, "previous.has": {"true"}}); err != nil {
			t.Fatal(err)
		}
		at := "/services/international-passport/apply/previous"
		c.Open(at)
		sees(t, c, "Приложить из ваших документов", "Загранпаспорт, ·· ·····67")
		c.Press("Загранпаспорт, ·· ·····67")
		if got := c.Get(own); got.StatusCode != http.StatusOK { //nolint:bodyclose // the client reads it whole
			t.Fatal(got.StatusCode)
		}
		c.Open(own)
		sees(t, c, "Ни к одному заявлению") // a second factor is wanted first
		x.fresh = true
		c.Open(at)
		c.Press("Загранпаспорт, ·· ·····67")
		sees(t, c, "Документ приложен", "загран.jpg")
		c.Open(own)
		sees(t, c, "Где используется", "черновик")
		c.Open(at)
		c.Press("Удалить", "загран.jpg")
		c.Open(own)
		sees(t, c, "Ни к одному заявлению")
	})
}

// CAB-2: of a register's several documents each says whose car it is of, and garbage of the register is kept nowhere.
func TestThePapersOfACarStandApartAndGarbageOfTheRegisterIsKeptNowhere(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		x.bound(t, who, x.world.People()[0])
		ask := func(m sandbox.Mode) {
			t.Helper()
			if err := x.world.SetFault("vehicles", m); err != nil {
				t.Fatal(err)
			}
			x.do(t)
			c.Open("/documents")
		}
		c.Open("/documents")
		c.Press("Запросить", "Документ на машину")
		ask(sandbox.Garbage)
		sees(t, c, "Реестр не отвечает", "Вы ещё ничего не добавили")
		ask(sandbox.OK)
		sees(t, c, "Свидетельство о регистрации (СТС)", "Паспорт машины (ПТС)", "Реестр транспортных средств", "Из реестра")
		who.Level = access.Confirmed
		own, err := x.own.List(ctx, who)
		if err != nil || len(own) < 2 || own[0].Values["plate"] == "" {
			t.Fatal(own, err)
		}
		plate, _ := own[0].Kind.Field("plate")
		sees(t, c, own[0].Show(plate, i18n.RU), own[0].Values["model"])
		x.fresh = true
		whole, err := x.own.Open(ctx, who, own[0].ID)
		if err != nil || len(whole.Values["vin"]) != 17 {
			t.Fatal(whole, err)
		}
		seesNo(t, c, whole.Values["vin"])
		c.Open("/documents/mine/" + own[0].ID)
		c.Press("Обновить из реестра")
		ask(sandbox.Down)
		sees(t, c, "Свидетельство о регистрации (СТС)", "Паспорт машины (ПТС)") // what is there stays
		c.Open("/documents/mine/" + own[0].ID)
		sees(t, c, "Реестр пока не отвечает")
	})
}

// CAB-2: a paper that the portal issued goes into an application in one click, and says where it is.
func TestAnIssuedPaperIsAttachedInOneClickAndSaysWhereItIs(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		x.bound(t, who, x.world.People()[0])
		who.Level = access.Confirmed
		right, other := x.issued(t, who, x.world.People()[0]), x.issued(t, who, x.world.People()[0])
		x.gave = map[string]string{right.CaseID: "rosreestr.extract", other.CaseID: "fns.income-certificate"}
		const flat = "municipality.flat-remodelling"
		if _, err := x.cases.Begin(ctx, who, flat); err != nil {
			t.Fatal(err)
		}
		for page, typed := range map[string]map[string][]string{"flat": {"flat.cadastral_number": {"77:01:0001001:1024"}, "flat.address": {"Москва, ул. Садовая, 1, кв. 5"}, "tenure": {"own"}}} {
			if _, err := x.cases.SavePage(ctx, who, flat, page, typed); err != nil {
				t.Fatal(err)
			}
		}
		at := "/services/flat-remodelling/apply/papers"
		label := "Решение о выдаче значка, " + right.Number
		c.Open(at)
		sees(t, c, "Приложить из ваших документов", label)
		seesNo(t, c, other.Number)
		c.Press(label)
		if got := c.Page().URL; got.Path != web.Again || got.Query().Get("need") != web.NeedSecond || got.Query().Get("next") != at {
			t.Errorf("without a second factor it leads to %s", got)
		}
		x.fresh = true
		c.Open(at)
		c.Press(label)
		sees(t, c, "Документ приложен", right.Name)
		seesNo(t, c, "Приложить из ваших документов") // there is one, and the place is full
		c.Open("/documents/issued/" + right.ID)
		sees(t, c, "Где используется", "черновик", "Согласование перепланировки")
		c.Open("/documents/issued/" + other.ID)
		sees(t, c, "Ни к одному заявлению")
		c.Open(at)
		c.Press("Удалить", right.Name)
		c.Open("/documents/issued/" + right.ID)
		sees(t, c, "Ни к одному заявлению")

		// One that was revoked meanwhile is offered no more, and a page that stood open is told so.
		c.Open(at)
		if err := x.paper.Revoke(ctx, access.Actor{Kind: access.System}, right.ID, document.Mistake); err != nil {
			t.Fatal(err)
		}
		c.Press(label)
		sees(t, c, "отозван или заменён")
		c.Open(at)
		seesNo(t, c, "Приложить из ваших документов")

		stranger, _ := x.Person(t, "+79120000002")
		if err := x.own.PutPaper(ctx, stranger, other.ID, wallet.Slot{Service: flat, ID: "extract"}); !errors.Is(err, document.ErrMissing) {
			t.Errorf("somebody else's paper: %v", err)
		}
	})
}

// CAB-2: an issued paper is shown by a code as a document of the wallet is, to one browser, with how it stands now.
func TestAnIssuedPaperIsShownByItsCodeToOneBrowserAndWithItsState(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		r := x.world.People()[0]
		d := x.issued(t, who, r)
		own := "/documents/issued/" + d.ID
		c.Open(own)
		c.Follow("Показать другому")
		sees(t, c, "документ целиком откроется один раз", "на 3 минуты")
		c.Press("Получить код")
		if got := c.Page().URL; got.Path != web.Again || got.Query().Get("next") != own+"/share" {
			t.Errorf("without a second factor it leads to %s", got)
		}
		x.fresh = true
		c.Open(own + "/share")
		c.Press("Получить код")
		sees(t, c, "Код действует, его ещё не открыли", "документ целиком")
		list, err := x.own.Shares(ctx, who, d.ID)
		if err != nil || len(list) != 1 {
			t.Fatalf("%+v %v", list, err)
		}
		inspector, late := x.Browser(t), x.Browser(t)
		inspector.Open("/shared")
		inspector.Fill("code", list[0].Code)
		inspector.Press("Открыть документ")
		sees(t, inspector, "Решение о выдаче значка", d.Number, r.Surname+" "+r.GivenName, "Владелец видит")
		if got := inspector.Fetch("Открыть документ (PDF)"); got.StatusCode != http.StatusOK || got.Header.Get("Content-Type") != "application/pdf" { //nolint:bodyclose // the client reads it whole
			t.Errorf("%d %v", got.StatusCode, got.Header)
		}
		if got := late.Get("/shared/" + list[0].Token).StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("another browser gets it: %d", got)
		}
		log, err := audit.About(ctx, x.DB, who.ID, 100, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, action := range []string{"wallet.paper_shared", "wallet.share_opened"} {
			if i := slices.IndexFunc(log, func(e audit.Entry) bool { return e.Action == action }); i < 0 || log[i].Object != "document/"+d.ID {
				t.Errorf("%s is not told of the paper: %+v", action, log)
			}
		}
		if err := x.paper.Revoke(ctx, access.Actor{Kind: access.System}, d.ID, document.Mistake); err != nil {
			t.Fatal(err)
		}
		inspector.Open("/shared/" + list[0].Token)
		sees(t, inspector, "отозван")
		c.Open(own)
		sees(t, c, "Кому показывали", "документ целиком")
		x.clock.Advance(3*time.Minute + time.Second)
		for _, path := range []string{"", "/scan"} {
			if got := inspector.Get("/shared/" + list[0].Token + path).StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
				t.Errorf("after its time %q is there: %d", path, got)
			}
		}
	})
}

// A paper that replaced another leads to it, and the other way round.
func TestTheVersionsOfAnIssuedPaperLeadToEachOther(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		first := x.issued(t, who, x.world.People()[0])
		second := x.replaced(t, who, x.world.People()[0], first.ID)
		third := x.replaced(t, who, x.world.People()[0], second.ID)
		alone := x.issued(t, who, x.world.People()[0])
		for at, others := range map[string][]string{first.ID: {second.Number, third.Number}, second.ID: {first.Number, third.Number}, third.ID: {first.Number, second.Number}} {
			c.Open("/documents/issued/" + at)
			sees(t, c, append(others, "Прежние и новые версии")...)
			seesNo(t, c, alone.Number)
		}
		c.Open("/documents/issued/" + alone.ID)
		seesNo(t, c, "Прежние и новые версии", first.Number)
	})
}
