package web

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"okno/internal/credential"
	"okno/internal/trace"
)

// visit is what the Server knows of one request while it lasts. Handlers reach it through the context.
type visit struct {
	server *Server
	w      writer
	r      *http.Request // as it came in, its context included
	body   io.ReadCloser // as it came in, without a limit
	ref    string
	start  time.Time // by the machine's clock: durations
	route  *route
	notes  []slog.Attr
	err    error
	count  *atomic.Int64 // statements
	span   trace.Span

	checked bool
	session credential.Session
	refused error // why there is no session
	name    string
	browser string
	large   bool // files may come with it
	placed  bool // it has a place among the uploads
}

type visitKey struct{}

// visitOf finds the visit of a context. Outside of a Server there is none, and that is a mistake of the program.
func visitOf(ctx context.Context) *visit {
	v, ok := ctx.Value(visitKey{}).(*visit)
	if !ok {
		panic("web: this context does not come from a Server")
	}
	return v
}

// Note adds a fact to the request's line in the log: never a name, a contact, a code or anything else of a person.
func Note(ctx context.Context, key string, value any) {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		v.notes = append(v.notes, slog.Any(key, value))
	}
}

// Reference is the number under which the log knows this request; pages show it when something goes wrong.
func Reference(ctx context.Context) string { return visitOf(ctx).ref }

// Now is the present moment by the portal's clock.
func Now(ctx context.Context) time.Time { return visitOf(ctx).server.Now() }

// Demo reports whether this is a demonstration.
func Demo(ctx context.Context) bool { return visitOf(ctx).server.Demo }

// Absolute is the address of a path of the portal, for letters and QR codes.
func Absolute(ctx context.Context, path string) string {
	u := visitOf(ctx).server.URL
	return u.Scheme + "://" + u.Host + path
}

// letters are those that people do not mix up when they read them out.
const letters = "0123456789abcdefghjkmnpqrstvwxyz"

// newReference is twelve characters in three groups: k7qm-2xpa-9d4t. It is no secret and need not resist guessing.
func newReference() string {
	n := rand.Uint64() //nolint:gosec // a label
	var b [14]byte
	for i := range b {
		if i == 4 || i == 9 {
			b[i] = '-'
			continue
		}
		b[i] = letters[n&31]
		n >>= 5
	}
	return string(b[:])
}

// writer remembers what was answered. It lies inside the visit, so it costs no allocation of its own.
type writer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *writer) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// begun reports whether the answer is on its way, so that it is too late for another.
func (w *writer) begun() bool { return w.status != 0 }

// machine reports whether the request comes from a program: it is answered in JSON.
func machine(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }

// desk reports whether the request is for a workplace of staff.
func desk(r *http.Request) bool {
	return r.URL.Path == deskHome || strings.HasPrefix(r.URL.Path, deskHome+"/")
}

// deskHome is where the workplaces begin; the cookie of staff is sent nowhere else.
const deskHome = "/desk"
