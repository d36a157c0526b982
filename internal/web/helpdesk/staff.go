package helpdesk

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/support"
	"okno/internal/web"
	"okno/internal/web/desk"
	"okno/internal/web/ui"
)

const home = "/desk/support"

func address(id string) string { return home + "/" + id }

// blocksAt stands for the page of blocks among the queues.
const blocksAt = support.State("blocks")

// states of questions, in the order of the desk.
var states = []support.State{support.Open, support.Answered, support.Closed}

// frame is the frame of the desk with its queues.
func (p *Pages) frame(ctx context.Context, title string, at support.State) (ui.Desk, error) {
	counts, err := p.Support.Counts(ctx, access.From(ctx))
	if err != nil {
		return ui.Desk{}, err
	}
	d := desk.Frame(ctx, title, i18n.T(ctx, "desk.support.unit"))
	d.Home = home
	for _, s := range states {
		l := ui.Link{Label: i18n.T(ctx, "desk.support.queue."+string(s)), URL: home + "?queue=" + string(s), Current: s == at}
		if n := counts[s]; n > 0 && s == support.Open {
			l.Count = strconv.Itoa(n)
		}
		d.Queues = append(d.Queues, l)
	}
	d.Queues = append(d.Queues, ui.Link{Label: i18n.T(ctx, "desk.support.blocks"), URL: home + "/blocks", Current: at == blocksAt},
		ui.Link{Label: i18n.T(ctx, "desk.support.undo"), URL: undoPath, Current: at == undoAt})
	return d, nil
}

// at is the queue that the address names, the one that waits for us otherwise.
func at(r *http.Request) support.State {
	for _, s := range states {
		if r.URL.Query().Get("queue") == string(s) {
			return s
		}
	}
	return support.Open
}

type queueView struct {
	Frame ui.Desk
	Live  ui.Live
	List  ui.Table
	Queue support.State
}

func (p *Pages) queue(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	queue := at(r)
	list, err := p.Support.Queue(ctx, access.From(ctx), queue, most)
	if err != nil {
		return err
	}
	v := queueView{Queue: queue, Live: ui.Live{ID: "queue", Events: home + "/events?queue=" + url.QueryEscape(string(queue)) + "&seen=" + web.Seen(stateOfQueue(list))}}
	v.List = ui.Table{Caption: i18n.T(ctx, "desk.support.table"), HideCaption: true, Stack: true, Columns: []ui.Column{{Label: i18n.T(ctx, "desk.support.number")},
		{Label: i18n.T(ctx, "desk.support.asker")}, {Label: i18n.T(ctx, "desk.support.page")}, {Label: i18n.T(ctx, "desk.support.touched")}, {Label: i18n.T(ctx, "desk.support.state")}}}
	for _, x := range list {
		v.List.Rows = append(v.List.Rows, ui.Row{Cells: []ui.Cell{{Text: x.Number, URL: address(x.ID)}, {Text: kind(ctx, x)}, {Text: x.Page}, p.waited(ctx, x), {Tag: stateTag(ctx, x.State, true)}}})
	}
	if v.Frame, err = p.frame(ctx, i18n.T(ctx, "desk.support.queue."+string(queue)), queue); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, queuePage(v))
}

func kind(ctx context.Context, x support.Question) string {
	if x.AccountID == "" {
		return i18n.T(ctx, "desk.support.visitor")
	}
	return i18n.T(ctx, "desk.support.person")
}

// waited says since when a question waits; one that we promised to answer by now is marked.
func (p *Pages) waited(ctx context.Context, x support.Question) ui.Cell {
	c := ui.Cell{Text: web.Moment(ctx, x.TouchedAt)}
	if x.State == support.Open && x.TouchedAt.Add(p.Policy.Support.AnswerWithin).Before(p.DB.Now()) {
		c.Tone, c.Strong, c.Icon = ui.Danger, true, ui.IconTriangleAlert
	}
	return c
}

func stateOfQueue(list []support.Question) string {
	var b strings.Builder
	for _, x := range list {
		fmt.Fprintf(&b, "%s.%d ", x.ID, x.TouchedAt.UnixMicro())
	}
	return b.String()
}

