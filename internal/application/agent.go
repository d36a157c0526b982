package application

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/document"
	"okno/internal/files"
	"okno/internal/procedure"
)

// ChangeFilter says which cases of an agency are meant; what is zero does not matter.
type ChangeFilter struct {
	State               procedure.State
	Turn                procedure.Turn
	Service             string
	DueAfter, DueBefore time.Time  // the deadline: at that moment or later, before that moment
	Overdue             bool       // the deadline has passed, and the case has not ended
	After               ChangeMark // where the page before ended
	Most                int
}

// ChangeMark is a place in the list of an agency's cases: by when a case last moved or had news, and of those of one moment by their ids.
type ChangeMark struct {
	At time.Time
	ID string
}

// Since is the mark after everything that moved up to the moment.
func Since(at time.Time) ChangeMark { return ChangeMark{at, "~"} } // it sorts after every id

// changedSQL is Case.ChangedAt; the index application_of_unit_changed has just this expression.
const changedSQL = `CASE WHEN news_at > entered_at THEN news_at ELSE entered_at END`

// Changed lists cases of the actor's agency in the order in which they last moved or had news, and the mark at which the list goes on; a zero one
// says that there are no more now. A case that moves meanwhile comes again further on, so that a walk misses none. As on a desk, a list
// says nothing of persons.
func (s *Service) Changed(ctx context.Context, who access.Actor, f ChangeFilter) ([]Case, ChangeMark, error) {
	if err := who.May(access.ReadCases); err != nil {
		return nil, ChangeMark{}, err
	}
	if f.After.At.IsZero() {
		f.After = ChangeMark{At: time.Unix(0, 0).UTC()}
	}
	cond := []string{`unit = $1`, `unit <> ''`, `(` + changedSQL + `, id) > ($2, $3)`}
	args := []any{who.Unit, f.After.At, f.After.ID}
	for _, x := range []struct{ column, value string }{{"state", string(f.State)}, {"turn", string(f.Turn)}, {"service", f.Service}} {
		if x.value != "" {
			args = append(args, x.value)
			cond = append(cond, fmt.Sprintf("%s = $%d", x.column, len(args)))
		}
	}
	if !f.DueAfter.IsZero() || !f.DueBefore.IsZero() || f.Overdue {
		put := func(v any) string { args = append(args, v); return fmt.Sprintf("$%d", len(args)) }
		cond = append(cond, `turn IN ('agency', 'applicant', 'system')`, `due_at IS NOT NULL`) // what has ended has no deadline
		if !f.DueAfter.IsZero() {
			cond = append(cond, dueSQL+` >= `+put(f.DueAfter))
		}
		if !f.DueBefore.IsZero() {
			cond = append(cond, dueSQL+` < `+put(f.DueBefore))
		}
		if f.Overdue {
			cond = append(cond, dueSQL+` < `+put(s.DB.Now()))
		}
	}
	found, err := s.find(ctx, s.DB, strings.Join(cond, " AND ")+fmt.Sprintf(` ORDER BY `+changedSQL+`, id LIMIT %d`, f.Most+1), args...)
	if err != nil {
		return nil, ChangeMark{}, err
	}
	var next ChangeMark
	if len(found) > f.Most {
		found = found[:f.Most]
		last := found[len(found)-1]
		next = ChangeMark{last.ChangedAt(), last.ID}
	}
	out := make([]Case, 0, len(found))
	for _, x := range found {
		if x.wrapped == nil || !x.sees(who, s.DB.Now()) {
			continue // the person was erased
		}
		if x.Def, err = s.definition(ctx, s.DB, x.definition, x.Service); err != nil {
			return nil, ChangeMark{}, err
		}
		out = append(out, x.Case)
	}
	return out, next, nil
}

// PapersOf lists the papers of a case that the actor may see, to read them in OpenPaper.
func (s *Service) PapersOf(ctx context.Context, who access.Actor, caseID string) ([]document.Document, error) {
	owner, err := s.Owner(ctx, s.DB, who, caseID)
	if err != nil {
		return nil, err
	}
	if err := mayRead(who); err != nil {
		return nil, err
	}
	return s.Papers.OfCase(ctx, s.DB, owner, caseID)
}

// OpenPaper reads a paper of a case that the actor may see. The look is recorded, and the person sees it.
func (s *Service) OpenPaper(ctx context.Context, who access.Actor, caseID, documentID string) (document.Document, *bytes.Reader, error) {
	if _, err := s.Owner(ctx, s.DB, who, caseID); err != nil {
		return document.Document{}, nil, err
	}
	if err := mayRead(who); err != nil {
		return document.Document{}, nil, err
	}
	return s.Papers.OpenOfCase(ctx, who, caseID, documentID)
}

// mayRead reports whether the actor may read papers at all: the person their own, others where their role says so.
func mayRead(who access.Actor) error {
	if who.Kind == access.Person {
		return who.May(access.UseCabinet)
	}
	return who.May(access.ReadFiles)
}

// FilesOf lists what the person put into a case that the actor may see. Of the person it says the names of their files.
func (s *Attachments) FilesOf(ctx context.Context, who access.Actor, caseID string) ([]Attached, error) {
	if err := who.May(access.ReadFiles); err != nil {
		return nil, err
	}
	return s.OfCase(ctx, who, caseID)
}

// OpenFile opens a file of a case that the actor may see. The look is recorded, and the person sees it.
func (s *Attachments) OpenFile(ctx context.Context, who access.Actor, caseID, attachmentID string) (Attached, files.File, *bytes.Reader, error) {
	if err := who.May(access.ReadFiles); err != nil {
		return Attached{}, files.File{}, nil, err
	}
	a, err := s.get(ctx, s.DB, who, attachmentID)
	if err == nil && a.Application != caseID {
		err = ErrNoFile
	}
	if err != nil {
		return Attached{}, files.File{}, nil, err
	}
	return s.Open(ctx, who, attachmentID)
}
