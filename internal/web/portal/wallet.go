package portal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/signin"
	"okno/internal/verification"
	"okno/internal/wallet"
	"okno/internal/wallet/kind"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// «Документы»: what the portal knows of the person's papers, the documents that they keep (CAB-2), and the papers that the portal issued,
// on one page.

const (
	documentsPath = "/documents"
	ownPath       = documentsPath + "/mine/"
	addPath       = documentsPath + "/add"
	paperPath     = documentsPath + "/issued/"
)

func (p *Pages) mountWallet(s *web.Server) {
	upload := func(h web.Handler) web.Handler { return web.Upload(2*int64(p.Policy.Uploads.MaxSize)+64<<10, h) }
	p.person(s, "GET "+documentsPath+"/events", p.documentsEvents)
	p.person(s, "POST "+documentsPath+"/ask/{kind}", p.askRegister)
	p.person(s, "GET "+addPath, p.addDocument)
	p.person(s, "GET "+addPath+"/{kind}", p.addForm)
	p.person(s, "POST "+addPath+"/{kind}", p.add, upload)
	p.person(s, "GET "+ownPath+"{id}", p.ownDocument)
	p.person(s, "GET "+ownPath+"{id}/scan/{version}", p.ownScan)
	p.person(s, "GET "+ownPath+"{id}/change", p.changeForm)
	p.person(s, "POST "+ownPath+"{id}/change", p.change, upload)
	p.person(s, "GET "+ownPath+"{id}/remove", p.removePage)
	p.person(s, "POST "+ownPath+"{id}/remove", p.remove)
	p.mountHeld(s)
	p.mountShares(s)
	if p.Attachments != nil {
		for of, put := range map[string]putting{"wallet": p.Wallet.PutInto, "paper": p.Wallet.PutPaper} {
			p.person(s, "POST /services/{slug}/apply/{page}/"+of+"/{slot}/{document}", p.attachOwn(put))
			s.Handle("POST /applications/{id}/amend/"+of+"/{slot}/{document}", web.RequirePerson(p.amendOwn(put)))
			s.Handle("GET /applications/{id}/amend/"+of+"/{slot}/{document}", web.RequirePerson(p.amendAgain))
		}
	}
}

// whosePath is the address of a page of the documents of whom the actor acts for.
func whosePath(ctx context.Context, path string) string {
	return actingPrefix(access.From(ctx).For) + path
}

type documentsView struct {
	Page   ui.Page
	Live   ui.Live
	Known  []ui.Item // of the profile
	Raise  string    // why nothing is known, and that the level opens it
	Ask    []ui.Item // what a register can be asked for
	Wallet bool

	Text, Mine, Profile string // what the page and its parts are called, of whose they are
	None, NoneText      string // that nothing is there, and what could be
	Own                 []holderView
	Papers              []ui.Item
}

// holderView are the documents of one person in the wallet.
type holderView struct {
	Title string
	List  []ui.Item
}

func (p *Pages) documents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	list, err := p.Papers.List(ctx, who)
	if err != nil {
		return err
	}
	v := documentsView{Page: frame(ctx, "portal.documents.title"), Wallet: p.Wallet != nil, Text: i18n.T(ctx, "portal.documents.text"), Mine: i18n.T(ctx, "portal.wallet.mine"), Profile: i18n.T(ctx, "portal.wallet.profile"),
		None: i18n.T(ctx, "portal.wallet.none"), NoneText: i18n.T(ctx, "portal.wallet.none_text")}
	if who.By() != "" {
		v.Text, v.Mine, v.Profile = i18n.T(ctx, "portal.wallet.childs_text"), i18n.T(ctx, "portal.wallet.childs"), i18n.T(ctx, "portal.wallet.childs_profile")
		v.None, v.NoneText = i18n.T(ctx, "portal.wallet.none_childs"), i18n.T(ctx, "portal.wallet.none_childs_text")
	}
	for _, d := range list {
		v.Papers = append(v.Papers, paperItemFor(ctx, d, who.For))
	}
	if p.Wallet != nil {
		if err := p.fillWallet(ctx, who, &v); err != nil {
			return err
		}
	}
	return web.Render(w, r, http.StatusOK, documentsPage(v))
}

