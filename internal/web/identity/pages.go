package identity

import (
	"context"
	"net/http"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/credential"
	"okno/internal/i18n"
	"okno/internal/registration"
	"okno/internal/rights"
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
	Rights       *rights.Service
	Accounts     *account.Service

	agreed agreed
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
	s.Handle("POST /register/call", p.call)
	s.Handle("POST /register/switch", p.switchChannel)
	s.Handle("POST /register/restart", p.restart)
	s.Handle("GET /register/link", p.link)
	s.Handle("POST /register/link", p.confirmLink)
	s.Handle("GET /register/taken", p.taken)
	s.Handle("POST /register/taken", p.goOn)
	s.Handle("POST /register/untie", p.untie)
	s.Handle("GET /register/password", p.newPassword)
	s.Handle("POST /register/password", p.finish)

	s.Handle("GET /signin", p.signInPage)
	s.Handle("POST /signin", p.signIn)
	s.Handle("GET /signin/second", p.secondPage)
	s.Handle("POST /signin/second", p.secondCode)
	s.Handle("POST /signin/second/by", p.secondBy)
	s.Handle("POST /signin/second/resend", p.secondResend)
	s.Handle("POST /signin/second/call", p.secondCall)
	s.Handle("GET /signin/passkey", p.keyPage)
	s.Handle("POST /signin/passkey", p.keySignIn)
	s.Handle("GET /signin/signature", p.signature)
	s.Handle("POST /signout", p.signOut)

	s.Handle("GET /recover", p.recover)
	s.Handle("POST /recover", p.recoverStart)
	s.Handle("GET /recover/code", p.recoverCode)
	s.Handle("POST /recover/code", p.recoverConfirm)
	s.Handle("POST /recover/resend", p.recoverResend)
	s.Handle("POST /recover/call", p.recoverCall)
	s.Handle("POST /recover/restart", p.recoverRestart)
	s.Handle("GET /recover/link", p.recoverLink)
	s.Handle("POST /recover/link", p.recoverConfirmLink)
	s.Handle("GET /recover/password", p.recoverPassword)
	s.Handle("POST /recover/password", p.recoverFinish)

	s.Handle("GET /cabinet/security", web.RequirePerson(p.security))
	s.Handle("POST /cabinet/security/close", web.RequirePerson(p.closeSession))
	s.Handle("POST /cabinet/security/close-others", web.RequirePerson(p.closeOthers))

	s.Handle("GET /cabinet/contacts", web.RequirePerson(p.contacts))
	s.Handle("POST /cabinet/contacts", web.RequirePerson(p.addContact))
	s.Handle("POST /cabinet/contacts/main", web.RequirePerson(p.mainContact))
	s.Handle("GET /cabinet/contacts/{id}/remove", web.RequirePerson(p.removal))
	s.Handle("POST /cabinet/contacts/{id}/remove", web.RequirePerson(p.removeContact))
	s.Handle("POST /cabinet/contacts/cancel", web.RequirePerson(p.cancelUntying))
	s.Handle("POST /cabinet/contacts/forget", web.RequirePerson(p.forgetUnproved))
	s.Handle("GET /cabinet/contacts/link", keepLink(web.RequirePerson(p.additionLink)))
	s.Handle("POST /cabinet/contacts/link", web.RequirePerson(p.additionConfirmLink))
	s.Handle("GET /cabinet/contacts/{id}/code", web.RequirePerson(p.additionCode))
	s.Handle("POST /cabinet/contacts/{id}/code", web.RequirePerson(p.additionConfirm))
	s.Handle("POST /cabinet/contacts/{id}/resend", web.RequirePerson(p.additionResend))
	s.Handle("POST /cabinet/contacts/{id}/restart", web.RequirePerson(p.additionRestart))
	s.Handle("GET /cabinet/contacts/{id}/taken", web.RequirePerson(p.additionTaken))
	s.Handle("POST /cabinet/contacts/{id}/untie", web.RequirePerson(p.additionUntie))
	s.Handle("GET /untie", keepLink(p.untyingLink))
	s.Handle("POST /untie", p.untyingCancel)

	s.Handle("GET /cabinet/data", web.RequirePersonUngated(p.data))
	s.Handle("POST /cabinet/data/copy", web.RequirePersonUngated(p.dataCopy))
	s.Handle("GET /cabinet/data/copy/{id}", web.RequirePersonUngated(p.copied))
	s.Handle("GET /cabinet/data/delete", web.RequirePersonUngated(p.erasePage))
	s.Handle("POST /cabinet/data/delete", web.RequirePersonUngated(p.erase))
	s.Handle("POST /cabinet/data/keep", web.RequirePersonUngated(p.keep))

	s.Handle("GET /cabinet/consents", web.RequirePersonUngated(p.consents))
	s.Handle("GET /consents", web.RequirePersonUngated(p.newEdition))
	s.Handle("POST /consents", web.RequirePersonUngated(p.agree))

	s.Handle("GET /terms", p.text("terms"))
	s.Handle("GET /privacy", p.text("privacy"))
}

// Menu is what the person's menu leads to here.
func Menu() []web.Nav {
	return []web.Nav{{Key: "contacts.title", URL: contacts, Icon: ui.IconSmartphone}, {Key: "security.title", URL: security, Icon: ui.IconShieldCheck}}
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
