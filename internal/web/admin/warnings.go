package admin

import (
	"context"
	"strconv"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/i18n"
	"okno/internal/web/ui"
)

// warn adds what the operator has to do about services: versions that could not be published today, and a production calendar that ends.
func (p *Pages) warn(ctx context.Context, v *textsView) error {
	if err := access.From(ctx).May(access.ManagePlatform); err != nil {
		return err
	}
	known, err := application.UnknownDays(ctx, p.DB, p.Workdays, p.DB.Now().In(p.Zone), p.Policy.Workdays.Warn)
	if err != nil {
		return err
	}
	if known.Soon {
		v.Alerts = append(v.Alerts, ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "desk.workdays.title", "date", i18n.Date(ctx, known.From)), Text: i18n.T(ctx, "desk.workdays.text", "cases", known.Cases)})
	}
	list, err := application.Outgrown(ctx, p.DB, p.Catalogue)
	if err != nil || len(list) == 0 {
		return err
	}
	v.Alerts = append(v.Alerts, ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "desk.outgrown.title"), Text: i18n.T(ctx, "desk.outgrown.text")})
	t := ui.Table{Caption: i18n.T(ctx, "desk.outgrown.title"), HideCaption: true, Stack: true, Columns: columns(ctx, "desk.texts.service", "desk.texts.version", "desk.outgrown.state", "desk.outgrown.cases", "desk.outgrown.why")}
	t.Columns[3].Number = true
	for _, o := range list {
		state, name, at := "desk.outgrown.old", o.Service, ""
		if o.InForce { // of others nothing is on the desk but that cases go by them
			state, at = "desk.outgrown.in_force", serviceURL(o.Service, "", o.Version)
		}
		if def, ok := p.Catalogue.ByCode(o.Service); ok {
			name = def.Title.In(ctx)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: name, URL: at}, {Text: cut(o.Version)}, {Text: i18n.T(ctx, state)}, {Text: strconv.Itoa(o.Cases)}, {Text: o.Issues[0].Text}}})
	}
	v.Tables = append([]titled{{Table: t}, {Title: i18n.T(ctx, "desk.texts.services"), Table: v.Tables[0].Table}}, v.Tables[1:]...)
	return nil
}
