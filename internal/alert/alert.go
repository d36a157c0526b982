package alert

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"okno/internal/fault"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/store"
)

// What is the sort of event. Its text is stored.
type What string

// The sorts.
const (
	Device   What = "device"   // a browser signed in for the first time
	Password What = "password" // another password was set
	Contact  What = "contact"  // a phone or an e-mail was added, removed, made the main one
	Factor   What = "factor"   // likewise a second factor
	Passkey  What = "passkey"  // likewise a passkey
)

// The refusals.
var (
	ErrPaused = fault.New(fault.Conflict, "alert.paused") // the account's owner has said that a stranger was there
	ErrGone   = fault.New(fault.Missing, "alert.gone")    // a link of nothing, or one that is too old
)

// Event is something that was done, as it is told.
type Event struct {
	Account string
	What    What
	Browser []byte // the hash of the browser in which it was done; nil when that is not known
	Methods string // by what the session was proved
}

// Alert is an event that was told.
type Alert struct {
	Event
	ID        string
	At        time.Time
	ExpiresAt time.Time // of its link
	Disavowed time.Time // zero when it is not
	Until     time.Time // of the pause that came of it; zero when none did
}

// Tell keeps the event, which was at that moment, and returns the secret of its link.
func Tell(ctx context.Context, tx *store.Tx, e Event, at time.Time, life time.Duration) (string, error) {
	token := keyring.NewToken()
	err := tx.Do(ctx, `INSERT INTO alert (id, account_id, what, token_hash, browser, methods, at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id.At(tx.Now()), e.Account, string(e.What), keyring.HashToken(token), e.Browser, e.Methods, at, tx.Now().Add(life))
	if err != nil {
		return "", fmt.Errorf("keep an alert of %s: %w", e.Account, err)
	}
	return token, nil
}

// ByToken finds the event of a link.
func ByToken(ctx context.Context, q store.Querier, token string) (Alert, error) {
	var a Alert
	var what string
	err := store.One(q.QueryRow(ctx, `SELECT id, account_id, what, browser, methods, at, expires_at, disavowed_at, paused_until FROM alert WHERE token_hash = $1 AND expires_at > $2`,
		keyring.HashToken(token), q.Now()).Scan(&a.ID, &a.Account, &what, &a.Browser, &a.Methods, store.Time(&a.At), store.Time(&a.ExpiresAt), store.NullTime(&a.Disavowed), store.NullTime(&a.Until)))
	a.What = What(what)
	if errors.Is(err, store.ErrNotFound) {
		err = ErrGone
	}
	return a, err
}

// Disavow marks the event, and pauses the account until then; not when until is zero. It reports whether it was the first to do so.
func Disavow(ctx context.Context, tx *store.Tx, a Alert, until time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE alert SET disavowed_at = $1, paused_until = $2 WHERE id = $3 AND disavowed_at IS NULL`, tx.Now(), store.OrNull(until), a.ID)
	return n == 1, err
}

// Pause is what is refused to an account, and for how long. The zero one is none.
type Pause struct {
	Until   time.Time
	Since   time.Time // when the stranger came, as far as events tell: what was added since is in doubt
	Began   time.Time // when its owner said so last: sessions that were open then prove nothing
	methods []string
}

// On reports whether there is one.
func (p Pause) On() bool { return !p.Until.IsZero() }

// Doubts reports whether a session was proved by this method in which a stranger may have been.
func (p Pause) Doubts(method string) bool { return slices.Contains(p.methods, method) }

// New reports whether something that is there since the moment came with a stranger.
func (p Pause) New(at time.Time) bool { return p.On() && !at.Before(p.Since) }

// withSQL is the condition of an event "early" that came with the one that was disavowed: of the same browser, in which whoever did the
// last thing may have done the first, or disavowed when no more pauses were to be had.
const withSQL = `early.account_id = alert.account_id AND (early.id = alert.id OR early.browser = alert.browser OR early.disavowed_at IS NOT NULL AND early.paused_until IS NULL)`

// Of is the pause of an account.
func Of(ctx context.Context, q store.Querier, accountID string) (Pause, error) {
	rows, err := q.Query(ctx, `SELECT alert.at, alert.disavowed_at, alert.paused_until, alert.methods, (SELECT MIN(early.at) FROM alert early WHERE `+withSQL+`)
		FROM alert WHERE alert.account_id = $1 AND alert.paused_until > $2`, accountID, q.Now())
	if err != nil {
		return Pause{}, fmt.Errorf("pause of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var p Pause
	for rows.Next() {
		var at, began, until, early time.Time
		var methods string
		if err := rows.Scan(store.Time(&at), store.Time(&began), store.Time(&until), &methods, store.NullTime(&early)); err != nil {
			return Pause{}, err
		}
		for _, t := range []time.Time{at, early} {
			if !t.IsZero() && (p.Since.IsZero() || t.Before(p.Since)) {
				p.Since = t
			}
		}
		if until.After(p.Until) {
			p.Until = until
		}
		if began.After(p.Began) {
			p.Began = began
		}
		p.methods = append(p.methods, strings.Fields(methods)...)
	}
	return p, rows.Err()
}

// NewSQL lends whether something that is there since the moment came with a stranger, during a pause of the account: made and now are
// placeholders.
func NewSQL(expr, made, now string) string {
	return `EXISTS (SELECT 1 FROM alert JOIN alert early ON ` + withSQL + ` WHERE alert.account_id = ` + expr + ` AND alert.paused_until > ` + now + ` AND early.at <= ` + made + `)`
}

// OnSQL lends whether the account is paused.
func OnSQL(expr, now string) string {
	return `EXISTS (SELECT 1 FROM alert WHERE alert.account_id = ` + expr + ` AND alert.paused_until > ` + now + `)`
}

// OpenSQL lends whether the account's person may still say that the browser, with which something came at the moment, is a stranger's.
func OpenSQL(expr, browser, made, now string) string {
	return `EXISTS (SELECT 1 FROM alert WHERE alert.account_id = ` + expr + ` AND alert.browser = ` + browser + ` AND alert.at <= ` + made + ` AND alert.expires_at > ` + now + `)`
}

// Allowed refuses an act that may be a stranger's while its account is paused: ErrPaused, with the hour when that ends.
func Allowed(ctx context.Context, q store.Querier, accountID string) error {
	p, err := Of(ctx, q, accountID)
	if err == nil && p.On() {
		err = ErrPaused.At(p.Until)
	}
	return err
}

// Lift ends the pause: its owner has shown who they are. It reports whether there was one.
func Lift(ctx context.Context, tx *store.Tx, accountID string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE alert SET paused_until = $1 WHERE account_id = $2 AND paused_until > $1`, tx.Now(), accountID)
	return n > 0, err
}

// Sweep deletes events whose link has run out, once no pause hangs on them.
func Sweep(ctx context.Context, db *store.DB) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM alert WHERE expires_at <= $1 AND (paused_until IS NULL OR paused_until <= $1)`, tx.Now())
		return err
	})
}
