package agency

import (
	"net/http"
	"net/url"
	"strconv"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

type templatesView struct {
	Frame ui.Desk
	Head  ui.Head
	Texts ui.Table
	Lead  bool // may write them
}

const texts = "/desk/templates"

// templates lists the texts of advice that the desk keeps.
func (p *Pages) templates(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	list, err := p.Applications.Templates(ctx, who, "")
	if err != nil {
		return err
	}
	v := templatesView{Head: ui.Head{Title: i18n.T(ctx, "desk.templates.title"), Text: i18n.T(ctx, "desk.templates.text")}, Lead: who.May(access.LeadDesk) == nil}
	if v.Frame, err = p.frame(ctx, v.Head.Title, texts); err != nil {
		return err
	}
	v.Texts = ui.Table{Caption: v.Head.Title, HideCaption: true, Stack: true, Columns: []ui.Column{{Label: i18n.T(ctx, "desk.template.title")}, {Label: i18n.T(ctx, "desk.template.service")},
		{Label: i18n.T(ctx, "desk.template.words")}, {Label: i18n.T(ctx, "desk.template.changed")}}}
	for _, t := range list {
		title := ui.Cell{Text: t.Title, Strong: true}
		if v.Lead {
			title = ui.Cell{Text: t.Title, URL: texts + "/" + t.ID}
		}
		service := i18n.T(ctx, "desk.template.all")
		if d, ok := p.Catalogue.ByCode(t.Service); ok {
			service = d.Title.In(ctx)
		}
		v.Texts.Rows = append(v.Texts.Rows, ui.Row{Cells: []ui.Cell{title, {Text: service}, {Text: t.Text.In(ctx)}, {Text: web.Moment(ctx, t.ChangedAt)}}})
	}
	return web.Render(w, r, http.StatusOK, templatesPage(v))
}

type templateView struct {
	Frame    ui.Desk
	Head     ui.Head
	At       string
	Version  string
	Services []ui.Choice
	Text     application.Template
	Most     int
	Words    []ui.Fact // what is put in, and what for
	Remove   string
	Errors   ui.Errors
	Setback  *web.Setback
}

// made is the address of a text that is not there yet.
const made = "new"

func (p *Pages) template(w http.ResponseWriter, r *http.Request) error {
	t := application.Template{}
	if id := r.PathValue("id"); id != made {
		var err error
		if t, err = p.Applications.Template(r.Context(), access.From(r.Context()), id); err != nil {
			return err
		}
	}
	return p.showTemplate(w, r, http.StatusOK, templateView{Text: t})
}

func (p *Pages) showTemplate(w http.ResponseWriter, r *http.Request, status int, v templateView) error {
	ctx := r.Context()
	who := access.From(ctx)
	v.At, v.Version, v.Most = texts+"/"+url.PathEscape(r.PathValue("id")), strconv.FormatInt(v.Text.Version, 10), p.Applications.Policy.Cases.TemplateText
	title := "desk.template.edit"
	if r.PathValue("id") == made {
		title = "desk.template.new"
	} else {
		v.Remove = v.At + "/remove"
	}
	v.Head = ui.Head{Trail: []ui.Link{{Label: i18n.T(ctx, "desk.templates.title"), URL: texts}}, Title: i18n.T(ctx, title)}
	var err error
	if v.Frame, err = p.frame(ctx, v.Head.Title, texts); err != nil {
		return err
	}
	v.Frame.Invalid = len(v.Errors) > 0
	for _, d := range p.Catalogue.All() {
		if d.Owner.Code == who.Unit && d.Online() {
			v.Services = append(v.Services, ui.Choice{Value: d.Code, Label: d.Title.In(ctx)})
		}
	}
	for _, word := range application.Placeholders() {
		v.Words = append(v.Words, ui.Fact{Label: "{" + word + "}", Value: i18n.T(ctx, "desk.template.word."+word)})
	}
	return web.Render(w, r, status, templatePage(v))
}

func (p *Pages) saveTemplate(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	t := application.Template{Service: f.Get("service"), Title: f.Get("title"), Text: i18n.Text{RU: f.Get("ru"), EN: f.Get("en")}}
	if id := r.PathValue("id"); id != made {
		t.ID = id
		if t.Version, err = strconv.ParseInt(f.Get("version"), 10, 64); err != nil {
			t.Version = 0
		}
	}
	_, err = p.Applications.SaveTemplate(ctx, access.From(ctx), t)
	v := templateView{Text: t}
	if errs, ok := web.Refused(ctx, err, "title"); ok {
		v.Errors = errs
		return p.showTemplate(w, r, http.StatusUnprocessableEntity, v)
	}
	if s, ok := web.SetBack(r, err); ok {
		v.Setback = s
		return p.showTemplate(w, r, s.Status, v)
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, "desk.template.saved")
	return web.Redirect(w, r, texts)
}

func (p *Pages) removeTemplate(w http.ResponseWriter, r *http.Request) error {
	if err := p.Applications.RemoveTemplate(r.Context(), access.From(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	web.Say(r, ui.Success, "desk.template.removed")
	return web.Redirect(w, r, texts)
}
