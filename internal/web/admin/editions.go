package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/i18n"
	"okno/internal/notification"
	"okno/internal/procedure"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// edition is a version of a service as it is looked at, with the one before.
type edition struct {
	catalogue.Edition
	def    *procedure.Definition
	all    []catalogue.Edition
	before catalogue.Edition // its version is "" when there was none
	was    *procedure.Definition
}

// edition finds what the address names: a version by its beginning, or the one in force.
func (p *Pages) edition(r *http.Request) (edition, error) {
	ctx, code, version := r.Context(), r.PathValue("code"), r.URL.Query().Get("version")
	all, err := p.Catalogue.Editions(ctx, access.From(ctx), p.DB, code)
	if errors.Is(err, catalogue.ErrUnknown) {
		return edition{}, errNoText
	}
	if err != nil {
		return edition{}, err
	}
	i := slices.IndexFunc(all, func(e catalogue.Edition) bool {
		return version == "" && e.InForce || version != "" && cut(e.Version) == version
	})
	if i < 0 && version == "" {
		i = 0 // it was taken back, and the files have none
	}
	if i < 0 {
		return edition{}, errNoText
	}
	x := edition{Edition: all[i], all: all}
	if x.def, err = p.Catalogue.At(ctx, p.DB, code, x.Version); err != nil {
		return x, errNoText.Because(err)
	}
	for _, e := range all[i+1:] {
		if e.Version == x.Version {
			continue
		}
		if x.was, err = p.Catalogue.At(ctx, p.DB, code, e.Version); err == nil { // one that this program cannot read is not compared with
			x.before = e
			break
		}
	}
	return x, nil
}

// earlier are the samples of the version before, by the kinds that they have in this one; gone are those that it has no more.
func (p *Pages) earlier(x edition, now []notification.Sample) (was map[string]notification.Sample, gone []notification.Sample) {
	was = map[string]notification.Sample{}
	if x.was == nil {
		return was, nil
	}
	for _, s := range application.Samples(p.Letterhead, x.was) {
		kind, ok := application.SampledAs(x.def, s.Kind)
		if ok && slices.ContainsFunc(now, func(n notification.Sample) bool { return n.Kind == kind }) {
			was[kind] = s
			continue
		}
		gone = append(gone, s)
	}
	return was, gone
}

func same(a, b notification.Sample) bool {
	return a.RU.Inbox.Subject == b.RU.Inbox.Subject && a.RU.Inbox.Text == b.RU.Inbox.Text && a.EN.Inbox.Subject == b.EN.Inbox.Subject && a.EN.Inbox.Text == b.EN.Inbox.Text
}

type serviceView struct {
	Frame    ui.Desk
	Head     ui.Head
	Facts    []ui.Fact
	Table    ui.Table
	Versions ui.Table
}

// service lists the notices of one version of a service, and its versions.
func (p *Pages) service(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	x, err := p.edition(r)
	if err != nil {
		return err
	}
	title := x.def.Title.In(ctx)
	v := serviceView{Frame: p.textsFrame(ctx, title), Head: ui.Head{Trail: []ui.Link{{Label: i18n.T(ctx, "desk.texts.title"), URL: texts}}, Title: title, Text: i18n.T(ctx, "desk.texts.service_text")},
		Facts: append([]ui.Fact{{Label: i18n.T(ctx, "desk.texts.code"), Value: x.def.Code}}, x.facts(ctx)...)}
	now := application.Samples(p.Letterhead, x.def)
	earlier, gone := p.earlier(x, now)
	v.Table = ui.Table{Caption: i18n.T(ctx, "desk.texts.states"), Stack: true, Columns: columns(ctx, "desk.texts.state", "desk.texts.subject", "desk.texts.sms", "desk.texts.compared")}
	for _, s := range now {
		row := []ui.Cell{{Text: stateName(ctx, x.def, s), URL: serviceURL(x.def.Code, s.Kind, x.link())}, {Text: s.Lang(i18n.From(ctx)).Inbox.Subject}, p.sizes(ctx, s), {}}
		if x.was != nil {
			was, ok := earlier[s.Kind]
			switch {
			case !ok:
				row[3].Tag = &ui.Tag{Label: i18n.T(ctx, "desk.texts.new"), Tone: ui.Info}
			case !same(was, s):
				row[3].Tag = &ui.Tag{Label: i18n.T(ctx, "desk.texts.changed"), Tone: ui.Info}
			default:
				row[3].Text = i18n.T(ctx, "desk.texts.same")
			}
		}
		v.Table.Rows = append(v.Table.Rows, ui.Row{Cells: row})
	}
	for _, s := range gone {
		v.Table.Rows = append(v.Table.Rows, ui.Row{Cells: []ui.Cell{{Text: stateName(ctx, x.was, s), URL: serviceURL(x.def.Code, s.Kind, x.before.Version)}, {Text: s.Lang(i18n.From(ctx)).Inbox.Subject}, p.sizes(ctx, s),
			{Tag: &ui.Tag{Label: i18n.T(ctx, "desk.texts.gone"), Tone: ui.Warning}}}})
	}
	if x.was == nil { // there is nothing to compare with
		v.Table.Columns = v.Table.Columns[:3]
		for i := range v.Table.Rows {
			v.Table.Rows[i].Cells = v.Table.Rows[i].Cells[:3]
		}
	}
	v.Versions = ui.Table{Caption: i18n.T(ctx, "desk.texts.versions"), Stack: true, Columns: columns(ctx, "desk.texts.version", "desk.texts.since", "desk.texts.note", "desk.texts.stands")}
	for i, e := range x.all {
		note := e.Note
		if e.File {
			note = i18n.T(ctx, "desk.texts.from_file")
		}
		v.Versions.Rows = append(v.Versions.Rows, ui.Row{Current: e.Version == x.Version, Cells: []ui.Cell{{Text: cut(e.Version), URL: serviceURL(x.def.Code, "", e.Version)}, {Text: since(ctx, e)}, {Text: note}, {Tag: standing(ctx, x.all, i)}}})
	}
	return web.Render(w, r, http.StatusOK, servicePage(v))
}

