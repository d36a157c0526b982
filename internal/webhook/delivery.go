package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/store"
)

// Outcome is how a delivery stands. Its text is stored.
type Outcome string

// The outcomes.
const (
	Waits Outcome = "waits"
	Sent  Outcome = "sent"
	Dead  Outcome = "dead" // given up: it is sent again when somebody says so
)

// Outcomes lists every outcome.
func Outcomes() []Outcome { return []Outcome{Waits, Sent, Dead} }

// Delivery is one event on its way to one address.
type Delivery struct {
	Webhook string
	Event   string // its id, the same however often it is sent
	Type    Type
	News    News // without the unit
	At      time.Time
	State   Outcome
	Tries   int
	NextAt  time.Time
	EndedAt time.Time // zero while it waits
	Status  int       // of the last answer, 0 when there was none
	Error   string    // of the last try
}

const selectDeliveries = `SELECT webhook_id, event_id, type, case_id, service, case_state, turn, outcome, version, at, state, tries, next_at, ended_at, status, last_error FROM webhook_delivery`

func scanDelivery(r interface{ Scan(into ...any) error }) (Delivery, error) {
	var d Delivery
	var kind, state string
	err := r.Scan(&d.Webhook, &d.Event, &kind, &d.News.Case, &d.News.Service, &d.News.State, &d.News.Turn, &d.News.Outcome, &d.News.Version, store.Time(&d.At), &state, &d.Tries,
		store.Time(&d.NextAt), store.NullTime(&d.EndedAt), &d.Status, &d.Error)
	d.Type, d.State = Type(kind), Outcome(state)
	return d, err
}

// Deliveries lists what was and is to be sent to an address, the newest first: at most n, older than the event before ("" for all), of
// one outcome ("" for any).
func (s *Service) Deliveries(ctx context.Context, who access.Actor, webhookID string, state Outcome, n int, before string) ([]Delivery, error) {
	w, err := s.Get(ctx, who, webhookID)
	if err != nil {
		return nil, err
	}
	if state != "" && !slices.Contains(Outcomes(), state) {
		return nil, fault.Invalid(fault.F("query:state", "webhook.state"))
	}
	if before == "" {
		before = "~" // sorts after every id
	}
	return s.deliveries(ctx, `webhook_id = $1 AND event_id < $2 AND ($3 = '' OR state = $3) ORDER BY event_id DESC LIMIT `+strconv.Itoa(n), w.ID, before, string(state))
}

// DeadOnes lists what was given up, the newest first, for who manages the systems.
func (s *Service) DeadOnes(ctx context.Context, who access.Actor, n int) ([]Delivery, error) {
	if err := who.May(access.ManageAgents); err != nil {
		return nil, err
	}
	return s.deliveries(ctx, `state = 'dead' ORDER BY ended_at DESC, event_id DESC, webhook_id LIMIT `+strconv.Itoa(n))
}

func (s *Service) deliveries(ctx context.Context, condition string, args ...any) ([]Delivery, error) {
	rows, err := s.DB.Query(ctx, selectDeliveries+` WHERE `+condition, args...)
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Delivery
	for rows.Next() {
		d, err := scanDelivery(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// Again sends a delivery once more, under its own id: one that was given up, and one that arrived and was lost there.
func (s *Service) Again(ctx context.Context, who access.Actor, webhookID, eventID string) (Delivery, error) {
	if err := allowed(who); err != nil {
		return Delivery{}, err
	}
	var d Delivery
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		w, err := s.load(ctx, tx, who, webhookID)
		if err != nil {
			return err
		}
		if err := store.TouchedOr(ErrMissing)(s.revive(ctx, tx, w, ` AND event_id = $4`, eventID)); err != nil {
			return err
		}
		if d, err = scanDelivery(tx.QueryRow(ctx, selectDeliveries+` WHERE webhook_id = $1 AND event_id = $2`, w.ID, eventID)); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "webhook.sent_again", w)
	})
	return d, err
}

// AgainAll sends everything once more that was given up for the address.
func (s *Service) AgainAll(ctx context.Context, who access.Actor, webhookID string) (int, error) {
	if err := allowed(who); err != nil {
		return 0, err
	}
	var n int64
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		w, err := s.load(ctx, tx, who, webhookID)
		if err != nil {
			return err
		}
		if n, err = s.revive(ctx, tx, w, ` AND state = $4`, string(Dead)); err != nil || n == 0 {
			return err
		}
		return s.record(ctx, tx, who, "webhook.sent_again", w)
	})
	return int(n), err
}

// revive lets deliveries wait anew, and their address be called at once. One that has stopped must be asked first (Check).
func (s *Service) revive(ctx context.Context, tx *store.Tx, w Webhook, which, arg string) (int64, error) {
	if w.State != Active {
		return 0, ErrStopped
	}
	n, err := tx.Exec(ctx, `UPDATE webhook_delivery SET state = 'waits', next_at = $1, give_up_at = $2, ended_at = NULL WHERE webhook_id = $3`+which,
		tx.Now(), tx.Now().Add(s.Policy.Webhooks.GiveUp), w.ID, arg)
	if err != nil || n == 0 {
		return n, err
	}
	return n, tx.Do(ctx, `UPDATE webhook SET rest_until = NULL WHERE id = $1`, w.ID)
}

// ErrStopped is an address that wants nothing any more.
var ErrStopped = fault.New(fault.Conflict, "webhook.stopped")

// Sweep forgets what was sent, or given up, long ago.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		err := tx.Do(ctx, `DELETE FROM webhook_delivery WHERE state IN ('sent', 'dead') AND ended_at < $1`, tx.Now().Add(-s.Policy.Webhooks.KeepSent))
		return errors.Join(err, tx.Do(ctx, `UPDATE webhook SET previous = NULL, previous_until = NULL WHERE previous_until < $1`, tx.Now()))
	})
}
