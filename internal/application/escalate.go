package application

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/jobs"
	"okno/internal/procedure"
	"okno/internal/store"
	"okno/internal/workday"
)

// Escalation is a deadline of which the head of the agency's desk was told. It shows nothing of persons.
type Escalation struct {
	CaseID, Number, Service string
	Officer                 string // who has the case; "" for nobody
	Overdue                 bool   // else it is near
	DueAt, ToldAt           time.Time
}

// Nearing is the job that fires when a deadline comes near. It has a kind of its own, so that a node of yesterday, which knows no warning,
// leaves it to others: what comes before its time as Due would be taken for done there, and the deadline would be lost.
type Nearing struct {
	Case    string `json:"case"`
	Version int64  `json:"version"`
}

// Kind names the job in the queue.
func (Nearing) Kind() string { return "application.nearing" }

// watched reports whether the head of the desk is told of the step's deadline before it passes: it is for the agency or a register to
// meet. While it is for the applicant, nobody at the agency can.
func watched(st procedure.Step) bool {
	return st.Turn == procedure.TurnAgency || st.Turn == procedure.TurnSystem && st.Deadline.Breach == procedure.Escalate
}

// warnAt is the moment from which the deadline counts as near: so much of its time is over, whatever came off it while it stood still.
func (c Case) warnAt(percent int, zone *time.Location, cal *workday.Calendar) time.Time {
	whole := c.Step().Deadline.Due(c.EnteredAt, zone, cal).Sub(c.EnteredAt)
	return c.DueAt.Add(-whole / 100 * time.Duration(100-percent))
}

// timer is the job that watches the deadline of the case: the warning, which sets the next one, or what happens when it is over. A
// deadline that goes on after a pause, when it was near already, has had its warning.
func (s *Service) timer(c Case, now time.Time) jobs.Args {
	if at := c.warnAt(s.Policy.Cases.WarnAfter, s.Zone, s.Workdays); watched(c.Step()) && at.After(now) && at.Before(c.DueAt) {
		return jobs.At(Nearing{c.ID, c.Version}, at)
	}
	return jobs.At(Due{c.ID, c.Version}, c.DueAt)
}

// Warn does the job Nearing: it tells the head of the desk that the deadline is near, and sets the timer for its end.
func (s *Service) Warn(ctx context.Context, job Nearing) error {
	c, ok, err := s.awake(ctx, job.Case)
	if !ok || c.Version != job.Version || c.DueAt.IsZero() {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if tx.Now().Before(c.DueAt) { // else nobody worked in time: its end says it all
			if err := s.escalate(ctx, tx, c, Warned); err != nil {
				return err
			}
		}
		return s.Jobs.Enqueue(ctx, tx, jobs.At(Due{c.ID, c.Version}, c.DueAt))
	})
}

// escalate tells the head of the desk of a deadline, once when it is near and once when it is over. The case that has moved on
// meanwhile, or of which they were told, is left alone.
func (s *Service) escalate(ctx context.Context, tx *store.Tx, c Case, deed Deed) error {
	now, err := s.load(ctx, tx, access.SystemActor(), c.ID)
	if err != nil || now.Version != c.Version {
		return err
	}
	insert := `INSERT INTO escalation (application_id, due_at, unit, kind, told_at, seen_by) VALUES ($1, $2, $3, $4, $5, '') ON CONFLICT (application_id, due_at) DO `
	kind, conflict := "near", `NOTHING`
	if deed == Escalated {
		kind, conflict = "overdue", `UPDATE SET kind = excluded.kind, told_at = excluded.told_at, seen_at = NULL, seen_by = '' WHERE escalation.kind = 'near'`
	}
	err = store.Touched(tx.Exec(ctx, insert+conflict, c.ID, c.DueAt, c.Unit, kind, tx.Now()))
	if errors.Is(err, store.ErrStale) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("escalate %s: %w", c.ID, err)
	}
	return s.deed(ctx, tx, access.SystemActor(), c, DeskEvent{Deed: deed})
}

