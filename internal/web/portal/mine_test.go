package portal_test

import (
	"strings"
	"testing"

	"okno/internal/i18n"
	"okno/internal/signin/signintest"
	"okno/internal/support"
	"okno/internal/web/webtest"
)

// CAB-5: everything of the person's own is found from one place, by what they read on its page, and nothing of anybody else's.
func TestAPersonSearchesEverythingOfTheirOwn(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		x.bound(t, who, x.world.People()[0])
		c.Open("/services/income-certificate")
		c.Follow("Заполнить заявление")
		find := func(c *webtest.Client, query string) {
			t.Helper()
			c.Open("/cabinet")
			c.Fill("Найти среди моих дел", query)
			c.Press("Найти")
			if at := c.Page().URL.RequestURI(); at != "/cabinet/search" {
				t.Errorf("what is looked for stands in the address %s", at)
			}
		}
		find(c, "справку доход")
		sees(t, c, "Найдено: 1 запись", "Черновики", "Справка о доходах")
		c.Follow("Справка о доходах")
		c.Press("Продолжить")
		c.Choose("2025", "За какой год нужна справка")
		c.Press("Продолжить")
		c.Press("Отправить")
		list, err := x.cases.List(ctx, x.DB, who, 10)
		if err != nil || len(list) != 1 {
			t.Fatalf("%d cases: %v", len(list), err)
		}
		for _, query := range []string{"справка доходах", list[0].Number, "cghfdrf", "справк"} {
			find(c, query)
			sees(t, c, "Мои заявления", list[0].Number)
			seesNo(t, c, "Черновики")
		}
		if c.Follow("Справка о доходах"); c.Page().URL.Path != "/applications/"+list[0].ID {
			t.Errorf("it leads to %s", c.Page().URL.Path)
		}
		find(c, "СНИЛС")
		sees(t, c, "Документы")
		find(c, "трактор")
		sees(t, c, "ничего не нашлось", "короче")
		find(c, strings.Repeat("слово ", 2000))
		sees(t, c, "ничего не нашлось")
		ask, err := x.help.Ask(ctx, who, support.New{Text: "Снимок зебры не загружается", Page: "/services", Lang: i18n.RU})
		if err != nil {
			t.Fatal(err)
		}
		find(c, "зебры")
		sees(t, c, "Мои вопросы", ask.Number, "Ждёт ответа")
		c.Open("/services/international-passport")
		c.Press("В избранное")
		find(c, "загранпаспорт")
		sees(t, c, "Избранное")
		_, other := x.Person(t, "+79120000009")
		find(other, "зебры")
		sees(t, other, "ничего не нашлось")
		find(other, list[0].Number)
		sees(t, other, "ничего не нашлось")

		// Who signs in next at the same computer is not shown what was looked for.
		token, err := x.SignIn.SignIn(ctx, signintest.Visitor("again"), "+79120000009", signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		find(c, "трактор")
		c.Get("/enter/" + token) //nolint:bodyclose // the client reads it whole
		if c.Open("/cabinet/search"); c.Value("Найти среди моих дел") != "" {
			t.Error("the next person is shown what the one before looked for")
		}
	})
}
