package application_test

import (
	"testing"

	"okno/internal/application"
	"okno/internal/notification"
	"okno/internal/procedure"
	"okno/internal/system"
	"okno/internal/system/systemtest"
)

// A definition says over what a person is told of a state; beyond that nothing goes out, whatever the person wants.
func TestANoticeGoesOverWhatTheDefinitionNames(t *testing.T) {
	systemtest.WithServices(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		sent := func() (n int) {
			t.Helper()
			if err := x.DB.QueryRow(ctx, `SELECT count(*) FROM river_job WHERE kind = $1`, notification.Deliver{}.Kind()).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		inbox := func() int {
			t.Helper()
			list, err := x.Notices.Inbox(ctx, who, 100)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		of, err := x.Applications.List(ctx, x.DB, who, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range of { // the demo's own
			if c.Service == income {
				await(t, x, who, c.ID, "a certificate of the demo", func(c application.Case) bool { return c.Outcome != "" })
			}
		}
		before, read := sent(), inbox()
		whole := file(t, x, who, fair, map[string][]string{"reason": {"songs"}, "tent": {"false"}})
		decide(t, x, part(t, x, who, whole, "pass"), application.Act{Event: "approve"}) // both notices are for the inbox alone
		await(t, x, who, whole.ID, "the end", state("done"))
		if n := sent() - before; n != 0 || inbox() != read+2 {
			t.Errorf("%d went out, and the inbox has %d more", n, inbox()-read)
		}
		c := file(t, x, who, income, lastYear()) // inbox, email and SMS
		await(t, x, who, c.ID, "the certificate", func(c application.Case) bool { return c.Outcome == procedure.Granted })
		if n := sent() - before; n != 2 {
			t.Errorf("%d went out of what may go by mail and by SMS", n)
		}
	})
}
