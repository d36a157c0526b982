package bench

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"okno/internal/id"
	"okno/internal/store"
)

// rowsOf is what one deed writes, a submission or the telling of many: found by comparing every table before and after it.
type rowsOf struct {
	before map[string]map[string]bool // table -> rows, as texts
	fresh  []insert
	ids    []string // identifiers that did not exist before: each deed has its own
	number string   // of the case, if one came
}

// insert is one row that was added.
type insert struct {
	text string
	args []any
}

// caseNumber is how a case's number reads.
var caseNumber = regexp.MustCompile(`^\d{4}-\d{6,}$`)

// before remembers the tables as they are.
func (w *worker) before(ctx context.Context, o order) (done, error) {
	db, err := store.Open(ctx, o.DSN, store.Options{MaxConns: 64})
	if err != nil {
		return done{}, err
	}
	w.db, w.rows = db, &rowsOf{before: map[string]map[string]bool{}}
	return done{}, everyRow(ctx, db, func(table string, _ []string, values []any) {
		if w.rows.before[table] == nil {
			w.rows.before[table] = map[string]bool{}
		}
		w.rows.before[table][fmt.Sprint(values...)] = true
	})
}

// after finds the rows that have come, and says in which tables.
func (w *worker) after(ctx context.Context) (done, error) {
	if w.rows == nil {
		return done{}, errors.New("bench: after without before")
	}
	r := w.rows
	known := fmt.Sprint(r.before)
	var d done
	err := everyRow(ctx, w.db, func(table string, columns []string, values []any) {
		if r.before[table][fmt.Sprint(values...)] {
			return
		}
		d.Says = append(d.Says, table)
		x := insert{}
		var names, marks []string
		for i, name := range columns {
			if _, number := values[i].(int64); number && name == "id" {
				continue // the database gives the next
			}
			x.args, names = append(x.args, values[i]), append(names, name)
			marks = append(marks, fmt.Sprintf("$%d", len(x.args)))
			text, ok := values[i].(string)
			switch {
			case ok && caseNumber.MatchString(text):
				r.number = text
			case ok && id.Valid(text) && (name == "id" || !strings.Contains(known, text)) && !slices.Contains(r.ids, text): // a case bears the id of its draft
				r.ids = append(r.ids, text)
			}
		}
		x.text = "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")"
		r.fresh = append(r.fresh, x)
	})
	slices.Sort(d.Says)
	// A row may refer to another one: those that are referred to come first, which is the order of the verb.
	slices.SortStableFunc(r.fresh, func(a, b insert) int {
		return strings.Index(insertOrder, strings.Fields(a.text)[2]) - strings.Index(insertOrder, strings.Fields(b.text)[2])
	})
	return d, err
}

// insertOrder puts a case before its events; every other table follows.
const insertOrder = "  application application_event"

// made are transactions with a case so far, for numbers of cases.
var made atomic.Int64 //nolint:gochecknoglobals // a child has one writer

// write adds such rows again and again, each time under other identifiers, in plain durable transactions without any of the portal's code.
func (w *worker) write(ctx context.Context, o order) (done, error) {
	if w.rows == nil || len(w.rows.fresh) == 0 {
		return done{}, errors.New("bench: nothing to write was seen")
	}
	statements := w.rows.fresh
	if o.Whole {
		statements = byTable(statements)
	}
	return togetherHere(o, func() error {
		tx, err := w.db.Writer().BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // a no-op after Commit
		var swap []string
		for _, old := range w.rows.ids {
			swap = append(swap, old, id.New())
		}
		if w.rows.number != "" {
			swap = append(swap, w.rows.number, fmt.Sprintf("3000-%08d", made.Add(1)))
		}
		names := strings.NewReplacer(swap...)
		for _, x := range statements {
			args := slices.Clone(x.args)
			for i, v := range args {
				if text, ok := v.(string); ok {
					args[i] = names.Replace(text)
				}
			}
			if _, err := tx.ExecContext(ctx, x.text, args...); err != nil {
				return fmt.Errorf("%s: %w", x.text, err)
			}
		}
		return tx.Commit()
	})
}

// byTable makes one statement of the rows of each table.
func byTable(rows []insert) []insert {
	var out []insert
	at := map[string]int{}
	for _, x := range rows {
		head, _, _ := strings.Cut(x.text, " VALUES ")
		i, known := at[head]
		if !known {
			i, at[head] = len(out), len(out)
			out = append(out, insert{text: head + " VALUES "})
		} else {
			out[i].text += ", "
		}
		var marks []string
		for _, a := range x.args {
			out[i].args = append(out[i].args, a)
			marks = append(marks, fmt.Sprintf("$%d", len(out[i].args)))
		}
		out[i].text += "(" + strings.Join(marks, ", ") + ")"
	}
	return out
}

// everyRow reads every table of the portal and of its queue.
func everyRow(ctx context.Context, db *store.DB, see func(table string, columns []string, values []any)) error {
	list := `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name`
	if db.Engine() == store.SQLite {
		list = `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`
	}
	var tables []string
	if err := read(ctx, db, list, func(_ []string, v []any) { tables = append(tables, fmt.Sprint(v[0])) }); err != nil {
		return err
	}
	for _, table := range tables {
		if err := read(ctx, db, "SELECT * FROM "+table, func(columns []string, v []any) { see(table, columns, v) }); err != nil {
			return err
		}
	}
	return nil
}

func read(ctx context.Context, db *store.DB, query string, see func(columns []string, values []any)) error {
	rows, err := db.Writer().QueryContext(ctx, query) // as the bare writer will hand them in again
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range values {
			if b, ok := v.([]byte); ok {
				values[i] = slices.Clone(b)
			}
		}
		see(columns, values)
	}
	return rows.Err()
}

// togetherHere lets so many do one thing in this process until the time is over.
func togetherHere(o order, one func() error) (done, error) {
	end := time.Now().Add(o.For)
	var n atomic.Int64
	failed := make(chan error, o.Conns)
	for range o.Conns {
		go func() {
			for time.Now().Before(end) {
				if err := one(); err != nil {
					failed <- err
					return
				}
				n.Add(1)
			}
			failed <- nil
		}()
	}
	var err error
	for range o.Conns {
		err = errors.Join(err, <-failed)
	}
	return done{N: int(n.Load())}, err
}
