package application

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/procedure"
	"okno/internal/store"
)

// Doing is one thing to be done with several cases: a move of their definition, or who gets them.
type Doing struct {
	Deed     Deed            // Assigned, Released; "" for a move
	Officer  string          // who gets them
	Event    procedure.Event // of the move
	Reason   string
	Template string // id of the text, where the move needs advice
}

// Batch is a Doing with its cases: first a preview, then a result. It is its maker's.
type Batch struct {
	ID      string
	By      string
	Doing   Doing
	Started time.Time // zero of a preview
	Cases   []BatchCase
}

// BatchCase is what will become of a case, or became of it.
type BatchCase struct {
	Case   Case // without its content
	Result Result
}

// Result is what became of a case in a batch: one of those below, or the key of the refusal.
type Result string

// The results that are no refusal.
const (
	Ahead     Result = ""         // nothing yet: a preview, or its turn has not come
	Done      Result = "done"     //
	ForSecond Result = "proposed" // a colleague must confirm

	broken Result = "application.batch_broken" // the portal's own fault: at every try of the job, or its content cannot be read
)

// Refusal reports whether the case was refused, and why: the key of a text.
func (r Result) Refusal() bool { return r != Ahead && r != Done && r != ForSecond }

// Left counts the cases whose turn has not come.
func (b Batch) Left() int {
	n := 0
	for _, c := range b.Cases {
		if c.Result == Ahead {
			n++
		}
	}
	return n
}

// DoBatch is the job that does a batch, case after case, each in a transaction of its own. One that is run again goes on where it was.
type DoBatch struct {
	Batch string `json:"batch"`
}

// Kind names the job in the queue.
func (DoBatch) Kind() string { return "application.batch" }

// JobPolicy gives a hundred cases their time, and up after a minute of pauses: whoever began the batch waits for its end before the page.
func (DoBatch) JobPolicy() jobs.Policy { return jobs.Policy{Tries: 6, Timeout: 10 * time.Minute} }

// The refusals of batches.
var (
	ErrBatchFew  = fault.New(fault.InvalidInput, "application.batch_few")  // nothing was chosen
	ErrBatchMany = fault.New(fault.InvalidInput, "application.batch_many") // more than the policy allows
	ErrBatchText = fault.New(fault.InvalidInput, "application.batch_text") // the move needs a text
)

