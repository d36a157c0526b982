package portal

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/web"
	"okno/internal/web/ui"
)

type amendView struct {
	Page    ui.Page
	Head    ui.Head
	Asked   string // the officer's words
	Due     string
	Kept    string // of when there stand answers that were typed and not sent
	Drop    string // address at which they are thrown away
	Form    ui.Form
	Parts   []amendPart
	Errors  ui.Errors
	Setback *web.Setback
	Further bool      // there are questions that it brings with it
	Voids   []ui.Fact // answers that it makes void, of which the person reads before it is sent
	Label   string    // of the button
	Rows    bool
	Files   filesView
}

type amendPart struct {
	Title  string
	Fields []fieldView
}

// amendPage asks for what the agency wants to be corrected, and for nothing else.
func (p *Pages) amendPage(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, u, err := p.Applications.Unsent(ctx, access.From(ctx), r.PathValue("id"))
	if errors.Is(err, application.ErrMoved) {
		return web.Redirect(w, r, "/applications/"+c.ID)
	}
	if err != nil {
		return err
	}
	x := amendment{version: u.Version}
	if !u.At.IsZero() {
		x.kept = web.Moment(ctx, u.At)
	}
	return p.showAmend(w, r, c, u.Answers, x)
}

// amendment is what became of what was pressed on the page of the answer, which is shown again with everything that was typed.
type amendment struct {
	errors  ui.Errors
	setback *web.Setback
	voids   []string // pointers
	further bool     // it brings questions that were not on the page
	done    string   // key of what is said of it
	more    string   // group that gets one more row
	instead string   // id of the file that is to be replaced
	version int64    // of what is kept of it
	kept    string   // when what stands there was typed
}

func (p *Pages) showAmend(w http.ResponseWriter, r *http.Request, c application.Case, a form.Answers, x amendment) error {
	ctx := r.Context()
	action, ok := c.Amending()
	if !ok {
		return web.Redirect(w, r, "/applications/"+c.ID)
	}
	web.Note(ctx, "case", c.ID)
	f := c.Opened(p.Zone, a)
	v := amendView{Page: actedFrame(ctx, c, "portal.amend.page", "number", c.Number), Errors: x.errors, Setback: x.setback, Label: action.Title.In(ctx), Asked: c.Content.Advice,
		Head: ui.Head{Trail: []ui.Link{{Label: i18n.T(ctx, "portal.case.number", "number", c.Number), URL: "/applications/" + c.ID}}, Title: c.Step().Title.In(ctx), Text: c.Def.Title.In(ctx)},
		Form: ui.Form{ID: formID, Action: local("applications", c.ID, "amend"), Save: local("applications", c.ID, "amend", "keep"),
			Hidden: []ui.Hidden{{Name: nameCase, Value: strconv.FormatInt(c.Version, 10)}, {Name: nameVersion, Value: strconv.FormatInt(x.version, 10)}, {Name: nameTab, Value: id.New()}},
			Attrs:  templ.Attributes{"data-shape": p.openedShape(f, a)}}}
	if !c.DueAt.IsZero() {
		v.Due = i18n.T(ctx, "portal.case.due", "date", i18n.Date(ctx, c.DueAt))
	}
	if r.Method == http.MethodPost && len(x.errors) == 0 && x.setback == nil {
		v.Form.Attrs["data-unsent"] = true
	}
	if x.kept != "" {
		v.Kept, v.Drop = i18n.T(ctx, "portal.amend.kept", "moment", x.kept), local("applications", c.ID, "amend", "drop")
	}
	if x.done != "" {
		v.Page.Flash = &ui.Flash{Tone: ui.Success, Title: i18n.T(ctx, x.done)}
	}
	for _, page := range f.Pages {
		_, fields := p.fields(ctx, f, page.Fields, a, x.errors, x.more)
		v.Parts = append(v.Parts, amendPart{page.Title.In(ctx), fields})
		v.Rows = v.Rows || hasRows(fields)
	}
	if further := c.Further(f); len(further) > 0 {
		v.Further = x.further
		v.Form.Hidden = append(v.Form.Hidden, ui.Hidden{Name: nameFurther, Value: strings.Join(further, " ")})
	}
	if len(x.voids) > 0 {
		v.Voids = facts(ctx, c, x.voids, p.Zone)
		v.Form.Hidden = append(v.Form.Hidden, ui.Hidden{Name: nameVoids, Value: strings.Join(x.voids, " ")})
	}
	var err error
	if v.Files, err = p.newFiles(ctx, c, a, x.instead, v.Label, x.errors); err != nil {
		return err
	}
	if err := p.offers(ctx, access.From(ctx).Acting(actedID(ctx, c), access.Child), &v.Files, amendPath(c.ID), c.Def.Attachment); err != nil {
		return err
	}
	status := http.StatusOK
	switch {
	case x.setback != nil:
		status = x.setback.Status
	case len(x.errors) > 0:
		v.Page.Invalid, status = true, http.StatusUnprocessableEntity
	}
	return web.Render(w, r, status, amendPage(v))
}

