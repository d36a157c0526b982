package helpdesk

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"okno/internal/access"
	"okno/internal/files"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/support"
	"okno/internal/web"
	"okno/internal/web/desk"
	"okno/internal/web/ui"
)

type helpView struct {
	Page     ui.Page
	Hotline  string
	Hours    string
	About    string // the article that is open
	Articles []article
	ID       string // of the question to be
	Ticket   string // when its form was opened
	From     string // path of the page where the problem was
	Text     string
	Unsent   bool   // another page's form led here, and nothing is sent yet
	Tried    string // with what it did not work: a number, a document, a browser
	Contact  string
	Visitor  bool
	Within   string // by when we answer
	Files    string // what may be attached, in words
	Accept   string // … and for the browser
	Limit    int    // of the text, in characters
	Most     int    // of what was tried
	Mine     []ui.Item
	Errors   ui.Errors
	Setback  *web.Setback
}

// article is an answer to what is asked most.
type article struct {
	Code  string
	Title string
	Lines []string
}

// codes of the articles, in their order. The address ?about= opens one.
var articles = []string{"code", "block", "recover", "contact", "confirm", "passport", "browser"}

// pathOf is the path of an address: what follows "?" may be personal and is not kept.
func pathOf(address string) string {
	local, ok := web.Local(address)
	if !ok {
		return ""
	}
	u, err := url.Parse(local)
	if err != nil || u.Path == "/support" || u.Path == aboutPath {
		return ""
	}
	return u.Path
}

func (p *Pages) help(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	v := helpView{From: pathOf(q.Get("page")), About: q.Get("about")}
	switch {
	case id.Plain(q.Get("block")) && q.Get("block") != "", digitsOnly(q.Get("block")):
		v.About, v.Text = "block", i18n.T(ctx, "support.text.block", "number", q.Get("block"))
	case q.Get("ref") != "" && id.Plain(q.Get("ref")):
		v.Text = i18n.T(ctx, "support.text.error", "number", q.Get("ref"))
	}
	if v.About == "browser" {
		v.Tried = cut(r.UserAgent(), p.Policy.Support.MaxTried)
	}
	return p.showHelp(w, r, http.StatusOK, v)
}

// aboutPath is where other pages' forms lead that know what was tried.
const aboutPath = "/support/about"

// about is help asked where trouble happened (CAB-8): the page there says what was tried, which may be personal and so is not in an address.
func (p *Pages) about(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	return p.showHelp(w, r, http.StatusOK, helpView{From: pathOf(f.Get("page")), About: f.Get("about"), Unsent: true, Tried: cut(f.Get("tried"), p.Policy.Support.MaxTried)})
}

// cut is the beginning of a text, in characters.
func cut(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return text
}

// digitsOnly reports whether s looks like a number that we give out: digits and hyphens.
func digitsOnly(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, "0123456789-") == ""
}

func (p *Pages) showHelp(w http.ResponseWriter, r *http.Request, status int, v helpView) error {
	ctx := r.Context()
	who := web.Actor(ctx)
	v.Page = web.Page(ctx, i18n.T(ctx, "support.title"))
	v.Page.Invalid = len(v.Errors) > 0
	v.Hotline, v.Hours = p.Policy.Hotline.Phone, p.Policy.Hotline.Hours.In(ctx)
	v.Visitor, v.Limit, v.Most = who.Kind != access.Person, p.Policy.Support.MaxText, p.Policy.Support.MaxTried
	v.Within = i18n.T(ctx, "support.within", "time", i18n.Duration(ctx, p.Policy.Support.AnswerWithin))
	v.Accept = strings.Join(p.Policy.Uploads.Types, ",")
	v.Files = i18n.T(ctx, "support.files_text", "types", files.Names(p.Policy.Uploads.Types), "count", p.Policy.Uploads.Count, "max", int64(p.Policy.Uploads.MaxSize)/1_000_000)
	if !id.Valid(v.ID) {
		v.ID = id.New()
	}
	v.Ticket = p.Support.Ticket(v.ID, v.Ticket)
	web.Visitor(r) // whoever asks is told from others of their network
	for _, code := range articles {
		v.Articles = append(v.Articles, article{code, i18n.T(ctx, "support.about."+code), desk.Lines(i18n.T(ctx, "support.answer."+code, "chrome", ui.Chrome, "firefox", ui.Firefox, "safari", ui.Safari,
			"untie", i18n.Duration(ctx, p.Policy.Contacts.UntieWait)))})
	}
	if !v.Visitor {
		mine, err := p.Support.Mine(ctx, who, most)
		if err != nil {
			return err
		}
		for _, x := range mine {
			v.Mine = append(v.Mine, ui.Item{Title: i18n.T(ctx, "support.number", "number", x.Number), URL: "/support/" + x.ID, Text: web.Moment(ctx, x.TouchedAt), Tag: stateTag(ctx, x.State, false)})
		}
	}
	return web.Render(w, r, status, helpPage(v))
}

