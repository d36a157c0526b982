package application

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/procedure"
	"okno/internal/staff"
	"okno/internal/store"
)

// Ruling is what the head of the desk decides on a complaint.
type Ruling struct {
	Uphold  bool
	Reasons string // to the person
	Note    string // to the officer who gets the case, when it is upheld
	To      string // that officer, where the case goes back to the agency
}

// Judge decides the open complaint of a case. Only a head who did not decide the case may. One that is upheld puts a decided case
// back into work, with an officer other than the first, and its deadline begins anew.
func (s *Service) Judge(ctx context.Context, who access.Actor, caseID string, v Ruling) (Complaint, error) {
	if err := who.May(access.LeadDesk); err != nil {
		return Complaint{}, err
	}
	before, err := s.Get(ctx, who, caseID)
	if err != nil {
		return Complaint{}, err
	}
	if v.To != "" {
		e, ok, err := s.Staff.Get(ctx, s.DB, v.To)
		if err != nil {
			return Complaint{}, err
		}
		if err := colleague(who, e, ok, before); err != nil {
			return Complaint{}, err
		}
	}
	var x Complaint
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := s.unmoved(ctx, tx, who, before)
		if err != nil {
			return err
		}
		if x, err = s.openComplaint(ctx, tx, c); err != nil {
			return err
		}
		if slices.Contains(x.barred, who.ID) {
			return ErrOwnDecision
		}
		back, goes := c.Back()
		if err := x.complete(v, goes && back.Turn == procedure.TurnAgency, s.Policy.Cases.ComplaintAnswer); err != nil {
			return err
		}
		return s.judged(ctx, tx, who, c, &x, v)
	})
	return x, err
}

func (s *Service) openComplaint(ctx context.Context, tx *store.Tx, c Case) (Complaint, error) {
	list, err := s.complaints(ctx, tx, c)
	if err != nil {
		return Complaint{}, err
	}
	for _, x := range list {
		if x.State == ComplaintOpen {
			for _, d := range c.deciders() { // who decided since it was made
				if !slices.Contains(x.barred, d) {
					x.barred = append(x.barred, d)
				}
			}
			return x, nil
		}
	}
	return Complaint{}, ErrNoComplaint
}

// complete checks that a verdict comes with what it needs. It touches nothing.
func (x Complaint) complete(v Ruling, officer bool, most int) error {
	var wrong []fault.Field
	words := func(name, text string) {
		if n := utf8.RuneCountInString(strings.TrimSpace(text)); n == 0 || n > most {
			wrong = append(wrong, fault.F(name, "complaint.words", "most", most))
		}
	}
	words("reasons", v.Reasons)
	if v.Uphold && officer {
		words("note", v.Note)
		switch {
		case v.To == "":
			wrong = append(wrong, fault.F("officer", "complaint.officer_missing"))
		case slices.Contains(x.barred, v.To):
			wrong = append(wrong, fault.F("officer", "complaint.first"))
		}
	}
	return fault.Check(wrong...)
}

// Back is the step to which an upheld complaint leads: where officers last had the case, else its beginning. A case that is not
// decided stays in its step. It is false for a case that was withdrawn.
func (c Case) Back() (procedure.Step, bool) {
	if c.Outcome == procedure.Withdrawn {
		return procedure.Step{}, false
	}
	if c.Outcome == "" {
		return c.Step(), true
	}
	for _, e := range slices.Backward(c.Events) {
		if st, ok := c.Def.Step(e.State); ok && st.Turn == procedure.TurnAgency && !st.Final() {
			return st, true
		}
	}
	return c.Def.Step(c.Def.Start())
}