// Plan keeps what is to be done with which cases, so that the head of the desk sees what would become of each before anything is done.
func (s *Service) Plan(ctx context.Context, who access.Actor, d Doing, cases []string) (string, error) {
	if err := who.May(access.LeadDesk); err != nil {
		return "", err
	}
	slices.Sort(cases)
	cases = slices.Compact(slices.Clone(cases))
	switch {
	case len(cases) == 0:
		return "", ErrBatchFew
	case len(cases) > s.Policy.Cases.BatchMost:
		return "", ErrBatchMany
	case d.Deed == "" && d.Event == "", d.Deed != "" && d.Deed != Assigned && d.Deed != Released:
		return "", ErrFilter
	}
	var made string
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var args []any
		found, err := s.find(ctx, tx, sightOf(who, tx.Now()).sql(&args)+` AND `+store.InSQL("id", cases, &args), args...)
		if err != nil {
			return err
		}
		if len(found) != len(cases) {
			return ErrMissing
		}
		made = id.At(tx.Now())
		if err := tx.Do(ctx, `INSERT INTO desk_batch (id, unit, employee_id, deed, officer, event, reason, template_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			made, who.Unit, who.ID, string(d.Deed), d.Officer, string(d.Event), d.Reason, d.Template, tx.Now()); err != nil {
			return fmt.Errorf("plan a batch: %w", err)
		}
		for _, c := range found { // a hundred by the policy
			if err := tx.Do(ctx, `INSERT INTO desk_batch_case (batch_id, application_id, version, result) VALUES ($1, $2, $3, '')`, made, c.ID, c.Version); err != nil {
				return err
			}
		}
		return nil
	})
	return made, err
}

// Batch reads a batch of the officer's own. Of one that has not begun it says of each case what would become of it.
func (s *Service) Batch(ctx context.Context, who access.Actor, batchID string) (Batch, error) {
	if err := who.May(access.LeadDesk); err != nil {
		return Batch{}, err
	}
	b, err := s.batch(ctx, s.DB, `id = $1 AND unit = $2 AND employee_id = $3`, batchID, who.Unit, who.ID)
	if err != nil {
		return Batch{}, err
	}
	versions, results, err := s.batchCases(ctx, s.DB, batchID)
	if err != nil {
		return Batch{}, err
	}
	var ids []string
	for c := range versions {
		ids = append(ids, c)
	}
	var args []any
	none := func(Case) error { return nil } // whom the cases are to go to may be nobody's colleague
	asked, barred := b.Doing.asked(who), map[string]bool{}
	if b.Started.IsZero() {
		if b.Doing.Deed == Assigned {
			e, ok, err := s.Staff.Get(ctx, s.DB, b.Doing.Officer)
			if err != nil {
				return Batch{}, err
			}
			none = func(c Case) error { return colleague(who, e, ok, c) }
		}
		if barred, err = barredFrom(ctx, s.DB, asked, ids); err != nil {
			return Batch{}, err
		}
	}
	list, err := s.heads(ctx, s.DB, sightOf(who, s.DB.Now()).sql(&args)+` AND `+store.InSQL("id", ids, &args)+` ORDER BY id`, args...)
	if err != nil {
		return Batch{}, err
	}
	for _, c := range list {
		r := results[c.ID]
		if b.Started.IsZero() {
			if r, err = s.would(ctx, who, c, versions[c.ID], b.Doing, none(c), barred[c.ID]); err != nil {
				if !errors.Is(err, errUnreadable) {
					return Batch{}, err
				}
				slog.ErrorContext(ctx, "a case of a batch cannot be read", "case", c.ID, "error", err) // it keeps no other from being seen
				r = broken
			}
		}
		b.Cases = append(b.Cases, BatchCase{Case: c, Result: r})
	}
	return b, nil
}

func (s *Service) batch(ctx context.Context, q store.Querier, condition string, args ...any) (Batch, error) {
	var b Batch
	var deed, event string
	err := store.One(q.QueryRow(ctx, `SELECT id, employee_id, deed, officer, event, reason, template_id, started_at FROM desk_batch WHERE `+condition, args...).
		Scan(&b.ID, &b.By, &deed, &b.Doing.Officer, &event, &b.Doing.Reason, &b.Doing.Template, store.NullTime(&b.Started)))
	b.Doing.Deed, b.Doing.Event = Deed(deed), procedure.Event(event)
	if errors.Is(err, store.ErrNotFound) {
		return Batch{}, ErrMissing
	}
	return b, err
}

func (s *Service) batchCases(ctx context.Context, q store.Querier, batchID string) (map[string]int64, map[string]Result, error) {
	rows, err := q.Query(ctx, `SELECT application_id, version, result FROM desk_batch_case WHERE batch_id = $1 ORDER BY application_id`, batchID)
	if err != nil {
		return nil, nil, fmt.Errorf("cases of a batch: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	versions, results := map[string]int64{}, map[string]Result{}
	for rows.Next() {
		var c, r string
		var v int64
		if err := rows.Scan(&c, &v, &r); err != nil {
			return nil, nil, err
		}
		versions[c], results[c] = v, Result(r)
	}
	return versions, results, rows.Err()
}

// asked is the officer of whom it is asked whether an upheld complaint keeps them from a case.
func (d Doing) asked(who access.Actor) string {
	if d.Deed == Assigned {
		return d.Officer
	}
	return who.ID
}

// would is what would become of the case: the rules that the deed itself asks, in its order, and nothing is done. none is why nobody can
// have it; barred says that a complaint keeps from it whoever is asked.
func (s *Service) would(ctx context.Context, who access.Actor, c Case, version int64, d Doing, none error, barred bool) (Result, error) {
	err := func() error {
		act := Act{Event: d.Event, Reason: d.Reason, Advice: "-", Version: version}
		if d.Deed != "" {
			if err := cmp.Or(none, canHand(c, who, d.Deed, Handing{To: d.Officer, Version: version})); err != nil {
				return err
			}
			act = Act{Event: "release", Version: version}
			if _, moves := c.Def.Move(c.State, act.Event, procedure.ByOfficer); d.Deed == Assigned || moves != nil {
				if barred && d.Deed == Assigned {
					return ErrFirstOfficer
				}
				return nil
			}
		} else if err := s.texted(ctx, who, c, d); err != nil {
			return err
		}
		to, err := decide(c, who, act)
		if err != nil {
			return err
		}
		if barred {
			return ErrFirstOfficer
		}
		if st, _ := c.Def.Step(to); len(st.Outputs) > 0 {
			whole, err := s.Get(ctx, who, c.ID) // what a paper says stands in the content
			if err != nil {
				return err
			}
			if _, _, err := s.words(ctx, whole, st, act); err != nil {
				return err
			}
		}
		if !c.fourEyes() {
			return nil
		}
		return s.free(ctx, s.DB, c)
	}()
	if a, ok := c.action(d.Event); err == nil && d.Deed == "" && ok && a.FourEyes {
		return ForSecond, nil
	}
	return resultOf(err)
}

// texted checks that a move which needs advice comes with a text that fits the case.
func (s *Service) texted(ctx context.Context, who access.Actor, c Case, d Doing) error {
	a, ok := c.action(d.Event)
	if !ok || !a.Requires(procedure.NeedAdvice) {
		return nil
	}
	if d.Template == "" {
		return ErrBatchText
	}
	t, err := s.Template(ctx, who, d.Template)
	if err != nil {
		return err
	}
	if t.Service != "" && t.Service != c.Service {
		return ErrBatchText
	}
	return nil
}

// resultOf is what an error is to a case of a batch; one that is nobody's fault stays an error.
func resultOf(err error) (Result, error) {
	if err == nil {
		return Done, nil
	}
	f, ok := fault.Of(err)
	if !ok {
		return Ahead, err
	}
	if len(f.Fields) > 0 {
		return Result(f.Fields[0].Key), nil
	}
	return Result(f.Key), nil
}

// Start begins what the preview showed. Pressed twice it begins once.
func (s *Service) Start(ctx context.Context, who access.Actor, batchID string) error {
	if err := who.May(access.LeadDesk); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		b, err := s.batch(ctx, tx, `id = $1 AND unit = $2 AND employee_id = $3`, batchID, who.Unit, who.ID)
		if err != nil || !b.Started.IsZero() {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE desk_batch SET started_at = $1 WHERE id = $2`, tx.Now(), batchID); err != nil {
			return err
		}
		return s.Jobs.Enqueue(ctx, tx, DoBatch{batchID})
	})
}

