package centre

import (
	"net/http"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/signin"
	"okno/internal/web"
	"okno/internal/web/desk"
	"okno/internal/web/ui"
)

const (
	temporaryURL = home + "/password"
	issuedURL    = temporaryURL + "/sheet"
)

// mountTemporary adds the pages on which a temporary password is issued (AUTH-6). The operator proves who they are once more before.
func (p *Pages) mountTemporary(s *web.Server) {
	fresh := func(h web.Handler) web.Handler { return staff(desk.Fresh(p.SignIn, temporaryURL, h)) }
	s.Handle("GET "+temporaryURL, fresh(p.temporary))
	s.Handle("POST "+temporaryURL, fresh(p.issue))
	s.Handle("GET "+issuedURL, staff(p.issued))
	s.Handle("POST "+issuedURL, staff(p.given))
}

type temporaryView struct {
	Frame    ui.Desk
	SNILS    string
	Document string
	Sure     bool
	Hours    int
	Errors   ui.Errors
	Setback  *web.Setback
}

func (p *Pages) temporary(w http.ResponseWriter, r *http.Request) error {
	return p.showTemporary(w, r, http.StatusOK, temporaryView{})
}

func (p *Pages) showTemporary(w http.ResponseWriter, r *http.Request, status int, v temporaryView) error {
	v.Frame = p.frame(r.Context(), "desk.temporary.title")
	v.Frame.Invalid = len(v.Errors) > 0
	v.Hours = int(p.SignIn.Policy.Temporary.Lifetime.Hours())
	return web.Render(w, r, status, temporaryPage(v))
}

func (p *Pages) issue(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v := temporaryView{SNILS: f.Get("snils"), Document: f.Get("document"), Sure: f.Get("sure") != ""}
	sealed, err := p.SignIn.IssueTemporary(ctx, access.From(ctx), v.SNILS, v.Document, v.Sure)
	if errs, ok := web.Refused(ctx, err, "document"); ok {
		v.Errors = errs
		return p.showTemporary(w, r, http.StatusUnprocessableEntity, v)
	}
	if s, ok := web.SetBack(r, err); ok {
		v.Setback = s
		return p.showTemporary(w, r, s.Status, v)
	}
	if err != nil {
		return err
	}
	web.KeepSheet(r, sealed)
	return web.Redirect(w, r, issuedURL)
}

type issuedView struct {
	Frame  ui.Desk
	Issued signin.Issued
	Site   string
	Until  string
	Facts  []ui.Fact
}

// issued shows the paper, until the operator has handed it over.
func (p *Pages) issued(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	x, ok := p.SignIn.OpenIssued(access.From(ctx), web.Sheet(r))
	if !ok {
		return web.Redirect(w, r, temporaryURL)
	}
	v := issuedView{Frame: p.frame(ctx, "desk.temporary.sheet"), Issued: x, Site: web.Absolute(ctx, "/signin"), Until: web.Moment(ctx, x.Until)}
	v.Facts = []ui.Fact{{Label: i18n.T(ctx, "desk.temporary.where"), Value: v.Site}, {Label: i18n.T(ctx, "desk.temporary.login"), Value: x.SNILS}, {Label: i18n.T(ctx, "desk.temporary.until"), Value: v.Until}}
	return web.Render(w, r, http.StatusOK, issuedPage(v))
}

// given forgets the paper.
func (p *Pages) given(w http.ResponseWriter, r *http.Request) error {
	web.DropSheet(r)
	web.Say(r, ui.Success, "desk.temporary.given")
	return web.Redirect(w, r, home)
}
