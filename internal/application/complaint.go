package application

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/notification"
	"okno/internal/procedure"
	"okno/internal/store"
)

// Ground is what a complaint is about. Its text is stored.
type Ground string

// The grounds.
const (
	AgainstRefusal  Ground = "refusal"  // the case was refused
	AgainstDecision Ground = "decision" // it was granted, and wrongly
	AgainstPapers   Ground = "papers"   // papers were not accepted, or an error was not corrected: decided sooner
	AgainstDelay    Ground = "late"     // the deadline passed and nobody decided
)

// ComplaintState is what became of a complaint. Its text is stored.
type ComplaintState string

// The states.
const (
	ComplaintOpen      ComplaintState = "open"
	ComplaintUpheld    ComplaintState = "upheld"
	ComplaintDismissed ComplaintState = "dismissed"
)

// Complaint is what a person wrote about how their case was decided.
type Complaint struct {
	ID        string
	CaseID    string
	Unit      string
	Version   int64 // of the case that it is about
	Ground    Ground
	State     ComplaintState
	Handler   string // who decided it
	Text      string
	Answer    string // reasons, to the person
	Note      string // to the officer who has the case now
	MadeAt    time.Time
	DueAt     time.Time
	DecidedAt time.Time

	barred  []string
	service string
}

// Service is the code of the service of its case.
func (x Complaint) Service() string { return x.service }

// complaintContent is what of a complaint is sealed.
type complaintContent struct {
	Text   string `json:"text"`
	Answer string `json:"answer,omitempty"`
	Note   string `json:"note,omitempty"`
}

// NewComplaint is what the person typed.
type NewComplaint struct {
	Ground Ground
	Text   string
}

// The refusals.
var (
	ErrComplains    = fault.New(fault.Conflict, "complaint.open")     // one complaint of the case is being looked at
	ErrComplained   = fault.New(fault.Conflict, "complaint.answered") // this decision was complained of; a court is next
	ErrNothingWrong = fault.New(fault.Conflict, "complaint.nothing")  // nothing was decided, and no deadline missed
	ErrTooLate      = fault.New(fault.Conflict, "complaint.too_late")
	ErrOwnDecision  = fault.New(fault.Denied, "complaint.own")     // who decided the case does not decide the complaint
	ErrFirstOfficer = fault.New(fault.Conflict, "complaint.first") // an upheld complaint keeps the first officer from the case
	ErrNoComplaint  = fault.New(fault.Missing, "complaint.missing")
)

// reopened is the event by which an upheld complaint puts a case back into work.
const reopened = procedure.Event("complaint-upheld")

// Grounds are what can be complained of in the case now; none when there is nothing to complain of.
func (c Case) Grounds(now time.Time) []Ground {
	switch {
	case c.Outcome == procedure.Refused:
		return []Ground{AgainstRefusal, AgainstPapers}
	case c.Outcome == procedure.Granted:
		return []Ground{AgainstDecision, AgainstPapers}
	case c.Outcome == "" && c.Turn != procedure.TurnApplicant && !c.DueAt.IsZero() && c.DueAt.Before(now):
		return []Ground{AgainstDelay}
	}
	return nil
}

// deciders are who decided the case, or let its deadline pass.
func (c Case) deciders() []string {
	var out []string
	if c.Officer != "" {
		out = append(out, c.Officer)
	}
	if c.Outcome == "" {
		return out
	}
	for _, e := range slices.Backward(c.Events) { // where two agreed, the case is the first's and the move the second's
		if e.By != procedure.ByOfficer {
			continue
		}
		if !slices.Contains(out, e.Actor) {
			out = append(out, e.Actor)
		}
		return out
	}
	return out
}

