package agency

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/procedure"
	"okno/internal/web"
	"okno/internal/web/ui"
)

type caseView struct {
	Frame     ui.Desk
	Live      ui.Live
	Head      ui.Head
	Next      nextView // what of the list follows
	Turn      ui.Turn
	Other     string // who else has it
	Away      string // a register that does not answer
	Groups    []groupView
	Known     ui.Table // what registers know of the applicant
	Data      []ui.Fact
	Disputed  []ui.Fact        // what the applicant says is wrong
	Earlier   []ui.Fact        // what answers were before the applicant corrected them
	Files     ui.Files         // that were filed with it
	Complaint *complaintNotice // the last one, nil without any
	Refusal   []ui.Fact        // of a case that was refused
	Compare   ui.Table         // what was filed beside what registers say
	Differ    string           // how many differences there are, in words
	Papers    []ui.Link        // what the case gave
	Events    []ui.Event
	Lookers   []ui.Fact
	Errors    ui.Errors
	Setback   *web.Setback
}

// groupView is the answers of one page of the form.
type groupView struct {
	Title string
	Table ui.Table
}

// actionView is a decision that the officer can make.
type actionView struct {
	ID, Version string
	In          string // of the address: the list from which the officer came
	Event       string
	Label       string
	Variant     ui.Variant
	Tone        ui.Tone
	Key         string
	Reasons     []ui.Choice // where it needs a reason
	Laws        []ui.Fact   // law and remedy of each
	Advice      bool        // where it needs the officer's words
	Fields      []ui.Choice // answers to choose from, where it needs them
	Picked      []string    // as typed
	Reason      string      // as typed
	Words       string
	Errors      ui.Errors
	Texts       []ui.Choice // of advice that the desk keeps
	Language    string      // in which the applicant is written to
	Text        string      // the one that was chosen
	FourEyes    bool        // a colleague must confirm
	Asks        string      // what is asked before it is done, in words
}

// typed is what came with an action that was refused.
type typed struct {
	event, reason, advice string
	to, text              string // a colleague, a text of advice
	fields                []string
	errors                ui.Errors
	setback               *web.Setback
}

func (p *Pages) look(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, http.StatusOK, typed{})
}

