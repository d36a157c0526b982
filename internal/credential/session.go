package credential

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/gate"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/policy"
	"okno/internal/staff"
	"okno/internal/store"
)

// Visitor is what a request knows of whoever makes it.
type Visitor struct {
	Browser string // value of the browser's long-lived cookie
	Proof   string // of the one that it was given when it began a registration or proved a contact last, "" when it was given none
	Fresh   string // of the one to be given to it when it does so now; "" when the name of the browser is to do
	Prefix  string // of the network: /24 or /64
	Agent   string // family of the browser and of the system: "Chrome, Linux"
	Lang    i18n.Lang
	Pass    gate.Pass // what the form brings along for where codes are sent
}

// Began is by what the beginning of something finds its browser again, before anything is proved.
func (v Visitor) Began() []byte { return keyring.HashToken(v.Browser) }

// Proved is by what something finds its browser again once it has proved a contact: by what it was given then. The name of a browser
// is old by that time, and at a computer that many use somebody else may have written it down.
func (v Visitor) Proved() []byte {
	if v.Proof == "" {
		return v.Began()
	}
	return keyring.HashToken(v.Browser + "." + v.Proof)
}

// Proving is the visitor once a contact is proved.
func (v Visitor) Proving() Visitor {
	if v.Fresh != "" {
		v.Proof = v.Fresh
	}
	return v
}

// Service keeps credentials and sessions.
type Service struct {
	DB     *store.DB
	Ring   *keyring.Ring
	Policy *policy.Policy
	Common func() form.Words // passwords that are tried first; nil: only the Russian ones that form knows
	Leaked *Leaked           // passwords that leaked somewhere; nil: none are known
	Log    *slog.Logger      // hears when Leaked cannot be read; slog.Default when nil
}

// ErrNoSession is a token that opens nothing: unknown, closed or run out.
var ErrNoSession = fault.New(fault.Unauthenticated, "error.signin")

// Session is one signed-in browser.
type Session struct {
	ID        string
	Kind      access.Kind
	OwnerID   string
	Level     access.Level // of a person
	Role      access.Role  // of an employee
	Unit      string       // of an employee
	Services  string       // … to whose cases they are limited, as access.Actor has it
	Methods   string       // by which it was proved: see the constants
	Agent     string       // in the list of sessions
	CreatedAt time.Time    // likewise
	AuthAt    time.Time
	SeenAt    time.Time
	IdleUntil time.Time
	EndsAt    time.Time
	Current   bool
}

// Actor is who acts in the session.
func (s Session) Actor() access.Actor {
	return access.Actor{Kind: s.Kind, ID: s.OwnerID, Level: s.Level, Role: s.Role, Unit: s.Unit, Services: s.Services, SessionID: s.ID, AuthAt: s.AuthAt, Methods: s.Methods}
}

// Methods by which a session is proved, as RFC 8176 names them where it has a name. They are stored, with spaces between.
const (
	ByPassword = "pwd"
	ByApp      = "otp"
	BySMS      = "sms" // a call that says the code as well
	ByMail     = "email"
	ByBackup   = "backup"
	ByDevice   = "device" // no second factor was asked for: the owner wished the browser to be remembered
	ByFact     = "kba"    // at a recovery: the number of the identity document
	ByPasskey  = "swk"
	ByHeld     = "pop" // a passkey whose device did not verify its owner, as the second step after a password
	BySign     = "sc"  // a qualified electronic signature
)

// Open opens a session that a password alone has proved, of staff with a code of the app, and returns its token. The caller's
// transaction has judged the credential.
func (s *Service) Open(ctx context.Context, tx *store.Tx, kind access.Kind, owner string, level access.Level, v Visitor) (string, error) {
	return s.OpenBy(ctx, tx, kind, owner, level, v, methods(kind))
}

func methods(kind access.Kind) string {
	if kind == access.Staff {
		return ByPassword + " " + ByApp
	}
	return ByPassword
}

