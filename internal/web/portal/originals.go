package portal

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/original"
	"okno/internal/scan"
	"okno/internal/verification"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// The page of the originals that a person sends for the proof of who they are (LVL-4, LVL-11).

const originalsPath = web.IdentityPath + "/originals"

type originalsView struct {
	Page    ui.Page
	Base    string   // address: the page of the originals, or the step of registering in full
	Steps   ui.Steps // of that
	Live    ui.Live
	List    []originalView
	Title   string // of the form
	Form    string // id of the original that the form makes
	Instead string // id of the one that it replaces
	Kind    string
	Kinds   []ui.Choice
	Accept  string
	About   string // what may be sent
	Full    string // that no more are taken; "" when more are
	Errors  ui.Errors
	Setback *web.Setback
}

// originalView is one original and its state.
type originalView struct {
	ID, Kind, Sent string
	State          original.State
	Tag            ui.Tag
	Text           string
	Differs        string // the fields that are otherwise
	Edit           string // where they are corrected
	Away           string // when it is erased
}

func (p *Pages) mountOriginals(s *web.Server) {
	for _, base := range []string{originalsPath, web.ScanStep} {
		s.Handle("GET "+base, web.RequirePerson(p.originals))
		s.Handle("POST "+base, web.Upload(2*int64(p.Policy.Uploads.MaxSize)+64<<10, web.RequirePerson(p.sendOriginal)))
		s.Handle("POST "+base+"/{id}/delete", web.RequirePerson(p.deleteOriginal))
	}
	s.Handle("GET "+originalsPath+"/events", web.RequirePerson(p.originalsEvents))
	s.Handle("GET "+originalsPath+"/{id}/file", web.RequirePerson(p.originalFile))
}

// originalsBase is the page on which somebody is: that of the originals, or the step of registering in full, which shows the same (REG-2).
func originalsBase(r *http.Request) string {
	if strings.HasPrefix(r.URL.Path, web.ScanStep) {
		return web.ScanStep
	}
	return originalsPath
}

func (p *Pages) originals(w http.ResponseWriter, r *http.Request) error {
	return p.showOriginals(w, r, http.StatusOK, originalsView{Instead: r.URL.Query().Get("replace"), Kind: r.URL.Query().Get("kind")})
}

func (p *Pages) showOriginals(w http.ResponseWriter, r *http.Request, status int, v originalsView) error {
	ctx := r.Context()
	who := access.From(ctx)
	all, err := p.Originals.Mine(ctx, who)
	if err != nil {
		return err
	}
	typed, err := p.Originals.Typed(ctx, who)
	if err != nil {
		return err
	}
	v.Page, v.Form, v.Title, v.Base = frame(ctx, "portal.original.title"), id.New(), i18n.T(ctx, "portal.original.send"), originalsBase(r)
	if v.Base == web.ScanStep {
		v.Page, v.Steps = frame(ctx, "sitting.scan.title"), web.Sitting(web.ScanStep)
	}
	v.Page.Invalid = len(v.Errors) > 0
	v.Live = ui.Live{ID: "originals", Events: originalsPath + "/events?seen=" + web.Seen(originalsState(all))}
	for _, o := range all {
		v.List = append(v.List, p.originalView(ctx, o, typed))
	}
	at := slices.IndexFunc(all, func(o original.Original) bool { return o.ID == v.Instead })
	if at < 0 {
		v.Instead = ""
		if v.Kind == "" && v.Base == web.ScanStep && !v.Page.Invalid { // whoever is told to choose has chosen nothing
			v.Kind = string(original.KindOf(typed.Document.Kind))
		}
		if len(all) >= p.Policy.Originals.Most {
			v.Full = i18n.T(ctx, "portal.original.full", "max", p.Policy.Originals.Most)
		}
	} else {
		v.Title = i18n.T(ctx, "portal.original.replace_title", "kind", kindName(ctx, all[at].Kind))
		if v.Kind == "" {
			v.Kind = string(all[at].Kind)
		}
	}
	for _, k := range original.Kinds() {
		v.Kinds = append(v.Kinds, ui.Choice{Value: string(k), Label: kindName(ctx, k)})
	}
	up := p.Policy.Uploads
	v.Accept = strings.Join(up.Types, ",")
	v.About = i18n.T(ctx, "portal.original.about", "types", files.Names(up.Types), "max", int64(up.MaxSize)/1_000_000)
	web.AllowCamera(w)
	if v.Base == web.ScanStep {
		return web.Render(w, r, status, scanStepPage(v))
	}
	return web.Render(w, r, status, originalsPage(v))
}

// sendAs is how loud the button is that sends: beside the one that goes on, it is not.
func (v originalsView) sendAs() ui.Variant {
	if v.Steps.Of > 0 && len(v.List) > 0 {
		return ui.Secondary
	}
	return ui.Primary
}

