package identity_test

import (
	"net/http"
	"testing"
	"time"

	"okno/internal/signin/signintest"
	"okno/internal/web/webtest"
)

// signedIn is a browser in which Anna, who registered by phone, signs in.
func (x *portal) signedIn(t *testing.T) *webtest.Client {
	t.Helper()
	c := x.browser(t)
	c.Open("/signin")
	c.Fill("username", phone)
	c.Fill("current-password", signintest.Password)
	c.Press("Войти")
	at(t, c, "/cabinet")
	return c
}

func TestAContactIsAddedAndRemovedAfterThePasswordAndWhatWasTypedStays(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		c := x.signedIn(t)
		c.Open("/cabinet/contacts")
		if c.Page().Sees("Ваш пароль") {
			t.Error("asked for the password that was typed a moment ago")
		}
		x.clock.Advance(x.Policy.Session.Fresh)
		c.Open("/cabinet/contacts")
		c.Fill("contact", email)
		c.Fill("current-password", "Wrong-River-1")
		c.Press("Получить код")
		if c.Page().Status != http.StatusUnprocessableEntity || c.Value("contact") != email {
			t.Errorf("a wrong password: status %d, the field holds %q", c.Page().Status, c.Value("contact"))
		}
		sees(t, c, "Пароль не подошёл.")
		c.Fill("current-password", signintest.Password)
		c.Press("Получить код")
		c.Fill("one-time-code", x.Code(t, email))
		c.Press("Подтвердить")
		at(t, c, "/cabinet/contacts")
		sees(t, c, "Контакт подтверждён и добавлен.")

		x.clock.Advance(x.Policy.Session.Fresh)
		c.Open("/cabinet/contacts")
		c.Follow("Удалить", "+7 912 345-67-89")
		sees(t, c, "Удалить контакт?", "+7 912 345-67-89 перестанет открывать вход")
		c.Fill("current-password", "Wrong-River-1")
		c.Press("Удалить")
		if c.Page().Status != http.StatusUnprocessableEntity {
			t.Errorf("a wrong password: status %d", c.Page().Status)
		}
		sees(t, c, "Пароль не подошёл.")
		c.Fill("current-password", signintest.Password)
		c.Press("Удалить")
		at(t, c, "/cabinet/contacts")
		sees(t, c, "Контакт удалён.", "Один контакт должен остаться")
	})
}

func TestAMailBecomesTheReserveAfterThePasswordAndServesEverythingAgain(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		c := x.signedIn(t)
		c.Open("/cabinet/contacts")
		if c.Page().Sees("Сделать резервной: ") {
			t.Error("the only contact may be made a reserve")
		}
		c.Fill("contact", email)
		c.Press("Получить код")
		c.Fill("one-time-code", x.Code(t, email))
		c.Press("Подтвердить")
		x.clock.Advance(x.Policy.Session.Fresh)
		c.Open("/cabinet/contacts")
		c.Follow("Сделать резервной", email)
		sees(t, c, "Сделать почту резервной?", "больше нельзя будет войти")
		c.Fill("current-password", "Wrong-River-1")
		c.Press("Сделать резервной")
		if c.Page().Status != http.StatusUnprocessableEntity {
			t.Errorf("a wrong password: status %d", c.Page().Status)
		}
		c.Fill("current-password", signintest.Password)
		c.Press("Сделать резервной")
		at(t, c, "/cabinet/contacts")
		sees(t, c, "Почта теперь резервная.", "Резервная: только для восстановления")
		if c.Page().Sees("Удалить: +7 912 345-67-89") {
			t.Error("the last contact that signs in may be removed")
		}
		out := x.browser(t)
		out.Open("/signin")
		out.Fill("username", email)
		out.Fill("current-password", signintest.Password)
		out.Press("Войти")
		at(t, out, "/signin")
		c.Press("Сделать обычной", email)
		sees(t, c, "Почта снова служит для всего.")
		out.Fill("current-password", signintest.Password)
		out.Press("Войти")
		at(t, out, "/cabinet")
	})
}

