package portal_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"okno/internal/appointment"
	"okno/internal/audit"
	"okno/internal/id"
	"okno/internal/jobs/jobstest"
	"okno/internal/place"
	"okno/internal/store"
	"okno/internal/web/webtest"
)

const other = "+79120000002"

// book books the first free time of the therapist by the pages, and returns the address of the appointment.
func book(t *testing.T, c *webtest.Client) string {
	t.Helper()
	c.Open("/appointments/new/clinic-1-therapist")
	c.Choose(firstTime(t, c), "start")
	c.Press("Занять время")
	sees(t, c, "Подтвердите запись", "Время держится за вами до")
	c.Press("Подтвердить запись")
	sees(t, c, "Вы записаны")
	return c.Page().URL.Path
}

// calendarFile are the lines of the file for calendars behind the link.
func calendarFile(t *testing.T, c *webtest.Client, link string) map[string]string {
	t.Helper()
	body, err := io.ReadAll(c.Fetch(link).Body)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(body)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			out[name] = value
		}
	}
	return out
}

// firstTime is the first time that the page offers.
func firstTime(t *testing.T, c *webtest.Client) string {
	t.Helper()
	all := c.Page().All("input", "name", "start")
	if len(all) == 0 {
		t.Fatalf("no times: %s", c.Page().Text())
	}
	return c.Page().Label(all[0])
}

// SRV-7: what is booked here is on the portal, wherever the catalogue tells of it.
func TestAServiceThatIsBookedHereCountsAsOnThePortal(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		const found = "/services?q=%D0%B7%D0%B0%D0%BF%D0%B8%D1%81%D1%8C+%D0%BA+%D0%B2%D1%80%D0%B0%D1%87%D1%83" // a doctor's appointment
		c := x.Browser(t)
		c.Open("/services/doctor-appointment")
		sees(t, c, "Войти и записаться", "Упрощённая")
		seesNo(t, c, "только лично")
		_, c = x.Person(t, phone)
		c.Open(found)
		sees(t, c, "Можно подать")
		c.Open("/services/doctor-appointment")
		sees(t, c, "Записаться", "Или лично:")
		seesNo(t, c, "только лично", "Заполнить заявление")
		c.Press("В избранное")
		c.Open("/cabinet")
		sees(t, c, "Запись к врачу")
		seesNo(t, c, "В отделении")
		body, err := io.ReadAll(c.Get("/api/catalogue/doctor-appointment").Body) //nolint:bodyclose // the client reads it whole
		if err != nil || !strings.Contains(string(body), "minzdrav.doctor-appointment/online") {
			t.Errorf("%v, %s", err, body)
		}
	})
}

