package desk_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/application"
	"okno/internal/audit"
	"okno/internal/catalogue"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/jobs"
	"okno/internal/staff"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/support"
	"okno/internal/verification"
	"okno/internal/web/agency"
	"okno/internal/web/centre"
	"okno/internal/web/desk/desktest"
	"okno/internal/web/helpdesk"
	"okno/internal/web/ui"
	"okno/internal/web/webtest"
)

// register answers that everything matches, or that a name differs.
type register struct {
	name   string
	differ *bool
}

func (r register) Name() string { return r.name }

func (r register) Check(context.Context, verification.Person) (verification.Answer, error) {
	if *r.differ {
		return verification.Answer{Register: r.name, Verdict: verification.Mismatch, Code: "MVD-110", Fields: map[string]bool{"surname": false}}, nil
	}
	return verification.Answer{Register: r.name, Verdict: verification.Match, Code: "MVD-000", Fields: map[string]bool{"surname": true}}, nil
}

// desks are all the desks on one floor.
type desks struct {
	*desktest.Floor
	proofs *verification.Service
	cases  *application.Service
	differ bool // what the register says
}

func open(t *testing.T, db *store.DB) *desks {
	t.Helper()
	x := &desks{Floor: desktest.Open(t, db)}
	list, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	folder, err := files.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() }) //nolint:errcheck // the folder goes with the test
	x.proofs = &verification.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Notices: x.Notices, Jobs: x.Queue, Zone: time.UTC,
		Registers: []verification.Register{register{"passport", &x.differ}, register{"snils", new(bool)}}}
	x.cases = &application.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Catalogue: list, Accounts: x.Accounts, Contacts: x.Contacts, Staff: x.Staff, Notices: x.Notices, Jobs: x.Queue, Zone: time.UTC}
	help := &support.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Notices: x.Notices, Files: &files.Store{DB: db, Ring: x.Ring, Bucket: folder}, Jobs: x.Queue}
	jobs.Handle(x.Queue, x.proofs.Ask)
	jobs.Handle(x.Queue, x.proofs.Again)
	jobs.Handle(x.Queue, x.cases.Ask)
	jobs.Handle(x.Queue, x.cases.Overdue)
	jobs.Handle(x.Queue, x.cases.Warn)
	jobs.Handle(x.Queue, x.cases.RunBatch)
	jobs.Handle(x.Queue, help.Deliver)
	(&centre.Pages{DB: db, SignIn: x.SignIn, Verification: x.proofs}).Mount(x.Server)
	(&agency.Pages{DB: db, Applications: x.cases, Catalogue: list, Staff: x.Staff, Zone: time.UTC}).Mount(x.Server)
	(&helpdesk.Pages{DB: db, Support: help, Contacts: x.Contacts, SignIn: x.SignIn, Policy: x.Policy, Verification: x.proofs}).Mount(x.Server)
	return x
}

// one runs body on SQLite: the pages do not know the engine, and what they call is tested on both.
func one(t *testing.T, body func(t *testing.T, x *desks)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if db.Engine() == store.SQLite {
			body(t, open(t, db))
		}
	})
}

func sees(t *testing.T, c *webtest.Client, words ...string) {
	t.Helper()
	for _, w := range words {
		if !c.Page().Sees(w) {
			t.Errorf("%s does not say «%s»: %s", c.Page().URL.Path, w, c.Page().Text())
		}
	}
}

// answers fails unless the page was answered with the status.
func answers(t *testing.T, c *webtest.Client, status int) {
	t.Helper()
	if got := c.Page().Status; got != status {
		t.Fatalf("%s answers %d, not %d: %s", c.Page().URL.Path, got, status, c.Page().Text())
	}
}

// recorded reports whether the person's record holds the action of staff.
func (x *desks) recorded(t *testing.T, accountID, action string) bool {
	t.Helper()
	return x.looks(t, accountID, action) > 0
}

// looks is how often the person's record holds the action of staff.
func (x *desks) looks(t *testing.T, accountID, action string) int {
	t.Helper()
	list, err := audit.Looks(context.Background(), x.DB, accountID, 100, "")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range list {
		if e.Action == action {
			n++
		}
	}
	return n
}

