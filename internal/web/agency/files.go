package agency

import (
	"context"
	"net/http"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/files"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// files are the files that were filed with the case. One that nobody has looked through yet cannot be opened.
func (p *Pages) files(ctx context.Context, who access.Actor, c application.Case) (ui.Files, error) {
	out := ui.Files{Label: i18n.T(ctx, "portal.attachment.title")}
	if p.Attachments == nil {
		return out, nil
	}
	list, err := p.Attachments.OfCase(ctx, who, c.ID)
	if err != nil {
		return out, err
	}
	for _, a := range list {
		row := ui.FileRow{Name: a.Name, Text: web.Moment(ctx, a.SentAt)}
		if x, ok := c.Def.Attachment(a.Slot); ok {
			row.Text = x.Title.In(ctx) + " · " + row.Text
		}
		if !a.ReplacedAt.IsZero() {
			row.Text += " · " + i18n.T(ctx, "portal.attachment.replaced", "when", web.Moment(ctx, a.ReplacedAt))
		}
		switch a.State {
		case application.Checking:
			row.Tag, row.Note = &ui.Tag{Label: i18n.T(ctx, "portal.attachment.checking"), Tone: ui.Info, Icon: ui.IconHourglass}, i18n.T(ctx, "desk.attachment.checking")
		case application.Infected:
			row.Tag, row.Note = &ui.Tag{Label: i18n.T(ctx, "portal.attachment.infected"), Tone: ui.Danger, Icon: ui.IconCircleX}, i18n.T(ctx, "desk.attachment.infected")
		case application.Ready:
			row.Save = address(c.ID) + "/files/" + a.ID + "?save"
			if a.Media != files.PDF {
				row.View = address(c.ID) + "/files/" + a.ID
			}
		}
		out.List = append(out.List, row)
	}
	return out, nil
}

// file opens a file of the case. That the officer looked is recorded.
func (p *Pages) file(w http.ResponseWriter, r *http.Request) error {
	a, f, body, err := p.Attachments.Open(r.Context(), access.From(r.Context()), r.PathValue("file"))
	if err != nil {
		return err
	}
	if a.Application != r.PathValue("id") {
		return application.ErrNoFile
	}
	if r.URL.Query().Has("save") {
		return web.Save(w, r, f, body)
	}
	return web.Send(w, r, f, body)
}
