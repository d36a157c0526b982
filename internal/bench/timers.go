package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/store"
	"okno/internal/system"
)

// promised is the time in which the deadlines of the promise fall due; Config.Hour may compress it.
const promised = time.Hour

// timers measures how late the deadlines of cases are acted on. Very many fall due one after another at an even rate; each moves its
// case and tells the person, whose text goes out meanwhile. One of the first is of a case that nobody can read, so that it fails at every
// try. Lateness is from the moment that the case is due, as it stands in the case, to the end of the job that moved it. All wait in the
// queue before the first is due; only the first Config.Watch of the hour is watched.
func (b *bench) timers(ctx context.Context, e store.Engine) error {
	kids, stop, err := b.children(1)
	if err != nil {
		return err
	}
	defer stop()
	outside, err := kids[0].do(order{Do: "world", Dir: filepath.Join(b.Dir, "timers-"+string(e))})
	if err != nil {
		return err
	}
	p, all, x, leave, err := b.peopled(ctx, e, outside, b.People, false)
	if err != nil {
		return err
	}
	defer leave()
	began := time.Now()
	w, err := wait(ctx, x, all, b.Timers)
	if err != nil {
		return err
	}
	filing := time.Since(began)
	s, err := b.serve(ctx, p, "")
	if err != nil {
		return err
	}
	defer s.stop()                                                                        //nolint:errcheck // as above
	if err := w.set(ctx, x, time.Now().Add(3*filing+3*time.Second), b.Hour); err != nil { // setting the timers takes as long as filing the cases
		return err
	}
	if time.Now().After(w.from) {
		return errors.New("the first timers were due before all were set: this machine is too slow for so many")
	}
	b.say("  %s: %d timers wait from %s to %s", e, b.Timers, w.from.Format(time.TimeOnly), w.from.Add(b.Hour).Format(time.TimeOnly))
	watch := min(b.Watch, b.Hour)
	w.keep(watch)
	if err := w.watch(ctx, x.DB, watch); err != nil {
		return err
	}
	spent, err := s.cost()
	if err != nil {
		return err
	}
	tries, err := w.triesOfPoisoned(ctx, x.DB)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%d timers due in %v", b.Timers, b.Hour)
	late := w.late()
	p99 := percentile(late, 0.99)
	goal, met := atMost(p99.Seconds()*1000, 2000)
	b.add(what+": lateness, p99", e, ms(p99), goal+" ms", met, "median %s, worst %s of the %d of the first %v; at %.1f times the rate of an hour; server %.1f, database %.1f s of CPU", ms(percentile(late, 0.5)),
		ms(percentile(late, 1)), len(late), watch, float64(promised)/float64(b.Hour), spent.server.Seconds(), spent.database.Seconds())
	left := len(w.due) - 1 - len(late)
	goal, met = atMost(float64(left), 0)
	b.add(what+": held up by one that fails at each try", e, fmt.Sprint(left), goal, met && tries > 0, "it was due among the first and failed %d times meanwhile", tries)
	return nil
}

// waiting are cases whose deadlines come.
type waiting struct {
	from     time.Time
	version  int64                // of each
	ids      []string             // in the order in which they are due
	due      map[string]time.Time // by case
	done     map[string]time.Time // when its timer had done its work
	poisoned string
}

// wait files cases whose register does not answer. Their content is sealed as that of any case, but that of the poisoned one, which
// bears another's.
func wait(ctx context.Context, x *system.System, all []person, n int) (*waiting, error) {
	if err := drafts(ctx, x, all[:1]); err != nil {
		return nil, err
	}
	c, err := x.Applications.Submit(ctx, access.Actor{Kind: access.Person, ID: all[0].account, Level: access.Confirmed}, service, all[0].draft)
	if err != nil {
		return nil, err
	}
	row, err := rowOf(ctx, x.DB, c.ID)
	if err != nil {
		return nil, err
	}
	content, err := json.Marshal(c.Content)
	if err != nil {
		return nil, err
	}
	ids := make([]string, n)
	w := &waiting{version: c.Version, ids: ids, due: map[string]time.Time{}, done: map[string]time.Time{}}
	for i := range ids {
		ids[i] = id.New()
	}
	w.poisoned = ids[n/1000]
	return w, inLots(ctx, x.DB, ids, func(tx *store.Tx, i int, caseID string) error {
		owner := all[i%len(all)].account
		key, err := x.Ring.Person(ctx, tx, owner)
		if err != nil {
			return err
		}
		sealedFor := caseID
		if caseID == w.poisoned {
			sealedFor = c.ID
		}
		return tx.Do(ctx, row.text, row.with(map[string]any{"id": caseID, "number": fmt.Sprintf("2001-%08d", i), "account_id": owner,
			"content": key.Seal("application", "content", sealedFor, content)})...)
	}, nil)
}