// show shows the case. That the officer looked is recorded.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, x typed) error {
	ctx := r.Context()
	who := access.From(ctx)
	c, err := p.Applications.Look(ctx, who, r.PathValue("id"))
	if err != nil {
		return err
	}
	web.Note(ctx, "case", c.ID)
	v := caseView{Errors: x.errors, Setback: x.setback, Live: ui.Live{ID: "case"}}
	from, err := p.cameFrom(ctx, r.URL.Query(), c)
	if err != nil {
		return err
	}
	if v.Frame, _, err = p.framed(ctx, i18n.T(ctx, "desk.case.page", "number", c.Number), from.path, from.queries); err != nil {
		return err
	}
	if v.Next, err = p.next(ctx, from, c.ID); err != nil {
		return err
	}
	v.Frame.Invalid, v.Frame.Attrs = len(x.errors) > 0, attrs(c)
	v.Head = ui.Head{Trail: []ui.Link{{Label: from.name, URL: from.path}},
		Title: i18n.T(ctx, "desk.case.title", "number", c.Number), Text: c.Def.Title.In(ctx) + " · " + applicant(c.Content.Profile) + " · " + web.Moment(ctx, c.SubmittedAt)}
	if c.Parent != "" {
		v.Head.Text += " · " + i18n.T(ctx, "portal.part.of")
	}
	v.Turn = p.turn(ctx, c)
	if c.Officer != "" && c.Officer != who.ID && c.Outcome == "" {
		v.Other = p.name(ctx, c.Officer)
	}
	if c.Failed > 0 && c.Outcome == "" {
		v.Away = i18n.N(ctx, "desk.case.away", c.Failed)
	}
	v.Groups, v.Known, v.Data = groups(ctx, c, p.Zone), known(ctx, c.Content.Profile), data(ctx, c.Def, c.Content.Data, "")
	v.Earlier, v.Disputed = earlier(ctx, c, p.Zone), disputed(ctx, c, p.Zone)
	if v.Files, err = p.files(ctx, who, c); err != nil {
		return err
	}
	if v.Complaint, err = p.complained(ctx, who, c); err != nil {
		return err
	}
	if reason, ok := c.Def.Reason(c.Content.Reason); ok && c.Outcome == procedure.Refused {
		v.Refusal = []ui.Fact{{Label: i18n.T(ctx, "desk.case.reason"), Value: reason.Title.In(ctx)}, {Label: i18n.T(ctx, "desk.case.law"), Value: reason.Law.In(ctx)}}
		if c.Content.Advice != "" {
			v.Refusal = append(v.Refusal, ui.Fact{Label: i18n.T(ctx, "desk.case.advice"), Value: c.Content.Advice})
		}
	}
	if err := p.around(ctx, &v, c, who); err != nil {
		return err
	}
	waits, err := p.proposal(ctx, c, who, x, from.in())
	if err != nil {
		return err
	}
	v.Live.Events = address(c.ID) + "/events?seen=" + web.Seen(stateOf(c, waits != nil))
	hand, err := p.hand(ctx, c, who, x, from.in())
	if err != nil {
		return err
	}
	var list []actionView
	barred := v.Complaint != nil && v.Complaint.Bars // nothing that they press would be done
	if waits == nil && !barred {
		if list, err = p.decisions(ctx, c, who, x, from.in()); err != nil {
			return err
		}
	} else if waits != nil && !waits.Own {
		v.Frame.Keys = append(v.Frame.Keys, ui.Key{Key: waits.ConfirmKey, Label: i18n.T(ctx, "desk.proposal.confirm")})
	}
	for _, a := range list {
		if a.Key != "" {
			v.Frame.Keys = append(v.Frame.Keys, ui.Key{Key: a.Key, Label: a.Label})
		}
	}
	if v.Next.URL != "" {
		v.Frame.Keys = append(v.Frame.Keys, ui.Key{Key: nextKey, Label: i18n.T(ctx, "desk.next.case")})
		if len(list) == 0 && waits == nil {
			v.Next.Variant = ui.Primary // nothing else is to be done here
		}
	}
	v.Frame.Pane = casePane(c.Number, tag(ctx, c), list, waits, hand)
	return web.Render(w, r, status, casePage(v))
}

// around is what stands beside the answers: the comparison with registers, papers, history, who looked.
func (p *Pages) around(ctx context.Context, v *caseView, c application.Case, who access.Actor) error {
	var differ int
	if v.Compare, differ = compared(ctx, c); len(v.Compare.Rows) > 0 {
		v.Differ = i18n.N(ctx, "desk.compare.count", differ)
	}
	var err error
	if v.Events, err = p.past(ctx, c, who); err != nil {
		return err
	}
	if v.Lookers, err = p.lookers(ctx, c, who); err != nil || c.Outcome != procedure.Granted {
		return err
	}
	papers, err := p.Applications.PapersOf(ctx, who, c.ID)
	for _, d := range papers {
		v.Papers = append(v.Papers, ui.Link{Label: d.Title.In(ctx), URL: address(c.ID) + "/papers/" + d.ID})
	}
	return err
}

// decisions are the actions of the definition with the texts of advice that the desk keeps for them.
func (p *Pages) decisions(ctx context.Context, c application.Case, who access.Actor, x typed, in string) ([]actionView, error) {
	list := actions(ctx, c, x, p.Zone)
	for i := range list {
		list[i].In = in
		if !list[i].Advice {
			continue
		}
		texts, err := p.Applications.Templates(ctx, who, c.Service)
		if err != nil {
			return nil, err
		}
		lang, err := p.Applications.Language(ctx, c)
		if err != nil {
			return nil, err
		}
		list[i].Language = i18n.T(ctx, "desk.case.language."+string(lang))
		for _, t := range texts {
			list[i].Texts = append(list[i].Texts, ui.Choice{Value: t.ID, Label: t.Title})
		}
	}
	return list, nil
}

// queueOf is the queue in which the officer finds the case.
func queueOf(c application.Case, who access.Actor) application.Queue {
	switch {
	case c.Outcome != "":
		return application.QueueDone
	case c.Turn != procedure.TurnAgency:
		return application.QueueWaiting
	case c.Officer == who.ID:
		return application.QueueMine
	}
	return application.QueueNew
}

