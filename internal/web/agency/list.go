package agency

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/procedure"
	"okno/internal/staff"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// asked is the list that an address asks for.
type asked struct {
	query  application.Query // what comes with the portal, or was saved; empty for a filter of the moment
	filter application.Filter
	path   string // address of its first page
	from   *application.Mark

	queries []application.Query // that the desk offers, for the frame
}

// named reports whether the list is one of the queries.
func (a asked) named() bool { return a.query != (application.Query{}) }

// ask reads the list out of the address: a query by its name or id, or a filter; the new cases otherwise.
func (p *Pages) ask(ctx context.Context, in url.Values) (asked, error) {
	from := application.MarkOf(in.Get("from"))
	queries, err := p.Applications.Queries(ctx, access.From(ctx))
	if err != nil {
		return asked{}, err
	}
	if in.Has("filter") {
		f := filterOf(in)
		return asked{filter: f, path: home + "?" + valuesOf(f).Encode(), from: from, queries: queries}, nil
	}
	wanted := func(q application.Query) bool {
		return q.ID != "" && q.ID == in.Get("query") || q.Queue != "" && string(q.Queue) == in.Get("queue")
	}
	q := queries[max(slices.IndexFunc(queries, wanted), 0)]
	return asked{query: q, filter: q.Filter, path: addressOf(q), from: from, queries: queries}, nil
}

func filterOf(in url.Values) application.Filter {
	days, err := strconv.Atoi(in.Get("days"))
	if err != nil {
		days = 0
	}
	return application.Filter{Service: in.Get("service"), State: procedure.State(in.Get("state")), Turn: application.Whose(in.Get("turn")), Officer: in.Get("officer"),
		Due: application.DueIn(in.Get("due")), Days: days, Number: strings.TrimSpace(in.Get("number")), Second: in.Get("second") != "", Sort: application.Sort(in.Get("sort"))}
}

// valuesOf is a filter as its address has it.
func valuesOf(f application.Filter) url.Values {
	out := url.Values{"filter": {"yes"}}
	for name, v := range map[string]string{"service": f.Service, "state": string(f.State), "turn": string(f.Turn), "officer": f.Officer, "due": string(f.Due), "number": f.Number, "sort": string(f.Sort)} {
		if v != "" {
			out.Set(name, v)
		}
	}
	if f.Days > 0 {
		out.Set("days", strconv.Itoa(f.Days))
	}
	if f.Second {
		out.Set("second", "yes")
	}
	return out
}

type listView struct {
	Frame   ui.Desk
	Live    ui.Live
	Cases   ui.Table
	Count   string
	Pages   ui.Pagination
	None    string // why the list is empty
	Filter  filterView
	Save    saveView
	Batch   *batchBar // for the head of the desk
	Errors  ui.Errors
	Setback *web.Setback
}

// filterView is the form of a filter with what is chosen in it.
type filterView struct {
	Open                                         bool
	Services, States, Turns, Officers, Dues, All []ui.Choice
	Now                                          application.Filter
	Days                                         string
	Hidden                                       []ui.Hidden
}

// saveView keeps the filter under a name.
type saveView struct {
	Hidden []ui.Hidden
	Name   string
	Head   bool
	Remove string // address that forgets the saved query; "" for one that cannot be forgotten
}

// batchBar is what can be done with the chosen cases.
type batchBar struct {
	Hidden                    []ui.Hidden
	What, Reasons, Texts      []ui.Choice
	Chosen, Reason, Text      string
	NeedsReason, OffersAdvice bool
}

// entered is what was typed in a form of the list that was refused.
type entered struct {
	name, what, reason, text string
	chosen                   []string
	errors                   ui.Errors
	setback                  *web.Setback
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	return p.showList(w, r, http.StatusOK, r.URL.Query(), entered{})
}

