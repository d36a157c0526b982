package portal

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/signin"
	"okno/internal/wallet/kind"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// ownedView is what a page of a form says of the person's documents of one kind, from which it is filled in.
type ownedView struct {
	Alert  ui.Alert
	Offers []ownOffer
}

// owned says from which documents the questions of a page are filled in or can be; here is the address of the page.
func (p *Pages) owned(ctx context.Context, d application.Draft, fields []form.Field, here string) ([]ownedView, error) {
	sources, err := p.Applications.Sources(ctx, access.From(ctx), d, fields)
	now := p.DB.Now()
	var out []ownedView
	for _, x := range sources {
		v := ownedView{Alert: ui.Alert{Tone: ui.Info, Title: x.Kind.Title.In(ctx)}}
		valid := slices.DeleteFunc(slices.Clone(x.Offers), func(h kind.Held) bool { return h.Ended(now) })
		switch {
		case !x.Over.IsZero():
			v.Alert = ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "portal.owned.over", "document", x.Taken, "date", i18n.Date(ctx, kind.MiddleBefore(x.Over))), Text: i18n.T(ctx, "portal.owned.over_text")}
		case x.Taken != (i18n.Text{}):
			v.Alert = ui.Alert{Tone: ui.Success, Title: x.Taken.In(ctx), Text: i18n.T(ctx, "portal.owned.taken")}
		case len(valid) == 1:
			v.Alert.Text = i18n.T(ctx, "portal.owned.offered")
		case len(valid) > 1:
			v.Alert.Text = i18n.T(ctx, "portal.owned.choose")
		default:
			h := x.Offers[0]
			v.Alert = ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "portal.owned.over", "document", h.Called(), "date", i18n.Date(ctx, h.LastDay())), Text: i18n.T(ctx, "portal.owned.ended")}
		}
		if x.Taken != (i18n.Text{}) && len(x.Offers) > 0 {
			v.Alert.Text += " " + i18n.T(ctx, "portal.owned.another")
		}
		if x.Sealed {
			v.Alert.Text += " " + i18n.T(ctx, "portal.owned.sealed")
		}
		for _, h := range x.Offers {
			words := "portal.owned.fill"
			if h.Ended(now) {
				words = "portal.owned.fill_ended"
			}
			v.Offers = append(v.Offers, ownOffer{Label: i18n.T(ctx, words, "document", h.Called()), Action: here + "/document/" + h.ID})
		}
		out = append(out, v)
	}
	return out, err
}

// takeDocument keeps what stands on the page and fills the form in from a document.
func (p *Pages) takeDocument(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	def, f, err := p.sentTo(r)
	if err != nil {
		return err
	}
	d, err := p.Applications.Save(ctx, who, def.Code, r.PathValue("page"), typedOn(f))
	if errors.Is(err, application.ErrMissing) {
		return p.gone(w, r, def)
	}
	if _, refused := web.Refused(ctx, err, ""); err != nil && !refused { // what is wrong is kept, and said when the page is sent
		return err
	}
	if clashes := clashesOf(ctx, d); len(clashes) > 0 {
		return p.show(w, r, def, d, r.PathValue("page"), clashes, nil)
	}
	err = p.Applications.TakeDocument(ctx, who, def.Code, r.PathValue("document"))
	if errors.Is(err, signin.ErrSealed) {
		return web.ToSecond(w, r, here(r))
	}
	if s, ok := web.SetBack(r, err); ok {
		return p.show(w, r, def, d, r.PathValue("page"), nil, s)
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.owned.done")
	return web.Redirect(w, r, here(r))
}
