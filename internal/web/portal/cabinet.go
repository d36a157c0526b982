package portal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/application"
	"okno/internal/appointment"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/mandate"
	"okno/internal/notification"
	"okno/internal/policy"
	"okno/internal/procedure"
	"okno/internal/signin"
	"okno/internal/store"
	"okno/internal/verification"
	"okno/internal/wallet"
	"okno/internal/web"
	"okno/internal/web/ui"
)

type cabinetView struct {
	Page       ui.Page
	Live       ui.Live
	Hello      string
	Level      levelCard
	Tour       bool
	Unproved   string
	MyTurn     []ui.Item
	UnderWay   []ui.Item
	Visits     []ui.Item // the next appointments
	Ending     []ui.Item // documents of the wallet that end soon
	Ended      []ui.Item
	Drafts     []ui.Item
	RunsOut    string // what is to be said of the identity document, "" when nothing is
	Replace    string // address that says how it is replaced, "" when nothing says so
	Favourites []ui.Tile
	Recent     []ui.Link // services that were applied for of late
	Unread     int
	Advice     ui.Checklist
	Remind     string // that the password is old (REG-7); "" when it is not
}

// cabinet reads three times beside the check of the session: the account, its cases, its favourites with the number of unread notices
// and the age of the password, which say what else there is to be read. That is once each, of the person and of whom they act for together:
// appointments ahead, lines in which they wait, documents that end, forms that they fill in for others, and drafts for what is not offered any
// more; where something of it is a child's, also who the children are. For who has passkeys and no app and did not wave that advice away the
// keys are opened. The first time it writes down that the tour was shown.
func (p *Pages) cabinet(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	a, err := p.Accounts.Get(ctx, p.DB, who.ID)
	if err != nil {
		return err
	}
	tour, err := p.Accounts.Tour(ctx, who, a)
	if err != nil {
		return err
	}
	cases, err := p.Applications.List(ctx, p.DB, who, mostCases)
	if err != nil {
		return err
	}
	var unread, forOthers, waits, wardsWait int
	var keyed bool
	var passwordSet, lastVisit, wardsVisit, lastEnd, wardsEnd time.Time
	var drafts, papers string
	facts := signin.Facts{Level: a.Level, Off: a.AdviceOff}
	if a.Profile.Unproved != "" {
		facts.Off = append(slices.Clone(facts.Off), "contact") // the page says already which one waits
	}
	var asked []string
	var into []any
	wards := mandate.WardIDsSQL("x.id")
	for _, c := range []struct {
		sql  string
		into any
	}{
		{notification.UnreadSQL("x.id"), &unread},
		{credential.PasswordSetSQL("x.id"), store.NullTime(&passwordSet)},
		{contact.KindsSQL("x.id"), &facts.Kinds},
		{contact.OldestSQL("x.id"), store.NullTime(&facts.Oldest)},
		{credential.AsksSQL("x.id"), &facts.Second},
		{credential.AppSQL("x.id"), &facts.Strong},
		{p.SignIn.Passkeys.SomeSQL("x.id"), &keyed},
		{credential.BackupSQL("x.id"), &facts.Backup},
		{application.DraftsSQL("x.id"), &drafts},
		{verification.OwnSQL("x.id"), &papers},
		{application.BegunSQL("x.id"), &forOthers},
		{appointment.LastSQL("x.id"), store.NullTime(&lastVisit)},
		{appointment.LastOfSQL(wards), store.NullTime(&wardsVisit)},
		{appointment.WaitsSQL("x.id"), &waits},
		{appointment.WaitsOfSQL(wards), &wardsWait},
		{wallet.LastEndSQL("x.id"), store.NullTime(&lastEnd)},
		{wallet.LastEndOfSQL(wards), store.NullTime(&wardsEnd)},
	} {
		asked, into = append(asked, c.sql), append(into, c.into)
	}
	favourites, err := p.Accounts.Glance(ctx, p.DB, who, asked, into...)
	if err != nil {
		return err
	}
	if keyed && !facts.Strong && !slices.Contains(facts.Off, "strong") {
		if facts.Strong, err = p.SignIn.HasSoundKey(ctx, p.DB, who.ID); err != nil {
			return err
		}
	}
	web.Greet(ctx, a.Profile.ShortName())
	v := cabinetView{Page: frame(ctx, "portal.cabinet.title"), Hello: i18n.T(ctx, "portal.cabinet.hello", "name", a.Profile.GivenName), Level: cardOf(ctx, a.Level),
		Tour: tour, Unproved: a.Profile.Unproved, Unread: unread, Advice: web.Checklist(ctx, p.SignIn.Advise(facts), "/cabinet", false),
		Live: ui.Live{ID: "cabinet", Events: "/cabinet/events?seen=" + web.Seen(cabinetState(a.Level, cases)), Attrs: map[string]any{"data-level": string(a.Level)}}}
	if p.Policy.Password.Due(passwordSet, p.DB.Now()) {
		v.Remind = i18n.T(ctx, "security.remind_text", "date", i18n.Date(ctx, passwordSet))
	}
	now, of := p.DB.Now(), p.wardsOnce(ctx, who)
	if !wardsVisit.After(now) && wardsWait == 0 && !wardsEnd.After(now) && forOthers == 0 {
		of = nobody
	}
	if waits += wardsWait; lastVisit.After(now) || wardsVisit.After(now) || waits > 0 {
		err = p.visits(ctx, who, &v, waits > 0, of)
	}
	if err != nil {
		return err
	}
	if lastEnd.After(now) || wardsEnd.After(now) {
		v.Ending, err = p.ending(ctx, who, of)
	}
	if err != nil {
		return err
	}
	for _, c := range cases {
		switch x := caseItem(ctx, c); {
		case c.Turn == procedure.TurnApplicant && c.Outcome == "":
			v.MyTurn = append(v.MyTurn, x)
		case c.Outcome == "":
			v.UnderWay = append(v.UnderWay, x)
		case len(v.Ended) < mostMine:
			v.Ended = append(v.Ended, x)
		}
	}
	if own := verification.OwnStands(papers); own == verification.OwnEntering || own == verification.OwnRefused {
		v.MyTurn = append(v.MyTurn, papersItem(ctx, own))
	}
	for _, code := range favourites {
		if def, ok := p.Catalogue.ByCode(code); ok {
			v.Favourites = append(v.Favourites, tile(ctx, def))
		}
	}
	begun := strings.Fields(drafts)
	for _, def := range p.Catalogue.All() {
		if slices.Contains(begun, def.Code) {
			v.Drafts = append(v.Drafts, ui.Item{Title: def.Title.In(ctx), URL: local("services", def.Slug, "apply"), Text: i18n.T(ctx, "portal.cabinet.draft_text"),
				Tag: &ui.Tag{Label: i18n.T(ctx, "portal.draft.tag"), Icon: ui.IconPencil}})
		}
	}
	orphaned := slices.ContainsFunc(begun, func(code string) bool { _, offered := p.Catalogue.ByCode(code); return !offered })
	if forOthers > 0 {
		others, theirs, err := p.begunFor(ctx, who, "", of)
		if err != nil {
			return err
		}
		v.Drafts, orphaned = append(v.Drafts, others...), orphaned || theirs
	}
	if orphaned {
		orphans, err := p.orphanItems(ctx, who, of)
		if err != nil {
			return err
		}
		v.Drafts = append(v.Drafts, orphans...)
	}
	v.Recent = p.recent(ctx, cases, slices.Concat(favourites, begun))
	v.RunsOut = p.runsOut(ctx, a)
	if _, ok := p.Catalogue.BySlug(replacement); ok && a.Profile.Document != nil && a.Profile.Document.Kind == form.Passport {
		v.Replace = local("services", replacement)
	}
	return web.Render(w, r, http.StatusOK, cabinetPage(v))
}