func (s *Service) judged(ctx context.Context, tx *store.Tx, who access.Actor, c Case, x *Complaint, v Ruling) error {
	x.State, x.Handler, x.Answer, x.DecidedAt = ComplaintDismissed, who.ID, strings.TrimSpace(v.Reasons), tx.Now()
	what := "complaint.dismissed"
	if v.Uphold {
		x.State, x.Note, what = ComplaintUpheld, strings.TrimSpace(v.Note), "complaint.upheld"
	}
	sealed, err := s.sealComplaint(ctx, tx, c, *x)
	if err != nil {
		return err
	}
	err = store.Touched(tx.Exec(ctx, `UPDATE complaint SET state = $1, barred = $2, handler = $3, content = $4, decided_at = $5 WHERE id = $6 AND state = 'open'`,
		string(x.State), strings.Join(x.barred, " "), x.Handler, sealed, x.DecidedAt, x.ID))
	if errors.Is(err, store.ErrStale) {
		return ErrMoved
	}
	if err != nil {
		return fmt.Errorf("decide complaint %s: %w", x.ID, err)
	}
	if err := s.tell(ctx, tx, c, s.complaintNote(c, string(x.State), *x)); err != nil {
		return err
	}
	if err := s.complaintSaid(ctx, tx, who, c, what); err != nil {
		return err
	}
	back, goes := c.Back()
	if !v.Uphold || !goes || x.Ground == AgainstDelay && c.Outcome != "" { // what was late has been decided meanwhile
		return nil
	}
	return s.reopen(ctx, tx, who, c, back, v.To)
}

// reopen puts the case back into work: nothing of the first decision is left in it, and its deadline begins anew.
func (s *Service) reopen(ctx context.Context, tx *store.Tx, who access.Actor, c Case, back procedure.Step, to string) error {
	if err := errors.Join(s.drop(ctx, tx, c.ID), s.calm(ctx, tx, c.ID)); err != nil { // a proposal of the first officer's; a deadline that was missed
		return err
	}
	c.State, c.EnteredAt, c.Failed = back.State, tx.Now(), 0
	c.Version++
	c.settle(s)
	c.Content.Reason, c.Content.Advice, c.Content.Open, c.Content.Stopped = "", "", nil, nil
	if c.Officer = ""; c.Turn == procedure.TurnAgency {
		c.Officer = to
	}
	if err := s.save(ctx, tx, c); err != nil {
		return err
	}
	if c.Officer != "" {
		if err := s.claim(ctx, tx, &c); err != nil {
			return err
		}
	}
	if err := s.remember(ctx, tx, who, &c, reopened, nil); err != nil {
		return err
	}
	return s.arrive(ctx, tx, &c)
}

// unbarred refuses the officer whose decision on the case was set aside.
func unbarred(ctx context.Context, q store.Querier, caseID, officer string) error {
	if officer == "" {
		return nil
	}
	var n int
	err := q.QueryRow(ctx, `SELECT count(*) FROM complaint WHERE application_id = $1 AND state = 'upheld' AND ' ' || barred || ' ' LIKE $2`, caseID, "% "+officer+" %").Scan(&n)
	if err != nil {
		return fmt.Errorf("complaints of case %s: %w", caseID, err)
	}
	if n > 0 {
		return ErrFirstOfficer.With(fault.F("officer", "complaint.first"))
	}
	return nil
}

// barredFrom is unbarred of several cases: those of which it would refuse the officer.
func barredFrom(ctx context.Context, q store.Querier, officer string, cases []string) (map[string]bool, error) {
	if officer == "" || len(cases) == 0 {
		return nil, nil
	}
	args := []any{"% " + officer + " %"}
	found, err := store.Names(q.Query(ctx, `SELECT DISTINCT application_id FROM complaint WHERE state = 'upheld' AND ' ' || barred || ' ' LIKE $1 AND `+store.InSQL("application_id", cases, &args), args...))
	if err != nil {
		return nil, fmt.Errorf("complaints of cases: %w", err)
	}
	out := map[string]bool{}
	for _, c := range found {
		out[c] = true
	}
	return out, nil
}

// ComplaintLine is a complaint in the list of a desk. It shows nothing of persons.
type ComplaintLine struct {
	CaseID, Number, Unit string
	Ground               Ground
	State                ComplaintState
	MadeAt, DueAt        time.Time
	Own                  bool // whoever asks decided the case
	Stranded             bool // every head of the desk did: it waits for another
}

// ComplaintsListed is a page of the complaints of a desk.
type ComplaintsListed struct {
	Lines      []ComplaintLine
	Prev, Next *Mark // nil where there is nothing
}