func kindName(ctx context.Context, k original.Kind) string {
	return i18n.T(ctx, "original.kind."+string(k))
}

// originalView says what became of an original, and what the person can do.
func (p *Pages) originalView(ctx context.Context, o original.Original, typed verification.Papers) originalView {
	say := func(key string, args ...any) string { return i18n.T(ctx, "portal.original."+key, args...) }
	v := originalView{ID: o.ID, Kind: kindName(ctx, o.Kind), State: o.State, Sent: say("sent_at", "when", web.Moment(ctx, o.SentAt))}
	switch m := o.Beside(typed); {
	case o.State == original.Waiting:
		v.Tag, v.Text = ui.Tag{Label: say("waiting"), Tone: ui.Info, Icon: ui.IconHourglass}, say("waiting_text")
	case o.State == original.Refused:
		v.Tag, v.Text = ui.Tag{Label: say("refused"), Tone: ui.Danger, Icon: ui.IconCircleX}, i18n.T(ctx, o.Why())
		v.Away = say("away", "date", i18n.Date(ctx, o.JudgedAt.Add(p.Policy.Originals.KeepRefused)))
	case o.State == original.Kept:
		v.Tag, v.Text = ui.Tag{Label: say("kept"), Tone: ui.Neutral, Icon: ui.IconPaperclip}, say("kept_text")
	case len(m.Differs) > 0:
		v.Tag, v.Text = ui.Tag{Label: say("differs"), Tone: ui.Warning, Icon: ui.IconTriangleAlert}, say("differs_text")
		v.Differs = say("differs_in", "fields", fieldNames(ctx, o.Kind, m.Differs))
		v.Edit = papersPath + string(stepOf(o.Kind.FieldName(m.Differs[0])))
	case len(m.Equal) > 0:
		v.Tag, v.Text = ui.Tag{Label: say("equal"), Tone: ui.Success, Icon: ui.IconCircleCheck}, say("equal_text", "fields", fieldNames(ctx, o.Kind, m.Equal))
	default:
		v.Tag, v.Text = ui.Tag{Label: say("read"), Tone: ui.Info, Icon: ui.IconCircleCheck}, say("read_text")
	}
	return v
}

func fieldNames(ctx context.Context, k original.Kind, list []scan.Field) string {
	out := make([]string, 0, len(list))
	for _, f := range list {
		name := i18n.T(ctx, k.Label(f))
		if f != scan.InsuranceNumber && f != scan.TaxNumber { // those two are written in capitals
			name = strings.ToLower(name)
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

// named says to screen readers which paper a short label is about.
func named(ctx context.Context, key, kind string) templ.Attributes {
	return templ.Attributes{"aria-label": i18n.T(ctx, key) + ": " + kind}
}

// sendOriginal keeps a page. A form that is refused is shown again with what was chosen; a file has to be chosen anew, as browsers want it.
func (p *Pages) sendOriginal(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	page := original.Page{ID: f.Get("form"), Kind: original.Kind(f.Get("kind")), Instead: f.Get("instead")}
	sent := slices.Concat(f.Files("original"), f.Files("photo"))
	switch err = f.Full(ctx); {
	case err != nil:
	case len(sent) > 1:
		err = fault.Invalid(fault.F("original", "original.file_one"))
	default:
		if len(sent) == 1 {
			page.Name, page.Data = sent[0].Name, sent[0].Data
		}
		_, err = p.Originals.Send(ctx, access.From(ctx), page)
	}
	v := originalsView{Instead: page.Instead, Kind: string(page.Kind)}
	if errs, ok := web.Refused(ctx, err, "original"); ok {
		v.Errors = errs
		return p.showOriginals(w, r, http.StatusUnprocessableEntity, v)
	}
	if s, ok := web.SetBack(r, err); ok {
		v.Setback = s
		return p.showOriginals(w, r, s.Status, v)
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.original.sent")
	return web.Redirect(w, r, originalsBase(r))
}

func (p *Pages) originalFile(w http.ResponseWriter, r *http.Request) error {
	f, body, err := p.Originals.Open(r.Context(), access.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return toSealed(w, r, err, originalsPath)
	}
	return web.Send(w, r, f, body)
}

func (p *Pages) deleteOriginal(w http.ResponseWriter, r *http.Request) error {
	if err := p.Originals.Delete(r.Context(), access.From(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.original.deleted")
	return web.Redirect(w, r, originalsBase(r))
}

// originalsState tells one look at the originals from another.
func originalsState(all []original.Original) string {
	var b strings.Builder
	for _, o := range all {
		fmt.Fprintf(&b, "%s.%s ", o.ID, o.State)
	}
	return b.String()
}

func (p *Pages) originalsEvents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	news, stop := p.DB.Listen(original.Topic(who.ID))
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
		all, err := p.Originals.Mine(ctx, who)
		return originalsState(all), err
	})
}
