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

func (p *Pages) replaceView(r *http.Request, next string, list credential.List) passwordView {
	ctx := r.Context()
	title, text := i18n.T(ctx, "signin.replace.title"), i18n.T(ctx, "signin.replace.text")
	if list != credential.NoList {
		title, text = i18n.T(ctx, "signin.listed.title"), i18n.T(ctx, "signin.listed.text."+string(list))
	}
	return passwordView{
		Page: frame(r, "signin.replace.title"), Steps: ui.Steps{Now: 2, Of: 2}, Action: withNext(replaceURL, next), Title: title,
		Text: text, Button: i18n.T(ctx, "recover.password.save"), Rules: p.Credentials.Policy.Password,
	}
}

func (p *Pages) replacePage(w http.ResponseWriter, r *http.Request) error {
	next := nextIn(r)
	list, err := p.SignIn.Replaces(r.Context(), web.Visitor(r), web.Second(r))
	if err != nil {
		return p.secondGone(w, r, err, next)
	}
	return web.Render(w, r, http.StatusOK, passwordPage(p.replaceView(r, next, list)))
}

func (p *Pages) replace(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx, next := r.Context(), nextIn(r)
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
	list, gone := p.SignIn.Replaces(ctx, web.Visitor(r), web.Second(r))
	if gone != nil {
		return p.secondGone(w, r, gone, next)
	}
	return p.replaceView(r, next, list).again(w, r, err)
}
