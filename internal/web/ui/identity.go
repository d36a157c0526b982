package ui

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"okno/internal/form"
	"okno/internal/i18n"
)

// Identity asks for an identity document: which one it is, and what stands in it (REG-13). The fields are those of Kind; the button
// beside the choice, or sending the form with another choice, asks for the others. See web.Form.Identity.
type Identity struct {
	Kind    form.IdentityKind
	Offered []form.Paper
	Values  map[string]string // by the names of the fields
	Errors  Errors
}

func (x Identity) kinds(ctx context.Context) []Choice {
	var out []Choice
	for _, about := range x.Offered {
		out = append(out, Choice{Value: string(about.Kind), Label: i18n.T(ctx, about.Kind.Key())})
	}
	if !slices.ContainsFunc(out, func(c Choice) bool { return c.Value == string(x.Kind) }) {
		out = append(out, Choice{Value: string(x.Kind), Label: i18n.T(ctx, x.Kind.Key())})
	}
	return out
}

func (x Identity) parts() []form.Part {
	about, _ := form.PaperOf(x.Kind)
	return about.Parts
}

// countries are those that may have issued a document that is not ours, by their names.
func (x Identity) countries(ctx context.Context) []Choice {
	var out []Choice
	for _, p := range form.Countries() {
		if p.Code != form.Russia {
			out = append(out, Choice{Value: p.Code, Label: p.Name.In(ctx)})
		}
	}
	slices.SortFunc(out, func(a, b Choice) int { return cmp.Compare(a.Label, b.Label) })
	return out
}

// country is the choice that stands for what was typed, which may be a name.
func (x Identity) country(name string) string {
	if code, problem := form.Country(x.Values[name]); problem == nil {
		return code
	}
	return ""
}

func (x Identity) choice(part form.Part) bool { return strings.HasSuffix(part.Check, ".country") }

func (x Identity) field(ctx context.Context, part form.Part) Field {
	f := Field{Name: part.Name, Label: i18n.T(ctx, part.Key()), Value: x.Values[part.Name], InputMode: part.InputMode, MaxLength: part.MaxLength, Autocomplete: "off",
		Required: part.Required, Optional: !part.Required, Check: part.Check, Error: x.Errors.Of(part.Name)}
	if hint := "form.hint." + part.Check; i18n.Has(hint) {
		f.Description = i18n.T(ctx, hint)
	}
	switch {
	case strings.HasSuffix(part.Name, "_at"):
		f.Mask, f.Placeholder, f.Width = MaskDate, i18n.T(ctx, "desk.papers.date"), Short
	case strings.HasSuffix(part.Name, "_department_code"):
		f.Mask, f.Width = MaskDepartment, Short
	case part.Check == "passport_series":
		f.Mask, f.Width = "## ##", Short
	case strings.HasSuffix(part.Name, "_series"), part.Check == "passport_number":
		f.Width = Short
	case strings.HasSuffix(part.Name, "_number"):
		f.Width = Medium
	}
	return f
}
