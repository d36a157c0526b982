package store

import (
	"strconv"
	"strings"
)

// Pairs are new values of a column by the key of their row, for one statement that sets them all.
type Pairs struct {
	Keys   []string
	Values []any // nil: the row keeps what it has
}

// Add is one more row.
func (p *Pairs) Add(key string, value any) {
	p.Keys, p.Values = append(p.Keys, key), append(p.Values, value)
}

// CaseSQL is the value to set: `UPDATE t SET column = ` + p.CaseSQL("id", "column", &args). key is an expression of text.
func (p Pairs) CaseSQL(key, column string, args *[]any) string {
	var b strings.Builder
	for i, k := range p.Keys {
		if p.Values[i] == nil {
			continue
		}
		*args = append(*args, k, p.Values[i])
		b.WriteString(" WHEN $" + strconv.Itoa(len(*args)-1) + " THEN $" + strconv.Itoa(len(*args)))
	}
	if b.Len() == 0 {
		return column
	}
	return "CASE " + key + b.String() + " ELSE " + column + " END" // ELSE tells PostgreSQL the type
}

// InSQL is the condition that expr is one of the keys; there is one at least.
func InSQL(expr string, keys []string, args *[]any) string {
	places := make([]string, len(keys))
	for i, k := range keys {
		*args = append(*args, k)
		places[i] = "$" + strconv.Itoa(len(*args))
	}
	return expr + " IN (" + strings.Join(places, ", ") + ")"
}

// Names reads rows of one text column to their end: store.Names(q.Query(…)).
func Names(rows *Rows, err error) ([]string, error) {
	var out []string
	err = Each(rows, err, func(r *Rows) error {
		var name string
		err := r.Scan(&name)
		out = append(out, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Lists reads rows of two text columns to their end: what stands in the second, in order, by the first.
func Lists(rows *Rows, err error) (map[string][]string, error) {
	out := map[string][]string{}
	err = Each(rows, err, func(r *Rows) error {
		var key, value string
		err := r.Scan(&key, &value)
		out[key] = append(out[key], value)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Each reads rows to their end: rows, err := q.Query(…); err = store.Each(rows, err, …).
func Each(rows *Rows, err error, do func(r *Rows) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