// OpenBy is Open that says by which methods the session is proved.
func (s *Service) OpenBy(ctx context.Context, tx *store.Tx, kind access.Kind, owner string, level access.Level, v Visitor, methods string) (string, error) {
	token := keyring.NewToken()
	err := tx.Do(ctx, `INSERT INTO session (token_hash, id, kind, owner_id, agent, created_at, auth_at, seen_at, idle_until, ends_at, methods, browser)
		VALUES ($1, $2, $3, $4, $5, $6, $6, $6, $7, $8, $9, $10)`, s.fresh(tx, token, kind, owner, level, v, methods)...)
	if err != nil {
		return "", fmt.Errorf("open session of %s: %w", owner, err)
	}
	return token, nil
}

// fresh are the columns of a new session.
func (s *Service) fresh(tx *store.Tx, token string, kind access.Kind, owner string, level access.Level, v Visitor, methods string) []any {
	life := s.Policy.Session.For(kind, level)
	return []any{keyring.HashToken(token), id.At(tx.Now()), string(kind), owner, v.Agent, tx.Now(), tx.Now().Add(life.Idle), tx.Now().Add(life.Absolute), methods, keyring.HashToken(v.Browser)}
}

// Judged is what a credential was judged by before its hash, when no transaction was open.
type Judged struct {
	Encoded string // the hash of a person's password
	Buckets []limit.Seen
	Methods string // what it proves; "" is what Open says
	Device  []byte // the hash of the browser, when it was judged as one of the owner's
	Trusted bool   // and as one in which no second factor is asked for
}

// unchanged is the condition that all of it is as it was read; owner is the placeholder of the account.
func (j Judged) unchanged(args []any, owner string) (string, []any) {
	text, args := limit.UnchangedSQL(args, j.Buckets...)
	if j.Encoded != "" {
		args = append(args, j.Encoded)
		text += fmt.Sprintf(` AND EXISTS (SELECT 1 FROM password WHERE account_id = %s AND encoded = $%d)`, owner, len(args))
	}
	if j.Device != nil {
		args = append(args, j.Device)
		text += fmt.Sprintf(` AND EXISTS (SELECT 1 FROM device WHERE account_id = %s AND browser = $%d AND NOT signed`, owner, len(args))
		if j.Trusted {
			text += ` AND trusted_until IS NOT NULL`
		}
		text += `)`
	}
	return text, args
}

// OpenJudged is Open for whoever was judged outside the transaction: while all that it was judged by is as it was read, and in
// one statement, as signing in is what a portal does most. Otherwise no session is opened, and it is store.ErrStale.
func (s *Service) OpenJudged(ctx context.Context, tx *store.Tx, kind access.Kind, owner string, level access.Level, v Visitor, j Judged) (string, error) {
	token := keyring.NewToken()
	unchanged, args := j.unchanged(s.fresh(tx, token, kind, owner, level, v, cmp.Or(j.Methods, methods(kind))), "$4")
	err := store.Touched(tx.Exec(ctx, `INSERT INTO session (token_hash, id, kind, owner_id, agent, created_at, auth_at, seen_at, idle_until, ends_at, methods, browser)
		SELECT $1, $2, $3, $4, $5, $6, $6, $6, $7, $8, $9, $10 WHERE `+unchanged, args...))
	if errors.Is(err, store.ErrStale) {
		return "", err
	}
	if err != nil {
		return "", fmt.Errorf("open session of %s: %w", owner, err)
	}
	return token, nil
}

// touch is how often, at most, a session in use is written down as seen.
const touch = time.Minute

// check is the one statement of Check: the session, and of its owner what every page needs.
var check = `SELECT id, kind, owner_id, auth_at, seen_at, idle_until, ends_at, methods,
	COALESCE(CASE kind WHEN 'person' THEN ` + account.LevelSQL("session.owner_id") + ` END, ''),
	CASE kind WHEN 'staff' THEN ` + staff.RoleSQL("session.owner_id") + ` END
	FROM session WHERE token_hash = $1`

