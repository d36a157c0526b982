package identity

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"okno/internal/account"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/registration"
	"okno/internal/signature"
	"okno/internal/signin"
	"okno/internal/verification"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// Where signatures are given.
const (
	signing     = "/signin/signature"
	registerBy  = "/register/signature"
	identifying = "/cabinet/signature"
)

// mountSignatures adds the pages of electronic signatures.
func (p *Pages) mountSignatures(s *web.Server) {
	most := p.mostSigned()
	s.Handle("GET "+signing, p.signature)
	s.Handle("POST "+signing, p.signatureBegin)
	s.Handle("GET "+signing+"/{id}", p.signatureText)
	s.Handle("GET "+signing+"/{id}/text", p.signatureFile(signing))
	s.Handle("POST "+signing+"/{id}", web.Upload(most, p.signatureAnswer))
	p.mountTokens(s)
	s.Handle("GET "+registerBy, p.signedDetails)
	s.Handle("POST "+registerBy, p.signedBegin)
	s.Handle("POST "+registerBy+"/drop", p.signedDrop)
	s.Handle("GET "+identifying, web.RequirePerson(p.proveBegin))
	s.Handle("POST "+identifying, web.RequirePerson(proved(identifying, p.proveStart)))
	s.Handle("GET "+identifying+"/{id}", web.RequirePerson(p.proveText))
	s.Handle("GET "+identifying+"/{id}/text", web.RequirePerson(p.signatureFile(identifying)))
	s.Handle("POST "+identifying+"/{id}", web.Upload(most, web.RequirePerson(p.proveAnswer)))
}

// mostSigned is how large a form with a signature may be.
func (p *Pages) mostSigned() int64 {
	most := int64(64 << 10)
	if p.Signatures != nil {
		most += int64(p.Signatures.Policy.Signatures.MaxSize)
	}
	return most
}

// takes reports whether this portal takes electronic signatures.
func (p *Pages) takes() bool { return p.Signatures != nil && p.Signatures.Authorities.Set() }

// signView is a page on which a text is signed: at first the offer, then the text and the field for its signature.
type signView struct {
	Page    ui.Page
	Lead    string
	Action  string // of the form
	Text    string // address of the text; "" before there is one
	Until   string
	KeyFile keyFileView
	Token   string // where a certificate is shown for the text; "" where none is asked for
	Signing string // where the demo signs for whoever has no program
	Errors  ui.Errors
	Setback *web.Setback
	Paused  ui.Paused // where a signature makes the account somebody's own
	Ask     bool      // for the password, before a text is given
}

// holder is who is to sign.
func holder(r *http.Request) signature.Holder {
	if who := web.Actor(r.Context()); signedIn(r) {
		return signature.Holder{Account: who.ID}
	}
	return signature.Holder{Browser: web.Visitor(r).Browser, Network: web.Neighbours(r)}
}

// signature offers a text to be signed (AUTH-3), or says honestly that this portal takes no signatures (REG-17).
func (p *Pages) signature(w http.ResponseWriter, r *http.Request) error {
	if signedIn(r) {
		return web.Redirect(w, r, web.LocalOr(r.URL.Query().Get("next"), cabinet))
	}
	if !p.takes() {
		return web.Render(w, r, http.StatusOK, signaturePage(frame(r, "signin.signature.title")))
	}
	return web.Render(w, r, http.StatusOK, signPage(p.offer(r)))
}

func (p *Pages) offer(r *http.Request) signView {
	return signView{Page: frame(r, "signin.signature.title"), Lead: i18n.T(r.Context(), "signature.lead"), Action: withNext(signing, nextIn(r))}
}

func (p *Pages) signatureBegin(w http.ResponseWriter, r *http.Request) error {
	if signedIn(r) {
		return web.Redirect(w, r, web.LocalOr(nextIn(r), cabinet))
	}
	if !p.takes() {
		return web.Redirect(w, r, withNext(signing, nextIn(r)))
	}
	c, err := p.Signatures.Begin(r.Context(), holder(r), signature.SignIn)
	if s, ok := web.SetBack(r, err); ok {
		v := p.offer(r)
		v.Setback = s
		return web.Render(w, r, s.Status, signPage(v))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, withNext(signing+"/"+c.ID, nextIn(r)))
}

