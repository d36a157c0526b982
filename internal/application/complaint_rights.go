package application

import (
	"context"
	"fmt"
	"time"

	"okno/internal/keyring"
	"okno/internal/store"
)

type heldComplaint struct {
	Case      string         `json:"case"`
	Ground    Ground         `json:"ground"`
	State     ComplaintState `json:"state"`
	Text      string         `json:"text"`
	Answer    string         `json:"answer,omitempty"`
	Note      string         `json:"note,omitempty"`
	MadeAt    time.Time      `json:"made_at"`
	DueAt     time.Time      `json:"due_at"`
	DecidedAt time.Time      `json:"decided_at,omitzero"`
}

// exportComplaints gives the complaints of the account's cases, without saying which employee decided them.
func exportComplaints(ctx context.Context, q store.Querier, key *keyring.Key, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, complaintSQL+`JOIN application a ON a.id = c.application_id WHERE a.account_id = $1 ORDER BY c.made_at, c.id`, accountID)
	if err != nil {
		return fmt.Errorf("complaints of %s: %w", accountID, err)
	}
	list, err := readComplaints(rows, key)
	if err != nil {
		return err
	}
	for _, x := range list {
		if err := give("complaint", heldComplaint{x.CaseID, x.Ground, x.State, x.Text, x.Answer, x.Note, x.MadeAt, x.DueAt, x.DecidedAt}); err != nil {
			return err
		}
	}
	return nil
}
