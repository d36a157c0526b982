package portal

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/i18n"
	"okno/internal/mandate"
	"okno/internal/procedure"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// Acting for somebody else: a parent for their child. For whom a form is filled in stands in its address (/for/{child}/services/…), and of a
// case it stands in the case; there is no switch that another tab could have turned over. Every such page says for whom, in a line that stays
// in sight (docs/adr/0024).

// actingPath begins the addresses under which a person acts for somebody.
const actingPath = "/for/"

type actingKey struct{}

// person mounts a page of whoever is signed in, and once more under actingPath, where they act for a child.
func (p *Pages) person(s *web.Server, pattern string, h web.Handler, around ...func(web.Handler) web.Handler) {
	method, path, _ := strings.Cut(pattern, " ")
	wrap := func(h web.Handler) web.Handler {
		for _, a := range around {
			h = a(h)
		}
		return h
	}
	s.Handle(pattern, wrap(web.RequirePerson(h)))
	s.Handle(method+" "+actingPath+"{child}"+path, wrap(web.RequirePerson(p.actFor(h))))
}

// actFor lets in whoever may act for the child of the address.
func (p *Pages) actFor(h web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		r, err := p.actsFor(r, r.PathValue("child"))
		if errors.Is(err, mandate.ErrMissing) { // whether there is such an account is not said
			return application.ErrActed
		}
		if err != nil {
			return err
		}
		return h(w, r)
	}
}

// actsFor is the request of a person who acts for that account; mandate.ErrMissing when they may not.
func (p *Pages) actsFor(r *http.Request, accountID string) (*http.Request, error) {
	ctx := r.Context()
	who := access.From(ctx)
	c, err := p.Mandates.Child(ctx, who, accountID)
	if err != nil {
		return r, err
	}
	ctx = access.With(ctx, who.Acting(c.Account.ID, access.Child))
	return r.WithContext(context.WithValue(ctx, actingKey{}, c.Account.Profile.FullName())), nil
}

// childrenOf are those for whom the person may act. Who acts for one has none.
func (p *Pages) childrenOf(ctx context.Context, who access.Actor) ([]mandate.Child, error) {
	if p.Mandates == nil || who.Level != access.Confirmed || who.By() != "" {
		return nil, nil
	}
	return p.Mandates.Children(ctx, who)
}

// wards are the accounts for which the person may act, with the names of whose they are. Who acts for one has none.
func (p *Pages) wards(ctx context.Context, who access.Actor) (map[string]string, []string, error) {
	children, err := p.childrenOf(ctx, who)
	if len(children) == 0 {
		return nil, nil, err
	}
	names, wards := map[string]string{}, []string(nil)
	for _, c := range children {
		names[c.Account.ID], wards = c.Account.Profile.FullName(), append(wards, c.Account.ID)
	}
	return names, wards, err
}

// wardsOf are those for whom the person acts. A page that may ask for them several times reads them once, when it asks first.
type wardsOf func() (names map[string]string, wards []string, err error)

func nobody() (map[string]string, []string, error) { return nil, nil, nil }

func (p *Pages) wardsOnce(ctx context.Context, who access.Actor) wardsOf {
	var names map[string]string
	var wards []string
	read := sync.OnceValue(func() (err error) {
		names, wards, err = p.wards(ctx, who)
		return err
	})
	return func() (map[string]string, []string, error) {
		err := read()
		return names, wards, err
	}
}

// ofWard says of a thing in a list whose it is, when it is somebody's for whom the person acts.
func ofWard(ctx context.Context, x ui.Item, name string) ui.Item {
	if name != "" {
		x.Text = i18n.T(ctx, "portal.acting.item", "name", name) + " · " + x.Text
	}
	return x
}

// actingAt is the address of a page for whom the actor acts.
func actingAt(ctx context.Context, parts ...string) string {
	return actingAtFor(access.From(ctx).For, parts...)
}

// actingAtFor is the address of a page on which the person acts for that account; "" is for themselves.
func actingAtFor(forID string, parts ...string) string {
	return actingPrefix(forID) + local(parts...)
}

// actingPrefix is what the addresses begin with under which one acts for the account; "" for oneself.
func actingPrefix(forID string) string {
	if forID == "" {
		return ""
	}
	return actingPath + forID
}

// gone leads on from a draft that is not there any more: it was sent or thrown away elsewhere. Of a child's, the page of the service would
// offer to begin one's own.
func (p *Pages) gone(w http.ResponseWriter, r *http.Request, def *procedure.Definition) error {
	child := access.From(r.Context()).For
	if child == "" {
		return web.Redirect(w, r, "/services/"+def.Slug)
	}
	web.Say(r, ui.Info, "portal.acting.gone")
	return web.Redirect(w, r, childrenPath+"/"+child)
}

