package identity

import (
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
		v.Lines = append(v.Lines, i18n.T(ctx, "security.shut."+string(x.Door), "time", web.Moment(ctx, x.Until), "contact", x.Contact))
	}
	v.Here = slices.ContainsFunc(shuts.List, func(x signin.Shut) bool { return x.Door.Here() })
	v.Open = shuts.Known && !v.Here
	return v, nil
}
