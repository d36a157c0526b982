package notification

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/i18n"
	"okno/internal/keyring"
	"okno/internal/store"
)

type heldNotice struct {
	ID        string    `json:"id"`
	Topic     Topic     `json:"topic"`
	Subject   i18n.Text `json:"subject"`
	Body      i18n.Text `json:"body"`
	CreatedAt time.Time `json:"created_at"`
	ReadAt    time.Time `json:"read_at,omitzero"`
}

type heldDelivery struct {
	Notice  string    `json:"notice"`
	Channel string    `json:"channel"`
	SentAt  time.Time `json:"sent_at"`
}

type heldBrowser struct {
	ID        string    `json:"id"`
	Agent     string    `json:"agent"`
	Endpoint  string    `json:"endpoint"`
	CreatedAt time.Time `json:"created_at"`
}

type heldWaiting struct {
	Notice string    `json:"notice"`
	DueAt  time.Time `json:"due_at"`
}

// Export gives the account's inbox, what was chosen, and over which channels each notice went.
func (s *Service) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	key, err := s.Ring.Person(ctx, q, accountID)
	if err != nil {
		return err
	}
	if err := s.exportInbox(ctx, q, key, accountID, give); err != nil {
		return err
	}
	c, err := s.choice(ctx, q, accountID)
	if err != nil {
		return err
	}
	if c.Quiet || len(c.Ways) > 0 {
		if err := give("notice_choice", c); err != nil {
			return err
		}
	}
	return errors.Join(s.exportDeliveries(ctx, q, accountID, give), s.exportWaiting(ctx, q, accountID, give), s.exportBrowsers(ctx, q, key, accountID, give))
}

func (s *Service) exportDeliveries(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT d.notice_id, d.channel, d.sent_at FROM delivery d JOIN notice n ON n.id = d.notice_id WHERE n.account_id = $1 ORDER BY d.notice_id, d.channel`, accountID)
	return store.Each(rows, err, func(r *store.Rows) error {
		var d heldDelivery
		if err := r.Scan(&d.Notice, &d.Channel, store.Time(&d.SentAt)); err != nil {
			return err
		}
		return give("delivery", d)
	})
}

func (s *Service) exportWaiting(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT d.notice_id, d.due_at FROM notice_digest d JOIN notice n ON n.id = d.notice_id WHERE n.account_id = $1 ORDER BY d.notice_id`, accountID)
	return store.Each(rows, err, func(r *store.Rows) error {
		var w heldWaiting
		if err := r.Scan(&w.Notice, store.Time(&w.DueAt)); err != nil {
			return err
		}
		return give("notice_digest", w)
	})
}

func (s *Service) exportBrowsers(ctx context.Context, q store.Querier, key *keyring.Key, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT id, agent, content, created_at FROM push_browser WHERE account_id = $1 ORDER BY id`, accountID)
	return store.Each(rows, err, func(r *store.Rows) error {
		var b heldBrowser
		var sealed []byte
		if err := r.Scan(&b.ID, &b.Agent, &sealed, store.Time(&b.CreatedAt)); err != nil {
			return err
		}
		var sub Subscription
		if err := key.OpenJSON("push_browser", "content", b.ID, sealed, &sub); err != nil {
			return err
		}
		b.Endpoint = sub.Endpoint
		return give("push_browser", b)
	})
}

func (s *Service) exportInbox(ctx context.Context, q store.Querier, key *keyring.Key, accountID string, give func(table string, row any) error) error {
	rows, err := q.Query(ctx, `SELECT id, content, created_at, read_at FROM notice WHERE account_id = $1 ORDER BY id`, accountID)
	if err != nil {
		return fmt.Errorf("inbox of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var n heldNotice
		var sealed []byte
		if err := rows.Scan(&n.ID, &sealed, store.Time(&n.CreatedAt), store.NullTime(&n.ReadAt)); err != nil {
			return err
		}
		note, err := opened(key, n.ID, sealed)
		if err != nil {
			return err
		}
		n.Topic, n.Subject, n.Body = note.Topic, note.Subject, note.Body
		if err := give("notice", n); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Erase empties the account's inbox. A notice that waits to be sent is not sent any more.
func (s *Service) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	for _, statement := range []string{
		`DELETE FROM notice_digest WHERE notice_id IN (SELECT id FROM notice WHERE account_id = $1)`,
		`DELETE FROM delivery WHERE notice_id IN (SELECT id FROM notice WHERE account_id = $1)`,
		`DELETE FROM notice WHERE account_id = $1`,
		`DELETE FROM notice_choice WHERE account_id = $1`,
		`DELETE FROM push_browser WHERE account_id = $1`,
	} {
		if _, err := tx.Exec(ctx, statement, accountID); err != nil {
			return fmt.Errorf("erase notices of %s: %w", accountID, err)
		}
	}
	return nil
}
