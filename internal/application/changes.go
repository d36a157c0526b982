package application

import (
	"context"
	"errors"
	"fmt"

	"okno/internal/account"
	"okno/internal/catalogue"
	"okno/internal/i18n"
	"okno/internal/notification"
	"okno/internal/procedure"
	"okno/internal/store"
)

// fewTold is how many people one transaction tells of a change.
const fewTold = 200

// TellChanges tells whoever keeps a service among their favourites, or has begun an application for it, that it is not what it was or is not
// offered any more (CAB-4). Of a publication by which everything that was right before is right still nobody is told. A job runs it; it goes on
// where it stopped.
func (s *Service) TellChanges(ctx context.Context) error {
	for more := true; more; {
		err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
			more, err = s.tellChange(ctx, tx, fewTold)
			return err
		})
		if err != nil {
			return fmt.Errorf("tell of changes of services: %w", err)
		}
	}
	return nil
}

// tellChange tells some of those who are still to be told of the next publication; false when there is none.
func (s *Service) tellChange(ctx context.Context, tx *store.Tx, some int) (bool, error) {
	var serial int64
	var reached string
	if err := tx.QueryRow(ctx, `SELECT serial, reached FROM service_news`).Scan(&serial, &reached); err != nil {
		return false, err
	}
	p, err := s.Catalogue.After(ctx, tx, serial)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	n, tells, err := s.changed(ctx, tx, p)
	if err != nil {
		return false, err
	}
	var told []string
	if tells {
		// Of those who keep it, who may be very many, no more are read than can be told.
		told, err = store.Names(tx.Query(ctx, `SELECT id FROM (SELECT id FROM (`+account.KeepersSQL+` AND account_id > $2 ORDER BY account_id LIMIT $3) keeps
			UNION SELECT CASE by_id WHEN '' THEN account_id ELSE by_id END FROM draft WHERE service = $1) who WHERE id > $2 ORDER BY id LIMIT $3`, p.Service, reached, some))
		if err != nil {
			return false, err
		}
	}
	letters := make([]notification.Telling, len(told))
	for i, who := range told {
		letters[i] = notification.Telling{Account: who, Note: n}
	}
	if err := s.Notices.TellMany(ctx, tx, letters); err != nil {
		return false, err
	}
	if reached = ""; len(told) == some {
		reached = told[some-1]
	} else {
		serial = p.Serial
	}
	return true, tx.Do(ctx, `UPDATE service_news SET serial = $1, reached = $2`, serial, reached)
}

// changed is what is told of a publication; false when nothing is.
func (s *Service) changed(ctx context.Context, q store.Querier, p catalogue.Publication) (notification.Note, bool, error) {
	if p.Class != procedure.Breaking {
		return notification.Note{}, false, nil
	}
	h := s.Notices.Letterhead()
	if def, offered := s.Catalogue.ByCode(p.Service); offered {
		return changedNote(h, def.Title, "services/"+def.Slug), true, nil
	}
	was, err := s.former(ctx, q, []Orphan{{Service: p.Service}})
	if err != nil || was[p.Service] == nil {
		return notification.Note{}, false, err
	}
	return goneNote(h, was[p.Service].Title), true, nil
}

func changedNote(h notification.Letterhead, title i18n.Text, path string) notification.Note {
	return h.Say(notification.Offer, path, "message.service_changed", "service", title)
}

func goneNote(h notification.Letterhead, title i18n.Text) notification.Note {
	return h.Say(notification.Offer, "applications", "message.service_gone", "service", title)
}
