package portal

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/verification"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// The pages on which a person enters their own papers, a step per page (REG-2): each is kept when it is sent, on whatever device
// they go on.

const papersPath = web.Papers + "/"

type papersView struct {
	Page   ui.Page
	Steps  ui.Steps
	Step   verification.Step
	Title  string
	Text   string
	Typed  verification.Papers
	Errors ui.Errors

	Document ui.Identity // of the document's step
	Setback  *web.Setback
	Child    bool        // the papers are a child's, whose account a parent opens
	Beside   []ui.Hidden // what fields of this page are judged by and other pages ask
	Picture  bool        // one may fill the page in from a picture
	Read     bool        // it was read just now
	Differs  string      // what it has otherwise than was typed
	Held     bool        // the account holds a SNILS: it cannot become somebody else's
	Masked   string      // that SNILS, when its person has not been shown it: it stays as it is
}

type papersReview struct {
	Page    ui.Page
	Steps   ui.Steps
	Groups  []group
	Beside  []group // what registers are not asked about
	NoSNILS bool
	Paused  ui.Paused
	Differ  string // where the addresses differ, and what of it (REG-16); "" when they do not
	Setback *web.Setback
}

// papersOn leads to the first page of the papers that is not filled in: from wherever somebody is who wants to go on (REG-2).
func (p *Pages) papersOn(w http.ResponseWriter, r *http.Request) error {
	own, ok, err := p.Verification.Own(r.Context(), access.From(r.Context()))
	if err != nil {
		return err
	}
	switch {
	case !ok || own.Ended():
		return web.Redirect(w, r, web.PaperStep(verification.StepPerson))
	case own.State == verification.Checking: // what became of it is said there
		return web.Redirect(w, r, web.IdentityPath)
	}
	return web.Redirect(w, r, papersAt(own))
}

// papersAt is the first page of the papers that is not filled in, or the review.
func papersAt(x verification.Proof) string {
	if step, more := x.Papers.Next(); more {
		return web.PaperStep(step)
	}
	return web.PapersReview
}

// papers is what the fields begin with: what was entered, or what the account knows.
func (p *Pages) papers(ctx context.Context, who access.Actor) (verification.Papers, bool, error) {
	own, ok, err := p.Verification.Own(ctx, who)
	if err != nil {
		return verification.Papers{}, false, err
	}
	a, err := p.Accounts.Get(ctx, p.DB, who.ID)
	if err != nil {
		return verification.Papers{}, false, err
	}
	if ok && !own.Ended() {
		return own.Papers, a.Profile.SNILS != "", nil
	}
	return verification.Known(a.Profile), a.Profile.SNILS != "", nil
}

// hiddenSNILS is the account's number when it is not shown to its person, "" when there is none or it is.
func (p *Pages) hiddenSNILS(ctx context.Context, who access.Actor) (string, error) {
	a, err := p.Accounts.Get(ctx, p.DB, who.ID)
	if err != nil {
		return "", err
	}
	if hidden, err := p.Verification.SNILSHidden(ctx, p.DB, a); err != nil || !hidden {
		return "", err
	}
	return a.Profile.SNILS, nil
}

// mask shows the end of the number instead of a field with it.
func (v *papersView) mask(number string) {
	if number != "" {
		v.Typed.SNILS, v.Masked = "", form.MaskSNILS(number)
	}
}

func (p *Pages) paperStep(r *http.Request) (verification.Step, error) {
	s := verification.Step(r.PathValue("step"))
	if !s.Valid() {
		return "", verification.ErrMissing
	}
	return s, nil
}

func (p *Pages) papersPage(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	step, err := p.paperStep(r)
	if err != nil {
		return err
	}
	typed, held, err := p.papers(ctx, access.From(ctx))
	if err != nil {
		return err
	}
	if step == verification.StepPassport && typed.BirthDate == "" { // a passport is judged by the day of birth
		return web.Redirect(w, r, papersPath+string(verification.StepPerson))
	}
	typed.BirthDate, typed.SNILS = form.Dotted(typed.BirthDate), form.FormatSNILS(typed.SNILS)
	v := p.papersView(ctx, step, typed, held)
	number, err := p.hiddenSNILS(ctx, access.From(ctx))
	if err != nil {
		return err
	}
	v.mask(number)
	if v.Read = r.URL.Query().Has("read"); v.Read {
		var names []string
		for _, field := range strings.Split(r.URL.Query().Get("differs"), ",") {
			if i18n.Has("desk.papers." + field) {
				names = append(names, strings.ToLower(i18n.T(ctx, "desk.papers."+field)))
			}
		}
		if len(names) > 0 {
			v.Differs = i18n.T(ctx, "portal.picture.differs", "fields", strings.Join(names, ", "))
		}
	}
	if v.Picture {
		web.AllowCamera(w)
	}
	return web.Render(w, r, http.StatusOK, papersForm(v))
}

