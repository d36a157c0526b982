package application

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/keyring"
	"okno/internal/mandate"
	"okno/internal/procedure"
	"okno/internal/store"
)

// Orphan is a draft for a service that is not offered any more: it cannot be sent, but what was typed is still the person's.
type Orphan struct {
	ID      string
	Service string
	For     string                // account that it is about, "" when it is the person's own
	Def     *procedure.Definition // the last that is known of the service; nil when nothing is
	At      time.Time             // saved last
}

// Orphans lists such drafts: the person's own, and those that they fill in for others, the latest first.
func (s *Service) Orphans(ctx context.Context, q store.Querier, who access.Actor) ([]Orphan, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	return s.orphans(ctx, q, who, `1 = 1`)
}

func (s *Service) orphans(ctx context.Context, q store.Querier, who access.Actor, only string, args ...any) ([]Orphan, error) {
	rows, err := q.Query(ctx, `SELECT id, service, CASE WHEN by_id = '' THEN '' ELSE account_id END, updated_at FROM draft
		WHERE (account_id = $1 AND by_id = '' OR by_id = $1 AND `+mandate.StandsSQL("draft.by_id", "draft.account_id", "$2")+`) AND `+only+` ORDER BY updated_at DESC, id`, append([]any{who.ID, q.Now()}, args...)...)
	var all []Orphan
	err = store.Each(rows, err, func(r *store.Rows) error {
		var o Orphan
		err := r.Scan(&o.ID, &o.Service, &o.For, store.Time(&o.At))
		if _, offered := s.Catalogue.ByCode(o.Service); err == nil && !offered {
			all = append(all, o)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("drafts of %s for what is not offered: %w", who.ID, err)
	}
	for i := range all {
		if all[i].Def, err = s.former(ctx, q, all[i].Service); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// former is the last that is known of a service that is not offered any more: what was published of it last, else by what cases began. It is nil
// when nothing is known, or nothing that can still be read.
func (s *Service) former(ctx context.Context, q store.Querier, code string) (*procedure.Definition, error) {
	content, err := s.Catalogue.Last(ctx, q, code)
	if errors.Is(err, store.ErrNotFound) {
		err = store.One(q.QueryRow(ctx, `SELECT content FROM definition WHERE service = $1 ORDER BY seen_at DESC, version LIMIT 1`, code).Scan(&content))
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil //nolint:nilnil // nothing is known, which is no error
	}
	if err != nil {
		return nil, fmt.Errorf("what %s was: %w", code, err)
	}
	def, err := procedure.Stored(code, content)
	if err != nil || def.Form.Pages == nil {
		return nil, nil //nolint:nilerr,nilnil // of a format that this program does not read: nothing is known
	}
	return def, nil
}

// Orphan opens such a draft to be read; ErrMissing of one that is not the person's, or whose service is offered. Without a definition it has no
// form.
func (s *Service) Orphan(ctx context.Context, who access.Actor, draftID string) (Orphan, Draft, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Orphan{}, Draft{}, err
	}
	var o Orphan
	var d Draft
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		list, err := s.orphans(ctx, tx, who, `id = $3`, draftID)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return ErrMissing
		}
		if o = list[0]; o.Def == nil {
			return nil
		}
		who = o.acting(who)
		p, err := s.profile(ctx, tx, who)
		if err != nil {
			return err
		}
		d, _, err = s.readDraft(tx.QueryRow(ctx, `SELECT `+draftColumns+`, `+keyring.WrappedSQL("draft.account_id")+` FROM draft WHERE id = $1`, o.ID), who.Whose(), o.Def, p)
		return err
	})
	return o, d, err
}

// DiscardOrphan throws it away.
func (s *Service) DiscardOrphan(ctx context.Context, who access.Actor, draftID string) error {
	o, _, err := s.Orphan(ctx, who, draftID)
	if err != nil {
		return err
	}
	return s.Discard(ctx, o.acting(who), o.Service)
}

// acting is the person as they act in the draft.
func (o Orphan) acting(who access.Actor) access.Actor {
	if o.For == "" {
		return who
	}
	return who.Acting(o.For, access.Child)
}
