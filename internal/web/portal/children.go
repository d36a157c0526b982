package portal

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/mandate"
	"okno/internal/verification"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// The pages on which a parent opens and sees accounts of children (REG-13).

const (
	childrenPath = "/cabinet/children"
	requestPath  = "/cabinet/child-request/"
)

type childrenView struct {
	Page    ui.Page
	Live    ui.Live
	Text    string
	Closed  bool // the person's own account is not Confirmed
	Away    bool // the civil-status register cannot be asked: nothing new can be begun
	Unknown bool // no document has told the person's own birthday: nor can it
	Setback *web.Setback
	Paused  ui.Paused
	List    []ui.Item
	Asked   []ui.Item
}

// children lists the children of whoever asks, and what they have asked for.
func (p *Pages) children(w http.ResponseWriter, r *http.Request) error {
	return p.showChildren(w, r, http.StatusOK, nil)
}

func (p *Pages) showChildren(w http.ResponseWriter, r *http.Request, status int, s *web.Setback) error {
	ctx := r.Context()
	who := access.From(ctx)
	v := childrenView{Page: frame(ctx, "portal.children.title"), Text: i18n.T(ctx, "portal.children.text", "age", p.Policy.Children.UntilAge), Closed: who.Level != access.Confirmed, Away: !p.Mandates.Possible(), Setback: s}
	if v.Closed {
		return web.Render(w, r, status, childrenPage(v))
	}
	list, asked, state, err := p.family(ctx, who)
	if err != nil {
		return err
	}
	a, err := p.Accounts.Get(ctx, p.DB, who.ID)
	if err != nil {
		return err
	}
	if v.Paused, err = web.Paused(ctx, p.DB); err != nil {
		return err
	}
	v.Unknown = a.Profile.BirthDate == ""
	v.Live = ui.Live{ID: "children", Events: childrenPath + "/events?seen=" + web.Seen(state)}
	for _, c := range list {
		x := c.Account.Profile
		v.List = append(v.List, ui.Item{Title: x.FullName(), URL: childrenPath + "/" + c.Account.ID, Text: i18n.T(ctx, "portal.children.born", "date", form.Dotted(x.BirthDate)),
			Tag: levelTag(ctx, c.Account.Level)})
	}
	for _, q := range asked {
		v.Asked = append(v.Asked, requestItem(ctx, q))
	}
	return web.Render(w, r, status, childrenPage(v))
}

// family reads what the list shows, and tells one look at it from another.
func (p *Pages) family(ctx context.Context, who access.Actor) ([]mandate.Child, []mandate.Request, string, error) {
	list, err := p.Mandates.Children(ctx, who)
	if err != nil {
		return nil, nil, "", err
	}
	asked, err := p.Mandates.Requests(ctx, who)
	if err != nil {
		return nil, nil, "", err
	}
	var state strings.Builder
	for _, c := range list {
		state.WriteString(c.Account.ID + string(c.Account.Level) + " ")
	}
	for _, q := range asked {
		state.WriteString(q.ID + string(q.State) + string(q.Refusal) + " ")
	}
	return list, asked, state.String(), nil
}

func (p *Pages) childrenEvents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	news, stop := p.DB.Listen(mandate.Topic(who.ID))
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
		_, _, state, err := p.family(ctx, who)
		return state, err
	})
}

// levelTag is a level as a mark in a list.
func levelTag(ctx context.Context, l access.Level) *ui.Tag {
	t := &ui.Tag{Label: levelName(ctx, l), Tone: ui.Info}
	if l.AtLeast(access.Standard) {
		t.Tone, t.Icon = ui.Success, ui.IconBadgeCheck
	}
	return t
}

func requestItem(ctx context.Context, q mandate.Request) ui.Item {
	name := strings.TrimSpace(q.Papers.Surname + " " + q.Papers.GivenName)
	if name == "" {
		name = i18n.T(ctx, "portal.children.unnamed")
	}
	x := ui.Item{Title: name, URL: requestPath + q.ID, Text: i18n.T(ctx, "portal.children.begun", "date", i18n.Date(ctx, q.CreatedAt)), Tag: &ui.Tag{Label: i18n.T(ctx, "portal.children.entering"), Icon: ui.IconPencil}}
	if q.Adds() {
		x.Text = i18n.T(ctx, "portal.children.asked_adds") + " · " + x.Text
	}
	switch {
	case q.Waiting():
		x.Tag = &ui.Tag{Label: i18n.T(ctx, "portal.children.checking"), Tone: ui.Info, Icon: ui.IconHourglass}
	case q.Refusal != "":
		x.Tag = &ui.Tag{Label: i18n.T(ctx, "portal.children.refused"), Tone: ui.Danger, Icon: ui.IconCircleX}
	}
	return x
}