// DeskComplaints lists complaints of the actor's agency, at most so many, from the mark on: the open ones, the most urgent first, or those that
// were decided, the last first.
func (s *Service) DeskComplaints(ctx context.Context, who access.Actor, open bool, from *Mark, most int) (ComplaintsListed, error) {
	if err := who.May(access.DecideCases); err != nil {
		return ComplaintsListed{}, err
	}
	// The state is written out: the plan of PostgreSQL is made for any argument, and an index of the open ones, or of the others, serves just one.
	state, key, down := `c.state = 'open'`, `c.due_at`, false
	if !open {
		state, key, down = `c.state <> 'open'`, `c.decided_at`, true
	}
	args := []any{who.Unit}
	down = down != from.back()
	where := `c.unit = $1 AND ` + state + ` AND EXISTS (SELECT 1 FROM application WHERE id = c.application_id AND ` + sightOf(who, s.DB.Now()).sql(&args) + `)`
	if from != nil {
		over := `>`
		if down {
			over = `<`
		}
		args = append(args, from.At, from.ID)
		where += fmt.Sprintf(` AND (%s, c.id) %s ($%d, $%d)`, key, over, len(args)-1, len(args))
	}
	rows, err := s.DB.Query(ctx, `SELECT c.id, c.application_id, application.number, application.service, application.unit, c.ground, c.state, c.barred, c.made_at, c.due_at, c.decided_at FROM complaint c JOIN application ON application.id = c.application_id
		WHERE `+where+` ORDER BY `+ordered(key, `c.id`, down)+` LIMIT `+strconv.Itoa(most+1), args...)
	if err != nil {
		return ComplaintsListed{}, fmt.Errorf("complaints at the desk of %s: %w", who.Unit, err)
	}
	list, err := complaintLines(rows, who)
	if err != nil {
		return ComplaintsListed{}, err
	}
	var out ComplaintsListed
	list, out.Prev, out.Next = turned(list, most, from, func(r complaintRow) Mark { return Mark{At: r.at(), ID: r.id} })
	heads := map[string][]staff.Employee{}
	for _, f := range list {
		if f.State == ComplaintOpen {
			if f.Stranded, err = s.stranded(ctx, heads, f.Unit, f.service, f.barred); err != nil {
				return ComplaintsListed{}, err
			}
		}
		out.Lines = append(out.Lines, f.ComplaintLine)
	}
	return out, nil
}

// complaintRow is a line with what the list is read by.
type complaintRow struct {
	ComplaintLine
	id, service string
	barred      []string
	decided     time.Time
}

// at is the key of the order.
func (r complaintRow) at() time.Time {
	if r.State == ComplaintOpen {
		return r.DueAt
	}
	return r.decided
}

func complaintLines(rows *store.Rows, who access.Actor) ([]complaintRow, error) {
	defer rows.Close() //nolint:errcheck // read to the end below
	var list []complaintRow
	for rows.Next() {
		var f complaintRow
		var barred string
		if err := rows.Scan(&f.id, &f.CaseID, &f.Number, &f.service, &f.Unit, &f.Ground, &f.State, &barred, store.Time(&f.MadeAt), store.Time(&f.DueAt), store.NullTime(&f.decided)); err != nil {
			return nil, err
		}
		f.barred = strings.Fields(barred)
		f.Own = slices.Contains(f.barred, who.ID)
		list = append(list, f)
	}
	return list, rows.Err()
}

// stranded reports whether every head of the agency's desk who sees cases of the service decided this one. heads remembers who they are.
func (s *Service) stranded(ctx context.Context, heads map[string][]staff.Employee, unit, service string, barred []string) (bool, error) {
	if _, known := heads[unit]; !known {
		list, err := s.Staff.Officers(ctx, s.DB, unit)
		if err != nil {
			return false, err
		}
		heads[unit] = slices.DeleteFunc(list, func(e staff.Employee) bool { return e.Role != access.Head })
	}
	return !slices.ContainsFunc(heads[unit], func(e staff.Employee) bool { return e.Actor().Serves(service) && !slices.Contains(barred, e.ID) }), nil
}

// Stranded reports whether an open complaint waits for a head who did not decide the case.
func (s *Service) Stranded(ctx context.Context, x Complaint) (bool, error) {
	if x.State != ComplaintOpen {
		return false, nil
	}
	return s.stranded(ctx, map[string][]staff.Employee{}, x.Unit, x.service, x.barred)
}

// Bars reports whether the employee decided what is complained of.
func (x Complaint) Bars(employee string) bool { return slices.Contains(x.barred, employee) }
