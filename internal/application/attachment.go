package application

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/keyring"
	"okno/internal/mandate"
	"okno/internal/procedure"
	"okno/internal/scan"
	"okno/internal/store"
)

// AttachedState is what may be done with a file of an application. Its text is stored.
type AttachedState string

// The states. Nobody opens a file that was not looked through, and nothing is left of one with malware in it.
const (
	Checking AttachedState = "checking" // in quarantine: the virus scanner was away when it came
	Ready    AttachedState = "ready"
	Infected AttachedState = "infected"
)

// Legibility is what came of reading a scan (SRV-11). Its text is stored.
type Legibility string

// What may come of it.
const (
	NotRead Legibility = "" // nobody wants it read
	ToRead  Legibility = "waiting"
	Legible Legibility = "read"
	Unread  Legibility = "unread" // why is in Reason; "" when there are no readers here
)

// Attached is a file that a person put into an application. It belongs to the draft, and to the case that is made of it, whose id is
// the same.
type Attached struct {
	ID          string
	Application string
	Slot        string // which attachment of the definition it is
	Name        string
	Media       files.Media
	Size        int64
	State       AttachedState
	Reading     Legibility
	Reason      scan.Reason
	Read        map[scan.Field]scan.Value
	SentAt      time.Time
	ReadAt      time.Time
	ConfirmedAt time.Time // when the person confirmed what was read
	FiledAt     time.Time // with the application, or with an answer to a request for more; zero until then
	ReplacedAt  time.Time // by another, which the agency asked for; zero while it is the one that counts

	account string
	file    string
	sum     []byte
}

// Settled reports whether nothing more will happen to it by itself.
func (a Attached) Settled() bool { return a.State != Checking && a.Reading != ToRead }

// FieldOfSlot is the name of the field that complaints about an attachment stand beside.
func FieldOfSlot(slot string) string { return "attachment-" + slot }

// The refusals.
var (
	ErrNoFile     = fault.New(fault.Missing, "attachment.missing_file")
	ErrNoUpload   = fault.New(fault.Missing, "attachment.missing_upload")
	ErrOffset     = fault.New(fault.Conflict, "attachment.offset")     // a piece that does not follow what has come
	ErrUnfinished = fault.New(fault.Conflict, "attachment.unfinished") // more pieces are to come
	ErrFiled      = fault.New(fault.Conflict, "attachment.filed")      // the application was sent with it
	ErrQuarantine = fault.New(fault.Conflict, "attachment.quarantine") // nobody has looked it through yet
	ErrManyFiles  = fault.New(fault.Conflict, "attachment.many")       // the application has as many as it may
	ErrManyAtOnce = fault.New(fault.Conflict, "attachment.under_way")
	ErrOften      = fault.New(fault.TooMany, "attachment.often")
)

// Attachments keeps the files of applications. Make it with NewAttachments.
//
//	Begin ──▶ Append … Append ──▶ Finish ──▶ ready ─────────────────────────▶ filed with the application
//	             ▲      │                │      ▲
//	             └ the line broke        │      └── Rescan (job) ──▶ infected: the bytes are gone
//	                                     └──▶ checking: the scanner is away
//
// A piece is sealed before it is written, and at most one of them is in memory while it comes. Finish has the whole in memory: it is
// looked through, cleaned and sealed whole. So many at once and no more.
type Attachments struct {
	*Service

	Pictures *scan.Reader // nil: nothing is read here

	whole chan struct{} // files in memory whole
}

// NewAttachments returns the keeper of the files of the service's applications.
func NewAttachments(s *Service, pictures *scan.Reader) *Attachments {
	return &Attachments{Service: s, Pictures: pictures, whole: make(chan struct{}, max(1, s.Policy.Scan.AtOnce))}
}

// FilesTopic is how pages with the files of an application listen for news.
func FilesTopic(application string) string { return "attachments-" + application }

// OfCase lists the files of a case to whoever sees the case.
func (s *Attachments) OfCase(ctx context.Context, who access.Actor, caseID string) ([]Attached, error) {
	var out []Attached
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		c, err := s.load(ctx, tx, who, caseID)
		if err != nil {
			return err
		}
		key, err := s.Ring.Person(ctx, tx, c.AccountID)
		if err != nil {
			return err
		}
		out, err = attachedTo(ctx, tx, key, c.AccountID, c.ID)
		return err
	})
	return slices.DeleteFunc(out, func(a Attached) bool { return a.FiledAt.IsZero() }), err
}

