package portal

import (
	"net/http"

	"okno/internal/catalogue"
	"okno/internal/procedure"
	"okno/internal/web"
)

// catalogueData is every service for programs, and serviceData one: CPSV-AP in JSON-LD. Both are open to everybody, as the pages are.
func (p *Pages) catalogueData(w http.ResponseWriter, r *http.Request) error {
	return p.data(w, r, p.Catalogue.All())
}

func (p *Pages) serviceData(w http.ResponseWriter, r *http.Request) error {
	def, err := p.bySlug(r)
	if err != nil {
		return err
	}
	return p.data(w, r, []*procedure.Definition{def})
}

func (p *Pages) data(w http.ResponseWriter, r *http.Request, services []*procedure.Definition) error {
	body, err := p.Catalogue.LinkedData(web.BaseURL(r.Context()), services)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", catalogue.LinkedType)
	w.WriteHeader(http.StatusOK)
	_, err = w.Write(body)
	return err
}
