package agency

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/procedure"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// handView is what officers can do with a case among themselves.
type handView struct {
	ID, Version string
	In          string
	Take        bool // nobody has it, and the definition knows no taking
	Release     bool
	Colleagues  []ui.Choice // to whom it can be given; none when it may not be
	To, Words   string      // as typed
	Errors      ui.Errors
}

// proposalView is a decision that waits for a second pair of eyes.
type proposalView struct {
	ID, Version    string
	In             string
	Title          string
	Facts          []ui.Fact
	Own            bool // whoever looks proposed it
	Words          string
	Errors         ui.Errors
	ConfirmKey     string
	By             string
	ProposedMoment string
}

// hand says what the officer may do with the case beside deciding it.
func (p *Pages) hand(ctx context.Context, c application.Case, who access.Actor, x typed, in string) (*handView, error) {
	if c.Turn != procedure.TurnAgency {
		return nil, nil
	}
	v := &handView{ID: c.ID, In: in, Version: seenOf(c)}
	gives := c.GivenBy(who)
	_, takes := c.Def.Move(c.State, "take", procedure.ByOfficer)
	_, releases := c.Def.Move(c.State, "release", procedure.ByOfficer)
	v.Take = c.Officer == "" && takes != nil
	v.Release = releases != nil && c.Officer != "" && gives
	if gives {
		officers, err := p.Applications.Colleagues(ctx, who, c.Service)
		if err != nil {
			return nil, err
		}
		for _, e := range officers {
			if e.ID != c.Officer {
				v.Colleagues = append(v.Colleagues, ui.Choice{Value: e.ID, Label: e.Name})
			}
		}
	}
	if x.event == "assign" {
		v.To, v.Words, v.Errors = x.to, x.advice, x.errors
	}
	if !v.Take && !v.Release && len(v.Colleagues) == 0 {
		return nil, nil
	}
	return v, nil
}

// proposal is the decision that waits in the case; nil when there is none.
func (p *Pages) proposal(ctx context.Context, c application.Case, who access.Actor, x typed, in string) (*proposalView, error) {
	w, err := p.Applications.Proposal(ctx, who, c.ID)
	if errors.Is(err, application.ErrNoProposal) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v := &proposalView{ID: c.ID, In: in, Version: seenOf(c), Own: w.By == who.ID, By: p.name(ctx, w.By), ProposedMoment: web.Moment(ctx, w.At), ConfirmKey: "c"}
	if a, ok := c.Def.Action(w.Event); ok {
		v.Title = a.Title.In(ctx)
	}
	if r, ok := c.Def.Reason(w.Reason); ok {
		v.Facts = append(v.Facts, ui.Fact{Label: i18n.T(ctx, "desk.case.reason"), Value: r.Title.In(ctx)}, ui.Fact{Label: i18n.T(ctx, "desk.case.law"), Value: r.Law.In(ctx)})
	}
	for _, opened := range w.Fields() {
		if name, ok := c.Def.Called(opened); ok {
			v.Facts = append(v.Facts, ui.Fact{Label: i18n.T(ctx, "desk.case.fields"), Value: name.In(ctx)})
		}
	}
	if w.Advice != "" {
		v.Facts = append(v.Facts, ui.Fact{Label: i18n.T(ctx, "desk.case.advice"), Value: w.Advice})
	}
	v.Facts = append(v.Facts, corrected(ctx, c)...)
	if x.event == "return" {
		v.Words, v.Errors = x.advice, x.errors
	}
	return v, nil
}

// corrected names what the applicant changed when they were asked: whoever confirms looks at that first. What it was before stands beside
// the answers.
func corrected(ctx context.Context, c application.Case) []ui.Fact {
	var out []ui.Fact
	named := map[string]bool{}
	for _, rev := range slices.Backward(c.Content.Earlier) {
		for _, pointer := range slices.Sorted(maps.Keys(rev.Was)) {
			if name, ok := c.Def.Called(pointer); ok && !named[pointer] {
				named[pointer] = true
				out = append(out, ui.Fact{Label: i18n.T(ctx, "desk.proposal.corrected"), Value: name.In(ctx)})
			}
		}
	}
	return out
}

