package desk

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/passkey"
	"okno/internal/signin"
	"okno/internal/web"
	"okno/internal/web/ui"
)

const (
	keySignInURL = home + "/signin/passkey"
	securityURL  = home + "/security"
	keysURL      = securityURL + "/passkeys"
	againURL     = home + "/again"
)

// errNoScript is a form of a passkey that no script has completed.
var errNoScript = fault.New(fault.Conflict, "desk.passkey.script")

// mountSecurity adds the pages about what opens the desk to an employee.
func (p *Pages) mountSecurity(s *web.Server) {
	s.Handle("GET "+keySignInURL, p.keyPage)
	s.Handle("POST "+keySignInURL, p.keySignIn)
	s.Handle("GET "+securityURL, web.RequireStaff(p.security))
	s.Handle("GET "+keysURL, web.RequireStaff(p.fresh(p.keyAdd)))
	s.Handle("POST "+keysURL, web.RequireStaff(p.fresh(p.keyKeep)))
	s.Handle("GET "+keysURL+"/{id}", web.RequireStaff(p.fresh(p.keyChange)))
	s.Handle("POST "+keysURL+"/{id}", web.RequireStaff(p.fresh(p.keyRename)))
	s.Handle("POST "+keysURL+"/{id}/remove", web.RequireStaff(p.fresh(p.keyRemove)))
	s.Handle("GET "+ownPasswordURL, web.RequireStaff(p.fresh(p.ownPassword)))
	s.Handle("POST "+ownPasswordURL, web.RequireStaff(Fresh(p.SignIn, ownPasswordURL, p.changeOwnPassword)))
	s.Handle("GET "+againURL, web.RequireStaff(p.againPage))
	s.Handle("POST "+againURL, web.RequireStaff(p.again))
	s.Handle("POST "+againURL+"/passkey", web.RequireStaff(p.againKey))
}

// fresh are pages of the employee's own ways in before which one proves once more.
func (p *Pages) fresh(h web.Handler) web.Handler { return Fresh(p.SignIn, securityURL, h) }

// Fresh are pages of staff before which one proves once more, unless that was done a moment ago. A form comes back to the page at back.
func Fresh(s *signin.Service, back string, h web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if s.StaffFresh(access.From(r.Context())) {
			return h(w, r)
		}
		back := back
		if r.Method == http.MethodGet {
			back = r.URL.RequestURI()
		}
		return web.Redirect(w, r, withNext(againURL, back))
	}
}

// withNext is a page that leads to another one.
func withNext(page, to string) string { return page + "?next=" + web.Carried(to, home) }

// keyWords are what is said when the browser gives no answer: staff have another way in than persons.
func keyWords(ctx context.Context) web.KeyWords {
	return web.KeyWords{Unable: i18n.T(ctx, "desk.passkey.unable"), Stopped: i18n.T(ctx, "desk.passkey.stopped"), Held: i18n.T(ctx, "passkey.held"), Script: i18n.T(ctx, "desk.passkey.script")}
}

// keyView is the page on which an employee signs in by a passkey.
type keyView struct {
	signInView
	Alone     bool // the key is enough
	Challenge passkey.Challenge
}

func (p *Pages) keyPage(w http.ResponseWriter, r *http.Request) error {
	to := next(r.URL.Query().Get("next"))
	if web.Actor(r.Context()).Kind == access.Staff {
		return web.Redirect(w, r, to)
	}
	return p.showKeyPage(w, r, http.StatusOK, signInView{Frame: keyFrame(r.Context()), Next: to})
}

func keyFrame(ctx context.Context) ui.Desk {
	return Frame(ctx, i18n.T(ctx, "desk.passkey.signin"), i18n.T(ctx, "desk.signin.unit"))
}

func (p *Pages) showKeyPage(w http.ResponseWriter, r *http.Request, status int, v signInView) error {
	c, err := p.SignIn.StaffKeyChallenge(web.Visitor(r))
	if err != nil {
		return err
	}
	return web.Render(w, r, status, keyForm(keyView{v, p.SignIn.StaffKeyAlone(), c}))
}

