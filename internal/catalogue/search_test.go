package catalogue

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"
)

func builtIn(t testing.TB) *Catalogue {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPeopleFindTheServiceTheyMean(t *testing.T) {
	c := builtIn(t)
	for _, tt := range []struct{ query, want string }{
		// by its name, in any form, case and with any ё
		{"справка о доходах", "income-certificate"},
		{"Справки о доходах", "income-certificate"},
		{"СПРАВКУ О ДОХОДАХ", "income-certificate"},
		{"выписка из реестра недвижимости", "property-extract"},
		{"загранпаспорта", "international-passport"},
		{"income certificate", "income-certificate"},
		{"property extracts", "property-extract"},
		{"паспорт ребенку", "international-passport"},
		// by what people call it
		{"2-НДФЛ", "income-certificate"},
		{"2 ндфл", "income-certificate"},
		{"ндфл", "income-certificate"},
		{"егрн", "property-extract"},
		{"выписка егрн", "property-extract"},
		{"поменять права", "driving-licence"},
		{"свадьба", "marriage"},
		{"купил машину", "car-bought"},
		{"осаго", "car-insurance"},
		{"потерял паспорт", "passport-replacement"},
		{"терапевт", "doctor-appointment"},
		{"land register", "property-extract"},
		{"driver's license", "driving-licence"},
		{"wedding", "marriage"},
		// in a sentence
		{"как мне получить справку о доходах для банка", "income-certificate"},
		{"где взять выписку на квартиру", "property-extract"},
		{"хочу записаться к врачу", "doctor-appointment"},
		{"how do i get a proof of income", "income-certificate"},
		// by agency
		{"росреестр", "property-extract"},
		{"ФНС", "income-certificate"},
		// while it is being typed
		{"спра", "income-certificate"},
		{"загр", "international-passport"},
		{"выписка из реес", "property-extract"},
		{"passp", "international-passport"},
		// in the wrong layout
		{"pfuhfy", "international-passport"},
		{"cghfdrf j lj[jlf[", "income-certificate"},
		{"tuhy", "property-extract"},
		{",hfr", "marriage"},
		{"cybkc", "snils"},
		{"штсщьу", "income-certificate"},
		// with a slip
		{"спрвка о доходах", "income-certificate"},
		{"загранпаспотр", "international-passport"},
		{"росреест", "property-extract"},
		{"недвижимасть", "property-extract"},
		{"водительскоее удостоверение", "driving-licence"},
		{"certifcate of income", "income-certificate"},
	} {
		hits := c.Search(tt.query, 5)
		if len(hits) == 0 || hits[0].Service.Slug != tt.want {
			t.Errorf("%q finds %s, want %s first", tt.query, slugs(hits), tt.want)
		}
	}
}

// A query that was understood otherwise than it was typed is said back; one that was right is not.
func TestWhatWasMeantIsSaid(t *testing.T) {
	c := builtIn(t)
	for query, want := range map[string]string{
		"pfuhfygfcgjhn":      "загранпаспорт",
		"cghfdrf j lj[jlf[":  "справка доходах",
		"штсщьу":             "income",
		"загранпаспотр":      "загранпаспорт",
		"водительские права": "",
		"справка о дох":      "",
		"загран":             "",
		"income certificate": "",
		"2ндфл":              "",
		"космический":        "",
	} {
		if got := c.Find(query, 5).Meant; got != want {
			t.Errorf("%q is taken for %q, want %q", query, got, want)
		}
	}
}

// Words written together or apart, and words that mean the same, lead where the usual ones do.
func TestOtherWordsLeadToTheSameService(t *testing.T) {
	c := builtIn(t)
	for query, want := range map[string]string{
		"загран паспорт":          "international-passport",
		"мат капитал":             "maternity-capital",
		"налоговыйвычет":          "tax-deduction",
		"тачку поставить на учёт": "vehicle-registration",
		"скончалась бабушка":      "death-registration",
		"посеял права":            "driving-licence",
		"доктор":                  "doctor-appointment",
		"загрнпас":                "international-passport", // while it is typed, with a slip
	} {
		if hits := c.Search(query, 5); len(hits) == 0 || hits[0].Service.Slug != want {
			t.Errorf("%q finds %s, want %s first", query, slugs(hits), want)
		}
	}
}

// words.yaml is built in: it is whole, and no group says one word twice.
func TestTheWordsOfTheSearchAreInOrder(t *testing.T) {
	if len(vocabulary.Same) < 50 || len(vocabulary.Weak) < 20 || len(alike) < 10 {
		t.Errorf("%d groups, %d weak words, %d pairs of letters", len(vocabulary.Same), len(vocabulary.Weak), len(alike))
	}
	for _, group := range vocabulary.Same {
		seen := map[string]bool{}
		for _, w := range group {
			if seen[fold(w)] || len(split(w)) != 1 {
				t.Errorf("%v: %q", group, w)
			}
			seen[fold(w)] = true
		}
		if len(group) < 2 {
			t.Errorf("%v is no group", group)
		}
	}
}

func slugs(hits []Hit) string {
	var out []string
	for _, h := range hits {
		out = append(out, fmt.Sprintf("%s %.1f", h.Service.Slug, h.Score))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func TestNothingIsFoundForNothing(t *testing.T) {
	c := builtIn(t)
	for _, q := range []string{"", "   ", "?!", "ъъъъъъ", "xyzzyx", "\xff\xfe", "космический корабль", strings.Repeat("я", 500)} {
		if hits := c.Search(q, 5); len(hits) != 0 {
			t.Errorf("%q finds %s", q, slugs(hits))
		}
	}
	if hits := c.Search("паспорт", 0); len(hits) != 0 {
		t.Errorf("limit 0 gives %s", slugs(hits))
	}
	if hits := c.Search("паспорт", -1); len(hits) != 0 {
		t.Errorf("limit -1 gives %s", slugs(hits))
	}
}

func many(t testing.TB, n int) *Catalogue {
	t.Helper()
	folder := fstest.MapFS{}
	for i := range n {
		folder[fmt.Sprintf("s%04d.yaml", i)] = &fstest.MapFile{Data: []byte(page(i))}
	}
	c, err := Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOneOfManyIsFound(t *testing.T) {
	c := many(t, 300)
	for _, q := range []string{"услуга 234", "service 234", "eckeuf 234"} {
		if hits := c.Search(q, 3); len(hits) == 0 || hits[0].Service.Slug != "page-234" {
			t.Errorf("%q finds %s", q, slugs(hits))
		}
	}
}

func BenchmarkSearchAmongThousands(b *testing.B) {
	c := many(b, 3000)
	for _, q := range []string{"справка о доходах", "pfuhfy", "загранпаспотр", "услуга номер 1234", "с"} {
		b.Run(q, func(b *testing.B) {
			for b.Loop() {
				c.Search(q, 10)
			}
		})
	}
}

// page is a small information page, number i.
func page(i int) string {
	return fmt.Sprintf(`apiVersion: svc/v1
kind: Information
code: town.page-%[1]d
slug: page-%[1]d
owner:
  code: town
  name: {ru: Городская администрация, en: Town hall}
  short: {ru: Город, en: Town}
title: {ru: Услуга номер %[1]d, en: Service number %[1]d}
summary: {ru: Описание услуги, en: A description}
catalog:
  lifeEvents: [documents]
  channels: [office]
  outcome: {ru: Бумага, en: A paper}
  processing: {term: P5D, text: {ru: Пять дней, en: Five days}}
  cost: {ru: Бесплатно, en: Free}
  law: []
  papers: []
  steps: [{ru: Придите, en: Come}]
  where: [{ru: В администрацию, en: The town hall}]
`, i)
}

func FuzzSearch(f *testing.F) {
	for _, s := range []string{"справка", "pfuhfy", "'.,;[]`", "ё", "a\u0301", "\xff", "2-НДФЛ", "загрнпас", "справкаодоходах", "мат капитал", "a1b2c3", "\u2028"} {
		f.Add(s)
	}
	c := builtIn(f)
	f.Fuzz(func(t *testing.T, query string) {
		found := c.Find(query, 3)
		for i, h := range found.Hits {
			if h.Score <= 0 || h.Service == nil || i > 0 && h.Score > found.Hits[i-1].Score {
				t.Errorf("%q: %+v", query, h)
			}
		}
		if len(found.Hits) > 3 || found.Meant != "" && len(found.Hits) == 0 || !utf8.ValidString(found.Meant) {
			t.Errorf("%q: %d hits, meant %q", query, len(found.Hits), found.Meant)
		}
		if again := c.Find(query, 3); !reflect.DeepEqual(found, again) {
			t.Errorf("%q finds %v, then %v", query, found, again)
		}
	})
}
