package credential

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/keyring"
	"okno/internal/store"
)

// A browser that signs in to an account for the first time is told to its owner (AUTH-8). The row that makes it one of the owner's
// devices is the memory of that, too: it costs signing in no statement, and no stranger can sign out, close the session or change
// anything fast enough for it to be forgotten. Whoever tells takes the rows by Arrivals and writes them off by Told.

// Remember makes the visitor's browser one of the account's devices, and has nobody told: who was there when the account was made, or is
// told otherwise.
func (s *Service) Remember(ctx context.Context, tx *store.Tx, account string, v Visitor) error {
	return tx.Do(ctx, `INSERT INTO device (account_id, browser, agent, first_at, last_at) VALUES ($1, $2, $3, $4, $4)
		ON CONFLICT (account_id, browser) DO UPDATE SET agent = excluded.agent, last_at = excluded.last_at, signed = FALSE`,
		account, keyring.HashToken(v.Browser), v.Agent, tx.Now())
}

// Met is Remember for whoever has just signed in by the methods: when the browser is new, its owner is to be told.
func (s *Service) Met(ctx context.Context, tx *store.Tx, account string, v Visitor, methods string) error {
	return s.met(ctx, tx, account, v, methods, false)
}

// MetSigned is Met for an electronic signature, which makes the browser none of the account's devices: Knows does not know it.
func (s *Service) MetSigned(ctx context.Context, tx *store.Tx, account string, v Visitor) error {
	return s.met(ctx, tx, account, v, BySign, true)
}

func (s *Service) met(ctx context.Context, tx *store.Tx, account string, v Visitor, methods string, signed bool) error {
	browser := keyring.HashToken(v.Browser)
	return tx.Do(ctx, `INSERT INTO device (account_id, browser, agent, first_at, last_at, to_tell, methods, network, signed) VALUES ($1, $2, $3, $4, $4, TRUE, $5, $6, $7)
		ON CONFLICT (account_id, browser) DO UPDATE SET agent = excluded.agent, last_at = excluded.last_at, signed = device.signed AND excluded.signed`,
		account, browser, v.Agent, tx.Now(), methods, s.Ring.System().Seal("device", "network", deviceRow(account, browser), []byte(v.Prefix)), signed)
}

// deviceRow names a row of the table for its seal.
func deviceRow(account string, browser []byte) string { return fmt.Sprintf("%s-%x", account, browser) }

// Knows reports whether the browser is one of the account's devices.
func (s *Service) Knows(ctx context.Context, q store.Querier, account, browser string) (bool, error) {
	var known bool
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM device WHERE account_id = $1 AND browser = $2 AND NOT signed)`, account, keyring.HashToken(browser)).Scan(&known)
	return known, err
}

// Device is a browser of the account's.
type Device struct {
	Browser []byte // the hash of its cookie
	Agent   string
}

// Devices are at most n of them, the one used last first.
func (s *Service) Devices(ctx context.Context, q store.Querier, account string, n int) ([]Device, error) {
	rows, err := q.Query(ctx, `SELECT browser, agent FROM device WHERE account_id = $1 AND NOT signed ORDER BY last_at DESC, browser LIMIT $2`, account, n)
	var out []Device
	err = store.Each(rows, err, func(r *store.Rows) error {
		var d Device
		err := r.Scan(&d.Browser, &d.Agent)
		out = append(out, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("browsers of %s: %w", account, err)
	}
	return out, nil
}

// Used reports whether anybody has signed in in the browser, to whatever account and by whatever way.
func (s *Service) Used(ctx context.Context, q store.Querier, browser string) (bool, error) {
	var used bool
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM device WHERE browser = $1)`, keyring.HashToken(browser)).Scan(&used)
	return used, err
}

// Doubt lends the condition that a device may be a stranger's, of whoever was told of it. now is a placeholder; a row of device is at hand.
type Doubt func(now string) string

