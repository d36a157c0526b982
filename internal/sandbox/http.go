package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
)

// maxBody is how much a system of the sandbox reads of a request.
const maxBody = 1 << 20

// spoil makes a handler follow the mode of its system. The body is read before a slow system waits, so that a
// caller who hangs up meanwhile is noticed and nothing happens for him.
func (w *World) spoil(system string, next http.HandlerFunc) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxBody))
		if err != nil {
			http.Error(rw, "body", http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		switch w.faults.mode(system) {
		case Down:
			panic(http.ErrAbortHandler) // hangs up
		case Garbage:
			w.babble(rw)
			return
		case Slow:
			if !w.faults.wait(r.Context(), system) {
				panic(http.ErrAbortHandler)
			}
		case OK:
		}
		next(rw, r)
	}
}

// babble answers nonsense, of a different kind each time.
func (w *World) babble(rw http.ResponseWriter) {
	switch w.faults.turn(5) {
	case 0: // a proxy's page
		rw.Header().Set("Content-Type", "text/html")
		io.WriteString(rw, "<html><body><h1>It works!</h1></body></html>") //nolint:errcheck // garbage is garbage, torn or whole
	case 1: // torn JSON
		rw.Header().Set("Content-Type", "application/json")
		io.WriteString(rw, `{"status":"VALID","code":"MVD-0`) //nolint:errcheck // garbage is garbage, torn or whole
	case 2: // right JSON of something else
		rw.Header().Set("Content-Type", "application/json")
		io.WriteString(rw, `{"ok":true,"answer":42,"code":{"a":[]},"items":null}`) //nolint:errcheck // garbage is garbage, torn or whole
	case 3: // bytes
		rw.Header().Set("Content-Type", "application/json")
		rw.Write([]byte{0, 0xff, 0xfe, 0x7f, '{', 0x80, 0, 1, 2, 3}) //nolint:errcheck // garbage is garbage, torn or whole
	case 4: // not even HTTP
		if h, ok := rw.(http.Hijacker); ok {
			if c, _, err := h.Hijack(); err == nil {
				io.WriteString(c, "\x16\x03\x01 no such thing \xff\r\n\r\n") //nolint:errcheck // garbage is garbage, torn or whole
				c.Close()                                                    //nolint:errcheck // garbage is garbage, torn or whole
			}
		}
	}
}

// answer makes a handler of a function from question to answer, both JSON.
func answer[Q, A any](f func(Q) A) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		var q Q
		if json.NewDecoder(r.Body).Decode(&q) != nil {
			http.Error(rw, "malformed question", http.StatusBadRequest)
			return
		}
		writeJSON(rw, http.StatusOK, f(q))
	}
}

func writeJSON(rw http.ResponseWriter, status int, v any) {
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(status)
	json.NewEncoder(rw).Encode(v) //nolint:errcheck // the caller has hung up
}
