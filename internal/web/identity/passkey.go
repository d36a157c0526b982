package identity

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
	"okno/internal/web"
	"okno/internal/web/ui"
)

const keyURL = "/signin/passkey"

// errNoScript is a form of a passkey that no script has completed.
var (
	errNoScript       = fault.New(fault.Conflict, "passkey.script")
	errNoScriptSecond = fault.New(fault.Conflict, "second.key_script") // where other means stand beside it
)

// secondWords are those of a page on which other means stand beside it.
func secondWords(ctx context.Context) web.KeyWords {
	return web.KeyWords{Unable: i18n.T(ctx, "second.key_unable"), Stopped: i18n.T(ctx, "second.key_stopped"), Script: i18n.T(ctx, "second.key_script")}
}

// keyView is a page that asks for a passkey.
type keyView struct {
	Page      ui.Page
	Challenge passkey.Challenge
	Next      string
	Setback   *web.Setback
}

func (p *Pages) keyPage(w http.ResponseWriter, r *http.Request) error {
	next := nextIn(r)
	if signedIn(r) {
		return web.Redirect(w, r, web.LocalOr(next, cabinet))
	}
	return p.showKeyPage(w, r, http.StatusOK, next, nil)
}

func (p *Pages) showKeyPage(w http.ResponseWriter, r *http.Request, status int, next string, s *web.Setback) error {
	c, err := p.SignIn.KeyChallenge(web.Visitor(r))
	if err != nil {
		return err
	}
	return web.Render(w, r, status, keySignInPage(keyView{Page: frame(r, "passkey.signin_title"), Challenge: c, Next: next, Setback: s}))
}

func (p *Pages) keySignIn(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	next := web.LocalOr(f.Get("next"), "")
	token, err := "", error(errNoScript)
	if answer := f.Get("answer"); answer != "" {
		token, err = p.SignIn.SignInByKey(r.Context(), web.Visitor(r), f.Get("challenge"), []byte(answer))
	}
	if errors.Is(err, passkey.ErrChallenge) && signedIn(r) { // the form was sent twice, and the first came in
		return web.Redirect(w, r, web.LocalOr(next, cabinet))
	}
	if s, ok := web.SetBack(r, err); ok {
		return p.showKeyPage(w, r, s.Status, next, s)
	}
	if err != nil {
		return err
	}
	if err := p.enter(r, token); err != nil {
		return err
	}
	return web.Redirect(w, r, web.LocalOr(next, cabinet))
}

const newKeyURL = security + "/passkeys"

// keysView is the part of the page of security about passkeys.
type keysView struct {
	Possible bool // there are passkeys at the portal's address
	Keys     []keyRow
	More     bool // another may be added
}

// keyRow is one passkey.
type keyRow struct{ Name, URL, About, ChangeWhat string }

func (p *Pages) keysView(ctx context.Context) (keysView, error) {
	v := keysView{Possible: p.SignIn.Passkeys.Possible()}
	if !v.Possible {
		return v, nil
	}
	list, err := p.SignIn.Passkeys.Keys(ctx, p.DB, access.From(ctx).ID)
	if err != nil {
		return keysView{}, err
	}
	v.More = len(list) < p.SignIn.Policy.Passkey.Most
	for _, k := range list {
		about := i18n.T(ctx, "passkey.since", "date", i18n.Date(ctx, k.MadeAt))
		if !k.UsedAt.IsZero() {
			about += " · " + i18n.T(ctx, "passkey.used", "time", web.Moment(ctx, k.UsedAt))
		}
		if k.Cloned {
			about += " · " + i18n.T(ctx, "passkey.copied")
		}
		if k.Synced {
			about += " · " + i18n.T(ctx, "passkey.synced")
		}
		name := cmp.Or(k.Name, i18n.T(ctx, "passkey.nameless"))
		v.Keys = append(v.Keys, keyRow{name, newKeyURL + "/" + k.ID, about, i18n.T(ctx, "passkey.change_what", "name", name)})
	}
	return v, nil
}

