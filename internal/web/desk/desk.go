package desk

import (
	"context"
	"net/http"
	"strings"

	"okno/internal/access"
	"okno/internal/credential"
	"okno/internal/i18n"
	"okno/internal/signin"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// Pages are the pages that every desk has.
type Pages struct {
	SignIn      *signin.Service
	Credentials *credential.Service
}

// Mount adds the pages to the server.
func (p *Pages) Mount(s *web.Server) {
	s.Handle("GET /desk", web.RequireStaff(p.home))
	s.Handle("GET /desk/signin", p.signInPage)
	s.Handle("POST /desk/signin", p.signIn)
	s.Handle("POST /desk/signout", p.signOut)
	p.mountSecurity(s)
	s.Handle("GET /desk/admin", web.RequireStaff(p.admin, access.Admin))
}

const home = "/desk"

// homes are where each role works.
var homes = map[access.Role]string{
	access.Centre: "/desk/centre", access.Officer: "/desk/cases", access.Head: "/desk/cases", access.Support: "/desk/support", access.Admin: "/desk/admin",
	access.Reception: VisitsPath,
}

func (p *Pages) home(w http.ResponseWriter, r *http.Request) error {
	to, ok := homes[access.From(r.Context()).Role]
	if !ok {
		return access.ErrDenied
	}
	return web.Redirect(w, r, to)
}

// Frame is the frame of a desk's page. Unit is the name of the agency or the centre; its code is shown when it has none.
func Frame(ctx context.Context, title, unit string) ui.Desk {
	d := web.Desk(ctx, title)
	if unit != "" {
		d.Unit = unit
	}
	return d
}

type signInView struct {
	Frame   ui.Desk
	Login   string
	Next    string
	Errors  ui.Errors
	Setback *web.Setback
	Key     bool // there are passkeys at the portal's address
}

func (p *Pages) signInPage(w http.ResponseWriter, r *http.Request) error {
	to := next(r.URL.Query().Get("next"))
	if web.Actor(r.Context()).Kind == access.Staff {
		return web.Redirect(w, r, to)
	}
	return web.Render(w, r, http.StatusOK, signInForm(signInView{Frame: signInFrame(r.Context()), Key: p.SignIn.StaffKeys.Possible(), Next: to}))
}

func signInFrame(ctx context.Context) ui.Desk {
	return Frame(ctx, i18n.T(ctx, "desk.signin.title"), i18n.T(ctx, "desk.signin.unit"))
}

// next is where an employee goes from here: pages of desks only.
func next(typed string) string {
	if to := web.LocalOr(typed, home); to == home || strings.HasPrefix(to, home+"/") {
		return to
	}
	return home
}

func (p *Pages) signIn(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	token, err := p.SignIn.StaffSignIn(ctx, web.Visitor(r), f.Get("login"), f.Get("password"), f.Get("code"))
	if err == nil {
		return p.enter(w, r, token, next(f.Get("next")))
	}
	v := signInView{Frame: signInFrame(ctx), Key: p.SignIn.StaffKeys.Possible(), Login: f.Get("login"), Next: next(f.Get("next"))}
	if errs, ok := web.Refused(ctx, err, "login"); ok {
		v.Errors, v.Frame.Invalid = errs, true
		return web.Render(w, r, http.StatusUnprocessableEntity, signInForm(v))
	}
	if s, ok := web.SetBack(r, err); ok {
		v.Setback = s
		return web.Render(w, r, s.Status, signInForm(v))
	}
	return err
}

// enter opens the desk by the token of a new session; the one of before ends.
func (p *Pages) enter(w http.ResponseWriter, r *http.Request, token, to string) error {
	if old := web.Token(r); old != "" {
		if err := p.Credentials.SignOut(r.Context(), old); err != nil {
			return err
		}
	}
	web.SignIn(r, token)
	return web.Redirect(w, r, to)
}

func (p *Pages) signOut(w http.ResponseWriter, r *http.Request) error {
	if token := web.Token(r); token != "" {
		if err := p.Credentials.SignOut(r.Context(), token); err != nil {
			return err
		}
	}
	web.SignOut(r)
	web.Say(r, ui.Success, "desk.signed_out")
	return web.Redirect(w, r, "/desk/signin")
}

// command is a command of the program, with what it does.
type command struct{ Line, Text string }

// admin says which commands administer the portal: they are given on its machine.
func (p *Pages) admin(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list := []command{
		{"okno staff add --login LOGIN --full-name NAME --role officer|head|centre|reception|support|admin --unit CODE", i18n.T(ctx, "desk.admin.staff_add")},
		{"okno staff list --unit CODE", i18n.T(ctx, "desk.admin.staff_list")},
		{"okno staff limit LOGIN --limit-to CODE,CODE", i18n.T(ctx, "desk.admin.staff_limit")},
		{"okno staff limit LOGIN --all", i18n.T(ctx, "desk.admin.staff_unlimit")},
		{"okno staff dismiss LOGIN", i18n.T(ctx, "desk.admin.staff_dismiss")},
		{"okno agency token --unit CODE --system NAME --scopes cases:read,cases:decide", i18n.T(ctx, "desk.admin.agency_token")},
		{"okno service check FILE …", i18n.T(ctx, "desk.admin.service_check")},
		{"okno service notices FILE|CODE|CODE@VERSION", i18n.T(ctx, "desk.admin.service_notices")},
		{"okno policy", i18n.T(ctx, "desk.admin.policy")},
		{"okno audit verify", i18n.T(ctx, "desk.admin.audit_verify")},
	}
	d := Frame(ctx, i18n.T(ctx, "desk.admin.title"), i18n.T(ctx, "desk.admin.unit"))
	d.Queues = AdminQueues(ctx, adminPath)
	return web.Render(w, r, http.StatusOK, adminPage(d, list))
}

// Where the administrator's pages stand.
const (
	adminPath    = "/desk/admin"
	AgentsPath   = adminPath + "/agents"
	WebhooksPath = adminPath + "/webhooks"
	NoticesPath  = adminPath + "/notices"
)

// AdminQueues are the pages of the administrator's desk.
func AdminQueues(ctx context.Context, at string) []ui.Link {
	return []ui.Link{
		{Label: i18n.T(ctx, "desk.admin.commands"), URL: adminPath, Current: at == adminPath},
		{Label: i18n.T(ctx, "desk.agents.title"), URL: AgentsPath, Current: at == AgentsPath},
		{Label: i18n.T(ctx, "desk.hooks.title"), URL: WebhooksPath, Current: at == WebhooksPath},
		{Label: i18n.T(ctx, "desk.texts.title"), URL: NoticesPath, Current: at == NoticesPath},
	}
}

// Lines are the lines of a text as paragraphs.
func Lines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// VisitsPath is where those who receive people by appointment see their day.
const VisitsPath = "/desk/visits"

// Visits leads there from the other desks of who receives people.
func Visits(ctx context.Context) ui.Link {
	return ui.Link{Label: i18n.T(ctx, "desk.visits.title"), URL: VisitsPath}
}
