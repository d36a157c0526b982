package portal

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/signin"
	"okno/internal/wallet"
	"okno/internal/wallet/kind"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// A document that its owner shows to somebody by a code: the page on which they choose what is seen, the page with the code, and the page
// of whoever was given it.

const (
	sharesPath = documentsPath + "/shares/"
	sharedPath = "/shared"
)

func (p *Pages) mountShares(s *web.Server) {
	p.person(s, "GET "+ownPath+"{id}/share", p.shareForm)
	p.person(s, "POST "+ownPath+"{id}/share", p.shareIt)
	p.person(s, "GET "+paperPath+"{id}/share", p.sharePaperForm)
	p.person(s, "POST "+paperPath+"{id}/share", p.sharePaper)
	p.person(s, "GET "+sharesPath+"{id}", p.share)
	p.person(s, "GET "+sharesPath+"{id}/qr.png", p.shareQR)
	p.person(s, "GET "+sharesPath+"{id}/events", p.shareEvents)
	p.person(s, "POST "+sharesPath+"{id}/stop", p.shareStop)
	s.Handle("GET "+sharedPath, p.sharedDoor)
	s.Handle("POST "+sharedPath, p.sharedKnock)
	s.Handle("GET "+sharedPath+"/{token}", p.shared)
	s.Handle("POST "+sharedPath+"/{token}", p.sharedOpen)
	s.Handle("GET "+sharedPath+"/{token}/scan", p.sharedScan)
}

type shareFormView struct {
	Page   ui.Page
	Trail  []ui.Link
	Action string
	Back   string
	Choose ui.Checkboxes
	About  string
	Errors ui.Errors
	Said   *web.Setback
}

// The values of the boxes that are no fields.
const (
	showScan = "scan"
	showName = "name"
)

func (p *Pages) shareForm(w http.ResponseWriter, r *http.Request) error {
	return p.showShareForm(w, r, http.StatusOK, nil, nil, nil)
}

func (p *Pages) showShareForm(w http.ResponseWriter, r *http.Request, status int, ticked []string, errs ui.Errors, s *web.Setback) error {
	ctx := r.Context()
	d, err := p.Wallet.Open(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return toSealed(w, r, err, whosePath(ctx, ownPath)+r.PathValue("id"))
	}
	v := shareFormView{Page: frame(ctx, "portal.share.title"), Action: whosePath(ctx, ownPath) + d.ID + "/share", Back: whosePath(ctx, ownPath) + d.ID, Errors: errs, Said: s, About: i18n.N(ctx, "portal.share.about", int(p.Policy.Wallet.Share.Minutes())),
		Trail:  []ui.Link{{Label: i18n.T(ctx, "portal.documents.title"), URL: whosePath(ctx, documentsPath)}, {Label: d.Title().In(ctx), URL: whosePath(ctx, ownPath) + d.ID}},
		Choose: ui.Checkboxes{Name: "show", Legend: i18n.T(ctx, "portal.share.what"), Values: ticked, Error: errs.Of("show")}}
	v.Page.Invalid = len(errs) > 0
	add := func(value, label, text string) {
		v.Choose.Choices = append(v.Choose.Choices, ui.Choice{Value: value, Label: label, Description: text})
	}
	for _, f := range d.Kind.Fields {
		if d.Values[f.ID] != "" {
			add("field-"+f.ID, f.Label.In(ctx), d.Show(f, i18n.From(ctx)))
		}
	}
	if d.Scan {
		add(showScan, i18n.T(ctx, "portal.share.scan"), "")
	}
	add(showName, ownerWords(ctx), i18n.T(ctx, "portal.share.name_text"))
	return web.Render(w, r, status, shareFormPage(v))
}

func (p *Pages) shareIt(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	want := showing(f)
	x, err := p.Wallet.ShareIt(ctx, access.From(ctx), r.PathValue("id"), want)
	if errors.Is(err, signin.ErrSealed) {
		return web.ToSecond(w, r, whosePath(ctx, ownPath)+r.PathValue("id")+"/share")
	}
	if errs, ok := web.Refused(ctx, err, "show"); ok {
		return p.showShareForm(w, r, http.StatusUnprocessableEntity, f.All("show"), errs, nil)
	}
	if s, ok := web.SetBack(r, err); ok {
		return p.showShareForm(w, r, s.Status, f.All("show"), nil, s)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, whosePath(ctx, sharesPath)+x.ID)
}

// showing is what was ticked.
func showing(f web.Form) (want wallet.Showing) {
	for _, x := range f.All("show") {
		switch field, ok := strings.CutPrefix(x, "field-"); {
		case ok:
			want.Fields = append(want.Fields, field)
		case x == showScan:
			want.Scan = true
		case x == showName:
			want.Name = true
		}
	}
	return want
}

