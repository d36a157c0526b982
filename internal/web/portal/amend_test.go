package portal_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/web/webtest"
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
		sees(t, officer, "Дело у вас в работе", "Фотография", "Серия паспорта")
		seesNo(t, officer, "Документ о жилье")
		officer.Tick("Фотография", true)
		officer.FillAll("advice", "Снимитесь без шляпы")
		officer.Press("Запросить")
		sees(t, officer, "запрос отправлен заявителю")
		seesNo(t, officer, "видно решение")

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
		c.Press("Заменить файл берет.jpg")
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

// asked lets the person file an application for a badge with a series of a passport, and the officer ask for what is named.
func asked(t *testing.T, x counter, phone, series string, fields ...string) (c *webtest.Client, amend string) {
	t.Helper()
	who, c := x.Person(t, phone)
	toFiles(c, "Гость")
	c.Attach("attachment-photo", photo(t, "я.jpg", 300, 400, 100))
	c.Press("Приложить: Фотография")
	c.Press("Продолжить")
	c.Fill("Серия паспорта", series)
	c.Press("Продолжить")
	if len(c.Page().Fields("Для чего пропуск")) > 0 {
		c.Fill("Для чего пропуск", "для сада")
		c.Press("Продолжить")
	}
	c.Press("Отправить заявление")
	list, err := x.cases.List(ctx, x.DB, who, 1)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	officer := access.Actor{Kind: access.Agent, ID: "system-one", Unit: "town", Scopes: "cases:read cases:decide"}
	for _, act := range []application.Act{{Event: "take"}, {Event: "ask", Advice: "Проверьте", Fields: fields}} {
		if _, err := x.cases.Do(ctx, officer, list[0].ID, act); err != nil {
			t.Fatal(err)
		}
	}
	amend = "/applications/" + list[0].ID + "/amend"
	c.Open(amend)
	return c, amend
}

// SRV-2, SRV-3: whatever is done to the files of an answer, what is typed in it stands there again and is sent.
func TestWhatIsTypedInAnAnswerIsKeptWhenItsFilesAreAttachedReplacedAndDeletedWithoutScripts(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		c, amend := asked(t, x, phone, "4510", "/series", "photo")
		const field = "Серия паспорта"
		n := 4590
		press := func(button string, status int, words ...string) {
			t.Helper()
			n++
			typed := strconv.Itoa(n)
			c.Fill(field, typed)
			c.Press(button)
			answers(t, c, status)
			sees(t, c, words...)
			if got := c.Value(field); got != typed {
				t.Errorf("after «%s» there stands «%s», not «%s»", button, got, typed)
			}
		}
		c.Attach("attachment-photo", photo(t, "мелко.jpg", 100, 100, 100))
		press("Приложить: Фотография", http.StatusUnprocessableEntity, "мелко.jpg: Снимок слишком мелкий")
		c.Attach("attachment-photo", photo(t, "берет.jpg", 300, 400, 120))
		press("Приложить: Фотография", http.StatusOK, "Файл приложен", "берет.jpg")
		press("Заменить файл берет.jpg", http.StatusOK, "Выберите файл вместо «берет.jpg»")
		press("Не заменять", http.StatusOK, "берет.jpg")
		seesNo(t, c, "Выберите файл вместо")
		press("Заменить файл берет.jpg", http.StatusOK, "Выберите файл вместо «берет.jpg»")
		c.Attach("attachment-photo", photo(t, "кепка.jpg", 300, 400, 130))
		press("Приложить: Фотография", http.StatusOK, "Файл приложен", "кепка.jpg")
		seesNo(t, c, "берет.jpg")
		press("Удалить файл кепка.jpg", http.StatusOK, "Файл удалён")
		seesNo(t, c, "кепка.jpg")
		c.Attach("attachment-photo", photo(t, "лицо.jpg", 300, 400, 140))
		press("Приложить: Фотография", http.StatusOK, "лицо.jpg")
		c.Attach("attachment-photo", photo(t, "ещё.jpg", 300, 400, 150))
		press("Заменить файл лицо.jpg", http.StatusUnprocessableEntity, "«ещё.jpg» ещё не отправлен")
		at := c.Page().URL.Path
		c.Press("Ответить")
		sees(t, c, "Уточнения отправлены", "лицо.jpg", strconv.Itoa(n))

		c.Open(amend + "/attach/photo") // the address at which a file was sent, opened anew
		if c.Page().URL.Path == amend+"/attach/photo" || at != amend {
			t.Errorf("the answer stands at %s and then at %s", at, c.Page().URL.Path)
		}
	})
}