// Knew is Knows of browsers that are in no doubt. It is one statement for every account, and for none.
func (s *Service) Knew(ctx context.Context, q store.Querier, account, browser string, doubt Doubt) (bool, error) {
	var known bool
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM device WHERE account_id = $1 AND browser = $2 AND NOT signed AND NOT `+doubt("$3")+`)`,
		account, keyring.HashToken(browser), q.Now()).Scan(&known)
	return known, err
}

// Place is where the browser of a session stands among the account's devices.
type Place struct {
	Browser []byte // its hash; nil when it is none of them
	Rank    int    // how many are older
	Doubted bool
}

// Place finds it for the session in which somebody acts.
func (s *Service) Place(ctx context.Context, q store.Querier, who access.Actor, doubt Doubt) (Place, error) {
	rows, err := q.Query(ctx, `SELECT device.browser, `+doubt("$3")+`,
			(SELECT count(*) FROM device older WHERE older.account_id = device.account_id AND NOT older.signed
				AND (older.first_at < device.first_at OR older.first_at = device.first_at AND older.browser < device.browser))
		FROM session JOIN device ON device.account_id = session.owner_id AND device.browser = session.browser WHERE session.id = $1 AND session.owner_id = $2 AND NOT device.signed`,
		who.SessionID, who.ID, q.Now())
	if err != nil {
		return Place{}, fmt.Errorf("browser of session %s: %w", who.SessionID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var p Place
	for rows.Next() {
		if err := rows.Scan(&p.Browser, &p.Doubted, &p.Rank); err != nil {
			return Place{}, err
		}
	}
	return p, rows.Err()
}

// Arrival is a browser that signed in to the account for the first time, and whose owner was not told yet.
type Arrival struct {
	Account string
	Browser []byte // the hash of its cookie
	Agent   string
	Methods string
	Network string // "" when it cannot be read
	At      time.Time
}

// Arrivals are the oldest ones that wait, at most n; of one account when it is not "".
func (s *Service) Arrivals(ctx context.Context, q store.Querier, account string, n int) ([]Arrival, error) {
	rows, err := q.Query(ctx, `SELECT account_id, browser, agent, methods, network, first_at FROM device WHERE to_tell AND ($1 = '' OR account_id = $1) ORDER BY first_at LIMIT $2`, account, n)
	if err != nil {
		return nil, fmt.Errorf("new browsers: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Arrival
	for rows.Next() {
		var a Arrival
		var network []byte
		if err := rows.Scan(&a.Account, &a.Browser, &a.Agent, &a.Methods, &network, store.Time(&a.At)); err != nil {
			return nil, err
		}
		if plain, err := s.Ring.System().Open("device", "network", deviceRow(a.Account, a.Browser), network); err == nil { // a key that went meanwhile takes the network along
			a.Network = string(plain)
		}
		out = append(out, a)
	}
	return out, rows.Err()
}

// Told writes an arrival off. It reports whether nobody had done so before.
func (s *Service) Told(ctx context.Context, tx *store.Tx, a Arrival) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE device SET to_tell = FALSE, methods = '', network = NULL WHERE account_id = $1 AND browser = $2 AND to_tell`, a.Account, a.Browser)
	return n == 1, err
}

// Opened is when and how the session was opened in which somebody acts; zero when it has ended.
type Opened struct {
	At      time.Time
	Browser []byte
	Methods string
}

// Opened finds it.
func (s *Service) Opened(ctx context.Context, q store.Querier, who access.Actor) (Opened, error) {
	rows, err := q.Query(ctx, `SELECT created_at, browser, methods FROM session WHERE id = $1 AND owner_id = $2`, who.SessionID, who.ID)
	if err != nil {
		return Opened{}, fmt.Errorf("session of %s: %w", who.ID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var o Opened
	for rows.Next() {
		if err := rows.Scan(store.Time(&o.At), &o.Browser, &o.Methods); err != nil {
			return Opened{}, err
		}
	}
	return o, rows.Err()
}

// Expel ends what may be a stranger's, who came in this browser or did something in it at that moment: sessions and devices of that
// browser and of all that came since, sign-ins that wait for a second factor, and whatever any browser was trusted for. Sessions in
// browsers that the owner used before go on.
func (s *Service) Expel(ctx context.Context, tx *store.Tx, account string, browser []byte, since time.Time) error {
	if err := tx.Do(ctx, `DELETE FROM pending_signin WHERE account_id = $1`, account); err != nil {
		return err
	}
	if err := s.TrustNone(ctx, tx, account); err != nil {
		return err
	}
	if browser == nil {
		browser = []byte{} // of none
	}
	if err := tx.Do(ctx, `DELETE FROM device WHERE account_id = $1 AND (browser = $2 OR first_at >= $3)`, account, browser, since); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM session WHERE owner_id = $1 AND (browser IS NULL OR browser NOT IN (SELECT device.browser FROM device WHERE device.account_id = $1))`, account)
	return err
}

// Trusted is a browser in which no second factor is asked for.
type Trusted struct {
	Browser string // its hash, in letters
	Agent   string
	Until   time.Time
	Current bool // the session of whoever asks is open in it
}

// Trusts lists the browsers that whoever asks wished to be remembered, the one used last first.
func (s *Service) Trusts(ctx context.Context, who access.Actor) ([]Trusted, error) {
	rows, err := s.DB.Query(ctx, `SELECT browser, agent, trusted_until, browser IN `+browserOf+` FROM device
		WHERE account_id = $2 AND trusted_until > $3 AND NOT signed ORDER BY last_at DESC, browser`, who.SessionID, who.ID, s.DB.Now())
	if err != nil {
		return nil, fmt.Errorf("remembered browsers of %s: %w", who.ID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Trusted
	for rows.Next() {
		var x Trusted
		var browser []byte
		if err := rows.Scan(&browser, &x.Agent, store.Time(&x.Until), &x.Current); err != nil {
			return nil, err
		}
		x.Browser = hex.EncodeToString(browser)
		out = append(out, x)
	}
	return out, rows.Err()
}

// Distrust has the second factor asked for again in one browser of whoever asks; somebody else's is not found.
func (s *Service) Distrust(ctx context.Context, who access.Actor, browser string) error {
	hash, err := hex.DecodeString(browser)
	if err != nil {
		return nil //nolint:nilerr // of none
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE device SET trusted_until = NULL WHERE account_id = $1 AND browser = $2 AND trusted_until IS NOT NULL`, who.ID, hash)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "device.forgotten", Actor: who, Subject: who.ID})
	})
}
