package identity

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/form"
	"okno/internal/gate"
	"okno/internal/i18n"
	"okno/internal/policy"
	"okno/internal/registration"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// detailsView is the first page of registering.
type detailsView struct {
	Page    ui.Page
	Typed   registration.Details
	Hint    string // which phones are accepted
	Errors  ui.Errors
	Setback *web.Setback
	Gate    *gate.Offer
}

func (p *Pages) detailsView(r *http.Request, typed registration.Details) detailsView {
	return detailsView{Page: frame(r, "register.title"), Typed: typed, Hint: phoneHint(r.Context(), p.SignIn.Policy.SMS.Countries)}
}

// phoneHint says of which countries a phone may be, and how one from abroad is written where some may.
func phoneHint(ctx context.Context, accepted []string) string {
	names := make([]string, len(accepted))
	abroad := false
	for i, code := range accepted {
		names[i], abroad = code, abroad || code != form.Russia
		if c, ok := form.CountryOf(code); ok {
			names[i] = c.Name.Lang(i18n.From(ctx))
		}
	}
	key := "register.phone_hint"
	if abroad {
		key = "register.phone_hint_abroad"
	}
	return i18n.T(ctx, key, "countries", strings.Join(names, ", "))
}

// details asks for name, contact and consents. A registration under way is gone on with.
func (p *Pages) details(w http.ResponseWriter, r *http.Request) error {
	if signedIn(r) {
		return web.Redirect(w, r, cabinet)
	}
	d, under, err := p.Registration.Current(r.Context(), web.Visitor(r))
	if err != nil {
		return err
	}
	next := nextIn(r)
	if under && next != "" && next != d.Details.Next { // the newer wish wins
		if err := p.Registration.Want(r.Context(), web.Visitor(r), next); err != nil && !errors.Is(err, registration.ErrNone) {
			return err
		}
	}
	if to := stepURL(d.Step); under && to != register {
		return web.Redirect(w, r, to)
	}
	v := p.detailsView(r, d.Details)
	if next != "" {
		v.Typed.Next = next
	}
	v.Typed.Phone = form.FormatPhone(v.Typed.Phone)
	return web.Render(w, r, http.StatusOK, detailsPage(v))
}

// passing is the visitor with what the form brings along for the gate.
func passing(r *http.Request, f web.Form) credential.Visitor {
	v := web.Proving(r)
	v.Pass.Ticket, v.Pass.Solution = f.Get("gate"), f.Get("solution")
	return v
}

// stepURL is the page of a step.
func stepURL(s registration.Step) string {
	switch s {
	case registration.StepCode:
		return "/register/code"
	case registration.StepPassword:
		return "/register/password"
	case registration.StepTaken:
		return "/register/taken"
	case registration.StepDetails:
	}
	return register
}

func (p *Pages) begin(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	typed := registration.Details{
		Surname: f.Get("surname"), GivenName: f.Get("given_name"), Phone: f.Get("phone"), Email: f.Get("email"), Next: web.LocalOr(f.Get("next"), ""), Terms: f.On("terms"), Data: f.On("data"),
	}
	visitor := passing(r, f)
	if err := p.dropSigned(r); err != nil {
		return err
	}
	if _, err := p.Registration.Begin(r.Context(), visitor, typed); err != nil {
		v := p.detailsView(r, typed)
		return p.refusedDetails(w, r, err, &v, "surname", visitor, func() templ.Component { return detailsPage(v) })
	}
	web.KeepProof(r, visitor.Fresh)
	return web.Redirect(w, r, "/register/code")
}

// refusedDetails shows a first page of registering under what err says: what is wrong where, the puzzle of the gate, or when to come
// again. What nobody can do anything about is handed back. field is where a refusal of no field of its own is shown.
func (p *Pages) refusedDetails(w http.ResponseWriter, r *http.Request, err error, v *detailsView, field string, visitor credential.Visitor, page func() templ.Component) error {
	if errs, ok := web.Refused(r.Context(), err, field); ok {
		v.Errors, v.Page.Invalid = errs, true
		return web.Render(w, r, http.StatusUnprocessableEntity, page())
	}
	if errors.Is(err, gate.ErrMeet) {
		offer, err := p.Registration.Gate.Offer("register", visitor.Pass)
		if err != nil {
			return err
		}
		v.Gate = &offer
		return web.Render(w, r, http.StatusTooManyRequests, page())
	}
	if s, ok := web.SetBack(r, err); ok {
		v.Setback = s
		return web.Render(w, r, s.Status, page())
	}
	return err
}

