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

// asked is what a page of proving carries along: it is kept nowhere, as nothing hangs on it but the person's own proof.
type asked struct {
	By      signin.Means
	Attempt string
	Next    string
	Need    string // web.NeedSecond: the password is not enough
}

func (a asked) url(base string) string {
	q := url.Values{}
	for name, value := range map[string]string{"by": string(a.By), "attempt": a.Attempt, "next": a.Next, "need": a.Need} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return base + "?" + q.Encode()
}

func askedIn(get func(string) string) asked {
	a := asked{By: signin.Means(get("by")), Attempt: get("attempt"), Next: web.LocalOr(get("next"), "")}
	if get("need") == web.NeedSecond {
		a.Need = web.NeedSecond
	}
	return a
}

// proving is a page on which somebody proves by one of several means: before an act that matters, and on the way back into an account.
type proving struct {
	base   string
	view   func(r *http.Request, a asked) (factorView, error)
	answer func(r *http.Request, a asked, f web.Form) error
	send   func(r *http.Request, a asked) (attempt string, err error)
	resend func(r *http.Request, a asked, spoken bool) error
	done   func(w http.ResponseWriter, r *http.Request, a asked) error                         // leads on
	ended  func(w http.ResponseWriter, r *http.Request, a asked, err error) (ok bool, _ error) // leads away when err says that there is nothing to prove
}

func (x proving) mount(s *web.Server, guard func(web.Handler) web.Handler) {
	s.Handle("GET "+x.base, guard(x.page))
	s.Handle("POST "+x.base, guard(x.post))
	s.Handle("POST "+x.base+"/by", guard(x.by))
	s.Handle("POST "+x.base+"/resend", guard(func(w http.ResponseWriter, r *http.Request) error { return x.again(w, r, false) }))
	s.Handle("POST "+x.base+"/call", guard(func(w http.ResponseWriter, r *http.Request) error { return x.again(w, r, true) }))
}

func (x proving) page(w http.ResponseWriter, r *http.Request) error {
	a := askedIn(r.URL.Query().Get)
	v, err := x.view(r, a)
	if err != nil {
		return x.away(w, r, a, err)
	}
	return web.Render(w, r, http.StatusOK, factorPage(v))
}

func (x proving) post(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	a := askedIn(f.Get)
	if err := x.answer(r, a, f); err != nil {
		return x.refused(w, r, a, err, f.Get("code"))
	}
	return x.done(w, r, a)
}

// by goes on by another means; a code that is wanted goes out.
func (x proving) by(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	a := askedIn(f.Get)
	if a.Attempt = ""; a.By == signin.ByPhone || a.By == signin.ByMail {
		if a.Attempt, err = x.send(r, a); err != nil {
			return x.refused(w, r, a, err, "")
		}
	}
	return web.Redirect(w, r, a.url(x.base))
}

func (x proving) again(w http.ResponseWriter, r *http.Request, spoken bool) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	a := askedIn(f.Get)
	if a.Attempt == "" {
		a.Attempt, err = x.send(r, a)
	} else {
		err = x.resend(r, a, spoken)
	}
	if err != nil {
		return x.refused(w, r, a, err, "")
	}
	return web.Redirect(w, r, a.url(x.base))
}

// away leads away from the page, when err says that there is nothing to prove.
func (x proving) away(w http.ResponseWriter, r *http.Request, a asked, err error) error {
	if ok, led := x.ended(w, r, a, err); ok {
		return led
	}
	return err
}

// refused shows the page again under what was refused.
func (x proving) refused(w http.ResponseWriter, r *http.Request, a asked, refused error, typed string) error {
	if ok, led := x.ended(w, r, a, refused); ok {
		return led
	}
	if errors.Is(refused, contact.ErrGone) {
		a.Attempt, refused = "", contact.ErrExpired
	}
	v, err := x.view(r, a)
	if err != nil { // the form was sent twice, and the first did it
		return x.away(w, r, a, err)
	}
	return v.refused(r.Context(), w, r, refused, typed)
}

// carry are the fields that the forms of the page carry. Here a code goes out when it is asked for.
func (v *factorView) carry(x signin.Second) {
	v.Asked = false
	v.Hidden = append(v.Hidden, ui.Hidden{Name: "attempt", Value: x.Challenge.ID}, ui.Hidden{Name: "by", Value: string(x.Now)})
}

// errFresh is somebody who has proved it a moment ago.
var errFresh = errors.New("identity: proved already")

