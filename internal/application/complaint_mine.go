package application

import (
	"context"
	"errors"
	"fmt"

	"okno/internal/access"
	"okno/internal/keyring"
	"okno/internal/store"
)

// ComplaintsOf are the complaints about the cases of whom the actor acts for, the newest first, without what the head wrote to the officer, and
// without who decides.
func (s *Service) ComplaintsOf(ctx context.Context, who access.Actor, most int) ([]Complaint, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	key, err := s.Ring.Person(ctx, s.DB, who.Whose())
	if errors.Is(err, keyring.ErrNoKey) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	list, err := complaintsOf(ctx, s.DB, key, who.Whose(), `c.made_at DESC, c.id LIMIT $2`, most)
	for i := range list {
		list[i].Note, list[i].Handler = "", ""
	}
	return list, err
}

// complaintsOf are those about the cases of the account, in that order.
func complaintsOf(ctx context.Context, q store.Querier, key *keyring.Key, accountID, order string, args ...any) ([]Complaint, error) {
	rows, err := q.Query(ctx, complaintSQL+`JOIN application a ON a.id = c.application_id WHERE a.account_id = $1 ORDER BY `+order, append([]any{accountID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("complaints of %s: %w", accountID, err)
	}
	return readComplaints(rows, key)
}