// SRV-7.
func TestATimeWithTheDoctorIsBookedMovedAndCancelled(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		_, c := x.Person(t, phone)
		c.Open("/services/doctor-appointment")
		c.Follow("Записаться")
		sees(t, c, "Терапевт Орлова Н. П.", "Педиатр Ветров А. С.", "Поликлиника № 1")
		c.Follow("Терапевт Орлова Н. П.")
		c.Press("Занять время") // without having chosen one
		if len(c.Page().Errors()) == 0 {
			t.Error("no time was chosen, and the page does not say so")
		}
		at := book(t, c)
		sees(t, c, "Терапевт Орлова Н. П.", "ул. Лесная, 3", "Полис ОМС")
		c.Open("/appointments")
		sees(t, c, "Терапевт Орлова Н. П.")

		c.Open(at)
		file := c.Fetch("Добавить в календарь")
		body := c.Get(at + "/visit.ics")
		if got := body.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/calendar") || file.StatusCode != http.StatusOK {
			t.Errorf("the file is %d, %s", file.StatusCode, got)
		}
		c.Open(at)
		known := calendarFile(t, c, "Добавить в календарь")
		begin := func() string {
			c.Open(at)
			c.Follow("Перенести")
			sees(t, c, "Вы переносите запись", "Прежнее время остаётся вашим")
			c.Choose(firstTime(t, c), "start")
			c.Press("Занять время")
			return c.Page().URL.Path
		}
		begun := begin()
		c.Press("Не нужно") // the visit stands
		seesNo(t, c, "Прошедшие и отменённые")
		if got := c.Get(begun + "/visit.ics").StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("the file of a move that was given up would take the visit away: %d", got)
		}
		c.Open(begun)
		seesNo(t, c, "Убрать из календаря")
		moved := begin()
		c.Press("Подтвердить запись")
		c.Open(at)
		sees(t, c, "Запись перенесена")
		c.Open("/appointments")
		if n := len(c.Page().All("a", "href", moved)); n != 1 {
			t.Errorf("%d of the new time", n)
		}
		c.Open(moved)
		c.Follow("Отменить запись")
		c.Press("Отменить запись")
		sees(t, c, "Записей нет", "Прошедшие и отменённые", "Запись отменена")
		if n := len(c.Page().All("a", "href", at)); n != 0 {
			t.Errorf("the time before it was moved stands there %d times: another took its place", n)
		}
		c.Follow("19 ноября") // the one that was cancelled
		sees(t, c, "Запись отменена")
		gone := calendarFile(t, c, "Убрать из календаря")
		if gone["METHOD"] != "CANCEL" || gone["STATUS"] != "CANCELLED" || gone["UID"] != known["UID"] || gone["SEQUENCE"] != "2" || known["METHOD"] != "PUBLISH" || known["SEQUENCE"] != "0" {
			t.Errorf("a calendar is told %v, and it knew %v", gone, known)
		}
		if got := c.Get(at + "/visit.ics").StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("the file of the time that was moved would take the new one away: %d", got)
		}
		for _, to := range []string{at + "/nothing", "/appointments/nobody", "/appointments/new/nobody", "/visit/nobody"} {
			if got := c.Get(to).StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
				t.Errorf("%s: %d", to, got)
			}
		}
	})
}

// A portal that knows no place with a desk yet says so; it is no address that is not there.
func TestWhereNobodyReceivesPeopleYetThePageSaysSo(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		x.where.Set([]place.Place{})
		_, c := x.Person(t, phone)
		c.Open("/appointments/new")
		sees(t, c, "Записаться пока не к кому", "Заявления можно подать и без записи")
		seesNo(t, c, "Никто не нашёлся", "Показать")
		if got := c.Get("/appointments/new/passport").StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("what nobody receives people for: %d", got)
		}
	})
}