// calm takes back what the head was told of a deadline that the case has left, when nobody read it: there is nothing to see to.
func (s *Service) calm(ctx context.Context, tx *store.Tx, caseID string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM escalation WHERE application_id = $1 AND seen_at IS NULL`, caseID); err != nil {
		return fmt.Errorf("escalations of %s: %w", caseID, err)
	}
	return nil
}

// unread are the escalations that the head has not read, of cases that still have that deadline.
func unread(who access.Actor, now time.Time, most int) (sql string, args []any) {
	args = []any{who.Unit, most}
	return ` FROM escalation e JOIN application a ON a.id = e.application_id AND a.due_at = e.due_at WHERE e.unit = $1 AND e.seen_at IS NULL
		AND EXISTS (SELECT 1 FROM application WHERE id = e.application_id AND ` + sightOf(who, now).sql(&args) + `) ORDER BY e.due_at, e.application_id LIMIT $2`, args
}

// Escalations lists what the head of the desk was told of deadlines and has not marked as read, the most urgent first.
func (s *Service) Escalations(ctx context.Context, who access.Actor, most int) ([]Escalation, error) {
	if err := who.May(access.LeadDesk); err != nil {
		return nil, err
	}
	from, args := unread(who, s.DB.Now(), most)
	rows, err := s.DB.Query(ctx, `SELECT a.id, a.number, a.service, a.officer, e.kind, e.due_at, e.told_at`+from, args...)
	if err != nil {
		return nil, fmt.Errorf("escalations of %s: %w", who.Unit, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Escalation
	for rows.Next() {
		var e Escalation
		var kind string
		if err := rows.Scan(&e.CaseID, &e.Number, &e.Service, &e.Officer, &kind, store.Time(&e.DueAt), store.Time(&e.ToldAt)); err != nil {
			return nil, err
		}
		e.Overdue = kind == "overdue"
		out = append(out, e)
	}
	return out, rows.Err()
}

// ForHead counts what waits for the head of the desk, each up to most: what they were told of deadlines and have not read, and complaints.
func (s *Service) ForHead(ctx context.Context, who access.Actor, most int) (deadlines, complaints int, err error) {
	if err := who.May(access.LeadDesk); err != nil {
		return 0, 0, err
	}
	from, args := unread(who, s.DB.Now(), most)
	err = s.DB.QueryRow(ctx, `SELECT (SELECT count(*) FROM (SELECT 1`+from+`) told), (SELECT count(*) FROM (SELECT 1 FROM complaint c WHERE c.unit = $1 AND c.state = 'open'
		AND EXISTS (SELECT 1 FROM application WHERE id = c.application_id AND `+sightOf(who, s.DB.Now()).sql(&args)+`) LIMIT $2) waiting)`, args...).Scan(&deadlines, &complaints)
	if err != nil {
		return 0, 0, fmt.Errorf("what waits for the head of %s: %w", who.Unit, err)
	}
	return deadlines, complaints, nil
}

// ReadEscalations marks as read, for every head of the desk, what one was told until then and saw: from the most urgent to that deadline of
// that case.
func (s *Service) ReadEscalations(ctx context.Context, who access.Actor, until time.Time, to Mark) error {
	if err := who.May(access.LeadDesk); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		args := []any{tx.Now(), who.ID, who.Unit, until, to.At, to.ID}
		_, err := tx.Exec(ctx, `UPDATE escalation SET seen_at = $1, seen_by = $2 WHERE unit = $3 AND seen_at IS NULL AND told_at <= $4 AND (due_at, application_id) <= ($5, $6)
			AND EXISTS (SELECT 1 FROM application WHERE id = escalation.application_id AND `+sightOf(who, tx.Now()).sql(&args)+`)`, args...)
		if err != nil {
			return fmt.Errorf("escalations of %s: %w", who.Unit, err)
		}
		return nil
	})
}
