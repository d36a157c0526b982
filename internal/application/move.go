package application

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/document"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/jobs"
	"okno/internal/notification"
	"okno/internal/procedure"
	"okno/internal/store"
)

// AskRegister is the job that does a state whose turn is the system's: it asks the register and makes the move.
// Version is that of the case when it entered the state: a case that has moved on is left alone.
type AskRegister struct {
	Case    string `json:"case"`
	Version int64  `json:"version"`
}

// Kind names the job in the queue.
func (AskRegister) Kind() string { return "application.ask_register" }

// Due is the job that fires when the deadline of a state is over.
type Due struct {
	Case    string `json:"case"`
	Version int64  `json:"version"`
}

// Kind names the job in the queue.
func (Due) Kind() string { return "application.due" }

// Act is what a party wants done with a case.
type Act struct {
	Event   procedure.Event
	Reason  string         // code of a reason, where the action needs one
	Advice  string         // the officer's words, where the action needs them
	Fields  []string       // pointers of the answers that are to be changed and ids of attachments that are to come anew, where the action needs them
	Data    map[string]any // a register's answer
	Version int64          // of the case that the party saw; 0 when that does not matter
	News    *int64         // … and its news; nil when they do not matter

	Also func(ctx context.Context, tx *store.Tx, c Case) error // what else is written with the move, or not at all; nil for nothing

	answers form.Answers // that the applicant sends with it (Amend)
	files   []Attached   // that come with them
	seconds *Proposal    // the proposal that this confirms
}

// also makes of something that is written with a move, whatever the case, what Act.Also wants.
func also(write func(ctx context.Context, tx *store.Tx) error) func(context.Context, *store.Tx, Case) error {
	if write == nil {
		return nil
	}
	return func(ctx context.Context, tx *store.Tx, _ Case) error { return write(ctx, tx) }
}

// Do makes a move: by the applicant, by an officer of the agency, or by the system. The case that has moved on
// meanwhile is ErrMoved.
func (s *Service) Do(ctx context.Context, who access.Actor, caseID string, act Act) (Case, error) {
	if err := may(who); err != nil {
		return Case{}, err
	}
	before, err := s.Get(ctx, who, caseID)
	if err != nil {
		return Case{}, err
	}
	who = before.acting(who)
	to, err := decide(before, who, act)
	if err != nil {
		return Case{}, err
	}
	if who.ForAgency() && len(act.Fields) > 0 {
		for _, a := range before.Def.Actions(before.State, procedure.ByOfficer) {
			if may := before.Askable(a, s.Zone); a.Event == act.Event && slices.ContainsFunc(act.Fields, func(p string) bool { return slices.Contains(a.Fields, p) && !slices.Contains(may, p) }) {
				return Case{}, fault.Invalid(fault.F("fields", "application.fields_missing"))
			}
		}
	}
	if a, ok := before.action(act.Event); ok && a.FourEyes && who.ForAgency() && act.seconds == nil {
		if st, _ := before.Def.Step(to); len(st.Outputs) > 0 { // what could not be done is not proposed
			if _, _, err := s.words(ctx, before, st, act); err != nil {
				return Case{}, err
			}
		}
		act.Version = before.Version
		return s.propose(ctx, who, caseID, act)
	}
	corrected := before
	if act.answers != nil {
		corrected.Content.Answers = act.answers
	}
	papers, err := s.render(ctx, corrected, to, act)
	if err != nil {
		return Case{}, err
	}
	var c Case
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if c, err = s.load(ctx, tx, who, caseID); err != nil {
			return err
		}
		if c.Version != before.Version || act.News != nil && c.News != *act.News {
			return ErrMoved
		}
		if who.ForAgency() {
			if err := unbarred(ctx, tx, c.ID, who.ID); err != nil {
				return err
			}
		}
		if err := s.eyes(ctx, tx, who, c, act); err != nil {
			return err
		}
		if err := papers.issue(ctx, tx); err != nil {
			return err
		}
		if err := s.move(ctx, tx, who, &c, to, act); err != nil {
			return err
		}
		if err := s.fileAnew(ctx, tx, before, act); err != nil || act.Also == nil {
			return err
		}
		return act.Also(ctx, tx, c)
	})
	return c, err
}

