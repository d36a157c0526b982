package portal

import (
	"context"
	"net/http"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

type complainView struct {
	Page    ui.Page
	Head    ui.Head
	Text    string
	Form    ui.Form
	Grounds []ui.Choice
	Typed   application.NewComplaint
	Hint    string // how much can be written
	Errors  ui.Errors
}

// complaintView is what the page of a case says of complaints.
type complaintView struct {
	ID   string // of the case
	May  bool   // one can be made
	Seen string // tells one look at them from another
	List []complaintCard
}

type complaintCard struct {
	Facts    []ui.Fact
	Answer   []string
	Words    []string // the person's own
	Stranded bool     // waits for another head
	Court    bool     // dismissed: where to go next
}

// complainPage asks what the complaint is about.
func (p *Pages) complainPage(w http.ResponseWriter, r *http.Request) error {
	return p.showComplain(w, r, application.NewComplaint{}, nil)
}

func (p *Pages) showComplain(w http.ResponseWriter, r *http.Request, typed application.NewComplaint, errs ui.Errors) error {
	ctx := r.Context()
	c, grounds, err := p.Applications.MayComplain(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	web.Note(ctx, "case", c.ID)
	limits := p.Applications.Policy.Cases
	v := complainView{Page: actedFrame(ctx, c, "portal.complaint.page", "number", c.Number), Errors: errs, Typed: typed, Form: ui.Form{Action: local("applications", c.ID, "complaint")},
		Head: ui.Head{Trail: []ui.Link{{Label: i18n.T(ctx, "portal.case.number", "number", c.Number), URL: local("applications", c.ID)}}, Title: i18n.T(ctx, "portal.complaint.title"), Text: c.Def.Title.In(ctx)},
		Text: i18n.T(ctx, "portal.complaint.text", "days", limits.ComplaintDays, "papers", limits.ComplaintDaysPapers), Hint: i18n.T(ctx, "portal.complaint.words_text", "most", limits.ComplaintText)}
	for _, g := range grounds {
		v.Grounds = append(v.Grounds, ui.Choice{Value: string(g), Label: i18n.T(ctx, "portal.complaint.ground."+string(g))})
	}
	status := http.StatusOK
	if len(errs) > 0 {
		v.Page.Invalid, status = true, http.StatusUnprocessableEntity
	}
	return web.Render(w, r, status, complainPage(v))
}

// complain sends it.
func (p *Pages) complain(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	typed := application.NewComplaint{Ground: application.Ground(f.Get("ground")), Text: f.Get("text")}
	x, err := p.Applications.Complain(ctx, access.From(ctx), r.PathValue("id"), typed)
	if errs, ok := web.Refused(ctx, err, ""); ok {
		return p.showComplain(w, r, typed, errs)
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.complaint.sent")
	return web.Redirect(w, r, local("applications", x.CaseID))
}

// complaintState tells one look at the complaints of a case from another; "" without any.
func complaintState(list []application.Complaint) string {
	s := ""
	for _, x := range list {
		s += "." + string(x.State)
	}
	return s
}

// complaints are those of the case, and whether another can be made.
func (p *Pages) complaints(ctx context.Context, who access.Actor, caseID string) (complaintView, error) {
	v := complaintView{ID: caseID}
	list, err := p.Applications.Complaints(ctx, who, caseID)
	if err != nil {
		return v, err
	}
	v.Seen = complaintState(list)
	for _, x := range list {
		card := complaintCard{Court: x.State == application.ComplaintDismissed, Answer: web.Paragraphs(x.Answer), Words: web.Paragraphs(x.Text), Facts: []ui.Fact{
			{Label: i18n.T(ctx, "portal.complaint.state"), Value: i18n.T(ctx, "portal.complaint.state."+string(x.State))},
			{Label: i18n.T(ctx, "portal.complaint.ground"), Value: i18n.T(ctx, "portal.complaint.ground."+string(x.Ground))},
			{Label: i18n.T(ctx, "portal.complaint.made"), Value: web.Moment(ctx, x.MadeAt)}}}
		if x.State == application.ComplaintOpen {
			card.Facts = append(card.Facts, ui.Fact{Label: i18n.T(ctx, "portal.complaint.due"), Value: i18n.Date(ctx, x.DueAt)})
			if card.Stranded, err = p.Applications.Stranded(ctx, x); err != nil {
				return v, err
			}
		} else {
			card.Facts = append(card.Facts, ui.Fact{Label: i18n.T(ctx, "portal.complaint.decided"), Value: web.Moment(ctx, x.DecidedAt)})
		}
		v.List = append(v.List, card)
	}
	_, _, err = p.Applications.MayComplain(ctx, who, caseID)
	if _, refused := fault.Of(err); err != nil && !refused {
		return v, err
	}
	v.May = err == nil
	return v, nil
}
