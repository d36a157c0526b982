package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/store"
	"okno/internal/store/storetest"
)

var ctx = context.Background()

// exec runs statements in one transaction.
func exec(t *testing.T, db *store.DB, texts ...string) {
	t.Helper()
	err := db.Write(ctx, func(tx *store.Tx) error {
		for _, text := range texts {
			if _, err := tx.Exec(ctx, text); err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// table makes a table with the types the migrations use, in the dialect of the engine.
func table(t *testing.T, db *store.DB) {
	t.Helper()
	at := "TIMESTAMPTZ"
	if db.Engine() == store.SQLite {
		at = "TIMESTAMP"
	}
	exec(t, db, `CREATE TABLE thing (
		id TEXT NOT NULL, name TEXT NOT NULL, size BIGINT, done BOOLEAN NOT NULL DEFAULT FALSE,
		body BYTEA, doc JSONB, at `+at+`, version BIGINT NOT NULL DEFAULT 1,
		CONSTRAINT thing_pk PRIMARY KEY (id), CONSTRAINT thing_name_key UNIQUE (name),
		CONSTRAINT thing_size CHECK (size >= 0))`,
		`CREATE TABLE part (id TEXT NOT NULL, thing_id TEXT NOT NULL, CONSTRAINT part_pk PRIMARY KEY (id),
		CONSTRAINT part_thing FOREIGN KEY (thing_id) REFERENCES thing (id) DEFERRABLE INITIALLY DEFERRED)`,
		`CREATE UNIQUE INDEX thing_one_done ON thing (done) WHERE done`,
		`CREATE INDEX thing_upper ON thing (upper(name))`)
}

// The list of house-style §4.2: one text means the same on both engines.
func TestOneTextMeansTheSameOnBothEngines(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		at := time.Date(2026, 11, 18, 14, 2, 3, 456789000, time.FixedZone("MSK", 3*3600))
		err := db.Write(ctx, func(tx *store.Tx) error {
			for i, name := range []string{"a", "b", "c"} {
				if _, err := tx.Exec(ctx, `INSERT INTO thing (id, name, size, body, doc, at) VALUES ($1, $2, $3, $4, $5, $6)`,
					fmt.Sprint(i), name, i*10, []byte{0, 255, byte(i)}, []byte(fmt.Sprintf(`{"n": %d, "s": "x%d"}`, i, i)), store.Moment(at.Add(time.Duration(i)*time.Hour))); err != nil {
					return err
				}
			}
			_, err := tx.Exec(ctx, `INSERT INTO part (id, thing_id) VALUES ($1, $2)`, "p", "0")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name, text string
			args       []any
			want       string
		}{
			{"arguments out of order and used twice", `SELECT CAST($2 AS TEXT) || $1 || CAST($2 AS TEXT)`, []any{"b", "a"}, "aba"},
			{"row values", `SELECT name FROM thing WHERE (size, id) > ($1, $2) ORDER BY size, id LIMIT 1`, []any{10, "1"}, "c"},
			{"filter", `SELECT CAST(count(*) FILTER (WHERE size > $1) AS TEXT) FROM thing`, []any{5}, "2"},
			{"is not distinct from", `SELECT CAST(count(*) AS TEXT) FROM thing WHERE size IS NOT DISTINCT FROM $1`, []any{10}, "1"},
			{"booleans", `SELECT name FROM thing WHERE done = FALSE AND size = 0`, nil, "a"},
			{"nulls last", `SELECT name FROM thing ORDER BY CASE WHEN size = 0 THEN NULL ELSE size END NULLS LAST LIMIT 1`, nil, "b"},
			{"cte", `WITH big AS (SELECT name FROM thing WHERE size >= 20) SELECT name FROM big`, nil, "c"},
			{"json text", `SELECT doc ->> 's' FROM thing WHERE id = $1`, []any{"2"}, "x2"},
			{"moments compare", `SELECT name FROM thing WHERE at > $1 ORDER BY at LIMIT 1`, []any{store.Moment(at)}, "b"},
			{"lent subquery", `SELECT name FROM thing t WHERE id = $1 AND (SELECT id FROM part WHERE thing_id = t.id) IS NOT NULL`, []any{"0"}, "a"},
		} {
			var got string
			if err := db.QueryRow(ctx, c.text, c.args...).Scan(&got); err != nil || got != c.want {
				t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
			}
		}
		var body, doc []byte
		var when, latest time.Time
		if err := db.QueryRow(ctx, `SELECT body, doc, at FROM thing WHERE id = $1`, "2").Scan(&body, &doc, store.Time(&when)); err != nil {
			t.Fatal(err)
		}
		if string(body) != "\x00\xff\x02" || !strings.Contains(string(doc), `"n"`) {
			t.Errorf("bytes %x, document %s", body, doc)
		}
		if want := at.Add(2 * time.Hour); !when.Equal(want) || when.Location() != time.UTC {
			t.Errorf("moment %v, want %v in UTC", when, want)
		}
		if err := db.QueryRow(ctx, `SELECT max(at) FROM thing`).Scan(store.Time(&latest)); err != nil || !latest.Equal(when) {
			t.Errorf("max(at) = %v, %v; want %v", latest, err, when)
		}
		if err := db.QueryRow(ctx, `SELECT max(at) FROM thing WHERE id = 'none'`).Scan(store.NullTime(&latest)); err != nil || !latest.IsZero() {
			t.Errorf("max of nothing = %v, %v", latest, err)
		}
	})
}

func TestUpsertAndReturning(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		err := db.Write(ctx, func(tx *store.Tx) error {
			for i := range 3 {
				var v int64
				err := tx.QueryRow(ctx, `INSERT INTO thing (id, name) VALUES ($1, $2)
					ON CONFLICT (id) DO UPDATE SET version = thing.version + 1, name = excluded.name RETURNING version`, "x", "n").Scan(&v)
				if err != nil || v != int64(i+1) {
					return fmt.Errorf("upsert %d returned %d: %w", i, v, err)
				}
			}
			n, err := tx.Exec(ctx, `INSERT INTO thing (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING`, "x", "n")
			if n != 0 || err != nil {
				return fmt.Errorf("do nothing touched %d: %w", n, err)
			}
			var name string
			return tx.QueryRow(ctx, `UPDATE thing SET size = $1 WHERE id = $2 RETURNING name`, 7, "x").Scan(&name)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestRefusalsOfTheDatabaseHaveNames(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		exec(t, db, `INSERT INTO thing (id, name, done) VALUES ('1', 'a', TRUE)`)
		for name, text := range map[string]string{
			"primary key":    `INSERT INTO thing (id, name) VALUES ('1', 'b')`,
			"unique column":  `INSERT INTO thing (id, name) VALUES ('2', 'a')`,
			"partial unique": `INSERT INTO thing (id, name, done) VALUES ('2', 'b', TRUE)`,
		} {
			err := db.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(ctx, text); return err })
			if !errors.Is(err, store.ErrExists) {
				t.Errorf("%s: %v, want ErrExists", name, err)
			}
		}
		for name, text := range map[string]string{
			"check":       `INSERT INTO thing (id, name, size) VALUES ('2', 'b', -1)`,
			"not null":    `INSERT INTO thing (id, name) VALUES ('2', NULL)`,
			"foreign key": `INSERT INTO part (id, thing_id) VALUES ('p', 'nobody')`,
		} {
			err := db.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(ctx, text); return err })
			if err == nil || errors.Is(err, store.ErrExists) {
				t.Errorf("%s: %v, want an error that is not ErrExists", name, err)
			}
		}
		var s string
		if err := store.One(db.QueryRow(ctx, `SELECT name FROM thing WHERE id = 'none'`).Scan(&s)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no row: %v, want ErrNotFound", err)
		}
		err := db.Write(ctx, func(tx *store.Tx) error {
			return store.Touched(tx.Exec(ctx, `UPDATE thing SET name = 'z', version = version + 1 WHERE id = '1' AND version = 99`))
		})
		if !errors.Is(err, store.ErrStale) {
			t.Errorf("an old version: %v, want ErrStale", err)
		}
	})
}

func TestAFailedWriteLeavesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		want := errors.New("no")
		err := db.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `INSERT INTO thing (id, name) VALUES ('1', 'a')`); err != nil {
				return err
			}
			return want
		})
		if !errors.Is(err, want) {
			t.Fatal(err)
		}
		var n int
		if err := db.QueryRow(ctx, `SELECT count(*) FROM thing`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows, %v", n, err)
		}
	})
}

// Read, decide, write by many at once: serialisable on both engines, so that no increment is lost.
func TestWritesBehaveAsIfOneAfterAnother(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		exec(t, db, `INSERT INTO thing (id, name, size) VALUES ('1', 'a', 0)`)
		const writers, times = 6, 10
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for range times {
					err := db.Write(ctx, func(tx *store.Tx) error {
						var n int
						if err := tx.QueryRow(ctx, `SELECT size FROM thing WHERE id = $1`, "1").Scan(&n); err != nil {
							return err
						}
						_, err := tx.Exec(ctx, `UPDATE thing SET size = $1 WHERE id = $2`, n+1, "1")
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var n int
		if err := db.QueryRow(ctx, `SELECT size FROM thing`).Scan(&n); err != nil || n != writers*times {
			t.Errorf("%d, %v; want %d", n, err, writers*times)
		}
	})
}

func TestReadersCannotWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		err := db.Read(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO thing (id, name) VALUES ('1', 'a')`)
			return err
		})
		if err == nil {
			t.Error("a reading transaction wrote")
		}
	})
}

func TestNewsAreToldAfterTheCommitAndOnlyThen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		news, stop := db.Listen("case-1")
		defer stop()
		other, stopOther := db.Listen("case-2")
		defer stopOther()
		listened(t, db)
		drain(news, 50*time.Millisecond)
		drain(other, 50*time.Millisecond) // of no wait at all chance would decide
		failed := errors.New("no")
		if err := db.Write(ctx, func(tx *store.Tx) error { return errors.Join(tx.Notify(ctx, "case-1"), failed) }); !errors.Is(err, failed) {
			t.Fatal(err)
		}
		if drain(news, 100*time.Millisecond) {
			t.Error("told of what did not happen")
		}
		if err := db.Write(ctx, func(tx *store.Tx) error { return tx.Notify(ctx, "case-1") }); err != nil {
			t.Fatal(err)
		}
		if !drain(news, 5*time.Second) {
			t.Error("not told of what happened")
		}
		if drain(other, 50*time.Millisecond) {
			t.Error("told of somebody else's news")
		}
	})
}

// listened waits until the database hears of news of other nodes. When that begins everybody is woken once: something may have been
// missed. Whoever hears afterwards of what another connection told knows that it is over.
func listened(t *testing.T, db *store.DB) {
	t.Helper()
	if db.Engine() == store.SQLite {
		return
	}
	heard, stop := db.Listen("listened")
	defer stop()
	for end := time.Now().Add(20 * time.Second); ; {
		exec(t, db, `SELECT pg_notify('okno_topic', 'listened')`)
		if drain(heard, 20*time.Millisecond) {
			return
		}
		if time.Now().After(end) {
			t.Fatal("nobody listens")
		}
	}
}

func drain(c <-chan struct{}, wait time.Duration) bool {
	select {
	case <-c:
		return true
	case <-time.After(wait):
		return false
	}
}

func TestMigratingTwiceChangesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if err := db.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if p, err := db.Pending(ctx); p || err != nil {
			t.Errorf("pending %v, %v", p, err)
		}
	})
}

// columns lists table.column of the schema, sorted, without the tables of libraries.
func columns(t *testing.T, db *store.DB) []string {
	t.Helper()
	text := `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = current_schema()
		AND table_name NOT LIKE 'goose%' AND table_name NOT LIKE 'river%' ORDER BY 1`
	if db.Engine() == store.SQLite {
		text = `SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'
			AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'river%' ORDER BY 1`
	}
	rows, err := db.Query(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

func TestBothEnginesHaveTheSameTablesAndColumns(t *testing.T) {
	schemas := map[store.Engine]string{}
	storetest.Each(t, func(t *testing.T, db *store.DB) { schemas[db.Engine()] = strings.Join(columns(t, db), "\n") })
	if a, b := schemas[store.SQLite], schemas[store.Postgres]; b != "" && a != b {
		t.Errorf("SQLite:\n%s\nPostgreSQL:\n%s", a, b)
	}
}

func TestStatementsAreCounted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, n := store.Counting(ctx)
		var one int
		db.QueryRow(ctx, `SELECT 1`).Scan(&one)                                                                  //nolint:errcheck // counted, not read
		db.Read(ctx, func(tx *store.Tx) error { return tx.QueryRow(ctx, `SELECT 2`).Scan(&one) })                //nolint:errcheck // as above
		db.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(ctx, `DELETE FROM person_key`); return err }) //nolint:errcheck // as above
		if n.Load() != 3 {
			t.Errorf("counted %d statements, want 3", n.Load())
		}
	})
}

func TestAnUnknownDSNIsRefused(t *testing.T) {
	for _, dsn := range []string{"", "mysql://x", "sqlite:"} {
		if _, err := store.Open(ctx, dsn, store.Options{}); err == nil {
			t.Errorf("Open(%q) succeeded", dsn)
		}
	}
}