// papersItem leads on whoever left the papers half way, or has to correct them (REG-2).
func papersItem(ctx context.Context, own verification.OwnStanding) ui.Item {
	x := ui.Item{Title: i18n.T(ctx, "portal.own."+string(own)), Text: i18n.T(ctx, "portal.own."+string(own)+"_short"), URL: web.Papers}
	x.Tag = &ui.Tag{Label: i18n.T(ctx, "portal.draft.tag"), Icon: ui.IconPencil}
	if own == verification.OwnRefused {
		x.Tag = &ui.Tag{Label: i18n.T(ctx, "portal.own.correct"), Tone: ui.Warning, Icon: ui.IconTriangleAlert}
	}
	return x
}

// replacement is the service by which a passport is replaced.
const replacement = "passport-replacement"

// recent are the services that the person applied for last and that do not stand on the page already (CAB-5).
func (p *Pages) recent(ctx context.Context, cases []application.Case, shown []string) []ui.Link {
	var out []ui.Link
	for _, c := range cases {
		def, ok := p.Catalogue.ByCode(c.Service)
		if !ok || slices.Contains(shown, c.Service) || len(out) == mostRecent {
			continue
		}
		shown = append(shown, c.Service)
		out = append(out, ui.Link{Label: def.Title.In(ctx), URL: local("services", def.Slug)})
	}
	return out
}