// keyAddView is a page about one passkey: to make it, or to change it.
type keyAddView struct {
	Page       ui.Page
	Action     string
	Challenge  passkey.Challenge
	Name       string
	RemoveWhat string
	Errors     ui.Errors
	Setback    *web.Setback
}

func (p *Pages) keyAdd(w http.ResponseWriter, r *http.Request) error {
	return p.showKeyAdd(w, r, http.StatusOK, keyAddView{Page: frame(r, "passkey.add_title")})
}

func (p *Pages) showKeyAdd(w http.ResponseWriter, r *http.Request, status int, v keyAddView) error {
	c, err := p.SignIn.AddKey(r.Context(), access.From(r.Context()), web.Visitor(r))
	if errors.Is(err, passkey.ErrMost) {
		web.Say(r, ui.Warning, "passkey.most")
		return web.Redirect(w, r, security)
	}
	if err != nil {
		return err
	}
	v.Challenge = c
	return web.Render(w, r, status, keyAddPage(v))
}

func (p *Pages) keyKeep(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx, refused := r.Context(), error(errNoScript)
	if answer := f.Get("answer"); answer != "" {
		refused = p.SignIn.KeepKey(ctx, access.From(ctx), web.Visitor(r), f.Get("challenge"), f.Get("name"), []byte(answer))
	}
	if refused == nil {
		web.Say(r, ui.Success, "passkey.added")
		return web.Redirect(w, r, security)
	}
	v := keyAddView{Page: frame(r, "passkey.add_title"), Name: f.Get("name")}
	if errs, ok := web.Refused(ctx, refused, "name"); ok {
		v.Errors, v.Page.Invalid = errs, true
		return p.showKeyAdd(w, r, http.StatusUnprocessableEntity, v)
	}
	if s, ok := web.SetBack(r, refused); ok {
		v.Setback = s
		return p.showKeyAdd(w, r, s.Status, v)
	}
	return refused
}

func (p *Pages) keyChangeView(r *http.Request) (keyAddView, error) {
	ctx := r.Context()
	list, err := p.SignIn.Passkeys.Keys(ctx, p.DB, access.From(ctx).ID)
	if err != nil {
		return keyAddView{}, err
	}
	at := slices.IndexFunc(list, func(k passkey.Key) bool { return k.ID == r.PathValue("id") })
	if at < 0 {
		return keyAddView{}, passkey.ErrMissing
	}
	k := list[at]
	return keyAddView{Page: frame(r, "passkey.change_title"), Action: newKeyURL + "/" + k.ID, Name: k.Name,
		RemoveWhat: i18n.T(ctx, "passkey.remove_what", "name", cmp.Or(k.Name, i18n.T(ctx, "passkey.nameless")))}, nil
}

func (p *Pages) keyChange(w http.ResponseWriter, r *http.Request) error {
	v, err := p.keyChangeView(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, keyChangePage(v))
}

func (p *Pages) keyRename(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	refused := p.SignIn.RenameKey(ctx, access.From(ctx), r.PathValue("id"), f.Get("name"))
	if refused == nil {
		web.Say(r, ui.Success, "passkey.renamed")
		return web.Redirect(w, r, security)
	}
	errs, ok := web.Refused(ctx, refused, "name")
	if !ok {
		return refused
	}
	v, err := p.keyChangeView(r)
	if err != nil {
		return err
	}
	v.Name, v.Errors, v.Page.Invalid = f.Get("name"), errs, true
	return web.Render(w, r, http.StatusUnprocessableEntity, keyChangePage(v))
}

func (p *Pages) keyRemove(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.SignIn.RemoveKey(ctx, access.From(ctx), r.PathValue("id")); err != nil {
		return err
	}
	web.Say(r, ui.Success, "passkey.removed")
	return web.Redirect(w, r, security)
}
