package portal_test

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/jobs/jobstest"
	"okno/internal/notification"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/web/webtest"
)

const mail = "anna@example.ru"

// told is a person with a phone and an e-mail.
type told struct {
	home
	who access.Actor
	c   *webtest.Client
	n   int
}

func reachable(t *testing.T, x home) *told {
	t.Helper()
	who, c := x.Person(t, phone)
	v := signintest.Visitor(phone)
	ch, err := x.SignIn.AddContact(ctx, who, v, mail, signintest.Password)
	if err == nil {
		_, err = x.SignIn.ConfirmContact(ctx, who, v, ch.ID, x.Code(t, mail))
	}
	if err != nil {
		t.Fatal(err)
	}
	return &told{home: x, who: who, c: c}
}

// tell tells something new of the topic and returns its words.
func (x *told) tell(t *testing.T, topic notification.Topic) string {
	t.Helper()
	x.n++
	words := "новость " + strings.Repeat("и", x.n) + "."
	err := x.DB.Write(ctx, func(tx *store.Tx) error {
		return x.Notices.Tell(ctx, tx, x.who.ID, notification.Note{Topic: topic, Subject: i18n.Text{RU: words, EN: words}, Body: i18n.Text{RU: words, EN: words}, Path: "cabinet"})
	})
	if err != nil {
		t.Fatal(err)
	}
	jobstest.Settle(t, x.Jobs)
	return words
}

// over says over what the words came.
func (x *told) over(words string) string {
	var out []string
	for _, to := range []string{mail, phone} {
		for _, m := range x.Outbox.To(to) {
			if strings.Contains(m.Body, words) {
				out = append(out, to)
			}
		}
	}
	return strings.Join(out, " ")
}

func (x *told) hears(t *testing.T, topic notification.Topic, want ...string) {
	t.Helper()
	words := x.tell(t, topic)
	if got := x.over(words); got != strings.Join(want, " ") {
		t.Errorf("news of %s came to %q, want %q", topic, got, want)
	}
	x.c.Open("/cabinet/notices")
	sees(t, x.c, words)
}

// deaf is a gateway that takes nothing.
type deaf struct{}

func (deaf) Name() string                                        { return "deaf" }
func (deaf) SendMail(context.Context, notification.Letter) error { return errors.New("no route") }

