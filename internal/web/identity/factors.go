package identity

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"okno/internal/access"
	"okno/internal/credential"
	"okno/internal/i18n"
	"okno/internal/signin"
	"okno/internal/web"
	"okno/internal/web/ui"
)

const (
	newAppURL = security + "/app"
	codesURL  = security + "/codes"
)

// factorsView is the part of the page of security about second factors.
type factorsView struct {
	State    string // in a sentence, whether a second factor is asked for
	Apps     []appRow
	MoreApps bool
	Sent     bool
	SentTo   string // where codes go, "" when they do not
	Fixed    bool   // codes cannot be switched off
	Backup   string // how many codes are left
	HasCodes bool
	Asks     bool // the portal offers security questions
	Asked    bool // the second step is asked for, unless a browser is remembered
}

// appRow is one authenticator app.
type appRow struct{ Name, URL, About, ChangeWhat string }

func (p *Pages) factorsView(ctx context.Context) (factorsView, error) {
	f, err := p.SignIn.MyFactors(ctx, access.From(ctx))
	if err != nil {
		return factorsView{}, err
	}
	v := factorsView{MoreApps: len(f.Apps) < p.SignIn.Policy.SecondFactor.Apps, Sent: f.Sent, SentTo: strings.Join(f.To, ", "),
		Fixed: f.Required && len(f.Apps) == 0, HasCodes: !f.BackupAt.IsZero(), Asks: p.SignIn.AsksQuestions(access.From(ctx).Level), Asked: f.Required || f.Any()}
	switch {
	case f.Required:
		v.State = i18n.T(ctx, "factor.state.required")
	case f.Any():
		v.State = i18n.T(ctx, "factor.state.on")
	default:
		v.State = i18n.T(ctx, "factor.state.off")
	}
	for _, a := range f.Apps {
		about := i18n.T(ctx, "factor.app_since", "date", i18n.Date(ctx, a.MadeAt))
		if !a.UsedAt.IsZero() {
			about += " · " + i18n.T(ctx, "factor.app_used", "time", web.Moment(ctx, a.UsedAt))
		}
		v.Apps = append(v.Apps, appRow{a.Name, newAppURL + "/" + a.ID, about, i18n.T(ctx, "factor.app_change_what", "name", a.Name)})
	}
	if v.HasCodes {
		v.Backup = i18n.N(ctx, "factor.backup_left", f.Backup)
	}
	return v, nil
}

// appView is a page about one app: to set it up, or to change it.
type appView struct {
	Page    ui.Page
	Action  string
	Key     *signin.AppKey // of the app that is being set up, nil when its name is asked for
	Name    string
	Errors  ui.Errors
	Setback *web.Setback
}

func (p *Pages) newAppView(r *http.Request) (appView, error) {
	ctx := r.Context()
	v := appView{Page: frame(r, "factor.new_title"), Action: newAppURL}
	key, err := p.SignIn.AppOnTrial(ctx, access.From(ctx), i18n.From(ctx))
	switch {
	case errors.Is(err, credential.ErrNoFactor):
		v.Name = i18n.T(ctx, "factor.name_first")
		return v, nil
	case err != nil:
		return appView{}, err
	}
	v.Key, v.Action = &key, newAppURL+"/confirm"
	return v, nil
}

func (p *Pages) newApp(w http.ResponseWriter, r *http.Request) error {
	v, err := p.newAppView(r)
	if err != nil {
		return err
	}
	if r.URL.Query().Has("anew") {
		v.Key, v.Action, v.Name = nil, newAppURL, i18n.T(r.Context(), "factor.name_first")
	}
	return web.Render(w, r, http.StatusOK, appSetUp(v))
}

func (p *Pages) beginApp(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	refused := p.SignIn.BeginApp(ctx, access.From(ctx), f.Get("name"))
	if refused == nil {
		return web.Redirect(w, r, newAppURL)
	}
	v := appView{Page: frame(r, "factor.new_title"), Action: newAppURL, Name: f.Get("name")}
	return v.refused(w, r, refused, "name", appSetUp)
}

// appPicture is the key as a picture that a telephone reads. Pages are stored nowhere, and neither is it.
func (p *Pages) appPicture(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	key, err := p.SignIn.AppOnTrial(ctx, access.From(ctx), i18n.From(ctx))
	if err != nil {
		return err
	}
	return web.QR(w, key.URL, 4)
}