func TestStaffSignInWithAllThreeAndComeToTheirDesk(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		const password = "Vesna-2026-okno"
		encoded, err := x.Hasher.Hash(context.Background(), password)
		if err != nil {
			t.Fatal(err)
		}
		_, secret, err := x.Staff.Add(context.Background(), access.SystemActor(), staff.New{Login: "olga", Name: "Ольга", Role: access.Support, Unit: "support", Encoded: encoded})
		if err != nil {
			t.Fatal(err)
		}
		c := x.Browser(t)
		c.Open("/desk/support/blocks")
		if c.Page().URL.Path != "/desk/signin" {
			t.Fatalf("nobody signed in stands on %s", c.Page().URL.Path)
		}
		try := func(password, code string) {
			c.Fill("username", "olga")
			c.Fill("current-password", password)
			c.Fill("one-time-code", code)
			c.Press("Войти")
		}
		try(password, "000000")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Логин, пароль или код приложения не подходят")
		code, err := totp.GenerateCode(secret, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		try(password, code)
		if c.Page().URL.Path != "/desk/support/blocks" {
			t.Fatalf("comes to %s", c.Page().URL.Path)
		}
		c.Press("Выйти")
		if c.Open("/desk/support"); c.Page().URL.Path != "/desk/signin" {
			t.Errorf("after signing out stands on %s", c.Page().URL.Path)
		}
	})
}

func TestEachDeskIsForItsRoleAlone(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		homes := map[access.Role][]string{access.Centre: {"/desk/centre"}, access.Officer: {"/desk/cases"}, access.Support: {"/desk/support", "/desk/support/blocks"}, access.Admin: {"/desk/admin"}}
		homes[access.Head] = homes[access.Officer]
		for role := range homes {
			_, c := x.Hire(t, role, "rosreestr")
			for other, pages := range homes {
				for _, page := range pages {
					want := http.StatusForbidden
					if other == role || slices.Contains(homes[role], page) {
						want = http.StatusOK
					}
					if got := c.Get(page).StatusCode; got != want {
						t.Errorf("%s on %s: %d, not %d", role, page, got, want)
					}
				}
			}
		}
	})
}

// REG-13.
func TestAnOperatorChoosesAnotherDocumentAndNothingTypedIsLost(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		person, _ := x.Person(t, "+79120000001")
		visit, err := x.proofs.VisitCode(context.Background(), person)
		if err != nil {
			t.Fatal(err)
		}
		operator, c := x.Hire(t, access.Centre, "mfc-1")
		c.Open("/desk/centre")
		c.Fill("code", visit.Code)
		c.Press("Открыть")
		for field, value := range map[string]string{"additional-name": "Сергеевна", "bday": "05.03.1990", "snils": "112-233-445 95", "passport_number": "123456"} {
			c.Fill(field, value)
		}
		c.Choose("Женский", "sex")
		c.Choose("Документ иностранного гражданина", "document_kind")
		c.Press("Показать его поля")
		answers(t, c, http.StatusOK)
		if c.Value("additional-name") != "Сергеевна" || c.Value("bday") != "05.03.1990" || c.Value("snils") != "112-233-445 95" || c.Value("document_number") != "" {
			t.Error("what was typed is lost")
		}
		c.Choose("Казахстан", "document_country")
		for field, value := range map[string]string{"document_number": "n 12345678", "document_issued_at": "05.03.2024", "document_issued_by": "Ministry of Internal Affairs"} {
			c.Fill(field, value)
		}
		c.Press("Проверить в регистрах")
		sees(t, c, "Ждём ответа регистров", "Документ иностранного гражданина", "N12345678", "Казахстан")
		c.Follow("Исправить")
		if c.Value("document_number") != "N12345678" || c.Value("document_issued_at") != "05.03.2024" {
			t.Error("the document is not there to be corrected")
		}
		c.Choose("Паспорт гражданина России", "document_kind") // sent with another choice: the page asks for its fields
		c.Press("Проверить в регистрах")
		answers(t, c, http.StatusOK)
		if c.Value("passport_number") != "" || c.Value("surname") != "Проверкина" {
			t.Errorf("the form of a passport begins with %q", c.Value("passport_number"))
		}
		at := c.Page().URL.Path
		if p, err := x.proofs.Get(context.Background(), operator, at[strings.LastIndex(at, "/")+1:]); err != nil || p.Papers.Document.Number != "N12345678" {
			t.Errorf("the papers that registers are asked about became %+v, %v", p.Papers.Document, err)
		}
	})
}