type shareView struct {
	Page    ui.Page
	Trail   []ui.Link
	Live    ui.Live
	State   ui.Alert
	Over    bool
	Seconds int
	QR      ui.QR
	Code    string
	Door    string // address at which the code is typed
	Stop    ui.PostButton
	Shown   string
	Again   string
	Back    string
}

func (p *Pages) share(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	x, err := p.Wallet.ShareOf(ctx, who, r.PathValue("id"))
	if err != nil {
		return err
	}
	of, what, err := p.sharedThing(ctx, who, x)
	if err != nil {
		return err
	}
	now := p.DB.Now()
	v := shareView{Page: frame(ctx, "portal.share.title"), Over: x.Over(now), Seconds: max(0, int(x.ExpiresAt.Sub(now).Seconds())), Code: x.Code, Door: web.Absolute(ctx, sharedPath),
		Trail: []ui.Link{{Label: i18n.T(ctx, "portal.documents.title"), URL: whosePath(ctx, documentsPath)}},
		Live:  ui.Live{ID: "share", Events: whosePath(ctx, sharesPath) + x.ID + "/events?seen=" + web.Seen(shareState(x, x.Over(now)))},
		QR:    ui.QR{Src: whosePath(ctx, sharesPath) + x.ID + "/qr.png", Alt: i18n.T(ctx, "portal.share.qr")},
		Shown: i18n.T(ctx, "portal.share.shown", "what", what),
		Stop:  ui.PostButton{Action: whosePath(ctx, sharesPath) + x.ID + "/stop", Button: ui.Button{Label: i18n.T(ctx, "portal.share.stop"), Variant: ui.Secondary, Tone: ui.Danger, Icon: ui.IconBan}}}
	if of.URL != "" { // of what is not there any more the share can be stopped, and it is not shown again
		v.Trail, v.Back, v.Again = append(v.Trail, of), of.URL, of.URL+"/share"
	}
	v.State.Title, v.State.Tone = p.shareSays(ctx, x)
	if x.Refused > 0 {
		v.State.Text = i18n.N(ctx, "portal.share.refused", x.Refused)
	}
	return web.Render(w, r, http.StatusOK, sharePage(v))
}

// sharedThing is the page of what is shown, and what of it is. Of a paper by which nobody is proved any more, while who was given its code looks
// still, there is no page.
func (p *Pages) sharedThing(ctx context.Context, who access.Actor, x wallet.Share) (ui.Link, string, error) {
	if x.Showing.Paper {
		d, err := p.Papers.Get(ctx, who, x.Document)
		return ui.Link{Label: paperTitle(ctx, d), URL: whosePath(ctx, paperPath) + d.ID}, shownWords(ctx, kind.Kind{}, x.Showing), err
	}
	if f, ok := x.Fact(); ok {
		h, err := p.Wallet.Held(ctx, who, f)
		if errors.Is(err, wallet.ErrMissing) {
			return ui.Link{}, heldWords(ctx, f, x.Showing), nil
		}
		return ui.Link{Label: heldTitle(ctx, h), URL: whosePath(ctx, heldPath) + string(f)}, heldWords(ctx, f, x.Showing), err
	}
	d, err := p.Wallet.Get(ctx, who, x.Document)
	return ui.Link{Label: d.Title().In(ctx), URL: whosePath(ctx, ownPath) + d.ID}, shownWords(ctx, d.Kind, x.Showing), err
}

// sharePaperForm asks before a paper is shown: there is nothing to choose, the paper is shown whole.
func (p *Pages) sharePaperForm(w http.ResponseWriter, r *http.Request) error {
	return p.showPaperShare(w, r, http.StatusOK, nil)
}

