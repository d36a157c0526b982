package desk_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/form"
	"okno/internal/store"
)

// AUTH-6.
func TestAnOperatorIssuesATemporaryPasswordOnAPaperThatIsShownUntilItIsHandedOver(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		ctx := context.Background()
		who, _ := x.Person(t, "+79123456789")
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := x.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error {
				a.Profile.SNILS, a.Profile.Document = "11223344595", form.PassportOf("4510", "123456", "2010-06-01", "OVD", "770001")
				a.Level, a.ConfirmedAt = access.Confirmed, tx.Now()
				return nil
			})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		_, c := x.Hire(t, access.Centre, "centre")
		c.Open("/desk/centre")
		c.Follow("Человек потерял и телефон, и почту: выдать временный пароль")
		c.Fill("snils", "112-233-445 95")
		c.Fill("document", "4510 654321")
		c.Tick("sure", true)
		c.Press("Выдать пароль")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Подтверждённой учётной записи с таким СНИЛС и документом нет")
		c.Fill("document", "4510 123456")
		c.Press("Выдать пароль")
		sees(t, c, "Вход на портал: временный пароль", "112-233-445 95", "Резервные коды", "/signin")
		if n := strings.Count(c.Page().Text(), "-"); n < 5 {
			t.Errorf("there is no password on the paper: %s", c.Page().Text())
		}
		c.Open("/desk/centre/password/sheet") // the printer had no paper
		sees(t, c, "Вход на портал: временный пароль", "Когда вы её закроете")
		c.Press("Отдал человеку, закрыть")
		c.Open("/desk/centre/password/sheet")
		if got := c.Page().URL.Path; got != "/desk/centre/password" {
			t.Errorf("the paper is shown again on %s", got)
		}
		_, support := x.Hire(t, access.Support, "support")
		if got := support.Get("/desk/centre/password").StatusCode; got != http.StatusForbidden {
			t.Errorf("support: %d", got)
		}
	})
}
