package agency

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

// came is the list from which an officer came to a case, and where in it they are. It stands in the address of the case and in nothing else:
// two windows go through two queues.
type came struct {
	asked
	name string            // of the list
	at   *application.Mark // the place of the case when it was opened; nil when the address does not say
}

// cameFrom reads the list out of the address of a case. Of one that names none, it is the queue in which the officer finds the case.
func (p *Pages) cameFrom(ctx context.Context, in url.Values, c application.Case) (came, error) {
	who := access.From(ctx)
	if c.ID != "" && !in.Has("filter") && !in.Has("query") && !in.Has("queue") {
		in = url.Values{"queue": {string(queueOf(c, who))}}
	}
	a, err := p.ask(ctx, in)
	if err != nil {
		return came{}, err
	}
	v := came{asked: a, name: i18n.T(ctx, "desk.cases.found"), at: a.from}
	v.from = nil
	if a.named() {
		v.name = nameOf(ctx, a.query)
	}
	if v.at == nil && c.ID != "" {
		v.at = a.filter.Mark(c)
	}
	return v, nil
}

// in is what an address of a case says of the list.
func (v came) in() string {
	_, query, _ := strings.Cut(v.path, "?")
	if v.at != nil {
		query += "&from=" + url.QueryEscape(v.at.Text())
	}
	return "?" + query
}

// nextView leads to the next case of the list.
type nextView struct {
	URL     string // "" when no other case is in the list
	Variant ui.Variant
	List    ui.Link
	Empty   string
}

// next looks whether another case follows. Nothing of it is shown: whoever goes there looks at it, and that is recorded.
func (p *Pages) next(ctx context.Context, v came, caseID string) (nextView, error) {
	other, err := p.Applications.Next(ctx, access.From(ctx), v.filter, v.at, caseID)
	if err != nil {
		return nextView{}, err
	}
	out := nextView{Variant: ui.Secondary, List: ui.Link{Label: i18n.T(ctx, "desk.next.list"), URL: v.path}, Empty: i18n.T(ctx, "desk.next.none", "name", v.name)}
	if other != nil {
		out.URL = address(caseID) + "/next" + v.in()
	}
	return out, nil
}

// goOn leads to the case that is the next one now: colleagues work, too, and the page may have stood open for long. Of a queue in which
// nothing is left it leads to the queue, and says so.
func (p *Pages) goOn(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.cameFrom(ctx, r.URL.Query(), application.Case{})
	if err != nil {
		return err
	}
	next, err := p.Applications.Next(ctx, access.From(ctx), v.filter, v.at, r.PathValue("id"))
	if err != nil {
		return err
	}
	if next == nil {
		web.Say(r, ui.Info, "desk.next.over")
		return web.Redirect(w, r, v.path)
	}
	v.at = next
	return web.Redirect(w, r, address(next.ID)+v.in())
}
