package portal

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/procedure"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// mountLookups adds what pages need that are filled in by registers, and where a value is disputed.
func (p *Pages) mountLookups(s *web.Server) {
	p.person(s, "GET /services/{slug}/apply/{page}/lookups", p.draftEvents(application.LookupTopic, p.lookupState))
	p.person(s, "POST /services/{slug}/apply/{page}/ask/{lookup}", p.askAgain)
	p.person(s, "POST /services/{slug}/apply/{page}/adopt/{lookup}", p.adopt)
	p.person(s, "GET /services/{slug}/apply/{page}/dispute/{name}", p.disputePage)
	p.person(s, "POST /services/{slug}/apply/{page}/dispute/{name}", p.dispute)
}

// lookupsView is what a page of a form says of the registers that fill it in.
type lookupsView struct {
	Live ui.Live
	List []lookupView
}

type lookupView struct {
	Alert ui.Alert
	Again string // address that asks once more, "" while it is being asked
	Adopt string // address that puts what it told in the place of what was typed
	Title string
}

// lookups says how it stands with the registers that fill in the page; of the review, with those without which nothing can be sent.
func (p *Pages) lookups(ctx context.Context, d application.Draft, pageID string, fields []form.Field, here string) lookupsView {
	var v lookupsView
	for _, l := range p.Applications.LookedUp(d) {
		must := lacks(d, l.Lookup)
		fills := d.Def.Fills(l.Lookup)
		filled := slices.DeleteFunc(slices.Clone(fields), func(f form.Field) bool {
			return !slices.ContainsFunc(fills, func(x procedure.Filling) bool { return x.Pointer == f.Pointer })
		})
		if pageID == review && !must || pageID != review && len(filled) == 0 {
			continue
		}
		words := "portal.lookup." + string(l.State)
		alert := ui.Alert{Tone: ui.Info, Title: l.Title.In(ctx), Text: i18n.T(ctx, words, "date", i18n.Date(ctx, l.At))}
		again, adopt := here+"/ask/"+l.Name, ""
		switch l.State {
		case application.LookupAsking, application.LookupSlow:
			again = ""
		case application.LookupTold:
			alert.Tone = ui.Success
		case application.LookupNone, application.LookupOld, application.LookupAway:
			alert.Tone = ui.Warning
		}
		switch told, typed := l.State == application.LookupTold, slices.ContainsFunc(filled, func(f form.Field) bool { return !f.Locked }); {
		case told && l.Kept:
			alert.Text, adopt = i18n.T(ctx, "portal.lookup.kept", "date", i18n.Date(ctx, l.At)), here+"/adopt/"+l.Name
		case told && !typed:
			alert.Text = i18n.T(ctx, "portal.lookup.fixed", "date", i18n.Date(ctx, l.At))
		case told:
		case must && l.State == application.LookupNone:
			alert.Text += " " + i18n.T(ctx, "portal.lookup.must_hold")
		case must:
			alert.Text += " " + i18n.T(ctx, "portal.lookup.must")
		case typed:
			alert.Text += " " + i18n.T(ctx, "portal.lookup.by_hand")
		default:
			alert.Text += " " + i18n.T(ctx, "portal.lookup.without")
		}
		v.List = append(v.List, lookupView{alert, again, adopt, l.Title.In(ctx)})
	}
	if len(v.List) > 0 {
		v.Live = ui.Live{ID: "lookups", Events: here + "/lookups?seen=" + web.Seen(p.lookupState(d)), Attrs: templ.Attributes{"data-form": formID}}
	}
	return v
}

// lacks reports whether the draft cannot be sent without the lookup's answer.
func lacks(d application.Draft, l procedure.Lookup) bool {
	return slices.ContainsFunc(d.Lacking, func(f procedure.Fact) bool {
		of, ok := d.Def.LookupOf(f)
		return ok && of.Name == l.Name
	})
}

func (p *Pages) lookupState(d application.Draft) string {
	var out []string
	for _, l := range p.Applications.LookedUp(d) {
		out = append(out, l.Name, string(l.State), l.At.String())
	}
	return strings.Join(out, " ")
}

// askAgain has the register asked once more.
func (p *Pages) askAgain(w http.ResponseWriter, r *http.Request) error {
	return p.onPage(w, r, func(ctx context.Context, who access.Actor, code string) error {
		return p.Applications.AskAgain(ctx, who, code, r.PathValue("lookup"))
	})
}

// adopt puts what the register told in the place of what the person typed.
func (p *Pages) adopt(w http.ResponseWriter, r *http.Request) error {
	return p.onPage(w, r, func(ctx context.Context, who access.Actor, code string) error {
		return p.Applications.Adopt(ctx, who, code, r.PathValue("lookup"))
	})
}

// disputed are what the person says is wrong of the values, by pointer, in words.
func disputed(ctx context.Context, list map[string]application.Dispute) map[string]string {
	out := map[string]string{}
	for pointer, d := range list {
		out[pointer] = i18n.T(ctx, "portal.dispute.said", "claim", d.Claim)
	}
	return out
}

// pointerOf is where the answer stands whose input has that name, "" when the form has none.
func pointerOf(def *procedure.Definition, name string) string {
	for _, page := range def.Form.Pages {
		for _, f := range page.Fields {
			if f.Name == name {
				return f.Pointer
			}
		}
	}
	return ""
}

