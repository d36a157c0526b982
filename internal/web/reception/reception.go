package reception

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"okno/internal/access"
	"okno/internal/appointment"
	"okno/internal/i18n"
	"okno/internal/place"
	"okno/internal/store"
	"okno/internal/web"
	"okno/internal/web/desk"
	"okno/internal/web/ui"
)

// Pages are the pages of the desk.
type Pages struct {
	DB           *store.DB
	Appointments *appointment.Service
	Places       *place.Book
}

// Mount adds the pages to the server.
func (p *Pages) Mount(s *web.Server) {
	s.Handle("GET "+home, staff(p.start))
	s.Handle("GET "+home+"/{desk}", staff(p.day))
	s.Handle("POST "+home+"/{desk}/walk-in", staff(p.walkIn))
	s.Handle("POST "+home+"/{desk}/{id}/{mark}", staff(p.mark))
}

func staff(h web.Handler) web.Handler {
	return web.RequireStaff(h, access.Reception, access.Centre, access.Officer, access.Head)
}

const home = desk.VisitsPath

func (p *Pages) frame(ctx context.Context, title, at string) (ui.Desk, error) {
	who := access.From(ctx)
	d := desk.Frame(ctx, title, p.Places.Unit(who.Unit).In(ctx))
	if d.Home = home; who.Role != access.Reception {
		d.Home = "/desk"
	}
	list, err := p.Appointments.Desks(who)
	for _, x := range list {
		d.Queues = append(d.Queues, ui.Link{Label: x.Name.In(ctx), URL: home + "/" + x.Code, Current: x.Code == at})
	}
	return d, err
}

// start leads to the first desk of the place.
func (p *Pages) start(w http.ResponseWriter, r *http.Request) error {
	list, err := p.Appointments.Desks(access.From(r.Context()))
	if err != nil {
		return err
	}
	if len(list) > 0 {
		return web.Redirect(w, r, home+"/"+list[0].Code)
	}
	d, err := p.frame(r.Context(), i18n.T(r.Context(), "desk.visits.title"), "")
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, noDesksPage(d))
}

type dayView struct {
	Frame         ui.Desk
	Name, Date    string
	Before, After string
	Today         string // address, "" on the day itself
	List          ui.Table
	WalkIn        string // address
	Times         ui.Select
	Setback       *web.Setback
}

// day is who comes to the desk on a day: today, or the one in the address.
func (p *Pages) day(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, http.StatusOK, nil)
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, s *web.Setback) error {
	ctx := r.Context()
	who, code, zone := access.From(ctx), r.PathValue("desk"), p.Appointments.Zone
	now := p.DB.Now().In(zone)
	day := now
	if at, err := time.ParseInLocation(time.DateOnly, r.URL.Query().Get("day"), zone); err == nil {
		day = at.Add(12 * time.Hour)
	}
	list, err := p.Appointments.Sheet(ctx, who, code, day)
	if err != nil {
		return err
	}
	_, x, _ := p.Places.Desk(code)
	v := dayView{Name: x.Name.In(ctx), Date: i18n.Date(ctx, day), WalkIn: home + "/" + code + "/walk-in", Setback: s}
	if v.Frame, err = p.frame(ctx, i18n.T(ctx, "desk.visits.day", "date", v.Date), code); err != nil {
		return err
	}
	to := func(days int) string {
		return home + "/" + code + "?" + url.Values{"day": {day.AddDate(0, 0, days).Format(time.DateOnly)}}.Encode()
	}
	v.Before, v.After = to(-1), to(1)
	today := day.Format(time.DateOnly) == now.Format(time.DateOnly)
	if !today {
		v.Today = home + "/" + code
	}
	v.List = table(ctx, code, list, today, p.DB.Now())
	if today {
		free, err := p.Appointments.Now(ctx, who, code)
		if err != nil {
			return err
		}
		v.Times = ui.Select{Name: "start", Label: i18n.T(ctx, "desk.visits.walk_in_time"), Required: true, Width: ui.Short}
		for _, s := range free {
			v.Times.Choices = append(v.Times.Choices, ui.Choice{Value: s.Start.Format(time.RFC3339), Label: i18n.Clock(ctx, s.Start)})
		}
	}
	return web.Render(w, r, status, dayPage(v))
}

