package application

import (
	"context"
	"errors"
	"fmt"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/store"
)

// Owner says whose case it is to whoever may see it, and ErrMissing to everybody else. Everything that hangs on a case (papers,
// attachments, a stream of news) asks this before it shows anything.
func (s *Service) Owner(ctx context.Context, q store.Querier, who access.Actor, caseID string) (account string, err error) {
	args := []any{caseID}
	err = store.One(q.QueryRow(ctx, `SELECT account_id FROM application WHERE id = $1 AND `+sightOf(who, q.Now()).sql(&args), args...).Scan(&account))
	if errors.Is(err, store.ErrNotFound) {
		return "", ErrMissing
	}
	if err != nil {
		return "", fmt.Errorf("owner of case %s: %w", caseID, err)
	}
	return account, nil
}

// Watch is the topic on which whoever may see the case hears its news.
func (s *Service) Watch(ctx context.Context, who access.Actor, caseID string) (string, error) {
	if _, err := s.Owner(ctx, s.DB, who, caseID); err != nil {
		return "", err
	}
	return Case{ID: caseID}.Topic(), nil
}

// Lookers lists the employees who opened the case at a desk, for whoever sees it there.
func (s *Service) Lookers(ctx context.Context, who access.Actor, caseID string, most int) ([]audit.Looker, error) {
	if err := who.May(access.DecideCases); err != nil {
		return nil, err
	}
	owner, err := s.Owner(ctx, s.DB, who, caseID)
	if err != nil {
		return nil, err
	}
	return audit.Lookers(ctx, s.DB, owner, "case/"+caseID, "application.viewed", most)
}
