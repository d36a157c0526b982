package identity_test

import (
	"net/http"
	"testing"
	"time"

	"okno/internal/account"
	"okno/internal/credential"
	"okno/internal/form"
	"okno/internal/signin/signintest"
	"okno/internal/store"
)

func TestRecoveringAConfirmedAccountAsksForMoreThanThePhone(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		accountID := x.confirmed(t, phone)
		var codes []string
		if err := x.DB.Write(t.Context(), func(tx *store.Tx) (err error) {
			if codes, err = x.Credentials.NewBackupCodes(t.Context(), tx, accountID); err != nil {
				return err
			}
			_, err = x.Accounts.Update(t.Context(), tx, accountID, func(a *account.Account) error {
				a.Profile.Document = form.PassportOf("4510", "654321", "2010-06-01", "OVD", "770001")
				return nil
			})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		c := x.browser(t)
		c.Open("/recover")
		c.Fill("username", phone)
		c.Press("Получить код")
		c.Fill("one-time-code", x.Code(t, phone))
		c.Press("Подтвердить")
		at(t, c, "/recover/second")
		c.Open("/recover/password")
		at(t, c, "/recover/second")
		sees(t, c, "Ещё одно подтверждение", "одним телефоном или одной почтой")
		c.Press("Номер документа")
		c.Fill("code", "4510 123456")
		c.Press("Продолжить")
		if p := c.Page(); p.Status != http.StatusUnprocessableEntity || len(p.Errors()) != 1 {
			t.Errorf("status %d, errors %q", p.Status, p.Errors())
		}
		sees(t, c, "осталось попыток: 3")
		c.Press("Резервный код")
		c.Fill("code", codes[0])
		c.Press("Продолжить")
		at(t, c, "/recover/password")
		c.FillAll("new-password", "Zima-2027-lesnaya")
		c.Press("Сохранить и войти")
		at(t, c, "/cabinet")
	})
}

func TestATemporaryPasswordLeadsToThePageOfANewOneAndNowhereElse(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		accountID := x.confirmed(t, phone)
		encoded, err := x.Hasher.Hash(t.Context(), signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.DB.Write(t.Context(), func(tx *store.Tx) error {
			return x.Credentials.SetPassword(t.Context(), tx, accountID, encoded, true)
		}); err != nil {
			t.Fatal(err)
		}
		c := x.browser(t)
		c.Open("/services/income")
		signIn(c, phone, signintest.Password)
		at(t, c, "/signin/second")
		c.Fill("code", x.Code(t, phone))
		c.Press("Войти", "Код из 6 цифр")
		at(t, c, "/signin/password")
		sees(t, c, "Придумайте свой пароль", "временным паролем")
		for _, page := range []string{"/cabinet", "/services/income", "/cabinet/data"} {
			c.Open(page)
			at(t, c, "/signin")
		}
		c.Open("/signin/password?next=/services/income")
		c.FillAll("new-password", signintest.Password)
		c.Press("Сохранить и войти")
		if p := c.Page(); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("the temporary password is kept: status %d", p.Status)
		}
		c.FillAll("new-password", "Zima-2027-lesnaya")
		c.Press("Сохранить и войти")
		at(t, c, "/services/income")
	})
}

// The page says why, and only to whoever had the password.
func TestAListedPasswordLeadsToThePageOfANewOneWithWordsThatSayWhy(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("home"), phone)
		x.Credentials.Common = func() form.Words { return "vesna" }
		x.clock.Advance(2 * time.Minute)
		c := x.browser(t)
		c.Open("/services/income")
		signIn(c, phone, "Vesna-2026-oknO")
		at(t, c, "/signin")
		if c.Page().Sees("частых") || c.Page().Sees("известен") {
			t.Error("a wrong password is told of the list")
		}
		if x.Credentials.Listed(t.Context(), signintest.Password) != credential.NoList {
			t.Fatal("the password of the tests is a common one")
		}
		x.Credentials.Common = func() form.Words { return "vesna\nvesna-2026-okno" }
		if x.Credentials.Listed(t.Context(), signintest.Password) != credential.CommonList {
			t.Fatal("the list does not hold the password")
		}
		signIn(c, phone, signintest.Password)
		at(t, c, "/signin/second")
		sees(t, c, "одного пароля мало", "Подтвердите, что это вы, и замените его", "Отправили код на телефон")
		if c.Page().Sees("Не спрашивать код") {
			t.Error("the browser is offered to be remembered for a password that ends here")
		}
		c.Fill("code", x.Code(t, phone))
		c.Press("Войти", "Код из 6 цифр")
		at(t, c, "/signin/password")
		sees(t, c, "Замените пароль", "в списке самых частых")
		c.FillAll("new-password", "Zima-2027-lesnaya")
		c.Press("Сохранить и войти")
		at(t, c, "/services/income")
	})
}
