package identity

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/i18n"
	"okno/internal/signin"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// contacts is the page on which people look after their phones and e-mails (REG-10).
const contacts = "/cabinet/contacts"

// adding is the road on which a contact is added in the cabinet: the attempt stands in its address, after the page it began on.
func adding(r *http.Request, attempt string) road { return road(begunOn(r)[1:] + "/" + attempt) }

// begunOn is the page below which the address stands where a contact is being added: that of the contacts, or the one of registering in
// full. A letter's link stands below the contacts wherever it was asked for; the attempt knows (contact.Challenge.Sitting).
func begunOn(r *http.Request) string {
	if strings.HasPrefix(r.URL.Path, web.ContactStep) {
		return web.ContactStep
	}
	return contacts
}

// contactsView is that page.
type contactsView struct {
	Page     ui.Page
	Rows     []contactRow
	Asked    []askedRow
	Unproved string // shown, "" when there is none
	Typed    string
	Prove    bool // the password is asked for
	Aging    bool // a contact has to be confirmed again
	Errors   ui.Errors
	Setback  *web.Setback
	Paused   ui.Paused
}

// contactRow is one contact.
type contactRow struct {
	ID, Shown, Kind, Since string
	Mail, Main, Removable  bool
	Rival                  bool   // not the main one of its kind: it may become that
	Reserve, Reservable    bool   // it is a reserve e-mail; it may become one
	Ages                   string // until when it has to be confirmed again, or that it is too late; "" while there is time
}

// askedRow is an untying that the person may cancel.
type askedRow struct{ ID, Text string }

func (p *Pages) contactsView(r *http.Request) (contactsView, error) {
	ctx := r.Context()
	mine, err := p.SignIn.MyContacts(ctx, access.From(ctx))
	if err != nil {
		return contactsView{}, err
	}
	v := contactsView{Page: frame(r, "contacts.title"), Prove: p.SignIn.AsksPassword(access.From(ctx))}
	if v.Paused, err = web.Paused(ctx, p.DB); err != nil {
		return contactsView{}, err
	}
	serving, shown := len(contact.Serving(mine.List)), map[string]string{}
	for _, c := range mine.List {
		shown[c.ID] = c.Target.Shown()
		x := contactRow{ID: c.ID, Shown: c.Target.Shown(), Kind: i18n.T(ctx, "portal.fact."+string(c.Target.Kind)),
			Since: i18n.T(ctx, "contacts.since", "date", i18n.Date(ctx, c.ProvedAt)), Mail: c.Target.Kind == contact.Email, Main: c.Main, Rival: !c.Main && !c.Reserve,
			Reserve: c.Reserve, Removable: c.Reserve || serving > 1, Reservable: c.Target.Kind == contact.Email && !c.Reserve && serving > 1}
		switch {
		case p.SignIn.Contacts.Stale(c):
			x.Ages = i18n.T(ctx, "contacts.stale")
		case p.SignIn.Contacts.Ages(c):
			x.Ages = i18n.T(ctx, "contacts.ages", "date", i18n.Date(ctx, p.SignIn.Contacts.StaleAt(c)))
		}
		v.Aging = v.Aging || x.Ages != ""
		v.Rows = append(v.Rows, x)
	}
	for _, u := range mine.Asked {
		v.Asked = append(v.Asked, askedRow{u.ID, i18n.T(ctx, "contacts.asked_text", "contact", shown[u.Contact], "when", web.Moment(ctx, u.DueAt))})
	}
	if mine.Unproved.Value != "" {
		v.Unproved = mine.Unproved.Shown()
	}
	return v, nil
}

func (p *Pages) contacts(w http.ResponseWriter, r *http.Request) error {
	v, err := p.contactsView(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, contactsPage(v))
}

// contactsAgain shows the page under what err says.
func (p *Pages) contactsAgain(w http.ResponseWriter, r *http.Request, refused error, typed string) error {
	v, err := p.contactsView(r)
	if err != nil {
		return err
	}
	v.Typed = typed
	if errs, ok := web.Refused(r.Context(), refused, "contact"); ok {
		v.Errors, v.Page.Invalid = errs, true
		return web.Render(w, r, http.StatusUnprocessableEntity, contactsPage(v))
	}
	if s, ok := web.SetBack(r, refused); ok {
		v.Setback = s
		return web.Render(w, r, s.Status, contactsPage(v))
	}
	return refused
}

