package centre

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"okno/internal/access"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/original"
	"okno/internal/signin"
	"okno/internal/store"
	"okno/internal/verification"
	"okno/internal/web"
	"okno/internal/web/desk"
	"okno/internal/web/ui"
)

// Pages are the pages of the desk.
type Pages struct {
	DB           *store.DB
	Verification *verification.Service
	SignIn       *signin.Service
	Originals    *original.Service
	Unit         func(code string) i18n.Text // name of a centre; nil when only codes are known
}

// Mount adds the pages to the server.
func (p *Pages) Mount(s *web.Server) {
	s.Handle("GET /desk/centre", staff(p.start))
	s.Handle("POST /desk/centre", staff(p.open))
	s.Handle("GET /desk/centre/{id}", staff(p.proof))
	s.Handle("POST /desk/centre/{id}", staff(p.enter))
	s.Handle("GET /desk/centre/{id}/events", staff(p.events))
	s.Handle("POST /desk/centre/{id}/confirm", staff(p.confirm))
	s.Handle("POST /desk/centre/{id}/takeover", staff(p.takeover))
	s.Handle("POST /desk/centre/{id}/leave", staff(p.leave))
	p.mountOriginals(s)
	p.mountTemporary(s)
}

func staff(h web.Handler) web.Handler { return web.RequireStaff(h, access.Centre) }

const home = "/desk/centre"

func address(id string) string { return home + "/" + id }

func (p *Pages) frame(ctx context.Context, key string, args ...any) ui.Desk {
	unit := ""
	if p.Unit != nil {
		unit = p.Unit(access.From(ctx).Unit).In(ctx)
	}
	d := desk.Frame(ctx, i18n.T(ctx, key, args...), unit)
	d.Home = home
	d.Queues = []ui.Link{{Label: i18n.T(ctx, "desk.centre.title"), URL: home, Current: true}, desk.Visits(ctx)}
	return d
}

// mostRecent is how many proofs the first page lists.
const mostRecent = 15

type startView struct {
	Frame   ui.Desk
	Code    string
	Errors  ui.Errors
	Setback *web.Setback
	Recent  ui.Table
}

func (p *Pages) start(w http.ResponseWriter, r *http.Request) error {
	return p.showStart(w, r, http.StatusOK, startView{})
}

func (p *Pages) showStart(w http.ResponseWriter, r *http.Request, status int, v startView) error {
	ctx := r.Context()
	recent, err := p.Verification.Recent(ctx, access.From(ctx), mostRecent)
	if err != nil {
		return err
	}
	v.Frame = p.frame(ctx, "desk.centre.title")
	v.Frame.Invalid = len(v.Errors) > 0
	v.Recent = ui.Table{Caption: i18n.T(ctx, "desk.centre.recent"), HideCaption: true, Columns: []ui.Column{
		{Label: i18n.T(ctx, "desk.centre.opened")}, {Label: i18n.T(ctx, "desk.centre.state")}, {Label: i18n.T(ctx, "desk.centre.ended")}}}
	for _, x := range recent {
		ended := "—"
		if !x.EndedAt.IsZero() {
			ended = web.Moment(ctx, x.EndedAt)
		}
		v.Recent.Rows = append(v.Recent.Rows, ui.Row{Cells: []ui.Cell{{Text: web.Moment(ctx, x.CreatedAt), URL: address(x.ID)}, {Tag: stateTag(ctx, x.State)}, {Text: ended}}})
	}
	return web.Render(w, r, status, startPage(v))
}

func stateTag(ctx context.Context, s verification.State) *ui.Tag {
	t := &ui.Tag{Label: i18n.T(ctx, "desk.centre.state."+string(s)), Tone: ui.Neutral}
	switch s {
	case verification.Confirmed:
		t.Tone, t.Icon = ui.Success, ui.IconCircleCheck
	case verification.Entering, verification.Checking:
		t.Tone = ui.Info
	case verification.Left:
	}
	return t
}

