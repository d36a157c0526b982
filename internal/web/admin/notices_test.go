package admin_test

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/catalogue"
	"okno/internal/i18n"
	"okno/internal/notification"
	"okno/internal/procedure"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/web/admin"
	"okno/internal/web/desk/desktest"
	"okno/internal/web/webtest"
	"okno/internal/workday"
)

// letters is the desk with the pages of texts over a catalogue of its own.
func letters(t *testing.T, db *store.DB) (*desktest.Floor, *catalogue.Catalogue) {
	t.Helper()
	x := desktest.Open(t, db)
	list, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	h := notification.Letterhead{Name: i18n.Text{RU: "Портал", EN: "Portal"}, URL: x.Server.URL}
	own := func() []notification.Sample {
		long := notification.Direct("message.register", notification.Codes, func(l i18n.Lang) notification.Message {
			return notification.Message{SMS: strings.Repeat("ж", 202), Letter: notification.Letter{Subject: "Код", Text: "Код 000000", HTML: "<p>Код</p>"}}
		})
		return append(x.SignIn.Samples(db.Now()), long)
	}
	(&admin.Pages{DB: db, Catalogue: list, Policy: x.Policy, Letterhead: h, Samples: func(context.Context) []notification.Sample { return own() }, Zone: time.UTC}).Mount(x.Server)
	return x, list
}

// revised publishes the extract with some words replaced.
func revised(t *testing.T, list *catalogue.Catalogue, db *store.DB, oldnew ...string) string {
	t.Helper()
	src, err := os.ReadFile("../../catalogue/services/property-extract.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(src)
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(text, oldnew[i]) {
			t.Fatalf("the definition has no %q", oldnew[i])
		}
		text = strings.ReplaceAll(text, oldnew[i], oldnew[i+1])
	}
	out, err := list.Publish(ctx, access.SystemActor(), db, catalogue.Why{Note: "другие слова"}, catalogue.Source{File: "extract.yaml", Content: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Version[:12]
}

func TestAnAdministratorSeesEveryNoticeOfAServiceAsItWillArriveAndWhatAPublicationChangedInIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x, list := letters(t, db)
		_, c := x.Hire(t, access.Admin, "platform")
		c.Open("/desk/admin")
		c.Follow("Тексты уведомлений")
		sees(t, c, "Выписка из реестра недвижимости", "установки портала")
		c.Follow("Выписка из реестра недвижимости")
		def, _ := list.ByCode("rosreestr.extract")
		file := def.Version[:12]
		sees(t, c, file, "В силе", "установки портала", "стоит в файлах")
		c.Follow("Проверяется")
		sees(t, c, "Во входящих", "только во входящие: так велит описание услуги", "An officer has taken up application")
		if text := webtest.TextOf(c.Page().All("main")[0]); strings.Contains(text, "Письмо") || strings.Contains(text, "UCS-2") {
			t.Error("a notice for the inbox alone is shown as a letter, or as an SMS")
		}
		c.Open("/desk/admin/notices/services/rosreestr.extract/done")
		sees(t, c, "Во входящих", "Письмо", "SMS", "Уведомление в браузере", "2026-000000", "The extract for application", "Портал: ", "Адрес для кнопки «Отписаться»", "UCS-2", "GSM-7", "Номера, имена и ссылки в примере выдуманы")

		version := revised(t, list, db, "№ {number} взяли в работу.", "№ {number} взял в работу сотрудник.")
		c.Open("/desk/admin/notices/services/rosreestr.extract")
		sees(t, c, version, "Изменено", "без изменений", "другие слова", "Уже не в силе")
		c.Follow("Проверяется")
		sees(t, c, "По сравнению с версией "+file, "Текст был", "Текст стал")
		var marks []string
		for _, m := range c.Page().All("mark") {
			marks = append(marks, strings.TrimSpace(webtest.TextOf(m)))
		}
		if got := strings.Join(marks, "|"); got != "взяли|работу.|взял|работу сотрудник." {
			t.Errorf("marked: %s", got)
		}
		// What was in force before can be looked at still.
		c.Open("/desk/admin/notices/services/rosreestr.extract?version=" + file)
		sees(t, c, "Уже не в силе", "Действовала до")
		c.Follow("Проверяется")
		if c.Page().Sees("Текст стал") || !c.Page().Sees("Уже не в силе") {
			t.Errorf("the earlier version: %s", c.Page().Text())
		}
		for _, at := range []string{"/desk/admin/notices/services/no.such", "/desk/admin/notices/services/rosreestr.extract/nowhere", "/desk/admin/notices/services/rosreestr.extract?version=000000000000", "/desk/admin/notices/own/nothing"} {
			if got := c.Get(at); got.StatusCode != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
				t.Errorf("%s: %d", at, got.StatusCode)
			}
		}
	})
}