func (p *Pages) fillWallet(ctx context.Context, who access.Actor, v *documentsView) error {
	a, err := p.Accounts.Get(ctx, p.DB, who.Whose())
	if err != nil {
		return err
	}
	own, asked, err := p.walletOf(ctx, who)
	if err != nil {
		return err
	}
	v.Live = ui.Live{ID: "documents", Events: whosePath(ctx, documentsPath) + "/events?seen=" + web.Seen(walletState(own, asked))}
	if v.Known = p.knownItems(ctx, a); len(v.Known) == 0 {
		v.Raise = i18n.T(ctx, "portal.wallet.nothing_known")
	}
	if v.Ask, err = p.askItems(ctx, who, own, asked); err != nil {
		return err
	}
	for _, d := range own {
		title := d.Holder
		if title == "" {
			title = v.Mine
		}
		i := slices.IndexFunc(v.Own, func(h holderView) bool { return h.Title == title })
		if i < 0 {
			i, v.Own = len(v.Own), append(v.Own, holderView{Title: title})
		}
		v.Own[i].List = append(v.Own[i].List, p.ownItem(ctx, d))
	}
	slices.SortStableFunc(v.Own, func(x, y holderView) int {
		if (x.Title == v.Mine) != (y.Title == v.Mine) {
			return map[bool]int{true: -1, false: 1}[x.Title == v.Mine]
		}
		return strings.Compare(x.Title, y.Title)
	})
	return nil
}

func (p *Pages) walletOf(ctx context.Context, who access.Actor) ([]wallet.Document, map[kind.ID]wallet.Request, error) {
	own, err := p.Wallet.List(ctx, who)
	if err != nil {
		return nil, nil, err
	}
	asked, err := p.Wallet.Requests(ctx, who)
	return own, asked, err
}

// knownItems is what the profile holds, masked; whoever proved nothing has nothing there that was checked. A child's was before there was
// the account. A paper has a page of its own, on which it is shown to others.
func (p *Pages) knownItems(ctx context.Context, a account.Account) []ui.Item {
	where := "/cabinet/profile"
	if child := access.From(ctx).For; child != "" {
		where = childrenPath + "/" + child
	} else if !a.Level.AtLeast(access.Standard) {
		return nil
	}
	x := a.Profile
	var out []ui.Item
	item := func(icon ui.Icon, title, value, from, url string) {
		if value == "" {
			return
		}
		said := value
		if s := source(ctx, origin(x.Sources[from])); s.Note != "" {
			said += " · " + s.Label + ", " + s.Note
		}
		out = append(out, ui.Item{Title: title, Text: said, Icon: icon, URL: url})
	}
	if d := x.Document; d != nil {
		item(ui.IconIdCard, i18n.T(ctx, d.Kind.Key()), wallet.MaskIdentity(d, true), "document", whosePath(ctx, heldPath+string(wallet.Identity)))
		if n := len(out); n > 0 {
			out[n-1].Tag = p.endsTag(ctx, verification.RunsOut(a.Profile, p.Zone), p.Policy.Levels.Soon)
		}
	}
	item(ui.IconShieldCheck, i18n.T(ctx, "portal.fact.snils"), form.MaskSNILS(x.SNILS), "snils", whosePath(ctx, heldPath+string(wallet.SNILS)))
	item(ui.IconReceipt, i18n.T(ctx, "portal.fact.inn"), form.MaskINN(x.INN), "inn", whosePath(ctx, heldPath+string(wallet.INN)))
	item(ui.IconHouse, i18n.T(ctx, "portal.fact.registration_address"), x.Address, "address", where)
	item(ui.IconMapPin, i18n.T(ctx, "portal.fact.residence"), x.Residence, "address", where)
	return out
}

