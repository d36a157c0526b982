package portal

import (
	"context"
	"net/http"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/application"
	"okno/internal/appointment"
	"okno/internal/catalogue"
	"okno/internal/contact"
	"okno/internal/document"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/keyring"
	"okno/internal/mandate"
	"okno/internal/notification"
	"okno/internal/original"
	"okno/internal/place"
	"okno/internal/policy"
	"okno/internal/procedure"
	"okno/internal/signin"
	"okno/internal/stamp"
	"okno/internal/store"
	"okno/internal/support"
	"okno/internal/verification"
	"okno/internal/wallet"
	"okno/internal/web"
	"okno/internal/web/ui"
	"okno/internal/workday"
)

// Pages are the pages of the citizen's side.
type Pages struct {
	DB           *store.DB
	Accounts     *account.Service
	Contacts     *contact.Service
	Catalogue    *catalogue.Catalogue
	Applications *application.Service
	Attachments  *application.Attachments // nil: forms take no files
	Papers       *document.Service
	Stamp        *stamp.Service
	Ring         *keyring.Ring
	Verification *verification.Service
	Originals    *original.Service
	Wallet       *wallet.Service // nil: papers that the portal issued are all there is
	Mandates     *mandate.Service
	Notices      *notification.Service
	SignIn       *signin.Service
	Places       *place.Book          // nil: the built-in list
	Appointments *appointment.Service // nil: nobody is booked in
	Policy       *policy.Policy
	Zone         *time.Location
	Workdays     *workday.Calendar // nil: the one that is built in
	Signatures   bool              // electronic signatures are taken
	Support      *support.Service  // nil: the search knows no questions
}

