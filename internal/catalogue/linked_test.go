package catalogue

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"okno/internal/procedure"
)

// allowed are the classes and properties of CPSV-AP 3.2.0 as its JSON-LD context has them (SEMICeu/CPSV-AP, releases/3.2.0), with what each
// class must have.
var allowed = map[string]struct{ must, may []string }{
	"cpsv:PublicService": {
		[]string{"dct:identifier", "dct:title", "dct:description", "cv:hasCompetentAuthority"},
		[]string{"dct:language", "dcat:keyword", "cv:processingTime", "cv:isGroupedBy", "cpsv:hasInput", "cpsv:produces", "cv:hasLegalResource", "cv:hasChannel", "cv:hasCost"},
	},
	"cv:PublicOrganisation": {[]string{"dct:identifier", "dct:title", "skos:prefLabel", "dct:spatial"}, nil},
	"cv:LifeEvent":          {[]string{"dct:identifier", "dct:title"}, []string{"dct:description"}},
	"cv:Evidence":           {[]string{"dct:identifier", "dct:title"}, nil},
	"cv:Output":             {[]string{"dct:identifier", "dct:title"}, nil},
	"cv:Cost":               {[]string{"dct:identifier"}, []string{"dct:description"}},
	"cv:Channel":            {[]string{"dct:identifier"}, nil},
	"eli:LegalResource":     {nil, []string{"dct:title"}},
}

// leadsTo is the class that a property leads to.
var leadsTo = map[string]string{
	"cv:hasCompetentAuthority": "cv:PublicOrganisation", "cv:isGroupedBy": "cv:LifeEvent", "cpsv:hasInput": "cv:Evidence", "cpsv:produces": "cv:Output",
	"cv:hasLegalResource": "eli:LegalResource", "cv:hasChannel": "cv:Channel", "cv:hasCost": "cv:Cost",
}

var iri = regexp.MustCompile(`^https?://[^\s<>"]+$`)

func TestTheCatalogueIsExportedInTheWordsOfCPSVAP(t *testing.T) {
	c := builtIn(t)
	whole, err := c.Export("https://okno.example", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	count := inProfile(t, whole)
	if n := count["cpsv:PublicService"]; n != len(c.All()) {
		t.Errorf("%d services of %d", n, len(c.All()))
	}
	if n := count["cv:PublicOrganisation"]; n != len(c.Agencies()) {
		t.Errorf("%d agencies of %d", n, len(c.Agencies()))
	}
	for class := range allowed {
		if count[class] == 0 {
			t.Errorf("there is no %s", class)
		}
	}
	services := 0
	for page := 1; ; page++ {
		part, err := c.Export("https://okno.example", page, 5)
		if errors.Is(err, ErrNoPage) && page == pagesOf(c, 5)+1 {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if part.Pages != pagesOf(c, 5) {
			t.Errorf("page %d says that there are %d", page, part.Pages)
		}
		services += inProfile(t, part)["cpsv:PublicService"]
	}
	if services != len(c.All()) {
		t.Errorf("the pages have %d services of %d", services, len(c.All()))
	}
	if again, err := c.Export("https://okno.example", 0, 0); err != nil || again != whole {
		t.Errorf("it was made anew without a publication: %v", err)
	}
	if other, err := builtIn(t).Export("https://okno.example", 0, 0); err != nil || other.Tag != whole.Tag {
		t.Errorf("another node has another tag: %v", err)
	}
}

// pagesOf is how many pages of the size there are.
func pagesOf(c *Catalogue, size int) int { return (len(c.All()) + size - 1) / size }

// inProfile reads an export as the profile has it, and counts the things of each class.
func inProfile(t *testing.T, x *Export) (count map[string]int) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(x.Packed))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil || len(body) != x.Size {
		t.Fatalf("%d bytes of %d, %v", len(body), x.Size, err)
	}
	var doc struct {
		Context map[string]string `json:"@context"`
		Graph   []map[string]any  `json:"@graph"`
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	classes := map[string]string{}
	count = map[string]int{}
	for _, n := range doc.Graph {
		id, _ := n["@id"].(string)
		class, _ := n["@type"].(string)
		if classes[id] != "" || !iri.MatchString(id) {
			t.Errorf("%q stands there twice or is no address", id)
		}
		classes[id] = class
		count[class]++
	}
	for _, n := range doc.Graph {
		rule, known := allowed[n["@type"].(string)]
		if !known {
			t.Errorf("%v is no class of the profile", n["@type"])
		}
		for _, p := range rule.must {
			if n[p] == nil {
				t.Errorf("%v has no %s", n["@id"], p)
			}
		}
		for p, v := range n {
			if strings.HasPrefix(p, "@") {
				continue
			}
			if !slices.Contains(rule.must, p) && !slices.Contains(rule.may, p) {
				t.Errorf("%v: %s is no property of %v", n["@id"], p, n["@type"])
			}
			prefix, _, _ := strings.Cut(p, ":")
			if !iri.MatchString(doc.Context[prefix]) {
				t.Errorf("the prefix of %s is not declared", p)
			}
			for _, one := range list(v) {
				ref, _ := one.(map[string]any)
				if class := leadsTo[p]; class != "" && classes[ref["@id"].(string)] != class {
					t.Errorf("%v: %s leads to %v, which is no %s", n["@id"], p, ref["@id"], class)
				}
			}
		}
	}
	return count
}

func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

func TestAServiceIsExportedAsItsPageTells(t *testing.T) {
	c := builtIn(t)
	d, _ := c.BySlug("passport-replacement")
	body, err := c.LinkedData("https://okno.example", []*procedure.Definition{d})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"@id":"https://okno.example/services/passport-replacement"`, `{"@language":"ru","@value":"Замена паспорта гражданина России"}`, `{"@language":"en","@value":"Replacing a Russian passport"}`,
		`"@type":"xsd:duration"`, `"dct:identifier":"mvd.passport-replacement"`, `"@id":"https://okno.example/services?agency=mvd"`,
	} {
		if !strings.Contains(string(body), want) {
			t.Errorf("it does not say %s", want)
		}
	}
	if strings.Contains(string(body), "services/snils") {
		t.Error("another service is in it")
	}
}

func TestATermIsWrittenAsADuration(t *testing.T) {
	for want, s := range map[string]procedure.Span{
		"P1M": {Months: 1}, "P5D": {Days: 5}, "P1Y2M3D": {Years: 1, Months: 2, Days: 3}, "PT3600S": {Exact: time.Hour}, "P1DT30S": {Days: 1, Exact: 30 * time.Second},
	} {
		if got := duration(s); got != want {
			t.Errorf("%v is %s, want %s", s, got, want)
		}
	}
}

// A law without papers, a page without synonyms: what is not there is left out.
func TestWhatAServiceDoesNotSayIsNotExported(t *testing.T) {
	c, err := Load(fstest.MapFS{"a.yaml": {Data: []byte(page(1))}})
	if err != nil {
		t.Fatal(err)
	}
	d, _ := c.BySlug("page-1")
	body, err := c.LinkedData("https://okno.example", []*procedure.Definition{d})
	if err != nil {
		t.Fatal(err)
	}
	for _, no := range []string{"hasLegalResource", "hasInput", "keyword", "null"} {
		if strings.Contains(string(body), no) {
			t.Errorf("it says %s", no)
		}
	}
}
