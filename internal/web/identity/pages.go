package identity

import (
	"context"
	"net/http"

	"okno/internal/access"
	"okno/internal/credential"
	"okno/internal/i18n"
	"okno/internal/registration"
	"okno/internal/signin"
	"okno/internal/store"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// Pages are the pages of identity.
type Pages struct {
	DB           store.Querier
	Registration *registration.Service
	SignIn       *signin.Service
	Credentials  *credential.Service
	Texts        *Texts
	Former       func(context.Context, store.Querier, access.Actor) ([]string, error) // accounts that this one took over (REG-12); nil: there are none
}

// Where roads end.
const (
	cabinet  = "/cabinet"
	register = "/register"
	recovery = "/recover"
	security = "/cabinet/security"
)

// Mount adds the pages to the server.
func (p *Pages) Mount(s *web.Server) {
	s.Handle("GET /register", p.details)
	s.Handle("POST /register", p.begin)
	s.Handle("GET /register/ways", p.ways)
	s.Handle("GET /register/code", p.registerCode)
	s.Handle("POST /register/code", p.confirm)
	s.Handle("POST /register/resend", p.resend)
	s.Handle("POST /register/switch", p.switchChannel)
	s.Handle("POST /register/restart", p.restart)
	s.Handle("GET /register/link", p.link)
	s.Handle("POST /register/link", p.confirmLink)
	s.Handle("GET /register/taken", p.taken)
	s.Handle("GET /register/password", p.newPassword)
	s.Handle("POST /register/password", p.finish)

	s.Handle("GET /signin", p.signInPage)
	s.Handle("POST /signin", p.signIn)
	s.Handle("GET /signin/signature", p.signature)
	s.Handle("POST /signout", p.signOut)

	s.Handle("GET /recover", p.recover)
	s.Handle("POST /recover", p.recoverStart)
	s.Handle("GET /recover/code", p.recoverCode)
	s.Handle("POST /recover/code", p.recoverConfirm)
	s.Handle("POST /recover/resend", p.recoverResend)
	s.Handle("POST /recover/restart", p.recoverRestart)
	s.Handle("GET /recover/link", p.recoverLink)
	s.Handle("POST /recover/link", p.recoverConfirmLink)
	s.Handle("GET /recover/password", p.recoverPassword)
	s.Handle("POST /recover/password", p.recoverFinish)

	s.Handle("GET /cabinet/security", web.RequirePerson(p.security))
	s.Handle("POST /cabinet/security/close", web.RequirePerson(p.closeSession))
	s.Handle("POST /cabinet/security/close-others", web.RequirePerson(p.closeOthers))

	s.Handle("GET /terms", p.text("terms"))
	s.Handle("GET /privacy", p.text("privacy"))
}

// Menu is what the person's menu leads to here.
func Menu() []web.Nav {
	return []web.Nav{{Key: "security.title", URL: security, Icon: ui.IconShieldCheck}}
}

// Footer is what the footer of every page leads to here.
func Footer() []web.Nav {
	return []web.Nav{{Key: "texts.terms", URL: "/terms"}, {Key: "texts.privacy", URL: "/privacy"}}
}

// frame is the page with its title.
func frame(r *http.Request, key string, args ...any) ui.Page {
	return web.Page(r.Context(), i18n.T(r.Context(), key, args...))
}

// signedIn reports whether a person is signed in already.
func signedIn(r *http.Request) bool { return web.Actor(r.Context()).Kind == access.Person }

// enter gives the browser the session of the token. A session that was open in this browser ends: two people may share it.
func (p *Pages) enter(r *http.Request, token string) error {
	if old := web.Token(r); old != "" {
		if err := p.Credentials.SignOut(r.Context(), old); err != nil {
			return err
		}
	}
	web.SignIn(r, token)
	return nil
}
