package form

import (
	"strings"
	"testing"

	"okno/internal/i18n"
)

func TestAnAddressInOneLineIsTakenApart(t *testing.T) {
	for typed, want := range map[string]PostalAddress{
		"141400, Московская область, г. Химки, ул. Ленина, д. 5, корп. 2, кв. 10": {Index: "141400", Region: "50", City: "г. Химки", Street: "ул. Ленина", House: "5", Building: "корп. 2", Flat: "10"},
		"141400 Московская обл г Химки ул Ленина д 5 корп 2 кв 10":                {Index: "141400", Region: "50", City: "г. Химки", Street: "ул. Ленина", House: "5", Building: "корп. 2", Flat: "10"},
		"Россия, обл. Московская, город Химки, Ленина улица, дом 5, квартира 10":  {Region: "50", City: "г. Химки", Street: "ул. Ленина", House: "5", Flat: "10"},
		"г.Москва, ул.Тверская, д.5к2, кв.17":                                     {Region: "77", City: "г. Москва", Street: "ул. Тверская", House: "5", Building: "корп. 2", Flat: "17"},
		"Москва, Тверская, 5, 17":                                                 {Region: "77", City: "г. Москва", Street: "Тверская", House: "5", Flat: "17"},
		"Москва, Тверская улица, 5-17":                                            {Region: "77", City: "г. Москва", Street: "ул. Тверская", House: "5", Flat: "17"},
		"Москва ул Ленина 5 17":                                                   {Region: "77", City: "г. Москва", Street: "ул. Ленина", House: "5", Flat: "17"},
		"191186, СПб, Невский пр-т, д. 28, лит. А, оф. 4":                         {Index: "191186", Region: "78", City: "г. Санкт-Петербург", Street: "пр-т Невский", House: "28", Building: "лит. А", Flat: "оф. 4"},
		"Респ. Татарстан, г. Казань, ул. Баумана, д. 1":                           {Region: "16", City: "г. Казань", Street: "ул. Баумана", House: "1"},
		"Татарстан респ, Казань, Баумана 1":                                       {Region: "16", City: "Казань", Street: "Баумана", House: "1"},
		"Московская обл., Ленинский район, деревня Дроздово, дом 7":               {Region: "50", District: "р-н Ленинский", City: "д. Дроздово", House: "7"},
		"г. Москва, ул. 8 Марта, д. 3":                                            {Region: "77", City: "г. Москва", Street: "ул. 8 Марта", House: "3"},
		"г. Москва, 3-я Парковая ул., д. 3 стр. 1":                                {Region: "77", City: "г. Москва", Street: "ул. 3-я Парковая", House: "3", Building: "стр. 1"},
		"Иркутская область, Братск, ул 25 Партсъезда, 4а":                         {Region: "38", City: "Братск", Street: "ул. 25 Партсъезда", House: "4а"},
		"г. Химки, вл. 5, пос. Мирный, ул. Лесная":                                {District: "г. Химки", City: "п. Мирный", Street: "ул. Лесная", House: "вл. 5"},
	} {
		got := ParseAddress(typed)
		if got != want {
			t.Errorf("%s\n got %#v\nwant %#v", typed, got, want)
		}
		if !got.Found() {
			t.Errorf("%s: no house", typed)
		}
		if again := ParseAddress(got.String()); again != got {
			t.Errorf("%s is read again as %#v", got, again)
		}
		asked := Form{Pages: []Page{{ID: "home", Fields: []Field{homeField(true)}}}}
		for what, in := range map[string]map[string][]string{"in its parts": typedParts("home", got), "in one line": {"home": {typed}}} {
			a := asked.Parse(in, nil)
			if PostalOf(a.Get("/home")) != want || len(asked.Validate(a, today)) > 0 && got.Region != "" {
				t.Errorf("%s: typed %s it is %#v, %v", typed, what, a, asked.Validate(a, today))
			}
		}
	}
}

func TestAnAddressThatCannotBeTakenApartStaysWhole(t *testing.T) {
	for _, typed := range []string{"войсковая часть 12345, лично в руки, после обеда", "до востребования", "Москва, Кремль, дворец, башня, часы"} {
		if got := ParseAddress(" " + typed); got.Found() || got.String() != typed {
			t.Errorf("%q became %q, %v", typed, got, got.Found())
		}
	}
}

