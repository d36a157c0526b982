package agencyapi

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"okno/internal/i18n"
	"okno/internal/web"
	"okno/internal/web/ui"
)

//go:embed openapi.yaml
var openapi []byte

// described is the description in each language: as it is served, and as a page shows it.
type described map[i18n.Lang]struct {
	json []byte
	tree map[string]any
}

// describe makes the description of the interface at the portal's address.
func describe(at *url.URL) (described, error) {
	out := described{}
	for _, l := range []i18n.Lang{i18n.RU, i18n.EN} {
		var tree map[string]any
		if err := yaml.Unmarshal(openapi, &tree); err != nil {
			return nil, fmt.Errorf("openapi.yaml: %w", err)
		}
		tree, _ = in(l, tree).(map[string]any) // a map stays one
		tree["servers"] = []any{map[string]any{"url": at.Scheme + "://" + at.Host}}
		text, err := json.Marshal(tree)
		if err != nil {
			return nil, fmt.Errorf("openapi.yaml: %w", err)
		}
		x := out[l]
		x.json, x.tree = text, tree
		out[l] = x
	}
	return out, nil
}

// in puts the text of the language where both stand.
func in(l i18n.Lang, v any) any {
	switch v := v.(type) {
	case map[string]any:
		if said, ok := v[string(l)].(string); ok && len(v) == 2 && v["ru"] != nil && v["en"] != nil {
			return said
		}
		for k := range v {
			v[k] = in(l, v[k])
		}
	case []any:
		for i := range v {
			v[i] = in(l, v[i])
		}
	}
	return v
}

// description answers the OpenAPI document.
func (x *API) description(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(x.described[i18n.From(r.Context())].json)
	return err
}

// page is where people read the description.
const page = "/developers/agency-api"

type pageView struct {
	Page   ui.Page
	Text   string
	Groups []groupView
	Shapes []shapeView
}

type groupView struct {
	Title      string
	Operations []operationView
}

// operationView is one operation: its address, what it needs, what it answers.
type operationView struct {
	Line       string // GET /api/…
	Title      string
	Text       string
	Scope      string
	Parameters ui.Table
	Answers    ui.Table
	Body       *linkView
}

type linkView struct{ Label, URL string }

// shapeView is one sort of thing that is sent.
type shapeView struct {
	Name   string
	Text   string
	Fields ui.Table
}

// page shows the description to people, in the language of the portal.
func (x *API) page(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	tree := x.described[i18n.From(ctx)].tree
	info := object(tree, "info")
	v := pageView{Page: web.Page(ctx, text(info, "title")), Text: text(info, "description")}
	t := func(key string) string { return i18n.T(ctx, key) }
	columns := func(keys ...string) (out []ui.Column) {
		for _, k := range keys {
			out = append(out, ui.Column{Label: t(k)})
		}
		return out
	}
	paths := object(tree, "paths")
	for _, tag := range list(tree, "tags") {
		g := groupView{Title: text(tag, "description")}
		for _, at := range slices.Sorted(maps.Keys(paths)) {
			item := object(paths, at)
			for _, method := range []string{"get", "post", "delete"} {
				op := object(item, method)
				if op == nil || !slices.Contains(words(op, "tags"), text(tag, "name")) {
					continue
				}
				o := operationView{Line: strings.ToUpper(method) + " " + at, Title: text(op, "summary"), Text: text(op, "description"), Scope: text(op, "x-scope"),
					Parameters: ui.Table{Caption: t("agencyapi.page.parameters"), Stack: true, Columns: columns("agencyapi.page.name", "agencyapi.page.where", "agencyapi.page.what")},
					Answers:    ui.Table{Caption: t("agencyapi.page.answers"), Stack: true, Columns: columns("agencyapi.page.status", "agencyapi.page.what")}}
				for _, p := range slices.Concat(list(item, "parameters"), list(op, "parameters")) {
					p = follow(tree, p)
					name := text(p, "name")
					if p["required"] == true {
						name += " *"
					}
					o.Parameters.Rows = append(o.Parameters.Rows, ui.Row{Cells: []ui.Cell{{Text: name, Strong: true}, {Text: text(p, "in")}, {Text: text(p, "description")}}})
				}
				answers := object(op, "responses")
				for _, status := range slices.Sorted(maps.Keys(answers)) {
					a := follow(tree, object(answers, status))
					o.Answers.Rows = append(o.Answers.Rows, ui.Row{Cells: []ui.Cell{{Text: status, Strong: true}, {Text: text(a, "description"), URL: anchor(shape(a))}}})
				}
				if name := shape(object(op, "requestBody")); name != "" {
					o.Body = &linkView{name, anchor(name)}
				}
				g.Operations = append(g.Operations, o)
			}
		}
		v.Groups = append(v.Groups, g)
	}
	schemas := object(object(tree, "components"), "schemas")
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		s := object(schemas, name)
		sv := shapeView{Name: name, Text: text(s, "description"), Fields: ui.Table{Caption: name, HideCaption: true, Stack: true,
			Columns: columns("agencyapi.page.name", "agencyapi.page.type", "agencyapi.page.what")}}
		if values := enum(s); values != "" {
			sv.Text = values
		}
		fields := object(s, "properties")
		for _, field := range slices.Sorted(maps.Keys(fields)) {
			f := object(fields, field)
			sv.Fields.Rows = append(sv.Fields.Rows, ui.Row{Cells: []ui.Cell{{Text: field, Strong: true}, {Text: kind(f), URL: anchor(refName(f))}, {Text: text(f, "description")}}})
		}
		v.Shapes = append(v.Shapes, sv)
	}
	return web.Render(w, r, http.StatusOK, describedPage(v))
}

