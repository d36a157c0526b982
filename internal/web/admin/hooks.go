package admin

import (
	"context"
	"net/http"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/web"
	"okno/internal/web/ui"
	"okno/internal/webhook"
)

// most is how many deliveries a page shows.
const most = 100

type deadView struct {
	Frame ui.Desk
	Dead  ui.Table
	Hooks ui.Table
}

// dead shows what was given up, with the reason, and all addresses.
func (p *Pages) dead(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	list, err := p.Webhooks.DeadOnes(ctx, who, most)
	if err != nil {
		return err
	}
	all, err := p.Webhooks.List(ctx, who)
	if err != nil {
		return err
	}
	v := deadView{Frame: frame(ctx, i18n.T(ctx, "desk.hooks.title"), hooks), Dead: p.table(ctx, i18n.T(ctx, "desk.hooks.dead"), list, all), Hooks: p.hookTable(ctx, all)}
	return web.Render(w, r, http.StatusOK, deadPage(v))
}

// hookTable lists addresses with how they stand.
func (p *Pages) hookTable(ctx context.Context, list []webhook.Webhook) ui.Table {
	t := ui.Table{Caption: i18n.T(ctx, "desk.hooks.all"), Stack: true, Columns: columns(ctx, "desk.hooks.url", "desk.agents.unit", "desk.agents.state", "desk.hooks.error")}
	for _, h := range list {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: h.URL, URL: hooks + "/" + h.ID}, {Text: p.unit(ctx, h.Unit)}, {Tag: hookTag(ctx, h)}, {Text: h.LastError}}})
	}
	return t
}

func hookTag(ctx context.Context, h webhook.Webhook) *ui.Tag {
	switch {
	case h.State == webhook.Stopped:
		return &ui.Tag{Label: i18n.T(ctx, "desk.hooks.stopped"), Tone: ui.Danger}
	case h.Failed > 0:
		return &ui.Tag{Label: i18n.N(ctx, "desk.hooks.failing", h.Failed), Tone: ui.Warning, Icon: ui.IconTriangleAlert}
	}
	return &ui.Tag{Label: i18n.T(ctx, "desk.hooks.well"), Tone: ui.Success, Icon: ui.IconCheck}
}

// table lists deliveries. They name a case and nobody.
func (p *Pages) table(ctx context.Context, caption string, list []webhook.Delivery, all []webhook.Webhook) ui.Table {
	urls := map[string]string{}
	for _, h := range all {
		urls[h.ID] = h.URL
	}
	t := ui.Table{Caption: caption, Stack: true, Columns: columns(ctx, "desk.hooks.when", "desk.hooks.type", "desk.hooks.url", "desk.hooks.tries", "desk.hooks.error", "desk.agents.state", "desk.hooks.again")}
	t.Columns[6].Hide = true
	for _, d := range list {
		row := []ui.Cell{{Text: web.Moment(ctx, d.At)}, {Text: string(d.Type)}, {Text: urls[d.Webhook], URL: hooks + "/" + d.Webhook}, {Text: i18n.N(ctx, "desk.hooks.times", d.Tries)}, {Text: d.Error}, {Tag: outcomeTag(ctx, d.State)}, {}}
		if d.State != webhook.Waits {
			row[6].Button = &ui.PostButton{Action: hooks + "/" + d.Webhook + "/deliveries/" + d.Event + "/again", Button: ui.Button{Label: i18n.T(ctx, "desk.hooks.again"), Variant: ui.Secondary, Small: true}}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: row})
	}
	return t
}

func outcomeTag(ctx context.Context, o webhook.Outcome) *ui.Tag {
	t := &ui.Tag{Label: i18n.T(ctx, "desk.hooks.state."+string(o))}
	switch o {
	case webhook.Sent:
		t.Tone, t.Icon = ui.Success, ui.IconCheck
	case webhook.Dead:
		t.Tone, t.Icon = ui.Danger, ui.IconTriangleAlert
	case webhook.Waits:
		t.Tone = ui.Info
	}
	return t
}

