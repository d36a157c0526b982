package portal

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/procedure"
	"okno/internal/signin"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// review is the page after the last one of a form. A definition cannot have a page of that name: its ids are checked for it.
const review = "review"

// formID is the id of the form on a page of an application.
const formID = "form"

// apply opens the draft and leads to its first page, or tells why it cannot be opened.
func (p *Pages) apply(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	def, err := p.bySlug(r)
	if err != nil {
		return err
	}
	d, err := p.Applications.Begin(ctx, access.From(ctx), def.Code)
	if errors.Is(err, application.ErrLevel) || errors.Is(err, application.ErrOffline) || errors.Is(err, application.ErrActing) {
		if errors.Is(err, application.ErrActing) {
			web.Say(r, ui.Warning, "application.acting")
		}
		return web.Redirect(w, r, "/services/"+def.Slug) // which says why
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, actingAt(ctx, "services", def.Slug, "apply", d.Form.Next(d.Answers, "")))
}

type formView struct {
	Page    ui.Page
	Steps   ui.Steps
	Trail   string // title of the service
	Slug    string
	Base    string // address below which the form is sent and thrown away
	Child   string // id of the account that it is filled in for, "" for oneself
	ID      string
	Title   string
	Text    string
	Form    ui.Form
	Facts   []ui.Fact // what is known and not typed
	Fields  []fieldView
	Errors  ui.Errors
	Where   map[string]string // the page of each, of the review
	Draft   string
	Version string  // of the draft
	Groups  []group // of the review
	Lacking []string
	Unready bool // something is lacking without which it cannot be sent
	Wrong   bool
	Setback *web.Setback
	Lookups lookupsView
	Owned   []ownedView

	Files      filesView // that the page asks for
	Attached   ui.Files  // of the review
	EditFiles  string    // address where they can be changed
	Quarantine bool      // some of them are not looked through yet
}

func (p *Pages) formPage(w http.ResponseWriter, r *http.Request) error {
	return p.withDraft(w, r, func(def *procedure.Definition, d application.Draft) error {
		return p.show(w, r, def, d, r.PathValue("page"), nil, nil)
	})
}

// withDraft shows something of the draft of the address, or where to begin one when there is none any more.
func (p *Pages) withDraft(w http.ResponseWriter, r *http.Request, show func(*procedure.Definition, application.Draft) error) error {
	ctx := r.Context()
	def, err := p.bySlug(r)
	if err != nil {
		return err
	}
	d, err := p.Applications.Draft(ctx, access.From(ctx), def.Code)
	if errors.Is(err, application.ErrMissing) || errors.Is(err, application.ErrLevel) {
		return p.gone(w, r, def)
	}
	if err != nil {
		return err
	}
	return show(def, d)
}

// draftEvents tells a page of a form when the state of its draft that it shows is another one; news of the topic have it looked at.
func (p *Pages) draftEvents(topic func(draft string) string, state func(application.Draft) string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		who := access.From(ctx)
		def, err := p.bySlug(r)
		if err != nil {
			return err
		}
		d, err := p.Applications.Draft(ctx, who, def.Code)
		if err != nil {
			return err
		}
		news, stop := p.DB.Listen(topic(d.ID))
		return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
			d, err := p.Applications.Draft(ctx, who, def.Code)
			if errors.Is(err, application.ErrMissing) { // it was sent in another window
				return "", nil
			}
			return state(d), err
		})
	}
}