// Mount adds the pages to the server.
func (p *Pages) Mount(s *web.Server) {
	s.Handle("GET /{$}", p.home)
	s.Handle("GET /services", p.services)
	s.Handle("POST "+suggestPath, p.suggest)
	s.Handle("GET /api/catalogue", p.catalogueData)
	s.Handle("GET /api/catalogue/{slug}", p.serviceData)
	s.Handle("GET /services/{slug}", p.service)
	s.Handle("GET "+placesPath, p.places)
	s.Handle("POST /services/{slug}/favourite", web.RequirePerson(p.favourite))
	p.person(s, "GET /services/{slug}/apply", p.apply)
	p.person(s, "GET /services/{slug}/apply/{page}", p.formPage)
	p.person(s, "POST /services/{slug}/apply/{page}", p.savePage)
	p.person(s, "POST /services/{slug}/apply/{page}/keep", p.keep)
	p.mountLookups(s)
	p.mountOwned(s)
	p.person(s, "POST /services/{slug}/submit", p.submit)
	p.person(s, "POST /services/{slug}/discard", p.discard)

	if p.Attachments != nil {
		p.mountAttachments(s)
	}

	if p.Appointments != nil {
		p.mountAppointments(s)
	}

	s.Handle("GET /applications", web.RequirePerson(p.applications))
	s.Handle("GET "+orphanPath+"{id}", web.RequirePerson(p.orphan))
	s.Handle("POST "+orphanPath+"{id}/discard", web.RequirePerson(p.discardOrphan))
	s.Handle("GET /applications/{id}", web.RequirePerson(p.application))
	s.Handle("GET /applications/{id}/events", web.RequirePerson(p.applicationEvents))
	s.Handle("GET /applications/{id}/do/{event}", web.RequirePerson(p.deedPage))
	s.Handle("POST /applications/{id}/do/{event}", web.RequirePerson(p.deed))
	s.Handle("GET /applications/{id}/amend", web.RequirePerson(p.amendPage))
	s.Handle("POST /applications/{id}/amend", web.RequirePerson(p.amend))
	s.Handle("POST /applications/{id}/amend/keep", web.RequirePerson(p.amendKeep))
	s.Handle("POST /applications/{id}/amend/drop", web.RequirePerson(p.amendDrop))
	s.Handle("GET /applications/{id}/complaint", web.RequirePerson(p.complainPage))
	s.Handle("POST /applications/{id}/complaint", web.RequirePerson(p.complain))
	s.Handle("GET /applications/{id}/reapply", web.RequirePerson(p.reapplyPage))
	s.Handle("POST /applications/{id}/reapply", web.RequirePerson(p.reapply))
	s.Handle("GET /applications/{id}/receipt", web.RequirePerson(p.receipt))
	s.Handle("GET /applications/{id}/receipt.pdf", web.RequirePerson(p.receiptPDF))

	p.person(s, "GET "+documentsPath, p.documents)
	p.person(s, "GET "+documentsPath+"/{id}", p.document)
	p.person(s, "GET "+paperPath+"{id}", p.paper)
	if p.Wallet != nil {
		p.mountWallet(s)
	}
	s.Handle("GET /check", p.checkHelp)
	s.Handle("GET /check/{token}", p.check)
	p.mountVerify(s)

	s.Handle("GET /cabinet", web.RequirePerson(p.cabinet))
	s.Handle("GET /cabinet/events", web.RequirePerson(p.cabinetEvents))
	s.Handle("POST /cabinet/tour", web.RequirePerson(p.tourSeen))
	s.Handle("GET /cabinet/profile", web.RequirePerson(p.profile))
	s.Handle("GET /cabinet/identity", web.RequirePerson(p.identity))
	s.Handle("GET /cabinet/identity/events", web.RequirePerson(p.identityEvents))
	s.Handle("GET "+web.Welcome, web.RequirePerson(p.welcome))
	s.Handle("GET "+web.WantedPath, web.RequirePerson(p.wanted))
	s.Handle("GET "+web.Papers, web.RequirePerson(p.papersOn))
	s.Handle("GET /cabinet/identity/papers/{step}", web.RequirePerson(p.papersPage))
	s.Handle("POST /cabinet/identity/papers/{step}", web.RequirePerson(p.papersSave))
	s.Handle("POST /cabinet/identity/picture", web.Upload(int64(p.Policy.Uploads.MaxSize)+64<<10, web.RequirePerson(p.picture)))
	s.Handle("GET /cabinet/identity/review", web.RequirePerson(p.papersReview))
	s.Handle("POST /cabinet/identity/send", web.RequirePerson(p.papersSend))
	p.mountOriginals(s)
	s.Handle("GET /cabinet/snils", web.RequirePerson(p.snils))
	s.Handle("POST /cabinet/snils", web.RequirePerson(p.applySNILS))
	s.Handle("POST /cabinet/snils/post", web.RequirePerson(p.postSNILS))
	s.Handle("POST /cabinet/snils/sent", web.RequirePerson(p.sentSNILS))
	s.Handle("GET /cabinet/snils/events", web.RequirePerson(p.snilsEvents))
	s.Handle("GET /cabinet/children", web.RequirePerson(p.children))
	s.Handle("POST /cabinet/children", web.RequirePerson(p.addChild))
	s.Handle("GET /cabinet/children/events", web.RequirePerson(p.childrenEvents))
	s.Handle("GET /cabinet/children/{child}", web.RequirePerson(p.child))
	s.Handle("POST /cabinet/children/{child}/snils", web.RequirePerson(p.addChildSNILS))
	s.Handle("GET /cabinet/children/{child}/hand-over", web.RequirePerson(p.handOverForm))
	s.Handle("POST /cabinet/children/{child}/hand-over", web.RequirePerson(p.handOver))
	s.Handle("POST /cabinet/children/{child}/hand-over/back", web.RequirePerson(p.handOverBack))
	s.Handle("GET /cabinet/child-request/{id}", web.RequirePerson(p.childRequest))
	s.Handle("POST /cabinet/child-request/{id}", web.RequirePerson(p.childSend))
	s.Handle("GET /cabinet/child-request/{id}/events", web.RequirePerson(p.childRequestEvents))
	s.Handle("POST /cabinet/child-request/{id}/drop", web.RequirePerson(p.childDrop))
	s.Handle("GET /cabinet/child-request/{id}/{step}", web.RequirePerson(p.childStepPage))
	s.Handle("POST /cabinet/child-request/{id}/{step}", web.RequirePerson(p.childStepSave))
	s.Handle("GET "+minePath, web.RequirePerson(p.mine))
	s.Handle("POST "+minePath, web.RequirePerson(p.ask))
	s.Handle("GET /cabinet/notices", web.RequirePerson(p.notices))
	s.Handle("GET /cabinet/notices/events", web.RequirePerson(p.noticesEvents))
	s.Handle("POST /cabinet/notices", web.RequirePerson(p.noticesRead))
	s.Handle("GET /cabinet/notices/choice", web.RequirePerson(p.choices))
	s.Handle("POST /cabinet/notices/choice", web.RequirePerson(p.choose))
	s.Handle("POST /cabinet/notices/push", web.RequirePerson(p.pushOn))
	s.Handle("POST /cabinet/notices/push/{browser}/off", web.RequirePerson(p.pushOff))
	p.mountDevice(s)
	s.Handle("GET /notices/off/{link}", p.off)
	s.Handle("POST /notices/off/{link}", p.turnOff)
	s.Handle("GET /cabinet/access", web.RequirePerson(p.access))
}

