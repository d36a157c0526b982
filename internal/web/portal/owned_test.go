package portal_test

import (
	"strings"
	"testing"

	"okno/internal/access"
	"okno/internal/wallet"
	"okno/internal/wallet/kind"
	"okno/internal/web"
)

// keeps adds a document to the person's wallet and gives its id.
func (x *purse) keeps(t *testing.T, who access.Actor, of kind.ID, typed map[string]string) {
	t.Helper()
	named := map[string]string{}
	for id, v := range typed {
		named["document_"+id] = v
	}
	if _, err := x.own.Add(ctx, who, wallet.Entry{Kind: of, Typed: named}); err != nil {
		t.Fatal(err)
	}
}

func (x *purse) car(t *testing.T, who access.Actor, number, plate, vin string) {
	t.Helper()
	x.keeps(t, who, "vehicle", map[string]string{"paper": "certificate", "number": number, "model": "LADA Vesta", "plate": plate, "vin": vin, "issued_at": "10.02.2020"})
}

// SRV-2: a page of a form says from which document it is filled in; of several the person chooses, without scripts, too.
func TestAPageOfAFormIsFilledInFromADocumentAndSaysSo(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		x.bound(t, who, x.world.People()[0])
		who.Level = access.Confirmed
		x.car(t, who, "99 11 123456", "А123ВС 77", "XTA210990Y7654321")
		c.Open("/services/vehicle-plates/apply")
		at := "/services/vehicle-plates/apply/plates"
		c.Open(at)
		sees(t, c, "Форма заполнена из этого документа", "Заполнено: Свидетельство о регистрации (СТС)", "LADA Vesta", "внесено в «Документы» 18\u00a0ноября 2026")
		if got := c.Value("plate"); !strings.HasPrefix(got, "А123ВС") {
			t.Errorf("the plate is %q", got)
		}
		seesNo(t, c, "11 123456", "123456") // the number of the paper stays masked

		x.car(t, who, "99 11 654321", "В456ОР 99", "XTA210990Y2766390")
		c.Open(at)
		sees(t, c, "Можно взять данные из другого")
		c.Press("Заполнить: Свидетельство о регистрации (СТС) ·· ·· ····21, LADA Vesta, В456ОР99")
		sees(t, c, "Форма заполнена из документа")
		if got := c.Value("plate"); !strings.HasPrefix(got, "В456ОР") {
			t.Errorf("the plate of the other car is %q", got)
		}
		c.Fill("plate", "С789ТУ 50")
		c.Press("Заполнить: Свидетельство о регистрации (СТС) ·· ·· ····56, LADA Vesta, А123ВС77")
		if got := c.Value("plate"); !strings.HasPrefix(got, "С789ТУ") {
			t.Errorf("what was typed is %q now", got)
		}
		sees(t, c, "Из документа нечего подставить")
		c.Choose("Обычные, длинные", "kind")
		c.Press("Продолжить")
		sees(t, c, "С789ТУ", "вы указали")
	})
}

// SRV-2, CAB-2: what is masked in the wallet comes into a form behind a second factor, and a document that has run out only when one says so.
func TestAFormAsksForASecondFactorBeforeItTakesWhatIsMasked(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		x.bound(t, who, x.world.People()[0])
		who.Level = access.Confirmed
		x.car(t, who, "99 11 123456", "А123ВС 77", "XTA210990Y7654321")
		x.keeps(t, who, "driving-licence", map[string]string{"number": "99 00 123456", "issued_at": "10.02.2010", "expires_at": "10.02.2020"})
		c.Open("/services/car-insurance/apply")
		at := "/services/car-insurance/apply/vehicle"
		c.Open(at)
		sees(t, c, "Есть в ваших документах", "Номера в документах закрыты")
		seesNo(t, c, "Y7654321")
		button := "Заполнить: Свидетельство о регистрации (СТС) ·· ·· ····56, LADA Vesta, А123ВС77"
		c.Fill("vehicle.brand", "LADA")
		c.Press(button)
		if got := c.Page().URL; got.Path != web.Again || got.Query().Get("need") != web.NeedSecond || got.Query().Get("next") != at {
			t.Errorf("without a second factor it leads to %s", got)
		}
		x.fresh = true
		c.Open(at)
		if got := c.Value("vehicle.brand"); got != "LADA" {
			t.Errorf("what was typed is lost on the way: %q", got)
		}
		c.Press(button)
		if got := c.Value("vehicle.vin"); got != "XTA210990Y7654321" {
			t.Errorf("the VIN is %q", got)
		}
		sees(t, c, "Форма заполнена из документа")
		seesNo(t, c, "11 123456") // nor is the number of the paper shown while the wallet is open: it goes to the agency

		c.Open("/services/driving-licence/apply")
		if _, err := x.cases.SavePage(ctx, who, "mvd.driving-licence", "reason", map[string][]string{"reason": {"expired"}}); err != nil {
			t.Fatal(err)
		}
		c.Open("/services/driving-licence/apply/licence")
		sees(t, c, "действовал до 10\u00a0февраля 2020", "сами мы его в форму не подставили")
		if got := c.Value("old.number"); got != "" {
			t.Errorf("a licence that has run out was taken: %q", got)
		}
		c.Press("Заполнить: Водительское удостоверение ·· ·· ····56, срок вышел")
		sees(t, c, "срок вышел 10\u00a0февраля 2020")
		if got := c.Value("old.number"); !strings.HasSuffix(got, "123456") {
			t.Errorf("the number is %q", got)
		}
	})
}
