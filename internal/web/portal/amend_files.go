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
func (p *Pages) newFiles(ctx context.Context, c application.Case, a form.Answers, instead string, errs ui.Errors) (filesView, error) {
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
	for _, x := range open {
		v.Slots = append(v.Slots, slotOf(ctx, x, here, here+"/uploads", list, instead, errs))
	}
	v.Events = here + "/events?seen=" + web.Seen(filesState(list))
	return v, nil
}

// amendFiles takes the files of a form, as attachFiles does.
func (p *Pages) amendFiles(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, slot := r.PathValue("id"), r.PathValue("slot")
	_, wrong, err := p.receive(r, application.NewUpload{Case: id, Slot: slot})
	if errors.Is(err, application.ErrMoved) {
		return web.Redirect(w, r, "/applications/"+id)
	}
	if s, ok := web.SetBack(r, err); ok || len(wrong) > 0 && err == nil {
		c, err := p.Applications.Get(ctx, access.From(ctx), id)
		if err != nil {
			return err
		}
		errs, _ := web.Refused(ctx, fault.Check(wrong...), application.FieldOfSlot(slot))
		return p.showAmend(w, r, c, c.Content.Answers, errs, s)
	}
	if err != nil {
		return err
	}
	web.Say(r, ui.Success, "portal.attachment.kept")
	return web.Redirect(w, r, amendPath(id))
}

func (p *Pages) amendUpload(w http.ResponseWriter, r *http.Request) error {
	return p.beginWay(w, r, application.NewUpload{Case: r.PathValue("id")})
}

func (p *Pages) amendRemove(w http.ResponseWriter, r *http.Request) error {
	_, err := p.Attachments.Remove(r.Context(), access.From(r.Context()), r.PathValue("file"))
	if err != nil && !errors.Is(err, application.ErrNoFile) { // a button pressed twice
		return err
	}
	if err == nil {
		web.Say(r, ui.Success, "portal.attachment.removed")
	}
	return web.Redirect(w, r, amendPath(r.PathValue("id")))
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
		list, err := p.Attachments.New(ctx, who, c)
		return filesState(list), err
	})
}
