package admin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/notification"
	"okno/internal/procedure"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// The pages show every message that the portal sends, filled in with what is nobody's, by the functions that send.

var errNoText = fault.New(fault.Missing, "desk.texts.missing")

// short is how much of a version tells it from others.
const short = 12

type textsView struct {
	Frame  ui.Desk
	Parts  []ui.Link // services, the portal's own
	Text   string
	Tables []titled
}

// titled is a table under a heading of its own, "" for the only one.
type titled struct {
	Title string
	Table ui.Table
}

func (p *Pages) textsFrame(ctx context.Context, title string) ui.Desk {
	return frame(ctx, title, texts)
}

func parts(ctx context.Context, at string) []ui.Link {
	return []ui.Link{{Label: i18n.T(ctx, "desk.texts.services"), URL: texts, Current: at == texts}, {Label: i18n.T(ctx, "desk.texts.own"), URL: texts + "/own", Current: at == texts+"/own"}}
}

// services lists the services with the version in force and how many notices each has.
func (p *Pages) services(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	latest, err := p.Catalogue.Latest(ctx, access.From(ctx), p.DB)
	if err != nil {
		return err
	}
	t := ui.Table{Caption: i18n.T(ctx, "desk.texts.services"), HideCaption: true, Stack: true,
		Columns: columns(ctx, "desk.texts.service", "desk.texts.agency", "desk.texts.version", "desk.texts.since", "desk.texts.count", "desk.texts.long")}
	t.Columns[4].Number = true
	t.Columns[5].Hide = true
	for _, def := range p.Catalogue.All() {
		list := application.Samples(p.Letterhead, def)
		if len(list) == 0 {
			continue // a page of the catalogue
		}
		since := i18n.T(ctx, "desk.texts.with_program")
		if at, ok := latest[def.Code]; ok && (at.Version == def.Version || at.Version == "") {
			since = i18n.DateTime(ctx, at.At)
		} else if ok {
			since = i18n.T(ctx, "desk.texts.state.behind")
		}
		row := ui.Row{Cells: []ui.Cell{{Text: def.Title.In(ctx), URL: serviceURL(def.Code, "", "")}, {Text: def.Owner.Short.In(ctx)}, {Text: cut(def.Version)}, {Text: since}, {Text: strconv.Itoa(len(list))}, {}}}
		if slices.ContainsFunc(list, p.long) {
			row.Cells[5].Tag = longTag(ctx)
		}
		t.Rows = append(t.Rows, row)
	}
	return web.Render(w, r, http.StatusOK, textsPage(textsView{Frame: p.textsFrame(ctx, i18n.T(ctx, "desk.texts.title")), Parts: parts(ctx, texts), Text: i18n.T(ctx, "desk.texts.text"), Tables: []titled{{Table: t}}}))
}

func cut(version string) string { return version[:min(short, len(version))] }

func serviceURL(code, kind, version string) string {
	at := texts + "/services/" + url.PathEscape(code)
	if kind != "" {
		at += "/" + url.PathEscape(kind)
	}
	if version != "" {
		at += "?version=" + cut(version)
	}
	return at
}

// long reports whether the text of the sample goes in more parts than is well, in either language.
func (p *Pages) long(s notification.Sample) bool {
	for _, l := range i18n.Langs() {
		if n, _ := notification.Cut(s.Lang(l).SMS); len(n) > p.Policy.Notices.SMSParts {
			return true
		}
	}
	return false
}

func longTag(ctx context.Context) *ui.Tag {
	return &ui.Tag{Label: i18n.T(ctx, "desk.texts.long"), Tone: ui.Warning, Icon: ui.IconTriangleAlert}
}

// sizes says in how many parts a text goes in each language.
func (p *Pages) sizes(ctx context.Context, s notification.Sample) ui.Cell {
	ru, _ := notification.Cut(s.RU.SMS)
	en, _ := notification.Cut(s.EN.SMS)
	if s.RU.SMS == "" {
		return ui.Cell{Text: i18n.T(ctx, "desk.texts.no_sms")}
	}
	c := ui.Cell{Text: i18n.T(ctx, "desk.texts.parts", "ru", len(ru), "en", len(en)) + " "}
	if p.long(s) {
		c.Tag = longTag(ctx)
	}
	return c
}