// did answers a form of the case: back to the case, or the case again with what was wrong.
func (p *Pages) did(w http.ResponseWriter, r *http.Request, err error, x typed, whole, said string) error {
	if errs, ok := web.Refused(r.Context(), err, whole); ok {
		x.errors = errs
		return p.show(w, r, http.StatusUnprocessableEntity, x)
	}
	if s, ok := web.SetBack(r, err); ok {
		x.setback = s
		return p.show(w, r, s.Status, x)
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, said)
	to := address(r.PathValue("id"))
	if r.URL.RawQuery != "" { // the list from which they came
		to += "?" + r.URL.RawQuery
	}
	return web.Redirect(w, r, to)
}

// seenOf is the case as a page shows it, for the forms of the page: its version and its news.
func seenOf(c application.Case) string { return fmt.Sprintf("%d.%d", c.Version, c.News) }

// versionOf and newsOf read what the page showed; a page of an older program names no news.
func versionOf(f web.Form) int64 {
	text, _, _ := strings.Cut(f.Get("version"), ".")
	version, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return version
}

func newsOf(f web.Form) *int64 {
	_, text, _ := strings.Cut(f.Get("version"), ".")
	news, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil
	}
	return &news
}

func (p *Pages) take(w http.ResponseWriter, r *http.Request) error {
	_, err := p.Applications.Take(r.Context(), access.From(r.Context()), r.PathValue("id"))
	return p.did(w, r, err, typed{}, "", "desk.hand.taken")
}

func (p *Pages) assign(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	_, err = p.Applications.Assign(r.Context(), access.From(r.Context()), r.PathValue("id"), application.Handing{To: f.Get("officer"), Words: f.Get("words"), Version: versionOf(f), News: newsOf(f)})
	return p.did(w, r, err, typed{event: "assign", to: f.Get("officer"), advice: f.Get("words")}, "officer", "desk.hand.assigned")
}

func (p *Pages) release(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	_, err = p.Applications.Release(r.Context(), access.From(r.Context()), r.PathValue("id"), application.Handing{Version: versionOf(f), News: newsOf(f)})
	return p.did(w, r, err, typed{}, "", "desk.hand.released")
}

func (p *Pages) confirm(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	c, err := p.Applications.Confirm(r.Context(), access.From(r.Context()), r.PathValue("id"), versionOf(f))
	said := ""
	if err == nil {
		said = became(c, access.From(r.Context()))
	}
	return p.did(w, r, err, typed{}, "", said)
}

func (p *Pages) giveBack(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	_, err = p.Applications.Return(r.Context(), access.From(r.Context()), r.PathValue("id"), f.Get("words"), versionOf(f))
	return p.did(w, r, err, typed{event: "return", advice: f.Get("words")}, "words", "desk.proposal.returned")
}

// paper opens what the case gave. The look is recorded.
func (p *Pages) paper(w http.ResponseWriter, r *http.Request) error {
	d, body, err := p.Applications.OpenPaper(r.Context(), access.From(r.Context()), r.PathValue("id"), r.PathValue("paper"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.Name}))
	http.ServeContent(w, r, "", d.IssuedAt, body)
	return nil
}

