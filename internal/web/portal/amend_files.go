package portal

import (
	"context"
	"errors"
	"net/http"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// The files that the agency asked for anew: the same cards as in an application, on the page of the answer.

// amendPath is the address of that page.
func amendPath(caseID string) string { return local("applications", caseID, "amend") }

// newFiles makes the attachments that are open, with what was put into them and not sent yet.
func (p *Pages) newFiles(ctx context.Context, c application.Case, a form.Answers, instead, enter string, errs ui.Errors) (filesView, error) {
	var v filesView
	if p.Attachments == nil {
		return v, nil
	}
	open := c.OpenFiles(p.Zone, a)
	if len(open) == 0 {
		return v, nil
	}
	list, err := p.Attachments.New(ctx, access.From(ctx), c)
	if err != nil {
		return v, err
	}
	here := amendPath(c.ID)
	v.Enter = enter
	for _, x := range open {
		v.Slots = append(v.Slots, slotOf(ctx, x, here, here+"/uploads", list, instead, errs))
	}
	v.Events = here + "/events?seen=" + web.Seen(filesState(list))
	return v, nil
}

// amendFiles takes the files of a form, as attachFiles does. What was typed is kept and shown again.
func (p *Pages) amendFiles(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, slot := r.PathValue("id"), r.PathValue("slot")
	f, wrong, err := p.receive(r, application.NewUpload{Case: id, Slot: slot})
	if errors.Is(err, application.ErrMoved) {
		return web.Redirect(w, r, "/applications/"+id)
	}
	s, back := web.SetBack(r, err)
	if err != nil && !back {
		return err
	}
	errs, _ := web.Refused(ctx, fault.Check(wrong...), application.FieldOfSlot(slot))
	return p.afterFile(w, r, f, amendment{errors: errs, setback: s, done: "portal.attachment.kept"})
}

// afterFile shows the page again after a file was put into the answer, or was not, with what was typed on it.
func (p *Pages) afterFile(w http.ResponseWriter, r *http.Request, f web.Form, x amendment) error {
	ctx := r.Context()
	c, u, err := p.keepAmend(r, f)
	if err != nil {
		return err
	}
	a := theirs(u.Answers, u.Clashes)
	x.version = u.Version
	x.errors = append(clashesOf(ctx, u.Answers, u.Clashes), x.errors...)
	switch {
	case len(x.errors) > 0 || x.setback != nil:
		x.done = ""
	case len(c.Opened(p.Zone, a).Pages) == 0: // nothing to type
		web.Say(r, ui.Success, x.done)
		return web.Redirect(w, r, amendPath(c.ID))
	}
	return p.showAmend(w, r, c, a, x)
}

// amendAgain leads back whoever opens anew the address at which a file was sent.
func (p *Pages) amendAgain(w http.ResponseWriter, r *http.Request) error {
	return web.Redirect(w, r, amendPath(r.PathValue("id")))
}

func (p *Pages) amendUpload(w http.ResponseWriter, r *http.Request) error {
	return p.beginWay(w, r, application.NewUpload{Case: r.PathValue("id")})
}

func (p *Pages) amendEvents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who := access.From(ctx)
	c, err := p.Applications.Get(ctx, who, r.PathValue("id"))
	if err != nil {
		return err
	}
	news, stop := p.DB.Listen(application.FilesTopic(c.ID))
	return web.Stream(w, r, news, stop, func(ctx context.Context) (string, error) {
		c, err := p.Applications.Get(ctx, who, c.ID) // they may not see it any more
		if err != nil {
			return "", err
		}
		list, err := p.Attachments.New(ctx, who, c)
		return filesState(list), err
	})
}
