package identity

import (
	"net/http"

	"okno/internal/signature"
	"okno/internal/signin"
	"okno/internal/web"
)

// signRoad is a road on which somebody proves by a signature beside the other means of a page of proving.
type signRoad struct {
	base, title string
	purpose     signature.Purpose
}

// The roads.
var (
	againSigned   = signRoad{web.Again + "/signature", "second.again_title", signature.Again}
	recoverSigned = signRoad{recoverSecond + "/signature", "recover.second.title", signature.Recover}
)

// mountSigned adds the road to the page of proving. take does with the SNILS of whoever has signed what the page does with an answer.
func (p *Pages) mountSigned(s *web.Server, x proving, road signRoad, guard func(web.Handler) web.Handler, take func(r *http.Request, snils string) error) {
	taken := func(w http.ResponseWriter, r *http.Request, signer signature.Signer) error {
		a := asked{By: signin.BySignature, Next: nextIn(r)}
		if err := take(r, signer.SNILS); err != nil {
			return x.refused(w, r, a, err, "")
		}
		return x.done(w, r, a)
	}
	s.Handle("GET "+road.base, guard(func(w http.ResponseWriter, r *http.Request) error { // where a text that is over leads to
		return web.Redirect(w, r, asked{By: signin.BySignature, Next: nextIn(r)}.url(x.base))
	}))
	s.Handle("POST "+road.base, guard(func(w http.ResponseWriter, r *http.Request) error { return p.provingBegin(w, r, x, road) }))
	s.Handle("GET "+road.base+"/{id}", guard(func(w http.ResponseWriter, r *http.Request) error {
		c, here, err := p.challenge(w, r, road.base)
		if err != nil || !here {
			return err
		}
		return web.Render(w, r, http.StatusOK, signPage(p.challengeView(r, road.title, road.base, c)))
	}))
	s.Handle("GET "+road.base+"/{id}/text", guard(p.signatureFile(road.base)))
	s.Handle("POST "+road.base+"/{id}", web.Upload(p.mostSigned(), guard(func(w http.ResponseWriter, r *http.Request) error {
		signer, ok, err := p.answered(w, r, road.title, road.base, road.purpose)
		if err != nil || !ok {
			return err
		}
		return taken(w, r, signer)
	})))
	if p.Token != "" {
		s.Handle("GET "+road.base+"/{id}/token", guard(p.ticketPage(road.base)))
		s.Handle("POST "+road.base+"/{id}/token", guard(p.ticketTaken(road.base, road.purpose, taken)))
	}
}

// provingBegin gives a text to whoever is asked for one on the page.
func (p *Pages) provingBegin(w http.ResponseWriter, r *http.Request, x proving, road signRoad) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	a := askedIn(f.Get)
	a.By = signin.BySignature
	v, err := x.view(r, a)
	if err != nil {
		return x.away(w, r, a, err)
	}
	if v.Now != signin.BySignature || !p.takes() {
		return web.Redirect(w, r, asked{Next: a.Next}.url(x.base))
	}
	c, err := p.Signatures.Begin(r.Context(), holder(r), road.purpose)
	if err != nil {
		return v.refused(r.Context(), w, r, err, "")
	}
	return web.Redirect(w, r, withNext(road.base+"/"+c.ID, a.Next))
}
