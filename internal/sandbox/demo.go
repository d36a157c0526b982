package sandbox

import (
	"encoding/json"
	"html/template"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Handler serves the levers of the world under /demo: the outbox, the residents and the faults. The portal's demo
// mounts it; nothing of it exists outside the demo. A POST from a page of another origin is refused.
func (w *World) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /demo/outbox", w.showOutbox)
	mux.HandleFunc("GET /demo/people", w.showPeople)
	mux.HandleFunc("GET /demo/newcomers", w.showNewcomers)
	mux.HandleFunc("GET /demo/faults", w.showFaults)
	mux.HandleFunc("POST /demo/faults", w.setFault)
	w.signatures.routes(mux)
	return http.NewCrossOriginProtection().Handler(mux)
}

// delivered is a message as the test contract has it.
type delivered struct {
	To      string    `json:"to"`
	Channel string    `json:"channel"`
	Text    string    `json:"text"`
	SentAt  time.Time `json:"sent_at"`
}

// showOutbox lists what arrived, the latest first: for one address with ?to=, and no more than ?limit=.
func (w *World) showOutbox(rw http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.FormValue("limit"))
	if err != nil || n < 1 {
		n = 200
	}
	to := r.FormValue("to")
	found := w.outbox.find(to, n)
	if wantsHTML(r) {
		page(rw, outboxPage, map[string]any{"To": to, "Found": found})
		return
	}
	out := make([]delivered, len(found))
	for i, m := range found {
		out[i] = delivered{m.To, m.Channel, m.Text, m.SentAt}
	}
	writeJSON(rw, http.StatusOK, out)
}

func (w *World) showPeople(rw http.ResponseWriter, _ *http.Request) {
	writeJSON(rw, http.StatusOK, w.People())
}

// showNewcomers lists the residents who have no SNILS, for trying the application for one.
func (w *World) showNewcomers(rw http.ResponseWriter, _ *http.Request) {
	writeJSON(rw, http.StatusOK, w.Newcomers())
}

func (w *World) showFaults(rw http.ResponseWriter, _ *http.Request) {
	writeJSON(rw, http.StatusOK, w.Faults())
}

// setFault takes system and mode as a form or as JSON.
func (w *World) setFault(rw http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(rw, r.Body, 4<<10)
	var q struct{ System, Mode string }
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/json" {
		if json.NewDecoder(r.Body).Decode(&q) != nil {
			q.System = ""
		}
	} else {
		q.System, q.Mode = r.FormValue("system"), r.FormValue("mode")
	}
	if err := w.SetFault(q.System, Mode(q.Mode)); err != nil {
		writeJSON(rw, http.StatusUnprocessableEntity, map[string]any{
			"error": "unknown system or mode", "systems": systems, "modes": []Mode{OK, Slow, Down, Garbage},
		})
		return
	}
	if wantsHTML(r) {
		http.Redirect(rw, r, "/demo", http.StatusSeeOther)
		return
	}
	w.showFaults(rw, r)
}

func wantsHTML(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

func page(rw http.ResponseWriter, t *template.Template, data any) {
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		http.Error(rw, "page", http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.Header().Set("Cache-Control", "no-store")
	rw.Header().Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	rw.Write([]byte(b.String())) //nolint:errcheck // the caller has hung up
}

// piece is a stretch of a text: words, or a link.
type piece struct {
	Text string
	Link bool
}

var link = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,;:!?)]`)

// linked cuts a text at its links, so that a page can make them work.
func linked(text string) []piece {
	var out []piece
	for text != "" {
		at := link.FindStringIndex(text)
		if at == nil {
			return append(out, piece{Text: text})
		}
		if at[0] > 0 {
			out = append(out, piece{Text: text[:at[0]]})
		}
		out = append(out, piece{Text: text[at[0]:at[1]], Link: true})
		text = text[at[1]:]
	}
	return out
}

var channels = map[string]string{
	"sms": "СМС", "voice": "Звонок", "email": "Письмо", "push": "Уведомление", "post": "Почта",
}

var outboxPage = template.Must(template.New("outbox").Funcs(template.FuncMap{
	"linked": linked,
	"channel": func(c string) string {
		if s, ok := channels[c]; ok {
			return s
		}
		return c
	},
	"lines": func(s string) []string { return slices.Collect(strings.SplitSeq(s, "\n")) },
	"iso":   func(t time.Time) string { return t.Format(time.RFC3339) },
	"clock": func(t time.Time) string { return t.Format("02.01.2006 15:04:05 UTC") },
}).Parse(`<!doctype html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Исходящие песочницы</title>
</head>
<body>
<main>
<h1>Исходящие песочницы</h1>
<p>Сюда попадает всё, что портал отправил людям: СМС и письма. Настоящих адресатов у демонстрации нет.</p>
<form method="get" action="/demo/outbox">
<p><label for="to">Телефон или почта</label> <input id="to" name="to" value="{{.To}}"> <button>Показать</button></p>
</form>
<p><a href="/demo/outbox">Обновить и показать все</a></p>
{{range .Found}}<article>
<h2>{{channel .Channel}}: {{.To}}</h2>
<p><time datetime="{{iso .SentAt}}">{{clock .SentAt}}</time></p>
{{range lines .Text}}<div>{{range linked .}}{{if .Link}}<a href="{{.Text}}" rel="noreferrer">{{.Text}}</a>{{else}}{{.Text}}{{end}}{{end}}&#8203;</div>
{{end}}</article>
{{else}}<p>Пока ничего нет.</p>
{{end}}</main>
</body>
</html>
`))
