package admin

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/agent"
	"okno/internal/catalogue"
	"okno/internal/i18n"
	"okno/internal/notification"
	"okno/internal/policy"
	"okno/internal/store"
	"okno/internal/web"
	"okno/internal/web/desk"
	"okno/internal/web/ui"
	"okno/internal/webhook"
	"okno/internal/workday"
)

// Pages are the pages of the desk.
type Pages struct {
	DB        *store.DB
	Agents    *agent.Service
	Webhooks  *webhook.Service
	Catalogue *catalogue.Catalogue
	Policy    *policy.Policy

	Letterhead notification.Letterhead
	Samples    func(context.Context) []notification.Sample // of what the portal tells in words of its own
	Workdays   *workday.Calendar
	Zone       *time.Location
}

// Mount adds the pages to the server.
func (p *Pages) Mount(s *web.Server) {
	s.Handle("GET "+agents, admin(p.list))
	s.Handle("POST "+agents, admin(p.register))
	s.Handle("GET "+agents+"/{id}", admin(p.show))
	s.Handle("POST "+agents+"/{id}/rotate", admin(p.rotate))
	s.Handle("POST "+agents+"/{id}/close", admin(p.close))
	s.Handle("GET "+agents+"/{id}/tokens/{token}", admin(p.token))
	s.Handle("POST "+agents+"/{id}/tokens/{token}/revoke", admin(p.revoke))
	s.Handle("GET "+texts, admin(p.services))
	s.Handle("GET "+texts+"/own", admin(p.own))
	s.Handle("GET "+texts+"/own/{kind}", admin(p.ownText))
	s.Handle("GET "+texts+"/services/{code}", admin(p.service))
	s.Handle("GET "+texts+"/services/{code}/{kind}", admin(p.serviceText))
	s.Handle("GET "+hooks, admin(p.dead))
	s.Handle("GET "+hooks+"/{id}", admin(p.deliveries))
	s.Handle("POST "+hooks+"/{id}/again", admin(p.againAll))
	s.Handle("POST "+hooks+"/{id}/check", admin(p.check))
	s.Handle("POST "+hooks+"/{id}/deliveries/{event}/again", admin(p.again))
}

func admin(h web.Handler) web.Handler { return web.RequireStaff(h, access.Admin) }

const (
	agents = desk.AgentsPath
	hooks  = desk.WebhooksPath
	texts  = desk.NoticesPath
)

func frame(ctx context.Context, title, at string) ui.Desk {
	d := desk.Frame(ctx, title, i18n.T(ctx, "desk.admin.unit"))
	d.Queues = desk.AdminQueues(ctx, at)
	return d
}

type listView struct {
	Frame  ui.Desk
	Table  ui.Table
	Units  []ui.Choice
	Scopes []ui.Choice
	Most   int
	Typed  typed
	Errors ui.Errors
}

// typed is a new system as it was typed.
type typed struct {
	unit, name, days string
	scopes           []string
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	return p.showList(w, r, http.StatusOK, listView{})
}

func (p *Pages) showList(w http.ResponseWriter, r *http.Request, status int, v listView) error {
	ctx := r.Context()
	list, err := p.Agents.List(ctx, access.From(ctx))
	if err != nil {
		return err
	}
	v.Frame = frame(ctx, i18n.T(ctx, "desk.agents.title"), agents)
	v.Frame.Invalid = len(v.Errors) > 0
	v.Most = days(p.Policy.Agency.TokenLifetime)
	v.Table = ui.Table{Caption: i18n.T(ctx, "desk.agents.title"), HideCaption: true, Stack: true, Columns: columns(ctx, "desk.agents.name", "desk.agents.unit", "desk.agents.scopes", "desk.agents.used", "desk.agents.expires")}
	for _, a := range list {
		v.Table.Rows = append(v.Table.Rows, ui.Row{Cells: []ui.Cell{{Text: a.Name, URL: agents + "/" + a.ID}, {Text: p.unit(ctx, a.Unit)}, {Text: scopes(ctx, a)}, {Text: used(ctx, a)}, p.until(ctx, a)}})
	}
	for _, a := range p.Catalogue.Agencies() {
		v.Units = append(v.Units, ui.Choice{Value: a.Code, Label: a.Owner.Name.In(ctx)})
	}
	for _, s := range access.Scopes() {
		v.Scopes = append(v.Scopes, ui.Choice{Value: string(s), Label: string(s), Description: i18n.T(ctx, "desk.scope."+strings.ReplaceAll(string(s), ":", "_"))})
	}
	return web.Render(w, r, status, listPage(v))
}

