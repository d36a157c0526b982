package portal_test

import (
	"strings"
	"testing"
	"time"

	"okno/internal/catalogue"
	"okno/internal/form"
	"okno/internal/store"
	"okno/internal/verification"
)

// REG-14 as a service: it is found, its page says what it takes, its start leads to the form, and the application stands among the others.
func TestASNILSIsFoundInTheCatalogueAskedForAndSeenAmongTheApplications(t *testing.T) {
	withFund(t, func(t *testing.T, x office) {
		visitor := x.Browser(t)
		visitor.Open("/services?q=получить+снилс")
		visitor.Follow("Получить СНИЛС")
		sees(t, visitor, "до 10 рабочих дней", "На каком основании", "Паспорт", "Или лично:", "Войти и заполнить")
		seesNo(t, visitor, "только лично")

		_, c := x.Person(t, phone)
		c.Open("/applications")
		seesNo(t, c, "Получение СНИЛС")
		c.Open("/services/snils")
		c.Follow("Заполнить заявление")
		if got := c.Page().URL.Path; got != "/services/snils/apply/applicant" {
			t.Fatalf("the start leads to %s", got)
		}
		c.Open("/cabinet/snils")
		c.Follow("Получить СНИЛС услугой")
		if got := c.Page().URL.Path; got != "/services/snils" {
			t.Fatalf("the page of the SNILS leads to %s", got)
		}
		apply(t, c, x.world.Newcomers()[0])
		c.Open("/applications")
		sees(t, c, "Получение СНИЛС", "Отправляем")
		seesNo(t, c, "Заявлений пока нет")
	})
}

// A person has one application: that of a case stands on the page of the SNILS, and once among the applications.
func TestTheApplicationOfACaseStandsOnThePageOfTheSNILSAndOnceAmongTheApplications(t *testing.T) {
	withFund(t, func(t *testing.T, x office) {
		who, c := x.Person(t, phone)
		r := x.world.Newcomers()[0]
		d := strings.Split(r.BirthDate, "-")
		c.Open("/services/snils/apply")
		c.Fill("applicant.surname", r.Surname)
		c.Fill("applicant.given_name", r.GivenName)
		c.Fill("applicant.patronymic", r.Patronymic)
		c.Fill("applicant.birth_date", d[2]+"."+d[1]+"."+d[0])
		c.Choose(map[string]string{"male": "Мужской", "female": "Женский"}[r.Sex], "applicant.sex")
		c.Press("Продолжить")
		c.Fill("passport.series", r.Passport.Series)
		c.Fill("passport.number", r.Passport.Number)
		c.Press("Продолжить")
		c.Press("Отправить заявление")
		at := c.Page().URL.Path
		id := at[strings.LastIndex(at, "/")+1:]
		sees(t, c, "Соцфонд присваивает номер")
		seesNo(t, c, "не отвечает.")
		papers := verification.Papers{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, BirthDate: r.BirthDate, Sex: map[string]string{"male": "m", "female": "f"}[r.Sex],
			Document: form.Identity{Kind: form.Passport, Series: r.Passport.Series, Number: r.Passport.Number}}
		if end, err := x.proof.IssueFor(ctx, verification.SNILSCase{ID: id, At: x.clock.Now(), Who: who, Papers: papers}); err != nil || end != "" { // as its process does
			t.Fatal(end, err)
		}
		c.Open("/cabinet/snils")
		sees(t, c, "Заявление подано", "Номер ожидается не позже")
		seesNo(t, c, "Подать заявление онлайн")
		c.Follow("К заявлению")
		if got := c.Page().URL.Path; got != at {
			t.Errorf("it leads to %s, not to %s", got, at)
		}
		c.Open("/applications")
		sees(t, c, "Получить СНИЛС")
		seesNo(t, c, "Получение СНИЛС")

		for why, says := range map[string]string{"verification.checks": "слишком много проверок документов", "alert.paused": "важные действия приостановлены"} {
			if err := x.proof.DB.Write(ctx, func(tx *store.Tx) error {
				return store.Touched(tx.Exec(ctx, `UPDATE application SET waits = $1, waits_until = $2 WHERE id = $3`, why, tx.Now().Add(3*time.Hour), id))
			}); err != nil {
				t.Fatal(err)
			}
			c.Open(at)
			sees(t, c, "Заявление ещё не отправлено", says, "Отправим заявление сами: "+x.clock.Now().Add(3*time.Hour).In(x.proof.Zone).Format("15:04"))
			seesNo(t, c, "Ведомство пока не отвечает")
		}
	})
}

// What a definition names as the page where a service starts is a page of the portal.
func TestEveryServiceThatStartsOnAnotherPageStartsOnOneThatIsThere(t *testing.T) {
	withFund(t, func(t *testing.T, x office) {
		list, err := catalogue.Load()
		if err != nil {
			t.Fatal(err)
		}
		_, c := x.Person(t, phone)
		n := 0
		for _, def := range list.All() {
			if def.Catalog.Start == "" {
				continue
			}
			n++
			if got := c.Get(def.Catalog.Start).StatusCode; got != 200 { //nolint:bodyclose // read whole
				t.Errorf("%s starts on %s, which answers %d", def.Code, def.Catalog.Start, got)
			}
		}
		if n == 0 {
			t.Error("no service starts on another page: this test holds nothing")
		}
	})
}
