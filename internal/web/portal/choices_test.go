package portal_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"okno/internal/access"
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
		x.c.Tick("Не присылать SMS ночью, с 22:00 до 08:00", true)
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

		oneClick := func(at string) int { // a mail program's button: it sends no cookie, and follows no redirect
			r := httptest.NewRequest(http.MethodPost, "http://localhost:8080"+at, strings.NewReader("List-Unsubscribe=One-Click"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			x.Server.ServeHTTP(w, r)
			return w.Code
		}
		if got := oneClick(off + "x"); got != http.StatusNotFound {
			t.Errorf("a link that is not ours: %d", got)
		}
		for range 2 {
			if got := oneClick(off); got != http.StatusOK {
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
