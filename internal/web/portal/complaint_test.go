package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"okno/internal/access"
)

// SRV-5: a refused person complains without scripts, the head answers at their desk, and the person reads it on the page of the case.
func TestAPersonComplainsOfARefusalWithoutScriptsAndReadsTheAnswerWhereTheCaseIs(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		who, c := x.Person(t, phone)
		toFiles(c, "Гость")
		c.Attach("attachment-photo", photo(t, "я.jpg", 300, 400, 100))
		c.Press("Приложить: Фотография")
		c.Press("Продолжить")
		c.Press("Продолжить")
		c.Press("Отправить заявление")
		list, err := x.cases.List(ctx, x.DB, who, 1)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		at := "/applications/" + list[0].ID
		c.Open(at)
		seesNo(t, c, "Подать жалобу")
		if got := c.Get(at + "/complaint").StatusCode; got != http.StatusConflict { //nolint:bodyclose // read whole
			t.Errorf("a complaint while nothing is decided: %d", got)
		}
		_, officer := x.Hire(t, access.Officer, "town")
		x.Hire(t, access.Officer, "town")
		officer.Open("/desk/cases/" + list[0].ID)
		officer.Press("Взять")
		officer.Choose("Плохой снимок", "reason")
		officer.FillAll("advice", "Снимитесь без шляпы")
		officer.Press("Отказать")

		c.Open(at)
		c.Follow("Подать жалобу")
		c.Press("Отправить жалобу")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Выберите, на что жалуетесь", "Напишите, что не так")
		long := strings.Repeat("я", x.Policy.Cases.ComplaintText+1)
		c.Choose("Отказ", "ground")
		c.Fill("text", long)
		c.Press("Отправить жалобу")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "сократите его до 4000 знаков")
		if c.Value("text") != long {
			t.Error("what was typed is lost")
		}
		c.Fill("text", "Я был без шляпы") // the ground is not chosen again
		c.Press("Отправить жалобу")
		answers(t, c, http.StatusOK)
		sees(t, c, "Жалоба отправлена", "Рассматривается", "Я был без шляпы", "Жалобу рассмотрит другой руководитель") // no head yet
		seesNo(t, c, "Подать жалобу")
		c.Open("/cabinet/notices")
		sees(t, c, "Жалоба по делу "+list[0].Number+" принята")
		c.Open("/cabinet")
		c.Fill("Найти среди моих дел", "шляпы")
		c.Press("Найти")
		sees(t, c, "Мои жалобы", "Рассматривается")
		_, stranger := x.Person(t, "+79120000009")
		if got := stranger.Get(at + "/complaint").StatusCode; got != http.StatusNotFound { //nolint:bodyclose // read whole
			t.Errorf("a stranger is answered with %d", got)
		}

		officer.Open("/desk/complaints")
		sees(t, officer, list[0].Number, "1 жалобу некому рассмотреть", "Попросите администратора портала")
		_, head := x.Hire(t, access.Head, "town")
		officer.Open("/desk/complaints")
		seesNo(t, officer, "некому рассмотреть")
		head.Open("/desk/complaints")
		head.Follow(list[0].Number)
		head.Choose("Удовлетворить: дело рассмотрит другой сотрудник", "outcome")
		head.Fill("reasons", "Шляпы на снимке нет")
		head.Fill("note", "Посмотрите снимок")
		head.Choose("Сотрудник officer", "officer") // the first has the same name and is not in the list
		head.Press("Вынести решение")
		answers(t, head, http.StatusOK)
		c.Open(at)
		sees(t, c, "Удовлетворена", "Шляпы на снимке нет", "Сотрудник решает")
		seesNo(t, c, "Посмотрите снимок", "Снимитесь без шляпы")
		c.Open("/cabinet/notices")
		sees(t, c, "Жалоба по делу "+list[0].Number+" удовлетворена")
	})
}
