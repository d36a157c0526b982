package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/id"
	"okno/internal/procedure"
	"okno/internal/store"
	"okno/internal/system"
)

// listed is how many cases a page of the officer's list shows.
const listed = 50

// officers measures what an officer's desk asks of a database in which one agency holds very many cases: the lists page by page, the
// counts beside the queries, the load. It is the time of the verbs, one after the other; the page around them does not grow with the
// cases.
func (b *bench) officers(ctx context.Context, e store.Engine) error {
	_, all, x, leave, err := b.peopled(ctx, e, done{}, 3, true)
	if err != nil {
		return err
	}
	defer leave()
	c, err := x.Applications.Submit(ctx, access.Actor{Kind: access.Person, ID: all[0].account, Level: access.Confirmed}, service, all[0].draft)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := multiply(ctx, x, c, b.Cases); err != nil {
		return err
	}
	analyse := "VACUUM ANALYZE" // as the autovacuum will have done on any other day
	if e == store.SQLite {
		analyse = "PRAGMA optimize" // as the portal does by itself
	}
	if _, err := x.DB.Writer().ExecContext(ctx, analyse); err != nil {
		return err
	}
	b.say("  %s: %d cases made in %v", e, b.Cases, time.Since(began).Round(time.Second))
	who := access.Actor{Kind: access.Staff, ID: officerOf(0), Role: access.Officer, Unit: c.Unit}
	asks := questions(x, c, who)
	took := make([][]time.Duration, len(asks))
	end := time.Now().Add(time.Duration(b.Slices) * b.Slice)
	for round := 0; round < 20 || time.Now().Before(end); round++ {
		for i, q := range asks {
			began := time.Now()
			if err := q.ask(ctx); err != nil {
				return fmt.Errorf("%s: %w", q.name, err)
			}
			if round > 0 { // the first one reads the files from the disk
				took[i] = append(took[i], time.Since(began))
			}
		}
	}
	for i, q := range asks {
		p95 := percentile(took[i], 0.95)
		goal, met := atMost(float64(p95)/1e6, 100)
		b.add(fmt.Sprintf("officer's desk with %d cases: %s, p95", b.Cases, q.name), e, ms(p95), goal+" ms", met, "median %s of %d, one after the other", ms(median(took[i])), len(took[i]))
	}
	return nil
}

// question is one thing that a desk asks of the database.
type question struct {
	name string
	ask  func(context.Context) error
}

// questions are what the pages of the desk ask. Each list is read from its beginning and two pages further.
func questions(x *system.System, c application.Case, who access.Actor) []question {
	pagesOf := func(who access.Actor, filters ...application.Filter) func(context.Context) error {
		return func(ctx context.Context) error {
			for _, f := range filters {
				var from *application.Mark
				for range 3 {
					list, err := x.Applications.Find(ctx, who, f, from, listed)
					if err != nil {
						return err
					}
					if from = list.Next; from == nil {
						break
					}
				}
			}
			return nil
		}
	}
	pages := func(filters ...application.Filter) func(context.Context) error { return pagesOf(who, filters...) }
	var own []application.Filter
	var out []question
	for _, q := range application.Queues() {
		f, _ := q.Filter()
		own = append(own, f)
		out = append(out, question{"three pages of " + string(q), pages(f)})
	}
	for _, q := range []struct {
		name string
		f    application.Filter
	}{
		{"a service", application.Filter{Service: c.Service}},
		{"a rare state", application.Filter{State: c.State, Turn: application.Any, Sort: application.Newest}},
		{"a rare state by its deadlines", application.Filter{State: c.State}},
		{"a common state", application.Filter{State: "clarify", Turn: application.Any, Sort: application.Newest}},
		{"a common state by its deadlines", application.Filter{State: "clarify"}},
		{"overdue", application.Filter{Due: application.Overdue}},
		{"filed a month ago or earlier, oldest first", application.Filter{Days: 30, Sort: application.Oldest}},
		{"a number", application.Filter{Number: c.Number}},
	} {
		out = append(out, question{"three pages of " + q.name, pages(q.f)})
	}
	for _, limited := range []struct{ name, services string }{{"a rare service", rareService}, {"two services", c.Service + " " + rareService}} {
		narrow := who
		narrow.Services = limited.services
		for _, q := range []application.Queue{application.QueueNew, application.QueueMine, application.QueueDone} {
			f, _ := q.Filter()
			out = append(out, question{"three pages of " + string(q) + " of who is limited to " + limited.name, pagesOf(narrow, f)})
		}
		out = append(out, question{"counts of who is limited to " + limited.name, func(ctx context.Context) error {
			_, err := x.Applications.Count(ctx, narrow, own...)
			return err
		}}, question{"load of who is limited to " + limited.name, func(ctx context.Context) error {
			head := narrow
			head.Role = access.Head
			_, err := x.Applications.Load(ctx, head)
			return err
		}})
	}
	system := access.Actor{Kind: access.Agent, ID: "system", Unit: c.Unit, Scopes: string(access.CasesRead)}
	for _, q := range []struct {
		name string
		f    application.ChangeFilter
	}{
		{"all", application.ChangeFilter{}}, {"overdue", application.ChangeFilter{Overdue: true}},
		{"due in an hour", application.ChangeFilter{DueAfter: x.DB.Now(), DueBefore: x.DB.Now().Add(time.Hour)}},
	} {
		q.f.Most = listed
		out = append(out, question{"a page of an agency's system: " + q.name, func(ctx context.Context) error {
			_, _, err := x.Applications.Changed(ctx, system, q.f)
			return err
		}})
	}
	return append(out,
		question{"the case after the last", func(ctx context.Context) error {
			_, err := x.Applications.Next(ctx, who, own[0], &application.Mark{At: x.DB.Now().AddDate(100, 0, 0), ID: "z"}, "")
			return err
		}},
		question{"counts of all queries", func(ctx context.Context) error {
			_, err := x.Applications.Count(ctx, who, own...)
			return err
		}},
		question{"load of the desk", func(ctx context.Context) error {
			head := who
			head.Role = access.Head
			_, err := x.Applications.Load(ctx, head)
			return err
		}})
}