func (p *Pages) addContact(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	add, again := p.SignIn.AddContact, p.contactsAgain
	if begunOn(r) == web.ContactStep {
		add, again = p.SignIn.AddInSitting, p.contactStepAgain
	}
	c, err := add(ctx, access.From(ctx), web.Visitor(r), f.Get("contact"), f.Get("password"))
	if err != nil {
		return again(w, r, err, f.Get("contact"))
	}
	return web.Redirect(w, r, adding(r, c.ID).url("/code"))
}

// addition is the attempt of the address; the browser was sent to the contacts when there is none here.
func (p *Pages) addition(w http.ResponseWriter, r *http.Request) (contact.Challenge, bool, error) {
	ctx := r.Context()
	c, err := p.SignIn.Addition(ctx, access.From(ctx), web.Visitor(r), r.PathValue("id"))
	if errors.Is(err, contact.ErrGone) || err == nil && c.Proved {
		return c, false, web.Redirect(w, r, begunOn(r))
	}
	return c, err == nil, err
}

func (p *Pages) additionCode(w http.ResponseWriter, r *http.Request) error {
	c, here, err := p.addition(w, r)
	if err != nil || !here {
		return err
	}
	return web.Render(w, r, http.StatusOK, codePage(additionView(r, c)))
}

func additionView(r *http.Request, c contact.Challenge) codeView {
	v := newCodeView(r, adding(r, c.ID), c)
	v.Steps = ui.Steps{Now: 2, Of: 2}
	if begunOn(r) == web.ContactStep {
		v.Steps = web.Sitting(web.ContactStep)
		v.Steps.Back = web.ContactStep
	}
	return v
}

func (p *Pages) additionConfirm(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx, attempt := r.Context(), r.PathValue("id")
	c, err := p.SignIn.ConfirmContact(ctx, access.From(ctx), web.Visitor(r), attempt, f.Get("code"))
	if err == nil || errors.Is(err, contact.ErrTaken) {
		return p.additionProved(w, r, c, err)
	}
	return p.additionAgain(w, r, err, f.Get("code"))
}

// additionProved says that the contact is the person's now, or goes where it is told that it is another account's.
func (p *Pages) additionProved(w http.ResponseWriter, r *http.Request, c contact.Challenge, taken error) error {
	on := begunOn(r)
	if c.Sitting {
		on = web.ContactStep
	}
	if taken != nil {
		return web.Redirect(w, r, on+"/"+c.ID+"/taken")
	}
	said := "contacts.added"
	if c.Purpose == contact.Keep {
		said = "contacts.again_done"
	}
	web.Say(r, ui.Success, said)
	if on == web.ContactStep {
		return web.Redirect(w, r, web.PapersReview)
	}
	return web.Redirect(w, r, contacts)
}

func (p *Pages) additionAgain(w http.ResponseWriter, r *http.Request, refused error, typed string) error {
	c, here, err := p.addition(w, r)
	if err != nil || !here {
		return err
	}
	v := additionView(r, c)
	if errs, ok := web.Refused(r.Context(), refused, "code"); ok {
		return v.refused(w, r, errs, typed)
	}
	if s, ok := web.SetBack(r, refused); ok {
		return v.setBack(w, r, s)
	}
	return refused
}

func (p *Pages) additionResend(w http.ResponseWriter, r *http.Request) error {
	ctx, attempt := r.Context(), r.PathValue("id")
	_, err := p.SignIn.ResendAddition(ctx, access.From(ctx), web.Visitor(r), attempt)
	if err != nil {
		return p.additionAgain(w, r, err, "")
	}
	web.Say(r, ui.Info, "register.code.again")
	return web.Redirect(w, r, adding(r, attempt).url("/code"))
}

func (p *Pages) additionRestart(w http.ResponseWriter, r *http.Request) error {
	return web.Redirect(w, r, begunOn(r))
}

// additionLink is where the link of a letter leads: to the cabinet of whoever asked for it.
func (p *Pages) additionLink(w http.ResponseWriter, r *http.Request) error {
	c, err := p.SignIn.AdditionByLink(r.Context(), web.Link(r))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, linkPage(linkView{Page: frame(r, "register.link.title"), Road: road("cabinet/contacts"), Masked: c.Masked}))
}

// keepLink takes the secret of a link out of the address, signed in or not.
func keepLink(then web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if t := r.URL.Query().Get("t"); t != "" {
			web.KeepLink(r, t)
			return web.Redirect(w, r, r.URL.Path)
		}
		return then(w, r)
	}
}

func (p *Pages) additionConfirmLink(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, err := p.SignIn.ConfirmContactLink(ctx, access.From(ctx), web.Link(r))
	if err != nil && !errors.Is(err, contact.ErrTaken) {
		return err
	}
	web.DropLink(r)
	return p.additionProved(w, r, c, err)
}

