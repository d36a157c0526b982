package desk_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"okno/internal/access"
	"okno/internal/signin/signintest"
	"okno/internal/staff"
)

func TestAnEmployeeChangesTheirOwnPasswordAtTheDesk(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		encoded, err := x.Hasher.Hash(t.Context(), signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		_, secret, err := x.Staff.Add(t.Context(), access.SystemActor(), staff.New{Login: "olga", Name: "Ольга", Role: access.Support, Unit: "support", Encoded: encoded})
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		x.SignIn.Clock = func() time.Time { return now }
		enter := func(password string) {
			t.Helper()
			now = now.Add(time.Minute)
			code, err := totp.GenerateCode(secret, now)
			if err != nil {
				t.Fatal(err)
			}
			c := x.Browser(t)
			c.Open("/desk/security")
			c.Fill("username", "olga")
			c.Fill("current-password", password)
			c.Fill("one-time-code", code)
			c.Press("Войти")
			c.Follow("Сменить пароль")
			c.FillAll("new-password", signintest.Password)
			c.Press("Сменить пароль")
			if password != signintest.Password {
				sees(t, c, "Новый пароль действует")
				return
			}
			answers(t, c, http.StatusUnprocessableEntity)
			sees(t, c, "Этот пароль у вас уже есть")
			c.FillAll("new-password", "Zima-2027-lesnaya")
			c.Press("Сменить пароль")
			sees(t, c, "Новый пароль действует")
			c.Open("/desk/security")
			sees(t, c, "Безопасность входа")
		}
		enter(signintest.Password)
		enter("Zima-2027-lesnaya")
	})
}