// SRV-7: visits that are over are listed, the latest first and a page at a time, and found by the search; nobody else's are.
func TestVisitsThatAreOverAreListedPageByPageAndFound(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		who, c := x.Person(t, phone)
		at := book(t, c)
		if err := x.DB.Write(ctx, func(tx *store.Tx) error { // as many of last year
			for i := range 25 {
				start := tx.Now().AddDate(-1, 0, i)
				if _, err := tx.Exec(ctx, `INSERT INTO appointment (id, account_id, kind, resource, starts_at, ends_at, state, root, sequence, party, reminded, answered, seat, created_at) SELECT $1, $2, kind, resource, $3, $4, 'booked', $1, 0, 1, 0, 0, seat, created_at FROM appointment WHERE id = $5`,
					id.New(), who.ID, start, start.Add(15*time.Minute), strings.TrimPrefix(at, "/appointments/")); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		c.Open("/appointments")
		sees(t, c, "Прошедшие и отменённые", "12 декабря 2025")
		seesNo(t, c, "18 ноября 2025")
		c.Open("/appointments?page=2")
		sees(t, c, "18 ноября 2025")
		seesNo(t, c, "12 декабря 2025")
		c.Open("/cabinet")
		c.Fill("Найти среди моих дел", "18 ноября 2025")
		c.Press("Найти")
		sees(t, c, "Прошедшие и отменённые", "Терапевт Орлова")
		_, stranger := x.Person(t, "+79120000009")
		stranger.Open("/appointments")
		seesNo(t, stranger, "Прошедшие")
	})
}

// headings are the places under which the list has its desks.
func headings(c *webtest.Client) (all []string) {
	for _, n := range c.Page().All("h2") {
		all = append(all, webtest.TextOf(n))
	}
	return all
}

// SRV-7: doctors, agencies and service centres, by what one comes for, the kind of place and the district, nearest first.
func TestWhoReceivesIsFoundByWordsByKindAndNearestFirst(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		_, c := x.Person(t, phone)
		c.Open("/appointments")
		c.Follow("Записаться")
		sees(t, c, "Центр обслуживания Подтверждают личность Сейчас открыто", "Светлогорск, Центральный район, ул. Лесная, 3", "Терапевт Орлова Н. П. Кабинет 204 Ближайшее время: завтра, 09:00",
			"Приём граждан, окно 3 Вопросы по вашему делу Ближайшее время: сегодня, 14:30", "Педиатр Ветров А. С. Кабинет 110 Ближайшее время: пт, 20 ноября, 14:00")
		seesNo(t, c, "Светлый банк", "Отделение банка") // where nobody is received by appointment
		if got := headings(c); !slices.Equal(got, []string{"Центр обслуживания «Центральный»", "Центр обслуживания «Северный»", "Поликлиника № 1", "Приёмная Росреестра"}) {
			t.Errorf("the places are %q", got)
		}
		find := func(words string, want ...string) {
			t.Helper()
			c.Open("/appointments/new")
			c.Fill("К кому или с чем вы идёте", words)
			c.Press("Показать")
			for _, name := range []string{"Терапевт", "Педиатр", "Хирург", "Кардиолог", "зал 1", "Приём заявителей", "окно 3"} {
				if got := c.Page().Sees(name); got != slices.Contains(want, name) {
					t.Errorf("%s for %q: %v", name, words, got)
				}
			}
		}
		doctors := []string{"Терапевт", "Педиатр", "Хирург", "Кардиолог"}
		find("тЕР", "Терапевт")
		find("врач", doctors...) // of the service they receive for
		find("лесная", doctors...)
		find("хирург лесная", "Хирург")
		find("sobolev", "Кардиолог")
		find("подтвердить личность", "зал 1", "Приём заявителей")
		find("росреестр", "окно 3")
		find("Светлогорск приём заявителёй", "зал 1", "Приём заявителей")
		find("космонавт")
		sees(t, c, "Никто не нашёлся", "другими словами")
		c.Follow("Все, кто принимает по записи")
		sees(t, c, "Терапевт", "окно 3")

		c.Choose("Светлогорск, Северный район", "Где вы")
		c.Press("Показать")
		if got := headings(c); !slices.Equal(got, []string{"Приёмная Росреестра", "Центр обслуживания «Северный»", "Центр обслуживания «Центральный»", "Поликлиника № 1"}) &&
			!slices.Equal(got, []string{"Центр обслуживания «Северный»", "Приёмная Росреестра", "Центр обслуживания «Центральный»", "Поликлиника № 1"}) {
			t.Errorf("from the north the places are %q", got)
		}
		c.Choose("Поликлиника", "Вид места")
		c.Press("Показать")
		if got := headings(c); !slices.Equal(got, []string{"Поликлиника № 1"}) {
			t.Errorf("of clinics there are %q", got)
		}

		c.Open("/places")
		c.Follow("Записаться", "Поликлиника № 1")
		sees(t, c, "Терапевт", "Кардиолог")
		seesNo(t, c, "окно 3", "Где вы")
		c.Open("/places")
		c.Follow("Записаться", "Приёмная Росреестра")
		sees(t, c, "Приём граждан, окно 3", "Выберите день и время")
	})
}

// A district in which none of the kind is says where one is all the same.
func TestTheNearestClinicIsFoundFromADistrictWithoutOne(t *testing.T) {
	const where = `
- {code: far, kind: clinic, name: {ru: Дальняя}, town: {ru: Город}, district: {ru: Юг}, address: {ru: Улица}, at: {lat: 50, lon: 37}, hours: {mon-fri: '9:00-18:00'}, desks: [{code: far-1, kind: a, name: {ru: Врач}, slot: 30m}]}
- {code: near, kind: clinic, name: {ru: Ближняя}, town: {ru: Город}, district: {ru: Восток}, address: {ru: Улица}, at: {lat: 55, lon: 38}, hours: {mon-fri: '9:00-18:00'}, desks: [{code: near-1, kind: a, name: {ru: Врач}, slot: 30m}]}
- {code: here, kind: agency, name: {ru: Приёмная}, town: {ru: Город}, district: {ru: Север}, address: {ru: Улица}, at: {lat: 55, lon: 37}, hours: {mon-fri: '9:00-18:00'}, desks: [{code: here-1, kind: a, name: {ru: Окно}, slot: 30m}]}`
	each(t, func(t *testing.T, x home) {
		list, err := place.Parse([]byte(where))
		if err != nil {
			t.Fatal(err)
		}
		x.where.Set(list)
		_, c := x.Person(t, phone)
		for _, page := range []string{"/appointments/new", "/places"} {
			c.Open(page)
			c.Choose("Город, Север", "Где вы")
			c.Choose("Поликлиника", "Вид места")
			c.Press("Показать")
			if got := headings(c); !slices.Equal(got, []string{"Ближняя", "Дальняя"}) {
				t.Errorf("%s: from the north the clinics are %q", page, got)
			}
		}
	})
}

