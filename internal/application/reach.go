package application

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/document"
	"okno/internal/store"
)

// Owner says whose case it is to whoever may see it, and ErrMissing to everybody else. Everything that hangs on a case (papers,
// attachments, a stream of news) asks this before it shows anything.
func (s *Service) Owner(ctx context.Context, q store.Querier, who access.Actor, caseID string) (account string, err error) {
	args := []any{caseID}
	err = store.One(q.QueryRow(ctx, `SELECT account_id FROM application WHERE id = $1 AND `+sightOf(who).sql(&args), args...).Scan(&account))
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

// PapersOf lists what the case gave.
func (s *Service) PapersOf(ctx context.Context, who access.Actor, caseID string) ([]document.Document, error) {
	owner, err := s.Owner(ctx, s.DB, who, caseID)
	if err != nil {
		return nil, err
	}
	return s.Papers.OfCase(ctx, s.DB, owner, caseID)
}

// OpenPaper opens a paper that the case gave. A look by anybody but its owner is recorded, and the person sees it.
func (s *Service) OpenPaper(ctx context.Context, who access.Actor, caseID, paperID string) (document.Document, *bytes.Reader, error) {
	list, err := s.PapersOf(ctx, who, caseID)
	if err != nil {
		return document.Document{}, nil, err
	}
	for _, d := range list {
		if d.ID != paperID {
			continue
		}
		if who.Kind == access.Staff {
			err := s.DB.Write(ctx, func(tx *store.Tx) error {
				return audit.Record(ctx, tx, audit.Event{Action: "document.opened", Actor: who, Subject: d.Owner, Object: "document/" + d.ID, Detail: audit.Detail{"document": string(d.Kind)}})
			})
			if err != nil {
				return document.Document{}, nil, err
			}
		}
		return s.Papers.Open(ctx, access.Actor{Kind: access.Person, ID: d.Owner}, d.ID)
	}
	return document.Document{}, nil, ErrMissing
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
