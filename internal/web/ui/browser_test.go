package ui_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"

	"okno/internal/i18n"
	"okno/internal/web/ui"
	"okno/internal/web/webtest"
)

// house serves pages the way the portal does, as far as the scripts can tell.
type house struct {
	pages map[string]func() templ.Component

	mu       sync.Mutex
	sent     map[string]string // address: what was last posted there
	saves    int               // how often something was kept
	saved    time.Time         // when it came last
	shapes   chan bool         // the page of the questions that are asked now waits for it
	slow     chan bool         // the answer to what is kept waits for it
	question int               // how often the live page was asked for
	state    string
	changed  chan bool // false breaks the stream
}

func (h *house) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	bundle, err := ui.Assets()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'")
	if a, ok := bundle.File(strings.TrimPrefix(r.URL.Path, ui.Prefix)); ok {
		w.Header().Set("Content-Type", a.Type)
		if _, err := w.Write(a.Body); err != nil {
			return
		}
		return
	}
	if r.Method == http.MethodPost {
		h.take(w, r)
		return
	}
	if r.URL.Path == "/probe.js" {
		w.Header().Set("Content-Type", "text/javascript")
		io.WriteString(w, lens) //nolint:errcheck // the browser has hung up
		return
	}
	if r.URL.Path == "/events" {
		h.stream(w, r)
		return
	}
	if r.Header.Get("Okno-Part") != "" && r.URL.Path == "/shaped" {
		select {
		case h.shapes <- true:
			select {
			case <-h.shapes:
			case <-r.Context().Done():
				return
			}
		case <-r.Context().Done():
			return
		}
	}
	page := h.pages[r.URL.Path]
	if page == nil {
		http.NotFound(w, r)
		return
	}
	ctx := i18n.With(r.Context(), i18n.RU)
	if strings.HasPrefix(r.Header.Get("Accept-Language"), "en") {
		ctx = i18n.With(r.Context(), i18n.EN)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := page().Render(ctx, w); err != nil {
		panic(err)
	}
}

func (h *house) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	h.mu.Lock()
	h.sent[r.URL.Path] = string(body)
	h.mu.Unlock()
	switch r.URL.Path {
	case "/api/check":
		answer := map[string]string{"error": ""}
		if strings.Contains(string(body), "value=123") {
			answer["error"] = "СНИЛС состоит из 11 цифр"
		}
		if strings.Contains(string(body), "value=Solnyshko") {
			answer["error"] = "Такой пароль подбирают одним из первых"
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			return
		}
	case "/suggest":
		if strings.HasSuffix(string(body), url.QueryEscape("ъъ")) {
			io.WriteString(w, `{"items":[],"text":"Ничего не нашлось"}`) //nolint:errcheck // the browser has hung up
			return
		}
		io.WriteString(w, `{"items":[{"title":"Загранпаспорт","url":"/live","note":"МВД"},{"title":"Паспорт","url":"/desk","note":"В отделении"}],"text":"Нашлось 2 услуги"}`) //nolint:errcheck // the browser has hung up
	case "/preferences":
		w.WriteHeader(http.StatusNoContent)
	case "/save":
		h.mu.Lock()
		h.saves++
		h.saved = time.Now()
		slow := h.slow
		h.mu.Unlock()
		if slow != nil {
			<-slow
		}
		w.WriteHeader(http.StatusNoContent)
	case "/shape":
		h.mu.Lock()
		h.saves++
		n := h.saves
		h.mu.Unlock()
		if _, err := fmt.Fprintf(w, `{"version":"%d","shape":"other","wrong":[],"clashes":[]}`, n); err != nil {
			return
		}
	default:
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func (h *house) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := func(s string) {
		if _, err := io.WriteString(w, s); err != nil {
			return
		}
		w.(http.Flusher).Flush()
	}
	flush("retry: 100\n\n")
	for {
		select {
		case <-r.Context().Done():
			return
		case told := <-h.changed:
			if !told {
				return
			}
			flush("event: changed\ndata: \n\n")
		}
	}
}