func (p *Pages) showList(w http.ResponseWriter, r *http.Request, status int, in url.Values, x entered) error {
	ctx := r.Context()
	who := access.From(ctx)
	a, err := p.ask(ctx, in)
	if err != nil {
		return err
	}
	list, err := p.find(ctx, who, a)
	if err != nil {
		return err
	}
	officers, err := p.Staff.Officers(ctx, p.DB, who.Unit)
	if err != nil {
		return err
	}
	title := i18n.T(ctx, "desk.cases.found")
	if a.named() {
		title = nameOf(ctx, a.query)
	}
	v := listView{None: "desk.cases.none.found", Errors: x.errors, Setback: x.setback,
		Live: ui.Live{ID: "queue", Events: events(a) + "&seen=" + web.Seen(stateOfList(list.Cases))}}
	if a.query.Queue != "" {
		v.None = "desk.cases.none." + string(a.query.Queue)
	}
	var counts []int
	if v.Frame, counts, err = p.framed(ctx, title, a.path, a.queries); err != nil {
		return err
	}
	if v.Count, err = p.count(ctx, who, a, counts, list); err != nil {
		return err
	}
	v.Frame.Invalid = len(x.errors) > 0
	for _, k := range []string{"j", "k", "enter", "x", "/"} {
		if k != "x" || who.May(access.LeadDesk) == nil {
			v.Frame.Keys = append(v.Frame.Keys, ui.Key{Key: keyName(k), Label: i18n.T(ctx, "desk.key."+keyWord(k))})
		}
	}
	v.Pages = pages(a.path+"&from=", list.Prev, list.Next)
	v.Pages.Keys = true
	for _, x := range []struct{ url, key, say string }{{v.Pages.Prev, "p", "desk.key.prev_page"}, {v.Pages.Next, "n", "desk.key.next_page"}} {
		if x.url != "" {
			v.Frame.Keys = append(v.Frame.Keys, ui.Key{Key: x.key, Label: i18n.T(ctx, x.say)})
		}
	}
	names := map[string]string{}
	for _, e := range officers {
		names[e.ID] = e.Name
	}
	v.Filter = p.filterView(ctx, a, officers)
	v.Save = saveView{Hidden: hiddenOf(a), Name: x.name, Head: who.May(access.LeadDesk) == nil}
	if a.query.ID != "" && (a.query.Own || v.Save.Head) {
		v.Save.Remove = "/desk/queries/" + a.query.ID
	}
	if v.Save.Head && len(list.Cases) > 0 {
		if v.Batch, err = p.batchBar(ctx, a, list.Cases, officers, x); err != nil {
			return err
		}
	}
	v.Cases = p.table(ctx, a, list.Cases, names, v.Batch != nil, x.chosen)
	return web.Render(w, r, status, listPage(v))
}

// find is the page of the list.
func (p *Pages) find(ctx context.Context, who access.Actor, a asked) (application.Listed, error) {
	return pageAt(a.from, func(l application.Listed) int { return len(l.Cases) }, func(from *application.Mark) (application.Listed, error) {
		return p.Applications.Find(ctx, who, a.filter, from, most)
	})
}

// pageAt reads the page of a list at the mark. Where that has nothing on its side any more, because what stood there has moved on, it is the beginning:
// a list that is not empty never shows itself as one.
func pageAt[T any](from *application.Mark, size func(T) int, read func(from *application.Mark) (T, error)) (T, error) {
	list, err := read(from)
	if err != nil || size(list) > 0 || from == nil {
		return list, err
	}
	return read(nil)
}

// count says how many cases the list has: of one that has several pages, how many it has in all as far as they are counted, and how many
// stand on this one. counts are those of the queries.
func (p *Pages) count(ctx context.Context, who access.Actor, a asked, counts []int, list application.Listed) (string, error) {
	if list.Next == nil && list.Prev == nil {
		return i18n.N(ctx, "desk.cases.count", len(list.Cases)), nil
	}
	i := slices.Index(a.queries, a.query)
	if i < 0 { // a filter of the moment
		var err error
		if counts, err = p.Applications.Count(ctx, who, a.filter); err != nil {
			return "", err
		}
		i = 0
	}
	here := i18n.N(ctx, "desk.cases.page", len(list.Cases))
	if counts[i] >= application.Lots {
		return i18n.N(ctx, "desk.cases.more", application.Lots-1, "here", here), nil
	}
	return i18n.N(ctx, "desk.cases.all", counts[i], "here", here), nil
}