func hasRows(list []fieldView) bool {
	for _, f := range list {
		if f.Group != nil {
			return true
		}
	}
	return false
}

// amend sends it. When a row is added or taken away, or a file, before it is sent, it is shown again with everything that was typed.
func (p *Pages) amend(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	f, err := web.ReadLongForm(r)
	if err != nil {
		return err
	}
	if f.Get(nameAdd) != "" || f.Get(nameRemove) != "" || f.Get(nameDetach) != "" || f.Get(nameReplace) != "" {
		return p.amendMore(w, r, f)
	}
	c, u, err := p.keepAmend(r, f)
	switch {
	case err != nil:
		return err
	case len(u.Clashes) > 0:
		return p.showAmend(w, r, c, theirs(u.Answers, u.Clashes), amendment{errors: clashesOf(ctx, u.Answers, u.Clashes), version: u.Version})
	case u.Other:
		s, _ := web.SetBack(r, application.ErrUnseen)
		return p.showAmend(w, r, c, u.Answers, amendment{setback: s, version: u.Version})
	}
	at := u.Version
	c, typed, err := p.Applications.Amend(ctx, who, r.PathValue("id"), application.Correction{Typed: f.Values(), Version: caseOn(f), Voids: strings.Fields(f.Get(nameVoids)), Further: strings.Fields(f.Get(nameFurther))})
	if errors.Is(err, application.FurtherError{}) {
		return p.showAmend(w, r, c, typed, amendment{further: true, version: at})
	}
	if void := (application.VoidsError{}); errors.As(err, &void) {
		return p.showAmend(w, r, c, typed, amendment{voids: void.Pointers, version: at})
	}
	if errs, ok := web.Refused(ctx, err, ""); ok {
		return p.showAmend(w, r, c, typed, amendment{errors: errs, version: at})
	}
	if s, ok := web.SetBack(r, err); ok && typed != nil && !errors.Is(err, application.ErrMissing) {
		if now, again := p.Applications.Get(ctx, who, r.PathValue("id")); again == nil {
			return p.showAmend(w, r, now, typed, amendment{setback: s, version: at})
		}
	}
	if err != nil {
		return err
	}
	if len(c.Voided()) > 0 { // which they are stands on the page of the case
		web.Say(r, ui.Success, "portal.amend.done_voided")
	} else {
		web.Say(r, ui.Success, "portal.amend.done")
	}
	return web.Redirect(w, r, "/applications/"+c.ID)
}

// amendMore does what a button on the page asks that does not send it.
func (p *Pages) amendMore(w http.ResponseWriter, r *http.Request, f web.Form) error {
	ctx := r.Context()
	x := amendment{more: f.Get(nameAdd), instead: f.Get(nameReplace)}
	gone, err := p.detach(ctx, f)
	if err != nil && !errors.Is(err, application.ErrMoved) { // showAmend leads to the case that has moved
		return err
	}
	if gone {
		x.done = "portal.attachment.removed"
	}
	c, u, err := p.keepAmend(r, f)
	if err != nil {
		return err
	}
	a := theirs(u.Answers, u.Clashes)
	x.version = u.Version
	files, err := p.newFiles(ctx, c, a, "", "", nil)
	if err != nil {
		return err
	}
	x.errors = append(clashesOf(ctx, u.Answers, u.Clashes), unsent(ctx, f, files.Slots)...)
	return p.showAmend(w, r, c, a, x)
}

