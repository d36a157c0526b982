package identity_test

import (
	"net/http"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/signin/signintest"
	"okno/internal/store"
)

func TestSecurityQuestionsAreChosenWithoutScriptsWhereThePortalHasThemAndNowhereElse(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("anna"), phone)
		c := x.signedIn(t)
		c.Open("/cabinet/security")
		if c.Page().Sees("Контрольные вопросы") {
			t.Error("a portal that has none offers them")
		}
		c.Open("/cabinet/security/questions")
		if c.Page().Status != http.StatusNotFound {
			t.Errorf("status %d", c.Page().Status)
		}
		x.Policy.Recovery.Questions.UpTo = access.Confirmed
		c.Open("/cabinet/security")
		c.Follow("Настроить контрольные вопросы")
		c.Choose("Как звали вашего первого питомца?", "Вопрос 1")
		c.Fill("Ответ 1", "Барсик")
		c.Choose("Как звали вашего первого питомца?", "Вопрос 2")
		c.Fill("Ответ 2", "я")
		c.Press("Сохранить")
		if c.Page().Status != http.StatusUnprocessableEntity || c.Value("Ответ 1") != "Барсик" {
			t.Errorf("status %d, the first answer is %q", c.Page().Status, c.Value("Ответ 1"))
		}
		sees(t, c, "Этот вопрос уже выбран", "угадают")
		c.Choose("Какая книга поразила вас в детстве?", "Вопрос 2")
		c.Fill("Ответ 2", "Три толстяка")
		c.Choose("Какая игрушка была у вас любимой?", "Вопрос 3")
		c.Fill("Ответ 3", "Ёжик")
		c.Press("Сохранить")
		at(t, c, "/cabinet/security")
		sees(t, c, "Контрольные вопросы сохранены.")
		c.Open("/cabinet/security/questions")
		if c.Value("Ответ 1") != "" {
			t.Error("an answer is shown")
		}
		keep := func() {
			t.Helper()
			for i, q := range []string{"Как звали вашего первого питомца?", "Какая книга поразила вас в детстве?", "Какая игрушка была у вас любимой?"} {
				c.Choose(q, "Вопрос "+string(rune('1'+i)))
				c.Fill("Ответ "+string(rune('1'+i)), []string{"Барсик", "Три толстяка", "Ёжик"}[i])
			}
			c.Press("Сохранить")
			at(t, c, "/cabinet/security")
		}
		c.Press("Удалить вопросы")
		sees(t, c, "Контрольные вопросы удалены.")
		c.Open("/cabinet/security/questions")
		keep()
		if err := x.DB.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE account SET level = 'confirmed'`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		x.clock.Advance(2 * time.Minute)
		lost := x.browser(t)
		lost.Open("/recover")
		lost.Fill("username", phone)
		lost.Press("Получить код")
		lost.Fill("one-time-code", x.Code(t, phone))
		lost.Press("Подтвердить")
		at(t, lost, "/recover/second")
		sees(t, lost, "Как звали вашего первого питомца?", "Какая игрушка была у вас любимой?")
		answer := func(pet, book, toy string) {
			lost.Fill("Как звали вашего первого питомца?", pet)
			lost.Fill("Какая книга поразила вас в детстве?", book)
			lost.Fill("Какая игрушка была у вас любимой?", toy)
			lost.Press("Продолжить")
		}
		answer("Барсик", "Колобок", "ежик")
		if lost.Page().Status != http.StatusUnprocessableEntity {
			t.Errorf("a wrong answer: status %d", lost.Page().Status)
		}
		answer("барсик!", "Три  толстяка", "ежик")
		at(t, lost, "/recover/password")
	})
}