// show renders a page of the form, or its review.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, def *procedure.Definition, d application.Draft, pageID string, errs ui.Errors, s *web.Setback) error {
	ctx := r.Context()
	asked := d.Form.Asked(d.Answers)
	at := slices.IndexFunc(asked, func(x form.Page) bool { return x.ID == pageID })
	v := formView{Slug: def.Slug, Base: actingAt(ctx, "services", def.Slug), Child: access.From(ctx).For, ID: pageID, Trail: def.Title.In(ctx), Errors: errs, Setback: s, Draft: d.ID, Version: strconv.FormatInt(d.Version, 10), Steps: ui.Steps{Now: at + 1, Of: len(asked) + 1, Saved: true}}
	for _, f := range d.Lacking {
		if _, ok := def.LookupOf(f); ok {
			continue // said by how it stands with the register
		}
		v.Lacking = append(v.Lacking, i18n.T(ctx, "portal.fact."+string(f)))
	}
	if pageID == review {
		return p.showReview(w, r, v, d)
	}
	if at < 0 {
		return application.ErrMissing
	}
	page := asked[at]
	if at > 0 {
		v.Steps.Back = actingAt(ctx, "services", def.Slug, "apply", asked[at-1].ID)
	}
	v.Title, v.Text = page.Title.In(ctx), page.Text.In(ctx)
	v.Form = ui.Form{ID: formID, Action: actingAt(ctx, "services", def.Slug, "apply", pageID), Save: actingAt(ctx, "services", def.Slug, "apply", pageID) + "/keep",
		Hidden: []ui.Hidden{{Name: nameVersion, Value: v.Version}, {Name: nameTab, Value: id.New()}}}
	here := actingAt(ctx, "services", def.Slug, "apply", pageID)
	v.Lookups = p.lookups(ctx, d, pageID, page.Fields, here)
	var err error
	if v.Owned, err = p.owned(ctx, d, page.Fields, here); err != nil {
		return err
	}
	v.Facts, v.Fields = p.fields(ctx, d.Form, page.Fields, mine(d), errs, r.URL.Query().Get("more"))
	notes := disputed(ctx, d.Disputes())
	for i, x := range lockedOf(page.Fields) {
		if _, ok := d.Disputable(x.Pointer); ok {
			v.Facts[i].Note = notes[x.Pointer]
			v.Facts[i].Link = &ui.Link{Label: i18n.T(ctx, "portal.form.dispute"), URL: here + "/dispute/" + x.Name}
		}
	}
	v.Form.Attrs = templ.Attributes{"data-shape": shape(d.Form, page, d.Answers, p.today())}
	v.Files = p.filesOf(ctx, d, page, r.URL.Query().Get("replace"), errs)
	if err := p.offers(ctx, access.From(ctx), &v.Files, actingAt(ctx, "services", def.Slug, "apply", pageID), def.Attachment); err != nil {
		return err
	}
	v.Page = frame(ctx, "portal.service.page", "title", v.Title+" — "+v.Trail)
	status := http.StatusOK
	if len(errs) > 0 {
		v.Page.Invalid, status = true, http.StatusUnprocessableEntity
	}
	if len(d.Clashes) > 0 {
		status = http.StatusConflict
	}
	if s != nil {
		status = s.Status
	}
	return web.Render(w, r, status, formPage(v))
}

func orBlank(ctx context.Context, s string) string {
	if s == "" {
		return i18n.T(ctx, "portal.form.blank")
	}
	return s
}

