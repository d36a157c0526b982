package identity

import (
	"net/http"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// changeURL is the page on which whoever is signed in sets another password.
const changeURL = security + "/password"

func (p *Pages) changeView(r *http.Request) passwordView {
	ctx := r.Context()
	return passwordView{
		Page: frame(r, "security.password_change"), Action: changeURL, Title: i18n.T(ctx, "security.password_change"), Text: i18n.T(ctx, "recover.password.text"),
		Button: i18n.T(ctx, "security.password_save"), Rules: p.Credentials.Policy.Password,
	}
}

func (p *Pages) changePage(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, passwordPage(p.changeView(r)))
}

func (p *Pages) change(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if err := p.SignIn.ChangePassword(ctx, access.From(ctx), web.Visitor(r), f.Get("password"), f.Get("password_again")); err != nil {
		return p.changeView(r).again(w, r, err)
	}
	web.Say(r, ui.Success, "recover.done")
	return web.Redirect(w, r, security)
}
