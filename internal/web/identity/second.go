package identity

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/i18n"
	"okno/internal/passkey"
	"okno/internal/signin"
	"okno/internal/web"
	"okno/internal/web/ui"
)

const secondURL = "/signin/second"

// factorView is the question for a second factor: at a sign-in, and before an act that asks for a proof again.
type factorView struct {
	Page     ui.Page
	Action   string // of the page; the other addresses stand below it
	Answer   string // where the answer goes
	Why      string // it is asked for, "" at a usual sign-in
	Lead     string
	Now      signin.Means
	Key      passkey.Challenge
	Asks     []credential.Question
	Button   string
	Hidden   []ui.Hidden
	Sent     bool // a code is on its way
	Asked    bool // one has been sent already, or it is not for this page to begin
	Late     bool // nobody takes messages to send it at the moment
	Spoken   bool
	Masked   string
	Expires  int // seconds
	Wait     int
	Call     string // address that asks for a call, "" where nobody calls
	Others   []otherMeans
	Lost     string // what to do when none of it can be done
	Ways     []door // into the account beside the page
	Remember string // the words of the box that has the browser remembered, "" where none is offered
	Ticked   bool
	Typed    string
	Errors   ui.Errors
	Setback  *web.Setback
}

// otherMeans is a button that goes on by another means.
type otherMeans struct {
	Means signin.Means
	Label string
	Icon  ui.Icon
}

// door is a way into an account.
type door struct{ URL, Label string }

// desk is where whoever can open the account by nothing goes.
var desk = door{recovery + "#lost", "recover.lost.title"}

// otherDoors are those that take neither a password nor a contact.
func (p *Pages) otherDoors() []door {
	var out []door
	if p.SignIn.Passkeys.Possible() {
		out = append(out, door{keyURL, "signin.by_passkey"})
	}
	if p.takes() {
		out = append(out, door{signing, "signin.by_signature"})
	}
	return out
}

func withNext(to, next string) string {
	if next == "" {
		return to
	}
	return to + "?next=" + url.QueryEscape(next)
}

// nextIn is where the address of the request leads on to, "" when nowhere.
func nextIn(r *http.Request) string { return web.LocalOr(r.URL.Query().Get("next"), "") }

// newFactorView shows the means that is asked for now, and offers the others.
func newFactorView(r *http.Request, x signin.Second, action, next string) factorView {
	ctx, now := r.Context(), web.Now(r.Context())
	v := factorView{Page: frame(r, "second.title"), Action: action, Answer: action, Now: x.Now, Asked: true, Hidden: toNext(next), Lead: i18n.T(ctx, "second.lead."+leadKey(x.Now)), Button: i18n.T(ctx, "second.enter")}
	v.Asks, v.Lost = x.Questions, i18n.T(ctx, "second.lost_text")
	if v.Key = x.Key; x.Now == signin.ByKey {
		v.Button = i18n.T(ctx, "second.again_go")
	}
	if x.Now == signin.BySignature {
		v.Answer = action + "/signature"
	}
	if c := x.Challenge; c.ID != "" {
		v.Sent, v.Late, v.Spoken, v.Masked = true, c.Late, c.Spoken, c.Masked
		v.Expires, v.Wait = left(now, c.ExpiresAt), left(now, c.ResendAt)
		if c.CanCall {
			v.Call = action + "/call"
		}
	}
	if x.Days > 0 {
		v.Remember = i18n.N(ctx, "second.remember", x.Days)
	}
	for _, m := range x.Means {
		if m != x.Now {
			v.Others = append(v.Others, otherMeans{m, i18n.T(ctx, "second.by."+string(m)), iconOf(m)})
		}
	}
	return v
}

// offers reports whether nothing was sent yet and the page begins by that.
func (v factorView) offers() bool {
	return !v.Asked && !v.Sent && (v.Now == signin.ByPhone || v.Now == signin.ByMail) && len(v.Errors) == 0
}

// leadKey ends the key of what is asked for.
func leadKey(m signin.Means) string {
	if m == "" {
		return "none"
	}
	return string(m)
}

func iconOf(m signin.Means) ui.Icon {
	switch m {
	case signin.ByMail:
		return ui.IconMail
	case signin.ByBackup:
		return ui.IconFileText
	case signin.BySignature:
		return ui.IconPencil
	case signin.ByPassword, signin.ByKey:
		return ui.IconKeyRound
	case signin.ByDocument:
		return ui.IconIdCard
	case signin.ByQuestions:
		return ui.IconCircleHelp
	case signin.ByApp, signin.ByPhone:
	}
	return ui.IconSmartphone
}

func left(now, until time.Time) int { return seconds(until.Sub(now)) }

// secondPage asks for the second factor of the sign-in that waits in this browser.
func (p *Pages) secondPage(w http.ResponseWriter, r *http.Request) error {
	next := nextIn(r)
	x, err := p.SignIn.Second(r.Context(), web.Visitor(r), web.Second(r))
	if err != nil {
		return p.secondGone(w, r, err, next)
	}
	return web.Render(w, r, http.StatusOK, factorPage(p.secondView(r, x, next)))
}

