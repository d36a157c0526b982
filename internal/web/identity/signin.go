package identity

import (
	"errors"
	"net/http"

	"okno/internal/gate"
	"okno/internal/signin"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// signInView is the page of signing in.
type signInView struct {
	Page    ui.Page
	Login   string
	Next    string
	Errors  ui.Errors
	Setback *web.Setback
	Key     bool // passkeys are possible at the portal's address
	Gate    *gate.Offer
	Blocked bool // the way to get in nevertheless is offered
	Wrong   bool // … and said to whoever is sure of the password
}

func (p *Pages) signInPage(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.Query().Get("next")
	if signedIn(r) {
		return web.Redirect(w, r, web.LocalOr(next, cabinet))
	}
	return web.Render(w, r, http.StatusOK, signInForm(signInView{Page: frame(r, "signin.title"), Key: p.SignIn.Passkeys.Possible(), Next: web.LocalOr(next, "")}))
}

func (p *Pages) signIn(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	next := web.LocalOr(f.Get("next"), "")
	visitor := passing(r, f)
	token, err := p.SignIn.SignIn(r.Context(), visitor, f.Get("login"), f.Get("password"))
	if err == nil {
		if err := p.enter(r, token); err != nil {
			return err
		}
		return web.Redirect(w, r, web.LocalOr(next, cabinet))
	}
	var second *signin.SecondNeeded
	if errors.As(err, &second) {
		web.KeepSecond(r, second.Token)
		return web.Redirect(w, r, withNext(secondURL, next))
	}
	v := signInView{Page: frame(r, "signin.title"), Key: p.SignIn.Passkeys.Possible(), Login: f.Get("login"), Next: next, Blocked: errors.Is(err, signin.ErrBlocked), Wrong: errors.Is(err, signin.ErrWrong)}
	if errs, ok := web.Refused(r.Context(), err, "login"); ok {
		v.Errors, v.Page.Invalid = errs, true
		return web.Render(w, r, http.StatusUnprocessableEntity, signInForm(v))
	}
	if errors.Is(err, gate.ErrMeet) {
		offer, err := p.SignIn.Gate.Offer("signin", visitor.Pass)
		if err != nil {
			return err
		}
		v.Gate = &offer
		return web.Render(w, r, http.StatusTooManyRequests, signInForm(v))
	}
	if s, ok := web.SetBack(r, err); ok {
		v.Setback = s
		return web.Render(w, r, s.Status, signInForm(v))
	}
	return err
}

func (p *Pages) signOut(w http.ResponseWriter, r *http.Request) error {
	if token := web.Token(r); token != "" {
		if err := p.Credentials.SignOut(r.Context(), token); err != nil {
			return err
		}
	}
	web.SignOut(r)
	web.Say(r, ui.Success, "signin.out")
	return web.Redirect(w, r, "/")
}
