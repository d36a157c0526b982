package form

import (
	"context"
	"slices"
	"strings"

	"okno/internal/i18n"
	"okno/internal/rule"
)

// Several of a list are one answer: the texts that were chosen, each once, in the order of the list. Whatever is none of them is kept after these
// for Validate to refuse, as everything that was typed is.

// Chosen are the options that the answer holds.
func (f Field) Chosen(a Answers) []string { return rule.ListOf(a.Get(f.Pointer)) }

// chosen is the answer of these choices; nil of none. A page sends an empty one before them, so that it is told that nothing is chosen.
func (f Field) chosen(values []string) any {
	var out []any
	take := func(s string) {
		if s != "" && !slices.Contains(out, any(s)) {
			out = append(out, s)
		}
	}
	for _, o := range f.Options {
		if slices.Contains(values, o.Value) {
			take(o.Value)
		}
	}
	for _, v := range values {
		take(oneLine(v))
	}
	if out == nil {
		return nil
	}
	return out
}

// readChoices is Read of a list of texts. What is no option is left out.
func (f Field) readChoices(said any) (v any, whole bool) {
	list, ok := said.([]any)
	if !ok {
		return nil, false
	}
	fit := slices.DeleteFunc(rule.ListOf(said), func(s string) bool { _, known := f.Option(s); return !known })
	if v = f.chosen(fit); v == nil || f.Validate(v, Date{}) != nil {
		return nil, len(list) == 0
	}
	return v, len(fit) == len(list)
}

func (f Field) checkChoices(v []any) *Problem {
	for _, x := range v {
		s, _ := x.(string)
		if _, ok := f.Option(s); !ok {
			return problem("form.choice.unknown", "label", f.Label)
		}
	}
	switch n := float64(len(v)); {
	case f.Least != nil && n < *f.Least:
		return problem("form.choices.few", "label", f.Label, "least", text(*f.Least))
	case f.Most != nil && n > *f.Most:
		return problem("form.choices.many", "label", f.Label, "most", text(*f.Most))
	}
	return nil
}

// Option is what the option of that value is called; false when there is none.
func (f Field) Option(value string) (i18n.Text, bool) {
	for _, o := range f.Options {
		if o.Value == value {
			return o.Label, true
		}
	}
	return i18n.Text{}, false
}

// listed names what was chosen in one line.
func (f Field) listed(ctx context.Context, v []any) string {
	var out []string
	for _, s := range rule.ListOf(v) {
		if label, ok := f.Option(s); ok {
			s = label.In(ctx)
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}
