package portal

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/policy"
	"okno/internal/signin"
	"okno/internal/verification"
	"okno/internal/wallet"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// A paper of the profile, passport, SNILS or INN, on a page as other documents have one: opened behind a second factor, shown by a code, asked
// about anew, with where it is used and to whom it was shown.

const heldPath = documentsPath + "/profile/"

func (p *Pages) mountHeld(s *web.Server) {
	if p.Wallet == nil {
		return
	}
	p.person(s, "GET "+heldPath+"{fact}", p.heldPaper)
	p.person(s, "GET "+heldPath+"{fact}/events", p.heldEvents)
	p.person(s, "POST "+heldPath+"{fact}/ask", p.heldAsk)
	p.person(s, "GET "+heldPath+"{fact}/share", p.heldShareForm)
	p.person(s, "POST "+heldPath+"{fact}/share", p.heldShare)
}

func heldTitle(ctx context.Context, h wallet.Held) string {
	if h.Fact == wallet.Identity {
		return i18n.T(ctx, h.Kind.Key())
	}
	return i18n.T(ctx, "portal.fact."+string(h.Fact))
}

// heldLabel is what a field of the paper is called.
func heldLabel(ctx context.Context, f wallet.Fact, field string) string {
	if f != wallet.Identity && field == wallet.FactNumber {
		return i18n.T(ctx, "portal.fact."+string(f))
	}
	return i18n.T(ctx, "portal.held."+field)
}

// heldWords name what of the paper is shown.
func heldWords(ctx context.Context, f wallet.Fact, s wallet.Showing) string {
	var out []string
	for _, id := range s.Fields {
		label := heldLabel(ctx, f, id)
		if f == wallet.Identity { // the names of numbers are written in capitals
			label = strings.ToLower(label)
		}
		out = append(out, label)
	}
	return shownBeside(ctx, out, s)
}

func heldFacts(ctx context.Context, h wallet.Held) []ui.Fact {
	var out []ui.Fact
	for _, x := range h.Fields {
		out = append(out, ui.Fact{Label: heldLabel(ctx, h.Fact, x.ID), Value: x.Value})
	}
	return out
}

// evidenceOf is what a register is asked about of the paper.
func evidenceOf(f wallet.Fact) policy.Evidence {
	if f == wallet.Identity {
		return policy.EvidenceDocument
	}
	if f == wallet.SNILS {
		return policy.EvidenceSNILS
	}
	return policy.EvidenceINN
}

// lapsed reports whether a register stood for the paper and does no more. Document and SNILS come into the profile by a check alone, an INN
// may be typed.
func lapsed(h wallet.Held) bool {
	return h.Source.Lapsed() || h.Source.From == "" && h.Fact != wallet.INN
}

// heldPaper shows a paper: masked, or with ?open whole.
func (p *Pages) heldPaper(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	look := p.Wallet.Held
	if r.URL.Query().Has("open") {
		look = p.Wallet.OpenHeld
	}
	h, err := look(ctx, who, wallet.Fact(r.PathValue("fact")))
	if err != nil {
		return toSealed(w, r, err, whosePath(ctx, documentsPath))
	}
	here := whosePath(ctx, heldPath) + string(h.Fact)
	v := walletView{Page: frame(ctx, "portal.service.page", "title", heldTitle(ctx, h)), Title: heldTitle(ctx, h), Facts: heldFacts(ctx, h), UsesNone: i18n.T(ctx, "portal.held.uses_none"),
		Change: "/cabinet/profile", ChangeLabel: i18n.T(ctx, "portal.profile.title")}
	if who.By() != "" {
		v.Change, v.ChangeLabel = childrenPath+"/"+who.For, i18n.T(ctx, "portal.held.child")
	}
	if !h.Secret {
		v.Share = here + "/share"
	}
	if h.Sealed && !h.Secret {
		v.Open = here + "?open"
	}
	if h.Secret {
		v.Secret = i18n.T(ctx, "wallet.secret")
	}
	e, err := p.heldStands(ctx, who, h, &v, here)
	if err != nil {
		return err
	}
	shares, err := p.Wallet.Shares(ctx, who, string(h.Fact))
	if err != nil {
		return err
	}
	for _, x := range shares {
		v.Shares = append(v.Shares, p.shareItem(ctx, heldWords(ctx, h.Fact, x.Showing), x))
	}
	v.Live = ui.Live{ID: "document", Events: here + "/events?seen=" + web.Seen(p.heldState(e, shares))}
	if v.Uses, err = p.heldUses(ctx, who, h.Fact); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, ownPage(v))
}

