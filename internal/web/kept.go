package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Kept is a public answer that is the same for everybody, and was packed once.
type Kept struct {
	Type   string
	Packed []byte // gzip
	Size   int    // bytes of it unpacked
	Tag    string // changes with what is in it
	At     time.Time
}

var asked = []string{"public, no-cache"} // whoever has it asks whether it is the same still

// Keep answers with it, or that whoever asks has it already (RFC 9110, 13). It is unpacked on the way for a program that cannot.
func Keep(w http.ResponseWriter, r *http.Request, k Kept) error {
	h, tag := w.Header(), `W/"`+k.Tag+`"` // weak: packed or not, it says the same
	h.Set("Etag", tag)
	h.Set("Last-Modified", k.At.UTC().Format(http.TimeFormat))
	h["Cache-Control"], h["Vary"] = asked, varies
	if has(r, tag, k.At) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", k.Type)
	var body io.Reader = bytes.NewReader(k.Packed)
	size := len(k.Packed)
	if accepts(r, "gzip") {
		h["Content-Encoding"] = gzipped
	} else {
		z, err := gzip.NewReader(body)
		if err != nil {
			return err
		}
		body, size = z, k.Size
	}
	h.Set("Content-Length", strconv.Itoa(size))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	if _, err := io.Copy(w, body); err != nil {
		Note(r.Context(), "left", true) // who asked went away meanwhile
	}
	return nil
}

// has reports whether who asks has what the tag names. The tag goes before the time, which is looked at without one alone.
func has(r *http.Request, tag string, at time.Time) bool {
	if tags := r.Header.Values("If-None-Match"); len(tags) > 0 {
		for _, t := range strings.Split(strings.Join(tags, ","), ",") {
			if t = strings.TrimSpace(t); t == "*" || strings.TrimPrefix(t, "W/") == strings.TrimPrefix(tag, "W/") {
				return true
			}
		}
		return false
	}
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	return err == nil && !at.Truncate(time.Second).After(since)
}
