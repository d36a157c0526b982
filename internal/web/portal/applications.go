package portal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/document"
	"okno/internal/i18n"
	"okno/internal/procedure"
	"okno/internal/signin"
	"okno/internal/wallet/kind"
	"okno/internal/web"
	"okno/internal/web/ui"
)

type applicationsView struct {
	Page   ui.Page
	Cases  []ui.Item
	Drafts []ui.Item
}

func (p *Pages) applications(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	cases, err := p.Applications.List(ctx, p.DB, who, mostCases)
	if err != nil {
		return err
	}
	drafts, err := p.Applications.Open(ctx, p.DB, who)
	if err != nil {
		return err
	}
	v := applicationsView{Page: frame(ctx, "portal.applications.title")}
	snils, at, err := p.snilsItem(ctx, who, cases)
	if err != nil {
		return err
	}
	for _, c := range cases {
		if snils != nil && at.After(c.SubmittedAt) {
			v.Cases, snils = append(v.Cases, *snils), nil
		}
		v.Cases = append(v.Cases, caseItem(ctx, c))
	}
	if snils != nil {
		v.Cases = append(v.Cases, *snils)
	}
	of := p.wardsOnce(ctx, who)
	others, _, err := p.begunFor(ctx, who, "", of)
	if err != nil {
		return err
	}
	orphans, err := p.orphanItems(ctx, who, of)
	if err != nil {
		return err
	}
	v.Drafts = slices.Concat(p.draftItems(ctx, drafts), others, orphans)
	return web.Render(w, r, http.StatusOK, applicationsPage(v))
}

// draftItems are drafts by their service, with when each was saved.
func (p *Pages) draftItems(ctx context.Context, drafts map[string]time.Time) []ui.Item {
	var out []ui.Item
	for _, def := range p.Catalogue.All() {
		if at, ok := drafts[def.Code]; ok {
			out = append(out, p.draftItem(ctx, def, "", at))
		}
	}
	return out
}

type caseView struct {
	Page    ui.Page
	Live    ui.Live
	Title   string
	Line    string // number, agency, date
	ID      string
	Turn    ui.Turn
	Waiting string // a register that is away, or why nothing was sent yet

	WaitingTitle string
	Reason       *reasonView
	Events       []ui.Event
	Groups       []group
	Papers       []ui.Item
	Files        ui.Files
	Withdraw     string          // words of the button, "" when it cannot be withdrawn
	Deeds        []ui.LinkButton // what else the applicant may do
	Reapply      bool
	Amend        string // words of the button that leads to what the agency asks for, "" when it asks for nothing
	Asked        string // the officer's words
	Changed      []ui.Fact

	Parts []ui.Item      // the cases that it consists of
	Next  *ui.LinkButton // to the part in which it is the person's turn
	Whole string         // address of the case of which this one is a part, "" when it is none

	Complaints complaintView
}

type reasonView struct{ Title, Law, Remedy, Advice string }

