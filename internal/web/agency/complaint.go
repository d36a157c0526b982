package agency

import (
	"context"
	"net/http"
	"slices"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

const complaints = "/desk/complaints"

type complaintsView struct {
	Frame    ui.Desk
	Head     ui.Head
	Stranded *ui.Alert // complaints that nobody at this desk may decide
	Lists    []complaintList
}

type complaintList struct {
	Table ui.Table
	Pages ui.Pagination
}

type complaintView struct {
	Frame    ui.Desk
	Head     ui.Head
	CaseURL  string
	List     []complaintCard
	Rule     bool      // whoever looks may decide it
	Why      *ui.Alert // why they may not
	Action   string
	Reasons  string // how much can be written
	Note     string
	Outcome  string // as typed
	Typed    application.Ruling
	Outcomes []ui.Choice
	Officers []ui.Choice
	Errors   ui.Errors
}

type complaintCard struct {
	Facts []ui.Fact
	Words []passage
}

// passage is what somebody wrote.
type passage struct {
	Title string
	Lines []string
}

// complaintNotice is what the page of a case says of its last complaint.
type complaintNotice struct {
	Alert ui.Alert
	Note  []string // of the head's, to whoever has the case now
	URL   string
	Bars  bool // whoever looks from the case
}

// complaints lists those of the agency: which wait, and which were decided.
func (p *Pages) complaints(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	v := complaintsView{Head: ui.Head{Title: i18n.T(ctx, "desk.complaints.link"), Text: i18n.T(ctx, "desk.complaints.text")}}
	var err error
	if v.Frame, err = p.frame(ctx, v.Head.Title, complaints); err != nil {
		return err
	}
	for _, open := range []bool{true, false} {
		name := "decided"
		if open {
			name = "open"
		}
		found, err := pageAt(application.MarkOf(r.URL.Query().Get(name)), func(l application.ComplaintsListed) int { return len(l.Lines) }, func(from *application.Mark) (application.ComplaintsListed, error) {
			return p.Applications.DeskComplaints(ctx, who, open, from, most)
		})
		if err != nil {
			return err
		}
		list := found.Lines
		if len(list) == 0 {
			continue
		}
		caption := "desk.complaints." + name
		t := ui.Table{Caption: i18n.T(ctx, caption), Stack: true}
		for _, key := range []string{"desk.complaints.case", "desk.complaint.ground", "portal.complaint.made", "portal.complaint.due", "portal.complaint.state"} {
			t.Columns = append(t.Columns, ui.Column{Label: i18n.T(ctx, key)})
		}
		for _, x := range list {
			state := i18n.T(ctx, "portal.complaint.state."+string(x.State))
			switch {
			case x.Stranded:
				state = i18n.T(ctx, "desk.complaints.waits_head")
			case x.Own && open:
				state = i18n.T(ctx, "desk.complaints.own")
			}
			row := ui.Row{Cells: []ui.Cell{{Text: x.Number, URL: address(x.CaseID) + "/complaint"}, {Text: i18n.T(ctx, "portal.complaint.ground."+string(x.Ground))}, {Text: i18n.Date(ctx, x.MadeAt)}, {Text: i18n.Date(ctx, x.DueAt)}, {Text: state}}}
			if open && x.DueAt.Before(p.DB.Now()) {
				row.Tone = ui.Danger
			}
			t.Rows = append(t.Rows, row)
		}
		if waits := stranded(list); waits > 0 {
			v.Stranded = &ui.Alert{Tone: ui.Warning, Title: i18n.N(ctx, "desk.complaints.stranded", waits), Text: i18n.T(ctx, "desk.complaints.stranded_text")}
		}
		on := pages(complaints+"?"+name+"=", found.Prev, found.Next)
		on.Label = t.Caption
		v.Lists = append(v.Lists, complaintList{t, on})
	}
	return web.Render(w, r, http.StatusOK, complaintsPage(v))
}

// stranded counts the complaints that wait for a head who is not there.
func stranded(list []application.ComplaintLine) int {
	n := 0
	for _, x := range list {
		if x.Stranded {
			n++
		}
	}
	return n
}

func (p *Pages) complaint(w http.ResponseWriter, r *http.Request) error {
	return p.showComplaint(w, r, "", application.Ruling{}, nil)
}

// showComplaint shows what was complained of. That the officer looked is recorded, as it is of the case.
func (p *Pages) showComplaint(w http.ResponseWriter, r *http.Request, outcome string, typed application.Ruling, errs ui.Errors) error {
	ctx := r.Context()
	who := access.From(ctx)
	c, err := p.Applications.Look(ctx, who, r.PathValue("id"))
	if err != nil {
		return err
	}
	web.Note(ctx, "case", c.ID)
	list, err := p.Applications.Complaints(ctx, who, c.ID)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return application.ErrNoComplaint
	}
	v := complaintView{CaseURL: address(c.ID), Action: address(c.ID) + "/complaint", Outcome: outcome, Typed: typed, Errors: errs,
		Head: ui.Head{Trail: []ui.Link{{Label: i18n.T(ctx, "desk.complaints.link"), URL: complaints}}, Title: i18n.T(ctx, "desk.complaint.page", "number", c.Number), Text: c.Def.Title.In(ctx)}}
	if v.Frame, err = p.frame(ctx, v.Head.Title, complaints); err != nil {
		return err
	}
	for _, x := range list {
		v.List = append(v.List, p.complaintCard(ctx, x))
	}
	if last := list[len(list)-1]; last.State == application.ComplaintOpen {
		if err := p.ruling(ctx, &v, who, c, last); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if len(errs) > 0 {
		v.Frame.Invalid, status = true, http.StatusUnprocessableEntity
	}
	return web.Render(w, r, status, complaintPage(v))
}

// ruling is the form by which a head decides, or why whoever looks does not.
func (p *Pages) ruling(ctx context.Context, v *complaintView, who access.Actor, c application.Case, x application.Complaint) error {
	stranded, err := p.Applications.Stranded(ctx, x)
	if err != nil {
		return err
	}
	switch {
	case stranded:
		v.Why = &ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "desk.complaint.stranded"), Text: i18n.T(ctx, "desk.complaints.stranded_text")}
	case who.May(access.LeadDesk) != nil:
		v.Why = &ui.Alert{Title: i18n.T(ctx, "desk.complaint.head_only")}
	case x.Bars(who.ID):
		v.Why = &ui.Alert{Title: i18n.T(ctx, "complaint.own")}
	}
	if v.Rule = v.Why == nil; !v.Rule {
		return nil
	}
	most := p.Applications.Policy.Cases.ComplaintAnswer
	v.Reasons, v.Note = i18n.T(ctx, "desk.complaint.reasons_text", "most", most), i18n.T(ctx, "desk.complaint.note_text", "most", most)
	v.Outcomes = []ui.Choice{{Value: "uphold", Label: i18n.T(ctx, "desk.complaint.uphold")}, {Value: "dismiss", Label: i18n.T(ctx, "desk.complaint.dismiss")}}
	officers, err := p.Applications.Colleagues(ctx, who, c.Service)
	if err != nil {
		return err
	}
	for _, e := range officers {
		if !x.Bars(e.ID) {
			v.Officers = append(v.Officers, ui.Choice{Value: e.ID, Label: e.Name})
		}
	}
	return nil
}