func (p *Pages) keySignIn(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	var token string
	switch answer := f.Get("answer"); {
	case answer == "":
		err = errNoScript
	case p.SignIn.StaffKeyAlone():
		token, err = p.SignIn.StaffSignInByKeyAlone(ctx, web.Visitor(r), f.Get("challenge"), []byte(answer))
	default:
		token, err = p.SignIn.StaffSignInByKey(ctx, web.Visitor(r), f.Get("login"), f.Get("password"), f.Get("challenge"), []byte(answer))
	}
	if err == nil {
		return p.enter(w, r, token, next(f.Get("next")))
	}
	if errors.Is(err, passkey.ErrChallenge) && web.Actor(ctx).Kind == access.Staff { // the form was sent twice, and the first came in
		return web.Redirect(w, r, next(f.Get("next")))
	}
	v := signInView{Frame: keyFrame(ctx), Login: f.Get("login"), Next: next(f.Get("next"))}
	if errs, ok := web.Refused(ctx, err, "login"); ok {
		v.Errors, v.Frame.Invalid = errs, true
		return p.showKeyPage(w, r, http.StatusUnprocessableEntity, v)
	}
	if s, ok := web.SetBack(r, err); ok {
		v.Setback = s
		return p.showKeyPage(w, r, s.Status, v)
	}
	return err
}

// ownView is the page of an employee's own ways in.
type ownView struct {
	Frame ui.Desk
	Alone bool
	Able  bool // there are passkeys at the portal's address
	Keys  []ownKey
	More  bool
}

// ownKey is one passkey.
type ownKey struct{ Name, About, Change, ChangeWhat, Remove, RemoveWhat string }

func (p *Pages) security(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := p.SignIn.StaffKeysOf(ctx, access.From(ctx))
	if err != nil {
		return err
	}
	v := ownView{Frame: Frame(ctx, i18n.T(ctx, "desk.own.title"), ""), Alone: p.SignIn.StaffKeyAlone(), Able: p.SignIn.StaffKeys.Possible(), More: len(list) < p.SignIn.Policy.Passkey.Most}
	for _, k := range list {
		about := i18n.T(ctx, "passkey.since", "date", i18n.Date(ctx, k.MadeAt))
		if !k.UsedAt.IsZero() {
			about += " · " + i18n.T(ctx, "passkey.used", "time", web.Moment(ctx, k.UsedAt))
		}
		if k.Cloned {
			about += " · " + i18n.T(ctx, "passkey.copied")
		}
		name := cmp.Or(k.Name, i18n.T(ctx, "passkey.nameless"))
		url := keysURL + "/" + k.ID
		v.Keys = append(v.Keys, ownKey{name, about, url, i18n.T(ctx, "passkey.change_what", "name", name), url + "/remove", i18n.T(ctx, "passkey.remove_what", "name", name)})
	}
	return web.Render(w, r, http.StatusOK, ownPage(v))
}

// addView is the page on which a passkey is made.
type addView struct {
	Frame     ui.Desk
	Challenge passkey.Challenge
	Name      string
	Errors    ui.Errors
	Setback   *web.Setback
}

func addFrame(ctx context.Context) ui.Desk { return Frame(ctx, i18n.T(ctx, "passkey.add_title"), "") }

func (p *Pages) keyAdd(w http.ResponseWriter, r *http.Request) error {
	return p.showKeyAdd(w, r, http.StatusOK, addView{Frame: addFrame(r.Context())})
}

func (p *Pages) showKeyAdd(w http.ResponseWriter, r *http.Request, status int, v addView) error {
	var err error
	v.Challenge, err = p.SignIn.StaffAddKey(r.Context(), access.From(r.Context()), web.Visitor(r))
	if errors.Is(err, passkey.ErrMost) {
		web.Say(r, ui.Warning, "passkey.most")
		return web.Redirect(w, r, securityURL)
	}
	if err != nil {
		return err
	}
	return web.Render(w, r, status, keyAddPage(v))
}

func (p *Pages) keyKeep(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx, refused := r.Context(), error(errNoScript)
	if answer := f.Get("answer"); answer != "" {
		refused = p.SignIn.StaffKeepKey(ctx, access.From(ctx), web.Visitor(r), f.Get("challenge"), f.Get("name"), []byte(answer))
	}
	if refused == nil {
		web.Say(r, ui.Success, "passkey.added")
		return web.Redirect(w, r, securityURL)
	}
	v := addView{Frame: addFrame(ctx), Name: f.Get("name")}
	if errs, ok := web.Refused(ctx, refused, "name"); ok {
		v.Errors, v.Frame.Invalid = errs, true
		return p.showKeyAdd(w, r, http.StatusUnprocessableEntity, v)
	}
	if s, ok := web.SetBack(r, refused); ok {
		v.Setback = s
		return p.showKeyAdd(w, r, s.Status, v)
	}
	return refused
}

// nameView is the page on which a passkey gets another name.
type nameView struct {
	Frame        ui.Desk
	Action, Name string
	Errors       ui.Errors
}

