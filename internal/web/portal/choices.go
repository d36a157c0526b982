package portal

import (
	"net/http"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/i18n"
	"okno/internal/notification"
	"okno/internal/web"
	"okno/internal/web/ui"
)

const (
	noticesPath = "/cabinet/notices"
	choicesPath = noticesPath + "/choice"
	offPath     = "/notices/off/"
)

type choicesView struct {
	Page   ui.Page
	Topics []ui.Checkboxes
	Quiet  ui.Checkbox
	Lacks  []string // what contacts there are none of
}

// choices shows over what the person hears of each kind of news (CAB-4).
func (p *Pages) choices(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	c, err := p.Notices.Choice(ctx, who)
	if err != nil {
		return err
	}
	contacts, err := p.Contacts.Of(ctx, p.DB, who.ID)
	if err != nil {
		return err
	}
	contacts = contact.Serving(contacts)
	v := choicesView{Page: frame(ctx, "portal.choices.title")}
	kinds := []contact.Kind{contact.Email, contact.Phone}
	for _, k := range kinds {
		if !slices.ContainsFunc(contacts, func(c contact.Contact) bool { return c.Target.Kind == k }) {
			v.Lacks = append(v.Lacks, i18n.T(ctx, "portal.choices.lacks."+string(k)))
		}
	}
	for _, t := range notification.Chosen() {
		box := ui.Checkboxes{Name: string(t), Legend: i18n.T(ctx, "portal.choices.topic."+string(t)), Description: i18n.T(ctx, "portal.choices.about."+string(t))}
		for _, k := range kinds {
			box.Choices = append(box.Choices, ui.Choice{Value: string(k), Label: i18n.T(ctx, "portal.choices.by."+string(k))})
		}
		for _, k := range c.For(t, contacts) {
			box.Values = append(box.Values, string(k))
		}
		v.Topics = append(v.Topics, box)
	}
	night := p.Policy.Notices
	v.Quiet = ui.Checkbox{Name: "quiet", Label: i18n.T(ctx, "portal.choices.quiet", "since", hour(night.NightSince), "until", hour(night.NightUntil)), Description: i18n.T(ctx, "portal.choices.quiet_text"), Checked: c.Quiet}
	return web.Render(w, r, http.StatusOK, choicesPage(v))
}

func (p *Pages) choose(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	c := notification.Choice{Quiet: f.On("quiet"), Ways: map[notification.Topic][]contact.Kind{}}
	for _, t := range notification.Chosen() {
		c.Ways[t] = []contact.Kind{}
		for _, k := range f.All(string(t)) {
			c.Ways[t] = append(c.Ways[t], contact.Kind(k)) // another word than those of the page is no way, and is not kept
		}
	}
	if err := p.Notices.Choose(r.Context(), access.From(r.Context()), c); err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.choices.kept")
	return web.Redirect(w, r, choicesPath)
}

// hour is a time of the day.
func hour(d time.Duration) string { return time.Time{}.Add(d).Format("15:04") }

type offView struct {
	Page ui.Page
	What string // of what the letters are
	Done bool
	Post string
}

// off asks, behind the link of a letter and without signing in, whether such letters are to stop: the link may be followed by a mail
// program by itself, and that must change nothing.
func (p *Pages) off(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	link := r.PathValue("link")
	topic, done, err := p.Notices.Stopped(ctx, link)
	if err != nil {
		return err
	}
	v := offView{Page: frame(ctx, "portal.off.title"), What: i18n.T(ctx, "portal.off.what."+string(topic)), Done: done, Post: offPath + link}
	if done {
		v.Page = frame(ctx, "portal.off.done")
	}
	return web.Render(w, r, http.StatusOK, offPage(v))
}

// turnOff stops the letters: for the button of the page, or for the mail program, which shows one of its own (RFC 8058) and follows
// no redirect.
func (p *Pages) turnOff(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := p.Notices.Stop(r.Context(), r.PathValue("link")); err != nil {
		return err
	}
	if f.Get("List-Unsubscribe") == "One-Click" {
		return p.off(w, r)
	}
	return web.Redirect(w, r, offPath+r.PathValue("link"))
}
