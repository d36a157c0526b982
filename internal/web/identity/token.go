package identity

import (
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"

	"okno/internal/i18n"
	"okno/internal/signature"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// A token signs no text but the handshake of TLS. The certificate is shown at a host of its own (Pages.Token), as a browser that was
// asked for one once shows it to every page of a host: nothing else is served there, and nobody is signed in there. What came of it goes
// back to the portal as a ticket (signature.Present).

// mountTokens adds the pages to which tickets come.
func (p *Pages) mountTokens(s *web.Server) {
	if p.Token == "" {
		return
	}
	s.Handle("GET "+signing+"/{id}/token", p.ticketPage(signing))
	s.Handle("POST "+signing+"/{id}/token", p.ticketTaken(signing, signature.SignIn, p.arrive))
	s.Handle("GET "+identifying+"/{id}/token", web.RequirePerson(p.ticketPage(identifying)))
	s.Handle("POST "+identifying+"/{id}/token", web.RequirePerson(p.ticketTaken(identifying, signature.Confirm, p.prove)))
}

// tokenURL is where a certificate is shown for the text. The host knows nothing of the person: the language goes along, and where they were
// going.
func (p *Pages) tokenURL(r *http.Request, c signature.Challenge, next string) string {
	if p.Token == "" {
		return ""
	}
	q := url.Values{"lang": {string(i18n.From(r.Context()))}}
	if next != "" {
		q.Set("next", next)
	}
	return p.Token + "/" + c.ID + "?" + q.Encode()
}

// roadOf is the page on which a text of the purpose is signed, and its title.
func roadOf(purpose signature.Purpose) (road, title string) {
	switch purpose {
	case signature.Confirm:
		return identifying, "signature.prove.title"
	case signature.Recover:
		return recoverSigned.base, recoverSigned.title
	case signature.Again:
		return againSigned.base, againSigned.title
	case signature.SignIn:
	}
	return signing, "signin.signature.title"
}

// ErrNotProxy is for whoever speaks to the host of certificates in the place of the proxy that the operator named.
var ErrNotProxy = errors.New("web/identity: a certificate was shown by somebody who is not the proxy")

// Shown is the host of certificates. of finds the one whose key the browser has just used, nil when there is none; failed hears what
// nobody is told.
func (p *Pages) Shown(of func(*http.Request) (*x509.Certificate, error), failed func(error)) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{id}", func(w http.ResponseWriter, r *http.Request) {
		secure(w)
		cert, err := of(r)
		if errors.Is(err, ErrNotProxy) {
			failed(err)
			p.lost(w, r, http.StatusForbidden, "past")
			return
		}
		ctx := r.Context()
		if lang, ok := i18n.Parse(r.FormValue("lang")); ok {
			ctx = i18n.With(ctx, lang)
		}
		var purpose signature.Purpose
		ticket := ""
		if err == nil {
			purpose, ticket, err = p.Signatures.Present(ctx, r.PathValue("id"), cert)
		}
		if err != nil && !over(err) {
			failed(err)
			p.lost(w, r, http.StatusServiceUnavailable, "failed")
			return
		}
		road, _ := roadOf(purpose)
		to := p.Signatures.URL.JoinPath(road, r.PathValue("id"))
		q := url.Values{}
		if ticket != "" { // else the page says why the text is over
			to = to.JoinPath("token")
			q.Set("ticket", ticket)
		}
		if next := nextIn(r); next != "" {
			q.Set("next", next)
		}
		to.RawQuery = q.Encode()
		http.Redirect(w, r, to.String(), http.StatusSeeOther)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { // somebody typed the address, or kept it
		secure(w)
		p.lost(w, r, http.StatusNotFound, "nothing")
	})
	return mux
}

// secure closes the host to everything but what it says itself.
func secure(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Connection", "close") // the next certificate is chosen anew
}

// lost tells whoever can go no further at the host what to do.
func (p *Pages) lost(w http.ResponseWriter, r *http.Request, status int, what string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	lostPage(lostView{What: what, Portal: p.Signatures.URL.JoinPath(signing).String()}).Render(r.Context(), w) //nolint:errcheck // whoever is gone reads nothing
}

// ticketView is the page to which a ticket comes. A person goes on from it by themselves: nobody is signed in by a link.
type ticketView struct {
	Page           ui.Page
	Action, Ticket string
}

func (p *Pages) ticketPage(road string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		c, here, err := p.challenge(w, r, road)
		if err != nil || !here {
			return err
		}
		_, title := roadOf(c.Purpose)
		return web.Render(w, r, http.StatusOK, ticketPage(ticketView{Page: frame(r, title), Action: withNext(road+"/"+c.ID+"/token", nextIn(r)), Ticket: r.URL.Query().Get("ticket")}))
	}
}

// ticketTaken takes the ticket and goes on as after a signature.
func (p *Pages) ticketTaken(road string, purpose signature.Purpose, on func(http.ResponseWriter, *http.Request, signature.Signer) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := web.ReadForm(r)
		if err != nil {
			return err
		}
		cid := r.PathValue("id")
		x, err := p.Signatures.Redeem(r.Context(), cid, holder(r), purpose, f.Get("ticket"))
		switch {
		case err == nil:
			return on(w, r, x)
		case over(err):
			return p.another(w, r, err, road)
		case errors.Is(err, signature.ErrTicket):
			web.Say(r, ui.Warning, signature.ErrTicket.Key)
			return web.Redirect(w, r, withNext(road+"/"+cid, nextIn(r)))
		}
		c, here, gone := p.challenge(w, r, road)
		if gone != nil || !here {
			return gone
		}
		_, title := roadOf(purpose)
		return p.signedAgain(w, r, p.challengeView(r, title, road, c), err)
	}
}
