package portal_test

import (
	"net/http"
	"testing"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/store"
	"okno/internal/web/webtest"
)

// What is wrong with the rows as a whole is said at the group, which is marked wrong, and the summary leads there.
func TestWhatIsWrongWithTheRowsAsAWholeIsSaidAtTheGroup(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		who, c := x.Person(t, phone)
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := x.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error { a.Level = access.Standard; return nil })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		c.Open("/services/market-stall/apply")
		c.Choose("Москва", "Регион")
		c.Press("Продолжить")
		c.Choose("Северный павильон", "Павильон")
		c.Fill("С какого дня", "01.05.2026")
		c.Fill("По какой день", "01.06.2026")
		c.Press("Продолжить")
		c.Fill("Название", "Гвозди")
		c.Choose("Нет", "Еда")
		c.Press("Продолжить") // the client holds every page against the rules: a 422 marks what is wrong and explains it
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Нужна хотя бы одна еда")
		groups := c.Page().All("fieldset", "aria-invalid", "true")
		if len(groups) != 1 || webtest.Attr(groups[0], "id") != "f-goods" || webtest.Attr(groups[0], "aria-describedby") != "f-goods-error" {
			t.Fatalf("%d groups are marked", len(groups))
		}
		if links := c.Page().All("a", "href", "#f-goods"); len(links) != 1 {
			t.Errorf("%d links of the summary lead to the group", len(links))
		}
	})
}
