package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/store"
)

// seenEvery is how exactly it is known when a token was used last.
const seenEvery = time.Minute

// Enter tells who shows the token. A request is counted by it; beyond the limit it is ErrMany.
func (s *Service) Enter(ctx context.Context, secret string) (access.Actor, Token, error) {
	if !strings.HasPrefix(secret, prefix) || len(secret) > 100 {
		return access.Actor{}, Token{}, ErrToken
	}
	var t Token
	who := access.Actor{Kind: access.Agent}
	err := store.One(s.DB.QueryRow(ctx, `SELECT t.id, t.created_at, t.expires_at, t.used_at, t.revoked_at, t.replaced_by, a.id, a.unit, a.scopes
		FROM agent_token t JOIN agent a ON a.id = t.agent_id WHERE t.hash = $1`, keyring.HashToken(secret)).
		Scan(&t.ID, store.Time(&t.CreatedAt), store.Time(&t.ExpiresAt), store.NullTime(&t.UsedAt), store.NullTime(&t.RevokedAt), &t.ReplacedBy, &who.ID, &who.Unit, &who.Scopes))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return access.Actor{}, Token{}, ErrToken
	case err != nil:
		return access.Actor{}, Token{}, fmt.Errorf("look up a token: %w", err)
	case !t.RevokedAt.IsZero():
		return access.Actor{}, Token{}, ErrRevoked
	case !t.Stands(s.DB.Now()):
		return access.Actor{}, Token{}, ErrExpired
	}
	who.SessionID = t.ID
	return who, t, s.count(ctx, t)
}

// count counts a request with the token and remembers that it was used.
func (s *Service) count(ctx context.Context, t Token) error {
	var v limit.Verdict
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if v, err = limit.Take(ctx, tx, s.Policy.Agency.PerToken.Rule("agent"), "agent:"+t.ID); err != nil || tx.Now().Sub(t.UsedAt) < seenEvery {
			return err
		}
		return tx.Do(ctx, `UPDATE agent_token SET used_at = $1 WHERE id = $2`, tx.Now(), t.ID)
	})
	if err != nil {
		return fmt.Errorf("count a request: %w", err)
	}
	if !v.Allowed {
		return ErrMany.At(v.Until)
	}
	return nil
}

// Request is a request that may be repeated: under which key, and what it is.
type Request struct {
	Key         string // "" when it has none, and then nothing is remembered
	Fingerprint []byte // hash of all that makes it the request it is
}

// Recall is what the request was answered when it was done before; nil when it was not. Another request under the key is ErrReused.
func (s *Service) Recall(ctx context.Context, who access.Actor, r Request) ([]byte, error) {
	if r.Key == "" {
		return nil, nil
	}
	var fingerprint, answer []byte
	err := store.One(s.DB.QueryRow(ctx, `SELECT fingerprint, answer FROM agent_request WHERE agent_id = $1 AND key = $2`, who.ID, keyring.HashToken(r.Key)).
		Scan(&fingerprint, &answer))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("recall a request: %w", err)
	case !bytes.Equal(fingerprint, r.Fingerprint):
		return nil, ErrReused
	}
	return answer, nil
}

// Remember writes down in the transaction of the act what the request is answered. Of two that come at once the second is
// store.ErrExists, and undoes its act: it is to Recall.
func (s *Service) Remember(ctx context.Context, tx *store.Tx, who access.Actor, r Request, answer []byte) error {
	if r.Key == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO agent_request (agent_id, key, fingerprint, answer, created_at) VALUES ($1, $2, $3, $4, $5)`,
		who.ID, keyring.HashToken(r.Key), r.Fingerprint, answer, tx.Now())
	return err
}

// Deciders are agencies' systems that have a token today, as they act.
func Deciders(ctx context.Context, q store.Querier) ([]access.Actor, error) {
	rows, err := q.Query(ctx, `SELECT DISTINCT a.unit, a.scopes FROM agent a JOIN agent_token t ON t.agent_id = a.id WHERE a.closed_at IS NULL AND t.revoked_at IS NULL AND t.expires_at > $1`, q.Now())
	var out []access.Actor
	err = store.Each(rows, err, func(r *store.Rows) error {
		a := access.Actor{Kind: access.Agent}
		err := r.Scan(&a.Unit, &a.Scopes)
		if a.May(access.DecideCases) == nil {
			out = append(out, a)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("which systems decide cases: %w", err)
	}
	return out, nil
}
