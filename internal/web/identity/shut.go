package identity

import (
	"cmp"
	"net/http"
	"slices"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/signin"
	"okno/internal/web"
)

// shutView says which ways in wrong tries have shut for a while.
type shutView struct {
	Lines []string
	Open  bool // none of them in this browser
	Here  bool // … or one at least
}

// shutView reads what is shut of the person's account.
func (p *Pages) shutView(r *http.Request) (shutView, error) {
	ctx := r.Context()
	shuts, err := p.SignIn.Shuts(ctx, access.From(ctx), web.Visitor(r))
	if err != nil {
		return shutView{}, err
	}
	var v shutView
	for _, x := range shuts.List {
		key := "security.shut." + string(x.Door)
		if x.Other {
			key += "_other"
		}
		v.Lines = append(v.Lines, i18n.T(ctx, key, "time", web.Moment(ctx, x.Until), "contact", x.Contact, "browser", cmp.Or(x.Agent, i18n.T(ctx, "security.device"))))
	}
	v.Here = slices.ContainsFunc(shuts.List, func(x signin.Shut) bool { return x.Door.Here() && !x.Other })
	v.Open = shuts.Known && !v.Here
	return v, nil
}
