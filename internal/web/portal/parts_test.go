package portal_test

import (
	"os"
	"strings"
	"testing"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/web/webtest"
)

// toTheFair has the person file an application for the fair without a tent, and the pass begin where it can; it gives the whole.
func toTheFair(t *testing.T, x counter, who access.Actor, c *webtest.Client) application.Case {
	t.Helper()
	c.Open("/services/fair/apply")
	c.Fill("Для чего", "песни")
	c.Choose("Нет", "Нужна палатка")
	c.Press("Продолжить")
	c.Press("Отправить заявление")
	list, err := x.cases.List(ctx, x.DB, who, 1)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	return list[0]
}

func follow(t *testing.T, x counter, whole application.Case) {
	t.Helper()
	if err := x.cases.FollowParts(ctx, application.Follow{Case: whole.ID}); err != nil {
		t.Fatal(err)
	}
}

// The person may know the page of the whole alone: it says when it is their turn in a part, and leads there.
func TestThePageOfTheWholeSaysWhenItIsThePersonsTurnInAPart(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		who, c := x.Person(t, phone)
		whole := toTheFair(t, x, who, c)
		sees(t, c, "Ждём пропуск", "Из чего состоит", "Начнётся после предыдущего шага", "Не понадобилось")
		follow(t, x, whole)
		parts, err := x.cases.Parts(ctx, x.DB, who, whole)
		if err != nil || parts[0].Case == nil {
			t.Fatal(parts, err)
		}
		officer := access.Actor{Kind: access.Staff, ID: "officer-one", Role: access.Officer, Unit: "town"}
		if _, err := x.cases.Do(ctx, officer, parts[0].Case.ID, application.Act{Event: "ask", Advice: "Какие песни?", Fields: []string{"/reason"}}); err != nil {
			t.Fatal(err)
		}
		c.Open("/applications/" + whole.ID)
		sees(t, c, "Уточните, для чего", "Ваш ход")
		c.Follow("Открыть эту часть")
		sees(t, c, "Какие песни?", "Это часть одного заявления на несколько услуг")
		c.Follow("Открыть заявление целиком")
		sees(t, c, "Ждём пропуск")
		c.Open("/applications")
		sees(t, c, "часть заявления на несколько услуг")
		_, stranger := x.Person(t, "+79120000009")
		stranger.Open("/applications")
		seesNo(t, stranger, "Пропуск на ярмарку")
	})
}

// A part that its service does not take, since it was published otherwise meanwhile, has no case of its own; the page says what to do.
func TestAPartThatCouldNotBeSentIsSaid(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		who, c := x.Person(t, phone)
		whole := toTheFair(t, x, who, c)
		src, err := os.ReadFile("../../system/systemtest/services/pass.yaml")
		if err != nil {
			t.Fatal(err)
		}
		stricter := strings.NewReplacer("reason: {type: string, maxLength: 20}", "reason: {type: string, maxLength: 2}", "/reason: songs", "/reason: so").Replace(string(src))
		if _, err := x.cases.Catalogue.Publish(ctx, access.SystemActor(), x.DB, catalogue.Why{Breaking: "shorter"}, catalogue.Source{File: "pass.yaml", Content: []byte(stricter)}); err != nil {
			t.Fatal(err)
		}
		follow(t, x, whole)
		c.Open("/applications/" + whole.ID)
		sees(t, c, "Не вышло", "Подать не вышло", "напишите в поддержку", "Исправить и подать снова")
	})
}