// abouts are what the portal's own messages are about, in the order in which they stand on the page.
func abouts() []notification.Topic {
	return []notification.Topic{notification.Codes, notification.Security, notification.Identity, notification.Case, notification.Visit, notification.Document, notification.Support}
}

// own lists what the portal says in words of its own, by what it is about.
func (p *Pages) own(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	all := p.Samples(ctx)
	v := textsView{Frame: p.textsFrame(ctx, i18n.T(ctx, "desk.texts.title")), Parts: parts(ctx, texts+"/own"), Text: i18n.T(ctx, "desk.texts.own_text")}
	for _, about := range abouts() {
		label := i18n.T(ctx, "desk.texts.about."+string(about))
		t := ui.Table{Caption: label, HideCaption: true, Stack: true, Columns: columns(ctx, "desk.texts.subject", "desk.texts.key", "desk.texts.sms")}
		for _, s := range all {
			if s.About == about {
				t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: s.Lang(i18n.From(ctx)).Letter.Subject, URL: texts + "/own/" + s.Kind}, {Text: s.Kind}, p.sizes(ctx, s)}})
			}
		}
		v.Tables = append(v.Tables, titled{label, t})
	}
	return web.Render(w, r, http.StatusOK, textsPage(v))
}

type textView struct {
	Frame    ui.Desk
	Head     ui.Head
	Facts    []ui.Fact
	Changes  *changesView
	Channels []channelView
}

// channelView is one channel in both languages.
type channelView struct {
	Title string
	Sides []sideView
}

type sideView struct {
	Lang  i18n.Lang
	Label string
	Lines []lineView
	Note  string
	Tag   *ui.Tag
}

// lineView is a part of a message, Pieces in place of Text where it is compared.
type lineView struct {
	Label, Text string
	Code        bool
	Pieces      []piece
}

// changesView says what another version says otherwise.
type changesView struct {
	Text  string
	Sides []sideView
}

func (p *Pages) ownText(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	all := p.Samples(ctx)
	i := slices.IndexFunc(all, func(s notification.Sample) bool { return s.Kind == r.PathValue("kind") })
	if i < 0 {
		return errNoText
	}
	s := all[i]
	title := s.Lang(i18n.From(ctx)).Letter.Subject
	v := textView{Frame: p.textsFrame(ctx, title), Channels: p.channels(ctx, s),
		Head:  ui.Head{Trail: []ui.Link{{Label: i18n.T(ctx, "desk.texts.title"), URL: texts}, {Label: i18n.T(ctx, "desk.texts.own"), URL: texts + "/own"}}, Title: title, Text: i18n.T(ctx, "desk.texts.invented")},
		Facts: append([]ui.Fact{{Label: i18n.T(ctx, "desk.texts.key"), Value: s.Kind}, {Label: i18n.T(ctx, "desk.texts.where"), Value: i18n.T(ctx, "desk.texts.where_program")}}, facts(ctx, s)...)}
	return web.Render(w, r, http.StatusOK, textPage(v))
}

// facts say about what the message is and how it goes.
func facts(ctx context.Context, s notification.Sample) []ui.Fact {
	ways := "desk.texts.ways.choice"
	switch {
	case s.RU.Inbox.Subject == "" && s.RU.SMS == "":
		ways = "desk.texts.ways.digest"
	case s.RU.Inbox.Subject == "":
		ways = "desk.texts.ways.direct"
	case s.About == notification.Security:
		ways = "desk.texts.ways.all"
	case s.RU.Letter.Subject == "" && s.RU.SMS == "":
		ways = "desk.texts.ways.inbox"
	case s.Soon:
		ways = "desk.texts.ways.soon"
	}
	return []ui.Fact{{Label: i18n.T(ctx, "desk.texts.about"), Value: i18n.T(ctx, "desk.texts.about."+string(s.About))}, {Label: i18n.T(ctx, "desk.texts.ways"), Value: i18n.T(ctx, ways)}}
}

