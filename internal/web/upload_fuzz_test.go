package web_test

import (
	"bytes"
	"errors"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"okno/internal/credential"
	"okno/internal/policy"
	"okno/internal/web"
)

// FuzzUpload lets anything come as the body of a form with files: no more of it is held than the policy allows, the place is given
// back, and what is wrong with it is the sender's fault and not ours.
func FuzzUpload(f *testing.F) {
	p := policy.Default()
	p.Uploads.MaxSize, p.Uploads.Count, p.Uploads.AtOnce, p.Uploads.PerPrefix = 1000, 2, 1, 1
	s, err := web.New(web.Config{URL: &url.URL{Scheme: "http", Host: "localhost:8080"}, Demo: true, Sessions: &credential.Service{}, Policy: p, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	var got web.Form
	s.Handle("POST /form", web.Upload(64<<10, func(_ http.ResponseWriter, r *http.Request) (err error) {
		if got, err = web.ReadForm(r); err != nil {
			return err
		}
		return got.Full(r.Context())
	}))
	form := func(fields map[string]string, files ...string) []byte {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		err := w.SetBoundary("edge")
		for name, value := range fields {
			err = errors.Join(err, w.WriteField(name, value))
		}
		for _, name := range files {
			part, made := w.CreateFormFile("original", name)
			if err = errors.Join(err, made); err != nil {
				f.Fatal(err)
			}
			_, err = part.Write(bytes.Repeat([]byte("\xff\xd8\xff"), 500))
		}
		if err = errors.Join(err, w.Close()); err != nil {
			f.Fatal(err)
		}
		return b.Bytes()
	}
	f.Add("multipart/form-data; boundary=edge", form(map[string]string{"kind": "passport"}, "p.jpg"))
	f.Add("multipart/form-data; boundary=edge", form(map[string]string{"kind": "снилс\x00\xff"}, "../../etc/passwd", "a\x00b.png", "third.pdf"))
	f.Add("multipart/form-data; boundary=edge", form(nil))
	f.Add("multipart/form-data; boundary=edge", []byte("--edge\r\nContent-Disposition: form-data; name=\"original\"; filename=\"x\"\r\n\r\n"))
	f.Add("multipart/form-data; boundary=edge", []byte("--edge\r\nContent-Disposition: form-data; name=\"\"; filename=\"\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=FF\r\n--edge--"))
	f.Add("multipart/form-data", []byte("--edge--"))
	f.Add("multipart/mixed; boundary=edge", form(nil, "p.jpg"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/form", bytes.NewReader(body))
		r.Host = "localhost:8080"
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		got = web.Form{}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Fatalf("status %d", w.Code) // 503, too: the place of the form before was not given back
		}
		held := 0
		for name := range got.Values() {
			_ = got.Get(name)
		}
		for _, file := range got.Files("original") {
			if held += len(file.Data); len(file.Data) > int(p.Uploads.MaxSize)+1 {
				t.Errorf("%d bytes of one file are held", len(file.Data))
			}
		}
		if most := p.Uploads.Count * (int(p.Uploads.MaxSize) + 1); held > most {
			t.Errorf("%d bytes of all files are held, and %d are allowed", held, most)
		}
	})
}
