package helpdesk

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/signin"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// shutPath is where the form of it goes.
const shutPath = home + "/blocks/shut"

// shutView is the part of the page of blocks that tells what wrong tries have shut for a while. Nothing is lifted there: it ends by itself.
type shutView struct {
	Login  string
	Number string
	Found  []ui.Fact
	Errors ui.Errors
}

// findShut leads to what is shut to whoever types the contact, which stands in no address.
func (p *Pages) findShut(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	web.KeepAsked(r, shutPath, strings.TrimSpace(f.Get("account"))+"\n"+strings.TrimSpace(f.Get("number")))
	return web.Redirect(w, r, shutPath)
}

// shut shows it. The look is recorded.
func (p *Pages) shut(w http.ResponseWriter, r *http.Request) error {
	ctx, asked := r.Context(), web.Asked(r)
	if asked == "" {
		return web.Redirect(w, r, home+"/blocks")
	}
	var v shutView
	v.Login, v.Number, _ = strings.Cut(asked, "\n")
	list, err := p.SignIn.ShutsFor(ctx, access.From(ctx), v.Login, v.Number)
	if errs, ok := web.Refused(ctx, err, "account"); ok {
		v.Errors = errs
		return p.showBlocks(w, r, http.StatusUnprocessableEntity, blocksView{Shut: v})
	}
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(x signin.Shut) bool { return x.Door == signin.DoorContact }) {
		v.Found = []ui.Fact{{Label: i18n.T(ctx, "desk.shut.door."+string(signin.DoorContact)), Value: i18n.T(ctx, "desk.shut.open")}}
	}
	v.Found = append(v.Found, shutFacts(ctx, list, "desk.shut.door."+string(signin.DoorContact))...)
	return p.showBlocks(w, r, http.StatusOK, blocksView{Shut: v})
}

// shutFacts say until when each door is shut; that of a contact is called by contact.
func shutFacts(ctx context.Context, list []signin.Shut, contact string) []ui.Fact {
	var out []ui.Fact
	for _, x := range list {
		label := "desk.shut.door." + string(x.Door)
		if x.Door == signin.DoorContact {
			label = contact
		}
		out = append(out, ui.Fact{Label: i18n.T(ctx, label), Value: i18n.T(ctx, "desk.shut.until", "time", web.Moment(ctx, x.Until))})
	}
	return out
}