// challengeView is the page of a text that waits for its signature.
func (p *Pages) challengeView(r *http.Request, title, road string, c signature.Challenge) signView {
	next := nextIn(r)
	v := signView{Page: frame(r, title), Lead: i18n.T(r.Context(), "signature.steps"), Action: withNext(road+"/"+c.ID, next), Text: road + "/" + c.ID + "/text", Until: i18n.Clock(r.Context(), c.ExpiresAt)}
	v.Signing, v.Token = p.Signing, p.tokenURL(r, c, next)
	v.KeyFile = keyFile(r, c, v.Text, p.Signatures.Policy.Signatures.InPage)
	return v
}

func (p *Pages) signatureText(w http.ResponseWriter, r *http.Request) error {
	c, here, err := p.challenge(w, r, signing)
	if err != nil || !here {
		return err
	}
	return web.Render(w, r, http.StatusOK, signPage(p.challengeView(r, "signin.signature.title", signing, c)))
}

// challenge is the text of the address, while it can be signed; otherwise the browser was sent to where one is given, and told why.
func (p *Pages) challenge(w http.ResponseWriter, r *http.Request, road string) (signature.Challenge, bool, error) {
	if !p.takes() {
		return signature.Challenge{}, false, web.Redirect(w, r, road)
	}
	c, err := p.Signatures.Open(r.Context(), r.PathValue("id"), holder(r))
	if over(err) {
		return c, false, p.another(w, r, err, road)
	}
	return c, err == nil, err
}

// over reports whether err says that a text cannot be signed any more.
func over(err error) bool {
	return errors.Is(err, signature.ErrChallenge) || errors.Is(err, signature.ErrLate) || errors.Is(err, signature.ErrTries) || errors.Is(err, signature.ErrSpent)
}

// another sends the browser to where a text is given, and says why it needs a new one.
func (p *Pages) another(w http.ResponseWriter, r *http.Request, err error, road string) error {
	if f, ok := fault.Of(err); ok {
		web.Say(r, ui.Warning, f.Key)
	}
	if signedIn(r) && road == signing { // the form was sent twice, and the first came in
		return web.Redirect(w, r, web.LocalOr(nextIn(r), cabinet))
	}
	return web.Redirect(w, r, withNext(road, nextIn(r)))
}

// signatureFile gives the text away as a file.
func (p *Pages) signatureFile(road string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		c, here, err := p.challenge(w, r, road)
		if err != nil || !here {
			return err
		}
		h := w.Header()
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Content-Disposition", `attachment; filename="okno-`+c.ID[max(0, len(c.ID)-8):]+`.txt"`)
		h.Set("Cache-Control", "no-store")
		_, err = w.Write(c.Content)
		return err
	}
}

// uploaded is the signature that came with the form.
func uploaded(r *http.Request, f web.Form) ([]byte, error) {
	if err := f.Full(r.Context()); err != nil {
		return nil, err
	}
	files := f.Files("signature")
	if len(files) == 0 || len(files[0].Data) == 0 {
		return nil, fault.Invalid(fault.F("signature", "signature.missing"))
	}
	return files[0].Data, nil
}

// answered takes the signature that came with the form. When the page was shown already, or the browser was sent elsewhere, the bool
// is false.
func (p *Pages) answered(w http.ResponseWriter, r *http.Request, title, road string, purpose signature.Purpose) (signature.Signer, bool, error) {
	c, here, err := p.challenge(w, r, road)
	if err != nil || !here {
		return signature.Signer{}, false, err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return signature.Signer{}, false, err
	}
	var x signature.Signer
	file, err := uploaded(r, f)
	if err == nil {
		x, err = p.Signatures.Answer(r.Context(), c.ID, holder(r), purpose, file)
	}
	if err == nil {
		return x, true, nil
	}
	if over(err) {
		return x, false, p.another(w, r, err, road)
	}
	return x, false, p.signedAgain(w, r, p.challengeView(r, title, road, c), err)
}

