package form

import (
	"context"
	"strings"

	"okno/internal/i18n"
)

// Typed is the answer as it stands in the input when the page is shown again: the normal form as a person would
// write it, or what could not be read, unchanged.
func (f Field) Typed(a Answers) string {
	if f.Masked {
		return "" // it stands in no input
	}
	switch v := a.Get(f.Pointer).(type) {
	case string:
		return f.format(v)
	case map[string]any: // an earlier or a later version asked for an address in its parts
		return PostalOf(v).String()
	case []any: // … for several of a list
		return ""
	default:
		return text(v)
	}
}

// Show is the answer as it is read: on the page to review, on the page of the case. "" when there is none.
func (f Field) Show(ctx context.Context, a Answers) string {
	switch v := a.Get(f.Pointer).(type) {
	case bool:
		if v {
			return i18n.T(ctx, "form.yes")
		}
		return i18n.T(ctx, "form.no")
	case string:
		if label, ok := f.Option(v); ok {
			return label.In(ctx)
		}
		if f.Masked {
			return MaskKnown(v)
		}
		return f.format(v)
	case map[string]any:
		return PostalOf(v).String()
	case []any:
		return f.listed(ctx, v)
	default:
		return text(v)
	}
}

// ShowRow is a row of a group as a line of text.
func (f Field) ShowRow(ctx context.Context, row any) string {
	in, _ := row.(map[string]any)
	var parts []string
	for i := range f.Rows.Fields {
		x := f.Rows.Fields[i]
		x.Pointer = x.inRow(&f)
		if v := x.Show(ctx, Answers(in)); v != "" {
			parts = append(parts, x.Label.In(ctx)+": "+v)
		}
	}
	return strings.Join(parts, " · ")
}

// ShowOne is a value of the field, or a row of the group, as text: "" of none.
func (f Field) ShowOne(ctx context.Context, v any) string {
	switch {
	case v == nil:
		return ""
	case f.Rows != nil:
		return f.ShowRow(ctx, v)
	}
	return f.Show(ctx, Answers{}.With(f.Pointer, v))
}

// Line is one field of a document as it is read.
type Line struct{ Name, Label, Value string }

// Lines are the fields of the document that hold something, after its kind, as a page shows them.
func (x Identity) Lines(ctx context.Context) []Line {
	about, ok := PaperOf(x.Kind)
	if !ok {
		return nil
	}
	out := []Line{{fieldKind, i18n.T(ctx, "form.label."+fieldKind), i18n.T(ctx, x.Kind.Key())}}
	values := x.Values()
	for _, part := range about.Parts {
		v := values[part.Name]
		if v == "" {
			continue
		}
		if place, ok := CountryOf(v); part.Name == fieldCountry && ok {
			v = place.Name.In(ctx)
		}
		out = append(out, Line{part.Name, i18n.T(ctx, part.Key()), v})
	}
	return out
}

// Dotted shows a day as it stands in papers, 18.11.2026; what is no day stays as it is.
func Dotted(s string) string {
	d, p := ParseDate(s)
	if p != nil {
		return s
	}
	return d.Dotted()
}

func (f Field) format(s string) string {
	switch f.Type {
	case TypeDate, TypeBirthDate:
		return Dotted(s)
	case TypePhone:
		return FormatPhone(s)
	case TypeEmail:
		return FormatEmail(s)
	case TypeSNILS:
		return FormatSNILS(s)
	case TypeINN:
		return FormatINN(s)
	case TypeText, TypeLines, TypeNumber, TypeYear, TypeChoice, TypeChoices, TypeBoolean, TypeSurname, TypeGivenName,
		TypePatronymic, TypeAddress, TypeRows, TypePostalAddress:
	}
	return s
}
