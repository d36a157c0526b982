package credential

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"okno/internal/fault"
	"okno/internal/keyring"
	"okno/internal/store"
)

// Pending is a sign-in whose password was right.
type Pending struct {
	Account   string
	Known     bool   // the browser was one of the owner's
	Means     string // chosen now, by the words of signin
	Challenge string // in which a code went out, "" when none did
	Methods   string // by which it is proved, once that is done and only a new password is waited for
	List      List   // on which the password stands: it is replaced before anything opens
	hash      []byte
}

// ErrNoPending is a browser in which no sign-in waits for a second factor.
var ErrNoPending = fault.New(fault.Missing, "second.gone")

// OpenPending is OpenJudged where a second factor is asked for: what it returns opens nothing by itself.
func (s *Service) OpenPending(ctx context.Context, tx *store.Tx, owner string, v Visitor, known bool, list List, j Judged) (string, error) {
	token := keyring.NewToken()
	unchanged, args := j.unchanged([]any{keyring.HashToken(token), owner, keyring.HashToken(v.Browser), known, tx.Now(), tx.Now().Add(s.Policy.SecondFactor.Lifetime), string(list)}, "$2")
	err := store.Touched(tx.Exec(ctx, `INSERT INTO pending_signin (token_hash, account_id, browser, known, created_at, expires_at, list)
		SELECT $1, $2, $3, CAST($4 AS BOOLEAN), $5, $6, $7 WHERE `+unchanged, args...))
	if errors.Is(err, store.ErrStale) {
		return "", err
	}
	if err != nil {
		return "", fmt.Errorf("open pending sign-in of %s: %w", owner, err)
	}
	return token, nil
}

// Pending finds the sign-in of the token, in the browser where the password was typed.
func (s *Service) Pending(ctx context.Context, q store.Querier, token string, v Visitor) (Pending, error) {
	p := Pending{hash: keyring.HashToken(token)}
	var list string
	err := store.One(q.QueryRow(ctx, `SELECT account_id, known, means, COALESCE(challenge_id, ''), methods, list FROM pending_signin
		WHERE token_hash = $1 AND browser = $2 AND expires_at > $3`, p.hash, keyring.HashToken(v.Browser), q.Now()).
		Scan(&p.Account, &p.Known, &p.Means, &p.Challenge, &p.Methods, &list))
	if errors.Is(err, store.ErrNotFound) {
		return Pending{}, ErrNoPending
	}
	if err != nil {
		return Pending{}, fmt.Errorf("pending sign-in: %w", err)
	}
	p.List = List(list)
	return p, nil
}

// By notes by which means the person goes on, and in which attempt a code went out.
func (s *Service) By(ctx context.Context, tx *store.Tx, p Pending, means, challenge string) error {
	var c any
	if challenge != "" {
		c = challenge
	}
	_, err := tx.Exec(ctx, `UPDATE pending_signin SET means = $1, challenge_id = $2 WHERE token_hash = $3`, means, c, p.hash)
	return err
}

// Try counts a code before it is looked at. False when the tries are used up: then the sign-in is over.
func (s *Service) Try(ctx context.Context, tx *store.Tx, p Pending) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE pending_signin SET wrong = wrong + 1 WHERE token_hash = $1 AND wrong <= $2`, p.hash, s.Policy.SecondFactor.Tries)
	return n == 1, err
}

// Hold notes that everything was shown and that only a new password is waited for; false when that was noted before.
func (s *Service) Hold(ctx context.Context, tx *store.Tx, p Pending, methods string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE pending_signin SET methods = $1, challenge_id = NULL WHERE token_hash = $2 AND methods = ''`, methods, p.hash)
	return n == 1, err
}

// Drop ends the sign-in that waits; false when it was ended before: of two right codes one opens a session.
func (s *Service) Drop(ctx context.Context, tx *store.Tx, p Pending) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM pending_signin WHERE token_hash = $1`, p.hash)
	return n == 1, err
}

// TriesLeft is how many codes may be typed still.
func (s *Service) TriesLeft(ctx context.Context, q store.Querier, p Pending) (int, error) {
	var wrong int
	err := store.One(q.QueryRow(ctx, `SELECT wrong FROM pending_signin WHERE token_hash = $1`, p.hash).Scan(&wrong))
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return max(0, s.Policy.SecondFactor.Tries+1-wrong), err
}

// Subject stands for the sign-in where a code is asked for: it is no secret, and no two are alike.
func (p Pending) Subject() string { return "pending-" + hex.EncodeToString(p.hash[:16]) }
