package portal_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/procedure"
)

// decide has an officer do these things with the one case that was filed.
func (x counter) decide(t *testing.T, acts ...application.Act) (caseID string) {
	t.Helper()
	officer, _ := x.Hire(t, access.Officer, "town")
	list, err := x.cases.Find(ctx, officer, application.Filter{}, nil, 2)
	if err != nil || len(list.Cases) != 1 {
		t.Fatal(list, err)
	}
	for _, act := range acts {
		if _, err := x.cases.Do(ctx, officer, list.Cases[0].ID, act); err != nil {
			t.Fatal(err)
		}
	}
	return list.Cases[0].ID
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
		filed := x.decide(t, application.Act{Event: "take"}, application.Act{Event: "ask", Advice: "Принесите фотографию"})
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

// What the agency asks for is answered, and not passed over by whoever knows the address of the action.
func TestAnAnswerComesWithWhatWasAskedFor(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		who, c := toReview(t, x)
		c.Press("Отправить заявление")
		filed := x.decide(t, application.Act{Event: "take"}, application.Act{Event: "ask", Advice: "Исправьте", Fields: []string{"/series"}})
		c.Open("/applications/" + filed)
		sees(t, c, "Исправьте")
		c.Open("/applications/" + filed + "/do/answer")
		if got := c.Page().URL.Path; got != "/applications/"+filed {
			t.Errorf("the question whether to answer with nothing stands at %s", got)
		}
		if _, err := x.cases.Do(ctx, who, filed, application.Act{Event: "answer"}); !errors.Is(err, application.ErrUnanswered) {
			t.Errorf("an answer with nothing in it: %v", err)
		}
	})
}

// SRV-5: a corrected application is made with one button, and a draft that is open is not lost by it.
func TestACorrectedApplicationDoesNotWriteOverADraft(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		_, c := toReview(t, x)
		c.Press("Отправить заявление")
		refused := x.decide(t, application.Act{Event: "take"}, application.Act{Event: "refuse", Reason: "bad-photo", Advice: "Снимитесь заново"})
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