// attrs are what outside checks and scripts read of a case.
func attrs(c application.Case) map[string]any {
	a := map[string]any{"data-state": string(c.State), "data-turn": string(c.Turn)}
	if c.Outcome != "" {
		a["data-turn"], a["data-outcome"] = string(procedure.TurnNone), string(c.Outcome)
	}
	return a
}

// turn says whose turn it is. What the applicant is told then is not for the officer.
func (p *Pages) turn(ctx context.Context, c application.Case) ui.Turn {
	t := ui.Turn{Whose: ui.Whose(c.Turn), Title: c.Step().Title.In(ctx), Text: i18n.T(ctx, "desk.case.turn."+string(c.Turn))}
	switch c.Outcome {
	case procedure.Granted:
		t.Whose, t.Tone, t.Text = ui.Nobody, ui.Success, ""
	case procedure.Refused:
		t.Whose, t.Tone, t.Text = ui.Nobody, ui.Danger, ""
	case procedure.Withdrawn:
		t.Whose, t.Tone, t.Text = ui.Nobody, ui.Neutral, ""
	}
	if !c.DueAt.IsZero() && c.Outcome == "" {
		t.Text += " " + i18n.T(ctx, "desk.case.due", "date", i18n.DateTime(ctx, c.DueAt))
	}
	return t
}

// name is how an employee, or an information system of the agency, is called for those who work beside them.
func (p *Pages) name(ctx context.Context, employee string) string {
	name, err := p.Staff.Name(ctx, p.DB, employee)
	if err != nil && p.SystemName != nil {
		if system, err := p.SystemName(ctx, p.DB, employee); err == nil {
			return i18n.T(ctx, "desk.case.system", "name", system)
		}
	}
	if err != nil {
		return i18n.T(ctx, "desk.case.officer") // dismissed long ago, or of a demo
	}
	return name
}

// groups are the answers, page by page, each with where it came from.
func groups(ctx context.Context, c application.Case, zone *time.Location) []groupView {
	var out []groupView
	answers := c.Content.Answers
	f := c.Form(zone)
	for _, page := range f.Asked(answers) {
		g := groupView{Title: page.Title.In(ctx), Table: sheet(ctx, page.Title.In(ctx), "desk.case.filed")}
		for _, x := range f.Flat(page, answers) {
			g.Table.Rows = append(g.Table.Rows, line(ctx, x.Label.In(ctx), x.Show(ctx, answers), x.Origin))
		}
		out = append(out, g)
	}
	return out
}

// sheet is a table of values with where they came from.
func sheet(ctx context.Context, caption, column string) ui.Table {
	return ui.Table{Caption: caption, HideCaption: true, Stack: true, Columns: []ui.Column{{Label: i18n.T(ctx, "desk.case.field")}, {Label: i18n.T(ctx, column)}, {Label: i18n.T(ctx, "desk.case.source")}}}
}

func line(ctx context.Context, label, value string, o form.Origin) ui.Row {
	if value == "" {
		value = "—"
	}
	source := ui.Cell{Text: i18n.T(ctx, "desk.source.entered")}
	if !o.IsZero() {
		source = ui.Cell{Text: o.Called(ctx, "desk.source.")}
	}
	if o.Verified {
		source.Text += ", " + i18n.T(ctx, "desk.source.checked", "date", i18n.Date(ctx, o.At))
		source.Tone, source.Icon = ui.Success, ui.IconCheck
	}
	return ui.Row{Cells: []ui.Cell{{Text: label}, {Text: value}, source}}
}

// facts are what may be known of an applicant, in the order in which papers say it.
var facts = []procedure.Fact{procedure.Surname, procedure.GivenName, procedure.Patronymic, procedure.BirthDate, procedure.SNILS, procedure.INN, procedure.PassportSeries,
	procedure.PassportNumber, procedure.PassportIssuedAt, procedure.PassportIssuedBy, procedure.PassportDepartment, procedure.RegistrationAddress,
	procedure.Acting, procedure.RepresentativeSurname, procedure.RepresentativeGivenName, procedure.RepresentativePatronymic, procedure.RepresentativeBirthDate, procedure.RepresentativeSNILS}

