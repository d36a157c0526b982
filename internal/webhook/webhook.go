package webhook

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/policy"
	"okno/internal/store"
)

// Type is a sort of news. Its text is stored; what is sent has the portal's name before it and the version after it.
type Type string

// The types.
const (
	Submitted     Type = "case.submitted"
	StateChanged  Type = "case.state-changed"
	InfoRequested Type = "case.info-requested"
	Decided       Type = "case.decided"
)

// Types lists every type.
func Types() []Type { return []Type{Submitted, StateChanged, InfoRequested, Decided} }

// State is whether an address is sent to. Its text is stored.
type State string

// The states.
const (
	Active  State = "active"
	Stopped State = "stopped" // it answered 410: it is asked before it is sent to again
)

// Webhook is an address of an agency's system.
type Webhook struct {
	ID        string
	AgentID   string
	Unit      string
	URL       string
	Types     []Type
	State     State
	Failed    int       // how often in a row it was tried in vain
	RestUntil time.Time // zero when it may be called now
	LastError string
	CreatedAt time.Time
	Overlap   time.Time // until when the secret before signs, too; zero when it does not
}

// Sender calls addresses that others chose. Errors say what happened, in words without what was sent or received.
type Sender interface {
	Ask(ctx context.Context, to, origin string) error // the handshake: nil when the address wants to be sent to
	Send(ctx context.Context, to string, header map[string]string, body []byte) (Reply, error)
}

// Reply is what an address answered.
type Reply struct {
	Status     int
	RetryAfter time.Duration // 0 when it does not say
}

// Service sends news.
type Service struct {
	DB     *store.DB
	Ring   *keyring.Ring
	Policy *policy.Policy
	Jobs   *jobs.Client
	Sender Sender
	URL    *url.URL      // of the portal: source and types of events have its name
	Places chan struct{} // one for each that may be sent to at once; nil for no bound
}

// The refusals.
var (
	ErrMissing  = fault.New(fault.Missing, "webhook.missing")
	ErrMany     = fault.New(fault.Conflict, "webhook.many")     // the system has as many as it may
	ErrUnwanted = fault.New(fault.InvalidInput, "webhook.fail") // the address did not say that it wants to be sent to
)

// longestURL is how long an address may be.
const longestURL = 1000

