package portal_test

import (
	"testing"

	"okno/internal/catalogue"
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
		if got := c.Page().URL.Path; got != "/cabinet/snils" {
			t.Fatalf("the start leads to %s", got)
		}
		apply(t, c, x.world.Newcomers()[0])
		c.Open("/applications")
		sees(t, c, "Получение СНИЛС", "Отправляем")
		seesNo(t, c, "Заявлений пока нет")
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