// picture fills the passport's step in from a picture of its page, which is read and not kept (LVL-4).
func (p *Pages) picture(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	var data []byte
	if all := f.Files("picture"); len(all) > 0 {
		data = all[0].Data
	}
	var differs []string
	if err = f.Full(ctx); err == nil {
		differs, err = p.Verification.FromPicture(ctx, who, data)
	}
	errs, refused := web.Refused(ctx, err, "picture")
	s, setBack := web.SetBack(r, err)
	if refused || setBack {
		typed, held, err := p.papers(ctx, who)
		if err != nil {
			return err
		}
		typed.BirthDate = form.Dotted(typed.BirthDate)
		v := p.papersView(ctx, verification.StepPassport, typed, held)
		status := http.StatusUnprocessableEntity
		if v.Errors, v.Page.Invalid = errs, true; setBack {
			v.Setback, status = s, s.Status
		}
		web.AllowCamera(w)
		return web.Render(w, r, status, papersForm(v))
	}
	if errors.Is(err, verification.ErrAsking) {
		return web.Redirect(w, r, web.IdentityPath)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, papersPath+string(verification.StepPassport)+"?read=1&differs="+url.QueryEscape(strings.Join(differs, ",")))
}

func (p *Pages) papersView(ctx context.Context, step verification.Step, typed verification.Papers, held bool) papersView {
	title := i18n.T(ctx, "portal.papers."+string(step))
	v := papersView{Page: frame(ctx, "portal.papers."+string(step)), Steps: web.Sitting(web.PaperStep(step)), Step: step, Title: title,
		Text: i18n.T(ctx, "portal.papers."+string(step)+"_text"), Typed: typed, Held: held}
	if step == verification.StepPassport { // which documents there are, and how long they are valid, hangs on the day of birth
		v.Beside = []ui.Hidden{{Name: "birth_date", Value: typed.BirthDate}}
		today := form.DateOf(p.DB.Now().In(p.Verification.Zone))
		born, _ := form.ParseDate(typed.BirthDate)
		kind := typed.Kind(today)
		v.Document = ui.Identity{Kind: kind, Offered: form.PapersFor("", born, today), Values: typed.Values(kind)}
		v.Picture = p.Verification.CanRead() && kind == form.Passport
	}
	return v
}

func (p *Pages) papersSave(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	step, err := p.paperStep(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	document, another := f.Identity()
	if another && step == verification.StepPassport {
		if err := p.Verification.Choose(ctx, who, document); err != nil && !errors.Is(err, verification.ErrAsking) {
			return err
		} else if err != nil {
			return web.Redirect(w, r, web.IdentityPath)
		}
		return web.Redirect(w, r, papersPath+string(step))
	}
	typed := verification.Papers{Surname: f.Get("surname"), GivenName: f.Get("given_name"), Patronymic: f.Get("patronymic"), BirthDate: f.Get("birth_date"), Sex: f.Get("sex"),
		Typed: document, SNILS: f.Get("snils"), INN: f.Get("inn"), Address: f.Get("address"), Residence: f.Get("residence")}
	number, err := p.hiddenSNILS(ctx, who)
	if err != nil {
		return err
	}
	if number != "" && step == verification.StepNumbers { // the page did not ask for it
		typed.SNILS = number
	}
	before, ok, err := p.Verification.Own(ctx, who)
	if err != nil {
		return err
	}
	own, err := p.Verification.Fill(ctx, who, step, typed)
	refused, _ := fault.Of(err)
	if errs, ok := web.Refused(ctx, err, "surname"); ok {
		was, held, err := p.papers(ctx, who)
		if err != nil {
			return err
		}
		if step == verification.StepPassport {
			typed.BirthDate = form.Dotted(was.BirthDate)
		}
		v := p.papersView(ctx, step, typed, held)
		v.mask(number)
		v.Errors, v.Document.Errors, v.Page.Invalid = errs, errs, true
		v.Child = refused != nil && slices.ContainsFunc(refused.Fields, func(f fault.Field) bool { return f.Key == verification.OfChild })
		return web.Render(w, r, http.StatusUnprocessableEntity, papersForm(v))
	}
	switch {
	case errors.Is(err, verification.ErrAsking):
		return web.Redirect(w, r, web.IdentityPath)
	case errors.Is(err, verification.ErrIncomplete):
		return web.Redirect(w, r, papersPath+string(verification.StepPerson))
	case err != nil:
		return err
	}
	to := papersAt(own)
	if to == web.PapersReview && (!ok || before.Ended() || papersAt(before) != to) { // the last of them: those that may be passed by follow once
		to = web.ScanStep
	}
	return web.Redirect(w, r, to)
}

// papersReview shows all that was entered before the registers are asked.
func (p *Pages) papersReview(w http.ResponseWriter, r *http.Request) error {
	return p.showPapers(w, r, http.StatusOK, nil)
}

func (p *Pages) showPapers(w http.ResponseWriter, r *http.Request, status int, s *web.Setback) error {
	ctx := r.Context()
	own, ok, err := p.Verification.Own(ctx, access.From(ctx))
	if err != nil {
		return err
	}
	if !ok || own.Ended() || own.Waiting() {
		return web.Redirect(w, r, web.IdentityPath)
	}
	if to := papersAt(own); to != web.PapersReview {
		return web.Redirect(w, r, to)
	}
	x := own.Papers
	v := papersReview{Page: frame(ctx, "portal.papers.review"), NoSNILS: x.SNILS == "", Setback: s,
		Steps: web.Sitting(web.PapersReview)}
	if !v.NoSNILS {
		if v.Paused, err = web.Paused(ctx, p.DB); err != nil {
			return err
		}
	}
	if x.Residence != "" {
		if differ := form.AddressesDiffer(form.ParseAddress(x.Address), form.ParseAddress(x.Residence)); differ != nil {
			v.Differ = i18n.T(ctx, differ.Key, differ.Args...)
		}
	}
	facts := func(step verification.Step, pairs ...string) {
		g := group{Title: i18n.T(ctx, "portal.papers."+string(step)), Edit: papersPath + string(step)}
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i+1] != "" {
				g.Facts = append(g.Facts, ui.Fact{Label: i18n.T(ctx, "desk.papers."+pairs[i]), Value: pairs[i+1]})
			}
		}
		v.Groups = append(v.Groups, g)
	}
	sex := ""
	if x.Sex != "" {
		sex = i18n.T(ctx, "desk.sex."+x.Sex)
	}
	facts(verification.StepPerson, "surname", x.Surname, "given_name", x.GivenName, "patronymic", x.Patronymic, "birth_date", form.Dotted(x.BirthDate), "sex", sex)
	document := group{Title: i18n.T(ctx, "portal.papers.passport"), Edit: papersPath + string(verification.StepPassport)}
	for _, l := range x.Document.Lines(ctx) {
		document.Facts = append(document.Facts, ui.Fact{Label: l.Label, Value: l.Value})
	}
	v.Groups = append(v.Groups, document)
	number, err := p.hiddenSNILS(ctx, access.From(ctx))
	if err != nil {
		return err
	}
	shown := form.FormatSNILS(x.SNILS)
	if number != "" && number == x.SNILS {
		shown = form.MaskSNILS(number)
	}
	facts(verification.StepNumbers, "snils", shown, "inn", form.FormatINN(x.INN))
	facts(verification.StepAddresses, "address", x.Address, "residence", x.Residence)
	if v.Beside, err = p.besidePapers(ctx, x); err != nil {
		return err
	}
	return web.Render(w, r, status, papersReviewPage(v))
}