// Nav is what the header of every page leads to here.
func Nav() []web.Nav {
	return []web.Nav{{Key: "portal.nav.services", URL: "/services"}, {Key: "portal.nav.documents", URL: "/documents"},
		{Key: "portal.nav.applications", URL: "/applications"}, {Key: "portal.nav.help", URL: "/support"}}
}

// Menu is what the person's menu leads to here.
func Menu() []web.Nav {
	return []web.Nav{{Key: "portal.cabinet.title", URL: "/cabinet", Icon: ui.IconHouse}, {Key: "portal.profile.title", URL: "/cabinet/profile", Icon: ui.IconUser},
		{Key: "portal.identity.title", URL: "/cabinet/identity", Icon: ui.IconBadgeCheck}, {Key: "portal.children.title", URL: childrenPath, Icon: ui.IconUsers}, {Key: "portal.appointment.title", URL: appointmentsPath, Icon: ui.IconCalendarDays}, {Key: "portal.notices.title", URL: "/cabinet/notices", Icon: ui.IconBell},
		{Key: "portal.access.title", URL: "/cabinet/access", Icon: ui.IconEye}}
}

// Footer is what the footer of every page leads to here.
func Footer() []web.Nav {
	return []web.Nav{{Key: "place.title", URL: placesPath}, {Key: "portal.check.title", URL: "/check"}}
}

func frame(ctx context.Context, key string, args ...any) ui.Page {
	page := web.Page(ctx, i18n.T(ctx, key, args...))
	if name, ok := ctx.Value(actingKey{}).(string); ok {
		page.Acting = actingLine(ctx, name)
	}
	return page
}

// bySlug finds the service of the address.
func (p *Pages) bySlug(r *http.Request) (*procedure.Definition, error) {
	def, ok := p.Catalogue.BySlug(r.PathValue("slug"))
	if !ok {
		return nil, application.ErrService
	}
	web.Note(r.Context(), "service", def.Code)
	return def, nil
}

// sentTo is the service of the address, and the form that was sent to it.
func (p *Pages) sentTo(r *http.Request) (*procedure.Definition, web.Form, error) {
	def, err := p.bySlug(r)
	if err != nil {
		return nil, web.Form{}, err
	}
	f, err := web.ReadLongForm(r)
	return def, f, err
}

