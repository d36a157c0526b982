package signature

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/store"
)

// Proofs wait in a browser for an account to be registered from them:
//
//	signed, and nobody has the SNILS ──Keep──▶ kept ──Bind: a registration under this name──▶ bound ──Take: the account is there──▶ gone
//	                                             └──Drop: another registration, or after an hour──▶ gone
//
// Only the registration that began from the page which shows whose signature it was gets it: two people may share a browser.

// counts is how long a proof waits: a code has to arrive. Whoever comes to the browser later must not find it.
const counts = time.Hour

// Sealed are the columns that the master keyset seals, for its rotation.
func Sealed() []keyring.Sealed {
	return []keyring.Sealed{{Table: "signature_proof", Row: "id", Column: "signer"}, {Table: "signature_ticket", Row: "id", Column: "outcome"}}
}

// Keep keeps whose signature it was for the browser, in the place of what it kept before.
func (s *Service) Keep(ctx context.Context, browser string, x Signer) error {
	plain, err := json.Marshal(x)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.drop(ctx, tx, browser); err != nil {
			return err
		}
		pid := id.At(tx.Now())
		return tx.Do(ctx, `INSERT INTO signature_proof (id, browser, draft_id, signer, expires_at) VALUES ($1, $2, '', $3, $4)`,
			pid, keyring.HashToken(browser), s.Ring.System().Seal("signature_proof", "signer", pid, plain), tx.Now().Add(counts))
	})
}

// Kept is whose signature the browser keeps; the bool is false when it keeps none.
func (s *Service) Kept(ctx context.Context, browser string) (Signer, bool, error) {
	x, _, err := s.kept(ctx, s.DB, browser)
	if errors.Is(err, store.ErrNotFound) {
		return Signer{}, false, nil
	}
	return x, err == nil, err
}

func (s *Service) kept(ctx context.Context, q store.Querier, browser string) (x Signer, draft string, err error) {
	var pid string
	var sealed []byte
	err = store.One(q.QueryRow(ctx, `SELECT id, draft_id, signer FROM signature_proof WHERE browser = $1 AND expires_at > $2`, keyring.HashToken(browser), q.Now()).Scan(&pid, &draft, &sealed))
	if err != nil {
		return Signer{}, "", err
	}
	plain, err := s.Ring.System().Open("signature_proof", "signer", pid, sealed)
	if err != nil {
		return Signer{}, "", fmt.Errorf("open the proof %s: %w", pid, err)
	}
	return x, draft, json.Unmarshal(plain, &x)
}

// Bind gives the proof to a registration.
func (s *Service) Bind(ctx context.Context, browser, draft string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE signature_proof SET draft_id = $1 WHERE browser = $2 AND expires_at > $3`, draft, keyring.HashToken(browser), tx.Now())
		if err == nil && n == 0 {
			return ErrLate
		}
		return err
	})
}

// Take takes the proof away for the account that the registration became; the bool is false when none was bound to it.
func (s *Service) Take(ctx context.Context, browser, draft string) (Signer, bool, error) {
	var x Signer
	found := false
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var bound string
		var err error
		found = false
		x, bound, err = s.kept(ctx, tx, browser)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil || bound != draft || draft == "" {
			return err
		}
		found = true
		return s.drop(ctx, tx, browser)
	})
	return x, found && err == nil, err
}

// Drop forgets what the browser kept.
func (s *Service) Drop(ctx context.Context, browser string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error { return s.drop(ctx, tx, browser) })
}

func (s *Service) drop(ctx context.Context, tx *store.Tx, browser string) error {
	return tx.Do(ctx, `DELETE FROM signature_proof WHERE browser = $1`, keyring.HashToken(browser))
}