// askItems are the documents that a register can be asked for, with how that stands: what did not come from it yet, and that of which a person
// may have another one.
func (p *Pages) askItems(ctx context.Context, who access.Actor, own []wallet.Document, asked map[kind.ID]wallet.Request) ([]ui.Item, error) {
	if who.Level != access.Confirmed {
		return nil, nil
	}
	lacking, err := p.Wallet.Lacking(ctx, who)
	if err != nil {
		return nil, err
	}
	var out []ui.Item
	for _, k := range kindsFor(who) {
		there := slices.ContainsFunc(own, func(d wallet.Document) bool {
			return d.Kind.ID == k.ID && d.Holder == "" && d.Register == wallet.Known
		})
		if !p.Wallet.Asks(k) || there && len(k.One) == 0 {
			continue
		}
		x := ui.Item{Title: k.Title.In(ctx), Icon: ui.Icon(k.Icon), Text: i18n.T(ctx, "portal.wallet.register."+k.Register)}
		req, was := asked[k.ID]
		if was {
			x.Tag, x.Text = requestTag(ctx, req)
		}
		switch word := map[bool]string{true: "ask_new", false: "ask"}[there]; {
		case was && req.State == wallet.Asking:
		case lacking[k.ID]:
			x.Tag, x.Text = requestTag(ctx, wallet.Request{State: wallet.Lacking})
			x.URL = snilsOf(who)
		default:
			if req.Removed {
				x.Text += " " + i18n.T(ctx, "portal.wallet.ask_removed")
			}
			x.Button = &ui.PostButton{Action: whosePath(ctx, documentsPath) + "/ask/" + string(k.ID), Label: i18n.T(ctx, "portal.wallet."+word+"_of", "document", k.Title),
				Button: ui.Button{Label: i18n.T(ctx, "portal.wallet."+word), Variant: ui.Secondary, Small: true, Icon: ui.IconRefreshCw}}
		}
		out = append(out, x)
	}
	return out, nil
}

// snilsOf is the page on which the SNILS is added of whom the actor acts for.
func snilsOf(who access.Actor) string {
	if who.By() != "" {
		return childrenPath + "/" + who.For
	}
	return "/cabinet/snils"
}

// kindsFor are the kinds of documents that whom the actor acts for can have.
func kindsFor(who access.Actor) []kind.Kind {
	return slices.DeleteFunc(kind.All(), func(k kind.Kind) bool { return !wallet.MayHave(who, k) })
}

// requestTag is how a question to a register stands, in a word and in a sentence.
func requestTag(ctx context.Context, r wallet.Request) (*ui.Tag, string) {
	say := func(key string, args ...any) string { return i18n.T(ctx, "portal.wallet.asked."+key, args...) }
	when := web.Moment(ctx, r.AnsweredAt)
	switch {
	case r.State == wallet.Asking && r.Tries > 0:
		return &ui.Tag{Label: say("waiting"), Tone: ui.Warning, Icon: ui.IconHourglass}, say("waiting_text")
	case r.State == wallet.Asking:
		return &ui.Tag{Label: say("asking"), Tone: ui.Info, Icon: ui.IconHourglass}, say("asking_text")
	case r.State == wallet.Away:
		return &ui.Tag{Label: say("away"), Tone: ui.Warning}, say("away_text")
	case r.State == wallet.None:
		return &ui.Tag{Label: say("none"), Tone: ui.Neutral}, say("none_text", "when", when)
	case r.State == wallet.Differs:
		return &ui.Tag{Label: say("differs"), Tone: ui.Warning}, say("differs_text")
	case r.State == wallet.Lacking:
		return &ui.Tag{Label: say("lacking"), Tone: ui.Warning}, say("lacking_text")
	case r.State == wallet.Barred:
		return &ui.Tag{Label: say("barred"), Tone: ui.Warning}, say("barred_text")
	}
	return nil, say("found_text", "when", when)
}

