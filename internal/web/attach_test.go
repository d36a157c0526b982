package web_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"okno/internal/credential"
	"okno/internal/policy"
	"okno/internal/web"
)

// errEnough is what a page says of a file that it does not want to the end.
var errEnough = errors.New("enough")

func TestAFormOfFilesIsReadAsItComesAndNoFurtherThanWanted(t *testing.T) {
	x := newSite(t)
	var names []string
	var read int64
	x.Handle("POST /files", web.Upload(1<<20, func(_ http.ResponseWriter, r *http.Request) error {
		_, err := web.EachFile(r, func(f web.Form, _, name string, body io.Reader) error {
			if f.Get("instead") != "file-7" {
				t.Errorf("the field before the file is %q", f.Get("instead"))
			}
			names = append(names, name)
			n, err := io.Copy(io.Discard, io.LimitReader(body, 1000))
			read += n
			return err
		})
		return err
	}))
	form := func(sizes ...int) *http.Request {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		w.WriteField("instead", "file-7") //nolint:errcheck // a buffer
		for _, n := range sizes {
			part, err := w.CreateFormFile("files", "скан.png")
			if err != nil {
				t.Fatal(err)
			}
			part.Write(make([]byte, n)) //nolint:errcheck // a buffer
		}
		w.Close() //nolint:errcheck // a buffer
		r := x.request(http.MethodPost, "/files", b.String(), "Content-Type", w.FormDataContentType())
		r.Header.Set("Content-Type", w.FormDataContentType())
		return r
	}
	send := func(r *http.Request) int {
		w := httptest.NewRecorder()
		x.ServeHTTP(w, r)
		return w.Code
	}
	if got := send(form(500, 300_000)); got != http.StatusOK || len(names) != 2 || names[0] != "скан.png" || read != 1500 {
		t.Errorf("status %d, %q, %d bytes were read", got, names, read)
	}
	if got := send(form(10, 2<<20)); got != http.StatusRequestEntityTooLarge {
		t.Errorf("more than the page takes: %d", got)
	}
	half := form(5000)
	body, err := io.ReadAll(half.Body)
	if err != nil {
		t.Fatal(err)
	}
	half.Body = io.NopCloser(bytes.NewReader(body[:2000]))
	half.ContentLength = 2000
	if got := send(half); got != http.StatusUnprocessableEntity && got != http.StatusBadRequest {
		t.Errorf("half a form: %d", got)
	}
	plain := x.request(http.MethodPost, "/files", "a=b")
	if got := send(plain); got != http.StatusUnprocessableEntity && got != http.StatusBadRequest {
		t.Errorf("a form without files: %d", got)
	}
}

// Browsers send a form in the order of its page: what stands below a file that is refused is not lost with it.
func TestFieldsBelowARefusedFileComeBackWithTheRefusal(t *testing.T) {
	x := newSite(t)
	var below string
	var called int
	x.Handle("POST /refused", web.Upload(1<<20, func(_ http.ResponseWriter, r *http.Request) error {
		f, err := web.EachFile(r, func(_ web.Form, field, _ string, _ io.Reader) error {
			if called++; field != "photo" {
				t.Errorf("the field is %q", field)
			}
			return errEnough
		})
		if !errors.Is(err, errEnough) {
			t.Errorf("the refusal is lost: %v", err)
		}
		below = f.Get("note")
		return nil
	}))
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for range 2 {
		part, err := w.CreateFormFile("photo", "скан.png")
		if err != nil {
			t.Fatal(err)
		}
		part.Write(make([]byte, 5000)) //nolint:errcheck // a buffer
	}
	w.WriteField("note", "для сада") //nolint:errcheck // a buffer
	w.Close()                        //nolint:errcheck // a buffer
	r := x.request(http.MethodPost, "/refused", b.String())
	r.Header.Set("Content-Type", w.FormDataContentType())
	x.ServeHTTP(httptest.NewRecorder(), r)
	if below != "для сада" || called != 1 {
		t.Errorf("below the file stands %q, and %d files were taken", below, called)
	}
}

func TestAPieceIsNoLongerThanItMayBe(t *testing.T) {
	x := newSite(t)
	var got []byte
	x.Handle("POST /piece", web.Upload(1000, func(_ http.ResponseWriter, r *http.Request) (err error) {
		got, err = web.Piece(r, 100)
		return err
	}))
	for n, want := range map[int]int{0: http.StatusOK, 100: http.StatusOK, 101: http.StatusRequestEntityTooLarge, 5000: http.StatusRequestEntityTooLarge} {
		got = nil
		w := httptest.NewRecorder()
		x.ServeHTTP(w, x.request(http.MethodPost, "/piece", strings.Repeat("x", n)))
		if w.Code != want || want == http.StatusOK && len(got) != n {
			t.Errorf("%d bytes: status %d, %d were read", n, w.Code, len(got))
		}
	}
}

// FuzzEachFile lets anything come as the body of a form of files: no file is called for more bytes than it asks for, what is wrong is the
// sender's fault and not ours, and the place is given back.
func FuzzEachFile(f *testing.F) {
	p := policy.Default()
	p.Uploads.AtOnce, p.Uploads.PerPrefix = 1, 1
	s, err := web.New(web.Config{URL: &url.URL{Scheme: "http", Host: "localhost:8080"}, Demo: true, Sessions: &credential.Service{}, Policy: p, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	const most = 32 << 10
	read := 0
	s.Handle("POST /files", web.Upload(most, func(_ http.ResponseWriter, r *http.Request) error {
		read = 0
		_, err := web.EachFile(r, func(_ web.Form, _, name string, body io.Reader) error {
			if strings.ContainsRune(name, 0) {
				f.Errorf("the name holds a zero: %q", name)
			}
			b, err := io.ReadAll(io.LimitReader(body, 1000))
			read += len(b)
			if len(b) == 1000 {
				return errEnough
			}
			return err
		})
		if errors.Is(err, errEnough) {
			return nil
		}
		return err
	}))
	f.Add("multipart/form-data; boundary=edge", []byte("--edge\r\nContent-Disposition: form-data; name=\"instead\"\r\n\r\nx\r\n--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.png\"\r\n\r\n\x89PNG\r\n--edge--"))
	f.Add("multipart/form-data; boundary=edge", []byte("--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"../../x\x00\"\r\n\r\n"+strings.Repeat("y", 3000)+"\r\n--edge--"))
	f.Add("multipart/form-data; boundary=edge", []byte("--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=FF=\r\n--edge--"))
	f.Add("multipart/form-data", []byte("--edge--"))
	f.Add("multipart/mixed; boundary=edge", []byte("--edge\r\n\r\n"))
	f.Add("application/x-www-form-urlencoded", []byte("a=b"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		for range 2 { // the second time shows that the place was given back
			r := httptest.NewRequest(http.MethodPost, "http://localhost:8080/files", bytes.NewReader(body))
			r.Header["Content-Type"] = []string{kind}
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code >= http.StatusInternalServerError {
				t.Fatalf("status %d", w.Code)
			}
			if read > most {
				t.Fatalf("%d bytes were read of %d", read, len(body))
			}
		}
	})
}
