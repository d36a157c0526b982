package application

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/procedure"
	"okno/internal/scan"
	"okno/internal/store"
)

// Files in an answer to a request for more (SRV-3): the officer names an attachment beside answers, and the person sends new files for
// it, and for nothing else. They belong to the person alone until the answer is sent. What was there before stays with the case: the
// officer sees both.

// OpenFiles are the attachments that the applicant may send with these answers, of those that they call for: the ones that are open, and those
// that the application did not call for before.
func (c Case) OpenFiles(zone *time.Location, a form.Answers) []procedure.Attachment {
	before := c.Def.Attachments(c.Form(zone), c.Content.Answers)
	return slices.DeleteFunc(c.Def.Attachments(c.formWith(a, zone), a), func(x procedure.Attachment) bool {
		return !slices.Contains(c.Content.Open, x.ID) && among(before, x.ID)
	})
}

// takes finds the attachment that a file may be put into before the answer is sent. What the answers will call for then is not known yet: where
// answers are open, so is whatever the application did not call for. A file that is not called for is dropped when the answer is sent.
func (c Case) takes(zone *time.Location, id string) (procedure.Attachment, bool) {
	x, ok := c.Def.Attachment(id)
	called := among(c.Def.Attachments(c.Form(zone), c.Content.Answers), id)
	answers := slices.ContainsFunc(c.Content.Open, func(p string) bool { return !procedure.OfFiles(p) })
	return x, ok && (called && slices.Contains(c.Content.Open, id) || !called && answers)
}

func among(list []procedure.Attachment, id string) bool {
	return slices.ContainsFunc(list, func(x procedure.Attachment) bool { return x.ID == id })
}

// Askable is what the action may ask for: those answers that the person was asked for and may change, and those attachments that the
// answers call for.
func (c Case) Askable(a procedure.Action, zone *time.Location) []string {
	if len(a.Fields) == 0 {
		return nil
	}
	f := c.Form(zone)
	called, asked := c.Def.Attachments(f, c.Content.Answers), f.Asked(c.Content.Answers)
	return slices.DeleteFunc(slices.Clone(a.Fields), func(p string) bool {
		if procedure.OfFiles(p) {
			return !among(called, p)
		}
		return !slices.ContainsFunc(asked, func(page form.Page) bool {
			return slices.ContainsFunc(page.Fields, func(x form.Field) bool { return x.Pointer == p && !x.Locked })
		})
	})
}

// mine is a case of the actor's own that waits for an answer.
func (s *Attachments) mine(ctx context.Context, who access.Actor, caseID string) (Case, error) {
	if err := who.May(access.Apply); err != nil {
		return Case{}, err
	}
	c, err := s.Get(ctx, who, caseID)
	if err != nil {
		return Case{}, err
	}
	if _, ok := c.Amending(); !ok || !c.mine(who) {
		return Case{}, ErrMoved
	}
	return c, nil
}

// New are the files that the person has put into an answer that was not sent yet.
func (s *Attachments) New(ctx context.Context, who access.Actor, c Case) ([]Attached, error) {
	if err := who.May(access.Apply); err != nil {
		return nil, err
	}
	if !c.mine(who) {
		return nil, ErrMissing
	}
	return s.newFiles(ctx, c)
}

func (s *Service) newFiles(ctx context.Context, c Case) ([]Attached, error) {
	all, err := s.allFiles(ctx, c)
	return notFiled(all), err
}

func notFiled(all []Attached) []Attached {
	return slices.DeleteFunc(slices.Clone(all), func(a Attached) bool { return !a.FiledAt.IsZero() })
}

// allFiles are the files of the case, with those that were not sent yet.
func (s *Service) allFiles(ctx context.Context, c Case) ([]Attached, error) {
	if len(c.Def.AllAttachments()) == 0 {
		return nil, nil
	}
	key, err := s.Ring.Person(ctx, s.DB, c.AccountID)
	if err != nil {
		return nil, err
	}
	return attachedTo(ctx, s.DB, key, c.AccountID, c.ID)
}