func (p *Pages) application(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	c, err := p.Applications.Get(ctx, who, r.PathValue("id"))
	if err != nil {
		return err
	}
	web.Note(ctx, "case", c.ID)
	papers, err := p.Papers.OfCase(ctx, p.DB, c.AccountID, c.ID)
	if err != nil {
		return err
	}
	st, filed := c.Step(), c.Form(p.Zone)
	v := caseView{Page: actedFrame(ctx, c, "portal.case.page", "number", c.Number, "title", c.Def.Title), Title: c.Def.Title.In(ctx), ID: c.ID, Reapply: st.Reapply,
		Line:   i18n.T(ctx, "portal.case.line", "number", c.Number, "agency", c.Def.Owner.Short, "when", web.Moment(ctx, c.SubmittedAt)),
		Turn:   turn(ctx, c),
		Live:   ui.Live{ID: "case", Attrs: caseAttrs(c)},
		Groups: answers(ctx, filed, c.Content.Answers, c.Content.Disputes, ""), Changed: changes(ctx, c, p.Zone), Events: timeline(ctx, c)}
	if _, offered := p.Catalogue.ByCode(c.Service); !offered {
		v.Reapply = false // there is nothing to apply for
	}
	if a, ok := c.Amending(); ok {
		v.Amend, v.Asked = a.Title.In(ctx), c.Content.Advice
	}
	if c.Failed > 0 && c.Outcome == "" {
		v.WaitingTitle, v.Waiting = i18n.T(ctx, "portal.case.register_away_title"), i18n.N(ctx, "portal.case.register_away", c.Failed)
	}
	if c.Waits != "" && c.Outcome == "" {
		v.WaitingTitle, v.Waiting = i18n.T(ctx, "portal.case.unsent_title"), i18n.T(ctx, "portal.case.unsent."+c.Waits, "when", web.Moment(ctx, c.WaitsUntil))
	}
	if reason, ok := c.Def.Reason(c.Content.Reason); ok && c.Outcome == procedure.Refused {
		v.Reason = &reasonView{reason.Title.In(ctx), reason.Law.In(ctx), reason.Remedy.In(ctx), c.Content.Advice}
	}
	for _, a := range c.Def.Actions(c.State, procedure.ByApplicant) {
		switch {
		case a.Event == withdrawal:
			v.Withdraw = a.Title.In(ctx)
		case !a.Amends:
			b := ui.LinkButton{Label: a.Title.In(ctx), URL: local("applications", c.ID, "do", string(a.Event)), Variant: ui.Secondary}
			if a.Tone == procedure.TonePrimary {
				b.Variant = ui.Primary
			}
			v.Deeds = append(v.Deeds, b)
		}
	}
	for _, d := range papers {
		v.Papers = append(v.Papers, paperItemFor(ctx, d, actedID(ctx, c)))
	}
	if v.Complaints, err = p.complaints(ctx, who, c.ID); err != nil {
		return err
	}
	if v.Complaints.May && overdue(ctx, c) {
		v.Turn.Text += " " + i18n.T(ctx, "portal.case.overdue_complain")
	}
	parts, err := p.Applications.Parts(ctx, p.DB, who, c)
	if err != nil {
		return err
	}
	for _, x := range parts {
		v.Parts = append(v.Parts, p.partItem(ctx, c, x))
		if x.Case != nil && x.Case.Outcome == "" && x.Case.Turn == procedure.TurnApplicant { // the person may know the whole alone
			v.Turn, v.Next = turn(ctx, *x.Case), &ui.LinkButton{Label: i18n.T(ctx, "portal.part.go"), URL: local("applications", x.Case.ID)}
		}
	}
	if c.Parent != "" {
		v.Whole = local("applications", c.Parent)
	}
	v.Live.Events = local("applications", c.ID, "events") + "?seen=" + web.Seen(stateOf(c)+v.Complaints.Seen+partsState(parts))
	if p.Attachments != nil {
		list, err := p.Attachments.OfCase(ctx, who, c.ID)
		if err != nil {
			return err
		}
		v.Files = filedFiles(ctx, c.Def, list)
	}
	return web.Render(w, r, http.StatusOK, casePage(v))
}

// withdrawal is the event by which applicants take their application back.
const withdrawal = procedure.Event("withdraw")

// stateOf tells one look at a case from another.
func stateOf(c application.Case) string {
	seen := strconv.FormatInt(c.Version, 10) + "." + strconv.Itoa(c.Failed)
	if c.Waits != "" {
		seen += "." + c.Waits + "." + strconv.FormatInt(c.WaitsUntil.Unix(), 10)
	}
	return seen
}

// partsState is stateOf of the parts of a case.
func partsState(parts []application.Part) string {
	var out string
	for _, x := range parts {
		if x.Case != nil {
			out += "," + stateOf(*x.Case)
		}
	}
	return out
}

