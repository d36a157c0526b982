package portal

import (
	"context"
	"errors"
	"net/http"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/application"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/verification"
	"okno/internal/web"
	"okno/internal/web/ui"
)

type snilsView struct {
	Page    ui.Page
	Live    ui.Live
	State   ui.Alert  // how it stands, when there is an application or a number
	Facts   []ui.Fact // of the application
	Advice  string    // what to do about a refusal
	Held    bool      // another account holds the number
	Holder  []string  // its contacts, masked
	Ask     bool      // the form is shown
	Online  bool      // the fund can be asked
	Papers  verification.Papers
	Known   []ui.Fact // what the profile holds and is not asked for
	Has     known
	Errors  ui.Errors
	Setback *web.Setback
	Post    string // the temporary number, "" before one was asked for
	ByPost  bool   // the way by post is open
	Letter  bool   // the form that says that the letter was sent
	Proof   string // of the address, as it was chosen
	ToForm  bool   // a link leads to the form on line
	Proves  bool   // the way on to the proof of identity
	Case    string // address of the case by which the application was begun, "" of one begun here
	Service string // address of the service by which it is asked for, too, "" when it is not offered
}

// known says which data of the application the profile holds.
type known struct{ Names, BirthDate, Sex, Passport bool }

// snils is the page of the application for a SNILS (REG-14): the form, how the application stands, the way by post.
func (p *Pages) snils(w http.ResponseWriter, r *http.Request) error {
	return p.showSNILS(w, r, http.StatusOK, snilsView{}, nil)
}

// showSNILS shows the page; typed is what was sent and refused.
func (p *Pages) showSNILS(w http.ResponseWriter, r *http.Request, status int, v snilsView, typed *verification.Papers) error {
	ctx := r.Context()
	who := access.From(ctx)
	a, err := p.Accounts.Get(ctx, p.DB, who.ID)
	if err != nil {
		return err
	}
	x, found, err := p.Verification.LatestSNILS(ctx, who)
	if err != nil {
		return err
	}
	v.Page = frame(ctx, "portal.snils.title")
	v.Page.Invalid = len(v.Errors) > 0
	v.Live = ui.Live{ID: "snils", Events: "/cabinet/snils/events?seen=" + web.Seen(snilsState(x))}
	v.Online, v.Ask, v.ByPost, v.Proves = p.Verification.Fund != nil, true, true, a.Level != access.Confirmed
	switch {
	case found && x.State == verification.SNILSAssigned:
		v.State = ui.Alert{Tone: ui.Success, Title: i18n.T(ctx, "portal.snils.assigned"), Text: i18n.T(ctx, "portal.snils.assigned_text", "number", shownSNILS(a, x.SNILS))}
		v.Ask, v.ByPost = false, false
	case a.Profile.SNILS != "":
		v.State = ui.Alert{Tone: ui.Success, Title: i18n.T(ctx, "portal.snils.known"), Text: i18n.T(ctx, "portal.snils.known_text", "number", shownSNILS(a, a.Profile.SNILS))}
		v.Ask, v.ByPost = false, false
	case found && x.State == verification.SNILSPosted:
		v.Post = x.Temporary()
		if x.Letter != nil {
			v.State, v.Facts = onItsWay(ctx, x), letterFacts(ctx, x)
		}
		v.Ask = v.Online && (r.URL.Query().Has("online") || typed != nil && r.URL.Path == "/cabinet/snils")
		v.ByPost = !v.Ask && (x.Letter == nil || !x.LateAt.IsZero())
		v.Letter, v.ToForm = v.ByPost, v.Online && !v.Ask
	case found && x.Open():
		v.State, v.Facts = underWay(ctx, x), snilsFacts(ctx, x)
		v.Ask, v.ByPost = false, false
	case found:
		if advice, refused := x.Advice(); refused {
			v.State = ui.Alert{Tone: ui.Danger, Title: i18n.T(ctx, "portal.snils.refused"), Text: i18n.T(ctx, advice.Wrong, "code", advice.Code)}
			v.Advice = i18n.T(ctx, advice.Remedy)
			if v.Held = x.Held(); v.Held {
				if err := p.showHeld(ctx, who, &v); err != nil {
					return err
				}
			}
		}
	}
	if v.Case, err = p.caseOfSNILS(ctx, who, x); err != nil {
		return err
	}
	if def, offered := p.Catalogue.ByCode(snilsService); offered && v.Ask && v.Online {
		v.Service = local("services", def.Slug)
	}
	v.Has = heldBy(a)
	v.Known = knownFacts(ctx, a, v.Has)
	if v.Papers = startPapers(a, x); typed != nil {
		v.Papers = *typed
	}
	return web.Render(w, r, status, snilsPage(v))
}