// eyes sees to the proposal that may wait in the case: an officer's move confirms it or is refused, anybody else's goes over it.
func (s *Service) eyes(ctx context.Context, tx *store.Tx, who access.Actor, c Case, act Act) error {
	if !c.fourEyes() {
		return nil
	}
	if act.seconds != nil {
		if err := s.confirmed(ctx, tx, who, c, *act.seconds); err != nil {
			return err
		}
		if err := s.deed(ctx, tx, who, c, DeskEvent{Deed: Confirmed, Actor: who.ID, Officer: act.seconds.By, Event: act.Event}); err != nil {
			return err
		}
	} else if who.ForAgency() {
		if err := s.free(ctx, tx, c); err != nil {
			return err
		}
	}
	return s.drop(ctx, tx, c.ID)
}

func may(who access.Actor) error {
	if who.ForAgency() {
		return who.May(access.DecideCases)
	}
	return who.May(access.Apply)
}

// decide is the rule of moves: the definition says which there are and whose they are; an action that needs a reason and
// advice comes with them. It touches nothing.
func decide(c Case, who access.Actor, act Act) (procedure.State, error) {
	if act.Version != 0 && act.Version != c.Version || act.News != nil && *act.News != c.News {
		return "", ErrMoved
	}
	to, err := c.Def.Move(c.State, act.Event, procedure.ByOf(who))
	switch {
	case errors.Is(err, procedure.ErrNotTheirs):
		return "", access.ErrDenied
	case err != nil:
		return "", ErrMoved
	}
	if who.Kind == access.System {
		return to, nil
	}
	for _, a := range c.Def.Actions(c.State, procedure.ByOf(who)) {
		if a.Event == act.Event {
			return to, complete(a, act)
		}
	}
	return "", ErrMoved
}

// complete checks that an action comes with what it needs.
func complete(a procedure.Action, act Act) error {
	if a.Amends && act.answers == nil {
		return ErrUnanswered
	}
	var wrong []fault.Field
	if a.Requires(procedure.NeedReason) {
		known := false
		for _, r := range a.Reasons {
			known = known || r.Code == act.Reason
		}
		if !known {
			wrong = append(wrong, fault.F("reason", "application.reason_missing"))
		}
	}
	if a.Requires(procedure.NeedAdvice) && strings.TrimSpace(act.Advice) == "" {
		wrong = append(wrong, fault.F("advice", "application.advice_missing"))
	}
	if a.Requires(procedure.NeedFields) && (len(act.Fields) == 0 || slices.ContainsFunc(act.Fields, func(p string) bool { return !slices.Contains(a.Fields, p) })) {
		wrong = append(wrong, fault.F("fields", "application.fields_missing"))
	}
	return fault.Check(wrong...)
}

// move writes a move that was decided on.
func (s *Service) move(ctx context.Context, tx *store.Tx, who access.Actor, c *Case, to procedure.State, act Act) error {
	left, due, warned := c.State, c.DueAt, !c.DueAt.IsZero() && !tx.Now().Before(c.warnAt(s.Policy.Cases.WarnAfter, s.Zone, s.Workdays))
	c.State, c.EnteredAt, c.Failed, c.Waits, c.WaitsUntil = to, tx.Now(), 0, "", time.Time{}
	c.Version++
	c.settle(s)
	c.clock(left, due, s.Zone, s.Workdays)
	c.amend(act, s.Zone)
	c.open(act)
	if who.ForAgency() {
		c.Officer = who.ID
	}
	if act.seconds != nil {
		c.Officer = act.seconds.By // whoever decided goes on with it
	}
	if _, err := c.Def.Move(to, "take", procedure.ByOfficer); err == nil {
		c.Officer = "" // it waits to be taken: nobody has it
	}
	if act.Data != nil {
		c.Content.Data = act.Data
	}
	if warned {
		if err := s.calm(ctx, tx, c.ID); err != nil {
			return err
		}
	}
	c.Content.Reason, c.Content.Advice = act.Reason, strings.TrimSpace(act.Advice)
	if c.Outcome == procedure.Refused && c.Content.Reason == "" && len(c.Step().Reasons) > 0 {
		c.Content.Reason = c.Step().Reasons[0].Code
	}
	if err := s.save(ctx, tx, *c); err != nil {
		return err
	}
	if c.Def.Undoable() && c.Outcome != "" && c.Outcome != procedure.Granted {
		if err := s.Papers.TakeBack(ctx, tx, who, c.ID); err != nil {
			return err
		}
	}
	if err := s.remember(ctx, tx, who, c, act.Event, &act); err != nil {
		return err
	}
	detail := audit.Detail{"service": c.Service, "to": string(to)}
	if act.Reason != "" {
		detail["reason"] = act.Reason
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: "application.moved", Actor: who, Subject: c.AccountID, Object: "case/" + c.ID, Detail: detail}); err != nil {
		return err
	}
	return s.arrive(ctx, tx, c)
}

