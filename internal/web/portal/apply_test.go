package portal_test

import (
	"net/http"
	"testing"

	"okno/internal/access"
	"okno/internal/web/webtest"
)

// toReview fills in a guest's application for a badge, up to its review.
func toReview(t *testing.T, x counter) (access.Actor, *webtest.Client) {
	t.Helper()
	who, c := x.Person(t, phone)
	toFiles(c, "Гость")
	c.Fill("Для чего пропуск", "для стройки")
	c.Attach("attachment-photo", photo(t, "я.jpg", 300, 400, 100))
	c.Press("Приложить: Фотография")
	c.Press("Продолжить")
	c.Press("Продолжить")
	sees(t, c, "для стройки")
	return who, c
}

// SRV-3: what is filed is what the person has looked through.
func TestAnApplicationThatChangedElsewhereIsLookedThroughOnceMore(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		who, c := toReview(t, x)
		if _, err := x.cases.SavePage(ctx, who, "town.badge", "documents", map[string][]string{"note": {"для сада"}}); err != nil { // in another tab
			t.Fatal(err)
		}
		c.Press("Отправить заявление")
		answers(t, c, http.StatusConflict)
		sees(t, c, "заявление изменили в другой вкладке", "для сада")
		seesNo(t, c, "для стройки")
		c.Press("Отправить заявление")
		answers(t, c, http.StatusOK)
		sees(t, c, "Получено")
	})
}

// What is wrong with the whole is a link to the page that asks for it.
func TestTheReviewLeadsToWhatIsWrong(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		_, c := x.Person(t, phone)
		toFiles(c, "Гость")
		c.Open("/services/badge/apply/review")
		c.Follow("Приложите файл: Фотография")
		if got := c.Page().URL; got.Path != "/services/badge/apply/documents" {
			t.Errorf("it leads to %s", got)
		}
	})
}
