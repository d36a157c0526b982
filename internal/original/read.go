package original

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/scan"
	"okno/internal/store"
)

// ReadOriginal is the job that reads one original.
type ReadOriginal struct {
	Original string `json:"original"`
}

// Kind names the job in the queue.
func (ReadOriginal) Kind() string { return "original.read" }

// JobPolicy lets a slow machine read a page in all sizes. After the last try the original is kept unread.
func (ReadOriginal) JobPolicy() jobs.Policy {
	return jobs.Policy{Tries: 5, First: 2 * time.Second, Longest: time.Minute, Timeout: 10 * time.Minute}
}

// busy is when to come again while as many pictures are read as are allowed. A job that waited here would keep others from working.
const busy = 500 * time.Millisecond

// ReadOne does the job.
func (s *Service) ReadOne(ctx context.Context, job ReadOriginal) error {
	o, err := load(ctx, s.DB, job.Original)
	if errors.Is(err, ErrMissing) || err == nil && o.Settled() {
		return nil
	}
	if err != nil {
		return err
	}
	if s.Pictures == nil {
		return s.settle(ctx, o, verdict{State: Kept})
	}
	place, err := s.Pictures.Enter()
	if err != nil {
		return jobs.Retry(busy)
	}
	defer place.Leave()
	_, body, err := s.Files.Open(ctx, s.DB, o.file)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, keyring.ErrNoKey) {
		return nil // deleted, or the person erased, this very moment
	}
	if err != nil {
		return err
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	v, err := judge(ctx, place, o.Kind, data)
	if err != nil {
		if n, of := jobs.Try(ctx); n < of || ctx.Err() != nil {
			return err
		}
		v = verdict{State: Kept} // the readers are away for long: an operator looks
	}
	return s.settle(ctx, o, v)
}

// verdict is what came of reading.
type verdict struct {
	State  State
	Reason scan.Reason
	Fields map[scan.Field]scan.Value
}

func judge(ctx context.Context, place scan.Place, k Kind, data []byte) (verdict, error) {
	want, must := k.page()
	var r scan.Reading
	var err error
	if want == scan.Unknown {
		r, err = place.Judge(ctx, data)
	} else {
		r, err = place.Read(ctx, data, want)
	}
	switch {
	case errors.Is(err, scan.ErrBroken), errors.Is(err, scan.ErrBomb), errors.Is(err, scan.ErrActive):
		return verdict{State: Refused, Reason: Broken}, nil
	case err != nil:
		return verdict{}, fmt.Errorf("read a page: %w", err)
	}
	return decide(r, want, must), nil
}

// decide says what follows from a reading. What spoils a picture is refused whatever it shows; a page that is surely another one, too.
func decide(r scan.Reading, want scan.Page, must bool) verdict {
	switch r.Refused {
	case scan.Fine:
		if len(r.Fields) == 0 {
			return verdict{State: Kept}
		}
		return verdict{State: Read, Fields: r.Fields}
	case scan.WrongPage, scan.Cut, scan.Unreadable:
		if must || r.Refused == scan.WrongPage && r.Page != scan.Unknown && r.Page != want {
			return verdict{State: Refused, Reason: r.Refused}
		}
		return verdict{State: Kept}
	case scan.LowResolution, scan.Grain, scan.Blur, scan.Squeezed, scan.Glare, scan.Angle:
	}
	return verdict{State: Refused, Reason: r.Refused}
}

// settle writes down what came of reading, unless the original is gone or settled already.
func (s *Service) settle(ctx context.Context, o Original, v verdict) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		now, err := load(ctx, tx, o.ID) // it may have been moved to another account of the person meanwhile
		if errors.Is(err, ErrMissing) || err == nil && now.Settled() {
			return nil
		}
		if err != nil {
			return err
		}
		var sealed []byte
		if v.Fields != nil {
			key, err := s.Ring.Person(ctx, tx, now.account)
			if err != nil {
				return err
			}
			plain, err := json.Marshal(v.Fields)
			if err != nil {
				return err
			}
			sealed = key.Seal("original", "reading", o.ID, plain)
		}
		if _, err := tx.Exec(ctx, `UPDATE original SET state = $1, reason = $2, reading = $3, judged_at = $4 WHERE id = $5 AND state = 'waiting'`,
			string(v.State), string(v.Reason), sealed, tx.Now(), o.ID); err != nil {
			return fmt.Errorf("settle original %s: %w", o.ID, err)
		}
		detail := audit.Detail{"document": string(o.Kind), "outcome": string(v.State)}
		if v.Reason != "" {
			detail["reason"] = string(v.Reason)
		}
		return errors.Join(audit.Record(ctx, tx, audit.Event{Action: "original.judged", Actor: access.SystemActor(), Subject: now.account, Object: "original/" + o.ID, Detail: detail}),
			tx.Notify(ctx, Topic(now.account)))
	})
}

// Sweep erases what could not be read and was left lying. A job runs it.
func (s *Service) Sweep(ctx context.Context) error {
	for {
		n := 0
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			n = 0
			rows, err := tx.Query(ctx, `SELECT `+columns+` FROM original WHERE state = 'refused' AND judged_at < $1 ORDER BY judged_at LIMIT 100`, tx.Now().Add(-s.Policy.Originals.KeepRefused))
			if err != nil {
				return err
			}
			defer rows.Close() //nolint:errcheck // read to the end below
			var old []Original
			for rows.Next() {
				o, _, err := scanned(rows.Scan)
				if err != nil {
					return err
				}
				old = append(old, o)
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				return err
			}
			for _, o := range old { // a hundred at most
				if err := s.gone(ctx, tx, o); err != nil {
					return err
				}
			}
			n = len(old)
			return nil
		})
		if err != nil || n < 100 {
			return err
		}
	}
}
