package store_test

import (
	"fmt"
	"testing"

	"okno/internal/store"
	"okno/internal/store/storetest"
)

// Libraries hand their texts to the transaction of database/sql without preparing them; on SQLite the connection keeps what it
// compiled. Nobody may notice.
func TestAKeptStatementBehavesLikeAFreshOne(t *testing.T) {
	db := storetest.Open(t, store.SQLite, nil)
	table(t, db)
	for i := range 3 { // the first compiles, the others run what was kept
		tx, err := db.Writer().BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		for j := range 3 {
			id := fmt.Sprintf("%d-%d", i, j)
			if _, err := tx.ExecContext(ctx, `INSERT INTO thing (id, name, size) VALUES ($1, $1, $2)`, id, j); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("the same text while its rows are still read", func(t *testing.T) {
		tx, err := db.Writer().BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback() //nolint:errcheck // nothing was changed
		const text = `SELECT id FROM thing WHERE size >= $1 ORDER BY id`
		outer, err := tx.QueryContext(ctx, text, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer outer.Close()
		n := 0
		for outer.Next() {
			n++
			inner, err := tx.QueryContext(ctx, text, 2)
			if err != nil {
				t.Fatal(err)
			}
			m := 0
			for inner.Next() {
				m++
			}
			if inner.Close(); m != 3 {
				t.Errorf("the inner reading found %d rows, want 3", m)
			}
		}
		if err := outer.Err(); err != nil || n != 6 {
			t.Errorf("the outer reading found %d rows, %v; want 6", n, err)
		}
	})
	t.Run("after the table has changed", func(t *testing.T) {
		const text = `SELECT * FROM thing WHERE id = '0-0'`
		for _, want := range []int{8, 9} {
			rows, err := db.Writer().QueryContext(ctx, text)
			if err != nil {
				t.Fatal(err)
			}
			columns, err := rows.Columns()
			if err != nil || len(columns) != want || !rows.Next() {
				t.Errorf("%d columns, %v; want %d and a row", len(columns), err, want)
			}
			rows.Close() //nolint:errcheck // read only
			if want == 8 {
				exec(t, db, `ALTER TABLE thing ADD COLUMN colour TEXT`)
			}
		}
	})
	t.Run("after an error", func(t *testing.T) {
		const text = `INSERT INTO thing (id, name) VALUES ($1, $1)`
		for _, c := range []struct {
			id string
			ok bool
		}{{"0-0", false}, {"e", true}, {"e", false}, {"f", true}} {
			if _, err := db.Writer().ExecContext(ctx, text, c.id); (err == nil) != c.ok {
				t.Errorf("insert %s: %v", c.id, err)
			}
		}
		if _, err := db.Writer().ExecContext(ctx, `INSERT INTO nowhere VALUES (1)`); err == nil {
			t.Error("inserted into a table that is not there")
		}
	})
}

func BenchmarkUnpreparedStatement(b *testing.B) {
	db := storetest.Open(b, store.SQLite, nil)
	for b.Loop() {
		var n int
		if err := db.Writer().QueryRowContext(ctx, `SELECT count(*) FROM person_key k WHERE k.owner = $1 AND EXISTS (SELECT 1 FROM person_key o WHERE o.owner = k.owner)`, "a").Scan(&n); err != nil {
			b.Fatal(err)
		}
	}
}

// A statement with a parameter for its LIMIT costs no more than one with a number: it is not compiled anew when it is run.
func BenchmarkLimit(b *testing.B) {
	for _, limit := range []string{"$2", "3"} {
		b.Run(limit, func(b *testing.B) {
			db := storetest.Open(b, store.SQLite, nil)
			if err := db.Write(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec(ctx, `CREATE TABLE few (id INTEGER PRIMARY KEY, name TEXT NOT NULL)`)
				return err
			}); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				rows, err := db.Query(ctx, `SELECT id FROM few WHERE name = $1 ORDER BY id LIMIT `+limit, "x", 3)
				if err != nil {
					b.Fatal(err)
				}
				if rows.Next() {
					b.Fatal("there is a row")
				}
				if err := rows.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