// manyOfficers have cases on their tables.
const manyOfficers = 200

func officerOf(n int) string { return fmt.Sprintf("officer-%04d", n%manyOfficers) }

// rareService has two of a thousand cases.
const rareService = "rosreestr.right"

// proposals are decisions that wait for a colleague. No verb of casework makes one without the process of a service that has officers.
const proposals = "desk_proposal"

// multiply makes of one case n at the same agency: eight of ten have ended, one waits for the applicant, one is the agency's turn, half
// of those on an officer's table, one of a hundred of those proposed to colleagues. They were filed over three years, and one of ten open ones is late. The states are of services that
// have officers; no list asks the definition for them.
func multiply(ctx context.Context, x *system.System, c application.Case, n int) error {
	row, err := rowOf(ctx, x.DB, c.ID)
	if err != nil {
		return err
	}
	const lot = 1000
	now := x.DB.Now()
	for from := 0; from < n; from += lot {
		if err := x.DB.WriteRows(ctx, func(tx *store.Tx) error {
			for i := from; i < min(from+lot, n); i++ {
				state, turn, outcome, officer := "done", procedure.TurnNone, "granted", officerOf(i*31)
				var due any
				at := now.Add(-time.Duration(i*7919%(3*365*24*60)) * time.Minute)
				switch i % 10 {
				case 0:
					state, turn, outcome = "in-work", procedure.TurnAgency, ""
					if i/10%2 == 0 {
						officer = ""
					}
				case 1:
					state, turn, outcome, officer = "clarify", procedure.TurnApplicant, "", ""
				}
				if turn != procedure.TurnNone {
					due = store.Moment(now.Add(time.Duration(i/10*7919%(30*24*60)-3*24*60) * time.Minute))
				}
				caseID, of := id.New(), c.Service
				if k := i / 10 % 1000; k == 7 || k == 8 { // of every state, taken and not
					of = rareService
				}
				// The content is never opened for a list: it stands for its weight.
				if err := tx.Do(ctx, row.text, row.with(map[string]any{"id": caseID, "service": of, "number": fmt.Sprintf("2001-%08d", i), "state": state, "turn": string(turn), "outcome": outcome,
					"officer": officer, "submitted_at": store.Moment(at), "entered_at": store.Moment(at), "due_at": due})...); err != nil {
					return err
				}
				if i%2000 != 10 { // of those that were taken
					continue
				}
				if err := tx.Do(ctx, "INSERT INTO "+proposals+" (application_id, unit, version, employee_id, event, reason, fields, advice, at) VALUES ($1, $2, 1, $3, 'approve', '', '', $4, $5)",
					caseID, c.Unit, officer, []byte{0}, now); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return fmt.Errorf("make cases from %d: %w", from, err)
		}
	}
	return nil
}

// pattern is the row of a case, of which others are made.
type pattern struct {
	insert
	columns []string
}

// rowOf reads the row of a case as it was written: its columns are seen here and not listed, so that they cannot fall behind the program.
func rowOf(ctx context.Context, db *store.DB, caseID string) (pattern, error) {
	var p pattern
	err := everyRow(ctx, db, func(table string, columns []string, values []any) {
		if at := slices.Index(columns, "id"); table == "application" && at >= 0 && values[at] == caseID {
			marks := make([]string, len(columns))
			for i := range columns {
				marks[i] = fmt.Sprintf("$%d", i+1)
			}
			p.columns, p.args = columns, values
			p.text = "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")"
		}
	})
	if err == nil && p.text == "" {
		err = fmt.Errorf("there is no row of the case %s", caseID)
	}
	return p, err
}

// with are the values of the row with some of them changed.
func (p pattern) with(changed map[string]any) []any {
	out := slices.Clone(p.args)
	for i, column := range p.columns {
		if v, ok := changed[column]; ok {
			out[i] = v
		}
	}
	return out
}
