package portal_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"okno/internal/signin/signintest"
	"okno/internal/web"
	"okno/internal/web/ui"
	"okno/internal/web/webtest"
)

// line is the portal at the end of a line that can be held: the piece that begins at the offset waits, and then the line breaks.
type line struct {
	http.Handler

	assets *ui.Bundle

	mu   sync.Mutex
	at   string        // offset whose piece is held
	held chan struct{} // closed when it is
	cut  chan struct{} // closed to break the line
	came []string      // offsets of pieces that came, in order
}

func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a, ok := l.assets.File(strings.TrimPrefix(r.URL.Path, ui.Prefix)); ok {
		w.Header().Set("Content-Type", a.Type)
		w.Write(a.Body) //nolint:errcheck // the browser has hung up
		return
	}
	if offset := r.URL.Query().Get("offset"); offset != "" && strings.HasPrefix(r.URL.Path, "/uploads/") {
		l.mu.Lock()
		hold := l.at == offset
		if hold {
			l.at = ""
		}
		l.came = append(l.came, offset)
		l.mu.Unlock()
		if hold {
			close(l.held)
			<-l.cut
			panic(http.ErrAbortHandler)
		}
	}
	l.Handler.ServeHTTP(w, r)
}

// grain is a file with a picture that does not get small.
func grain(t *testing.T, name string, w, h int) string {
	t.Helper()
	m, r := image.NewGray(image.Rect(0, 0, w, h)), rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a picture
	for i := range m.Pix {
		m.Pix[i] = uint8(r.IntN(256)) //nolint:gosec // within
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return written(t, name, out.Bytes())
}

// SRV-3, CAB-6: a phone in a lift.
func TestAnUploadGoesOnWhenTheLineIsBackAndSaysWhatGoesOn(t *testing.T) {
	chromium := webtest.Start(t)
	withFiles(t, func(t *testing.T, x counter) {
		x.Policy.Attachments.Chunk = 100_000
		assets, err := ui.Assets()
		if err != nil {
			t.Fatal(err)
		}
		l := &line{Handler: x.Server, assets: assets, at: "200000", held: make(chan struct{}), cut: make(chan struct{})}
		s := httptest.NewServer(l)
		t.Cleanup(s.Close)
		at, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		x.Person(t, phone)
		token, err := x.SignIn.SignIn(ctx, signintest.Visitor("phone"), phone, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		b := chromium.Browser(t, "http://localhost:"+at.Port(), webtest.Phone())
		x.Server.Handle("GET /come/{token}", func(w http.ResponseWriter, r *http.Request) error {
			web.SignIn(r, r.PathValue("token"))
			return web.Redirect(w, r, "/services/badge/apply")
		})
		b.Open("/come/" + token)
		b.Choose("Гость", "Кто вы")
		b.Press("Продолжить")
		b.Axe()
		b.Shot("files-none")
		if _, err := b.Page().Button("Приложить: Фотография"); err == nil {
			t.Error("the button of the form without scripts is there")
		}

		// What does not fit is said at once, beside the file, with the reason.
		b.Attach("attachment-photo", photo(t, "мелко.jpg", 100, 100, 90))
		b.Await("the reason", func(p *webtest.Page) bool {
			return p.Sees("Снимок слишком мелкий: 100×100 точек. Нужно не меньше 300×400")
		})
		b.Axe()
		b.Shot("files-wrong")
		b.Press("Убрать: мелко.jpg")
		if b.Page().Sees("мелко.jpg") {
			t.Error("it is not taken away")
		}

		go func() {
			<-l.held
			back := b.Offline()
			close(l.cut)
			b.Await("the word that the line is away", func(p *webtest.Page) bool {
				return p.Sees("Нет связи. Продолжим с того же места")
			})
			b.Shot("files-offline")
			back()
		}()
		b.Attach("attachment-photo", grain(t, "я.jpg", 900, 700))
		b.Await("the file", func(p *webtest.Page) bool {
			return p.Sees("я.jpg") && p.Sees("Посмотреть") && !p.Sees("Загружаем")
		})
		b.Axe()
		b.Shot("files-there")
		l.mu.Lock()
		came := strings.Join(l.came, " ")
		l.mu.Unlock()
		if !strings.Contains(came, "0 100000 200000 200000 300000") {
			t.Errorf("pieces came as %s: it did not go on where it stopped", came)
		}

		// Several at once, and one that is stopped.
		b.Press("Удалить файл я.jpg")
		b.Attach("attachment-photo", photo(t, "раз.jpg", 300, 400, 50), photo(t, "два.jpg", 300, 400, 60))
		b.Await("both", func(p *webtest.Page) bool {
			return p.Sees("раз.jpg") && p.Sees("два.jpg") && p.Sees("Больше файлов не нужно")
		})
		b.Press("Продолжить")
		b.Await("the next page", func(p *webtest.Page) bool { return p.Sees("Серия паспорта") })
		b.Press("Продолжить")
		b.Axe()
		b.Shot("files-review")
		b.Press("Отправить заявление")
		b.Await("the case", func(p *webtest.Page) bool { return p.Sees("раз.jpg") && p.Sees("Приложенные файлы") })
		b.Axe()
		b.Shot("files-case")
	})
}
