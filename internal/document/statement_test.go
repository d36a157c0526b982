package document

import (
	"strings"
	"testing"
	"time"

	"okno/internal/i18n"
	"okno/internal/stamp"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// CAB-2.
func TestAStatementOfARegisterSaysWhatItToldAndWhenAndIsSigned(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db).signing(t)
		x := Statement{Title: i18n.Text{RU: "Водительское удостоверение", EN: "Driving licence"}, Register: i18n.Text{RU: "Реестр ГИБДД", EN: "Register of the traffic police"}, Person: anna, KnownAt: noon,
			Facts: []Fact{{Label: i18n.Text{RU: "Серия и номер", EN: "Series and number"}, Value: i18n.Text{RU: "99 12 345678"}}}}
		for lang, want := range map[i18n.Lang][]string{
			i18n.RU: {"Водительское удостоверение", "Сведения из реестра", "Реестр ГИБДД", "Проверкина Анна Сергеевна", "99 12 345678", "14:02"},
			i18n.EN: {"Driving licence", "Statement from the register", "Register of the traffic police", "99 12 345678"},
		} {
			data, err := d.PrintStatement(t.Context(), x, lang)
			if err != nil {
				t.Fatal(err)
			}
			said := strings.Join(strings.Fields(text(t, data, "-layout")), " ")
			for _, w := range want {
				if !strings.Contains(said, w) {
					t.Errorf("%s: %q is not in %s", lang, w, said)
				}
			}
			if got := stamp.Verify(data, d.list(t)); !got.Genuine() {
				t.Errorf("%s: %+v", lang, got)
			}
		}
		if got := x.Name(i18n.RU); got != "Водительское удостоверение сведения из реестра, "+noon.UTC().Format(time.DateOnly)+".pdf" {
			t.Errorf("its name is %q", got)
		}
	})
}