// known is what registers and desks know of the applicant, as it was when the application was filed.
func known(ctx context.Context, p procedure.Profile) ui.Table {
	t := sheet(ctx, i18n.T(ctx, "desk.case.known"), "desk.case.value")
	for _, f := range facts {
		k, ok := p[f]
		if !ok || f == procedure.Acting && k.Value == string(access.Self) {
			continue
		}
		value := shown(f, k.Value)
		if f == procedure.Acting {
			value = i18n.T(ctx, "portal.acting.as."+k.Value)
		}
		t.Rows = append(t.Rows, line(ctx, i18n.T(ctx, "desk.fact."+string(f)), value, k.Origin))
	}
	return t
}

func shown(f procedure.Fact, v string) string {
	switch f { //nolint:exhaustive // the others are shown as they are
	case procedure.BirthDate, procedure.PassportIssuedAt, procedure.RepresentativeBirthDate:
		if d, problem := form.ParseDate(v); problem == nil {
			return d.Dotted()
		}
	case procedure.SNILS, procedure.RepresentativeSNILS:
		return form.FormatSNILS(v)
	case procedure.INN:
		return form.FormatINN(v)
	}
	return v
}

// data is a register's answer in lines, in the words of the desk or of the service's papers. Names of things for which nobody has words
// are shown as the register calls them.
func data(ctx context.Context, def *procedure.Definition, in map[string]any, under string) []ui.Fact {
	var out []ui.Fact
	for _, key := range slices.Sorted(maps.Keys(in)) {
		label := key
		if said, ok := def.AnswerLabel(key); ok && under == "" {
			label = said.In(ctx)
		} else if i18n.Has("desk.data." + key) {
			label = i18n.T(ctx, "desk.data."+key)
		}
		switch v := in[key].(type) {
		case map[string]any:
			out = append(out, data(ctx, def, v, under+label+" · ")...)
		case []any:
			for i, x := range v {
				if m, ok := x.(map[string]any); ok {
					out = append(out, data(ctx, def, m, under+label+" "+strconv.Itoa(i+1)+" · ")...)
				}
			}
		default:
			out = append(out, ui.Fact{Label: under + label, Value: fmt.Sprint(v)})
		}
	}
	return out
}

// history is how the case went, with who did what, the newest first.
func (p *Pages) history(ctx context.Context, c application.Case) []ui.Event {
	out := make([]ui.Event, 0, len(c.Events))
	for i, e := range slices.Backward(c.Events) {
		who := i18n.T(ctx, "desk.case.by."+string(e.By))
		if e.By == procedure.ByOfficer {
			who = p.name(ctx, e.Actor)
		}
		x := ui.Event{Phase: ui.Done, Title: e.Title.In(ctx), Text: web.Moment(ctx, e.At) + " · " + who}
		if i == len(c.Events)-1 && c.Outcome == "" {
			x.Phase = ui.Now
		}
		out = append(out, x)
	}
	return out
}

// othersKeys are the shortcuts of a desk that are no decision.
const othersKeys = "cjktx"

// nextKey leads to the next case: its letter is no decision's at all.
const nextKey = "n"

// shortcuts gives the actions their keys. One that is done by pressing it has the first letter of its event or none, so that the key stays
// where hands know it; one for which something is written has a letter that is left.
func shortcuts(list []actionView) {
	used := nextKey
	give := func(a *actionView, letters string) {
		for _, r := range letters {
			if key := string(r); a.Key == "" && r >= 'a' && r <= 'z' && !strings.Contains(used, key) {
				a.Key, used = key, used+key
			}
		}
	}
	for i := range list {
		if a := &list[i]; !a.typed() {
			give(a, a.Event[:1])
		}
	}
	used += othersKeys
	for i := range list {
		if a := &list[i]; a.typed() {
			give(a, a.Event)
		}
	}
}

