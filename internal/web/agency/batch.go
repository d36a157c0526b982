package agency

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/i18n"
	"okno/internal/procedure"
	"okno/internal/staff"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// batchBar offers what can be done with cases of the list: to give them to somebody, to put them back, and the moves that the
// definitions of these very cases let an officer make.
func (p *Pages) batchBar(ctx context.Context, a asked, cases []application.Case, officers []staff.Employee, x entered) (*batchBar, error) {
	b := &batchBar{Hidden: hiddenOf(a), Chosen: x.what, Reason: x.reason, Text: x.text}
	for _, e := range officers {
		b.What = append(b.What, ui.Choice{Value: "assign:" + e.ID, Label: i18n.T(ctx, "desk.batch.assign", "name", e.Name)})
	}
	b.What = append(b.What, ui.Choice{Value: "release", Label: i18n.T(ctx, "desk.batch.release")})
	moves, reasons := map[procedure.Event]bool{"release": true}, map[string]bool{}
	for _, c := range cases {
		for _, act := range c.Def.Actions(c.State, procedure.ByOfficer) {
			b.NeedsReason = b.NeedsReason || act.Requires(procedure.NeedReason)
			b.OffersAdvice = b.OffersAdvice || act.Requires(procedure.NeedAdvice)
			for _, r := range act.Reasons {
				if act.Requires(procedure.NeedReason) && !reasons[r.Code] {
					reasons[r.Code] = true
					b.Reasons = append(b.Reasons, ui.Choice{Value: r.Code, Label: r.Title.In(ctx)})
				}
			}
			if !moves[act.Event] {
				moves[act.Event] = true
				b.What = append(b.What, ui.Choice{Value: "move:" + string(act.Event), Label: act.Title.In(ctx)})
			}
		}
	}
	if !b.OffersAdvice {
		return b, nil
	}
	texts, err := p.Applications.Templates(ctx, access.From(ctx), "")
	for _, t := range texts {
		b.Texts = append(b.Texts, ui.Choice{Value: t.ID, Label: t.Title})
	}
	return b, err
}