// secondView is the question at a sign-in. Of a password that stands on a list it says why there is one.
func (p *Pages) secondView(r *http.Request, x signin.Second, next string) factorView {
	v := newFactorView(r, x, secondURL, next)
	v.Ways = append(p.otherDoors(), desk)
	if x.List != credential.NoList {
		v.Why = i18n.T(r.Context(), "second.listed")
	}
	return v
}

// secondGone leads whoever has no sign-in under way back to its beginning.
func (p *Pages) secondGone(w http.ResponseWriter, r *http.Request, err error, next string) error {
	if errors.Is(err, signin.ErrReplace) {
		return web.Redirect(w, r, withNext(replaceURL, next))
	}
	if !errors.Is(err, credential.ErrNoPending) && !errors.Is(err, signin.ErrSecondOver) {
		return err
	}
	web.DropSecond(r)
	switch {
	case errors.Is(err, signin.ErrSecondOver):
		web.Say(r, ui.Warning, "second.over")
	case signedIn(r): // the code was right in another tab
		return web.Redirect(w, r, web.LocalOr(next, cabinet))
	default:
		web.Say(r, ui.Warning, "second.gone")
	}
	return web.Redirect(w, r, withNext("/signin", next))
}

func (p *Pages) secondCode(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	next := web.LocalOr(f.Get("next"), "")
	var token string
	switch cid, answer := f.Get("challenge"), f.Get("answer"); {
	case cid == "":
		token, err = p.SignIn.SecondCode(r.Context(), web.Visitor(r), web.Second(r), f.Get("code"), f.On("remember"))
	case answer == "":
		err = errNoScriptSecond
	default:
		token, err = p.SignIn.SecondKey(r.Context(), web.Visitor(r), web.Second(r), cid, []byte(answer), f.On("remember"))
	}
	if err == nil {
		if err := p.enter(r, token); err != nil {
			return err
		}
		web.DropSecond(r)
		return web.Redirect(w, r, web.LocalOr(next, cabinet))
	}
	return p.secondRefused(w, r, err, f, next)
}

// secondRefused shows the question again, under what was wrong.
func (p *Pages) secondRefused(w http.ResponseWriter, r *http.Request, refused error, f web.Form, next string) error {
	x, err := p.SignIn.Second(r.Context(), web.Visitor(r), web.Second(r))
	if err != nil || errors.Is(refused, signin.ErrSecondOver) || errors.Is(refused, signin.ErrReplace) {
		return p.secondGone(w, r, cmpErr(err, refused), next)
	}
	v := p.secondView(r, x, next)
	v.Ticked = f.On("remember")
	return v.refused(r.Context(), w, r, refused, f.Get("code"))
}

// cmpErr is what ends the sign-in: the refusal, when it does.
func cmpErr(err, refused error) error {
	if errors.Is(refused, signin.ErrSecondOver) || err == nil {
		return refused
	}
	return err
}

// refused shows the page again under the refusal.
func (v factorView) refused(ctx context.Context, w http.ResponseWriter, r *http.Request, err error, typed string) error {
	whole := "code"
	if v.Now == signin.ByPassword {
		whole = "password"
	}
	if errs, ok := web.Refused(ctx, err, whole); ok {
		v.Errors, v.Typed, v.Page.Invalid = errs, typed, true
		return web.Render(w, r, http.StatusUnprocessableEntity, factorPage(v))
	}
	if s, ok := web.SetBack(r, err); ok {
		v.Setback = s
		return web.Render(w, r, s.Status, factorPage(v))
	}
	return err
}

// secondBy goes on by another means.
func (p *Pages) secondBy(w http.ResponseWriter, r *http.Request) error {
	return p.secondDo(w, r, func(ctx context.Context, v credential.Visitor, token string, f web.Form) error {
		return p.SignIn.SecondBy(ctx, v, token, signin.Means(f.Get("by")))
	})
}

func (p *Pages) secondResend(w http.ResponseWriter, r *http.Request) error {
	return p.secondDo(w, r, func(ctx context.Context, v credential.Visitor, token string, _ web.Form) error {
		return p.SignIn.SecondResend(ctx, v, token)
	})
}

func (p *Pages) secondCall(w http.ResponseWriter, r *http.Request) error {
	return p.secondDo(w, r, func(ctx context.Context, v credential.Visitor, token string, _ web.Form) error {
		return p.SignIn.SecondCall(ctx, v, token)
	})
}

func (p *Pages) secondDo(w http.ResponseWriter, r *http.Request, do func(ctx context.Context, v credential.Visitor, token string, f web.Form) error) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	next := web.LocalOr(f.Get("next"), "")
	err = do(r.Context(), web.Visitor(r), web.Second(r), f)
	if errors.Is(err, contact.ErrGone) {
		err = credential.ErrNoPending
	}
	if err == nil {
		return web.Redirect(w, r, withNext(secondURL, next))
	}
	return p.secondRefused(w, r, err, f, next)
}

// toNext is next for code in which that is the address itself.
func toNext(to string) []ui.Hidden { return next(to) }