// Check finds the session of a token, in one statement, and keeps it alive: at most once a minute it writes down
// that the session was seen. A token that opens nothing is ErrNoSession.
func (s *Service) Check(ctx context.Context, token string) (Session, error) {
	x, err := s.Peek(ctx, token)
	now := s.DB.Now()
	if err != nil || now.Sub(x.SeenAt) < touch {
		return x, err
	}
	x.SeenAt, x.IdleUntil = now, now.Add(s.Policy.Session.For(x.Kind, x.Level).Idle)
	return x, s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE session SET seen_at = $1, idle_until = $2 WHERE token_hash = $3`, x.SeenAt, x.IdleUntil, keyring.HashToken(token))
		return err
	})
}

// Peek is Check that does not keep the session alive: for streams, so that a page left open does not stay signed in for ever.
func (s *Service) Peek(ctx context.Context, token string) (Session, error) {
	if token == "" {
		return Session{}, ErrNoSession
	}
	hash := keyring.HashToken(token)
	var x Session
	var kind, level string
	var role staff.Duty
	err := store.One(s.DB.QueryRow(ctx, check, hash).Scan(&x.ID, &kind, &x.OwnerID, store.Time(&x.AuthAt),
		store.Time(&x.SeenAt), store.Time(&x.IdleUntil), store.Time(&x.EndsAt), &x.Methods, &level, &role))
	if errors.Is(err, store.ErrNotFound) {
		return Session{}, ErrNoSession
	}
	if err != nil {
		return Session{}, fmt.Errorf("check session: %w", err)
	}
	now := s.DB.Now()
	x.Kind, x.Level, x.Role, x.Unit, x.Services, x.Current = access.Kind(kind), access.Level(level), role.Role, role.Unit, role.Services, true
	if !now.Before(x.IdleUntil) || !now.Before(x.EndsAt) || (x.Kind == access.Staff && !role.Role.Valid()) {
		return Session{}, ErrNoSession
	}
	return x, nil
}

// joined are the methods with one more. That a browser was remembered counts no longer: more was asked for.
func joined(methods, by string) string {
	list := slices.DeleteFunc(strings.Fields(methods), func(m string) bool { return m == ByDevice })
	if !slices.Contains(list, by) {
		list = append(list, by)
	}
	return strings.Join(list, " ")
}

// Sessions lists the open sessions of whoever asks, the one used last first.
func (s *Service) Sessions(ctx context.Context, who access.Actor) ([]Session, error) {
	if who.Kind != access.Person && who.Kind != access.Staff {
		return nil, access.ErrSignIn
	}
	now := s.DB.Now()
	rows, err := s.DB.Query(ctx, `SELECT id, agent, created_at, auth_at, seen_at, idle_until, ends_at, methods FROM session
		WHERE owner_id = $1 AND idle_until > $2 AND ends_at > $2 ORDER BY seen_at DESC`, who.ID, now)
	if err != nil {
		return nil, fmt.Errorf("sessions of %s: %w", who.ID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Session
	for rows.Next() {
		x := Session{Kind: who.Kind, OwnerID: who.ID}
		if err := rows.Scan(&x.ID, &x.Agent, store.Time(&x.CreatedAt), store.Time(&x.AuthAt), store.Time(&x.SeenAt), store.Time(&x.IdleUntil), store.Time(&x.EndsAt), &x.Methods); err != nil {
			return nil, err
		}
		x.Current = x.ID == who.SessionID
		out = append(out, x)
	}
	return out, rows.Err()
}

// browserOf lends in which browser a session was opened, to IN; of none for one from before that was noted.
const browserOf = `(SELECT session.browser FROM session WHERE session.id = $1 AND session.owner_id = $2 AND session.browser IS NOT NULL)`

// Close ends one session of whoever asks; somebody else's is not found. What its browser was trusted for ends with it, and a sign-in
// that waits there: whoever holds that device is asked for everything again.
func (s *Service) Close(ctx context.Context, who access.Actor, sessionID string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Do(ctx, `DELETE FROM pending_signin WHERE account_id = $2 AND browser IN `+browserOf, sessionID, who.ID); err != nil {
			return err
		}
		if err := tx.Do(ctx, `UPDATE device SET trusted_until = NULL WHERE account_id = $2 AND browser IN `+browserOf, sessionID, who.ID); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `DELETE FROM session WHERE id = $1 AND owner_id = $2`, sessionID, who.ID)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "session.closed", Actor: who, Subject: who.ID, Object: sessionID})
	})
}

// CloseOthers ends every session of whoever asks but the current one, and says how many («выйти везде»). Sign-ins that wait for a second
// factor end with them, and no browser but the one of the current session is trusted any more.
func (s *Service) CloseOthers(ctx context.Context, who access.Actor) (int, error) {
	var n int64
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if err := tx.Do(ctx, `DELETE FROM pending_signin WHERE account_id = $1`, who.ID); err != nil {
			return err
		}
		if err := tx.Do(ctx, `UPDATE device SET trusted_until = NULL WHERE account_id = $2 AND browser NOT IN `+browserOf, who.SessionID, who.ID); err != nil {
			return err
		}
		if n, err = tx.Exec(ctx, `DELETE FROM session WHERE owner_id = $1 AND id <> $2`, who.ID, who.SessionID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "session.closed_others", Actor: who, Subject: who.ID})
	})
	return int(n), err
}

// CloseAll ends every session of the owner, in the caller's transaction: after a recovery, a freeze, a dismissal. Sign-ins that
// wait for a second factor end with them, and no browser is trusted any more.
func (s *Service) CloseAll(ctx context.Context, tx *store.Tx, owner string) error {
	return s.CloseBut(ctx, tx, access.Actor{ID: owner})
}

// CloseBut is CloseAll but for the session in which whoever acts has just set another password: it goes on. Of the former password nothing
// else is left, neither what waits for a second factor nor a browser in which none was asked for.
func (s *Service) CloseBut(ctx context.Context, tx *store.Tx, who access.Actor) error {
	if err := tx.Do(ctx, `DELETE FROM pending_signin WHERE account_id = $1`, who.ID); err != nil {
		return err
	}
	if err := s.TrustNone(ctx, tx, who.ID); err != nil {
		return err
	}
	if err := tx.Do(ctx, `DELETE FROM session WHERE owner_id = $1 AND id <> $2`, who.ID, who.SessionID); err != nil {
		return fmt.Errorf("close the sessions of %s: %w", who.ID, err)
	}
	return nil
}

// SignOut ends the session of the token.
func (s *Service) SignOut(ctx context.Context, token string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM session WHERE token_hash = $1`, keyring.HashToken(token))
		return err
	})
}