// signedAgain shows the page of the text under what err says.
func (p *Pages) signedAgain(w http.ResponseWriter, r *http.Request, v signView, err error) error {
	field := "signature"
	if v.Ask {
		field = "password"
	}
	if errs, ok := web.Refused(r.Context(), err, field); ok {
		v.Errors, v.Page.Invalid = errs, true
		return web.Render(w, r, http.StatusUnprocessableEntity, signPage(v))
	}
	if s, ok := web.SetBack(r, err); ok {
		v.Setback = s
		return web.Render(w, r, s.Status, signPage(v))
	}
	return err
}

// signatureAnswer signs in whoever the signature is of; who has no account registers from it (LVL-9). In a browser where the account's
// password has been typed before, the signature raises the account, too: elsewhere an account that is not Confirmed might be a stranger's
// claim, and the cabinet asks for the password first.
func (p *Pages) signatureAnswer(w http.ResponseWriter, r *http.Request) error {
	x, ok, err := p.answered(w, r, "signin.signature.title", signing, signature.SignIn)
	if err != nil || !ok {
		return err
	}
	return p.arrive(w, r, x)
}

// arrive lets in whoever proved by a text that they are x.
func (p *Pages) arrive(w http.ResponseWriter, r *http.Request, x signature.Signer) error {
	ctx := r.Context()
	token, who, known, err := p.SignIn.SignInBySignature(ctx, web.Visitor(r), x.SNILS)
	switch {
	case errors.Is(err, signin.ErrNobody):
		if err := p.Signatures.Keep(ctx, web.KeepSigned(r), x); err != nil {
			return err
		}
		return web.Redirect(w, r, withNext(registerBy, nextIn(r)))
	case err != nil:
		return p.signedAgain(w, r, p.offer(r), err)
	}
	if err := p.enter(r, token); err != nil {
		return err
	}
	if known {
		if _, err := p.Verification.ProveBySignature(ctx, who, signed(x)); err != nil && !refusal(err) {
			return err
		}
	}
	return web.Redirect(w, r, web.LocalOr(nextIn(r), cabinet))
}

// refusal reports whether err is something that a person may be told.
func refusal(err error) bool { _, ok := fault.Of(err); return ok }

// signed is what of the certificate goes into the profile and the record.
func signed(x signature.Signer) verification.Signed {
	return verification.Signed{Surname: x.Surname, GivenName: x.GivenName, Patronymic: x.Patronymic, SNILS: x.SNILS, INN: x.INN, Certificate: x.Print, Authority: x.Issuer}
}

// signedView is the first page of registering from a signature: the name stands in the certificate.
type signedView struct {
	detailsView
	Name, SNILS, Authority string
}

// keptView is the page, when this browser keeps whose signature it was.
func (p *Pages) keptView(w http.ResponseWriter, r *http.Request) (signedView, signature.Signer, bool, error) {
	if !p.takes() {
		return signedView{}, signature.Signer{}, false, web.Redirect(w, r, register)
	}
	x, kept, err := p.Signatures.Kept(r.Context(), web.Signed(r))
	if err != nil {
		return signedView{}, x, false, err
	}
	if signedIn(r) || !kept {
		to := register
		if signedIn(r) {
			to = cabinet
		}
		return signedView{}, x, false, web.Redirect(w, r, to)
	}
	v := signedView{Name: account.Profile{Surname: x.Surname, GivenName: x.GivenName, Patronymic: x.Patronymic}.FullName(), SNILS: "***-***-" + x.SNILS[6:9] + " " + x.SNILS[9:], Authority: x.Authority}
	v.detailsView = p.detailsView(r, registration.Details{Next: nextIn(r)})
	return v, x, true, nil
}

func (p *Pages) signedDetails(w http.ResponseWriter, r *http.Request) error {
	v, _, here, err := p.keptView(w, r)
	if err != nil || !here {
		return err
	}
	return web.Render(w, r, http.StatusOK, signedPage(v))
}