// pages leads through a list by links.
func pages(to string, prev, next *application.Mark) ui.Pagination {
	at := func(m *application.Mark) string {
		if m == nil {
			return ""
		}
		return to + url.QueryEscape(m.Text())
	}
	return ui.Pagination{Prev: at(prev), Next: at(next)}
}

// keyName is what stands on the key, keyWord how its text is called.
func keyName(k string) string {
	if k == "enter" {
		return "Enter"
	}
	return k
}

func keyWord(k string) string {
	if k == "/" {
		return "slash"
	}
	return k
}

// hiddenOf are the fields by which a form comes back to the list.
func hiddenOf(a asked) []ui.Hidden {
	values := valuesOf(a.filter)
	var out []ui.Hidden
	for _, name := range []string{"filter", "service", "state", "turn", "officer", "due", "days", "number", "second", "sort"} {
		if values.Has(name) {
			out = append(out, ui.Hidden{Name: name, Value: values.Get(name)})
		}
	}
	return out
}

func (p *Pages) filterView(ctx context.Context, a asked, officers []staff.Employee) filterView {
	who := access.From(ctx)
	v := filterView{Open: !a.named(), Now: a.filter}
	if a.filter.Days > 0 {
		v.Days = strconv.Itoa(a.filter.Days)
	}
	if a.filter.Second {
		v.Hidden = []ui.Hidden{{Name: "second", Value: "yes"}}
	}
	states := map[procedure.State]bool{}
	for _, d := range p.Catalogue.All() {
		if d.Owner.Code != who.Unit || !d.Online() || !who.Serves(d.Code) {
			continue
		}
		v.Services = append(v.Services, ui.Choice{Value: d.Code, Label: d.Title.In(ctx)})
		for _, st := range d.Steps() {
			if !states[st.State] {
				states[st.State] = true
				v.States = append(v.States, ui.Choice{Value: string(st.State), Label: st.Title.In(ctx)})
			}
		}
	}
	for _, t := range application.Turns() {
		v.Turns = append(v.Turns, ui.Choice{Value: string(t), Label: i18n.T(ctx, "desk.filter.turn."+word(string(t)))})
	}
	v.Officers = []ui.Choice{{Value: application.Mine, Label: i18n.T(ctx, "desk.filter.officer.mine")}, {Value: application.Nobodys, Label: i18n.T(ctx, "desk.filter.officer.nobody")}}
	for _, e := range officers {
		v.Officers = append(v.Officers, ui.Choice{Value: e.ID, Label: e.Name})
	}
	for _, d := range application.Dues()[1:] {
		v.Dues = append(v.Dues, ui.Choice{Value: string(d), Label: i18n.T(ctx, "desk.filter.due."+string(d))})
	}
	for _, o := range application.Sorts() {
		v.All = append(v.All, ui.Choice{Value: string(o), Label: i18n.T(ctx, "desk.filter.sort."+word(string(o)))})
	}
	return v
}

// word is a value of a filter as keys of texts have it: the empty one is the usual.
func word(s string) string {
	if s == "" {
		return "usual"
	}
	return s
}

// table says nothing of the applicants: whoever wants to know opens the case, and that is recorded.
func (p *Pages) table(ctx context.Context, a asked, cases []application.Case, names map[string]string, choose bool, chosen []string) ui.Table {
	t := ui.Table{Caption: i18n.T(ctx, "desk.cases.table"), HideCaption: true, Stack: true, Keys: true, Columns: []ui.Column{{Label: i18n.T(ctx, "desk.cases.number")},
		{Label: i18n.T(ctx, "desk.cases.service")}, {Label: i18n.T(ctx, "desk.cases.filed")},
		{Label: i18n.T(ctx, "desk.cases.due")}, {Label: i18n.T(ctx, "desk.cases.state")}, {Label: i18n.T(ctx, "desk.cases.officer")}}}
	for _, c := range cases {
		number := ui.Cell{Text: c.Number, URL: address(c.ID) + came{asked: a, at: a.filter.Mark(c)}.in()}
		if choose {
			number.Check = &ui.Check{Name: "case", Value: c.ID, Label: i18n.T(ctx, "desk.batch.choose", "number", c.Number), Checked: slices.Contains(chosen, c.ID), Form: "batch"}
		}
		officer := ui.Cell{Text: names[c.Officer]}
		if officer.Text == "" {
			officer.Text = "—"
			if c.Officer != "" {
				officer.Text = p.name(ctx, c.Officer)
			}
		}
		due := p.due(ctx, c)
		t.Rows = append(t.Rows, ui.Row{Tone: heat(due), Cells: []ui.Cell{number, {Text: c.Def.Title.In(ctx)}, {Text: web.Moment(ctx, c.SubmittedAt)}, due, {Tag: tag(ctx, c)}, officer}})
	}
	return t
}

