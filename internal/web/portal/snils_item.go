package portal

import (
	"context"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/i18n"
	"okno/internal/verification"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// snilsItem is the person's newest application for a SNILS among their other ones, and when it was sent; nil when none was, and of one that
// is among the cases.
func (p *Pages) snilsItem(ctx context.Context, who access.Actor, cases []application.Case) (*ui.Item, time.Time, error) {
	x, found, err := p.Verification.LatestSNILS(ctx, who)
	if err != nil || !found || slices.ContainsFunc(cases, func(c application.Case) bool { return c.ID == x.ID }) {
		return nil, time.Time{}, err
	}
	at, tag := x.FiledAt, ui.Tag{Tone: ui.Info}
	switch x.State {
	case verification.SNILSPosted:
		if x.Letter == nil { // a number was asked for, and nothing was sent
			return nil, at, nil
		}
		at = x.Letter.At
	case verification.SNILSAssigned:
		tag = ui.Tag{Tone: ui.Success, Icon: ui.IconCheck}
	case verification.SNILSRefused:
		tag = ui.Tag{Tone: ui.Danger}
	case verification.SNILSLeft:
		return nil, at, nil
	case verification.SNILSFiled, verification.SNILSAccepted:
	}
	tag.Label = i18n.T(ctx, "portal.snils.item."+string(x.State))
	return &ui.Item{Title: i18n.T(ctx, "portal.snils.title"), URL: "/cabinet/snils", Tag: &tag, Text: i18n.T(ctx, "portal.snils.item.text", "number", x.Temporary(), "when", web.Moment(ctx, at))}, at, nil
}
