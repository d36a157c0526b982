package wallet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/store"
	"okno/internal/wallet/kind"
)

// Slot is where an application asks for a paper.
type Slot struct {
	Service string // code, of a draft
	Case    string // id, when it answers what the agency asked for; Service does not matter then
	ID      string
}

// Place is an application in which a file lies.
type Place struct {
	Attachment  string
	Application string
	Service     i18n.Text
	Slug        string
	Number      string // of the case; "" while it is a draft
	For         string // the account that the application is about; "" for the person's own
}

// Use is an application into which a document went.
type Use struct {
	Place

	Version int64
	At      time.Time
}

// States reports whether a document goes into applications as a statement of its register, a PDF: it has no scan, and the register knows it.
func (d Document) States() bool { return !d.Scan && d.Register == Known }

// Offered are the documents of these kinds that can be put into an application of whom the actor acts for: those with a scan or from a
// register that have not run out. Who acts for somebody else has those, too, that they keep themselves as somebody's: their own are no
// papers of whom they act for.
func (s *Service) Offered(ctx context.Context, who access.Actor, of ...kind.ID) ([]Document, error) {
	if len(of) == 0 {
		return nil, nil
	}
	all, err := s.List(ctx, who)
	if err == nil && who.By() != "" {
		var kept []Document
		kept, err = s.List(ctx, own(who))
		all = append(all, slices.DeleteFunc(kept, func(d Document) bool { return !d.others() })...)
	}
	now := s.DB.Now()
	return slices.DeleteFunc(all, func(d Document) bool {
		return !slices.Contains(of, d.Kind.ID) || !d.Scan && !d.States() || d.Ended(now)
	}), err
}

// own is the actor as they act for themselves.
func own(who access.Actor) access.Actor { return who.Acting("", access.Self) }

// others reports whether the document is somebody else's, as its owner typed it.
func (d Document) others() bool { return d.Holder != "" && !d.States() }

// lent is a document that goes into an application of whom the actor acts for, as Offered says.
func (s *Service) lent(ctx context.Context, who access.Actor, documentID string) (Document, error) {
	d, err := s.byID(ctx, s.DB, who.Whose(), documentID)
	if by := who.By(); by != "" && errors.Is(err, ErrMissing) {
		if d, err = s.byID(ctx, s.DB, by, documentID); err == nil && !d.others() {
			err = ErrMissing
		}
	}
	return d, err
}

// PutInto puts the scan of a document into an application, or the statement of the register that it came from, where it is judged as any
// file that is sent there. Sealed things have to be open: in the application they are not sealed as they are here.
func (s *Service) PutInto(ctx context.Context, who access.Actor, documentID string, to Slot) error {
	if err := s.Opens(ctx, who); err != nil {
		return err
	}
	d, err := s.lent(ctx, who, documentID)
	if err != nil {
		return err
	}
	name, body, err := s.copyOf(ctx, who, d)
	if err != nil {
		return err
	}
	attachment, err := s.Attach(ctx, who, to, name, body)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `INSERT INTO wallet_use (attachment_id, account_id, document_id, version, used_at) SELECT $1, account_id, id, $2, $3 FROM wallet_document WHERE id = $4 ON CONFLICT DO NOTHING`,
			attachment, d.Number, tx.Now(), d.ID)
		if err != nil || n == 0 { // removed this very moment; the file stays in the application, where it can be taken out
			return err
		}
		return s.record(ctx, tx, who, "wallet.attached", d)
	})
}

// copyOf is the file by which a document goes out.
func (s *Service) copyOf(ctx context.Context, who access.Actor, d Document) (string, io.Reader, error) {
	switch {
	case d.States():
		name, pdf, err := s.State(ctx, who, d)
		return name, bytes.NewReader(pdf), err
	case !d.Scan:
		return "", nil, ErrNoScan
	}
	f, body, err := s.file(ctx, d.file)
	return f.Name, body, err
}

// Uses lists the applications in which a document lies, the latest first. What was taken out of one again is not there.
func (s *Service) Uses(ctx context.Context, who access.Actor, documentID string) ([]Use, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	rows, err := s.DB.Query(ctx, `SELECT attachment_id, version, used_at FROM wallet_use WHERE document_id = $1 AND account_id = $2 ORDER BY used_at DESC, attachment_id DESC`, documentID, who.Whose())
	if err != nil {
		return nil, fmt.Errorf("uses of %s: %w", documentID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Use
	for rows.Next() {
		var u Use
		if err := rows.Scan(&u.Attachment, &u.Version, store.Time(&u.At)); err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	return s.there(ctx, who, out)
}

// there are those uses of which the file lies where it was put, each with the place.
func (s *Service) there(ctx context.Context, who access.Actor, all []Use) ([]Use, error) {
	if len(all) == 0 {
		return nil, nil
	}
	names := make([]string, len(all))
	for i, u := range all {
		names[i] = u.Attachment
	}
	places, err := s.Waiting(ctx, who, names)
	if err != nil {
		return nil, err
	}
	kept := all[:0]
	for _, u := range all {
		if i := slices.IndexFunc(places, func(p Place) bool { return p.Attachment == u.Attachment }); i >= 0 {
			u.Place = places[i]
			kept = append(kept, u)
		}
	}
	return kept, nil
}
