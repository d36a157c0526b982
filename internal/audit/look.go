package audit

import (
	"context"
	"fmt"
	"time"

	"okno/internal/store"
)

// Looker is an employee who looked at something of a person's, for the colleagues who answer for it.
type Looker struct {
	Employee string
	Unit     string
	At       time.Time // the last time
	Times    int
}

// Lookers lists the employees who did the action to an object of the account, the last one first, at most n.
func Lookers(ctx context.Context, q store.Querier, subject, object, action string, n int) ([]Looker, error) {
	rows, err := q.Query(ctx, `SELECT actor_id, actor_unit, max(at), count(*) FROM audit_event WHERE subject = $1 AND subject <> '' AND object = $2 AND action = $3 AND actor_kind = 'staff'
		GROUP BY actor_id, actor_unit ORDER BY 3 DESC LIMIT $4`, subject, object, action, n)
	if err != nil {
		return nil, fmt.Errorf("lookers at %s: %w", object, err)
	}
	defer rows.Close()
	var out []Looker
	for rows.Next() {
		var l Looker
		if err := rows.Scan(&l.Employee, &l.Unit, store.Time(&l.At), &l.Times); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, rows.Err()
}