func (p *Pages) signedBegin(w http.ResponseWriter, r *http.Request) error {
	v, x, here, err := p.keptView(w, r)
	if err != nil || !here {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v.Typed = registration.Details{Surname: x.Surname, GivenName: x.GivenName, Phone: f.Get("phone"), Email: f.Get("email"), Next: web.LocalOr(f.Get("next"), ""), Terms: f.On("terms"), Data: f.On("data")}
	visitor := passing(r, f)
	d, err := p.Registration.Begin(r.Context(), visitor, v.Typed)
	if err != nil {
		v.Typed.Phone = form.FormatPhone(v.Typed.Phone)
		return p.refusedDetails(w, r, err, &v.detailsView, "phone", visitor, func() templ.Component { return signedPage(v) })
	}
	if err := p.Signatures.Bind(r.Context(), web.Signed(r), d.ID); err != nil {
		return err
	}
	web.KeepProof(r, visitor.Fresh)
	return web.Redirect(w, r, "/register/code")
}

// signedDrop forgets whose signature it was, and registers without it.
func (p *Pages) signedDrop(w http.ResponseWriter, r *http.Request) error {
	if err := p.dropSigned(r); err != nil {
		return err
	}
	return web.Redirect(w, r, withNext(register, nextIn(r)))
}

// dropSigned forgets whose signature it was: whoever registers by the other page in this browser may be somebody else.
func (p *Pages) dropSigned(r *http.Request) error {
	if !p.takes() {
		return nil
	}
	return p.Signatures.Drop(r.Context(), web.Signed(r))
}

// raise makes the account that was registered from a signature that of its signer. draft is the registration that it was.
func (p *Pages) raise(r *http.Request, draft registration.Draft, token string) error {
	if !p.takes() {
		return nil
	}
	ctx := r.Context()
	x, kept, err := p.Signatures.Take(ctx, web.Signed(r), draft.ID)
	if err != nil || !kept {
		return err
	}
	if x.Surname != draft.Details.Surname || x.GivenName != draft.Details.GivenName {
		return nil // the first page was filled in anew, for somebody else
	}
	s, err := p.Credentials.Check(ctx, token)
	if err != nil {
		return err
	}
	if _, err := p.Verification.ProveBySignature(ctx, s.Actor(), signed(x)); err != nil && !refusal(err) {
		return err
	}
	return nil
}

// proveBegin is where a person who is signed in proves who they are by a signature (LVL-9). The password is asked for again: whoever
// found an open session must not tie the account to another.
func (p *Pages) proveBegin(w http.ResponseWriter, r *http.Request) error {
	if !p.takes() {
		return web.Redirect(w, r, cabinet)
	}
	v := proveView(r)
	var err error
	if v.Paused, err = web.Paused(r.Context(), p.DB); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, signPage(v))
}

func proveView(r *http.Request) signView {
	return signView{Page: frame(r, "signature.prove.title"), Lead: i18n.T(r.Context(), "signature.prove.lead"), Action: identifying, Ask: true}
}

func (p *Pages) proveStart(w http.ResponseWriter, r *http.Request) error {
	if !p.takes() {
		return web.Redirect(w, r, cabinet)
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if err := p.SignIn.ProveAgain(ctx, web.Actor(ctx), f.Get("password")); err != nil {
		return p.signedAgain(w, r, proveView(r), err)
	}
	c, err := p.Signatures.Begin(ctx, holder(r), signature.Confirm)
	if err != nil {
		return p.signedAgain(w, r, proveView(r), err)
	}
	return web.Redirect(w, r, identifying+"/"+c.ID)
}

func (p *Pages) proveText(w http.ResponseWriter, r *http.Request) error {
	c, here, err := p.challenge(w, r, identifying)
	if err != nil || !here {
		return err
	}
	v := p.challengeView(r, "signature.prove.title", identifying, c)
	if v.Paused, err = web.Paused(r.Context(), p.DB); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, signPage(v))
}

func (p *Pages) proveAnswer(w http.ResponseWriter, r *http.Request) error {
	x, ok, err := p.answered(w, r, "signature.prove.title", identifying, signature.Confirm)
	if err != nil || !ok {
		return err
	}
	return p.prove(w, r, x)
}

// prove makes the account that of x.
func (p *Pages) prove(w http.ResponseWriter, r *http.Request, x signature.Signer) error {
	ctx := r.Context()
	if _, err := p.Verification.ProveBySignature(ctx, web.Actor(ctx), signed(x)); err != nil {
		return p.signedAgain(w, r, proveView(r), err)
	}
	web.Say(r, ui.Success, "signature.prove.done")
	return web.Redirect(w, r, cabinet)
}