// Open opens a file for whoever sees the application: the same rule as for the case itself, and a draft is its person's alone. That an
// officer or a system of the agency looked is recorded before anything is shown. What is in quarantine is opened by nobody.
func (s *Attachments) Open(ctx context.Context, who access.Actor, attachmentID string) (Attached, files.File, *bytes.Reader, error) {
	a, err := s.get(ctx, s.DB, who, attachmentID)
	if err != nil {
		return Attached{}, files.File{}, nil, err
	}
	switch a.State {
	case Checking:
		return a, files.File{}, nil, ErrQuarantine
	case Infected:
		return a, files.File{}, nil, ErrNoFile
	case Ready:
	}
	if who.ForAgency() {
		if err := s.DB.Write(ctx, func(tx *store.Tx) error {
			return audit.Record(ctx, tx, audit.Event{Action: "attachment.viewed", Actor: who, Subject: a.account, Object: "attachment/" + a.ID, Detail: audit.Detail{"field": a.Slot}})
		}); err != nil {
			return Attached{}, files.File{}, nil, err
		}
	}
	f, body, err := s.Files.Open(ctx, s.DB, a.file)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, keyring.ErrNoKey) {
		return Attached{}, files.File{}, nil, ErrNoFile // removed this very moment
	}
	return a, f, body, err
}

// holder is what is known of the draft or the case to which something of the account belongs: enough to say who sees it. One that is gone
// is the account's own alone.
func holder(ctx context.Context, q store.Querier, accountID, application string) (Case, error) {
	c := Case{ID: application, AccountID: accountID}
	var as string
	of := func(table, unit string) string {
		by, whose := table+".by_id", table+".account_id"
		return `SELECT ` + unit + `, service, ` + by + `, ` + mandate.UntilSQL(by, whose) + `, ` + mandate.KindSQL(by, whose) + ` FROM ` + table + ` WHERE id = $1`
	}
	err := store.One(q.QueryRow(ctx, of("application", "application.unit")+` UNION ALL `+of("draft", "''"), application).Scan(&c.Unit, &c.Service, &c.By, store.NullTime(&c.actsUntil), &as))
	c.Content.Profile = procedure.Profile{procedure.Acting: {Value: as}}
	if errors.Is(err, store.ErrNotFound) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("what %s belongs to: %w", application, err)
	}
	return c, nil
}

// get finds a file of an application that the actor sees.
func (s *Attachments) get(ctx context.Context, q store.Querier, who access.Actor, attachmentID string) (Attached, error) {
	a, sealed, err := attachedByID(ctx, q, attachmentID)
	if err != nil {
		return Attached{}, err
	}
	c, err := holder(ctx, q, a.account, a.Application)
	if err != nil {
		return Attached{}, err
	}
	if !c.sees(who, q.Now()) || a.FiledAt.IsZero() && who.ForAgency() {
		return Attached{}, ErrNoFile
	}
	key, err := s.Ring.Person(ctx, q, a.account)
	if errors.Is(err, keyring.ErrNoKey) {
		return Attached{}, ErrNoFile // of a person who was erased
	}
	if err != nil {
		return Attached{}, err
	}
	return a, a.unseal(key, sealed)
}

// Remove takes a file out of a draft, or out of an answer that was not sent yet; its bytes go with a sweep.
func (s *Attachments) Remove(ctx context.Context, who access.Actor, attachmentID string) (Attached, error) {
	if err := who.May(access.Apply); err != nil {
		return Attached{}, err
	}
	var a Attached
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if a, err = s.get(ctx, tx, who, attachmentID); err != nil {
			return err
		}
		if !a.FiledAt.IsZero() {
			return ErrFiled
		}
		if err := s.touch(ctx, tx, a.account, a.Application, a.Slot); err != nil {
			return err
		}
		return errors.Join(s.drop(ctx, tx, a), audit.Record(ctx, tx, audit.Event{Action: "attachment.removed", Actor: who, Subject: a.account, Object: "attachment/" + a.ID}),
			tx.Notify(ctx, FilesTopic(a.Application)))
	})
	return a, err
}