// snilsService is the code of the service by which a SNILS is asked for.
const snilsService = "sfr.snils"

// caseOfSNILS is the address of the case by which the application was begun, "" when it was begun on the page or there is none.
func (p *Pages) caseOfSNILS(ctx context.Context, who access.Actor, x verification.SNILSRequest) (string, error) {
	if x.ID == "" {
		return "", nil
	}
	c, err := p.Applications.Get(ctx, who, x.ID)
	if errors.Is(err, application.ErrMissing) {
		return "", nil
	}
	return local("applications", c.ID), err
}

// onItsWay says how a letter stands.
func onItsWay(ctx context.Context, x verification.SNILSRequest) ui.Alert {
	if !x.LateAt.IsZero() {
		return ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "portal.snils.letter_lost"), Text: i18n.T(ctx, "portal.snils.letter_lost_text")}
	}
	return ui.Alert{Tone: ui.Info, Title: i18n.T(ctx, "portal.snils.letter"), Text: i18n.T(ctx, "portal.snils.letter_text")}
}

func letterFacts(ctx context.Context, x verification.SNILSRequest) []ui.Fact {
	return []ui.Fact{{Label: i18n.T(ctx, "portal.snils.sent_at"), Value: i18n.Date(ctx, x.Letter.At)}, {Label: i18n.T(ctx, "portal.snils.comes_by"), Value: i18n.Date(ctx, x.DueAt)},
		{Label: i18n.T(ctx, "portal.snils.temporary"), Value: x.Temporary()}, {Label: i18n.T(ctx, "portal.snils.proof"), Value: i18n.T(ctx, "portal.snils.proof."+string(x.Letter.Proof))}}
}

// proofChoices are the papers that prove an address.
func proofChoices(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, p := range verification.AddressProofs() {
		out = append(out, ui.Choice{Value: string(p), Label: i18n.T(ctx, "portal.snils.proof."+string(p))})
	}
	return out
}

