package identity_test

import (
	"strings"
	"testing"

	"okno/internal/signin/signintest"
	"okno/internal/store"
)

func TestThePageOfACodeSaysWhenTextsAreLate(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		x.confirmed(t, "+79160007766")
		c := x.browser(t)
		begin(c, phone, "")
		at(t, c, "/register/code")
		says := func() bool {
			return strings.Contains(c.Page().Text(), "СМС сейчас задерживаются")
		}
		if says() {
			t.Error("they are late before anybody has tried")
		}
		err := x.DB.Write(t.Context(), func(tx *store.Tx) error {
			return tx.Do(t.Context(), `INSERT INTO outage (channel, seen_at) VALUES ('sms', $1)`, tx.Now())
		})
		if err != nil {
			t.Fatal(err)
		}
		c.Open("/register/code")
		sees(t, c, "СМС сейчас задерживаются", "Код уйдёт сам, как только связь вернётся", "Отправляем шесть цифр")
		c.Open("/recover")
		c.Fill("username", "+79160009988") // nobody's: the page says the same
		c.Press("Получить код")
		at(t, c, "/recover/code")
		sees(t, c, "СМС сейчас задерживаются")
		c.Open("/signin")
		signIn(c, "+79160007766", signintest.Password)
		at(t, c, "/signin/second")
		sees(t, c, "СМС сейчас задерживаются", "Код уйдёт сам, как только связь вернётся", "Отправляем код на телефон")
		if c.Page().Sees("Отправили код") {
			t.Error("the page says that the code was sent")
		}
	})
}
