package portal

import (
	"context"
	"net/http"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/i18n"
	"okno/internal/verification"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// welcomeView is the page on which a registration goes on to the papers, or ends for now (REG-2).
type welcomeView struct {
	Page   ui.Page
	Wanted bool // they came for a page, to which "later" leads
}

func (p *Pages) welcome(w http.ResponseWriter, r *http.Request) error {
	if access.From(r.Context()).Level != access.Simplified { // a signature has proved who they are
		return p.wanted(w, r)
	}
	return web.Render(w, r, http.StatusOK, welcomePage(welcomeView{Page: frame(r.Context(), "sitting.welcome.title"), Wanted: web.Wanted(r) != ""}))
}

// wanted leads to the page that somebody came for before they registered, once.
func (p *Pages) wanted(w http.ResponseWriter, r *http.Request) error {
	to := web.LocalOr(web.Wanted(r), "/cabinet")
	web.DropWanted(r)
	return web.Redirect(w, r, to)
}

// besidePapers is what of the registration no register is asked about: the scans, with what came of each, and the contacts.
func (p *Pages) besidePapers(ctx context.Context, typed verification.Papers) ([]group, error) {
	who := access.From(ctx)
	scans := group{Title: i18n.T(ctx, "sitting.scan.title"), Edit: web.ScanStep}
	all, err := p.Originals.Mine(ctx, who)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		x := p.originalView(ctx, o, typed)
		scans.Facts = append(scans.Facts, ui.Fact{Label: x.Kind, Value: x.Tag.Label, Note: x.Differs})
	}
	if len(all) == 0 {
		scans.Facts = []ui.Fact{{Label: i18n.T(ctx, "sitting.scan.fact"), Value: i18n.T(ctx, "sitting.none")}}
	}
	contacts := group{Title: i18n.T(ctx, "sitting.contact.fact"), Edit: web.ContactStep}
	list, err := p.Contacts.Of(ctx, p.DB, who.ID)
	if err != nil {
		return nil, err
	}
	for _, kind := range []contact.Kind{contact.Phone, contact.Email} {
		label, there := i18n.T(ctx, "portal.fact."+string(kind)), false
		for _, c := range list {
			if c.Target.Kind == kind {
				contacts.Facts, there = append(contacts.Facts, ui.Fact{Label: label, Value: c.Target.Shown()}), true
			}
		}
		if !there {
			contacts.Facts = append(contacts.Facts, ui.Fact{Label: label, Value: i18n.T(ctx, "sitting.none")})
		}
	}
	return []group{scans, contacts}, nil
}
