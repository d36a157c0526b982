package portal_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/application"
	"okno/internal/appointment"
	"okno/internal/catalogue"
	"okno/internal/connector/call"
	"okno/internal/connector/insurance"
	"okno/internal/form"
	"okno/internal/original"
	"okno/internal/place"
	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/verification"
	"okno/internal/web"
	"okno/internal/web/desk/desktest"
	"okno/internal/web/portal"
	"okno/internal/web/webtest"
)

// office is the cabinet with the social fund of a sandbox behind it.
type office struct {
	*desktest.Floor
	clock *storetest.Clock
	world *sandbox.World
	proof *verification.Service
}

func withFund(t *testing.T, body func(t *testing.T, x office)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		x := office{Floor: desktest.Open(t, db), clock: clock}
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
		fund, err := insurance.New(call.Config{URL: x.world.RegistersURL()})
		if err != nil {
			t.Fatal(err)
		}
		x.proof = &verification.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Notices: x.Notices, Jobs: x.Queue, Zone: zone, Fund: fund}
		cases := &application.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Catalogue: list, Accounts: x.Accounts, Contacts: x.Contacts, Notices: x.Notices, Jobs: x.Queue, Zone: zone}
		where := &place.Book{}
		times := &appointment.Service{DB: db, Places: where, Policy: x.Policy.Appointments, Zone: zone, Ring: x.Ring, Notices: x.Notices, Jobs: x.Queue}
		(&portal.Pages{DB: db, Policy: x.Policy, Appointments: times, Places: where, SignIn: x.SignIn, Accounts: x.Accounts, Contacts: x.Contacts, Catalogue: list, Applications: cases, Verification: x.proof, Notices: x.Notices,
			Originals: original.New(original.Config{DB: db, Ring: x.Ring, Policy: x.Policy, Proofs: x.proof, Jobs: x.Queue}), Zone: time.UTC}).Mount(x.Server)
		body(t, x)
	})
}

// again is the person in another session: the one before has run out.
func (x office) again(t *testing.T) *webtest.Client {
	t.Helper()
	return home{Floor: x.Floor}.again(t)
}

// apply fills the form in as a person does.
func apply(t *testing.T, c *webtest.Client, r sandbox.Resident) {
	t.Helper()
	d := strings.Split(r.BirthDate, "-")
	c.Open("/cabinet/snils")
	c.Fill("surname", r.Surname)
	c.Fill("given_name", r.GivenName)
	c.Fill("patronymic", r.Patronymic)
	c.Fill("birth_date", d[2]+"."+d[1]+"."+d[0])
	c.Choose(map[string]string{"male": "Мужской", "female": "Женский"}[r.Sex], "sex")
	c.Fill("passport_series", r.Passport.Series)
	c.Fill("passport_number", r.Passport.Number)
	c.Press("Подать заявление")
}

