package portal

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"okno/internal/access"
	"okno/internal/files"
	"okno/internal/i18n"
	"okno/internal/procedure"
	"okno/internal/signin"
	"okno/internal/wallet"
	"okno/internal/wallet/kind"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// Documents of the wallet where an application asks for a paper.

// putting puts a document of the wallet, or a paper that the portal issued, into an application.
type putting func(ctx context.Context, who access.Actor, documentID string, to wallet.Slot) error

// ownOffer is a document of the wallet, or a paper that the portal issued, that can be put into an application by one button.
type ownOffer struct {
	Label  string
	Action string
}

// offers fills in which documents of the wallet can be put into the slots; base is the address of the page.
func (p *Pages) offers(ctx context.Context, who access.Actor, v *filesView, base string, asked func(slot string) (procedure.Attachment, bool)) error {
	if p.Wallet == nil {
		return nil
	}
	var kinds []kind.ID
	var papers []string                 // codes of services
	of := make([]kind.ID, len(v.Slots)) // "" when none goes there
	pdf := make([]bool, len(v.Slots))   // it takes statements of registers
	for i, s := range v.Slots {
		x, _ := asked(s.ID)
		if x.Document != "" && s.Full == "" {
			of[i], kinds = x.Document, append(kinds, x.Document)
			pdf[i] = slices.Contains(x.Types, files.PDF)
		}
		if x.Paper != "" && s.Full == "" {
			papers = append(papers, x.Paper)
		}
	}
	issued, err := p.Wallet.PapersFor(ctx, who, papers...)
	if err != nil {
		return err
	}
	list, err := p.Wallet.Offered(ctx, who, kinds...)
	if err != nil {
		return err
	}
	for i, s := range v.Slots {
		if x, _ := asked(s.ID); s.Full == "" && x.Paper != "" {
			for _, d := range issued[x.Paper] {
				v.Slots[i].Offers = append(v.Slots[i].Offers, ownOffer{Label: strings.TrimSpace(d.Title.In(ctx)+" "+d.Subtitle.In(ctx)) + ", " + d.Number, Action: base + "/paper/" + s.ID + "/" + d.ID})
			}
		}
		for _, d := range list {
			if d.Kind.ID != of[i] || d.States() && !pdf[i] {
				continue
			}
			v.Slots[i].Offers = append(v.Slots[i].Offers, ownOffer{Label: offerLabel(ctx, d), Action: base + "/wallet/" + s.ID + "/" + d.ID})
		}
	}
	return nil
}

// offerLabel tells a document from others of its kind: whose it is, of which car, its masked number, and that a register stands for it.
func offerLabel(ctx context.Context, d wallet.Document) string {
	words := append([]string{d.Title().In(ctx), d.Holder}, append(beside(ctx, d), maskedNumber(ctx, d))...)
	if d.States() {
		words = append(words, i18n.T(ctx, "portal.wallet.register."+d.Kind.Register))
	}
	return strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), ", ")
}

// attachOwn puts a document of the wallet into the draft. What was typed on the page came with the button, and is kept whatever happens.
func (p *Pages) attachOwn(put putting) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return p.onPage(w, r, func(ctx context.Context, who access.Actor, code string) error {
			err := put(ctx, who, r.PathValue("document"), wallet.Slot{Service: code, ID: r.PathValue("slot")})
			if err == nil {
				web.Say(r, ui.Success, "portal.wallet.attached")
			}
			return err
		})
	}
}

// amendOwn is attachOwn for what the agency asked for anew.
func (p *Pages) amendOwn(put putting) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		who := access.From(ctx)
		caseID := r.PathValue("id")
		f, err := web.ReadLongForm(r)
		if err != nil {
			return err
		}
		c, err := p.Applications.Get(ctx, who, caseID)
		if err != nil {
			return err
		}
		err = put(ctx, who.Acting(actedID(ctx, c), access.Child), r.PathValue("document"), wallet.Slot{Case: caseID, ID: r.PathValue("slot")})
		if errors.Is(err, signin.ErrSealed) {
			return web.ToSecond(w, r, amendPath(caseID))
		}
		errs, refused := web.Refused(ctx, err, "")
		s, back := web.SetBack(r, err)
		if err != nil && !refused && !back {
			return err
		}
		return p.afterFile(w, r, f, amendment{errors: errs, setback: s, done: "portal.wallet.attached"})
	}
}
