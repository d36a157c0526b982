package portal_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/application"
	"okno/internal/appointment"
	"okno/internal/audit"
	"okno/internal/catalogue"
	"okno/internal/connector/call"
	"okno/internal/connector/civil"
	"okno/internal/connector/insurance"
	"okno/internal/connector/owned"
	"okno/internal/document"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/intake"
	"okno/internal/jobs"
	"okno/internal/mandate"
	"okno/internal/policy"
	"okno/internal/sandbox"
	"okno/internal/signin"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/verification"
	"okno/internal/wallet"
	"okno/internal/web"
	"okno/internal/web/desk/desktest"
	"okno/internal/web/portal"
	"okno/internal/web/webtest"
)

// nursery is the cabinet with the civil-status register of a sandbox behind it.
type nursery struct {
	*desktest.Floor
	clock    *storetest.Clock
	world    *sandbox.World
	proof    *verification.Service
	mandates *mandate.Service
	own      *wallet.Service
	cases    *application.Service
	fresh    *bool         // a second factor was shown a moment ago
	guarded  *atomic.Int64 // how often the wallet asked who may act for an account
}

func withChildren(t *testing.T, body func(t *testing.T, x nursery)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		x := nursery{Floor: desktest.Open(t, db), clock: clock}
		zone, err := time.LoadLocation("Europe/Moscow")
		if err != nil {
			t.Fatal(err)
		}
		list, err := catalogue.Load()
		if err != nil {
			t.Fatal(err)
		}
		if x.world, err = sandbox.Start(t.Context(), sandbox.Config{Dir: t.TempDir(), Now: clock.Now}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { x.world.Close() })
		birth, err := civil.New(call.Config{URL: x.world.RegistersURL()})
		if err != nil {
			t.Fatal(err)
		}
		births, err := owned.NewBirths(call.Config{URL: x.world.RegistersURL()})
		if err != nil {
			t.Fatal(err)
		}
		policies, err := owned.NewPolicies(call.Config{URL: x.world.RegistersURL()})
		if err != nil {
			t.Fatal(err)
		}
		fund, err := insurance.New(call.Config{URL: x.world.RegistersURL()})
		if err != nil {
			t.Fatal(err)
		}
		x.proof = &verification.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Contacts: x.Contacts, Notices: x.Notices, Jobs: x.Queue, Zone: zone}
		x.mandates = &mandate.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Contacts: x.Contacts, Levels: x.proof, Notices: x.Notices, Jobs: x.Queue,
			Registers: []mandate.Register{birth, fund}, Consent: func() string { return "1" }, Zone: zone}
		x.Notices.Guardians = x.mandates.Guardians
		x.cases = &application.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Catalogue: list, Accounts: x.Accounts, Contacts: x.Contacts, Notices: x.Notices, Jobs: x.Queue, Zone: zone}
		x.fresh, x.guarded = new(bool), new(atomic.Int64)
		kept := &files.Store{DB: db, Ring: x.Ring}
		x.own = wallet.New(wallet.Config{DB: db, Ring: x.Ring, Policy: x.Policy, Files: kept, Desk: intake.New(x.Policy, kept), Accounts: x.Accounts, Jobs: x.Queue, Notices: x.Notices, Zone: zone,
			Registers: []wallet.Register{births, policies},
			Guarded: func(ctx context.Context, q store.Querier, accountID string) (form.Identity, bool, error) {
				x.guarded.Add(1)
				return x.mandates.Certificate(ctx, q, accountID)
			},
			Opens: func(context.Context, access.Actor) error {
				if *x.fresh {
					return nil
				}
				return signin.ErrSealed
			}})
		jobs.Handle(x.Queue, x.own.Do)
		(&portal.Pages{DB: db, Wallet: x.own, Applications: x.cases, Papers: &document.Service{DB: db, Ring: x.Ring}, Policy: x.Policy, SignIn: x.SignIn, Accounts: x.Accounts, Contacts: x.Contacts, Catalogue: list, Verification: x.proof, Mandates: x.mandates, Notices: x.Notices,
			Appointments: &appointment.Service{DB: db, Policy: x.Policy.Appointments, Zone: zone, Ring: x.Ring, Notices: x.Notices}, Zone: zone}).Mount(x.Server)
		body(t, x)
	})
}

