package web_test

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/policy"
	"okno/internal/web"
	"okno/internal/web/ui"
	"okno/internal/web/webtest"
)

type toldOf struct{ Error, Notice string }

// ask is what a page asks about a value; more are the values that go along, in pairs.
func (x *site) ask(t *testing.T, check, value string, more ...string) (int, toldOf) {
	t.Helper()
	q := url.Values{"field": {check}, "value": {value}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	resp := x.post("/api/check", q.Encode(), "Accept", "application/json")
	body := read(t, resp)
	var told toldOf
	if resp.StatusCode == http.StatusOK {
		if err := json.Unmarshal([]byte(body), &told); err != nil {
			t.Fatalf("%s: %v", check, err)
		}
	}
	return resp.StatusCode, told
}

func TestEveryReaderIsReachedWhileOneTypes(t *testing.T) {
	x := newSite(t)
	for _, c := range form.Checks() {
		status, told := x.ask(t, c.Name, "\u2603")
		if status != http.StatusOK || told.Error == "" || strings.Contains(told.Error, "form.") {
			t.Errorf("%s: a snowman: status %d, %q", c.Name, status, told.Error)
		}
	}
	if strings.Contains(x.Log.String(), "\u2603") {
		t.Error("the log holds a value that was checked")
	}
}

func TestAValueIsHeldAgainstOthersAndThePortalsClock(t *testing.T) {
	x := newSite(t)
	born := form.DateOf(x.Now()).Add(-30, 0, 0)
	at19, at21 := born.Add(19, 0, 0).Dotted(), born.Add(21, 0, 0).Dotted()
	if _, told := x.ask(t, "passport_issued_at", at19, "birth_date", born.Dotted()); !strings.Contains(told.Error, "меняют в 20 лет") {
		t.Errorf("a passport of 19 at 30: %q", told.Error)
	}
	if _, told := x.ask(t, "passport_issued_at", at19); told.Error != "" {
		t.Errorf("without a birth date: %q", told.Error)
	}
	if _, told := x.ask(t, "passport_issued_at", at21, "birth_date", born.Dotted()); told.Error != "" {
		t.Errorf("a passport of 21 at 30: %q", told.Error)
	}
	if _, told := x.ask(t, "birth_date", form.DateOf(x.Now()).Add(0, 0, 2).Dotted()); told.Error != i18n.RU.T("form.birth.future") {
		t.Errorf("the day after tomorrow: %q", told.Error)
	}
	_, told := x.ask(t, "residence_address", "г. Москва, ул. Мира, д. 1", "address", "г. Химки, ул. Ленина, д. 5")
	if told.Error != "" || !strings.Contains(told.Notice, "временная регистрация") {
		t.Errorf("another town: %+v", told)
	}
	if _, told = x.ask(t, "residence_address", "Химки, улица Ленина, дом 5", "address", "г. Химки, ул. Ленина, д. 5"); told != (toldOf{}) {
		t.Errorf("the same house: %+v", told)
	}
}

func TestAValueIsNeverPartOfAnAddressAndOnlyOurPagesAsk(t *testing.T) {
	x := newSite(t)
	if got := x.get("/api/check?field=snils&value=112").StatusCode; got == http.StatusOK {
		t.Errorf("a value in the address is checked: %d", got)
	}
	if got := x.post("/api/check?field=snils&value=112", "field=&value=").StatusCode; got != http.StatusNotFound {
		t.Errorf("a value in the address of a POST is checked: %d", got)
	}
	if got := x.post("/api/check", "field=snils&value=112", "Sec-Fetch-Site", "cross-site", "Origin", "https://elsewhere.example").StatusCode; got != http.StatusForbidden {
		t.Errorf("another site may ask: %d", got)
	}
	if status, told := x.ask(t, "surname", strings.Repeat("Ж", 10_000)); status != http.StatusOK || told.Error == "" {
		t.Errorf("a value without end: %d, %q", status, told.Error)
	}
}

func TestOneNetworkAsksAboutValuesAsOftenAsThePolicyAllows(t *testing.T) {
	p := *policy.Default()
	p.Live.ChecksByNet = policy.Limit{Max: 3, Window: time.Minute}
	now := time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)
	x := newSite(t, func(c *web.Config) { c.Policy, c.Now = &p, func() time.Time { return now } })
	ask := func(addr string) *http.Response {
		r := x.request(http.MethodPost, "/api/check", "field=snils&value=112-233-445+95", "Accept", "application/json")
		r.RemoteAddr = addr
		return x.do(r)
	}
	for range 3 {
		if got := ask("198.51.100.7:1000").StatusCode; got != http.StatusOK {
			t.Fatalf("within the bound: %d", got)
		}
	}
	over := ask("198.51.100.99:1000")
	if over.StatusCode != http.StatusTooManyRequests || over.Header.Get("Retry-After") == "" {
		t.Errorf("the fourth of one network: %d, Retry-After %q", over.StatusCode, over.Header.Get("Retry-After"))
	}
	if got := ask("203.0.113.7:1000").StatusCode; got != http.StatusOK {
		t.Errorf("another network: %d", got)
	}
	now = now.Add(time.Minute)
	if got := ask("198.51.100.7:1000").StatusCode; got != http.StatusOK {
		t.Errorf("a minute later: %d", got)
	}
}