func (p *Pages) papersSend(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	_, err := p.Verification.Send(ctx, access.From(ctx))
	if s, ok := web.SetBack(r, err); ok {
		return p.showPapers(w, r, s.Status, s)
	}
	if errors.Is(err, verification.ErrIncomplete) {
		return web.Redirect(w, r, web.PapersReview)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, web.IdentityPath)
}

// registerView is one check of the section «Проверка личности» (LVL-11).
type registerView struct {
	Name string
	Tag  ui.Tag
	Text string // what it means
	Do   string // what to do
	Edit string // address of the step to correct
}

// registersOf shows every check of an own proof and its state.
func registersOf(ctx context.Context, x verification.Proof) []registerView {
	var out []registerView
	for _, c := range x.Checks {
		out = append(out, registerOf(ctx, c, func(field string) string { return papersPath + string(stepOf(field)) }))
	}
	return out
}

// registerOf shows one check; edit is the address at which a field is corrected.
func registerOf(ctx context.Context, c verification.Check, edit func(field string) string) registerView {
	v := registerView{Name: i18n.T(ctx, "desk.register."+c.Register), Tag: ui.Tag{Label: i18n.T(ctx, "portal.check.asking"), Tone: ui.Info, Icon: ui.IconHourglass}}
	switch {
	case !c.Answered && c.Tries > 0:
		v.Tag.Label, v.Tag.Tone = i18n.T(ctx, "portal.check.away"), ui.Warning
		v.Text = i18n.T(ctx, "portal.check.away_text")
	case !c.Answered:
	case c.Answer.Verdict == verification.Match:
		v.Tag = ui.Tag{Label: i18n.T(ctx, "desk.verdict.match"), Tone: ui.Success, Icon: ui.IconCircleCheck}
	default:
		v.Tag = ui.Tag{Label: i18n.T(ctx, "desk.verdict."+string(c.Answer.Verdict)), Tone: ui.Danger, Icon: ui.IconCircleX}
		a, _ := verification.Advise(c.Answer)
		v.Text, v.Do, v.Edit = i18n.T(ctx, a.Wrong, "code", a.Code), i18n.T(ctx, a.Remedy), edit(a.Field)
	}
	return v
}

// stepOf is the page of a field.
func stepOf(field string) verification.Step {
	switch {
	case strings.HasPrefix(field, "passport_"), strings.HasPrefix(field, "document_"):
		return verification.StepPassport
	case field == "snils" || field == "inn":
		return verification.StepNumbers
	}
	return verification.StepPerson
}