// plan keeps what is to be done with the chosen cases and shows what would become of each.
func (p *Pages) plan(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	x := entered{what: f.Get("what"), reason: f.Get("reason"), text: f.Get("text"), chosen: f.All("case")}
	refuse := func(field, key string) error {
		x.errors = ui.Errors{{Name: field, Text: i18n.T(ctx, key)}}
		return p.showList(w, r, http.StatusUnprocessableEntity, f.Values(), x)
	}
	d := application.Doing{}
	kind, value, _ := strings.Cut(x.what, ":")
	switch kind {
	case "assign":
		d.Deed, d.Officer = application.Assigned, value
	case "release":
		d.Deed = application.Released
	case "move":
		d.Event, d.Reason, d.Template = procedure.Event(value), x.reason, x.text
	default:
		return refuse("what", "desk.batch.what_missing")
	}
	id, err := p.Applications.Plan(ctx, access.From(ctx), d, x.chosen)
	if errs, ok := web.Refused(ctx, err, "what"); ok {
		return refuse(errs[0].Name, faultKey(err))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/desk/batches/"+id)
}

type batchView struct {
	Frame  ui.Desk
	Live   ui.Live
	Head   ui.Head
	Facts  []ui.Fact
	Table  ui.Table
	Say    string
	Start  *ui.PostButton
	Button string
}

// batch is the preview of a batch, and its result once it has begun.
func (p *Pages) batch(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	b, err := p.Applications.Batch(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	at := "/desk/batches/" + b.ID
	v := batchView{Live: ui.Live{ID: "batch"}}
	preview := b.Started.IsZero()
	title := "desk.batch.preview"
	if !preview {
		title = "desk.batch.result"
		v.Live.Events = at + "/events?seen=" + web.Seen(stateOfBatch(b))
	}
	if v.Frame, err = p.frame(ctx, i18n.T(ctx, title), at); err != nil {
		return err
	}
	v.Head = ui.Head{Trail: []ui.Link{{Label: i18n.T(ctx, "desk.queue.new"), URL: home}}, Title: i18n.T(ctx, title)}
	if preview {
		v.Head.Text = i18n.T(ctx, "desk.batch.preview_text")
	}
	v.Facts = p.doing(ctx, b)
	v.Table = ui.Table{Caption: i18n.T(ctx, "desk.cases.table"), HideCaption: true, Stack: true, Columns: []ui.Column{{Label: i18n.T(ctx, "desk.cases.number")},
		{Label: i18n.T(ctx, "desk.cases.service")}, {Label: i18n.T(ctx, "desk.cases.state")}, {Label: i18n.T(ctx, "desk.batch.column."+word(map[bool]string{true: "preview", false: "result"}[preview]))}}}
	can, cannot := 0, 0
	for _, c := range b.Cases {
		cell := said(ctx, c.Result, preview)
		if c.Result.Refusal() {
			cannot++
		} else if preview || c.Result != application.Ahead {
			can++
		}
		v.Table.Rows = append(v.Table.Rows, ui.Row{Cells: []ui.Cell{{Text: c.Case.Number, URL: address(c.Case.ID)}, {Text: c.Case.Def.Title.In(ctx)}, {Tag: tag(ctx, c.Case)}, cell}})
	}
	switch {
	case preview:
		v.Say = i18n.T(ctx, "desk.batch.would", "can", strconv.Itoa(can), "cannot", strconv.Itoa(cannot))
		if can > 0 {
			v.Start = &ui.PostButton{Action: at, Button: ui.Button{Label: i18n.N(ctx, "desk.batch.start", can)}}
		}
	case b.Left() > 0:
		v.Say = i18n.T(ctx, "desk.batch.under_way", "left", strconv.Itoa(b.Left()))
	default:
		v.Say = i18n.T(ctx, "desk.batch.over", "can", strconv.Itoa(can), "cannot", strconv.Itoa(cannot))
	}
	return web.Render(w, r, http.StatusOK, batchPage(v))
}

// doing says what is to be done.
func (p *Pages) doing(ctx context.Context, b application.Batch) []ui.Fact {
	d := b.Doing
	var what string
	switch {
	case d.Deed == application.Assigned:
		what = i18n.T(ctx, "desk.batch.assign", "name", p.name(ctx, d.Officer))
	case d.Deed == application.Released:
		what = i18n.T(ctx, "desk.batch.release")
	default:
		what = string(d.Event)
		for _, c := range b.Cases {
			if a, ok := c.Case.Def.Action(d.Event); ok {
				what = a.Title.In(ctx)
			}
		}
	}
	out := []ui.Fact{{Label: i18n.T(ctx, "desk.batch.what"), Value: what}}
	for _, c := range b.Cases {
		if r, ok := c.Case.Def.Reason(d.Reason); ok {
			out = append(out, ui.Fact{Label: i18n.T(ctx, "desk.case.reason"), Value: r.Title.In(ctx)})
			break
		}
	}
	if d.Template != "" {
		if t, err := p.Applications.Template(ctx, access.From(ctx), d.Template); err == nil {
			out = append(out, ui.Fact{Label: i18n.T(ctx, "desk.batch.text"), Value: t.Title})
		}
	}
	return out
}

// said is what becomes of a case in words and a colour.
func said(ctx context.Context, r application.Result, preview bool) ui.Cell {
	when := "result"
	if preview {
		when = "preview"
	}
	switch {
	case r.Refusal():
		return ui.Cell{Text: i18n.T(ctx, "desk.batch.refused", "why", i18n.T(ctx, string(r))), Tone: ui.Danger, Icon: ui.IconCircleX}
	case r == application.Ahead:
		return ui.Cell{Text: i18n.T(ctx, "desk.batch.ahead"), Icon: ui.IconHourglass}
	case r == application.ForSecond:
		return ui.Cell{Text: i18n.T(ctx, "desk.batch."+when+".proposed"), Tone: ui.Info, Icon: ui.IconHourglass}
	}
	return ui.Cell{Text: i18n.T(ctx, "desk.batch."+when+".done"), Tone: ui.Success, Icon: ui.IconCheck}
}

func stateOfBatch(b application.Batch) string { return strconv.Itoa(b.Left()) }

// start does what the preview showed.
func (p *Pages) start(w http.ResponseWriter, r *http.Request) error {
	if err := p.Applications.Start(r.Context(), access.From(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return web.Redirect(w, r, "/desk/batches/"+url.PathEscape(r.PathValue("id")))
}

func (p *Pages) batchEvents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	b, err := p.Applications.Batch(ctx, who, r.PathValue("id"))
	if err != nil {
		return err
	}
	news, stop := p.DB.Listen(application.BatchTopic(b.ID))
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
		b, err := p.Applications.Batch(ctx, who, b.ID)
		return stateOfBatch(b), err
	})
}