// set sets the timers of the cases so that they fall due one after another over so much time.
func (w *waiting) set(ctx context.Context, x *system.System, from time.Time, over time.Duration) error {
	w.from = from.Truncate(time.Second)
	for i, caseID := range w.ids {
		w.due[caseID] = store.Moment(w.from.Add(time.Duration(i) * over / time.Duration(len(w.ids))))
	}
	return inLots(ctx, x.DB, w.ids, func(tx *store.Tx, _ int, caseID string) error {
		return tx.Do(ctx, "UPDATE "+heldCases+" SET due_at = $1 WHERE id = $2", w.due[caseID], caseID)
	}, func(tx *store.Tx, lot []string) error {
		var timers []jobs.Args
		for _, caseID := range lot {
			timers = append(timers, jobs.At(application.Due{Case: caseID, Version: w.version}, w.due[caseID]))
		}
		return x.Jobs.Enqueue(ctx, tx, timers...)
	})
}

// keep forgets the timers that are due later than so long after the first.
func (w *waiting) keep(watch time.Duration) {
	for caseID, at := range w.due {
		if at.After(w.from.Add(watch)) {
			delete(w.due, caseID)
		}
	}
}

// inLots does one thing for each case and, when all is not nil, one for those of each transaction.
func inLots(ctx context.Context, db *store.DB, ids []string, one func(tx *store.Tx, i int, caseID string) error, all func(tx *store.Tx, lot []string) error) error {
	from := 0
	for lot := range slices.Chunk(ids, 500) {
		if err := db.WriteRows(ctx, func(tx *store.Tx) error {
			for i, caseID := range lot {
				if err := one(tx, from+i, caseID); err != nil {
					return fmt.Errorf("timer %d: %w", from+i, err)
				}
			}
			if all == nil {
				return nil
			}
			return all(tx, lot)
		}); err != nil {
			return err
		}
		from += len(lot)
	}
	return nil
}

// Tables whose owners have no verb for what is measured here.
const (
	heldCases  = "application"
	heldQueued = "river_job"
)

// watch follows the timers until all are done but the poisoned one, at most a minute beyond the last. Rows of what is done go after an
// hour, so it reads them as they come.
func (w *waiting) watch(ctx context.Context, db *store.DB, over time.Duration) error {
	end := w.from.Add(over + time.Minute)
	for len(w.done) < len(w.due)-1 && time.Now().Before(end) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(5*time.Second, max(over/20, 200*time.Millisecond))):
		}
		if err := w.look(ctx, db); err != nil {
			return err
		}
	}
	return nil
}

// look reads which timers have done their work since it looked last.
func (w *waiting) look(ctx context.Context, db *store.DB) error {
	since := w.from
	for _, at := range w.done {
		if at.After(since) {
			since = at
		}
	}
	var from any = since.Add(-5 * time.Second) // what was written down a little late
	if db.Engine() == store.SQLite {
		from = since.Add(-5 * time.Second).UTC().Format(time.DateTime)
	}
	rows, err := db.Query(ctx, "SELECT "+jobs.Text(db, "args")+", finalized_at FROM "+heldQueued+" WHERE kind = $1 AND state = 'completed' AND finalized_at >= $2", application.Due{}.Kind(), from)
	if err != nil {
		return fmt.Errorf("look at timers: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var args string
		var at time.Time
		var job application.Due
		if err := rows.Scan(&args, store.Time(&at)); err != nil {
			return fmt.Errorf("look at timers: %w", err)
		}
		if err := json.Unmarshal([]byte(args), &job); err != nil {
			return err
		}
		if _, watched := w.due[job.Case]; watched {
			w.done[job.Case] = at
		}
	}
	return rows.Err()
}

// late is how long after its moment each did its work.
func (w *waiting) late() []time.Duration {
	var out []time.Duration
	for caseID, at := range w.done {
		out = append(out, at.Sub(w.due[caseID]))
	}
	return out
}

// triesOfPoisoned is how often the poisoned one was tried in vain.
func (w *waiting) triesOfPoisoned(ctx context.Context, db *store.DB) (int, error) {
	args, err := json.Marshal(application.Due{Case: w.poisoned, Version: 1})
	if err != nil {
		return 0, err
	}
	want := jobs.Text(db, "args") + " = $2"
	if db.Engine() == store.Postgres {
		want = "args = CAST($2 AS JSONB)"
	}
	var n int
	err = db.QueryRow(ctx, "SELECT attempt FROM "+heldQueued+" WHERE kind = $1 AND "+want, application.Due{}.Kind(), string(args)).Scan(&n)
	return n, err
}