func (p *Pages) showReview(w http.ResponseWriter, r *http.Request, v formView, d application.Draft) error {
	ctx := r.Context()
	v.Steps.Now = v.Steps.Of
	if asked := d.Form.Asked(d.Answers); len(asked) > 0 {
		v.Steps.Back = actingAt(ctx, "services", v.Slug, "apply", asked[len(asked)-1].ID)
	}
	v.Title = i18n.T(ctx, "portal.form.review")
	v.Lookups = p.lookups(ctx, d, review, nil, actingAt(ctx, "services", v.Slug, "apply", review))
	v.Unready = len(d.Lacking) > 0
	v.Page = frame(ctx, "portal.service.page", "title", v.Title+" — "+v.Trail)
	v.Groups = answers(ctx, d.Form, d.Answers, d.Disputes(), actingAt(ctx, "services", v.Slug, "apply", ""))
	v.Groups = slices.DeleteFunc(v.Groups, func(g group) bool { return len(g.Facts) == 0 }) // a page that asks for files alone
	for _, x := range d.Def.Attachments(d.Form, d.Answers) {
		if v.EditFiles == "" {
			v.EditFiles = actingAt(ctx, "services", v.Slug, "apply", x.Page)
		}
	}
	v.Attached = filedFiles(ctx, d.Def, d.Called())
	v.Quarantine = slices.ContainsFunc(d.Called(), func(a application.Attached) bool { return a.State == application.Checking })
	v.Where = map[string]string{}
	for _, f := range p.Applications.Wrong(d) {
		v.Wrong = true
		if page := pageAsking(d, f.Name); page != "" {
			v.Where[f.Name] = actingAt(ctx, "services", v.Slug, "apply", page)
		}
		v.Errors = append(v.Errors, ui.FieldError{Name: f.Name, Text: i18n.T(ctx, f.Key, f.Args...)})
	}
	status := http.StatusOK
	switch {
	case v.Setback != nil:
		status = v.Setback.Status
	case r.Method == http.MethodPost:
		v.Page.Invalid, status = true, http.StatusUnprocessableEntity
	}
	return web.Render(w, r, status, reviewPage(v))
}

// pageAsking is the page that asks for a field, a row's or a file; "" when none does.
func pageAsking(d application.Draft, name string) string {
	for _, page := range d.Form.Asked(d.Answers) {
		for _, f := range page.Fields {
			if f.Name == name || (f.Rows != nil || f.Parts != nil) && strings.HasPrefix(name, f.Name+".") {
				return page.ID
			}
		}
	}
	for _, x := range d.Def.Attachments(d.Form, d.Answers) {
		if application.FieldOfSlot(x.ID) == name {
			return x.Page
		}
	}
	return ""
}

// sent is a page of a form that was sent, or is to be kept, after it was saved.
type sent struct {
	def    *procedure.Definition
	form   web.Form
	draft  application.Draft
	errors ui.Errors // what is wrong with it
}

// save saves what a page brings. A row is taken away only when the person pressed the button for it.
func (p *Pages) save(r *http.Request) (sent, error) {
	ctx := r.Context()
	def, f, err := p.sentTo(r)
	if err != nil {
		return sent{}, err
	}
	d, err := p.Applications.Save(ctx, access.From(ctx), def.Code, r.PathValue("page"), typedOn(f))
	x := sent{def: def, form: f, draft: d}
	if errs, refused := web.Refused(ctx, err, ""); refused {
		x.errors, err = errs, nil
	}
	return x, err
}

// onPage keeps what stands on the page of a form, and does what the person wants beside it.
func (p *Pages) onPage(w http.ResponseWriter, r *http.Request, do func(ctx context.Context, who access.Actor, code string) error) error {
	ctx, page := r.Context(), r.PathValue("page")
	who := access.From(ctx)
	def, f, err := p.sentTo(r)
	if err != nil {
		return err
	}
	if page != review {
		d, err := p.Applications.Save(ctx, who, def.Code, page, typedOn(f))
		if errors.Is(err, application.ErrMissing) {
			return p.gone(w, r, def)
		}
		if _, refused := web.Refused(ctx, err, ""); err != nil && !refused { // what is wrong is kept, and said when the page is sent
			return err
		}
		if clashes := clashesOf(ctx, d.Answers, d.Clashes); len(clashes) > 0 {
			return p.show(w, r, def, d, page, clashes, nil)
		}
	}
	err = do(ctx, who, def.Code)
	switch {
	case err == nil:
		return web.Redirect(w, r, here(r))
	case errors.Is(err, application.ErrMissing):
		return p.gone(w, r, def)
	case errors.Is(err, signin.ErrSealed):
		return web.ToSecond(w, r, here(r))
	}
	errs, refused := web.Refused(ctx, err, "")
	s, back := web.SetBack(r, err)
	if !refused && !back {
		return err
	}
	d, err := p.Applications.Draft(ctx, who, def.Code)
	if err != nil {
		return err
	}
	return p.show(w, r, def, d, page, errs, s)
}