// actions are what the definition lets an officer do now.
func actions(ctx context.Context, c application.Case, x typed, zone *time.Location) []actionView {
	var out []actionView
	for _, a := range c.Def.Actions(c.State, procedure.ByOfficer) {
		v := actionView{ID: c.ID, Version: seenOf(c), Event: string(a.Event), Label: a.Title.In(ctx), Advice: a.Requires(procedure.NeedAdvice), Variant: ui.Secondary, FourEyes: a.FourEyes, Asks: a.Confirm.In(ctx)}
		if a.Tone == procedure.TonePrimary {
			v.Variant = ui.Primary
		}
		if a.Tone == procedure.ToneDanger {
			v.Tone = ui.Danger
		}
		if a.Requires(procedure.NeedReason) {
			for _, reason := range a.Reasons {
				v.Reasons = append(v.Reasons, ui.Choice{Value: reason.Code, Label: reason.Title.In(ctx), Description: reason.Law.In(ctx)})
				v.Laws = append(v.Laws, ui.Fact{Label: reason.Title.In(ctx), Value: reason.Law.In(ctx) + ". " + reason.Remedy.In(ctx)})
			}
		}
		for _, p := range c.Askable(a, zone) {
			if label, ok := c.Def.Called(p); ok {
				v.Fields = append(v.Fields, ui.Choice{Value: p, Label: label.In(ctx)})
			}
		}
		if x.event == v.Event {
			v.Reason, v.Words, v.Errors, v.Text = x.reason, x.advice, x.errors, x.text
			v.Picked = x.fields
		}
		out = append(out, v)
	}
	shortcuts(out)
	return out
}

// act makes a decision. Whoever comes second is shown what became of the case.
func (p *Pages) act(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	act := application.Act{Event: procedure.Event(f.Get("event")), Reason: f.Get("reason"), Advice: f.Get("advice"), Fields: f.All("fields"), Version: versionOf(f), News: newsOf(f)}
	x := typed{event: f.Get("event"), reason: act.Reason, advice: act.Advice, text: f.Get("text"), fields: act.Fields}
	if f.On("insert") { // without it nothing is decided: the page comes back with the text in the officer's hands
		return p.insert(w, r, x)
	}
	c, err := p.Applications.Do(ctx, access.From(ctx), r.PathValue("id"), act)
	said := ""
	if err == nil {
		said = became(c, access.From(ctx))
		if a, ok := c.Def.Action(act.Event); ok && a.FourEyes {
			said = "desk.proposal.proposed"
		}
	}
	return p.did(w, r, err, x, "reason", said)
}

// became is what is said of a move: what it has made of the case. Only an end is a decision.
func became(c application.Case, who access.Actor) string {
	switch {
	case c.Outcome != "":
		return "desk.case.done"
	case c.Turn == procedure.TurnApplicant:
		return "desk.case.asked"
	case c.Turn == procedure.TurnSystem:
		return "desk.case.passed"
	case c.Officer == who.ID:
		return "desk.case.taken"
	}
	return "desk.case.moved"
}

// insert puts a text of advice under what was typed.
func (p *Pages) insert(w http.ResponseWriter, r *http.Request, x typed) error {
	ctx := r.Context()
	if x.text == "" {
		x.errors = ui.Errors{{Name: "text", Text: i18n.T(ctx, "desk.case.text_missing")}}
		return p.show(w, r, http.StatusUnprocessableEntity, x)
	}
	words, err := p.Applications.Advise(ctx, access.From(ctx), r.PathValue("id"), x.text, x.reason)
	if err != nil {
		return err
	}
	if x.advice != "" {
		words = x.advice + "\n\n" + words
	}
	x.advice = words
	return p.show(w, r, http.StatusOK, x)
}

// stateOf tells one look at a case from another.
func stateOf(c application.Case, waits bool) string {
	return fmt.Sprintf("%d.%d.%d.%s.%t", c.Version, c.News, c.Failed, c.Officer, waits)
}

func (p *Pages) caseEvents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who, id := access.From(ctx), r.PathValue("id")
	topic, err := p.Applications.Watch(ctx, who, id)
	if err != nil {
		return err
	}
	news, stop := p.DB.Listen(topic)
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
		c, err := p.Applications.Get(ctx, who, id)
		if err != nil {
			return "", err
		}
		_, err = p.Applications.Proposal(ctx, who, c.ID)
		if errors.Is(err, application.ErrNoProposal) {
			return stateOf(c, false), nil
		}
		return stateOf(c, err == nil), err
	})
}
