package agency

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/form"
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
	Zone         *time.Location
}

// Mount adds the pages to the server.
func (p *Pages) Mount(s *web.Server) {
	s.Handle("GET /desk/cases", officer(p.queue))
	s.Handle("GET /desk/cases/events", officer(p.queueEvents))
	s.Handle("GET /desk/cases/{id}", officer(p.look))
	s.Handle("POST /desk/cases/{id}", officer(p.act))
	s.Handle("GET /desk/cases/{id}/events", officer(p.caseEvents))
	if p.Attachments != nil {
		s.Handle("GET /desk/cases/{id}/files/{file}", officer(p.file))
	}
}

func officer(h web.Handler) web.Handler { return web.RequireStaff(h, access.Officer) }

const home = "/desk/cases"

func address(id string) string { return home + "/" + id }

// most is how many cases a queue shows: whoever has more works from the top.
const most = 100

// frame is the frame of the desk with its queues.
func (p *Pages) frame(ctx context.Context, title string, at application.Queue) (ui.Desk, error) {
	who := access.From(ctx)
	counts, err := p.Applications.Counts(ctx, who)
	if err != nil {
		return ui.Desk{}, err
	}
	unit := ""
	if a, ok := p.Catalogue.Agency(who.Unit); ok {
		unit = a.Owner.Short.In(ctx)
	}
	d := desk.Frame(ctx, title, unit)
	d.Home = home
	for _, q := range application.Queues() {
		l := ui.Link{Label: i18n.T(ctx, "desk.queue."+string(q)), URL: home + "?queue=" + string(q), Current: q == at}
		if n := counts[q]; n > 0 && q != application.QueueDone {
			l.Count = strconv.Itoa(n)
			if q == application.QueueBurning {
				l.Tone = ui.Danger
			}
		}
		d.Queues = append(d.Queues, l)
	}
	return d, nil
}

type queueView struct {
	Frame ui.Desk
	Live  ui.Live
	Cases ui.Table
	Count string
	Queue application.Queue
}

// at is the queue that the address names, the new ones otherwise.
func at(r *http.Request) application.Queue {
	for _, q := range application.Queues() {
		if r.URL.Query().Get("queue") == string(q) {
			return q
		}
	}
	return application.QueueNew
}

func (p *Pages) queue(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who, queue := access.From(ctx), at(r)
	cases, err := p.Applications.OfUnit(ctx, who, queue, most)
	if err != nil {
		return err
	}
	v := queueView{Queue: queue, Cases: p.table(ctx, cases), Count: i18n.N(ctx, "desk.cases.count", len(cases)),
		Live: ui.Live{ID: "queue", Events: home + "/events?queue=" + url.QueryEscape(string(queue)) + "&seen=" + web.Seen(stateOfQueue(cases))}}
	if v.Frame, err = p.frame(ctx, i18n.T(ctx, "desk.queue."+string(queue)), queue); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, queuePage(v))
}

// table says nothing of the applicants: whoever wants to know opens the case, and that is recorded.
func (p *Pages) table(ctx context.Context, cases []application.Case) ui.Table {
	t := ui.Table{Caption: i18n.T(ctx, "desk.cases.table"), HideCaption: true, Stack: true, Columns: []ui.Column{{Label: i18n.T(ctx, "desk.cases.number")},
		{Label: i18n.T(ctx, "desk.cases.service")}, {Label: i18n.T(ctx, "desk.cases.filed")},
		{Label: i18n.T(ctx, "desk.cases.due")}, {Label: i18n.T(ctx, "desk.cases.state")}}}
	for _, c := range cases {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: c.Number, URL: address(c.ID)}, {Text: c.Def.Title.In(ctx)},
			{Text: web.Moment(ctx, c.SubmittedAt)}, p.due(ctx, c), {Tag: tag(ctx, c)}}})
	}
	return t
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

// due says how much time a case has left in its state.
func (p *Pages) due(ctx context.Context, c application.Case) ui.Cell {
	if c.DueAt.IsZero() || c.Outcome != "" {
		return ui.Cell{Text: "—"}
	}
	if c.DueAt.Before(p.DB.Now()) {
		return ui.Cell{Text: i18n.T(ctx, "desk.cases.overdue", "date", i18n.Date(ctx, c.DueAt)), Tone: ui.Danger, Strong: true, Icon: ui.IconTriangleAlert}
	}
	from, to := form.DateOf(p.DB.Now().In(p.Zone)).In(p.Zone), form.DateOf(c.DueAt.In(p.Zone)).In(p.Zone)
	days := int(to.Sub(from).Hours()+12) / 24
	if days == 0 {
		return ui.Cell{Text: i18n.T(ctx, "desk.cases.today", "time", i18n.Clock(ctx, c.DueAt)), Tone: ui.Danger, Strong: true}
	}
	return ui.Cell{Text: i18n.N(ctx, "desk.cases.days", days)}
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

// stateOfQueue tells one look at a queue from another.
func stateOfQueue(cases []application.Case) string {
	var b strings.Builder
	for _, c := range cases {
		fmt.Fprintf(&b, "%s.%d ", c.ID, c.Version)
	}
	return b.String()
}

func (p *Pages) queueEvents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who, queue := access.From(ctx), at(r)
	news, stop := p.DB.Listen(application.QueueTopic(who.Unit))
	defer stop()
	return web.Stream(w, r, news, func() (string, error) {
		cases, err := p.Applications.OfUnit(ctx, who, queue, most)
		return stateOfQueue(cases), err
	})
}
