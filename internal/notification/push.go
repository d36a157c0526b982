package notification

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/store"
)

// Subscription is what a browser gives so that it can be pushed to: an address at its maker's push service, and keys that this service
// does not have (RFC 8291). The keys are base64url, as browsers write them.
type Subscription struct {
	Endpoint string `json:"endpoint"`
	P256dh   string `json:"p256dh"` // a point of P-256
	Auth     string `json:"auth"`   // 16 bytes
}

// Browser is one in which a person switched notices on.
type Browser struct {
	ID, Agent string
	Hash      string // of its address at the push service, in hex: by it a browser knows itself in the list
	Old       bool   // it is bound to a key that is not in force any more
	Since     time.Time
}

// Pushed is a message for one browser.
type Pushed struct {
	To      Subscription
	Key     PushKey
	Topic   string // of two messages with one topic that wait, the service keeps the last (RFC 8030, 5.4)
	Urgent  bool
	TTL     time.Duration // for how long the service keeps it for a browser that is away
	Payload []byte
}

// PushGateway hands messages to push services. An error means that the service did not take it; ErrGone, that the browser will never be
// there again; a Later, when to try again.
type PushGateway interface {
	Name() string
	SendPush(ctx context.Context, p Pushed) error
	Takes(endpoint string) bool // whether it is an address of a push service that may be called
}

// ErrGone is a browser that its push service does not know any more: the person switched notices off there, or cleared its data.
var ErrGone = errors.New("notification: the push service does not know the browser any more")

// Later says that a push service wants to be left alone for so long.
type Later struct{ After time.Duration }

func (l Later) Error() string {
	return fmt.Sprintf("the push service wants to be asked again in %v", l.After)
}

// The ways in which switching on fails.
var (
	ErrPushOff     = fault.New(fault.Missing, "notification.push.off")
	ErrPushRefused = fault.Invalid(fault.F("endpoint", "notification.push.refused"))
	ErrPushMost    = fault.New(fault.Conflict, "notification.push.most")
)

// Push is how browsers are told; nothing is pushed when Gateway is nil.
type Push struct {
	Gateway PushGateway
	TTL     time.Duration
	Most    int // browsers of one person
}

// On reports whether browsers can be told at all.
func (p Push) On() bool { return p.Gateway != nil }

// Subscribe switches notices on in a browser of whoever asks; agent is its family, as people call it. A browser that was somebody
// else's is theirs from now on.
func (s *Service) Subscribe(ctx context.Context, who access.Actor, sub Subscription, agent string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	if !s.Push.On() {
		return ErrPushOff
	}
	if !s.Push.Gateway.Takes(sub.Endpoint) || !sub.sound() {
		return ErrPushRefused
	}
	k, err := s.PushKey(ctx)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		key, err := s.Ring.Person(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		hash := keyring.HashToken(sub.Endpoint)
		if _, err := tx.Exec(ctx, `DELETE FROM push_browser WHERE endpoint_hash = $1`, hash); err != nil {
			return fmt.Errorf("a browser's former owner: %w", err)
		}
		var n int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM push_browser WHERE account_id = $1`, who.ID).Scan(&n); err != nil {
			return fmt.Errorf("browsers of %s: %w", who.ID, err)
		}
		if n >= s.Push.Most {
			return ErrPushMost
		}
		bid := id.At(tx.Now())
		sealed, err := key.SealJSON("push_browser", "content", bid, sub)
		if err != nil {
			return err
		}
		if err := tx.Do(ctx, `INSERT INTO push_browser (id, account_id, key_id, endpoint_hash, content, agent, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			bid, who.ID, k.ID, hash, sealed, agent, tx.Now()); err != nil {
			return fmt.Errorf("browser of %s: %w", who.ID, err)
		}
		if err := s.offer(ctx, tx, who); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "notices.push_on", Actor: who, Subject: who.ID})
	})
}

// offer adds the browsers to what was chosen for each kind of news, the first time that one is switched on: that is what the person
// wants who presses the button.
func (s *Service) offer(ctx context.Context, tx *store.Tx, who access.Actor) error {
	c, err := s.choice(ctx, tx, who.ID)
	if err != nil || c.Pushed {
		return err
	}
	contacts, err := s.Contacts.Of(ctx, tx, who.ID)
	if err != nil {
		return err
	}
	ways := map[Topic][]Way{}
	for _, t := range Chosen() {
		ways[t] = append(c.For(t, Reachable(contacts, true)), ByPush)
	}
	return s.choose(ctx, tx, who, who.ID, Choice{Ways: ways, Quiet: c.Quiet, Pushed: true})
}

// sound reports whether the browser's keys are keys.
func (sub Subscription) sound() bool {
	point, err := unpadded(sub.P256dh)
	if err != nil {
		return false
	}
	if _, err := ecdh.P256().NewPublicKey(point); err != nil {
		return false
	}
	auth, err := unpadded(sub.Auth)
	return err == nil && len(auth) == 16 && len(sub.Endpoint) <= 1024
}

func unpadded(s string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
}

// Unsubscribe switches notices off in one browser of whoever asks.
func (s *Service) Unsubscribe(ctx context.Context, who access.Actor, browserID string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM push_browser WHERE id = $1 AND account_id = $2`, browserID, who.ID)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "notices.push_off", Actor: who, Subject: who.ID})
	})
}

// ForgetBrowsers switches notices off in every browser of the account in which they were switched on since then: when that may have been
// somebody else.
func (s *Service) ForgetBrowsers(ctx context.Context, tx *store.Tx, accountID string, since time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM push_browser WHERE account_id = $1 AND created_at >= $2`, accountID, since); err != nil {
		return fmt.Errorf("forget browsers of %s: %w", accountID, err)
	}
	return nil
}