// Create subscribes an address of the agent, after it has said that it wants it, and returns the secret that will sign.
func (s *Service) Create(ctx context.Context, who access.Actor, to string, types []Type) (Webhook, string, error) {
	if err := allowed(who); err != nil {
		return Webhook{}, "", err
	}
	if len(types) == 0 {
		types = Types()
	}
	if err := check(to, types); err != nil {
		return Webhook{}, "", err
	}
	if err := s.ask(ctx, to); err != nil {
		return Webhook{}, "", err
	}
	w := Webhook{ID: id.New(), AgentID: who.ID, Unit: who.Unit, URL: to, Types: types, State: Active}
	key := newKey()
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		w.CreatedAt = tx.Now()
		var n int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM webhook WHERE agent_id = $1`, who.ID).Scan(&n); err != nil {
			return err
		}
		if n >= s.Policy.Webhooks.MostHooks {
			return ErrMany
		}
		if err := tx.Do(ctx, `INSERT INTO webhook (id, agent_id, unit, url, types, secret, state, failed, last_error, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '', $8)`,
			w.ID, w.AgentID, w.Unit, w.URL, joined(w.Types), s.Ring.System().Seal("webhook", "secret", w.ID, key), string(w.State), w.CreatedAt); err != nil {
			return fmt.Errorf("subscribe: %w", err)
		}
		return s.record(ctx, tx, who, "webhook.created", w)
	})
	return w, shown(key), err
}

func allowed(who access.Actor) error {
	if who.Kind == access.Staff {
		return who.May(access.ManageAgents)
	}
	return who.May(access.Subscribe)
}

// sees is the one rule of who sees a subscription: the system whose it is, and who manages the systems.
func (w Webhook) sees(who access.Actor) bool {
	switch who.Kind {
	case access.System, access.Staff:
		return true // allowed has asked for the role
	case access.Agent:
		return who.ID == w.AgentID && who.Unit == w.Unit
	case access.Person, access.Anonymous:
	}
	return false
}

// check says what is wrong with an address and its types. Whether it lies inside is seen when it is called.
func check(to string, types []Type) error {
	var wrong []fault.Field
	u, err := url.Parse(to)
	if err != nil || len(to) > longestURL || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" || !printable(to) {
		wrong = append(wrong, fault.F("url", "webhook.url", "most", longestURL))
	}
	if slices.ContainsFunc(types, func(t Type) bool { return !slices.Contains(Types(), t) }) {
		wrong = append(wrong, fault.F("types", "webhook.types"))
	}
	return fault.Check(wrong...)
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// ask makes the handshake.
func (s *Service) ask(ctx context.Context, to string) error {
	if err := s.Sender.Ask(ctx, to, s.URL.Hostname()); err != nil {
		if fault.KindOf(err) == fault.InvalidInput {
			return err
		}
		return ErrUnwanted.With(fault.F("url", "webhook.unwanted", "why", words(err))).Because(err)
	}
	return nil
}

// longestWords is how many bytes of an error are kept.
const longestWords = 300

func words(err error) string {
	s := strings.ToValidUTF8(err.Error(), "")
	if len(s) > longestWords {
		s = strings.ToValidUTF8(s[:longestWords], "")
	}
	return s
}

// List is the webhooks that the actor sees, the newest first.
func (s *Service) List(ctx context.Context, who access.Actor) ([]Webhook, error) {
	if err := allowed(who); err != nil {
		return nil, err
	}
	if who.Kind == access.Staff {
		return all(s.DB.Query(ctx, selects+` ORDER BY w.created_at DESC, w.id`))
	}
	return all(s.DB.Query(ctx, selects+` WHERE w.agent_id = $1 AND w.unit = $2 ORDER BY w.created_at DESC, w.id`, who.ID, who.Unit))
}

const selects = `SELECT w.id, w.agent_id, w.unit, w.url, w.types, w.state, w.failed, w.rest_until, w.last_error, w.created_at, w.previous_until FROM webhook w`

func all(rows *store.Rows, err error) ([]Webhook, error) {
	if err != nil {
		return nil, fmt.Errorf("list webhooks: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Webhook
	for rows.Next() {
		w, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, rows.Err()
}

func scan(r interface{ Scan(into ...any) error }) (Webhook, error) {
	var w Webhook
	var types, state string
	err := r.Scan(&w.ID, &w.AgentID, &w.Unit, &w.URL, &types, &state, &w.Failed, store.NullTime(&w.RestUntil), &w.LastError, store.Time(&w.CreatedAt), store.NullTime(&w.Overlap))
	for t := range strings.FieldsSeq(types) {
		w.Types = append(w.Types, Type(t))
	}
	w.State = State(state)
	return w, err
}

func joined(types []Type) string {
	var out []string
	for _, t := range Types() {
		if slices.Contains(types, t) {
			out = append(out, string(t))
		}
	}
	return strings.Join(out, " ")
}

// Get is one that the actor sees.
func (s *Service) Get(ctx context.Context, who access.Actor, webhookID string) (Webhook, error) {
	if err := allowed(who); err != nil {
		return Webhook{}, err
	}
	return s.load(ctx, s.DB, who, webhookID)
}

func (s *Service) load(ctx context.Context, q store.Querier, who access.Actor, webhookID string) (Webhook, error) {
	w, err := scan(q.QueryRow(ctx, selects+` WHERE w.id = $1`, webhookID))
	if err := store.One(err); errors.Is(err, store.ErrNotFound) || err == nil && !w.sees(who) {
		return Webhook{}, ErrMissing
	} else if err != nil {
		return Webhook{}, fmt.Errorf("webhook %s: %w", webhookID, err)
	}
	return w, nil
}

// Delete ends a subscription with all that waits for it.
func (s *Service) Delete(ctx context.Context, who access.Actor, webhookID string) error {
	if err := allowed(who); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		w, err := s.load(ctx, tx, who, webhookID)
		if err != nil {
			return err
		}
		return s.drop(ctx, tx, who, w)
	})
}

func (s *Service) drop(ctx context.Context, tx *store.Tx, who access.Actor, w Webhook) error {
	if err := tx.Do(ctx, `DELETE FROM webhook_delivery WHERE webhook_id = $1`, w.ID); err != nil {
		return err
	}
	if err := tx.Do(ctx, `DELETE FROM webhook WHERE id = $1`, w.ID); err != nil {
		return err
	}
	return s.record(ctx, tx, who, "webhook.deleted", w)
}

// DropOf ends the subscriptions of an agent that is being closed.
func (s *Service) DropOf(ctx context.Context, tx *store.Tx, who access.Actor, agentID string) error {
	list, err := all(tx.Query(ctx, selects+` WHERE w.agent_id = $1`, agentID))
	if err != nil {
		return err
	}
	for _, w := range list { // ten at most
		if err := s.drop(ctx, tx, who, w); err != nil {
			return err
		}
	}
	return nil
}

// Rotate gives the subscription another secret. The one before signs beside it for the overlap.
func (s *Service) Rotate(ctx context.Context, who access.Actor, webhookID string) (Webhook, string, error) {
	if err := allowed(who); err != nil {
		return Webhook{}, "", err
	}
	key := newKey()
	var w Webhook
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if w, err = s.load(ctx, tx, who, webhookID); err != nil {
			return err
		}
		var sealed []byte
		if err := tx.QueryRow(ctx, `SELECT secret FROM webhook WHERE id = $1`, w.ID).Scan(&sealed); err != nil {
			return err
		}
		before, err := s.Ring.System().Open("webhook", "secret", w.ID, sealed)
		if err != nil {
			return err
		}
		w.Overlap = tx.Now().Add(s.Policy.Webhooks.Overlap)
		if err := tx.Do(ctx, `UPDATE webhook SET secret = $1, previous = $2, previous_until = $3 WHERE id = $4`,
			s.Ring.System().Seal("webhook", "secret", w.ID, key), s.Ring.System().Seal("webhook", "previous", w.ID, before), w.Overlap, w.ID); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "webhook.secret_changed", w)
	})
	return w, shown(key), err
}

// Check asks the address again whether it wants to be sent to, and goes on sending when it does.
func (s *Service) Check(ctx context.Context, who access.Actor, webhookID string) (Webhook, error) {
	w, err := s.Get(ctx, who, webhookID)
	if err != nil {
		return Webhook{}, err
	}
	if err := s.ask(ctx, w.URL); err != nil {
		return Webhook{}, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if w, err = s.load(ctx, tx, who, webhookID); err != nil {
			return err
		}
		w.State, w.Failed, w.RestUntil, w.LastError = Active, 0, time.Time{}, ""
		if err := tx.Do(ctx, `UPDATE webhook SET state = $1, failed = 0, rest_until = NULL, last_error = '' WHERE id = $2`, string(Active), w.ID); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "webhook.checked", w)
	})
	return w, err
}

func (s *Service) record(ctx context.Context, tx *store.Tx, who access.Actor, action string, w Webhook) error {
	return audit.Record(ctx, tx, audit.Event{Action: action, Actor: who, Object: "webhook/" + w.ID, Detail: audit.Detail{"unit": w.Unit}})
}

// keyLen is how many bytes a secret has; Standard Webhooks asks for 24 to 64.
const keyLen = 32

func newKey() []byte {
	key := make([]byte, keyLen)
	rand.Read(key) //nolint:errcheck // never fails since Go 1.24
	return key
}

// shown is a secret as Standard Webhooks writes it.
func shown(key []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(key) }

// Sealed are the columns that the master keyset seals, for its rotation.
func Sealed() []keyring.Sealed {
	return []keyring.Sealed{{Table: "webhook", Row: "id", Column: "secret"}, {Table: "webhook", Row: "id", Column: "previous", Where: "previous IS NOT NULL"}}
}