func TestAnOperatorConfirmsWhoSomebodyIs(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		ctx := context.Background()
		person, _ := x.Person(t, "+79120000001")
		visit, err := x.proofs.VisitCode(ctx, person)
		if err != nil {
			t.Fatal(err)
		}
		operator, c := x.Hire(t, access.Centre, "mfc-1")
		c.Open("/desk/centre")
		c.Fill("code", "0000-0000")
		c.Press("Открыть")
		answers(t, c, http.StatusUnprocessableEntity)
		c.Fill("code", strings.ToLower(visit.Code))
		c.Press("Открыть")
		if c.Value("family-name") != "Проверкина" {
			t.Errorf("the form begins with the surname %q", c.Value("family-name"))
		}
		for field, value := range map[string]string{"additional-name": "Сергеевна", "bday": "05.03.1990", "snils": "112-233-445 9", "passport_series": "45 20", "passport_number": "123456",
			"passport_issued_at": "12.03.2021", "passport_issued_by": "ГУ МВД России по г. Москве", "passport_department_code": "770-001"} {
			c.Fill(field, value)
		}
		c.Choose("Женский", "sex")
		c.Press("Проверить в регистрах")
		answers(t, c, http.StatusUnprocessableEntity)
		if c.Value("passport_number") != "123456" {
			t.Error("what was typed is lost")
		}
		c.Fill("snils", "112-233-445 95")
		c.Press("Проверить в регистрах")
		sees(t, c, "Ждём ответа регистров", "Спрашиваем")
		at := c.Page().URL.Path
		id := at[strings.LastIndex(at, "/")+1:]
		x.differ = true
		if err := x.proofs.Ask(ctx, verification.AskRegisters{Proof: id, Round: 1}); err != nil {
			t.Fatal(err)
		}
		c.Open(at)
		sees(t, c, "Подтвердить пока нельзя", "паспорт есть, но фамилия, имя или отчество в нём другие", "не совпадает")
		c.Follow("Исправить")
		c.Press("Проверить в регистрах")
		x.differ = false
		if err := x.proofs.Ask(ctx, verification.AskRegisters{Proof: id, Round: 2}); err != nil {
			t.Fatal(err)
		}
		_, stranger := x.Hire(t, access.Centre, "mfc-2")
		if got := stranger.Get(at).StatusCode; got != http.StatusNotFound {
			t.Errorf("another centre sees the proof: %d", got)
		}
		_, colleague := x.Hire(t, access.Centre, "mfc-1")
		if colleague.Open("/desk/centre"); colleague.Page().Sees("Проверкина") {
			t.Error("the list of proofs names people")
		}
		before := x.looks(t, person.ID, "verification.viewed")
		if colleague.Open(at); x.looks(t, person.ID, "verification.viewed") != before+1 {
			t.Error("the colleague's look is not on the person's record")
		}
		c.Open(at)
		sees(t, c, "Всё совпало")
		p, err := x.proofs.Get(ctx, operator, id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.proofs.Enter(ctx, operator, id, verification.Papers{Surname: p.Papers.Surname, GivenName: p.Papers.GivenName, BirthDate: p.Papers.BirthDate, Sex: p.Papers.Sex,
			SNILS: p.Papers.SNILS, Document: *form.PassportOf(p.Papers.Document.Series, "654321", p.Papers.Document.IssuedAt.String(), p.Papers.Document.IssuedBy, p.Papers.Document.DepartmentCode)}); err != nil {
			t.Fatal(err)
		}
		if err := x.proofs.Ask(ctx, verification.AskRegisters{Proof: id, Round: 3}); err != nil {
			t.Fatal(err)
		}
		c.Press("Подтвердить личность") // on the page from before
		answers(t, c, http.StatusConflict)
		sees(t, c, "документы ввели заново", "654321")
		c.Press("Подтвердить личность")
		sees(t, c, "Учётная запись подтверждена")
		if c.Page().Sees("654321") {
			t.Error("a proof that ended still shows the papers")
		}
		a, err := x.Accounts.Get(ctx, x.DB, person.ID)
		if err != nil || a.Level != access.Confirmed {
			t.Errorf("the account is %s: %v", a.Level, err)
		}
		if visit, err = x.proofs.VisitCode(ctx, person); err != nil {
			t.Fatal(err)
		}
		c.Open("/desk/centre")
		c.Fill("code", visit.Code)
		c.Press("Открыть")
		answers(t, c, http.StatusConflict)
		sees(t, c, "Личность уже подтверждена")
		if operator.Unit != "mfc-1" || !x.recorded(t, person.ID, "verification.opened") || !x.recorded(t, person.ID, "verification.confirmed") {
			t.Error("what the operator did is not on the person's record")
		}
	})
}