func (p *Pages) ownItem(ctx context.Context, d wallet.Document) ui.Item {
	parts := append(beside(ctx, d), maskedNumber(ctx, d), p.until(ctx, d), p.whence(ctx, d))
	return ui.Item{Title: d.Title().In(ctx), URL: whosePath(ctx, ownPath) + d.ID, Icon: ui.Icon(d.Kind.Icon), Tag: p.stateTag(ctx, d),
		Text: strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")}
}

// beside is what tells a document from others of its kind before its number does: whose car it is of.
func beside(ctx context.Context, d wallet.Document) []string {
	out := make([]string, 0, len(d.Kind.Beside)+3)
	for _, id := range d.Kind.Beside {
		if f, ok := d.Kind.Field(id); ok {
			out = append(out, d.Show(f, i18n.From(ctx)))
		}
	}
	return out
}

// maskedNumber is the number by which its owner knows the document.
func maskedNumber(ctx context.Context, d wallet.Document) string {
	f, ok := d.Kind.Field("number")
	if !ok {
		return ""
	}
	return d.Show(f, i18n.From(ctx))
}

func (p *Pages) until(ctx context.Context, d wallet.Document) string {
	if d.EndsAt.IsZero() {
		return ""
	}
	return i18n.T(ctx, "portal.wallet.until", "date", p.lastDay(ctx, d))
}

// lastDay is the last day on which the document counts.
func (p *Pages) lastDay(ctx context.Context, d wallet.Document) string {
	return i18n.Date(ctx, d.Kind.Ends(d.Values).In(p.Zone))
}

// whence says where the document came from and since when that is known.
func (p *Pages) whence(ctx context.Context, d wallet.Document) string {
	switch {
	case d.Register == wallet.Known:
		return i18n.T(ctx, "portal.wallet.known", "register", i18n.T(ctx, "portal.wallet.register."+d.Kind.Register), "when", i18n.Date(ctx, d.KnownAt))
	case d.Register == wallet.Gone:
		return i18n.T(ctx, "portal.wallet.gone", "register", i18n.T(ctx, "portal.wallet.register."+d.Kind.Register))
	}
	if access.From(ctx).By() != "" { // it may have been the other parent
		return i18n.T(ctx, "portal.wallet.typed_childs", "when", i18n.Date(ctx, d.MadeAt))
	}
	return i18n.T(ctx, "portal.wallet.typed", "when", i18n.Date(ctx, d.MadeAt))
}

// stateTag says whether the document ends; nil when there is nothing to say.
func (p *Pages) stateTag(ctx context.Context, d wallet.Document) *ui.Tag {
	if d.Register == wallet.Gone && !d.Ended(p.DB.Now()) {
		return &ui.Tag{Label: i18n.T(ctx, "portal.wallet.gone_tag"), Tone: ui.Warning, Icon: ui.IconTriangleAlert}
	}
	tag := p.endsTag(ctx, d.EndsAt, p.Policy.Wallet.RemindFirst)
	if tag == nil && d.Register == wallet.Known {
		return &ui.Tag{Label: i18n.T(ctx, "portal.wallet.checked"), Tone: ui.Success, Icon: ui.IconBadgeCheck}
	}
	return tag
}

// endsTag says that a document has ended, or that it ends within so long; nil of any other.
func (p *Pages) endsTag(ctx context.Context, end time.Time, soon time.Duration) *ui.Tag {
	switch now := p.DB.Now(); {
	case end.IsZero():
	case !now.Before(end):
		return &ui.Tag{Label: i18n.T(ctx, "portal.wallet.ended"), Tone: ui.Danger, Icon: ui.IconCircleX}
	case now.After(end.Add(-soon)):
		return &ui.Tag{Label: i18n.T(ctx, "portal.wallet.ends_soon"), Tone: ui.Warning, Icon: ui.IconClock}
	}
	return nil
}

// walletState tells one look at the wallet from another.
func walletState(own []wallet.Document, asked map[kind.ID]wallet.Request) string {
	var b strings.Builder
	for _, d := range own {
		fmt.Fprintf(&b, "%s.%d.%s.%d ", d.ID, d.Number, d.Register, d.KnownAt.Unix())
	}
	for _, k := range kind.All() {
		r := asked[k.ID]
		fmt.Fprintf(&b, "%s.%s.%t ", k.ID, r.State, r.Tries > 0)
	}
	return b.String()
}

func (p *Pages) documentsEvents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	news, stop := p.DB.Listen(wallet.Topic(who.Whose()))
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
		own, asked, err := p.walletOf(ctx, who)
		return walletState(own, asked), err
	})
}

// askRegister asks from the list, and from the page of a document, to which it leads back: there it is that document that is wanted, and
// none that was removed.
func (p *Pages) askRegister(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ask, back := p.Wallet.Ask, whosePath(ctx, documentsPath)
	if from := f.Get("from"); id.Valid(from) {
		ask, back = p.Wallet.Update, whosePath(ctx, ownPath)+from
	}
	if err := ask(ctx, access.From(ctx), kind.ID(r.PathValue("kind"))); err != nil {
		return err
	}
	web.Say(r, ui.Info, "portal.wallet.asked_now")
	return web.Redirect(w, r, back)
}

type walletView struct {
	Page        ui.Page
	Live        ui.Live
	Title       string
	Tag         *ui.Tag
	Whence      string
	Alert       *ui.Alert
	Facts       []ui.Fact
	Secret      string // why its number is kept from its owner, "" when it is not
	Open        string // address that shows all of it; "" when it is shown
	Scan        string // address of the scan, "" when there is none
	ScanHint    string
	Share       string // address, "" when it cannot be shown
	Remove      string // address, "" of a paper of the profile
	Change      string
	ChangeLabel string
	UsesNone    string // what is said when it is used nowhere
	Ask         *ui.PostButton
	Asked       string
	Uses        []ui.Item
	Shares      []ui.Item
	Versions    []versionView
}