// RunBatch does the job DoBatch. Whoever gave it must still be on duty, and the head of that desk, when each case has its turn. A case that the
// portal fails at keeps no other from its turn: it is tried as often as the job is, and then it is said to be broken. So is one whose turn has
// not come when the time of the last try is over.
func (s *Service) RunBatch(ctx context.Context, job DoBatch) error {
	err := s.tryBatch(ctx, job)
	if n, of := jobs.Try(ctx); err == nil || n < of || errors.Is(ctx.Err(), context.Canceled) { // a node that stops leaves its tries to another
		return err
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellBroken)
	defer cancel()
	return errors.Join(err, s.DB.Write(late, func(tx *store.Tx) error {
		if _, err := tx.Exec(late, `UPDATE desk_batch_case SET result = $1 WHERE batch_id = $2 AND result = ''`, string(broken), job.Batch); err != nil {
			return err
		}
		return tx.Notify(late, BatchTopic(job.Batch))
	}))
}

// tellBroken is how long it may take to write down what a batch has given up, when the time of the job may be over.
const tellBroken = time.Minute

// tryBatch gives each case that is left its turn.
func (s *Service) tryBatch(ctx context.Context, job DoBatch) error {
	b, err := s.batch(ctx, s.DB, `id = $1`, job.Batch)
	if errors.Is(err, ErrMissing) {
		return nil
	}
	if err != nil {
		return err
	}
	versions, results, err := s.batchCases(ctx, s.DB, b.ID)
	if err != nil {
		return err
	}
	var failed error
	for _, c := range slices.Sorted(maps.Keys(results)) {
		if results[c] != Ahead {
			continue
		}
		err := s.doOne(ctx, b, c, versions[c])
		if ctx.Err() != nil {
			return errors.Join(failed, ctx.Err())
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("batch %s, case %s: %w", b.ID, c, err))
		}
	}
	return failed
}

func (s *Service) doOne(ctx context.Context, b Batch, caseID string, version int64) error {
	mark := func(ctx context.Context, tx *store.Tx, r Result) error {
		if _, err := tx.Exec(ctx, `UPDATE desk_batch_case SET result = $1 WHERE batch_id = $2 AND application_id = $3`, string(r), b.ID, caseID); err != nil {
			return err
		}
		return tx.Notify(ctx, BatchTopic(b.ID))
	}
	r, err := resultOf(s.doWith(ctx, b, caseID, version, mark))
	if err != nil {
		return err
	}
	if !r.Refusal() {
		return nil // marked in the transaction that did it
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return mark(ctx, tx, r) })
}

// BatchTopic is how the page of a batch listens for news.
func BatchTopic(batchID string) string { return "batch-" + batchID }

func (s *Service) doWith(ctx context.Context, b Batch, caseID string, version int64, mark func(context.Context, *store.Tx, Result) error) error {
	e, ok, err := s.Staff.Get(ctx, s.DB, b.By)
	if err != nil {
		return err
	}
	who := e.Actor()
	if !ok || who.May(access.LeadDesk) != nil {
		return access.ErrDenied
	}
	done := func(ctx context.Context, tx *store.Tx) error { return mark(ctx, tx, Done) }
	switch d := b.Doing; d.Deed { //nolint:exhaustive // Plan lets no other in
	case Assigned:
		_, err = s.Assign(ctx, who, caseID, Handing{To: d.Officer, Version: version, Also: also(done)})
		return err
	case Released:
		_, err = s.release(ctx, who, caseID, Handing{Version: version, Also: also(done)})
		return err
	}
	c, err := s.Get(ctx, who, caseID)
	if err != nil {
		return err
	}
	act := Act{Event: b.Doing.Event, Reason: b.Doing.Reason, Version: version, Also: also(done)}
	a, _ := c.action(act.Event)
	if err := s.texted(ctx, who, c, b.Doing); err != nil {
		return err
	}
	if a.Requires(procedure.NeedAdvice) {
		if act.Advice, err = s.Advise(ctx, who, caseID, b.Doing.Template, act.Reason); err != nil {
			return err
		}
	}
	if a.FourEyes {
		act.Also = also(func(ctx context.Context, tx *store.Tx) error { return mark(ctx, tx, ForSecond) })
	}
	_, err = s.Do(ctx, who, caseID, act)
	return err
}