func (p *Pages) savePage(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("page")
	x, err := p.save(r)
	def, f, d := x.def, x.form, x.draft
	if errors.Is(err, application.ErrMissing) && def != nil {
		return p.gone(w, r, def)
	}
	if err != nil {
		return err
	}
	if clashes := clashesOf(ctx, d.Answers, d.Clashes); len(clashes) > 0 {
		return p.show(w, r, def, d, id, clashes, nil)
	}
	if group := f.Get(nameAdd); group != "" {
		return web.Redirect(w, r, actingAt(ctx, "services", def.Slug, "apply", id)+"?more="+url.QueryEscape(group))
	}
	if f.Get(nameDetach) != "" || f.Get(nameReplace) != "" {
		return p.fileDeed(w, r, x)
	}
	if f.Get(nameRemove) != "" {
		return web.Redirect(w, r, actingAt(ctx, "services", def.Slug, "apply", id))
	}
	if page, ok := d.Form.AskedPage(id, d.Answers); ok {
		x.errors = append(unsent(ctx, f, p.filesOf(ctx, d, page, "", nil).Slots), x.errors...)
	}
	if len(x.errors) > 0 {
		return p.show(w, r, def, d, id, x.errors, nil)
	}
	next := d.Form.Next(d.Answers, id)
	if next == "" {
		next = review
	}
	return web.Redirect(w, r, actingAt(ctx, "services", def.Slug, "apply", next))
}

// kept is what a script is told of a page that it has sent to be kept.
type kept struct {
	Version string     `json:"version"`
	Shape   string     `json:"shape"` // another one than the page's: it has to ask for other things
	Wrong   []keptNote `json:"wrong"`
	Clashes []keptNote `json:"clashes"`
}

type keptNote struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// keep keeps what is typed while it is typed, and says what is wrong with it by the same rules as when the page is sent.
func (p *Pages) keep(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("page")
	x, err := p.save(r)
	if err != nil {
		return err
	}
	d := x.draft
	out := kept{Version: strconv.FormatInt(d.Version, 10), Wrong: notes(x.errors), Clashes: notes(clashesOf(ctx, d.Answers, d.Clashes))}
	if page, ok := d.Form.AskedPage(id, d.Answers); ok {
		out.Shape = shape(d.Form, page, d.Answers, p.today())
	}
	return web.JSON(w, http.StatusOK, out)
}

func notes(errs ui.Errors) []keptNote {
	out := []keptNote{}
	for _, e := range errs {
		out = append(out, keptNote(e))
	}
	return out
}

func (p *Pages) submit(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	def, f, err := p.sentTo(r)
	if err != nil {
		return err
	}
	who := access.From(ctx)
	c, err := p.Applications.SubmitSeen(ctx, who, def.Code, f.Get("draft"), versionOn(f))
	if fault.KindOf(err) == fault.InvalidInput {
		d, err := p.Applications.Draft(ctx, who, def.Code)
		if err != nil {
			return err
		}
		return p.show(w, r, def, d, review, nil, nil)
	}
	if errors.Is(err, application.ErrMany) || errors.Is(err, application.ErrUnseen) {
		s, _ := web.SetBack(r, err)
		d, err := p.Applications.Draft(ctx, who, def.Code)
		if err != nil {
			return err
		}
		return p.show(w, r, def, d, review, nil, s)
	}
	if err != nil {
		return err
	}
	web.Note(ctx, "case", c.ID)
	web.Say(r, ui.Success, "portal.case.filed")
	return web.Redirect(w, r, "/applications/"+c.ID)
}

func (p *Pages) discard(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	def, err := p.bySlug(r)
	if err != nil {
		return err
	}
	if err := p.Applications.Discard(ctx, access.From(ctx), def.Code); err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.form.discarded")
	return web.Redirect(w, r, "/services/"+def.Slug)
}
