package desk

import (
	"net/http"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/policy"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// ownPasswordURL is the page on which an employee sets another password.
const ownPasswordURL = securityURL + "/password"

type ownPasswordView struct {
	Frame   ui.Desk
	Rules   policy.Password
	Errors  ui.Errors
	Setback *web.Setback
}

func (p *Pages) ownPassword(w http.ResponseWriter, r *http.Request) error {
	return p.showOwnPassword(w, r, http.StatusOK, ownPasswordView{})
}

func (p *Pages) showOwnPassword(w http.ResponseWriter, r *http.Request, status int, v ownPasswordView) error {
	ctx := r.Context()
	v.Frame = Frame(ctx, i18n.T(ctx, "desk.own.password_change"), "")
	v.Frame.Invalid = len(v.Errors) > 0
	v.Rules = p.SignIn.Policy.Password
	return web.Render(w, r, status, ownPasswordPage(v))
}

func (p *Pages) changeOwnPassword(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	err = p.SignIn.StaffChangePassword(ctx, access.From(ctx), web.Visitor(r), f.Get("password"), f.Get("password_again"))
	if errs, ok := web.Refused(ctx, err, "password"); ok {
		return p.showOwnPassword(w, r, http.StatusUnprocessableEntity, ownPasswordView{Errors: errs})
	}
	if s, ok := web.SetBack(r, err); ok {
		return p.showOwnPassword(w, r, s.Status, ownPasswordView{Setback: s})
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, "desk.own.password_changed")
	return web.Redirect(w, r, securityURL)
}
