package agency

import (
	"context"
	"time"

	"okno/internal/application"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// earlier is what answers were before the applicant corrected them, the last correction first: each question with what was said, row by
// row where it is asked several times.
func earlier(ctx context.Context, c application.Case, zone *time.Location) []ui.Fact {
	var out []ui.Fact
	f := c.Form(zone)
	for i := len(c.Content.Earlier) - 1; i >= 0; i-- {
		rev := c.Content.Earlier[i]
		before := c.Content.Answers
		for pointer, v := range rev.Was {
			before = before.With(pointer, v)
		}
		for _, page := range f.Pages {
			for _, x := range page.Fields {
				if _, changed := rev.Was[x.Pointer]; !changed {
					continue
				}
				one := page
				one.Fields = []form.Field{x}
				for _, y := range f.Flat(one, before) {
					value := y.Show(ctx, before)
					if value == "" {
						value = "—"
					}
					out = append(out, ui.Fact{Label: y.Label.In(ctx), Value: value, Source: &ui.Source{Label: i18n.T(ctx, "desk.case.until", "when", web.Moment(ctx, rev.At))}})
				}
				if x.Rows != nil && before.Count(x.Pointer) == 0 {
					out = append(out, ui.Fact{Label: x.Label.In(ctx), Value: "—", Source: &ui.Source{Label: i18n.T(ctx, "desk.case.until", "when", web.Moment(ctx, rev.At))}})
				}
			}
		}
	}
	return out
}
