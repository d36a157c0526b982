package application

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/files"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/scan"
	"okno/internal/store"
)

// ScanAttachment is the job that has a file looked through which came while the virus scanner was away.
type ScanAttachment struct {
	Attachment string `json:"attachment"`
}

// Kind names the job in the queue.
func (ScanAttachment) Kind() string { return "attachment.scan" }

// ReadAttachment is the job that reads a scan (SRV-11).
type ReadAttachment struct {
	Attachment string `json:"attachment"`
}

// Kind names the job in the queue.
func (ReadAttachment) Kind() string { return "attachment.read" }

// JobPolicy lets a slow machine read a page in all sizes. After the last try the person types what stands there.
func (ReadAttachment) JobPolicy() jobs.Policy {
	return jobs.Policy{Tries: 5, First: 2 * time.Second, Longest: time.Minute, Timeout: 10 * time.Minute}
}

// jobs are what is to be done with a new file. One in quarantine is read when it has come out.
func (a Attached) jobs() []jobs.Args {
	switch {
	case a.State == Checking:
		return []jobs.Args{ScanAttachment{a.ID}}
	case a.Reading == ToRead:
		return []jobs.Args{ReadAttachment{a.ID}}
	}
	return nil
}

// How soon a job comes again while it cannot do its work.
const (
	placeSoon    = 500 * time.Millisecond // as many files are in memory as may be
	scannerSoon  = 2 * time.Second        // the scanner is away: at first so soon, then each time later
	scannerLater = 10 * time.Minute
)

// Rescan does the job ScanAttachment. A scanner that is away for days is asked for days: the file is not lost.
func (s *Attachments) Rescan(ctx context.Context, job ScanAttachment) error {
	a, data, leave, err := s.working(ctx, job.Attachment, func(a Attached) bool { return a.State == Checking })
	if err != nil || data == nil {
		return err
	}
	defer leave()
	seen, err := s.Files.Inspect(ctx, files.New{Owner: a.account, Media: a.Media, Data: data})
	state := Ready
	switch {
	case errors.Is(err, files.ErrInfected):
		state = Infected
	case errors.Is(err, files.ErrUnscanned), err == nil && seen.Unscanned:
		return jobs.Retry(min(max(a.age(s.DB.Now())/2, scannerSoon), scannerLater))
	case err != nil:
		return fmt.Errorf("look through attachment %s: %w", a.ID, err)
	}
	return s.settled(ctx, a.ID, func(now *Attached) []jobs.Args {
		now.State = state
		if state == Infected {
			now.Reading = NotRead
		}
		return now.jobs()
	})
}

// ReadOne does the job ReadAttachment. What was read is a claim about a picture: it is offered to the person, and becomes an answer when
// they confirm it.
func (s *Attachments) ReadOne(ctx context.Context, job ReadAttachment) error {
	wants := func(a Attached) bool { return a.State == Ready && a.Reading == ToRead }
	a, data, leave, err := s.working(ctx, job.Attachment, wants)
	if err != nil || data == nil {
		return err
	}
	defer leave()
	x, _, err := s.of(ctx, s.DB, Upload{Application: a.Application, Slot: a.Slot, account: a.account})
	if err != nil && !errors.Is(err, ErrNoUpload) {
		return err
	}
	if err != nil || s.Pictures == nil || x.Reads == scan.Unknown { // it was sent meanwhile, or there are no readers here
		return s.legible(ctx, a.ID, Unread, "", nil)
	}
	place, err := s.Pictures.Enter()
	if err != nil {
		return jobs.Retry(placeSoon)
	}
	defer place.Leave()
	r, err := place.Read(ctx, data, x.Reads)
	switch {
	case errors.Is(err, scan.ErrBroken), errors.Is(err, scan.ErrBomb), errors.Is(err, scan.ErrActive):
		return s.legible(ctx, a.ID, Unread, scan.Unreadable, nil)
	case err != nil:
		if n, of := jobs.Try(ctx); n < of || ctx.Err() != nil {
			return fmt.Errorf("read attachment %s: %w", a.ID, err)
		}
		return s.legible(ctx, a.ID, Unread, "", nil)
	}
	read := map[scan.Field]scan.Value{}
	for _, f := range x.Fills {
		if v := r.Fields[f.From]; v.Text != "" {
			read[f.From] = v
		}
	}
	if r.Refused != scan.Fine || len(read) == 0 {
		return s.legible(ctx, a.ID, Unread, r.Refused, nil)
	}
	return s.legible(ctx, a.ID, Legible, "", read)
}

