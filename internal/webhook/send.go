package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/store"
)

// News is that a case moved. It says nothing of the person.
type News struct {
	Unit, Case, Service  string
	State, Turn, Outcome string
	Version              int64
}

// kind is what sort of news it is.
func (n News) kind() Type {
	switch {
	case n.Outcome != "":
		return Decided
	case n.Version == 1:
		return Submitted
	case n.Turn == "applicant":
		return InfoRequested
	}
	return StateChanged
}

// Publish writes down in the transaction of the move for whom there is news: one statement, which waits for nobody and writes nothing
// where nobody is subscribed.
func (s *Service) Publish(ctx context.Context, tx *store.Tx, n News) error {
	t := n.kind()
	err := tx.Do(ctx, `INSERT INTO webhook_delivery (webhook_id, event_id, type, case_id, service, case_state, turn, outcome, version, at, state, tries, next_at, give_up_at, status, last_error)
		SELECT w.id, $1, $2, $3, $4, $5, $6, $7, $8, $9, 'waits', 0, $9, $10, 0, '' FROM webhook w
		WHERE w.unit = $11 AND w.state = 'active' AND (' ' || w.types || ' ') LIKE $12`,
		id.At(tx.Now()), string(t), n.Case, n.Service, n.State, n.Turn, n.Outcome, n.Version, tx.Now(), tx.Now().Add(s.Policy.Webhooks.GiveUp), n.Unit, "% "+string(t)+" %")
	if err != nil {
		return fmt.Errorf("publish news of %s: %w", n.Case, err)
	}
	return nil
}

// Drain is the job that sends one address what waits for it.
type Drain struct {
	Webhook string `json:"webhook"`
}

// Kind names the job in the queue.
func (Drain) Kind() string { return "webhook.drain" }

// JobPolicy: what is due is in the rows, so a second job beside the first would do nothing.
func (Drain) JobPolicy() jobs.Policy { return jobs.Policy{Once: true, Later: true} }

// mostAtOnce is for how many addresses one look orders jobs.
const mostAtOnce = 500

// Look orders a job for every address for which something is due.
func (s *Service) Look(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		ids, err := store.Names(tx.Query(ctx, `SELECT w.id FROM webhook w WHERE w.state = 'active' AND (w.rest_until IS NULL OR w.rest_until <= $1)
			AND EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.webhook_id = w.id AND d.state = 'waits' AND d.next_at <= $1) ORDER BY w.id LIMIT `+strconv.Itoa(mostAtOnce), tx.Now()))
		if err != nil || len(ids) == 0 {
			return err
		}
		list := make([]jobs.Args, len(ids))
		for i, w := range ids {
			list[i] = Drain{w}
		}
		return s.Jobs.Enqueue(ctx, tx, list...)
	})
}

// longestRun is how long one job goes on sending before it lets others at the worker.
const longestRun = 30 * time.Second

// Send does the job Drain: one delivery after the other, until nothing is due or the address is to be left alone.
func (s *Service) Send(ctx context.Context, job Drain) error {
	if s.Places != nil {
		select {
		case s.Places <- struct{}{}:
			defer func() { <-s.Places }()
		default:
			return jobs.Again(1, time.Second, time.Second)
		}
	}
	for began := time.Now(); time.Since(began) < longestRun; {
		more, err := s.next(ctx, job.Webhook)
		if err != nil || !more {
			return err
		}
	}
	return jobs.Retry(0)
}

// next sends one delivery that is due; false when there is none, or the address is to be left alone.
func (s *Service) next(ctx context.Context, webhookID string) (bool, error) {
	w, keys, d, err := s.due(ctx, webhookID)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	now := s.DB.Now()
	body, err := json.Marshal(s.event(d))
	if err != nil {
		return false, err
	}
	// What is sent is sent whole, even if the node is told to stop meanwhile: a try that was broken off is a try that may have arrived.
	reply, err := s.Sender.Send(context.WithoutCancel(ctx), w.URL, signed(keys, d.Event, now, body), body)
	v := judge(reply, err)
	return v.goOn, s.settle(context.WithoutCancel(ctx), w, d, v)
}

// due is the next delivery of an address that may be called now, with the keys that sign it.
func (s *Service) due(ctx context.Context, webhookID string) (Webhook, [][]byte, Delivery, error) {
	var w Webhook
	var d Delivery
	var keys [][]byte
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		keys = nil
		if w, err = scan(tx.QueryRow(ctx, selects+` WHERE w.id = $1 AND w.state = 'active' AND (w.rest_until IS NULL OR w.rest_until <= $2)`, webhookID, tx.Now())); err != nil {
			return store.One(err)
		}
		if d, err = scanDelivery(tx.QueryRow(ctx, selectDeliveries+` WHERE webhook_id = $1 AND state = 'waits' AND next_at <= $2 ORDER BY next_at, event_id LIMIT 1`, webhookID, tx.Now())); err != nil {
			return store.One(err)
		}
		var secret, previous []byte
		if err := tx.QueryRow(ctx, `SELECT secret, previous FROM webhook WHERE id = $1`, webhookID).Scan(&secret, &previous); err != nil {
			return err
		}
		key, err := s.Ring.System().Open("webhook", "secret", webhookID, secret)
		if err != nil {
			return err
		}
		keys = append(keys, key)
		if previous != nil && tx.Now().Before(w.Overlap) {
			if key, err = s.Ring.System().Open("webhook", "previous", webhookID, previous); err != nil {
				return err
			}
			keys = append(keys, key)
		}
		return nil
	})
	return w, keys, d, err
}