// A region has hundreds of desks: they stand page by page, and a full page asks the database no more often than a short one.
func TestManyDesksStandPageByPageAndAreAskedAllAtOnce(t *testing.T) {
	clinics := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "- {code: c%[1]d, kind: clinic, name: {ru: 'Поликлиника %[1]d'}, town: {ru: Город}, district: {ru: Район %[2]d}, address: {ru: Улица}, at: {lat: %[1]d, lon: 37}, hours: {thu: '9:00-10:00'}, desks: [\n", i+1, (i+1)%2)
			for j := range 15 {
				fmt.Fprintf(&b, "  {code: c%d-%d, kind: doctor, name: {ru: 'Врач %d-%d'}, slot: 30m},\n", i+1, j+1, i+1, j+1)
			}
			b.WriteString("  ]}\n")
		}
		return b.String()
	}
	each(t, func(t *testing.T, x home) {
		_, c := x.Person(t, phone)
		set := func(n int) {
			t.Helper()
			list, err := place.Parse([]byte(clinics(n)))
			if err != nil {
				t.Fatal(err)
			}
			x.where.Set(list)
		}
		set(1)
		c.Open("/appointments/new")
		one := statements(t, x.Floor, c, "/appointments/new?q=15")
		shows := func(first, last string, n int) {
			t.Helper()
			all := c.Page().All("a", "class", "list-title")
			if len(all) != n || webtest.TextOf(all[0]) != first || webtest.TextOf(all[n-1]) != last {
				t.Errorf("%s has %d desks: %s", c.Page().URL, len(all), c.Page().Text())
			}
		}
		shows("Врач 1-15", "Врач 1-15", 1)
		seesNo(t, c, "страница")
		set(20)
		if n := statements(t, x.Floor, c, "/appointments/new"); n != one {
			t.Errorf("twenty desks take %d statements, one takes %d", n, one)
		}
		sees(t, c, "страница 1 из 15")
		shows("Врач 1-1", "Врач 2-5", 20)
		c.Open("/appointments/new?page=2")
		sees(t, c, "страница 2 из 15")
		shows("Врач 2-6", "Врач 3-10", 20)
		if got := headings(c); !slices.Equal(got, []string{"Поликлиника 2", "Поликлиника 3"}) {
			t.Errorf("the second page has %q", got)
		}
		box := c.Page().All("div", "data-areas", "*")
		if len(box) != 1 || !strings.Contains(webtest.Attr(box[0], "data-areas"), `{"key":"Город/Район 0","lat":11,"lon":37}`) {
			t.Errorf("where the districts are is told so: %v", box)
		}
		if got := c.Get("/appointments/new").Header.Get("Permissions-Policy"); !strings.Contains(got, "geolocation=(self)") { //nolint:bodyclose // the client reads it whole
			t.Errorf("the page may not ask for the position: %s", got)
		}
		c.Choose("Город, Район 0", "Где вы")
		c.Press("Показать")
		c.Follow("Дальше")
		if got := c.Page().URL.Query(); got.Get("area") != "Город/Район 0" || got.Get("page") != "2" || got.Has("kind") {
			t.Errorf("the next page is of %v", got)
		}
	})
}

func TestOfADeskWithoutFreeTimeTheListSaysThatOneCanWait(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		_, boris, _ := x.rare(t)
		boris.Open("/appointments/new")
		sees(t, boris, "Редкий врач Свободного времени нет, можно встать в очередь")
	})
}

