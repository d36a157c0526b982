package portal

import (
	"net/http"

	"okno/internal/i18n"
	"okno/internal/web"
)

const (
	suggestPath = "/services/suggest"
	mostGuesses = 7
)

// guesses is what search.js shows under the box, and the words that it reads out.
type guesses struct {
	Items []guess `json:"items"`
	Text  string  `json:"text"`
}

type guess struct {
	Title string `json:"title"`
	URL   string `json:"url"`
	Note  string `json:"note"`
}

// suggest answers what is being typed. It comes in the body, because proxies log addresses and people type names and numbers; it is kept
// nowhere.
func (p *Pages) suggest(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	found := p.Catalogue.Find(f.Get("q"), mostGuesses)
	out := guesses{Items: []guess{}}
	for _, x := range namedItems(ctx, p.Catalogue.Named(f.Get("q"))) {
		out.Items = append(out.Items, guess{Title: x.Title, URL: x.URL, Note: x.Text})
	}
	switch named := len(out.Items); {
	case named > 0:
		out.Text = i18n.N(ctx, "portal.suggest.count_named", named+len(found.Hits))
	case len(found.Hits) > 0:
		out.Text = i18n.N(ctx, "portal.suggest.count", len(found.Hits))
	default:
		out.Text = i18n.T(ctx, "portal.services.nothing")
	}
	for _, hit := range found.Hits {
		out.Items = append(out.Items, guess{Title: hit.Service.Title.In(ctx), URL: local("services", hit.Service.Slug),
			Note: hit.Service.Owner.Short.In(ctx) + " · " + may(ctx, hit.Service).Label})
	}
	return web.JSON(w, http.StatusOK, out)
}
