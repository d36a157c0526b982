package desk_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/store"
	"okno/internal/web/webtest"
)

// copied makes n more cases of one, filed in the same moment and each due a day after the other.
func (x *desks) copied(t *testing.T, c application.Case, n int) {
	t.Helper()
	err := x.DB.Write(context.Background(), func(tx *store.Tx) error {
		for i := range n {
			if err := tx.Do(context.Background(), `INSERT INTO application (id, number, account_id, service, definition, unit, state, turn, outcome, officer, content, failed, previous, submitted_at, entered_at, due_at, version)
				SELECT $1, $2, account_id, service, definition, unit, state, turn, outcome, officer, content, failed, previous, submitted_at, entered_at, $3, version FROM application WHERE id = $4`,
				fmt.Sprintf("copy-%04d", i), fmt.Sprintf("2031-%06d", i), store.Moment(c.DueAt.AddDate(0, 0, i+1)), c.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// numbers are those of the cases that the page lists, in their order.
func numbers(c *webtest.Client) (out []string) {
	for _, row := range c.Page().All("tr") {
		if a := webtest.Plain(webtest.TextOf(row)); strings.Contains(a, "2031-") {
			out = append(out, a[strings.Index(a, "2031-"):][:11])
		}
	}
	return out
}

// OPS-2: a list goes on by links that are there without scripts, and says how many cases it has as far as they are counted.
func TestALongListGoesOnPageByPageAndSaysHowMuchThereIs(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		_, c := x.filed(t)
		x.copied(t, c, 60)
		_, officer := x.Hire(t, access.Officer, "rosreestr")
		officer.Open("/desk/cases?queue=new")
		sees(t, officer, "61 дело: 50 на этой странице", "Дальше")
		if officer.Page().Sees("Назад") {
			t.Error("the first page leads back")
		}
		keys := func(page string, want ...string) {
			t.Helper()
			var got []string
			for _, key := range []string{"p", "n"} {
				if len(officer.Page().All("a", "data-key", key)) > 0 {
					got = append(got, key)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("from %s lead the keys %v, not %v", page, got, want)
			}
		}
		keys("the first page", "n")
		first := numbers(officer)
		officer.Follow("Дальше")
		keys("the last page", "p")
		sees(t, officer, "61 дело: 11 на этой странице", "Назад")
		second := numbers(officer)
		if len(first) != 49 || len(second) != 11 || second[0] <= first[48] {
			t.Errorf("%d cases, then %d: %v, %v", len(first), len(second), first, second)
		}
		at := officer.Page().URL.String()
		officer.Follow("Назад")
		if got := numbers(officer); strings.Join(got, " ") != strings.Join(first, " ") {
			t.Errorf("back: %v, not %v", got, first)
		}
		x.copiedAgain(t)
		officer.Open("/desk/cases?queue=new")
		sees(t, officer, "Больше 99 дел: 50 на этой странице")
		if err := x.DB.Write(context.Background(), func(tx *store.Tx) error {
			_, err := tx.Exec(context.Background(), `UPDATE application SET officer = 'another' WHERE number > $1`, first[9])
			return err
		}); err != nil {
			t.Fatal(err)
		}
		officer.Open(at) // what stood on this page has gone on
		if got := numbers(officer); len(got) == 0 || got[0] != first[0] {
			t.Errorf("a page that has gone shows %v, not the beginning of the list", got)
		}
	})
}

// copiedAgain makes another one of each that copied made: enough for a count to stop.
func (x *desks) copiedAgain(t *testing.T) {
	t.Helper()
	err := x.DB.Write(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec(context.Background(), `INSERT INTO application (id, number, account_id, service, definition, unit, state, turn, outcome, officer, content, failed, previous, submitted_at, entered_at, due_at, version)
			SELECT 'more-' || id, '2032-' || number, account_id, service, definition, unit, state, turn, outcome, officer, content, failed, previous, submitted_at, entered_at, due_at, version FROM application WHERE id LIKE 'copy-%'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// OPS-2: an officer goes from case to case of the queue from which they came, and the address alone knows which it is.
func TestAfterADeedTheNextCaseOfTheQueueFollows(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		ctx := context.Background()
		person, a := x.filed(t)
		b, c := x.more(t, person), x.more(t, person)
		_, officer := x.Hire(t, access.Officer, "rosreestr")
		colleague, _ := x.Hire(t, access.Officer, "rosreestr")
		officer.Open("/desk/cases?queue=new")
		officer.Follow(a.Number)
		sees(t, officer, a.Number, "Следующее дело")
		if got := officer.Page().URL.Query().Get("queue"); got != "new" {
			t.Errorf("the address of the case remembers the queue %q", got)
		}
		officer.Press("Взять в работу")
		answers(t, officer, http.StatusOK)
		sees(t, officer, a.Number, "Следующее дело")
		if _, err := x.cases.Take(ctx, colleague, b.ID); err != nil { // meanwhile
			t.Fatal(err)
		}
		if looks := x.looks(t, person.ID, "application.viewed"); looks != 2 {
			t.Errorf("%d looks are recorded of one case that was opened and shown again", looks)
		}
		officer.Follow("Следующее дело")
		sees(t, officer, c.Number)
		if officer.Page().Sees(b.Number) {
			t.Error("the next case is one that a colleague has taken meanwhile")
		}
		sees(t, officer, "В списке «Новые» других дел нет", "Вернуться к нему")
		officer.Press("Взять в работу")
		sees(t, officer, "В списке «Новые» других дел нет")
		officer.Open("/desk/cases/" + c.ID + "/next?queue=new")
		sees(t, officer, "Других дел в этом списке нет", "Новых заявлений нет")

		officer.Open("/desk/cases?filter=yes&turn=agency&officer=mine") // a filter of the moment is a list, too, and goes round
		officer.Follow(c.Number)
		officer.Follow("Следующее дело")
		sees(t, officer, a.Number)
		officer.Follow("Следующее дело")
		sees(t, officer, c.Number)

		officer.Open("/desk/cases/" + a.ID) // from nowhere: it is the queue in which it is found
		officer.Follow("Следующее дело")
		sees(t, officer, c.Number)
	})
}