func (h *house) posted(path string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sent[path]
}

func (h *house) become(state string) {
	h.mu.Lock()
	h.state = state
	h.mu.Unlock()
	h.changed <- true
}

// lens is a camera that takes a while to open and counts on the page how many streams of it are open; the button «twice» is pressed by
// somebody who cannot wait.
const lens = `
const open = [], sheet = document.createElement('canvas'), pen = sheet.getContext('2d')
navigator.mediaDevices.getUserMedia = async () => {
  await new Promise(done => setTimeout(done, 300))
  open.push(sheet.captureStream(9))
  return open.at(-1)
}
setInterval(() => {
  pen.fillRect(0, 0, open.length + 1, 9)
  document.getElementById('open').textContent = 'open: ' + open.length + ', on: ' + open.filter(s => s.active).length
}, 20)
document.getElementById('twice').addEventListener('click', () => {
  const start = document.querySelector('[data-part=start]')
  start.click()
  start.click()
})`

func words(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(s))
		return err
	})
}

// with is c with its children.
func with(c templ.Component, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return c.Render(templ.WithChildren(ctx, templ.Join(children...)), w)
	})
}

func build(t *testing.T) (*house, string) {
	t.Helper()
	h := &house{sent: map[string]string{}, changed: make(chan bool), shapes: make(chan bool), state: "Проверяется"}
	page := ui.Page{
		Title: "Проба", Path: "/", Hotline: "8 800 100-70-10", Nav: []ui.Link{{Label: "Услуги", URL: "/", Current: true}, {Label: "Помощь", URL: "/story"}},
		Person: &ui.Person{Name: "Анна П.", Menu: []ui.Link{{Label: "Кабинет", URL: "/"}}},
	}
	desk := ui.Desk{Title: "Новые", Path: "/desk", Unit: "МВД", Staff: "Смирнова О. В.", Queues: []ui.Link{{Label: "Новые", URL: "/desk", Current: true, Count: "2"}},
		Pane: templ.Raw("<h2>2026-000184</h2>"), Keys: []ui.Key{{Key: "A", Label: "одобрить"}}}
	h.pages = map[string]func() templ.Component{
		"/story": func() templ.Component { p := page; p.Person = nil; return ui.Storybook(p) },
		"/": func() templ.Component {
			return with(page.Step(ui.Steps{Now: 1, Of: 2, Saved: true}), templ.Raw("<h1>Проба</h1>"),
				with(ui.Form{Action: "/go", Save: "/save"}.Around(),
					ui.Field{Name: "snils", Label: "СНИЛС", Mask: ui.MaskSNILS, Check: "snils"},
					ui.Field{Name: "phone", Label: "Телефон", Mask: ui.MaskPhone},
					ui.Field{Name: "day", Label: "День", Mask: ui.MaskDate},
					ui.Code{Label: "Код"},
					ui.Password{Name: "password", Label: "Пароль", New: true, Meter: true, Check: "password"},
					ui.Button{Label: "Дальше"},
				),
				ui.Resend{Action: "/again", Wait: 2, Call: "/call"},
			)
		},
		"/shaped": func() templ.Component {
			return with(page.Step(ui.Steps{Now: 1, Of: 2, Saved: true}), templ.Raw("<h1>Проба</h1>"),
				with(ui.Form{ID: "asked", Action: "/go", Save: "/shape", Hidden: []ui.Hidden{{Name: ".version", Value: "0"}}, Attrs: templ.Attributes{"data-shape": "this"}}.Around(),
					ui.Field{Name: "snils", Label: "СНИЛС"}, ui.Button{Label: "Дальше"}))
		},
		"/camera": func() templ.Component {
			part := func(name string) templ.Attributes {
				return templ.Attributes{"data-part": name, "hidden": name != "start"}
			}
			return with(page.Around(), templ.Raw("<h1>Снимок</h1>"),
				with(ui.Form{Action: "/go", Files: true}.Around(),
					ui.File{Name: "original", Label: "Файл", Attrs: templ.Attributes{"data-or": "f-photo"}},
					ui.File{Name: "photo", Label: "Снимок телефона", Attrs: templ.Attributes{"data-or": "f-original"}},
					templ.Raw(`<div data-camera="f-original" data-ready="Готово" hidden><video data-part="video" aria-label="Камера" muted playsinline hidden></video><canvas data-part="canvas" role="img" aria-label="Снято" hidden></canvas><p data-part="note"></p>`),
					ui.Button{Label: "Снять", Plain: true, Attrs: part("start")}, ui.Button{Label: "Ещё раз", Plain: true, Attrs: part("again")},
					ui.Button{Label: "Щёлк", Plain: true, Attrs: part("shoot")}, ui.Button{Label: "Хватит", Plain: true, Attrs: part("stop")},
					templ.Raw(`</div><p id="open"></p><button type="button" id="twice">Дважды</button><script src="/probe.js" defer></script>`)))
		},
		"/near": func() templ.Component {
			place := func(name, lat string) string {
				return `<div data-place data-lat="` + lat + `" data-lon="37">` + name + ` <span data-distance></span></div>`
			}
			return with(page.Around(), templ.Raw("<h1>Куда прийти</h1>"), templ.Raw(`<div data-near hidden>`), ui.Button{Label: "Ближайшие ко мне", Plain: true},
				templ.Raw(`</div><p role="status" data-near-said data-sorted="Сначала ближайшие" data-refused="Не сказано, где вы" data-unit="% км"></p><div>`+place("Юг", "54")+place("Север", "56")+`</div><script type="module" src="`+ui.URL("near.js")+`"></script>`))
		},
		"/near/pages": func() templ.Component {
			return with(page.Around(), templ.Raw("<h1>К кому записаться</h1>"), with(ui.Form{Action: "/near/pages", Get: true}.Around(), ui.Field{Name: "q", Label: "К кому"},
				ui.Select{Name: "area", Label: "Где вы", Empty: "Не выбрано", Choices: []ui.Choice{{Value: "S/1", Label: "Юг"}, {Value: "N/2", Label: "Север"}}}, ui.Button{Label: "Показать"}),
				templ.Raw(`<div data-near hidden data-areas='[{"key":"S/1","lat":54,"lon":37},{"key":"N/2","lat":56,"lon":37}]'>`), ui.Button{Label: "Ближайшие ко мне", Plain: true},
				templ.Raw(`</div><p role="status" data-near-said data-refused="Не сказано, где вы"></p><script type="module" src="`+ui.URL("near.js")+`"></script>`))
		},
		"/search": func() templ.Component {
			return with(page.Around(), templ.Raw("<h1>Услуги</h1>"), ui.Search{Action: "/story", Label: "Поиск услуги", Suggest: "/suggest"}, templ.Raw("<p>Ниже</p>"))
		},
		"/wallet": func() templ.Component {
			return with(page.Around(), templ.Raw("<h1>Документы</h1>"), with(ui.Actions(), ui.LinkButton{Label: "Добавить", URL: "/story"}),
				with(ui.Live{ID: "documents"}.Around(), templ.Raw("<h2>Мои документы</h2>")))
		},
		"/live": func() templ.Component {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.question++
			return with(page.Around(), templ.Raw("<h1>Дело</h1>"),
				with(ui.Live{ID: "case", Events: "/events"}.Around(), templ.Raw(fmt.Sprintf("<p data-say>%s</p><p>вопрос %d</p>", h.state, h.question)), ui.LinkButton{Label: "Скачать", URL: "/story", Variant: ui.Secondary, Attrs: templ.Attributes{"autofocus": true}}),
				with(ui.Live{ID: "note"}.Around(), words("ничего")))
		},
		"/desk": func() templ.Component {
			return with(desk.Around(), templ.Raw("<h1>Новые</h1>"),
				ui.Table{Caption: "Дела", Columns: []ui.Column{{Label: "Дело"}, {Label: "Срок"}}, Rows: []ui.Row{{Current: true, Cells: []ui.Cell{{Text: "1", URL: "/desk"}, {Text: "день", Tone: ui.Danger, Strong: true}}}}},
				ui.PostButton{Action: "/approve", Button: ui.Button{Label: "Одобрить", Key: "a"}},
				ui.PostButton{Action: "/print", Button: ui.Button{Label: "В печать", Key: "p", Attrs: templ.Attributes{"data-asks": true}}})
		},
	}
	s := httptest.NewServer(h)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return h, s.URL
}

