package wallet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/i18n"
	"okno/internal/notification"
	"okno/internal/store"
	"okno/internal/wallet/kind"
)

// fewReminded is how many people one transaction tells.
const fewReminded = 100

// ending is a document of which its owner is told that it ends.
type ending struct {
	id, account string
	kind        kind.ID
	at          time.Time
}

// Remind tells people that documents of theirs end soon: once wallet.remind_first before the end and once wallet.remind_last. Of one that
// was added later than that the second comes alone, and of one that has ended, or that its register holds no more, nothing is said. A job runs it.
func (s *Service) Remind(ctx context.Context) error {
	for {
		var told []ending
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			var err error
			if told, err = s.near(ctx, tx); err != nil {
				return err
			}
			var list []notification.Telling
			for _, e := range told {
				if n, ok := s.ending(ctx, e); ok {
					list = append(list, notification.Telling{Account: e.account, Note: n})
				}
			}
			return s.Notices.TellMany(ctx, tx, list)
		})
		if err != nil || len(told) < fewReminded {
			return err
		}
	}
}

// near takes the documents of which somebody is to be told now.
func (s *Service) near(ctx context.Context, tx *store.Tx) ([]ending, error) {
	now := tx.Now()
	rows, err := tx.Query(ctx, `UPDATE wallet_document SET reminded = CASE WHEN ends_at <= $3 THEN 2 ELSE 1 END WHERE id IN (
			SELECT id FROM wallet_document WHERE ends_at > $1 AND register_state <> 'gone' AND (reminded < 1 AND ends_at <= $2 OR reminded < 2 AND ends_at <= $3) ORDER BY ends_at, id LIMIT $4)
		RETURNING id, account_id, kind, ends_at`, now, now.Add(s.Policy.Wallet.RemindFirst), now.Add(s.Policy.Wallet.RemindLast), fewReminded)
	if err != nil {
		return nil, fmt.Errorf("documents that end: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []ending
	for rows.Next() {
		var e ending
		if err := rows.Scan(&e.id, &e.account, &e.kind, store.Time(&e.at)); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// ending says which kind of document ends and when; its name, which its owner may have given, and its number are not said.
func (s *Service) ending(ctx context.Context, e ending) (notification.Note, bool) {
	k, ok := kind.Of(e.kind)
	if !ok {
		return notification.Note{}, false
	}
	return s.aboutEnd(ctx, e.id, k.Title, e.at), true
}

func (s *Service) aboutEnd(ctx context.Context, id string, title i18n.Text, at time.Time) notification.Note {
	last := at.Add(-time.Second)
	day := func(l i18n.Lang) string { return i18n.Date(i18n.WithZone(i18n.With(ctx, l), s.Zone), last) }
	return s.Notices.Say(notification.Document, "documents/mine/"+id, "message.document_ends", "document", title, "date", i18n.Text{RU: day(i18n.RU), EN: day(i18n.EN)})
}

// Samples are those of everything that people are told by the package.
func (s *Service) Samples(ctx context.Context, now time.Time) []notification.Sample {
	title := kind.All()[0].Title
	return []notification.Sample{s.Notices.Letterhead().Sample("message.document_ends", s.aboutEnd(ctx, notification.SampleID, title, now.Add(s.Policy.Wallet.RemindFirst)))}
}