// visits puts the times that wait for the person to confirm, which lapse within the hour, before all else, with those of which a reminder asks
// whether they come; those booked, and the lines in which they stand, apart.
func (p *Pages) visits(ctx context.Context, who access.Actor, v *cabinetView, waits bool, of wardsOf) error {
	if p.Appointments == nil {
		return nil
	}
	names, wards, err := of()
	if err != nil {
		return err
	}
	list, err := p.Appointments.Of(ctx, who, wards...)
	if err != nil {
		return err
	}
	for _, a := range list {
		switch x := ofWard(ctx, p.appointmentItem(ctx, a), names[a.Account]); {
		case a.State == appointment.Held:
			x.Title = i18n.T(ctx, "portal.cabinet.held", "when", x.Title)
			v.MyTurn = append(v.MyTurn, x)
		case a.Asks(p.DB.Now()):
			x.Title = i18n.T(ctx, "portal.cabinet.asked", "when", x.Title)
			v.MyTurn = append(v.MyTurn, x)
		case len(v.Visits) < mostMine:
			v.Visits = append(v.Visits, x)
		}
	}
	if !waits {
		return nil
	}
	lines, err := p.Appointments.Waits(ctx, who, wards...)
	for _, w := range lines[:min(len(lines), mostMine)] {
		x := ofWard(ctx, p.waitItem(ctx, w), names[w.Account])
		x.Button, x.URL = nil, appointmentsPath
		v.Visits = append(v.Visits, x)
	}
	return err
}

// ending are the documents that end soon, of the person and of whom they act for.
func (p *Pages) ending(ctx context.Context, who access.Actor, of wardsOf) ([]ui.Item, error) {
	if p.Wallet == nil {
		return nil, nil
	}
	names, wards, err := of()
	if err != nil {
		return nil, err
	}
	list, err := p.Wallet.Ending(ctx, who, wards...)
	var out []ui.Item
	for _, d := range list {
		at := ctx
		if d.Account != who.ID {
			at = access.With(ctx, who.Acting(d.Account, access.Child))
		}
		x := p.ownItem(at, d)
		x.Note = d.Holder
		out = append(out, ofWard(ctx, x, names[d.Account]))
	}
	return out, err
}

// runsOut says by when the identity document has to be replaced, while that is near and somebody has checked it.
func (p *Pages) runsOut(ctx context.Context, a account.Account) string {
	end, now := verification.RunsOut(a.Profile, p.Zone), p.DB.Now()
	if !a.Level.AtLeast(access.Standard) || end.IsZero() || now.Before(end.Add(-p.Policy.Levels.Soon)) || now.After(end) {
		return ""
	}
	return i18n.T(ctx, "portal.cabinet.runs_out_text", "document", i18n.T(ctx, a.Profile.Document.Kind.Key()), "date", i18n.Date(ctx, end.AddDate(0, 0, -1)))
}

// cabinetState tells one look at the cabinet from another.
func cabinetState(l access.Level, cases []application.Case) string {
	s := string(l)
	for _, c := range cases {
		s += " " + c.ID + stateOf(c)
	}
	return s
}

func (p *Pages) cabinetEvents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	news, stop := p.DB.Listen(verification.AccountTopic(who.ID), application.AccountTopic(who.ID))
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
		a, err := p.Accounts.Get(ctx, p.DB, who.ID)
		if err != nil {
			return "", err
		}
		cases, err := p.Applications.List(ctx, p.DB, who, mostCases)
		return cabinetState(a.Level, cases), err
	})
}

func (p *Pages) tourSeen(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.Accounts.SeeTour(ctx, access.From(ctx)); err != nil {
		return err
	}
	return web.Redirect(w, r, "/cabinet")
}