// filed is an application for an extract that waits for an officer.
func (x *desks) filed(t *testing.T) (access.Actor, application.Case) {
	t.Helper()
	ctx := context.Background()
	person, _ := x.Person(t, "+79120000001")
	err := x.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := x.Accounts.Update(ctx, tx, person.ID, func(a *account.Account) error {
			mvd := account.Source{From: account.FromMVD, At: tx.Now()}
			a.Level = access.Confirmed
			a.Profile = account.Profile{Surname: "Проверкина", GivenName: "Анна", Patronymic: "Сергеевна", BirthDate: "1990-03-05", Sex: "f", SNILS: "11223344595",
				Sources: map[string]account.Source{"surname": mvd, "given_name": mvd, "patronymic": mvd, "birth_date": mvd, "snils": mvd}}
			return nil
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	person.Level = access.Confirmed
	const code = "rosreestr.extract"
	d, err := x.cases.Begin(ctx, person, code)
	if err != nil {
		t.Fatal(err)
	}
	typed := map[string][]string{"property.cadastral_number": {"77:01:0001001:1234"}, "property.owner": {"true"}, "extract.kind": {"object"}}
	for _, page := range d.Form.Pages {
		if _, err := x.cases.SavePage(ctx, person, code, page.ID, typed); err != nil {
			t.Fatalf("page %s: %v", page.ID, err)
		}
	}
	c, err := x.cases.Submit(ctx, person, code, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return person, c
}

func TestAnOfficerTakesACaseAndRefusesItWithReasonAndAdvice(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		person, filed := x.filed(t)
		_, first := x.Hire(t, access.Officer, "rosreestr")
		_, second := x.Hire(t, access.Officer, "rosreestr")
		_, stranger := x.Hire(t, access.Officer, "fns")
		at := "/desk/cases/" + filed.ID
		if got := stranger.Get(at).StatusCode; got != http.StatusNotFound {
			t.Errorf("an officer of another agency sees the case: %d", got)
		}
		first.Open("/desk/cases")
		sees(t, first, "Новые", filed.Number)
		if first.Page().Sees("Проверкина") || x.recorded(t, person.ID, "application.viewed") {
			t.Error("the queue names the applicant, or counts as a look")
		}
		first.Open(at)
		if !x.recorded(t, person.ID, "application.viewed") {
			t.Error("the look is not on the person's record")
		}
		second.Open(at)
		first.Press("Взять в работу")
		answers(t, first, http.StatusOK)
		if state, _ := first.Page().Data("state"); state != "in-work" {
			t.Errorf("the case is %q", state)
		}
		second.Press("Взять в работу")
		answers(t, second, http.StatusConflict)
		sees(t, second, "Дело уже изменилось", "Дело уже взял другой сотрудник")
		first.Press("Отказать")
		answers(t, first, http.StatusUnprocessableEntity)
		sees(t, first, "Выберите причину из списка", "Напишите заявителю, что исправить и как")
		first.Fill("advice", "Сверьте номер с выпиской")
		first.Press("Отказать")
		answers(t, first, http.StatusUnprocessableEntity)
		if first.Value("advice") != "Сверьте номер с выпиской" {
			t.Error("what was typed is lost")
		}
		first.Choose("Объекта с таким кадастровым номером в реестре нет", "reason")
		first.Press("Отказать")
		answers(t, first, http.StatusOK)
		sees(t, first, "Сверьте номер с выпиской", "Федеральный закон")
		if outcome, _ := first.Page().Data("outcome"); outcome != "refused" {
			t.Errorf("the outcome is %q", outcome)
		}
	})
}

func TestAVisitorIsHelped(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		dir := t.TempDir()
		bad, good := filepath.Join(dir, "список.txt"), filepath.Join(dir, "экран.png")
		if err := os.WriteFile(bad, []byte("text"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(good, []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"), 0o600); err != nil {
			t.Fatal(err)
		}
		c := x.Browser(t)
		c.Open("/support?page=" + "%2Fservices%2Fx%3Fsnils%3D1")
		sees(t, c, "Не приходит код", "/services/x")
		c.Fill("text", "Не открывается")
		c.Attach("files", bad)
		c.Press("Отправить")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Файл «список.txt» не подходит: приложить можно JPG, PNG, PDF")
		c.Attach("files", good)
		c.Press("Отправить")
		sees(t, c, "Сохраните ссылку", "экран.png")
		link := c.Page().URL.RequestURI()
		if got := x.Browser(t).Get(c.Page().URL.Path).StatusCode; got != http.StatusNotFound {
			t.Errorf("without the secret part: %d", got)
		}
		shot := c.Fetch("экран.png")
		if h := shot.Header; h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("Content-Type") != "image/png" {
			t.Errorf("the screenshot is sent with %v", h)
		}
		_, desk := x.Hire(t, access.Support, "support")
		desk.Open("/desk/support")
		desk.Open("/desk/support/" + c.Page().URL.Path[len("/support/"):])
		sees(t, desk, "Не открывается", "/services/x")
		desk.Press("Отправить ответ")
		answers(t, desk, http.StatusUnprocessableEntity)
		desk.Fill("text", "Починили")
		desk.Press("Отправить ответ")
		answers(t, desk, http.StatusOK)
		c.Open(link)
		sees(t, c, "Есть ответ", "Починили")
		desk.Press("Закрыть вопрос")
		c.Open(link)
		sees(t, c, "Вопрос закрыт")
	})
}

// Who writes as if they were not whom the account is of is asked about in the registers, from the page of their question.
func TestSupportHasTheRegistersAskedFromTheQuestion(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		who, c := x.Person(t, "+79120000031")
		c.Open("/support")
		c.Fill("text", "Это не моё имя")
		c.Press("Отправить")
		at := "/desk/support/" + c.Page().URL.Path[len("/support/"):]
		_, desk := x.Hire(t, access.Support, "support")
		desk.Open(at)
		desk.Press("Проверить данные в регистрах заново")
		answers(t, desk, http.StatusConflict)
		sees(t, desk, i18n.RU.T("verification.nothing_to_ask"))
		if err := x.DB.Write(t.Context(), func(tx *store.Tx) error {
			_, err := x.proofs.Grant(t.Context(), tx, access.SystemActor(), who.ID, verification.WayRegisters, func(p *account.Profile) {
				p.BirthDate, p.SNILS, p.Document = "1990-03-05", "11223344595", form.PassportOf("4508", "123456", "2010-04-20", "ОВД", "770-001")
			})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		desk.Open(at)
		desk.Press("Проверить данные в регистрах заново")
		answers(t, desk, http.StatusOK)
		sees(t, desk, "Регистры спрашиваются заново")
	})
}

// CAB-8: help opens with what was tried, which is sent along below the question, and what is wrong with it is said without losing anything.
func TestHelpOpensWithWhatWasTried(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		c := x.Browser(t)
		c.Open("/support?about=browser")
		agent := c.Value("tried")
		sees(t, c, "Chrome, Яндекс Браузер и Edge версии "+ui.Chrome, "Safari версии "+ui.Safari)
		if agent == "" {
			t.Error("the browser is not filled in")
		}
		ancient := x.Browser(t)
		ancient.Agent = "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko"
		ancient.Open("/services")
		sees(t, ancient, "Ваш браузер устарел")
		ancient.Follow("Что делать")
		sees(t, ancient, "В старом браузере формы работают без подсказок")
		if got := ancient.Value("tried"); got != ancient.Agent {
			t.Errorf("support is told that the browser is %q", got)
		}
		if len(ancient.Page().All("input", "name", "page", "value", "/services")) != 1 {
			t.Error("support is not told of the page")
		}
		if ancient.Page().Sees("Ваш браузер устарел") {
			t.Error("who is at the help is led there")
		}
		if c.Open("/services"); c.Page().Sees("Ваш браузер устарел") {
			t.Error("a browser that nobody knows is called old")
		}
		for about, named := range map[string][]string{ // what help sends people to is called so
			"recover": {"signin.forgot", "portal.identity.title"},
			"contact": {"taken.untie", "contacts.title"},
			"confirm": {"portal.identity.title", "portal.own.none_button", "signature.prove.go"},
		} {
			c.Open("/support?about=" + about)
			for _, key := range named {
				sees(t, c, "«"+i18n.RU.T(key)+"»")
			}
			if about == "contact" {
				sees(t, c, "контакт освободится через 24 часа")
			}
		}
		c.Open("/support?about=browser")
		long := strings.Repeat("ж", x.Policy.Support.MaxTried+1)
		c.Fill("tried", long)
		c.Press("Отправить")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Напишите, что случилось", "Не больше 300 знаков, а введено 301")
		if c.Value("tried") != long {
			t.Error("what was typed is lost")
		}
		c.Fill("text", "Кнопка не нажимается")
		c.Fill("tried", agent)
		c.Press("Отправить")
		sees(t, c, "Сохраните ссылку", "Кнопка не нажимается", "С чем не получилось: "+agent)
	})
}

func TestSupportLooksForABlockThatIsNotThere(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		_, c := x.Hire(t, access.Support, "support")
		c.Open("/desk/support/blocks")
		c.Fill("reference", "4821-0937")
		c.Press("Найти")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, i18n.RU.T("code.no_such_block"))
	})
}
