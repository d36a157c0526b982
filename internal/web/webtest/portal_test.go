package webtest

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// portal is a small portal that keeps the rules: an address to give, with errors told, a cabinet behind a
// cookie, a page that changes by itself, a paper.
func portal() http.Handler {
	var mu sync.Mutex
	var sent map[string]string
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		show(w, r, 200, "Окно", `<h1>Окно</h1><p>Ваше имя и&nbsp;адрес.</p>`+form1("", "", false))
	})
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if r.Header.Get("Sec-Fetch-Site") != "same-origin" {
			http.Error(w, "from elsewhere", http.StatusForbidden)
			return
		}
		if r.FormValue("mail") == "" {
			show(w, r, 422, "Ошибка – Окно", `<div class="ds-error-summary" tabindex="-1"><h2>Исправьте</h2><a href="#mail">Укажите почту</a></div><h1>Окно</h1>`+
				form1(r.FormValue("family"), "", true))
			return
		}
		mu.Lock()
		defer mu.Unlock()
		sent = map[string]string{}
		for k, v := range r.MultipartForm.Value {
			sent[k] = strings.Join(v, "+")
		}
		for k, v := range r.MultipartForm.File {
			f, err := v[0].Open()
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			data, _ := io.ReadAll(f)
			sent[k] = v[0].Filename + "=" + string(data)
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "s", Path: "/", HttpOnly: true})
		http.Redirect(w, r, "/cabinet", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /cabinet", func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("session"); err != nil {
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		show(w, r, 200, "Кабинет – Окно", fmt.Sprintf(`<h1>Здравствуйте</h1><p data-level="simplified">%s</p>
			<ul><li>Первый <a href="/paper/1">Скачать</a></li><li>Второй <a href="/paper/2">Скачать</a></li></ul>
			<p><a href="/live">Ход дела</a></p>`, html.EscapeString(fmt.Sprint(sent))))
	})
	mux.HandleFunc("GET /paper/{n}", func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("session"); err != nil {
			http.Error(w, "sign in", http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/pdf")
		fmt.Fprint(w, "%PDF ", r.PathValue("n"))
	})
	var asked time.Time
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if asked.IsZero() {
			asked = time.Now()
		}
		state := "Ждём ответа"
		if time.Since(asked) > 400*time.Millisecond {
			state = "Готово"
		}
		show(w, r, 200, "Дело – Окно", `<h1>Дело</h1><p id="state">`+state+`</p>`)
	})
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		select {
		case <-time.After(400 * time.Millisecond):
			fmt.Fprint(w, "data: Готово\n\n")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("GET /app.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `const s = document.getElementById("state"); if (s) new EventSource("/events").onmessage = e => { s.textContent = e.data }`)
	})
	mux.HandleFunc("GET /app.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprint(w, `:root { color-scheme: light dark; font-size: 18px } body { margin: 1rem } label, legend { display: block } a, button, input, select { padding: .5rem; margin: .5rem 0 }
			input { min-width: 24px; min-height: 24px } li { margin: 1rem 0 } .away { display: none }`)
	})
	return mux
}

func form1(family, mail string, wrong bool) string {
	mark, hint := "", ""
	if wrong {
		mark, hint = ` aria-invalid="true" aria-describedby="mail-error"`, `<p id="mail-error">Укажите почту</p>`
	}
	return `<form method="post" action="/" enctype="multipart/form-data" novalidate>
		<input type="hidden" name="draft" value="7">
		<p><label for="family">Фамилия</label><input id="family" name="family" autocomplete="family-name" value="` + html.EscapeString(family) + `"></p>
		<p><label for="mail">Почта (необязательно)</label><input id="mail" name="mail" type="email" autocomplete="section-a email" value="` + html.EscapeString(mail) + `"` + mark + `>` + hint + `</p>
		<p><label for="p1">Пароль</label><input id="p1" name="p1" type="password" autocomplete="new-password"></p>
		<p><label for="p2">Ещё раз</label><input id="p2" name="p2" type="password" autocomplete="new-password"></p>
		<p><label for="year">Год</label><select id="year" name="year"><option value="24">2024<option value="25">2025</select></p>
		<fieldset><legend>Пол</legend><label><input type="radio" name="sex" value="f">Женский</label><label><input type="radio" name="sex" value="m">Мужской</label></fieldset>
		<p><label><input type="checkbox" name="agree" value="yes">Согласен</label></p>
		<p><label for="scan">Снимок</label><input id="scan" name="scan" type="file"></p>
		<p class="away">Этого не видно</p>
		<button name="go" value="1">Отправить</button></form>`
}

func show(w http.ResponseWriter, r *http.Request, status int, title, body string) {
	lang := "ru"
	if strings.HasPrefix(r.Header.Get("Accept-Language"), "en") {
		lang = "en"
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<!doctype html><html lang=%q><head><meta charset="utf-8"><title>%s</title><meta name="viewport" content="width=device-width">
		<link rel="icon" href="data:,"><link rel="stylesheet" href="/app.css"><script src="/app.js" defer></script></head><body><main>%s</main></body></html>`, lang, title, body)
}
