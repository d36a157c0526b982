package support

import (
	"context"
	"fmt"
	"time"

	"okno/internal/i18n"
	"okno/internal/store"
)

type heldQuestion struct {
	ID        string    `json:"id"`
	Number    string    `json:"number"`
	Page      string    `json:"page"`
	State     State     `json:"state"`
	Lang      i18n.Lang `json:"lang"`
	Contact   string    `json:"contact,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	TouchedAt time.Time `json:"touched_at"`
}

type heldMessage struct {
	Question string    `json:"question"`
	Party    string    `json:"party"`
	Text     string    `json:"text"`
	At       time.Time `json:"at"`
}

type heldFile struct {
	Question string `json:"question"`
	File     string `json:"file"`
}

// Export gives the account's questions, the talk about them, and which files belong to which.
func (s *Service) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	key, err := s.Ring.Person(ctx, q, accountID)
	if err != nil {
		return err
	}
	var x heldQuestion
	var sealed []byte
	err = each(ctx, q, `SELECT id, number, page, state, lang, contact, created_at, touched_at FROM question WHERE account_id = $1 ORDER BY id`, accountID,
		[]any{&x.ID, &x.Number, &x.Page, &x.State, &x.Lang, &sealed, store.Time(&x.CreatedAt), store.Time(&x.TouchedAt)}, func() error {
			x.Contact = ""
			if sealed != nil {
				plain, err := key.Open("question", "contact", x.ID, sealed)
				if err != nil {
					return err
				}
				x.Contact = string(plain)
			}
			return give("question", x)
		})
	if err != nil {
		return err
	}
	var m heldMessage
	var mid string
	err = each(ctx, q, `SELECT m.id, m.question_id, m.party, m.text, m.at FROM question_message m JOIN question x ON x.id = m.question_id WHERE x.account_id = $1 ORDER BY m.id`, accountID,
		[]any{&mid, &m.Question, &m.Party, &sealed, store.Time(&m.At)}, func() error {
			plain, err := key.Open("question_message", "text", mid, sealed)
			if err != nil {
				return err
			}
			m.Text = string(plain)
			return give("question_message", m)
		})
	if err != nil {
		return err
	}
	var f heldFile
	return each(ctx, q, `SELECT f.question_id, f.file_id FROM question_file f JOIN question x ON x.id = f.question_id WHERE x.account_id = $1 ORDER BY f.question_id, f.file_id`, accountID,
		[]any{&f.Question, &f.File}, func() error { return give("question_file", f) })
}

func each(ctx context.Context, q store.Querier, query, accountID string, into []any, fn func() error) error {
	rows, err := q.Query(ctx, query, accountID)
	if err != nil {
		return fmt.Errorf("questions of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := fn(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Erase takes the account's questions away. Their files go with all the account's.
func (s *Service) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	for _, statement := range []string{
		`DELETE FROM question_file WHERE question_id IN (SELECT id FROM question WHERE account_id = $1)`,
		`DELETE FROM question_message WHERE question_id IN (SELECT id FROM question WHERE account_id = $1)`,
		`DELETE FROM question WHERE account_id = $1`,
	} {
		if _, err := tx.Exec(ctx, statement, accountID); err != nil {
			return fmt.Errorf("erase questions of %s: %w", accountID, err)
		}
	}
	return tx.Notify(ctx, QueueTopic)
}
