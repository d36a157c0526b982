package portal

import (
	"context"
	"errors"
	"net/http"
	"strconv"

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
	Label   string // of the button
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
	return p.showAmend(w, r, c, c.Content.Answers, nil, nil)
}

func (p *Pages) showAmend(w http.ResponseWriter, r *http.Request, c application.Case, a form.Answers, errs ui.Errors, s *web.Setback) error {
	ctx := r.Context()
	action, ok := c.Amending()
	if !ok {
		return web.Redirect(w, r, "/applications/"+c.ID)
	}
	web.Note(ctx, "case", c.ID)
	f := c.Opened(p.Zone)
	v := amendView{Page: frame(ctx, "portal.amend.page", "number", c.Number), Errors: errs, Setback: s, Label: action.Title.In(ctx), Asked: c.Content.Advice,
		Head: ui.Head{Trail: []ui.Link{{Label: i18n.T(ctx, "portal.case.number", "number", c.Number), URL: "/applications/" + c.ID}}, Title: c.Step().Title.In(ctx), Text: c.Def.Title.In(ctx)},
		Form: ui.Form{Action: local("applications", c.ID, "amend"), Hidden: []ui.Hidden{{Name: nameVersion, Value: strconv.FormatInt(c.Version, 10)}}}}
	if !c.DueAt.IsZero() {
		v.Due = i18n.T(ctx, "portal.case.due", "date", i18n.Date(ctx, c.DueAt))
	}
	more := r.URL.Query().Get("more")
	if x := r.PostFormValue(nameAdd); x != "" {
		more = x
	}
	for _, page := range f.Pages {
		_, fields := p.fields(ctx, f, page.Fields, a, errs, more, true)
		v.Parts = append(v.Parts, amendPart{page.Title.In(ctx), fields})
		v.Rows = v.Rows || hasRows(fields)
	}
	var err error
	if v.Files, err = p.newFiles(ctx, c, a, r.URL.Query().Get("replace"), errs); err != nil {
		return err
	}
	if err := p.offers(ctx, access.From(ctx), &v.Files, amendPath(c.ID), c.Def.Attachment); err != nil {
		return err
	}
	status := http.StatusOK
	switch {
	case s != nil:
		status = s.Status
	case len(errs) > 0:
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

// amend sends it. Rows that are added or taken away before it is sent are shown again with everything that was typed.
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
	if f.Get(nameAdd) != "" || f.Get(nameRemove) != "" {
		c, err := p.Applications.Get(ctx, who, r.PathValue("id"))
		if err != nil {
			return err
		}
		a := c.Opened(p.Zone).Parse(f.Values(), c.Content.Answers)
		if pointer, row, ok := application.RowNamed(f.Get(nameRemove)); ok {
			a = a.Without(pointer, row)
		}
		return p.showAmend(w, r, c, a, nil, nil)
	}
	c, typed, err := p.Applications.Amend(ctx, who, r.PathValue("id"), f.Values(), version)
	if errs, ok := web.Refused(ctx, err, ""); ok {
		return p.showAmend(w, r, c, typed, errs, nil)
	}
	if s, ok := web.SetBack(r, err); ok && typed != nil && !errors.Is(err, application.ErrMissing) {
		if now, again := p.Applications.Get(ctx, who, r.PathValue("id")); again == nil {
			return p.showAmend(w, r, now, typed, nil, s)
		}
	}
	if err != nil {
		return err
	}
	if len(c.Voided()) > 0 { // which they are stands on the page of the case
		web.Say(r, ui.Warning, "portal.amend.done_voided")
	} else {
		web.Say(r, ui.Success, "portal.amend.done")
	}
	return web.Redirect(w, r, "/applications/"+c.ID)
}

// changes are what the applicant has corrected, for the page of the case: the question with what was said before.
func changes(ctx context.Context, c application.Case, f form.Form) []ui.Fact {
	var out []ui.Fact
	for _, rev := range c.Content.Earlier {
		before := c.Content.Answers
		for pointer, v := range rev.Was {
			before = before.With(pointer, v)
		}
		for _, page := range f.Pages {
			for _, x := range page.Fields {
				if _, changed := rev.Was[x.Pointer]; !changed {
					continue
				}
				value := x.Show(ctx, before)
				if x.Rows != nil {
					value = i18n.N(ctx, "portal.amend.rows", before.Count(x.Pointer))
				}
				out = append(out, ui.Fact{Label: x.Label.In(ctx), Value: orBlank(ctx, value), Source: &ui.Source{Label: web.Moment(ctx, rev.At)}})
			}
		}
	}
	return out
}