func (p *Pages) showPaperShare(w http.ResponseWriter, r *http.Request, status int, s *web.Setback) error {
	ctx := r.Context()
	d, err := p.Papers.Get(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	here := whosePath(ctx, paperPath) + d.ID
	v := shareFormView{Page: frame(ctx, "portal.share.title"), Action: here + "/share", Back: here, Said: s, About: i18n.N(ctx, "portal.share.about_paper", int(p.Policy.Wallet.Share.Minutes())),
		Trail: []ui.Link{{Label: i18n.T(ctx, "portal.documents.title"), URL: whosePath(ctx, documentsPath)}, {Label: paperTitle(ctx, d), URL: here}}}
	return web.Render(w, r, status, shareFormPage(v))
}

func (p *Pages) sharePaper(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	x, err := p.Wallet.SharePaper(ctx, access.From(ctx), r.PathValue("id"))
	if errors.Is(err, signin.ErrSealed) {
		return web.ToSecond(w, r, r.URL.Path)
	}
	if s, ok := web.SetBack(r, err); ok {
		return p.showPaperShare(w, r, s.Status, s)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, whosePath(ctx, sharesPath)+x.ID)
}

// shareSays is how a share stands.
func (p *Pages) shareSays(ctx context.Context, x wallet.Share) (string, ui.Tone) {
	say := func(key string, args ...any) string { return i18n.T(ctx, "portal.share."+key, args...) }
	switch over := x.Over(p.DB.Now()); {
	case !x.OpenedAt.IsZero():
		return say("opened", "when", web.Moment(ctx, x.OpenedAt)), ui.Success
	case !x.StoppedAt.IsZero():
		return say("stopped"), ui.Neutral
	case over:
		return say("unopened"), ui.Neutral
	}
	return say("waits"), ui.Info
}

func shareState(x wallet.Share, over bool) string {
	return x.ID + strconv.FormatBool(over) + strconv.FormatBool(x.OpenedAt.IsZero()) + strconv.Itoa(x.Refused)
}

// ownerWords call the name of whose the document is.
func ownerWords(ctx context.Context) string {
	if access.From(ctx).By() != "" {
		return i18n.T(ctx, "portal.share.name_childs")
	}
	return i18n.T(ctx, "portal.share.name")
}

// shownWords name what is shown.
func shownWords(ctx context.Context, k kind.Kind, s wallet.Showing) string {
	var out []string
	for _, id := range s.Fields {
		if f, ok := k.Field(id); ok {
			out = append(out, strings.ToLower(f.Label.In(ctx)))
		}
	}
	return shownBeside(ctx, out, s)
}

// shownBeside adds what is shown beside fields.
func shownBeside(ctx context.Context, out []string, s wallet.Showing) string {
	if s.Scan {
		out = append(out, strings.ToLower(i18n.T(ctx, "portal.share.scan")))
	}
	if s.Paper {
		out = append(out, i18n.T(ctx, "portal.share.paper"))
	}
	if s.Name {
		out = append(out, strings.ToLower(ownerWords(ctx)))
	}
	return strings.Join(out, ", ")
}

// shareItem is a line of the log.
func (p *Pages) shareItem(ctx context.Context, text string, x wallet.Share) ui.Item {
	said, tone := p.shareSays(ctx, x)
	if x.Refused > 0 {
		text += ". " + i18n.N(ctx, "portal.share.refused", x.Refused)
	}
	item := ui.Item{Title: web.Moment(ctx, x.MadeAt), Text: text, Icon: ui.IconQrCode, Tag: &ui.Tag{Label: said, Tone: tone}}
	if !x.Over(p.DB.Now()) {
		item.URL = whosePath(ctx, sharesPath) + x.ID
	}
	return item
}

func (p *Pages) shareEvents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	shareID := r.PathValue("id")
	news, stop := p.DB.Listen(wallet.Topic(who.Whose()))
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
		x, err := p.Wallet.ShareOf(ctx, who, shareID)
		return shareState(x, x.Over(p.DB.Now())), err
	})
}

func (p *Pages) shareQR(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	x, err := p.Wallet.ShareOf(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	if x.Over(p.DB.Now()) {
		return wallet.ErrShare
	}
	return web.QR(w, web.Absolute(ctx, sharedPath+"/"+x.Token), 8)
}

func (p *Pages) shareStop(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	x, err := p.Wallet.Stop(ctx, who, r.PathValue("id"))
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.share.stopped_now")
	of, _, err := p.sharedThing(ctx, who, x)
	if err != nil {
		return err
	}
	return web.Redirect(w, r, cmp.Or(of.URL, whosePath(ctx, documentsPath)))
}

type doorView struct {
	Page   ui.Page
	Typed  string
	Errors ui.Errors
	Said   *web.Setback
}

// unlisted keeps the address of a share out of other sites' logs and of search.
func unlisted(w http.ResponseWriter) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
}

func (p *Pages) sharedDoor(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, sharedDoorPage(doorView{Page: frame(r.Context(), "portal.shared.title")}))
}

func (p *Pages) sharedKnock(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v := doorView{Page: frame(ctx, "portal.shared.title"), Typed: f.Get("code")}
	visitor := web.Visitor(r)
	token, err := p.Wallet.Knock(ctx, visitor, v.Typed)
	if err == nil {
		err = p.Wallet.OpenShare(ctx, visitor, token)
	}
	var ok bool
	if v.Errors, ok = web.Refused(ctx, err, "code"); ok {
		v.Page.Invalid = true
		return web.Render(w, r, http.StatusUnprocessableEntity, sharedDoorPage(v))
	}
	if s, ok := web.SetBack(r, err); ok {
		v.Said = s
		return web.Render(w, r, s.Status, sharedDoorPage(v))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, sharedPath+"/"+token)
}