// event is a CloudEvent (1.0). Its names are the specification's.
type event struct {
	SpecVersion     string    `json:"specversion"`
	ID              string    `json:"id"`
	Source          string    `json:"source"`
	Type            string    `json:"type"`
	Subject         string    `json:"subject"`
	Time            time.Time `json:"time"`
	DataContentType string    `json:"datacontenttype"`
	Data            data      `json:"data"`
}

type data struct {
	Case    string  `json:"case"`
	Service string  `json:"service"`
	State   string  `json:"state"`
	Turn    string  `json:"turn"`
	Outcome *string `json:"outcome"`
	Version int64   `json:"version"`
}

func (s *Service) event(d Delivery) event {
	e := event{SpecVersion: "1.0", ID: d.Event, Source: s.URL.JoinPath("api/agency/v1").String(), Type: s.TypeName(d.Type), Subject: d.News.Case, Time: d.At, DataContentType: "application/json",
		Data: data{Case: d.News.Case, Service: d.News.Service, State: d.News.State, Turn: d.News.Turn, Version: d.News.Version}}
	if d.News.Outcome != "" {
		e.Data.Outcome = &d.News.Outcome
	}
	return e
}

// TypeName is the type as it is sent: ru.example.okno.case.submitted.v1 of the portal okno.example.ru.
func (s *Service) TypeName(t Type) string {
	host := strings.Trim(s.URL.Hostname(), ".")
	if _, err := netip.ParseAddr(host); err != nil { // an address has no other way round
		labels := strings.Split(host, ".")
		slices.Reverse(labels)
		host = strings.Join(labels, ".")
	}
	return host + "." + string(t) + ".v1"
}

// signed is the header of a delivery: signatures by every key, as Standard Webhooks has them. The moment is signed, too, so that what
// was caught on its way cannot be sent again tomorrow.
func signed(keys [][]byte, eventID string, at time.Time, body []byte) map[string]string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	var list []string
	for _, key := range keys {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(eventID + "." + stamp + "."))
		m.Write(body)
		list = append(list, "v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil)))
	}
	return map[string]string{"Content-Type": "application/cloudevents+json; charset=utf-8", "Webhook-Id": eventID, "Webhook-Timestamp": stamp, "Webhook-Signature": strings.Join(list, " ")}
}

// verdict is what an answer means.
type verdict struct {
	sent   bool
	gone   bool // the address wants nothing any more
	away   bool // the address is to be left alone for a while
	rest   time.Duration
	status int
	why    string
	goOn   bool // others may be sent
}

// longestRest is how long a Retry-After is believed.
const longestRest = 24 * time.Hour

// judge decides what an answer means. It touches nothing.
func judge(r Reply, err error) verdict {
	v := verdict{status: r.Status}
	if err != nil {
		v.away, v.why = true, words(err)
		return v
	}
	v.why = "status " + strconv.Itoa(r.Status)
	switch r.Status {
	case 200, 201, 202, 204:
		return verdict{sent: true, goOn: true, status: r.Status}
	case 410:
		v.gone = true
	case 400, 409, 411, 413, 414, 415, 422, 431: // it is about this one
		v.goOn = true
	default:
		v.away = true
		v.rest = min(r.RetryAfter, longestRest)
	}
	return v
}

// settle writes down what came of a try.
func (s *Service) settle(ctx context.Context, w Webhook, d Delivery, v verdict) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		now := tx.Now()
		switch {
		case v.sent:
			if err := tx.Do(ctx, `UPDATE webhook_delivery SET state = 'sent', tries = tries + 1, status = $1, last_error = '', ended_at = $2 WHERE webhook_id = $3 AND event_id = $4`, v.status, now, w.ID, d.Event); err != nil || w.Failed == 0 {
				return err
			}
			return tx.Do(ctx, `UPDATE webhook SET failed = 0, rest_until = NULL, last_error = '' WHERE id = $1`, w.ID)
		case v.gone:
			if err := tx.Do(ctx, `UPDATE webhook SET state = $1, last_error = $2 WHERE id = $3`, string(Stopped), v.why, w.ID); err != nil {
				return err
			}
			return tx.Do(ctx, `UPDATE webhook_delivery SET state = 'dead', tries = tries + CASE WHEN event_id = $1 THEN 1 ELSE 0 END, status = $2, last_error = $3, ended_at = $4
				WHERE webhook_id = $5 AND state = 'waits'`, d.Event, v.status, v.why, now, w.ID)
		}
		next := now
		if !v.away {
			next = now.Add(s.pause(d.Tries))
		}
		err := tx.Do(ctx, `UPDATE webhook_delivery SET tries = tries + 1, status = $1, last_error = $2, next_at = $3 WHERE webhook_id = $4 AND event_id = $5 AND state = 'waits'`,
			v.status, v.why, next, w.ID, d.Event)
		if err != nil {
			return err
		}
		only := d.Event
		if v.away {
			rest := max(v.rest, time.Second)
			if v.rest == 0 {
				rest = s.pause(w.Failed)
			}
			if err := tx.Do(ctx, `UPDATE webhook SET failed = failed + 1, rest_until = $1, last_error = $2 WHERE id = $3`, now.Add(rest), v.why, w.ID); err != nil {
				return err
			}
			only = ""
		}
		// What was tried for days, or could not be because the address was away, is given up.
		return tx.Do(ctx, `UPDATE webhook_delivery SET state = 'dead', status = $1, last_error = $2, ended_at = $3 WHERE webhook_id = $4 AND state = 'waits' AND give_up_at <= $3 AND ($5 = '' OR event_id = $5)`,
			v.status, v.why, now, w.ID, only)
	})
}

// pause after so many tries in vain: it doubles up to the longest, with a quarter of chance.
func (s *Service) pause(tries int) time.Duration {
	return jobs.Pause(tries+1, s.Policy.Webhooks.Retry.First, s.Policy.Webhooks.Retry.Longest)
}