// Advance moves open sessions along with a demo's clock, so that nobody is signed out by moving it.
func (s *Service) Advance(ctx context.Context, d time.Duration) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		open, err := s.open(ctx, tx)
		if err != nil {
			return err
		}
		for _, x := range open { // a handful, in a demo only
			if _, err := tx.Exec(ctx, `UPDATE session SET seen_at = $1, idle_until = $2, ends_at = $3 WHERE id = $4`,
				x.SeenAt.Add(d), x.IdleUntil.Add(d), x.EndsAt.Add(d), x.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) open(ctx context.Context, tx *store.Tx) ([]Session, error) {
	rows, err := tx.Query(ctx, `SELECT id, seen_at, idle_until, ends_at FROM session WHERE idle_until > $1 AND ends_at > $1`, tx.Now())
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Session
	for rows.Next() {
		var x Session
		if err := rows.Scan(&x.ID, store.Time(&x.SeenAt), store.Time(&x.IdleUntil), store.Time(&x.EndsAt)); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// ForgetDevices deletes the browsers in which the owner has not signed in for long: somebody else may have them by now.
func (s *Service) ForgetDevices(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM device WHERE last_at < $1`, tx.Now().Add(-s.Policy.SignIn.KnownLifetime))
		return err
	})
}

// onTrial is how long an app waits for its first code.
const onTrial = 24 * time.Hour

// Sweep deletes sessions that have ended, sign-ins that nobody went on with, and apps that were never proved.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Do(ctx, `DELETE FROM pending_signin WHERE expires_at <= $1`, tx.Now()); err != nil {
			return err
		}
		if err := tx.Do(ctx, `DELETE FROM factor WHERE proved_at IS NULL AND made_at < $1`, tx.Now().Add(-onTrial)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM session WHERE ends_at < $1 OR idle_until < $1`, tx.Now())
		return err
	})
}
