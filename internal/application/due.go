package application

import (
	"context"
	"fmt"
	"time"

	"okno/internal/store"
)

// DueSince counts the cases under way whose deadline is at the moment or later: those that a calendar which knows nothing of these days has counted.
func DueSince(ctx context.Context, q store.Querier, from time.Time) (n int, err error) {
	return DueWithin(ctx, q, from, from.AddDate(100, 0, 0))
}

// DueWithin counts the cases under way whose deadline is in the time, its end excluded.
func DueWithin(ctx context.Context, q store.Querier, from, to time.Time) (n int, err error) {
	if err := q.QueryRow(ctx, `SELECT COUNT(*) FROM application WHERE outcome = '' AND due_at >= $1 AND due_at < $2`, from, to).Scan(&n); err != nil {
		return 0, fmt.Errorf("cases that are due: %w", err)
	}
	return n, nil
}
