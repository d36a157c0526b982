package portal_test

import (
	"strings"
	"testing"
	"time"

	"okno/internal/place"
	"okno/internal/web/webtest"
)

// LVL-12.
func TestWhereToGoIsOpenToEverybodyWithAddressHoursAndPapers(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		x.clock.Advance(next(x.clock.Now(), time.Monday).Sub(x.clock.Now()))
		c := x.Browser(t)
		c.Open("/places")
		sees(t, c, "Куда прийти", "Центр обслуживания «Центральный»", "ул. Садовая, 5", "Сегодня 8:00–20:00", "пн–пт 8:00–20:00", "сб 9:00–18:00", "Сейчас открыто", "Возьмите с собой", "Паспорт",
			"Светлый банк", "Поликлиника № 1", "Приёмная Росреестра")
		x.clock.Advance(next(x.clock.Now(), time.Sunday).Sub(x.clock.Now()))
		c.Open("/places?kind=bank")
		sees(t, c, "Светлый банк", "Сегодня закрыто")
		seesNo(t, c, "Поликлиника № 1", "Сейчас открыто")
	})
}

// LVL-12: nobody is sent to a closed door on a holiday, on which no time is given either.
func TestOnAHolidayPlacesAreClosed(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		x.clock.Advance(time.Date(2027, 1, 2, 9, 30, 0, 0, time.UTC).Sub(x.clock.Now())) // a Saturday
		c := x.Browser(t)
		c.Open("/places?kind=bank")
		seesNo(t, c, "Сейчас открыто", "Сегодня 9")
		c.Open("/places")
		sees(t, c, "Сегодня закрыто: праздничный или выходной день")
	})
}

// SRV-7: the list of desks keeps to the holidays of the production calendar, and to the days that have hours of their own.
func TestTheListOfDesksOffersNoTimeOnAHolidayButToWhoReceivesThen(t *testing.T) {
	const clinics = `
- {code: rests, kind: clinic, name: {ru: Поликлиника}, town: {ru: Город}, address: {ru: Улица}, at: {lat: 55, lon: 37}, hours: {mon-sun: '9:00-15:00'}, desks: [{code: day, kind: a, name: {ru: Дневной врач}, slot: 30m}]}
- {code: works, kind: clinic, name: {ru: Дежурная}, town: {ru: Город}, address: {ru: Улица}, at: {lat: 55, lon: 37}, hours: {mon-sun: '9:00-15:00'}, desks: [{code: duty, kind: b, name: {ru: Дежурный врач}, slot: 30m, holidays: true}]}
- {code: once, kind: clinic, name: {ru: Однажды}, town: {ru: Город}, address: {ru: Улица}, at: {lat: 55, lon: 37}, hours: {mon-sun: '9:00-15:00'}, dates: {2027-01-03: '11:00-12:00', 2027-03-01: '11:00-12:00'}, desks: [{code: one, kind: c, name: {ru: Врач на день}, slot: 30m}]}
`
	each(t, func(t *testing.T, x home) {
		x.clock.Advance(time.Date(2027, 1, 2, 6, 30, 0, 0, time.UTC).Sub(x.clock.Now())) // a holiday; those of the new year end with the 8th
		list, err := place.Parse([]byte(clinics))
		if err != nil {
			t.Fatal(err)
		}
		x.where.Set(list)
		_, c := x.Person(t, phone)
		c.Open("/appointments/new")
		said := map[string]string{}
		for _, item := range c.Page().All("li") {
			text := webtest.TextOf(item)
			for _, who := range []string{"Дневной врач", "Дежурный врач", "Врач на день"} {
				if strings.HasPrefix(text, who) {
					said[who] = text
				}
			}
		}
		for who, want := range map[string]string{"Дневной врач": "сб, 9 января 2027, 09:00", "Дежурный врач": "сегодня", "Врач на день": "завтра, 11:00"} {
			if !strings.Contains(strings.ReplaceAll(said[who], "\u00a0", " "), want) {
				t.Errorf("of %s the list says %q, want %q", who, said[who], want)
			}
		}
		c.Open("/places")
		sees(t, c, "Сегодня закрыто: праздничный или выходной день", "3 января 2027 — 11:00–12:00")
		seesNo(t, c, "1 марта 2027") // people may not book for it yet
	})
}

func TestWithoutAScriptTheNearestPlacesAreThoseOfTheChosenDistrict(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		c := x.Browser(t)
		c.Open("/places?what=identity")
		seesNo(t, c, "Поликлиника № 1")
		c.Choose("Светлогорск, Северный район", "Где вы")
		c.Press("Показать")
		text := c.Page().Text()
		if north, centre := strings.Index(text, "«Северный»"), strings.Index(text, "«Центральный»"); north < 0 || centre < north {
			t.Errorf("North stands at %d, Central at %d", north, centre)
		}
		seesNo(t, c, "Поликлиника № 1") // what was asked for stays
		if r := c.Get("/places"); !strings.Contains(r.Header.Get("Permissions-Policy"), "geolocation=(self)") {
			t.Errorf("the page may not ask for the position: %s", r.Header.Get("Permissions-Policy"))
		}
		if r := c.Get("/services"); !strings.Contains(r.Header.Get("Permissions-Policy"), "geolocation=()") {
			t.Errorf("other pages may: %s", r.Header.Get("Permissions-Policy"))
		}
	})
}

func TestAServiceAndTheProofOfIdentitySayWhereToGo(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		_, c := x.Person(t, phone)
		c.Open("/services/doctor-appointment")
		c.Follow("Куда прийти: адреса и часы работы")
		sees(t, c, "Поликлиника № 1", "Запись к врачу")
		seesNo(t, c, "Светлый банк")
		c.Open("/services/criminal-record")
		seesNo(t, c, "Куда прийти: адреса")
		c.Open("/cabinet/identity")
		sees(t, c, "Центр обслуживания «Заречный»")
		seesNo(t, c, "Светлый банк") // branches confirm nobody yet (LVL-6)
		c.Follow("Все места, сначала ближайшие")
		sees(t, c, "Здесь подтверждают личность")
	})
}

// next is half past nine of the next such day.
func next(now time.Time, day time.Weekday) time.Time {
	at := time.Date(now.Year(), now.Month(), now.Day()+1, 9, 30, 0, 0, time.UTC)
	for at.Weekday() != day {
		at = at.AddDate(0, 0, 1)
	}
	return at
}

func TestAPortalThatKnowsOfNoPlaceSaysWhomToAsk(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		x.where.Set(nil)
		_, c := x.Person(t, phone)
		c.Open("/places")
		sees(t, c, "портал пока не знает", "Позвоните на горячую линию 8 800 100-00-00")
		seesNo(t, c, "Светлогорск", "Показать")
		c.Open("/cabinet/identity")
		sees(t, c, "Позвоните на горячую линию 8 800 100-00-00")
		seesNo(t, c, "Светлогорск", "Все места, сначала ближайшие")
	})
}