// channels are those over which the message goes, each in both languages.
func (p *Pages) channels(ctx context.Context, s notification.Sample) []channelView {
	var out []channelView
	add := func(title string, side func(m notification.Message) sideView) {
		c := channelView{Title: i18n.T(ctx, title)}
		for _, l := range i18n.Langs() {
			x := side(s.Lang(l))
			x.Lang, x.Label = l, i18n.T(ctx, "desk.texts.lang."+string(l))
			c.Sides = append(c.Sides, x)
		}
		out = append(out, c)
	}
	line := func(key, text string) lineView { return lineView{Label: i18n.T(ctx, key), Text: text} }
	if s.RU.Inbox.Subject != "" {
		add("desk.texts.inbox", func(m notification.Message) sideView {
			return sideView{Lines: []lineView{line("desk.texts.subject", m.Inbox.Subject), line("desk.texts.body", m.Inbox.Text), line("desk.texts.path", "/"+m.Inbox.Path)}}
		})
	}
	if s.RU.Letter.Subject != "" {
		add("desk.texts.letter", func(m notification.Message) sideView {
			x := sideView{Lines: []lineView{line("desk.texts.subject", m.Letter.Subject), line("desk.texts.body", m.Letter.Text)}}
			if m.Letter.HTML != "" {
				x.Lines = append(x.Lines, lineView{Label: i18n.T(ctx, "desk.texts.html"), Text: m.Letter.HTML, Code: true})
			}
			if off := m.Letter.Off; off != "" {
				x.Lines = append(x.Lines, line("desk.texts.off", off))
			} else {
				x.Note = i18n.T(ctx, "desk.texts.no_off")
			}
			return x
		})
	}
	if s.RU.SMS != "" {
		add("desk.texts.sms_title", func(m notification.Message) sideView {
			cut, wide := notification.Cut(m.SMS)
			alphabet := "GSM-7"
			if wide {
				alphabet = "UCS-2"
			}
			x := sideView{Lines: []lineView{line("desk.texts.body", m.SMS)}, Note: i18n.N(ctx, "desk.texts.characters", notification.Units(m.SMS)) + ", " + i18n.N(ctx, "desk.texts.segments", len(cut)) + ", " + alphabet}
			if len(cut) > p.Policy.Notices.SMSParts {
				x.Tag = longTag(ctx)
			}
			return x
		})
	}
	if s.RU.Push.Title != "" {
		add("desk.texts.push", func(m notification.Message) sideView {
			return sideView{Lines: []lineView{line("desk.texts.subject", m.Push.Title), line("desk.texts.body", m.Push.Body)}}
		})
	}
	return out
}

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

// sampleWas is the sample of the earlier version for the same state, by its name then.
func sampleWas(x edition, earlier []notification.Sample, kind string) (notification.Sample, bool) {
	for _, s := range earlier {
		st, again := application.Sampled(s)
		now, ok := x.def.StateOf(st)
		if want, twice := application.Sampled(notification.Sample{Kind: kind}); ok && now == want && again == twice {
			return s, true
		}
	}
	return notification.Sample{}, false
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
	var earlier []notification.Sample
	if x.was != nil {
		earlier = application.Samples(p.Letterhead, x.was)
	}
	v.Table = ui.Table{Caption: i18n.T(ctx, "desk.texts.states"), Stack: true, Columns: columns(ctx, "desk.texts.state", "desk.texts.subject", "desk.texts.sms", "desk.texts.compared")}
	for _, s := range now {
		row := []ui.Cell{{Text: stateName(ctx, x.def, s), URL: serviceURL(x.def.Code, s.Kind, x.link())}, {Text: s.Lang(i18n.From(ctx)).Inbox.Subject}, p.sizes(ctx, s), {}}
		if x.was != nil {
			was, ok := sampleWas(x, earlier, s.Kind)
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
	for _, s := range earlier {
		st, again := application.Sampled(s)
		name, ok := x.def.StateOf(st)
		if ok && slices.ContainsFunc(now, func(n notification.Sample) bool {
			is, twice := application.Sampled(n)
			return is == name && twice == again
		}) {
			continue
		}
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
		v.Changes = changes(ctx, x, application.Samples(p.Letterhead, x.was), s)
	}
	return web.Render(w, r, http.StatusOK, textPage(v))
}

func changes(ctx context.Context, x edition, earlier []notification.Sample, s notification.Sample) *changesView {
	version := cut(x.before.Version)
	was, ok := sampleWas(x, earlier, s.Kind)
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