func (p *Pages) confirmApp(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	refused := p.SignIn.ConfirmApp(ctx, access.From(ctx), f.Get("code"))
	switch {
	case refused == nil:
		web.Say(r, ui.Success, "factor.app_added")
		return web.Redirect(w, r, security)
	case errors.Is(refused, credential.ErrNoFactor):
		return web.Redirect(w, r, newAppURL)
	}
	v, err := p.newAppView(r)
	if err != nil {
		return err
	}
	return v.refused(w, r, refused, "code", appSetUp)
}

func (p *Pages) appView(r *http.Request) (appView, error) {
	ctx := r.Context()
	f, err := p.SignIn.MyFactors(ctx, access.From(ctx))
	if err != nil {
		return appView{}, err
	}
	at := slices.IndexFunc(f.Apps, func(a credential.Factor) bool { return a.ID == r.PathValue("id") })
	if at < 0 {
		return appView{}, credential.ErrNoFactor
	}
	return appView{Page: frame(r, "factor.change_title"), Action: newAppURL + "/" + f.Apps[at].ID, Name: f.Apps[at].Name}, nil
}

func (p *Pages) appPage(w http.ResponseWriter, r *http.Request) error {
	v, err := p.appView(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, appChange(v))
}

func (p *Pages) renameApp(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	refused := p.SignIn.RenameApp(ctx, access.From(ctx), r.PathValue("id"), f.Get("name"))
	if refused == nil {
		web.Say(r, ui.Success, "factor.app_renamed")
		return web.Redirect(w, r, security)
	}
	v, err := p.appView(r)
	if err != nil {
		return err
	}
	v.Name = f.Get("name")
	return v.refused(w, r, refused, "name", appChange)
}

func (p *Pages) removeApp(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	return p.factorDone(w, r, "factor.app_removed", p.SignIn.RemoveApp(ctx, access.From(ctx), r.PathValue("id")))
}

func (p *Pages) switchCodes(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx, said := r.Context(), "factor.codes_off"
	if f.On("on") {
		said = "factor.codes_on"
	}
	return p.factorDone(w, r, said, p.SignIn.SwitchCodes(ctx, access.From(ctx), f.On("on")))
}

// factorDone leads back to the page of security, with what was done or why it was not.
func (p *Pages) factorDone(w http.ResponseWriter, r *http.Request, said string, err error) error {
	switch {
	case errors.Is(err, signin.ErrLastFactor):
		web.Say(r, ui.Warning, "factor.last")
	case err != nil:
		return err
	default:
		web.Say(r, ui.Success, said)
	}
	return web.Redirect(w, r, security)
}

// codesView is the sheet of backup codes.
type codesView struct {
	Page  ui.Page
	Codes []string
}

func (p *Pages) makeCodes(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	sealed, err := p.SignIn.NewSheet(ctx, access.From(ctx))
	if err != nil {
		return err
	}
	web.KeepSheet(r, sealed)
	return web.Redirect(w, r, codesURL)
}

func (p *Pages) codes(w http.ResponseWriter, r *http.Request) error {
	codes := p.SignIn.Sheet(access.From(r.Context()), web.Sheet(r))
	if codes == nil {
		return web.Redirect(w, r, security)
	}
	return web.Render(w, r, http.StatusOK, codesPage(codesView{frame(r, "factor.codes_title"), codes}))
}

// codesFile is the sheet as a text to keep.
func (p *Pages) codesFile(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	codes := p.SignIn.Sheet(access.From(ctx), web.Sheet(r))
	if codes == nil {
		return web.Redirect(w, r, security)
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="okno-codes.txt"`)
	_, err := w.Write([]byte(i18n.T(ctx, "factor.codes_file", "date", i18n.Date(ctx, web.Now(ctx))) + "\r\n\r\n" + strings.Join(codes, "\r\n") + "\r\n"))
	return err
}

// codesKept forgets the sheet.
func (p *Pages) codesKept(w http.ResponseWriter, r *http.Request) error {
	web.DropSheet(r)
	web.Say(r, ui.Success, "factor.codes_kept")
	return web.Redirect(w, r, security)
}

// refused shows the page again under what was wrong.
func (v appView) refused(w http.ResponseWriter, r *http.Request, refused error, whole string, page func(appView) templ.Component) error {
	if errs, ok := web.Refused(r.Context(), refused, whole); ok {
		v.Errors, v.Page.Invalid = errs, true
		return web.Render(w, r, http.StatusUnprocessableEntity, page(v))
	}
	if s, ok := web.SetBack(r, refused); ok {
		v.Setback = s
		return web.Render(w, r, s.Status, page(v))
	}
	return refused
}