// REG-14.
func TestASNILSIsAskedForOnAPageThatShowsItsStateAndTheDateExpected(t *testing.T) {
	withFund(t, func(t *testing.T, x office) {
		who, c := x.Person(t, phone)
		c.Open("/cabinet/identity")
		c.Follow("Подайте на него заявление")
		sees(t, c, "Получение СНИЛС", "Подать по почте", "АДВ-1", "подтверждение адреса", "10 рабочих дней")
		apply(t, c, x.world.Newcomers()[0])
		if c.Page().URL.Path != "/cabinet/snils" {
			t.Fatalf("it leads to %s", c.Page().URL.Path)
		}
		sees(t, c, "Заявление подано", "Номер ожидается не позже", "2\u00a0декабря 2026")
		seesNo(t, c, "Подать заявление")
		r, _, err := x.proof.LatestSNILS(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		ask := func() error { return x.proof.AskFund(ctx, verification.AskSNILS{Request: r.ID}) }
		ask() //nolint:errcheck // it asks to be run again
		c.Open("/cabinet/snils")
		sees(t, c, "Социальный фонд принял заявление", "Номер заявления в фонде")
		x.clock.Advance(8 * 24 * time.Hour)
		if err := ask(); err != nil {
			t.Fatal(err)
		}
		later := x.again(t)
		later.Open("/cabinet/snils")
		sees(t, later, "СНИЛС присвоен", "···-···-")
		if r, _, err = x.proof.LatestSNILS(ctx, who); err != nil || len(r.SNILS) != 11 {
			t.Fatal(r.State, err)
		}
		seesNo(t, later, r.SNILS[:3]+"-"+r.SNILS[3:6], "Подать заявление") // registers' data are shown to Confirmed accounts
		later.Open("/cabinet/notices")
		sees(t, later, "СНИЛС присвоен")

		// The person's own form does not give the number away either, and goes on with it.
		whole := []string{r.SNILS, form.FormatSNILS(r.SNILS), r.SNILS[:3] + "-" + r.SNILS[3:6]}
		later.Open("/cabinet/identity/papers/numbers")
		sees(t, later, form.MaskSNILS(r.SNILS))
		seesNo(t, later, whole...)
		if _, err := later.Page().Field("snils"); err == nil {
			t.Error("the number is asked for")
		}
		waiting := verification.Papers{Surname: "Ожидаева", GivenName: "Анна", BirthDate: "15.05.1990", Sex: "f", Document: *form.PassportOf("4510", "123456", "2010-06-20", "ОВД района", "770-001"),
			Address: "г. Москва, ул. Новая, д. 1", SNILS: r.SNILS}
		for _, step := range []verification.Step{verification.StepPerson, verification.StepPassport, verification.StepAddresses} {
			if _, err := x.proof.Fill(ctx, who, step, waiting); err != nil {
				t.Fatal(err)
			}
		}
		later.Open("/cabinet/identity/papers/numbers")
		later.Fill("inn", "1")
		later.Press("Продолжить")
		if later.Page().Status != http.StatusUnprocessableEntity {
			t.Errorf("status %d", later.Page().Status)
		}
		sees(t, later, form.MaskSNILS(r.SNILS))
		seesNo(t, later, whole...)
		later.Fill("inn", "")
		later.Press("Продолжить")
		if later.Page().URL.Path != web.ScanStep {
			t.Fatalf("it leads to %s", later.Page().URL.Path)
		}
		later.Open(web.PapersReview)
		sees(t, later, form.MaskSNILS(r.SNILS))
		seesNo(t, later, whole...)
		if own, _, err := x.proof.Own(ctx, who); err != nil || own.Papers.SNILS != r.SNILS {
			t.Errorf("the papers go on without the number: %v", err)
		}
		// At Standard the profile shows what the person typed: this number they did not.
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := x.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error { a.Level = access.Standard; return nil })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		later.Open("/cabinet/profile")
		sees(t, later, form.MaskSNILS(r.SNILS), "Здесь то, что ввели вы")
		seesNo(t, later, whole...)
	})
}

