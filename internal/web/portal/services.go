package portal

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/i18n"
	"okno/internal/procedure"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// How many things of a kind a page shows at most.
const (
	mostHits    = 30
	mostPopular = 8
	mostRecent  = 4
	mostMine    = 5
	mostCases   = 200
)

type homeView struct {
	Page    ui.Page
	Signed  bool
	Popular []ui.Tile
	Life    []ui.Tile
	Mine    []ui.Item
	Level   levelCard
}

// levelCard says what the level is, what it opens, and how to reach the next.
type levelCard struct {
	Name, Text string
	Tone       ui.Tone
	Confirmed  bool
}

func cardOf(ctx context.Context, l access.Level) levelCard {
	c := levelCard{Name: levelName(ctx, l), Text: i18n.T(ctx, "portal.level.opens."+string(l)), Tone: ui.Warning, Confirmed: l == access.Confirmed}
	if c.Confirmed {
		c.Tone = ui.Success
	}
	return c
}

func (p *Pages) home(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := web.Actor(ctx)
	v := homeView{Page: frame(ctx, "portal.home.title"), Signed: who.Kind == access.Person}
	for _, def := range p.Catalogue.Popular(mostPopular) {
		v.Popular = append(v.Popular, tile(ctx, def))
	}
	for _, e := range p.Catalogue.LifeEvents() {
		if len(e.Services) > 0 {
			v.Life = append(v.Life, ui.Tile{Title: e.Title.In(ctx), Text: e.Text.In(ctx), URL: "/services?life=" + e.Code})
		}
	}
	if v.Signed {
		cases, err := p.Applications.List(ctx, p.DB, who, mostMine)
		if err != nil {
			return err
		}
		for _, c := range ordered(cases) {
			v.Mine = append(v.Mine, caseItem(ctx, c))
		}
		v.Level = cardOf(ctx, who.Level)
	}
	return web.Render(w, r, http.StatusOK, homePage(v))
}

// ordered puts the cases first in which it is the applicant's turn, then those under way.
func ordered(cases []application.Case) []application.Case {
	rank := func(c application.Case) int {
		switch {
		case c.Turn == procedure.TurnApplicant:
			return 0
		case c.Outcome == "":
			return 1
		}
		return 2
	}
	slices.SortStableFunc(cases, func(a, b application.Case) int { return rank(a) - rank(b) })
	return cases
}

func tile(ctx context.Context, def *procedure.Definition) ui.Tile {
	t := ui.Tile{Title: def.Title.In(ctx), Text: def.Summary.In(ctx), URL: "/services/" + def.Slug}
	if !onPortal(def) {
		t.Tag = &ui.Tag{Label: i18n.T(ctx, "portal.service.in_person")}
	}
	return t
}

// onPortal reports whether the service can be asked for on the portal: by its form, or on another page that does it.
func onPortal(def *procedure.Definition) bool { return def.Online() || def.Catalog.Start != "" }

// levelOf is the level that it asks for. A page of the portal that does what a service does says on itself what it needs.
func levelOf(def *procedure.Definition) access.Level {
	if def.Online() {
		return def.Level
	}
	return access.Simplified
}

type servicesView struct {
	Page     ui.Page
	Query    string
	Meant    string // the query as it was understood, when that is another
	Heading  string
	Named    []ui.Item // the agencies and life situations that the query names
	Found    []ui.Item
	Agencies []agencyView
	Life     []ui.Link
	Owners   []ui.Link // every agency, where the page has not all of them
	Pages    ui.Pagination
}

type agencyView struct {
	Name     string
	URL      string
	Services []ui.Item
}

func (p *Pages) services(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := servicesView{Page: frame(ctx, "portal.services.title"), Query: r.FormValue("q"), Heading: i18n.T(ctx, "portal.services.title")}
	for _, e := range p.Catalogue.LifeEvents() {
		if len(e.Services) > 0 {
			v.Life = append(v.Life, ui.Link{Label: e.Title.In(ctx), URL: "/services?life=" + e.Code, Current: e.Code == r.FormValue("life")})
		}
	}
	life, ok := p.Catalogue.LifeEvent(r.FormValue("life"))
	agency, owned := p.Catalogue.Agency(r.FormValue("agency"))
	switch {
	case v.Query != "":
		v.Heading = i18n.T(ctx, "portal.services.found", "query", v.Query)
		found := p.Catalogue.Find(v.Query, mostHits)
		v.Meant = found.Meant
		v.Named = namedItems(ctx, p.Catalogue.Named(v.Query))
		for _, hit := range found.Hits {
			v.Found = append(v.Found, serviceItem(ctx, hit.Service))
		}
	case ok:
		v.Heading = life.Title.In(ctx)
		p.found(r, &v, life.Services, url.Values{"life": {life.Code}})
	case owned:
		v.Heading = agency.Name.In(ctx)
		p.found(r, &v, agency.Services, url.Values{"agency": {agency.Code}})
	default:
		p.byAgency(r, &v)
	}
	v.Page.Title = v.Heading
	return web.Render(w, r, http.StatusOK, servicesPage(v))
}