// SRV-2: what is typed in an answer is kept by itself, checked as it is typed, and stands there when its page is opened on another device, with
// a word that it was not sent; it can be thrown away. Of two pages none takes back in silence what the other has.
func TestInChromiumWhatIsTypedInAnAnswerIsKeptAndStandsThereOnAnotherDevice(t *testing.T) {
	chromium := webtest.Start(t)
	withFiles(t, func(t *testing.T, x counter) {
		base := served(t, x)
		c, amend := asked(t, x, phone, "4510", "/series")
		const field, word = "Серия паспорта", "Вы начали отвечать"
		seesNo(t, c, word)
		untouched := c.Tab()
		untouched.Open(amend)
		token, err := x.SignIn.SignIn(ctx, signintest.Visitor("phone"), phone, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		b := chromium.Browser(t, base, webtest.Phone())
		b.Open("/come/" + token)
		b.Open(amend)
		b.Fill(field, "45")
		b.Keys("\t")
		b.Await("what is wrong, and that it is kept", func(p *webtest.Page) bool {
			return len(p.All("p", "id", "f-series-error")) == 1 && p.Sees("сохранено")
		})
		b.Open(amend)
		for _, words := range []string{word, "Ведомство этого не видит"} {
			if !b.Page().Sees(words) {
				t.Errorf("opened again, the page does not say «%s»", words)
			}
		}
		b.Axe()
		if got := b.Value(field); got != "45" {
			t.Errorf("opened again, there stands «%s»", got)
		}

		untouched.Press("Ответить") // its page is of before, too, and nobody typed in it
		if p := untouched.Page(); !p.Sees("изменили в другой вкладке") || untouched.Value(field) != "45" {
			t.Errorf("a page in which nobody typed is sent, or has «%s»", untouched.Value(field))
		}
		c.Fill(field, "4599") // its page is of before
		c.Press("Ответить")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "в другой вкладке", "«45»")
		if got := c.Value(field); got != "4599" {
			t.Errorf("the page that clashes has «%s»", got)
		}
		c.Open(amend)
		sees(t, c, word)
		if got := c.Value(field); got != "45" {
			t.Errorf("on another device there stands «%s»", got)
		}
		c.Press("Вернуть ответы из заявления")
		sees(t, c, "Неотправленное удалено")
		seesNo(t, c, word)
		if got := c.Value(field); got != "4510" {
			t.Errorf("thrown away, and there stands «%s»", got)
		}
		c.Fill(field, "4577")
		c.Press("Ответить")
		sees(t, c, "Уточнения отправлены", "4577")
	})
}

// A page of an answer that was asked for anew meanwhile says so, and from then on takes back nothing in silence that another page has typed.
func TestAnAnswerThatIsAskedForAnewMeanwhileClashesAsAnyOther(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		c, amend := asked(t, x, phone, "4510", "/series")
		const field = "Серия паспорта"
		tab := c.Tab()
		tab.Open(amend)
		tab.Fill(field, "4577")
		tab.Press("Ответить")
		officer := access.Actor{Kind: access.Agent, ID: "system-one", Unit: "town", Scopes: "cases:read cases:decide"}
		id := strings.Split(amend, "/")[2]
		now, err := x.cases.Do(ctx, officer, id, application.Act{Event: "ask", Advice: "Снова не та", Fields: []string{"/series"}})
		if err != nil {
			t.Fatal(err)
		}
		c.Fill(field, "4599")
		c.Press("Ответить")
		answers(t, c, http.StatusConflict)
		if got := c.Value(field); got != "4599" {
			t.Errorf("of what was typed there stands «%s»", got)
		}
		who := access.Actor{Kind: access.Person, ID: now.AccountID, Level: access.Standard}
		if _, _, err := x.cases.KeepCorrection(ctx, who, id, now.Version, application.Typed{Values: map[string][]string{"series": {"4588"}}, Seen: 1, Tab: "another"}); err != nil {
			t.Fatal(err)
		}
		c.Press("Ответить")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "в другой вкладке", "«4588»")
	})
}

