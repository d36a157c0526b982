package portal

import (
	"context"
	"net/http"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// Drafts for services that are not offered any more: they are said to be so, can be read and deleted.

const orphanPath = "/drafts/"

// orphanItems are such drafts in a list of the person's drafts.
func (p *Pages) orphanItems(ctx context.Context, who access.Actor, of wardsOf) ([]ui.Item, error) {
	list, err := p.Applications.Orphans(ctx, p.DB, who)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var out []ui.Item
	var names map[string]string
	for _, o := range list {
		x := ui.Item{Title: orphanTitle(ctx, o), URL: orphanPath + o.ID, Text: p.orphanKept(ctx, o), Tag: &ui.Tag{Label: i18n.T(ctx, "portal.orphan.tag"), Tone: ui.Warning, Icon: ui.IconPencil}}
		if o.For != "" && names == nil {
			if names, _, err = of(); err != nil {
				return nil, err
			}
		}
		if o.For != "" {
			x = ofWard(ctx, x, names[o.For])
		}
		out = append(out, x)
	}
	return out, nil
}

func orphanTitle(ctx context.Context, o application.Orphan) string {
	if o.Def == nil {
		return i18n.T(ctx, "portal.orphan.untitled")
	}
	return o.Def.Title.In(ctx)
}

func (p *Pages) orphanKept(ctx context.Context, o application.Orphan) string {
	return i18n.T(ctx, "portal.draft.saved", "when", web.Moment(ctx, o.At), "until", i18n.Date(ctx, o.At.Add(p.Applications.Policy.Cases.DraftLifetime)))
}

type orphanView struct {
	Page   ui.Page
	Head   ui.Head
	Text   string
	Groups []group
	Action string
}

func (p *Pages) orphan(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	o, d, err := p.Applications.Orphan(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	title := orphanTitle(ctx, o)
	v := orphanView{Page: frame(ctx, "portal.service.page", "title", title), Action: orphanPath + o.ID + "/discard",
		Head: ui.Head{Trail: []ui.Link{{Label: i18n.T(ctx, "portal.applications.title"), URL: "/applications"}}, Title: title, Text: p.orphanKept(ctx, o)}}
	v.Text = i18n.T(ctx, "portal.orphan.gone_unread")
	if d.Def != nil {
		v.Text = i18n.T(ctx, "portal.orphan.gone_text")
		v.Groups = answers(ctx, d.Form, d.Answers, d.Disputes(), "")
	}
	return web.Render(w, r, http.StatusOK, orphanPage(v))
}

func (p *Pages) discardOrphan(w http.ResponseWriter, r *http.Request) error {
	if err := p.Applications.DiscardOrphan(r.Context(), access.From(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.form.discarded")
	return web.Redirect(w, r, "/applications")
}
