package web

import (
	"context"
	"net/http"
	"strings"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/web/ui"
)

// Page is the frame of a public page: links, who is signed in, what the last page said. The title is a text, not a key.
func Page(ctx context.Context, title string) ui.Page {
	v := visitOf(ctx)
	p := v.frame(ctx, title)
	if who := Actor(ctx); who.Kind == access.Person {
		p.Person = &ui.Person{Name: v.greeting(ctx, who), Menu: v.links(ctx, v.server.Menu)}
	}
	p.Flash = v.said(ctx)
	return p
}

// frame is the Page as far as it can be told without asking the database.
func (v *visit) frame(ctx context.Context, title string) ui.Page {
	s := v.server
	p := ui.Page{
		Title: title, Path: v.path(), Nav: v.links(ctx, s.Nav), Footer: v.links(ctx, s.Footer), Hotline: s.Policy.Hotline.Phone,
		Larger: cookie(v.r, s.cookies.view) == larger, Home: v.r.URL.Path == "/", Old: old(v.r.UserAgent()),
	}
	if s.Demo {
		p.Banner = i18n.T(ctx, "web.demo")
	}
	return p
}

// larger is the value of the view cookie that asks for larger type and spacing.
const larger = "larger"

// path is where the switches of the page come back to: this address, or the page whose form was sent.
func (v *visit) path() string {
	if v.r.Method == http.MethodGet || v.r.Method == http.MethodHead {
		return v.r.URL.RequestURI()
	}
	return cameFrom(v.r)
}

func (v *visit) links(ctx context.Context, list []Nav) []ui.Link {
	out := make([]ui.Link, 0, len(list))
	for _, n := range list {
		here := v.r.URL.Path == n.URL || strings.HasPrefix(v.r.URL.Path, n.URL+"/")
		out = append(out, ui.Link{Label: i18n.T(ctx, n.Key), URL: n.URL, Icon: n.Icon, Current: here})
	}
	return out
}

// greeting is how the header calls whoever is signed in.
func (v *visit) greeting(ctx context.Context, who access.Actor) string {
	if v.name == "" && v.server.Name != nil {
		name, err := v.server.Name(ctx, who)
		if err != nil {
			Note(ctx, "name", err.Error())
		}
		v.name = name
	}
	if v.name == "" {
		return i18n.T(ctx, "web.person")
	}
	return v.name
}

// Greet tells the frame the name of whoever is signed in, so that a page which has read the account already saves the
// statement that would ask for it.
func Greet(ctx context.Context, name string) { visitOf(ctx).name = name }

// Desk is the frame of a page of a workplace. The page adds its queues and its unit's name.
func Desk(ctx context.Context, title string) ui.Desk {
	v := visitOf(ctx)
	d := ui.Desk{Title: title, Path: v.path(), Larger: cookie(v.r, v.server.cookies.view) == larger}
	if who := Actor(ctx); who.Kind == access.Staff {
		d.Staff, d.Unit, d.Role = v.greeting(ctx, who), who.Unit, i18n.T(ctx, "web.role."+string(who.Role))
		d.Own = deskHome + "/security"
	}
	d.Flash = v.said(ctx)
	return d
}

// Say leaves a message for the next page: the key of a text without placeholders.
func Say(r *http.Request, tone ui.Tone, key string) { visitOf(r.Context()).say(tone, key) }

func (v *visit) say(tone ui.Tone, key string) {
	v.put(v.server.cookies.flash, string(tone)+"."+key, "/", forOneStep)
}

// partHeader marks a request of a script that wants parts of a page, dom.js.
const partHeader = "Okno-Part"

// said takes the message that was left. Only texts of ours can be said, whoever wrote the cookie. A page that keeps itself up to date while
// the person is led on to the next one leaves the message to that.
func (v *visit) said(ctx context.Context) *ui.Flash {
	value := cookie(v.r, v.server.cookies.flash)
	if value == "" || v.r.Header.Get(partHeader) != "" {
		return nil
	}
	v.drop(v.server.cookies.flash, "/")
	tone, key, ok := strings.Cut(value, ".")
	if !ok || !i18n.Has(key) {
		return nil
	}
	switch ui.Tone(tone) {
	case ui.Success, ui.Info, ui.Warning, ui.Danger:
		return &ui.Flash{Tone: ui.Tone(tone), Title: i18n.T(ctx, key)}
	case ui.Neutral:
	}
	return &ui.Flash{Tone: ui.Info, Title: i18n.T(ctx, key)}
}
