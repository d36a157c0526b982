package application

import (
	"context"
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
	list, err := complaintsOf(ctx, q, key, accountID, `c.made_at, c.id`)
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