func (s *Attachments) legible(ctx context.Context, attachmentID string, l Legibility, why scan.Reason, read map[scan.Field]scan.Value) error {
	return s.settled(ctx, attachmentID, func(now *Attached) []jobs.Args {
		now.Reading, now.Reason, now.Read, now.ReadAt = l, why, read, s.DB.Now()
		return nil
	})
}

// working brings the whole of a file for a job, if there is work on it still. Whoever has data gives the place back by leave.
func (s *Attachments) working(ctx context.Context, attachmentID string, work func(Attached) bool) (a Attached, data []byte, leave func(), err error) {
	a, sealed, err := attachedByID(ctx, s.DB, attachmentID)
	if errors.Is(err, ErrNoFile) || err == nil && !work(a) {
		return a, nil, nil, nil
	}
	if err != nil {
		return a, nil, nil, err
	}
	select {
	case s.whole <- struct{}{}:
	default:
		return a, nil, nil, jobs.Retry(placeSoon)
	}
	leave = func() { <-s.whole }
	data, err = s.bytesOf(ctx, &a, sealed)
	if err != nil || data == nil {
		leave()
	}
	return a, data, leave, err
}

// bytesOf reads the file; nil when it is gone or its person was erased.
func (s *Attachments) bytesOf(ctx context.Context, a *Attached, sealed []byte) ([]byte, error) {
	key, err := s.Ring.Person(ctx, s.DB, a.account)
	if errors.Is(err, keyring.ErrNoKey) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := a.unseal(key, sealed); err != nil {
		return nil, err
	}
	_, body, err := s.Files.Open(ctx, s.DB, a.file)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, keyring.ErrNoKey) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(body)
}

// settled writes down what a job found out, unless the file is gone or settled already; it may have been moved to another account of
// the person meanwhile. Malware in a file that was filed is told to its person.
func (s *Attachments) settled(ctx context.Context, attachmentID string, change func(*Attached) []jobs.Args) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		a, sealed, err := attachedByID(ctx, tx, attachmentID)
		if errors.Is(err, ErrNoFile) || err == nil && a.Settled() {
			return nil
		}
		if err != nil {
			return err
		}
		key, err := s.Ring.Person(ctx, tx, a.account)
		if errors.Is(err, keyring.ErrNoKey) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := a.unseal(key, sealed); err != nil {
			return err
		}
		next := change(&a)
		if sealed, err = a.seal(key); err != nil {
			return err
		}
		file := a.file
		if a.State == Infected {
			a.file = ""
			if err := errors.Join(s.Files.Drop(ctx, tx, file), s.tellInfected(ctx, tx, a)); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE attachment SET state = $1, reading = $2, reason = $3, content = $4, read_at = $5, file_id = $6 WHERE id = $7`,
			string(a.State), string(a.Reading), string(a.Reason), sealed, store.OrNull(a.ReadAt), a.file, a.ID); err != nil {
			return fmt.Errorf("settle attachment %s: %w", a.ID, err)
		}
		if err := s.Jobs.Enqueue(ctx, tx, next...); err != nil {
			return err
		}
		detail := audit.Detail{"field": a.Slot, "to": string(a.State)}
		if a.Reading != NotRead {
			detail["outcome"] = string(a.Reading)
		}
		return errors.Join(audit.Record(ctx, tx, audit.Event{Action: "attachment.judged", Actor: access.SystemActor(), Subject: a.account, Object: "attachment/" + a.ID, Detail: detail}),
			tx.Notify(ctx, FilesTopic(a.Application)))
	})
}

// tellInfected tells the person of a file that was filed with the application and turned out to hold malware.
func (s *Attachments) tellInfected(ctx context.Context, tx *store.Tx, a Attached) error {
	if a.FiledAt.IsZero() {
		return nil
	}
	var number string
	if err := store.One(tx.QueryRow(ctx, `SELECT number FROM application WHERE id = $1`, a.Application).Scan(&number)); err != nil {
		return err
	}
	c, err := holder(ctx, tx, a.account, a.Application)
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, c, infectedNote(s.Notices.Letterhead(), a.Application, number, a.Name))
}
