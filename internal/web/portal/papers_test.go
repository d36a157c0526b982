package portal_test

import (
	"net/http"
	"slices"
	"testing"

	"okno/internal/web/webtest"
)

// REG-13: whoever types a child's birthday reads who opens the account, and is led there.
func TestAChildsPapersAreRefusedWithTheWayToAParent(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		_, c := x.Person(t, phone)
		c.Open("/cabinet/identity/papers/person")
		for field, value := range map[string]string{"family-name": "Орлова", "given-name": "Вера", "bday": x.DB.Now().AddDate(-5, 0, 0).Format("02.01.2006")} {
			c.Fill(field, value)
		}
		c.Choose("Женский", "sex")
		c.Press("Продолжить")
		if c.Page().Status != http.StatusUnprocessableEntity || !slices.Contains(c.Page().Errors(), "До 14 лет учётную запись открывает родитель: попросите маму или папу") {
			t.Errorf("%d, %v", c.Page().Status, c.Page().Errors())
		}
		sees(t, c, "Учётную запись ребёнка открывает родитель", "центр обслуживания")
		if n, err := c.Page().Link("Мои дети — для родителя"); err != nil || webtest.Attr(n, "href") != "/cabinet/children" {
			t.Errorf("no way to the children's page: %v", err)
		}
	})
}

// REG-13, without scripts: another document is chosen, the page asks for its fields, and what was typed stays.
func TestThePageAsksForTheFieldsOfTheDocumentThatIsChosen(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		_, c := x.Person(t, phone)
		c.Open("/cabinet/identity/papers/person")
		for field, value := range map[string]string{"family-name": "Brandt", "given-name": "Katharina", "additional-name": "", "bday": "02.09.1979"} {
			c.Fill(field, value)
		}
		c.Choose("Женский", "sex")
		c.Press("Продолжить")
		if c.Page().URL.Path != "/cabinet/identity/papers/passport" {
			t.Fatalf("a name in Latin letters is refused: %v", c.Page().Errors())
		}
		sees(t, c, "Серия паспорта", "Код подразделения")
		seesNo(t, c, "Свидетельство о рождении") // of an adult
		c.Fill("passport_number", "123456")
		c.Choose("Документ иностранного гражданина", "document_kind")
		c.Press("Показать его поля")
		sees(t, c, "Номер документа", "Действителен до")
		seesNo(t, c, "Серия паспорта")
		c.Choose("Германия", "document_country")
		c.Fill("document_number", "C01X99KT4")
		c.Press("Продолжить")
		if c.Page().Status != http.StatusUnprocessableEntity || !slices.Contains(c.Page().Errors(), "Введите дату выдачи документа, например 20.04.2015") || c.Value("document_number") != "C01X99KT4" {
			t.Errorf("%d, %v", c.Page().Status, c.Page().Errors())
		}
		c.Choose("Паспорт гражданина России", "document_kind") // and back: sent with another choice the page asks for its fields
		c.Press("Продолжить")
		sees(t, c, "Серия паспорта")
		if c.Value("passport_number") != "123456" {
			t.Error("the number of the passport is lost")
		}
		c.Choose("Документ иностранного гражданина", "document_kind")
		c.Press("Показать его поля")
		if c.Value("document_number") != "C01X99KT4" {
			t.Error("what was typed for one kind is lost by a look at another")
		}
		c.Choose("Германия", "document_country")
		for field, value := range map[string]string{"document_issued_at": "19.06.2023", "document_expires_at": "18.06.2033", "document_issued_by": "Hansestadt Lübeck"} {
			c.Fill(field, value)
		}
		c.Press("Показать его поля") // as the Enter key does: everything is there, so it is sent
		if c.Page().URL.Path != "/cabinet/identity/papers/numbers" {
			t.Fatalf("at %s: %v", c.Page().URL.Path, c.Page().Errors())
		}
		c.Open("/cabinet/identity/papers/passport")
		if c.Value("document_number") != "C01X99KT4" || c.Value("document_issued_by") != "Hansestadt Lübeck" {
			t.Error("what was entered is lost")
		}
	})
}
