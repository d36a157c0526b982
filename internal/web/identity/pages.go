package identity

import (
	"context"
	"errors"
	"net/http"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/credential"
	"okno/internal/i18n"
	"okno/internal/registration"
	"okno/internal/rights"
	"okno/internal/signature"
	"okno/internal/signin"
	"okno/internal/store"
	"okno/internal/verification"
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
	Signatures   *signature.Service    // nil, or without authorities: no electronic signature is taken
	Verification *verification.Service // needed with Signatures
	Token        string                // address of the host at which certificates are shown by TLS; "" when there is none
	Signing      string                // where a text is signed for whoever has no program of signing; "" but in a demo

	SecurityContact string // to whom holes are reported, as RFC 9116 writes it; "": the support desk

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
	s.Handle("GET /signin/password", p.replacePage)
	s.Handle("POST /signin/password", p.replace)
	p.again().mount(s, web.RequirePersonUngated)
	p.mountSigned(s, p.again(), againSigned, web.RequirePersonUngated, func(r *http.Request, snils string) error {
		return p.SignIn.AgainSigned(r.Context(), access.From(r.Context()), snils)
	})
	s.Handle("POST /signout", p.signOut)
	p.mountSignatures(s)

	s.Handle("GET /recover", p.recover)
	s.Handle("POST /recover", p.recoverStart)
	s.Handle("GET /recover/code", p.recoverCode)
	s.Handle("POST /recover/code", p.recoverConfirm)
	s.Handle("POST /recover/resend", p.recoverResend)
	s.Handle("POST /recover/call", p.recoverCall)
	s.Handle("POST /recover/restart", p.recoverRestart)
	s.Handle("GET /recover/other", p.recoverOther)
	s.Handle("POST /recover/other", p.recoverOtherStart)
	s.Handle("GET /recover/link", p.recoverLink)
	s.Handle("POST /recover/link", p.recoverConfirmLink)
	everybody := func(h web.Handler) web.Handler { return h }
	p.secondRecovery().mount(s, everybody)
	p.mountSigned(s, p.secondRecovery(), recoverSigned, everybody, func(r *http.Request, snils string) error {
		return p.SignIn.RecoverSecondSigned(r.Context(), web.Visitor(r), snils)
	})
	s.Handle("GET /recover/password", p.recoverPassword)
	s.Handle("POST /recover/password", p.recoverFinish)

	s.Handle("GET /not-me", keepLink(p.notMe))
	s.Handle("POST /not-me", p.disavow)
	p.lifting().mount(s, web.RequirePerson)
	s.Handle("POST /cabinet/security/resume/now", web.RequirePerson(p.lift))
	s.Handle("GET /.well-known/change-password", p.changePassword)
	s.Handle("GET /.well-known/security.txt", p.securityText)

	s.Handle("GET /cabinet/security", web.RequirePerson(p.security))
	s.Handle("POST /cabinet/security/close", web.RequirePerson(p.closeSession))
	s.Handle("POST /cabinet/security/distrust", web.RequirePerson(p.distrust))
	s.Handle("POST /cabinet/security/advice", web.RequirePerson(p.dismissAdvice))
	s.Handle("POST /cabinet/security/close-others", web.RequirePerson(p.closeOthers))

	s.Handle("GET "+changeURL, p.guardedAt(changeURL, p.changePage))
	s.Handle("POST "+changeURL, p.guardedAt(changeURL, p.change))
	s.Handle("GET /cabinet/security/app", p.guarded(p.newApp))
	s.Handle("POST /cabinet/security/app", p.guarded(p.beginApp))
	s.Handle("GET /cabinet/security/app/qr.png", web.RequirePerson(p.appPicture))
	s.Handle("POST /cabinet/security/app/confirm", p.guarded(p.confirmApp))
	s.Handle("GET /cabinet/security/app/{id}", p.guarded(p.appPage))
	s.Handle("POST /cabinet/security/app/{id}", p.guarded(p.renameApp))
	s.Handle("POST /cabinet/security/app/{id}/remove", p.guarded(p.removeApp))
	s.Handle("GET /cabinet/security/passkeys", p.guarded(p.keyAdd))
	s.Handle("POST /cabinet/security/passkeys", p.guarded(p.keyKeep))
	s.Handle("GET /cabinet/security/passkeys/{id}", p.guarded(p.keyChange))
	s.Handle("POST /cabinet/security/passkeys/{id}", p.guarded(p.keyRename))
	s.Handle("POST /cabinet/security/passkeys/{id}/remove", p.guarded(p.keyRemove))
	s.Handle("GET "+questionsURL, p.guarded(p.questions))
	s.Handle("POST "+questionsURL, p.guarded(p.setQuestions))
	s.Handle("POST "+questionsURL+"/remove", p.guarded(p.removeQuestions))
	s.Handle("POST /cabinet/security/texts", p.guarded(p.switchCodes))
	s.Handle("POST /cabinet/security/codes", p.guarded(p.makeCodes))
	s.Handle("GET /cabinet/security/codes", web.RequirePerson(p.codes))
	s.Handle("GET /cabinet/security/codes.txt", web.RequirePerson(p.codesFile))
	s.Handle("POST /cabinet/security/codes/kept", web.RequirePerson(p.codesKept))

	s.Handle("GET /cabinet/contacts", web.RequirePerson(p.contacts))
	s.Handle("POST /cabinet/contacts", web.RequirePerson(proved(contacts, p.addContact)))
	s.Handle("POST /cabinet/contacts/main", web.RequirePerson(p.mainContact))
	s.Handle("GET /cabinet/contacts/{id}/confirm", web.RequirePerson(p.reconfirmation))
	s.Handle("POST /cabinet/contacts/{id}/confirm", web.RequirePerson(proved(contacts, p.reconfirm)))
	s.Handle("GET /cabinet/contacts/{id}/remove", web.RequirePerson(p.removal))
	s.Handle("POST /cabinet/contacts/{id}/remove", web.RequirePerson(proved(contacts, p.removeContact)))
	s.Handle("GET /cabinet/contacts/{id}/reserve", web.RequirePerson(p.reservation))
	s.Handle("POST /cabinet/contacts/{id}/reserve", web.RequirePerson(proved(contacts, p.reserveContact)))
	s.Handle("POST /cabinet/contacts/unreserve", web.RequirePerson(p.unreserveContact))
	s.Handle("POST /cabinet/contacts/cancel", web.RequirePerson(p.cancelUntying))
	s.Handle("POST /cabinet/contacts/forget", web.RequirePerson(p.forgetUnproved))
	s.Handle("GET /cabinet/contacts/link", keepLink(web.RequirePerson(p.additionLink)))
	s.Handle("POST /cabinet/contacts/link", web.RequirePerson(p.additionConfirmLink))
	s.Handle("GET "+web.ContactStep, web.RequirePerson(p.contactStep))
	s.Handle("POST "+web.ContactStep, web.RequirePerson(proved(web.ContactStep, p.addContact)))
	for _, on := range []string{contacts, web.ContactStep} {
		s.Handle("GET "+on+"/{id}/code", web.RequirePerson(p.additionCode))
		s.Handle("POST "+on+"/{id}/code", web.RequirePerson(p.additionConfirm))
		s.Handle("POST "+on+"/{id}/resend", web.RequirePerson(p.additionResend))
		s.Handle("POST "+on+"/{id}/restart", web.RequirePerson(p.additionRestart))
		s.Handle("GET "+on+"/{id}/taken", web.RequirePerson(p.additionTaken))
		s.Handle("POST "+on+"/{id}/untie", web.RequirePerson(p.additionUntie))
	}
	s.Handle("GET /untie", keepLink(p.untyingLink))
	s.Handle("POST /untie", p.untyingCancel)

	s.Handle("GET /cabinet/data", web.RequirePersonUngated(p.data))
	s.Handle("POST /cabinet/data/copy", web.RequirePersonUngated(proved(data, p.dataCopy)))
	s.Handle("GET /cabinet/data/copy/{id}", web.RequirePersonUngated(p.copied))
	s.Handle("GET /cabinet/data/delete", web.RequirePersonUngated(p.erasePage))
	s.Handle("POST /cabinet/data/delete", web.RequirePersonUngated(proved(data+"/delete", p.erase)))
	s.Handle("POST /cabinet/data/keep", web.RequirePersonUngated(p.keep))

	s.Handle("GET /cabinet/consents", web.RequirePersonUngated(p.consents))
	s.Handle("GET /consents", web.RequirePersonUngated(p.newEdition))
	s.Handle("POST /consents", web.RequirePersonUngated(p.agree))

	s.Handle("GET /terms", p.text("terms"))
	s.Handle("GET /privacy", p.text("privacy"))
	s.Handle("GET /child", p.text("child"))
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

// guarded are the pages of second factors and passkeys: who opens them proves once more, unless that was done a moment ago.
func (p *Pages) guarded(h web.Handler) web.Handler { return p.guardedAt(security, h) }

// guardedAt is guarded for a page to which whoever sent its form too late comes back.
func (p *Pages) guardedAt(back string, h web.Handler) web.Handler {
	return web.RequirePerson(func(w http.ResponseWriter, r *http.Request) error {
		if err := alert.Allowed(r.Context(), p.DB, access.From(r.Context()).ID); err != nil {
			return paused(w, r, err)
		}
		return web.RequireFresh(p.SignIn.Fresh, back, h)(w, r)
	})
}

// proved sends whoever posts to a verb that wants another proof than came along to give it, and back to the page.
func proved(back string, h web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := h(w, r)
		if errors.Is(err, signin.ErrAgain) {
			return web.ToAgain(w, r, back)
		}
		return err
	}
}