func TestAContactThatWaitsToBeConfirmedMeetsThePasswordToo(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		begin(c, phone, email)
		c.Fill("one-time-code", x.Code(t, phone))
		c.Press("Подтвердить")
		c.FillAll("new-password", signintest.Password)
		c.Press("Создать учётную запись")
		x.clock.Advance(x.Policy.Session.Fresh)
		c.Open("/cabinet/contacts")
		c.Press("Подтвердить")
		if c.Page().Status != http.StatusUnprocessableEntity || c.Value("contact") != email {
			t.Errorf("status %d, the field holds %q", c.Page().Status, c.Value("contact"))
		}
		sees(t, c, "Введите пароль, чтобы подтвердить, что это вы.")
		c.Fill("current-password", signintest.Password)
		c.Press("Получить код")
		sees(t, c, "Код из письма")
	})
}

func TestAContactThatWasNotConfirmedForLongIsConfirmedInTheCabinet(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		x.clock.Advance(x.Policy.Contacts.Reconfirm - x.Policy.Contacts.ReconfirmRemind - time.Hour)
		c := x.signedIn(t)
		c.Open("/cabinet/contacts")
		if c.Page().Sees("Подтвердить снова") {
			t.Error("asked too early")
		}
		x.clock.Advance(time.Hour)
		c = x.signedIn(t)
		c.Open("/cabinet/contacts")
		sees(t, c, "Подтвердите до ", "Операторы передают номера другим людям")
		x.clock.Advance(x.Policy.Contacts.ReconfirmRemind)
		c = x.signedIn(t)
		x.clock.Advance(x.Policy.Session.Fresh)
		c.Open("/cabinet/contacts")
		sees(t, c, "Давно не подтверждён")
		c.Follow("Подтвердить снова")
		c.Press("Получить код")
		if c.Page().Status != http.StatusUnprocessableEntity {
			t.Errorf("without the password: status %d", c.Page().Status)
		}
		c.Fill("current-password", signintest.Password)
		c.Press("Получить код")
		c.Fill("one-time-code", x.Code(t, phone))
		c.Press("Подтвердить")
		at(t, c, "/cabinet/contacts")
		sees(t, c, "Контакт подтверждён снова.")
		if c.Page().Sees("Давно не подтверждён") {
			t.Error("it was confirmed and is called old")
		}
	})
}

func TestARecoveryByAnOldContactAsksForAnotherAndSaysWhatToDoWithoutOne(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		c := x.signedIn(t)
		c.Open("/cabinet/contacts")
		c.Fill("contact", email)
		c.Press("Получить код")
		c.Fill("one-time-code", x.Code(t, email))
		c.Press("Подтвердить")
		x.clock.Advance(x.Policy.Contacts.Reconfirm)

		c = x.browser(t)
		c.Open("/recover/other")
		at(t, c, "/recover")
		c.Fill("username", phone)
		c.Press("Получить код")
		c.Fill("one-time-code", x.Code(t, phone))
		c.Press("Подтвердить")
		at(t, c, "/recover/other")
		sees(t, c, "Нужен ещё один контакт", "этот контакт давно не подтверждали", "Если помните пароль, войдите", "зарегистрируйтесь заново и подтвердите личность")
		c.Open("/recover/password")
		at(t, c, "/recover/other")
		c.Fill("username", "nonsense@")
		c.Press("Получить код")
		if c.Page().Status != http.StatusUnprocessableEntity {
			t.Errorf("nonsense: status %d", c.Page().Status)
		}
		c.Fill("username", "nobody@example.ru")
		c.Press("Получить код")
		at(t, c, "/recover/code")
		c.Press("Указать другой телефон или почту")
		at(t, c, "/recover")
		c.Fill("username", phone)
		x.clock.Advance(2 * time.Minute)
		c.Press("Получить код")
		c.Fill("one-time-code", x.Code(t, phone))
		c.Press("Подтвердить")
		c.Fill("username", email)
		c.Press("Получить код")
		c.Fill("one-time-code", x.Code(t, email))
		c.Press("Подтвердить")
		at(t, c, "/recover/password")
	})
}

func TestTheSecurityPageSaysWhatToImproveAndForgetsWhatIsDismissed(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		c := x.signedIn(t)
		c.Open("/cabinet/security")
		sees(t, c, "Что улучшить", "Второй контакт", "Подтверждение личности", "Контакты подтверждены недавно")
		c.Press("Не предлагать", "Второй контакт")
		at(t, c, "/cabinet/security")
		sees(t, c, "Больше не предложим", "Второй контакт")
		if n := len(c.Page().All("input", "name=name")); n > 1 {
			t.Errorf("%d buttons dismiss", n)
		}
	})
}