func TestARefusedApplicationForASNILSSaysTheCodeWhatToDoAndKeepsWhatWasTyped(t *testing.T) {
	withFund(t, func(t *testing.T, x office) {
		who, c := x.Person(t, phone)
		has := x.world.People()[0]
		apply(t, c, has)
		r, _, err := x.proof.LatestSNILS(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.proof.AskFund(ctx, verification.AskSNILS{Request: r.ID}); err != nil {
			t.Fatal(err)
		}
		c.Open("/cabinet/snils")
		sees(t, c, "Социальный фонд не принял заявление", "SFR-601", "Нового номера не нужно", "Подать заявление")
		seesNo(t, c, has.SNILS)
		if v := c.Value("surname"); v != has.Surname {
			t.Errorf("the surname is %q", v)
		}
	})
}

func TestAnApplicationForASNILSThatLacksSomethingNamesIt(t *testing.T) {
	withFund(t, func(t *testing.T, x office) {
		_, c := x.Person(t, phone)
		c.Open("/cabinet/snils")
		for name, value := range map[string]string{"surname": "Проверкина", "given_name": "Анна", "birth_date": "31.02.1990", "passport_series": "45", "passport_number": "12"} {
			c.Fill(name, value)
		}
		c.Choose("Женский", "sex")
		c.Press("Подать заявление")
		p := c.Page()
		if p.Status != http.StatusUnprocessableEntity {
			t.Errorf("status %d", p.Status)
		}
		for _, name := range []string{"birth_date", "passport_series", "passport_number"} {
			n, err := p.Field(name)
			if err != nil {
				t.Fatal(err)
			}
			if webtest.Attr(n, "aria-invalid") != "true" || webtest.Attr(n, "aria-describedby") == "" {
				t.Errorf("%s is not marked", name)
			}
		}
	})
}

func TestByPostAPersonGetsATemporaryNumberThatIsNoSNILS(t *testing.T) {
	withFund(t, func(t *testing.T, x office) {
		who, c := x.Person(t, phone)
		c.Open("/cabinet/snils")
		c.Press("Получить временный номер")
		r, found, err := x.proof.LatestSNILS(ctx, who)
		if err != nil || !found {
			t.Fatal(found, err)
		}
		sees(t, c, "Временный номер", r.Temporary(), "а не СНИЛС", "Подать заявление")

		c.Press("Я отправил письмо")
		if c.Page().Status != http.StatusUnprocessableEntity {
			t.Errorf("status %d", c.Page().Status)
		}
		sees(t, c, "Выберите, что в письме подтверждает адрес")
		c.Fill("birth_date", "15.05.1990")
		c.Fill("address", "г. Москва, ул. Новая, д. 1")
		c.Choose("Копией договора найма", "proof")
		c.Press("Я отправил письмо")
		sees(t, c, "Письмо в пути", r.Temporary(), "Фонд получит не позже", "16 декабря 2026", "Копией договора найма")
		seesNo(t, c, "Я отправил письмо")
		c.Follow("Подать заявление онлайн")
		if _, err := c.Page().Field("passport_series"); err != nil {
			t.Error(err)
		}
	})
}

// G13.
func TestWhoTriesTooManyPapersIsToldWhenTheNextTryIsPossible(t *testing.T) {
	withFund(t, func(t *testing.T, x office) {
		who, c := x.Person(t, phone)
		people := x.world.People()
		for i := range x.Policy.Registers.ChecksPerPerson.Max {
			apply(t, c, people[i])
			r, _, err := x.proof.LatestSNILS(ctx, who)
			if err != nil {
				t.Fatal(err)
			}
			if err := x.proof.AskFund(ctx, verification.AskSNILS{Request: r.ID}); err != nil {
				t.Fatal(err)
			}
			x.clock.Advance(time.Minute)
		}
		apply(t, c, people[9])
		if c.Page().Status != http.StatusTooManyRequests {
			t.Errorf("status %d", c.Page().Status)
		}
		sees(t, c, "Слишком много проверок", "20:02") // six hours after the first, in Moscow
		if c.Value("surname") != people[9].Surname {
			t.Error("what was typed is lost")
		}
	})
}

// REG-11: the fund gave a number that another account of the person holds.
func TestWhoseNumberAnotherAccountHoldsIsShownTheWayToIt(t *testing.T) {
	withFund(t, func(t *testing.T, x office) {
		who, c := x.Person(t, phone)
		first, holder := x.Person(t, "+79120000077")
		r, err := x.proof.ApplySNILS(ctx, who, verification.Papers{Surname: "Вторая", GivenName: "Анна", BirthDate: "15.05.1990", Sex: "f", Document: *form.PassportOf("4510", "123456", "2010-06-20", "ОВД района", "770-001")})
		if err != nil {
			t.Fatal(err)
		}
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := x.Accounts.Update(ctx, tx, first.ID, func(a *account.Account) error { a.Profile.SNILS = "11223344595"; return nil })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		x.proof.Contacts, x.proof.Fund = x.Contacts, always("11223344595")
		if err := x.proof.AskFund(ctx, verification.AskSNILS{Request: r.ID}); err != nil {
			t.Fatal(err)
		}
		c.Open("/cabinet/snils")
		sees(t, c, "У вас уже есть учётная запись с этим СНИЛС", "Восстановите доступ к той учётной записи", "77")
		seesNo(t, c, "Подать заявление", "112-233-445", "+7 912 000-00-77")
		holder.Open("/cabinet/access")
		sees(t, holder, "Увидел скрытые контакты учётной записи с вашим СНИЛС", "Человек, чьи паспорт и СНИЛС совпали с вашими")
	})
}

// always is a fund that gives everybody that number.
type always string

func (f always) Issue(context.Context, verification.Application) (verification.Issue, error) {
	return verification.Issue{State: verification.IssueAssigned, SNILS: string(f)}, nil
}

func (f always) Posted(ctx context.Context, a verification.Application, _ string) (verification.Issue, error) {
	return f.Issue(ctx, a)
}

func (f always) Issued(ctx context.Context, a verification.Application, _ string) (verification.Issue, error) {
	return f.Issue(ctx, a)
}
