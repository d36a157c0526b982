package identity_test

import (
	"net/http"
	"testing"
	"time"

	"okno/internal/passkey/passkeytest"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
	"okno/internal/web/webtest"
)

// AUTH-2: after the password the passkey is asked for first, and before an act that matters it proves again.
func TestInChromiumAPasskeyIsTheSecondStepAfterThePassword(t *testing.T) {
	onSiteClocked(t, func(t *testing.T, w *signintest.World, base string, clock *storetest.Clock) {
		token := w.Register(t, signintest.Visitor("anna"), phone)
		w.Confirm(t, token)
		b := webtest.Start(t).Browser(t, base, webtest.Phone())
		takeAway := b.Device()
		on := func(path string) func(*webtest.Page) bool {
			return func(p *webtest.Page) bool { return p.URL.Path == path }
		}
		password := func() {
			b.Open("/signin")
			b.Fill("username", phone)
			b.Fill("current-password", signintest.Password)
			b.Press("Войти")
			b.Await("the second step", on("/signin/second"))
		}
		password()
		b.Fill("code", w.Code(t, phone))
		b.Press("Войти", "Код из 6 цифр")
		b.Await("the cabinet", on("/cabinet"))
		b.Open("/cabinet/security/passkeys")
		b.Press("Создать ключ")
		b.Await("the key", on("/cabinet/security"))
		b.Press("Выйти")

		clock.Advance(2 * time.Minute)
		password()
		b.Await("the question for a key", func(p *webtest.Page) bool {
			return p.Sees("подтвердите на своём устройстве")
		})
		b.Axe()
		b.Shot("passkey/second")
		b.Press("Продолжить")
		b.Await("the cabinet", on("/cabinet"))

		clock.Advance(10 * time.Minute)
		b.Open("/cabinet/security/passkeys")
		b.Await("a proof before what matters", on("/signin/again"))
		b.Press("Ключ доступа")
		b.Await("the question for a key", func(p *webtest.Page) bool {
			return p.Sees("подтвердите на своём устройстве")
		})
		b.Axe()
		b.Shot("passkey/again")
		b.Press("Продолжить")
		b.Await("where one wanted", on("/cabinet/security/passkeys"))
		b.Open("/cabinet/security")
		b.Press("Выйти")

		takeAway()
		clock.Advance(2 * time.Minute)
		password()
		b.Press("Код на телефон")
		b.Await("the code instead", func(p *webtest.Page) bool { return p.Sees("Отправили код на телефон") })
		b.Fill("code", w.Code(t, phone))
		b.Press("Войти", "Код из 6 цифр")
		b.Await("the cabinet", on("/cabinet"))
	})
}

func TestWithoutScriptsTheSecondStepByAKeySaysWhatElseThereIs(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		ctx, home, d := t.Context(), signintest.Visitor("home"), passkeytest.New()
		token := x.Register(t, home, phone)
		s, err := x.Credentials.Check(ctx, token)
		if err != nil {
			t.Fatal(err)
		}
		added, err := x.SignIn.AddKey(ctx, s.Actor(), home)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.SignIn.KeepKey(ctx, s.Actor(), home, added.ID, "", d.Make(t, base, added)); err != nil {
			t.Fatal(err)
		}
		x.Confirm(t, token)
		x.clock.Advance(2 * time.Minute)
		c := x.browser(t)
		c.Open("/signin?next=/services/income")
		signIn(c, phone, signintest.Password)
		at(t, c, "/signin/second")
		sees(t, c, "должны работать скрипты")
		c.Press("Продолжить")
		if p := c.Page(); p.Status != http.StatusConflict {
			t.Errorf("status %d", p.Status)
		}
		sees(t, c, "Включите их или выберите другой способ")
		c.Press("Код на телефон")
		c.Fill("code", x.Code(t, phone))
		c.Press("Войти", "Код из 6 цифр")
		at(t, c, "/services/income")
	})
}
