package portal

import (
	"context"
	"net/http"
	"slices"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/wallet/kind"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// mountOwned adds what fills a form in from the person's documents.
func (p *Pages) mountOwned(s *web.Server) {
	p.person(s, "POST /services/{slug}/apply/{page}/document/{document}", p.takeDocument)
}

// ownedView is what a page of a form says of the person's documents of one kind, from which it is filled in.
type ownedView struct {
	Alert  ui.Alert
	Offers []ownOffer
}

// owned says from which documents the questions of a page are filled in or can be; here is the address of the page.
func (p *Pages) owned(ctx context.Context, d application.Draft, fields []form.Field, here string) ([]ownedView, error) {
	sources, err := p.Applications.Sources(ctx, access.From(ctx), d, fields)
	now := p.DB.Now()
	day := func(last form.Date) string { return i18n.Date(ctx, last.In(p.Zone)) }
	var out []ownedView
	for _, x := range sources {
		v := ownedView{Alert: ui.Alert{Tone: ui.Info, Title: x.Kind.Title.In(ctx)}}
		stand := slices.IndexFunc(x.Offers, func(h kind.Held) bool { return !h.Stands(now) })
		if stand < 0 {
			stand = len(x.Offers)
		}
		switch {
		case x.Lost:
			v.Alert = ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "portal.owned.lost", "document", x.Taken), Text: i18n.T(ctx, "portal.owned.over_text")}
		case !x.Over.IsZero():
			v.Alert = ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "portal.owned.over", "document", x.Taken, "date", day(x.Over)), Text: i18n.T(ctx, "portal.owned.over_text")}
		case x.Taken != (i18n.Text{}):
			v.Alert = ui.Alert{Tone: ui.Success, Title: x.Taken.In(ctx), Text: i18n.T(ctx, "portal.owned.taken")}
		case stand == 1:
			v.Alert.Text = i18n.T(ctx, "portal.owned.offered")
		case stand > 1:
			v.Alert.Text = i18n.T(ctx, "portal.owned.choose")
		case x.Offers[0].Gone:
			v.Alert = ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "portal.owned.lost", "document", x.Offers[0].Called()), Text: i18n.T(ctx, "portal.owned.lost_text")}
		default:
			h := x.Offers[0]
			v.Alert = ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "portal.owned.over", "document", h.Called(), "date", day(h.LastDay())), Text: i18n.T(ctx, "portal.owned.ended")}
		}
		if x.Taken != (i18n.Text{}) && len(x.Offers) > 0 {
			v.Alert.Text += " " + i18n.T(ctx, "portal.owned.another")
		}
		if x.Sealed {
			v.Alert.Text += " " + i18n.T(ctx, "portal.owned.sealed")
		}
		for _, h := range x.Offers {
			words := "portal.owned.fill"
			switch {
			case h.Gone:
				words = "portal.owned.fill_lost"
			case h.Ended(now):
				words = "portal.owned.fill_ended"
			}
			v.Offers = append(v.Offers, ownOffer{Label: i18n.T(ctx, words, "document", h.Called()), Action: here + "/document/" + h.ID})
		}
		out = append(out, v)
	}
	return out, err
}

// takeDocument fills the form in from a document.
func (p *Pages) takeDocument(w http.ResponseWriter, r *http.Request) error {
	return p.onPage(w, r, func(ctx context.Context, who access.Actor, code string) error {
		filled, err := p.Applications.TakeDocument(ctx, who, code, r.PathValue("document"))
		switch {
		case err != nil:
			return err
		case filled:
			web.Say(r, ui.Success, "portal.owned.done")
		default:
			web.Say(r, ui.Info, "portal.owned.nothing")
		}
		return nil
	})
}