// actedFrame is frame of a page of a case: it says for whom the person acts in it.
func actedFrame(ctx context.Context, c application.Case, key string, args ...any) ui.Page {
	page := frame(ctx, key, args...)
	if acted(ctx, c) {
		page.Acting = actingLine(ctx, fullName(c.Content.Profile))
	}
	return page
}

// acted reports whether the person acts for somebody in the case.
func acted(ctx context.Context, c application.Case) bool {
	return c.By != "" && c.By == access.From(ctx).ID && c.AccountID != c.By
}

func actingLine(ctx context.Context, name string) *ui.Acting {
	return &ui.Acting{Label: i18n.T(ctx, "portal.acting.for"), Title: i18n.T(ctx, "portal.acting.item", "name", name), Name: name, Back: ui.Link{Label: i18n.T(ctx, "portal.acting.back"), URL: "/cabinet"}}
}

// forWhom names for whom the person filed the case; "" when for themselves.
func forWhom(ctx context.Context, c application.Case) string {
	if !acted(ctx, c) {
		return ""
	}
	return fullName(c.Content.Profile)
}

// begunFor are the drafts that the person fills in for others, each with whom it is for; orphaned when there is one for what is not offered any
// more, which is not among them.
func (p *Pages) begunFor(ctx context.Context, who access.Actor, only string, of wardsOf) (out []ui.Item, orphaned bool, _ error) {
	list, err := p.Applications.Begun(ctx, p.DB, who)
	list = slices.DeleteFunc(list, func(b application.Begun) bool { return only != "" && b.For != only })
	if err != nil || len(list) == 0 {
		return nil, false, err
	}
	names, _, err := of()
	if err != nil {
		return nil, false, err
	}
	for _, b := range list {
		def, offered := p.Catalogue.ByCode(b.Service)
		switch {
		case !offered:
			orphaned = true
		case names[b.For] != "":
			out = append(out, ofWard(ctx, p.draftItem(ctx, def, b.For, b.At), names[b.For]))
		}
	}
	return out, orphaned, nil
}

func (p *Pages) draftItem(ctx context.Context, def *procedure.Definition, forID string, at time.Time) ui.Item {
	return ui.Item{Title: def.Title.In(ctx), URL: actingAtFor(forID, "services", def.Slug, "apply"),
		Text: i18n.T(ctx, "portal.draft.saved", "when", web.Moment(ctx, at), "until", i18n.Date(ctx, at.Add(p.Applications.Policy.Cases.DraftLifetime))),
		Tag:  &ui.Tag{Label: i18n.T(ctx, "portal.draft.tag"), Icon: ui.IconPencil}}
}

// startFor are the children for whom the service can be had, each with where it is filled in for them.
type startFor struct {
	Children []ui.LinkButton
	Add      string // address where a child is added, when there is none; "" otherwise
}

func (p *Pages) startFor(ctx context.Context, who access.Actor, def *procedure.Definition) (startFor, error) {
	var v startFor
	if p.Mandates == nil || !def.Acts(access.Child) || who.Level != access.Confirmed {
		return v, nil
	}
	names, wards, err := p.wards(ctx, who)
	if err != nil {
		return v, err
	}
	if len(wards) == 0 {
		v.Add = childrenPath
		return v, nil
	}
	begun, err := p.Applications.Begun(ctx, p.DB, who)
	if err != nil {
		return v, err
	}
	for _, id := range wards {
		words := "portal.acting.start"
		if slices.ContainsFunc(begun, func(b application.Begun) bool { return b.For == id && b.Service == def.Code }) {
			words = "portal.acting.continue"
		}
		v.Children = append(v.Children, ui.LinkButton{Label: i18n.T(ctx, words, "name", names[id]), URL: actingAtFor(id, "services", def.Slug, "apply"),
			Icon: ui.IconUser, Variant: ui.Secondary, Wide: true})
	}
	return v, nil
}

// hadFor are the services that can be had for a child.
func (p *Pages) hadFor(ctx context.Context, childID string) []ui.Item {
	var out []ui.Item
	for _, def := range p.Catalogue.All() {
		if def.Acts(access.Child) {
			out = append(out, ui.Item{Title: def.Title.In(ctx), Text: def.Summary.In(ctx), Note: def.Owner.Short.In(ctx), URL: actingAtFor(childID, "services", def.Slug, "apply")})
		}
	}
	return out
}

// dispute is where the person sees what is known of whom the form is for, and what to do when it is wrong.
func (v formView) dispute() string {
	if v.Child != "" {
		return childrenPath + "/" + v.Child
	}
	return "/cabinet/identity"
}

// actedID is the account for which the person acts in the case, "" when for themselves.
func actedID(ctx context.Context, c application.Case) string {
	if acted(ctx, c) {
		return c.AccountID
	}
	return ""
}