// open opens a person by the code that they said.
func (p *Pages) open(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	x, err := p.Verification.Open(ctx, access.From(ctx), f.Get("code"))
	if errs, ok := web.Refused(ctx, err, "code"); ok {
		return p.showStart(w, r, http.StatusUnprocessableEntity, startView{Code: f.Get("code"), Errors: errs})
	}
	if s, ok := web.SetBack(r, err); ok {
		return p.showStart(w, r, s.Status, startView{Code: f.Get("code"), Setback: s})
	}
	if err != nil {
		return err
	}
	web.Note(ctx, "proof", x.ID)
	return web.Redirect(w, r, address(x.ID))
}

// proof shows where the proof is: papers to enter, answers to compare, or how it ended. That the operator looked is recorded.
func (p *Pages) proof(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	x, err := p.Verification.Look(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	web.Note(ctx, "proof", x.ID)
	if x.State == verification.Entering || (x.State == verification.Checking && r.URL.Query().Has("edit")) {
		return p.showForm(w, r, http.StatusOK, formView{Proof: x, Papers: typed(x)})
	}
	return p.show(w, r, http.StatusOK, x, nil)
}

// show shows the answers, or how the proof ended.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, x verification.Proof, s *web.Setback) error {
	ctx := r.Context()
	if x.Ended() {
		left := ui.Alert{Tone: ui.Info, Title: i18n.T(ctx, "desk.centre.left"), Text: i18n.T(ctx, "desk.centre.left_text")}
		if x.Account.Level == access.Confirmed { // at another visit
			left.Title, left.Text = i18n.T(ctx, "desk.centre.done"), i18n.T(ctx, "desk.centre.done_text")
		}
		return web.Render(w, r, status, endPage(p.frame(ctx, "desk.centre.end."+string(x.State)), x.State, x.Account.Profile.Masked(), x.TookOver, left))
	}
	return p.showAnswers(w, r, status, x, s, takeoverView{})
}

func (p *Pages) showAnswers(w http.ResponseWriter, r *http.Request, status int, x verification.Proof, s *web.Setback, t takeoverView) error {
	ctx := r.Context()
	v := p.answers(ctx, x, s)
	rival, ok, err := p.Verification.Rival(ctx, access.From(ctx), x.ID)
	if err != nil {
		return err
	}
	if ok {
		v.rivalled(ctx, rival, t)
	}
	return web.Render(w, r, status, answersPage(v))
}

type formView struct {
	Frame  ui.Desk
	Proof  verification.Proof
	Papers verification.Papers // as typed

	Document ui.Identity

	Errors  ui.Errors
	Setback *web.Setback
}

// typed is what the fields of the form begin with: the papers, or at first the names that the account goes by.
func typed(x verification.Proof) verification.Papers {
	v := x.Papers
	if t := v.Typed; t != nil { // another kind of document was chosen while the form was being filled in
		return papersOf(func(name string) string { return t[name] }, t)
	}
	if x.Round == 0 {
		name := x.Account.Profile
		return verification.Papers{Surname: name.Surname, GivenName: name.GivenName, Patronymic: name.Patronymic, BirthDate: form.Dotted(name.BirthDate), Sex: name.Sex}
	}
	v.BirthDate, v.SNILS = form.Dotted(v.BirthDate), form.FormatSNILS(v.SNILS)
	return v
}

// papersOf are papers as they stand on the page, get reads a field of it.
func papersOf(get func(name string) string, document map[string]string) verification.Papers {
	return verification.Papers{Surname: get("surname"), GivenName: get("given_name"), Patronymic: get("patronymic"), BirthDate: get("birth_date"), Sex: get("sex"),
		SNILS: get("snils"), INN: get("inn"), Address: get("address"), Typed: document}
}

func (p *Pages) showForm(w http.ResponseWriter, r *http.Request, status int, v formView) error {
	v.Frame = p.frame(r.Context(), "desk.centre.papers")
	kind := v.Papers.Kind(form.DateOf(p.DB.Now().In(p.Verification.Zone)))
	v.Document = ui.Identity{Kind: kind, Offered: form.Papers(), Values: v.Papers.Values(kind), Errors: v.Errors}
	v.Frame.Invalid = len(v.Errors) > 0
	return web.Render(w, r, status, papersPage(v))
}

