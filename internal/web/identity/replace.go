package identity

import (
	"errors"
	"net/http"

	"okno/internal/credential"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// replaceURL is the page on which a temporary password is replaced: before it no page of the person opens (AUTH-6).
const replaceURL = "/signin/password"

func (p *Pages) replaceView(r *http.Request, next string) passwordView {
	ctx := r.Context()
	return passwordView{
		Page: frame(r, "signin.replace.title"), Steps: ui.Steps{Now: 2, Of: 2}, Action: withNext(replaceURL, next), Title: i18n.T(ctx, "signin.replace.title"),
		Text: i18n.T(ctx, "signin.replace.text"), Button: i18n.T(ctx, "recover.password.save"), Rules: p.Credentials.Policy.Password,
	}
}

func (p *Pages) replacePage(w http.ResponseWriter, r *http.Request) error {
	next := web.LocalOr(r.URL.Query().Get("next"), "")
	if err := p.SignIn.Replaces(r.Context(), web.Visitor(r), web.Second(r)); err != nil {
		return p.secondGone(w, r, err, next)
	}
	return web.Render(w, r, http.StatusOK, passwordPage(p.replaceView(r, next)))
}

func (p *Pages) replace(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx, next := r.Context(), web.LocalOr(r.URL.Query().Get("next"), "")
	token, err := p.SignIn.Replace(ctx, web.Visitor(r), web.Second(r), f.Get("password"), f.Get("password_again"))
	if err == nil {
		if err := p.enter(r, token); err != nil {
			return err
		}
		web.DropSecond(r)
		web.Say(r, ui.Success, "recover.done")
		return web.Redirect(w, r, web.LocalOr(next, cabinet))
	}
	if errors.Is(err, credential.ErrNoPending) {
		return p.secondGone(w, r, err, next)
	}
	return p.replaceView(r, next).again(w, r, err)
}