func table(ctx context.Context, code string, list []appointment.Visit, today bool, now time.Time) ui.Table {
	t := ui.Table{Caption: i18n.T(ctx, "desk.visits.title"), HideCaption: true, Stack: true, Columns: []ui.Column{{Label: i18n.T(ctx, "desk.visits.time")}, {Label: i18n.T(ctx, "desk.visits.name")},
		{Label: i18n.T(ctx, "desk.visits.people"), Number: true}, {Label: i18n.T(ctx, "desk.visits.said")}, {Label: i18n.T(ctx, "desk.visits.state")},
		{Label: i18n.T(ctx, "desk.visits.act"), Hide: true}, {Label: i18n.T(ctx, "desk.visits.act_missed"), Hide: true}}}
	for _, a := range list {
		name := a.Name
		if a.Number > 0 {
			name = i18n.T(ctx, "desk.visits.number", "number", a.Number)
		}
		said := i18n.T(ctx, "desk.visits.silent")
		if a.Coming != nil && *a.Coming {
			said = i18n.T(ctx, "desk.visits.coming")
		}
		row := ui.Row{Cells: []ui.Cell{{Text: i18n.Clock(ctx, a.Start), Strong: true}, {Text: name}, {Text: strconv.Itoa(a.Party)}, {Text: said}, {}, {}, {}}}
		switch {
		case a.Came != nil && *a.Came:
			row.Cells[4].Tag = &ui.Tag{Label: i18n.T(ctx, "desk.visits.came"), Tone: ui.Success}
		case a.Came != nil:
			row.Cells[4].Tag = &ui.Tag{Label: i18n.T(ctx, "desk.visits.missed"), Tone: ui.Warning}
		}
		button := func(mark, key, label string) *ui.PostButton {
			return &ui.PostButton{Action: home + "/" + code + "/" + a.ID + "/" + mark, Label: i18n.T(ctx, key, "who", name), Button: ui.Button{Label: i18n.T(ctx, label), Variant: ui.Secondary, Small: true}}
		}
		if today && (a.Came == nil || !*a.Came) {
			row.Cells[5].Button = button("came", "desk.visits.mark_came", "desk.visits.came")
		}
		if today && (a.Came == nil || *a.Came) && !a.Start.After(now) {
			row.Cells[6].Button = button("missed", "desk.visits.mark_missed", "desk.visits.missed")
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (p *Pages) walkIn(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	start, err := time.Parse(time.RFC3339, f.Get("start"))
	if err != nil {
		err = appointment.ErrClosed
	} else {
		_, err = p.Appointments.WalkIn(ctx, access.From(ctx), r.PathValue("desk"), start)
	}
	return p.after(w, r, err, "desk.visits.given")
}

func (p *Pages) mark(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	mark := r.PathValue("mark")
	if mark != "came" && mark != "missed" {
		return appointment.ErrGone
	}
	return p.after(w, r, p.Appointments.Mark(ctx, access.From(ctx), r.PathValue("desk"), r.PathValue("id"), mark == "came"), "")
}

// after leads back to today; what stood in the way is said there.
func (p *Pages) after(w http.ResponseWriter, r *http.Request, err error, say string) error {
	if s, ok := web.SetBack(r, err); ok {
		return p.show(w, r, s.Status, s)
	}
	if err != nil {
		return err
	}
	if say != "" {
		web.Say(r, ui.Success, say)
	}
	return web.Redirect(w, r, home+"/"+url.PathEscape(r.PathValue("desk")))
}
