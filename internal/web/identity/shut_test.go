package identity_test

import (
	"errors"
	"fmt"
	"testing"

	"okno/internal/signin"
	"okno/internal/signin/signintest"
)

// OPS-3: limits are shown to the person.
func TestAPersonReadsThatSigningInIsShutOnNewDevicesAndOpenHere(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("home"), phone)
		c := x.browser(t)
		c.Open("/signin")
		signIn(c, phone, signintest.Password)
		c.Open("/cabinet/security")
		if c.Page().Sees("закрыт до") {
			t.Errorf("nothing was tried: %s", c.Page().Text())
		}
		var err error
		for i := 0; !errors.Is(err, signin.ErrBlocked); i++ {
			if i == 30 {
				t.Fatal("guesses go on without end")
			}
			_, err = x.SignIn.SignIn(t.Context(), signintest.Visitor(fmt.Sprint("bot", i)), phone, "Wrong-Pass-1234")
		}
		c.Open("/cabinet/security")
		sees(t, c, "Вход по паролю с новых устройств закрыт до", "С этого браузера вход открыт", "смените пароль")
		c.Follow("восстановление доступа")
		at(t, c, "/recover")
	})
}

// OPS-3: … also in which of their other browsers.
func TestAPersonReadsThatAnotherBrowserOfTheirsIsShut(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		home := signintest.Visitor("home")
		home.Agent = "Firefox, Linux"
		x.Register(t, home, phone)
		var err error
		for i := 0; !errors.Is(err, signin.ErrBlocked); i++ {
			if i == 30 {
				t.Fatal("guesses go on without end")
			}
			_, err = x.SignIn.SignIn(t.Context(), home, phone, "Wrong-Pass-1234")
		}
		c := x.browser(t)
		c.Open("/signin")
		signIn(c, phone, signintest.Password)
		c.Open("/cabinet/security")
		sees(t, c, "В другом вашем браузере (Firefox, Linux) вход по паролю закрыт до", "С этого браузера вход открыт")
	})
}