type profileView struct {
	Page      ui.Page
	Groups    []group
	Confirmed bool
	Hidden    string // what the page says of data that it does not show
}

// withNumbers asks for the profile with the numbers of its papers.
const withNumbers = "numbers"

// profile shows what is known of the person. What registers hold is shown to Confirmed accounts only, and the numbers of papers to whoever
// has shown a second factor a moment ago (CAB-2).
func (p *Pages) profile(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	sealed := p.Wallet != nil && !r.URL.Query().Has(withNumbers)
	if p.Wallet != nil && !sealed {
		if err := p.Wallet.Opens(ctx, who); err != nil {
			return toSealed(w, r, err, r.URL.Path)
		}
	}
	a, err := p.Accounts.Get(ctx, p.DB, who.ID)
	if err != nil {
		return err
	}
	contacts, err := p.Contacts.Of(ctx, p.DB, who.ID)
	if err != nil {
		return err
	}
	x := a.Profile
	v := profileView{Page: frame(ctx, "portal.profile.title"), Confirmed: a.Level == access.Confirmed}
	person := group{Title: i18n.T(ctx, "portal.profile.person")}
	fact := func(g *group, label, value, from string) {
		if value != "" {
			g.Facts = append(g.Facts, ui.Fact{Label: i18n.T(ctx, label), Value: value, Source: vouched(ctx, x, from)})
		}
	}
	fact(&person, "portal.fact.surname", x.Surname, "surname")
	fact(&person, "portal.fact.given_name", x.GivenName, "given_name")
	if a.Level.AtLeast(access.Standard) { // below, nothing of it is checked
		fact(&person, "portal.fact.patronymic", x.Patronymic, "patronymic")
		fact(&person, "portal.fact.birth_date", form.Dotted(x.BirthDate), "birth_date")
		papers := group{Title: i18n.T(ctx, "portal.profile.papers")}
		if d := x.Document; d != nil {
			fact(&papers, d.Kind.Key(), wallet.MaskIdentity(d, sealed), "document")
			fact(&papers, "portal.fact.passport_issued", listed(d.IssuedAt.Dotted(), d.IssuedBy, d.DepartmentCode), "document")
			fact(&papers, "portal.fact.valid_until", d.ExpiresAt.Dotted(), "document")
		}
		number := form.FormatSNILS(x.SNILS)
		if hidden, err := p.Verification.SNILSHidden(ctx, p.DB, a); err != nil {
			return err
		} else if hidden || sealed {
			number = form.MaskSNILS(x.SNILS)
		}
		inn := x.INN
		if sealed {
			inn = form.MaskINN(inn)
		}
		fact(&papers, "portal.fact.snils", number, "snils")
		fact(&papers, "portal.fact.inn", inn, "inn")
		papers.Sealed = sealed && len(papers.Facts) > 0
		fact(&papers, "portal.fact.registration_address", x.Address, "address")
		fact(&papers, "portal.fact.residence", x.Residence, "address")
		v.Groups = append(v.Groups, person, papers)
	} else {
		v.Groups = append(v.Groups, person)
	}
	if !v.Confirmed {
		v.Hidden = i18n.T(ctx, "portal.profile.hidden."+string(a.Level))
	}
	reach := group{Title: i18n.T(ctx, "portal.profile.contacts")}
	for _, c := range contacts {
		reach.Facts = append(reach.Facts, ui.Fact{Label: i18n.T(ctx, "portal.fact."+string(c.Target.Kind)), Value: c.Target.Shown(),
			Source: &ui.Source{Label: i18n.T(ctx, "portal.source.contact"), Tone: ui.Success, Note: i18n.Date(ctx, c.VerifiedAt)}})
	}
	v.Groups = append(v.Groups, reach)
	return web.Render(w, r, http.StatusOK, profilePage(v))
}

// vouched is where a value of the profile came from. Document and SNILS come there by a check alone: without a source they stand for
// nothing any more.
func vouched(ctx context.Context, x account.Profile, field string) *ui.Source {
	from := x.Sources[field]
	if (field == "document" || field == "snils") && from.From == "" || from.Lapsed() {
		return &ui.Source{Label: i18n.T(ctx, "portal.source.lapsed"), Tone: ui.Warning}
	}
	return source(ctx, origin(from))
}