// partItem is a part of a case as a line of its page: its own case, or that it has not begun.
func (p *Pages) partItem(ctx context.Context, whole application.Case, x application.Part) ui.Item {
	if x.Case != nil {
		item := caseItem(ctx, *x.Case)
		item.Text = i18n.T(ctx, "portal.case.number", "number", x.Case.Number) + " · " + x.Case.Def.Owner.Short.In(ctx) + " · " + x.Case.Step().Title.In(ctx)
		return item
	}
	item := ui.Item{Title: x.Service, Text: i18n.T(ctx, "portal.part.next")}
	if x.Def != nil {
		item.Title = x.Def.Title.In(ctx)
	}
	wanted := x.When.Holds(whole.Form(p.Zone).See(whole.Content.Answers))
	switch {
	case wanted && slices.ContainsFunc(whole.Events, func(e application.Event) bool { return e.State == x.State }) && whole.State != x.State:
		item.Text = i18n.T(ctx, "portal.part.failed") // it was its turn, and it has no case
	case whole.Outcome != "" || !wanted:
		item.Text = i18n.T(ctx, "portal.part.none")
	}
	return item
}

// caseAttrs are what outside checks and scripts read of a case.
func caseAttrs(c application.Case) map[string]any {
	attrs := map[string]any{"data-case": c.Number, "data-state": string(c.State), "data-turn": string(c.Turn)}
	if c.Outcome != "" {
		attrs["data-turn"], attrs["data-outcome"] = string(procedure.TurnNone), string(c.Outcome)
	}
	return attrs
}

func turn(ctx context.Context, c application.Case) ui.Turn {
	st := c.Step()
	t := ui.Turn{Whose: ui.Whose(c.Turn), Title: st.Title.In(ctx), Text: st.Explain.In(ctx)}
	switch c.Outcome {
	case procedure.Granted:
		t.Whose, t.Tone = ui.Nobody, ui.Success
	case procedure.Refused:
		t.Whose, t.Tone = ui.Nobody, ui.Danger
	case procedure.Withdrawn:
		t.Whose, t.Tone = ui.Nobody, ui.Neutral
	}
	switch {
	case overdue(ctx, c):
		t.Text += " " + i18n.T(ctx, "portal.case.overdue", "date", i18n.Date(ctx, c.DueAt))
	case !c.DueAt.IsZero() && c.Outcome == "" && c.Turn != procedure.TurnSystem:
		t.Text += " " + i18n.T(ctx, "portal.case.due", "date", i18n.Date(ctx, c.DueAt))
	}
	return t
}

// overdue reports whether the agency has let the deadline of the case pass.
func overdue(ctx context.Context, c application.Case) bool {
	return slices.Contains(c.Grounds(web.Now(ctx)), application.AgainstDelay)
}

// timeline is how the case went, and how it will go on to a success.
func timeline(ctx context.Context, c application.Case) []ui.Event {
	var out []ui.Event
	for i, e := range c.Events {
		x := ui.Event{Phase: ui.Done, Title: e.Title.In(ctx), Text: web.Moment(ctx, e.At)}
		if i == len(c.Events)-1 && c.Outcome == "" {
			x.Phase = ui.Now
		}
		out = append(out, x)
	}
	if c.Outcome != "" {
		return out
	}
	for _, st := range c.Def.Ahead(c.State) {
		out = append(out, ui.Event{Phase: ui.Next, Title: st.Title.In(ctx)})
	}
	return out
}

func (p *Pages) applicationEvents(w http.ResponseWriter, r *http.Request) error {
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
		list, err := p.Applications.Complaints(ctx, who, c.ID)
		if err != nil {
			return "", err
		}
		parts, err := p.Applications.Parts(ctx, p.DB, who, c)
		return stateOf(c) + complaintState(list) + partsState(parts), err
	})
}

type askView struct {
	Page                       ui.Page
	Title, Text, Action, Label string
	Tone                       ui.Tone // Danger where something is lost by it
	Hidden                     []ui.Hidden
	Back                       string
	Stay                       string // on the link that leads back; "" for the usual words
}