func (p *Pages) queueEvents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who, queue := access.From(ctx), at(r)
	news, stop := p.DB.Listen(support.QueueTopic)
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
		list, err := p.Support.Queue(ctx, who, queue, most)
		return stateOfQueue(list), err
	})
}

type lookView struct {
	Frame   ui.Desk
	Live    ui.Live
	Head    ui.Head
	ID      string
	Facts   []ui.Fact
	Talk    []say
	Shots   []shot
	Closed  bool
	Known   bool // who asks has an account
	Shut    []ui.Fact
	Text    string
	Limit   int
	Errors  ui.Errors
	Setback *web.Setback
}

func (p *Pages) look(w http.ResponseWriter, r *http.Request) error {
	return p.showLook(w, r, http.StatusOK, lookView{})
}

// showLook shows a question to the desk. That it was looked at is recorded.
func (p *Pages) showLook(w http.ResponseWriter, r *http.Request, status int, v lookView) error {
	ctx := r.Context()
	x, err := p.Support.Look(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	web.Note(ctx, "question", x.ID)
	if v.Frame, err = p.frame(ctx, i18n.T(ctx, "desk.support.question", "number", x.Number), x.State); err != nil {
		return err
	}
	v.Frame.Invalid = len(v.Errors) > 0
	v.ID, v.Closed, v.Limit, v.Known = x.ID, x.State == support.Closed, p.Policy.Support.MaxText, x.AccountID != ""
	v.Live = ui.Live{ID: "question", Events: address(x.ID) + "/events?seen=" + web.Seen(stateOf(x))}
	v.Head = ui.Head{Trail: []ui.Link{{Label: i18n.T(ctx, "desk.support.queue."+string(x.State)), URL: home + "?queue=" + string(x.State)}}, Title: v.Frame.Title}
	v.Facts = append(p.asker(ctx, x), ui.Fact{Label: i18n.T(ctx, "desk.support.page"), Value: x.Page}, ui.Fact{Label: i18n.T(ctx, "desk.support.asked"), Value: web.Moment(ctx, x.CreatedAt)})
	if v.Known {
		list, err := p.SignIn.ShutsAsked(ctx, access.From(ctx), x.AccountID)
		if err != nil {
			return err
		}
		v.Shut = shutFacts(ctx, list, "desk.shut.door.one")
	}
	v.Talk, v.Shots = talk(ctx, x, "desk.support.asker", "desk.support.we"), shots(ctx, x, address(x.ID), "")
	return web.Render(w, r, status, lookPage(v))
}

// asker is who asks, as far as the answer needs it.
func (p *Pages) asker(ctx context.Context, x support.Question) []ui.Fact {
	asker := ui.Fact{Label: i18n.T(ctx, "desk.support.asker"), Value: kind(ctx, x)}
	if x.AccountID != "" {
		if a, err := p.Support.Accounts.Get(ctx, p.DB, x.AccountID); err == nil {
			asker.Value = a.Profile.ShortName()
			return []ui.Fact{asker, {Label: i18n.T(ctx, "desk.support.level"), Value: i18n.T(ctx, "desk.level."+string(a.Level))}}
		}
		return []ui.Fact{asker}
	}
	how := i18n.T(ctx, "desk.support.no_contact")
	if t, problem := contact.Read(x.Contact); problem == nil {
		how = i18n.T(ctx, "desk.support.notified", "contact", t.Masked())
	}
	return []ui.Fact{asker, {Label: i18n.T(ctx, "desk.support.contact"), Value: how}}
}

func (p *Pages) answer(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	err = p.Support.Answer(ctx, access.From(ctx), r.PathValue("id"), f.Get("text"))
	if errs, ok := web.Refused(ctx, err, "text"); ok {
		return p.showLook(w, r, http.StatusUnprocessableEntity, lookView{Text: f.Get("text"), Errors: errs})
	}
	if s, ok := web.SetBack(r, err); ok {
		return p.showLook(w, r, s.Status, lookView{Text: f.Get("text"), Setback: s})
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, "desk.support.answered")
	return web.Redirect(w, r, address(r.PathValue("id")))
}

func (p *Pages) end(w http.ResponseWriter, r *http.Request) error {
	if err := p.Support.Close(r.Context(), access.From(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	web.Say(r, ui.Success, "desk.support.closed")
	return web.Redirect(w, r, home)
}

// checkAgain has the registers asked about whoever asks: what they write sounds as if somebody else had the account.
func (p *Pages) checkAgain(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	x, err := p.Support.Look(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	err = p.Verification.AskAgain(ctx, access.From(ctx), x.AccountID)
	if s, ok := web.SetBack(r, err); ok {
		return p.showLook(w, r, s.Status, lookView{Setback: s})
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, "desk.support.checked")
	return web.Redirect(w, r, address(x.ID))
}

func (p *Pages) lookEvents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who, id := access.From(ctx), r.PathValue("id")
	if _, err := p.Support.Peek(ctx, who, id); err != nil {
		return err
	}
	news, stop := p.DB.Listen(support.Topic(id))
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) { return p.Support.Peek(ctx, who, id) })
}

func (p *Pages) deskFile(w http.ResponseWriter, r *http.Request) error {
	f, body, err := p.Support.File(r.Context(), access.From(r.Context()), r.PathValue("id"), "", r.PathValue("file"))
	if err != nil {
		return err
	}
	return web.Send(w, r, f, body)
}

type blocksView struct {
	Frame     ui.Desk
	Reference string
	Found     []ui.Fact
	Errors    ui.Errors
	Shut      shutView
}

// blocks shows the page on which blocks are looked up, and under ?reference= the block of that number. The look is recorded.
func (p *Pages) blocks(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	if !q.Has("reference") {
		return p.showBlocks(w, r, http.StatusOK, blocksView{})
	}
	typed := q.Get("reference")
	b, err := p.Contacts.Block(ctx, access.From(ctx), typed)
	if fault.KindOf(err) == fault.Missing {
		return p.showBlocks(w, r, http.StatusUnprocessableEntity, blocksView{Reference: typed, Errors: ui.Errors{{Name: "reference", Text: i18n.T(ctx, contact.ErrNoBlock.Key)}}})
	}
	if err != nil {
		return err
	}
	return p.showBlocks(w, r, http.StatusOK, blocksView{Reference: b.Reference, Found: []ui.Fact{{Label: i18n.T(ctx, "desk.block.reference"), Value: b.Reference},
		{Label: i18n.T(ctx, "desk.block.purpose"), Value: i18n.T(ctx, "desk.block.purpose."+string(b.Purpose))}, {Label: i18n.T(ctx, "desk.block.contact"), Value: b.Masked},
		{Label: i18n.T(ctx, "desk.block.at"), Value: i18n.DateTime(ctx, b.BlockedAt)}, {Label: i18n.T(ctx, "desk.block.wrong"), Value: strconv.Itoa(b.Wrong)}}})
}

func (p *Pages) showBlocks(w http.ResponseWriter, r *http.Request, status int, v blocksView) error {
	ctx := r.Context()
	var err error
	if v.Frame, err = p.frame(ctx, i18n.T(ctx, "desk.support.blocks"), blocksAt); err != nil {
		return err
	}
	v.Frame.Invalid = len(v.Errors)+len(v.Shut.Errors) > 0
	return web.Render(w, r, status, blocksPage(v))
}

// findBlock leads to the block of the number that was typed.
func (p *Pages) findBlock(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	return web.Redirect(w, r, home+"/blocks?reference="+url.QueryEscape(f.Get("reference")))
}

// lift gives the attempt its tries back.
func (p *Pages) lift(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	err = p.Contacts.Lift(ctx, access.From(ctx), f.Get("reference"))
	if fault.KindOf(err) == fault.Missing {
		return p.showBlocks(w, r, http.StatusUnprocessableEntity, blocksView{Reference: f.Get("reference"), Errors: ui.Errors{{Name: "reference", Text: i18n.T(ctx, contact.ErrNoBlock.Key)}}})
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, "desk.block.lifted")
	return web.Redirect(w, r, home+"/blocks")
}