// A correction that makes other answers void says so before it is sent, and names them; so does the page of the case then. One that does
// not says nothing of it.
func TestWhoSendsACorrectionIsToldOfTheAnswersThatItMakesVoid(t *testing.T) {
	src, err := os.ReadFile("../../system/systemtest/services/badge.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(src)
	for _, pair := range [][2]string{{"en: What the badge is for}}", "en: What the badge is for}, when: \"d.series == '4510' || d.series == '4511'\"}"}, {"fields: [/note]", "fields: []"}, {"/number, /issued_at]}", "/number, /issued_at]}\n  - {id: why, title: {ru: Зачем, en: Why}, fields: [/note]}"}} {
		if !strings.Contains(text, pair[0]) {
			t.Fatalf("the badge has no %q", pair[0])
		}
		text = strings.Replace(text, pair[0], pair[1], 1)
	}
	withServices(t, fstest.MapFS{"badge.yaml": {Data: []byte(text)}}, func(t *testing.T, x counter) {
		for _, one := range []struct {
			phone, series string
			void          bool
		}{{phone, "4511", false}, {"+79120000009", "4599", true}} {
			c, _ := asked(t, x, one.phone, "4510", "/series")
			c.Fill("Серия паспорта", one.series)
			c.Press("Ответить")
			const void, field = "некоторые ваши ответы больше не нужны", "Для чего пропуск"
			if one.void { // before anything is sent, with what was typed
				sees(t, c, "эти ответы больше не понадобятся", field, "для сада")
				c.Fill("Серия паспорта", "4598") // what was read holds for it, too
				c.Press("Ответить")
				one.series = "4598"
			}
			sees(t, c, "Уточнения отправлены", one.series)
			if one.void {
				sees(t, c, void, "Было до уточнения", field, "для сада")
			} else {
				seesNo(t, c, void)
				sees(t, c, field, "для сада")
			}
		}
	})
}

// What a correction brings with it stands on the same page, without scripts: a question that nobody saw before, with a word that there is one,
// and a file that the application did not need.
func TestWhatACorrectionBringsWithItIsAskedOnTheSamePage(t *testing.T) {
	src, err := os.ReadFile("../../system/systemtest/services/badge.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(src)
	for _, pair := range [][2]string{{"en: What the badge is for}}", "en: What the badge is for}, when: \"d.kind == 'owner'\"}"}, {"edit: [/series", "edit: [/kind, /series"}, {"page: documents\n    when: d.kind == 'owner'", "page: passport\n    when: d.note == 'дом'"}, {"[photo, passport, deed]", "[photo, passport]"}, {"fields: [/note]", "fields: [/note, /number]"}, {"/series, /number, /issued_at]}", "/series, /issued_at]}"}} {
		if !strings.Contains(text, pair[0]) {
			t.Fatalf("the badge has no %q", pair[0])
		}
		text = strings.Replace(text, pair[0], pair[1], 1)
	}
	deed := filepath.Join(t.TempDir(), "жильё.pdf")
	if err := os.WriteFile(deed, []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"), 0o600); err != nil {
		t.Fatal(err)
	}
	withServices(t, fstest.MapFS{"badge.yaml": {Data: []byte(text)}}, func(t *testing.T, x counter) {
		c, _ := asked(t, x, phone, "4510", "/kind")
		seesNo(t, c, "Для чего пропуск", "Документ о жилье")
		c.Choose("Житель", "Кто вы")
		c.Press("Ответить")
		sees(t, c, "Появились новые вопросы", "Для чего пропуск")
		seesNo(t, c, "Уточнения отправлены", "Серия паспорта")
		c.Fill("Для чего пропуск", "дом")
		c.Press("Ответить")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Приложите файл: Документ о жилье")
		seesNo(t, c, "Появились новые вопросы")
		c.Attach("attachment-deed", deed)
		c.Press("Приложить: Документ о жилье")
		sees(t, c, "Файл приложен", "жильё.pdf")
		if got := c.Value("Для чего пропуск"); got != "дом" {
			t.Errorf("after the file there stands «%s»", got)
		}
		c.Press("Ответить")
		sees(t, c, "Уточнения отправлены", "жильё.pdf", "дом")
	})
}

// Of answers that are asked several times the person reads what they said before, as the officer does.
func TestOfRowsThatWereCorrectedThePersonReadsWhatTheySaidBefore(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		const stall = "town.stall"
		who, c := x.Person(t, phone)
		who.Level = access.Standard
		d, err := x.cases.Begin(ctx, who, stall)
		if err != nil {
			t.Fatal(err)
		}
		typed := map[string][]string{"region": {"77"}, "hall": {"north"}, "from": {"01.04.2026"}, "to": {"01.05.2026"}, "goods.0.name": {"хлеб"}, "goods.0.food": {"true"}, "goods.0.licence": {"12"}}
		for _, page := range d.Form.Pages {
			if _, err := x.cases.SavePage(ctx, who, stall, page.ID, typed); err != nil {
				t.Fatal(err)
			}
		}
		one, err := x.cases.Submit(ctx, who, stall, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		system := access.Actor{Kind: access.Agent, ID: "system-one", Unit: "town", Scopes: "cases:read cases:decide"}
		if _, err := x.cases.Do(ctx, system, one.ID, application.Act{Event: "ask", Advice: "Что за хлеб?", Fields: []string{"/goods"}}); err != nil {
			t.Fatal(err)
		}
		c.Open("/applications/" + one.ID + "/amend")
		c.FillAll("goods.0.name", "рыба-пила")
		c.FillAll("goods.0.licence", "34")
		c.Press("Ответить")
		sees(t, c, "Уточнения отправлены", "Было до уточнения", "Товар 1: Название", "хлеб", "рыба-пила")
		seesNo(t, c, "1 запись")
	})
}