// addChild begins a request, or goes on with the one that was begun.
func (p *Pages) addChild(w http.ResponseWriter, r *http.Request) error {
	q, err := p.Mandates.Open(r.Context(), access.From(r.Context()))
	return p.begun(w, r, q, err)
}

// addChildSNILS begins a request that gives a child's account its SNILS.
func (p *Pages) addChildSNILS(w http.ResponseWriter, r *http.Request) error {
	q, err := p.Mandates.AddSNILS(r.Context(), access.From(r.Context()), r.PathValue("child"))
	return p.begun(w, r, q, err)
}

func (p *Pages) begun(w http.ResponseWriter, r *http.Request, q mandate.Request, err error) error {
	if errors.Is(err, mandate.ErrLevel) {
		return web.Redirect(w, r, childrenPath)
	}
	if s, ok := web.SetBack(r, err); ok {
		return p.showChildren(w, r, s.Status, s)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, requestPath+q.ID)
}

type childStepView struct {
	Page    ui.Page
	Steps   ui.Steps
	Step    mandate.Step
	Action  string
	Typed   mandate.Papers
	Must    bool // the SNILS is what is asked
	Errors  ui.Errors
	Setback *web.Setback
}

// asked is the request of the address, as long as it is open to its parent. Otherwise the browser was sent on.
func (p *Pages) asked(w http.ResponseWriter, r *http.Request) (mandate.Request, bool, error) {
	q, err := p.Mandates.Request(r.Context(), access.From(r.Context()), r.PathValue("id"))
	switch {
	case errors.Is(err, mandate.ErrLevel):
		return q, false, web.Redirect(w, r, childrenPath)
	case err != nil:
		return q, false, err
	case q.State == mandate.Left:
		return q, false, web.Redirect(w, r, childrenPath)
	case q.Ended():
		return q, false, web.Redirect(w, r, childrenPath+"/"+q.ChildID)
	}
	return q, true, nil
}

func (p *Pages) childStep(ctx context.Context, q mandate.Request, step mandate.Step, typed mandate.Papers) childStepView {
	all := q.Steps()
	i := slices.Index(all, step)
	v := childStepView{Page: frame(ctx, "portal.child.step."+string(step)), Step: step, Action: requestPath + q.ID + "/" + string(step), Typed: typed, Must: q.Adds(),
		Steps: ui.Steps{Now: i + 1, Of: len(all) + 1, Saved: true, Back: childrenPath}}
	if i > 0 {
		v.Steps.Back = requestPath + q.ID + "/" + string(all[i-1])
	}
	return v
}

func (p *Pages) childStepPage(w http.ResponseWriter, r *http.Request) error {
	q, open, err := p.asked(w, r)
	if err != nil || !open {
		return err
	}
	step := mandate.Step(r.PathValue("step"))
	if !slices.Contains(q.Steps(), step) {
		return mandate.ErrMissing
	}
	if q.Waiting() {
		return web.Redirect(w, r, requestPath+q.ID)
	}
	if step == mandate.StepCertificate && q.Papers.BirthDate == "" { // a certificate is judged by the day of birth
		return web.Redirect(w, r, requestPath+q.ID+"/"+string(mandate.StepChild))
	}
	typed := q.Papers
	typed.BirthDate, typed.IssuedAt, typed.SNILS = form.Dotted(typed.BirthDate), form.Dotted(typed.IssuedAt), form.FormatSNILS(typed.SNILS)
	return web.Render(w, r, http.StatusOK, childStepForm(p.childStep(r.Context(), q, step, typed)))
}