func TestWhatNoGatewayTakesForDaysGoesOverTheOtherContactOnce(t *testing.T) {
	each(t, func(t *testing.T, h home) {
		x := reachable(t, h)
		jobstest.Settle(t, x.Jobs)
		x.Notices.Gateways = &notification.Gateways{Letters: []notification.MailGateway{deaf{}}, Texts: []notification.SMSGateway{x.Outbox}, Log: slog.New(slog.DiscardHandler)}
		tell := func(n notification.Note) (words, nid string) {
			t.Helper()
			x.n++
			words = "новость " + strings.Repeat("и", x.n) + "."
			n.Subject, n.Body, n.Path = i18n.Text{RU: words, EN: words}, i18n.Text{RU: words, EN: words}, "cabinet"
			if err := x.DB.Write(ctx, func(tx *store.Tx) error { return x.Notices.Tell(ctx, tx, x.who.ID, n) }); err != nil {
				t.Fatal(err)
			}
			inbox, err := x.Notices.Inbox(ctx, x.who, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, said := range inbox {
				if said.Note.Subject == n.Subject {
					nid = said.ID
				}
			}
			return words, nid
		}
		last := func(nid string) error { // outside the queue a try is the last
			return x.Notices.Deliver(ctx, notification.Deliver{Notice: nid, Channel: string(notification.ByMail)})
		}

		words, nid := tell(notification.Note{Topic: notification.Case})
		for end, tries := time.Now().Add(30*time.Second), 0; tries == 0; time.Sleep(5 * time.Millisecond) { // it is tried again and again: it never settles
			if err := x.DB.QueryRow(ctx, `SELECT COALESCE(MAX(attempt), 0) FROM river_job WHERE kind = 'notification.deliver' AND state NOT IN ('completed', 'running')`).Scan(&tries); err != nil || time.Now().After(end) {
				t.Fatalf("nobody tried: %v", err)
			}
		}
		if got := x.over(words); got != "" {
			t.Errorf("after the first try it came to %q", got)
		}
		if err := last(nid); err != nil {
			t.Errorf("the last try: %v", err)
		}
		if err := last(nid); err == nil {
			t.Error("mail still does not work, and nothing says so")
		}
		if got := x.over(words); got != phone {
			t.Errorf("it came to %q", got)
		}
		x.c.Open("/cabinet/notices")
		sees(t, x.c, words, "Отправлено: по SMS")

		words, nid = tell(notification.Note{Topic: notification.Case, Over: []notification.Over{notification.OverInbox, notification.OverEmail}})
		if err := last(nid); err == nil || x.over(words) != "" {
			t.Errorf("what goes by mail alone came to %q, %v", x.over(words), err)
		}
	})
}

// ticked are the boxes of the group that are ticked.
func ticked(c *webtest.Client, group string) string {
	var out []string
	for _, box := range c.Page().All("input", "name", group) {
		var value string
		on := false
		for _, a := range box.Attr {
			if a.Key == "value" {
				value = a.Val
			}
			on = on || a.Key == "checked"
		}
		if on {
			out = append(out, value)
		}
	}
	return strings.Join(out, " ")
}

// tick sets one of the boxes of a group; in every group they are called alike.
func tick(t *testing.T, c *webtest.Client, group, value string, on bool) {
	t.Helper()
	boxes := c.Page().All("input", "name", group, "value", value)
	if len(boxes) != 1 {
		t.Fatalf("%s has %d boxes %s", group, len(boxes), value)
	}
	boxes[0].Attr = slices.DeleteFunc(boxes[0].Attr, func(a html.Attribute) bool { return a.Key == "checked" })
	if on {
		boxes[0].Attr = append(boxes[0].Attr, html.Attribute{Key: "checked"})
	}
}

func TestAPersonChoosesOverWhatTheyHearOfEachKindOfNews(t *testing.T) {
	each(t, func(t *testing.T, h home) {
		x := reachable(t, h)
		x.hears(t, notification.Case, mail) // who chose nothing has mail
		sees(t, x.c, "Отправлено: на электронную почту")
		x.c.Open("/cabinet/notices/choice")
		for _, topic := range []string{"case", "identity", "support"} {
			if got := ticked(x.c, topic); got != "email" {
				t.Errorf("before a choice %s is ticked for %q", topic, got)
			}
		}
		tick(t, x.c, "case", "email", false)
		tick(t, x.c, "case", "phone", true)
		tick(t, x.c, "identity", "phone", true)
		tick(t, x.c, "support", "email", false)
		x.c.Tick("Не присылать SMS и уведомления ночью, с 22:00 до 08:00", true)
		x.c.Press("Сохранить")
		sees(t, x.c, "Сохранено")
		if got := ticked(x.c, "case"); got != "phone" {
			t.Errorf("after it case is ticked for %q", got)
		}
		x.hears(t, notification.Case, phone)
		x.hears(t, notification.Identity, mail, phone)
		x.hears(t, notification.Support)
		x.hears(t, notification.Security, mail, phone) // about which there is no choice

		x.clock.Advance(11 * time.Hour) // 22:02
		words := x.tell(t, notification.Case)
		if got := x.over(words); got != "" {
			t.Errorf("at night news of a case came to %q", got)
		}
		if got := x.over(x.tell(t, notification.Security)); got != mail+" "+phone {
			t.Errorf("at night news of safety came to %q", got)
		}
		x.clock.Advance(10 * time.Hour)
		if err := x.Jobs.Advance(ctx, 10*time.Hour); err != nil {
			t.Fatal(err)
		}
		jobstest.Settle(t, x.Jobs)
		if got := x.over(words); got != phone {
			t.Errorf("in the morning the night's news came to %q", got)
		}
	})
}

func TestWhoChoseAContactThatIsGoneIsToldOverAnother(t *testing.T) {
	each(t, func(t *testing.T, h home) {
		who, c := h.Person(t, phone)
		x := &told{home: h, who: who, c: c}
		c.Open("/cabinet/notices/choice")
		sees(t, c, "К учётной записи не привязана электронная почта")
		tick(t, c, "case", "email", true)
		tick(t, c, "case", "phone", false)
		c.Press("Сохранить")
		x.hears(t, notification.Case, phone)
	})
}

func TestALetterIsStoppedByItsOwnLinkWithoutSigningIn(t *testing.T) {
	each(t, func(t *testing.T, h home) {
		x := reachable(t, h)
		x.hears(t, notification.Case, mail)
		letters := x.Outbox.To(mail)
		last := letters[len(letters)-1]
		if last.Off == "" || !strings.Contains(last.Body, last.Off) {
			t.Fatalf("the letter has no link that stops its like: %+v", last)
		}
		off := strings.TrimPrefix(last.Off, "http://localhost:8080")
		stranger := x.Browser(t)
		stranger.Open(off) // a mail program may follow the link by itself
		sees(t, stranger, "Письма о заявлениях и документах")
		x.hears(t, notification.Case, mail)

		if got := x.oneClick(off + "x"); got != http.StatusNotFound {
			t.Errorf("a link that is not ours: %d", got)
		}
		for range 2 {
			if got := x.oneClick(off); got != http.StatusOK {
				t.Errorf("a mail program's button: %d", got)
			}
		}
		x.hears(t, notification.Case)
		x.hears(t, notification.Identity, mail)
		stranger.Open(off)
		sees(t, stranger, "Такие письма больше не приходят")
		letters = x.Outbox.To(mail)
		stranger.Open(strings.TrimPrefix(letters[len(letters)-1].Off, "http://localhost:8080"))
		stranger.Press("Не присылать")
		sees(t, stranger, "Такие письма больше не приходят")
		x.hears(t, notification.Identity)
		words := x.tell(t, notification.Security)
		for _, m := range x.Outbox.To(mail) {
			if strings.Contains(m.Body, words) && m.Off != "" {
				t.Error("a letter about safety says how its like are stopped")
			}
		}
		x.c.Open("/cabinet/notices/choice")
		if got := ticked(x.c, "case"); got != "" {
			t.Errorf("the page of choices says that case goes to %q", got)
		}
	})
}

// oneClick is a mail program's button: it sends no cookie, and follows no redirect.
func (x *told) oneClick(at string) int {
	r := httptest.NewRequest(http.MethodPost, "http://localhost:8080"+at, strings.NewReader("List-Unsubscribe=One-Click"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	x.Server.ServeHTTP(w, r)
	return w.Code
}

// browser switches notices on in a browser as its script does, and returns the address at its push service.
func (x *told) browser(t *testing.T, name string) string {
	t.Helper()
	secret, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	at := "https://push.example/" + name
	x.c.Open("/cabinet/notices/choice")
	for field, value := range map[string]string{"endpoint": at, "p256dh": base64.RawURLEncoding.EncodeToString(secret.PublicKey().Bytes()), "auth": "tBHItJI5svbpez7KI4CCXg"} {
		in := x.c.Page().All("input", "name", field)
		if len(in) != 1 {
			t.Fatalf("the form has %d fields %s", len(in), field)
		}
		in[0].Attr = append(slices.DeleteFunc(in[0].Attr, func(a html.Attribute) bool { return a.Key == "value" }), html.Attribute{Key: "value", Val: value})
		if field == "endpoint" { // the script shows the form
			f := in[0].Parent
			f.Attr = slices.DeleteFunc(f.Attr, func(a html.Attribute) bool { return a.Key == "hidden" })
		}
	}
	x.c.Press("Включить в этом браузере")
	return at
}

// CAB-4, SRV-4.
func TestNewsAreShownInTheBrowsersInWhichThePersonSwitchedThemOn(t *testing.T) {
	each(t, func(t *testing.T, h home) {
		x := reachable(t, h)
		x.c.Open("/cabinet/notices/choice")
		sees(t, x.c, "Чтобы включить уведомления здесь, нужен браузер с JavaScript")
		one, two := x.browser(t, "one"), x.browser(t, "two")
		sees(t, x.c, "Уведомления в этом браузере включены", "Включены")
		if got := ticked(x.c, "case"); got != "email push" {
			t.Errorf("after switching on case is ticked for %q", got)
		}
		words := x.tell(t, notification.Case)
		for _, at := range []string{one, two} {
			got := x.Outbox.To(at)
			if len(got) != 1 || !strings.Contains(got[0].Body, words) || !strings.Contains(got[0].Body, "Откройте портал") || !strings.Contains(got[0].Body, `"path":"/cabinet"`) {
				t.Errorf("%s shows %+v", at, got)
			}
		}
		if got := x.over(words); got != mail {
			t.Errorf("beside the browsers it came to %q", got)
		}
		x.c.Open("/cabinet/notices")
		sees(t, x.c, "в браузере")

		tick(t, openChoices(x), "case", "push", false)
		x.c.Press("Сохранить")
		x.tell(t, notification.Case)
		if got := x.Outbox.To(one); len(got) != 1 {
			t.Errorf("what was not chosen is shown: %+v", got)
		}
		if words := x.tell(t, notification.Security); len(x.Outbox.To(two)) != 2 || x.over(words) != mail+" "+phone {
			t.Error("news of safety are not everywhere")
		}

		tick(t, openChoices(x), "case", "push", true) // in the browsers alone
		tick(t, x.c, "case", "email", false)
		x.c.Press("Сохранить")
		x.Outbox.Gone = map[string]bool{one: true, two: true}
		words = x.tell(t, notification.Case)
		x.clock.Advance(time.Minute)
		if err := x.Jobs.Advance(ctx, time.Minute); err != nil {
			t.Fatal(err)
		}
		jobstest.Settle(t, x.Jobs)
		if got := x.over(words); got != mail {
			t.Errorf("no browser is there any more, and the news came to %q", got)
		}
		openChoices(x)
		seesNo(t, x.c, "Включены ")
	})
}

// A browser that comes back when the hold has ended is not asked to confirm it.
func TestAPushServiceKeepsNewsNoLongerThanTheyAreOfUse(t *testing.T) {
	each(t, func(t *testing.T, h home) {
		x := reachable(t, h)
		at := x.browser(t, "one")
		for _, n := range []notification.Note{
			{Until: h.DB.Now().Add(time.Hour)},
			{},
			{Until: h.DB.Now().Add(-time.Second)},
		} {
			n.Topic, n.Subject, n.Body, n.Path = notification.Visit, i18n.Text{RU: "Приём", EN: "Visit"}, i18n.Text{RU: "Приём", EN: "Visit"}, "appointments"
			if err := h.DB.Write(ctx, func(tx *store.Tx) error { return h.Notices.Tell(ctx, tx, x.who.ID, n) }); err != nil {
				t.Fatal(err)
			}
			jobstest.Settle(t, h.Jobs)
		}
		got := h.Outbox.To(at)
		if len(got) != 2 || got[0].TTL > time.Hour || got[0].TTL < 50*time.Minute || got[1].TTL != h.Policy.Notices.PushTTL {
			t.Errorf("pushed were %+v", got)
		}
	})
}

func openChoices(x *told) *webtest.Client {
	x.c.Open("/cabinet/notices/choice")
	return x.c
}

func TestABrowserShowsTheNewsOfWhoSwitchedThemOnThereLastAndUntilTheySwitchThemOff(t *testing.T) {
	each(t, func(t *testing.T, h home) {
		anna := reachable(t, h)
		at := anna.browser(t, "shared")
		who, c := h.Person(t, "+79120000002")
		boris := &told{home: h, who: who, c: c}
		boris.browser(t, "shared")
		anna.tell(t, notification.Case)
		if got := h.Outbox.To(at); len(got) != 0 {
			t.Errorf("the browser of somebody else shows %+v", got)
		}
		words := boris.tell(t, notification.Case)
		if got := h.Outbox.To(at); len(got) != 1 || !strings.Contains(got[0].Body, words) {
			t.Errorf("the browser shows %+v", got)
		}
		openChoices(boris).Press("Отключить: Linux")
		sees(t, boris.c, "Уведомления отключены")
		boris.tell(t, notification.Case)
		if got := h.Outbox.To(at); len(got) != 1 {
			t.Errorf("switched off, the browser shows %+v", got)
		}
		for name, sub := range map[string]notification.Subscription{
			"no address of the web": {Endpoint: "http://push.example/x", P256dh: "x", Auth: "x"},
			"no keys":               {Endpoint: "https://push.example/x", P256dh: "AAAA", Auth: "tBHItJI5svbpez7KI4CCXg"},
		} {
			if err := h.Notices.Subscribe(ctx, who, sub, ""); fault.KindOf(err) != fault.InvalidInput {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestAnOldKeyServesItsBrowsersUntilNoneIsLeft(t *testing.T) {
	each(t, func(t *testing.T, h home) {
		x := reachable(t, h)
		at := x.browser(t, "one")
		old, err := h.Notices.PushKey(ctx)
		if err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(time.Second)
		fresh, err := h.Notices.RotatePushKey(ctx)
		if err != nil || fresh.ID == old.ID {
			t.Fatalf("%+v, %v", fresh, err)
		}
		x.tell(t, notification.Case)
		if got := h.Outbox.To(at); len(got) != 1 {
			t.Errorf("the browser of the old key shows %+v", got)
		}
		openChoices(x)
		if rows := x.c.Page().All("p", "data-old", ""); len(rows) != 1 {
			t.Errorf("%d browsers are asked to be bound anew", len(rows))
		}
		x.browser(t, "one")
		h.clock.Advance(time.Second)
		if _, err := h.Notices.RotatePushKey(ctx); err != nil {
			t.Fatal(err)
		}
		keys, err := notification.PushKeys(ctx, h.DB)
		if err != nil || len(keys) != 2 || keys[0].Browsers != 0 || keys[1].ID != fresh.ID || keys[1].Browsers != 1 {
			t.Errorf("%+v, %v", keys, err)
		}
	})
}

// evening passes until the letter of the day is due, and sends it.
func (x *told) evening(t *testing.T) {
	t.Helper()
	x.clock.Advance(24 * time.Hour)
	if err := x.Notices.LookDigests(ctx); err != nil {
		t.Fatal(err)
	}
	jobstest.Settle(t, x.Jobs)
	x.c = x.again(t) // the session of yesterday is over
}

func TestWhoWantsOneLetterADayGetsEverythingInItAndWhatIsUrgentAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h home) {
		x := reachable(t, h)
		tick(t, openChoices(x), "case", "daily", true) // beside mail, which stays ticked: the letter of the day is in its place
		x.c.Press("Сохранить")
		if got := ticked(x.c, "case"); got != "daily" {
			t.Errorf("case is ticked for %q", got)
		}
		if boxes := x.c.Page().All("input", "name", "visit", "value", "daily"); len(boxes) != 0 {
			t.Error("a time to come is offered for the evening")
		}
		first, second := x.tell(t, notification.Case), x.tell(t, notification.Case)
		if got := x.over(first) + x.over(second); got != "" {
			t.Errorf("before the evening it came to %q", got)
		}
		x.hears(t, notification.Identity, mail)
		x.hears(t, notification.Security, mail, phone)
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			n := notification.Note{Topic: notification.Case, Subject: i18n.Text{RU: "срок", EN: "срок"}, Body: i18n.Text{RU: "срок идёт", EN: "срок идёт"}, Path: "cabinet", Soon: true}
			return x.Notices.Tell(ctx, tx, x.who.ID, n)
		}); err != nil {
			t.Fatal(err)
		}
		jobstest.Settle(t, x.Jobs)
		if got := x.over("срок идёт"); got != mail {
			t.Errorf("where a deadline runs it came to %q", got)
		}
		before := len(x.Outbox.To(mail))
		x.evening(t)
		letters := x.Outbox.To(mail)[before:]
		if len(letters) != 1 || !strings.Contains(letters[0].Body, first) || !strings.Contains(letters[0].Body, second) || letters[0].Subject != "2 новости за день" {
			t.Fatalf("the evening's letters: %+v", letters)
		}
		x.evening(t)
		if got := x.Outbox.To(mail)[before:]; len(got) != 1 {
			t.Errorf("the next evening there is another letter: %+v", got[1:])
		}
		x.c.Open("/cabinet/notices")
		if n := strings.Count(x.c.Page().Text(), "на электронную почту"); n != 5 {
			t.Errorf("the inbox says of %d notices that they went by mail", n)
		}
	})
}

func TestTheLetterOfTheDayIsStoppedByItsOwnLinkAndNoOtherComesInItsPlace(t *testing.T) {
	each(t, func(t *testing.T, h home) {
		x := reachable(t, h)
		keep := func(on ...string) {
			openChoices(x)
			for _, topic := range on {
				tick(t, x.c, topic, "email", false)
				tick(t, x.c, topic, "daily", true)
			}
			x.c.Press("Сохранить")
		}
		keep("case", "support")
		tick(t, openChoices(x), "support", "phone", true)
		x.c.Press("Сохранить")
		x.tell(t, notification.Case)
		x.evening(t)
		all := x.Outbox.To(mail)
		last := all[len(all)-1]
		if last.Off == "" || !strings.Contains(last.Body, last.Off) {
			t.Fatalf("the letter of the day has no link that stops it: %+v", last)
		}
		off := strings.TrimPrefix(last.Off, "http://localhost:8080")
		stranger := x.Browser(t)
		stranger.Open(off)
		sees(t, stranger, "Больше не присылать письмо раз в день?", "отдельных писем вместо него не будет")
		x.tell(t, notification.Case) // waits for the letter that is stopped before it goes
		before := len(x.Outbox.To(mail))
		for range 2 {
			if got := x.oneClick(off); got != http.StatusOK {
				t.Errorf("a mail program's button: %d", got)
			}
		}
		x.evening(t)
		if got := x.Outbox.To(mail)[before:]; len(got) != 0 {
			t.Errorf("letters after it was stopped: %+v", got)
		}
		x.hears(t, notification.Case)
		x.hears(t, notification.Support, phone)
		x.hears(t, notification.Identity, mail) // for which no letter of the day was chosen
		x.hears(t, notification.Security, mail, phone)
		stranger.Open(off)
		sees(t, stranger, "Письмо раз в день больше не приходит", "на странице «Как вас уведомлять»")

		keep("case") // it is switched on again where the page says
		stranger.Open(off)
		stranger.Press("Не присылать")
		sees(t, stranger, "Письмо раз в день больше не приходит")
		openChoices(x)
		if got := ticked(x.c, "case") + "," + ticked(x.c, "support"); got != ",phone" {
			t.Errorf("after it %q is ticked", got)
		}
	})
}

// Who stops letters is not sent them because the other way that they chose is gone.
func TestStoppedLettersDoNotComeBackInPlaceOfAWayThatIsGone(t *testing.T) {
	each(t, func(t *testing.T, h home) {
		x := reachable(t, h)
		tick(t, openChoices(x), "case", "push", true) // there is no browser
		x.c.Press("Сохранить")
		x.hears(t, notification.Case, mail)
		all := x.Outbox.To(mail)
		if got := x.oneClick(strings.TrimPrefix(all[len(all)-1].Off, "http://localhost:8080")); got != http.StatusOK {
			t.Errorf("a mail program's button: %d", got)
		}
		x.hears(t, notification.Case)
	})
}

// Killed after the mail server took the letter, the job sends the same one again, by which mail programs know it; what came meanwhile
// goes with the next.
func TestALetterOfTheDayThatWasKilledHalfWayIsTheSameLetterAgain(t *testing.T) {
	each(t, func(t *testing.T, h home) {
		x := reachable(t, h)
		tick(t, openChoices(x), "case", "daily", true)
		x.c.Press("Сохранить")
		first := x.tell(t, notification.Case)
		before := len(x.Outbox.To(mail))
		x.clock.Advance(24 * time.Hour)
		x.Outbox.Crash = 1
		if err := x.Notices.SendDigest(ctx, notification.Digest{Account: x.who.ID}); err == nil {
			t.Fatal("it was not killed")
		}
		second := x.tell(t, notification.Case)
		x.clock.Advance(24 * time.Hour)
		for range 3 { // the job again, and the next evening's
			if err := x.Notices.SendDigest(ctx, notification.Digest{Account: x.who.ID}); err != nil {
				t.Fatal(err)
			}
		}
		letters := x.Outbox.To(mail)[before:]
		if len(letters) != 3 || letters[0] != letters[1] || letters[2].ID == letters[0].ID {
			t.Fatalf("%d letters: %+v", len(letters), letters)
		}
		if a, b := letters[1].Body, letters[2].Body; !strings.Contains(a, first) || strings.Contains(a, second+"\n") || !strings.Contains(b, second) || strings.Contains(b, first+"\n") {
			t.Errorf("the letters: %q, %q", a, b)
		}
		var left int
		if err := x.DB.QueryRow(ctx, `SELECT count(*) FROM notice_digest`).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d notices still wait, %v", left, err)
		}
	})
}

func TestWhoStopsLettersOrLosesTheMailMeanwhileIsNotWrittenTo(t *testing.T) {
	each(t, func(t *testing.T, h home) {
		x := reachable(t, h)
		tick(t, openChoices(x), "case", "daily", true)
		x.c.Press("Сохранить")
		x.tell(t, notification.Case)
		tick(t, openChoices(x), "case", "daily", false)
		x.c.Press("Сохранить")
		before := len(x.Outbox.To(mail))
		x.evening(t)
		if got := x.Outbox.To(mail)[before:]; len(got) != 0 {
			t.Errorf("letters that were stopped: %+v", got)
		}
		tick(t, openChoices(x), "case", "daily", true)
		x.c.Press("Сохранить")
		words := x.tell(t, notification.Case)
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			return tx.Do(ctx, `DELETE FROM contact WHERE account_id = $1 AND kind = 'email'`, x.who.ID)
		}); err != nil {
			t.Fatal(err)
		}
		x.evening(t)
		if got := x.over(words); got != phone {
			t.Errorf("without mail the day's news came to %q", got)
		}
	})
}
