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
	"okno/internal/web"
	"okno/internal/web/ui"
)

type amendView struct {
	Page    ui.Page
	Head    ui.Head
	Asked   string // the officer's words
	Due     string
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
	c, err := p.Applications.Get(r.Context(), access.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return p.showAmend(w, r, c, c.Content.Answers, amendment{})
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
		Form: ui.Form{ID: formID, Action: local("applications", c.ID, "amend"), Hidden: []ui.Hidden{{Name: nameVersion, Value: strconv.FormatInt(c.Version, 10)}}}}
	if !c.DueAt.IsZero() {
		v.Due = i18n.T(ctx, "portal.case.due", "date", i18n.Date(ctx, c.DueAt))
	}
	if r.Method == http.MethodPost && len(x.errors) == 0 && x.setback == nil {
		v.Form.Attrs = templ.Attributes{"data-unsent": true}
	}
	if x.done != "" {
		v.Page.Flash = &ui.Flash{Tone: ui.Success, Title: i18n.T(ctx, x.done)}
	}
	for _, page := range f.Pages {
		_, fields := p.fields(ctx, f, page.Fields, a, x.errors, x.more, true)
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
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(f.Get(nameVersion), 10, 64)
	if err != nil {
		version = 0
	}
	if f.Get(nameAdd) != "" || f.Get(nameRemove) != "" || f.Get(nameDetach) != "" || f.Get(nameReplace) != "" {
		return p.amendMore(w, r, f)
	}
	c, typed, err := p.Applications.Amend(ctx, who, r.PathValue("id"), application.Correction{Typed: f.Values(), Version: version, Voids: strings.Fields(f.Get(nameVoids)), Further: strings.Fields(f.Get(nameFurther))})
	if errors.Is(err, application.FurtherError{}) {
		return p.showAmend(w, r, c, typed, amendment{further: true})
	}
	if void := (application.VoidsError{}); errors.As(err, &void) {
		return p.showAmend(w, r, c, typed, amendment{voids: void.Pointers})
	}
	if errs, ok := web.Refused(ctx, err, ""); ok {
		return p.showAmend(w, r, c, typed, amendment{errors: errs})
	}
	if s, ok := web.SetBack(r, err); ok && typed != nil && !errors.Is(err, application.ErrMissing) {
		if now, again := p.Applications.Get(ctx, who, r.PathValue("id")); again == nil {
			return p.showAmend(w, r, now, typed, amendment{setback: s})
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
	c, err := p.Applications.Get(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	a := c.Corrected(p.Zone, f.Values())
	if pointer, row, ok := application.RowNamed(f.Get(nameRemove)); ok {
		a = a.Without(pointer, row)
	}
	files, err := p.newFiles(ctx, c, a, "", "", nil)
	if err != nil {
		return err
	}
	x.errors = unsent(ctx, f, files.Slots)
	return p.showAmend(w, r, c, a, x)
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