type deliveriesView struct {
	Frame   ui.Desk
	Head    ui.Head
	ID      string
	Stopped bool
	Facts   []ui.Fact
	States  []ui.Link
	Table   ui.Table
	Older   string
}

// deliveries shows what was and is to be sent to one address.
func (p *Pages) deliveries(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	h, err := p.Webhooks.Get(ctx, who, r.PathValue("id"))
	if err != nil {
		return err
	}
	state, before := webhook.Outcome(r.URL.Query().Get("state")), r.URL.Query().Get("before")
	if before != "" && !id.Valid(before) {
		return webhook.ErrMissing
	}
	list, err := p.Webhooks.Deliveries(ctx, who, h.ID, state, most+1, before)
	if err != nil {
		return err
	}
	at := hooks + "/" + h.ID
	v := deliveriesView{Frame: frame(ctx, i18n.T(ctx, "desk.hooks.deliveries"), hooks), ID: h.ID, Stopped: h.State == webhook.Stopped,
		Head: ui.Head{Trail: []ui.Link{{Label: i18n.T(ctx, "desk.hooks.title"), URL: hooks}}, Title: i18n.T(ctx, "desk.hooks.deliveries"), Text: h.URL}}
	v.Facts = []ui.Fact{{Label: i18n.T(ctx, "desk.agents.unit"), Value: p.unit(ctx, h.Unit)}, {Label: i18n.T(ctx, "desk.agents.state"), Value: hookTag(ctx, h).Label}}
	if h.LastError != "" {
		v.Facts = append(v.Facts, ui.Fact{Label: i18n.T(ctx, "desk.hooks.error"), Value: h.LastError})
	}
	if !h.RestUntil.IsZero() && h.RestUntil.After(p.DB.Now()) {
		v.Facts = append(v.Facts, ui.Fact{Label: i18n.T(ctx, "desk.hooks.next"), Value: i18n.DateTime(ctx, h.RestUntil)})
	}
	v.States = append(v.States, ui.Link{Label: i18n.T(ctx, "desk.hooks.state.any"), URL: at, Current: state == ""})
	for _, o := range webhook.Outcomes() {
		v.States = append(v.States, ui.Link{Label: i18n.T(ctx, "desk.hooks.state."+string(o)), URL: at + "?state=" + string(o), Current: state == o})
	}
	if len(list) > most {
		list = list[:most]
		v.Older = at + "?state=" + string(state) + "&before=" + list[most-1].Event
	}
	v.Table = p.table(ctx, i18n.T(ctx, "desk.hooks.deliveries"), list, []webhook.Webhook{h})
	return web.Render(w, r, http.StatusOK, deliveriesPage(v))
}

func (p *Pages) again(w http.ResponseWriter, r *http.Request) error {
	_, err := p.Webhooks.Again(r.Context(), access.From(r.Context()), r.PathValue("id"), r.PathValue("event"))
	return p.done(w, r, "desk.hooks.will_send", err)
}

func (p *Pages) againAll(w http.ResponseWriter, r *http.Request) error {
	_, err := p.Webhooks.AgainAll(r.Context(), access.From(r.Context()), r.PathValue("id"))
	return p.done(w, r, "desk.hooks.will_send", err)
}

// check asks an address again that wanted nothing any more. What it says is told on its page.
func (p *Pages) check(w http.ResponseWriter, r *http.Request) error {
	_, err := p.Webhooks.Check(r.Context(), access.From(r.Context()), r.PathValue("id"))
	if _, refused := web.Refused(r.Context(), err, "url"); refused {
		web.Say(r, ui.Danger, "desk.hooks.unwanted")
		return web.Redirect(w, r, hooks+"/"+r.PathValue("id"))
	}
	return p.done(w, r, "desk.hooks.agreed", err)
}

func (p *Pages) done(w http.ResponseWriter, r *http.Request, key string, err error) error {
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, key)
	return web.Redirect(w, r, hooks+"/"+r.PathValue("id"))
}