func (p *Pages) childStepSave(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	q, open, err := p.asked(w, r)
	if err != nil || !open {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	step := mandate.Step(r.PathValue("step"))
	typed := mandate.Papers{Surname: f.Get("surname"), GivenName: f.Get("given_name"), Patronymic: f.Get("patronymic"), BirthDate: f.Get("birth_date"), Sex: f.Get("sex"), SNILS: f.Get("snils"),
		Series: f.Get("document_series"), Number: f.Get("document_number"), IssuedAt: f.Get("document_issued_at"), IssuedBy: f.Get("document_issued_by")}
	saved, err := p.Mandates.Fill(ctx, access.From(ctx), q.ID, step, typed)
	if errs, ok := web.Refused(ctx, err, "surname"); ok {
		v := p.childStep(ctx, q, step, typed)
		v.Errors, v.Page.Invalid = errs, true
		return web.Render(w, r, http.StatusUnprocessableEntity, childStepForm(v))
	}
	switch {
	case errors.Is(err, mandate.ErrAsking), errors.Is(err, mandate.ErrIncomplete):
		return web.Redirect(w, r, requestPath+q.ID)
	case err != nil:
		return err
	}
	if next, more := saved.Next(); more {
		return web.Redirect(w, r, requestPath+q.ID+"/"+string(next))
	}
	return web.Redirect(w, r, requestPath+q.ID)
}

// snilsLater says that the SNILS may wait, where it may.
func snilsLater(ctx context.Context, must bool) string {
	if must {
		return ""
	}
	return i18n.T(ctx, "portal.child.snils_later")
}

type childRequestView struct {
	Page    ui.Page
	Steps   ui.Steps
	Live    ui.Live
	ID      string
	Title   string
	Text    string
	Tone    ui.Tone
	Status  bool // the request was sent: how it stands is shown, and not the form
	Send    bool // it can be sent
	Consent bool // the parent's consent is asked
	Drop    bool // it can be dropped
	Checks  []registerView
	Groups  []group
	Errors  ui.Errors
	Setback *web.Setback
	Paused  ui.Paused // where it can be sent
}

// childRequest shows a request: what was entered, before it is sent; how it stands, after.
func (p *Pages) childRequest(w http.ResponseWriter, r *http.Request) error {
	q, open, err := p.asked(w, r)
	if err != nil || !open {
		return err
	}
	if next, more := q.Next(); more && !q.Waiting() {
		return web.Redirect(w, r, requestPath+q.ID+"/"+string(next))
	}
	return p.showRequest(w, r, http.StatusOK, q, childRequestView{})
}

func (p *Pages) showRequest(w http.ResponseWriter, r *http.Request, status int, q mandate.Request, v childRequestView) error {
	ctx := r.Context()
	v.ID = q.ID
	v.Live = ui.Live{ID: "request", Events: requestPath + q.ID + "/events?seen=" + web.Seen(requestState(q))}
	last := q.Steps()[len(q.Steps())-1]
	v.Steps = ui.Steps{Now: len(q.Steps()) + 1, Of: len(q.Steps()) + 1, Saved: true, Back: requestPath + q.ID + "/" + string(last)}
	v.Title, v.Text, v.Tone = i18n.T(ctx, "portal.child.review"), i18n.T(ctx, "portal.child.review_text"), ui.Info
	switch {
	case q.Waiting():
		v.Title, v.Text, v.Status, v.Steps.Back = i18n.T(ctx, "portal.child.checking"), i18n.T(ctx, "portal.child.checking_text"), true, childrenPath
	case q.Refusal != "":
		v.Title, v.Text = i18n.T(ctx, "portal.child.refused."+string(q.Refusal)), i18n.T(ctx, "portal.child.refused."+string(q.Refusal)+"_text")
		v.Status, v.Tone, v.Steps.Back = true, ui.Danger, childrenPath
	}
	v.Checks = childChecks(ctx, q)
	v.Drop = !q.Waiting()
	v.Send = v.Drop && q.Refusal != mandate.RefusedGrown
	v.Consent = v.Send && !q.Adds()
	if v.Send {
		var err error
		if v.Paused, err = web.Paused(ctx, p.DB); err != nil {
			return err
		}
	}
	v.Groups = childGroups(ctx, q, v.Send)
	v.Page = web.Page(ctx, v.Title)
	v.Page.Invalid = len(v.Errors) > 0
	return web.Render(w, r, status, childRequestPage(v))
}

// childGroups lists what was entered, step by step, with the way to correct it.
func childGroups(ctx context.Context, q mandate.Request, edit bool) []group {
	x := q.Papers
	var out []group
	add := func(step mandate.Step, pairs ...string) {
		if !slices.Contains(q.Steps(), step) {
			return
		}
		g := group{Title: i18n.T(ctx, "portal.child.step."+string(step))}
		if edit {
			g.Edit = requestPath + q.ID + "/" + string(step)
		}
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i+1] != "" {
				g.Facts = append(g.Facts, ui.Fact{Label: i18n.T(ctx, pairs[i]), Value: pairs[i+1]})
			}
		}
		out = append(out, g)
	}
	sex := ""
	if x.Sex != "" {
		sex = i18n.T(ctx, "desk.sex."+x.Sex)
	}
	number := form.FormatSNILS(x.SNILS)
	if x.SNILS == "" {
		number = i18n.T(ctx, "portal.child.no_snils")
	}
	add(mandate.StepChild, "portal.fact.surname", x.Surname, "portal.fact.given_name", x.GivenName, "portal.fact.patronymic", x.Patronymic, "portal.fact.birth_date", form.Dotted(x.BirthDate), "portal.fact.sex", sex)
	add(mandate.StepCertificate, "portal.child.series", x.Series, "portal.child.number", x.Number, "portal.child.issued_at", form.Dotted(x.IssuedAt), "portal.child.issued_by", x.IssuedBy)
	add(mandate.StepNumbers, "portal.child.snils", number)
	return out
}