// found shows a page of the services.
func (p *Pages) found(r *http.Request, v *servicesView, list []*procedure.Definition, query url.Values) {
	g := pageOf(r.FormValue("page"), len(list), p.Policy.Catalogue.Page)
	first, last := g.bounds(len(list))
	for _, def := range list[first:last] {
		v.Found = append(v.Found, serviceItem(r.Context(), def))
	}
	v.page(r.Context(), g, "/services", query)
}

// page adds the way to the other pages, and says in the heading which this is.
func (v *servicesView) page(ctx context.Context, g paging, path string, query url.Values) {
	if v.Pages = g.links(path, query); g.pages > 1 {
		v.Heading = i18n.T(ctx, "portal.services.page", "title", v.Heading, "page", g.page, "pages", g.pages)
	}
}

// byAgency shows a page of all services under the names of their agencies.
func (p *Pages) byAgency(r *http.Request, v *servicesView) {
	ctx, agencies, n := r.Context(), p.Catalogue.Agencies(), 0
	for _, a := range agencies {
		n += len(a.Services)
	}
	g := pageOf(r.FormValue("page"), n, p.Policy.Catalogue.Page)
	first, last := g.bounds(n)
	at := 0 // the first service of the agency in the list of all
	for _, a := range agencies {
		link := "/services?agency=" + a.Code
		from, to := min(max(first-at, 0), len(a.Services)), min(max(last-at, 0), len(a.Services))
		at += len(a.Services)
		if g.pages > 1 {
			v.Owners = append(v.Owners, ui.Link{Label: a.Name.In(ctx), URL: link})
		}
		if from == to {
			continue
		}
		x := agencyView{Name: a.Name.In(ctx), URL: link}
		for _, def := range a.Services[from:to] {
			x.Services = append(x.Services, serviceItem(ctx, def))
		}
		v.Agencies = append(v.Agencies, x)
	}
	v.page(ctx, g, "/services", nil)
}

// namedItems lead to the services of each agency and life situation.
func namedItems(ctx context.Context, n catalogue.Named) (out []ui.Item) {
	for _, l := range n.Life {
		out = append(out, ui.Item{Title: l.Title.In(ctx), Text: i18n.N(ctx, "portal.services.of_life", len(l.Services)), URL: "/services?life=" + l.Code})
	}
	for _, a := range n.Agencies {
		out = append(out, ui.Item{Title: a.Name.In(ctx), Text: i18n.N(ctx, "portal.services.of_agency", len(a.Services)), URL: "/services?agency=" + a.Code})
	}
	return out
}

func serviceItem(ctx context.Context, def *procedure.Definition) ui.Item {
	x := ui.Item{Title: def.Title.In(ctx), Text: def.Summary.In(ctx), URL: "/services/" + def.Slug, Note: def.Owner.Short.In(ctx)}
	x.Tag = may(ctx, def)
	if who := web.Actor(ctx); def.Online() && who.Kind == access.Person && !who.Level.AtLeast(def.Level) {
		x.Next = &ui.Link{Label: i18n.T(ctx, "portal.services.raise"), URL: "/cabinet/identity"}
	}
	return x
}

// may says of a service in one tag whether the visitor may start it now, and before that which level it needs.
func may(ctx context.Context, def *procedure.Definition) *ui.Tag {
	who := web.Actor(ctx)
	switch {
	case !onPortal(def):
		return &ui.Tag{Label: i18n.T(ctx, "portal.service.in_person")}
	case who.Kind != access.Person:
		return &ui.Tag{Label: i18n.T(ctx, "portal.services.needs", "level", levelName(ctx, levelOf(def))), Tone: ui.Info}
	case !def.Online() || who.Level.AtLeast(def.Level):
		return &ui.Tag{Label: i18n.T(ctx, "portal.services.open"), Tone: ui.Success}
	}
	return &ui.Tag{Label: i18n.T(ctx, "portal.services.needs", "level", levelName(ctx, def.Level)), Tone: ui.Warning}
}

type serviceView struct {
	Page      ui.Page
	Title     string
	Summary   string
	Facts     []ui.Fact
	Parts     []ui.Item // the services that it consists of
	Together  []ui.Link // services of several parts of which it is one
	Papers    []string
	Steps     []string
	Law       []string
	Where     []string
	Book      string // address at which a time is booked, "" when none is
	Places    string // address of where to go, "" when the list of places knows of none
	Online    bool
	Slug      string
	Start     ui.LinkButton // its URL is "" when it is had for others alone
	For       startFor
	Hint      string // why it cannot be started now
	Favourite bool
	Signed    bool
}

