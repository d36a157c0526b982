package store

import (
	"database/sql"

	"github.com/jackc/pgx/v5"
)

// Rows are the rows that a statement answers with. Close them, or read them to the end.
type Rows struct {
	lite *sql.Rows
	pg   pgx.Rows
	end  func() error // reads what is left of a batch; nil when there was none
	err  error
}

// Next goes to the next row and reports whether there is one.
func (r *Rows) Next() bool {
	if r.lite != nil {
		return r.lite.Next()
	}
	if r.pg.Next() {
		return true
	}
	r.Close() //nolint:errcheck // Err tells
	return false
}

// Scan copies the columns of the present row.
func (r *Rows) Scan(into ...any) error {
	if r.lite != nil {
		return r.lite.Scan(into...)
	}
	return r.pg.Scan(into...)
}

// Err is what ended the rows before their end, if anything.
func (r *Rows) Err() error {
	if r.lite != nil {
		return r.lite.Err()
	}
	return r.err
}

// Close gives the rows up. It may be called again.
func (r *Rows) Close() error {
	if r.lite != nil {
		return r.lite.Close()
	}
	r.pg.Close()
	err := r.pg.Err()
	if r.end != nil {
		if e := r.end(); err == nil {
			err = e
		}
		r.end = nil
	}
	if r.err == nil {
		r.err = err
	}
	return r.err
}

// Columns are the names of the columns.
func (r *Rows) Columns() ([]string, error) {
	if r.lite != nil {
		return r.lite.Columns()
	}
	var names []string
	for _, f := range r.pg.FieldDescriptions() {
		names = append(names, f.Name)
	}
	return names, nil
}

// Row is the first row that a statement answers with. Pass the error of its Scan through One.
type Row struct {
	lite *sql.Row
	rows *Rows
	err  error
}

// Scan copies the columns of the row.
func (r *Row) Scan(into ...any) error {
	if r.lite != nil {
		return r.lite.Scan(into...)
	}
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close() //nolint:errcheck // said below
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	if err := r.rows.Scan(into...); err != nil {
		return err
	}
	return r.rows.Close()
}
