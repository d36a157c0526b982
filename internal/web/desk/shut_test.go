package desk_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"okno/internal/access"
	"okno/internal/limit"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
)

// OPS-3: limits are shown to support.
func TestSupportSeesUntilWhenWrongPasswordsHaveShutAContact(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		const phone, nobodys = "+79123456789", "+79160000000"
		who, person := x.Person(t, phone)
		for _, login := range []string{phone, nobodys} {
			var err error
			for i := 0; !errors.Is(err, signin.ErrBlocked); i++ {
				if i == 30 {
					t.Fatal("guesses go on without end")
				}
				_, err = x.SignIn.SignIn(context.Background(), signintest.Visitor(fmt.Sprint(login, i)), login, "Wrong-Pass-1234")
			}
		}
		_, c := x.Hire(t, access.Support, "support")
		look := func(login, number string) {
			t.Helper()
			c.Open("/desk/support/blocks")
			c.Fill("account", login)
			c.Fill("number", number)
			c.Press("Посмотреть")
		}
		for _, login := range []string{"8 912 345-67-89", nobodys} {
			look(login, "")
			sees(t, c, "Пароль с этим контактом, новые браузеры", "Закрыто до")
		}
		look("+79170000000", "")
		sees(t, c, "Пароль с этим контактом, новые браузеры", "Открыто")
		look(phone, "1234-5678")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Под этим номером для этого контакта сейчас ничего не закрыто")
		look("nonsense", "")
		answers(t, c, http.StatusUnprocessableEntity)
		look(phone, "")
		_, other := x.Hire(t, access.Support, "support")
		other.Open("/desk/support/blocks/shut")
		if got := other.Page().URL.Path; got != "/desk/support/blocks" {
			t.Errorf("a colleague's address without a form leads to %s", got)
		}

		person.Open("/support")
		person.Fill("text", "Не могу войти на телефоне")
		person.Press("Отправить")
		c.Open("/desk" + person.Page().URL.Path)
		sees(t, c, "Что закрыто сейчас", "Пароль с любым контактом, новые браузеры")
		if err := x.DB.Write(t.Context(), func(tx *store.Tx) error { return limit.Clear(t.Context(), tx, "signin.account:"+who.ID) }); err != nil {
			t.Fatal(err)
		}
		c.Open("/desk" + person.Page().URL.Path)
		sees(t, c, "Что закрыто сейчас", "Пароль с одним из контактов или СНИЛС, новые браузеры") // which is not said
	})
}