// childChecks shows every check of a request and its state.
func childChecks(ctx context.Context, q mandate.Request) []registerView {
	if q.State != mandate.Checking {
		return nil
	}
	var out []registerView
	for _, c := range q.Checks {
		said := verification.Answer{Register: c.Register, Verdict: verification.Verdict(c.Answer.Verdict), Code: c.Answer.Code, Fields: c.Answer.Fields}
		out = append(out, registerOf(ctx, verification.Check{Register: c.Register, Answered: c.Answered, Answer: said, Tries: c.Tries}, func(field string) string {
			if step := childStepOf(field); slices.Contains(q.Steps(), step) {
				return requestPath + q.ID + "/" + string(step)
			}
			return ""
		}))
	}
	return out
}

// childStepOf is the page of a field.
func childStepOf(field string) mandate.Step {
	switch {
	case strings.HasPrefix(field, "document_"):
		return mandate.StepCertificate
	case field == "snils":
		return mandate.StepNumbers
	}
	return mandate.StepChild
}

func requestState(q mandate.Request) string {
	s := string(q.State) + string(q.Refusal)
	for _, c := range q.Checks {
		s += " " + c.Register + string(c.Answer.Verdict) + strconv.FormatBool(c.Answered) + strconv.FormatBool(c.Tries > 0)
	}
	return s
}

func (p *Pages) childRequestEvents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who, id := access.From(ctx), r.PathValue("id")
	news, stop := p.DB.Listen(mandate.Topic(who.ID))
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
		q, err := p.Mandates.Request(ctx, who, id)
		return requestState(q), err
	})
}

