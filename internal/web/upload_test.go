package web_test

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"okno/internal/policy"
	"okno/internal/web"
)

// attach is a request that brings words and a file of n bytes from an address.
func (x *site) attach(t *testing.T, from string, n int) *http.Request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if err := w.WriteField("text", "слова"); err != nil {
		t.Fatal(err)
	}
	if n > 0 {
		part, err := w.CreateFormFile("scan", "скан.png")
		if err != nil {
			t.Fatal(err)
		}
		part.Write(bytes.Repeat([]byte("x"), n)) //nolint:errcheck // a buffer
	}
	w.Close() //nolint:errcheck // a buffer
	r := x.request(http.MethodPost, "/form", body.String(), "Content-Type", w.FormDataContentType())
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.RemoteAddr = from + ":1234"
	return r
}

func TestWhatAFormBringsIsNeverOnDisk(t *testing.T) {
	x := newSite(t)
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	empty := func(when string) {
		t.Helper()
		list, err := os.ReadDir(tmp)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) > 0 {
			t.Errorf("%s: %s lies in the folder for temporary files", when, list[0].Name())
		}
	}
	for name, end := range map[string]func() error{
		"a good end": func() error { return nil },
		"an error":   func() error { return errors.New("disk on fire") },
		"a panic":    func() error { panic("boom") },
	} {
		path := "/" + strings.ReplaceAll(name, " ", "-")
		x.Handle("POST "+path, web.Upload(30<<20, func(w http.ResponseWriter, r *http.Request) error {
			f, err := web.ReadForm(r)
			if err != nil {
				return err
			}
			if list := f.Files("scan"); len(list) != 1 || len(list[0].Data) != 4<<20 || f.Get("text") != "слова" {
				t.Errorf("%s: the form holds %d files, %q", name, len(list), f.Get("text"))
			}
			empty(name + ", meanwhile")
			return end()
		}))
		r := x.attach(t, "203.0.113.7", 4<<20)
		r.URL.Path = path
		x.do(r)
		empty(name)
	}
	x.Handle("POST /form", web.Upload(30<<20, func(_ http.ResponseWriter, r *http.Request) error {
		_, err := web.ReadForm(r)
		return err
	}))
	r := x.attach(t, "203.0.113.7", 4<<20)
	r.Body = http.MaxBytesReader(nil, r.Body, 3<<20) // the browser is gone before the end
	if got := x.do(r).StatusCode; got < 400 {
		t.Errorf("half a form is answered with %d", got)
	}
	empty("half a form")
}

// A line that breaks in the middle of a form leaves words that look whole.
func TestAFormThatStopsBeforeItsEndIsNotTakenForAWholeOne(t *testing.T) {
	x := newSite(t)
	taken := 0
	x.Handle("POST /form", web.Upload(1<<20, func(_ http.ResponseWriter, r *http.Request) error {
		_, err := web.ReadForm(r)
		if err == nil {
			taken++
		}
		return err
	}))
	whole := x.attach(t, "192.0.2.7", 2000)
	body, err := io.ReadAll(whole.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{len(body), len(body) - 5, len(body) - 70, 1500, 200} { // the first is whole
		r := x.request(http.MethodPost, "/form", string(body[:n]), "Content-Type", whole.Header.Get("Content-Type"))
		r.Header.Set("Content-Type", whole.Header.Get("Content-Type"))
		r.RemoteAddr = "192.0.2.7:1234"
		x.do(r)
	}
	if taken != 1 {
		t.Errorf("%d of one whole form and four cut short were taken", taken)
	}
}

func TestOfAFileOnlyAsMuchIsReadAsMayBe(t *testing.T) {
	p := policy.Default()
	p.Uploads.MaxSize, p.Uploads.Count = 100_000, 1
	x := newSite(t, func(c *web.Config) { c.Policy = p })
	var f web.Form
	x.Handle("POST /form", web.Upload(1<<20, func(_ http.ResponseWriter, r *http.Request) (err error) {
		f, err = web.ReadForm(r)
		return err
	}))
	x.do(x.attach(t, "203.0.113.7", 300_000))
	if list := f.Files("scan"); len(list) != 1 || len(list[0].Data) != 100_001 {
		t.Errorf("of a file that is too large %d bytes are held", len(list[0].Data))
	}
}

func TestManyUploadsAtOnceDoNotFillTheMemoryAndNobodyLosesWords(t *testing.T) {
	p := policy.Default()
	p.Uploads.AtOnce, p.Uploads.PerPrefix = 2, 1
	x := newSite(t, func(c *web.Config) { c.Policy = p })
	arrived, gone := make(chan struct{}), make(chan struct{})
	x.Handle("POST /form", web.Upload(30<<20, func(w http.ResponseWriter, r *http.Request) error {
		f, err := web.ReadForm(r)
		if err != nil {
			return err
		}
		if f.Get("text") != "слова" {
			t.Errorf("the words are lost: %q", f.Get("text"))
		}
		if err := f.Full(r.Context()); err != nil {
			if len(f.Files("scan")) > 0 {
				t.Error("a form without a place holds files")
			}
			return err
		}
		if r.Header.Get("Hold") != "" {
			arrived <- struct{}{}
			<-gone
			panic("boom") // the place must be free after this, too
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}))
	hold := func(from string) {
		r := x.attach(t, from, 1000)
		r.Header.Set("Hold", "yes")
		go x.do(r)
		select {
		case <-arrived:
		case <-time.After(10 * time.Second):
			t.Fatal("there is no place where there must be one")
		}
	}
	hold("203.0.113.7")
	for _, c := range []struct {
		name, from string
		size, want int
	}{
		{"a neighbour", "203.0.113.8", 1000, 503},
		{"a neighbour without files", "203.0.113.8", 0, 204},
		{"somebody else", "198.51.100.1", 1000, 204},
	} {
		resp := x.do(x.attach(t, c.from, c.size))
		if resp.StatusCode != c.want || (c.want == 503 && resp.Header.Get("Retry-After") == "") {
			t.Errorf("%s: status %d, Retry-After %q", c.name, resp.StatusCode, resp.Header.Get("Retry-After"))
		}
	}
	hold("198.51.100.1")
	if got := x.do(x.attach(t, "192.0.2.1", 1000)).StatusCode; got != 503 {
		t.Errorf("one more than there is room for: %d", got)
	}
	close(gone)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if x.do(x.attach(t, "203.0.113.7", 1000)).StatusCode == 204 {
			return
		}
	}
	t.Error("who is gone keeps the place")
}