type disputeView struct {
	Page    ui.Page
	Head    ui.Head
	Facts   []ui.Fact
	Errors  ui.Errors
	Form    ui.Form
	Decided bool // somebody at the agency reads it
	Own     *ui.Link
	Words   string // before it
	Again   string // address at which the register is asked once more
	Source  string
	Claim   string
	Why     string
	Said    bool // it is disputed already
	Most    int
	Support string
}

func (p *Pages) disputePage(w http.ResponseWriter, r *http.Request) error {
	return p.showDispute(w, r, nil, nil)
}

// showDispute shows a value that cannot be typed over, and what can be done about it.
func (p *Pages) showDispute(w http.ResponseWriter, r *http.Request, typed *web.Form, errs ui.Errors) error {
	return p.withDraft(w, r, func(def *procedure.Definition, d application.Draft) error {
		return p.disputeOf(w, r, def, d, typed, errs)
	})
}

func (p *Pages) disputeOf(w http.ResponseWriter, r *http.Request, def *procedure.Definition, d application.Draft, typed *web.Form, errs ui.Errors) error {
	ctx := r.Context()
	pointer := pointerOf(def, r.PathValue("name"))
	f, ok := d.Disputable(pointer)
	back := actingAt(ctx, "services", def.Slug, "apply", r.PathValue("page"))
	if !ok { // it was corrected meanwhile
		if typed != nil {
			web.Say(r, ui.Info, "portal.dispute.over")
		}
		return web.Redirect(w, r, back)
	}
	title := i18n.T(ctx, "portal.dispute.title", "label", f.Label.In(ctx))
	v := disputeView{Head: ui.Head{Trail: []ui.Link{{Label: def.Title.In(ctx), URL: back}}, Title: title}, Errors: errs, Decided: def.Decided(), Most: p.Policy.Cases.DisputeText,
		Facts: []ui.Fact{{Label: f.Label.In(ctx), Value: orBlank(ctx, f.Show(ctx, d.Answers)), Source: source(ctx, f.Origin)}},
		Form:  ui.Form{Action: r.URL.Path, Hidden: []ui.Hidden{{Name: "seen", Value: d.Seen(pointer)}}}, Support: "/support?page=/services/" + def.Slug}
	fact, _ := def.Fed(pointer)
	if l, ok := def.LookupOf(fact); ok {
		v.Again, v.Source = back+"/ask/"+l.Name, l.Title.In(ctx)
	} else if document := d.TakenFrom(pointer); document != "" {
		v.Words, v.Own = i18n.T(ctx, "portal.dispute.document"), &ui.Link{Label: i18n.T(ctx, "portal.dispute.document_link"), URL: whosePath(ctx, ownPath+document)}
	} else {
		v.Words = i18n.T(ctx, "portal.dispute.own")
		view := formView{Child: access.From(ctx).For}
		v.Own = &ui.Link{Label: i18n.T(ctx, "portal.dispute.own_link"), URL: view.dispute()}
	}
	if x, ok := d.Disputes()[pointer]; ok {
		v.Claim, v.Why, v.Said = x.Claim, x.Why, true
	}
	if typed != nil {
		v.Claim, v.Why = typed.Get("claim"), typed.Get("why")
	}
	v.Page = frame(ctx, "portal.service.page", "title", title+" — "+def.Title.In(ctx))
	status := http.StatusOK
	if len(errs) > 0 {
		v.Page.Invalid, status = true, http.StatusUnprocessableEntity
	}
	return web.Render(w, r, status, disputePage(v))
}

func (p *Pages) dispute(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	def, f, err := p.sentTo(r)
	if err != nil {
		return err
	}
	claim, why := f.Get("claim"), f.Get("why")
	withdrawn := f.Get("withdraw") != ""
	if withdrawn {
		claim, why = "", ""
	}
	if !withdrawn && strings.TrimSpace(claim) == "" {
		return p.showDispute(w, r, &f, ui.Errors{{Name: "claim", Text: i18n.T(ctx, "application.dispute.empty")}})
	}
	err = p.Applications.Dispute(ctx, access.From(ctx), def.Code, pointerOf(def, r.PathValue("name")), application.Objection{Seen: f.Get("seen"), Claim: claim, Why: why})
	if errs, refused := web.Refused(ctx, err, "claim"); refused {
		return p.showDispute(w, r, &f, errs)
	}
	if errors.Is(err, application.ErrMissing) {
		return p.gone(w, r, def)
	}
	switch {
	case errors.Is(err, application.ErrOtherValue):
		return p.showDispute(w, r, &f, ui.Errors{{Name: "claim", Text: i18n.T(ctx, "application.other_value")}})
	case errors.Is(err, application.ErrUndisputed):
		web.Say(r, ui.Info, "portal.dispute.over")
	case err != nil:
		return err
	default:
		web.Say(r, ui.Success, map[bool]string{true: "portal.dispute.gone", false: "portal.dispute.kept"}[withdrawn])
	}
	return web.Redirect(w, r, actingAt(ctx, "services", def.Slug, "apply", r.PathValue("page")))
}
