package agency

import (
	"net/http"
	"strconv"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

type loadView struct {
	Frame    ui.Desk
	Head     ui.Head
	Days     ui.Table
	Officers *ui.Table // for the head of the desk
}

// load shows what waits for the agency, by the day on which it is due, and for the head of the desk by officers.
func (p *Pages) load(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	l, err := p.Applications.Load(ctx, who)
	if err != nil {
		return err
	}
	v := loadView{Head: ui.Head{Title: i18n.T(ctx, "desk.load.title"), Text: i18n.T(ctx, "desk.load.text")}}
	if v.Frame, err = p.frame(ctx, v.Head.Title, "/desk/load"); err != nil {
		return err
	}
	number := func(n, most int) string {
		if n >= most {
			return strconv.Itoa(most-1) + "+"
		}
		return strconv.Itoa(n)
	}
	v.Days = ui.Table{Caption: i18n.T(ctx, "desk.load.days"), Stack: true, Columns: []ui.Column{{Label: i18n.T(ctx, "desk.load.day")}, {Label: i18n.T(ctx, "desk.load.count"), Number: true}}}
	now := p.DB.Now()
	for i, d := range l.Days {
		day, row := ui.Cell{Text: i18n.Date(ctx, d.Day)}, ui.Row{}
		switch {
		case d.Day.IsZero():
			day = ui.Cell{Text: i18n.T(ctx, "desk.load.overdue")}
			if d.N > 0 {
				day = ui.Cell{Text: day.Text, URL: home + "?" + valuesOf(application.Filter{Turn: application.Agency, Due: application.Overdue}).Encode()}
				row.Tone = ui.Danger
			}
		case d.Last:
			day.Text = i18n.T(ctx, "desk.load.later", "date", i18n.Date(ctx, d.Day))
		case i == 1:
			day.Text = i18n.T(ctx, "desk.load.today", "date", day.Text)
		}
		if row.Tone == "" && !d.Last && d.N > 0 && d.Day.Before(now.Add(p.Applications.Policy.Cases.Near)) {
			row.Tone, day.Text = ui.Warning, i18n.T(ctx, "desk.cases.near", "left", day.Text)
		}
		row.Cells = []ui.Cell{day, {Text: number(d.N, application.Plenty)}}
		v.Days.Rows = append(v.Days.Rows, row)
	}
	if who.May(access.LeadDesk) == nil {
		t := ui.Table{Caption: i18n.T(ctx, "desk.load.officers"), Stack: true, Columns: []ui.Column{{Label: i18n.T(ctx, "desk.cases.officer")}, {Label: i18n.T(ctx, "desk.load.all"), Number: true},
			{Label: i18n.T(ctx, "desk.load.near"), Number: true}, {Label: i18n.T(ctx, "desk.load.late"), Number: true}}}
		for _, o := range l.Officers {
			name := ui.Cell{Text: p.name(ctx, o.Officer), URL: home + "?" + valuesOf(application.Filter{Turn: application.Agency, Officer: o.Officer}).Encode()}
			late := ui.Cell{Text: strconv.Itoa(o.Late)}
			if o.Late > 0 {
				late.Tone, late.Strong = ui.Danger, true
			}
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{name, {Text: strconv.Itoa(o.All)}, {Text: strconv.Itoa(o.Near)}, late}})
		}
		v.Officers = &t
	}
	return web.Render(w, r, http.StatusOK, loadPage(v))
}