var checkOfField = regexp.MustCompile(`\bCheck:\s*"([^"]*)"`)

// byName are fields whose check is the name they are given: of the template, what it is called with.
var byName = regexp.MustCompile(`@date\("([^"]*)"`)

func TestEveryFieldAsksForACheckThatThereIs(t *testing.T) {
	asked := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".templ") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range append(checkOfField.FindAllStringSubmatch(string(src), -1), byName.FindAllStringSubmatch(string(src), -1)...) {
			asked++
			if _, ok := form.CheckNamed(m[1]); !ok && m[1] != "password" {
				t.Errorf("%s asks for the check %q, which is not in form.Checks", path, m[1])
			}
		}
		return nil
	})
	if err != nil || asked < 5 {
		t.Errorf("%d fields are checked, %v", asked, err)
	}
}

// typing is a page on which a person types.
func typing(w http.ResponseWriter, r *http.Request) error {
	fields := []templ.Component{
		ui.Field{Name: "snils", Label: "СНИЛС", Mask: ui.MaskSNILS, Check: "snils", Description: "11 цифр"},
		ui.Field{Name: "birth", Label: "Дата рождения", Mask: ui.MaskDate, Check: "birth_date"},
		ui.Field{Name: "passport_issued_at", Label: "Дата выдачи", Mask: ui.MaskDate, Check: "passport_issued_at"},
		ui.Field{Name: "address", Label: "Адрес регистрации", Check: "address"},
		ui.Field{Name: "lives", Label: "Адрес проживания", Check: "residence_address"},
		ui.Field{Name: "name", Label: "Фамилия", Check: "surname", Error: "Введите фамилию"},
		ui.Button{Label: "Дальше"},
	}
	form := func(ctx context.Context, w io.Writer) error {
		return ui.Form{Action: "/typing"}.Around().Render(templ.WithChildren(ctx, templ.Join(fields...)), w)
	}
	page := ui.Page{Title: "Проба", Path: "/typing", Hotline: "8 800 100-70-10"}
	body := templ.Join(templ.Raw("<h1>Проба</h1>"), templ.ComponentFunc(form))
	return web.Render(w, r, http.StatusOK, templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return page.Around().Render(templ.WithChildren(ctx, body), w)
	}))
}

// atTyping opens the page in a browser, with the server that reads the values behind it.
func atTyping(t *testing.T, look webtest.Look) (*webtest.Browser, *site) {
	t.Helper()
	bundle, err := ui.Assets()
	if err != nil {
		t.Fatal(err)
	}
	x := newSite(t, func(c *web.Config) {
		c.URL, c.Assets = address(t, "http://127.0.0.1"), bundle
		c.Now = func() time.Time { return time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC) }
	})
	x.Handle("GET /typing", typing)
	s := httptest.NewServer(x)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	b := webtest.Start(t).Browser(t, s.URL, look)
	b.Open("/typing")
	return b, x
}

func invalid(p *webtest.Page, name string) bool {
	return len(p.All("input", "name", name, "aria-invalid", "true")) == 1
}

