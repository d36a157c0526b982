package identity

import (
	"errors"
	"net/http"
	"net/url"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/i18n"
	"okno/internal/signin"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// asked is what the page of proving again carries along: it is kept nowhere, as nothing hangs on it but the person's own proof.
type asked struct {
	By      signin.Means
	Attempt string
	Next    string
}

func (a asked) url() string {
	q := url.Values{}
	for name, value := range map[string]string{"by": string(a.By), "attempt": a.Attempt, "next": a.Next} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return web.Again + "?" + q.Encode()
}

func askedIn(get func(string) string) asked {
	return asked{signin.Means(get("by")), get("attempt"), web.LocalOr(get("next"), cabinet)}
}

func (p *Pages) againView(r *http.Request, a asked) (factorView, error) {
	ctx := r.Context()
	x, err := p.SignIn.Again(ctx, access.From(ctx), web.Visitor(r), a.By, a.Attempt)
	if err != nil {
		return factorView{}, err
	}
	v := newFactorView(r, signin.Second{Means: x.Means, Now: x.Now, Challenge: x.Challenge}, web.Again, a.Next)
	v.Page = frame(r, "second.again_title")
	v.Why, v.Button = i18n.T(ctx, "second.again_why"), i18n.T(ctx, "second.again_go")
	v.Hidden = append(v.Hidden, ui.Hidden{Name: "attempt", Value: x.Challenge.ID}, ui.Hidden{Name: "by", Value: string(x.Now)})
	return v, nil
}

func (p *Pages) againPage(w http.ResponseWriter, r *http.Request) error {
	a := askedIn(r.URL.Query().Get)
	if p.SignIn.Fresh(access.From(r.Context())) {
		return web.Redirect(w, r, a.Next)
	}
	v, err := p.againView(r, a)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, factorPage(v))
}

// again takes the password or the code, and leads to where the proof was wanted.
func (p *Pages) again(w http.ResponseWriter, r *http.Request) error {
	return p.againDo(w, r, func(f web.Form, a asked) (asked, error) {
		ctx := r.Context()
		if a.By != signin.ByPassword {
			return a, p.SignIn.AgainCode(ctx, access.From(ctx), web.Visitor(r), a.By, a.Attempt, f.Get("code"))
		}
		err := p.SignIn.AgainPassword(ctx, access.From(ctx), f.Get("password"))
		if errors.Is(err, signin.ErrAgain) { // a second factor was set up meanwhile
			a.By = ""
		}
		return a, err
	})
}

func (p *Pages) againBy(w http.ResponseWriter, r *http.Request) error {
	return p.againDo(w, r, func(f web.Form, a asked) (asked, error) {
		ctx := r.Context()
		a.By, a.Attempt = signin.Means(f.All("by")[0]), ""
		if a.By != signin.ByPhone && a.By != signin.ByMail {
			return a, nil
		}
		var err error
		a.Attempt, err = p.SignIn.AgainSend(ctx, access.From(ctx), web.Visitor(r), a.By)
		return a, err
	})
}

func (p *Pages) againResend(w http.ResponseWriter, r *http.Request) error {
	return p.againSend(w, r, false)
}
func (p *Pages) againCall(w http.ResponseWriter, r *http.Request) error {
	return p.againSend(w, r, true)
}

func (p *Pages) againSend(w http.ResponseWriter, r *http.Request, spoken bool) error {
	return p.againDo(w, r, func(_ web.Form, a asked) (asked, error) {
		ctx := r.Context()
		if a.Attempt != "" {
			return a, p.SignIn.AgainResend(ctx, access.From(ctx), web.Visitor(r), a.Attempt, spoken)
		}
		var err error
		a.Attempt, err = p.SignIn.AgainSend(ctx, access.From(ctx), web.Visitor(r), a.By)
		return a, err
	})
}

// againDo does something on the way to the proof and shows the page again, or what was refused; once the proof was given, the page
// itself leads on.
func (p *Pages) againDo(w http.ResponseWriter, r *http.Request, do func(f web.Form, a asked) (asked, error)) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	a, refused := do(f, askedIn(f.Get))
	if refused == nil || errors.Is(refused, signin.ErrAgain) {
		return web.Redirect(w, r, a.url())
	}
	if errors.Is(refused, contact.ErrGone) {
		a.Attempt, refused = "", contact.ErrExpired
	}
	v, err := p.againView(r, a)
	if err != nil {
		return err
	}
	return v.refused(r.Context(), w, r, refused, f.Get("code"))
}
