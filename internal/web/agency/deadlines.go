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

// deadlinesLink leads the head of the desk to what they were told of deadlines.
func (p *Pages) deadlinesLink(ctx context.Context, who access.Actor) ([]ui.Link, error) {
	if who.Role != access.Head {
		return nil, nil
	}
	n, err := p.Applications.Escalated(ctx, who, application.Lots)
	if err != nil {
		return nil, err
	}
	l := ui.Link{Label: i18n.T(ctx, "desk.deadlines.link"), URL: deadlines}
	switch {
	case n == application.Lots:
		l.Count, l.Tone = strconv.Itoa(n-1)+"+", ui.Danger
	case n > 0:
		l.Count, l.Tone = strconv.Itoa(n), ui.Danger
	}
	return []ui.Link{l}, nil
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
	}
	v.Read = ui.PostButton{Action: deadlines, Button: ui.Button{Label: i18n.T(ctx, "desk.deadlines.read"), Icon: ui.IconCheck}, Hidden: []ui.Hidden{{Name: "until", Value: strconv.FormatInt(last.UnixMicro(), 10)}}}
	return web.Render(w, r, http.StatusOK, deadlinesPage(v))
}

// readDeadlines marks as read what the page showed.
func (p *Pages) readDeadlines(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	until, err := strconv.ParseInt(f.Get("until"), 10, 64)
	if err != nil || until < 0 || until > 1<<55 {
		return fault.Invalid()
	}
	if err := p.Applications.ReadEscalations(r.Context(), access.From(r.Context()), time.UnixMicro(until).UTC()); err != nil {
		return err
	}
	web.Say(r, ui.Success, "desk.deadlines.done")
	return web.Redirect(w, r, deadlines)
}