// link is the version for addresses: the one in force has none, so that the address stays good.
func (x edition) link() string {
	if x.InForce {
		return ""
	}
	return x.Version
}

func since(ctx context.Context, e catalogue.Edition) string {
	if e.Since.IsZero() {
		return i18n.T(ctx, "desk.texts.with_program")
	}
	return i18n.DateTime(ctx, e.Since)
}

// standing says whether an edition is in force: the latest one that is not waits for this node to take it in.
func standing(ctx context.Context, all []catalogue.Edition, i int) *ui.Tag {
	switch {
	case all[i].InForce:
		return &ui.Tag{Label: i18n.T(ctx, "desk.texts.state.in_force"), Tone: ui.Success, Icon: ui.IconCheck}
	case i == 0 && all[i].Until.IsZero():
		return &ui.Tag{Label: i18n.T(ctx, "desk.texts.state.behind"), Tone: ui.Warning, Icon: ui.IconTriangleAlert}
	}
	return &ui.Tag{Label: i18n.T(ctx, "desk.texts.state.over")}
}

// facts say which version it is and how it stands.
func (x edition) facts(ctx context.Context) []ui.Fact {
	i := slices.Index(x.all, x.Edition)
	out := []ui.Fact{{Label: i18n.T(ctx, "desk.texts.version"), Value: cut(x.Version)}, {Label: i18n.T(ctx, "desk.texts.stands"), Value: standing(ctx, x.all, i).Label}, {Label: i18n.T(ctx, "desk.texts.since"), Value: since(ctx, x.Edition)}}
	if !x.Until.IsZero() && !x.InForce {
		out = append(out, ui.Fact{Label: i18n.T(ctx, "desk.texts.until"), Value: i18n.DateTime(ctx, x.Until)})
	}
	return out
}

func stateName(ctx context.Context, def *procedure.Definition, s notification.Sample) string {
	name, again := application.Sampled(s)
	st, _ := def.Step(name)
	if again {
		return i18n.T(ctx, "desk.texts.again", "state", st.Title)
	}
	return st.Title.In(ctx)
}

// serviceText shows one notice of a version of a service, and what the version before said otherwise.
func (p *Pages) serviceText(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	x, err := p.edition(r)
	if err != nil {
		return err
	}
	list := application.Samples(p.Letterhead, x.def)
	i := slices.IndexFunc(list, func(s notification.Sample) bool { return s.Kind == r.PathValue("kind") })
	if i < 0 {
		return errNoText
	}
	s := list[i]
	title := stateName(ctx, x.def, s)
	v := textView{Frame: p.textsFrame(ctx, title), Channels: p.channels(ctx, s), Facts: append(x.facts(ctx), facts(ctx, s)...),
		Head: ui.Head{Trail: []ui.Link{{Label: i18n.T(ctx, "desk.texts.title"), URL: texts}, {Label: x.def.Title.In(ctx), URL: serviceURL(x.def.Code, "", x.link())}}, Title: title, Text: i18n.T(ctx, "desk.texts.invented")}}
	if x.was != nil {
		earlier, _ := p.earlier(x, list)
		v.Changes = changes(ctx, cut(x.before.Version), earlier, s)
	}
	return web.Render(w, r, http.StatusOK, textPage(v))
}

// changes is what the version before, which is named, said otherwise.
func changes(ctx context.Context, version string, earlier map[string]notification.Sample, s notification.Sample) *changesView {
	was, ok := earlier[s.Kind]
	if !ok {
		return &changesView{Text: i18n.T(ctx, "desk.texts.changes.new", "version", version)}
	}
	if same(was, s) {
		return &changesView{Text: i18n.T(ctx, "desk.texts.changes.none", "version", version)}
	}
	out := &changesView{Text: i18n.T(ctx, "desk.texts.changes.some", "version", version)}
	for _, l := range i18n.Langs() {
		a, b := was.Lang(l).Inbox, s.Lang(l).Inbox
		side := sideView{Lang: l, Label: i18n.T(ctx, "desk.texts.lang."+string(l))}
		compare := func(old, now, before, after string) {
			if old == now {
				return
			}
			from, to := marked(old, now)
			side.Lines = append(side.Lines, lineView{Label: i18n.T(ctx, before), Pieces: from}, lineView{Label: i18n.T(ctx, after), Pieces: to})
		}
		compare(a.Subject, b.Subject, "desk.texts.subject_was", "desk.texts.subject_is")
		compare(a.Text, b.Text, "desk.texts.body_was", "desk.texts.body_is")
		if len(side.Lines) == 0 {
			side.Note = i18n.T(ctx, "desk.texts.same")
		}
		out.Sides = append(out.Sides, side)
	}
	return out
}