// confirm makes the person the resident, as at a desk.
func (x nursery) confirm(t *testing.T, who access.Actor, r sandbox.Resident) {
	t.Helper()
	snils := strings.NewReplacer("-", "", " ", "").Replace(r.SNILS)
	if err := x.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := x.proof.Grant(ctx, tx, access.SystemActor(), who.ID, verification.WayCentre, func(to *account.Profile) {
			*to = account.Profile{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, BirthDate: r.BirthDate, SNILS: snils}
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// family is a child of the sandbox with its mother, who is a resident, too.
func (x nursery) family(t *testing.T) (child, mother sandbox.Resident) {
	t.Helper()
	all := x.world.People()
	for _, p := range all {
		if p.BirthCertificate == nil || p.Patronymic == "" || p.BirthCertificate.Mother.SNILS == "" || p.BirthDate < "2014" {
			continue
		}
		at := slices.IndexFunc(all, func(r sandbox.Resident) bool { return r.SNILS == p.BirthCertificate.Mother.SNILS })
		return p, all[at]
	}
	t.Fatal("no family")
	return
}

func day(iso string) string {
	d := strings.Split(iso, "-")
	return d[2] + "." + d[1] + "." + d[0]
}

// enter fills the three steps in; the page after them is the review.
func enter(t *testing.T, c *webtest.Client, r sandbox.Resident, snils string) {
	t.Helper()
	c.Fill("surname", r.Surname)
	c.Fill("given_name", r.GivenName)
	c.Fill("patronymic", r.Patronymic)
	c.Fill("birth_date", day(r.BirthDate))
	c.Choose(map[string]string{"male": "Мужской", "female": "Женский"}[r.Sex], "sex")
	c.Press("Продолжить")
	p := r.BirthCertificate
	c.Fill("document_series", p.Series)
	c.Fill("document_number", p.Number)
	c.Fill("document_issued_at", day(p.IssuedAt))
	c.Fill("document_issued_by", p.IssuedBy)
	c.Press("Продолжить")
	c.Fill("snils", snils)
	c.Press("Продолжить")
}

// asked asks the registers of the request of the page.
func (x nursery) asked(t *testing.T, who access.Actor, c *webtest.Client) {
	t.Helper()
	rid := c.Page().URL.Path[strings.LastIndex(c.Page().URL.Path, "/")+1:]
	who.Level = access.Confirmed
	r, err := x.mandates.Request(ctx, who, rid)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range r.Checks {
		if err := x.mandates.Ask(ctx, mandate.AskRegister{Request: rid, Register: k.Register, Round: r.Round}); err != nil {
			t.Fatal(err)
		}
	}
	c.Open(c.Page().URL.Path)
}

// added adds the child to those of the parent, at the parent's own pages, and gives its account.
func (x nursery) added(t *testing.T, who access.Actor, c *webtest.Client, child sandbox.Resident) (childID string) {
	t.Helper()
	c.Open("/cabinet/children")
	c.Press("Добавить ребёнка")
	enter(t, c, child, child.SNILS)
	c.Tick("consent", true)
	c.Press("Отправить на проверку")
	x.asked(t, who, c)
	return c.Page().URL.Path[strings.LastIndex(c.Page().URL.Path, "/")+1:]
}

// REG-13.
func TestAParentAddsAChildOnThePagesOfTheCabinetAndSeesTheChildsPage(t *testing.T) {
	withChildren(t, func(t *testing.T, x nursery) {
		child, mother := x.family(t)
		who, c := x.Person(t, phone)
		c.Open("/cabinet/children")
		sees(t, c, "Нужна Подтверждённая учётная запись", "Подтвердить личность")
		seesNo(t, c, "Добавить ребёнка")
		x.confirm(t, who, mother)
		c.Open("/cabinet/children")
		sees(t, c, "Здесь пока никого нет")
		c.Press("Добавить ребёнка")
		c.Press("Продолжить")
		if c.Page().Status != http.StatusUnprocessableEntity {
			t.Errorf("status %d", c.Page().Status)
		}
		for _, name := range []string{"surname", "given_name", "birth_date"} {
			n, err := c.Page().Field(name)
			if err != nil {
				t.Fatal(err)
			}
			if webtest.Attr(n, "aria-invalid") != "true" || webtest.Attr(n, "aria-describedby") == "" {
				t.Errorf("%s is not marked", name)
			}
		}
		enter(t, c, child, child.SNILS)
		sees(t, c, "Проверьте данные ребёнка", child.Surname, day(child.BirthDate), child.BirthCertificate.Number, child.SNILS)
		c.Press("Отправить на проверку")
		sees(t, c, "Без согласия законного представителя")
		if c.Page().Status != http.StatusUnprocessableEntity {
			t.Errorf("status %d", c.Page().Status)
		}
		c.Tick("consent", true)
		c.Press("Отправить на проверку")
		sees(t, c, "Данные ребёнка проверяются", "Проверяется", "ЗАГС")
		seesNo(t, c, "Отправить на проверку", "Убрать запрос")
		c.Open("/cabinet/children")
		sees(t, c, child.Surname, "Проверяется")
		c.Follow(child.Surname + " " + child.GivenName)
		x.asked(t, who, c)
		sees(t, c, child.Surname+" "+child.GivenName, "Стандартная", "Свидетельство о рождении", child.BirthCertificate.Number, child.SNILS, "Сотрудники данные ребёнка не открывали", "до "+day14(child.BirthDate))
		if !strings.HasPrefix(c.Page().URL.Path, "/cabinet/children/") {
			t.Fatalf("it leads to %s", c.Page().URL.Path)
		}
		childID := c.Page().URL.Path[strings.LastIndex(c.Page().URL.Path, "/")+1:]
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			return errors.Join(
				audit.Record(ctx, tx, audit.Event{Action: "verification.viewed", Actor: access.Actor{Kind: access.Staff, ID: "o-1", Role: access.Centre, Unit: "mfc-1"}, Subject: childID, Object: "proof/p"}),
				audit.Record(ctx, tx, audit.Event{Action: "mandate.ended", Actor: access.Actor{Kind: access.Staff, ID: "h-1", Role: access.Support}, Subject: childID, Object: "account/f"}))
		}); err != nil {
			t.Fatal(err)
		}
		c.Open("/cabinet/children/" + childID)
		seesNo(t, c, "Сотрудники данные ребёнка не открывали", "Сотрудник обращался к вашим данным")
		sees(t, c, "Прекратил доступ родителя")
		c.Open("/cabinet/notices")
		sees(t, c, "Учётная запись ребёнка открыта")
		c.Open("/cabinet/children")
		sees(t, c, child.Surname, "Стандартная")
		_, other := x.Person(t, "+79110002233")
		other.Open("/cabinet/children/" + childID)
		if other.Page().Status == http.StatusOK && other.Page().Sees(child.Surname) {
			t.Error("a stranger sees the child")
		}
	})
}

// The cabinet of a parent asks once who the children are, and once for everything of one sort, whosever it is; what a parent does not have costs
// them nothing.
func TestTheCabinetOfAParentReadsOnceWhoTheChildrenAre(t *testing.T) {
	withChildren(t, func(t *testing.T, x nursery) {
		child, mother := x.family(t)
		name := child.Surname + " " + child.GivenName + " " + child.Patronymic
		who, c := x.Person(t, phone)
		x.confirm(t, who, mother)
		c.Open("/cabinet/children")
		c.Press("Добавить ребёнка")
		enter(t, c, child, child.SNILS)
		c.Tick("consent", true)
		c.Press("Отправить на проверку")
		x.asked(t, who, c)
		childID := c.Page().URL.Path[strings.LastIndex(c.Page().URL.Path, "/")+1:]
		statements := func(most int) {
			t.Helper()
			c.Open("/cabinet") // the first look writes down that the tour was shown
			if n := statements(t, x.Floor, c, "/cabinet"); n > most {
				t.Errorf("the cabinet took %d statements, at most %d are allowed", n, most)
			}
		}
		statements(4)
		c.Open("/for/" + childID + "/services/inn/apply")
		c.Press("Продолжить")
		statements(4 + 1 + 2) // the drafts, who the children are and the account of the one
		*x.fresh = true
		who.Level = access.Confirmed
		ends := x.DB.Now().Add(20 * 24 * time.Hour).Format("02.01.2006")
		for _, whose := range []access.Actor{who, who.Acting(childID, access.Child)} {
			if _, err := x.own.Add(ctx, whose, wallet.Entry{Kind: "other", Typed: map[string]string{"document_title": "Пропуск", "document_expires_at": ends}}); err != nil {
				t.Fatal(err)
			}
		}
		statements(4 + 1 + 2 + 1) // … and what ends, of both
		sees(t, c, "Документы скоро закончатся", "Пропуск", "Получить ИНН", "За: "+name)
		if n := len(c.Page().All("a", "href", "/for/"+childID+"/services/inn/apply")); n != 1 {
			t.Errorf("the draft stands there %d times", n)
		}
	})
}

// SRV-7: whoever looks for a doctor for their child stays with the child, from the list to the confirmation, and moves the child's visit so.
func TestAParentFindsADoctorForTheirChildAndBooksInTheChildsName(t *testing.T) {
	withChildren(t, func(t *testing.T, x nursery) {
		child, mother := x.family(t)
		name := child.Surname + " " + child.GivenName + " " + child.Patronymic
		who, c := x.Person(t, phone)
		x.confirm(t, who, mother)
		c.Open("/cabinet/children")
		c.Press("Добавить ребёнка")
		enter(t, c, child, child.SNILS)
		c.Tick("consent", true)
		c.Press("Отправить на проверку")
		x.asked(t, who, c)
		acting := "/for/" + c.Page().URL.Path[strings.LastIndex(c.Page().URL.Path, "/")+1:]
		c.Open(acting + "/appointments/new")
		sees(t, c, name)
		c.Fill("К кому или с чем вы идёте", "педиатр")
		c.Press("Показать")
		if got := c.Page().URL.Path; got != acting+"/appointments/new" {
			t.Errorf("the form leads to %s", got)
		}
		sees(t, c, name)
		seesNo(t, c, "Терапевт")
		c.Follow("Педиатр Ветров А. С.")
		c.Choose(firstTime(t, c), "start")
		c.Press("Занять время")
		c.Press("Подтвердить запись")
		sees(t, c, "Вы записаны", name)
		c.Follow("Перенести")
		if got := c.Page().URL.Path; got != acting+"/appointments/new/clinic-1-paediatrician" {
			t.Errorf("a move leads to %s", got)
		}
		c.Choose(firstTime(t, c), "start")
		c.Press("Занять время")
		c.Press("Подтвердить запись")
		sees(t, c, "Вы записаны", name)

		c.Open(acting + "/appointments/new/rosreestr-1") // who has one desk is chosen with it
		if got := c.Page().URL.Path; got != acting+"/appointments/new/rosreestr-1-reception" {
			t.Errorf("the only desk of a place stands at %s", got)
		}
		c.Open(acting + "/appointments/new/doctor-appointment?q=" + url.QueryEscape("никто"))
		c.Follow("Все, кто принимает по записи")
		if got := c.Page().URL.Path; got != acting+"/appointments/new" {
			t.Errorf("all stand at %s", got)
		}
	})
}

// For whom one acts is said on every page of the form, and two forms that stand open beside each other, one for oneself and one for the
// child, are two drafts.
func TestAParentFillsAFormInForTheirChildAndOneForThemselvesBesideIt(t *testing.T) {
	withChildren(t, func(t *testing.T, x nursery) {
		child, mother := x.family(t)
		name := child.Surname + " " + child.GivenName + " " + child.Patronymic
		who, c := x.Person(t, phone)
		x.confirm(t, who, mother)
		c.Open("/services/inn")
		sees(t, c, "Чтобы подать заявление за ребёнка, сначала добавьте его")
		c.Follow("Добавить ребёнка")
		c.Press("Добавить ребёнка")
		enter(t, c, child, child.SNILS)
		c.Tick("consent", true)
		c.Press("Отправить на проверку")
		x.asked(t, who, c)
		sees(t, c, "Что можно оформить за ребёнка", "Получить ИНН")
		childID := c.Page().URL.Path[strings.LastIndex(c.Page().URL.Path, "/")+1:]

		c.Open("/services/inn")
		c.Follow("Заполнить за: " + name)
		sees(t, c, "Вы действуете за: "+name, child.SNILS)
		acted := c.Page().URL.Path
		if acted != "/for/"+childID+"/services/inn/apply/applicant" {
			t.Fatalf("it leads to %s", acted)
		}
		c.Open("/services/inn")
		c.Follow("Заполнить заявление")
		sees(t, c, mother.SNILS)
		seesNo(t, c, "Вы действуете за")
		c.Press("Продолжить")
		c.Choose("Номер есть, но его не помню", "reason")
		c.Press("Продолжить")
		c.Open(acted)
		c.Press("Продолжить")
		sees(t, c, "Вы действуете за: "+name)
		c.Choose("ИНН ещё не было", "reason")
		c.Press("Продолжить")
		sees(t, c, "Вы действуете за: "+name, "ИНН ещё не было", child.GivenName)
		seesNo(t, c, "Номер есть, но его не помню")
		for _, list := range []string{"/applications", "/cabinet", "/cabinet/children/" + childID} {
			c.Open(list)
			sees(t, c, "Получить ИНН", "За: "+name)
		}
		c.Open("/services/inn")
		sees(t, c, "Продолжить черновик", "Продолжить за: "+name)

		stranger, other := x.Person(t, "+79110002233")
		other.Open(acted)
		if other.Page().Status == http.StatusOK {
			t.Error("whose account is not Confirmed fills in a form for the child")
		}
		x.confirm(t, stranger, x.another(t, mother))
		for _, path := range []string{acted, "/for/" + childID + "/services/inn/apply", "/for/" + who.ID + "/services/inn/apply"} {
			other.Open(path)
			if other.Page().Status != http.StatusForbidden || other.Page().Sees(child.Surname) {
				t.Errorf("%s has the status %d for a stranger", path, other.Page().Status)
			}
		}

		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			return x.mandates.EndSince(ctx, tx, access.SystemActor(), who.ID, time.Time{})
		}); err != nil {
			t.Fatal(err)
		}
		c.Open(acted)
		sees(t, c, "Вы больше не можете действовать за этого человека", "не отправлено")
		if c.Page().Status != http.StatusForbidden {
			t.Errorf("whose mandate has ended fills in: %d", c.Page().Status)
		}
		c.Open("/applications")
		seesNo(t, c, "За: "+name)
	})
}

