package admin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/notification"
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
	Alerts []ui.Alert
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
	v := textsView{Frame: p.textsFrame(ctx, i18n.T(ctx, "desk.texts.title")), Parts: parts(ctx, texts), Text: i18n.T(ctx, "desk.texts.text"), Tables: []titled{{Table: t}}}
	if err := p.warn(ctx, &v); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, textsPage(v))
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
	return []notification.Topic{notification.Codes, notification.Security, notification.Identity, notification.Case, notification.Visit, notification.Document, notification.Offer, notification.Support}
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
