package identity

import (
	"net/http"

	"okno/internal/fault"
	"okno/internal/passkey"
	"okno/internal/web"
	"okno/internal/web/ui"
)

const keyURL = "/signin/passkey"

// errNoScript is a form of a passkey that no script has completed.
var errNoScript = fault.New(fault.Conflict, "passkey.script")

// keyView is a page that asks for a passkey.
type keyView struct {
	Page      ui.Page
	Challenge passkey.Challenge
	Next      string
	Setback   *web.Setback
}

func (p *Pages) keyPage(w http.ResponseWriter, r *http.Request) error {
	next := web.LocalOr(r.URL.Query().Get("next"), "")
	if signedIn(r) {
		return web.Redirect(w, r, web.LocalOr(next, cabinet))
	}
	return p.showKeyPage(w, r, http.StatusOK, next, nil)
}

func (p *Pages) showKeyPage(w http.ResponseWriter, r *http.Request, status int, next string, s *web.Setback) error {
	c, err := p.SignIn.KeyChallenge(r.Context(), web.Visitor(r))
	if err != nil {
		return err
	}
	return web.Render(w, r, status, keySignInPage(keyView{Page: frame(r, "passkey.signin_title"), Challenge: c, Next: next, Setback: s}))
}

func (p *Pages) keySignIn(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	next := web.LocalOr(f.Get("next"), "")
	token, err := "", error(errNoScript)
	if answer := f.Get("answer"); answer != "" {
		token, err = p.SignIn.SignInByKey(r.Context(), web.Visitor(r), f.Get("challenge"), []byte(answer))
	}
	if s, ok := web.SetBack(r, err); ok {
		return p.showKeyPage(w, r, s.Status, next, s)
	}
	if err != nil {
		return err
	}
	if err := p.enter(r, token); err != nil {
		return err
	}
	return web.Redirect(w, r, web.LocalOr(next, cabinet))
}