func (p *Pages) mainContact(w http.ResponseWriter, r *http.Request) error {
	return p.changed(w, r, "contacts.main_done", p.SignIn.MakeMain)
}

// oneView is the page on which something is done with one contact, after the password.
type oneView struct {
	Page    ui.Page
	Action  string
	Text    string
	Button  string
	Danger  bool
	Prove   bool // the password is asked for
	Errors  ui.Errors
	Setback *web.Setback
}

// oneURL is the address of what is done with the contact.
func oneURL(cid, what string) string { return contacts + "/" + cid + "/" + what }

func (p *Pages) oneView(r *http.Request, what string) (oneView, error) {
	ctx := r.Context()
	mine, err := p.SignIn.MyContacts(ctx, access.From(ctx))
	if err != nil {
		return oneView{}, err
	}
	at := slices.IndexFunc(mine.List, func(c contact.Contact) bool { return c.ID == r.PathValue("id") })
	if at < 0 {
		return oneView{}, contact.ErrMissing
	}
	c := mine.List[at]
	v := oneView{Page: frame(r, "contacts.remove_title"), Action: oneURL(c.ID, what), Button: i18n.T(ctx, "contacts.remove"), Danger: true,
		Text: i18n.T(ctx, "contacts.remove_text", "contact", c.Target.Shown()), Prove: p.SignIn.AsksPassword(access.From(ctx))}
	switch what {
	case "reserve":
		v.Page, v.Button, v.Danger = frame(r, "contacts.reserve_title"), i18n.T(ctx, "contacts.reserve"), false
		v.Text = i18n.T(ctx, "contacts.reserve_text", "contact", c.Target.Shown())
	case "confirm":
		v.Page, v.Button, v.Danger = frame(r, "contacts.again_title"), i18n.T(ctx, "register.send"), false
		v.Text = i18n.T(ctx, "contacts.again_text", "contact", c.Target.Shown())
	}
	return v, nil
}

// oneAgain shows the page, under what refused says when it is not nil.
func (p *Pages) oneAgain(w http.ResponseWriter, r *http.Request, what string, refused error) error {
	v, err := p.oneView(r, what)
	if err != nil {
		return err
	}
	if refused == nil {
		return web.Render(w, r, http.StatusOK, onePage(v))
	}
	if errs, ok := web.Refused(r.Context(), refused, "password"); ok {
		v.Errors, v.Page.Invalid = errs, true
		return web.Render(w, r, http.StatusUnprocessableEntity, onePage(v))
	}
	if s, ok := web.SetBack(r, refused); ok {
		v.Setback = s
		return web.Render(w, r, s.Status, onePage(v))
	}
	return refused
}

func (p *Pages) removal(w http.ResponseWriter, r *http.Request) error {
	return p.oneAgain(w, r, "remove", nil)
}

func (p *Pages) removeContact(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	err = p.SignIn.RemoveContact(ctx, access.From(ctx), r.PathValue("id"), f.Get("password"))
	switch {
	case err == nil:
		web.Say(r, ui.Success, "contacts.removed")
		return web.Redirect(w, r, contacts)
	case errors.Is(err, signin.ErrLast):
		return p.contactsAgain(w, r, err, "")
	}
	return p.oneAgain(w, r, "remove", err)
}

func (p *Pages) reservation(w http.ResponseWriter, r *http.Request) error {
	return p.oneAgain(w, r, "reserve", nil)
}

func (p *Pages) reserveContact(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	err = p.SignIn.ReserveContact(ctx, access.From(ctx), r.PathValue("id"), f.Get("password"))
	switch {
	case err == nil:
		web.Say(r, ui.Success, "contacts.reserved")
		return web.Redirect(w, r, contacts)
	case errors.Is(err, signin.ErrLast), errors.Is(err, contact.ErrReserveMail):
		return p.contactsAgain(w, r, err, "")
	}
	return p.oneAgain(w, r, "reserve", err)
}

func (p *Pages) unreserveContact(w http.ResponseWriter, r *http.Request) error {
	return p.changed(w, r, "contacts.unreserved", p.SignIn.UnreserveContact)
}

func (p *Pages) reconfirmation(w http.ResponseWriter, r *http.Request) error {
	return p.oneAgain(w, r, "confirm", nil)
}