func TestAWrongSNILSIsToldWhenItsFieldIsLeftAndForgottenWhenItIsRight(t *testing.T) {
	b, x := atTyping(t, webtest.Desktop())
	remedy := i18n.RU.T("form.snils.check")
	b.Fill("СНИЛС", "112-233-445 9") // without leaving it, below
	b.Keys("6")
	time.Sleep(700 * time.Millisecond) // longer than the pause after which a correction is looked at
	if p := b.Page(); invalid(p, "snils") || p.Sees("СНИЛС не совпадает") {
		t.Error("the person is told of a mistake while still typing")
	}
	b.Keys("\t")
	page := b.Await("the remedy", func(p *webtest.Page) bool { return p.Sees(remedy) })
	in, err := page.Field("СНИЛС")
	if err != nil {
		t.Fatal(err)
	}
	if webtest.Attr(in, "aria-invalid") != "true" || webtest.Attr(in, "aria-describedby") != "f-snils-hint f-snils-error" {
		t.Errorf("the error is not tied to the field: %q", webtest.Attr(in, "aria-describedby"))
	}
	b.Await("the remedy to be read out", func(p *webtest.Page) bool {
		says := p.All("div", "id", "announce")
		return len(says) == 1 && webtest.TextOf(says[0]) == remedy && webtest.Attr(says[0], "role") == "status"
	})
	b.Axe()
	b.Fill("СНИЛС", "112-233-445 95")
	b.Await("the remedy to go", func(p *webtest.Page) bool { return !p.Sees(remedy) && !invalid(p, "snils") })
	if in, err = b.Page().Field("СНИЛС"); err != nil || webtest.Attr(in, "aria-describedby") != "f-snils-hint" {
		t.Errorf("the field is still tied to an error: %q, %v", webtest.Attr(in, "aria-describedby"), err)
	}
	if strings.Contains(x.Log.String(), "233-445") {
		t.Error("the log holds a value that was checked")
	}
}

func TestACorrectionIsSeenWithoutLeavingTheField(t *testing.T) {
	b, _ := atTyping(t, webtest.Phone())
	b.Fill("Фамилия", "Петров2")
	b.Keys("\t")
	b.Await("the reason", func(p *webtest.Page) bool {
		return p.Sees("не может быть цифры «2»") && !p.Sees("Введите фамилию")
	})
	b.Fill("Фамилия", "Петров")
	b.Await("the reason to go while the field has the focus", func(p *webtest.Page) bool { return !invalid(p, "name") })
}

func TestAFieldIsLookedAtAgainWhenTheOtherThatItDependsOnIsCorrected(t *testing.T) {
	b, _ := atTyping(t, webtest.Desktop())
	b.Fill("Дата рождения", "05.03.1990")
	b.Fill("Дата выдачи", "20.04.2009")
	b.Keys("\t")
	b.Await("the passport to be too old", func(p *webtest.Page) bool {
		return p.Sees("его меняют в 20 лет") && invalid(p, "passport_issued_at")
	})
	b.Fill("Дата рождения", "05.03.1989")
	b.Keys("\t")
	b.Await("the passport to be good", func(p *webtest.Page) bool { return !invalid(p, "passport_issued_at") })
}

func TestAMismatchOfAddressesIsNamedAndIsNoError(t *testing.T) {
	b, _ := atTyping(t, webtest.Phone())
	b.Fill("Адрес регистрации", "г. Химки, ул. Ленина, д. 5, кв. 1")
	b.Fill("Адрес проживания", "г. Москва, ул. Мира, д. 1")
	b.Keys("\t")
	page := b.Await("the mismatch", func(p *webtest.Page) bool { return p.Sees("Города разные") })
	if invalid(page, "lives") || len(page.All("p", "id", "f-lives-notice")) != 1 {
		t.Error("living elsewhere is an error")
	}
	b.Axe()
	b.Fill("Адрес проживания", "Химки, Ленина, 5-1")
	b.Keys("\t")
	b.Await("the mismatch to go", func(p *webtest.Page) bool { return !p.Sees("Города разные") })
}

func TestWithoutScriptsAFieldIsLeftInPeace(t *testing.T) {
	look := webtest.Desktop()
	look.NoScript = true
	b, _ := atTyping(t, look)
	b.Fill("СНИЛС", "112-233-445 96")
	b.Keys("\t")
	time.Sleep(500 * time.Millisecond)
	if invalid(b.Page(), "snils") || b.Value("СНИЛС") != "112-233-445 96" {
		t.Errorf("something happened: the SNILS reads %q", b.Value("СНИЛС"))
	}
}
