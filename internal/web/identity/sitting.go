package identity

import (
	"context"
	"net/http"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// contactStepView is the page of registering in full (REG-2) that asks for the phone or the e-mail that the account does not have.
type contactStepView struct {
	Page     ui.Page
	Steps    ui.Steps
	Missing  contact.Kind // "" when it has both
	Have     []ui.Fact
	Hint     string // which phones are accepted
	Typed    string
	Prove    bool // the password is asked for
	Unproved bool // it was typed when the account was made
	Errors   ui.Errors
	Setback  *web.Setback
	Paused   ui.Paused
}

func (p *Pages) contactStepView(r *http.Request) (contactStepView, error) {
	ctx := r.Context()
	mine, err := p.SignIn.MyContacts(ctx, access.From(ctx))
	if err != nil {
		return contactStepView{}, err
	}
	v := contactStepView{Page: frame(r, "sitting.contact.title"), Steps: web.Sitting(web.ContactStep), Prove: p.SignIn.AsksPassword(access.From(ctx)),
		Hint: phoneHint(ctx, p.SignIn.Policy.SMS.Countries)}
	has := map[contact.Kind]bool{}
	for _, c := range mine.List {
		has[c.Target.Kind] = true
		v.Have = append(v.Have, ui.Fact{Label: i18n.T(ctx, "portal.fact."+string(c.Target.Kind)), Value: c.Target.Shown()})
	}
	switch {
	case !has[contact.Email]:
		v.Missing = contact.Email
	case !has[contact.Phone]:
		v.Missing = contact.Phone
	default:
		return v, nil
	}
	if v.Unproved = mine.Unproved.Kind == v.Missing && mine.Unproved.Value != ""; v.Unproved {
		v.Typed = mine.Unproved.Shown()
	}
	v.Paused, err = web.Paused(ctx, p.DB)
	return v, err
}

// contactHint says what becomes of what is typed.
func contactHint(ctx context.Context, v contactStepView) string {
	hint := i18n.T(ctx, "contacts.field_hint")
	if v.Missing == contact.Phone {
		hint = v.Hint
	}
	if v.Unproved && len(v.Errors) == 0 {
		hint += " " + i18n.T(ctx, "sitting.contact.unproved")
	}
	return hint
}

func (p *Pages) contactStep(w http.ResponseWriter, r *http.Request) error {
	v, err := p.contactStepView(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, contactStepPage(v))
}

// contactStepAgain shows the page under what err says, with what was typed.
func (p *Pages) contactStepAgain(w http.ResponseWriter, r *http.Request, refused error, typed string) error {
	v, err := p.contactStepView(r)
	if err != nil {
		return err
	}
	v.Typed = typed
	if v.Missing == contact.Phone {
		v.Typed = form.FormatPhone(typed)
	}
	if errs, ok := web.Refused(r.Context(), refused, "contact"); ok {
		v.Errors, v.Page.Invalid = errs, true
		return web.Render(w, r, http.StatusUnprocessableEntity, contactStepPage(v))
	}
	if s, ok := web.SetBack(r, refused); ok {
		v.Setback = s
		return web.Render(w, r, s.Status, contactStepPage(v))
	}
	return refused
}