// listed joins what there is.
func listed(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

type identityView struct {
	Page    ui.Page
	Live    ui.Live
	Level   levelCard
	Own     ownView
	Code    string
	Until   string
	Centres []placeView
	Nowhere string // what to do when there are none

	Wanted    bool // they came for another page, which waits
	Paused    bool // no code is shown: the owner has said that a stranger was there
	Signature bool // an electronic signature is taken, too
}

// ownView is the person's own check.
type ownView struct {
	Lost        []lostView // what stands behind the level no more, and what to do (LVL-13)
	Fell        bool       // the level went down by it
	Taken       bool       // another account holds the SNILS (REG-11)
	Holder      []string   // its contacts, masked
	Title, Text string     // "" when there is nothing to check
	Checks      []registerView
	Stands      []ui.Fact // what the level rests on: how and when it was proved
	Button, URL string
	Tried       string // what support is told of the checks that failed; "" when none has
}

// identity is the section «Проверка личности»: the state of every check, and for a desk the code, what to bring and where to go.
func (p *Pages) identity(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	v := identityView{Page: frame(ctx, "portal.identity.title"), Level: cardOf(ctx, who.Level), Signature: p.Signatures, Wanted: web.Wanted(r) != ""}
	proof, ok, err := p.Verification.Own(ctx, who)
	if err != nil {
		return err
	}
	v.Live = ui.Live{ID: "identity", Events: "/cabinet/identity/events?seen=" + web.Seen(identityState(who.Level, proof)), Attrs: map[string]any{"data-level": string(who.Level)}}
	evidence, err := p.Verification.Evidence(ctx, p.DB, who)
	if err != nil {
		return err
	}
	v.Own = ownOf(ctx, who.Level, proof, ok)
	for _, e := range verification.Lost(evidence, p.DB.Now()) {
		if e.Kind == policy.EvidenceDocument || e.Kind == policy.EvidenceBirth || e.Kind == policy.EvidenceSNILS && e.Why == verification.Displaced || e.Said.Verdict != "" {
			v.Own.Lost = append(v.Own.Lost, lostOf(ctx, e))
		}
	}
	v.Own.Stands = standsOf(ctx, evidence, p.DB.Now())
	v.Own.Fell = verification.Fell(p.Policy.Levels, evidence, p.DB.Now())
	if proof.Refusal == verification.RefusedTaken {
		holder, err := p.Verification.Holder(ctx, who)
		if err != nil {
			return err
		}
		v.Own.Taken = true
		for _, t := range holder {
			v.Own.Holder = append(v.Own.Holder, t.Masked())
		}
	}
	if who.Level != access.Confirmed {
		visit, err := p.Verification.VisitCode(ctx, who)
		if v.Paused = errors.Is(err, alert.ErrPaused); err != nil && !v.Paused {
			return err
		}
		v.Code, v.Until, v.Centres = visit.Code, i18n.DateTime(ctx, visit.ExpiresAt), p.proves(ctx)
		v.Nowhere = p.nowhere(ctx)
	}
	return web.Render(w, r, http.StatusOK, identityPage(v))
}

// standsOf lists what was proved and counts: how, when, until when, and whether a register has said something else since.
func standsOf(ctx context.Context, all []verification.Evidence, now time.Time) (out []ui.Fact) {
	for _, e := range all {
		if !e.Stands(now) {
			continue
		}
		f := ui.Fact{Label: i18n.T(ctx, "portal.stands."+string(e.Kind)), Value: i18n.T(ctx, "portal.stands.by."+string(e.Way), "date", i18n.Date(ctx, e.At))}
		switch {
		case e.Said.Verdict != "":
			f.Note = i18n.T(ctx, "portal.stands.doubt")
		case !e.Until.IsZero():
			f.Note = i18n.T(ctx, "portal.stands.until", "date", i18n.Date(ctx, e.Until))
		}
		out = append(out, f)
	}
	return out
}

// lostView is one thing that ended. Wrong and Do are the register's word and what to do about it, Edit the page to correct it on; these
// two are "" where Text says it all.
type lostView struct{ Text, Wrong, Do, Edit string }

func lostOf(ctx context.Context, e verification.Evidence) lostView {
	about := string(e.Why)
	if (e.Kind == policy.EvidenceSNILS || e.Kind == policy.EvidenceINN) && e.Said.Verdict != "" {
		about = string(e.Kind)
	}
	v := lostView{Text: i18n.T(ctx, "portal.lost."+about, "date", i18n.Date(ctx, e.EndedAt))}
	if e.Said.Verdict == "" {
		return v
	}
	if a, found := verification.Advise(e.Said); found {
		v.Wrong = i18n.T(ctx, a.Wrong, "code", a.Code)
		if !e.VoidsNumber() {
			v.Do, v.Edit = i18n.T(ctx, a.Remedy), papersPath+string(stepOf(a.Field))
		}
	}
	return v
}

// ownOf says where the person's own check stands and what comes next.
func ownOf(ctx context.Context, level access.Level, x verification.Proof, under bool) ownView {
	say := func(key, url string) ownView {
		v := ownView{Title: i18n.T(ctx, "portal.own."+key), Text: i18n.T(ctx, "portal.own."+key+"_text"), URL: url}
		if url != "" {
			v.Button = i18n.T(ctx, "portal.own."+key+"_button")
		}
		return v
	}
	var v ownView
	switch {
	case under && !x.Ended() && x.Refusal == verification.RefusedTaken:
		return ownView{}
	case under && !x.Ended() && x.Refusal != "":
		v = say("refused", "")
	case under && x.State == verification.Checking:
		v = say("checking", "")
	case under && x.State == verification.Entering:
		return say("entering", papersAt(x))
	case level == access.Simplified:
		return say("none", papersPath+string(verification.StepPerson))
	default: // the registers matched; a passport is replaced, a name changes
		return say("matched", papersPath+string(verification.StepPerson))
	}
	v.Checks = registersOf(ctx, x)
	var failed []string
	for _, c := range v.Checks {
		if c.Edit != "" {
			failed = append(failed, c.Name+": "+c.Text)
		}
	}
	v.Tried = strings.Join(failed, "; ")
	return v
}

func identityState(l access.Level, x verification.Proof) string {
	s := string(l) + x.ID + string(x.State) + string(x.Refusal)
	for _, c := range x.Checks {
		s += " " + c.Register + string(c.Answer.Verdict) + strconv.FormatBool(c.Answered) + strconv.FormatBool(c.Tries > 0)
	}
	return s
}

func (p *Pages) identityEvents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	news, stop := p.DB.Listen(verification.AccountTopic(who.ID))
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
		a, err := p.Accounts.Get(ctx, p.DB, who.ID)
		if err != nil {
			return "", err
		}
		proof, _, err := p.Verification.Own(ctx, who)
		return identityState(a.Level, proof), err
	})
}

