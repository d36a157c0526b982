package desk_test

import (
	"context"
	"net/http"
	"testing"

	"okno/internal/access"
	"okno/internal/application"
)

func TestTheHeadOfTheDeskDecidesAComplaintWithoutScripts(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		ctx := context.Background()
		person, c := x.filed(t)
		first, officer := x.Hire(t, access.Officer, "rosreestr")
		second, colleague := x.Hire(t, access.Officer, "rosreestr")
		_, head := x.Hire(t, access.Head, "rosreestr")
		_, stranger := x.Hire(t, access.Head, "fns")
		if _, err := x.cases.Take(ctx, first, c.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := x.cases.Do(ctx, first, c.ID, application.Act{Event: "refuse", Reason: "data-mismatch", Advice: "Сверьте номер"}); err != nil {
			t.Fatal(err)
		}
		if _, err := x.cases.Complain(ctx, person, c.ID, application.NewComplaint{Ground: application.AgainstRefusal, Text: "Номер верный"}); err != nil {
			t.Fatal(err)
		}
		at := "/desk/cases/" + c.ID + "/complaint"
		if got := stranger.Get(at).StatusCode; got != http.StatusNotFound {
			t.Errorf("the head of another agency sees the complaint: %d", got)
		}
		head.Open("/desk/complaints")
		sees(t, head, c.Number)
		if head.Page().Sees("Номер верный") || head.Page().Sees("Проверкина") {
			t.Error("the list shows what a person wrote, or who")
		}
		officer.Open(at)
		sees(t, officer, "Номер верный", "Жалобу рассматривает руководитель ведомства")
		before := x.looks(t, person.ID, "application.viewed")
		head.Open(at)
		if x.looks(t, person.ID, "application.viewed") <= before {
			t.Error("the look is not on the person's record")
		}
		head.Fill("reasons", "Номер действительно верный")
		head.Press("Вынести решение")
		answers(t, head, http.StatusUnprocessableEntity)
		if head.Value("reasons") != "Номер действительно верный" {
			t.Error("what was typed is lost")
		}
		head.Choose("Удовлетворить: дело рассмотрит другой сотрудник", "outcome")
		head.Press("Вынести решение")
		answers(t, head, http.StatusUnprocessableEntity)
		sees(t, head, "Выберите сотрудника, который рассмотрит дело заново")
		head.Fill("note", "Проверьте снова")
		head.Choose("Сотрудник officer", "officer") // the first has the same name and is not in the list
		head.Press("Вынести решение")
		answers(t, head, http.StatusOK)
		sees(t, head, "Удовлетворена", "Проверьте снова")
		officer.Open("/desk/cases/" + c.ID)
		sees(t, officer, "дело ведёт другой сотрудник")
		if officer.Page().Sees("Проверьте снова") || officer.Page().Sees("Одобрить") {
			t.Error("the first officer is told what the second has to do, or may decide again")
		}
		colleague.Open("/desk/cases/" + c.ID)
		sees(t, colleague, "Жалоба удовлетворена: дело рассматривается заново", "Проверьте снова", "Одобрить")
		colleague.Follow("Прочесть жалобу")
		sees(t, colleague, "Номер верный")
		if c, err := x.cases.Get(ctx, second, c.ID); err != nil || c.Officer != second.ID || c.Outcome != "" {
			t.Errorf("the case is with %q, outcome %q, %v", c.Officer, c.Outcome, err)
		}
	})
}