// lacks says what is missing of the new files: an attachment that the officer named needs one at least, and one for which a file came
// needs as many as ever, as one does that was not called for before.
func (c Case) lacks(all []Attached, a form.Answers, zone *time.Location) []fault.Field {
	var wrong []fault.Field
	before := c.Def.Attachments(c.Form(zone), c.Content.Answers)
	for _, x := range c.OpenFiles(zone, a) {
		n, filed := 0, 0
		for _, f := range all {
			switch {
			case f.Slot != x.ID || f.State == Infected || !f.ReplacedAt.IsZero():
			case f.FiledAt.IsZero():
				n++
			default:
				filed++
			}
		}
		least := x.Least
		if slices.Contains(c.Content.Anew, x.ID) {
			least = max(1, least)
		} else if n == 0 && (filed >= least || among(before, x.ID)) {
			continue // what was filed counts still
		}
		switch {
		case n < least && least > 1:
			wrong = append(wrong, fault.F(FieldOfSlot(x.ID), "attachment.few", "title", x.Title, "least", least, "now", n))
		case n < least:
			wrong = append(wrong, fault.F(FieldOfSlot(x.ID), "attachment.none", "title", x.Title))
		}
	}
	return wrong
}

// fileAnew files what came with an answer in the place of what was there. Files that the answers do not call for any more are dropped,
// and so is what waited for an answer that was never sent. before is the case as it was when the files were looked at, with the answers that
// it had: one that came or went meanwhile is ErrMoved.
func (s *Service) fileAnew(ctx context.Context, tx *store.Tx, before Case, act Act) error {
	if act.answers == nil || len(before.Def.AllAttachments()) == 0 {
		return nil
	}
	key, err := s.Ring.Person(ctx, tx, before.AccountID)
	if err != nil {
		return err
	}
	all, err := attachedTo(ctx, tx, key, before.AccountID, before.ID)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, a := range act.files {
		seen[a.ID] = true
	}
	open, anew := before.OpenFiles(s.Zone, act.answers), map[string]bool{}
	for _, a := range all { // as many as an application may have
		if !a.FiledAt.IsZero() {
			continue
		}
		if !seen[a.ID] {
			return ErrMoved
		}
		delete(seen, a.ID)
		if !among(open, a.Slot) {
			if _, err := tx.Exec(ctx, `DELETE FROM attachment WHERE id = $1`, a.ID); err != nil {
				return fmt.Errorf("drop attachment %s: %w", a.ID, err)
			}
			if err := s.Files.Drop(ctx, tx, a.file); err != nil {
				return err
			}
			continue
		}
		anew[a.Slot] = anew[a.Slot] || a.State != Infected
	}
	if len(seen) > 0 {
		return ErrMoved
	}
	for slot, came := range anew {
		if came {
			if _, err := tx.Exec(ctx, `UPDATE attachment SET replaced_at = $1 WHERE application_id = $2 AND slot = $3 AND filed_at IS NOT NULL AND replaced_at IS NULL`, tx.Now(), before.ID, slot); err != nil {
				return fmt.Errorf("replace attachments of %s: %w", before.ID, err)
			}
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE attachment SET filed_at = $1 WHERE application_id = $2 AND filed_at IS NULL`, tx.Now(), before.ID); err != nil {
		return fmt.Errorf("file new attachments of %s: %w", before.ID, err)
	}
	return nil
}

// touch takes the draft of the person, or the case that waits for their answer, for the transaction: while it is being sent nothing is put
// into it and nothing taken out.
func (s *Attachments) touch(ctx context.Context, tx *store.Tx, accountID, application, slot string) error {
	err := touchDraft(ctx, tx, accountID, application)
	if !errors.Is(err, ErrMissing) {
		return err
	}
	err = store.Touched(tx.Exec(ctx, `UPDATE application SET version = version WHERE id = $1 AND account_id = $2 AND turn = 'applicant'`, application, accountID))
	if errors.Is(err, store.ErrStale) {
		return ErrMissing
	}
	if err != nil {
		return err
	}
	c, err := s.load(ctx, tx, access.Actor{Kind: access.Person, ID: accountID}, application)
	if err != nil {
		return err
	}
	if _, ok := c.takes(s.Zone, slot); !ok {
		return ErrMoved
	}
	return nil
}

// anew is the attachment that a file is sent for in an answer. Nothing is read on it: its officer looks at it.
func (s *Attachments) anew(ctx context.Context, u Upload) (procedure.Attachment, error) {
	c, err := s.Get(ctx, access.Actor{Kind: access.Person, ID: u.account}, u.Application)
	if errors.Is(err, ErrMissing) {
		return procedure.Attachment{}, ErrNoUpload
	}
	if err != nil {
		return procedure.Attachment{}, err
	}
	x, ok := c.takes(s.Zone, u.Slot)
	if !ok {
		return procedure.Attachment{}, ErrNoUpload
	}
	x.Reads, x.Fills = scan.Unknown, nil
	return x, nil
}
