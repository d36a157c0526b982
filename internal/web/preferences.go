package web

import (
	"net/http"
	"net/url"
	"strings"

	"okno/internal/access"
	"okno/internal/i18n"
)

// preferences remembers the language or the size of type and goes back to the page.
func (s *Server) preferences(w http.ResponseWriter, r *http.Request) error {
	f, err := ReadForm(r)
	if err != nil {
		return err
	}
	v := visitOf(r.Context())
	switch f.Get("type") {
	case larger:
		v.put(s.cookies.view, larger, "/", forLong)
	case "normal":
		v.drop(s.cookies.view, "/")
	}
	if l, ok := i18n.Parse(f.Get("lang")); ok {
		v.put(s.cookies.lang, string(l), "/", forLong)
		s.remember(v, r, l)
	}
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	s.redirect(w, LocalOr(f.Get("back"), "/"))
	return nil
}

// remember keeps the language with the account, so that letters speak it. The page does not fail when that fails.
func (s *Server) remember(v *visit, r *http.Request, l i18n.Lang) {
	if s.SetLang == nil || cookie(r, s.cookies.session) == "" {
		return
	}
	who := Actor(r.Context())
	if who.Kind != access.Person {
		return
	}
	if err := s.SetLang(r.Context(), who, l); err != nil {
		Note(r.Context(), "lang", err.Error())
	}
}

// chooses answers addresses with ?lang=, which letters and other sites use: it remembers the language and goes on to the
// same address without it.
func (s *Server) chooses(v *visit, r *http.Request) bool {
	if !strings.Contains(r.URL.RawQuery, "lang=") || r.Method != http.MethodGet || machine(r) {
		return false
	}
	q := r.URL.Query()
	l, ok := i18n.Parse(q.Get("lang"))
	if !ok {
		return false
	}
	v.put(s.cookies.lang, string(l), "/", forLong)
	q.Del("lang")
	to := url.URL{Path: r.URL.Path, RawQuery: q.Encode()}
	s.redirect(&v.w, LocalOr(to.String(), "/"))
	return true
}
