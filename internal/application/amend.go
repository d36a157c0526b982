package application

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/procedure"
	"okno/internal/store"
	"okno/internal/workday"
)

// Revision is what answers were before the applicant changed them, by pointer.
type Revision struct {
	Version int64          `json:"version"` // of the case that the change made
	At      time.Time      `json:"at"`
	Was     map[string]any `json:"was"`
}

// Opened is the form with only what the applicant may change now; without a page when that is nothing.
func (c Case) Opened(zone *time.Location) form.Form {
	f := c.Form(zone)
	asked := f.Asked(c.Content.Answers)
	f.Pages = nil
	for _, page := range asked {
		page.Fields = slices.DeleteFunc(slices.Clone(page.Fields), func(x form.Field) bool { return x.Locked || !slices.Contains(c.Content.Open, x.Pointer) })
		if len(page.Fields) > 0 {
			f.Pages = append(f.Pages, page)
		}
	}
	return f
}

// Amending is the action by which the applicant sends what the state opens.
func (c Case) Amending() (procedure.Action, bool) {
	for _, a := range c.Def.Actions(c.State, procedure.ByApplicant) {
		if a.Amends {
			return a, true
		}
	}
	return procedure.Action{}, false
}

// Correction is what the applicant sends for what the agency asked.
type Correction struct {
	Typed   map[string][]string
	Version int64    // of the case that was read; 0 for any
	Voids   []string // pointers of answers of which the applicant has read that it makes them void
}

// VoidsError says which answers a correction would make void, as their questions are not asked any more: those that stood there and those
// that came with it. Who sends it again with them has read it.
type VoidsError struct{ Pointers []string }

func (e VoidsError) Error() string { return "the correction makes other answers void" }

// Amend sends the answers that the agency asked for. Only those that are open are read, and only what is wrong with them keeps
// the case where it is; the answers are returned as they were typed in both cases. So does VoidsError, which names answers that would not
// count any more and that the correction does not name.
func (s *Service) Amend(ctx context.Context, who access.Actor, caseID string, r Correction) (Case, form.Answers, error) {
	if err := who.May(access.Apply); err != nil {
		return Case{}, nil, err
	}
	c, err := s.Get(ctx, who, caseID)
	if err != nil {
		return Case{}, nil, err
	}
	a, ok := c.Amending()
	if !ok {
		return c, nil, ErrMoved
	}
	answers := c.Opened(s.Zone).Parse(r.Typed, c.Content.Answers)
	files, err := s.newFiles(ctx, c)
	if err != nil {
		return c, answers, err
	}
	wrong := append(c.lacks(files, answers, s.Zone), c.wrong(answers, s.Zone)...)
	if err := fault.Check(wrong...); err != nil {
		return c, answers, err
	}
	if void := c.voids(answers, s.Zone); slices.ContainsFunc(void, func(p string) bool { return !slices.Contains(r.Voids, p) }) {
		return c, answers, VoidsError{void}
	}
	moved, err := s.Do(ctx, who, caseID, Act{Event: a.Event, Version: r.Version, answers: answers, files: files})
	return moved, answers, err
}

// wrong is what is wrong with the answers that are open; the others were looked at when the case was filed.
func (c Case) wrong(a form.Answers, zone *time.Location) []fault.Field {
	f := c.Def.FormFor(c.Content.Profile, a, form.DateOf(c.SubmittedAt.In(zone)))
	var out []fault.Field
	for _, w := range c.Def.Validate(f, f.Prune(a), f.Today) {
		if slices.ContainsFunc(c.Content.Open, func(p string) bool {
			name := form.NameOf(p)
			return !procedure.OfFiles(p) && (w.Name == name || strings.HasPrefix(w.Name, name+"."))
		}) {
			out = append(out, w)
		}
	}
	return out
}

// amend takes over the answers that came with a move and remembers what they were.
func (c *Case) amend(act Act, zone *time.Location) {
	if act.answers == nil {
		return
	}
	now := c.corrected(act.answers, zone)
	was := c.aside(now)
	for _, p := range c.Content.Open {
		if procedure.OfFiles(p) {
			continue // what was there before stays with the case
		}
		if before := c.Content.Answers.Get(p); !reflect.DeepEqual(before, now.Get(p)) {
			was[p] = before
		}
	}
	c.Content.Answers = now
	if len(was) > 0 {
		c.Content.Earlier = append(c.Content.Earlier, Revision{c.Version, c.EnteredAt, was})
	}
}

// voids are the questions whose answers, or some of whose rows' answers, do not count any more after a correction.
func (c Case) voids(a form.Answers, zone *time.Location) []string {
	return c.gone(a, c.corrected(a, zone))
}

// gone are the questions whose answers, or some of whose rows' answers, are there before and not after.
func (c Case) gone(before, after form.Answers) []string {
	var out []string
	for _, page := range c.Def.Form.Pages {
		for _, x := range page.Fields {
			was, is := before.Get(x.Pointer), after.Get(x.Pointer)
			if was != nil && (is == nil || x.Rows != nil && !reflect.DeepEqual(was, is)) {
				out = append(out, x.Pointer)
			}
		}
	}
	return out
}

// corrected are the answers that count after a correction.
func (c Case) corrected(a form.Answers, zone *time.Location) form.Answers {
	full := c.recalled(a)
	return c.Def.FormFor(c.Content.Profile, full, form.DateOf(c.SubmittedAt.In(zone))).Prune(full)
}

// recalled are the answers with those that an earlier correction put aside: they count again when their questions are asked again.
func (c Case) recalled(a form.Answers) form.Answers {
	for _, rev := range slices.Backward(c.Content.Earlier) {
		for p, v := range rev.Was {
			if v != nil && a.Get(p) == nil && !slices.Contains(c.Content.Open, p) {
				a = a.With(p, v)
			}
		}
	}
	return a
}

// aside are the answers that nobody asked the applicant to change and that the corrections make void, because their questions are no
// longer asked. They are remembered as those that were changed are.
func (c Case) aside(now form.Answers) map[string]any {
	out := map[string]any{}
	for _, p := range c.gone(c.Content.Answers, now) {
		if !slices.Contains(c.Content.Open, p) {
			out[p] = c.Content.Answers.Get(p)
		}
	}
	return out
}

// Voided names the questions whose answers the last move put aside, for whoever sent the corrections.
func (c Case) Voided() []string {
	var out []string
	if n := len(c.Content.Earlier); n > 0 && c.Content.Earlier[n-1].Version == c.Version {
		for p := range c.Content.Earlier[n-1].Was {
			if c.Content.Answers.Get(p) == nil {
				out = append(out, p)
			}
		}
	}
	slices.Sort(out)
	return out
}

// open says which answers the state that was reached lets the applicant change: those that the officer named, or all it has.
func (c *Case) open(act Act) {
	c.Content.Open, c.Content.Anew = nil, nil
	if edit := c.Step().Edit; len(edit) > 0 {
		if c.Content.Open = act.Fields; len(act.Fields) == 0 {
			c.Content.Open = edit
		}
		for _, p := range act.Fields {
			if procedure.OfFiles(p) {
				c.Content.Anew = append(c.Content.Anew, p)
			}
		}
	}
}

// clock is the deadline of the state that was reached: one that stands still while the case waits for the applicant goes on afterwards. left is
// the state that was left, due its deadline.
func (c *Case) clock(left procedure.State, due time.Time, zone *time.Location, cal *workday.Calendar) {
	due, c.Content.Stopped = c.Def.Term(c.State, c.EnteredAt, left, due, c.Content.Stopped, zone, cal)
	c.DueAt = store.Moment(due)
}
