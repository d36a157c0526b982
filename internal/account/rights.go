package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/store"
)

// HeldAccount is the account as its owner takes it away.
type HeldAccount struct {
	ID          string       `json:"id"`
	Level       access.Level `json:"level"`
	State       State        `json:"state"`
	Lang        i18n.Lang    `json:"lang"`
	CreatedAt   time.Time    `json:"created_at"`
	ConfirmedAt time.Time    `json:"confirmed_at,omitzero"`
	TourSeen    bool         `json:"tour_seen"`
	AdviceOff   []string     `json:"advice_off,omitempty"`
	Profile     Profile      `json:"profile"`
}

// Agreed is one text that a person agreed to, and when.
type Agreed struct {
	Document string    `json:"document"`
	Edition  string    `json:"edition"`
	GivenAt  time.Time `json:"given_at"`
}

type heldFavourite struct {
	Service string    `json:"service"`
	AddedAt time.Time `json:"added_at"`
}

// Export gives everything that is held here of the account, table by table.
func (s *Service) Export(ctx context.Context, q store.Querier, accountID string, give func(table string, row any) error) error {
	a, err := s.Get(ctx, q, accountID)
	if err != nil {
		return err
	}
	if s.SecretSNILS != nil {
		secret, err := s.SecretSNILS(ctx, q, a)
		if err != nil {
			return err
		}
		if secret[a.Profile.SNILS] {
			a.Profile.SNILS = form.MaskSNILS(a.Profile.SNILS)
		}
	}
	if err := give("account", HeldAccount{a.ID, a.Level, a.State, a.Lang, a.CreatedAt, a.ConfirmedAt, a.TourSeen, a.AdviceOff, a.Profile}); err != nil {
		return err
	}
	agreed, err := s.Agreed(ctx, q, accountID)
	if err != nil {
		return err
	}
	for _, c := range agreed {
		if err := give("consent", c); err != nil {
			return err
		}
	}
	rows, err := q.Query(ctx, `SELECT service, added_at FROM favourite WHERE account_id = $1 ORDER BY added_at`, accountID)
	if err != nil {
		return fmt.Errorf("favourites of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var f heldFavourite
		if err := rows.Scan(&f.Service, store.Time(&f.AddedAt)); err != nil {
			return err
		}
		if err := give("favourite", f); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Agreed lists what the person agreed to, the newest first.
func (s *Service) Agreed(ctx context.Context, q store.Querier, accountID string) ([]Agreed, error) {
	rows, err := q.Query(ctx, `SELECT document, edition, given_at FROM consent WHERE account_id = $1 ORDER BY given_at DESC, document, edition`, accountID)
	if err != nil {
		return nil, fmt.Errorf("consents of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Agreed
	for rows.Next() {
		var c Agreed
		if err := rows.Scan(&c.Document, &c.Edition, store.Time(&c.GivenAt)); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// Erase leaves of the account its id, so that the record of what was done still names somebody, and which texts were agreed to
// when, which the operator has to be able to prove. Who it was is gone; the SNILS is free again.
func (s *Service) Erase(ctx context.Context, tx *store.Tx, accountID string) error {
	_, err := tx.Exec(ctx, `UPDATE account SET level = $1, state = $2, lang = $3, profile = $4, snils_index = NULL, snils_ahead = NULL, tour_seen = TRUE, tour_session = '', advice_off = '', confirmed_at = NULL, version = version + 1
		WHERE id = $5`, string(access.Simplified), string(Retired), string(i18n.RU), []byte{}, accountID)
	if err == nil {
		_, err = tx.Exec(ctx, `DELETE FROM favourite WHERE account_id = $1`, accountID)
	}
	if err != nil {
		return fmt.Errorf("erase account %s: %w", accountID, err)
	}
	return nil
}

// Exists reports whether there is such an account.
func (s *Service) Exists(ctx context.Context, q store.Querier, accountID string) (bool, error) {
	var n int
	err := store.One(q.QueryRow(ctx, `SELECT 1 FROM account WHERE id = $1`, accountID).Scan(&n))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