func (p *Pages) complaintCard(ctx context.Context, x application.Complaint) complaintCard {
	var out complaintCard
	out.Facts = []ui.Fact{
		{Label: i18n.T(ctx, "portal.complaint.state"), Value: i18n.T(ctx, "portal.complaint.state."+string(x.State))},
		{Label: i18n.T(ctx, "desk.complaint.ground"), Value: i18n.T(ctx, "portal.complaint.ground."+string(x.Ground))},
		{Label: i18n.T(ctx, "portal.complaint.made"), Value: web.Moment(ctx, x.MadeAt)},
		{Label: i18n.T(ctx, "portal.complaint.due"), Value: i18n.Date(ctx, x.DueAt)},
	}
	if x.State != application.ComplaintOpen {
		out.Facts = append(out.Facts, ui.Fact{Label: i18n.T(ctx, "portal.complaint.decided"), Value: web.Moment(ctx, x.DecidedAt) + " · " + p.name(ctx, x.Handler)})
	}
	for _, w := range []struct{ key, text string }{{"portal.complaint.own_words", x.Text}, {"portal.complaint.answer", x.Answer}, {"desk.complaint.note_was", x.Note}} {
		if w.text != "" {
			out.Words = append(out.Words, passage{i18n.T(ctx, w.key), web.Paragraphs(w.text)})
		}
	}
	return out
}

// complained is what of complaints the page of a case says: that one waits, or what the head wrote to whoever has the case now.
func (p *Pages) complained(ctx context.Context, who access.Actor, c application.Case) (*complaintNotice, error) {
	list, err := p.Applications.Complaints(ctx, who, c.ID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	x := list[len(list)-1]
	v := &complaintNotice{URL: address(c.ID) + "/complaint", Alert: ui.Alert{Title: i18n.T(ctx, "desk.complaint.case."+string(x.State)), Text: i18n.T(ctx, "desk.complaint.answer_by", "due", i18n.Date(ctx, x.DueAt))}}
	switch {
	case x.State != application.ComplaintOpen && slices.ContainsFunc(list, func(x application.Complaint) bool { return x.State == application.ComplaintUpheld && x.Bars(who.ID) }):
		v.Alert.Tone, v.Alert.Text, v.Bars = ui.Warning, i18n.T(ctx, "complaint.first"), true
	case x.State == application.ComplaintOpen:
		v.Alert.Tone = ui.Warning
	default:
		v.Alert.Text, v.Note = "", web.Paragraphs(x.Note)
	}
	return v, nil
}

// judge decides it.
func (p *Pages) judge(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	outcome := f.Get("outcome")
	typed := application.Ruling{Uphold: outcome == "uphold", Reasons: f.Get("reasons"), Note: f.Get("note"), To: f.Get("officer")}
	if outcome != "uphold" && outcome != "dismiss" {
		return p.showComplaint(w, r, "", typed, ui.Errors{{Name: "outcome", Text: i18n.T(ctx, "desk.complaint.outcome_missing")}})
	}
	x, err := p.Applications.Judge(ctx, access.From(ctx), r.PathValue("id"), typed)
	if fault.KindOf(err) == fault.InvalidInput {
		errs, _ := web.Refused(ctx, err, "")
		return p.showComplaint(w, r, outcome, typed, errs)
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, "desk.complaint.done")
	return web.Redirect(w, r, address(x.CaseID)+"/complaint")
}
