package form

import (
	"context"

	"okno/internal/i18n"
)

// Typed is the answer as it stands in the input when the page is shown again: the normal form as a person would
// write it, or what could not be read, unchanged.
func (f Field) Typed(a Answers) string {
	v := a.Get(f.Pointer)
	s, ok := v.(string)
	if !ok {
		return text(v)
	}
	return f.format(s)
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
		for _, o := range f.Options {
			if o.Value == v {
				return o.Label.In(ctx)
			}
		}
		return f.format(v)
	default:
		return text(v)
	}
}

func (f Field) format(s string) string {
	switch f.Type {
	case TypeDate, TypeBirthDate:
		if d, p := ParseDate(s); p == nil {
			return d.Dotted()
		}
	case TypePhone:
		return FormatPhone(s)
	case TypeEmail:
		return FormatEmail(s)
	case TypeSNILS:
		return FormatSNILS(s)
	case TypeINN:
		return FormatINN(s)
	case TypeText, TypeLines, TypeNumber, TypeYear, TypeChoice, TypeBoolean, TypeSurname, TypeGivenName,
		TypePatronymic, TypeAddress:
	}
	return s
}
