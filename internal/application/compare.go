package application

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"okno/internal/form"
)

// Verdict says how an answer stands to what a register says.
type Verdict string

// The verdicts.
const (
	Same    Verdict = "same"
	Spelled Verdict = "spelled" // the same but for capitals, spaces, hyphens, the dots of yo
	Differs Verdict = "differs"
)

// Compared is an answer beside what a register says of the same thing.
type Compared struct {
	Pointer string
	Filed   any         // nil of a row that only the register has
	Said    any         // the register's, in the normal form of package form; nil of a row that it does not have
	From    form.Origin // of a fact of the profile; zero for the register's answer to this case
	Verdict Verdict
}

// Compare sets the answers beside what registers say: what the register answered to this case, else what the profile knew from
// registers when it was filed. Answers of which no register says anything are left out.
func (c Case) Compare() []Compared {
	var out []Compared
	answers := c.Content.Answers
	for _, page := range c.Def.FormFor(c.Content.Profile, answers, form.DateOf(c.SubmittedAt)).Asked(answers) {
		for _, f := range page.Fields {
			filed := answers.Get(f.Pointer)
			for _, name := range c.Def.AskedAs(f.Pointer) {
				if said := inParts(f, named(f, c.Content.Data, name)); len(said) > 0 {
					out = append(out, Compared{Pointer: f.Pointer, Filed: filed, Said: nearest(filed, said), Verdict: compare(filed, said)})
					break
				}
			}
			if len(out) > 0 && out[len(out)-1].Pointer == f.Pointer {
				continue
			}
			if f.Told != nil {
				out = append(out, compareRows(f, filed)...)
				continue
			}
			fact, fed := c.Def.Fed(f.Pointer)
			if known := c.Content.Profile[fact]; fed && known.Origin.Verified {
				said := inParts(f, []any{known.Answer()})
				out = append(out, Compared{Pointer: f.Pointer, Filed: filed, Said: said[0], From: known.Origin, Verdict: compare(filed, said)})
			}
		}
	}
	return out
}

// compareRows sets each row beside the register's that says the same: those that only one of them has differ.
func compareRows(f form.Field, filed any) []Compared {
	var out []Compared
	there, _ := filed.([]any)
	said := f.Told.Rows
	for _, row := range there {
		x := Compared{Pointer: f.Pointer, Filed: row, From: f.Told.Origin, Verdict: Differs}
		if i := slices.IndexFunc(said, func(r any) bool { return form.Same(r, row) }); i >= 0 {
			x.Said, x.Verdict = said[i], Same
		}
		out = append(out, x)
	}
	for _, row := range said {
		if !slices.ContainsFunc(there, func(r any) bool { return form.Same(r, row) }) {
			out = append(out, Compared{Pointer: f.Pointer, Said: row, From: f.Told.Origin, Verdict: Differs})
		}
	}
	return out
}

// inParts makes addresses of the lines in which a register says one, where the form asks for its parts.
func inParts(f form.Field, said []any) []any {
	if f.Type != form.TypePostalAddress {
		return said
	}
	out := slices.Clone(said)
	for i, v := range out {
		if line, ok := v.(string); ok {
			out[i] = form.FromLine(line)
		}
	}
	return out
}

// named collects what an answer of a register holds under the name, at whatever depth. Of objects and lists it is only what the field may be: an
// address, or several of a list.
func named(f form.Field, in any, name string) []any {
	var out []any
	switch in := in.(type) {
	case map[string]any:
		for key, v := range in {
			switch v.(type) {
			case map[string]any, []any:
				if key == name && f.Rows == nil {
					if read, _ := f.Read(v, form.Date{}); read != nil {
						out = append(out, read)
						continue
					}
				}
				out = append(out, named(f, v, name)...)
			case nil:
			default:
				if key == name {
					out = append(out, v)
				}
			}
		}
	case []any:
		for _, v := range in {
			out = append(out, named(f, v, name)...)
		}
	}
	slices.SortFunc(out, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return out
}

// compare is the best that the register's values come to: one of several things it lists is enough.
func compare(filed any, said []any) Verdict {
	best := Differs
	for _, v := range said {
		switch {
		case fmt.Sprint(v) == fmt.Sprint(filed):
			return Same
		case alike(v, filed):
			best = Spelled
		}
	}
	return best
}

// alike reports whether two values are the same however people write them; an address is when each of its parts is.
func alike(a, b any) bool {
	_, parts := a.(map[string]any)
	if _, both := b.(map[string]any); parts && both {
		return form.PostalOf(a).Like(form.PostalOf(b))
	}
	return folded(a) == folded(b)
}

func nearest(filed any, said []any) any {
	for _, v := range said {
		if alike(v, filed) {
			return v
		}
	}
	return said[0]
}

func folded(v any) string {
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToLower(r); {
		case r == '\u0451': // yo
			return '\u0435'
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return r
		}
		return -1
	}, fmt.Sprint(v))
}