// complainable is the rule of when a complaint can be made. It touches nothing.
func (s *Service) complainable(c Case, earlier []Complaint, now time.Time) error {
	for _, x := range earlier {
		switch {
		case x.State == ComplaintOpen:
			return ErrComplains
		case x.Version == c.Version:
			return ErrComplained
		}
	}
	if len(c.Grounds(now)) == 0 {
		return ErrNothingWrong
	}
	if c.Outcome != "" && now.After(c.EnteredAt.Add(s.Policy.Cases.ComplaintWithin)) {
		return ErrTooLate
	}
	return nil
}

// MayComplain says what of the case the person can complain of now, and why not when they cannot.
func (s *Service) MayComplain(ctx context.Context, who access.Actor, caseID string) (Case, []Ground, error) {
	if err := who.May(access.Apply); err != nil {
		return Case{}, nil, err
	}
	c, err := s.Get(ctx, who, caseID)
	if err != nil {
		return Case{}, nil, err
	}
	list, err := s.complaints(ctx, s.DB, c)
	if err != nil {
		return c, nil, err
	}
	now := s.DB.Now()
	return c, c.Grounds(now), s.complainable(c, list, now)
}

// Complain makes a complaint. It goes to the head of the agency's desk, and is to be decided within working days.
func (s *Service) Complain(ctx context.Context, who access.Actor, caseID string, n NewComplaint) (Complaint, error) {
	if err := who.May(access.Apply); err != nil {
		return Complaint{}, err
	}
	before, err := s.Get(ctx, who, caseID)
	if err != nil {
		return Complaint{}, err
	}
	who = before.acting(who)
	var x Complaint
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := s.unmoved(ctx, tx, who, before)
		if err != nil {
			return err
		}
		earlier, err := s.complaints(ctx, tx, c)
		if err != nil {
			return err
		}
		if err := s.complainable(c, earlier, tx.Now()); err != nil {
			return err
		}
		if err := s.wellComplained(c, n, tx.Now()); err != nil {
			return err
		}
		x = Complaint{ID: id.At(tx.Now()), CaseID: c.ID, Unit: c.Unit, service: c.Service, Version: c.Version, Ground: n.Ground, State: ComplaintOpen, Text: strings.TrimSpace(n.Text), MadeAt: tx.Now(), barred: c.deciders()}
		days := s.Policy.Cases.ComplaintDays
		if x.Ground == AgainstPapers {
			days = s.Policy.Cases.ComplaintDaysPapers
		}
		x.DueAt = store.Moment(procedure.Deadline{In: procedure.Span{Days: days}, Calendar: procedure.Working}.Due(tx.Now(), s.Zone, s.Workdays))
		sealed, err := s.sealComplaint(ctx, tx, c, x)
		if err != nil {
			return err
		}
		err = tx.Do(ctx, `INSERT INTO complaint (id, application_id, unit, version, ground, state, barred, handler, content, made_at, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, $9, $10)`,
			x.ID, x.CaseID, x.Unit, x.Version, string(x.Ground), string(x.State), strings.Join(x.barred, " "), sealed, x.MadeAt, x.DueAt)
		if err != nil {
			return fmt.Errorf("complaint of case %s: %w", c.ID, err)
		}
		if err := s.tell(ctx, tx, c, s.complaintNote(c, "received", x)); err != nil {
			return err
		}
		return s.complaintSaid(ctx, tx, who, c, "complaint.made")
	})
	return x, err
}

// unmoved is a case as it was read a moment ago, with its history; ErrMoved when it has moved since.
func (s *Service) unmoved(ctx context.Context, tx *store.Tx, who access.Actor, before Case) (Case, error) {
	c, err := s.load(ctx, tx, who, before.ID)
	if err == nil && c.Version != before.Version {
		err = ErrMoved
	}
	c.Events = before.Events
	return c, err
}

func (s *Service) wellComplained(c Case, n NewComplaint, now time.Time) error {
	var wrong []fault.Field
	if !slices.Contains(c.Grounds(now), n.Ground) {
		wrong = append(wrong, fault.F("ground", "complaint.ground_missing"))
	}
	switch text := strings.TrimSpace(n.Text); {
	case text == "":
		wrong = append(wrong, fault.F("text", "complaint.text_missing"))
	case utf8.RuneCountInString(text) > s.Policy.Cases.ComplaintText:
		wrong = append(wrong, fault.F("text", "complaint.text_long", "most", s.Policy.Cases.ComplaintText))
	}
	return fault.Check(wrong...)
}

