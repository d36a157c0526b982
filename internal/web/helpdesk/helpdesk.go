package helpdesk

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/files"
	"okno/internal/i18n"
	"okno/internal/policy"
	"okno/internal/signin"
	"okno/internal/store"
	"okno/internal/support"
	"okno/internal/verification"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// Pages are the pages of both sides.
type Pages struct {
	DB       *store.DB
	Support  *support.Service
	Contacts *contact.Service
	SignIn   *signin.Service
	Policy   *policy.Policy

	Verification *verification.Service
}

// Mount adds the pages to the server.
func (p *Pages) Mount(s *web.Server) {
	s.Handle("GET /support", p.help)
	s.Handle("POST "+aboutPath, p.about)
	s.Handle("GET "+aboutPath, func(w http.ResponseWriter, r *http.Request) error { return web.Redirect(w, r, "/support") }) // what was tried came in a form
	s.Handle("POST /support", web.Upload(p.upload(), p.ask))
	s.Handle("GET /support/{id}", p.question)
	s.Handle("POST /support/{id}", p.reply)
	s.Handle("GET /support/{id}/events", p.events)
	s.Handle("GET /support/{id}/files/{file}", p.file)

	s.Handle("GET /desk/support", desks(p.queue))
	s.Handle("GET /desk/support/events", desks(p.queueEvents))
	s.Handle("GET /desk/support/blocks", desks(p.blocks))
	s.Handle("POST /desk/support/blocks", desks(p.findBlock))
	s.Handle("POST /desk/support/blocks/lift", desks(p.lift))
	s.Handle("POST "+shutPath, desks(p.findShut))
	s.Handle("GET "+shutPath, desks(p.shut))
	s.Handle("GET /desk/support/undo", desks(p.undo))
	s.Handle("POST /desk/support/undo", desks(p.findTakeover))
	s.Handle("POST /desk/support/undo/give-back", desks(p.giveBack))
	s.Handle("POST /desk/support/undo/confirm", desks(p.confirmUndo))
	s.Handle("POST /desk/support/undo/drop", desks(p.dropUndo))
	s.Handle("GET /desk/support/{id}", desks(p.look))
	s.Handle("POST /desk/support/{id}", desks(p.answer))
	s.Handle("POST /desk/support/{id}/close", desks(p.end))
	s.Handle("POST /desk/support/{id}/check", desks(p.checkAgain))
	s.Handle("GET /desk/support/{id}/events", desks(p.lookEvents))
	s.Handle("GET /desk/support/{id}/files/{file}", desks(p.deskFile))
}

func desks(h web.Handler) web.Handler { return web.RequireStaff(h, access.Support) }

// upload is how large a question with all its screenshots may be.
func (p *Pages) upload() int64 {
	return int64(p.Policy.Uploads.MaxSize)*int64(p.Policy.Uploads.Count) + 1<<20
}

// most is how many questions a list shows.
const most = 100

// stateTag is a question's state in a word and a colour: whose turn it is depends on who reads it.
func stateTag(ctx context.Context, s support.State, desk bool) *ui.Tag {
	key, t := "support.state.", &ui.Tag{Tone: ui.Neutral}
	if desk {
		key = "desk.support.state."
	}
	t.Label = i18n.T(ctx, key+string(s))
	switch {
	case s == support.Open && desk:
		t.Tone = ui.Warning
	case s == support.Open:
		t.Tone = ui.Info
	case s == support.Answered:
		t.Tone = ui.Success
	}
	return t
}

// say is a turn of the talk as a page shows it.
type say struct {
	Who   string
	When  string
	Desk  bool
	Lines []string
}

// shot is a screenshot as a page shows it.
type shot struct {
	URL, Name, Size string
	Unscanned       bool
}

func shots(ctx context.Context, x support.Question, base, query string) []shot {
	var out []shot
	for _, f := range x.Files {
		out = append(out, shot{base + "/files/" + f.ID + query, files.Name(f.Name, f.Media), size(ctx, f.Size), f.Unscanned})
	}
	return out
}

func size(ctx context.Context, n int64) string {
	if n < 1<<20 {
		return i18n.T(ctx, "support.size.kb", "n", (n+1023)>>10)
	}
	return i18n.T(ctx, "support.size.mb", "n", strings.Replace(fmt.Sprintf("%.1f", float64(n)/(1<<20)), ".", i18n.T(ctx, "support.size.point"), 1))
}

// stateOf tells one look at a question from another.
func stateOf(x support.Question) string {
	return fmt.Sprintf("%s.%d", x.State, x.TouchedAt.UnixMicro())
}
