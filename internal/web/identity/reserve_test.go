package identity_test

import (
	"strings"
	"testing"
	"time"

	"okno/internal/form"
	"okno/internal/signin/signintest"
	"okno/internal/web/webtest"
)

// AUTH-5: who types an address at the recovery reads the same for a reserve e-mail and for an address of nobody.
func TestNobodyLearnsFromRecoveryThatAnAddressIsAReserveMail(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		const spare, other = "zapas@example.ru", "nikto@example.ru"
		v := signintest.Visitor("anna")
		s, err := x.Credentials.Check(t.Context(), x.Register(t, v, phone))
		if err != nil {
			t.Fatal(err)
		}
		who := s.Actor()
		added, err := x.SignIn.AddContact(t.Context(), who, v, spare, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.SignIn.ConfirmContact(t.Context(), who, v, added.ID, x.Code(t, spare)); err != nil {
			t.Fatal(err)
		}
		mine, err := x.SignIn.MyContacts(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range mine.List {
			if c.Target.Value != spare {
				continue
			}
			if err := x.SignIn.ReserveContact(t.Context(), who, c.ID, signintest.Password); err != nil {
				t.Fatal(err)
			}
		}
		x.clock.Advance(2 * time.Minute)
		held, nobodys := x.browser(t), x.browser(t)
		for c, login := range map[*webtest.Client]string{held: spare, nobodys: other} {
			c.Open("/recover")
			c.Fill("login", login)
			c.Press("Получить код")
			at(t, c, "/recover/code")
		}
		same := func(when string) {
			t.Helper()
			one, two := strings.ReplaceAll(held.Page().Text(), form.MaskEmail(spare), form.MaskEmail(other)), nobodys.Page().Text()
			if one != two || held.Page().Status != nobodys.Page().Status {
				t.Errorf("%s:\n%s\n%s", when, one, two)
			}
		}
		same("after the address")
		for range 3 {
			for _, c := range []*webtest.Client{held, nobodys} {
				c.Fill("code", "000001")
				c.Press("Подтвердить")
			}
			same("after a wrong code")
		}
		// It reached the owner, and the code that came is good.
		held.Fill("code", x.Code(t, spare))
		held.Press("Подтвердить")
		at(t, held, "/recover/password")
	})
}