// heldStands says what stands for the paper, until when it counts, and offers to ask the register.
func (p *Pages) heldStands(ctx context.Context, who access.Actor, h wallet.Held, v *walletView, here string) (verification.Evidence, error) {
	if x := source(ctx, origin(h.Source)); x.Note != "" {
		v.Whence = x.Label + ", " + x.Note
	} else {
		v.Whence = x.Label
	}
	kind := evidenceOf(h.Fact)
	gone := lapsed(h)
	if gone {
		v.Whence = ""
		v.Alert = &ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "portal.held.lapsed"), Text: i18n.T(ctx, "portal.held.lapsed_text")}
	}
	if !h.Ends.IsZero() {
		last, end := h.Ends.Add(0, 0, -1).In(p.Zone), h.Ends.In(p.Zone)
		v.Tag = p.endsTag(ctx, end, p.Policy.Levels.Soon)
		if h.Value(wallet.FactExpiresAt) == "" {
			v.Facts = append(v.Facts, ui.Fact{Label: i18n.T(ctx, "portal.held.until"), Value: i18n.Date(ctx, last)})
		}
		if !p.DB.Now().Before(end) {
			v.Alert = &ui.Alert{Tone: ui.Danger, Title: i18n.T(ctx, "portal.wallet.ended_title", "date", i18n.Date(ctx, last)), Text: i18n.T(ctx, "portal.held.ended_text")}
		}
	}
	e, asks, err := p.Verification.Standing(ctx, who, kind)
	if err != nil {
		return e, err
	}
	switch {
	case !e.AskedAt.IsZero() && e.Stands(p.DB.Now()):
		v.Asked = i18n.T(ctx, "portal.held.asking")
		return e, nil
	case e.Said.Verdict != "" && e.Stands(p.DB.Now()):
		v.Asked = i18n.T(ctx, "portal.stands.doubt")
	case !e.Checked.IsZero() && !gone:
		v.Asked = i18n.T(ctx, "portal.held.checked", "when", web.Moment(ctx, e.Checked))
	}
	if asks {
		v.Ask = &ui.PostButton{Action: here + "/ask", Button: ui.Button{Label: i18n.T(ctx, "portal.held.ask"), Variant: ui.Secondary, Icon: ui.IconRefreshCw}}
	}
	return e, nil
}

// heldUses are the applications in which the number of the paper stands, wherever it was taken from.
func (p *Pages) heldUses(ctx context.Context, who access.Actor, f wallet.Fact) ([]ui.Item, error) {
	a, err := p.Accounts.Get(ctx, p.DB, who.Whose())
	if err != nil {
		return nil, err
	}
	var numbers []string // all of which stand in an application
	switch f {
	case wallet.Identity:
		if d := a.Profile.Document; d != nil {
			numbers = []string{d.Number}
			if d.Series != "" {
				numbers = append(numbers, d.Series)
			}
		}
	case wallet.SNILS:
		numbers = []string{a.Profile.SNILS}
	case wallet.INN:
		numbers = []string{a.Profile.INN}
	}
	cases, err := p.Applications.ListOf(ctx, p.DB, who, who.Whose(), mostCases)
	if err != nil {
		return nil, err
	}
	var out []ui.Item
	for _, c := range cases {
		if stands(c, numbers) {
			out = append(out, ui.Item{Title: c.Def.Title.In(ctx), URL: "/applications/" + c.ID, Icon: ui.IconFileText,
				Text: i18n.T(ctx, "portal.case.number", "number", c.Number) + " · " + web.Moment(ctx, c.SubmittedAt)})
		}
	}
	return out, nil
}

// stands reports whether all of the numbers are answers of the case.
func stands(c application.Case, numbers []string) bool {
	there := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch x := v.(type) {
		case string:
			there[x] = true
		case []any:
			for _, y := range x {
				walk(y)
			}
		case map[string]any:
			for _, y := range x {
				walk(y)
			}
		case form.Answers:
			for _, y := range x {
				walk(y)
			}
		}
	}
	walk(c.Content.Answers)
	for _, n := range numbers {
		if n == "" || !there[n] {
			return false
		}
	}
	return len(numbers) > 0
}

// heldState tells one look at the page from another.
func (p *Pages) heldState(e verification.Evidence, shares []wallet.Share) string {
	s := e.ID + string(e.Said.Verdict) + string(e.Why) + strconv.FormatInt(e.AskedAt.Unix(), 10) + "." + strconv.FormatInt(e.Checked.Unix(), 10)
	for _, x := range shares {
		s += " " + shareState(x, x.Over(p.DB.Now()))
	}
	return s
}

func (p *Pages) heldEvents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who, f := access.From(ctx), wallet.Fact(r.PathValue("fact"))
	if !f.Valid() {
		return wallet.ErrMissing
	}
	news, stop := p.DB.Listen(wallet.Topic(who.Whose()), verification.AccountTopic(who.Whose()))
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
		e, _, err := p.Verification.Standing(ctx, who, evidenceOf(f))
		if err != nil {
			return "", err
		}
		shares, err := p.Wallet.Shares(ctx, who, string(f))
		return p.heldState(e, shares), err
	})
}