// complaintSaid records what was done, counts it as news of the case and tells whoever looks at the case or the desk.
func (s *Service) complaintSaid(ctx context.Context, tx *store.Tx, who access.Actor, c Case, what string) error {
	if _, err := tx.Exec(ctx, `UPDATE application SET news = news + 1, news_at = $1 WHERE id = $2`, tx.Now(), c.ID); err != nil {
		return fmt.Errorf("news of case %s: %w", c.ID, err)
	}
	err := audit.Record(ctx, tx, audit.Event{Action: what, Actor: who, Subject: c.AccountID, Object: "case/" + c.ID, Detail: audit.Detail{"service": c.Service}})
	return errors.Join(err, tx.Notify(ctx, c.Topic()), tx.Notify(ctx, QueueTopic(c.Unit)), c.shown(ctx, tx))
}

// complaintNote is what the person is told; the words are on the page of the case.
func (s *Service) complaintNote(c Case, what string, x Complaint) notification.Note {
	return complained(s.Notices.Letterhead(), what, c.ID, c.Number, c.Def.Title, x.DueAt.In(s.Zone))
}

func (s *Service) sealComplaint(ctx context.Context, tx *store.Tx, c Case, x Complaint) ([]byte, error) {
	key, err := s.Ring.Person(ctx, tx, c.AccountID)
	if err != nil {
		return nil, err
	}
	return key.SealJSON("complaint", "content", x.ID, complaintContent{x.Text, x.Answer, x.Note})
}

// Complaints are those of the case, the first first, for whoever sees the case. What the head wrote to the officer is not for the person.
func (s *Service) Complaints(ctx context.Context, who access.Actor, caseID string) ([]Complaint, error) {
	owner, err := s.Owner(ctx, s.DB, who, caseID)
	if err != nil {
		return nil, err
	}
	list, err := s.complaints(ctx, s.DB, Case{ID: caseID, AccountID: owner})
	for i := range list {
		if !who.ForAgency() {
			list[i].Note, list[i].Handler = "", ""
		}
	}
	return list, err
}

func (s *Service) complaints(ctx context.Context, q store.Querier, c Case) ([]Complaint, error) {
	key, err := s.Ring.Person(ctx, q, c.AccountID)
	if err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, complaintSQL+`WHERE c.application_id = $1 ORDER BY c.made_at, c.id`, c.ID)
	if err != nil {
		return nil, fmt.Errorf("complaints of case %s: %w", c.ID, err)
	}
	return readComplaints(rows, key)
}

const complaintSQL = `SELECT c.id, c.application_id, c.unit, c.version, c.ground, c.state, c.barred, c.handler, c.content, c.made_at, c.due_at, c.decided_at,
	(SELECT service FROM application WHERE id = c.application_id) FROM complaint c `

func readComplaints(rows *store.Rows, key *keyring.Key) ([]Complaint, error) {
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Complaint
	for rows.Next() {
		var x Complaint
		var barred string
		var sealed []byte
		if err := rows.Scan(&x.ID, &x.CaseID, &x.Unit, &x.Version, &x.Ground, &x.State, &barred, &x.Handler, &sealed, store.Time(&x.MadeAt), store.Time(&x.DueAt), store.NullTime(&x.DecidedAt), &x.service); err != nil {
			return nil, err
		}
		x.barred = strings.Fields(barred)
		var content complaintContent
		if err := key.OpenJSON("complaint", "content", x.ID, sealed, &content); err != nil {
			return nil, fmt.Errorf("open complaint %s: %w", x.ID, err)
		}
		x.Text, x.Answer, x.Note = content.Text, content.Answer, content.Note
		out = append(out, x)
	}
	return out, rows.Err()
}
