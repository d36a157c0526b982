package portal_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/web"
	"okno/internal/web/ui"
	"okno/internal/web/webtest"
)

// served is the portal with its assets at a real address.
func served(t *testing.T, x counter) string {
	t.Helper()
	assets, err := ui.Assets()
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a, ok := assets.File(strings.TrimPrefix(r.URL.Path, ui.Prefix)); ok {
			w.Header().Set("Content-Type", a.Type)
			w.Write(a.Body) //nolint:errcheck // the browser has hung up
			return
		}
		x.Server.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	x.Server.Handle("GET /come/{token}", func(w http.ResponseWriter, r *http.Request) error {
		web.SignIn(r, r.PathValue("token"))
		return web.Redirect(w, r, "/services/market-stall/apply")
	})
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return "http://localhost:" + at.Port()
}

// SRV-2: a text as long as its service allows is kept while it is typed, and sent. A browser sends no large body on its way when the page is
// left, and says so of none: what is typed must not stay on the page for that.
func TestInChromiumALongTextIsKeptWhileItIsTypedAndSent(t *testing.T) {
	chromium := webtest.Start(t)
	src, err := os.ReadFile("../../system/systemtest/services/badge.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const short, badge, letters = "note: {type: string, maxLength: 40}", "town.badge", 50_000
	if !strings.Contains(string(src), short) {
		t.Fatal("the badge has no such note")
	}
	text := strings.Replace(string(src), short, "note: {type: string, x-check: lines, maxLength: 50000}", 1)
	withServices(t, fstest.MapFS{"badge.yaml": {Data: []byte(text)}}, func(t *testing.T, x counter) {
		base := served(t, x)
		who, _ := x.Person(t, phone)
		token, err := x.SignIn.SignIn(ctx, signintest.Visitor("phone"), phone, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		d, err := x.cases.Begin(ctx, who, badge)
		if err != nil {
			t.Fatal(err)
		}
		kept := func() int {
			t.Helper()
			d, err := x.cases.Draft(ctx, who, badge)
			if err != nil {
				t.Fatal(err)
			}
			return utf8.RuneCountInString(d.Answers.Text("/note"))
		}
		b := chromium.Browser(t, base, webtest.Phone())
		b.Open("/come/" + token)
		b.Open("/services/" + d.Def.Slug + "/apply/documents")
		typed := func(letter string, n int) {
			b.Run(nil, `() => {
				const el = document.querySelector('[name=note]')
				el.value = '`+letter+`'.repeat(`+strconv.Itoa(n)+`)
				el.dispatchEvent(new Event('input', { bubbles: true }))
			}`)
			b.Await("what was typed to be kept", func(*webtest.Page) bool { return kept() == n })
		}
		typed("щ", letters)
		typed("№", letters-1)
		b.Press("Продолжить")
		if b.Page().Sees("слишком велико") {
			t.Error("what may be typed is not taken")
		}
	})
}

// SRV-2: questions that are asked several times, others that depend on an answer, checked as typed by the rules of the server, kept as
// typed, and in two tabs at once.
func TestInChromiumAFormAsksForRowsChecksAsTypedAndKeepsWhatIsTyped(t *testing.T) {
	chromium := webtest.Start(t)
	withFiles(t, func(t *testing.T, x counter) {
		base := served(t, x)
		who, _ := x.Person(t, phone)
		err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := x.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error { a.Level = access.Standard; return nil })
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		token, err := x.SignIn.SignIn(ctx, signintest.Visitor("phone"), phone, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		b := chromium.Browser(t, base, webtest.Phone())
		b.Open("/come/" + token)
		b.Choose("Москва", "Регион")
		b.Press("Продолжить")
		b.Choose("Северный павильон", "Павильон")

		// Two days that are right alone and wrong together are said to be so where the person left the field.
		b.Fill("С какого дня", "01.05.2026")
		b.Fill("По какой день", "01.04.2026")
		b.Keys("\t")
		b.Await("the rule", func(p *webtest.Page) bool { return p.Sees("Последний день раньше первого") })
		b.Axe()
		b.Shot("rows-rule")
		b.Fill("По какой день", "01.06.2026")
		b.Keys("\t")
		b.Await("no complaint", func(p *webtest.Page) bool { return !p.Sees("Последний день раньше первого") })
		b.Open("/services/market-stall/apply/when") // nothing was sent, and everything is there
		if got := b.Value("По какой день"); got != "01.06.2026" {
			t.Errorf("what was typed is gone: %q", got)
		}
		b.Press("Продолжить")

		// A row stands there; a question of it comes when the answer calls for it; another row comes by a button.
		b.Fill("Название", "Хлеб")
		b.Choose("Да", "Еда")
		b.Await("the question that depends on it", func(p *webtest.Page) bool { return p.Sees("Номер разрешения") })
		b.Press("Продолжить") // without it, which is said; of a question that is not asked any more nothing is
		if p := b.Page(); !p.Sees("Исправьте ошиб") {
			t.Error("it is not missed")
		}
		b.Choose("Нет", "Еда")
		b.Await("no complaint about a question that is not there", func(p *webtest.Page) bool {
			return !p.Sees("Исправьте ошиб") && !p.Sees("Номер разрешения")
		})
		b.Axe()
		b.Choose("Да", "Еда")
		b.Await("the question again", func(p *webtest.Page) bool { return p.Sees("Номер разрешения") })
		b.Fill("Номер разрешения", "17")
		b.Keys("\t")
		b.Axe()
		b.Shot("rows-one")
		b.Press("Добавить товар")
		if !b.Page().Sees("Товар 2") {
			t.Fatal("no second row")
		}
		b.Shot("rows-two")
		b.Press("Удалить: Товар 1")
		if b.Page().Sees("Товар 2") || b.Value("Название") != "" {
			t.Error("the first row is still there")
		}
	})
}