// tag is a case's state in one word and one colour.
func tag(ctx context.Context, c application.Case) *ui.Tag {
	t := &ui.Tag{Label: c.Step().Title.In(ctx), Tone: ui.Info}
	switch {
	case c.Outcome == procedure.Granted:
		t.Label, t.Tone, t.Icon = i18n.T(ctx, "portal.case.granted"), ui.Success, ui.IconCircleCheck
	case c.Outcome == procedure.Refused:
		t.Label, t.Tone, t.Icon = i18n.T(ctx, "portal.case.refused"), ui.Danger, ui.IconCircleX
	case c.Outcome == procedure.Withdrawn:
		t.Label, t.Tone = i18n.T(ctx, "portal.case.withdrawn"), ui.Neutral
	case c.Turn == procedure.TurnApplicant:
		t.Label, t.Tone, t.Icon = i18n.T(ctx, "portal.case.your_turn"), ui.Warning, ui.IconPencil
	}
	return t
}

// caseItem is a case as a line of a list.
func caseItem(ctx context.Context, c application.Case) ui.Item {
	x := ui.Item{Title: c.Def.Title.In(ctx), URL: "/applications/" + c.ID, Tag: tag(ctx, c),
		Text: i18n.T(ctx, "portal.case.number", "number", c.Number) + " · " + c.Def.Owner.Short.In(ctx) + " · " + web.Moment(ctx, c.SubmittedAt)}
	if c.Parent != "" {
		x.Text += " · " + i18n.T(ctx, "portal.part.of")
	}
	return ofWard(ctx, x, forWhom(ctx, c))
}

// source says where a value came from.
func source(ctx context.Context, o form.Origin) *ui.Source {
	if o.IsZero() {
		return &ui.Source{Label: i18n.T(ctx, "portal.source.entered")}
	}
	s := &ui.Source{Label: o.Called(ctx, "portal.source.")}
	if o.Verified {
		s.Tone = ui.Success
		s.Note = i18n.T(ctx, "portal.source.checked", "date", i18n.Date(ctx, o.At))
	}
	return s
}

func origin(s account.Source) form.Origin {
	if s.From == "" {
		return form.Origin{}
	}
	if s.From == account.Entered {
		return form.Origin{}
	}
	return form.Origin{Source: string(s.From), Verified: true, At: s.At}
}

// answers lists what was typed or filled in, page by page.
// wrong has what the person says of values that they cannot type over, by pointer.
func answers(ctx context.Context, f form.Form, a form.Answers, wrong map[string]application.Dispute, edit string) []group {
	notes := disputed(ctx, wrong)
	var out []group
	for _, page := range f.Asked(a) {
		g := group{Title: page.Title.In(ctx)}
		if edit != "" {
			g.Edit = edit + page.ID
		}
		for _, field := range f.Flat(page, a) {
			shown := field.Show(ctx, a)
			if shown == "" {
				shown = i18n.T(ctx, "portal.form.blank")
			}
			g.Facts = append(g.Facts, ui.Fact{Label: field.Label.In(ctx), Value: shown, Source: source(ctx, field.Origin), Note: notes[field.Pointer]})
		}
		out = append(out, g)
	}
	return out
}

// group is the answers of one page of a form.
type group struct {
	Title  string
	Edit   string // address where they can be changed, "" when they cannot
	Facts  []ui.Fact
	Sealed bool // of the profile: numbers are masked
}

// levelName is the name of an assurance level.
func levelName(ctx context.Context, l access.Level) string {
	return i18n.T(ctx, "portal.level."+string(l))
}

// today is the day in the zone of the portal.
func (p *Pages) today() form.Date { return form.DateOf(p.DB.Now().In(p.Zone)) }

// texts shows content in the language of the page.
func texts(ctx context.Context, list []i18n.Text) []string {
	out := make([]string, 0, len(list))
	for _, t := range list {
		out = append(out, t.In(ctx))
	}
	return out
}

// local joins the parts of an address of the portal.
func local(parts ...string) string { return "/" + strings.Join(parts, "/") }
