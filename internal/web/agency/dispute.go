package agency

import (
	"context"
	"time"

	"okno/internal/application"
	"okno/internal/i18n"
	"okno/internal/web/ui"
)

// disputed are the values that the applicant says are wrong, each with how it should be and why, in the order of the form.
func disputed(ctx context.Context, c application.Case, zone *time.Location) []ui.Fact {
	if len(c.Content.Disputes) == 0 {
		return nil
	}
	var out []ui.Fact
	for _, page := range c.Form(zone).Asked(c.Content.Answers) {
		for _, f := range page.Fields {
			d, ok := c.Content.Disputes[f.Pointer]
			if !ok {
				continue
			}
			note := i18n.T(ctx, "desk.case.claim", "claim", d.Claim)
			if d.Why != "" {
				note += ". " + d.Why
			}
			out = append(out, ui.Fact{Label: f.Label.In(ctx), Value: shownOf(ctx, f, d.Said), Source: &ui.Source{Label: f.Origin.Called(ctx, "desk.source.")}, Note: note})
		}
	}
	return out
}