func TestNobodyIsShutOutOfAnyComponent(t *testing.T) {
	_, base := build(t)
	chromium := webtest.Start(t)
	english := webtest.Phone()
	english.Lang = "en"
	for _, x := range []struct {
		name  string
		look  webtest.Look
		pages []string
	}{
		{"desktop, Russian", webtest.Desktop(), []string{"/story", "/", "/live", "/desk"}},
		{"phone, English", english, []string{"/story", "/desk"}},
		{"400 %", webtest.Look{Width: 320, Height: 256}, []string{"/story"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			b := chromium.Browser(t, base, x.look)
			for _, page := range x.pages {
				b.Open(page)
				b.Axe()
			}
		})
	}
}

// await asks f until it is content.
func await(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(webtest.Patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}

func TestAFieldIsCheckedWhenThePersonLeavesIt(t *testing.T) {
	_, base := build(t)
	b := webtest.Start(t).Browser(t, base, webtest.Desktop())
	b.Open("/")
	b.Fill("СНИЛС", "123")
	b.Fill("Телефон", "8 912 345 67 89")
	page := b.Await("the error", func(p *webtest.Page) bool { return p.Sees("СНИЛС состоит из 11 цифр") })
	in, err := page.Field("СНИЛС")
	if err != nil {
		t.Fatal(err)
	}
	if webtest.Attr(in, "aria-invalid") != "true" || webtest.Attr(in, "aria-describedby") != "f-snils-error" {
		t.Error("the error is not tied to the field")
	}
	if got := b.Value("Телефон"); got != "+7 912 345-67-89" {
		t.Errorf("the phone reads %q", got)
	}
	b.Fill("СНИЛС", "11223344595")
	b.Fill("Телефон", "+49 30 123456")
	b.Await("the error to go", func(p *webtest.Page) bool { return !p.Sees("СНИЛС состоит из 11 цифр") })
	if got := b.Value("СНИЛС"); got != "112-233-445 95" {
		t.Errorf("the SNILS reads %q", got)
	}
	if got := b.Value("Телефон"); got != "+49 30 123456" {
		t.Errorf("a foreign number became %q", got)
	}
}

func TestADayIsTypedWithAndWithoutDotsAndNoughts(t *testing.T) {
	_, base := build(t)
	b := webtest.Start(t).Browser(t, base, webtest.Desktop())
	b.Open("/")
	for typed, want := range map[string]string{
		"1.12.2026": "01.12.2026", "1.2.1990": "01.02.1990", "5/9/2020": "05.09.2020", "18112026": "18.11.2026", "31.12.1999": "31.12.1999",
		"1992-02-09": "1992-02-09", "18.1.2026": "18.01.2026",
	} {
		b.Fill("День", "") // pasted
		b.Fill("День", typed)
		if got := b.Value("День"); got != want {
			t.Errorf("%s, pasted, became %s", typed, got)
		}
		b.Fill("День", "")
		b.Keys(typed)
		if got := b.Value("День"); got != want {
			t.Errorf("%s, typed, became %s", typed, got)
		}
	}
}

// The press that leaves the field has it checked, and words come under it: not before the release, or the page moves under it.
func TestAButtonThatIsPressedSlowlyIsClickedThoughWordsComeMeanwhile(t *testing.T) {
	h, base := build(t)
	b := webtest.Start(t).Browser(t, base, webtest.Look{Width: 1280, Height: 4000}) // scrolled nowhere: else the browser keeps what is seen in its place
	b.Open("/")
	b.Fill("СНИЛС", "123")
	b.PressSlowly("Дальше", 600*time.Millisecond)
	await(t, "the form", func() bool { return strings.Contains(h.posted("/go"), "snils=123") })
	if h.posted("/api/check") == "" {
		t.Error("the field was not checked")
	}
}

func TestWhatIsTypedIsKeptButNoSecrets(t *testing.T) {
	h, base := build(t)
	b := webtest.Start(t).Browser(t, base, webtest.Desktop())
	b.Open("/")
	b.Fill("СНИЛС", "11223344595")
	b.Fill("Код", "482 913")
	b.Fill("Пароль", "Sekret-2026!")
	b.Await("the word that it is kept", func(p *webtest.Page) bool { return p.Sees("сохранено") })
	got := h.posted("/save")
	if !strings.Contains(got, "snils=112-233-445") {
		t.Errorf("kept %q", got)
	}
	for _, secret := range []string{"482", "Sekret", "code", "password"} {
		if strings.Contains(got, secret) {
			t.Errorf("%s was kept: %q", secret, got)
		}
	}
	if code := b.Value("Код"); code != "482913" {
		t.Errorf("the code reads %q", code)
	}
	// What is kept says when it was sent, and so does the form when it goes: the later one counts, whichever comes first.
	kept, err := url.ParseQuery(got)
	if err != nil {
		t.Fatal(err)
	}
	var sent float64
	b.Run(&sent, `() => Number(new FormData(document.querySelector('form[data-save]')).get('.sent') ?? 0)`)
	if first, err := strconv.ParseFloat(kept.Get(".sent"), 64); err != nil || first <= 0 || sent <= first {
		t.Errorf("kept at %q, then sent at %v: %v", kept.Get(".sent"), sent, err)
	}
}

// keeping is a page whose sendings are answered one by one, when slow is told so; fill types at once, since the page does not come to rest before.
func keeping(t *testing.T, path string) (h *house, b *webtest.Browser, saves func() int, fill func(text string)) {
	t.Helper()
	h, base := build(t)
	h.slow = make(chan bool)
	t.Cleanup(func() { close(h.slow) })
	saves = func() int {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.saves
	}
	b = webtest.Start(t).Browser(t, base, webtest.Desktop())
	b.Open(path)
	fill = func(text string) {
		t.Helper()
		b.Run(nil, `() => { const f = document.querySelector('[name=snils]'); f.value = "`+text+`"; f.dispatchEvent(new Event('input', { bubbles: true })) }`)
	}
	return h, b, saves, fill
}

// What is typed while something is on its way goes when that is answered: of two that are on their way at once the older could come last. Who
// leaves the page does not wait.
func TestWhatIsTypedIsKeptOneAfterTheOther(t *testing.T) {
	h, b, saves, fill := keeping(t, "/")
	fill("112-233-445 95")
	await(t, "the first sending", func() bool { return saves() == 1 })
	fill("112-233-44")
	time.Sleep(2500 * time.Millisecond) // it would go a second and a half after the last key
	if n := saves(); n != 1 {
		t.Fatalf("%d are on their way at once", n)
	}
	answered := time.Now()
	h.slow <- true
	await(t, "the second sending", func() bool { return saves() == 2 && strings.Contains(h.posted("/save"), "snils=112-233-44&") })
	h.mu.Lock()
	pause := h.saved.Sub(answered)
	h.mu.Unlock()
	if pause < 1400*time.Millisecond { // or whole forms go one after the other while somebody types
		t.Errorf("the second sending comes %s after the first was answered", pause)
	}
	for n, leave := range []string{ // to another app, or for good
		`() => { Object.defineProperty(document, 'hidden', { get: () => true }); document.dispatchEvent(new Event('visibilitychange', { bubbles: true })) }`,
		`() => dispatchEvent(new Event('pagehide'))`,
	} {
		text := fmt.Sprintf("112-233-445 9%d", n)
		fill(text)
		b.Run(nil, leave)
		await(t, "what was typed when the page was left", func() bool {
			return saves() == 3+2*n && strings.Contains(h.posted("/save"), "snils="+url.QueryEscape(text))
		})
		// Two are on their way, and nobody knows which comes first: who comes back has what they see sent once more.
		h.slow <- true
		h.slow <- true
		await(t, "what the page shows", func() bool {
			return saves() == 4+2*n && strings.Contains(h.posted("/save"), "snils="+url.QueryEscape(text))
		})
	}
	h.slow <- true
	time.Sleep(2500 * time.Millisecond)
	if n := saves(); n != 6 {
		t.Errorf("%d were sent: what went alone goes again", n)
	}
}

// Other questions are fetched before anything else is sent: what is on its way until then is one sending.
func TestNothingIsSentWhileOtherQuestionsAreFetched(t *testing.T) {
	h, _, saves, fill := keeping(t, "/shaped")
	fill("112-233-44")
	<-h.shapes
	fill("112-233-445 95")
	time.Sleep(2500 * time.Millisecond)
	if n := saves(); n != 1 {
		t.Fatalf("%d were sent before the questions came", n)
	}
	h.shapes <- true
	await(t, "what was typed meanwhile", func() bool {
		body := h.posted("/shape")
		return saves() > 1 && strings.Contains(body, "snils=112-233-445+95") && strings.Contains(body, ".version=1")
	})
	<-h.shapes // they are other ones still
	h.shapes <- true
}

func TestAnAnswerThatNeverComesHoldsNothingUp(t *testing.T) {
	h, b, saves, fill := keeping(t, "/")
	b.Run(nil, `() => { const within = AbortSignal.timeout; AbortSignal.timeout = ms => within.call(AbortSignal, ms / 30) }`)
	fill("112-233-445 95")
	await(t, "the first sending", func() bool { return saves() == 1 })
	b.Await("the word that it is not kept", func(p *webtest.Page) bool { return p.Sees("нет связи, сохраним") })
	await(t, "the next try", func() bool { return saves() > 1 && strings.Contains(h.posted("/save"), "snils=112-233-445") })
}

// What could not be kept is kept as soon as it can be, whether or not anything more is typed and whatever the browser knows of its line.
func TestWhatCouldNotBeKeptIsKeptLater(t *testing.T) {
	h, base := build(t)
	b := webtest.Start(t).Browser(t, base, webtest.Desktop())
	b.Open("/")
	b.Run(nil, `() => addEventListener('online', e => e.stopImmediatePropagation(), true)`)
	back := b.Offline()
	b.Fill("СНИЛС", "11223344595")
	b.Await("the word that it is not kept", func(p *webtest.Page) bool { return p.Sees("нет связи, сохраним") })
	if got := h.posted("/save"); got != "" {
		t.Fatalf("kept off line: %q", got)
	}
	back()
	await(t, "what was typed", func() bool { return strings.Contains(h.posted("/save"), "snils=112-233-445") })
}

func TestAPasswordThatTheServerRefusesIsNotCalledGood(t *testing.T) {
	h, base := build(t)
	b := webtest.Start(t).Browser(t, base, webtest.Desktop())
	b.Open("/")
	b.Fill("Пароль", "Solnyshko-vesna-")
	b.Fill("Телефон", "8 912 345 67 89")
	b.Fill("Пароль", "Solnyshko-vesna-26")
	b.Await("a good word of the page", func(p *webtest.Page) bool { return p.Sees("Надёжный пароль") })
	if got := h.posted("/api/check"); got != "" {
		t.Errorf("a password that was not whole went over the wire: %q", got)
	}
	b.Fill("Телефон", "8 912 345 67 88")
	b.Await("the word of the server", func(p *webtest.Page) bool {
		return p.Sees("Такой пароль подбирают одним из первых") && p.Sees("Слабый пароль") && !p.Sees("Надёжный пароль")
	})
	b.Fill("Пароль", "zhuk+Lampa7oblako")
	b.Fill("Телефон", "8 912 345 67 89")
	b.Await("the error to go", func(p *webtest.Page) bool {
		return len(p.All("input", "name", "password", "aria-invalid", "true")) == 0 && p.Sees("Надёжный пароль")
	})
}

func TestAPasswordIsMeasuredAndShown(t *testing.T) {
	_, base := build(t)
	b := webtest.Start(t).Browser(t, base, webtest.Desktop())
	b.Open("/")
	for _, x := range []struct{ password, says string }{
		{"Qwerty1!", "Слабый пароль"},
		{"Parol-2024", "Слабый пароль"},
		{"Tr4mvai-Ok", "Хороший пароль"},
		{"zhuk+Lampa7oblako", "Надёжный пароль"},
	} {
		b.Fill("Пароль", x.password)
		b.Await(x.password+" to be "+x.says, func(p *webtest.Page) bool { return p.Sees(x.says) })
	}
	if n := len(b.Page().All("li", "data-ok", "")); n != 6 {
		t.Errorf("%d of 6 rules are ticked for a strong password", n)
	}
	b.Fill("Пароль", "слово пароль")
	if n := len(b.Page().All("li", "data-ok", "")); n != 1 {
		t.Errorf("%d rules are ticked for a Russian password, want the length alone", n)
	}
	b.Press("Показать пароль")
	page := b.Await("the password to be shown", func(p *webtest.Page) bool {
		return p.Sees("Скрыть пароль") || len(p.All("input", "name", "password", "type", "text")) == 1
	})
	if len(page.All("input", "name", "password", "type", "text")) != 1 {
		t.Error("the password is not shown")
	}
}

func TestANewCodeCanBeAskedForWhenTheWaitIsOver(t *testing.T) {
	_, base := build(t)
	b := webtest.Start(t).Browser(t, base, webtest.Desktop())
	b.Open("/")
	if _, err := b.Page().Button("Отправить код ещё раз"); err == nil && !b.Page().Sees("Новый код можно запросить через") {
		t.Error("the button is there before its time")
	}
	b.Await("the wait to be over", func(p *webtest.Page) bool {
		return !p.Sees("Новый код можно запросить через")
	})
	b.Press("Отправить код ещё раз")
}

func TestAPageKeepsItselfUpToDateAndLeavesTheFocusAlone(t *testing.T) {
	h, base := build(t)
	b := webtest.Start(t).Browser(t, base, webtest.Desktop())
	b.Open("/live") // the link within the live part has the focus
	h.become("Готово")
	page := b.Await("the answer", func(p *webtest.Page) bool { return p.Sees("Готово") })
	if page.Sees("Проверяется") {
		t.Error("the old state still stands there")
	}
	b.Await("the answer to be read out", func(p *webtest.Page) bool {
		says := p.All("div", "id", "announce")
		return len(says) == 1 && webtest.TextOf(says[0]) == "Готово"
	})
	// A stream that breaks is opened again, and what was missed is looked up.
	h.mu.Lock()
	h.state = "Выдано"
	h.mu.Unlock()
	h.changed <- false
	b.Await("what was missed", func(p *webtest.Page) bool { return p.Sees("Выдано") })
	b.Keys("\r")
	if got := b.Await("the link to be followed", func(p *webtest.Page) bool { return p.URL.Path != "/live" }).URL.Path; got != "/story" {
		t.Errorf("the key went to %s: the focus was lost", got)
	}
}

func TestWhatIsKeptUpToDateKeepsItsDistanceFromTheButtonsAboveIt(t *testing.T) {
	_, base := build(t)
	chromium := webtest.Start(t)
	for _, look := range []webtest.Look{webtest.Desktop(), webtest.Phone()} {
		b := chromium.Browser(t, base, look)
		b.Open("/wallet")
		var gap float64
		b.Run(&gap, "() => document.querySelector('h2').getBoundingClientRect().top - document.querySelector('main .actions').getBoundingClientRect().bottom")
		if gap < 16 {
			t.Errorf("%d px wide: %v px lie between them", look.Width, gap)
		}
	}
}

func TestACameraIsOpenedOnceHoweverOftenItIsAskedFor(t *testing.T) {
	_, base := build(t)
	b := webtest.Start(t).Browser(t, base, webtest.Desktop())
	b.Open("/camera")
	b.Press("Дважды")
	b.Await("the picture of the camera", func(p *webtest.Page) bool { return p.Sees("Щёлк") })
	b.Await("one stream", func(p *webtest.Page) bool { return p.Sees("open: 1, on: 1") })
	b.Press("Хватит")
	b.Await("no stream", func(p *webtest.Page) bool { return p.Sees("open: 1, on: 0") && p.Sees("Снять") })
}

func TestAFileThatTakesThePlaceOfAShotTakesItsPictureAway(t *testing.T) {
	_, base := build(t)
	b := webtest.Start(t).Browser(t, base, webtest.Desktop())
	b.Open("/camera")
	b.Press("Снять")
	b.Await("the picture of the camera", func(p *webtest.Page) bool { return p.Sees("Щёлк") })
	b.Press("Щёлк")
	b.Await("the shot", func(p *webtest.Page) bool { return p.Sees("Готово") && p.Sees("Ещё раз") })
	file := filepath.Join(t.TempDir(), "photo.jpg")
	if err := os.WriteFile(file, []byte("a photo"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Attach("Снимок телефона", file)
	b.Await("the shot to go", func(p *webtest.Page) bool {
		return !p.Sees("Готово") && !p.Sees("Ещё раз") && p.Sees("Снять")
	})
	if got := b.Value("Файл"); got != "" {
		t.Errorf("both files would be sent: %s", got)
	}
}

func TestADeskAnswersToKeys(t *testing.T) {
	h, base := build(t)
	b := webtest.Start(t).Browser(t, base, webtest.Desktop())
	sent := func(path string) func() bool {
		return func() bool { h.mu.Lock(); defer h.mu.Unlock(); _, ok := h.sent[path]; return ok }
	}
	b.Open("/desk")
	b.Keys("p") // asks first
	var led bool
	if b.Run(&led, `() => document.activeElement.textContent.trim() === 'В печать'`); !led || sent("/print")() {
		t.Errorf("the first press leads to the button: %t", led)
	}
	b.Keys("p")
	await(t, "the second press", sent("/print"))
	b.Open("/desk")
	b.Keys("a")
	await(t, "the case to be approved", sent("/approve"))
}

func TestLargerTypeComesAtOnce(t *testing.T) {
	h, base := build(t)
	b := webtest.Start(t).Browser(t, base, webtest.Desktop())
	b.Open("/")
	b.Press("Крупнее")
	b.Await("larger type", func(p *webtest.Page) bool {
		return len(p.All("html", "data-size", "lg")) == 1 && p.Sees("Обычный шрифт")
	})
	if got := h.posted("/preferences"); !strings.Contains(got, "type=larger") || !strings.Contains(got, "back=%2F") {
		t.Errorf("the server was told %q", got)
	}
}

func TestTheMenuOfAPhoneOpensWithoutScripts(t *testing.T) {
	_, base := build(t)
	look := webtest.Phone()
	look.NoScript = true
	b := webtest.Start(t).Browser(t, base, look)
	b.Open("/live")
	if b.Page().Sees("Помощь") {
		t.Error("the menu stands open")
	}
	b.Press("Меню")
	b.Follow("Помощь")
	if got := b.Page().H1(); got != "Из чего сделаны страницы" {
		t.Errorf("the menu led to %q", got)
	}
}
