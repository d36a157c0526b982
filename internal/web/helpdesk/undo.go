package helpdesk

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/support"
	"okno/internal/verification"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// undoAt stands for the page of takeovers among the queues.
const undoAt = support.State("undo")

const undoPath = home + "/undo"

type undoView struct {
	Frame   ui.Desk
	Typed   string // the number that was looked for
	Number  string // of the takeover that was found
	Found   []ui.Fact
	Cannot  string // why it cannot be undone
	May     bool
	Decided string // that cases were decided meanwhile
	Done    string // when it was undone
	After   string // how far it is
	Alone   bool   // no contact is left over which the person could be told
	Two     bool   // a second employee is needed
	Waits   string // when it was proposed, and that a second is waited for; "" when it is not
	Own     bool   // whoever looks proposed it
	List    []ui.Item
	Reason  string
	Sure    bool
	Told    bool
	Limit   int
	Errors  ui.Errors
	Setback *web.Setback
}

// undo shows the page on which takeovers are looked up, and under ?number= the one of that number. The look is recorded.
func (p *Pages) undo(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if !q.Has("number") {
		return p.showUndo(w, r, http.StatusOK, undoView{})
	}
	t, err := p.Verification.Taken(r.Context(), access.From(r.Context()), q.Get("number"))
	return p.foundTakeover(w, r, http.StatusOK, undoView{Typed: q.Get("number")}, t, err)
}

