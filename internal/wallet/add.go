package wallet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/id"
	"okno/internal/intake"
	"okno/internal/limit"
	"okno/internal/store"
	"okno/internal/wallet/kind"
)

// ScanField is the field of forms in which a scan comes.
const ScanField = "document_scan"

// Entry is a document as it was typed.
type Entry struct {
	ID    string // of the form, so that one sent twice is one document; a new one when it is none
	Kind  kind.ID
	Typed map[string]string // by the names of inputs
	Scan  *Scan             // nil: none was chosen, and a change keeps the one there is
	Bare  bool              // a change takes the scan away
}

// Scan is a picture or a PDF of a document.
type Scan struct {
	Name string // as the browser says
	Data []byte
}

// Add keeps a document. What is wrong with it is said beside its fields.
func (s *Service) Add(ctx context.Context, who access.Actor, n Entry) (Document, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Document{}, err
	}
	k, ok := kind.Of(n.Kind)
	if !ok || !MayHave(who, k) {
		return Document{}, ErrMissing
	}
	if !id.Valid(n.ID) {
		n.ID = id.New()
	}
	d := Document{ID: n.ID, Kind: k, Account: who.Whose()}
	put, err := s.read(ctx, who, &d, n)
	if err != nil {
		return Document{}, err
	}
	var out Document
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if out, err = s.byID(ctx, tx, who.Whose(), d.ID); err == nil { // the form came twice; the bytes of this one are swept
			return nil
		} else if !errors.Is(err, ErrMissing) {
			return err
		}
		if err := s.room(ctx, tx, who.Whose()); err != nil {
			return err
		}
		out = d
		return s.keepNew(ctx, tx, who, &out, put)
	})
	out.mask(k)
	return out, err
}

