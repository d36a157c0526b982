package account

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/store"
)

// Text is an edition of a text that people agree to, in one language, as its file says it.
type Text struct {
	Consent
	Lang   i18n.Lang
	Source string
}

// ErrNoText is of an edition that this portal never had.
var ErrNoText = fault.New(fault.Missing, "account.no_text")

// KeepTexts keeps the texts in force for those who will want to read what they agreed to, and names those that are kept in other
// words under the same edition: what was agreed to first stays.
func (s *Service) KeepTexts(ctx context.Context, texts []Text) (changed []Consent, err error) {
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		changed = nil
		for _, t := range texts { // two texts in two languages
			if _, err := tx.Exec(ctx, `INSERT INTO agreement (document, edition, lang, source, seen_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
				t.Document, t.Edition, string(t.Lang), t.Source, tx.Now()); err != nil {
				return fmt.Errorf("keep the text %s: %w", t.Document, err)
			}
			kept, err := s.TextOf(ctx, tx, t.Consent, t.Lang)
			if err != nil {
				return err
			}
			if kept != t.Source && !slices.Contains(changed, t.Consent) {
				changed = append(changed, t.Consent)
			}
		}
		return nil
	})
	return changed, err
}

// TextOf is the source of an edition; ErrNoText when it was never there.
func (s *Service) TextOf(ctx context.Context, q store.Querier, c Consent, l i18n.Lang) (string, error) {
	var source string
	err := store.One(q.QueryRow(ctx, `SELECT source FROM agreement WHERE document = $1 AND edition = $2 AND lang = $3`, c.Document, c.Edition, string(l)).Scan(&source))
	if errors.Is(err, store.ErrNotFound) {
		return "", ErrNoText
	}
	return source, err
}

// Lacking are those of the texts in force that the person has not agreed to.
func (s *Service) Lacking(ctx context.Context, q store.Querier, accountID string, inForce []Consent) ([]Consent, error) {
	agreed, err := s.Agreed(ctx, q, accountID)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(inForce), func(c Consent) bool {
		return slices.ContainsFunc(agreed, func(a Agreed) bool { return a.Document == c.Document && a.Edition == c.Edition })
	}), nil
}

// Agree remembers that the person agreed to the texts. Agreed to twice, the first time counts.
func (s *Service) Agree(ctx context.Context, who access.Actor, texts []Consent) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, c := range texts { // two at most
			n, err := tx.Exec(ctx, `INSERT INTO consent (account_id, document, edition, given_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, who.ID, c.Document, c.Edition, tx.Now())
			if err != nil {
				return fmt.Errorf("consent of %s: %w", who.ID, err)
			}
			if n == 0 {
				continue
			}
			if err := audit.Record(ctx, tx, audit.Event{Action: "account.agreed", Actor: who, Subject: who.ID, Object: "text/" + c.Document}); err != nil {
				return err
			}
		}
		return nil
	})
}
