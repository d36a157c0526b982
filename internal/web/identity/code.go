package identity

import (
	"net/http"
	"time"

	"okno/internal/contact"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// road is one of the two roads on which a contact is proved; its text begins the addresses and the keys of its pages.
type road string

const (
	registering road = "register"
	recovering  road = "recover"
)

func (d road) url(page string) string { return "/" + string(d) + page }

// sentKey says what was sent where; recovering, it must not say that anything was.
func (d road) sentKey() string {
	if d == recovering {
		return "recover.code.if"
	}
	return "register.code.stop"
}

// codeView is the page that asks for a code, and the page of an attempt that is blocked.
type codeView struct {
	Page    ui.Page
	Steps   ui.Steps
	Road    road
	Mail    bool
	Spoken  bool // the code comes by a call
	Late    bool // nobody takes messages to send at the moment
	CanCall bool // the next one may
	Masked  string
	Typed   string
	Errors  ui.Errors
	Setback *web.Setback
	Left    string // how many tries are left; "" under an error, which says so itself
	Sent    string // when the last code was sent
	Expires int    // seconds
	Wait    int    // seconds until a new code may be asked for
	Other   string // the other contact, masked; "" when there is none
	ToMail  bool   // the other contact is an e-mail
	Ref     string // of the block; "" when the attempt is not blocked
	Help    string // where support is told of the block
	Hotline string
}

func newCodeView(r *http.Request, d road, c contact.Challenge) codeView {
	ctx, now := r.Context(), web.Now(r.Context())
	v := codeView{
		Road: d, Mail: c.Target.Kind == contact.Email, Spoken: c.Spoken, CanCall: c.CanCall, Late: c.Late, Masked: c.Masked, Left: triesLeft(r, c), Sent: i18n.DateTime(ctx, c.SentAt),
		Expires: seconds(c.ExpiresAt.Sub(now)), Wait: seconds(c.ResendAt.Sub(now)), Ref: c.BlockedRef,
	}
	v.Steps = ui.Steps{Now: 2, Of: 3, Saved: d == registering}
	title := "register.code.sms"
	switch {
	case v.Ref != "":
		title = "register.blocked.title"
		v.Help = "/support?block=" + v.Ref
	case v.Mail:
		title = "register.code.mail"
	case v.Spoken:
		title = "register.code.voice"
	}
	v.Page = web.Page(ctx, i18n.T(ctx, title))
	v.Hotline = v.Page.Hotline
	return v
}

// lateKey is the key of what is said of a channel of codes that nobody serves at the moment.
func lateKey(mail, spoken bool) string {
	switch {
	case mail:
		return "code.late.mail"
	case spoken:
		return "code.late.voice"
	}
	return "code.late.sms"
}

// call is the address that asks for a call; "" where nobody calls.
func (v codeView) call() string {
	if !v.CanCall {
		return ""
	}
	return v.Road.url("/call")
}

// triesLeft counts the codes that may still be typed: as many wrong ones as are allowed, and the one after.
func triesLeft(r *http.Request, c contact.Challenge) string {
	if c.TriesLeft == 0 {
		return i18n.T(r.Context(), "register.code.last")
	}
	return i18n.N(r.Context(), "register.code.left", c.TriesLeft+1)
}

func seconds(d time.Duration) int {
	if d <= 0 {
		return 0
	}
	return int((d + time.Second - 1) / time.Second)
}

// refused shows the page again under what was wrong with the code.
func (v codeView) refused(w http.ResponseWriter, r *http.Request, errs ui.Errors, typed string) error {
	v.Errors, v.Typed, v.Left, v.Page.Invalid = errs, typed, "", true
	return web.Render(w, r, http.StatusUnprocessableEntity, codePage(v))
}

// setBack shows the page again under a refusal that is not about the code.
func (v codeView) setBack(w http.ResponseWriter, r *http.Request, s *web.Setback) error {
	if v.Ref == "" { // a block speaks for itself
		v.Setback = s
	}
	return web.Render(w, r, s.Status, codePage(v))
}

// linkView is the page to which the link of a letter leads: mail scanners open links by themselves, so it takes a click.
type linkView struct {
	Page   ui.Page
	Road   road
	Masked string
}