func columns(ctx context.Context, keys ...string) (out []ui.Column) {
	for _, k := range keys {
		out = append(out, ui.Column{Label: i18n.T(ctx, k)})
	}
	return out
}

func days(d time.Duration) int { return int(d / (24 * time.Hour)) }

func (p *Pages) unit(ctx context.Context, code string) string {
	if a, ok := p.Catalogue.Agency(code); ok {
		return a.Owner.Short.In(ctx)
	}
	return code
}

func scopes(_ context.Context, a agent.Agent) string {
	var out []string
	for _, s := range a.Scopes {
		out = append(out, string(s))
	}
	return strings.Join(out, ", ")
}

// used says when any token of the system was used last.
func used(ctx context.Context, a agent.Agent) string {
	var last time.Time
	for _, t := range a.Tokens {
		if t.UsedAt.After(last) {
			last = t.UsedAt
		}
	}
	if last.IsZero() {
		return i18n.T(ctx, "desk.agents.never")
	}
	return i18n.DateTime(ctx, last)
}

// until says how long the system may come in, by the token that stands longest.
func (p *Pages) until(ctx context.Context, a agent.Agent) ui.Cell {
	var last time.Time
	for _, t := range a.Tokens {
		if t.Stands(p.DB.Now()) && t.ExpiresAt.After(last) {
			last = t.ExpiresAt
		}
	}
	switch {
	case !a.ClosedAt.IsZero():
		return ui.Cell{Tag: &ui.Tag{Label: i18n.T(ctx, "desk.agents.closed")}}
	case last.IsZero():
		return ui.Cell{Tag: &ui.Tag{Label: i18n.T(ctx, "desk.agents.none"), Tone: ui.Danger, Icon: ui.IconTriangleAlert}}
	case last.Sub(p.DB.Now()) <= p.Policy.Agency.WarnBefore:
		return ui.Cell{Text: i18n.DateTime(ctx, last), Tone: ui.Danger, Strong: true, Icon: ui.IconTriangleAlert}
	}
	return ui.Cell{Text: i18n.DateTime(ctx, last)}
}

func (p *Pages) register(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	x := typed{unit: f.Get("unit"), name: f.Get("name"), days: f.Get("days"), scopes: f.All("scopes")}
	n := agent.New{Unit: x.unit, Name: x.name}
	for _, s := range x.scopes {
		n.Scopes = append(n.Scopes, access.Scope(s))
	}
	if x.days != "" {
		d, err := strconv.Atoi(strings.TrimSpace(x.days))
		n.Lifetime = time.Duration(min(max(d, -1), 10_000)) * 24 * time.Hour
		if err != nil || d < 1 {
			n.Lifetime = -1 // none that the policy allows
		}
	}
	a, t, err := p.Agents.Register(ctx, access.From(ctx), n)
	if errs, ok := web.Refused(ctx, err, "name"); ok {
		return p.showList(w, r, http.StatusUnprocessableEntity, listView{Typed: x, Errors: errs})
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, agents+"/"+a.ID+"/tokens/"+t.ID)
}

type tokenView struct {
	Frame  ui.Desk
	Back   string
	Secret string
	Until  string
}

