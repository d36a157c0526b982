package portal

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"okno/internal/access"
	"okno/internal/catalogue"
	"okno/internal/document"
	"okno/internal/i18n"
	"okno/internal/notification"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// minePath is the search across everything of the person's own (CAB-5).
const minePath = "/cabinet/search"

type mineView struct {
	Page   ui.Page
	Query  string
	Groups []mineGroup
	Count  int
}

// mineGroup is one sort of what a person has.
type mineGroup struct {
	Title string
	Items []ui.Item
	texts []catalogue.Text // what is searched of each: its title, and below it what the person reads there with what sort of thing it is
}

// ask takes what the person looks for. It may be personal, so that it is sent in the body and kept by the browser, for that page alone.
func (p *Pages) ask(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	web.KeepAsked(r, minePath, strings.TrimSpace(f.Get("q")))
	return web.Redirect(w, r, minePath)
}

// mine searches what the person sees on the other pages of the cabinet, by what they read there.
func (p *Pages) mine(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := mineView{Page: frame(ctx, "portal.mine.title"), Query: web.Asked(r)}
	if v.Query != "" {
		all, err := p.everything(ctx, access.From(ctx))
		if err != nil {
			return err
		}
		for _, g := range all {
			if g = g.pick(v.Query); len(g.Items) > 0 {
				v.Groups = append(v.Groups, g)
				v.Count += len(g.Items)
			}
		}
	}
	return web.Render(w, r, http.StatusOK, minePage(v))
}

func (g mineGroup) pick(query string) mineGroup {
	out := mineGroup{Title: g.Title}
	for _, i := range catalogue.Pick(query, g.texts) {
		out.Items = append(out.Items, g.Items[i])
	}
	return out
}

func (g *mineGroup) add(x ui.Item, more ...string) {
	body := []string{x.Text, x.Note}
	if x.Tag != nil {
		body = append(body, x.Tag.Label)
	}
	g.Items = append(g.Items, x)
	g.texts = append(g.texts, catalogue.Text{Title: x.Title, Body: strings.Join(append(body, more...), " ") + " " + g.Title})
}

