package portal_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"okno/internal/access"
	"okno/internal/system/systemtest"
)

// OPS-2: where two officers must agree, the second sees what the first asks to be corrected before they agree to that, and what was
// corrected before they agree to the decision.
func TestTheSecondOfficerSeesWhatIsToBeCorrectedAndWhatWas(t *testing.T) {
	src, err := os.ReadFile(filepath.Join(systemtest.Services(t), "badge.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(src)
	for _, action := range []string{"    approve: {by: officer,", "    ask: {by: officer,"} {
		if strings.Count(text, action) != 1 {
			t.Fatalf("%q is not there", action)
		}
		text = strings.Replace(text, action, action+" fourEyes: true,", 1)
	}
	withServices(t, fstest.MapFS{"badge.yaml": {Data: []byte(text)}}, func(t *testing.T, x counter) {
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
		at, amend := "/desk/cases/"+list[0].ID, "/applications/"+list[0].ID+"/amend"
		_, first := x.Hire(t, access.Officer, "town")
		_, second := x.Hire(t, access.Officer, "town")
		first.Open(at)
		first.Press("Взять")
		first.Tick("Серия паспорта", true)
		first.FillAll("advice", "Проверьте серию")
		first.Press("Запросить")

		c.Open(amend) // nothing is asked of the person before the second officer has agreed
		seesNo(t, c, "Проверьте серию", "Ответить")
		second.Open(at)
		sees(t, second, "Что исправить Серия паспорта", "Проверьте серию")
		seesNo(t, second, "Что исправить Фотография", "Заявитель исправил")
		second.Press("Подтвердить решение")
		c.Open(amend)
		sees(t, c, "Проверьте серию")
		seesNo(t, c, "Фотография")
		c.Fill("Серия паспорта", "4599")
		c.Press("Ответить")

		first.Open(at)
		first.Press("Одобрить")
		second.Open(at)
		sees(t, second, "Заявитель исправил Серия паспорта", "Было до уточнения", "4510", "4599")
		second.Press("Подтвердить решение")
		answers(t, second, http.StatusOK)
		c.Open("/applications/" + list[0].ID)
		sees(t, c, "Пропуск готов")
	})
}