func (p *Pages) keyChange(w http.ResponseWriter, r *http.Request) error {
	return p.showKeyChange(w, r, http.StatusOK, nil, "")
}

// showKeyChange shows the name the key has, or beside what is wrong with it the one that was typed.
func (p *Pages) showKeyChange(w http.ResponseWriter, r *http.Request, status int, wrong ui.Errors, typed string) error {
	ctx := r.Context()
	list, err := p.SignIn.StaffKeysOf(ctx, access.From(ctx))
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list, func(k passkey.Key) bool { return k.ID == r.PathValue("id") })
	if at < 0 {
		return passkey.ErrMissing
	}
	v := nameView{Frame: Frame(ctx, i18n.T(ctx, "passkey.change_title"), ""), Action: keysURL + "/" + list[at].ID, Name: list[at].Name, Errors: wrong}
	if len(wrong) > 0 {
		v.Name, v.Frame.Invalid = typed, true
	}
	return web.Render(w, r, status, keyNamePage(v))
}

func (p *Pages) keyRename(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	refused := p.SignIn.StaffRenameKey(ctx, access.From(ctx), r.PathValue("id"), f.Get("name"))
	if refused == nil {
		web.Say(r, ui.Success, "passkey.renamed")
		return web.Redirect(w, r, securityURL)
	}
	if errs, ok := web.Refused(ctx, refused, "name"); ok {
		return p.showKeyChange(w, r, http.StatusUnprocessableEntity, errs, f.Get("name"))
	}
	return refused
}

func (p *Pages) keyRemove(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.SignIn.StaffRemoveKey(ctx, access.From(ctx), r.PathValue("id")); err != nil {
		return err
	}
	web.Say(r, ui.Success, "passkey.removed")
	return web.Redirect(w, r, securityURL)
}

// againView is the proof before a change of what opens the desk.
type againView struct {
	Frame     ui.Desk
	Next      string
	Key       bool // the employee has one
	Challenge passkey.Challenge
	Errors    ui.Errors
	Setback   *web.Setback
}

func (p *Pages) againPage(w http.ResponseWriter, r *http.Request) error {
	to := next(r.URL.Query().Get("next"))
	if p.SignIn.StaffFresh(access.From(r.Context())) {
		return web.Redirect(w, r, to)
	}
	return p.showAgain(w, r, http.StatusOK, againView{Next: to})
}

func (p *Pages) showAgain(w http.ResponseWriter, r *http.Request, status int, v againView) error {
	ctx := r.Context()
	v.Frame = Frame(ctx, i18n.T(ctx, "second.again_title"), "")
	v.Frame.Invalid = len(v.Errors) > 0
	var err error
	v.Challenge, err = p.SignIn.StaffAgainChallenge(ctx, access.From(ctx), web.Visitor(r))
	if err != nil && !errors.Is(err, passkey.ErrMissing) {
		return err
	}
	v.Key = err == nil
	return web.Render(w, r, status, againForm(v))
}

func (p *Pages) again(w http.ResponseWriter, r *http.Request) error {
	return p.prove(w, r, func(ctx context.Context, f web.Form) error {
		return p.SignIn.StaffAgain(ctx, access.From(ctx), web.Visitor(r), f.Get("password"), f.Get("code"))
	})
}

func (p *Pages) againKey(w http.ResponseWriter, r *http.Request) error {
	return p.prove(w, r, func(ctx context.Context, f web.Form) error {
		answer := f.Get("answer")
		if answer == "" {
			return errNoScript
		}
		return p.SignIn.StaffAgainKey(ctx, access.From(ctx), web.Visitor(r), f.Get("challenge"), []byte(answer))
	})
}

// prove takes a proof. The session's next token is written with it and taken to the browser by package web: whoever has copied the one of
// before must not have what the proof opened.
func (p *Pages) prove(w http.ResponseWriter, r *http.Request, by func(ctx context.Context, f web.Form) error) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v := againView{Next: next(f.Get("next"))}
	if p.SignIn.StaffFresh(access.From(ctx)) { // the form was sent twice, and the first did it
		return web.Redirect(w, r, v.Next)
	}
	err = by(ctx, f)
	if err == nil {
		return web.Redirect(w, r, v.Next)
	}
	if errors.Is(err, signin.ErrStaffWrong) {
		v.Errors = ui.Errors{{Name: "password", Text: i18n.T(ctx, "desk.again.wrong")}}
		return p.showAgain(w, r, http.StatusUnprocessableEntity, v)
	}
	if s, ok := web.SetBack(r, err); ok {
		v.Setback = s
		return p.showAgain(w, r, s.Status, v)
	}
	return err
}