// save writes the case; one that was changed meanwhile is ErrMoved.
func (s *Service) save(ctx context.Context, tx *store.Tx, c Case) error {
	key, err := s.Ring.Person(ctx, tx, c.AccountID)
	if err != nil {
		return err
	}
	sealed, err := c.seal(key)
	if err != nil {
		return err
	}
	err = store.Touched(tx.Exec(ctx, `UPDATE application SET state = $1, turn = $2, outcome = $3, officer = $4, content = $5, failed = $6, entered_at = $7, due_at = $8, version = $9,
		claimed_at = NULL, waits = '', waits_until = NULL, correction = NULL WHERE id = $10 AND version = $11`,
		string(c.State), string(c.Turn), string(c.Outcome), c.Officer, sealed, c.Failed, c.EnteredAt, store.OrNull(c.DueAt), c.Version,
		c.ID, c.Version-1))
	if errors.Is(err, store.ErrStale) {
		return ErrMoved
	}
	return err
}

// remember adds a move to the history.
func (s *Service) remember(ctx context.Context, tx *store.Tx, who access.Actor, c *Case, event procedure.Event, act *Act) error {
	e := Event{Version: c.Version, At: tx.Now(), Event: event, By: procedure.ByOf(who), Actor: who.ID, State: c.State}
	var note []byte
	if act != nil && act.Advice != "" {
		key, err := s.Ring.Person(ctx, tx, c.AccountID)
		if err != nil {
			return err
		}
		note = key.Seal("application_event", "note", fmt.Sprintf("%s/%d", c.ID, c.Version), []byte(act.Advice))
	}
	err := tx.Do(ctx, `INSERT INTO application_event (application_id, version, at, event, party, actor, state, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		c.ID, e.Version, e.At, string(e.Event), string(e.By), e.Actor, string(e.State), note)
	if err != nil {
		return fmt.Errorf("remember a move of %s: %w", c.ID, err)
	}
	c.Events = append(c.Events, e)
	return nil
}

// arrive does what a case in its new state needs: the next job, the timer, the notice, the news.
func (s *Service) arrive(ctx context.Context, tx *store.Tx, c *Case) error {
	st := c.Step()
	next := c.systems()
	if c.Parent != "" && st.Final() {
		next = append(next, Follow{c.Parent})
	}
	if !c.DueAt.IsZero() {
		next = append(next, s.timer(*c, tx.Now()))
	}
	if err := s.Jobs.Enqueue(ctx, tx, next...); err != nil {
		return err
	}
	if st.Notice != nil {
		if err := s.tell(ctx, tx, *c, s.note(*c, st)); err != nil {
			return err
		}
	}
	if s.News != nil {
		if err := s.News(ctx, tx, *c); err != nil {
			return err
		}
	}
	if c.Parent != "" { // whose page shows how this one goes
		if err := tx.Notify(ctx, Case{ID: c.Parent}.Topic()); err != nil {
			return err
		}
	}
	return errors.Join(tx.Notify(ctx, c.Topic()), tx.Notify(ctx, QueueTopic(c.Unit)), c.shown(ctx, tx))
}

// systems are the jobs that do what the system does in the case's state.
func (c Case) systems() []jobs.Args {
	switch st := c.Step(); {
	case st.Begins != nil || st.TakesBack != "":
		return []jobs.Args{Follow{c.ID}}
	case st.Turn == procedure.TurnSystem && st.Asks():
		return []jobs.Args{AskRegister{c.ID, c.Version}}
	}
	return nil
}

// shown has the lists of cases look again in which it stands.
func (c Case) shown(ctx context.Context, tx *store.Tx) error {
	var err error
	for _, account := range c.applicants() {
		err = errors.Join(err, tx.Notify(ctx, AccountTopic(account)))
	}
	return err
}

// AccountTopic is how a person's list of cases listens for news.
func AccountTopic(accountID string) string { return "cases-" + accountID }

// note is what the person is told on arriving in the state. The end of a part stands in the inbox alone: at that moment the whole goes on
// and has its own to say.
func (s *Service) note(c Case, st procedure.Step) notification.Note {
	n := arrived(s.Notices.Letterhead(), c.Def, st, c.ID, c.Number)
	if c.Parent != "" && st.Final() {
		n.Over = []notification.Over{notification.OverInbox}
	}
	return n
}

// remind tells the applicant once more whose turn it is, when the definition says so.
func (s *Service) remind(ctx context.Context, tx *store.Tx, c Case) error {
	st := c.Step()
	if !st.Reminds() {
		return nil
	}
	return s.tell(ctx, tx, c, reminder(s.note(c, st)))
}

// Ask does the job AskRegister.
func (s *Service) Ask(ctx context.Context, job AskRegister) error {
	who := access.SystemActor()
	c, ok, err := s.awake(ctx, job.Case)
	if !ok {
		return err
	}
	st := c.Step()
	if c.Version != job.Version || !st.Asks() {
		return nil // moved on: withdrawn, or done by an earlier run of this job
	}
	outcome, data, err := s.askOf(ctx, c, st)
	if errors.Is(err, errNobody) { // this node was started without it, and the next may be with it: nobody was asked in vain
		return fmt.Errorf("%w: %w", err, jobs.Retry(max(st.Retry.Wait(longAgo, rand.Float64()), time.Minute))) //nolint:gosec // jitter, not a secret
	}
	if errors.Is(err, ErrPending) {
		return s.pending(ctx, c, st, err)
	}
	if err != nil {
		return s.again(ctx, c, st, err)
	}
	if _, err := c.Def.Move(c.State, procedure.Event(outcome), procedure.BySystem); err != nil { // it talks of something else: as good as no answer
		return s.again(ctx, c, st, fmt.Errorf("register %s answered with an event that the process does not know: %w", st.Asked(), err))
	}
	_, err = s.Do(ctx, who, c.ID, Act{Event: procedure.Event(outcome), Data: data, Version: job.Version})
	if errors.Is(err, errEmpty) { // it holds other things than those that were asked for
		_, err = s.Do(ctx, who, c.ID, Act{Event: "none", Version: job.Version})
	}
	if errors.Is(err, document.ErrAnswer) { // no paper can be made of it: as good as no answer
		return s.again(ctx, c, st, err)
	}
	if errors.Is(err, ErrMoved) {
		return nil
	}
	return err
}

// errNobody is that nobody is there by the name that a process asks.
var errNobody = errors.New("there is no connector")

// askOf asks the register of the case's state, or the portal itself.
func (s *Service) askOf(ctx context.Context, c Case, st procedure.Step) (outcome string, data map[string]any, err error) {
	if p, ok := s.Inside[st.Inside]; ok {
		outcome, err = p.AskFor(ctx, c)
		return outcome, nil, err
	}
	if r, ok := s.Registers[st.Register]; ok {
		return r.Ask(ctx, c.Def.Inputs(c.State, c.Content.Answers, c.Content.Profile, c.facts()))
	}
	return "", nil, fmt.Errorf("case %s asks %s: %w", c.ID, st.Asked(), errNobody)
}

// longAgo is how often a register was asked whose pauses have grown to the longest.
const longAgo = 32

// Wake has the cases about an account ask once more that wait for the portal by that name, because its answer is there. It
// reports whether there is any: they tell the person.
func (s *Service) Wake(ctx context.Context, tx *store.Tx, accountID, inside string) (bool, error) {
	open, err := s.heads(ctx, tx, `account_id = $1 AND outcome = '' AND turn = $2`, accountID, string(procedure.TurnSystem))
	if err != nil {
		return false, err
	}
	var work []jobs.Args
	for _, c := range open {
		if c.Step().Inside == inside {
			work = append(work, AskRegister{c.ID, c.Version})
		}
	}
	return len(work) > 0, s.Jobs.Enqueue(ctx, tx, work...)
}

// Waits reports whether the case of that id waits for the portal by that name.
func (s *Service) Waits(ctx context.Context, tx *store.Tx, caseID, inside string) (bool, error) {
	open, err := s.heads(ctx, tx, `id = $1 AND outcome = '' AND turn = $2`, caseID, string(procedure.TurnSystem))
	return len(open) == 1 && open[0].Step().Inside == inside, err
}

// pending writes down why nothing was sent yet, or that nothing holds the case up any more, and has the job run later. A failure of before is over.
func (s *Service) pending(ctx context.Context, c Case, st procedure.Step, cause error) error {
	pause := st.Retry.Wait(longAgo, rand.Float64()) //nolint:gosec // jitter, not a secret
	why, until := "", time.Time{}
	if f, ok := fault.Of(cause); ok && !f.RetryAt.IsZero() {
		why, until = f.Key, store.Moment(f.RetryAt)
		pause = min(pause, max(until.Sub(s.DB.Now()), st.Retry.Base)) // what holds it up may be lifted before
	}
	if c.Failed > 0 || c.Waits != why || !c.WaitsUntil.Equal(until) {
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE application SET failed = 0, waits = $1, waits_until = $2 WHERE id = $3 AND version = $4`, why, store.OrNull(until), c.ID, c.Version); err != nil {
				return err
			}
			return tx.Notify(ctx, c.Topic())
		})
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("register %s: %w: %w", st.Asked(), cause, jobs.Retry(pause))
}

