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

// Opened is the form with only what the applicant may change now, without a page when that is nothing: what is open, and of the rest what
// the answers as they stand on the page have brought with them. That is a question that was not asked before, and one whose answer does not go
// with the others any more.
func (c Case) Opened(zone *time.Location, a form.Answers) form.Form {
	f := c.formWith(a, zone)
	before, fresh := c.Form(zone).Asked(c.Content.Answers), c.complaints(a, zone)
	pages := f.Asked(a)
	f.Pages = nil
	for _, page := range pages {
		page.Fields = slices.DeleteFunc(slices.Clone(page.Fields), func(x form.Field) bool {
			if slices.ContainsFunc(fresh, func(w fault.Field) bool { return concerns(w, x.Pointer) }) {
				return false // though it be locked: the complaint stands there
			}
			return x.Locked || !slices.Contains(c.Content.Open, x.Pointer) && asks(before, x.Pointer) && form.Same(a.Get(x.Pointer), c.Content.Answers.Get(x.Pointer))
		})
		if len(page.Fields) > 0 {
			f.Pages = append(f.Pages, page)
		}
	}
	return f
}

// Further are the questions of an opened form that nobody asked the applicant to change.
func (c Case) Further(f form.Form) []string {
	var out []string
	for _, page := range f.Pages {
		for _, x := range page.Fields {
			if !slices.Contains(c.Content.Open, x.Pointer) {
				out = append(out, x.Pointer)
			}
		}
	}
	return out
}

// Corrected takes what was typed on the page of a correction into the answers. What becomes asked by it is taken, too; it begins with what was
// said there before, or with what the profile knows.
func (c Case) Corrected(zone *time.Location, typed map[string][]string) form.Answers {
	return c.corrected(c.Content.Answers, zone, typed)
}

// corrected is Corrected of a page that was made of these answers.
func (c Case) corrected(a form.Answers, zone *time.Location, typed map[string][]string) form.Answers {
	most := 1
	for _, page := range c.Def.Form.Pages {
		most += len(page.Fields)
	}
	for range most { // one answer may bring the next question
		f := c.Opened(zone, a)
		now := f.Parse(typed, c.recalled(f, a))
		if form.Same(map[string]any(now), map[string]any(a)) {
			break
		}
		a = now
	}
	return a
}

func (c Case) formWith(a form.Answers, zone *time.Location) form.Form {
	return marked(c.Def.FormFor(c.Content.Profile, a, form.DateOf(c.SubmittedAt.In(zone))), c.Content.Scanned)
}

// asks reports whether the question is on one of the pages.
func asks(pages []form.Page, pointer string) bool {
	return slices.ContainsFunc(pages, func(p form.Page) bool {
		return slices.ContainsFunc(p.Fields, func(x form.Field) bool { return x.Pointer == pointer })
	})
}

// concerns reports whether the complaint is about the question, or about what is in it.
func concerns(w fault.Field, pointer string) bool {
	name := form.NameOf(pointer)
	return w.Name == name || strings.HasPrefix(w.Name, name+".")
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
	Further []string // pointers of questions that the correction brought with it and that stood on the page
}

// VoidsError says which answers a correction would make void, as their questions are not asked any more: those that stood there and those
// that came with it. Who sends it again with them has read it.
type VoidsError struct{ Pointers []string }

func (e VoidsError) Error() string { return "the correction makes other answers void" }

// FurtherError is a correction that brings questions with it which the applicant has not seen yet.
type FurtherError struct{}

func (FurtherError) Error() string { return "the correction brings further questions" }

