package portal

import (
	"context"
	"encoding/base64"
	"errors"
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
	pushPath    = noticesPath + "/push"
	offPath     = "/notices/off/"
)

type choicesView struct {
	Page   ui.Page
	Topics []ui.Checkboxes
	Quiet  ui.Checkbox
	Lacks  []string // what contacts there are none of
	Push   *pushView
}

// pushView is about notices in browsers; nil when the portal pushes none.
type pushView struct {
	Key      string // public, for the browser to be bound to
	Browsers []browserView
}

type browserView struct {
	ID, Name, Since, Hash string
	Old                   bool
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
	for _, k := range []contact.Kind{contact.Email, contact.Phone} {
		if !slices.ContainsFunc(contacts, func(c contact.Contact) bool { return c.Target.Kind == k }) {
			v.Lacks = append(v.Lacks, i18n.T(ctx, "portal.choices.lacks."+string(k)))
		}
	}
	if v.Push, err = p.push(ctx, who); err != nil {
		return err
	}
	reach := notification.Reachable(contacts, v.Push != nil && len(v.Push.Browsers) > 0)
	for _, t := range notification.Chosen() {
		box := ui.Checkboxes{Name: string(t), Legend: i18n.T(ctx, "portal.choices.topic."+string(t)), Description: i18n.T(ctx, "portal.choices.about."+string(t))}
		for _, way := range notification.Ways(t) {
			if way != notification.ByPush || v.Push != nil {
				box.Choices = append(box.Choices, ui.Choice{Value: string(way), Label: i18n.T(ctx, "portal.choices.by."+string(way), "time", hour(p.Policy.Notices.DigestAt))})
			}
		}
		for _, way := range c.For(t, reach) {
			box.Values = append(box.Values, string(way))
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
	c := notification.Choice{Quiet: f.On("quiet"), Ways: map[notification.Topic][]notification.Way{}}
	for _, t := range notification.Chosen() {
		c.Ways[t] = []notification.Way{}
		for _, way := range f.All(string(t)) {
			c.Ways[t] = append(c.Ways[t], notification.Way(way)) // another word than those of the page is no way, and is not kept
		}
	}
	if err := p.Notices.Choose(r.Context(), access.From(r.Context()), c); err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.choices.kept")
	return web.Redirect(w, r, choicesPath)
}

// push is what the page says of notices in browsers.
func (p *Pages) push(ctx context.Context, who access.Actor) (*pushView, error) {
	if !p.Notices.Push.On() {
		return nil, nil
	}
	key, err := p.Notices.PushKey(ctx)
	if err != nil {
		return nil, err
	}
	list, err := p.Notices.Browsers(ctx, who)
	v := &pushView{Key: base64.RawURLEncoding.EncodeToString(key.Public)}
	for _, b := range list {
		name := b.Agent
		if name == "" {
			name = i18n.T(ctx, "portal.push.browser")
		}
		v.Browsers = append(v.Browsers, browserView{ID: b.ID, Name: name, Since: i18n.T(ctx, "portal.push.since", "time", web.Moment(ctx, b.Since)), Hash: b.Hash, Old: b.Old})
	}
	return v, err
}

// pushOn switches notices on in the browser that sends the form, which a script has filled.
func (p *Pages) pushOn(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	sub := notification.Subscription{Endpoint: f.Get("endpoint"), P256dh: f.Get("p256dh"), Auth: f.Get("auth")}
	switch err := p.Notices.Subscribe(r.Context(), access.From(r.Context()), sub, web.Visitor(r).Agent); {
	case errors.Is(err, notification.ErrPushRefused):
		web.Say(r, ui.Warning, notification.ErrPushRefused.Fields[0].Key)
	case errors.Is(err, notification.ErrPushMost):
		web.Say(r, ui.Warning, notification.ErrPushMost.Key)
	case err != nil:
		return err
	default:
		web.Say(r, ui.Success, "portal.push.done")
	}
	return web.Redirect(w, r, choicesPath)
}

func (p *Pages) pushOff(w http.ResponseWriter, r *http.Request) error {
	if err := p.Notices.Unsubscribe(r.Context(), access.From(r.Context()), r.PathValue("browser")); err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.push.undone")
	return web.Redirect(w, r, choicesPath)
}

// hour is a time of the day.
func hour(d time.Duration) string { return time.Time{}.Add(d).Format("15:04") }

type offView struct {
	Page ui.Page
	What string // of what the letters are
	Text string // what becomes of the news
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
	says := "portal.off."
	if topic == notification.OfDay {
		says = "portal.off.daily."
	}
	v := offView{Page: frame(ctx, says+"title"), What: i18n.T(ctx, "portal.off.what."+string(topic)), Text: i18n.T(ctx, says+"text"), Done: done, Post: offPath + link}
	if done {
		v.Page, v.Text = frame(ctx, says+"done"), i18n.T(ctx, says+"done_text")
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