// at is the registration under way, when it stands at one of the steps; otherwise the browser was sent where it stands.
func (p *Pages) at(w http.ResponseWriter, r *http.Request, step registration.Step) (registration.Draft, bool, error) {
	d, under, err := p.Registration.Current(r.Context(), web.Visitor(r))
	if err != nil {
		return registration.Draft{}, false, err
	}
	if !under {
		return registration.Draft{}, false, web.Redirect(w, r, register)
	}
	if d.Step != step {
		return registration.Draft{}, false, web.Redirect(w, r, stepURL(d.Step))
	}
	return d, true, nil
}

func registerCodeView(r *http.Request, d registration.Draft) codeView {
	v := newCodeView(r, registering, d.Challenge)
	v.Other, v.ToMail = d.Other, d.OtherKind == contact.Email
	return v
}

func (p *Pages) registerCode(w http.ResponseWriter, r *http.Request) error {
	d, here, err := p.at(w, r, registration.StepCode)
	if err != nil || !here {
		return err
	}
	return web.Render(w, r, http.StatusOK, codePage(registerCodeView(r, d)))
}

func (p *Pages) confirm(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v := web.Proving(r)
	_, err = p.Registration.Confirm(r.Context(), v, f.Get("code"))
	switch {
	case err == nil:
		web.KeepProof(r, v.Fresh)
		return web.Redirect(w, r, "/register/password")
	case errors.Is(err, registration.ErrTaken):
		web.KeepProof(r, v.Fresh)
		return web.Redirect(w, r, "/register/taken")
	case errors.Is(err, registration.ErrNone), errors.Is(err, registration.ErrOrder), errors.Is(err, contact.ErrGone):
		return web.Redirect(w, r, register) // which knows where the registration stands
	}
	return p.codeAgain(w, r, err, f.Get("code"))
}

// codeAgain shows the page of the code under what err says.
func (p *Pages) codeAgain(w http.ResponseWriter, r *http.Request, refused error, typed string) error {
	d, here, err := p.at(w, r, registration.StepCode)
	if err != nil || !here {
		return err
	}
	v := registerCodeView(r, d)
	if errs, ok := web.Refused(r.Context(), refused, "code"); ok {
		return v.refused(w, r, errs, typed)
	}
	if s, ok := web.SetBack(r, refused); ok {
		return v.setBack(w, r, s)
	}
	return refused
}

func (p *Pages) resend(w http.ResponseWriter, r *http.Request) error {
	_, err := p.Registration.Resend(r.Context(), web.Visitor(r))
	return p.sentAgain(w, r, err, "register.code.again")
}

// call has the new code said over the telephone (REG-4).
func (p *Pages) call(w http.ResponseWriter, r *http.Request) error {
	_, err := p.Registration.Call(r.Context(), web.Visitor(r))
	return p.sentAgain(w, r, err, "register.code.called")
}

func (p *Pages) switchChannel(w http.ResponseWriter, r *http.Request) error {
	_, err := p.Registration.SwitchChannel(r.Context(), web.Visitor(r))
	return p.sentAgain(w, r, err, "register.code.again")
}

// sentAgain goes back to the page of the code, where a code was sent, as said tells, or was not.
func (p *Pages) sentAgain(w http.ResponseWriter, r *http.Request, err error, said string) error {
	switch {
	case err == nil:
		web.Say(r, ui.Info, said)
		return web.Redirect(w, r, "/register/code")
	case errors.Is(err, registration.ErrNone), errors.Is(err, registration.ErrOrder), errors.Is(err, contact.ErrGone):
		return web.Redirect(w, r, register)
	}
	return p.codeAgain(w, r, err, "")
}

func (p *Pages) restart(w http.ResponseWriter, r *http.Request) error {
	err := p.Registration.Restart(r.Context(), web.Visitor(r))
	if err != nil && !errors.Is(err, registration.ErrNone) {
		return err
	}
	return web.Redirect(w, r, register)
}

// link is where the link of a letter leads. Its secret leaves the address at once.
func (p *Pages) link(w http.ResponseWriter, r *http.Request) error {
	if t := r.URL.Query().Get("t"); t != "" {
		web.KeepLink(r, t)
		return web.Redirect(w, r, "/register/link")
	}
	c, err := p.Registration.LinkInfo(r.Context(), web.Link(r))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, linkPage(linkView{Page: frame(r, "register.link.title"), Road: registering, Masked: c.Masked}))
}

func (p *Pages) confirmLink(w http.ResponseWriter, r *http.Request) error {
	v := web.Proving(r)
	_, err := p.Registration.ConfirmLink(r.Context(), v, web.Link(r))
	if err != nil && !errors.Is(err, registration.ErrTaken) {
		return err
	}
	web.DropLink(r)
	web.KeepProof(r, v.Fresh)
	if err != nil {
		return web.Redirect(w, r, "/register/taken")
	}
	return web.Redirect(w, r, "/register/password")
}