func (p *Pages) childSend(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	q, open, err := p.asked(w, r)
	if err != nil || !open {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	_, err = p.Mandates.Send(ctx, access.From(ctx), q.ID, f.On("consent"))
	if errs, ok := web.Refused(ctx, err, "consent"); ok {
		return p.showRequest(w, r, http.StatusUnprocessableEntity, q, childRequestView{Errors: errs})
	}
	if errors.Is(err, mandate.ErrIncomplete) {
		return web.Redirect(w, r, requestPath+q.ID)
	}
	if s, ok := web.SetBack(r, err); ok {
		return p.showRequest(w, r, s.Status, q, childRequestView{Setback: s})
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, requestPath+q.ID)
}

func (p *Pages) childDrop(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	err := p.Mandates.Drop(ctx, access.From(ctx), r.PathValue("id"))
	if errors.Is(err, mandate.ErrAsking) {
		return web.Redirect(w, r, requestPath+r.PathValue("id"))
	}
	if err != nil && !errors.Is(err, mandate.ErrLevel) {
		return err
	}
	web.Say(r, ui.Success, "portal.child.dropped")
	return web.Redirect(w, r, childrenPath)
}

type childView struct {
	Page   ui.Page
	ID     string
	Level  ui.Alert
	Until  string
	Asked  string   // when the civil-status register confirmed the parent, and when it is asked again
	Doubt  ui.Alert // it did not the last time: its Title is "" when it did
	Near   ui.Alert // the day is near: its Title is "" until then
	Groups []group
	Insure bool // the SNILS was left for later
	Looks  []ui.Item

	Services, Cases, Visits, Papers []ui.Item // what the parent does for the child

	Own       []ui.Item // the child's documents
	Documents string    // address of all of them, "" without a wallet
}

// child shows a child's account to a parent: profile, level, papers, and every look of staff.
func (p *Pages) child(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, err := p.Mandates.Child(ctx, access.From(ctx), r.PathValue("child"))
	if errors.Is(err, mandate.ErrLevel) {
		return web.Redirect(w, r, childrenPath)
	}
	if err != nil {
		return err
	}
	x, level := c.Account.Profile, c.Account.Level
	v := childView{Page: web.Page(ctx, x.FullName()), ID: c.Account.ID, Insure: x.SNILS == "",
		Level: ui.Alert{Tone: ui.Info, Title: levelName(ctx, level), Text: i18n.T(ctx, "portal.child.level."+string(level))}}
	v.Page.Attrs = map[string]any{"data-child-level": string(level)}
	if level.AtLeast(access.Standard) {
		v.Level.Tone = ui.Success
	}
	day := []any{"date", form.DateOf(c.Until.In(p.Zone)).Dotted(), "age", p.Policy.Children.UntilAge}
	v.Until = i18n.T(ctx, "portal.child.until", day...)
	if next := form.DateOf(c.AskNext.In(p.Zone)).Dotted(); !c.Doubt.At.IsZero() {
		v.Doubt = ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "portal.child.doubted", "date", form.DateOf(c.Doubt.At.In(p.Zone)).Dotted()),
			Text: i18n.T(ctx, "portal.child.doubted_text", "code", c.Doubt.Code, "next", next)}
	} else if !c.Asked.IsZero() {
		v.Asked = i18n.T(ctx, "portal.child.asked", "date", form.DateOf(c.Asked.In(p.Zone)).Dotted(), "next", next)
	}
	if p.Mandates.Near(c) {
		v.Near = ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "portal.child.until_near", day...), Text: i18n.T(ctx, "portal.child.until_near_text")}
	}
	data, papers := group{Title: i18n.T(ctx, "portal.child.data")}, group{Title: i18n.T(ctx, "portal.child.papers")}
	fact := func(g *group, label, value, from string) {
		if value != "" {
			g.Facts = append(g.Facts, ui.Fact{Label: i18n.T(ctx, label), Value: value, Source: vouched(ctx, x, from)})
		}
	}
	fact(&data, "portal.fact.surname", x.Surname, "surname")
	fact(&data, "portal.fact.given_name", x.GivenName, "given_name")
	fact(&data, "portal.fact.patronymic", x.Patronymic, "patronymic")
	fact(&data, "portal.fact.birth_date", form.Dotted(x.BirthDate), "birth_date")
	if x.Sex != "" {
		fact(&data, "portal.fact.sex", i18n.T(ctx, "desk.sex."+x.Sex), "sex")
	}
	fact(&papers, "portal.child.certificate", c.Birth.Certificate.String(), "birth_date")
	fact(&papers, "portal.child.certificate_issued", c.Birth.Certificate.IssuedAt.Dotted()+", "+c.Birth.Certificate.IssuedBy, "birth_date")
	fact(&papers, "portal.fact.snils", form.FormatSNILS(x.SNILS), "snils")
	v.Groups = []group{data, papers}
	if err := p.affairs(ctx, &v); err != nil {
		return err
	}
	looks, err := audit.Looks(ctx, p.DB, c.Account.ID, mostLooks, "")
	if err != nil {
		return err
	}
	for _, e := range looks {
		v.Looks = append(v.Looks, p.lookItem(ctx, []audit.Entry{e}))
	}
	return web.Render(w, r, http.StatusOK, childPage(v))
}

