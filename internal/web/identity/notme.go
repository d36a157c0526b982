package identity

import (
	"errors"
	"net/http"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/i18n"
	"okno/internal/signin"
	"okno/internal/web"
	"okno/internal/web/ui"
)

const (
	notMeURL = "/not-me"
	resume   = security + "/resume"
)

// notMeView is the page that the link of a notice leads to: it asks, and says afterwards what was done (AUTH-8).
type notMeView struct {
	Page   ui.Page
	What   string // what was done with the account, and when
	Pause  string // what is stopped, and for how long
	Event  string
	Done   bool
	Until  string // of the pause, "" when there is none
	Lifted bool   // there was one, and it is over
}

// notMe shows it. Nothing changes: mail scanners open links by themselves.
func (p *Pages) notMe(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, err := p.SignIn.Disavowable(ctx, web.Link(r))
	if err != nil {
		return err
	}
	v := notMeView{Event: a.ID, Page: frame(r, "notme.title"), What: i18n.T(ctx, "notme.what."+string(a.What), "time", i18n.DateTime(ctx, a.At)),
		Pause: i18n.N(ctx, "notme.then.pause", int(p.SignIn.Policy.Alert.Pause.Hours())), Done: !a.Disavowed.IsZero()}
	if v.Done {
		v.Page = frame(r, "notme.done.title")
	}
	switch {
	case a.Until.After(web.Now(ctx)):
		v.Until = i18n.DateTime(ctx, a.Until)
	case !a.Until.IsZero():
		v.Lifted = true
	}
	return web.Render(w, r, http.StatusOK, notMePage(v))
}

func (p *Pages) disavow(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	a, err := p.SignIn.Disavowable(r.Context(), web.Link(r))
	if err != nil {
		return err
	}
	if f.Get("event") != a.ID { // another notice was opened since, in another tab: the page asks about that
		return web.Redirect(w, r, notMeURL)
	}
	if _, err := p.SignIn.Disavow(r.Context(), web.Link(r)); err != nil {
		return err
	}
	return web.Redirect(w, r, notMeURL)
}

// pauseView is the part of the page of security about a pause.
type pauseView struct {
	Until  string // "" when nothing is paused
	Proved bool
	Codes  bool
}

func (p *Pages) pauseView(r *http.Request) (pauseView, error) {
	ctx := r.Context()
	x, err := p.SignIn.Lifting(ctx, access.From(ctx))
	if err != nil || !x.On() {
		return pauseView{}, err
	}
	return pauseView{i18n.DateTime(ctx, x.Until), x.Proved, len(x.Means) > 0}, nil
}

// paused leads whoever may not change anything now to where they read why; any other err is for the Server.
func paused(w http.ResponseWriter, r *http.Request, err error) error {
	if !errors.Is(err, alert.ErrPaused) {
		return err
	}
	web.Say(r, ui.Warning, "alert.paused")
	return web.Redirect(w, r, security)
}

// lifting is the proof that ends a pause.
func (p *Pages) lifting() proving {
	who := func(r *http.Request) access.Actor { return access.From(r.Context()) }
	return proving{
		base: resume,
		view: func(r *http.Request, a asked) (factorView, error) {
			ctx := r.Context()
			x, err := p.SignIn.LiftBy(ctx, who(r), web.Visitor(r), a.By, a.Attempt)
			if err != nil {
				return factorView{}, err
			}
			v := newFactorView(r, x, resume, "")
			v.Page = frame(r, "security.lift_title")
			v.Why, v.Button = i18n.T(ctx, "security.lift_why"), i18n.T(ctx, "security.paused_lift")
			v.carry(x)
			return v, nil
		},
		answer: func(r *http.Request, a asked, f web.Form) error {
			return p.SignIn.LiftCode(r.Context(), who(r), web.Visitor(r), a.By, a.Attempt, f.Get("code"))
		},
		send: func(r *http.Request, a asked) (string, error) {
			return p.SignIn.LiftSend(r.Context(), who(r), web.Visitor(r), a.By)
		},
		resend: func(r *http.Request, a asked, spoken bool) error {
			return p.SignIn.AgainResend(r.Context(), who(r), web.Visitor(r), a.Attempt, spoken)
		},
		done: func(w http.ResponseWriter, r *http.Request, _ asked) error {
			web.Say(r, ui.Success, "security.lifted")
			return web.Redirect(w, r, security)
		},
		ended: func(w http.ResponseWriter, r *http.Request, _ asked, err error) (bool, error) {
			if errors.Is(err, signin.ErrNoPause) { // it is over, or nothing is left to prove by
				return true, web.Redirect(w, r, security)
			}
			return false, nil
		},
	}
}

// lift ends the pause for whoever has signed in since by what is enough.
func (p *Pages) lift(w http.ResponseWriter, r *http.Request) error {
	switch err := p.SignIn.Lift(r.Context(), access.From(r.Context())); {
	case errors.Is(err, signin.ErrNoPause):
	case errors.Is(err, signin.ErrNotProved):
		web.Say(r, ui.Warning, "alert.not_proved")
	case err != nil:
		return err
	default:
		web.Say(r, ui.Success, "security.lifted")
	}
	return web.Redirect(w, r, security)
}
