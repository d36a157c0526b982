package agency

import (
	"context"
	"time"

	"okno/internal/application"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// earlier is what answers were before the applicant corrected them.
func earlier(ctx context.Context, c application.Case, zone *time.Location) []ui.Fact {
	var out []ui.Fact
	for _, e := range c.EarlierAnswers(zone) {
		value := e.Show(ctx)
		if value == "" {
			value = "—"
		}
		out = append(out, ui.Fact{Label: e.Field.Label.In(ctx), Value: value, Source: &ui.Source{Label: i18n.T(ctx, "desk.case.until", "when", web.Moment(ctx, e.Until))}})
	}
	return out
}