func (p *Pages) foundTakeover(w http.ResponseWriter, r *http.Request, status int, v undoView, t verification.Taken, err error) error {
	ctx := r.Context()
	if fault.KindOf(err) == fault.Missing {
		v.Errors = ui.Errors{{Name: "number", Text: i18n.T(ctx, verification.ErrNoTakeover.Key)}}
		return p.showUndo(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	v.Number = t.Reference
	v.Found = []ui.Fact{{Label: i18n.T(ctx, "desk.undo.at"), Value: i18n.DateTime(ctx, t.At)}, {Label: i18n.T(ctx, "desk.undo.why"), Value: i18n.T(ctx, "desk.takeover.reason."+string(t.Reason))},
		{Label: i18n.T(ctx, "desk.undo.old"), Value: reached(ctx, t.Old)}, {Label: i18n.T(ctx, "desk.undo.new"), Value: reached(ctx, t.New)}}
	if !t.UndoneAt.IsZero() {
		v.Done, v.After, v.Alone = i18n.T(ctx, "desk.undo.done", "at", i18n.DateTime(ctx, t.UndoneAt)), i18n.T(ctx, "desk.undo.moving"), t.Back == 0
		if !t.BackAt.IsZero() {
			v.After = i18n.T(ctx, "desk.undo.moved")
		}
		v.Found = append(v.Found, ui.Fact{Label: i18n.T(ctx, "desk.undo.reason"), Value: t.Why},
			ui.Fact{Label: i18n.T(ctx, "desk.undo.contacts"), Value: strconv.Itoa(t.Back)}, ui.Fact{Label: i18n.T(ctx, "desk.undo.contacts_lost"), Value: strconv.Itoa(t.Lost)})
		return p.showUndo(w, r, status, v)
	}
	v.Found = append(v.Found, ui.Fact{Label: i18n.T(ctx, "desk.undo.until"), Value: i18n.DateTime(ctx, t.Until)})
	if !t.ProposedAt.IsZero() {
		v.Waits, v.Own = i18n.T(ctx, "desk.undo.waits", "at", i18n.DateTime(ctx, t.ProposedAt)), t.ProposedBy == access.From(ctx).ID
		v.Found = append(v.Found, ui.Fact{Label: i18n.T(ctx, "desk.undo.reason"), Value: t.Why})
	}
	if f, refused := fault.Of(t.Refusal); refused {
		v.Cannot = i18n.T(ctx, f.Key)
		return p.showUndo(w, r, status, v)
	}
	if v.May = true; t.Decided > 0 {
		v.Decided = i18n.N(ctx, "desk.undo.decided", t.Decided)
	}
	return p.showUndo(w, r, status, v)
}

// reached is how an account is reached, masked.
func reached(ctx context.Context, all []contact.Target) string {
	var out []string
	for _, t := range all {
		out = append(out, t.Masked())
	}
	if len(out) == 0 {
		return i18n.T(ctx, "desk.undo.nobody")
	}
	return strings.Join(out, ", ")
}

func (p *Pages) showUndo(w http.ResponseWriter, r *http.Request, status int, v undoView) error {
	ctx := r.Context()
	var err error
	if v.Frame, err = p.frame(ctx, i18n.T(ctx, "desk.support.undo"), undoAt); err != nil {
		return err
	}
	if v.Frame.Invalid, v.Limit, v.Two = len(v.Errors) > 0, p.Policy.Support.MaxText, p.Policy.Takeover.TakesTwo(); v.Typed == "" {
		v.Typed = v.Number
	}
	if v.Number == "" {
		waiting, err := p.Verification.Proposals(ctx, access.From(ctx), most)
		if err != nil {
			return err
		}
		for _, x := range waiting {
			item := ui.Item{Title: x.Reference, URL: undoPath + "?number=" + url.QueryEscape(x.Reference), Text: i18n.T(ctx, "desk.undo.proposed", "at", web.Moment(ctx, x.At))}
			if x.Own {
				item.Text = i18n.T(ctx, "desk.undo.proposed_own", "at", web.Moment(ctx, x.At))
			}
			v.List = append(v.List, item)
		}
	}
	return web.Render(w, r, status, undoPage(v))
}

// findTakeover leads to the takeover of the number that was typed.
func (p *Pages) findTakeover(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	return web.Redirect(w, r, undoPath+"?number="+url.QueryEscape(f.Get("number")))
}

// giveBack undoes the takeover, or proposes that.
func (p *Pages) giveBack(w http.ResponseWriter, r *http.Request) error {
	return p.decideUndo(w, r, p.Verification.Undo)
}

// confirmUndo undoes it as another has proposed.
func (p *Pages) confirmUndo(w http.ResponseWriter, r *http.Request) error {
	return p.decideUndo(w, r, p.Verification.ConfirmUndo)
}

// dropUndo drops the proposal.
func (p *Pages) dropUndo(w http.ResponseWriter, r *http.Request) error {
	return p.decideUndo(w, r, func(ctx context.Context, who access.Actor, number string, _ verification.Undo) (verification.Taken, error) {
		return p.Verification.DropUndo(ctx, who, number)
	})
}

// decideUndo takes a form of the page. Whatever refuses it stands on the page again, with what was typed.
func (p *Pages) decideUndo(w http.ResponseWriter, r *http.Request, decide func(context.Context, access.Actor, string, verification.Undo) (verification.Taken, error)) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	who, number := access.From(ctx), f.Get("number")
	v := undoView{Typed: number, Reason: f.Get("reason"), Sure: f.Get("sure") != "", Told: f.Get("decided") != ""}
	t, err := decide(ctx, who, number, verification.Undo{Reason: v.Reason, Sure: v.Sure, Decided: v.Told})
	if err == nil {
		return web.Redirect(w, r, undoPath+"?number="+url.QueryEscape(t.Reference))
	}
	if fault.KindOf(err) == fault.Missing {
		return p.foundTakeover(w, r, http.StatusUnprocessableEntity, v, verification.Taken{}, err)
	}
	status := http.StatusUnprocessableEntity
	errs, refused := web.Refused(ctx, err, "reason")
	if v.Errors = errs; !refused {
		var ok bool
		if v.Setback, ok = web.SetBack(r, err); !ok {
			return err
		}
		status = v.Setback.Status
	}
	t, err = p.Verification.Taken(ctx, who, number)
	return p.foundTakeover(w, r, status, v, t, err)
}
