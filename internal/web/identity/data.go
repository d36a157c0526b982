package identity

import (
	"net/http"
	"time"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/rights"
	"okno/internal/web"
	"okno/internal/web/ui"
)

const data = "/cabinet/data"

// dataView is the page of what the portal holds of a person and of what they may demand.
type dataView struct {
	Page     ui.Page
	Held     []string
	Errors   ui.Errors
	Setback  *web.Setback
	Download string // address of the copy that is ready, "" when none is
	Until    string
	Waiting  string // the day of the erasure in words, "" when none waits
	Later    bool   // a takeover that can be undone puts it off
	Paused   ui.Paused
}

func (p *Pages) data(w http.ResponseWriter, r *http.Request) error {
	v, err := p.dataView(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if exportID := r.URL.Query().Get("copy"); exportID != "" {
		until, err := p.Rights.Allowed(ctx, access.From(ctx), exportID)
		if err != nil {
			return err
		}
		v.Download, v.Until = data+"/copy/"+exportID, i18n.Clock(ctx, until)
	}
	return web.Render(w, r, http.StatusOK, dataPage(v))
}

func (p *Pages) dataView(r *http.Request) (dataView, error) {
	ctx := r.Context()
	v := dataView{Page: frame(r, "rights.data.title")}
	for _, table := range rights.Shown() {
		v.Held = append(v.Held, i18n.T(ctx, "rights.table."+table))
	}
	var err error
	if v.Paused, err = web.Paused(ctx, p.DB); err != nil {
		return dataView{}, err
	}
	e, waits, err := p.Rights.Pending(ctx, p.DB, access.From(ctx).ID)
	if waits {
		v.Waiting, v.Later = i18n.DateTime(ctx, e.DueAt), e.Held
	}
	return v, err
}

// dataCopy takes the password and leads back to the page, which has the link to the copy.
func (p *Pages) dataCopy(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	exportID, err := p.Rights.Allow(ctx, access.From(ctx), f.Get("password"))
	if err == nil {
		return web.Redirect(w, r, data+"?copy="+exportID)
	}
	v, problem := p.dataView(r)
	if problem != nil {
		return problem
	}
	if errs, ok := web.Refused(ctx, err, "password"); ok {
		v.Errors, v.Page.Invalid = errs, true
		return web.Render(w, r, http.StatusUnprocessableEntity, dataPage(v))
	}
	if s, ok := web.SetBack(r, err); ok {
		v.Setback = s
		return web.Render(w, r, s.Status, dataPage(v))
	}
	return err
}

// copied is the copy itself. It is read whole from the database before the first byte leaves, files follow one by one.
func (p *Pages) copied(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, err := p.Rights.Export(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="okno-`+c.At.Format(time.DateOnly)+`.zip"`)
	return c.Write(ctx, w)
}

// eraseView is the page that says what an erasure is, and asks for it.
type eraseView struct {
	Page     ui.Page
	Day      string
	Later    bool   // a takeover that can be undone puts it off until then
	UnderWay string // how many cases are not decided, "" when none
	Children string // how many accounts of children go, too, "" when none
	Errors   ui.Errors
	Setback  *web.Setback
	Paused   ui.Paused
}

func (p *Pages) erasePage(w http.ResponseWriter, r *http.Request) error {
	v, err := p.eraseView(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, eraseForm(v))
}

func (p *Pages) eraseView(r *http.Request) (eraseView, error) {
	ctx := r.Context()
	x, err := p.Rights.Outlook(ctx, access.From(ctx))
	if err != nil {
		return eraseView{}, err
	}
	v := eraseView{Page: frame(r, "rights.erase.title"), Day: i18n.DateTime(ctx, x.Day), Later: x.Held}
	if v.Paused, err = web.Paused(ctx, p.DB); err != nil {
		return eraseView{}, err
	}
	if x.UnderWay > 0 {
		v.UnderWay = i18n.N(ctx, "rights.erase.under_way", x.UnderWay)
	}
	if x.Children > 0 {
		v.Children = i18n.N(ctx, "rights.erase.children", x.Children)
	}
	return v, nil
}

func (p *Pages) erase(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if _, err = p.Rights.Ask(ctx, access.From(ctx), f.Get("password")); err == nil {
		web.Say(r, ui.Success, "rights.data.asked")
		return web.Redirect(w, r, data)
	}
	v, problem := p.eraseView(r)
	if problem != nil {
		return problem
	}
	if errs, ok := web.Refused(ctx, err, "password"); ok {
		v.Errors, v.Page.Invalid = errs, true
		return web.Render(w, r, http.StatusUnprocessableEntity, eraseForm(v))
	}
	if s, ok := web.SetBack(r, err); ok {
		v.Setback = s
		return web.Render(w, r, s.Status, eraseForm(v))
	}
	return err
}

func (p *Pages) keep(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.Rights.TakeBack(ctx, access.From(ctx)); err != nil {
		return err
	}
	web.Say(r, ui.Success, "rights.data.kept")
	return web.Redirect(w, r, data)
}