// again writes down that the register was asked in vain, so that the page says so, and has the job run later.
func (s *Service) again(ctx context.Context, c Case, st procedure.Step, cause error) error {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE application SET failed = failed + 1, waits = '', waits_until = NULL WHERE id = $1 AND version = $2`, c.ID, c.Version); err != nil {
			return err
		}
		return tx.Notify(ctx, c.Topic())
	})
	if err != nil {
		return err
	}
	if !st.Retry.Again(c.Failed + 1) {
		return jobs.Cancel(fmt.Errorf("register %s does not answer and is not asked again: %w", st.Asked(), cause)) // the deadline of the state ends the wait
	}
	return fmt.Errorf("register %s: %w: %w", st.Asked(), cause, jobs.Retry(st.Retry.Wait(c.Failed+1, rand.Float64()))) //nolint:gosec // jitter, not a secret
}

// Overdue does the job Due: what the definition says of a deadline that is over.
func (s *Service) Overdue(ctx context.Context, job Due) error {
	c, ok, err := s.awake(ctx, job.Case)
	if !ok {
		return err
	}
	d := c.Step().Deadline
	if c.Version != job.Version || c.DueAt.IsZero() || s.DB.Now().Before(c.DueAt) {
		return nil
	}
	if d.Breach != procedure.Auto {
		return s.DB.Write(ctx, func(tx *store.Tx) error { // the queue shows it as burning; its reader is told
			if d.Breach == procedure.Escalate && c.Turn != procedure.TurnApplicant {
				if err := s.escalate(ctx, tx, c, Escalated); err != nil {
					return err
				}
			}
			return errors.Join(s.remind(ctx, tx, c), tx.Notify(ctx, QueueTopic(c.Unit)), tx.Notify(ctx, c.Topic()))
		})
	}
	_, err = s.Do(ctx, access.SystemActor(), c.ID, Act{Event: d.Event, Version: job.Version})
	switch {
	case errors.Is(err, ErrMoved):
		return nil
	case errors.Is(err, ErrNoPaper): // it will be the same at the next try: somebody has to look
		return errors.Join(s.DB.Write(ctx, func(tx *store.Tx) error { return s.escalate(ctx, tx, c, Escalated) }), jobs.Cancel(err))
	}
	return err
}

// Reapply opens a draft with the answers and files of a refused case. A draft that is open for the service already is not written over:
// ErrOpenDraft, unless the person wants the new one instead. Pressed twice it is one draft.
func (s *Service) Reapply(ctx context.Context, who access.Actor, caseID string, instead bool) (Draft, error) {
	if err := who.May(access.Apply); err != nil {
		return Draft{}, err
	}
	c, err := s.Get(ctx, who, caseID)
	if err != nil {
		return Draft{}, err
	}
	who = c.acting(who)
	if !c.Step().Reapply {
		return Draft{}, ErrReapply
	}
	with := &beginning{answers: c.Content.Answers, disputes: c.Content.Disputes, previous: c.ID, instead: instead}
	d, err := s.Draft(ctx, who, c.Service)
	if err == nil {
		if stays, err := with.beside(d); stays || err != nil { // before any file is sealed anew
			return d, err
		}
	} else if !errors.Is(err, ErrMissing) {
		return Draft{}, err
	}
	if with.papers, err = s.copies(ctx, who, c); err != nil {
		return Draft{}, err
	}
	return s.begin(ctx, who, c.Service, with)
}
