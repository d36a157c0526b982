package webtest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// visit is one visit, the same for every sort of Visitor.
func visit(t *testing.T, v Visitor) {
	t.Helper()
	scan := filepath.Join(t.TempDir(), "снимок.txt")
	if err := os.WriteFile(scan, []byte("скан"), 0o600); err != nil {
		t.Fatal(err)
	}
	v.Open("/cabinet")
	if got := v.Page().H1(); got != "Окно" {
		t.Fatalf("whoever is not known is sent to «%s»", got)
	}
	v.Fill("Фамилия", "Иванова-Ёлкина")
	v.Press("Отправить")
	if p := v.Page(); p.Status != 422 || len(p.Errors()) != 1 || p.Errors()[0] != "Укажите почту" {
		t.Fatalf("without an address: status %d, errors %q", p.Status, p.Errors())
	}
	if got := v.Value("family-name"); got != "Иванова-Ёлкина" {
		t.Errorf("after an error «%s» stands in the field", got)
	}
	v.Fill("email", "a+b@example.org")
	v.FillAll("new-password", "Пароль 1!")
	v.Choose("2025", "Год")
	v.Choose("Мужской", "Пол")
	v.Choose("Женский", "Пол")
	v.Tick("Согласен", true)
	v.Tick("Согласен", false)
	v.Tick("Согласен", true)
	v.Attach("Снимок", scan)
	v.Press("Отправить")
	p := v.Page()
	if p.URL.Path != "/cabinet" || p.Title() != "Кабинет – Окно" {
		t.Fatalf("after the form: %s", describe(p))
	}
	want := "map[agree:yes draft:7 family:Иванова-Ёлкина go:1 mail:a+b@example.org p1:Пароль 1! p2:Пароль 1! scan:снимок.txt=скан sex:f year:25]"
	if !p.Sees(want) {
		t.Errorf("the form arrived as %s, want %s", p.Text(), want)
	}
	if level, _ := p.Data("level"); level != "simplified" {
		t.Errorf("data-level = %q", level)
	}
	resp := v.Fetch("Скачать", "Второй")
	if body, _ := io.ReadAll(resp.Body); string(body) != "%PDF 2" {
		t.Errorf("the second paper is %q, status %d", body, resp.StatusCode)
	}
	if c := v.Cookies(); len(c) != 1 || c[0].Name != "session" {
		t.Errorf("cookies: %v", c)
	}
	v.Follow("Ход дела")
	v.Await("the end", func(p *Page) bool { return p.Sees("Готово") })
}

func TestAClientFillsFormsWithoutANetwork(t *testing.T) {
	visit(t, Serve(t, "https://okno.test", portal()))
}

func TestAClientFillsFormsOverTheNetwork(t *testing.T) {
	s := httptest.NewServer(portal())
	t.Cleanup(s.Close)
	visit(t, NewClient(t, s.URL))
}

func TestABrowserFillsFormsWhateverItsLook(t *testing.T) {
	chromium := Start(t)
	without := Desktop()
	without.NoScript = true
	keys := Desktop()
	keys.Keyboard = true
	for name, look := range map[string]Look{"desktop": Desktop(), "phone": Phone(), "without scripts": without, "by keyboard": keys} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(portal())
			t.Cleanup(s.Close)
			b := chromium.Browser(t, s.URL, look)
			visit(t, b)
			b.Axe()
		})
	}
}

func TestAClientRefusesWhatABrowserWouldRefuse(t *testing.T) {
	body := head + `<form method="post"><label for="a">А</label><input id="a" name="a" required><label for="b">Б</label><input id="b" readonly>
		<button disabled>Спит</button><button type="button">Сценарий</button><button>Дальше</button></form><p><button>Сам по себе</button></p>`
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		fmt.Fprint(w, body)
	})
	for want, act := range map[string]func(*Client){
		"«А» is required and empty":                          func(c *Client) { c.Press("Дальше") },
		"the button «Спит» is disabled":                      func(c *Client) { c.Press("Спит") },
		"the button «Сценарий» does nothing without scripts": func(c *Client) { c.Press("Сценарий") },
		"the button «Сам по себе» does nothing":              func(c *Client) { c.Press("Сам по себе") },
		"the field «Б» cannot be typed into":                 func(c *Client) { c.Fill("Б", "x") },
		"no field «В»":                                       func(c *Client) { c.Fill("В", "x") },
		"a POST was answered with a page":                    func(c *Client) { c.Fill("А", "x"); c.Press("Дальше") },
	} {
		got := Complaints(t, func(t testing.TB) {
			c := Serve(t, "https://okno.test", h)
			c.Open("/")
			act(c)
		})
		if !strings.Contains(got, want) {
			t.Errorf("complaint %q, want %q", got, want)
		}
	}
}

