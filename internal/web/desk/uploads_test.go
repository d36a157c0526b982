package desk_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFileIsSentUnderANameThatFitsIt(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		sly := filepath.Join(t.TempDir(), "скан.hta")
		if err := os.WriteFile(sly, []byte("%PDF-1.7\n<script>alert(1)</script>"), 0o600); err != nil {
			t.Fatal(err)
		}
		c := x.Browser(t)
		c.Open("/support")
		c.Fill("text", "Не открывается")
		c.Attach("files", sly)
		c.Press("Отправить")
		sees(t, c, "скан.pdf")
		h := c.Fetch("скан.pdf").Header //nolint:bodyclose // the client reads it whole
		if got := h.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment;") || strings.Contains(got, "hta") || !strings.HasSuffix(got, ".pdf") {
			t.Errorf("it is sent as %q", got)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Type") != "application/pdf" || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
			t.Errorf("it is sent with %v", h)
		}
	})
}

func TestWhoMustWaitLosesNothingTyped(t *testing.T) {
	one(t, func(t *testing.T, x *desks) {
		x.Policy.Support.QuestionsByNet.Max, x.Policy.Support.RepliesPer.Max = 1, 1
		ask := func() (press func(), text func() string, at func() string) {
			c := x.Browser(t)
			c.Open("/support")
			c.Fill("text", "Не открывается")
			c.Press("Отправить")
			if c.Page().URL.Path == "/support" {
				answers(t, c, http.StatusTooManyRequests)
				sees(t, c, "Подождите 20 секунд")
				if c.Page().Header.Get("Retry-After") == "" {
					t.Error("no word of when to come back")
				}
			}
			return func() { c.Press("Отправить") }, func() string { return c.Value("text") }, func() string { return c.Page().URL.Path }
		}
		_, _, at := ask()
		if at() == "/support" {
			t.Fatal("the first question is not taken")
		}
		press, text, at := ask()
		if at() != "/support" || text() != "Не открывается" {
			t.Fatalf("one more than the network may: at %s, «%s»", at(), text())
		}
		x.Policy.Support.Wait = 0 // as if they had waited
		if press(); at() == "/support" {
			t.Error("who has waited is not let in")
		}

		c := x.Browser(t)
		c.Open("/support")
		c.Fill("text", "Вопрос")
		c.Press("Отправить")
		for _, words := range []string{"Первое", "Второе"} {
			c.Fill("text", words)
			c.Press("Отправить")
		}
		answers(t, c, http.StatusTooManyRequests)
		sees(t, c, "По этому вопросу сегодня уже много сообщений")
		if c.Value("text") != "Второе" {
			t.Error("what was typed is lost")
		}
	})
}