// Amend sends the answers that the agency asked for. Only those that are open are read, with what they bring with them; what is wrong with
// those, and what goes wrong elsewhere by them, keeps the case where it is. The answers are returned as they were typed in both cases. So does
// FurtherError, and so does VoidsError, which names answers that would not count any more and that the correction does not name.
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
	answers := c.Corrected(s.Zone, r.Typed)
	all, err := s.allFiles(ctx, c)
	if err != nil {
		return c, answers, err
	}
	files := notFiled(all)
	wrong := append(c.lacks(all, answers, s.Zone), c.wrong(answers, s.Zone)...)
	if err := fault.Check(wrong...); err != nil {
		return c, answers, err
	}
	if slices.ContainsFunc(c.Further(c.Opened(s.Zone, answers)), func(p string) bool { return !c.said(p) && !slices.Contains(r.Further, p) }) {
		return c, answers, FurtherError{}
	}
	if void := c.voids(answers, s.Zone); slices.ContainsFunc(void, func(p string) bool { return !slices.Contains(r.Voids, p) }) {
		return c, answers, VoidsError{void}
	}
	moved, err := s.Do(ctx, who, caseID, Act{Event: a.Event, Version: r.Version, answers: answers, files: files})
	return moved, answers, err
}

// said reports whether the applicant has answered the question before: in the application, or in what a correction put aside. What the
// profile knows they have not had before them.
func (c Case) said(pointer string) bool {
	return c.Content.Answers.Get(pointer) != nil || slices.ContainsFunc(c.Content.Earlier, func(r Revision) bool { return r.Was[pointer] != nil })
}

// wrong is what is wrong with the answers that are open, and what is wrong with the others since these were changed: an application that
// could not have been filed is not made by correcting one.
func (c Case) wrong(a form.Answers, zone *time.Location) []fault.Field {
	before := c.invalid(c.Content.Answers, zone)
	return slices.DeleteFunc(c.invalid(a, zone), func(w fault.Field) bool {
		return !c.opens(w) && slices.ContainsFunc(before, func(b fault.Field) bool { return reflect.DeepEqual(b, w) })
	})
}

// opens reports whether the complaint is about an answer that is open.
func (c Case) opens(w fault.Field) bool {
	return slices.ContainsFunc(c.Content.Open, func(p string) bool { return !procedure.OfFiles(p) && concerns(w, p) })
}

// complaints are those of wrong that are about other answers than the open ones.
func (c Case) complaints(a form.Answers, zone *time.Location) []fault.Field {
	return slices.DeleteFunc(c.wrong(a, zone), c.opens)
}

// invalid is what is wrong with the whole form.
func (c Case) invalid(a form.Answers, zone *time.Location) []fault.Field {
	f := c.formWith(a, zone)
	return c.Def.Validate(f, f.Prune(a), f.Today)
}

// amend takes over the answers that came with a move and remembers what they were: those that were changed, and those that the corrections
// make void, because their questions are no longer asked. Of files, what was there before stays with the case.
func (c *Case) amend(act Act, zone *time.Location) {
	if act.answers == nil {
		return
	}
	now, was := c.pruned(act.answers, zone), map[string]any{}
	for _, page := range c.Def.Form.Pages {
		for _, x := range page.Fields {
			if before := c.Content.Answers.Get(x.Pointer); !reflect.DeepEqual(before, now.Get(x.Pointer)) {
				was[x.Pointer] = before
			}
		}
	}
	c.Content.Answers = now
	if len(was) > 0 {
		c.Content.Earlier = append(c.Content.Earlier, Revision{c.Version, c.EnteredAt, was})
	}
}

// voids are the questions whose answers, or some of whose rows' answers, do not count any more after a correction.
func (c Case) voids(a form.Answers, zone *time.Location) []string {
	return c.gone(a, c.pruned(a, zone))
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

// pruned are the answers that count after a correction.
func (c Case) pruned(a form.Answers, zone *time.Location) form.Answers {
	return c.formWith(a, zone).Prune(a)
}

// recalled are the answers with those of the opened form that nobody asked for and that are not there yet: what an earlier correction put
// aside counts again when its question is asked again, and else the profile may know.
func (c Case) recalled(f form.Form, a form.Answers) form.Answers {
	known := c.Def.Fill(c.Content.Profile, form.Answers{})
	f.Pages = f.Asked(a)
	for _, p := range c.Further(f) {
		if a.Get(p) != nil || c.Content.Answers.Get(p) != nil {
			continue
		}
		v := known.Get(p)
		for _, rev := range c.Content.Earlier {
			if was := rev.Was[p]; was != nil {
				v = was
			}
		}
		if v != nil {
			a = a.With(p, v)
		}
	}
	return a
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
