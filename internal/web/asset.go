package web

import (
	"net/http"
	"strconv"
)

var forEver = []string{"public, max-age=31536000, immutable"}

// asset serves one built file. Its name holds a hash of its bytes, so whoever has it has the right one.
func (s *Server) asset(w http.ResponseWriter, r *http.Request) error {
	if s.Assets == nil {
		return errNowhere
	}
	a, ok := s.Assets.File(r.PathValue("file"))
	if !ok {
		return errNowhere
	}
	h, body := w.Header(), a.Body
	switch {
	case a.Brotli != nil && accepts(r, "br"):
		body = a.Brotli
		h.Set("Content-Encoding", "br")
	case a.Gzip != nil && accepts(r, "gzip"):
		body = a.Gzip
		h["Content-Encoding"] = gzipped
	}
	if a.Gzip != nil || a.Brotli != nil {
		h["Vary"] = varies
	}
	h["Cache-Control"] = forEver
	h.Set("Content-Type", a.Type)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if a.Name == "keyfile-worker.js" { // it is given a person's key and its password: it can reach nobody
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
	}
	_, err := w.Write(body)
	return err
}