// token shows a new token: once.
func (p *Pages) token(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	t, err := p.Agents.Show(ctx, access.From(ctx), r.PathValue("token"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, tokenPage(tokenView{Frame: frame(ctx, i18n.T(ctx, "desk.agents.token"), agents), Back: agents + "/" + t.AgentID, Secret: t.Secret, Until: i18n.DateTime(ctx, t.ExpiresAt)}))
}

type showView struct {
	Frame  ui.Desk
	Head   ui.Head
	ID     string
	Open   bool
	Facts  []ui.Fact
	Tokens ui.Table
	Hooks  ui.Table
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	a, err := p.Agents.Get(ctx, who, r.PathValue("id"))
	if err != nil {
		return err
	}
	v := showView{Frame: frame(ctx, a.Name, agents), ID: a.ID, Open: a.ClosedAt.IsZero(),
		Head: ui.Head{Trail: []ui.Link{{Label: i18n.T(ctx, "desk.agents.title"), URL: agents}}, Title: a.Name, Text: p.unit(ctx, a.Unit)}}
	v.Facts = []ui.Fact{{Label: i18n.T(ctx, "desk.agents.scopes"), Value: scopes(ctx, a)}, {Label: i18n.T(ctx, "desk.agents.made"), Value: i18n.DateTime(ctx, a.CreatedAt)}}
	v.Tokens = ui.Table{Caption: i18n.T(ctx, "desk.agents.tokens"), Stack: true, Columns: columns(ctx, "desk.agents.made", "desk.agents.used", "desk.agents.expires", "desk.agents.state", "desk.agents.revoke")}
	v.Tokens.Columns[4].Hide = true
	for _, t := range a.Tokens {
		row := []ui.Cell{{Text: i18n.DateTime(ctx, t.CreatedAt)}, {Text: used(ctx, agent.Agent{Tokens: []agent.Token{t}})}, {Text: i18n.DateTime(ctx, t.ExpiresAt)}, {Tag: p.tokenTag(ctx, t)}, {}}
		if t.Stands(p.DB.Now()) {
			row[4].Button = &ui.PostButton{Action: agents + "/" + a.ID + "/tokens/" + t.ID + "/revoke", Button: ui.Button{Label: i18n.T(ctx, "desk.agents.revoke"), Tone: ui.Danger, Variant: ui.Secondary, Small: true}}
		}
		v.Tokens.Rows = append(v.Tokens.Rows, ui.Row{Cells: row})
	}
	list, err := p.Webhooks.List(ctx, who)
	if err != nil {
		return err
	}
	v.Hooks = p.hookTable(ctx, slices.DeleteFunc(list, func(h webhook.Webhook) bool { return h.AgentID != a.ID }))
	return web.Render(w, r, http.StatusOK, showPage(v))
}

func (p *Pages) tokenTag(ctx context.Context, t agent.Token) *ui.Tag {
	switch {
	case !t.RevokedAt.IsZero():
		return &ui.Tag{Label: i18n.T(ctx, "desk.agents.revoked")}
	case !t.Stands(p.DB.Now()):
		return &ui.Tag{Label: i18n.T(ctx, "desk.agents.expired")}
	case t.ReplacedBy != "":
		return &ui.Tag{Label: i18n.T(ctx, "desk.agents.replaced"), Tone: ui.Warning}
	case t.ExpiresAt.Sub(p.DB.Now()) <= p.Policy.Agency.WarnBefore:
		return &ui.Tag{Label: i18n.T(ctx, "desk.agents.ending"), Tone: ui.Danger, Icon: ui.IconTriangleAlert}
	}
	return &ui.Tag{Label: i18n.T(ctx, "desk.agents.works"), Tone: ui.Success, Icon: ui.IconCheck}
}

func (p *Pages) rotate(w http.ResponseWriter, r *http.Request) error {
	t, err := p.Agents.Rotate(r.Context(), access.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Redirect(w, r, agents+"/"+t.AgentID+"/tokens/"+t.ID)
}

func (p *Pages) revoke(w http.ResponseWriter, r *http.Request) error {
	if err := p.Agents.Revoke(r.Context(), access.From(r.Context()), r.PathValue("token")); err != nil {
		return err
	}
	web.Say(r, ui.Success, "desk.agents.was_revoked")
	return web.Redirect(w, r, agents+"/"+r.PathValue("id"))
}

func (p *Pages) close(w http.ResponseWriter, r *http.Request) error {
	if err := p.Agents.Close(r.Context(), access.From(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	web.Say(r, ui.Success, "desk.agents.was_closed")
	return web.Redirect(w, r, agents)
}
