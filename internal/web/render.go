package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/klauspost/compress/gzip"
)

var (
	htmlType = []string{"text/html; charset=utf-8"}
	jsonType = []string{"application/json; charset=utf-8"}
	gzipped  = []string{"gzip"}
	varies   = []string{"Accept-Encoding"}

	buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}
	// Klaus Post's gzip, which CockroachDB, MinIO and Caddy rely on: at its second level pages are as small as by the standard library's
	// quickest, in 0.6 of the time.
	packers = sync.Pool{New: func() any {
		w, err := gzip.NewWriterLevel(nil, 2)
		if err != nil {
			panic(err) // the level is a constant
		}
		return w
	}}
)

const (
	worthPacking = 1400    // smaller pages fit a packet anyway
	worthKeeping = 1 << 20 // larger buffers are left to the collector
)

// Render shows the page. It is rendered whole before the first byte leaves, so that a template that fails becomes an
// error page and not half a page.
//
// Pages are compressed although they hold secrets next to what came from outside (the BREACH attack): an attacker needs
// to make the victim's browser ask again and again with its cookie, and a SameSite=Lax cookie is not sent then.
func Render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	buf := buffer()
	defer release(buf)
	if err := page.Render(r.Context(), buf); err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	h := w.Header()
	h["Content-Type"], h["Vary"] = htmlType, varies
	body := buf.Bytes()
	if len(body) >= worthPacking && accepts(r, "gzip") {
		packed := buffer()
		defer release(packed)
		pack(packed, body)
		h["Content-Encoding"] = gzipped
		body = packed.Bytes()
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		Note(r.Context(), "left", true) // the person went away meanwhile
	}
	return nil
}

func buffer() *bytes.Buffer {
	b := buffers.Get().(*bytes.Buffer) //nolint:errcheck // the pool holds nothing else
	b.Reset()
	return b
}

func release(b *bytes.Buffer) {
	if b.Cap() <= worthKeeping {
		buffers.Put(b)
	}
}

func pack(to *bytes.Buffer, body []byte) {
	z := packers.Get().(*gzip.Writer) //nolint:errcheck // the pool holds nothing else
	defer packers.Put(z)
	z.Reset(to)
	z.Write(body) //nolint:errcheck // a buffer takes everything
	z.Close()     //nolint:errcheck // likewise
}

// accepts reports whether the browser takes the encoding. One that is listed with q=0 is refused, all others are liked equally.
func accepts(r *http.Request, encoding string) bool {
	for _, line := range r.Header["Accept-Encoding"] {
		for line != "" {
			var part string
			part, line, _ = strings.Cut(line, ",")
			name, q, weighed := strings.Cut(strings.TrimSpace(part), ";")
			if strings.TrimSpace(name) != encoding {
				continue
			}
			q = strings.ReplaceAll(q, " ", "")
			return !weighed || strings.Trim(strings.TrimPrefix(q, "q="), "0.") != ""
		}
	}
	return false
}

// JSON answers a program.
func JSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("answer in JSON: %w", err)
	}
	return raw(w, status, body)
}

func raw(w http.ResponseWriter, status int, body []byte) error {
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}
