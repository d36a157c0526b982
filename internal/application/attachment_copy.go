package application

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/files"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/procedure"
	"okno/internal/store"
)

// A corrected application begins with the files of the one that ended. Each is a file of its own, sealed anew: the case keeps what was
// decided on, whatever becomes of the draft.

// copied is a file of a case whose bytes were written once more.
type copied struct {
	of  string // id of the attachment
	put files.File
}

// copies writes the bytes of the files that count in the case once more, one at a time. Those that the service does not take any more
// are left out, and so is one in which malware was found.
func (s *Service) copies(ctx context.Context, who access.Actor, c Case) ([]copied, error) {
	def, err := s.service(c.Service, who)
	if err != nil || len(def.AllAttachments()) == 0 {
		return nil, err
	}
	key, err := s.Ring.Person(ctx, s.DB, c.AccountID)
	if err != nil {
		return nil, err
	}
	all, err := attachedTo(ctx, s.DB, key, c.AccountID, c.ID)
	if err != nil {
		return nil, err
	}
	var out []copied
	for _, a := range all { // as many as an application may have
		x, ok := def.Attachment(a.Slot)
		if !ok || !a.counts() || !slices.Contains(x.Types, a.Media) || a.Size > x.Max {
			continue
		}
		f, body, err := s.Files.Open(ctx, s.DB, a.file)
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, keyring.ErrNoKey) {
			continue // malware was found in it this very moment
		}
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(body)
		if err != nil {
			return nil, err
		}
		if !large(x, a.Media, data) {
			continue
		}
		put, err := s.Files.Put(ctx, files.New{Owner: c.AccountID, Name: f.Name, Media: f.Media, Data: data, Unscanned: f.Unscanned})
		if err != nil {
			return nil, err
		}
		out = append(out, copied{a.ID, put})
	}
	return out, nil
}

// counts reports whether a file of a case is one on which it was decided.
func (a Attached) counts() bool {
	return !a.FiledAt.IsZero() && a.ReplacedAt.IsZero() && a.State != Infected
}

// large reports whether a picture has the pixels that the definition wants now.
func large(x procedure.Attachment, media files.Media, data []byte) bool {
	if x.Width == 0 || media == files.PDF {
		return true
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	return err == nil && c.Width >= x.Width && c.Height >= x.Height
}

// keepCopies puts the copies into the draft, each as it is at this moment: what waits in quarantine waits there still. An attachment for
// which the draft has a file already is left as the person made it, so that a button pressed twice copies once.
func (s *Service) keepCopies(ctx context.Context, tx *store.Tx, who access.Actor, d *Draft, papers []copied) error {
	if len(papers) == 0 {
		return nil
	}
	key, err := s.Ring.Person(ctx, tx, who.Whose())
	if err != nil {
		return err
	}
	all, err := attachedTo(ctx, tx, key, who.Whose(), d.Previous)
	if err != nil {
		return err
	}
	there := slices.Clone(d.Attached)
	taken := map[string]int{}
	for _, p := range papers { // as many as an application may have
		at := slices.IndexFunc(all, func(a Attached) bool { return a.ID == p.of && a.counts() })
		if at < 0 {
			continue
		}
		a := all[at]
		x, ok := d.Def.Attachment(a.Slot)
		if !ok || taken[a.Slot] >= x.Most || slices.ContainsFunc(there, func(b Attached) bool { return b.Slot == a.Slot }) {
			continue
		}
		taken[a.Slot]++
		a.ID, a.Application, a.file, a.SentAt = id.New(), d.ID, p.put.ID, tx.Now()
		if err := s.Files.Keep(ctx, tx, p.put); err != nil {
			return err
		}
		if err := a.insert(ctx, tx, key); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE attachment SET reason = $1, read_at = $2, confirmed_at = $3 WHERE id = $4`, string(a.Reason), store.OrNull(a.ReadAt), store.OrNull(a.ConfirmedAt), a.ID); err != nil {
			return fmt.Errorf("copy attachment %s: %w", a.ID, err)
		}
		if err := s.Jobs.Enqueue(ctx, tx, a.jobs()...); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "attachment.copied", Actor: who, Subject: who.Whose(), Object: "attachment/" + a.ID, Detail: audit.Detail{"field": a.Slot}}); err != nil {
			return err
		}
	}
	if err := s.attach(ctx, tx, key, who.Whose(), d); err != nil {
		return err
	}
	return tx.Notify(ctx, FilesTopic(d.ID))
}
