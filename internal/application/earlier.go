package application

import (
	"context"
	"slices"
	"time"

	"okno/internal/form"
)

// EarlierAnswer is what an answer was before the applicant corrected it.
type EarlierAnswer struct {
	Until  time.Time // the moment of the correction
	Page   form.Page
	Field  form.Field // one that is asked in rows is named with its row
	Value  any
	None   bool // a group that had no rows
	before form.Answers
}

// Show is the answer as a person reads it.
func (e EarlierAnswer) Show(ctx context.Context) string {
	if e.None {
		return ""
	}
	return e.Field.Show(ctx, e.before)
}

// EarlierAnswers are what answers were before the applicant corrected them, the last correction first: each question with what was said, row
// by row where it is asked several times.
func (c Case) EarlierAnswers(zone *time.Location) []EarlierAnswer {
	var out []EarlierAnswer
	f := c.Form(zone)
	for _, rev := range slices.Backward(c.Content.Earlier) {
		before := c.Content.Answers
		for pointer, v := range rev.Was {
			before = before.With(pointer, v)
		}
		for _, page := range f.Pages {
			for _, x := range page.Fields {
				if _, changed := rev.Was[x.Pointer]; !changed {
					continue
				}
				e := EarlierAnswer{Until: rev.At, Page: page, Field: x, before: before}
				if e.None = x.Rows != nil && before.Count(x.Pointer) == 0; e.None {
					out = append(out, e)
					continue
				}
				one := page
				one.Fields = []form.Field{x}
				for _, y := range f.Flat(one, before) {
					e.Field, e.Value = y, before.Get(y.Pointer)
					out = append(out, e)
				}
			}
		}
	}
	return out
}