func (p *Pages) service(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	def, err := p.bySlug(r)
	if err != nil {
		return err
	}
	c := def.Catalog
	v := serviceView{Page: frame(ctx, "portal.service.page", "title", def.Title), Title: def.Title.In(ctx), Summary: def.Summary.In(ctx), Slug: def.Slug, Online: onPortal(def),
		Papers: texts(ctx, c.Papers), Steps: texts(ctx, c.Steps), Law: texts(ctx, c.Law), Where: texts(ctx, c.Where), Places: p.placesFor(def.Slug), Book: p.bookingFor(def.Slug)}
	fact := func(key, value string) {
		if value != "" {
			v.Facts = append(v.Facts, ui.Fact{Label: i18n.T(ctx, key), Value: value})
		}
	}
	fact("portal.service.outcome", c.Outcome.In(ctx))
	fact("portal.service.term", c.Processing.Text.In(ctx))
	fact("portal.service.cost", c.Cost.In(ctx))
	fact("portal.service.agency", def.Owner.Name.In(ctx))
	for _, x := range def.Parts() {
		if of, ok := p.Catalogue.ByCode(x.Service); ok {
			v.Parts = append(v.Parts, ui.Item{Title: of.Title.In(ctx), Text: of.Summary.In(ctx), URL: local("services", of.Slug), Note: of.Owner.Short.In(ctx)})
		}
	}
	for _, of := range p.Catalogue.Bundles(def.Code) {
		v.Together = append(v.Together, ui.Link{Label: of.Title.In(ctx), URL: local("services", of.Slug)})
	}
	if onPortal(def) {
		fact("portal.service.level", levelName(ctx, levelOf(def)))
		if err := p.start(ctx, &v, def); err != nil {
			return err
		}
	}
	return web.Render(w, r, http.StatusOK, servicePage(v))
}

// start fills in the one button of a service's page: what the visitor may do now.
func (p *Pages) start(ctx context.Context, v *serviceView, def *procedure.Definition) error {
	who := web.Actor(ctx)
	v.Start = ui.LinkButton{Label: i18n.T(ctx, "portal.service.start"), URL: local("services", def.Slug, "apply")}
	if who.Kind != access.Person {
		v.Start = ui.LinkButton{Label: i18n.T(ctx, "portal.service.signin"), URL: "/signin?next=/services/" + def.Slug}
		v.Hint = i18n.T(ctx, "portal.service.signin_hint", "level", levelName(ctx, levelOf(def)))
		if def.Catalog.Start != "" && def.Catalog.Start == v.Book {
			v.Start.Label = i18n.T(ctx, "portal.appointment.book_signin")
		}
		return nil
	}
	v.Signed = true
	favourites, err := p.Accounts.Favourites(ctx, p.DB, who)
	if err != nil {
		return err
	}
	v.Favourite = slices.Contains(favourites, def.Code)
	if def.Catalog.Start != "" {
		v.Start.URL = def.Catalog.Start
		if v.Start.URL == v.Book {
			v.Start.Label, v.Start.Icon, v.Hint = i18n.T(ctx, "portal.appointment.book"), ui.IconCalendarDays, i18n.T(ctx, "portal.appointment.book_text")
		}
		return nil
	}
	if v.For, err = p.startFor(ctx, who, def); err != nil {
		return err
	}
	if !def.Acts(access.Self) {
		v.Start, v.Hint = ui.LinkButton{}, i18n.T(ctx, "portal.acting.only")
	}
	if !who.Level.AtLeast(def.Level) {
		v.Start = ui.LinkButton{Label: i18n.T(ctx, "portal.level.raise"), URL: "/cabinet/identity"}
		v.Hint = i18n.T(ctx, "portal.service.level_hint", "need", levelName(ctx, def.Level), "have", levelName(ctx, who.Level))
		return nil
	}
	if v.Start.URL == "" {
		return nil
	}
	drafts, err := p.Applications.Open(ctx, p.DB, who)
	if err != nil {
		return err
	}
	if at, ok := drafts[def.Code]; ok {
		v.Start.Label = i18n.T(ctx, "portal.service.continue")
		v.Hint = i18n.T(ctx, "portal.service.draft", "when", web.Moment(ctx, at))
	}
	return nil
}

func (p *Pages) favourite(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	def, f, err := p.sentTo(r)
	if err != nil {
		return err
	}
	if err := p.Accounts.SetFavourite(ctx, access.From(ctx), def.Code, f.Get("on") == "yes"); err != nil {
		return err
	}
	return web.Redirect(w, r, "/services/"+def.Slug)
}
