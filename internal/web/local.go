package web

import (
	"net/http"
	"net/url"
	"strings"
)

// longest is how long an address to come back to may be.
const longest = 1024

// longestCarrying is how long an address of ours may be that carries such a one as its next: what is escaped once more is thrice as long.
const longestCarrying = 4 * longest

// Local returns an address of a page of ours that came from outside (next=, back=, Referer), or false. Whatever a browser
// might read as another host is refused: //host, /\host, a scheme, and the control characters that browsers drop
// before they read (a tab makes "/\t/host" into "//host").
func Local(to string) (string, bool) { return local(to, longest) }

func local(to string, longest int) (string, bool) {
	if to == "" || to[0] != '/' || len(to) > longest || strings.HasPrefix(to, "//") {
		return "", false
	}
	for i := range len(to) {
		if c := to[i]; c <= ' ' || c >= 0x7f || c == '\\' {
			return "", false
		}
	}
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") || u.Fragment != "" {
		return "", false
	}
	return to, true
}

// LocalOr is Local with a page to go to otherwise.
func LocalOr(to, otherwise string) string {
	if to, ok := Local(to); ok {
		return to
	}
	return otherwise
}

// Carried is the address as the next of another: one that is too long to come back to is left away, and otherwise stands for it.
func Carried(to, otherwise string) string { return url.QueryEscape(LocalOr(to, otherwise)) }

// Redirect sends the browser to another page of ours, which it fetches with GET.
func Redirect(w http.ResponseWriter, r *http.Request, to string) error {
	to, ok := local(to, longestCarrying)
	if !ok {
		return errNotLocal
	}
	visitOf(r.Context()).server.redirect(w, to)
	return nil
}

func (s *Server) redirect(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}