// affairs is what the parent does for the child: what can be applied for, what is filled in, how the cases go and what came of them.
func (p *Pages) affairs(ctx context.Context, v *childView) error {
	who := access.From(ctx)
	v.Services = p.hadFor(ctx, v.ID)
	if p.Appointments != nil {
		v.Services = append(v.Services, ui.Item{Title: i18n.T(ctx, "portal.appointment.new"), Text: i18n.T(ctx, "portal.acting.book_text"), URL: actingPrefix(v.ID) + bookPath, Icon: ui.IconCalendarDays})
	}
	var err error
	if v.Cases, _, err = p.begunFor(ctx, who, v.ID, p.wardsOnce(ctx, who)); err != nil {
		return err
	}
	cases, err := p.Applications.ListOf(ctx, p.DB, who, v.ID, mostCases)
	if err != nil {
		return err
	}
	for _, c := range cases {
		v.Cases = append(v.Cases, caseItem(ctx, c))
	}
	if p.Appointments != nil {
		visits, err := p.Appointments.Of(ctx, who.Acting(v.ID, access.Child))
		if err != nil {
			return err
		}
		for _, a := range visits {
			v.Visits = append(v.Visits, p.appointmentItem(ctx, a))
		}
	}
	acting := who.Acting(v.ID, access.Child) // the page was opened by whoever may act for the child
	if p.Wallet != nil {
		v.Documents = actingPrefix(v.ID) + documentsPath
		own, err := p.Wallet.List(ctx, acting)
		if err != nil {
			return err
		}
		for _, d := range own {
			x := p.ownItem(ctx, d)
			x.URL = actingPrefix(v.ID) + ownPath + d.ID
			v.Own = append(v.Own, x)
		}
	}
	papers, err := p.Papers.List(ctx, acting)
	for _, d := range papers {
		v.Papers = append(v.Papers, paperItemFor(ctx, d, v.ID))
	}
	return err
}

type handOverView struct {
	Page    ui.Page
	ID      string
	Name    string
	Action  string
	State   ui.Alert // how it stands; its Title is "" before it was begun
	Ask     bool     // the contact is asked
	Back    bool     // it can be taken back
	Typed   string
	Errors  ui.Errors
	Setback *web.Setback
	Paused  ui.Paused
}

// handOverForm is where a parent hands the account over to the child.
func (p *Pages) handOverForm(w http.ResponseWriter, r *http.Request) error {
	return p.showHandOver(w, r, http.StatusOK, handOverView{})
}

func (p *Pages) showHandOver(w http.ResponseWriter, r *http.Request, status int, v handOverView) error {
	ctx := r.Context()
	who := access.From(ctx)
	c, err := p.Mandates.Child(ctx, who, r.PathValue("child"))
	if errors.Is(err, mandate.ErrLevel) {
		return web.Redirect(w, r, childrenPath)
	}
	if err != nil {
		return err
	}
	if !p.Mandates.Near(c) {
		return web.Redirect(w, r, childrenPath+"/"+c.Account.ID)
	}
	h, waits, taken, err := p.Mandates.HandingOver(ctx, who, c.Account.ID)
	if err != nil {
		return err
	}
	v.Page = frame(ctx, "portal.child.hand_over")
	v.Page.Invalid = len(v.Errors) > 0
	v.ID, v.Name, v.Action = c.Account.ID, c.Account.Profile.FullName(), childrenPath+"/"+c.Account.ID+"/hand-over"
	if v.Ask, v.Back = !taken, waits; v.Ask {
		if v.Paused, err = web.Paused(ctx, p.DB); err != nil {
			return err
		}
	}
	switch {
	case taken:
		v.State = ui.Alert{Tone: ui.Success, Title: i18n.T(ctx, "portal.hand_over.taken"), Text: i18n.T(ctx, "portal.hand_over.taken_text", "date", form.DateOf(c.Until.In(p.Zone)).Dotted())}
	case waits:
		v.State = ui.Alert{Tone: ui.Info, Title: i18n.T(ctx, "portal.hand_over.waits"), Text: i18n.T(ctx, "portal.hand_over.waits_text", "contact", h.Target.Masked(), "until", i18n.DateTime(ctx, h.ExpiresAt))}
	}
	return web.Render(w, r, status, handOverPage(v))
}

func (p *Pages) handOver(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	_, err = p.Mandates.HandOver(ctx, access.From(ctx), r.PathValue("child"), f.Get("contact"))
	if errs, ok := web.Refused(ctx, err, "contact"); ok {
		return p.showHandOver(w, r, http.StatusUnprocessableEntity, handOverView{Errors: errs, Typed: f.Get("contact")})
	}
	if s, ok := web.SetBack(r, err); ok {
		return p.showHandOver(w, r, s.Status, handOverView{Setback: s, Typed: f.Get("contact")})
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, childrenPath+"/"+r.PathValue("child")+"/hand-over")
}

func (p *Pages) handOverBack(w http.ResponseWriter, r *http.Request) error {
	if err := p.Mandates.KeepBack(r.Context(), access.From(r.Context()), r.PathValue("child")); err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.hand_over.kept")
	return web.Redirect(w, r, childrenPath+"/"+r.PathValue("child")+"/hand-over")
}
