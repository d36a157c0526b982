package centre

import (
	"context"
	"net/http"
	"strings"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/original"
	"okno/internal/scan"
	"okno/internal/verification"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// The originals that the person has sent, for the operator who has them at the desk. That the operator looked, at the list and at each,
// is recorded, and the person reads of it.

func (p *Pages) mountOriginals(s *web.Server) {
	s.Handle("GET /desk/centre/{id}/originals", staff(p.originals))
	s.Handle("GET /desk/centre/{id}/originals/{original}", staff(p.original))
}

type originalsView struct {
	Frame ui.Desk
	Back  string
	List  []originalView
}

type originalView struct {
	Kind, Sent, URL string
	Tag             ui.Tag
	Text            string
}

func (p *Pages) originals(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	x, all, err := p.Originals.OfProof(ctx, access.From(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	web.Note(ctx, "proof", x.ID)
	v := originalsView{Frame: p.frame(ctx, "desk.originals.title"), Back: address(x.ID)}
	for _, o := range all {
		v.List = append(v.List, originalOf(ctx, o, x))
	}
	return web.Render(w, r, http.StatusOK, originalsPage(v))
}

// originalOf says what an original shows beside what the operator has entered.
func originalOf(ctx context.Context, o original.Original, x verification.Proof) originalView {
	say := func(key string, args ...any) string { return i18n.T(ctx, "desk.originals."+key, args...) }
	v := originalView{Kind: i18n.T(ctx, "original.kind."+string(o.Kind)), Sent: say("sent_at", "when", web.Moment(ctx, o.SentAt)), URL: address(x.ID) + "/originals/" + o.ID}
	switch m := o.Beside(x.Papers); {
	case o.State == original.Waiting:
		v.Tag = ui.Tag{Label: say("waiting"), Tone: ui.Info, Icon: ui.IconHourglass}
	case o.State == original.Refused:
		v.Tag, v.Text = ui.Tag{Label: say("refused"), Tone: ui.Danger, Icon: ui.IconCircleX}, i18n.T(ctx, o.Why())
	case o.State == original.Kept:
		v.Tag, v.Text = ui.Tag{Label: say("kept"), Tone: ui.Neutral, Icon: ui.IconPaperclip}, say("kept_text")
	case len(m.Differs) > 0:
		v.Tag, v.Text = ui.Tag{Label: say("differs"), Tone: ui.Warning, Icon: ui.IconTriangleAlert}, say("differs_in", "fields", fieldNames(ctx, o.Kind, m.Differs))
	case len(m.Equal) > 0:
		v.Tag, v.Text = ui.Tag{Label: say("equal"), Tone: ui.Success, Icon: ui.IconCircleCheck}, say("equal_in", "fields", fieldNames(ctx, o.Kind, m.Equal))
	default:
		v.Tag, v.Text = ui.Tag{Label: say("read"), Tone: ui.Info, Icon: ui.IconCircleCheck}, say("read_text")
	}
	return v
}

func fieldNames(ctx context.Context, k original.Kind, list []scan.Field) string {
	out := make([]string, 0, len(list))
	for _, f := range list {
		out = append(out, i18n.T(ctx, k.Label(f)))
	}
	return strings.Join(out, ", ")
}

func (p *Pages) original(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, body, err := p.Originals.OpenAt(ctx, access.From(ctx), r.PathValue("id"), r.PathValue("original"))
	if err != nil {
		return err
	}
	web.Note(ctx, "proof", r.PathValue("id"))
	return web.Send(w, r, f, body)
}