func object(m map[string]any, key string) map[string]any {
	out, _ := m[key].(map[string]any)
	return out
}

func list(m map[string]any, key string) []map[string]any {
	items, _ := m[key].([]any)
	var out []map[string]any
	for _, i := range items {
		if x, ok := i.(map[string]any); ok {
			out = append(out, x)
		}
	}
	return out
}

// words are the texts of a list.
func words(m map[string]any, key string) []string {
	items, _ := m[key].([]any)
	var out []string
	for _, i := range items {
		if s, ok := i.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func text(m map[string]any, key string) string {
	s, _ := m[key].(string)
	return s
}

// follow is what a reference of the document leads to.
func follow(tree, m map[string]any) map[string]any {
	at, ok := strings.CutPrefix(text(m, "$ref"), "#/")
	if !ok {
		return m
	}
	for _, step := range strings.Split(at, "/") {
		tree = object(tree, step)
	}
	return tree
}

// shape is the name of what an answer or a body is made of, "" when it has none.
func shape(m map[string]any) string {
	for _, media := range []string{"application/json", "application/problem+json", "application/cloudevents+json"} {
		if name := refName(object(object(object(m, "content"), media), "schema")); name != "" {
			return name
		}
	}
	return ""
}

func refName(schema map[string]any) string {
	if one := list(schema, "oneOf"); len(one) > 0 {
		return refName(one[len(one)-1])
	}
	if items := object(schema, "items"); items != nil {
		return refName(items)
	}
	name, _ := strings.CutPrefix(text(schema, "$ref"), "#/components/schemas/")
	return name
}

func anchor(name string) string {
	if name == "" {
		return ""
	}
	return "#" + name
}

// kind is the type of a field in words of JSON Schema.
func kind(f map[string]any) string {
	if name := refName(f); name != "" {
		if f["items"] != nil {
			return name + "[]"
		}
		return name
	}
	if values := enum(f); values != "" {
		return values
	}
	var out []string
	switch v := f["type"].(type) {
	case string:
		out = append(out, v)
	case []any:
		for _, x := range v {
			out = append(out, fmt.Sprint(x))
		}
	}
	s := strings.Join(out, " | ")
	if format := text(f, "format"); format != "" {
		s += " (" + format + ")"
	}
	if items := object(f, "items"); items != nil {
		s = kind(items) + "[]"
	}
	return s
}

func enum(f map[string]any) string {
	values, _ := f["enum"].([]any)
	var out []string
	for _, v := range values {
		if v == nil {
			v = "null"
		}
		out = append(out, fmt.Sprint(v))
	}
	return strings.Join(out, " | ")
}
