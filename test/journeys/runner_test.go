package journeys

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okno/internal/i18n"
	"okno/internal/web/webtest"
)

// fake is a portal of three pages with the levers of a demo, to play stories on that are about the player.
func fake(t *testing.T) *httptest.Server {
	t.Helper()
	var sent []string
	var family string
	ready := 0
	mux := http.NewServeMux()
	words := map[string][2]string{}
	for _, w := range [][2]string{{"Добро пожаловать", "Welcome"}, {"Дальше", "Next"}, {"Подтвердить", "Confirm"}, {"Готово", "Ready"}, {"Справка", "Paper"}, {"Фамилия", "Surname"}, {"Телефон", "Phone"}, {"Код", "Code"}} {
		words[w[0]] = w
	}
	show := func(w http.ResponseWriter, r *http.Request, status int, body string) {
		lang := i18n.RU
		if c, err := r.Cookie("lang"); err == nil {
			lang = i18n.Lang(c.Value)
		}
		for ru, w := range words {
			if lang == i18n.EN {
				body = strings.ReplaceAll(body, ru, w[1])
			}
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src data:")
		w.WriteHeader(status)
		fmt.Fprintf(w, `<!doctype html><html lang=%q><head><title>Окно</title><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><script src="/app.js" defer></script></head><body><main>%s</main></body></html>`, lang,
			strings.NewReplacer("[n]", lang.N("i18n.days", 3), "[phone]", lang.T("form.phone.empty"), "[step]", lang.T("ui.steps.now", "now", 1, "of", 2)).Replace(body))
	}
	field := func(label, id, token, value, wrong string) string {
		mark, hint := "", ""
		if wrong != "" {
			mark, hint = ` aria-invalid="true" aria-describedby="e"`, `<p id="e">`+wrong+`</p>`
		}
		return `<p><label for="` + id + `">` + label + `</label> <input id="` + id + `" name="` + id + `" autocomplete="` + token + `" value="` + html.EscapeString(value) + `"` + mark + `>` + hint + `</p>`
	}
	first := func(family, wrong string) string {
		return `<h1>Добро пожаловать</h1><form method="post" action="/" novalidate>` + field("Фамилия", "family", "family-name", family, "") + field("Телефон", "phone", "tel", "", wrong) +
			`<button class="ds-button">Дальше</button></form>`
	}
	second := func(wrong string) string {
		return `<h1>Код</h1><p>` + html.EscapeString(family) + ` one time</p><form method="post" action="/code" novalidate>` + field("Код", "code", "one-time-code", "", wrong) + `<button class="ds-button">Подтвердить</button></form>`
	}
	summary := func(id, words string) string {
		return `<div class="ds-error-summary"><a href="#` + id + `">` + words + `</a></div>`
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		if lang := r.URL.Query().Get("lang"); lang != "" {
			http.SetCookie(w, &http.Cookie{Name: "lang", Value: lang, Path: "/"})
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		show(w, r, 200, first("", ""))
	})
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) {
		family = r.FormValue("family")
		if r.FormValue("phone") == "" {
			show(w, r, 422, summary("phone", "[phone]")+first(family, "[phone]"))
			return
		}
		sent = append(sent, `{"to":"+79123456789","channel":"sms","text":"Код 482\u00a0913, 8 800 100-00-00. http://localhost/c?t=123456.","sent_at":"2026-11-18T11:02:00Z"}`)
		http.Redirect(w, r, "/code", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /code", func(w http.ResponseWriter, r *http.Request) { show(w, r, 200, second("")) })
	mux.HandleFunc("POST /code", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("code") != "482913" {
			show(w, r, 422, summary("code", "[step]")+second("[step]"))
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "s", Path: "/"})
		http.Redirect(w, r, "/cabinet", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /cabinet", func(w http.ResponseWriter, r *http.Request) {
		state := "…"
		if ready++; ready > 3 {
			state = "Готово"
		}
		show(w, r, 200, `<h1>Anna</h1><p data-level="simplified">[n]</p><p id="state" data-then="Готово">`+state+`</p><ul><li>First one <a href="/p/1">Справка</a></li><li>Second one <a href="/p/2">Справка</a></li></ul>`)
	})
	mux.HandleFunc("GET /app.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `const s = document.getElementById("state"); if (s) setTimeout(() => { s.textContent = s.dataset.then }, 500)`)
	})
	mux.HandleFunc("GET /p/{n}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/pdf")
		text := "BT /F 12 Tf 20 100 Td (Paper No " + r.PathValue("n") + ") Tj ET"
		fmt.Fprintf(w, "%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"+
			"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"+
			"4 0 obj<</Length %d>>stream\n%s\nendstream endobj\ntrailer<</Root 1 0 R/Size 5>>\n%%%%EOF\n", len(text), text)
	})
	mux.HandleFunc("GET /api/session", func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("session"); err != nil {
			http.Error(w, "{}", http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"level":"simplified"}`)
	})
	mux.HandleFunc("GET /demo/outbox", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("to") != "+79123456789" {
			fmt.Fprint(w, "[]")
			return
		}
		fmt.Fprint(w, "["+strings.Join(sent, ",")+"]")
	})
	mux.HandleFunc("GET /demo/people", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `[{"surname":"Первый"},{"surname":"Кузнецова-Ёлкина","homes":[{"town":"Москва"},{"town":"Тверь"}]}]`)
	})
	mux.HandleFunc("GET /demo/staff", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `[{"role":"officer","login":"o","totp_secret":"JBSWY3DPEHPK3PXP"}]`)
	})
	mux.HandleFunc("POST /demo/clock", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("advance") != "PT6M" {
			http.Error(w, "no", http.StatusUnprocessableEntity)
		}
	})
	mux.HandleFunc("POST /demo/faults", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("system") != "sms1" || r.FormValue("mode") != "down" {
			http.Error(w, "no", http.StatusUnprocessableEntity)
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

type served struct{ *httptest.Server }

func (s served) URL() string { return s.Server.URL }

func clients(world World) func(testing.TB, webtest.Look) webtest.Visitor {
	return func(t testing.TB, look webtest.Look) webtest.Visitor {
		c := webtest.NewClient(t, world.URL())
		c.Lang = look.Lang
		return c
	}
}

func TestAStoryIsPlayedInEveryLanguageAndBrowser(t *testing.T) {
	if _, err := os.Stat("/usr/bin/pdftotext"); err != nil && os.Getenv("CI") == "" {
		t.Skip("SKIPPED: no pdftotext; scripts/need installs it")
	}
	shots := t.TempDir()
	t.Setenv("OKNO_SHOTS", shots)
	chromium := webtest.Start(t)
	for _, how := range []playing{{i18n.RU, "", "without scripts"}, {i18n.EN, "", "without scripts"}, {i18n.EN, "", "desktop"}, {i18n.RU, "", "scripts off"}} {
		t.Run(how.String(), func(t *testing.T) {
			world := served{fake(t)}
			p := play{world: world, lang: how.lang, shots: how.look, open: browsers(chromium, world, how)}
			p.run(t, "testdata/fake/good.txt")
		})
	}
	if _, err := os.Stat(filepath.Join(shots, "desktop", "cabinet.png")); err != nil {
		t.Errorf("the picture: %v", err)
	}
}

// TestAStoryThatDoesNotHoldFailsAtItsLine plays lines that must fail after «as anna», «open /».
func TestAStoryThatDoesNotHoldFailsAtItsLine(t *testing.T) {
	for line, want := range map[string]string{
		"see Чужие слова":                     "is not there; / reads: Добро пожаловать",
		"see no {Добро пожаловать | Welcome}": "it is there, on /",
		"see {no.such.key}":                   "the portal has no message no.such.key",
		"see {нечто}":                         "{нечто} is neither a key nor",
		"press {ui.steps.now}":                "can be said in several ways",
		"press Назад":                         "no button «Назад»; there is «Дальше»",
		"fill Отчество with X":                "no field «Отчество»; there is «Фамилия» (family), «Телефон» (phone)",
		"see $boris.surname":                  "nothing is called $boris.surname",
		"anna is resident 7":                  "there is no resident 7 of 2",
		"boss is staff admin":                 "nobody has the role admin",
		"level is confirmed":                  "data-level confirmed: not seen",
		"session is confirmed":                `the session is "none" (status 401)`,
		"ref is data reference":               "the page has no data-reference",
		"at /cabinet":                         "they are at /, not at /cabinet",
		"error X":                             "the page has status 200",
		"field family-name holds X":           "it holds «», not «X»",
		"clock advance PT9M":                  "status 422",
		"fault sms9 down":                     "status 422",
		"do nothing-like-this":                "no such file",
		"paper {ui.brand} says X":             "no link «Окно»",
		"fill family-name with $phone.x":      "$phone.x: phone has no parts",
		"follow {Добро пожаловать | Welcome} near X": "no link",
		"as boris in another tab":                    "boris has no browser yet",
	} {
		file := filepath.Join(t.TempDir(), "bad.txt")
		if err := os.WriteFile(file, []byte("# a story\nphone is 1\nas anna\nopen /\n"+line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		world := served{fake(t)}
		got := webtest.Complaints(t, func(w testing.TB) {
			p := play{world: world, lang: i18n.RU, open: clients(world)}
			p.run(w, file)
		})
		if !strings.HasPrefix(got, "bad.txt:5: "+line) || !strings.Contains(got, want) {
			t.Errorf("%s:\n\tcomplaint %q\n\twant %q", line, got, want)
		}
	}
}

func TestALineNobodyUnderstandsIsRefusedBeforeTheStoryBegins(t *testing.T) {
	for text, want := range map[string]string{
		"dance":                      "bad.txt:1: dance: nobody knows how to do that",
		"fill X":                     "nobody knows how to do that",
		"fill with X":                "nobody knows how to do that",
		"open /\nsee {ui.brand":      "bad.txt:2: a brace or a quote is not closed",
		`open /` + "\n" + `see "abc`: "bad.txt:2: a brace or a quote is not closed",
		"continue please":            "nobody knows how to do that",
		"as":                         "nobody knows how to do that",
	} {
		file := filepath.Join(t.TempDir(), "bad.txt")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := load(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestACodeIsReadFromAnyMessage(t *testing.T) {
	for text, want := range map[string]string{
		"482913 – код Окна":                          "482913",
		"Код 482 913. Никому не говорите":            "482913",
		"Код: 482-913":                               "482913",
		"Горячая линия 8 800 100-00-00, код 000999.": "000999",
		"http://x/y?t=482913 – ссылка":               "",
		"Заявление 2026-000184 готово":               "000184", // digits are digits: a story reads messages it knows
	} {
		p := &play{named: map[string]any{}}
		p.take(message{Text: text})
		if got := p.named["code"]; got != want {
			t.Errorf("%q: code %q, want %q", text, got, want)
		}
		if want != "" && p.named["wrong"] == want {
			t.Errorf("%q: the wrong code is the right one", text)
		}
	}
}
