package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okno/internal/store"
)

func TestWhoChangesHoursIsToldOfTheVisitsThatFallOutside(t *testing.T) {
	const list = "- {code: c, kind: clinic, name: {ru: А}, town: {ru: Г}, address: {ru: У}, at: {lat: 55, lon: 37}, hours: {mon-sun: '9:00-12:00'}, desks: [{code: d, kind: x, name: {ru: Врач}, slot: 30m}]}\n"
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		env, _, dsn := install(t, engine, free(t))
		file := filepath.Join(t.TempDir(), "places.yaml")
		run := func(text string, exit int, want string) {
			t.Helper()
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := okno(t, "", env, "places", "check", file)
			if code(t, err) != exit || !strings.Contains(out, want) {
				t.Errorf("it ends with %d and says %q; want %d and %q", code(t, err), out, exit, want)
			}
		}
		run(strings.Replace(list, "slot: 30m", "slot: 1s", 1), 1, "desk d: slot")
		run(list, 0, "1 places; every time that is booked lies within the hours")

		db, err := store.Open(t.Context(), dsn, store.Options{MaxConns: 1})
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		at := time.Date(now.Year(), now.Month(), now.Day()+3, 7, 0, 0, 0, time.UTC) // 10:00 in Moscow
		if err := db.Write(t.Context(), func(tx *store.Tx) error {
			const add = `INSERT INTO appointment (id, kind, resource, starts_at, ends_at, seat, state, held_until, sequence, created_at) VALUES ($1, 'x', 'd', $2, $3, 0, $4, $5, 0, $5)`
			_, err := tx.Exec(t.Context(), add, "v", at, at.Add(30*time.Minute), "booked", now)
			if err == nil {
				_, err = tx.Exec(t.Context(), add, "h", at.Add(-30*time.Minute), at, "held", now.Add(-time.Hour)) // ran out
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		day := at.Format(time.DateOnly)
		run(strings.Replace(list, "slot: 30m", "slot: 30m, dates: {"+day+": '10:00-11:00'}", 1), 0, "lies within")
		run(strings.Replace(list, "slot: 30m", "slot: 30m, dates: {"+day+": '11:00-12:00'}", 1), 1, day+" 10:00  d  visits: 1")
	}
}
