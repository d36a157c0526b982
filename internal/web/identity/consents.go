package identity

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// consentsView is the page of what a person agreed to.
type consentsView struct {
	Page    ui.Page
	Lacking bool
	Waiting string // the day of the erasure, "" when none waits

	Withdrawn string // when it was asked for, which withdrew the consents
	List      []ui.Item
}

func (p *Pages) consents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	given, err := p.Accounts.Agreed(ctx, p.DB, who.ID)
	if err != nil {
		return err
	}
	lacking, err := p.Accounts.Lacking(ctx, p.DB, who.ID, p.Texts.InForce())
	if err != nil {
		return err
	}
	e, waits, err := p.Rights.Pending(ctx, p.DB, who.ID)
	if err != nil {
		return err
	}
	v := consentsView{Page: frame(r, "consent.title"), Lacking: len(lacking) > 0}
	if waits {
		v.Waiting, v.Withdrawn = i18n.DateTime(ctx, e.DueAt), i18n.DateTime(ctx, e.AskedAt)
	}
	for _, c := range given {
		x := ui.Item{Title: p.Texts.by[c.Document][i18n.From(ctx)].Title, URL: "/" + c.Document + "?edition=" + c.Edition, Text: i18n.T(ctx, "consent.edition", "edition", c.Edition),
			Note: i18n.DateTime(ctx, c.GivenAt), Tag: &ui.Tag{Label: i18n.T(ctx, "consent.past")}}
		if c.Edition == p.Texts.Edition(c.Document) {
			x.Tag = &ui.Tag{Label: i18n.T(ctx, "consent.in_force"), Tone: ui.Success, Icon: ui.IconCheck}
		}
		if waits { // a consent is taken back by asking for an erasure, and with all of them
			x.Text, x.Tag = x.Text+" · "+i18n.T(ctx, "consent.withdrawn_at", "when", v.Withdrawn), &ui.Tag{Label: i18n.T(ctx, "consent.withdrawn_tag"), Tone: ui.Warning}
		}
		v.List = append(v.List, x)
	}
	return web.Render(w, r, http.StatusOK, consentsPage(v))
}

// editionView is the page in between: there are new editions of what the person agreed to.
type editionView struct {
	Page   ui.Page
	Next   string
	Errors ui.Errors
	Texts  []newText
}

// newText is a text with what is new in it.
type newText struct {
	Name, Title, Edition string
	Parts                []Part
	Old                  string // address of the edition that was agreed to, "" when none was
	OldEdition           string
	Added, Gone          []string
	Ticked               bool
}

func (p *Pages) newEdition(w http.ResponseWriter, r *http.Request) error {
	v, err := p.editionView(r, r.URL.Query().Get("next"))
	if err != nil {
		return err
	}
	if len(v.Texts) == 0 {
		return web.Redirect(w, r, web.LocalOr(v.Next, cabinet))
	}
	return web.Render(w, r, http.StatusOK, editionPage(v))
}

func (p *Pages) editionView(r *http.Request, next string) (editionView, error) {
	ctx := r.Context()
	v := editionView{Page: frame(r, "consent.new.title"), Next: web.LocalOr(next, "")}
	given, err := p.Accounts.Agreed(ctx, p.DB, access.From(ctx).ID)
	if err != nil {
		return v, err
	}
	lacking, err := p.Accounts.Lacking(ctx, p.DB, access.From(ctx).ID, p.Texts.InForce())
	if err != nil {
		return v, err
	}
	for _, c := range lacking { // two at most
		t, err := p.newText(ctx, c, given)
		if err != nil {
			return v, err
		}
		v.Texts = append(v.Texts, t)
	}
	return v, nil
}

func (p *Pages) newText(ctx context.Context, c account.Consent, given []account.Agreed) (newText, error) {
	a, err := p.edition(ctx, c)
	if err != nil {
		return newText{}, err
	}
	t := newText{Name: c.Document, Title: a.Title, Edition: editionOf(ctx, a), Parts: a.Parts}
	i := slices.IndexFunc(given, func(g account.Agreed) bool { return g.Document == c.Document }) // the newest first
	if i < 0 {
		return t, nil
	}
	old, err := p.edition(ctx, account.Consent{Document: c.Document, Edition: given[i].Edition})
	if errors.Is(err, account.ErrNoText) { // agreed to before texts were kept
		return t, nil
	}
	if err != nil {
		return t, err
	}
	t.Old, t.OldEdition = "/"+c.Document+"?edition="+old.Edition, editionOf(ctx, old)
	t.Added, t.Gone = without(a.Parts, old.Parts), without(old.Parts, a.Parts)
	return t, nil
}

// without are the sentences of one text that another does not have.
func without(parts, other []Part) []string {
	known := map[string]bool{}
	for _, s := range sentences(other) {
		known[s] = true
	}
	return slices.DeleteFunc(sentences(parts), func(s string) bool { return known[s] })
}

func sentences(parts []Part) []string {
	var out []string
	for _, p := range parts {
		for _, s := range append([]string{p.Heading, p.Paragraph}, p.List...) {
			if s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}

func (p *Pages) agree(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	v, err := p.editionView(r, f.Get("next"))
	if err != nil {
		return err
	}
	var agreed []account.Consent
	var wrong []fault.Field
	for i, t := range v.Texts {
		if v.Texts[i].Ticked = f.On(t.Name); !v.Texts[i].Ticked {
			wrong = append(wrong, fault.F(t.Name, "consent.new.missing"))
			continue
		}
		agreed = append(agreed, account.Consent{Document: t.Name, Edition: p.Texts.Edition(t.Name)})
	}
	if errs, bad := web.Refused(ctx, fault.Check(wrong...), "terms"); bad {
		v.Errors, v.Page.Invalid = errs, true
		return web.Render(w, r, http.StatusUnprocessableEntity, editionPage(v))
	}
	if err := p.Accounts.Agree(ctx, access.From(ctx), agreed); err != nil {
		return err
	}
	web.Say(r, ui.Success, "consent.new.done")
	return web.Redirect(w, r, web.LocalOr(v.Next, cabinet))
}

// Gate leads to the page in between whoever has not agreed to a text in force. Each session is asked for once on a node: the texts
// are those of the start, and a consent is not taken back but by an erasure.
func (p *Pages) Gate(ctx context.Context, who access.Actor) (string, error) {
	if p.agreed.has(who.SessionID) {
		return "", nil
	}
	lacking, err := p.Accounts.Lacking(ctx, p.DB, who.ID, p.Texts.InForce())
	if err != nil {
		return "", err
	}
	if len(lacking) > 0 {
		return "/consents", nil
	}
	p.agreed.add(who.SessionID)
	return "", nil
}

// agreed remembers the sessions of people who agreed to everything.
type agreed struct {
	mu       sync.Mutex
	sessions map[string]struct{}
}

// mostAgreed bounds the memory: beyond it everybody is asked for again, which costs a statement each.
const mostAgreed = 100_000

func (a *agreed) has(session string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok := a.sessions[session]
	return ok
}

func (a *agreed) add(session string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sessions == nil || len(a.sessions) >= mostAgreed {
		a.sessions = map[string]struct{}{}
	}
	a.sessions[session] = struct{}{}
}