func TestWhoComesTooLateIsOfferedTheNearestTimes(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		_, anna := x.Person(t, phone)
		_, boris := x.Person(t, other)
		boris.Open("/appointments/new/clinic-1-therapist")
		boris.Choose(firstTime(t, boris), "start")
		at := book(t, anna)
		boris.Press("Занять время")
		sees(t, boris, "Это время только что заняли", "Ближайшее свободное время")
		if got := boris.Get(at).StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("another's appointment: %d", got)
		}
		near := boris.Page().All("button", "name", "start")
		if len(near) != 3 {
			t.Fatalf("%d times near it", len(near))
		}
		boris.Press(webtest.TextOf(near[0]))
		x.clock.Advance(x.Policy.Appointments.Hold)
		boris.Press("Подтвердить запись")
		sees(t, boris, "Время вышло", "Выбрать время")
	})
}

func TestAPartyIsBookedAsOne(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		who, c := x.Person(t, phone)
		c.Open("/appointments/new/mfc-1-visit?day=2026-11-19") // tomorrow
		c.Choose(firstTime(t, c), "start")
		c.Choose("3", "Сколько вас придёт")
		c.Press("Занять время")
		c.Press("Подтвердить запись")
		sees(t, c, "Придут, человек", "3")
		mine, err := x.times.Of(ctx, who)
		if err != nil || len(mine) != 1 || mine[0].Party != 3 {
			t.Fatalf("%+v, %v", mine, err)
		}
		_, _, r, _ := x.times.Resource("mfc-1-visit")
		left := func() int {
			free, err := x.times.Open(ctx, r)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range free {
				if s.Start.Equal(mine[0].Start) {
					return s.Free
				}
			}
			return 0
		}
		if got := left(); got != 1 {
			t.Errorf("%d seats are left", got)
		}
		if err := x.times.Cancel(ctx, who, mine[0].ID); err != nil || left() != 4 {
			t.Errorf("%d seats are left after the party has cancelled, %v", left(), err)
		}
	})
}

var visitLink = regexp.MustCompile(`http://localhost:8080(/visit/\S+)`)

func TestAReminderIsAnsweredOnceByItsLinkAndWhoDoesNotComeFreesTheTime(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		who, c := x.Person(t, phone)
		at := book(t, c)
		mine, err := x.times.Of(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		a := mine[0]
		remind := func(nth int) string {
			t.Helper()
			jobstest.Settle(t, x.Jobs)
			before := len(x.Outbox.To(phone))
			for range 2 { // the timer rings twice
				if err := x.times.Remind(ctx, appointment.Remind{Appointment: a.ID, Nth: nth}); err != nil {
					t.Fatal(err)
				}
			}
			jobstest.Settle(t, x.Jobs)
			sent := x.Outbox.To(phone)
			if len(sent) != before+1 {
				t.Fatalf("reminder %d: %d messages", nth, len(sent)-before)
			}
			m := visitLink.FindStringSubmatch(sent[len(sent)-1].Body)
			if m == nil {
				t.Fatalf("no link in %q", sent[len(sent)-1].Body)
			}
			return m[1]
		}
		x.clock.Advance(a.Start.Sub(x.clock.Now()) - x.Policy.Appointments.RemindLast)
		c = x.again(t) // the session is over meanwhile
		first := remind(1)
		c.Open("/cabinet")
		sees(t, c, "Ваш ход", "Придёте? ")
		stranger := x.Browser(t) // the link is for whoever has it, signed in or not
		stranger.Open(first)
		sees(t, stranger, "Вы придёте?", "Терапевт Орлова Н. П.")
		stranger.Press("Приду")
		sees(t, stranger, "Спасибо, ждём вас")
		again := x.Browser(t)
		again.Open(first)
		seesNo(t, again, "Не приду")

		last := remind(2)
		stranger.Open(last)
		if c.Open(at); !c.Page().Sees("Вы записаны") {
			t.Error("opening the link did something")
		}
		stranger.Press("Не приду")
		sees(t, stranger, "время свободно для других")
		c.Open(at)
		sees(t, c, "Запись отменена")
		if err := x.times.Answer(ctx, strings.TrimPrefix(last, "/visit/"), true); err == nil {
			t.Error("the link was used twice")
		}
		forged, _ := url.Parse(strings.Replace(last, "/visit/", "/visit/x", 1))
		if got := stranger.Get(forged.Path).StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("a link that is not ours: %d", got)
		}
		c.Open("/cabinet/notices")
		if c.Page().Sees("/visit/") {
			t.Error("the inbox has the link by which a time is freed")
		}
	})
}

