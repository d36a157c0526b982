package desk_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

func TestTheHeadReadsOnceOfADeadlineThatHasPassed(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx := context.Background()
		x := open(t, db)
		_, c := x.filed(t)
		clock.Advance(c.DueAt.Sub(db.Now()) + time.Minute)
		_, head := x.Hire(t, access.Head, "rosreestr")
		_, officer := x.Hire(t, access.Officer, "rosreestr")
		head.Open("/desk/deadlines")
		sees(t, head, "Новых сообщений о сроках нет")
		if err := x.cases.Overdue(ctx, application.Due{Case: c.ID, Version: c.Version}); err != nil {
			t.Fatal(err)
		}
		if got := officer.Get("/desk/deadlines").StatusCode; got != http.StatusForbidden { //nolint:bodyclose // read whole
			t.Errorf("an officer opens what the head is told: %d", got)
		}
		head.Open("/desk/cases")
		head.Follow("Сроки")
		sees(t, head, c.Number, "Прошёл", "Ни у кого")
		if head.Page().Sees("Проверкина") {
			t.Error("the list says who the person is")
		}
		head.Press("Отметить прочитанным")
		answers(t, head, http.StatusOK)
		sees(t, head, "Отмечено как прочитанное", "Новых сообщений о сроках нет")
		head.Open("/desk/cases/" + c.ID)
		sees(t, head, "Руководителю сообщено: срок прошёл")
	})
}