func (s *Attachments) drop(ctx context.Context, tx *store.Tx, a Attached) error {
	if _, err := tx.Exec(ctx, `DELETE FROM attachment WHERE id = $1`, a.ID); err != nil {
		return fmt.Errorf("drop attachment %s: %w", a.ID, err)
	}
	return s.Files.Drop(ctx, tx, a.file)
}

// wanted says what is wrong with the files of a draft, those of one page or, when page is "", of all: what is missing, and what was
// read and not confirmed.
func (d Draft) wanted(page string) []fault.Field {
	var wrong []fault.Field
	for _, x := range d.Def.Attachments(d.Form, d.Answers) {
		if page != "" && x.Page != page {
			continue
		}
		n, unconfirmed := 0, false
		for _, a := range d.Attached {
			if a.Slot == x.ID && a.State != Infected {
				n++
				unconfirmed = unconfirmed || d.Unconfirmed(a)
			}
		}
		switch {
		case n < x.Least && x.Least > 1:
			wrong = append(wrong, fault.F(FieldOfSlot(x.ID), "attachment.few", "title", x.Title, "least", x.Least, "now", n))
		case n < x.Least:
			wrong = append(wrong, fault.F(FieldOfSlot(x.ID), "attachment.none", "title", x.Title))
		case unconfirmed:
			wrong = append(wrong, fault.F(FieldOfSlot(x.ID), "attachment.unconfirmed", "title", x.Title))
		}
	}
	return wrong
}

// attach brings the files of the draft to it.
func (s *Service) attach(ctx context.Context, q store.Querier, key *keyring.Key, accountID string, d *Draft) error {
	if len(d.Def.AllAttachments()) == 0 {
		return nil
	}
	var err error
	if d.Attached, err = attachedTo(ctx, q, key, accountID, d.ID); err == nil {
		d.mark()
	}
	return err
}

// Called are the files that the answers of the draft call for; what was attached for others does not travel with the application.
func (d Draft) Called() []Attached {
	slots := d.Def.Attachments(d.Form, d.Answers)
	var out []Attached
	for _, a := range d.Attached {
		if slices.ContainsFunc(slots, func(x procedure.Attachment) bool { return x.ID == a.Slot }) {
			out = append(out, a)
		}
	}
	return out
}

// fileAttached ties the files to the case, in the transaction that makes it of the draft. A file that came or went meanwhile is not
// what was looked at: store.ErrStale.
func (s *Service) fileAttached(ctx context.Context, tx *store.Tx, c *Case) error {
	if len(c.Def.AllAttachments()) == 0 {
		return nil
	}
	now, err := store.Names(tx.Query(ctx, `UPDATE attachment SET filed_at = $1 WHERE application_id = $2 RETURNING id`, tx.Now(), c.ID))
	if err != nil {
		return fmt.Errorf("file the attachments of %s: %w", c.ID, err)
	}
	seen := make([]string, 0, len(c.attached))
	for _, a := range c.attached {
		seen = append(seen, a.ID)
	}
	slices.Sort(now)
	slices.Sort(seen)
	if !slices.Equal(now, seen) {
		return store.ErrStale
	}
	for _, a := range c.attached { // as many as an application may have
		if a.dropped {
			if _, err := tx.Exec(ctx, `DELETE FROM attachment WHERE id = $1`, a.ID); err != nil {
				return fmt.Errorf("drop attachment %s: %w", a.ID, err)
			}
			if err := s.Files.Drop(ctx, tx, a.file); err != nil {
				return err
			}
		}
	}
	return nil
}

// inCase is a file of a draft that becomes a case.
type inCase struct {
	Attached

	dropped bool // the answers do not call for it
}

// filing are the files of the draft as the case takes them.
func (d Draft) filing() []inCase {
	called := d.Called()
	var out []inCase
	for _, a := range d.Attached {
		out = append(out, inCase{a, !slices.ContainsFunc(called, func(x Attached) bool { return x.ID == a.ID })})
	}
	return out
}
