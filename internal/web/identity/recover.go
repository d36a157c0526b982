package identity

import (
	"errors"
	"net/http"

	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/gate"
	"okno/internal/i18n"
	"okno/internal/signin"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// recoverView is the page that asks whose access is to be recovered.
type recoverView struct {
	Page    ui.Page
	Login   string
	Errors  ui.Errors
	Setback *web.Setback
	Gate    *gate.Offer
	Doors   []door // into the account that take no contact
	Other   bool   // it asks for another contact beside the one that was proved
}

func (v recoverView) render(w http.ResponseWriter, r *http.Request, status int) error {
	if v.Other {
		return web.Render(w, r, status, recoverOtherPage(v))
	}
	return web.Render(w, r, status, recoverPage(v))
}

func (p *Pages) recover(w http.ResponseWriter, r *http.Request) error {
	x, under, err := p.SignIn.Recovery(r.Context(), web.Visitor(r))
	if err != nil {
		return err
	}
	if to := recoverURL(x.Step); under && to != recovery {
		return web.Redirect(w, r, to)
	}
	return recoverView{Page: frame(r, "recover.title"), Doors: p.otherDoors()}.render(w, r, http.StatusOK)
}

// recoverURL is the page of a step.
func recoverURL(s signin.Step) string {
	switch s {
	case signin.StepCode:
		return "/recover/code"
	case signin.StepSecond:
		return recoverSecond
	case signin.StepOther:
		return otherContact
	case signin.StepPassword:
		return "/recover/password"
	case signin.StepContact:
	}
	return recovery
}

func (p *Pages) recoverStart(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	visitor := passing(r, f)
	if _, err = p.SignIn.RecoverStart(r.Context(), visitor, f.Get("login")); err == nil {
		return web.Redirect(w, r, "/recover/code")
	}
	return p.recoverRefused(w, r, visitor, recoverView{Page: frame(r, "recover.title"), Doors: p.otherDoors(), Login: f.Get("login")}, err)
}

// recoverRefused shows the form again under what err says.
func (p *Pages) recoverRefused(w http.ResponseWriter, r *http.Request, visitor credential.Visitor, v recoverView, refused error) error {
	if errs, ok := web.Refused(r.Context(), refused, "login"); ok {
		v.Errors, v.Page.Invalid = errs, true
		return v.render(w, r, http.StatusUnprocessableEntity)
	}
	if errors.Is(refused, gate.ErrMeet) {
		offer, err := p.SignIn.Gate.Offer("recover", visitor.Pass)
		if err != nil {
			return err
		}
		v.Gate = &offer
		return v.render(w, r, http.StatusTooManyRequests)
	}
	if s, ok := web.SetBack(r, refused); ok {
		v.Setback = s
		return v.render(w, r, s.Status)
	}
	return refused
}

// recoverSecond is the page that asks for more than one contact.
const recoverSecond = "/recover/second"

// otherContact is the page that asks for another contact, when the one that was proved has not been confirmed for long.
const otherContact = "/recover/other"

func (p *Pages) recoverOther(w http.ResponseWriter, r *http.Request) error {
	_, here, err := p.recoveryAt(w, r, signin.StepOther)
	if err != nil || !here {
		return err
	}
	return recoverView{Page: frame(r, "recover.other.title"), Other: true}.render(w, r, http.StatusOK)
}

func (p *Pages) recoverOtherStart(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	visitor := passing(r, f)
	switch _, err = p.SignIn.RecoverOther(r.Context(), visitor, f.Get("login")); {
	case err == nil:
		return web.Redirect(w, r, "/recover/code")
	case errors.Is(err, signin.ErrNoRecovery):
		return web.Redirect(w, r, recovery)
	}
	return p.recoverRefused(w, r, visitor, recoverView{Page: frame(r, "recover.other.title"), Other: true, Login: f.Get("login")}, err)
}

// recoveryAt is the recovery under way, when it stands at the step; otherwise the browser was sent where it stands.
func (p *Pages) recoveryAt(w http.ResponseWriter, r *http.Request, step signin.Step) (signin.Recovery, bool, error) {
	x, under, err := p.SignIn.Recovery(r.Context(), web.Visitor(r))
	if err != nil {
		return signin.Recovery{}, false, err
	}
	if !under || x.Step != step {
		return signin.Recovery{}, false, web.Redirect(w, r, recoverURL(x.Step))
	}
	return x, true, nil
}

func (p *Pages) recoverCode(w http.ResponseWriter, r *http.Request) error {
	x, here, err := p.recoveryAt(w, r, signin.StepCode)
	if err != nil || !here {
		return err
	}
	return web.Render(w, r, http.StatusOK, codePage(newCodeView(r, recovering, x.Challenge)))
}

func (p *Pages) recoverConfirm(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	x, err := p.SignIn.RecoverCode(r.Context(), web.Proving(r), f.Get("code"))
	switch {
	case err == nil:
		keepProof(r, x)
		return web.Redirect(w, r, recoverURL(x.Step))
	case errors.Is(err, signin.ErrNoRecovery), errors.Is(err, contact.ErrGone):
		return web.Redirect(w, r, recovery)
	}
	return p.recoverCodeAgain(w, r, err, f.Get("code"))
}

// keepProof gives the browser what the recovery is found by from now on.
func keepProof(r *http.Request, x signin.Recovery) {
	if x.Proof != "" {
		web.KeepProof(r, x.Proof)
	}
}

func (p *Pages) recoverCodeAgain(w http.ResponseWriter, r *http.Request, refused error, typed string) error {
	x, here, err := p.recoveryAt(w, r, signin.StepCode)
	if err != nil || !here {
		return err
	}
	v := newCodeView(r, recovering, x.Challenge)
	if errs, ok := web.Refused(r.Context(), refused, "code"); ok {
		return v.refused(w, r, errs, typed)
	}
	if s, ok := web.SetBack(r, refused); ok {
		return v.setBack(w, r, s)
	}
	return refused
}

func (p *Pages) recoverResend(w http.ResponseWriter, r *http.Request) error {
	_, err := p.SignIn.RecoverResend(r.Context(), web.Visitor(r))
	return p.recoverSent(w, r, err, "recover.code.again")
}

// recoverCall has the new code said over the telephone (REG-4). Nobody is called where there is no account, and the page is the same.
func (p *Pages) recoverCall(w http.ResponseWriter, r *http.Request) error {
	_, err := p.SignIn.RecoverCall(r.Context(), web.Visitor(r))
	return p.recoverSent(w, r, err, "recover.code.again")
}

func (p *Pages) recoverSent(w http.ResponseWriter, r *http.Request, err error, said string) error {
	switch {
	case err == nil:
		web.Say(r, ui.Info, said)
		return web.Redirect(w, r, "/recover/code")
	case errors.Is(err, signin.ErrNoRecovery), errors.Is(err, contact.ErrGone):
		return web.Redirect(w, r, recovery)
	}
	return p.recoverCodeAgain(w, r, err, "")
}

func (p *Pages) recoverRestart(w http.ResponseWriter, r *http.Request) error {
	if err := p.SignIn.RecoverRestart(r.Context(), web.Visitor(r)); err != nil {
		return err
	}
	return web.Redirect(w, r, recovery)
}

func (p *Pages) recoverLink(w http.ResponseWriter, r *http.Request) error {
	if t := r.URL.Query().Get("t"); t != "" {
		web.KeepLink(r, t)
		return web.Redirect(w, r, "/recover/link")
	}
	c, err := p.SignIn.RecoverLinkInfo(r.Context(), web.Link(r))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, linkPage(linkView{Page: frame(r, "recover.link.title"), Road: recovering, Masked: c.Masked}))
}