// sentSNILS notes that the letter was sent.
func (p *Pages) sentSNILS(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	typed := verification.Papers{Surname: f.Get("surname"), GivenName: f.Get("given_name"), Patronymic: f.Get("patronymic"), BirthDate: f.Get("birth_date"), Address: f.Get("address")}
	_, err = p.Verification.SentSNILS(ctx, access.From(ctx), typed, verification.AddressProof(f.Get("proof")))
	if errs, ok := web.Refused(ctx, err, "surname"); ok {
		return p.showSNILS(w, r, http.StatusUnprocessableEntity, snilsView{Errors: errs, Proof: f.Get("proof")}, &typed)
	}
	if s, ok := web.SetBack(r, err); ok {
		return p.showSNILS(w, r, s.Status, snilsView{Setback: s, Proof: f.Get("proof")}, &typed)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/cabinet/snils")
}

// showHeld shows the way to the account that holds the number, and no form: the fund would say the same again.
func (p *Pages) showHeld(ctx context.Context, who access.Actor, v *snilsView) error {
	holder, err := p.Verification.HolderOfAssigned(ctx, who)
	if err != nil {
		return err
	}
	for _, t := range holder {
		v.Holder = append(v.Holder, t.Masked())
	}
	v.State.Title, v.State.Tone = i18n.T(ctx, "portal.snils.held"), ui.Warning
	v.Ask, v.ByPost = len(holder) == 0, len(holder) == 0 // it may be free since
	return nil
}

// heldBy says what the application takes from the profile. Below Confirmed the names may be typed as the passport has them.
func heldBy(a account.Account) known {
	_, passport := a.Profile.Passport()
	return known{Names: a.Level == access.Confirmed, BirthDate: a.Profile.BirthDate != "", Sex: a.Profile.Sex != "", Passport: passport}
}

// startPapers is what the form begins with: an application that was refused, or the names of the account.
func startPapers(a account.Account, x verification.SNILSRequest) verification.Papers {
	v := verification.Papers{Surname: a.Profile.Surname, GivenName: a.Profile.GivenName, Patronymic: a.Profile.Patronymic}
	if x.State == verification.SNILSRefused {
		v = x.Papers
		v.BirthDate = form.Dotted(v.BirthDate)
	}
	return v
}

// knownFacts shows what is not asked for. Values of registers are shown to Confirmed accounts only (REG-11); others read that they are there.
func knownFacts(ctx context.Context, a account.Account, has known) []ui.Fact {
	var out []ui.Fact
	fact := func(there bool, key, value string) {
		if !there {
			return
		}
		if a.Level != access.Confirmed {
			value = i18n.T(ctx, "portal.snils.from_profile")
		}
		out = append(out, ui.Fact{Label: i18n.T(ctx, "portal.fact."+key), Value: value})
	}
	x := a.Profile
	fact(has.Names, "surname", x.FullName())
	fact(has.BirthDate, "birth_date", form.Dotted(x.BirthDate))
	if d, ok := x.Passport(); ok {
		fact(has.Passport, "passport", d.String())
	}
	return out
}

// shownSNILS is the number for a Confirmed account, and its end for another.
func shownSNILS(a account.Account, number string) string {
	if a.Level == access.Confirmed {
		return form.FormatSNILS(number)
	}
	return form.MaskSNILS(number)
}

// underWay says how an application on line stands.
func underWay(ctx context.Context, x verification.SNILSRequest) ui.Alert {
	switch {
	case !x.LateAt.IsZero():
		return ui.Alert{Tone: ui.Warning, Title: i18n.T(ctx, "portal.snils.late"), Text: i18n.T(ctx, "portal.snils.late_text")}
	case x.State == verification.SNILSFiled:
		return ui.Alert{Tone: ui.Info, Title: i18n.T(ctx, "portal.snils.filed"), Text: i18n.T(ctx, "portal.snils.filed_text")}
	}
	return ui.Alert{Tone: ui.Info, Title: i18n.T(ctx, "portal.snils.accepted"), Text: i18n.T(ctx, "portal.snils.accepted_text")}
}

func snilsFacts(ctx context.Context, x verification.SNILSRequest) []ui.Fact {
	list := []ui.Fact{{Label: i18n.T(ctx, "portal.snils.filed_at"), Value: i18n.Date(ctx, x.FiledAt)}, {Label: i18n.T(ctx, "portal.snils.due_at"), Value: i18n.Date(ctx, x.DueAt)},
		{Label: i18n.T(ctx, "portal.snils.temporary"), Value: x.Temporary()}}
	if x.Number != "" {
		list = append(list, ui.Fact{Label: i18n.T(ctx, "portal.snils.at_fund"), Value: x.Number})
	}
	return list
}

func snilsState(x verification.SNILSRequest) string {
	return x.ID + string(x.State) + x.LateAt.Format(time.RFC3339)
}

func (p *Pages) snilsEvents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	news, stop := p.DB.Listen(verification.SNILSTopic(who.ID))
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
		x, _, err := p.Verification.LatestSNILS(ctx, who)
		return snilsState(x), err
	})
}

// applySNILS files the application.
func (p *Pages) applySNILS(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	typed := verification.Papers{Surname: f.Get("surname"), GivenName: f.Get("given_name"), Patronymic: f.Get("patronymic"), BirthDate: f.Get("birth_date"), Sex: f.Get("sex"),
		Document: form.Identity{Series: f.Get("passport_series"), Number: f.Get("passport_number")}}
	x, err := p.Verification.ApplySNILS(ctx, access.From(ctx), typed)
	if errs, ok := web.Refused(ctx, err, "surname"); ok {
		return p.showSNILS(w, r, http.StatusUnprocessableEntity, snilsView{Errors: errs}, &typed)
	}
	if s, ok := web.SetBack(r, err); ok {
		return p.showSNILS(w, r, s.Status, snilsView{Setback: s}, &typed)
	}
	if err != nil {
		return err
	}
	web.Note(ctx, "snils_request", x.ID)
	return web.Redirect(w, r, "/cabinet/snils")
}

// postSNILS gives the temporary number for the way by post.
func (p *Pages) postSNILS(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := p.Verification.PostSNILS(ctx, access.From(ctx)); err != nil {
		if s, ok := web.SetBack(r, err); ok {
			return p.showSNILS(w, r, s.Status, snilsView{Setback: s}, nil)
		}
		return err
	}
	return web.Redirect(w, r, "/cabinet/snils")
}
