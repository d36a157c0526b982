package portal_test

import (
	"net/http"
	"testing"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/store"
)

// SRV-3: the officer marks a file beside the answers, the person attaches another without scripts, and the officer sees both.
func TestAFileThatTheOfficerAskedForIsAttachedAnewWithoutScripts(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		who, c := x.Person(t, phone)
		toFiles(c, "Гость")
		c.Attach("attachment-photo", photo(t, "шляпа.jpg", 300, 400, 100))
		c.Press("Приложить: Фотография")
		c.Press("Продолжить")
		c.Press("Продолжить")
		c.Press("Отправить заявление")
		list, err := x.cases.List(ctx, x.DB, who, 1)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		at := "/desk/cases/" + list[0].ID
		_, officer := x.Hire(t, access.Officer, "town")
		officer.Open(at)
		officer.Press("Взять")
		sees(t, officer, "Фотография", "Серия паспорта")
		seesNo(t, officer, "Документ о жилье")
		officer.Tick("Фотография", true)
		officer.FillAll("advice", "Снимитесь без шляпы")
		officer.Press("Запросить")

		c.Open("/applications/" + list[0].ID + "/amend")
		sees(t, c, "Снимитесь без шляпы", "Фотография", "300×400")
		seesNo(t, c, "Документ о жилье", "Серия паспорта", "Удалить файл шляпа.jpg")
		c.Press("Ответить")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Приложите файл: Фотография")
		c.Attach("attachment-photo", photo(t, "мелко.jpg", 100, 100, 100))
		c.Press("Приложить: Фотография")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "мелко.jpg: Снимок слишком мелкий")
		c.Attach("attachment-photo", photo(t, "берет.jpg", 300, 400, 120))
		c.Press("Приложить: Фотография")
		sees(t, c, "Файл приложен", "берет.jpg")
		c.Follow("Заменить файл берет.jpg")
		sees(t, c, "Выберите файл вместо «берет.jpg»")
		c.Attach("attachment-photo", photo(t, "лицо.jpg", 300, 400, 140))
		c.Press("Приложить: Фотография")
		sees(t, c, "лицо.jpg")
		seesNo(t, c, "берет.jpg")
		officer.Open(at)
		seesNo(t, officer, "лицо.jpg") // it was not sent yet
		c.Press("Удалить файл лицо.jpg")
		seesNo(t, c, "лицо.jpg")
		c.Attach("attachment-photo", photo(t, "лицо.jpg", 300, 400, 150))
		c.Press("Приложить: Фотография")
		c.Press("Ответить")
		sees(t, c, "шляпа.jpg", "заменён", "лицо.jpg")

		officer.Open(at)
		sees(t, officer, "шляпа.jpg", "заменён", "лицо.jpg")
		for _, link := range []string{"Посмотреть файл шляпа.jpg", "Посмотреть файл лицо.jpg"} {
			if got := officer.Fetch(link).Header.Get("Content-Type"); got != "image/jpeg" { //nolint:bodyclose // read whole
				t.Errorf("%s: %s", link, got)
			}
		}
		_, stranger := x.Person(t, "+79120000009")
		if got := stranger.Get("/applications/" + list[0].ID + "/amend").StatusCode; got != http.StatusNotFound { //nolint:bodyclose // read whole
			t.Errorf("a stranger is answered with %d", got)
		}
	})
}

// OPS-2: the officer sees what an answer was before it was corrected, and which of the agency's systems did what.
func TestTheDeskShowsWhatAnAnswerWasBeforeAndWhichSystemActed(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		who, c := x.Person(t, phone)
		toFiles(c, "Гость")
		c.Attach("attachment-photo", photo(t, "я.jpg", 300, 400, 100))
		c.Press("Приложить: Фотография")
		c.Press("Продолжить")
		c.Fill("Серия паспорта", "4510")
		c.Press("Продолжить")
		c.Press("Отправить заявление")
		list, err := x.cases.List(ctx, x.DB, who, 1)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO agent (id, unit, name, scopes, created_at, created_by) VALUES ('system-one', 'town', 'АИС Пропуск', '', $1, 'somebody')`, tx.Now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		system := access.Actor{Kind: access.Agent, ID: "system-one", Unit: "town", Scopes: "cases:read cases:decide"}
		if _, err := x.cases.Do(ctx, system, list[0].ID, application.Act{Event: "take"}); err != nil {
			t.Fatal(err)
		}
		if _, err := x.cases.Do(ctx, system, list[0].ID, application.Act{Event: "ask", Advice: "Проверьте серию", Fields: []string{"/series"}}); err != nil {
			t.Fatal(err)
		}
		_, officer := x.Hire(t, access.Officer, "town")
		officer.Open("/desk/cases/" + list[0].ID)
		sees(t, officer, "АИС Пропуск (информационная система)", "4510")
		seesNo(t, officer, "Было до уточнения")
		c.Open("/applications/" + list[0].ID + "/amend")
		c.Fill("Серия паспорта", "4599")
		c.Press("Ответить")
		officer.Open("/desk/cases/" + list[0].ID)
		sees(t, officer, "Было до уточнения", "4510", "4599")
	})
}