func (p *Pages) taken(w http.ResponseWriter, r *http.Request) error {
	d, here, err := p.at(w, r, registration.StepTaken)
	if err != nil || !here {
		return err
	}
	return web.Render(w, r, http.StatusOK, takenPage(registerTaken(r, d)))
}

func registerTaken(r *http.Request, d registration.Draft) takenView {
	v := newTakenView(r, registering, d.Challenge.Masked, d.Untying, d.Free)
	v.Next = d.Details.Next
	return v
}

// untie asks to untie the contact from the account that holds it.
func (p *Pages) untie(w http.ResponseWriter, r *http.Request) error {
	err := p.Registration.Untie(r.Context(), web.Visitor(r))
	if err == nil || errors.Is(err, registration.ErrNone) || errors.Is(err, registration.ErrOrder) {
		return web.Redirect(w, r, "/register/taken")
	}
	d, here, at := p.at(w, r, registration.StepTaken)
	if at != nil || !here {
		return at
	}
	return registerTaken(r, d).setBack(w, r, err)
}

// goOn goes on once the contact has become free.
func (p *Pages) goOn(w http.ResponseWriter, r *http.Request) error {
	err := p.Registration.GoOn(r.Context(), web.Visitor(r))
	if errors.Is(err, registration.ErrNone) || errors.Is(err, registration.ErrOrder) {
		return web.Redirect(w, r, "/register/taken")
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/register/password")
}

// passwordView is the page on which a new password is made up.
type passwordView struct {
	Page    ui.Page
	Steps   ui.Steps // none where the page stands by itself
	Action  string
	Title   string
	Text    string
	Button  string
	Login   string // for password managers; "" when it is not to be shown
	Rules   policy.Password
	Errors  ui.Errors
	Setback *web.Setback
}

func (p *Pages) registerPasswordView(r *http.Request, d registration.Draft) passwordView {
	ctx := r.Context()
	return passwordView{
		Page: frame(r, "register.password.title"), Steps: ui.Steps{Now: 3, Of: 3, Saved: true}, Action: "/register/password",
		Title: i18n.T(ctx, "register.password.title"), Text: i18n.T(ctx, "register.password.text"),
		Button: i18n.T(ctx, "register.password.create"), Login: d.Challenge.Target.Shown(), Rules: p.Credentials.Policy.Password,
	}
}

func (p *Pages) newPassword(w http.ResponseWriter, r *http.Request) error {
	d, here, err := p.at(w, r, registration.StepPassword)
	if err != nil || !here {
		return err
	}
	return web.Render(w, r, http.StatusOK, passwordPage(p.registerPasswordView(r, d)))
}

func (p *Pages) finish(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	before, _, err := p.Registration.Current(r.Context(), web.Visitor(r))
	if err != nil {
		return err
	}
	token, err := p.Registration.Finish(r.Context(), web.Visitor(r), f.Get("password"), f.Get("password_again"))
	switch {
	case err == nil:
		if err := errors.Join(p.raise(r, before, token), p.enter(r, token)); err != nil {
			return err
		}
		web.Say(r, ui.Success, "register.done")
		web.KeepWanted(r, before.Details.Next)
		return web.Redirect(w, r, web.Welcome)
	case errors.Is(err, registration.ErrTaken):
		return web.Redirect(w, r, "/register/taken")
	case errors.Is(err, registration.ErrNone) && signedIn(r): // the form was sent twice
		return web.Redirect(w, r, web.Welcome)
	case errors.Is(err, registration.ErrNone), errors.Is(err, registration.ErrOrder):
		return web.Redirect(w, r, register)
	}
	d, here, at := p.at(w, r, registration.StepPassword)
	if at != nil || !here {
		return at
	}
	return p.registerPasswordView(r, d).again(w, r, err)
}

// again shows the page under what err says. Passwords are never sent back.
func (v passwordView) again(w http.ResponseWriter, r *http.Request, err error) error {
	if errs, ok := web.Refused(r.Context(), err, "password"); ok {
		v.Errors, v.Page.Invalid = errs, true
		return web.Render(w, r, http.StatusUnprocessableEntity, passwordPage(v))
	}
	if s, ok := web.SetBack(r, err); ok {
		v.Setback = s
		return web.Render(w, r, s.Status, passwordPage(v))
	}
	return err
}

// ways lists every way to get an account, those that do not work yet too (REG-17).
func (p *Pages) ways(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, waysPage(frame(r, "register.ways.title"), nextIn(r)))
}