// reconfirm sends a code to a contact that the person has, so that it goes on opening recovery.
func (p *Pages) reconfirm(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	c, err := p.SignIn.ReconfirmContact(ctx, access.From(ctx), web.Visitor(r), r.PathValue("id"), f.Get("password"))
	if err != nil {
		return p.oneAgain(w, r, "confirm", err)
	}
	return web.Redirect(w, r, adding(r, c.ID).url("/code"))
}

func (p *Pages) cancelUntying(w http.ResponseWriter, r *http.Request) error {
	return p.changed(w, r, "contacts.cancelled", p.SignIn.CancelUntying)
}

func (p *Pages) forgetUnproved(w http.ResponseWriter, r *http.Request) error {
	return p.changed(w, r, "contacts.forgotten", func(ctx context.Context, who access.Actor, _ string) error { return p.SignIn.ForgetUnproved(ctx, who) })
}

// changed does one thing with one of the contacts and says that it is done.
func (p *Pages) changed(w http.ResponseWriter, r *http.Request, said string, do func(ctx context.Context, who access.Actor, id string) error) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if err := do(ctx, access.From(ctx), f.Get("id")); err != nil {
		return err
	}
	web.Say(r, ui.Success, said)
	return web.Redirect(w, r, contacts)
}

func (p *Pages) additionTaken(w http.ResponseWriter, r *http.Request) error {
	ctx, attempt := r.Context(), r.PathValue("id")
	t, u, err := p.SignIn.TakenContact(ctx, access.From(ctx), attempt)
	if errors.Is(err, contact.ErrGone) {
		return web.Redirect(w, r, begunOn(r))
	}
	if err != nil {
		return err
	}
	v := newTakenView(r, adding(r, attempt), t.Masked(), u, u.State == contact.Freed)
	v.Again = t.Value
	return web.Render(w, r, http.StatusOK, takenPage(v))
}

func (p *Pages) additionUntie(w http.ResponseWriter, r *http.Request) error {
	ctx, attempt := r.Context(), r.PathValue("id")
	err := p.SignIn.Untie(ctx, access.From(ctx), attempt)
	switch {
	case err == nil:
		return web.Redirect(w, r, adding(r, attempt).url("/taken"))
	case errors.Is(err, contact.ErrGone), errors.Is(err, contact.ErrFree):
		return web.Redirect(w, r, begunOn(r))
	}
	t, u, at := p.SignIn.TakenContact(ctx, access.From(ctx), attempt)
	if at != nil {
		return at
	}
	return newTakenView(r, adding(r, attempt), t.Masked(), u, false).setBack(w, r, err)
}

// takenView is the page of a contact that another account holds, shown to whoever has proved control of it (REG-6).
type takenView struct {
	Page      ui.Page
	Road      road
	Masked    string
	Asked     string // until when the owner may cancel, in words; "" when nobody asked
	Cancelled bool
	Free      bool
	Next      string // registering: the page that they came for
	Again     string // in the cabinet: the contact, to add it once it is free
	Setback   *web.Setback
}

func newTakenView(r *http.Request, d road, masked string, u contact.Untying, free bool) takenView {
	title := "register.taken.title"
	if free {
		title = "taken.free"
	}
	v := takenView{Page: frame(r, title), Road: d, Masked: masked, Free: free, Cancelled: u.State == contact.Cancelled}
	if u.State == contact.Asked {
		v.Asked = web.Moment(r.Context(), u.DueAt)
	}
	return v
}

// steps are those of the road.
func (v takenView) steps() ui.Steps {
	if v.Road == registering {
		return ui.Steps{Now: 2, Of: 3, Saved: true}
	}
	return ui.Steps{Now: 2, Of: 2}
}

func (v takenView) setBack(w http.ResponseWriter, r *http.Request, err error) error {
	s, ok := web.SetBack(r, err)
	if !ok {
		return err
	}
	v.Setback = s
	return web.Render(w, r, s.Status, takenPage(v))
}

// cancelView is the page to which the link leads that went to the other contacts of an account.
type cancelView struct {
	Page ui.Page
	When string
}

func (p *Pages) untyingLink(w http.ResponseWriter, r *http.Request) error {
	u, err := p.SignIn.UntyingByToken(r.Context(), web.Link(r))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, cancelPage(cancelView{Page: frame(r, "untie.title"), When: web.Moment(r.Context(), u.DueAt)}))
}

func (p *Pages) untyingCancel(w http.ResponseWriter, r *http.Request) error {
	if err := p.SignIn.CancelByToken(r.Context(), web.Link(r)); err != nil {
		return err
	}
	web.DropLink(r)
	web.Say(r, ui.Success, "contacts.cancelled")
	return web.Redirect(w, r, "/")
}
