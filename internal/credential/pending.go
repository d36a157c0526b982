package credential

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/fault"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/staff"
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

// NewPending is the sign-in that OpenPending opened in this moment.
func NewPending(token, account string, known bool, list List) Pending {
	return Pending{Account: account, Known: known, List: list, hash: keyring.HashToken(token)}
}

// Half is a Pending with all that a code of an app is judged by, so that it is judged before the transaction that opens the session.
type Half struct {
	Pending
	Level   access.Level
	Active  bool       // the account
	Replace bool       // the password has to be replaced first
	Bucket  limit.Seen // of the account's wrong codes
	wrong   int
	apps    []app
}

type app struct {
	id     string
	secret []byte
}

// Half reads it in one statement. known and others give the keys of the bucket, of a browser of the owner's and of the rest: the account
// stands between the two parts.
func (s *Service) Half(ctx context.Context, token string, v Visitor, known, others [2]string) (Half, error) {
	h := Half{Pending: Pending{hash: keyring.HashToken(token)}}
	key := func(n int) string {
		return limit.StateSQL(fmt.Sprintf("CAST($%d AS TEXT) || p.account_id || CAST($%d AS TEXT)", n, n+1))
	}
	rows, err := s.DB.Query(ctx, `SELECT p.account_id, p.known, p.means, COALESCE(p.challenge_id, ''), p.methods, p.list, p.wrong,
		COALESCE(`+account.LevelSQL("p.account_id")+`, ''), COALESCE(`+account.StateSQL("p.account_id")+`, ''),
		EXISTS (SELECT 1 FROM password w WHERE w.account_id = p.account_id AND w.must_change),
		CASE WHEN p.known THEN `+key(4)+` ELSE `+key(6)+` END, COALESCE(f.id, ''), f.secret, `+keyring.WrappedSQL("p.account_id")+`
		FROM pending_signin p LEFT JOIN factor f ON f.account_id = p.account_id AND f.kind = 'totp' AND f.proved_at IS NOT NULL
		WHERE p.token_hash = $1 AND p.browser = $2 AND p.expires_at > $3`,
		h.hash, keyring.HashToken(v.Browser), s.DB.Now(), known[0], known[1], others[0], others[1])
	if err != nil {
		return Half{}, fmt.Errorf("pending sign-in: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var level, state, list, fid string
		var sealed, wrapped []byte
		err := rows.Scan(&h.Account, &h.Known, &h.Means, &h.Challenge, &h.Methods, &list, &h.wrong, &level, &state, &h.Replace, &h.Bucket.State, &fid, &sealed, &wrapped)
		if err != nil {
			return Half{}, fmt.Errorf("pending sign-in: %w", err)
		}
		h.Level, h.Active, h.List = access.Level(level), account.State(state) == account.Active, List(list)
		if fid == "" {
			continue
		}
		person, err := s.Ring.Unwrap(h.Account, wrapped)
		if err != nil {
			return Half{}, err
		}
		secret, err := person.Open("factor", "secret", fid, sealed)
		if err != nil {
			return Half{}, err
		}
		h.apps = append(h.apps, app{fid, secret})
	}
	if err := rows.Err(); err != nil {
		return Half{}, fmt.Errorf("pending sign-in: %w", err)
	}
	if h.Account == "" {
		return Half{}, ErrNoPending
	}
	parts := others
	if h.Known {
		parts = known
	}
	h.Bucket.Key = parts[0] + h.Account + parts[1]
	return h, nil
}

// Right is a code of one of the account's apps: which app, and of which step of time. It opens nothing before Finish.
type Right struct {
	app  string
	step int64
}

// Code judges a code of an app.
func (h Half) Code(code string, now time.Time) (Right, bool) {
	for _, a := range h.apps {
		if step := staff.Step(string(a.secret), code, now); step != 0 {
			return Right{a.id, step}, true
		}
	}
	return Right{}, false
}

// Finish ends the sign-in and uses the code up, provided that everything is as it was when the code was judged; store.ErrStale otherwise.
// So a try that was counted meanwhile, a code that was used, a password that has to be replaced or an account that was closed is not overlooked.
func (s *Service) Finish(ctx context.Context, tx *store.Tx, h Half, r Right) error {
	unchanged, args := limit.UnchangedSQL([]any{h.hash, h.wrong, h.Means, r.app, r.step, string(account.Active), string(h.Level)}, h.Bucket)
	err := store.Touched(tx.Exec(ctx, `DELETE FROM pending_signin WHERE token_hash = $1 AND wrong = $2 AND means = $3 AND methods = ''
		AND EXISTS (SELECT 1 FROM factor WHERE id = $4 AND step < $5)
		AND `+account.StateSQL("pending_signin.account_id")+` = $6 AND `+account.LevelSQL("pending_signin.account_id")+` = $7
		AND NOT EXISTS (SELECT 1 FROM password WHERE password.account_id = pending_signin.account_id AND password.must_change) AND `+unchanged, args...))
	if err != nil {
		return err
	}
	return tx.Do(ctx, `UPDATE factor SET step = $1, used_at = $2 WHERE id = $3`, r.step, tx.Now(), r.app)
}

// By notes by which means the person goes on, and in which attempt a code went out.
func (s *Service) By(ctx context.Context, tx *store.Tx, p Pending, means, challenge string) error {
	var c any
	if challenge != "" {
		c = challenge
	}
	return tx.Do(ctx, `UPDATE pending_signin SET means = $1, challenge_id = $2 WHERE token_hash = $3`, means, c, p.hash)
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
