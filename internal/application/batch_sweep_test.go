package application_test

import (
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/application"
)

// What was decided on at once is shown for a time, and then the list is gone; a newer one stays.
func TestABatchOfLongAgoIsSweptAndANewerOneStays(t *testing.T) {
	clocked(t, func(t *testing.T, o office) {
		count := func() (batches, cases int) {
			t.Helper()
			if err := o.Service.DB.QueryRow(ctx, `SELECT (SELECT count(*) FROM desk_batch), (SELECT count(*) FROM desk_batch_case)`).Scan(&batches, &cases); err != nil {
				t.Fatal(err)
			}
			return batches, cases
		}
		c := o.send(t, stall, stallForm())
		head := officer(c)
		head.Role = access.Head
		plan := func() {
			t.Helper()
			if _, err := o.Service.Plan(ctx, head, application.Doing{Event: "approve"}, []string{c.ID}); err != nil {
				t.Fatal(err)
			}
		}
		for range 60 {
			plan()
		}
		o.clock.Advance(o.Service.Policy.Cases.BatchKept - time.Hour)
		plan()
		if err := o.Service.SweepBatches(ctx); err != nil {
			t.Fatal(err)
		}
		if b, cs := count(); b != 61 || cs != 61 {
			t.Errorf("too early: %d batches with %d cases are left", b, cs)
		}
		o.clock.Advance(2 * time.Hour)
		if err := o.Service.SweepBatches(ctx); err != nil {
			t.Fatal(err)
		}
		if b, cs := count(); b != 1 || cs != 1 {
			t.Errorf("%d batches with %d cases are left", b, cs)
		}
	})
}