// again is the proof before an act that matters.
func (p *Pages) again() proving {
	who := func(r *http.Request) access.Actor { return access.From(r.Context()) }
	lead := func(w http.ResponseWriter, r *http.Request, a asked) error {
		return web.Redirect(w, r, web.LocalOr(a.Next, cabinet))
	}
	return proving{
		base: web.Again,
		view: func(r *http.Request, a asked) (factorView, error) {
			ctx := r.Context()
			fresh, ask, why := p.SignIn.Fresh, p.SignIn.Again, "second.again_why"
			if a.Need == web.NeedSecond {
				fresh, ask, why = p.SignIn.FreshSecond, p.SignIn.AgainSecond, "second.again_sealed"
			}
			if fresh(who(r)) {
				return factorView{}, errFresh
			}
			x, err := ask(ctx, who(r), web.Visitor(r), a.By, a.Attempt)
			if err != nil {
				return factorView{}, err
			}
			v := newFactorView(r, x, web.Again, a.Next)
			v.Page = frame(r, "second.again_title")
			v.Why, v.Button = i18n.T(ctx, why), i18n.T(ctx, "second.again_go")
			v.carry(x)
			if a.Need != "" {
				v.Hidden = append(v.Hidden, ui.Hidden{Name: "need", Value: a.Need})
			}
			return v, nil
		},
		answer: func(r *http.Request, a asked, f web.Form) error {
			if a.By == signin.ByPassword {
				return p.SignIn.AgainPassword(r.Context(), who(r), f.Get("password"))
			}
			if a.By == signin.ByKey {
				answer := f.Get("answer")
				if answer == "" {
					return errNoScriptSecond
				}
				return p.SignIn.AgainKey(r.Context(), who(r), web.Visitor(r), f.Get("challenge"), []byte(answer))
			}
			return p.SignIn.AgainCode(r.Context(), who(r), web.Visitor(r), a.By, a.Attempt, f.Get("code"))
		},
		send: func(r *http.Request, a asked) (string, error) {
			return p.SignIn.AgainSend(r.Context(), who(r), web.Visitor(r), a.By)
		},
		resend: func(r *http.Request, a asked, spoken bool) error {
			return p.SignIn.AgainResend(r.Context(), who(r), web.Visitor(r), a.Attempt, spoken)
		},
		done: func(w http.ResponseWriter, r *http.Request, a asked) error {
			return lead(w, r, a)
		},
		ended: func(w http.ResponseWriter, r *http.Request, a asked, err error) (bool, error) {
			switch {
			case errors.Is(err, errFresh):
				return true, lead(w, r, a)
			case errors.Is(err, signin.ErrAgain): // a second factor was set up meanwhile, and the password is not enough
				return true, web.Redirect(w, r, asked{Next: a.Next, Need: a.Need}.url(web.Again))
			}
			return false, nil
		},
	}
}

// secondRecovery is what a recovery asks for beside the contact, where that proves too little.
func (p *Pages) secondRecovery() proving {
	return proving{
		base: recoverSecond,
		view: func(r *http.Request, a asked) (factorView, error) {
			ctx := r.Context()
			x, err := p.SignIn.RecoverSecond(ctx, web.Visitor(r), a.By, a.Attempt)
			if err != nil {
				return factorView{}, err
			}
			v := newFactorView(r, x, recoverSecond, "")
			v.Page = frame(r, "recover.second.title")
			v.Why, v.Button = i18n.T(ctx, "recover.second.why"), i18n.T(ctx, "second.again_go")
			if v.Now == "" {
				v.Lead = i18n.T(ctx, "recover.second.none")
			}
			v.Lost, v.Ways = i18n.T(ctx, "recover.second.lost"), append(p.otherDoors(), desk)
			v.carry(x)
			return v, nil
		},
		answer: func(r *http.Request, a asked, f web.Form) error {
			if a.By == signin.ByKey {
				answer := f.Get("answer")
				if answer == "" {
					return errNoScriptSecond
				}
				return p.SignIn.RecoverSecondKey(r.Context(), web.Visitor(r), f.Get("challenge"), []byte(answer))
			}
			typed := f.Get("code")
			if a.By == signin.ByQuestions {
				typed = answersIn(f, p.SignIn.Policy.Recovery.Questions.Ask)
			}
			return p.SignIn.RecoverSecondCode(r.Context(), web.Visitor(r), a.By, a.Attempt, typed)
		},
		send: func(r *http.Request, a asked) (string, error) {
			return p.SignIn.RecoverSecondSend(r.Context(), web.Visitor(r), a.By)
		},
		resend: func(r *http.Request, a asked, spoken bool) error {
			return p.SignIn.RecoverSecondResend(r.Context(), web.Visitor(r), a.Attempt, spoken)
		},
		done: func(w http.ResponseWriter, r *http.Request, _ asked) error {
			return web.Redirect(w, r, recoverURL(signin.StepPassword))
		},
		ended: func(w http.ResponseWriter, r *http.Request, _ asked, err error) (bool, error) {
			switch {
			case errors.Is(err, signin.ErrRecoverOver):
				web.Say(r, ui.Warning, "recover.over")
				return true, web.Redirect(w, r, recovery)
			case errors.Is(err, signin.ErrNoRecovery):
				return true, web.Redirect(w, r, recovery)
			}
			return false, nil
		},
	}
}