func TestTwoAddressesThatDifferAreToldApartWithTheRemedy(t *testing.T) {
	const home = "141400, Московская область, г. Химки, ул. Ленина, д. 5, корп. 2, кв. 10"
	for _, tt := range []struct{ residence, key string }{
		{home, ""},
		{"Московская обл, город Химки, улица Ленина, дом 5 корпус 2 квартира 10", ""},
		{"Химки, Ленина, 5к2, кв. 10", ""},
		{"МОСКОВСКАЯ ОБЛАСТЬ, Г ХИМКИ, УЛ ЛЕНИНА, Д 5, К 2, КВ 10", ""},
		{"ул. Ленина, д. 5, корп. 2, кв. 10, г. Химки", ""},
		{"141400, Тверская область, г. Химки, ул. Ленина, д. 5, корп. 2, кв. 10", "form.address.differs_region"},
		{"Московская область, г. Мытищи, ул. Ленина, д. 5, корп. 2, кв. 10", "form.address.differs_city"},
		{"Московская область, г. Химки, ул. Мира, д. 5, корп. 2, кв. 10", "form.address.differs_street"},
		{"Московская область, г. Химки, пер. Ленина, д. 5, корп. 2, кв. 10", "form.address.differs_street"},
		{"Московская область, г. Химки, ул. Ленина, д. 5А, корп. 2, кв. 10", "form.address.differs_house"},
		{"Московская область, г. Химки, ул. Ленина, д. 5, корп. 3, кв. 10", "form.address.differs_building"},
		{"Московская область, г. Химки, ул. Ленина, д. 5, стр. 2, кв. 10", "form.address.differs_building"},
		{"Московская область, г. Химки, ул. Ленина, д. 5, кв. 10", "form.address.only_one_building"},
		{"Московская область, г. Химки, ул. Ленина, д. 5, корп. 2, кв. 11", "form.address.differs_flat"},
		{"Московская область, г. Химки, ул. Ленина, д. 5, корп. 2", "form.address.only_one_flat"},
		{"141401, Московская область, г. Химки, ул. Ленина, д. 5, корп. 2, кв. 10", "form.address.differs_index"},
		{"у бабушки", "form.address.differs_somewhere"},
	} {
		for _, pair := range [][2]string{{home, tt.residence}, {tt.residence, home}} {
			p := AddressesDiffer(ParseAddress(pair[0]), ParseAddress(pair[1]))
			key := ""
			if p != nil {
				key = p.Key
				said(t, p)
			}
			if key != tt.key {
				t.Errorf("%s\n%s\n%q, want %q", pair[0], pair[1], key, tt.key)
			}
		}
	}
	if p := AddressesDiffer(ParseAddress("д. 5А, ул. Мира, г. Химки"), ParseAddress("Химки, Мира, 5 а")); p != nil {
		t.Errorf("a letter apart from its house: %v", p)
	}
	if p := AddressesDiffer(ParseAddress("У бабушки."), ParseAddress("у бабушки")); p != nil {
		t.Errorf("two lines that say the same: %v", p)
	}
	p := AddressesDiffer(PostalAddress{Region: "50", City: "Химки", House: "1"}, PostalAddress{Region: "77", City: "г. Москва", House: "1"})
	if got := i18n.RU.T(p.Key, p.Args...); !strings.Contains(got, "Московская область") || !strings.Contains(got, "временная регистрация") {
		t.Errorf("said %q", got)
	}
	if got := i18n.EN.T(p.Key, p.Args...); !strings.Contains(got, "Moscow Oblast") {
		t.Errorf("said %q", got)
	}
}

func TestAMismatchIsNoticedAndRefusesNothing(t *testing.T) {
	c, _ := CheckNamed("residence_address")
	with := Others{"address": "г. Химки, ул. Ленина, д. 5"}
	if _, p := c.Read("г. Москва, ул. Мира, д. 1", with, theDay); p != nil {
		t.Errorf("refused: %v", p)
	}
	if p := c.Notice("г. Москва, ул. Мира, д. 1", with); p == nil || p.Key != "form.address.differs_city" {
		t.Errorf("noticed %v", p)
	}
	if p := c.Notice("Химки, улица Ленина, 5", with); p != nil {
		t.Errorf("noticed %v of the same place", p)
	}
	if p := c.Notice("г. Москва, ул. Мира, д. 1", nil); p != nil {
		t.Errorf("noticed %v without another address", p)
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"", ",", "141400, Московская обл., г. Химки, ул. Ленина, д. 5, корп. 2, кв. 10", "Москва, Тверская, 5-17", "д", "д.", "д.д.д", "г.г. г", "к1к2к3", "5к2с3", "ул", "а,б,в,г", "муниципальный округ", "\u0130 муниципальный округ", "_", "500000 500000"} {
		f.Add(s, "Москва, ул. Мира, д. 1")
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		a, b := ParseAddress(one), ParseAddress(two)
		if again := ParseAddress(a.String()); again != a {
			t.Errorf("%q is %#v and again %#v", one, a, again)
		}
		if p := AddressesDiffer(a, a); p != nil {
			t.Errorf("%q differs from itself: %v", one, p)
		}
		if p, q := AddressesDiffer(a, b), AddressesDiffer(b, a); (p == nil) != (q == nil) {
			t.Errorf("%q and %q differ in one direction: %v, %v", one, two, p, q)
		}
	})
}
