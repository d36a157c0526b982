package catalogue

import (
	"encoding/json"
	"fmt"

	"okno/internal/i18n"
	"okno/internal/procedure"
)

// LinkedType is the media type of LinkedData.
const LinkedType = "application/ld+json"

// The vocabularies of CPSV-AP 3.2.0, under the prefixes of the document.
var vocabularies = map[string]string{ //nolint:gochecknoglobals // a table
	"cpsv": "http://purl.org/vocab/cpsv#", "cv": "http://data.europa.eu/m8g/", "dct": "http://purl.org/dc/terms/", "dcat": "http://www.w3.org/ns/dcat#",
	"eli": "http://data.europa.eu/eli/ontology#", "skos": "http://www.w3.org/2004/02/skos/core#", "foaf": "http://xmlns.com/foaf/0.1/", "xsd": "http://www.w3.org/2001/XMLSchema#",
}

const languages = "http://publications.europa.eu/resource/authority/language/"

// node is a thing of the graph with its properties.
type node map[string]any

func (n node) id() string { s, _ := n["@id"].(string); return s }

// graph is the document while it is made; each thing stands in it once.
type graph struct {
	base  string
	nodes []node
	has   map[string]bool
}

// put enters a thing and gives the reference to it.
func (g *graph) put(n node) node {
	if !g.has[n.id()] {
		g.has[n.id()] = true
		g.nodes = append(g.nodes, n)
	}
	return node{"@id": n.id()}
}

// LinkedData describes the services in JSON-LD by CPSV-AP 3.2.0: its classes PublicService, PublicOrganisation, LifeEvent, Output, Evidence,
// Cost, Channel and LegalResource. Everything bears an address below base. There is nothing in it that the pages do not say.
func (c *Catalogue) LinkedData(base string, services []*procedure.Definition) ([]byte, error) {
	return linked(base, services, c.shelf().lifeEvents)
}

func linked(base string, services []*procedure.Definition, events []LifeEvent) ([]byte, error) {
	g := &graph{base: base, has: map[string]bool{}}
	life := map[string]LifeEvent{}
	for _, l := range events {
		life[l.Code] = l
	}
	for _, d := range services {
		g.service(d, life)
	}
	body, err := json.Marshal(map[string]any{"@context": vocabularies, "@graph": g.nodes})
	if err != nil {
		return nil, fmt.Errorf("catalogue as linked data: %w", err)
	}
	return body, nil
}

func (g *graph) service(d *procedure.Definition, life map[string]LifeEvent) {
	self := g.base + "/services/" + d.Slug
	part := func(kind string, i int) string { return fmt.Sprintf("%s#%s-%d", self, kind, i+1) }
	c := d.Catalog
	n := node{
		"@id": self, "@type": "cpsv:PublicService", "dct:identifier": d.Code, "dct:title": spoken(d.Title), "dct:description": spoken(d.Summary),
		"cv:hasCompetentAuthority": g.put(node{"@id": g.base + "/services?agency=" + d.Owner.Code, "@type": "cv:PublicOrganisation",
			"dct:identifier": d.Owner.Code, "dct:title": spoken(d.Owner.Name), "skos:prefLabel": spoken(d.Owner.Name), "dct:spatial": node{"@id": country}}),
		"dct:language": []node{{"@id": languages + "RUS"}, {"@id": languages + "ENG"}},
	}
	if !c.Processing.Term.IsZero() {
		n["cv:processingTime"] = node{"@value": duration(c.Processing.Term), "@type": "xsd:duration"}
	}
	var words []node
	for _, lang := range i18n.Langs() {
		for _, w := range c.Synonyms[lang] {
			words = append(words, node{"@value": w, "@language": string(lang)})
		}
	}
	set := func(property string, list []node) {
		if len(list) > 0 {
			n[property] = list
		}
	}
	set("dcat:keyword", words)
	var events, inputs, laws, channels []node
	for _, code := range c.LifeEvents {
		l := life[code]
		events = append(events, g.put(node{"@id": g.base + "/services?life=" + code, "@type": "cv:LifeEvent", "dct:identifier": code, "dct:title": spoken(l.Title), "dct:description": spoken(l.Text)}))
	}
	for i, p := range c.Papers {
		inputs = append(inputs, g.put(node{"@id": part("input", i), "@type": "cv:Evidence", "dct:identifier": fmt.Sprintf("%s/input-%d", d.Code, i+1), "dct:title": spoken(p)}))
	}
	for i, l := range c.Law {
		laws = append(laws, g.put(node{"@id": part("law", i), "@type": "eli:LegalResource", "dct:title": spoken(l)}))
	}
	for i, ch := range c.Channels {
		channels = append(channels, g.put(node{"@id": part("channel", i), "@type": "cv:Channel", "dct:identifier": fmt.Sprintf("%s/%s", d.Code, ch)}))
	}
	set("cv:isGroupedBy", events)
	set("cpsv:hasInput", inputs)
	set("cv:hasLegalResource", laws)
	set("cv:hasChannel", channels)
	if c.Outcome != (i18n.Text{}) {
		n["cpsv:produces"] = g.put(node{"@id": part("output", 0), "@type": "cv:Output", "dct:identifier": d.Code + "/output", "dct:title": spoken(c.Outcome)})
	}
	if c.Cost != (i18n.Text{}) {
		n["cv:hasCost"] = g.put(node{"@id": part("cost", 0), "@type": "cv:Cost", "dct:identifier": d.Code + "/cost", "dct:description": spoken(c.Cost)})
	}
	g.put(n)
}

// country is where the agencies' word holds.
const country = "http://publications.europa.eu/resource/authority/country/RUS"

// duration is a span as xsd:duration has it.
func duration(s procedure.Span) string {
	out := "P"
	for _, part := range []struct {
		n    int
		unit string
	}{{s.Years, "Y"}, {s.Months, "M"}, {s.Days, "D"}} {
		if part.n > 0 {
			out += fmt.Sprintf("%d%s", part.n, part.unit)
		}
	}
	if s.Exact > 0 {
		out += fmt.Sprintf("T%dS", int(s.Exact.Seconds()))
	}
	return out
}

// spoken is a text in each of its languages.
func spoken(t i18n.Text) []node {
	var out []node
	for _, lang := range i18n.Langs() {
		if s := t.Lang(lang); s != "" {
			out = append(out, node{"@value": s, "@language": string(lang)})
		}
	}
	return out
}
