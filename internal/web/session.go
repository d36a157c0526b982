package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"okno/internal/access"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/gate"
	"okno/internal/i18n"
	"okno/internal/web/ui"
)

// Session is the session of whoever asks: a person's, or on pages of a desk an employee's. It is looked for when it is
// first wanted and once a request; without a cookie no statement is spent.
func Session(ctx context.Context) (credential.Session, error) {
	v := visitOf(ctx)
	if !v.checked {
		v.checked = true
		v.session, v.refused = v.server.check(ctx, v.r)
	}
	return v.session, v.refused
}

// Actor is who asks: nobody in particular when no session is open, or none can be found just now.
func Actor(ctx context.Context) access.Actor {
	s, err := Session(ctx)
	if err != nil {
		if fault.KindOf(err) != fault.Unauthenticated {
			Note(ctx, "session", err.Error())
		}
		return access.Actor{}
	}
	return s.Actor()
}

func (s *Server) check(ctx context.Context, r *http.Request) (credential.Session, error) {
	name, kind := s.sessionCookie(r)
	token := cookie(r, name)
	if !likeToken(token) {
		return credential.Session{}, access.ErrSignIn
	}
	find := s.Sessions.Check
	if p, ok := s.Sessions.(Peeker); ok && wantsStream(r) {
		find = p.Peek
	}
	found, err := find(ctx, token)
	if err != nil {
		return credential.Session{}, err
	}
	if found.Kind != kind { // a person's token in the cookie of staff, or the other way round
		return credential.Session{}, access.ErrSignIn
	}
	return found, nil
}

// sessionCookie is where the session of the request lies: persons and staff are apart, also in one browser.
func (s *Server) sessionCookie(r *http.Request) (string, access.Kind) {
	if desk(r) {
		return s.cookies.desk, access.Staff
	}
	return s.cookies.session, access.Person
}

// Token is the session's token as the cookie has it, for signing out.
func Token(r *http.Request) string {
	s := visitOf(r.Context()).server
	name, _ := s.sessionCookie(r)
	return cookie(r, name)
}

// SignIn gives the browser the session of the token. On pages of a desk it is an employee's.
func SignIn(r *http.Request, token string) {
	v := visitOf(r.Context())
	if desk(r) {
		v.put(v.server.cookies.desk, token, deskHome, untilClosed)
		return
	}
	DropWanted(r)
	v.put(v.server.cookies.session, token, "/", untilClosed)
}

// renewal takes the token that a session is given with a proof to the browser (package credential): a person's, on pages of a desk an
// employee's.
func (v *visit) renewal(ctx context.Context, r *http.Request) context.Context {
	path := "/"
	if desk(r) {
		path = deskHome
	}
	name, _ := v.server.sessionCookie(r)
	return credential.WithRenewal(ctx, func() string { return cookie(r, name) }, func(token string) { v.put(name, token, path, untilClosed) })
}

// SignOut takes the session away from the browser. The caller has ended it, or it has ended by itself.
func SignOut(r *http.Request) {
	v := visitOf(r.Context())
	if desk(r) {
		v.drop(v.server.cookies.desk, deskHome)
		return
	}
	DropWanted(r)
	v.drop(v.server.cookies.session, "/")
}

// RequirePerson lets persons through who are signed in; others are sent to sign in and come back. The context of the
// page carries who acts.
//
// Before the first page of a session the Gate may want another one seen. What was typed is never lost to it: a POST passes.
func RequirePerson(h Handler) Handler {
	return RequirePersonUngated(func(w http.ResponseWriter, r *http.Request) error {
		s := visitOf(r.Context()).server
		if s.Gate == nil || r.Method != http.MethodGet || wantsStream(r) {
			return h(w, r)
		}
		first, err := s.Gate(r.Context(), access.From(r.Context()))
		if err != nil {
			return err
		}
		if first == "" {
			return h(w, r)
		}
		return Redirect(w, r, first+"?next="+Carried(r.URL.RequestURI(), "/cabinet"))
	})
}

// RequirePersonUngated is RequirePerson for the pages that the Gate leads to, and for what a person may demand whether they agree
// to something or not.
func RequirePersonUngated(h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		s, err := Session(r.Context())
		if err != nil {
			return err
		}
		return h(w, r.WithContext(access.With(r.Context(), s.Actor())))
	}
}

// Again is the page on which somebody who is signed in proves once more who they are.
const Again = "/signin/again"

// RequireFresh lets those through of whom fresh says that they proved it lately enough for an act that matters; others are asked once
// more, and come back: to the page they wanted, or from a form to the page back. It stands inside RequirePerson.
func RequireFresh(fresh func(access.Actor) bool, back string, h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if fresh(access.From(r.Context())) {
			return h(w, r)
		}
		return ToAgain(w, r, back)
	}
}

// NeedSecond is what the page Again is told when the password is not enough.
const NeedSecond = "second"

// ToSecond is ToAgain where a second factor is wanted.
func ToSecond(w http.ResponseWriter, r *http.Request, back string) error {
	if r.Method == http.MethodGet {
		back = r.URL.RequestURI()
	}
	return Redirect(w, r, SecondThen(back))
}

// SecondThen is where a second factor is shown, and next what follows.
func SecondThen(next string) string {
	return Again + "?need=" + NeedSecond + "&next=" + Carried(next, "/cabinet")
}

// ToAgain sends the browser to prove once more, for a verb that wants it.
func ToAgain(w http.ResponseWriter, r *http.Request, back string) error {
	if r.Method == http.MethodGet {
		back = r.URL.RequestURI()
	}
	return Redirect(w, r, Again+"?next="+Carried(back, "/cabinet"))
}

// RequireStaff lets employees through who are signed in and have one of the roles; any role will do when none is named.
// It belongs on pages below /desk, where the cookie of staff is sent.
func RequireStaff(h Handler, roles ...access.Role) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		s, err := Session(r.Context())
		if err != nil {
			return err
		}
		if s.Kind != access.Staff || (len(roles) > 0 && !slices.Contains(roles, s.Role)) {
			return access.ErrDenied
		}
		return h(w, r.WithContext(access.With(r.Context(), s.Actor())))
	}
}

// toSignIn sends the browser to sign in and says where to come back to.
func (s *Server) toSignIn(v *visit, r *http.Request) {
	page := "/signin"
	if desk(r) {
		page = deskHome + "/signin"
	}
	if name, _ := s.sessionCookie(r); cookie(r, name) != "" {
		if r.Method == http.MethodGet || r.Method == http.MethodHead { // a form may have been sent twice, and the first given the session another token
			SignOut(r)
		}
		v.say(ui.Info, "web.flash.ended")
	}
	back := r.URL.RequestURI()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		back = cameFrom(r)
	}
	if to, ok := Local(back); ok && to != "/" {
		page += "?next=" + url.QueryEscape(to)
	}
	s.redirect(&v.w, page)
}

// cameFrom is the page of ours that the form of this request stood on, "/" when that is not known.
func cameFrom(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || !visitOf(r.Context()).server.hosts[strings.ToLower(u.Hostname())] {
		return "/"
	}
	if to, ok := Local(u.RequestURI()); ok {
		return to
	}
	return "/"
}

// Visitor is what the request knows of whoever makes it. A browser that has no name yet is given one.
func Visitor(r *http.Request) credential.Visitor {
	v := visitOf(r.Context())
	return credential.Visitor{
		Browser: v.browserID(r), Proof: cookie(r, v.proof(r)), Prefix: v.server.network(r), Agent: agent(r.UserAgent()), Lang: i18n.From(r.Context()), Pass: gate.Pass{Network: v.neighbours()},
	}
}
