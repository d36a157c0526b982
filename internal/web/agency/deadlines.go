package agency

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/desk"
	"okno/internal/web/ui"
)

const deadlines = "/desk/deadlines"

type deadlinesView struct {
	Frame ui.Desk
	Head  ui.Head
	Table ui.Table
	More  bool
	Read  ui.PostButton
}

// links lead to what is no list of cases. The head of the desk is told how much waits for them there.
func (p *Pages) links(ctx context.Context, who access.Actor) ([]ui.Link, error) {
	list := []ui.Link{{Label: i18n.T(ctx, "desk.load.link"), URL: "/desk/load"}, {Label: i18n.T(ctx, "desk.complaints.link"), URL: complaints}, {Label: i18n.T(ctx, "desk.templates.link"), URL: texts}, desk.Visits(ctx)}
	if who.Role != access.Head {
		return list, nil
	}
	told, waiting, err := p.Applications.ForHead(ctx, who, application.Lots)
	if err != nil {
		return nil, err
	}
	counted(&list[1], waiting)
	first := ui.Link{Label: i18n.T(ctx, "desk.deadlines.link"), URL: deadlines, Tone: ui.Danger}
	counted(&first, told)
	return append([]ui.Link{first}, list...), nil
}

// counted says beside a link how many wait behind it.
func counted(l *ui.Link, n int) {
	switch {
	case n == application.Lots:
		l.Count = strconv.Itoa(n-1) + "+"
	case n > 0:
		l.Count = strconv.Itoa(n)
	}
}

// deadlines shows the head of the desk which deadlines are near or have passed, until they mark them as read.
func (p *Pages) deadlines(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	list, err := p.Applications.Escalations(ctx, who, most)
	if err != nil {
		return err
	}
	v := deadlinesView{Head: ui.Head{Title: i18n.T(ctx, "desk.deadlines.link"), Text: i18n.T(ctx, "desk.deadlines.text")}, More: len(list) == most,
		Table: ui.Table{Caption: i18n.T(ctx, "desk.deadlines.caption"), Stack: true}}
	if v.Frame, err = p.frame(ctx, v.Head.Title, deadlines); err != nil {
		return err
	}
	for _, key := range []string{"case", "due", "officer", "service", "told"} {
		v.Table.Columns = append(v.Table.Columns, ui.Column{Label: i18n.T(ctx, "desk.deadlines."+key)})
	}
	officers, err := p.Staff.Officers(ctx, p.DB, who.Unit)
	if err != nil {
		return err
	}
	names := map[string]string{"": i18n.T(ctx, "desk.deadlines.nobody")}
	for _, e := range officers {
		names[e.ID] = e.Name
	}
	var last time.Time
	var to application.Mark
	for _, e := range list {
		row, due := ui.Row{}, "near"
		if e.Overdue {
			row.Tone, due = ui.Danger, "overdue"
		}
		name, known := names[e.Officer]
		if !known {
			name = i18n.T(ctx, "desk.case.officer")
		}
		title := e.Service
		if d, ok := p.Catalogue.ByCode(e.Service); ok {
			title = d.Title.In(ctx)
		}
		row.Cells = []ui.Cell{{Text: e.Number, URL: address(e.CaseID)}, {Text: i18n.T(ctx, "desk.deadlines."+due, "date", i18n.Date(ctx, e.DueAt))}, {Text: name}, {Text: title}, {Text: web.Moment(ctx, e.ToldAt)}}
		v.Table.Rows = append(v.Table.Rows, row)
		if e.ToldAt.After(last) {
			last = e.ToldAt
		}
		to = application.Mark{At: e.DueAt, ID: e.CaseID}
	}
	v.Read = ui.PostButton{Action: deadlines, Button: ui.Button{Label: i18n.T(ctx, "desk.deadlines.read"), Icon: ui.IconCheck}, Hidden: []ui.Hidden{{Name: "until", Value: strconv.FormatInt(last.UnixMicro(), 10)}, {Name: "to", Value: to.Text()}}}
	return web.Render(w, r, http.StatusOK, deadlinesPage(v))
}

// readDeadlines marks as read what the page showed.
func (p *Pages) readDeadlines(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	until, err := strconv.ParseInt(f.Get("until"), 10, 64)
	to := application.MarkOf(f.Get("to"))
	if err != nil || until < 0 || until > 1<<55 || to == nil {
		return fault.Invalid()
	}
	if err := p.Applications.ReadEscalations(r.Context(), access.From(r.Context()), time.UnixMicro(until).UTC(), *to); err != nil {
		return err
	}
	web.Say(r, ui.Success, "desk.deadlines.done")
	return web.Redirect(w, r, deadlines)
}