// Browsers lists those of whoever asks, the newest first.
func (s *Service) Browsers(ctx context.Context, who access.Actor) ([]Browser, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	rows, err := s.DB.Query(ctx, `SELECT id, agent, endpoint_hash, key_id <> (SELECT max(push_key.id) FROM push_key), created_at FROM push_browser WHERE account_id = $1 ORDER BY id DESC`, who.ID)
	if err != nil {
		return nil, fmt.Errorf("browsers of %s: %w", who.ID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Browser
	for rows.Next() {
		var b Browser
		var hash []byte
		if err := rows.Scan(&b.ID, &b.Agent, &hash, &b.Old, store.Time(&b.Since)); err != nil {
			return nil, err
		}
		b.Hash = fmt.Sprintf("%x", hash)
		out = append(out, b)
	}
	return out, rows.Err()
}

// toBrowser begins the name of the way to a browser; its id follows.
const toBrowser = "push-"

// pushes are the ways to the browsers of each of the accounts.
func (s *Service) pushes(ctx context.Context, q store.Querier, accounts ...string) (map[string][]string, error) {
	if !s.Push.On() {
		return nil, nil
	}
	var args []any
	in := store.InSQL("account_id", accounts, &args)
	return store.Lists(q.Query(ctx, `SELECT account_id, '`+toBrowser+`' || id FROM push_browser WHERE `+in+` ORDER BY id`, args...))
}

// deliverPush carries the notice to one browser. One that is not there any more is forgotten, and the notice goes the other ways that
// are left.
func (s *Service) deliverPush(ctx context.Context, job Deliver, l loaded) error {
	browserID := strings.TrimPrefix(job.Channel, toBrowser)
	if !s.Push.On() {
		return nil
	}
	if l.note.Topic != Security {
		contacts, err := s.Contacts.Of(ctx, s.DB, l.account)
		if err != nil {
			return err
		}
		if !has(l.choice.For(l.note.Topic, Reachable(contacts, true)), ByPush) {
			return nil
		}
		if wait := s.quiet(l.choice); wait > 0 {
			return fmt.Errorf("the night is quiet: %w", jobs.Retry(wait))
		}
	}
	p, err := s.pushed(ctx, job, l, browserID)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, keyring.ErrNoKey) {
		return nil // switched off, or erased, meanwhile
	}
	if err != nil {
		return err
	}
	err = s.Push.Gateway.SendPush(ctx, p)
	var later Later
	switch {
	case errors.Is(err, ErrGone):
		return s.gone(ctx, job, l.account, browserID)
	case errors.As(err, &later):
		return fmt.Errorf("%w: %w", err, jobs.Retry(min(max(later.After, time.Minute), time.Hour)))
	case err != nil:
		return err
	}
	return s.note(ctx, job, s.Push.Gateway.Name())
}

// pushed makes the message.
func (s *Service) pushed(ctx context.Context, job Deliver, l loaded, browserID string) (Pushed, error) {
	n := l.note
	p := Pushed{Topic: job.Notice, TTL: s.Push.TTL, Urgent: n.Soon || n.Topic == Security || n.Topic == Visit}
	if !n.Until.IsZero() { // a browser that comes back later is not shown it
		p.TTL = min(p.TTL, max(n.Until.Sub(s.DB.Now()), 0))
	}
	var sealed, wrapped []byte
	var keyID string
	err := store.One(s.DB.QueryRow(ctx, `SELECT content, key_id, `+keyring.WrappedSQL("push_browser.account_id")+` FROM push_browser WHERE id = $1 AND account_id = $2`, browserID, l.account).Scan(&sealed, &keyID, &wrapped))
	if err != nil {
		return p, fmt.Errorf("browser %s: %w", browserID, err)
	}
	key, err := s.Ring.Unwrap(l.account, wrapped)
	if err != nil {
		return p, err
	}
	if err := key.OpenJSON("push_browser", "content", browserID, sealed, &p.To); err != nil {
		return p, err
	}
	if p.Key, err = s.key(s.DB.QueryRow(ctx, `SELECT id, public, secret, created_at FROM push_key WHERE id = $1`, keyID)); err != nil {
		return p, err
	}
	p.Payload, err = json.Marshal(struct { // for its service worker
		ID string `json:"id"`
		Screen
	}{job.Notice, s.Letterhead().Screen(l.lang, n)})
	return p, err
}

// settled is how long the other ways of a notice are given before it is looked whether any of them took it.
const settled = 10 * time.Second

// gone forgets a browser. When it was the last, whoever had chosen no other way hears of the notice over the usual one: a moment later,
// so that two jobs for one way never run side by side.
func (s *Service) gone(ctx context.Context, job Deliver, accountID, browserID string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM push_browser WHERE id = $1 AND account_id = $2`, browserID, accountID)
		if err != nil || n == 0 {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "notices.push_gone", Actor: access.SystemActor(), Subject: accountID}); err != nil {
			return err
		}
		others, err := s.pushes(ctx, tx, accountID)
		if err != nil || len(others) > 0 {
			return err
		}
		at := tx.Now().Add(settled)
		return s.Jobs.Enqueue(ctx, tx, jobs.At(Deliver{job.Notice, string(ByMail)}, at), jobs.At(Deliver{job.Notice, string(BySMS)}, at))
	})
}