type noticesView struct {
	Live   *ui.Live // nil on a page of earlier ones, to which none is added
	Page   ui.Page
	Items  []noticeView
	Unread string // how many, in words, which are said when they change; "" when none is
	Older  string // address of the earlier ones, "" when these are all
}

type noticeView struct {
	ID                     string
	Title, Text, When, URL string
	Sent                   string // over what else it went, and when
	New                    bool
}

// mostNotices is how many notices a page of the inbox shows.
const mostNotices = 100

func (p *Pages) notices(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who, before := access.From(ctx), r.URL.Query().Get("before")
	if !id.Valid(before) {
		before = ""
	}
	list, err := p.Notices.Earlier(ctx, who, mostNotices+1, before)
	if err != nil {
		return err
	}
	v := noticesView{Page: frame(ctx, "portal.notices.title")}
	if len(list) > mostNotices {
		list = list[:mostNotices]
		v.Older = noticesPath + "?before=" + url.QueryEscape(list[mostNotices-1].ID)
	}
	for _, n := range list {
		v.Items = append(v.Items, noticeItem(ctx, n))
	}
	if before != "" {
		return web.Render(w, r, http.StatusOK, noticesPage(v))
	}
	v.Live = &ui.Live{ID: "notices", Events: noticesPath + "/events?seen=" + web.Seen(noticesState(list))}
	unread, err := p.Notices.Unread(ctx, who)
	if err != nil {
		return err
	}
	if unread > 0 {
		v.Unread = i18n.N(ctx, "portal.notices.unread", unread)
	}
	return web.Render(w, r, http.StatusOK, noticesPage(v))
}

