package application

import (
	"context"
	"errors"
	"fmt"

	"okno/internal/access"
	"okno/internal/keyring"
)

// ComplaintsOf are the complaints about the cases of whom the actor acts for, the newest first, without what the head wrote to the officer.
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
	rows, err := s.DB.Query(ctx, complaintSQL+`JOIN application a ON a.id = c.application_id WHERE a.account_id = $1 ORDER BY c.made_at DESC, c.id LIMIT $2`, who.Whose(), most)
	if err != nil {
		return nil, fmt.Errorf("complaints of %s: %w", who.Whose(), err)
	}
	list, err := readComplaints(rows, key)
	for i := range list {
		list[i].Note = ""
	}
	return list, err
}