// everything is what the person has, by its sort.
func (p *Pages) everything(ctx context.Context, who access.Actor) ([]mineGroup, error) {
	var out []mineGroup
	of := p.wardsOnce(ctx, who)
	for _, sort := range []struct {
		title string
		fill  func(context.Context, access.Actor, wardsOf, *mineGroup) error
	}{
		{"portal.applications.title", p.mineCases}, {"portal.draft.title", p.mineDrafts}, {"portal.documents.title", p.mineDocuments},
		{"portal.appointment.title", p.mineAppointments}, {"portal.appointment.past", p.minePast}, {"portal.favourite.title", p.mineFavourites},
		{"portal.complaint.mine", p.mineComplaints}, {"support.mine", p.mineQuestions}, {"portal.notices.title", p.mineNotices},
	} {
		g := mineGroup{Title: i18n.T(ctx, sort.title)}
		if err := sort.fill(ctx, who, of, &g); err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

func (p *Pages) mineCases(ctx context.Context, who access.Actor, _ wardsOf, g *mineGroup) error {
	cases, err := p.Applications.List(ctx, p.DB, who, mostCases)
	for _, c := range cases {
		g.add(caseItem(ctx, c), c.Def.Owner.Name.In(ctx), c.Step().Title.In(ctx))
	}
	if err != nil {
		return err
	}
	snils, _, err := p.snilsItem(ctx, who, cases)
	if snils != nil {
		g.add(*snils)
	}
	return err
}

func (p *Pages) mineDrafts(ctx context.Context, who access.Actor, of wardsOf, g *mineGroup) error {
	drafts, err := p.Applications.Open(ctx, p.DB, who)
	if err != nil {
		return err
	}
	others, _, err := p.begunFor(ctx, who, "", of)
	if err != nil {
		return err
	}
	orphans, err := p.orphanItems(ctx, who, of)
	for _, x := range slices.Concat(p.draftItems(ctx, drafts), others, orphans) {
		g.add(x)
	}
	return err
}

func (p *Pages) mineDocuments(ctx context.Context, who access.Actor, of wardsOf, g *mineGroup) error {
	names, wards, err := of()
	if err != nil {
		return err
	}
	papers, err := p.Papers.List(ctx, who, wards...)
	theirs := map[string][]document.Document{}
	for _, d := range papers {
		if d.Owner == who.Whose() {
			g.add(paperItem(ctx, d))
			continue
		}
		theirs[d.Owner] = append(theirs[d.Owner], d)
	}
	if err != nil || p.Wallet == nil {
		return err
	}
	own, err := p.Wallet.List(ctx, who)
	for _, d := range own {
		g.add(p.ownItem(ctx, d))
	}
	if err != nil {
		return err
	}
	a, err := p.Accounts.Get(ctx, p.DB, who.ID)
	for _, x := range p.knownItems(ctx, a) {
		g.add(x)
	}
	if err != nil {
		return err
	}
	for _, ward := range wards { // as many as children
		acting := who.Acting(ward, access.Child)
		for _, d := range theirs[ward] {
			g.add(ofWard(ctx, paperItemFor(ctx, d, ward), names[ward]))
		}
		own, err := p.Wallet.List(ctx, acting)
		if err != nil {
			return err
		}
		for _, d := range own {
			g.add(ofWard(ctx, p.ownItem(access.With(ctx, acting), d), names[ward]))
		}
	}
	return nil
}

// mostPast is how many visits that are over the search knows.
const mostPast = 200

func (p *Pages) minePast(ctx context.Context, who access.Actor, of wardsOf, g *mineGroup) error {
	if p.Appointments == nil {
		return nil
	}
	names, wards, err := of()
	if err != nil {
		return err
	}
	list, err := p.Appointments.PastOf(ctx, who, 0, mostPast, wards...)
	for _, a := range list {
		g.add(ofWard(ctx, p.appointmentItem(ctx, a), names[a.Account]))
	}
	return err
}

func (p *Pages) mineFavourites(ctx context.Context, who access.Actor, _ wardsOf, g *mineGroup) error {
	codes, err := p.Accounts.Favourites(ctx, p.DB, who)
	for _, code := range codes {
		if def, ok := p.Catalogue.ByCode(code); ok {
			g.add(ui.Item{Title: def.Title.In(ctx), URL: local("services", def.Slug), Text: def.Owner.Name.In(ctx), Icon: ui.IconStar})
		}
	}
	return err
}

func (p *Pages) mineComplaints(ctx context.Context, who access.Actor, _ wardsOf, g *mineGroup) error {
	list, err := p.Applications.ComplaintsOf(ctx, who, mostCases)
	for _, x := range list {
		title := i18n.T(ctx, "portal.complaint.title")
		if def, ok := p.Catalogue.ByCode(x.Service()); ok {
			title += ": " + def.Title.In(ctx)
		}
		g.add(ui.Item{Title: title, URL: "/applications/" + x.CaseID, Text: i18n.T(ctx, "portal.complaint.ground."+string(x.Ground)) + " · " + web.Moment(ctx, x.MadeAt), Icon: ui.IconMessageSquare,
			Tag: &ui.Tag{Label: i18n.T(ctx, "portal.complaint.state."+string(x.State))}}, x.Text, x.Answer)
	}
	return err
}

func (p *Pages) mineQuestions(ctx context.Context, who access.Actor, _ wardsOf, g *mineGroup) error {
	if p.Support == nil {
		return nil
	}
	list, err := p.Support.Mine(ctx, who, mostCases)
	if err != nil || len(list) == 0 {
		return err
	}
	said, err := p.Support.Said(ctx, who, mostCases)
	for _, x := range list {
		g.add(ui.Item{Title: i18n.T(ctx, "support.number", "number", x.Number), URL: "/support/" + x.ID, Text: web.Moment(ctx, x.TouchedAt), Icon: ui.IconMessageSquare,
			Tag: &ui.Tag{Label: i18n.T(ctx, "support.state."+string(x.State))}}, said[x.ID])
	}
	return err
}

func (p *Pages) mineAppointments(ctx context.Context, who access.Actor, of wardsOf, g *mineGroup) error {
	if p.Appointments == nil {
		return nil
	}
	names, wards, err := of()
	if err != nil {
		return err
	}
	list, err := p.Appointments.Of(ctx, who, wards...)
	for _, a := range list {
		g.add(ofWard(ctx, p.appointmentItem(ctx, a), names[a.Account]))
	}
	if err != nil {
		return err
	}
	waits, err := p.Appointments.Waits(ctx, who, wards...)
	for _, x := range waits {
		item := ofWard(ctx, p.waitItem(ctx, x), names[x.Account])
		item.Button, item.URL = nil, appointmentsPath
		g.add(item)
	}
	return err
}

func (p *Pages) mineNotices(ctx context.Context, who access.Actor, _ wardsOf, g *mineGroup) error {
	list, err := p.Notices.Inbox(ctx, who, mostNotices)
	for _, n := range list {
		g.add(noticeLine(ctx, n), n.Note.Body.In(ctx))
	}
	return err
}

// noticeLine is a notice in a list: what it is about leads to where that is.
func noticeLine(ctx context.Context, n notification.Notice) ui.Item {
	x := noticeItem(ctx, n)
	if x.URL == "/" {
		x.URL = "/cabinet/notices"
	}
	return ui.Item{Title: x.Title, URL: x.URL, Text: x.When, Icon: ui.IconBell}
}
