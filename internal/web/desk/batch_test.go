package desk_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/i18n"
	"okno/internal/web/webtest"
)

// more is one more application of the person who filed the first.
func (x *desks) more(t *testing.T, person access.Actor) application.Case {
	t.Helper()
	ctx := context.Background()
	const code = "rosreestr.extract"
	d, err := x.cases.Begin(ctx, person, code)
	if err != nil {
		t.Fatal(err)
	}
	typed := map[string][]string{"property.cadastral_number": {"77:01:0001001:1234"}, "property.owner": {"true"}, "extract.kind": {"object"}}
	for _, page := range d.Form.Pages {
		if _, err := x.cases.SavePage(ctx, person, code, page.ID, typed); err != nil {
			t.Fatalf("page %s: %v", page.ID, err)
		}
	}
	c, err := x.cases.Submit(ctx, person, code, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// rows are the lines of the table of cases, by the number of the case.
func rows(c *webtest.Client, numbers ...string) map[string]string {
	out := map[string]string{}
	for _, row := range c.Page().All("tr") {
		for _, n := range numbers {
			if text := webtest.Plain(webtest.TextOf(row)); strings.Contains(text, n) {
				out[n] = text
			}
		}
	}
	return out
}

// All of a batch without scripts: some are ticked and one is unticked, what would become of each is shown, and just that is done.
func TestABatchIsPlannedLookedAtAndStartedWithoutScripts(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		ctx := context.Background()
		person, a := x.filed(t)
		b, c, d := x.more(t, person), x.more(t, person), x.more(t, person)
		ivan, officer := x.Hire(t, access.Officer, "rosreestr")
		head, leader := x.Hire(t, access.Head, "rosreestr")
		_, stranger := x.Hire(t, access.Head, "fns")
		if _, err := x.cases.SaveTemplate(ctx, head, application.Template{Title: "Сверьте номер", Text: i18n.Text{RU: "Дело {number}. {remedy}", EN: "Case {number}. {remedy}"}}); err != nil {
			t.Fatal(err)
		}
		for _, taken := range []application.Case{a, b, c} {
			if _, err := x.cases.Take(ctx, ivan, taken.ID); err != nil {
				t.Fatal(err)
			}
		}
		box := func(c application.Case) string { return "Отметить дело № " + c.Number }

		officer.Open("/desk/cases?filter=yes&turn=agency")
		if officer.Page().Sees("Сделать с отмеченными") || len(officer.Page().Fields(box(a))) > 0 {
			t.Error("an officer is offered what is for the head of the desk")
		}

		leader.Open("/desk/cases?filter=yes&turn=agency")
		sees(t, leader, "Сделать с отмеченными", "Отметьте дела в таблице и выберите действие")
		for _, one := range []application.Case{a, b, c, d} {
			leader.Tick(box(one), true)
		}
		leader.Tick(box(b), false)
		leader.Choose("Отказать", "what")
		leader.Choose("Объекта с таким кадастровым номером в реестре нет", "reason")
		leader.Choose("Сверьте номер", "text")
		leader.Press("Посмотреть, что будет")
		answers(t, leader, http.StatusOK)
		at := leader.Page().URL.Path
		sees(t, leader, "Пока ничего не сделано.", "Отказать", "Объекта с таким кадастровым номером в реестре нет", "Сверьте номер", "Получится: 2, не получится: 1.")
		shown := rows(leader, a.Number, b.Number, c.Number, d.Number)
		if !strings.Contains(shown[a.Number], "будет сделано") || !strings.Contains(shown[c.Number], "будет сделано") || !strings.Contains(shown[d.Number], "Нет: Дело уже изменилось") {
			t.Errorf("the preview says %v", shown)
		}
		if _, ok := shown[b.Number]; ok {
			t.Error("a case whose tick was taken away is in the batch")
		}
		if leader.Page().Sees("Проверкина") || x.recorded(t, person.ID, "application.viewed") {
			t.Error("the preview names the applicant, or counts as a look")
		}
		if got, err := x.cases.Get(ctx, head, a.ID); err != nil || got.State != "in-work" {
			t.Fatalf("the preview did something: %s, %v", got.State, err)
		}
		for who, browser := range map[string]*webtest.Client{"an officer": officer, "the head of another agency": stranger} {
			if got := browser.Get(at).StatusCode; got != http.StatusForbidden && got != http.StatusNotFound {
				t.Errorf("%s reads the batch: %d", who, got)
			}
			if got := browser.Get(at + "/events").StatusCode; got != http.StatusForbidden && got != http.StatusNotFound {
				t.Errorf("%s listens to the batch: %d", who, got)
			}
		}

		leader.PressTwice("Выполнить для 2 дел")
		answers(t, leader, http.StatusOK)
		sees(t, leader, "Что сделано", "Выполняется, осталось: 3", "ждёт очереди")
		if err := x.cases.RunBatch(ctx, application.DoBatch{Batch: at[len("/desk/batches/"):]}); err != nil {
			t.Fatal(err)
		}
		leader.Open(at)
		sees(t, leader, "Готово. Сделано: 2, не сделано: 1.")
		shown = rows(leader, a.Number, b.Number, c.Number, d.Number)
		if !strings.Contains(shown[a.Number], "сделано") || !strings.Contains(shown[d.Number], "Нет: Дело уже изменилось") {
			t.Errorf("the result says %v", shown)
		}
		if leader.Page().Sees("Выполнить для") {
			t.Error("what is done is offered again")
		}
		for _, one := range []application.Case{a, c} {
			if got, err := x.cases.Get(ctx, person, one.ID); err != nil || got.Outcome != "refused" || !strings.Contains(got.Content.Advice, "Дело "+one.Number) {
				t.Errorf("%s: %s «%s», %v", one.Number, got.Outcome, got.Content.Advice, err)
			}
		}
		if got, err := x.cases.Get(ctx, person, b.ID); err != nil || got.Outcome != "" {
			t.Errorf("a case that was not ticked: %s, %v", got.Outcome, err)
		}
	})
}

