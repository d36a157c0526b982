package portal_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/procedure"
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

// SRV-4: whose turn it is has a button, whatever the definition calls it and whether or not it opens answers.
func TestEveryActionOfTheApplicantHasAButton(t *testing.T) {
	src, err := os.ReadFile(filepath.Join("../../system/systemtest/services", "badge.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.NewReplacer("      edit: [/series, photo, deed]\n", "", "require: [advice, fields]", "require: [advice]",
		"answer: {by: applicant, title: {ru: Ответить, en: Answer}, tone: primary}",
		"answer: {by: applicant, title: {ru: Я принёс фотографию, en: I brought the picture}, tone: primary, confirm: {ru: Сотрудник продолжит, en: The officer goes on}}").Replace(string(src))
	withServices(t, fstest.MapFS{"badge.yaml": {Data: []byte(plain)}}, func(t *testing.T, x counter) {
		who, c := toReview(t, x)
		c.Press("Отправить заявление")
		officer, _ := x.Hire(t, access.Officer, "town")
		list, err := x.cases.Find(ctx, officer, application.Filter{}, nil, 1)
		if err != nil || len(list.Cases) != 1 {
			t.Fatal(list, err)
		}
		filed := list.Cases[0].ID
		for _, act := range []application.Act{{Event: "take"}, {Event: "ask", Advice: "Принесите фотографию"}} {
			if _, err := x.cases.Do(ctx, officer, filed, act); err != nil {
				t.Fatal(err)
			}
		}
		c.Open("/applications/" + filed)
		c.Follow("Я принёс фотографию")
		sees(t, c, "Сотрудник продолжит")
		c.Press("Я принёс фотографию")
		answers(t, c, http.StatusOK)
		sees(t, c, "Готово", "Решаем")
		seesNo(t, c, "Я принёс фотографию")
		c.Open("/applications/" + filed + "/do/answer") // of an old page
		sees(t, c, "Решаем")
		c.Follow("Отозвать")
		c.Press("Отозвать")
		if got, err := x.cases.Get(ctx, who, filed); err != nil || got.Outcome != procedure.Withdrawn {
			t.Errorf("%s, %v", got.Outcome, err)
		}
	})
}

// SRV-5: a corrected application is made with one button, and a draft that is open is not lost by it.
func TestACorrectedApplicationDoesNotWriteOverADraft(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		_, c := toReview(t, x)
		c.Press("Отправить заявление")
		officer, _ := x.Hire(t, access.Officer, "town")
		list, err := x.cases.Find(ctx, officer, application.Filter{}, nil, 1)
		if err != nil || len(list.Cases) != 1 {
			t.Fatal(list, err)
		}
		refused := list.Cases[0].ID
		for _, act := range []application.Act{{Event: "take"}, {Event: "refuse", Reason: "bad-photo", Advice: "Снимитесь заново"}} {
			if _, err := x.cases.Do(ctx, officer, refused, act); err != nil {
				t.Fatal(err)
			}
		}
		toFiles(c, "Гость")
		c.Fill("Для чего пропуск", "для сада")
		c.Attach("attachment-photo", photo(t, "он.jpg", 300, 400, 90))
		c.Press("Приложить: Фотография")

		c.Open("/applications/" + refused)
		c.Press("Исправить и подать снова")
		sees(t, c, "Заменить черновик?")
		c.Follow("Продолжить черновик")
		c.Open("/services/badge/apply/documents")
		if got := c.Value("Для чего пропуск"); got != "для сада" {
			t.Fatalf("the draft says %q", got)
		}
		sees(t, c, "он.jpg")

		c.Open("/applications/" + refused)
		c.Press("Исправить и подать снова")
		c.Press("Заменить черновик")
		c.Open("/services/badge/apply/documents")
		if got := c.Value("Для чего пропуск"); got != "для стройки" {
			t.Errorf("the corrected one says %q", got)
		}
		sees(t, c, "я.jpg")
		seesNo(t, c, "он.jpg")

		c.Fill("Для чего пропуск", "для дачи")
		c.Press("Продолжить")
		c.Open("/applications/" + refused)
		c.Press("Исправить и подать снова") // it is under way: nothing begins anew
		c.Open("/services/badge/apply/documents")
		if got := c.Value("Для чего пропуск"); got != "для дачи" {
			t.Errorf("the corrected one says %q", got)
		}
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