// ADR 24, CAB-2: a certificate of birth stands in the child's wallet, and whichever parent has the child in the cabinet opens it.
func TestAParentKeepsTheDocumentsOfTheirChild(t *testing.T) {
	withChildren(t, func(t *testing.T, x nursery) {
		child, mother := x.family(t)
		father := x.father(t, child)
		name := child.Surname + " " + child.GivenName + " " + child.Patronymic
		who, c := x.Person(t, phone)
		x.confirm(t, who, mother)
		c.Open("/cabinet/children")
		c.Press("Добавить ребёнка")
		enter(t, c, child, "") // the register tells who is meant by the certificate
		c.Tick("consent", true)
		c.Press("Отправить на проверку")
		x.asked(t, who, c)
		page := c.Page().URL.Path
		childID := page[strings.LastIndex(page, "/")+1:]
		sees(t, c, "Документы ребёнка", "Пока ничего нет")
		c.Follow("Все документы ребёнка")
		sees(t, c, "Вы действуете за: "+name, "Свидетельство о рождении")
		sees(t, c, "Полис ОМС", "Нужен СНИЛС")
		sees(t, c, "Для ребёнка ещё ничего не добавлено")
		seesNo(t, c, "Вы ещё ничего не добавили", "Водительское удостоверение", "Полис ОСАГО", child.BirthCertificate.Number)
		if at := c.Fetch("Полис ОМС").Request.URL.Path; at != page { //nolint:bodyclose // the client reads it whole
			t.Errorf("without the child's SNILS it leads to %s", at)
		}
		if err := x.world.SetFault("civil", sandbox.Down); err != nil {
			t.Fatal(err)
		}
		c.Press("Запросить")
		ask := func() {
			t.Helper()
			list, err := store.Names(x.DB.Query(ctx, `SELECT id FROM wallet_request WHERE state = 'asking'`))
			if err != nil || len(list) != 1 {
				t.Fatalf("%q %v", list, err)
			}
			x.own.Do(ctx, wallet.AskRegister{Request: list[0]}) //nolint:errcheck // one that is away is asked again
			c.Open("/for/" + childID + "/documents")
		}
		ask()
		sees(t, c, "Реестр не отвечает")
		if err := x.world.SetFault("civil", sandbox.OK); err != nil {
			t.Fatal(err)
		}
		ask()
		sees(t, c, "Из реестра")
		c.Follow("Свидетельство о рождении")
		own := c.Page().URL.Path
		documentID := own[strings.LastIndex(own, "/")+1:]
		if own != "/for/"+childID+"/documents/mine/"+documentID {
			t.Fatalf("it stands at %s", own)
		}
		// CAB-4: the parent's list off line has it under the child's name, masked like the parent's own.
		if _, err := x.own.Add(ctx, access.Actor{ID: childID, Kind: access.Person, Level: access.Simplified}, wallet.Entry{Kind: "other", Typed: map[string]string{"document_title": "Справка от врача"}}); err != nil {
			t.Fatal(err)
		}
		c.Open("/cabinet/offline")
		sees(t, c, "Документы ребёнка: "+child.GivenName, "Свидетельство о рождении", "····"+child.BirthCertificate.Number[len(child.BirthCertificate.Number)-2:], "Другой документ")
		seesNo(t, c, child.BirthCertificate.Number, child.Surname, child.Patronymic, "Справка от врача")
		ends := func(at any) {
			t.Helper()
			if err := x.DB.Write(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE wallet_document SET ends_at = $1 WHERE id = $2`, at, documentID)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		ends(x.DB.Now().Add(20 * 24 * time.Hour))
		c.Open("/cabinet")
		sees(t, c, "Документы скоро закончатся", "За: "+name)
		ends(nil)
		c.Open("/cabinet")
		c.Fill("Найти среди моих дел", "свидетельство о рождении")
		c.Press("Найти")
		sees(t, c, "За: "+name)
		if n := len(c.Page().All("a", "href", own)); n != 1 {
			t.Errorf("the child's document is found %d times", n)
		}
		c.Open(own)
		sees(t, c, "Вы действуете за: "+name)
		seesNo(t, c, child.BirthCertificate.Number)
		// Whether the register finds the child is asked for the button, and while a question is under way there is none.
		looks := func() int64 {
			t.Helper()
			was := x.guarded.Load()
			c.Open(own)
			return x.guarded.Load() - was
		}
		if n := looks(); n != 1 {
			t.Errorf("for the button it was asked %d times", n)
		}
		c.Press("Обновить из реестра")
		if n := looks(); n != 0 {
			t.Errorf("without a button it was asked %d times", n)
		}
		seesNo(t, c, "Обновить из реестра")
		ask()
		if got := c.Get(own + "?open"); !strings.HasSuffix(got.Request.URL.Path, web.Again) || got.Request.URL.Query().Get("next") != own+"?open" { //nolint:bodyclose // the client reads it whole
			t.Errorf("it leads to %s", got.Request.URL)
		}
		*x.fresh = true
		c.Open(own)
		c.Follow("Показать полностью")
		sees(t, c, child.BirthCertificate.Number)
		c.Open(own)
		c.Follow("Показать другому")
		sees(t, c, "Вы действуете за: "+name, "Фамилия, имя и отчество ребёнка")
		c.Tick("Номер", true)
		c.Press("Получить код")
		sees(t, c, "Код действует, его ещё не открыли")
		c.Press("Остановить показ")
		if at := c.Page().URL.Path; at != own {
			t.Errorf("it leads back to %s", at)
		}
		c.Open(page)
		sees(t, c, "Свидетельство о рождении", "Реестр записей ЗАГС")
		c.Open("/documents")
		seesNo(t, c, "Реестр записей ЗАГС, данные") // the mother's own
		c.Open("/documents/mine/" + documentID)     // where a notice leads
		if at := c.Page().URL.Path; at != own {
			t.Errorf("it leads to %s", at)
		}
		c.Open("/documents/mine/" + documentID + "?open")
		if at := c.Page().URL; at.Path != own || !at.Query().Has("open") {
			t.Errorf("it leads to %s", at)
		}
		c.Open("/for/" + childID + "/documents/add")
		sees(t, c, "Полис ОМС", "Видеть их могут только родители")
		seesNo(t, c, "Водительское удостоверение")
		c.Follow("Полис ОМС")
		seesNo(t, c, "Чей документ")
		if got := c.Get("/for/" + childID + "/documents/add/driving-licence").StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("a child drives: %d", got)
		}

		// The other parent, who has the child in the cabinet, too, opens, changes and shows the same document.
		*x.fresh = false
		them, f := x.Person(t, "+79110003344")
		x.confirm(t, them, father)
		f.Open("/cabinet/children")
		f.Press("Добавить ребёнка")
		enter(t, f, child, "")
		f.Tick("consent", true)
		f.Press("Отправить на проверку")
		x.asked(t, them, f)
		*x.fresh = true
		f.Open(own + "?open")
		sees(t, f, child.BirthCertificate.Number, "Вы этот документ ни к одному заявлению не прикладывали")
		f.Open(own + "/change")
		f.Fill("document_issued_by", "Отдел ЗАГС, Заречный")
		f.Press("Сохранить")
		sees(t, f, "Сохранено", "Отдел ЗАГС, Заречный")
		f.Follow("Показать другому")
		f.Tick("Номер", true)
		f.Press("Получить код")
		sees(t, f, "Код действует, его ещё не открыли")
		c.Open(own)
		sees(t, c, "Отдел ЗАГС, Заречный", "Добавлено родителем")
		seesNo(t, c, "Добавлено вами")
		*x.fresh = false
		if got := f.Get(own + "?open").Request.URL.Path; !strings.HasSuffix(got, web.Again) { //nolint:bodyclose // the client reads it whole
			t.Errorf("without a second factor the other parent gets %s", got)
		}
		*x.fresh = true

		stranger, other := x.Person(t, "+79110002233")
		x.confirm(t, stranger, x.another(t, mother))
		for _, path := range []string{own, own + "?open", "/for/" + childID + "/documents", own + "/share", "/documents/mine/" + documentID} {
			if got := other.Get(path).StatusCode; got != http.StatusForbidden && got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
				t.Errorf("a stranger gets %s: %d", path, got)
			}
		}
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			return x.mandates.EndSince(ctx, tx, access.SystemActor(), who.ID, time.Time{})
		}); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{own, "/documents/mine/" + documentID} {
			if got := c.Get(path).StatusCode; got == http.StatusOK { //nolint:bodyclose // the client reads it whole
				t.Errorf("whose mandate has ended opens %s", path)
			}
		}
	})
}

// father is the child's father, as the register has him.
func (x nursery) father(t *testing.T, child sandbox.Resident) sandbox.Resident {
	t.Helper()
	f := child.BirthCertificate.Father
	if f == nil {
		t.Fatal("the certificate names no father")
	}
	for _, r := range x.world.People() {
		if r.SNILS == f.SNILS && r.SNILS != "" {
			return r
		}
	}
	t.Fatal("the father is no resident")
	return sandbox.Resident{}
}

// another is a grown resident who is not the one.
func (x nursery) another(t *testing.T, one sandbox.Resident) sandbox.Resident {
	t.Helper()
	for _, r := range x.world.People() {
		if r.SNILS != one.SNILS && r.SNILS != "" && r.BirthCertificate == nil && r.BirthDate < "1990" {
			return r
		}
	}
	t.Fatal("nobody else")
	return sandbox.Resident{}
}

// AUTH-8: nobody fills a form in to learn that it is not taken.
func TestAParentReadsOfAPauseBeforeAFormIsFilledIn(t *testing.T) {
	withChildren(t, func(t *testing.T, x nursery) {
		child, mother := x.family(t)
		who, c := x.Person(t, phone)
		x.confirm(t, who, mother)
		c.Open("/cabinet/children")
		c.Press("Добавить ребёнка")
		enter(t, c, child, "")
		seesNo(t, c, "Важные изменения приостановлены")
		c.Tick("consent", true)
		c.Press("Отправить на проверку")
		x.asked(t, who, c)
		opened := c.Page().URL.Path
		x.Policy.Children.NearBefore = 20 * 365 * 24 * time.Hour // the hand-over is open
		c.Open(opened + "/hand-over")
		seesNo(t, c, "Важные изменения приостановлены")
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			token, err := alert.Tell(ctx, tx, alert.Event{Account: who.ID, What: alert.Device}, tx.Now(), 24*time.Hour)
			if err != nil {
				return err
			}
			a, err := alert.ByToken(ctx, tx, token)
			if err != nil {
				return err
			}
			_, err = alert.Disavow(ctx, tx, a, tx.Now().Add(24*time.Hour))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/cabinet/children", opened + "/hand-over"} {
			c.Open(path)
			sees(t, c, "Важные изменения приостановлены до", "Форму на этой странице портал до этого времени не примет", "Почему так и как возобновить раньше")
		}
		c.Open("/cabinet/children")
		c.Press("Добавить ребёнка")
		enter(t, c, child, "")
		sees(t, c, "Важные изменения приостановлены до")
		c.Tick("consent", true)
		c.Press("Отправить на проверку")
		if p := c.Page(); p.Status != http.StatusConflict {
			t.Errorf("status %d", p.Status)
		}
		if n := strings.Count(c.Page().Text(), "Важные изменения приостановлены"); n != 1 {
			t.Errorf("the refused form says it %d times", n)
		}
	})
}

func day14(iso string) string {
	d, _ := time.Parse(time.DateOnly, iso)
	return d.AddDate(14, 0, 0).Format("02.01.2006")
}

// LVL-3.
func TestAParentReadsWhatDidNotMatchWithTheCodeAndTheWayToCorrectIt(t *testing.T) {
	withChildren(t, func(t *testing.T, x nursery) {
		child, mother := x.family(t)
		who, c := x.Person(t, phone)
		x.confirm(t, who, mother)
		c.Open("/cabinet/children")
		c.Press("Добавить ребёнка")
		right := child.BirthCertificate.Number
		wrong := *child.BirthCertificate
		wrong.Number = "000111"
		child.BirthCertificate = &wrong
		enter(t, c, child, "")
		sees(t, c, "без СНИЛС")
		c.Tick("consent", true)
		c.Press("Отправить на проверку")
		x.asked(t, who, c)
		sees(t, c, "Данные не совпали", "ZAGS-701", "Исправить", "Убрать запрос")
		c.Follow("Исправить")
		if v := c.Value("document_number"); v != "000111" {
			t.Errorf("the number is %q", v)
		}
		c.Fill("document_number", right)
		c.Press("Продолжить")
		c.Tick("consent", true)
		c.Press("Отправить на проверку")
		x.asked(t, who, c)
		sees(t, c, "Упрощённая", "Указать СНИЛС")
		c.Press("Указать СНИЛС")
		c.Fill("snils", child.SNILS)
		c.Press("Продолжить")
		seesNo(t, c, "Я законный представитель")
		c.Press("Отправить на проверку")
		x.asked(t, who, c)
		sees(t, c, "Стандартная", child.SNILS)
		seesNo(t, c, "Указать СНИЛС", "больше не подтверждён")

		childID := c.Page().URL.Path[strings.LastIndex(c.Page().URL.Path, "/")+1:]
		x.proof.Registers = []verification.Register{saying{"snils", verification.Answer{Verdict: verification.Invalid, Code: "SFR-202"}}}
		askAgain(t, x.proof, childID, policy.EvidenceSNILS)
		c.Open("/cabinet/children/" + childID)
		sees(t, c, "Упрощённая", child.SNILS, "больше не подтверждён")
	})
}

// A parent is not led through three steps whose end nobody answers.
func TestWhereTheRegisterCannotBeAskedNoChildIsBegun(t *testing.T) {
	withChildren(t, func(t *testing.T, x nursery) {
		_, mother := x.family(t)
		who, c := x.Person(t, phone)
		x.confirm(t, who, mother)
		x.mandates.Registers = nil
		c.Open("/cabinet/children")
		sees(t, c, "Добавить ребёнка пока нельзя")
		if _, err := c.Page().Button("Добавить ребёнка"); err == nil {
			t.Error("the page begins what cannot end")
		}
	})
}

// The civil-status register knows parents by their birthday, which the certificate of a signature does not hold.
func TestAParentWhoseBirthdayNoDocumentHasToldReadsWhatToDoFirst(t *testing.T) {
	withChildren(t, func(t *testing.T, x nursery) {
		_, mother := x.family(t)
		who, c := x.Person(t, phone)
		mother.BirthDate = ""
		x.confirm(t, who, mother)
		c.Open("/cabinet/children")
		sees(t, c, "Нужна ваша дата рождения")
		if _, err := c.Page().Button("Добавить ребёнка"); err == nil {
			t.Error("the page begins what cannot end")
		}
		if _, err := x.mandates.Open(ctx, access.Actor{Kind: access.Person, ID: who.ID, Level: access.Confirmed}); !errors.Is(err, mandate.ErrNoBirthday) {
			t.Errorf("a request is begun: %v", err)
		}
	})
}

func TestARequestIsDroppedWithWhatWasEntered(t *testing.T) {
	withChildren(t, func(t *testing.T, x nursery) {
		child, mother := x.family(t)
		who, c := x.Person(t, phone)
		x.confirm(t, who, mother)
		c.Open("/cabinet/children")
		c.Press("Добавить ребёнка")
		enter(t, c, child, "")
		at := c.Page().URL.Path
		c.Press("Убрать запрос")
		sees(t, c, "Здесь пока никого нет")
		c.Open(at)
		if c.Page().URL.Path != "/cabinet/children" {
			t.Errorf("it leads to %s", c.Page().URL.Path)
		}
	})
}