// deedPage asks once more before the applicant does something with their case.
func (p *Pages) deedPage(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, err := p.Applications.Get(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	for _, a := range c.Def.Actions(c.State, procedure.ByApplicant) {
		if string(a.Event) != r.PathValue("event") || a.Amends {
			continue
		}
		v := askView{Page: actedFrame(ctx, c, "portal.service.page", "title", a.Title), Title: a.Title.In(ctx), Text: a.Confirm.In(ctx), Action: r.URL.Path, Label: a.Title.In(ctx), Back: local("applications", c.ID)}
		if a.Tone == procedure.ToneDanger {
			v.Tone = ui.Danger
		}
		return web.Render(w, r, http.StatusOK, askPage(v))
	}
	return web.Redirect(w, r, local("applications", c.ID)) // it cannot be done any more, and the page shows why
}

func (p *Pages) deed(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, err := p.Applications.Do(ctx, access.From(ctx), r.PathValue("id"), application.Act{Event: procedure.Event(r.PathValue("event"))})
	if err != nil {
		return err
	}
	said := "portal.case.deed_done"
	if c.Outcome == procedure.Withdrawn {
		said = "portal.case.withdrawn_done"
	}
	web.Say(r, ui.Success, said)
	return web.Redirect(w, r, "/applications/"+c.ID)
}

// reapplyPage asks whoever has a draft of the service open what is to become of it.
func (p *Pages) reapplyPage(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, err := p.Applications.Get(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	title := i18n.T(ctx, "portal.case.reapply_instead")
	return web.Render(w, r, http.StatusOK, askPage(askView{Page: actedFrame(ctx, c, "portal.service.page", "title", title), Title: title,
		Text: i18n.T(ctx, "portal.case.reapply_text", "title", c.Def.Title, "number", c.Number), Action: r.URL.Path, Hidden: []ui.Hidden{{Name: "instead", Value: "yes"}}, Tone: ui.Danger,
		Label: i18n.T(ctx, "portal.case.reapply_button"), Back: actingAtFor(actedID(ctx, c), "services", c.Def.Slug, "apply"), Stay: i18n.T(ctx, "portal.case.reapply_draft")}))
}

func (p *Pages) reapply(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	d, err := p.Applications.Reapply(ctx, access.From(ctx), r.PathValue("id"), f.Get("instead") != "")
	if errors.Is(err, application.ErrOpenDraft) {
		return web.Redirect(w, r, r.URL.Path)
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Info, "portal.case.copied")
	return web.Redirect(w, r, actingAtFor(d.For, "services", d.Def.Slug, "apply", d.Form.Next(d.Answers, "")))
}

type receiptView struct {
	Page    ui.Page
	Receipt ui.Receipt
	ID      string
}

func (p *Pages) receipt(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, err := p.Applications.Get(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	v := receiptView{Page: actedFrame(ctx, c, "portal.receipt.page", "number", c.Number), ID: c.ID, Receipt: ui.Receipt{
		Title: i18n.T(ctx, "portal.receipt.title"), Number: i18n.T(ctx, "portal.case.number", "number", c.Number), Note: i18n.T(ctx, "portal.receipt.note"),
		Facts: ui.Facts{Wide: true, List: []ui.Fact{
			{Label: i18n.T(ctx, "portal.receipt.service"), Value: c.Def.Title.In(ctx)},
			{Label: i18n.T(ctx, "portal.service.agency"), Value: c.Def.Owner.Name.In(ctx)},
			{Label: i18n.T(ctx, "portal.receipt.applicant"), Value: fullName(c.Content.Profile)},
			{Label: i18n.T(ctx, "portal.receipt.by"), Value: representative(c.Content.Profile)},
			{Label: i18n.T(ctx, "portal.receipt.filed"), Value: i18n.DateTime(ctx, c.SubmittedAt)},
			{Label: i18n.T(ctx, "portal.service.term"), Value: c.Def.Catalog.Processing.Text.In(ctx)},
		}}}}
	v.Receipt.Facts.List = slices.DeleteFunc(v.Receipt.Facts.List, func(f ui.Fact) bool { return f.Value == "" })
	return web.Render(w, r, http.StatusOK, receiptPage(v))
}

func fullName(p procedure.Profile) string {
	return namesOf(p, procedure.Surname, procedure.GivenName, procedure.Patronymic)
}

// representative is the full name of whoever applied for the applicant, "" when they did themselves.
func representative(p procedure.Profile) string {
	return namesOf(p, procedure.RepresentativeSurname, procedure.RepresentativeGivenName, procedure.RepresentativePatronymic)
}

func namesOf(p procedure.Profile, names ...procedure.Fact) string {
	var words []string
	for _, f := range names {
		if x := p[f].Value; x != "" {
			words = append(words, x)
		}
	}
	return strings.Join(words, " ")
}

func (p *Pages) receiptPDF(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	c, err := p.Applications.Get(ctx, who, r.PathValue("id"))
	if err != nil {
		return err
	}
	a, err := p.Accounts.Get(ctx, p.DB, c.AccountID)
	if err != nil {
		return err
	}
	body, err := p.Papers.Print(ctx, document.Receipt{Number: c.Number, Service: c.Def.Title, Agency: c.Def.Owner.Name, Person: a.Profile, By: representative(c.Content.Profile), SubmittedAt: c.SubmittedAt,
		Term: c.Def.Catalog.Processing.Text, Link: web.Absolute(ctx, "/applications/"+c.ID)}, i18n.From(ctx))
	if err != nil {
		return err
	}
	return pdf(w, r, i18n.T(ctx, "portal.receipt.file", "number", c.Number), c.SubmittedAt, bytes.NewReader(body))
}

// pdf answers with a file to be kept.
func pdf(w http.ResponseWriter, r *http.Request, name string, at time.Time, body *bytes.Reader) error {
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	http.ServeContent(w, r, "", at, body)
	return nil
}

func paperItem(ctx context.Context, d document.Document) ui.Item { return paperItemFor(ctx, d, "") }

// paperItemFor is a paper of an account for which the person acts.
func paperItemFor(ctx context.Context, d document.Document, forID string) ui.Item {
	return ui.Item{Title: paperTitle(ctx, d), URL: actingAtFor(forID, "documents", d.ID), Icon: ui.IconFileCheck,
		Text: fmt.Sprintf("%s · %s · %s", d.Number, d.Agency.In(ctx), i18n.Date(ctx, d.IssuedAt)), Tag: &ui.Tag{Label: i18n.T(ctx, d.State.Key()), Tone: paperTone(d.State)}}
}

func paperTitle(ctx context.Context, d document.Document) string {
	return d.Title.In(ctx) + " " + d.Subtitle.In(ctx)
}

func paperTone(s document.State) ui.Tone {
	if s == document.Valid {
		return ui.Success
	}
	return ui.Danger
}

// document is the PDF of a paper. It is saved, not shown, so that whoever has to show a second factor first comes back to a page with its button
// instead: a browser that saves a file stays where it was.
func (p *Pages) document(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, body, err := p.Papers.Open(ctx, access.From(ctx), r.PathValue("id"))
	if errors.Is(err, signin.ErrSealed) {
		return web.Redirect(w, r, web.SecondThen(actingPrefix(access.From(ctx).For)+paperPath+r.PathValue("id")))
	}
	if err != nil {
		return err
	}
	return pdf(w, r, d.Name, d.IssuedAt, body)
}

type paperView struct {
	Page  ui.Page
	Title string
	Tag   ui.Tag
	Facts []ui.Fact
	PDF   string
	Back  string // to all of them
	Share string // address at which it is shown to others, "" without a wallet

	Uses, Shares, Others []ui.Item // where it went, to whom it was shown, and which papers came before it and after
}

// paper is the page of an issued paper, with what lists say of it. What it says itself is in the PDF, which is sealed.
func (p *Pages) paper(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := p.Papers.Get(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	x := paperItemFor(ctx, d, access.From(ctx).For)
	v := paperView{Page: frame(ctx, "portal.service.page", "title", x.Title), Title: x.Title, Tag: *x.Tag, PDF: x.URL, Back: documentsPath, Facts: []ui.Fact{
		{Label: i18n.T(ctx, "portal.check.number"), Value: d.Number}, {Label: i18n.T(ctx, "portal.check.issuer"), Value: d.Agency.In(ctx)}, {Label: i18n.T(ctx, "portal.check.date"), Value: i18n.Date(ctx, d.IssuedAt)},
	}}
	if child := access.From(ctx).For; child != "" {
		v.Back = childrenPath + "/" + child
	}
	if err := p.paperHistory(ctx, d, &v); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, paperPage(v))
}

// paperHistory is where the paper went, to whom it was shown, and the papers of the same chain: what it replaced, and what replaced it.
func (p *Pages) paperHistory(ctx context.Context, d document.Document, v *paperView) error {
	who := access.From(ctx)
	all, err := p.Papers.List(ctx, who)
	if err != nil {
		return err
	}
	for _, x := range chain(all, d) {
		item := paperItemFor(ctx, x, who.For)
		item.URL = whosePath(ctx, paperPath) + x.ID
		v.Others = append(v.Others, item)
	}
	if p.Wallet == nil {
		return nil
	}
	v.Share = whosePath(ctx, paperPath) + d.ID + "/share"
	uses, err := p.Wallet.UsesOfPaper(ctx, who, d.ID)
	if err != nil {
		return err
	}
	v.Uses = useItems(ctx, uses)
	shares, err := p.Wallet.Shares(ctx, who, d.ID)
	for _, x := range shares {
		v.Shares = append(v.Shares, p.shareItem(ctx, shownWords(ctx, kind.Kind{}, x.Showing), x))
	}
	return err
}

// chain is the papers of which one replaced the other that d is one of, the newest first, without d.
func chain(all []document.Document, d document.Document) []document.Document {
	in := map[string]bool{d.ID: true}
	for next := d.SupersededBy; next != "" && !in[next]; {
		in[next] = true
		i := slices.IndexFunc(all, func(x document.Document) bool { return x.ID == next })
		if next = ""; i >= 0 {
			next = all[i].SupersededBy
		}
	}
	for found := true; found; { // as often as one was replaced
		found = false
		for _, x := range all {
			if in[x.SupersededBy] && !in[x.ID] {
				in[x.ID], found = true, true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(x document.Document) bool { return x.ID == d.ID || !in[x.ID] })
}

type checkView struct {
	Page  ui.Page
	State ui.Alert
	Title string
	Facts []ui.Fact
}

// check is the public page behind the QR code of a paper: no more than the paper says, the name masked.
func (p *Pages) check(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	ctx := r.Context()
	d, err := p.Papers.ByToken(access.With(ctx, web.Actor(ctx)), r.PathValue("token"))
	if err != nil {
		return err
	}
	if d.Erased {
		return web.Render(w, r, http.StatusOK, checkPage(p.erased(ctx, d)))
	}
	v := checkView{Page: frame(ctx, "portal.check.title"), Title: d.Title.In(ctx) + " " + d.Subtitle.In(ctx),
		State: ui.Alert{Tone: paperTone(d.State), Title: i18n.T(ctx, "portal.check."+string(d.State)), Text: i18n.T(ctx, "portal.check.compare")}}
	fact := func(key, value string) { v.Facts = append(v.Facts, ui.Fact{Label: i18n.T(ctx, key), Value: value}) }
	fact("portal.check.number", d.Number)
	fact("portal.check.holder", d.Holder)
	fact("portal.check.issuer", d.Agency.In(ctx))
	fact("portal.check.date", i18n.Date(ctx, d.IssuedAt))
	for _, f := range d.Facts {
		v.Facts = append(v.Facts, ui.Fact{Label: f.Label.In(ctx), Value: f.Value.In(ctx)})
	}
	return web.Render(w, r, http.StatusOK, checkPage(v))
}

// erased is the page of a paper whose owner is not known any more: that it was issued, and when it counts no more.
func (p *Pages) erased(ctx context.Context, d document.Public) checkView {
	v := checkView{Page: frame(ctx, "portal.check.title"), Title: d.Title.In(ctx),
		State: ui.Alert{Tone: ui.Info, Title: i18n.T(ctx, "portal.check.erased"), Text: i18n.T(ctx, "portal.check.erased_text")}}
	if d.State != document.Valid {
		v.State.Tone, v.State.Title = paperTone(d.State), i18n.T(ctx, "portal.check."+string(d.State))
	}
	for _, f := range []struct{ key, value string }{{"portal.check.number", d.Number}, {"portal.check.issuer", p.unit(ctx, d.Unit)}, {"portal.check.date", i18n.Date(ctx, d.IssuedAt)}} {
		v.Facts = append(v.Facts, ui.Fact{Label: i18n.T(ctx, f.key), Value: f.value})
	}
	return v
}

func (p *Pages) checkHelp(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, checkHelpPage(frame(r.Context(), "portal.check.title")))
}