// What the link of a reminder asks the person is asked on the page of the appointment, too; one answer is enough.
func TestAReminderIsAnsweredOnThePageOfTheAppointment(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		who, c := x.Person(t, phone)
		stranger, _ := x.Person(t, other)
		at := book(t, c)
		seesNo(t, c, "Вы придёте?")
		mine, err := x.times.Of(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		a := mine[0]
		if err := x.times.Say(ctx, who, a.ID, false); !errors.Is(err, appointment.ErrOver) {
			t.Errorf("who was not asked says: %v", err)
		}
		link := func(nth int) string {
			t.Helper()
			if err := x.times.Remind(ctx, appointment.Remind{Appointment: a.ID, Nth: nth}); err != nil {
				t.Fatal(err)
			}
			jobstest.Settle(t, x.Jobs)
			sent := x.Outbox.To(phone)
			return strings.TrimPrefix(visitLink.FindStringSubmatch(sent[len(sent)-1].Body)[1], "/visit/")
		}
		jobstest.Settle(t, x.Jobs)
		first := link(1)
		c.Open("/appointments")
		sees(t, c, "Вы придёте?")
		c.Open(at)
		old := x.again(t)
		old.Open(at)
		c.Press("Приду")
		sees(t, c, "Вы записаны", "Спасибо, ждём вас")
		seesNo(t, c, "Не приду")
		old.Press("Не приду") // of a page that was left open: the answer stands
		sees(t, old, "Вы записаны", "Спасибо, ждём вас")
		if err := x.times.Answer(ctx, first, false); !errors.Is(err, appointment.ErrOver) {
			t.Errorf("the link of a reminder that was answered on the page: %v", err)
		}

		x.clock.Advance(a.Start.Sub(x.clock.Now()) - time.Minute)
		last := link(2)
		c = x.again(t)
		if err := x.times.Say(ctx, stranger, a.ID, false); !errors.Is(err, appointment.ErrGone) {
			t.Errorf("a stranger says: %v", err)
		}
		c.Open(at)
		sees(t, c, "Вы придёте?")
		seesNo(t, c, "нельзя отменить")
		c.Press("Не приду")
		sees(t, c, "Запись отменена", "время свободно для других")
		if err := x.times.Answer(ctx, last, true); !errors.Is(err, appointment.ErrOver) {
			t.Errorf("the link after it: %v", err)
		}
		var said []string
		deeds, err := audit.About(ctx, x.DB, who.ID, 20, "")
		for _, e := range deeds {
			if strings.HasPrefix(e.Action, "appointment.") {
				said = append(said, e.Action)
			}
		}
		slices.Sort(said) // at one moment of the clock they stand in any order
		if got := strings.Join(said, " "); err != nil || got != "appointment.booked appointment.said appointment.said" {
			t.Errorf("the person reads of it: %q, %v", got, err)
		}
	})
}