func TestABrowserTellsOfWhatOnlyABrowserSees(t *testing.T) {
	chromium := Start(t)
	var body string
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { show(w, r, 200, "Окно", "<h1>Окно</h1>"+body) })
	mux.HandleFunc("GET /app.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprint(w, ".wide { width: 3000px } .over { position: fixed; inset: 0 } .pale { color: #ddd } .bare { outline: none } .away { display: none }")
	})
	mux.HandleFunc("GET /app.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `for (const e of document.querySelectorAll("[data-do]")) ({
			say: () => console.error("беда"), fall: () => { nothing.at.all }, ask: () => alert("ну"),
			style: () => { const s = document.createElement("style"); s.textContent = "p{color:red}"; document.head.append(s) },
		})[e.dataset.do]()`)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	press := func(b *Browser) { b.Press("Дальше") }
	for _, c := range []struct {
		name, body string
		act        func(*Browser)
		want       string
	}{
		{"words on the console", `<p data-do="say">`, nil, "the console says: беда"},
		{"a script that falls", `<p data-do="fall">`, nil, "a script failed: Uncaught ReferenceError: nothing is not defined"},
		{"a dialog of the browser", `<p data-do="ask">`, nil, "a dialog of the browser itself opens: ну"},
		{"a sheet the policy forbids", `<p data-do="style">`, nil, "Content Security Policy"},
		{"a picture that is not there", `<img alt="" src="/no.png">`, nil, "status 404 for"},
		{"a request to another host", `<a href="http://elsewhere.invalid/">Дальше</a>`, func(b *Browser) { b.Follow("Дальше") }, "the page asks another host: http://elsewhere.invalid/"},
		{"a page too wide", `<p class="wide">широко</p>`, nil, "scrolls sideways by"},
		{"a button that something covers", `<button>Дальше</button><div class="over">пелена</div>`, press, "a div «пелена» covers it"},
		{"a button that is not shown", `<button class="away">Дальше</button>`, press, "it is not shown"},
		{"pale words", `<p class="pale">бледно</p>`, (*Browser).Axe, "(color-contrast, serious, light)"},
		{"a focus that cannot be seen", `<a class="bare" href="#m" id="m">Дальше</a>`, func(b *Browser) { b.Look.Keyboard = true; b.Follow("Дальше") }, "the focus on «Дальше» cannot be seen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body = c.body
			got := Complaints(t, func(w testing.TB) {
				b := chromium.Browser(w, s.URL, Desktop())
				b.Open("/")
				if c.act != nil {
					c.act(b)
				}
			})
			if !strings.Contains(got, c.want) {
				t.Errorf("complaints: %q, want %q", got, c.want)
			}
		})
	}
}

func TestABrowserReadsOnlyWhatItsStylesShow(t *testing.T) {
	s := httptest.NewServer(portal())
	t.Cleanup(s.Close)
	b := Start(t).Browser(t, s.URL, Look{Lang: "en"})
	b.Open("/")
	if p := b.Page(); p.Sees("Этого не видно") || !p.Sees("Ваше имя и адрес.") || p.Lang() != "en" {
		t.Errorf("in %s a person reads: %s", p.Lang(), p.Text())
	}
	if c := Serve(t, "https://okno.test", portal()); true {
		c.Lang = "en"
		c.Open("/")
		if c.Page().Lang() != "en" {
			t.Error("a client asks for no language")
		}
	}
}

func TestWhatIsFoldedAwayIsUnfolded(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		show(w, r, 200, "Окно", `<h1>`+r.URL.Path+`</h1><details><summary>Анна</summary><a href="/out">Выйти</a></details>
			<button class="ds-button" popovertarget="menu">Меню</button><div id="menu" popover><button popovertarget="menu">Закрыть</button><a href="/all">Услуги</a></div>`)
	})
	mux.HandleFunc("GET /app.css", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /app.js", func(http.ResponseWriter, *http.Request) {})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	chromium := Start(t)
	keys := Desktop()
	keys.Keyboard = true
	for name, v := range map[string]Visitor{"phone": chromium.Browser(t, s.URL, Phone()), "keys": chromium.Browser(t, s.URL, keys), "client": NewClient(t, s.URL)} {
		v.Open("/")
		if v.Page().Sees("Выйти") {
			t.Errorf("%s: what is folded away is read", name)
		}
		v.Follow("Выйти")
		if got := v.Page().H1(); got != "/out" {
			t.Errorf("%s: a link in a closed menu leads to %s", name, got)
		}
		v.Press("Меню")
		v.Follow("Услуги")
		v.Follow("Услуги")
		if got := v.Page().H1(); got != "/all" {
			t.Errorf("%s: a link in a popover leads to %s", name, got)
		}
	}
}

func TestPicturesLieInTheirFolder(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("OKNO_SHOTS", dir)
	s := httptest.NewServer(portal())
	t.Cleanup(s.Close)
	b := Start(t).Browser(t, s.URL, Phone())
	b.Open("/")
	b.Shot("ru/home")
	if png, err := os.ReadFile(filepath.Join(dir, "ru", "home.png")); err != nil || !strings.HasPrefix(string(png), "\x89PNG") {
		t.Errorf("no picture: %v", err)
	}
}
