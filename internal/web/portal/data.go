package portal

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/procedure"
	"okno/internal/web"
)

// catalogueData is the whole catalogue for programs, or with ?page= a page of it, which says in its header Link where the others are (RFC 8288).
func (p *Pages) catalogueData(w http.ResponseWriter, r *http.Request) error {
	ctx, page := r.Context(), 0
	if text := r.URL.Query().Get("page"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return application.ErrService
		}
		page = n
	}
	x, err := p.Catalogue.Export(web.BaseURL(ctx), page, p.Policy.Catalogue.Export)
	if errors.Is(err, catalogue.ErrNoPage) {
		return application.ErrService
	}
	if err != nil {
		return err
	}
	if page > 0 {
		link := func(rel string, n int) {
			if n >= 1 && n <= x.Pages {
				w.Header().Add("Link", fmt.Sprintf(`<%s/api/catalogue?page=%d>; rel="%s"`, web.BaseURL(ctx), n, rel))
			}
		}
		link("first", 1)
		link("prev", page-1)
		link("next", page+1)
		link("last", x.Pages)
	}
	return web.Keep(w, r, web.Kept{Type: catalogue.LinkedType, Packed: x.Packed, Size: x.Size, Tag: x.Tag, At: x.At})
}

func (p *Pages) serviceData(w http.ResponseWriter, r *http.Request) error {
	def, err := p.bySlug(r)
	if err != nil {
		return err
	}
	body, err := p.Catalogue.LinkedData(web.BaseURL(r.Context()), []*procedure.Definition{def})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", catalogue.LinkedType)
	w.WriteHeader(http.StatusOK)
	_, err = w.Write(body)
	return err
}