func TestALongTextIsFlaggedBeforeAnybodyPaysForIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x, _ := letters(t, db)
		_, c := x.Hire(t, access.Admin, "platform")
		c.Open("/desk/admin/notices")
		c.Follow("Сообщения портала")
		sees(t, c, "Коды и ссылки", "Безопасность учётной записи", "message.new_device", "Длинное SMS")
		c.Open("/desk/admin/notices/own/message.register")
		sees(t, c, "202 знака, 4 части, UCS-2", "Длинное SMS", "<p>Код</p>", "только на контакт, о котором речь")
		if c.Page().Sees("Во входящих") {
			t.Error("a code stands in the inbox")
		}
		c.Open("/desk/admin/notices/own/message.new_device")
		sees(t, c, "Вход с нового устройства", "От таких писем нельзя отписаться", "192.0.2.0/24", "сразу по всем контактам")
		x.Policy.Notices.SMSParts = 4
		c.Open("/desk/admin/notices/own/message.register")
		if c.Page().Sees("Длинное SMS") {
			t.Error("it is called long although the policy allows it")
		}
	})
}

func TestNobodyButAnAdministratorLooksAtTheTextsOfNotices(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x, _ := letters(t, db)
		paths := []string{"/desk/admin/notices", "/desk/admin/notices/own", "/desk/admin/notices/own/message.register", "/desk/admin/notices/services/rosreestr.extract", "/desk/admin/notices/services/rosreestr.extract/in-work"}
		for _, role := range access.Roles() {
			_, c := x.Hire(t, role, "rosreestr")
			for _, at := range paths {
				got := c.Get(at).StatusCode //nolint:bodyclose // the client reads it whole
				if want := map[bool]int{true: http.StatusOK, false: http.StatusForbidden}[role == access.Admin]; got != want {
					t.Errorf("%s at %s: %d, want %d", role, at, got, want)
				}
			}
		}
	})
}

func TestAnAdministratorIsWarnedOfAVersionThatNobodyCouldPublishAndOfAYearNobodyDecreed(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		x := desktest.Open(t, db)
		list, err := catalogue.Load()
		if err != nil {
			t.Fatal(err)
		}
		days := workday.Of(workday.Year{Year: clock.Now().Year()}, workday.Year{Year: clock.Now().Year() + 1}) // and what is embedded
		(&admin.Pages{DB: db, Catalogue: list, Policy: x.Policy, Letterhead: notification.Letterhead{URL: x.Server.URL}, Samples: func(context.Context) []notification.Sample { return nil },
			Workdays: days, Zone: time.UTC}).Mount(x.Server)
		_, v := x.Hire(t, access.Admin, "platform")
		says := func() string {
			v.Open("/desk/admin/notices")
			return webtest.TextOf(v.Page().All("main")[0])
		}
		if text := says(); strings.Contains(text, "сегодня не опубликовать") || strings.Contains(text, "Производственный календарь известен") {
			t.Error("there is nothing to warn of")
		}
		last := days.Known(clock.Now())
		clock.Advance(last.Sub(clock.Now()) - x.Policy.Workdays.Warn + time.Hour)
		_, v = x.Hire(t, access.Admin, "platform")
		src, err := os.ReadFile("../../catalogue/services/property-extract.yaml")
		if err != nil {
			t.Fatal(err)
		}
		def, err := procedure.Stored("old.yaml", []byte(strings.Replace(string(src), "surname: p.surname\n", "surname: p.surname\n        wish: d.property.purpose\n", 1)))
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO publication (serial, service, version, content, class, note, actor, at) VALUES (1, $1, $2, $3, '', '', '', $4)`, def.Code, def.Version, def.Canonical(), tx.Now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := list.Update(ctx, db); err != nil {
			t.Fatal(err)
		}
		text := says()
		for _, want := range []string{"сегодня не опубликовать", def.Version[:12], "Действует", "might name somebody else", "Производственный календарь известен", "после этого дня: 0"} {
			if !strings.Contains(text, want) {
				t.Errorf("the page does not say %q:\n%s", want, text)
			}
		}
	})
}
