package credential

import (
	"context"
	"fmt"

	"okno/internal/access"
	"okno/internal/keyring"
	"okno/internal/store"
)

// A proof that is given again in an open session gives it another token, in the statement that writes the proof down: whoever has copied
// the one of before must not have what the proof opens, not for a moment, and not when the act for which it was given is refused or the
// answer is never written. The token reaches the browser through the context of the request, so that no page can forget it.

type renewalKey struct{}

// renewal is where the token of a request's session comes from, and where the next one goes.
type renewal struct {
	now  func() string
	next string
	give func(token string)
}

// WithRenewal lends the session's token, and takes the next one to the browser. Without it a session keeps its token.
func WithRenewal(ctx context.Context, now func() string, give func(token string)) context.Context {
	return context.WithValue(ctx, renewalKey{}, &renewal{now: now, give: give})
}

// ShownBy notes that credentials were shown again in the session in which somebody acts, which is proved by them, too, from then on and has
// another token. Once that is committed, Renewed takes the token to the browser. A session that has ended meanwhile is ErrNoSession; who acts
// in none has none to be noted in.
//
// Of two proofs at once, from two tabs, the first changes the token: the second was sent with the one of before, and the browser keeps what
// the first was answered.
func (s *Service) ShownBy(ctx context.Context, tx *store.Tx, who access.Actor, by ...string) error {
	r, _ := ctx.Value(renewalKey{}).(*renewal)
	methods := who.Methods
	for _, m := range by {
		methods = joined(methods, m)
	}
	if r != nil {
		r.next = keyring.NewToken()
		n, err := tx.Exec(ctx, `UPDATE session SET auth_at = $1, methods = $2, token_hash = $5 WHERE id = $3 AND owner_id = $4 AND token_hash = $6`,
			tx.Now(), methods, who.SessionID, who.ID, keyring.HashToken(r.next), keyring.HashToken(r.now()))
		if err != nil {
			return fmt.Errorf("prove session %s again: %w", who.SessionID, err)
		}
		if n == 1 {
			return nil
		}
		r.next = ""
	}
	n, err := tx.Exec(ctx, `UPDATE session SET auth_at = $1, methods = $2 WHERE id = $3 AND owner_id = $4`, tx.Now(), methods, who.SessionID, who.ID)
	if err == nil && n == 0 && who.SessionID != "" {
		err = ErrNoSession
	}
	return err
}

// Renewed takes the token of a proof that was committed to the browser.
func Renewed(ctx context.Context) {
	if r, _ := ctx.Value(renewalKey{}).(*renewal); r != nil && r.next != "" {
		next := r.next
		r.next, r.now = "", func() string { return next }
		r.give(next)
	}
}
