package identity

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/credential"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// activities is how many events of the account's history are shown.
const activities = 30

// securityView is the page on which people look after the security of their account (AUTH-8).
type securityView struct {
	Page     ui.Page
	Sessions []sessionRow
	Trusted  []trustedRow
	Others   bool // there are sessions beside this one, or remembered browsers
	History  []ui.Item
	Set      string // when the password was set
	Old      bool   // … which is long ago (REG-7)
	Factors  factorsView
	Keys     keysView
	Advice   ui.Checklist
	Pause    pauseView
	Shut     shutView
	Wrong    string // that many wrong passwords were typed lately, "" when not many were
}

// sessionRow is one open session.
type sessionRow struct {
	ID, Device, Seen, Since string
	Current                 bool
}

// trustedRow is one browser that is not asked for a second factor.
type trustedRow struct {
	Browser, Device, Until string
	Current                bool
}

func (p *Pages) security(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	open, err := p.Credentials.Sessions(ctx, who)
	if err != nil {
		return err
	}
	var former []string
	if p.Former != nil {
		if former, err = p.Former(ctx, p.DB, who); err != nil {
			return err
		}
	}
	history, err := audit.About(ctx, p.DB, who.ID, activities, "", former...)
	if err != nil {
		return fmt.Errorf("history of the account: %w", err)
	}
	v := securityView{Page: frame(r, "security.title"), Others: len(open) > 1}
	set, err := p.Credentials.PasswordSet(ctx, p.DB, who.ID)
	if err != nil {
		return err
	}
	v.Set, v.Old = i18n.T(ctx, "security.password_set", "date", i18n.Date(ctx, set)), p.Credentials.Policy.Password.Due(set, p.DB.Now())
	if v.Keys, err = p.keysView(ctx); err != nil {
		return err
	}
	if v.Factors, err = p.factorsView(ctx); err != nil {
		return err
	}
	advice, err := p.SignIn.MyAdvice(ctx, who)
	if err != nil {
		return err
	}
	v.Advice = web.Checklist(ctx, advice, security, true)
	if v.Pause, err = p.pauseView(r); err != nil {
		return err
	}
	wrong, err := audit.Count(ctx, p.DB, who.ID, "signin.wrong", p.DB.Now().Add(-24*time.Hour))
	if err != nil {
		return err
	}
	if wrong >= p.SignIn.Policy.Alert.WrongPasswords {
		v.Wrong = i18n.N(ctx, "security.odd_wrong_text", wrong)
	}
	if v.Shut, err = p.shutView(r); err != nil {
		return err
	}
	for _, s := range open {
		v.Sessions = append(v.Sessions, row(ctx, s))
	}
	tellApart(v.Sessions, func(x *sessionRow) *string { return &x.Device })
	if v.Factors.Asked {
		if v.Trusted, err = p.trusted(ctx); err != nil {
			return err
		}
		v.Others = v.Others || slices.ContainsFunc(v.Trusted, func(t trustedRow) bool { return !t.Current })
	}
	for _, e := range history {
		v.History = append(v.History, item(ctx, e))
	}
	return web.Render(w, r, http.StatusOK, securityPage(v))
}

// tellApart numbers the second and each further row of one name, so that what stands beside each can be named: «Chrome, Linux (2)».
func tellApart[T any](rows []T, name func(*T) *string) {
	seen := map[string]int{}
	for i := range rows {
		n := name(&rows[i])
		if seen[*n]++; seen[*n] > 1 {
			*n += fmt.Sprintf(" (%d)", seen[*n])
		}
	}
}

func row(ctx context.Context, s credential.Session) sessionRow {
	x := sessionRow{ID: s.ID, Device: cmp.Or(s.Agent, i18n.T(ctx, "security.device")), Current: s.Current, Since: i18n.T(ctx, "security.since", "time", web.Moment(ctx, s.CreatedAt))}
	for _, by := range strings.Fields(s.Methods) {
		if key := "security.proved." + by; i18n.Has(key) {
			x.Since += " · " + i18n.T(ctx, key)
		}
	}
	if !s.Current {
		x.Seen = i18n.T(ctx, "security.seen", "time", web.Moment(ctx, s.SeenAt))
	}
	return x
}

func (p *Pages) trusted(ctx context.Context) ([]trustedRow, error) {
	list, err := p.Credentials.Trusts(ctx, access.From(ctx))
	if err != nil {
		return nil, err
	}
	var out []trustedRow
	for _, t := range list {
		out = append(out, trustedRow{t.Browser, cmp.Or(t.Agent, i18n.T(ctx, "security.device")), i18n.T(ctx, "security.trusted_until", "time", web.Moment(ctx, t.Until)), t.Current})
	}
	tellApart(out, func(x *trustedRow) *string { return &x.Device })
	return out, nil
}

// item says one event of the history in words. An event nobody has found words for is shown by what it is about.
func item(ctx context.Context, e audit.Entry) ui.Item {
	x := ui.Item{Note: web.Moment(ctx, e.At), Title: i18n.T(ctx, "security.activity.other")}
	if key := "security.activity." + e.Action; i18n.Has(key) {
		x.Title = i18n.T(ctx, key)
	}
	if odd(e.Action) {
		x.Tag = &ui.Tag{Label: i18n.T(ctx, "security.odd"), Tone: ui.Warning}
	}
	switch {
	case e.Own:
		x.Text = i18n.T(ctx, "security.by.you")
	case e.Kind == access.Agent:
		x.Text = i18n.T(ctx, "portal.access.agent")
	case e.Kind == access.Staff:
		x.Text = i18n.T(ctx, "security.by."+string(e.Role))
	}
	return x
}

// odd reports whether an event is one that a stranger may have made: a browser that was never seen, a right password without the rest, a
// way of proof or a contact that was taken away.
func odd(action string) bool {
	switch action {
	case "signin.new_device", "signin.second_wrong", "signin.key_wrong", "recover.second_wrong", "recovery.held", "password.recovered", "alert.disavowed",
		"factor.app_removed", "factor.codes_off", "passkey.removed", "passkey.cloned", "contact.removed", "contact.reserved", "contact.untied", "contact.untie_asked":
		return true
	}
	return false
}

func (p *Pages) closeSession(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if err := p.SignIn.Close(ctx, access.From(ctx), f.Get("session")); err != nil {
		return paused(w, r, err)
	}
	web.Say(r, ui.Success, "security.closed")
	return web.Redirect(w, r, security)
}

func (p *Pages) distrust(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if err := p.SignIn.Distrust(ctx, access.From(ctx), f.Get("browser")); err != nil {
		return paused(w, r, err)
	}
	web.Say(r, ui.Success, "security.distrusted")
	return web.Redirect(w, r, security)
}

func (p *Pages) closeOthers(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	n, err := p.SignIn.CloseOthers(ctx, access.From(ctx))
	if err != nil {
		return paused(w, r, err)
	}
	web.Note(ctx, "closed", n)
	web.Say(r, ui.Success, "security.closed_others")
	return web.Redirect(w, r, security)
}

// dismissAdvice remembers that the person does not want to hear of a piece of advice, and goes back to the page that offered it.
func (p *Pages) dismissAdvice(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if err := p.SignIn.DismissAdvice(ctx, access.From(ctx), f.Get("name")); err != nil {
		return err
	}
	web.Say(r, ui.Success, "advice.dismissed")
	return web.Redirect(w, r, web.LocalOr(f.Get("back"), security))
}
