package portal_test

import (
	"testing"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/store"
	"okno/internal/web/webtest"
)

// SRV-2: an address is asked in its parts in one fieldset, filled in from the one line of the profile, and read as one line.
func TestAnAddressIsAskedInItsPartsAndReadInOneLine(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		x.bound(t, who, x.world.People()[0])
		const line = "141400, Московская область, г. Химки, ул. Ленина, д. 5, кв. 10"
		err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := x.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error {
				a.Level, a.Profile.Residence = access.Confirmed, line
				return nil
			})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		who.Level = access.Confirmed
		const at = "/services/flat-remodelling/apply/"
		c.Open("/services/flat-remodelling/apply")
		c.Open(at + "flat")
		sees(t, c, "Адрес квартиры", "Почтовый индекс", "Корпус или строение")
		for name, want := range map[string]string{"index": "141400", "region": "50", "district": "", "city": "г. Химки", "street": "ул. Ленина", "house": "5", "building": "", "flat": "10"} {
			name = "flat.address." + name
			if got := c.Value(name); got != want {
				t.Errorf("%s is %q", name, got)
			}
			n := c.Page().Fields(name)[0]
			if legend := c.Page().Legend(n); legend != "Адрес квартиры" || webtest.Attr(n, "autocomplete") == "street-address" {
				t.Errorf("%s stands under %q", name, legend)
			}
		}
		if groups := c.Page().All("fieldset", "id", "f-flat.address"); len(groups) != 1 || webtest.Attr(groups[0], "aria-describedby") != "f-flat.address-hint" {
			t.Error("there is no fieldset with a hint")
		}

		// What is wrong is said at the part, and what was typed stays.
		c.Fill("flat.cadastral_number", "77:01:0001001:1024")
		c.Choose("Моя", "tenure")
		c.Fill("flat.address.index", "1414")
		c.Fill("flat.address.city", "--")
		c.Fill("flat.address.flat", "кв. 12")
		c.Press("Продолжить")
		if got := c.Page().Errors(); len(got) != 2 || !c.Page().Sees("В названии города нет букв") {
			t.Errorf("it complains of %q", got)
		}
		for _, id := range []string{"#f-flat.address.index", "#f-flat.address.city"} {
			if len(c.Page().All("a", "href", id)) != 1 {
				t.Errorf("the summary does not lead to %s", id)
			}
		}
		if got := c.Value("flat.address.flat"); got != "12" {
			t.Errorf("of what was typed there is %q", got)
		}
		c.Fill("flat.address.index", "")
		c.Fill("flat.address.city", "город Ржев")
		c.Choose("Тверская область", "flat.address.region")
		c.Press("Продолжить")
		if problems := c.Page().Errors(); len(problems) > 0 {
			t.Fatal(problems)
		}
		d, err := x.cases.Draft(ctx, who, "municipality.flat-remodelling")
		if err != nil || d.Answers.Text("/flat/address/city") != "г. Ржев" || d.Answers.Get("/flat/address/index") != nil {
			t.Errorf("kept is %v, %v", d.Answers, err)
		}
		c.Open(at + "review")
		sees(t, c, "Тверская область, г. Ржев, ул. Ленина, д. 5, кв. 12")
		seesNo(t, c, "Почтовый индекс", "Город или посёлок")
		labels := 0
		for _, n := range c.Page().All("dt") {
			if webtest.TextOf(n) == "Адрес квартиры" {
				labels++
			}
		}
		if labels != 1 {
			t.Errorf("the line has %d labels", labels)
		}
	})
}