func (p *Pages) recoverConfirmLink(w http.ResponseWriter, r *http.Request) error {
	x, err := p.SignIn.RecoverLink(r.Context(), web.Proving(r), web.Link(r))
	if err != nil {
		return err
	}
	web.DropLink(r)
	keepProof(r, x)
	return web.Redirect(w, r, recoverURL(x.Step))
}

func (p *Pages) recoverPasswordView(r *http.Request) passwordView {
	ctx := r.Context()
	return passwordView{
		Page: frame(r, "recover.password.title"), Steps: ui.Steps{Now: 3, Of: 3}, Action: "/recover/password",
		Title: i18n.T(ctx, "recover.password.title"), Text: i18n.T(ctx, "recover.password.text"), Button: i18n.T(ctx, "recover.password.save"),
		Rules: p.Credentials.Policy.Password,
	}
}

func (p *Pages) recoverPassword(w http.ResponseWriter, r *http.Request) error {
	_, here, err := p.recoveryAt(w, r, signin.StepPassword)
	if err != nil || !here {
		return err
	}
	return web.Render(w, r, http.StatusOK, passwordPage(p.recoverPasswordView(r)))
}

func (p *Pages) recoverFinish(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	token, err := p.SignIn.RecoverFinish(r.Context(), web.Visitor(r), f.Get("password"), f.Get("password_again"))
	switch {
	case err == nil:
		if err := p.enter(r, token); err != nil {
			return err
		}
		web.Say(r, ui.Success, "recover.done")
		return web.Redirect(w, r, cabinet)
	case errors.Is(err, signin.ErrNoRecovery) && signedIn(r): // the form was sent twice
		return web.Redirect(w, r, cabinet)
	case errors.Is(err, signin.ErrNoRecovery):
		return web.Redirect(w, r, recovery)
	}
	return p.recoverPasswordView(r).again(w, r, err)
}