func TestTheTimersOfAnAppointmentAreSetWhenItIsBooked(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		_, c := x.Person(t, phone)
		book(t, c)
		var n int
		if err := x.DB.QueryRow(ctx, `SELECT COUNT(*) FROM river_job WHERE kind = 'appointment.remind'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n < 1 {
			t.Errorf("%d timers", n)
		}
	})
}

// A doctor who receives one person on Thursdays: there are two times.
const rareDoctor = `
- {code: clinic, kind: clinic, name: {ru: Поликлиника}, town: {ru: Город}, address: {ru: Улица}, at: {lat: 55, lon: 37}, hours: {thu: '15:00-15:30'},
   desks: [{code: rare, kind: doctor, name: {ru: Редкий врач}, slot: 30m}]}`

// rare opens a doctor who has two times, both of which Anna books. at is her second one.
func (x home) rare(t *testing.T) (anna, boris *webtest.Client, at string) {
	t.Helper()
	list, err := place.Parse([]byte(rareDoctor))
	if err != nil {
		t.Fatal(err)
	}
	x.where.Set(list)
	_, anna = x.Person(t, phone)
	_, boris = x.Person(t, other)
	for range 2 {
		anna.Open("/appointments/new/rare")
		anna.Choose(firstTime(t, anna), "start")
		anna.Press("Занять время")
		anna.Press("Подтвердить запись")
		at = anna.Page().URL.Path
	}
	return anna, boris, at
}

func TestWhoFindsNothingFreeWaitsInLineAndIsOfferedWhatSomebodyGivesBack(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		anna, boris, at := x.rare(t)
		boris.Open("/appointments/new/rare")
		sees(t, boris, "Свободного времени нет")
		boris.Press("Встать в очередь")
		sees(t, boris, "Вы в очереди", "Редкий врач", "Вы первый в очереди")
		boris.Open("/appointments/new/rare")
		boris.Press("Встать в очередь")
		sees(t, boris, "Вы уже в этой очереди")
		anna.Open(at + "/cancel")
		anna.Press("Отменить запись")
		anna.Open("/appointments/new/rare")
		sees(t, anna, "Свободного времени нет") // it is his

		if err := x.times.Offer(ctx, appointment.Offer{Resource: "rare"}); err != nil {
			t.Fatal(err)
		}
		jobstest.Settle(t, x.Jobs)
		if sent := x.Outbox.To(other); len(sent) == 0 || !strings.Contains(sent[len(sent)-1].Body, "Подтвердите запись") {
			t.Errorf("he was told %+v", sent)
		}
		boris.Open("/appointments")
		sees(t, boris, "Время держится за вами до")
		seesNo(t, boris, "Выйти из очереди")
		boris.Follow("26 ноября")
		boris.Press("Подтвердить запись")
		sees(t, boris, "Вы записаны")
	})
}

func TestAnOfferOfTheEveningSaysOnWhichMorningItEnds(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		x.Notices.Zone = x.times.Zone
		x.clock.Advance(7*time.Hour + 30*time.Minute) // 21:32 there
		anna, boris, at := x.rare(t)
		boris.Open("/appointments/new/rare")
		boris.Press("Встать в очередь")
		anna.Open(at + "/cancel")
		anna.Press("Отменить запись")
		if err := x.times.Offer(ctx, appointment.Offer{Resource: "rare"}); err != nil {
			t.Fatal(err)
		}
		boris.Open("/appointments")
		sees(t, boris, "Время держится за вами до 19 ноября, 09:00")
	})
}

func TestOnADayThatWasClosedWhoBookedIsToldAndWhoWasOfferedATimeIsLedOn(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		anna, boris, at := x.rare(t)
		boris.Open("/appointments/new/rare")
		boris.Press("Встать в очередь")
		anna.Open(at + "/cancel")
		anna.Press("Отменить запись")
		if err := x.times.Offer(ctx, appointment.Offer{Resource: "rare"}); err != nil {
			t.Fatal(err)
		}
		jobstest.Settle(t, x.Jobs)
		for _, c := range []struct {
			of  *webtest.Client
			day string
		}{{anna, "19 ноября"}, {boris, "26 ноября"}} {
			c.of.Open("/appointments")
			c.of.Follow(c.day)
		}
		sees(t, boris, "Время держится за вами до")
		list, err := place.Parse([]byte(strings.Replace(rareDoctor, "slot: 30m", "slot: 30m, off: [2026-11-19, 2026-11-26]", 1)))
		if err != nil {
			t.Fatal(err)
		}
		x.where.Set(list)
		boris.Press("Подтвердить запись")
		sees(t, boris, "Выберите другое", "В это время больше не принимают", "Выбрать время")
		seesNo(t, boris, "Подтвердить запись", "Время держится")
		boris.Press("Не нужно")
		boris.Open("/appointments")
		sees(t, boris, "Вы первый в очереди")

		told := func(to string) (n int) {
			for _, m := range x.Outbox.To(to) {
				if strings.Contains(m.Body, "В это время не принимают") {
					n++
				}
			}
			return n
		}
		for range 3 { // the third time there is nothing to tell
			if err := x.times.SweepClosed(ctx); err != nil {
				t.Fatal(err)
			}
			jobstest.Settle(t, x.Jobs)
			x.clock.Advance(x.times.Policy.CloseAfter)
		}
		if told(phone) != 1 || told(other) != 0 {
			t.Errorf("who had booked was told %d times, who had not %d", told(phone), told(other))
		}
		anna.Open("/appointments")
		sees(t, anna, "Записей нет")
	})
}
