package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/store"
)

// HeldEvent is an event as the person takes it away whom it is about: which role of which office it was, never which employee.
type HeldEvent struct {
	At     time.Time   `json:"at"`
	Action string      `json:"action"`
	By     access.Kind `json:"by"`
	Role   access.Role `json:"role,omitempty"`
	Unit   string      `json:"unit,omitempty"`
	Own    bool        `json:"own"`
	Object string      `json:"object,omitempty"`
	Detail Detail      `json:"detail,omitempty"`
}

// Trail is the record as a person has a right to it.
type Trail struct{}

// Export gives every event about the account.
func (Trail) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT at, action, actor_kind, actor_role, actor_unit, actor_kind = 'person' AND actor_id = subject, object, detail FROM audit_event
		WHERE subject = $1 AND subject <> '' ORDER BY id`, accountID)
	if err != nil {
		return fmt.Errorf("audit about %s: %w", accountID, err)
	}
	defer rows.Close()
	for rows.Next() {
		var e HeldEvent
		var detail string
		if err := rows.Scan(store.Time(&e.At), &e.Action, &e.By, &e.Role, &e.Unit, &e.Own, &e.Object, &detail); err != nil {
			return fmt.Errorf("audit about %s: %w", accountID, err)
		}
		if err := json.Unmarshal([]byte(detail), &e.Detail); err != nil {
			return fmt.Errorf("audit about %s: %w", accountID, err)
		}
		if err := give("audit_event", e); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Erase erases nothing: the record is append-only, and holds identifiers and codes alone, which name nobody any more.
func (Trail) Erase(context.Context, *store.Tx, string) error { return nil }