func (p *Pages) ask(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	uploads := attached(f.Files("files"))
	who := web.Actor(ctx)
	n := support.New{ID: f.Get("id"), Text: f.Get("text"), Tried: f.Get("tried"), Page: pathOf(f.Get("page")), Contact: f.Get("contact"), Files: uploads,
		Network: web.Neighbours(r), Ticket: f.Get("ticket"), Lang: i18n.From(ctx)}
	if web.Returning(r) {
		n.Browser = web.Visitor(r).Browser
	}
	if who.Kind == access.Person {
		n.Contact = "" // the answer comes into the cabinet
	}
	v := helpView{ID: n.ID, Ticket: n.Ticket, From: n.Page, Text: n.Text, Tried: n.Tried, Contact: n.Contact}
	var x support.Question
	if err = f.Full(ctx); err == nil {
		x, err = p.Support.Ask(ctx, who, n)
	}
	if errs, ok := web.Refused(ctx, err, "text"); ok {
		if v.Errors = errs; len(uploads) > 0 && errs.Of("files") == "" {
			v.Errors = append(v.Errors, ui.FieldError{Name: "files", Text: i18n.T(ctx, "support.files_again")})
		}
		return p.showHelp(w, r, http.StatusUnprocessableEntity, v)
	}
	if s, ok := web.SetBack(r, err); ok {
		v.Setback = s
		return p.showHelp(w, r, s.Status, v)
	}
	if err != nil {
		return err
	}
	web.Note(ctx, "question", x.ID)
	web.Say(r, ui.Success, "support.asked")
	return web.Redirect(w, r, "/support/"+x.ID+p.secret(x))
}

// secret is the part of a question's address that lets a visitor in.
func (p *Pages) secret(x support.Question) string {
	if x.AccountID != "" {
		return ""
	}
	return "?t=" + p.Support.Token(x.ID)
}

func attached(list []web.File) []support.Upload {
	var out []support.Upload
	for _, x := range list {
		out = append(out, support.Upload{Name: x.Name, Data: x.Data})
	}
	return out
}

type questionView struct {
	Page    ui.Page
	Live    ui.Live
	Head    ui.Head
	State   *ui.Tag
	ID      string
	Token   string
	Visitor bool
	Link    string // address to come back to, for a visitor
	Contact bool   // we will write to it
	From    string
	Talk    []say
	Shots   []shot
	Closed  bool
	Text    string
	Limit   int
	Errors  ui.Errors
	Setback *web.Setback
}

func (p *Pages) question(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, http.StatusOK, questionView{Token: r.URL.Query().Get("t")})
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, v questionView) error {
	ctx := r.Context()
	who := web.Actor(ctx)
	x, err := p.Support.Get(ctx, who, r.PathValue("id"), v.Token)
	if err != nil {
		return err
	}
	web.Note(ctx, "question", x.ID)
	v.Page = web.Page(ctx, i18n.T(ctx, "support.question", "number", x.Number))
	v.Page.Invalid = len(v.Errors) > 0
	v.ID, v.Visitor, v.Contact, v.Closed, v.Limit = x.ID, x.AccountID == "", x.Contact != "", x.State == support.Closed, p.Policy.Support.MaxText
	query := ""
	if v.Visitor {
		query = "?t=" + url.QueryEscape(v.Token)
		v.Link = web.Absolute(ctx, "/support/"+x.ID+query)
	}
	seen := "seen=" + web.Seen(stateOf(x))
	v.Live = ui.Live{ID: "question", Events: "/support/" + x.ID + "/events" + query + "?" + seen, Attrs: map[string]any{"data-reference": x.Number}}
	if query != "" {
		v.Live.Events = "/support/" + x.ID + "/events" + query + "&" + seen
	}
	v.Head = ui.Head{Trail: []ui.Link{{Label: i18n.T(ctx, "support.title"), URL: "/support"}}, Title: v.Page.Title, Text: i18n.T(ctx, "support.state_text."+string(x.State))}
	v.State = stateTag(ctx, x.State, false)
	v.Talk, v.Shots = talk(ctx, x, "support.you", "support.desk"), shots(ctx, x, "/support/"+x.ID, query)
	if x.Page != "/" {
		v.From = x.Page
	}
	return web.Render(w, r, status, questionPage(v))
}

// talk is the talk as it is shown; the keys name the two sides.
func talk(ctx context.Context, x support.Question, asker, desks string) []say {
	var out []say
	for _, m := range x.Messages {
		s := say{Who: i18n.T(ctx, asker), When: web.Moment(ctx, m.At), Desk: m.ByDesk, Lines: desk.Lines(m.Text)}
		if m.ByDesk {
			s.Who = i18n.T(ctx, desks)
		}
		out = append(out, s)
	}
	return out
}

func (p *Pages) reply(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	token := f.Get("t")
	err = p.Support.Reply(ctx, web.Actor(ctx), r.PathValue("id"), token, f.Get("text"))
	v := questionView{Token: token, Text: f.Get("text")}
	if errs, ok := web.Refused(ctx, err, "text"); ok {
		v.Errors = errs
		return p.show(w, r, http.StatusUnprocessableEntity, v)
	}
	if s, ok := web.SetBack(r, err); ok {
		v.Setback = s
		return p.show(w, r, s.Status, v)
	}
	if err != nil {
		return err
	}
	to := "/support/" + r.PathValue("id")
	if token != "" {
		to += "?t=" + url.QueryEscape(token)
	}
	web.Say(r, ui.Success, "support.replied")
	return web.Redirect(w, r, to)
}

func (p *Pages) events(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who, token := web.Actor(ctx), r.URL.Query().Get("t")
	x, err := p.Support.Get(ctx, who, r.PathValue("id"), token)
	if err != nil {
		return err
	}
	news, stop := p.DB.Listen(support.Topic(x.ID))
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
		x, err := p.Support.Get(ctx, who, x.ID, token)
		return stateOf(x), err
	})
}

func (p *Pages) file(w http.ResponseWriter, r *http.Request) error {
	f, body, err := p.Support.File(r.Context(), web.Actor(r.Context()), r.PathValue("id"), r.URL.Query().Get("t"), r.PathValue("file"))
	if err != nil {
		return err
	}
	return web.Send(w, r, f, body)
}
