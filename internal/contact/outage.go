package contact

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/store"
)

// The channels of codes, as outages are kept under.
const (
	bySMS  = "sms"
	byMail = "mail"
	byCall = "voice"
)

func (c row) channel() string {
	switch {
	case c.Kind == Email:
		return byMail
	case c.Spoken:
		return byCall
	}
	return bySMS
}

// late reports whether nobody took messages of the channel when they were tried last. It is a fact about the portal: a page that says it
// tells nothing of whose contact was typed, also where no code is sent at all.
func (s *Service) late(ctx context.Context, q store.Querier, channel string) (bool, error) {
	var late bool
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM outage WHERE channel = $1 AND seen_at > $2)`, channel, q.Now().Add(-s.Policy.Gateways.Outage)).Scan(&late)
	if err != nil {
		return false, fmt.Errorf("look for an outage of %s: %w", channel, err)
	}
	return late, nil
}

// heard writes down whether there is anybody to take messages of the channel, after a try that ended so. One who says no to this message
// is there. The error of the try is handed back: a page that says less is no reason to send a code twice.
func (s *Sender) heard(ctx context.Context, channel string, tried error) error {
	var no interface{ Fate() (outcome, code string) }
	away := tried != nil && !errors.As(tried, &no) && !errors.Is(tried, ErrNoLine)
	now := s.DB.Now()
	s.mu.Lock()
	if s.away == nil {
		s.away = map[string]time.Time{}
	}
	last, known := s.away[channel]
	due := away && now.Sub(last) > s.Policy.Gateways.Outage/4
	if due {
		s.away[channel] = now
	} else if !away {
		delete(s.away, channel)
	}
	s.mu.Unlock()
	var err error
	if due {
		err = s.DB.Write(ctx, func(tx *store.Tx) error {
			return tx.Do(ctx, `INSERT INTO outage (channel, seen_at) VALUES ($1, $2) ON CONFLICT (channel) DO UPDATE SET seen_at = excluded.seen_at`, channel, tx.Now())
		})
	} else if known && !away {
		err = s.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `DELETE FROM outage WHERE channel = $1`, channel)
			return err
		})
	}
	if err != nil && s.Log != nil {
		s.Log.WarnContext(ctx, "whether messages are late was not written down", "channel", channel, "error", err)
	}
	return tried
}