type versionView struct {
	Title string
	Facts []ui.Fact
	Scan  string
}

// ownDocument shows a document: masked, or with ?open whole.
func (p *Pages) ownDocument(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	look := p.Wallet.Get
	if r.URL.Query().Has("open") {
		look = p.Wallet.Open
	}
	d, err := look(ctx, who, r.PathValue("id"))
	if errors.Is(err, wallet.ErrMissing) && who.By() == "" {
		return p.toWard(w, r, who, r.PathValue("id"))
	}
	if err != nil {
		return toSealed(w, r, err, whosePath(ctx, documentsPath))
	}
	v, err := p.walletView(ctx, who, d)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, ownPage(v))
}

// toWard leads whoever was told of a child's document to its page: notices have one address for everybody.
func (p *Pages) toWard(w http.ResponseWriter, r *http.Request, who access.Actor, documentID string) error {
	_, wards, err := p.wards(r.Context(), who)
	if err != nil {
		return err
	}
	child, err := p.Wallet.WhoseOf(r.Context(), who, documentID, wards)
	if err != nil {
		return err
	}
	to := actingPrefix(child) + ownPath + documentID
	if r.URL.Query().Has("open") {
		to += "?open"
	}
	return web.Redirect(w, r, to)
}

// toSealed leads whoever may see what is sealed, once they have shown a second factor, to that, and back to the page that they wanted or, from a
// form, to back. Any other refusal is an answer by itself: during a pause no proof opens anything.
func toSealed(w http.ResponseWriter, r *http.Request, refused error, back string) error {
	if errors.Is(refused, signin.ErrSealed) {
		return web.ToSecond(w, r, back)
	}
	return refused
}

func (p *Pages) walletView(ctx context.Context, who access.Actor, d wallet.Document) (walletView, error) {
	here := whosePath(ctx, ownPath) + d.ID
	v := walletView{Page: frame(ctx, "portal.service.page", "title", d.Title()), Title: d.Title().In(ctx), Tag: p.stateTag(ctx, d), Whence: p.whence(ctx, d), Facts: ownFacts(ctx, d.Kind, d.Version), Share: here + "/share", Remove: here + "/remove",
		Change: here + "/change", ChangeLabel: i18n.T(ctx, "portal.wallet.change"), UsesNone: noUse(ctx)}
	if d.Sealed() {
		v.Open = here + "?open"
	}
	if d.Scan {
		v.Scan = here + "/scan/" + strconv.FormatInt(d.Number, 10)
	}
	now := p.DB.Now()
	switch {
	case d.Ended(now):
		v.Alert = &ui.Alert{Tone: ui.Danger, Title: i18n.T(ctx, "portal.wallet.ended_title", "date", p.lastDay(ctx, d)), Text: i18n.T(ctx, "portal.wallet.ended_text")}
	case d.Register == wallet.Gone:
		v.Alert = &ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "portal.wallet.gone_title"), Text: i18n.T(ctx, "portal.wallet.gone_text")}
	}
	own, asked, err := p.walletOf(ctx, who)
	if err != nil {
		return v, err
	}
	v.Live = ui.Live{ID: "document", Events: whosePath(ctx, documentsPath) + "/events?seen=" + web.Seen(walletState(own, asked))}
	if p.Wallet.Asks(d.Kind) && d.Holder == "" && who.Level == access.Confirmed {
		req, was := asked[d.Kind.ID]
		if was && (req.State != wallet.Found || d.Register != wallet.Known) {
			_, v.Asked = requestTag(ctx, req)
		}
		if !was || req.State != wallet.Asking {
			lacking, err := p.Wallet.Lacking(ctx, who)
			if err != nil {
				return v, err
			}
			if !lacking[d.Kind.ID] {
				v.Ask = &ui.PostButton{Action: whosePath(ctx, documentsPath) + "/ask/" + string(d.Kind.ID), Hidden: []ui.Hidden{{Name: "from", Value: d.ID}}, Button: ui.Button{Label: i18n.T(ctx, "portal.wallet.refresh"), Variant: ui.Secondary, Icon: ui.IconRefreshCw}}
			}
		}
	}
	return v, p.walletHistory(ctx, who, d, &v)
}

