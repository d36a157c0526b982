package application

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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
	if len(all) == 0 {
		return nil, nil
	}
	defs, err := s.former(ctx, q, all)
	for i := range all {
		all[i].Def = defs[all[i].Service]
	}
	return all, err
}

// former is the last that is known of each of their services: what was published of it last, else by what cases began. It is nil where nothing is
// known, or nothing that can still be read.
func (s *Service) former(ctx context.Context, q store.Querier, of []Orphan) (map[string]*procedure.Definition, error) {
	var codes []string
	for _, o := range of {
		codes = append(codes, o.Service)
	}
	published, err := s.Catalogue.Last(ctx, q, codes)
	if err != nil {
		return nil, err
	}
	began := map[string]string{}
	var args []any
	rows, err := q.Query(ctx, `SELECT service, version FROM definition WHERE `+store.InSQL("service", codes, &args)+` ORDER BY seen_at, version DESC`, args...)
	err = store.Each(rows, err, func(r *store.Rows) error {
		var code, version string
		err := r.Scan(&code, &version)
		began[code] = version
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("by what cases began: %w", err)
	}
	out := map[string]*procedure.Definition{}
	for _, code := range slices.Compact(slices.Sorted(slices.Values(codes))) {
		version := cmp.Or(published[code], began[code])
		if version == "" {
			continue
		}
		if def, known := s.formers.Load(version); known {
			out[code] = def.(*procedure.Definition) //nolint:forcetypeassert // nothing else is stored there
			continue
		}
		var content []byte
		if published[code] != "" {
			content, err = s.Catalogue.Content(ctx, q, code, version)
		} else {
			err = store.One(q.QueryRow(ctx, `SELECT content FROM definition WHERE version = $1`, version).Scan(&content))
		}
		if err != nil {
			return nil, fmt.Errorf("what %s was: %w", code, err)
		}
		def, err := procedure.Stored(code, content)
		if err != nil || def.Form.Pages == nil {
			def = nil // of a format that this program does not read: nothing is known
		}
		s.formers.Store(version, def)
		out[code] = def
	}
	return out, nil
}

// Orphan opens such a draft to be read; ErrMissing of one that is not the person's, or whose service is offered. Where nothing is known of the
// service, or the draft does not open, it has no definition: it can be deleted all the same.
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
		if errors.Is(err, keyring.ErrSealed) {
			slog.ErrorContext(ctx, "a draft for what is not offered cannot be read", "draft", o.ID, "error", err)
			return nil
		}
		return err
	})
	return o, d, err
}

// DiscardOrphan throws it away, also when what it holds cannot be read.
func (s *Service) DiscardOrphan(ctx context.Context, who access.Actor, draftID string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	list, err := s.orphans(ctx, s.DB, who, `id = $3`, draftID)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return ErrMissing
	}
	return s.Discard(ctx, list[0].acting(who), list[0].Service)
}

// acting is the person as they act in the draft.
func (o Orphan) acting(who access.Actor) access.Actor {
	if o.For == "" {
		return who
	}
	return who.Acting(o.For, access.Child)
}
