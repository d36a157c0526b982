package agency

import (
	"context"
	"net/url"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/i18n"
	"okno/internal/procedure"
	"okno/internal/staff"
	"okno/internal/store"
	"okno/internal/web"
	"okno/internal/web/desk"
	"okno/internal/web/ui"
)

// Pages are the pages of the desk.
type Pages struct {
	DB           *store.DB
	Applications *application.Service
	Attachments  *application.Attachments // nil: no case has files
	Catalogue    *catalogue.Catalogue
	Staff        *staff.Service
	SystemName   func(ctx context.Context, q store.Querier, agentID string) (string, error) // of an agency's own system; nil: there are none
	Zone         *time.Location
}

// Mount adds the pages to the server.
func (p *Pages) Mount(s *web.Server) {
	s.Handle("GET /desk/cases", officer(p.list))
	s.Handle("GET /desk/cases/events", officer(p.listEvents))
	s.Handle("POST /desk/queries", officer(p.saveQuery))
	s.Handle("POST /desk/queries/{id}", officer(p.removeQuery))
	s.Handle("GET "+complaints, officer(p.complaints))
	s.Handle("GET /desk/cases/{id}/complaint", officer(p.complaint))
	s.Handle("POST /desk/cases/{id}/complaint", head(p.judge))
	s.Handle("GET "+deadlines, head(p.deadlines))
	s.Handle("POST "+deadlines, head(p.readDeadlines))
	s.Handle("GET /desk/load", officer(p.load))
	s.Handle("GET /desk/templates", officer(p.templates))
	s.Handle("GET /desk/templates/{id}", head(p.template))
	s.Handle("POST /desk/templates/{id}", head(p.saveTemplate))
	s.Handle("POST /desk/templates/{id}/remove", head(p.removeTemplate))
	s.Handle("POST /desk/batches", head(p.plan))
	s.Handle("GET /desk/batches/{id}", head(p.batch))
	s.Handle("POST /desk/batches/{id}", head(p.start))
	s.Handle("GET /desk/batches/{id}/events", head(p.batchEvents))
	s.Handle("GET /desk/cases/{id}", officer(p.look))
	s.Handle("POST /desk/cases/{id}", officer(p.act))
	s.Handle("GET /desk/cases/{id}/events", officer(p.caseEvents))
	s.Handle("GET /desk/cases/{id}/next", officer(p.goOn))
	if p.Attachments != nil {
		s.Handle("GET /desk/cases/{id}/files/{file}", officer(p.file))
	}
	s.Handle("POST /desk/cases/{id}/take", officer(p.take))
	s.Handle("POST /desk/cases/{id}/assign", officer(p.assign))
	s.Handle("POST /desk/cases/{id}/release", officer(p.release))
	s.Handle("POST /desk/cases/{id}/confirm", officer(p.confirm))
	s.Handle("POST /desk/cases/{id}/return", officer(p.giveBack))
	s.Handle("GET /desk/cases/{id}/papers/{paper}", officer(p.paper))
}

func officer(h web.Handler) web.Handler { return web.RequireStaff(h, access.Officer, access.Head) }

func head(h web.Handler) web.Handler { return web.RequireStaff(h, access.Head) }

const home = "/desk/cases"

func address(id string) string { return home + "/" + id }

// most is how many cases a page of a list shows.
const most = 50

// frame is the frame of the desk with its queries; current is the address of the one that is shown.
func (p *Pages) frame(ctx context.Context, title, current string) (ui.Desk, error) {
	queries, err := p.Applications.Queries(ctx, access.From(ctx))
	if err != nil {
		return ui.Desk{}, err
	}
	d, _, err := p.framed(ctx, title, current, queries)
	return d, err
}

// framed is frame with queries that were read before, and how many cases each of them has.
func (p *Pages) framed(ctx context.Context, title, current string, queries []application.Query) (ui.Desk, []int, error) {
	who := access.From(ctx)
	filters := make([]application.Filter, len(queries))
	for i, q := range queries {
		filters[i] = q.Filter
	}
	counts, err := p.Applications.Count(ctx, who, filters...)
	if err != nil {
		return ui.Desk{}, nil, err
	}
	unit := ""
	if a, ok := p.Catalogue.Agency(who.Unit); ok {
		unit = a.Owner.Short.In(ctx)
	}
	d := desk.Frame(ctx, title, unit)
	d.Home = home
	for i, q := range queries {
		l := ui.Link{Label: nameOf(ctx, q), URL: addressOf(q), Current: addressOf(q) == current}
		if n := counts[i]; n > 0 && q.Filter.Turn != application.Ended {
			counted(&l, n)
			if q.Filter.Due == application.Near || q.Filter.Due == application.Overdue {
				l.Tone = ui.Danger
			}
		}
		d.Queues = append(d.Queues, l)
	}
	links, err := p.links(ctx, who)
	if err != nil {
		return ui.Desk{}, nil, err
	}
	for _, l := range links {
		l.Current = l.URL == current
		d.Queues = append(d.Queues, l)
	}
	return d, counts, nil
}

// nameOf is what a query is called.
func nameOf(ctx context.Context, q application.Query) string {
	if q.Queue != "" {
		return i18n.T(ctx, "desk.queue."+string(q.Queue))
	}
	return q.Name
}

// addressOf is where a query is shown.
func addressOf(q application.Query) string {
	if q.Queue != "" {
		return home + "?queue=" + string(q.Queue)
	}
	return home + "?query=" + url.QueryEscape(q.ID)
}

// applicant is a surname with initials.
func applicant(p procedure.Profile) string {
	words := []string{p[procedure.Surname].Value}
	for _, f := range []procedure.Fact{procedure.GivenName, procedure.Patronymic} {
		if name := []rune(p[f].Value); len(name) > 0 {
			words = append(words, string(name[0])+".")
		}
	}
	return strings.Join(words, " ")
}

// tag is a case's state in one word and one colour.
func tag(ctx context.Context, c application.Case) *ui.Tag {
	t := &ui.Tag{Label: c.Step().Title.In(ctx), Tone: ui.Info}
	switch {
	case c.Outcome == procedure.Granted:
		t.Tone, t.Icon = ui.Success, ui.IconCircleCheck
	case c.Outcome == procedure.Refused:
		t.Tone, t.Icon = ui.Danger, ui.IconCircleX
	case c.Outcome == procedure.Withdrawn:
		t.Tone = ui.Neutral
	case c.Previous != "":
		t.Tone, t.Icon = ui.Warning, ui.IconRefreshCw
	}
	return t
}