// heat is how a line looks: the colour of its deadline, whose words say the same.
func heat(due ui.Cell) ui.Tone {
	if due.Icon == "" {
		return ""
	}
	return due.Tone
}

// due says how much time a case has left in its state, and marks what is over or near.
func (p *Pages) due(ctx context.Context, c application.Case) ui.Cell {
	if c.DueAt.IsZero() || c.Outcome != "" {
		return ui.Cell{Text: "—"}
	}
	now := p.DB.Now()
	if c.DueAt.Before(now) {
		return ui.Cell{Text: i18n.T(ctx, "desk.cases.overdue", "date", i18n.Date(ctx, c.DueAt)), Tone: ui.Danger, Strong: true, Icon: ui.IconTriangleAlert}
	}
	from, to := form.DateOf(now.In(p.Zone)).In(p.Zone), form.DateOf(c.DueAt.In(p.Zone)).In(p.Zone)
	days := int(to.Sub(from).Hours()+12) / 24
	cell := ui.Cell{Text: i18n.N(ctx, "desk.cases.days", days)}
	if days == 0 {
		cell.Text = i18n.T(ctx, "desk.cases.today", "time", i18n.Clock(ctx, c.DueAt))
	}
	if c.DueAt.Before(now.Add(p.Applications.Policy.Cases.Near)) {
		cell.Text, cell.Tone, cell.Icon = i18n.T(ctx, "desk.cases.near", "left", cell.Text), ui.Warning, ui.IconHourglass
		cell.Strong = days == 0
	}
	return cell
}

// stateOfList tells one look at a list from another.
func stateOfList(cases []application.Case) string {
	var b strings.Builder
	for _, c := range cases {
		fmt.Fprintf(&b, "%s.%d.%d.%s ", c.ID, c.Version, c.News, c.Officer)
	}
	return b.String()
}

// events is where a list hears its news.
func events(a asked) string {
	to := strings.Replace(a.path, home, home+"/events", 1)
	if a.from != nil {
		to += "&from=" + url.QueryEscape(a.from.Text())
	}
	return to
}

func (p *Pages) listEvents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	a, err := p.ask(ctx, r.URL.Query())
	if err != nil {
		return err
	}
	news, stop := p.DB.Listen(application.QueueTopic(who.Unit))
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
		list, err := p.find(ctx, who, a)
		return stateOfList(list.Cases), err
	})
}

// saveQuery keeps the filter of the list under a name.
func (p *Pages) saveQuery(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	in := f.Values()
	q, err := p.Applications.SaveQuery(ctx, access.From(ctx), application.Query{Name: f.Get("name"), Own: !f.On("agency"), Filter: filterOf(in)})
	x := entered{name: f.Get("name")}
	if errs, ok := web.Refused(ctx, err, "name"); ok {
		x.errors = errs
		return p.showList(w, r, http.StatusUnprocessableEntity, in, x)
	}
	if s, ok := web.SetBack(r, err); ok {
		x.setback = s
		return p.showList(w, r, s.Status, in, x)
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, "desk.query.saved")
	return web.Redirect(w, r, addressOf(q))
}

// removeQuery forgets a saved query.
func (p *Pages) removeQuery(w http.ResponseWriter, r *http.Request) error {
	if err := p.Applications.RemoveQuery(r.Context(), access.From(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	web.Say(r, ui.Success, "desk.query.removed")
	return web.Redirect(w, r, home)
}