func TestABatchThatCannotBePlannedSaysWhyAndKeepsTheTicks(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		person, a := x.filed(t)
		b := x.more(t, person)
		_, leader := x.Hire(t, access.Head, "rosreestr")
		_, other := x.Hire(t, access.Officer, "rosreestr")
		box := func(c application.Case) string { return "Отметить дело № " + c.Number }
		leader.Open("/desk/cases?filter=yes&turn=agency")
		leader.Choose("Вернуть в очередь", "what")
		leader.Press("Посмотреть, что будет")
		answers(t, leader, http.StatusUnprocessableEntity)
		sees(t, leader, "Отметьте хотя бы одно дело")
		if leader.Value("what") != "release" {
			t.Errorf("what was chosen is lost: %q", leader.Value("what"))
		}
		leader.Tick(box(a), true)
		leader.Tick(box(b), true)
		x.Policy.Cases.BatchMost = 1
		leader.Press("Посмотреть, что будет")
		answers(t, leader, http.StatusUnprocessableEntity)
		sees(t, leader, "Отмечено слишком много дел. Уберите часть отметок.")
		if leader.Value(box(a)) == "" || leader.Value(box(b)) == "" {
			t.Error("the ticks are lost")
		}
		leader.Tick(box(b), false)
		leader.Press("Посмотреть, что будет")
		answers(t, leader, http.StatusOK)
		sees(t, leader, "Получится: 0, не получится: 1.")
		if leader.Page().Sees("Выполнить для") {
			t.Error("nothing can be done, and it can be started")
		}
		if got := other.Get(leader.Page().URL.Path).StatusCode; got != http.StatusForbidden {
			t.Errorf("an officer reads the head's batch: %d", got)
		}
	})
}
