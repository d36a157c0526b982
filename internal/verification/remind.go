package verification

import (
	"context"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/notification"
	"okno/internal/policy"
	"okno/internal/store"
)

// mostReminded is how many people one transaction tells.
const mostReminded = 100

// Remind tells people once of each document that they proved their identity by that it ends: a passport is replaced at 20 and at 45, others
// on their last day. It is told levels.soon before, as the cabinet says it from then on. A job runs it.
func (s *Service) Remind(ctx context.Context) error {
	for {
		n := 0
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			list, err := s.near(ctx, tx)
			if n = len(list); err != nil {
				return err
			}
			told := make([]notification.Telling, 0, n)
			for _, e := range list { // of so many at most, each with a key of its own
				a, err := s.Accounts.Get(ctx, tx, e.account)
				if err != nil {
					return fmt.Errorf("remind of evidence %s: %w", e.id, err)
				}
				if d := a.Profile.Document; d != nil {
					path := "documents/profile/identity"
					if !a.Level.AtLeast(access.Standard) { // it has no page while something else is missing behind the level
						path = "cabinet/identity"
					}
					told = append(told, notification.Telling{Account: e.account, Note: s.aboutEnd(ctx, path, d.Kind, e.until)})
				}
			}
			return s.Notices.TellMany(ctx, tx, told)
		})
		if err != nil || n < mostReminded {
			return err
		}
	}
}

// ending is evidence by a document that ends.
type ending struct {
	id, account string
	until       time.Time
}

// near takes the evidence of which somebody is to be told now.
func (s *Service) near(ctx context.Context, tx *store.Tx) ([]ending, error) {
	rows, err := tx.Query(ctx, `UPDATE evidence SET reminded = TRUE WHERE id IN (
			SELECT id FROM evidence WHERE ended_at IS NULL AND until_at > $1 AND until_at <= $2 AND kind = $3 AND reminded = FALSE ORDER BY until_at, id LIMIT $4)
		RETURNING id, account_id, until_at`, tx.Now(), tx.Now().Add(s.Policy.Levels.Soon), string(policy.EvidenceDocument), mostReminded)
	var out []ending
	err = store.Each(rows, err, func(r *store.Rows) error {
		var e ending
		err := r.Scan(&e.id, &e.account, store.Time(&e.until))
		out = append(out, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("documents that end: %w", err)
	}
	return out, nil
}

// aboutEnd says which kind of document ends and when, not its number.
func (s *Service) aboutEnd(ctx context.Context, path string, kind form.IdentityKind, until time.Time) notification.Note {
	last := until.Add(-time.Second)
	day := func(l i18n.Lang) string { return i18n.Date(i18n.WithZone(i18n.With(ctx, l), s.Zone), last) }
	return s.Notices.Say(notification.Document, path, "message.document_ends", "document", i18n.Text{RU: i18n.RU.T(kind.Key()), EN: i18n.EN.T(kind.Key())},
		"date", i18n.Text{RU: day(i18n.RU), EN: day(i18n.EN)})
}