// noticesState tells one look at the inbox from another.
func noticesState(list []notification.Notice) string {
	var b strings.Builder
	for _, n := range list {
		fmt.Fprintf(&b, "%s.%t.%d ", n.ID, n.ReadAt.IsZero(), len(n.Sent))
	}
	return b.String()
}

func (p *Pages) noticesEvents(w http.ResponseWriter, r *http.Request) error {
	who := access.From(r.Context())
	news, stop := p.DB.Listen(notification.InboxTopic(who.ID))
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
		list, err := p.Notices.Inbox(ctx, who, mostNotices)
		return noticesState(list), err
	})
}

func noticeItem(ctx context.Context, n notification.Notice) noticeView {
	e := n.Note.Entry(i18n.From(ctx))
	v := noticeView{ID: n.ID, Title: e.Subject, Text: e.Text, When: web.Moment(ctx, n.At), URL: "/" + e.Path, New: n.ReadAt.IsZero()}
	var ways []string
	for _, s := range n.Sent {
		ways = append(ways, i18n.T(ctx, "portal.notices.way."+string(s.Way), "time", web.Moment(ctx, s.At)))
	}
	if len(ways) > 0 {
		v.Sent = i18n.T(ctx, "portal.notices.sent", "ways", strings.Join(ways, "; "))
	}
	return v
}

func (p *Pages) noticesRead(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.Notices.Read(ctx, access.From(ctx)); err != nil {
		return err
	}
	return web.Redirect(w, r, noticesPath)
}

type accessView struct {
	Page  ui.Page
	Looks []ui.Item
	Older string // address of the earlier ones, "" when these are all
}

// mostLooks is how many looks at a person's data a page shows.
const mostLooks = 100

// access tells who looked at the person's data, beside the person: every look there was, page by page. The same look time
// after time – a desk's page loads itself again when there is news – is one line that says how often.
func (p *Pages) access(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	former, err := p.Verification.Former(ctx, p.DB, who)
	if err != nil {
		return err
	}
	list, err := audit.Looks(ctx, p.DB, who.ID, mostLooks+1, r.URL.Query().Get("before"), former...)
	if err != nil {
		return err
	}
	v := accessView{Page: frame(ctx, "portal.access.title")}
	if len(list) > mostLooks {
		list = list[:mostLooks]
		v.Older = "/cabinet/access?before=" + url.QueryEscape(list[mostLooks-1].ID)
	}
	for i := 0; i < len(list); {
		n := 1
		for i+n < len(list) && sameLook(list[i], list[i+n]) {
			n++
		}
		v.Looks = append(v.Looks, p.lookItem(ctx, list[i:i+n]))
		i += n
	}
	return web.Render(w, r, http.StatusOK, accessPage(v))
}

func sameLook(a, b audit.Entry) bool {
	return a.Action == b.Action && a.Kind == b.Kind && a.Role == b.Role && a.Unit == b.Unit && a.Object == b.Object
}

// lookItem is a look, or several of the same, the newest first.
func (p *Pages) lookItem(ctx context.Context, same []audit.Entry) ui.Item {
	e := same[0]
	key := "portal.audit.other"
	for _, said := range []string{"security.activity." + e.Action, "portal.audit." + e.Action} { // the second says who by a verb
		if i18n.Has(said) {
			key = said
		}
	}
	x := ui.Item{Title: i18n.T(ctx, key), Text: i18n.T(ctx, "portal.access.person"), Note: web.Moment(ctx, e.At)}
	if e.Kind == access.Staff {
		x.Text = i18n.T(ctx, "portal.role."+string(e.Role)) + " · " + p.unit(ctx, e.Unit)
	}
	if e.Kind == access.Agent {
		x.Text = i18n.T(ctx, "portal.access.agent") + " · " + p.unit(ctx, e.Unit)
	}
	if n := len(same); n > 1 {
		x.Text += " · " + i18n.N(ctx, "portal.access.times", n, "since", web.Moment(ctx, same[n-1].At))
	}
	return x
}

// unit is the name of an agency or of a centre.
func (p *Pages) unit(ctx context.Context, code string) string {
	if a, ok := p.Catalogue.Agency(code); ok {
		return a.Name.In(ctx)
	}
	if name := p.Places.Unit(code).In(ctx); name != "" {
		return name
	}
	return code
}