// caseOn is the version of the case that a page was made of; 0 of a page that is not ours.
func caseOn(f web.Form) int64 {
	version, err := strconv.ParseInt(f.Get(nameCase), 10, 64)
	if err != nil {
		return 0
	}
	return version
}

// keepAmend keeps what stands on the page of the answer. What is wrong with it is for whoever sends it; so is it that the case has moved.
func (p *Pages) keepAmend(r *http.Request, f web.Form) (application.Case, application.Unsent, error) {
	ctx := r.Context()
	c, u, err := p.Applications.KeepCorrection(ctx, access.From(ctx), r.PathValue("id"), caseOn(f), typedOn(f))
	if errors.Is(err, application.ErrMoved) {
		var now application.Unsent
		if c, now, err = p.Applications.Unsent(ctx, access.From(ctx), r.PathValue("id")); errors.Is(err, application.ErrMoved) {
			err = nil // nothing is open any more
		}
		u = application.Unsent{Answers: c.Corrected(p.Zone, f.Values()), Version: now.Version}
	}
	if _, refused := web.Refused(ctx, err, ""); refused {
		err = nil
	}
	return c, u, err
}

// amendKeep keeps the answer while it is typed, as keep does with a page of a form.
func (p *Pages) amendKeep(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadLongForm(r)
	if err != nil {
		return err
	}
	c, u, err := p.Applications.KeepCorrection(ctx, access.From(ctx), r.PathValue("id"), caseOn(f), typedOn(f))
	errs, refused := web.Refused(ctx, err, "")
	if err != nil && !refused {
		return err
	}
	return web.JSON(w, http.StatusOK, kept{Version: strconv.FormatInt(u.Version, 10), Shape: p.openedShape(c.Opened(p.Zone, u.Answers), u.Answers), Wrong: notes(errs), Clashes: notes(clashesOf(ctx, u.Answers, u.Clashes))})
}

// amendDrop throws away what was typed in the answer.
func (p *Pages) amendDrop(w http.ResponseWriter, r *http.Request) error {
	if err := p.Applications.DropCorrection(r.Context(), access.From(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.amend.dropped")
	return web.Redirect(w, r, local("applications", r.PathValue("id"), "amend"))
}

// openedShape is the shape of the page of an answer, which asks for all that is open.
func (p *Pages) openedShape(f form.Form, a form.Answers) string {
	var all form.Page
	for _, page := range f.Pages {
		all.Fields = append(all.Fields, page.Fields...)
	}
	return shape(f, all, a, p.today())
}

// facts are the answers to these questions, as the case has them, row by row where they are asked several times.
func facts(ctx context.Context, c application.Case, pointers []string, zone *time.Location) []ui.Fact {
	var out []ui.Fact
	filed := c.Form(zone)
	for _, page := range filed.Pages {
		page.Fields = slices.DeleteFunc(slices.Clone(page.Fields), func(x form.Field) bool { return !slices.Contains(pointers, x.Pointer) })
		for _, x := range filed.Flat(page, c.Content.Answers) {
			out = append(out, ui.Fact{Label: x.Label.In(ctx), Value: orBlank(ctx, x.Show(ctx, c.Content.Answers))})
		}
	}
	return out
}

// changes are what the applicant has corrected, for the page of the case, as the desk reads it: the question with what was said before.
func changes(ctx context.Context, c application.Case, zone *time.Location) []ui.Fact {
	var out []ui.Fact
	for _, e := range c.EarlierAnswers(zone) {
		out = append(out, ui.Fact{Label: e.Field.Label.In(ctx), Value: orBlank(ctx, e.Show(ctx)), Source: &ui.Source{Label: web.Moment(ctx, e.Until)}})
	}
	return out
}
