package identity_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/web/webtest"
)

func TestARightCodeThatIsSentTwiceLeadsOnBothTimes(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.confirmed(t, phone)
		c := x.browser(t)
		x.remembered(t, c)
		x.clock.Advance(2 * time.Minute)
		c.Open("/services/income?year=2025")
		c.Open("/signin/again?next=" + url.QueryEscape("/services/income?year=2025"))
		c.Press("Получить код")
		c.Fill("code", x.Code(t, phone))
		c.PressTwice("Продолжить")
		if p := c.Page(); p.URL.RequestURI() != "/services/income?year=2025" || p.Status != http.StatusOK {
			t.Errorf("led to %s, status %d", p.URL.RequestURI(), p.Status)
		}
	})
}

func TestWhereOnlyTheCodeWillDoOneStillComesToWhereOneWanted(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		id := x.confirmed(t, phone)
		c := x.browser(t)
		c.Open("/signin")
		signIn(c, phone, signintest.Password)
		c.Fill("code", x.Code(t, phone))
		c.Press("Войти", "Код из 6 цифр")
		x.clock.Advance(x.Policy.Session.Fresh)
		c.Open("/signin/again?next=/services/income")
		sees(t, c, "Введите пароль")
		if err := x.DB.Write(t.Context(), func(tx *store.Tx) error { // meanwhile it has become a session without a second factor
			_, err := tx.Exec(t.Context(), `UPDATE session SET methods = 'pwd device' WHERE owner_id = $1`, id)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		c.Fill("current-password", signintest.Password)
		c.Press("Продолжить")
		at(t, c, "/signin/again")
		if got := c.Page().URL.Query().Get("next"); got != "/services/income" {
			t.Errorf("next is %q", got)
		}
	})
}

// remembered signs a Confirmed person in, in a browser that is remembered from then on.
func (x *portal) remembered(t *testing.T, c *webtest.Client) {
	t.Helper()
	c.Open("/signin")
	signIn(c, phone, signintest.Password)
	c.Fill("code", x.Code(t, phone))
	c.Tick("remember", true)
	c.Press("Войти", "Код из 6 цифр")
	c.Press("Выйти")
	c.Open("/signin")
	signIn(c, phone, signintest.Password)
	at(t, c, "/cabinet")
}