func (p *Pages) heldAsk(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := wallet.Fact(r.PathValue("fact"))
	if !f.Valid() {
		return wallet.ErrMissing
	}
	if err := p.Verification.AskMine(ctx, access.From(ctx), evidenceOf(f)); err != nil {
		return err
	}
	web.Say(r, ui.Info, "portal.wallet.asked_now")
	return web.Redirect(w, r, whosePath(ctx, heldPath)+string(f))
}

func (p *Pages) heldShareForm(w http.ResponseWriter, r *http.Request) error {
	return p.showHeldShare(w, r, http.StatusOK, nil, nil, nil)
}

func (p *Pages) showHeldShare(w http.ResponseWriter, r *http.Request, status int, ticked []string, errs ui.Errors, s *web.Setback) error {
	ctx := r.Context()
	h, err := p.Wallet.OpenHeld(ctx, access.From(ctx), wallet.Fact(r.PathValue("fact")))
	if err == nil && h.Secret {
		err = wallet.ErrSecret
	}
	here := whosePath(ctx, heldPath) + r.PathValue("fact")
	if err != nil {
		return toSealed(w, r, err, here)
	}
	v := shareFormView{Page: frame(ctx, "portal.share.title"), Action: here + "/share", Back: here, Errors: errs, Said: s, About: i18n.N(ctx, "portal.share.about", int(p.Policy.Wallet.Share.Minutes())),
		Trail:  []ui.Link{{Label: i18n.T(ctx, "portal.documents.title"), URL: whosePath(ctx, documentsPath)}, {Label: heldTitle(ctx, h), URL: here}},
		Choose: ui.Checkboxes{Name: "show", Legend: i18n.T(ctx, "portal.share.what"), Values: ticked, Error: errs.Of("show")}}
	v.Page.Invalid = len(errs) > 0
	for _, x := range h.Fields {
		v.Choose.Choices = append(v.Choose.Choices, ui.Choice{Value: "field-" + x.ID, Label: heldLabel(ctx, h.Fact, x.ID), Description: x.Value})
	}
	v.Choose.Choices = append(v.Choose.Choices, ui.Choice{Value: showName, Label: ownerWords(ctx), Description: i18n.T(ctx, "portal.share.name_text")})
	return web.Render(w, r, status, shareFormPage(v))
}

func (p *Pages) heldShare(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	x, err := p.Wallet.ShareHeld(ctx, access.From(ctx), wallet.Fact(r.PathValue("fact")), showing(f))
	if errors.Is(err, signin.ErrSealed) {
		return web.ToSecond(w, r, whosePath(ctx, heldPath)+r.PathValue("fact")+"/share")
	}
	if errs, ok := web.Refused(ctx, err, "show"); ok {
		return p.showHeldShare(w, r, http.StatusUnprocessableEntity, f.All("show"), errs, nil)
	}
	if s, ok := web.SetBack(r, err); ok {
		return p.showHeldShare(w, r, s.Status, f.All("show"), nil, s)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, whosePath(ctx, sharesPath)+x.ID)
}

// sharedHeld is the page of a paper of the profile that is shown: what stands for it, and what of it its owner ticked.
func (p *Pages) sharedHeld(ctx context.Context, x wallet.Shown) sharedView {
	h := *x.Held
	v := sharedView{Page: frame(ctx, "portal.shared.title"), Title: heldTitle(ctx, h), Seconds: max(0, int(x.Until.Sub(p.DB.Now()).Seconds()))}
	switch from := source(ctx, origin(h.Source)); {
	case !h.Ends.IsZero() && !p.DB.Now().Before(h.Ends.In(p.Zone)):
		v.Word = ui.Alert{Tone: ui.Danger, Title: i18n.T(ctx, "portal.wallet.ended")} // when is told by what was ticked: by a passport's end its owner's birthday could be reckoned
	case from.Note != "":
		v.Word = ui.Alert{Tone: ui.Success, Title: i18n.T(ctx, "portal.held.vouched", "source", from.Label, "note", from.Note), Text: i18n.T(ctx, "portal.shared.known_text")}
	case lapsed(h):
		v.Word = ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "portal.held.lapsed"), Text: i18n.T(ctx, "portal.shared.gone_text")}
	default:
		v.Word = ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "portal.shared.typed"), Text: i18n.T(ctx, "portal.shared.typed_text")}
	}
	if x.Name != "" {
		v.Facts = append(v.Facts, ui.Fact{Label: i18n.T(ctx, "portal.share.owner"), Value: x.Name})
	}
	v.Facts = append(v.Facts, heldFacts(ctx, h)...)
	return v
}