// walletHistory is where the document is used, to whom it was shown, and what stood in it before.
func (p *Pages) walletHistory(ctx context.Context, who access.Actor, d wallet.Document, v *walletView) error {
	uses, err := p.Wallet.Uses(ctx, who, d.ID)
	if err != nil {
		return err
	}
	v.Uses = useItems(ctx, uses)
	shares, err := p.Wallet.Shares(ctx, who, d.ID)
	if err != nil {
		return err
	}
	for _, x := range shares {
		v.Shares = append(v.Shares, p.shareItem(ctx, shownWords(ctx, d.Kind, x.Showing), x))
	}
	versions, err := p.Wallet.Versions(ctx, who, d.ID)
	if err != nil || len(versions) < 2 {
		return err
	}
	for _, x := range versions[1:] {
		y := versionView{Title: i18n.T(ctx, "portal.wallet.version", "n", x.Number, "when", web.Moment(ctx, x.MadeAt)), Facts: ownFacts(ctx, d.Kind, x)}
		if x.Scan {
			y.Scan = whosePath(ctx, ownPath) + d.ID + "/scan/" + strconv.FormatInt(x.Number, 10)
		}
		v.Versions = append(v.Versions, y)
	}
	return nil
}

// noUse says that the person put the document nowhere. Of a child's the other parent may have: what they filed they alone see.
func noUse(ctx context.Context) string {
	if access.From(ctx).By() != "" {
		return i18n.T(ctx, "portal.wallet.uses_none_childs")
	}
	return i18n.T(ctx, "portal.wallet.uses_none")
}

// useItems are the applications in which a document lies.
func useItems(ctx context.Context, uses []wallet.Use) []ui.Item {
	var out []ui.Item
	for _, u := range uses {
		x := ui.Item{Title: u.Service.In(ctx), URL: "/applications/" + u.Application, Icon: ui.IconPaperclip, Text: i18n.T(ctx, "portal.case.number", "number", u.Place.Number) + " · " + web.Moment(ctx, u.At)}
		if u.Place.Number == "" {
			x.URL, x.Text = actingAtFor(u.For, "services", u.Slug, "apply"), i18n.T(ctx, "portal.wallet.in_draft")+" · "+web.Moment(ctx, u.At)
		}
		out = append(out, x)
	}
	return out
}

func ownFacts(ctx context.Context, k kind.Kind, x wallet.Version) []ui.Fact {
	var out []ui.Fact
	for _, f := range k.Fields {
		if value := x.Show(f, i18n.From(ctx)); value != "" {
			out = append(out, ui.Fact{Label: f.Label.In(ctx), Value: value})
		}
	}
	if x.Holder != "" {
		out = append(out, ui.Fact{Label: i18n.T(ctx, "portal.wallet.holder"), Value: x.Holder})
	}
	return out
}

func (p *Pages) ownScan(w http.ResponseWriter, r *http.Request) error {
	version, err := strconv.ParseInt(r.PathValue("version"), 10, 64)
	if err != nil {
		return wallet.ErrMissing
	}
	f, body, err := p.Wallet.OpenScan(r.Context(), access.From(r.Context()), r.PathValue("id"), version)
	if err != nil {
		return toSealed(w, r, err, whosePath(r.Context(), documentsPath))
	}
	return web.Send(w, r, f, body)
}

func (p *Pages) removePage(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := p.Wallet.Get(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	title, text := i18n.T(ctx, "portal.wallet.remove_title", "document", d.Title()), i18n.T(ctx, "portal.wallet.remove_text")
	given, err := p.Wallet.Given(ctx, access.From(ctx), d.ID)
	if err != nil {
		return err
	}
	if given {
		text += " " + i18n.T(ctx, "portal.wallet.remove_given")
	}
	return web.Render(w, r, http.StatusOK, askPage(askView{Page: frame(ctx, "portal.service.page", "title", title), Title: title, Text: text,
		Action: r.URL.Path, Label: i18n.T(ctx, "portal.wallet.remove"), Tone: ui.Danger, Back: whosePath(ctx, ownPath) + d.ID}))
}

func (p *Pages) remove(w http.ResponseWriter, r *http.Request) error {
	err := p.Wallet.Remove(r.Context(), access.From(r.Context()), r.PathValue("id"))
	if errors.Is(err, signin.ErrSealed) {
		return web.ToSecond(w, r, r.URL.Path)
	}
	if err != nil && !errors.Is(err, wallet.ErrMissing) { // a button pressed twice
		return err
	}
	web.Say(r, ui.Success, "portal.wallet.removed")
	return web.Redirect(w, r, whosePath(r.Context(), documentsPath))
}
