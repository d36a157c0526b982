package application

import (
	"context"
	"fmt"
	"time"

	"okno/internal/store"
	"okno/internal/workday"
)

// Unknown says from which day on nobody knows the production calendar, and what hangs on it.
type Unknown struct {
	From  time.Time // the first day of which nothing was decreed
	Cases int       // under way, with a deadline there
	Soon  bool      // somebody should give the decree
}

// UnknownDays looks how far the calendar reaches: a decree should come workdays.warn before its end, and wherever a case has a deadline behind it.
func UnknownDays(ctx context.Context, q store.Querier, cal *workday.Calendar, now time.Time, warn time.Duration) (u Unknown, err error) {
	u.From = cal.Known(now)
	u.Cases, err = DueWithin(ctx, q, u.From.UTC(), u.From.UTC().AddDate(100, 0, 0)) // no deadline is longer
	u.Soon = u.Cases > 0 || now.Add(warn).After(u.From)
	return u, err
}

// DueWithin counts the cases under way whose deadline is in the time, its end excluded.
func DueWithin(ctx context.Context, q store.Querier, from, to time.Time) (n int, err error) {
	if err := q.QueryRow(ctx, `SELECT COUNT(*) FROM application WHERE outcome = '' AND due_at >= $1 AND due_at < $2`, from, to).Scan(&n); err != nil {
		return 0, fmt.Errorf("cases that are due: %w", err)
	}
	return n, nil
}