// room says when a person has as many documents as they may.
func (s *Service) room(ctx context.Context, tx *store.Tx, accountID string) error {
	var there int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM wallet_document WHERE account_id = $1 AND register_state <> 'removed'`, accountID).Scan(&there); err != nil {
		return err
	}
	if there >= s.Policy.Wallet.Most {
		return ErrMany
	}
	return nil
}

// keepNew writes the first version of a document down.
func (s *Service) keepNew(ctx context.Context, tx *store.Tx, who access.Actor, d *Document, put *files.File) error {
	d.Number, d.AddedAt = 1, tx.Now()
	if err := d.insert(ctx, tx); err != nil {
		return err
	}
	return errors.Join(s.keepVersion(ctx, tx, d, put), s.record(ctx, tx, who, "wallet.added", *d), tx.Notify(ctx, Topic(d.Account)))
}

// keepVersion writes the version down that d holds.
func (s *Service) keepVersion(ctx context.Context, tx *store.Tx, d *Document, put *files.File) error {
	key, err := s.Ring.Person(ctx, tx, d.Account)
	if err != nil {
		return err
	}
	d.id, d.MadeAt = id.At(tx.Now()), tx.Now()
	if put != nil {
		if err := s.Files.Keep(ctx, tx, *put); err != nil {
			return err
		}
		d.file, d.Scan = put.ID, true
	}
	return d.insertVersion(ctx, tx, key)
}

// read reads what was typed into d and puts the scan, of which nothing is kept yet.
func (s *Service) read(ctx context.Context, who access.Actor, d *Document, n Entry) (*files.File, error) {
	var born form.Date
	if a, err := s.Accounts.Get(ctx, s.DB, who.Whose()); err != nil {
		return nil, err
	} else if form.Blank(n.Typed[kind.Holder]) {
		born, _ = form.ParseDate(a.Profile.BirthDate)
	}
	now := s.DB.Now()
	values, holder, sheet := d.Kind.Read(n.Typed, born, s.today(now))
	d.Source, d.Holder, d.Values, d.EndsAt = Own, holder, values, s.ends(d.Kind, values)
	var page intake.Page
	var media files.Media
	if n.Scan != nil {
		page = intake.Page{Field: ScanField, Owner: who.Whose(), Name: n.Scan.Name, Data: n.Scan.Data}
		var wrong form.Sheet
		media, wrong = s.Desk.Judge(page)
		sheet = append(sheet, wrong...)
	}
	if err := sheet.Err(); err != nil {
		return nil, err
	}
	if err := s.count(ctx, who); err != nil || n.Scan == nil {
		return nil, err
	}
	clean, err := s.Desk.Take(ctx, page, media)
	if err != nil {
		return nil, err
	}
	put, err := s.Files.Put(ctx, clean)
	if err != nil {
		return nil, err
	}
	return &put, nil
}

// ends is the moment from which a document with these values counts no more.
func (s *Service) ends(k kind.Kind, values map[string]string) (at time.Time) {
	if last := k.Ends(values); !last.IsZero() {
		at = last.Add(0, 0, 1).In(s.Zone).UTC()
	}
	return at
}

// count takes one of the person's changes.
func (s *Service) count(ctx context.Context, who access.Actor) error {
	return s.take(ctx, s.Policy.Wallet.Changes.Rule("wallet.changed"), "wallet.changed:"+who.ID, ErrOften)
}

// take counts a try, or refuses it.
func (s *Service) take(ctx context.Context, r limit.Rule, key string, otherwise *fault.Error) error {
	var refused error
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		refused = nil
		v, err := limit.Take(ctx, tx, r, key)
		if err == nil && !v.Allowed {
			refused = otherwise.At(v.Until)
		}
		return err
	})
	return errors.Join(err, refused)
}

// Change makes a new version of a document of which the person saw that version. The same once more makes none.
func (s *Service) Change(ctx context.Context, who access.Actor, documentID string, seen int64, n Entry) (Document, error) {
	if err := s.Opens(ctx, who); err != nil {
		return Document{}, err
	}
	was, err := s.byID(ctx, s.DB, who.Whose(), documentID)
	if err != nil {
		return Document{}, err
	}
	d := was
	put, err := s.read(ctx, who, &d, n)
	if err != nil {
		return Document{}, err
	}
	if n.Bare && put == nil {
		d.file, d.Scan = "", false
	}
	same := d.Holder == was.Holder && maps.Equal(d.Values, was.Values) && put == nil && d.file == was.file
	if same {
		return was, nil
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.renew(ctx, tx, &d, seen, put, Unasked, time.Time{}); err != nil {
			return err
		}
		return errors.Join(s.record(ctx, tx, who, "wallet.changed", d), tx.Notify(ctx, Topic(who.Whose())))
	})
	d.mask(d.Kind)
	return d, err
}

// renew writes the next version down of which d holds the values. Whoever saw another version than there is is told ErrStale.
func (s *Service) renew(ctx context.Context, tx *store.Tx, d *Document, seen int64, put *files.File, state RegisterState, known time.Time) error {
	d.Number, d.Register, d.KnownAt = seen+1, state, known
	err := store.Touched(tx.Exec(ctx, `UPDATE wallet_document SET version = $1, register_state = $2, known_at = $3, changed_at = $4,
		reminded = CASE WHEN ends_at = $5 THEN reminded ELSE 0 END, ends_at = $5 WHERE id = $6 AND account_id = $7 AND version = $8`,
		d.Number, string(state), store.OrNull(known), tx.Now(), store.OrNull(d.EndsAt), d.ID, d.Account, seen))
	if errors.Is(err, store.ErrStale) {
		return ErrStale
	}
	if err != nil {
		return fmt.Errorf("change a document: %w", err)
	}
	if err := s.keepVersion(ctx, tx, d, put); err != nil {
		return err
	}
	return s.prune(ctx, tx, d.ID, d.Number-int64(s.Policy.Wallet.Versions))
}

// prune takes versions away that are older than are kept, but for the last that a register gave: by it the document is remembered when it is
// removed (bury). A file that a version shows which stays, stays, too.
func (s *Service) prune(ctx context.Context, tx *store.Tx, documentID string, upTo int64) error {
	if upTo < 1 {
		return nil
	}
	gone, err := store.Names(tx.Query(ctx, `DELETE FROM wallet_version WHERE document_id = $1 AND version <= $2
		AND version <> COALESCE((SELECT MAX(t.version) FROM wallet_version AS t WHERE t.document_id = $1 AND t.source <> $3), 0) RETURNING file_id`, documentID, upTo, Own))
	if err != nil {
		return fmt.Errorf("prune versions of %s: %w", documentID, err)
	}
	shown, err := store.Names(tx.Query(ctx, `SELECT DISTINCT file_id FROM wallet_version WHERE document_id = $1`, documentID))
	if err != nil {
		return fmt.Errorf("files of %s: %w", documentID, err)
	}
	slices.Sort(gone)
	return s.dropFiles(ctx, tx, slices.DeleteFunc(slices.Compact(gone), func(f string) bool { return f == "" || slices.Contains(shown, f) }))
}

func (s *Service) dropFiles(ctx context.Context, tx *store.Tx, list []string) error {
	for _, f := range list { // as many as versions are kept
		if err := s.Files.Drop(ctx, tx, f); err != nil {
			return err
		}
	}
	return nil
}

// Remove takes a document away with all its versions and what was shared of it, for whoever showed a second factor a moment ago: somebody
// at an open session must not. Copies in applications stay there: they are theirs. Of one that a register gave stays what it is told by:
// the register does not give it again unless the person asks for it (Ask).
func (s *Service) Remove(ctx context.Context, who access.Actor, documentID string) error {
	if err := s.Opens(ctx, who); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		d, err := s.byID(ctx, tx, who.Whose(), documentID)
		if err != nil {
			return err
		}
		if err := s.bury(ctx, tx, d); err != nil {
			return err
		}
		gone, err := store.Names(tx.Query(ctx, `SELECT DISTINCT file_id FROM wallet_version WHERE document_id = $1 AND file_id <> ''`, d.ID))
		if err != nil {
			return err
		}
		for _, text := range []string{`DELETE FROM wallet_use WHERE document_id = $1`, `DELETE FROM wallet_share WHERE document_id = $1`, `DELETE FROM wallet_version WHERE document_id = $1`, `DELETE FROM wallet_document WHERE id = $1`} {
			if _, err := tx.Exec(ctx, text, d.ID); err != nil {
				return fmt.Errorf("remove document %s: %w", d.ID, err)
			}
		}
		return errors.Join(s.dropFiles(ctx, tx, gone), s.record(ctx, tx, who, "wallet.removed", d), tx.Notify(ctx, Topic(who.Whose())))
	})
}

// Given reports whether a register gave the person's document, or stood for it.
func (s *Service) Given(ctx context.Context, who access.Actor, documentID string) (bool, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return false, err
	}
	_, sealed, err := given(ctx, s.DB, who.Whose(), documentID)
	return sealed != nil, err
}

// given is the newest version of a document that a register gave or stood for, whatever its owner made of it since, with what is sealed of it; nil
// when there is none.
func given(ctx context.Context, q store.Querier, accountID, documentID string) (v Version, sealed []byte, err error) {
	err = store.One(q.QueryRow(ctx, `SELECT id, version, source, content FROM wallet_version WHERE document_id = $1 AND account_id = $2 AND source <> $3 ORDER BY version DESC LIMIT 1`, documentID, accountID, Own).
		Scan(&v.id, &v.Number, &v.Source, &sealed))
	if errors.Is(err, store.ErrNotFound) {
		return v, nil, nil
	}
	if err != nil {
		return v, nil, fmt.Errorf("what a register gave of %s: %w", documentID, err)
	}
	return v, sealed, nil
}

// bury remembers what a document is told by that a register gave: as the register told it, for so it would come again.
func (s *Service) bury(ctx context.Context, tx *store.Tx, d Document) error {
	v, sealed, err := given(ctx, tx, d.Account, d.ID)
	if err != nil || sealed == nil {
		return err
	}
	key, err := s.Ring.Person(ctx, tx, d.Account)
	if err != nil {
		return err
	}
	if err := v.unseal(key, sealed); err != nil {
		return err
	}
	left := Document{ID: id.At(tx.Now()), Kind: d.Kind, Register: Removed, Account: d.Account,
		Version: Version{id: id.At(tx.Now()), Number: 1, Source: d.Kind.Register, Values: d.Kind.Told(v.Values)}}
	return errors.Join(left.insert(ctx, tx), left.insertVersion(ctx, tx, key))
}

// unbury forgets it: the person wants what they removed.
func (s *Service) unbury(ctx context.Context, tx *store.Tx, accountID string, of kind.ID) error {
	const removed = `SELECT id FROM wallet_document WHERE account_id = $1 AND kind = $2 AND register_state = 'removed'`
	for _, text := range []string{`DELETE FROM wallet_version WHERE document_id IN (` + removed + `)`, `DELETE FROM wallet_document WHERE id IN (` + removed + `)`} {
		if _, err := tx.Exec(ctx, text, accountID, string(of)); err != nil {
			return fmt.Errorf("forget what was removed: %w", err)
		}
	}
	return nil
}

func object(documentID string) string { return "wallet/" + documentID }

func (s *Service) record(ctx context.Context, tx *store.Tx, who access.Actor, action string, d Document) error {
	return audit.Record(ctx, tx, audit.Event{Action: action, Actor: who, Subject: d.Account, Object: object(d.ID), Detail: audit.Detail{"document": string(d.Kind.ID)}})
}
