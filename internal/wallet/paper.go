package wallet

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/document"
	"okno/internal/store"
)

// Papers that the portal issued lie with package document. Here is what is done with them as with the documents that people keep: they go into
// an application by one button, and say where they went; they are shown to others (share.go).

// PapersFor are the papers of whom the actor acts for that can be put into an application where it takes papers of these services, by their
// codes: those in force, the newest first, by the service that gave each.
func (s *Service) PapersFor(ctx context.Context, who access.Actor, services ...string) (map[string][]document.Document, error) {
	if len(services) == 0 {
		return nil, nil
	}
	all, err := s.Papers.List(ctx, who)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(d document.Document) bool { return d.State != document.Valid })
	if len(all) == 0 {
		return nil, nil
	}
	cases := make([]string, len(all))
	for i, d := range all {
		cases[i] = d.CaseID
	}
	of, err := s.ServicesOf(ctx, cases)
	if err != nil {
		return nil, err
	}
	out := map[string][]document.Document{}
	for _, d := range all {
		if code := of[d.CaseID]; slices.Contains(services, code) {
			out[code] = append(out[code], d)
		}
	}
	return out, nil
}

// PutPaper puts the PDF of a paper into an application, where it is judged as any file that is sent there. Sealed things have to be open, as
// in PutInto; one that is in force no more is ErrPaper.
func (s *Service) PutPaper(ctx context.Context, who access.Actor, paperID string, to Slot) error {
	d, pdf, err := s.Papers.Open(ctx, who, paperID)
	if err != nil {
		return err
	}
	if d.State != document.Valid {
		return ErrPaper
	}
	attachment, err := s.Attach(ctx, who, to, d.Name, pdf)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `INSERT INTO wallet_paper_use (attachment_id, account_id, paper_id, used_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, attachment, d.Owner, d.ID, tx.Now())
		if err != nil || n == 0 {
			return err
		}
		return recordPaper(ctx, tx, who, "wallet.paper_attached", d)
	})
}

func paperObject(paperID string) string { return "document/" + paperID }

func recordPaper(ctx context.Context, tx *store.Tx, who access.Actor, action string, d document.Document) error {
	return audit.Record(ctx, tx, audit.Event{Action: action, Actor: who, Subject: d.Owner, Object: paperObject(d.ID), Detail: audit.Detail{"document": string(d.Kind)}})
}

// UsesOfPaper is Uses for a paper.
func (s *Service) UsesOfPaper(ctx context.Context, who access.Actor, paperID string) ([]Use, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	rows, err := s.DB.Query(ctx, `SELECT attachment_id, used_at FROM wallet_paper_use WHERE paper_id = $1 AND account_id = $2 ORDER BY used_at DESC, attachment_id DESC`, paperID, who.Whose())
	var out []Use
	err = store.Each(rows, err, func(r *store.Rows) error {
		var u Use
		err := r.Scan(&u.Attachment, store.Time(&u.At))
		out = append(out, u)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("uses of paper %s: %w", paperID, err)
	}
	return s.there(ctx, who, out)
}

// SharePaper makes a code by which somebody sees a paper, whole, for wallet.share.
func (s *Service) SharePaper(ctx context.Context, who access.Actor, paperID string) (Share, error) {
	if err := s.Opens(ctx, who); err != nil {
		return Share{}, err
	}
	d, err := s.Papers.Get(ctx, who, paperID)
	if err != nil {
		return Share{}, err
	}
	x := Share{Document: d.ID, Showing: Showing{Paper: true}, account: d.Owner}
	return s.keepShare(ctx, who, x, func(tx *store.Tx) error { return recordPaper(ctx, tx, who, "wallet.paper_shared", d) })
}

// shownPaper is the paper that a share shows, as it stands now: a stranger has to learn that it was revoked.
func (s *Service) shownPaper(ctx context.Context, q store.Querier, x Share) (Shown, error) {
	d, err := s.Papers.OfOwner(ctx, q, x.account, x.Document)
	if errors.Is(err, document.ErrMissing) {
		return Shown{}, ErrShare // its owner was erased, or it belongs to another account of the person now
	}
	return Shown{Paper: &d, Scanned: true, Until: x.ExpiresAt}, err
}
