package application_test

import (
	"testing"
	"time"

	"okno/internal/application"
	"okno/internal/store"
	"okno/internal/workday"
)

func TestACalendarIsMissedSomeTimeBeforeItsEndAndWhereverACaseIsDueBehindIt(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		cal := &workday.Calendar{}
		warn := x.Service.Policy.Workdays.Warn
		look := func(now time.Time) application.Unknown {
			t.Helper()
			u, err := application.UnknownDays(ctx, x.Service.DB, cal, now, warn)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		c := x.file(t)
		end := cal.Known(x.clock.Now())
		if u := look(end.Add(-warn - time.Hour)); u.Soon || u.Cases != 0 || !u.From.Equal(end) {
			t.Errorf("long before its end: %+v", u)
		}
		if u := look(end.Add(-warn + time.Hour)); !u.Soon || u.Cases != 0 {
			t.Errorf("shortly before its end: %+v", u)
		}
		if err := x.Service.DB.Write(ctx, func(tx *store.Tx) error {
			return tx.Do(ctx, `UPDATE application SET due_at = $1 WHERE id = $2`, end.AddDate(0, 1, 0).UTC(), c.ID)
		}); err != nil {
			t.Fatal(err)
		}
		if u := look(end.Add(-warn - time.Hour)); !u.Soon || u.Cases != 1 {
			t.Errorf("with a case that is due behind its end: %+v", u)
		}
	})
}