func (p *Pages) enter(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	who, id := access.From(ctx), r.PathValue("id")
	document, another := f.Identity()
	papers := papersOf(f.Get, document)
	if another {
		for _, name := range []string{"surname", "given_name", "patronymic", "birth_date", "sex", "snils", "inn", "address"} {
			document[name] = f.Get(name)
		}
		return p.chosen(w, r, id, p.Verification.ChooseAt(ctx, who, id, document))
	}
	_, err = p.Verification.Enter(ctx, who, id, papers)
	if errs, ok := web.Refused(ctx, err, "surname"); ok {
		x, err := p.Verification.Look(ctx, who, id)
		if err != nil {
			return err
		}
		return p.showForm(w, r, http.StatusUnprocessableEntity, formView{Proof: x, Papers: papers, Errors: errs})
	}
	return p.after(w, r, id, err)
}

// chosen leads back to the form, for the fields of another kind of document.
func (p *Pages) chosen(w http.ResponseWriter, r *http.Request, id string, err error) error {
	if err != nil {
		return p.after(w, r, id, err)
	}
	return web.Redirect(w, r, address(id)+"?edit=1")
}

func (p *Pages) confirm(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	round, err := strconv.ParseInt(f.Get("round"), 10, 64)
	if err != nil {
		round = -1 // of no page of ours
	}
	_, err = p.Verification.Confirm(r.Context(), access.From(r.Context()), r.PathValue("id"), round)
	return p.after(w, r, r.PathValue("id"), err)
}

// takeover confirms a person whose other account is lost to them.
func (p *Pages) takeover(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	round, err := strconv.ParseInt(f.Get("round"), 10, 64)
	if err != nil {
		round = -1 // of no page of ours
	}
	who, id := access.From(ctx), r.PathValue("id")
	t := verification.Takeover{Of: f.Get("of"), Reason: verification.Reason(f.Get("reason")), Sure: f.Get("sure") != ""}
	_, err = p.Verification.ConfirmAndTakeOver(ctx, who, id, round, t)
	if errs, ok := web.Refused(ctx, err, "reason"); ok {
		x, err := p.Verification.Look(ctx, who, id)
		if err != nil {
			return err
		}
		if !x.Ready() { // it was corrected or ended meanwhile: the way is another
			return web.Redirect(w, r, address(id))
		}
		return p.showAnswers(w, r, http.StatusUnprocessableEntity, x, nil, takeoverView{Reason: string(t.Reason), Sure: t.Sure, Errors: errs})
	}
	return p.after(w, r, id, err)
}

func (p *Pages) leave(w http.ResponseWriter, r *http.Request) error {
	return p.after(w, r, r.PathValue("id"), p.Verification.Leave(r.Context(), access.From(r.Context()), r.PathValue("id")))
}

// after leads back to the proof; what stood in the way is said there.
func (p *Pages) after(w http.ResponseWriter, r *http.Request, id string, err error) error {
	if err == nil {
		return web.Redirect(w, r, address(id))
	}
	s, ok := web.SetBack(r, err)
	if !ok {
		return err
	}
	x, err := p.Verification.Look(r.Context(), access.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	if x.State == verification.Entering {
		return p.showForm(w, r, s.Status, formView{Proof: x, Papers: typed(x), Setback: s})
	}
	return p.show(w, r, s.Status, x, s)
}

func (p *Pages) events(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	x, err := p.Verification.Get(ctx, who, r.PathValue("id"))
	if err != nil {
		return err
	}
	news, stop := p.DB.Listen(x.Topic())
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
		x, err := p.Verification.Get(ctx, who, x.ID)
		return stateOf(x), err
	})
}

// stateOf tells one look at a proof from another.
func stateOf(x verification.Proof) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s.%d", x.State, x.Round)
	for _, c := range x.Checks {
		fmt.Fprintf(&b, ".%t.%d", c.Answered, c.Tries)
	}
	return b.String()
}
