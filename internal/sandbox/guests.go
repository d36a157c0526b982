package sandbox

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// guest is a resident who shows another document than a passport of Russia.
type guest struct {
	citizenship                               string
	surname, given, patronymic, sex, place    string
	born                                      time.Time
	kind, country, series, number, issued, by string
	until                                     string // "" when the document does not say it; term when it is for some months
	former                                    string // number of one that it replaced
}

// term stands for the last day of a document that is given for months: the half-year of the sandbox's clock and the next.
const term = "term"

// theGuests come after the residents, in this order.
var theGuests = []guest{
	{"KZ", "Ахметов", "Данияр", "Ерланович", "male", "г. Караганда", day(1988, 4, 14), "foreign_document", "KZ", "", "N99012345", "2024-03-05", "МВД Республики Казахстан", "2034-03-04", "N98765432"},
	{"DE", "Brandt", "Katharina", "", "female", "Lübeck", day(1979, 9, 2), "foreign_document", "DE", "", "C01X99KT4", "2023-06-19", "Hansestadt Lübeck", "2033-06-18", ""},
	{"UZ", "Каримова", "Дилноза", "Бахтияровна", "female", "г. Фергана", day(1996, 1, 27), "residence_permit", "RU", "", "830999123", "2022-11-15", "УВМ ГУ МВД РОССИИ ПО ЗАРЕЧНОЙ ОБЛАСТИ", "", ""},
	{"none", "Иоселиани", "Тариэл", "", "male", "г. Сухуми", day(1967, 12, 8), "residence_permit", "RU", "", "820999457", "2021-02-10", "УВМ ГУ МВД РОССИИ ПО ЗАРЕЧНОЙ ОБЛАСТИ", "", ""},
	{"AF", "Рахими", "Навид", "", "male", "г. Герат", day(1991, 6, 30), "refugee_certificate", "RU", "ББ", "0099871", "2025-05-12", "УВМ ГУ МВД РОССИИ ПО ЗАРЕЧНОЙ ОБЛАСТИ", "2031-05-11", ""},
	{"SY", "Хаддад", "Амина", "", "female", "г. Хомс", day(1994, 10, 3), "temporary_asylum", "RU", "ВУ", "0099364", "", "УВМ ГУ МВД РОССИИ ПО ЗАРЕЧНОЙ ОБЛАСТИ", term, ""},
	{"TJ", "Назаров", "Фирдавс", "Рустамович", "male", "г. Куляб", day(1999, 3, 21), "migration_card", "RU", "4699", "1200457", "", "", term, ""},
	{"", "Странникова", "Вера", "Игоревна", "female", "г. Тихий Плёс", day(1989, 8, 17), "temporary_card", "RU", "", "990012345", "", "ОВМ ПО ТИХОПЛЁССКОМУ РАЙОНУ", term, ""},
	{"", "Мореходов", "Глеб", "Андреевич", "male", "г. Тихий Плёс", day(1976, 5, 11), "international_passport", "RU", "", "999123456", "2024-02-02", "МВД 99001", "2034-02-02", "999004321"},
	{"KG", "Асанова", "Айсулуу", "Маратовна", "female", "г. Ош", day(2015, 2, 9), "foreign_document", "KG", "", "AC9912345", "2023-08-30", "МКК 50-99", "2033-08-29", ""},
}

// guests makes foreigners with their papers, a holder of a temporary card, and a citizen who lives abroad. Documents that are given for
// months are those of the half-year of now.
func guests(now time.Time) []*Resident {
	m := &maker{Rand: rand.New(rand.NewPCG(3, 2026)), used: map[string]bool{}} //nolint:gosec // the same people every time
	half := day(now.Year(), 1, 2)
	if now.Month() >= time.July {
		half = day(now.Year(), 7, 2)
	}
	var out []*Resident
	for i, g := range theGuests {
		reg := pick(m, regions)
		p := &Resident{Surname: g.surname, GivenName: g.given, Patronymic: g.patronymic, Sex: g.sex, BirthDate: iso(g.born), BirthPlace: g.place, born: g.born,
			Citizenship: g.citizenship, SNILS: snils(998_000_101 + 7*i), INN: m.inn(reg.code), Address: m.address(reg, pick(m, reg.towns)),
			Estates: []Estate{}, minor: age(g.born, dayFrom) < 18}
		d := Document{Kind: g.kind, Country: g.country, Series: g.series, Number: g.number, IssuedAt: g.issued, ExpiresAt: g.until, IssuedBy: g.by}
		if g.until == term {
			d.IssuedAt, d.ExpiresAt = iso(half.AddDate(0, 0, -1)), iso(half.AddDate(0, 11, 0))
		}
		p.Document = &d
		if g.former != "" {
			was := d
			was.Number, was.IssuedAt, was.ExpiresAt = g.former, "2016-04-05", "2026-04-04"
			p.Old = &Old{Document: &was}
		}
		out = append(out, p)
	}
	lost := out[7] // her passport was stolen; the next one is being made
	lost.Old = &Old{Passport: &Passport{Series: "9911", Number: fmt.Sprintf("%06d", 314159), IssuedAt: "2010-01-21", IssuedBy: "ОТДЕЛОМ УФМС РОССИИ", DepartmentCode: "990-001"}}
	return out
}