// compared is what was filed beside what registers say, with the differences marked by colour and by word.
func compared(ctx context.Context, c application.Case) (t ui.Table, differ int) {
	t = ui.Table{Caption: i18n.T(ctx, "desk.compare.title"), HideCaption: true, Stack: true, Columns: []ui.Column{{Label: i18n.T(ctx, "desk.case.field")}, {Label: i18n.T(ctx, "desk.case.filed")},
		{Label: i18n.T(ctx, "desk.compare.said")}, {Label: i18n.T(ctx, "desk.case.source")}, {Label: i18n.T(ctx, "desk.compare.verdict")}}}
	for _, x := range c.Compare() {
		f, ok := c.Def.Form.Field(x.Pointer)
		if !ok {
			continue
		}
		source := i18n.T(ctx, "desk.compare.answer")
		if !x.From.IsZero() {
			source = x.From.Called(ctx, "desk.source.")
		}
		row := ui.Row{Cells: []ui.Cell{{Text: f.Label.In(ctx)}, {Text: shownOf(ctx, f, x.Filed)}, {Text: shownOf(ctx, f, x.Said)}, {Text: source},
			{Text: i18n.T(ctx, "desk.compare."+string(x.Verdict)), Tone: ui.Success, Icon: ui.IconCheck}}}
		switch x.Verdict {
		case application.Differs:
			differ++
			row.Tone, row.Cells[4].Tone, row.Cells[4].Icon, row.Cells[4].Strong = ui.Danger, ui.Danger, ui.IconTriangleAlert, true
		case application.Spelled:
			row.Cells[4].Tone, row.Cells[4].Icon = ui.Info, ui.IconCheck
		case application.Same:
		}
		t.Rows = append(t.Rows, row)
	}
	return t, differ
}

// shownOf is a value of the field, or a row of the group, as text.
func shownOf(ctx context.Context, f form.Field, v any) string {
	if v == nil {
		return i18n.T(ctx, "desk.compare.nothing")
	}
	return f.ShowOne(ctx, v)
}

// past is how the case went and what officers did with it among themselves, the newest first.
func (p *Pages) past(ctx context.Context, c application.Case, who access.Actor) ([]ui.Event, error) {
	deeds, err := p.Applications.Deeds(ctx, who, c.ID)
	if err != nil {
		return nil, err
	}
	type dated struct {
		at time.Time
		ui.Event
	}
	var all []dated
	moves := p.history(ctx, c)
	slices.Reverse(moves)
	for i, e := range c.Events {
		all = append(all, dated{e.At, moves[i]})
	}
	for _, d := range deeds {
		text := web.Moment(ctx, d.At)
		if d.Actor != "" {
			text += " · " + p.name(ctx, d.Actor)
		}
		action := ""
		if a, ok := c.Def.Action(d.Event); ok {
			action = a.Title.In(ctx)
		}
		to := ""
		if d.Officer != "" {
			to = p.name(ctx, d.Officer)
		}
		title := i18n.T(ctx, "desk.deed."+string(d.Deed), "name", to, "action", action)
		if d.Note != "" {
			text += " · «" + d.Note + "»"
		}
		all = append(all, dated{d.At, ui.Event{Phase: ui.Done, Title: title, Text: text}})
	}
	slices.SortStableFunc(all, func(a, b dated) int { return b.at.Compare(a.at) })
	out := make([]ui.Event, len(all))
	for i, e := range all {
		out[i] = e.Event
	}
	return out, nil
}

// mostLookers is how many employees the page names who looked at the case.
const mostLookers = 20

// lookers says who opened the case.
func (p *Pages) lookers(ctx context.Context, c application.Case, who access.Actor) ([]ui.Fact, error) {
	list, err := p.Applications.Lookers(ctx, who, c.ID, mostLookers)
	if err != nil {
		return nil, err
	}
	var out []ui.Fact
	for _, l := range list {
		out = append(out, ui.Fact{Label: p.name(ctx, l.Employee), Value: i18n.N(ctx, "desk.case.looked", l.Times, "last", web.Moment(ctx, l.At))})
	}
	return out, nil
}

// faultKey is the text of a refusal.
func faultKey(err error) string {
	f, ok := fault.Of(err)
	if !ok {
		return "error.form"
	}
	if len(f.Fields) > 0 {
		return f.Fields[0].Key
	}
	return f.Key
}