type sharedView struct {
	Page    ui.Page
	Title   string
	Waits   bool // nobody has opened it yet
	Action  string
	Word    ui.Alert // what stands for it
	Facts   []ui.Fact
	Scan    string
	Paper   bool // it is one that the portal issued
	Seconds int
}

// shared is the page behind the code: a button first, so that nothing that looks addresses up opens it, then the document.
func (p *Pages) shared(w http.ResponseWriter, r *http.Request) error {
	unlisted(w)
	ctx := r.Context()
	token := r.PathValue("token")
	opened, err := p.Wallet.Waits(ctx, web.Visitor(r), token)
	if err != nil {
		return err
	}
	if !opened {
		return web.Render(w, r, http.StatusOK, sharedPage(sharedView{Page: frame(ctx, "portal.shared.title"), Waits: true, Action: r.URL.Path}))
	}
	x, err := p.Wallet.See(ctx, web.Visitor(r), token)
	if err != nil {
		return err
	}
	if x.Paper != nil {
		return web.Render(w, r, http.StatusOK, sharedPage(p.sharedPaper(ctx, r.URL.Path, x)))
	}
	if x.Held != nil {
		return web.Render(w, r, http.StatusOK, sharedPage(p.sharedHeld(ctx, x)))
	}
	v := sharedView{Page: frame(ctx, "portal.shared.title"), Title: x.Title().In(ctx), Seconds: max(0, int(x.Until.Sub(p.DB.Now()).Seconds())), Word: ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "portal.shared.typed"), Text: i18n.T(ctx, "portal.shared.typed_text")}}
	switch register := i18n.T(ctx, "portal.wallet.register."+x.Kind.Register); {
	case x.Source == wallet.Own:
	case x.Register == wallet.Gone:
		v.Word = ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "portal.wallet.gone", "register", register), Text: i18n.T(ctx, "portal.shared.gone_text")}
	case x.Register == wallet.Known:
		v.Word = ui.Alert{Tone: ui.Success, Title: i18n.T(ctx, "portal.shared.known", "register", register, "when", i18n.Date(ctx, x.KnownAt)), Text: i18n.T(ctx, "portal.shared.known_text")}
	}
	if x.Ended(p.DB.Now()) {
		v.Word = ui.Alert{Tone: ui.Danger, Title: i18n.T(ctx, "portal.wallet.ended_title", "date", p.lastDay(ctx, x.Document))}
	}
	if x.Name != "" {
		v.Facts = append(v.Facts, ui.Fact{Label: i18n.T(ctx, "portal.share.owner"), Value: x.Name})
	}
	for _, id := range x.Fields {
		if f, ok := x.Kind.Field(id); ok {
			v.Facts = append(v.Facts, ui.Fact{Label: f.Label.In(ctx), Value: f.Show(i18n.From(ctx), x.Values[id])})
		}
	}
	if x.Scanned {
		v.Scan = r.URL.Path + "/scan"
	}
	return web.Render(w, r, http.StatusOK, sharedPage(v))
}

// sharedPaper is the page of a paper that is shown: what stands for it, and the paper itself.
func (p *Pages) sharedPaper(ctx context.Context, path string, x wallet.Shown) sharedView {
	d := x.Paper
	return sharedView{Page: frame(ctx, "portal.shared.title"), Title: paperTitle(ctx, *d), Seconds: max(0, int(x.Until.Sub(p.DB.Now()).Seconds())), Scan: path + "/scan", Paper: true,
		Word: ui.Alert{Tone: paperTone(d.State), Title: i18n.T(ctx, "portal.check."+string(d.State)), Text: i18n.T(ctx, "portal.shared.issued_text")},
		Facts: []ui.Fact{{Label: i18n.T(ctx, "portal.check.number"), Value: d.Number}, {Label: i18n.T(ctx, "portal.check.holder"), Value: d.HolderName()},
			{Label: i18n.T(ctx, "portal.check.issuer"), Value: d.Agency.In(ctx)}, {Label: i18n.T(ctx, "portal.check.date"), Value: i18n.Date(ctx, d.IssuedAt)}}}
}

func (p *Pages) sharedOpen(w http.ResponseWriter, r *http.Request) error {
	unlisted(w)
	if err := p.Wallet.OpenShare(r.Context(), web.Visitor(r), r.PathValue("token")); err != nil {
		return err
	}
	return web.Redirect(w, r, r.URL.Path)
}

func (p *Pages) sharedScan(w http.ResponseWriter, r *http.Request) error {
	unlisted(w)
	f, body, err := p.Wallet.SeeScan(r.Context(), web.Visitor(r), r.PathValue("token"))
	if err != nil {
		return err
	}
	return web.Send(w, r, f, body)
}
